"""A review as it stands: what is decided, seen and looked at, one for all windows, and kept at once."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from bestshot.model.photo import Photo
from bestshot.plans.decision_store import (
    Replacement,
    last_changed,
    remembered,
    replace_remembered,
)
from bestshot.plans.decisions import DecidedPhoto, Decision, DecisionKind, Decisions, Whereabouts
from bestshot.plans.document import PlanDocument, size_of
from bestshot.review.library import ReviewedGroup, ReviewLibrary
from bestshot.review.progress_store import ProgressStore
from bestshot.review.refusal import RefusedError
from bestshot.review.states import State, What, amended, choice_in, decide, decisions_for, groups_about, state_of


class ToldState(msgspec.Struct, frozen=True):
    """How a group stands, with the numbers of its photos."""

    best: int
    keep: tuple[int, ...]
    out: tuple[int, ...]
    skip: bool
    seen: bool
    decided: bool


class ToldSummary(msgspec.Struct, frozen=True):
    """A review in numbers; the rest are the photos for which others stand."""

    undecided: int
    decided: int
    seen: int
    rest: dict[str, int]
    keep: int
    skipped: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What a decision replaced, to be put back: the decisions about a group of before, and the review that it was."""

    number: int
    before: tuple[Decision, ...]
    reviewed: tuple[Decision, ...] = ()


@dataclass(slots=True)
class _Standing:
    """What is known of one group: the decisions about it, how it stands by them, and when that changed last."""

    state: State
    about: list[Decision] = field(default_factory=list)
    is_seen: bool = False
    changed: int = 1


