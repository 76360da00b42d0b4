"""Claims about times that may be none: the defaults of cameras and programs."""

from datetime import UTC, datetime

import pytest

from bestshot.model.times import DEFAULT_TIMES, CaptureTime, TimeSource

SECOND = "2002-12-08 12:00:00"


def stated(text: str) -> CaptureTime:
    """A wall clock as EXIF states it."""
    return CaptureTime(datetime.fromisoformat(text), None, TimeSource.EXIF_ORIGINAL)


@pytest.mark.parametrize(
    "text",
    [
        SECOND,
        "1970-01-01 00:00:00",
        "1970-01-01 08:00:00",
        "1969-12-31 19:00:00",
        "1980-01-01 00:00:16",
        "1979-12-31 18:30:00",
        "1980-01-06 00:00:00",
        "1904-01-01 00:00:00",
        "1903-12-31 16:00:00",
        "1899-12-30 00:00:00",
        "1899-12-31 00:00:00",
        "1900-01-01 00:00:00",
        "2000-01-01 00:00:00",
        "2001-01-01 00:00:00",
        "2015-01-01 00:00:00",
    ],
)
def test_what_cameras_and_programs_write_for_no_time_is_a_guess(text: str) -> None:
    taken = stated(text)
    assert (taken.is_default, taken.is_guess) == (True, True)
    assert taken.in_doubt_because == "DateTimeOriginal, which may be a default"


@pytest.mark.parametrize(
    "text",
    [
        "2002-12-08 12:00:00.350",
        "2002-12-08 12:00:01",
        "2002-12-09 12:00:00",
        "1970-06-01 00:00:00",
        "2000-01-01 00:00:01",
        "2024-01-31 00:00:00",
        "1975-07-01 12:00:00",
    ],
)
def test_the_times_beside_them_are_times(text: str) -> None:
    taken = stated(text)
    assert (taken.is_default, taken.is_guess, taken.in_doubt_because) == (False, False, "")


def test_a_moment_without_a_wall_clock_may_be_a_default_too() -> None:
    moment = datetime(1980, 1, 1, tzinfo=UTC)
    assert CaptureTime(None, moment, TimeSource.TAKEOUT).is_guess


def test_every_span_is_told_from_its_first_to_its_last_second() -> None:
    for span in DEFAULT_TIMES:
        assert stated(str(span.first)).is_default
        assert stated(str(span.last)).is_default
