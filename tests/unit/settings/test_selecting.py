"""Claims about which photos are selected by their time, size and suffix."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import UsageError
from bestshot.model.photo import FileRole, Photo, PhotoFile
from bestshot.model.selection import Selection
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.settings.selecting import parse_size, parse_span, parse_suffixes

SOME_DAY = datetime(2024, 5, 31, 18)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


def at(wall: datetime, *, ahead: int | None = None, source: TimeSource = TimeSource.EXIF_ORIGINAL) -> CaptureTime:
    """Taken when this stood on a clock, which is so many hours ahead of UTC if that is known."""
    instant = None if ahead is None else wall.replace(tzinfo=UTC) - timedelta(hours=ahead)
    return CaptureTime(wall, instant, source)


def photo(*files: tuple[str, int]) -> Photo:
    """A picture with what belongs to it, by names and sizes."""
    roles = {"CR2": FileRole.RAW, "xmp": FileRole.SIDECAR, "mp4": FileRole.VIDEO}
    made = [PhotoFile(f"/a.b/{name}", roles.get(name[-3:], FileRole.PICTURE), size, 0) for name, size in files]
    return Photo("id", "folder:/a.b", "id", "1", files[0][0], files[0][1], tuple(made))


@given(moments, moments, moments)
def test_a_photo_is_selected_if_it_was_taken_between_two_times_and_those_are_included(
    one: datetime, other: datetime, taken: datetime
) -> None:
    since, until = sorted((one, other))
    span = parse_span(since.isoformat(), until.isoformat())
    assert span.holds(at(taken)) == (since <= taken <= until)
    assert span.holds(at(since))
    assert span.holds(at(until + timedelta(milliseconds=999)))


@given(moments, moments)
def test_every_photo_is_of_one_side_of_a_day(day: datetime, taken: datetime) -> None:
    before, after = (day - timedelta(days=1)).date().isoformat(), day.date().isoformat()
    sides = (parse_span(None, before).holds(at(taken)), parse_span(after, None).holds(at(taken)))
    assert sides == (taken.date() < day.date(), taken.date() >= day.date())


def test_a_last_day_is_included_whole_and_the_clock_is_that_of_the_place() -> None:
    span = parse_span("2024-05-31", "2024-05-31")
    assert all(span.holds(at(datetime(2024, 5, 31, hour), ahead=ahead)) for hour in (0, 23) for ahead in (-11, 0, 13))
    assert not span.holds(at(datetime(2024, 6, 1)))
    assert not span.holds(at(datetime(2024, 5, 30, 23, 59, 59)))


def test_a_guess_counts_as_what_is_guessed() -> None:
    assert parse_span("2024-05-31", None).holds(at(SOME_DAY, source=TimeSource.FILE_DATE))


def test_a_time_with_a_zone_is_a_moment() -> None:
    span = parse_span("2024-05-31T18:00+02:00", None)
    assert [span.holds(at(SOME_DAY, ahead=ahead)) for ahead in (1, 2, 3)] == [True, True, False]
    assert span.holds(at(SOME_DAY))
    assert not span.holds(at(SOME_DAY - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [
        ("2024-02-30", None, "--since 2024-02-30 is no date"),
        (None, "2024-05-31T25:00", "--until 2024-05-31T25:00 is no date"),
        ("2024-06-01", "2024-05-31", "--until 2024-05-31 is before --since 2024-06-01"),
    ],
)
def test_what_no_photo_can_be_of_is_refused(since: str | None, until: str | None, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_span(since, until)


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("500B", 500), ("500 kB", 500_000), ("1.5MB", 1_500_000), ("2m", 2_000_000), ("1 KiB", 1024)],
)
def test_a_size_is_read_with_its_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_photo_is_large_enough_if_its_picture_or_its_raw_file_is_and_stays_whole() -> None:
    selection = Selection(min_size=1000)
    assert selection.admits(photo(("a.jpg", 1000)))
    assert not selection.admits(photo(("a.jpg", 999)))
    assert selection.admits(photo(("a.jpg", 10), ("a.CR2", 5000)))
    assert not selection.admits(photo(("a.jpg", 10), ("a.mp4", 5000), ("a.xmp", 5000)))


@pytest.mark.parametrize("given_as", [["jpg", "cr2"], ["*.JPG,.cr2"], ["jpeg, CR2"]])
def test_suffixes_are_read_as_people_write_them_and_one_kind_of_file_has_several(given_as: list[str]) -> None:
    selection = Selection(suffixes=parse_suffixes(given_as))
    wanted = [photo((name, 1)) for name in ("a.jpg", "A.JPEG", "b.CR2")]
    assert all(map(selection.admits, wanted))
    assert not selection.admits(photo(("a.png", 1)))


def test_a_pair_is_selected_by_either_of_its_files() -> None:
    pair = photo(("a.jpg", 1), ("a.CR2", 1), ("a.xmp", 1))
    assert [Selection(suffixes=parse_suffixes([name])).admits(pair) for name in ("jpg", "cr2", "xmp")] == [1, 1, 0]
