"""Claims about reading capture times out of EXIF's texts and file names."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.metadata.capture_time import (
    DateError,
    ExifDate,
    ExifDates,
    WallClock,
    choose_time,
    exif_time,
    file_time,
    gps_moment,
    moment,
    parse_exif_datetime,
    parse_offset,
    time_from_name,
)
from bestshot.model.times import CaptureTime, TimeSource

NOON = datetime(2024, 1, 31, 12, 0, 0)
NOON_UTC = NOON.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024:01:31 15:45:01",
        "2024-01-31T15:45:01",
        "2024/01/31 15:45:01",
        "2024.01.31 15.45.01",
        "2024:01:31\0 15:45:01\0",
        "2024:01:31\x0015:45:01",
        "  2024: 1:31  15:45: 1 ",
        "2024:01:31-15:45:01",
    ],
)
def test_the_usual_misspellings_of_a_date_are_read(text: str) -> None:
    assert parse_exif_datetime(text) == WallClock(datetime(2024, 1, 31, 15, 45, 1))


@pytest.mark.parametrize(
    "text", ["", "   ", "\0\0", "0000:00:00 00:00:00", "    :  :     :  :  ", "0000-00-00T00:00:00"]
)
def test_exifs_own_ways_to_say_unknown_are_no_error(text: str) -> None:
    assert parse_exif_datetime(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2024:13:45 99:99:99",
        "2023:02:29 12:00:00",
        "2024:01:31 24:00:00",
        "2024:01:31",
        "06/05/2024 07:08",
        "yesterday at noon!!",
        "\u0662\u0660\u0662\u0664:01:31 15:45:01",
        "0000:00:00 12:00:00",
        "2024:01:31 15:45:01 and more",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DateError, match="is not a date and time"):
        parse_exif_datetime(text)


@pytest.mark.parametrize("year", ["0001", "1825", "2101", "9999"])
def test_a_year_without_photography_is_refused(year: str) -> None:
    with pytest.raises(DateError, match="is not between 1826 and 2100"):
        parse_exif_datetime(f"{year}:01:01 00:00:00")


def test_a_leap_second_becomes_the_second_before() -> None:
    clock = parse_exif_datetime("2016:12:31 23:59:60")
    assert clock == WallClock(datetime(2016, 12, 31, 23, 59, 59))


@pytest.mark.parametrize(
    ("subsec", "microsecond"),
    [("12", 120_000), (" 5 ", 500_000), ("05\0", 50_000), ("1234567", 123_456), ("", 0), ("x1", 0), ("  ", 0)],
)
def test_sub_seconds_are_a_decimal_fraction(subsec: str, microsecond: int) -> None:
    clock = parse_exif_datetime("2024:01:31 12:00:00", subsec)
    assert clock is not None
    assert clock.time.microsecond == microsecond


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("+02:00", 120), ("-0330", -210), ("Z", 0), ("+14:00", 840), ("-12:00", -720), ("+00:00\0", 0), ("+5:45", 345)],
)
def test_offsets_are_read(text: str, minutes: int) -> None:
    assert parse_offset(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", " ", "   :  ", "+14:15", "-12:01", "+99:00", "CEST", "+02:75", "2"])
def test_impossible_offsets_are_ignored(text: str) -> None:
    assert parse_offset(text) is None


def test_an_offset_of_the_date_itself_states_the_zone() -> None:
    taken, _ = exif_time(ExifDates(ExifDate("2024:01:31 12:00:00", "", "+02:00"), offset="-05:00"))
    assert taken == CaptureTime(NOON, NOON_UTC - timedelta(hours=2), TimeSource.EXIF_ORIGINAL, zone_stated=True)


def test_the_offset_of_another_date_relates_without_stating() -> None:
    taken, _ = exif_time(ExifDates(ExifDate("2024:01:31 12:00:00"), offset="-05:00"))
    assert taken == CaptureTime(NOON, NOON_UTC + timedelta(hours=5), TimeSource.EXIF_ORIGINAL)


@pytest.mark.parametrize(
    ("gps", "offset_minutes"),
    [
        (NOON_UTC - timedelta(hours=2, seconds=40), 120),
        (NOON_UTC + timedelta(hours=3, minutes=30, seconds=-70), -210),
        (NOON_UTC - timedelta(hours=5, minutes=45), 345),
    ],
)
def test_gps_time_relates_to_the_nearest_quarter_of_an_hour(gps: datetime, offset_minutes: int) -> None:
    taken, _ = exif_time(ExifDates(ExifDate("2024:01:31 12:00:00"), gps=gps))
    assert taken is not None
    assert taken.instant == NOON_UTC - timedelta(minutes=offset_minutes)
    assert not taken.zone_stated


@pytest.mark.parametrize("off", [timedelta(hours=2, minutes=7), timedelta(hours=15), timedelta(hours=-13)])
def test_an_old_gps_fix_tells_no_zone(off: timedelta) -> None:
    taken, _ = exif_time(ExifDates(ExifDate("2024:01:31 12:00:00"), gps=NOON_UTC - off))
    assert taken == CaptureTime(NOON, None, TimeSource.EXIF_ORIGINAL)


def test_gps_date_and_time_are_a_moment() -> None:
    assert gps_moment("2024:01:31\0", (12, 0, 0)) == NOON_UTC


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("", (1, 2, 3)),
        ("2024:02:31", (1, 2, 3)),
        ("2024:01:31", ()),
        ("2024:01:31", (99, 0, 0)),
        ("9999:12:31", (24, 0, 0)),
    ],
)
def test_half_a_gps_time_is_none(date: str, time: tuple[float, ...]) -> None:
    assert gps_moment(date, time) is None


def test_a_bad_original_date_is_named_and_the_digitized_one_taken() -> None:
    dates = ExifDates(ExifDate("garbage"), ExifDate("2024:01:31 12:00:00", offset="Z"))
    taken, complaints = exif_time(dates)
    assert taken == CaptureTime(NOON, NOON_UTC, TimeSource.EXIF_DIGITIZED, zone_stated=True)
    assert complaints == ("its DateTimeOriginal 'garbage' is not a date and time",)


def test_a_default_gives_way_to_a_date_that_is_none() -> None:
    """Some phones write 2002 into one of the two."""
    default, known = ExifDate("2002:12:08 12:00:00"), ExifDate("2024:01:31 12:00:00")
    for dates in (ExifDates(default, known), ExifDates(known, default)):
        taken, _ = exif_time(dates)
        assert taken is not None
        assert taken.wall == NOON
    alone, _ = exif_time(ExifDates(default))
    assert alone is not None
    assert (alone.source, alone.is_guess) == (TimeSource.EXIF_ORIGINAL, True)


def test_unknown_dates_are_passed_over_in_silence() -> None:
    assert exif_time(ExifDates(ExifDate("0000:00:00 00:00:00"), ExifDate("   "))) == (None, ())


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20240131_154501.jpg",
        "IMG20240131154501.jpg",
        "MVIMG_20240131_154501.jpg",
        "VID_20240131_154501.mp4",
        "20240131_154501.jpg",
        "20240131_154501_001.jpg",
        "IMG_20240131_154501_HDR~2.jpg",
        "Screenshot_20240131-154501.png",
        "Screenshot_20240131-154501_Chrome.png",
        "Screenshot 2024-01-31 at 15.45.01.png",
        "Screenshot 2024-01-31 at 3.45.01\u202fPM.png",
        "Screenshot from 2024-01-31 15-45-01.png",
        "Bildschirmfoto 2024-01-31 um 15.45.01.png",
        "Screenshot_20240131-154501_WhatsApp.png",
        "Screenshot_20240131-154501_Signal.png",
        "Screenshot_2024-01-31-15-45-01-000_com.kakao.talk.jpg",
        "signal tower 2024-01-31 15.45.01.jpg",
        "IMG_20240131_154501.sync-conflict-20250601-101010-ABCDEFG.jpg",
        "IMG_20240131_154501 (conflicted copy 2025-07-02 120000).jpg",
        "2024-01-31 15.45.01.jpg",
        "2024-01-31 15.45.01-2.jpg",
        "20240131T154501.jpg",
        "\udcff IMG_20240131_154501\n.jpg",
    ],
)
def test_a_date_with_a_time_in_the_name_is_read(name: str) -> None:
    expected = CaptureTime(datetime(2024, 1, 31, 15, 45, 1), None, TimeSource.FILE_NAME)
    assert time_from_name(name) == expected


@pytest.mark.parametrize("time", ["15.45.01\u202fPM", "00.45.01 AM", "13.45.01 AM"])
def test_an_hour_that_no_half_of_the_day_has_leaves_the_bare_date(time: str) -> None:
    found = time_from_name(f"Screenshot 2024-01-31 at {time}.png")
    assert found == CaptureTime(datetime(2024, 1, 31), None, TimeSource.DATE_IN_NAME)


@pytest.mark.parametrize("name", ["IMG_20240131_154501123.jpg", "signal-2024-01-31-15-45-01-123.jpg"])
def test_milliseconds_in_the_name_are_read(name: str) -> None:
    taken = time_from_name(name)
    assert taken is not None
    assert taken.wall == datetime(2024, 1, 31, 15, 45, 1, 123_000)


@pytest.mark.parametrize("name", ["PXL_20240131_154501123.jpg", "PXL_20240131_154501123.PORTRAIT-01.COVER.jpg"])
def test_a_pixel_phones_name_is_a_moment_in_utc(name: str) -> None:
    instant = datetime(2024, 1, 31, 15, 45, 1, 123_000, tzinfo=UTC)
    assert time_from_name(name) == CaptureTime(None, instant, TimeSource.FILE_NAME)


@pytest.mark.parametrize(
    "name",
    [
        "IMG-20240131-WA0012.jpg",
        "2024-01-31 party",
        "20240131.jpg",
        "IMG_20240131_994501.jpg",
        "2024-01-31 IMG_123456.jpg",
    ],
)
def test_a_date_without_a_time_is_a_guess_at_midnight(name: str) -> None:
    assert time_from_name(name) == CaptureTime(datetime(2024, 1, 31), None, TimeSource.DATE_IN_NAME)


@pytest.mark.parametrize(
    "name",
    [
        "WhatsApp Image 2024-01-31 at 15.45.01.jpeg",
        "photo_2024-01-31_15-45-01.jpg",
        "PHOTO-2024-01-31-15-45-01 2.jpg",
        "00001234-PHOTO-2024-01-31-15-45-01.jpg",
        "signal-2024-01-31-154501.jpg",
        "signal-2024-01-31-15-45-01-123-1.jpg",
        "signal-attachment-2024-01-31-154501_002.jpeg",
        "Copy of threema-20240131-154501123.jpg",
        "KakaoTalk_20240131_154501123_01.jpg",
        "KakaoTalk_Photo_2024-01-31-15-45-01 001.jpeg",
        "IMG_20240131_154501_987.jpg",
        "viber image 2024-01-31 15.45.01.jpg",
        "微信图片_20240131154501.jpg",
        "LINE_P20240131_154501123.jpg",
    ],
)
def test_the_time_a_messenger_writes_is_a_guess(name: str) -> None:
    taken = time_from_name(name)
    assert taken is not None
    assert taken.is_guess


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234.jpg",
        "DSC01234.jpg",
        "1920x1080.jpg",
        "FB_IMG_1539012345678.jpg",
        "mmexport1706715901000.jpg",
        "line_1706715901000.jpg",
        "scan.sync-conflict-20240131-154501-ABCDEFG.jpg",
        "scan~20240131-154501.jpg",
        "scan (conflicted copy 2024-01-31 154501).jpg",
        "scan (Ann's conflicted copy 2024-01-31).jpg",
        "scan (Ann (work)'s conflicted copy 2024-01-31 (1)).jpg",
        "scan (In Konflikt stehende Kopie von Ann 2024-01-31).jpg",
        "scan (Copie en conflit de Ann 2024-01-31).jpg",
        "scan (конфликтующая копия 2024-01-31).jpg",
        "scan (SFConflict ann@example.org 2024-01-31-15-45-01).jpg",
        "scan_conflict-20240131-154501.jpg",
        "scan (2024_01_31 15_45_01 UTC).jpg",
        "scan.jpg 2024-01-31 154501.jpg",
        "120240131_154501.jpg",
        "IMG_20240231_154501.jpg",
        "20241331.jpg",
        "20240131-1545-4511-8888-123456789012.jpg",
        "\u0662\u0660\u0662\u0664-01-31.jpg",
        "",
    ],
)
def test_other_digits_are_no_date(name: str) -> None:
    assert time_from_name(name) is None


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2099, 12, 31)))
def test_every_date_comes_back_from_exif_and_from_a_name(time: datetime) -> None:
    time = time.replace(microsecond=0)
    assert parse_exif_datetime(f"{time:%Y:%m:%d %H:%M:%S}") == WallClock(time)
    assert time_from_name(f"IMG_{time:%Y%m%d_%H%M%S}.jpg") == CaptureTime(time, None, TimeSource.FILE_NAME)


@settings(deadline=None)
@given(st.text(), st.text(max_size=9), st.text(max_size=9))
def test_no_text_breaks_the_parsers(text: str, subsec: str, offset: str) -> None:
    """Any text is a date, unknown, or a DateError."""
    time_from_name(text)
    gps_moment(text, (1, 2, 3))
    with suppress(DateError):
        parse_exif_datetime(text, subsec, offset)


@settings(deadline=None)
@given(st.uuids())
def test_a_uuid_is_no_date(uuid: object) -> None:
    assert time_from_name(f"{uuid}.jpg") is None


def test_the_files_date_is_a_moment_and_a_guess() -> None:
    taken = file_time(1_706_702_400_123_456_789)
    assert taken.instant == NOON_UTC + timedelta(microseconds=123_456)
    assert taken.wall is None
    assert taken.is_guess


@pytest.mark.parametrize("mtime_ns", [2**80, -(2**80)])
def test_a_files_date_beyond_the_calendar_is_still_one(mtime_ns: int) -> None:
    assert file_time(mtime_ns).source is TimeSource.FILE_DATE


@pytest.mark.parametrize("seconds", [10**30, -(10**12), 10**11])
def test_a_moment_outside_photography_is_refused(seconds: int) -> None:
    with pytest.raises(DateError):
        moment(seconds)


def test_sources_are_asked_in_the_order_of_trust() -> None:
    """Each source counts only when all before it are silent."""
    exif = CaptureTime(NOON, None, TimeSource.EXIF_ORIGINAL)
    xmp = CaptureTime(NOON, None, TimeSource.XMP)
    takeout = CaptureTime(None, NOON_UTC, TimeSource.TAKEOUT)
    named = "IMG_20240131_154501.jpg"
    assert choose_time(exif, [xmp, takeout], named, 0) == exif
    assert choose_time(None, [xmp, takeout], named, 0) == xmp
    assert choose_time(None, [takeout], named, 0) == takeout
    assert choose_time(None, [], named, 0).source is TimeSource.FILE_NAME
    assert choose_time(None, [], "IMG-20240131-WA0001.jpg", 0).source is TimeSource.DATE_IN_NAME
    assert choose_time(None, [], "IMG_1.jpg", 0).source is TimeSource.FILE_DATE


def test_a_default_counts_only_where_nobody_knows_better() -> None:
    exif = CaptureTime(datetime(1980, 1, 1), None, TimeSource.EXIF_ORIGINAL)
    takeout = CaptureTime(None, NOON_UTC, TimeSource.TAKEOUT)
    assert choose_time(exif, [takeout], "IMG_1.jpg", 0) == takeout
    assert choose_time(exif, [], "IMG_20240131_154501.jpg", 0).source is TimeSource.FILE_NAME
    assert choose_time(exif, [], "IMG-20240131-WA0001.jpg", 0) == exif
    assert choose_time(exif, [exif], "IMG_1.jpg", 0) == exif
