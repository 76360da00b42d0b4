"""When a photo was taken, and how that is known."""

from dataclasses import dataclass
from datetime import UTC, datetime
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


_GUESSES = frozenset({TimeSource.DATE_IN_NAME, TimeSource.FILE_DATE})


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
        """Whether the time is too unreliable to join or separate photos."""
        return self.source in _GUESSES

    @property
    def wall_seconds(self) -> float | None:
        """The wall clock in seconds since 1970, read as if it were UTC."""
        return None if self.wall is None else self.wall.replace(tzinfo=UTC).timestamp()

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
