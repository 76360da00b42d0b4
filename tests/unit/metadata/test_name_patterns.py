"""Claims about the table of who writes which date into a name: what it says of its examples is what is read."""

from datetime import UTC, datetime

import pytest

from bestshot.metadata.capture_time import time_from_name
from bestshot.metadata.name_patterns import NAME_PATTERNS, NameTells, told_by, without_copy_marks
from bestshot.model.times import CaptureTime, TimeSource

DAY, NOON = datetime(2024, 7, 2), datetime(2024, 7, 2, 12)
EXAMPLES = [(row.tells, example) for row in NAME_PATTERNS for example in row.examples]


def expected(tells: NameTells, taken: CaptureTime) -> bool:
    """Whether this is what a name with the second of July at noon is to be read as."""
    clock = (taken.wall or NOON).replace(microsecond=0)
    match tells:
        case NameTells.TAKEN:
            return clock == NOON and taken.source is TimeSource.FILE_NAME
        case NameTells.TAKEN_UTC:
            return taken.wall is None and taken.instant == NOON.replace(tzinfo=UTC, microsecond=123_000)
        case _:
            return clock in (DAY, NOON) and taken.source is TimeSource.DATE_IN_NAME


@pytest.mark.parametrize(("tells", "name"), EXAMPLES, ids=[name for _, name in EXAMPLES])
def test_every_example_is_read_as_its_row_says(tells: NameTells, name: str) -> None:
    taken = time_from_name(name)
    if tells is NameTells.COPIED:
        assert taken is None
    else:
        assert taken is not None
        assert expected(tells, taken)


@pytest.mark.parametrize("row", NAME_PATTERNS, ids=[row.writer for row in NAME_PATTERNS])
def test_every_example_is_known_by_its_own_row(row: object) -> None:
    """No earlier row of the table takes it away."""
    for own in NAME_PATTERNS:
        if own is row and own.tells is not NameTells.COPIED:
            assert all(told_by(example) is own.tells and own.pattern.search(example) for example in own.examples)
        elif own is row:
            assert all(without_copy_marks(example).replace(" ", "") in ("scan.jpg", "scan") for example in own.examples)


@pytest.mark.parametrize("mark", [name.removeprefix("scan") for tells, name in EXAMPLES if tells is NameTells.COPIED])
def test_a_copy_mark_hides_no_time_of_the_photo_itself(mark: str) -> None:
    taken = time_from_name(f"IMG_20240702_120000{mark}")
    assert taken == CaptureTime(NOON, None, TimeSource.FILE_NAME)
