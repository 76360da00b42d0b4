"""When was it taken: dates as EXIF and file names write them, zones, and which source is trusted first."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from bestshot.metadata.name_patterns import NAMED_DATE, NAMED_TIME, NameTells, told_by, without_copy_marks
from bestshot.model.times import CaptureTime, TimeSource

# The oldest surviving photograph was taken in 1826 or 1827; a clock beyond 2100 is wrong.
FIRST_YEAR, LAST_YEAR = 1826, 2100

# Wall clocks run from UTC-12 to UTC+14.
_WESTMOST, _EASTMOST = timedelta(hours=-12), timedelta(hours=14)
# Every zone in use is a multiple of this; a GPS fix that is off by more than the slack is an old one.
_ZONE_STEP, _GPS_SLACK = timedelta(minutes=15), timedelta(minutes=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

# EXIF writes an unknown date with spaces or zeros in place of the digits.
_UNKNOWN = re.compile(r"[\s0:/.T-]*")
_WRITTEN = re.compile(
    r"""(?P<year>[0-9]{4}) [-:/.]\ ? (?P<month>[0-9]{1,2}) [-:/.]\ ? (?P<day>[0-9]{1,2})
        (?:T|\s|[-:](?=[0-9]))+
        (?P<hour>[0-9]{1,2}) [-:.]\ ? (?P<minute>[0-9]{1,2}) (?:[-:.]\ ? (?P<second>[0-9]{1,2}))?
        (?:[.,] (?P<fraction>[0-9]+))? \s* (?P<offset>Z|[-+][0-9]{1,2}:?[0-9]{2})?""",
    re.VERBOSE,
)
_QUOTED = 40  # characters of a bad date that a message repeats
_LONGEST = 100  # characters of a date with all that cameras put between its parts
_OFFSET = re.compile(r"(?P<sign>[-+])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-5][0-9])")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class DateError(ValueError):
    """The text is not a valid date; the message continues a sentence that begins "its DateTimeOriginal …"."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """A wall clock and, where it was written with it, how far it is ahead of UTC."""

    time: datetime
    offset: timedelta | None = None

    def as_capture_time(self, source: TimeSource, likely_offset: timedelta | None = None) -> CaptureTime:
        """Relate the clock to a moment by its own offset, else by a likely one, which states no zone."""
        offset = likely_offset if self.offset is None else self.offset
        instant = None if offset is None else (self.time - offset).replace(tzinfo=UTC)
        return CaptureTime(self.time, instant, source, zone_stated=self.offset is not None)


@dataclass(frozen=True, slots=True)
class ExifDate:
    """One date of EXIF as it is written, with the tags for its fraction of a second and its offset."""

    text: str = ""
    subsec: str = ""
    offset: str = ""


@dataclass(frozen=True, slots=True)
class ExifDates:
    """The dates of one photo's EXIF; `offset` is OffsetTime, which belongs to the date of the last change."""

    original: ExifDate = ExifDate()
    digitized: ExifDate = ExifDate()
    offset: str = ""
    gps: datetime | None = None

    def likely_offset(self, wall: datetime) -> timedelta | None:
        """The zone that `wall` was probably in: the one of OffsetTime, else the difference from GPS."""
        offset = parse_offset(self.offset)
        return offset if offset is not None or self.gps is None else _offset_between(wall, self.gps)


def parse_exif_datetime(text: str, subsec: str = "", offset: str = "") -> WallClock | None:
    """Read 'YYYY:MM:DD HH:MM:SS' and the ways cameras misspell it; None is EXIF's own "unknown".

    Raises DateError for anything else.
    """
    text = text.replace("\0", " ").strip()
    if _UNKNOWN.fullmatch(text):
        return None
    match = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise DateError("is not a date and time")
    try:
        time = _clock(match.groupdict(), _microseconds(match["fraction"] or subsec))
    except ValueError as error:
        raise DateError("is not a date and time") from error
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise DateError(f"is not between {FIRST_YEAR} and {LAST_YEAR}")
    own_offset = parse_offset(offset)
    return WallClock(time, parse_offset(match["offset"] or "") if own_offset is None else own_offset)


def parse_offset(text: str) -> timedelta | None:
    """Read '+02:00', '-0330' or 'Z'; None where no possible offset is written."""
    text = text.strip(" \0")
    if text == "Z":
        return timedelta(0)
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    size = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    return _possible(-size if match["sign"] == "-" else size)


def gps_moment(date: str, time: Sequence[float]) -> datetime | None:
    """The UTC moment of GPSDateStamp (YYYY:MM:DD) and GPSTimeStamp (hours, minutes, seconds), if any."""
    match = re.fullmatch(r"([0-9]{4})[-:/]([0-9]{1,2})[-:/]([0-9]{1,2})", date.strip(" \0"))
    if match is None or len(time) != 3 or not all(0 <= part <= 60 for part in time):
        return None
    hours, minutes, seconds = time
    year, month, day = map(int, match.groups())
    try:
        midnight = datetime(year, month, day, tzinfo=UTC)
        return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return None