class Review:
    """What people decide about a library, laid over what is proposed.

    Each decision is kept before anything is told of it. What another process decides meanwhile is taken in by
    `catch_up`. Without a `store`, where nothing may be done, what was seen is known as long as this lives.
    """

    def __init__(
        self, library: ReviewLibrary, everything: Iterable[Photo], state_dir: Path, store: ProgressStore | None
    ) -> None:
        self.library = library
        self._whereabouts = Whereabouts.of(everything)
        self._state_dir = state_dir
        self._store = store
        self._lock = threading.RLock()
        self._steps: list[_Step] = []
        self._stamp: object = None
        self.revision = 1
        self._group_at = {
            photo.place: number for number, group in library.groups.items() for photo in group.document.photos
        }
        self._number_of = {group.id: number for number, group in library.groups.items()}
        self._standing = {number: _Standing(group.proposal) for number, group in library.groups.items()}
        self._place: int | None = None
        self._recall()
        self.catch_up()

    def _recall(self) -> None:
        """What is kept of earlier reviews."""
        if self._store is None:
            return
        for group_id in self._store.seen() & self._number_of.keys():
            self._standing[self._number_of[group_id]].is_seen = True
        self._place = self._number_of.get(self._store.place() or "")

    def catch_up(self) -> None:
        """Take in what any other process has decided since."""
        with self._lock:
            stamp = last_changed(self._state_dir)
            if stamp == self._stamp:
                return
            about: dict[int, list[Decision]] = defaultdict(list)
            for decision in remembered(self._state_dir):
                for number in groups_about(decision, [self._group_of(photo) for photo in decision.photos]):
                    about[number].append(decision)
            for number, standing in self._standing.items():
                if standing.about != about[number]:
                    self._lay_over(number, about[number])
            self._stamp = stamp

    def _group_of(self, photo: DecidedPhoto) -> int | None:
        return self._group_at.get(self._whereabouts.place_of(photo))

    def _lay_over(self, number: int, about: Sequence[Decision]) -> None:
        """Let these be the decisions about a group."""
        standing, verdict = self._standing[number], self.library.groups[number].planned.verdict
        standing.about = list(about)
        standing.state = state_of(verdict, Decisions.among(about, self._whereabouts))
        self._touch(number)

    def touch(self) -> None:
        """There is something to tell beside the groups, as of a job."""
        with self._lock:
            self.revision += 1

    def _touch(self, number: int) -> None:
        self.revision += 1
        self._standing[number].changed = self.revision

    def decide(self, number: int, what: What, photo: int | None, *, value: bool) -> int:
        """Decide about a group, or about one photo of it; raises RefusedError for what is not there."""
        with self._lock:
            self.catch_up()
            group = self.group(number)
            place = _place_in(group, photo, what)
            standing = self._standing[number]
            state = decide(standing.state, group.planned.verdict, what, place, value=value)
            was_chosen = any(one.kind is DecisionKind.BEST for one in standing.about)
            is_chosen = what is What.BEST or (was_chosen and what is not What.PROPOSE)
            made = decisions_for(group.document, state, is_chosen=is_chosen)
            reviewed = [one for one in made if one.kind is DecisionKind.BEST]
            step = _Step(number, tuple(standing.about), tuple(reviewed))
            self._keep(number, made, Replacement(made=reviewed))
            self._steps.append(step)
            return self.revision

    def undo(self) -> int:
        """Take the last decision back that was made here; returns the number of its group."""
        with self._lock:
            self.catch_up()
            if not self._steps:
                raise RefusedError("There is no decision to take back.", 409)
            step = self._steps[-1]
            self._keep(step.number, step.before, Replacement(taken_back=step.reviewed))
            self._steps.pop()
            return step.number

    def _keep(self, number: int, made: Sequence[Decision], reviews: Replacement) -> None:
        """Let these be the decisions about a group, from now on and for every later run."""
        replace_remembered(self._state_dir, Replacement(self._standing[number].about, made), reviews)
        self._stamp = last_changed(self._state_dir)
        self._lay_over(number, made)

    def see(self, numbers: Sequence[int], *, value: bool) -> None:
        """Groups were seen, or are to be seen again; what was seen and left as proposed can be learned from."""
        with self._lock:
            groups = [self.group(number) for number in numbers]
            if self._store is not None:
                self._store.mark([group.id for group in groups], is_seen=value)
                self._approve([group for group in groups if not self._standing[group.document.number].about], value)
            for number in numbers:
                self._standing[number].is_seen = value
                self._touch(number)

    def _approve(self, groups: Iterable[ReviewedGroup], value: bool) -> None:  # noqa: FBT001 - as `see` got it
        left = [choice_in(group.document) for group in groups if not group.document.kind.is_set]
        if left:
            reviews = Replacement(made=left) if value else Replacement(taken_back=left)
            replace_remembered(self._state_dir, Replacement(), reviews)
            self._stamp = last_changed(self._state_dir)

    def move(self, number: int) -> None:
        """This is the group that is looked at now."""
        with self._lock:
            group = self.group(number)
            if self._store is not None:
                self._store.move(group.id)
            self._place = number
            self.revision += 1

    @property
    def place(self) -> str | None:
        """The id of the group that was looked at last."""
        return None if self._place is None else self.library.groups[self._place].id

    def state(self, number: int) -> ToldState:
        """How a group stands."""
        first, standing = self.library.groups[number].first, self._standing[number]
        state = standing.state
        return ToldState(
            best=first + state.best,
            keep=tuple(first + place for place in state.keep),
            out=tuple(first + place for place in state.out),
            skip=state.skip,
            seen=standing.is_seen,
            decided=bool(standing.about),
        )

    def states_since(self, revision: int) -> dict[str, ToldState]:
        """How the groups stand that have changed since, by their numbers."""
        with self._lock:
            since = 0 if revision > self.revision else revision
            changed = [number for number, one in self._standing.items() if one.changed > since]
            return {str(number): self.state(number) for number in changed}

    def document(self) -> PlanDocument:
        """The plan with all that is decided."""
        with self._lock:
            self.catch_up()
            groups = self.library.groups.items()
            wanted = tuple(amended(group.document, self._standing[number].state) for number, group in groups)
            return replace(self.library.document, groups=wanted)

    def summary(self) -> ToldSummary:
        """The review in numbers."""
        with self._lock:
            standing = self._standing.values()
            decided, rest = sum(bool(one.about) for one in standing), list(self._rest())
            return ToldSummary(
                undecided=len(standing) - decided,
                decided=decided,
                seen=sum(one.is_seen for one in standing),
                rest={"photos": len(rest), "bytes": sum(map(size_of, rest))},
                keep=sum(len(one.state.keep) for one in standing),
                skipped=sum(one.state.skip for one in standing),
            )

    def _rest(self) -> Iterator[Photo]:
        """The photos for which others stand."""
        for number, group in self.library.groups.items():
            state = self._standing[number].state
            if state.skip or group.document.kind.is_set:
                continue
            stays = {state.best, *state.keep, *state.out}
            photos = (self.library.photos[photo] for place, photo in enumerate(group.photos) if place not in stays)
            yield from (photo for photo in photos if not photo.is_reference)

    def group(self, number: int) -> ReviewedGroup:
        """The group of this number; raises RefusedError if there is none."""
        group = self.library.groups.get(number)
        if group is None:
            raise RefusedError(f"There is no group {number} in this review.", 404)
        return group


def _place_in(group: ReviewedGroup, photo: int | None, what: What) -> int:
    """The place of a photo in the ranking of its group; what is decided of a whole group is about none."""
    if what in (What.SKIP, What.PROPOSE):
        return 0
    if photo is None or photo not in group.photos:
        raise RefusedError(f"There is no such photo in group {group.document.number}.", 404)
    return photo - group.first
