"""Carrying out marks: every change is journaled, read back until it stands, and made again if it was lost.

Servers lose writes without a word: a second one to a photo, made while the first one's background jobs run, answers
success and is undone later. So a change is believed only when it was read twice in a row with a pause in between.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bestshot.errors import (
    MissingPermissionError,
    NotFoundError,
    OrganizerError,
    PhotoError,
    RejectedError,
    TooOldError,
    UsageError,
)
from bestshot.journal.journal import Change, Journal
from bestshot.marks.actions import (
    KINDS,
    AddTags,
    MakeAlbum,
    MarkAction,
    MarkEffect,
    MarkReceipt,
    MarkResult,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
    keys_of,
)
from bestshot.marks.checks import narrowed, not_standing
from bestshot.marks.entries import FailedMark, PendingChange, found_trace, read_entries
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.preparing import prepared
from bestshot.marks.reversals import DeleteTag, RemoveTags

_BATCH = 50
"""Finished changes are written to the journal this many at a time; a kill in between is mended by recovery."""

_OF_ONE_CHANGE = (MissingPermissionError, NotFoundError, PhotoError, RejectedError, TooOldError, UsageError)
"""Errors that say nothing about the next change."""

_EASILY_LOST = (AddTags, RemoveTag, RemoveTags, SetRating, SetDescription)
"""What a server may lose if it comes too soon after another change of the same photo."""

_WITH_JOBS = (*_EASILY_LOST, SetFavorite)
"""What lets a server work on a photo in the background."""

_SO_ALREADY = "it was so already"
_LOST = "The library took it and lost it again, however often it was written: run again when the server is idle."
_OUT_OF_SIGHT = "The best photo of its group is not in the timeline, so this one stays there."


@dataclass(frozen=True, slots=True)
class VerifyPolicy:
    """How long to look whether changes stand: `pauses` are the seconds before each reading.

    Changes that stood `steady` times in a row are believed. Losses are told late where the server's queue of jobs is
    long: so the first pause is longer by `per_photo` seconds for each photo with a job that may lose a write.
    """

    pauses: tuple[float, ...] = (1, 2, 4, 8, 16, 32)
    steady: int = 2
    per_photo: float = 0.02
    wait: Callable[[float], None] = time.sleep


AT_ONCE: Final = VerifyPolicy(pauses=(0, 0), steady=1, per_photo=0)
"""For a library that has made a change when it says so: looked at once, and made again once."""


def carry_out_marks(
    library: MarkableLibrary,
    journal: Journal,
    target: str,
    sources: Sequence[str],
    actions: Sequence[MarkAction],
    policy: VerifyPolicy,
) -> Generator[MarkReceipt | FailedMark, None, None]:
    """Do what was planned, in its order; tell at the end, when all was read back, what came of each change.

    A change that fails for its own reasons is reported and passed over; a library that cannot be reached raises. What
    was done by then is in the journal, and what is not known is left to `recover_marks`. Without actions, nothing is
    read or written. No action may undo another one of the same plan: all of them must stand in the end.
    """
    if not actions:
        return
    ready = prepared(library, actions)
    part = journal.begin_part(target, sources)
    results = carry_out_in_run(library, journal, part, ready, policy)
    journal.end_part(part)
    yield from results


def carry_out_in_run(
    library: MarkableLibrary, journal: Journal, part: int, actions: Sequence[MarkAction], policy: VerifyPolicy
) -> list[MarkReceipt | FailedMark]:
    """The same within a run that has begun, for actions that lack nothing more."""
    conductor = MarkApplier(library, journal, AT_ONCE if library.settles_at_once else policy)
    try:
        for change in journal.begin(part, KINDS, actions):
            conductor.make(change)
        conductor.settle()
    finally:
        conductor.flush()
    return list(conductor.results())


def recover_marks(library: MarkableLibrary, journal: Journal, target: str) -> None:
    """Mend what a killed run left: changes that stand are finished, the others dropped; nothing is written there."""
    unfinished = journal.unfinished(target, KINDS)
    if not unfinished:
        return
    containers = _albums_made(library, journal, target, unfinished)
    entries = [PendingChange(c, MarkEffect(container=containers.get(c.id)), keys_of(c.action)) for c in unfinished]
    marks = read_entries(library, entries)
    found = [(entry.change, found_trace(entry, marks)) for entry in entries]
    journal.finish([(change, trace) for change, trace in found if trace is not None])
    journal.drop([change for change, trace in found if trace is None], "the run ended before it was made")


class MarkApplier:
    """One run's changes on their way."""

    def __init__(self, library: MarkableLibrary, journal: Journal, policy: VerifyPolicy) -> None:
        self._library = library
        self._journal = journal
        self._policy = policy
        self._entries: list[PendingChange] = []
        self._dropped: list[FailedMark] = []
        self._unwritten: list[PendingChange] = []
        self._written: set[str] = set()
        self._unsettled: set[str] = set()
        self._written_again: set[str] = set()

    def make(self, change: Change[MarkAction]) -> None:
        """Make one change, once the photos are ready for it."""
        if isinstance(change.action, _EASILY_LOST) and not self._unsettled.isdisjoint(keys_of(change.action)):
            self._settle(len(self._unsettled))
        entry = PendingChange(change, MarkEffect(), keys_of(change.action))
        try:
            if isinstance(change.action, DeleteTag):
                self.settle()  # a tag that is put back later must not be taken for unused
            self._check_sight(entry)
            marked = self._mark(entry, entry.keys) if entry.keys else MarkResult()
        except _OF_ONE_CHANGE as error:
            self._look_after(entry, error)
            return
        entry.trace = MarkEffect(marked.changed, marked.container, marked.before)
        entry.refuse(marked)
        self._add(entry)

    def settle(self) -> None:
        """Read everything back until it stands; what was lost is made again until patience ends."""
        self._settle(len(self._written_again))

    def _settle(self, queued: int) -> None:
        pauses = self._policy.pauses if self._entries else ()
        stood = 0
        for number, pause in enumerate(pauses, start=1):
            self._policy.wait(pause + (queued * self._policy.per_photo if number == 1 else 0))
            lost = self._lost()
            stood = 0 if lost else stood + 1
            if stood == self._policy.steady:
                break
            for entry, keys in lost:
                if number < len(pauses):
                    self._make_again(entry, keys)
                else:
                    self._give_up(entry, keys, _LOST)
        self._unsettled.clear()

    def flush(self) -> None:
        """Write into the journal what is known."""
        made = [entry for entry in self._unwritten if entry.is_applied or entry.is_finished]
        self._journal.finish([(entry.change, entry.trace) for entry in made])
        for entry in self._unwritten:
            if entry in made:
                entry.is_finished = True
            else:
                self._journal.drop([entry.change], entry.failures[0].error if entry.failures else _SO_ALREADY)
        self._unwritten = []

    def results(self) -> Generator[MarkReceipt | FailedMark, None, None]:
        """What came of each change, in their order."""
        for entry in self._entries:
            if entry.is_applied:
                yield entry.receipt
            yield from entry.failures
        yield from self._dropped

    def _add(self, entry: PendingChange) -> None:
        self._entries.append(entry)
        self._write(entry)
        if isinstance(entry.change.action, _WITH_JOBS):
            changed = frozenset(entry.trace.changed)
            self._written_again |= self._written & changed
            self._written |= changed
            self._unsettled |= changed

    def _write(self, entry: PendingChange) -> None:
        if entry not in self._unwritten:
            self._unwritten.append(entry)
        if len(self._unwritten) >= _BATCH:
            self.flush()

    def _check_sight(self, entry: PendingChange) -> None:
        """Give up photos to be archived whose best is not to be seen."""
        action = entry.change.action
        if not isinstance(action, SetArchived) or not action.value or not action.visible:
            return
        self.settle()
        photos = self._library.read_back([SetArchived(action.visible, value=False)], ()).photos
        in_sight = {key for key, photo in photos.items() if not photo.is_archived}
        hidden = [key for key, best in zip(action.keys, action.visible, strict=True) if best not in in_sight]
        entry.fail(hidden, _OUT_OF_SIGHT)

    def _look_after(self, entry: PendingChange, error: OrganizerError) -> None:
        """After a failure, find out how much of the change was made before it."""
        trace = found_trace(entry, read_entries(self._library, [entry]))
        if trace is None:
            self._journal.drop([entry.change], str(error))
            self._dropped += [*entry.failures, FailedMark(entry.change.action, entry.keys, str(error))]
            return
        entry.trace = trace
        entry.fail([key for key in entry.keys if key not in trace.changed], str(error))
        self._add(entry)

    def _lost(self) -> list[tuple[PendingChange, tuple[str, ...]]]:
        waiting = [entry for entry in self._entries if entry.keys]
        marks = read_entries(self._library, waiting)
        lost: list[tuple[PendingChange, tuple[str, ...]]] = []
        for entry in waiting:
            missing = not_standing(entry.change.action, entry.trace.container, marks)
            keys = tuple(key for key in entry.keys if key in missing)
            if keys:
                lost.append((entry, keys))
        return lost

    def _mark(self, entry: PendingChange, keys: tuple[str, ...]) -> MarkResult:
        action = narrowed(entry.change.action, entry.trace.container, keys)
        return self._library.mark(action, partial(self._journal.keep, entry.change))

    def _make_again(self, entry: PendingChange, keys: tuple[str, ...]) -> None:
        try:
            marked = self._mark(entry, keys)
        except _OF_ONE_CHANGE as error:
            self._give_up(entry, keys, str(error))
            return
        if marked.container is not None and marked.container != entry.trace.container:
            entry.trace = replace(entry.trace, container=marked.container)
            self._write(entry)
        if marked.refused:
            entry.refuse(marked)
            self._write(entry)

    def _give_up(self, entry: PendingChange, keys: tuple[str, ...], why: str) -> None:
        entry.fail(keys, why)
        self._write(entry)


def _albums_made(
    library: MarkableLibrary, journal: Journal, target: str, unfinished: Sequence[Change[MarkAction]]
) -> dict[int, str]:
    """The albums that a killed run made: of that name, new since it began, in no receipt, and with the photos in it."""
    making = {c.id: c.action for c in unfinished if isinstance(c.action, MakeAlbum)}
    if not making:
        return {}
    known = {one.effect.container for one in journal.done(target, KINDS)}
    called = library.albums_called({action.name for action in making.values()})
    fresh = {album for albums in called.values() for album in albums if album not in known}
    members = library.read_back((), fresh).albums
    return {
        number: album
        for number, action in making.items()
        for album in called[action.name]
        if album in members and album not in action.namesakes and not members[album].keys.isdisjoint(action.keys)
    }
