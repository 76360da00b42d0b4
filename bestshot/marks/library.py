"""What a library must offer so that its photos can be marked."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

from bestshot.errors import (
    MissingPermissionError,
    NotFoundError,
    OrganizerError,
    PhotoError,
    RejectedError,
    TooOldError,
    UsageError,
)
from bestshot.journal.changes import Keep, keep_nothing
from bestshot.marks.actions import MarkAction, MarkOptions, MarkResult
from bestshot.marks.state import LibraryMarks

OF_ONE_CHANGE = (MissingPermissionError, NotFoundError, PhotoError, RejectedError, TooOldError, UsageError)
"""Errors that say nothing about the next change."""


class MarkableLibrary(ABC):
    """A library whose photos can be marked. Every call raises an OrganizerError where all of it fails."""

    @property
    def tags_one_at_a_time(self) -> bool:
        """Whether each tag is a change of its own, so that the first must have settled before the next is made."""
        return False

    @property
    @abstractmethod
    def settles_at_once(self) -> bool:
        """Whether what was written stands for good, so that one look is enough."""

    @abstractmethod
    def read_marks(self, keys: Collection[str], albums: Collection[str], *, with_albums: bool) -> LibraryMarks:
        """What stands on these photos and in these albums; `with_albums`: also the albums that hold the photos."""

    @abstractmethod
    def read_back(self, actions: Collection[MarkAction], albums: Collection[str]) -> LibraryMarks:
        """What stands now where these actions write, and in these albums: never from an earlier listing.

        Only what the actions are about is read; all else is as if there were nothing.
        """

    @abstractmethod
    def albums_called(self, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The user's own albums with exactly these names, by name."""

    def calls_for(self, actions: Sequence[MarkAction]) -> tuple[tuple[str, ...], ...]:
        """For each of these actions the calls that write it, in words; none where nothing is called."""
        return ((),) * len(actions)

    def missing_tags(self, _tags: Collection[str]) -> tuple[str, ...]:
        """Which of these tags, and of the tags above them, would have to be made."""
        return ()

    def closed(self, _action: MarkAction) -> Mapping[str, str]:
        """The photos on which a change is never made, so that it is not planned, with the reason as a sentence."""
        return {}

    @abstractmethod
    def mark(self, action: MarkAction, keep: Keep = keep_nothing, /) -> MarkResult:
        """Make one change; `keep` is given beforehand which files it replaces. What has it already is not changed."""

    @property
    def marked_together(self) -> tuple[type[MarkAction], ...]:
        """The changes of which many are given to `mark_together`: it makes them in fewer calls than one by one."""
        return ()

    def mark_together(self, actions: Sequence[MarkAction]) -> "Sequence[MarkResult | OrganizerError]":
        """Make changes of one class, each on other photos; returns for each what came of it, or why it failed."""
        return [self.mark(action) for action in actions]


class Unmarkable(MarkableLibrary):
    """A library on whose photos nothing can be written; raises UsageError where any of the marks is wanted."""

    def __init__(self, options: MarkOptions) -> None:
        if options.any:
            raise UsageError("These photos cannot be marked: leave out --tag-only and the like, and give --output.")

    @property
    def settles_at_once(self) -> bool:
        """Nothing is written that would have to settle."""
        return True

    def read_marks(self, keys: Collection[str], albums: Collection[str], *, with_albums: bool) -> LibraryMarks:  # noqa: ARG002 - nothing stands on any
        """No marks."""
        return LibraryMarks()

    def read_back(self, actions: Collection[MarkAction], albums: Collection[str]) -> LibraryMarks:  # noqa: ARG002 - nothing stands on any
        """No marks."""
        return LibraryMarks()

    def albums_called(self, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002 - there are none
        """No albums."""
        return {}

    def mark(self, action: MarkAction, keep: Keep = keep_nothing, /) -> MarkResult:  # noqa: ARG002 - it is refused
        """Refuse it."""
        raise UsageError("These photos cannot be marked.")
