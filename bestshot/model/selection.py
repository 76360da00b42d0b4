"""Which photos of a library a run is about: by the time that they state, the size of their files and their suffix."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bestshot.model.formats import suffix_of
from bestshot.model.photo import FileRole, Photo
from bestshot.model.times import CaptureTime


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From one time on, and before another one; None is no end.

    Without a zone they are wall clocks, wherever the photo was taken.
    """

    since: datetime | None = None
    before: datetime | None = None

    def holds(self, taken: CaptureTime) -> bool:
        """Whether a photo was taken then, as far as is known: a guess counts as what is guessed."""
        is_early = self.since is not None and _is_before(taken, self.since)
        return not is_early and (self.before is None or _is_before(taken, self.before))

    def widened(self, by: timedelta) -> tuple[datetime | None, datetime | None]:
        """Its ends in UTC, so much further apart."""
        first = None if self.since is None else _in_utc(self.since) - by
        return first, None if self.before is None else _in_utc(self.before) + by


ALWAYS: Final = TimeSpan()


@dataclass(frozen=True, slots=True)
class Selection:
    """The photos that were taken in a span of time, and of which one picture is large enough and of a wanted kind.

    A photo is looked at with all its files, or not at all: a RAW file goes with the picture beside it.
    """

    taken: TimeSpan = ALWAYS
    min_size: int = 0
    suffixes: frozenset[str] = frozenset()

    @property
    def is_all(self) -> bool:
        """Whether no photo is left out."""
        return self == _ALL

    def admits(self, photo: Photo) -> bool:
        """Whether a photo may be one of them, before anything is known of its time."""
        if not self.min_size and not self.suffixes:  # as mostly
            return True
        roles = (FileRole.PICTURE, FileRole.RAW)
        files = [(file.path, file.size) for file in photo.files if file.role in roles] or [(photo.name, photo.size)]
        is_large = any(size >= self.min_size for _, size in files)
        return is_large and (not self.suffixes or any(suffix_of(name) in self.suffixes for name, _ in files))


_ALL: Final = Selection()


def _in_utc(bound: datetime) -> datetime:
    return bound.replace(tzinfo=UTC) if bound.tzinfo is None else bound.astimezone(UTC)


def _is_before(taken: CaptureTime, bound: datetime) -> bool:
    """Whether a photo was taken before a time: by the moment where both know it, else by the clocks."""
    if bound.tzinfo is not None and taken.instant is not None:
        return taken.instant < bound
    return taken.seconds < bound.replace(tzinfo=UTC).timestamp()