def exif_time(dates: ExifDates) -> tuple[CaptureTime | None, tuple[str, ...]]:
    """The most trusted time in a photo's EXIF, and what is wrong with the dates tried before it.

    A date that may be a default gives way to one that is not.
    """
    complaints: list[str] = []
    found: list[CaptureTime] = []
    for date, source in (
        (dates.original, TimeSource.EXIF_ORIGINAL),
        (dates.digitized, TimeSource.EXIF_DIGITIZED),
    ):
        try:
            clock = parse_exif_datetime(date.text, date.subsec, date.offset)
        except DateError as error:
            complaints.append(f"its {source.value} '{date.text[:_QUOTED]}' {error}")
            continue
        if clock is not None:
            found.append(clock.as_capture_time(source, dates.likely_offset(clock.time)))
            if not found[-1].is_default:
                return found[-1], tuple(complaints)
    return (found[0] if found else None), tuple(complaints)


def moment(seconds: int) -> datetime:
    """The UTC moment so many seconds after 1970; raises DateError outside the age of photography."""
    try:
        time = _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise DateError("is not a moment") from error
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise DateError(f"is not between {FIRST_YEAR} and {LAST_YEAR}")
    return time


def time_from_name(name: str) -> CaptureTime | None:
    """Read the time out of a file name such as IMG_20240131_154501; a date alone is a guess, at midnight.

    A time that a messenger wrote there is a guess, too: `name_patterns` says who writes what.
    """
    name = without_copy_marks(_UUID.sub(" ", name))
    for match in NAMED_TIME.finditer(name):
        if time := _named_clock(match):
            return _named_time(time, told_by(name))
    for match in NAMED_DATE.finditer(name):
        if day := _named_clock(match):
            return CaptureTime(day, None, TimeSource.DATE_IN_NAME)
    return None


def file_time(mtime_ns: int) -> CaptureTime:
    """A guess from the time of the last change; it is a moment without a wall clock."""
    try:
        changed = _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:  # some file systems hold dates beyond the year 9999
        changed = _LATEST if mtime_ns > 0 else _EARLIEST
    return CaptureTime(None, changed, TimeSource.FILE_DATE)


def choose_time(exif: CaptureTime | None, sidecars: Iterable[CaptureTime], name: str, mtime_ns: int) -> CaptureTime:
    """The most trusted time: of EXIF, else of the first sidecar (XMP, then Takeout), name, file's date.

    One that is no guess comes before one that is, such as a default. `sidecars` may be lazy: they are only asked when
    EXIF has no time to rely on, and so is the name.
    """
    guesses: list[CaptureTime] = []
    for taken in chain((exif,), sidecars, map(time_from_name, (name,))):
        if taken is not None and not taken.is_guess:
            return taken
        guesses += [] if taken is None else [taken]
    return guesses[0] if guesses else file_time(mtime_ns)


def _possible(offset: timedelta) -> timedelta | None:
    return offset if _WESTMOST <= offset <= _EASTMOST else None


def _offset_between(wall: datetime, gps: datetime) -> timedelta | None:
    """How far `wall` is ahead of UTC according to a GPS fix; None if the fix is too old to decide."""
    ahead = wall.replace(tzinfo=UTC) - gps
    offset = round(ahead / _ZONE_STEP) * _ZONE_STEP
    return _possible(offset) if abs(ahead - offset) < _GPS_SLACK else None


def _microseconds(fraction: str) -> int:
    digits = re.match(r"[\s\0]*([0-9]{1,6})", fraction)
    return int(digits[1].ljust(6, "0")) if digits else 0


def _clock(parts: Mapping[str, str | None], microsecond: int = 0) -> datetime:
    """Raises ValueError for an impossible date; a leap second, which it does not know, is cut."""
    names = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (int(parts.get(name) or 0) for name in names)
    return datetime(year, month, day, hour, minute, 59 if second == 60 else second, microsecond)


def _named_clock(match: re.Match[str]) -> datetime | None:
    """The clock time in a name, midnight for a date alone; None if there is no such day or time."""
    parts = match.groupdict()
    half = parts.get("half")
    try:
        time = _clock(parts, _microseconds(parts.get("fraction") or ""))
    except ValueError:
        return None
    if half is None:
        return time
    is_twelve_hours = 1 <= time.hour <= 12
    return time.replace(hour=time.hour % 12 + (12 if half == "PM" else 0)) if is_twelve_hours else None


def _named_time(time: datetime, tells: NameTells | None) -> CaptureTime:
    if tells is NameTells.TAKEN_UTC:
        return CaptureTime(None, time.replace(tzinfo=UTC), TimeSource.FILE_NAME)
    return CaptureTime(time, None, TimeSource.DATE_IN_NAME if tells is NameTells.SENT else TimeSource.FILE_NAME)
