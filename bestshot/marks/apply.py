"""Carrying out marks: every change is journaled, read back until it stands, and made again if it was lost.

Servers lose writes without a word: a second one to a photo, made while the first one's background jobs run, answers
success and is undone later. So a change is believed only when it was read twice in a row with a pause in between.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bestshot.errors import OrganizerError, SourceError
from bestshot.journal.changes import Change
from bestshot.journal.journal import Journal
from bestshot.marks.actions import MarkAction, MarkEffect, MarkReceipt, MarkResult, only
from bestshot.marks.library import OF_ONE_CHANGE, MarkableLibrary
from bestshot.marks.registry import KINDS, MARKS
from bestshot.marks.state import LibraryMarks
from bestshot.marks.wording import done_in_words

_BATCH = 50
"""Finished changes are written to the journal this many at a time; a kill in between is mended by recovery."""

_SO_ALREADY = "it was so already"
_LOST = "The library took it and lost it again, however often it was written: run again when the server is idle."
_NOT_KEPT = (
    "The library took it and lost it again, however often it was written, but kept that of other photos: run again when"
    " the server is idle. If it stays so, the server cannot write this photo, and its log says why."
)


@dataclass(frozen=True, slots=True)
class VerifyPolicy:
    """How long to look whether changes stand: `pauses` are the seconds before each reading.

    Changes that stood `steady` times in a row are believed. A loss shows late where the server's queue of jobs is
    long: so the first pause is longer by `per_photo` seconds for each photo with a job that may lose a write. `told`
    hears of how many photos changes were written, of each change anew; what it raises ends the work there.
    """

    pauses: tuple[float, ...] = (1, 2, 4, 8, 16, 32)
    steady: int = 2
    per_photo: float = 0.02
    wait: Callable[[float], None] = time.sleep
    told: Callable[[int], object] = lambda _photos: None


AT_ONCE: Final = VerifyPolicy(pauses=(0, 0), steady=1, per_photo=0)
"""For a library that has made a change when it says so: looked at once, and made again once."""


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
    effect: MarkEffect
    keys: tuple[str, ...]
    """The photos on which it is to stand: all but those that were refused."""
    failures: list[FailedMark] = field(default_factory=list)
    is_finished: bool = False
    """Whether the journal has its receipt."""
    has_begun: bool = False
    """Whether it failed half-way, and may have left what it makes first."""

    @property
    def is_applied(self) -> bool:
        """Whether it left anything."""
        return self.has_begun or bool(self.effect.changed) or self.effect.container is not None

    @property
    def receipt(self) -> MarkReceipt:
        """The receipt as far as it is known."""
        return MarkReceipt(self.change.action, self.effect)

    def fail(self, keys: Iterable[str], why: str) -> None:
        """Give these photos up."""
        failed = frozenset(keys)
        named = tuple(key for key in self.keys if key in failed)
        if named:
            self.failures.append(FailedMark(self.change.action, named, why))
            self.keys = tuple(key for key in self.keys if key not in failed)
            self.effect = replace(self.effect, changed=tuple(key for key in self.effect.changed if key not in failed))

    def refuse(self, marked: MarkResult) -> None:
        """Give up what the library refused, sentence by sentence."""
        for why in dict.fromkeys(refused.error for refused in marked.refused):
            self.fail([refused.key for refused in marked.refused if refused.error == why], why)


def carry_out_marks(
    library: MarkableLibrary,
    journal: Journal,
    target: str,
    sources: Sequence[str],
    actions: Sequence[MarkAction],
    policy: VerifyPolicy,
) -> Generator[MarkReceipt | FailedMark, None, None]:
    """Do what was planned, in its order, and report at the end, when all was read back, what came of each change.

    A change that fails for its own reasons is reported and passed over; a library that cannot be reached raises. What
    was done by then is in the journal, and what is not known is left to `recover_marks`. Without actions, nothing is
    read or written. No action may undo another one of the same plan: all of them must stand in the end.
    """
    if not actions:
        return
    ready = list(actions)
    for kind in MARKS:
        ready = kind.prepare(library, ready)
    part = journal.begin_part(target, sources)
    results = carry_out_in_part(library, journal, part, ready, policy)
    journal.end_part(part)
    yield from results


def carry_out_in_part(
    library: MarkableLibrary, journal: Journal, part: int, actions: Sequence[MarkAction], policy: VerifyPolicy
) -> list[MarkReceipt | FailedMark]:
    """Do this within a part of a run that has begun; the actions lack nothing more. Returns what came of each."""
    applier = MarkApplier(library, journal, AT_ONCE if library.settles_at_once else policy)
    try:
        for changes in _together(journal.begin(part, KINDS, actions), library.marked_together):
            applier.make(changes)
            policy.told(sum(len(change.action.keys) for change in changes))
        applier.settle()
    except SourceError as error:
        done = ", ".join(done_in_words(one for one in applier.results() if isinstance(one, MarkReceipt)))
        error.add_note(f"Until then: {done or 'nothing marked'}. Run the same again, and it goes on from there.")
        raise
    finally:
        applier.flush()
    return list(applier.results())


def recover_marks(library: MarkableLibrary, journal: Journal, target: str) -> None:
    """Mend what a killed run left: changes that stand are finished, the others dropped; nothing is written there."""
    found = unfinished_marks(library, journal, target)
    journal.finish([(change, effect) for change, effect in found if effect is not None])
    journal.drop([change for change, effect in found if effect is None], "the run ended before it was made")


def unfinished_marks(
    library: MarkableLibrary, journal: Journal, target: str
) -> list[tuple[Change[MarkAction], MarkEffect | None]]:
    """What is found to stand of each change that was begun and not finished, None if nothing is; only reads."""
    unfinished = journal.unfinished(target, KINDS)
    if not unfinished:
        return []
    begun = {change.id: change.action for change in unfinished}
    known = {one.effect.container for one in journal.done(target, KINDS) if one.effect.container is not None}
    made = {number: id_ for kind in MARKS for number, id_ in kind.find_made(library, begun, known).items()}
    entries = [PendingChange(c, MarkEffect(container=made.get(c.id)), c.action.keys) for c in unfinished]
    marks = _read_back(library, entries)
    return [(entry.change, _found_effect(entry, marks)) for entry in entries]


def _together(
    changes: Iterable[Change[MarkAction]], kinds: tuple[type[MarkAction], ...]
) -> Iterator[list[Change[MarkAction]]]:
    """Those of these kinds that follow one another, as many as go into the journal at a time; the others alone."""
    batch: list[Change[MarkAction]] = []
    for change in changes:
        is_more = isinstance(change.action, kinds) and type(change.action) in {type(one.action) for one in batch}
        if batch and not (is_more and len(batch) < _BATCH):
            yield batch
            batch = []
        batch.append(change)
    if batch:
        yield batch


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
        self._is_settled = False

    def make(self, changes: Sequence[Change[MarkAction]]) -> None:
        """Make one change, or some of one class on other photos each, once the photos are ready for it."""
        kind = changes[0].action
        keys = {key for change in changes for key in change.action.keys}
        if kind.is_easily_lost and not self._unsettled.isdisjoint(keys):
            self._settle(self._touching(self._unsettled), len(self._unsettled))
            self._unsettled.clear()
        entries = [PendingChange(change, MarkEffect(), change.action.keys) for change in changes]
        for entry, made in zip(entries, self._made(entries), strict=True):
            if isinstance(made, OrganizerError):
                self._look_after(entry, made)
            else:
                entry.effect = MarkEffect(made.changed, made.container, made.before)
                entry.refuse(made)
                self._add(entry)

    def _made(self, entries: Sequence[PendingChange]) -> Sequence[MarkResult | OrganizerError]:
        first, *others = entries
        try:
            if first.change.action.settles_first or first.change.action.condition:
                self.settle()
            if others:
                return self._library.mark_together([entry.change.action for entry in entries])
            self._check_condition(first)
            return [self._mark(first, first.keys) if first.keys else MarkResult()]
        except OF_ONE_CHANGE as error:
            return [error] * len(entries)

    def settle(self) -> None:
        """Read everything back until it stands; what was lost is made again until the policy gives up."""
        if not self._is_settled:
            self._settle(self._entries, len(self._written_again))
            self._unsettled.clear()
            self._is_settled = True

    def _touching(self, keys: AbstractSet[str]) -> list[PendingChange]:
        """What lets a server work on these photos in the background."""
        return [one for one in self._entries if one.change.action.has_jobs and not keys.isdisjoint(one.keys)]

    def _settle(self, entries: Sequence[PendingChange], queued: int) -> None:
        pauses = self._policy.pauses if entries else ()
        stood = 0
        for number, pause in enumerate(pauses, start=1):
            self._policy.wait(pause + (queued * self._policy.per_photo if number == 1 else 0))
            lost = self._lost(entries)
            stood = 0 if lost else stood + 1
            if stood == self._policy.steady:
                break
            why = _NOT_KEPT if sum(len(keys) for _, keys in lost) < _with_jobs(entries) else _LOST
            for entry, keys in lost:
                if number < len(pauses):
                    self._make_again(entry, keys)
                else:
                    self._give_up(entry, keys, why)

    def flush(self) -> None:
        """Write into the journal what is known."""
        made = [entry for entry in self._unwritten if entry.is_applied or entry.is_finished]
        self._journal.finish([(entry.change, entry.effect) for entry in made])
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
        self._is_settled = False
        if entry.change.action.has_jobs:
            changed = frozenset(entry.effect.changed)
            self._written_again |= self._written & changed
            self._written |= changed
            self._unsettled |= changed

    def _write(self, entry: PendingChange) -> None:
        if entry not in self._unwritten:
            self._unwritten.append(entry)
        if len(self._unwritten) >= _BATCH:
            self.flush()

    def _check_condition(self, entry: PendingChange) -> None:
        """Give up the photos for which something else had to stand that does not."""
        condition = entry.change.action.condition
        if condition is not None:
            lacking = condition.change.lacking(self._library.read_back([condition.change], ()), None)
            entry.fail([key for key, other in condition.on.items() if other in lacking], condition.why)

    def _look_after(self, entry: PendingChange, error: OrganizerError) -> None:
        """After a failure, find out how much of the change was made before it."""
        effect = _found_effect(entry, _read_back(self._library, [entry]))
        if effect is None:
            self._journal.drop([entry.change], str(error))
            self._dropped += [*entry.failures, FailedMark(entry.change.action, entry.keys, str(error))]
            return
        entry.effect = effect
        entry.fail([key for key in entry.keys if key not in effect.changed], str(error))
        entry.has_begun = True
        self._add(entry)

    def _lost(self, entries: Iterable[PendingChange]) -> list[tuple[PendingChange, tuple[str, ...]]]:
        waiting = [entry for entry in entries if entry.keys]
        marks = _read_back(self._library, waiting)
        lost: list[tuple[PendingChange, tuple[str, ...]]] = []
        for entry in waiting:
            keys = only(entry.keys, entry.change.action.lacking(marks, entry.effect.container))
            if keys:
                lost.append((entry, keys))
        return lost

    def _mark(self, entry: PendingChange, keys: tuple[str, ...]) -> MarkResult:
        action = entry.change.action.narrowed(keys, entry.effect.container)
        return self._library.mark(action, partial(self._journal.keep, entry.change))

    def _make_again(self, entry: PendingChange, keys: tuple[str, ...]) -> None:
        try:
            marked = self._mark(entry, keys)
        except OF_ONE_CHANGE as error:
            self._give_up(entry, keys, str(error))
            return
        if marked.container is not None and marked.container != entry.effect.container:
            entry.effect = replace(entry.effect, container=marked.container)
            self._write(entry)
        if marked.refused:
            entry.refuse(marked)
            self._write(entry)

    def _give_up(self, entry: PendingChange, keys: tuple[str, ...], why: str) -> None:
        entry.fail(keys, why)
        self._write(entry)


def _with_jobs(entries: Iterable[PendingChange]) -> int:
    """On how many photos these let a server work in the background."""
    return sum(len(entry.keys) for entry in entries if entry.change.action.has_jobs)


def _read_back(library: MarkableLibrary, entries: Sequence[PendingChange]) -> LibraryMarks:
    """What stands now where these changes write."""
    albums = frozenset(album for one in entries for album in one.change.action.albums(one.effect.container))
    return library.read_back([entry.change.action for entry in entries], albums)


def _found_effect(entry: PendingChange, marks: LibraryMarks) -> MarkEffect | None:
    """The effect of a change that stands in part, or has begun, although nothing is known of its being made."""
    action, container = entry.change.action, entry.effect.container
    lacking = frozenset(action.lacking(marks, container))
    standing = tuple(key for key in entry.keys if key not in lacking)
    is_there = standing or action.has_begun(marks)
    return MarkEffect(standing, action.container_now(container, marks)) if is_there else None
