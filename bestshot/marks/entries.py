"""A change of marks on its way: what is known of it, and what reading the library tells of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bestshot.journal.journal import Change
from bestshot.marks.actions import (
    AddToAlbum,
    LibraryMarks,
    MakeAlbum,
    MakeStack,
    MarkAction,
    MarkEffect,
    MarkReceipt,
    MarkResult,
    RemoveFromAlbum,
)
from bestshot.marks.checks import not_standing
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.reversals import DeleteAlbum, RestoreStack


@dataclass(frozen=True, slots=True)
class FailedMark:
    """Photos of a change on which it was not made or did not stay, and why; the others went on."""

    action: MarkAction
    keys: tuple[str, ...]
    error: str


@dataclass(slots=True, eq=False)
class PendingChange:
    """A change that was made, and what is known of it by now."""

    change: Change[MarkAction]
    trace: MarkEffect
    keys: tuple[str, ...]
    """The photos on which it is to stand: all but those that were refused."""
    failures: list[FailedMark] = field(default_factory=list)
    is_finished: bool = False
    """Whether the journal has its receipt."""

    @property
    def is_applied(self) -> bool:
        """Whether it left anything."""
        return bool(self.trace.changed) or self.trace.container is not None

    @property
    def receipt(self) -> MarkReceipt:
        """The receipt as far as it is known."""
        return MarkReceipt(self.change.action, self.trace)

    @property
    def album(self) -> tuple[str, ...]:
        """The album that must be read to see whether it stands."""
        match self.change.action:
            case AddToAlbum() | RemoveFromAlbum() | DeleteAlbum():
                return (self.change.action.album,)
            case MakeAlbum() if self.trace.container is not None:
                return (self.trace.container,)
            case _:
                return ()

    def fail(self, keys: Iterable[str], why: str) -> None:
        """Give these photos up."""
        failed = frozenset(keys)
        named = tuple(key for key in self.keys if key in failed)
        if named:
            self.failures.append(FailedMark(self.change.action, named, why))
            self.keys = tuple(key for key in self.keys if key not in failed)
            self.trace = replace(self.trace, changed=tuple(key for key in self.trace.changed if key not in failed))

    def refuse(self, marked: MarkResult) -> None:
        """Give up what the library refused, sentence by sentence."""
        for why in dict.fromkeys(refused.error for refused in marked.refused):
            self.fail([refused.key for refused in marked.refused if refused.error == why], why)


def read_entries(library: MarkableLibrary, entries: Sequence[PendingChange]) -> LibraryMarks:
    """What stands now where these changes write."""
    albums = frozenset(album for entry in entries for album in entry.album)
    return library.read_back([entry.change.action for entry in entries], albums)


def found_trace(entry: PendingChange, marks: LibraryMarks) -> MarkEffect | None:
    """The trace of a change that stands, in part at least, although nothing is known of its being made."""
    action, container = entry.change.action, entry.trace.container
    lacking = frozenset(not_standing(action, container, marks))
    standing = tuple(key for key in entry.keys if key not in lacking)
    if not standing:
        return None
    best = marks.photos.get(action.keys[0]) if isinstance(action, MakeStack | RestoreStack) else None
    stack = None if best is None else best.stack
    return MarkEffect(standing, container if stack is None else stack.id)
