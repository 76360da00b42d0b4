"""When a photo was taken, and how that is known."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum


class TimeSource(Enum):
    """Where a capture time comes from, most trusted first."""

    EXIF_ORIGINAL = "DateTimeOriginal"
    EXIF_DIGITIZED = "DateTimeDigitized"
    XMP = "XMP"
    TAKEOUT = "Google Takeout"
    FILE_NAME = "file name"
    DATE_IN_NAME = "date in the file name"
    FILE_DATE = "date of the file"
    SERVER = "server"


_EPOCH = datetime(1970, 1, 1)

_GUESSES = frozenset({TimeSource.DATE_IN_NAME, TimeSource.FILE_DATE})


@dataclass(frozen=True, slots=True)
class DefaultTime:
    """A span of clock times that stand for none, and who writes them."""

    writer: str
    first: datetime
    last: datetime

    @classmethod
    def of_days(cls, writer: str, first: datetime, days: int) -> "DefaultTime":
        """Whole days: what is zero in UTC is another hour in each time zone, and clocks go on from there."""
        return cls(writer, first, first + timedelta(days=days) - timedelta.resolution)


DEFAULT_TIMES = (
    DefaultTime("Android phones", datetime(2002, 12, 8, 12), datetime(2002, 12, 8, 12)),
    DefaultTime.of_days("spreadsheets and Windows programs", datetime(1899, 12, 30), 3),
    DefaultTime.of_days("Macintosh and QuickTime programs", datetime(1903, 12, 31), 2),
    DefaultTime.of_days("Unix programs", datetime(1969, 12, 31), 2),
    DefaultTime.of_days("cameras, FAT file systems", datetime(1979, 12, 31), 2),
    DefaultTime.of_days("GPS receivers", datetime(1980, 1, 6), 1),
)
"""Clock times at which hardly a photo was ever taken; so is midnight of any New Year, at which many cameras begin."""

_DEFAULT_YEARS = frozenset(end.year for span in DEFAULT_TIMES for end in (span.first, span.last))


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """When a photo was taken, by one or two clocks; at least one of them is known.

    `wall` is the camera's wall clock, without a time zone, and `instant` the moment in UTC. `zone_stated` is whether
    the photo itself states the zone of `wall` (by OffsetTimeOriginal, or an XMP date with an offset); it is False for a
    zone inferred from GPS or from OffsetTime, which belongs to another date.
    """

    wall: datetime | None
    instant: datetime | None
    source: TimeSource
    zone_stated: bool = False

    @property
    def is_guess(self) -> bool:
        """Whether the time is too unreliable to join or separate photos, unless others show that a default is none."""
        return not self.is_stated or self.is_default

    @property
    def is_stated(self) -> bool:
        """Whether somebody wrote it down as the time of capture, be it a default."""
        return self.source not in _GUESSES

    @property
    def is_default(self) -> bool:
        """Whether it may only be what cameras and programs write where they know no time."""
        clock = self.wall or self.instant
        assert clock is not None  # one of the two is always known
        if clock.year in _DEFAULT_YEARS:
            plain = clock.replace(tzinfo=None)
            if any(span.first <= plain <= span.last for span in DEFAULT_TIMES):
                return True
        return clock.month == clock.day == 1 and clock.time() == time.min

    @property
    def in_doubt_because(self) -> str:
        """Why the time is a guess, in words; empty if it is none."""
        if not self.is_stated:
            return self.source.value
        return f"{self.source.value}, which may be a default" if self.is_default else ""

    @property
    def wall_seconds(self) -> float | None:
        """The wall clock in seconds since 1970, read as if it were UTC."""
        return None if self.wall is None else (self.wall - _EPOCH).total_seconds()

    @property
    def instant_seconds(self) -> float | None:
        """The moment in seconds since 1970."""
        return None if self.instant is None else self.instant.timestamp()

    @property
    def seconds(self) -> float:
        """The best known clock in seconds since 1970, to sort photos by."""
        seconds = self.instant_seconds if self.wall is None else self.wall_seconds
        assert seconds is not None  # one of the two is always known
        return seconds

    def isoformat(self) -> str:
        """ISO 8601, with the offset if it is known, without one if only the wall clock is."""
        if self.wall is None:
            assert self.instant is not None  # one of the two is always known
            return self.instant.isoformat().replace("+00:00", "Z")
        if self.instant is None:
            return self.wall.isoformat()
        offset = self.wall.replace(tzinfo=UTC) - self.instant
        sign = "-" if offset.total_seconds() < 0 else "+"
        minutes = round(abs(offset.total_seconds()) / 60)
        return f"{self.wall.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
