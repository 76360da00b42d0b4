"""What people decided about their photos, and how groups and verdicts follow it: pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import assert_never

from bestshot.model.groups import Group, Reason, Verdict
from bestshot.model.photo import Photo, Place
from bestshot.plans.document import PlanPhoto


class DecisionKind(Enum):
    """What was decided about some photos."""

    APART = "apart"
    OUT = "out"
    BEST = "best"
    TOGETHER = "together"
    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class DecidedPhoto:
    """A photo that was decided about: its place, and its name and size by which it is known elsewhere."""

    origin: str
    key: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Decision:
    """APART: no two of the photos are of one shot. OUT: the first is of another shot. BEST: it is their best.

    TOGETHER takes back that any of them are apart. KEEP: the first stays in sight beside their best. DROP: it does not.
    """

    kind: DecisionKind
    photos: tuple[DecidedPhoto, ...]

    @classmethod
    def about(cls, kind: DecisionKind, photos: Iterable[Photo | PlanPhoto]) -> "Decision":
        """A decision about photos, with what they are known by later."""
        return cls(kind, tuple(DecidedPhoto(photo.origin, photo.key, photo.name, photo.size) for photo in photos))


@dataclass(frozen=True, slots=True)
class Pick:
    """That a photo is the best of these and itself, or is kept beside their best; a later one counts more."""

    when: int
    others: frozenset[Place]
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that was decided: with which photos a photo is `apart`, and when it was picked before which ones.

    `beside` is when a photo was to be kept beside the best of which others, or not.
    """

    apart: Mapping[Place, frozenset[Place]]
    picks: Mapping[Place, tuple[Pick, ...]]
    beside: Mapping[Place, tuple[Pick, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, made: Iterable[Decision], photos: Iterable[Photo]) -> "Decisions":
        """The outcome of these decisions, the oldest first, for these photos.

        A photo that is no longer at its place, or is seen in another library, is known by its name and size there: by
        its path as well, or else if they are of one photo alone.
        """
        decisions = tuple(made)
        return cls.among(decisions, Whereabouts.of(photos if decisions else ()))

    @classmethod
    def among(cls, decisions: Iterable[Decision], whereabouts: "Whereabouts") -> "Decisions":
        """The outcome of these decisions, the oldest first, for the photos whose whereabouts these are."""
        place_of = whereabouts.place_of
        apart: dict[Place, frozenset[Place]] = {}
        picks: dict[Place, tuple[Pick, ...]] = {}
        beside: dict[Place, tuple[Pick, ...]] = {}
        for when, decision in enumerate(decisions):
            first, *more = (place_of(photo) for photo in decision.photos)
            everyone = frozenset((first, *more))
            others = everyone - {first}
            match decision.kind:
                case DecisionKind.APART:
                    _part(apart, everyone, everyone)
                case DecisionKind.OUT:
                    _part(apart, frozenset((first,)), others)
                case DecisionKind.TOGETHER:
                    apart |= {place: apart.get(place, frozenset()) - everyone for place in everyone}
                case DecisionKind.BEST:
                    picks[first] = (*picks.get(first, ()), Pick(when, others))
                case DecisionKind.KEEP | DecisionKind.DROP:
                    pick = Pick(when, others, decision.kind is DecisionKind.KEEP)
                    beside[first] = (*beside.get(first, ()), pick)
                case _:
                    assert_never(decision.kind)
        return cls(apart, picks, beside)

    def split(self, groups: Iterable[Group], min_group_size: int) -> list[Group]:
        """The groups without what was taken apart: each photo joins the first part that holds none it is apart from."""
        return [part for group in groups for part in self.parts(group) if len(part.photos) >= min_group_size]

    def split_into_groups(self, groups: Iterable[Group], min_group_size: int) -> list[Group]:
        """The groups as they are proposed, split only where several parts of one are groups by themselves."""
        return [
            one
            for group in groups
            for parts in [self.split([group], min_group_size)]
            for one in (parts if len(parts) > 1 else [group])
        ]

    def parts(self, group: Group) -> list[Group]:
        """The group, or what it comes to without what was taken apart; some of that may be single photos."""
        return [group] if self._is_whole(group) else self._parts(group)

    def _is_whole(self, group: Group) -> bool:
        places = {photo.place for photo in group.photos}
        return all(places.isdisjoint(self.apart.get(place, ())) for place in places)

    def _parts(self, group: Group) -> list[Group]:
        parts: list[list[Photo]] = []
        for photo in group.photos:
            conflicting = self.apart.get(photo.place, frozenset())
            home = next((part for part in parts if conflicting.isdisjoint(other.place for other in part)), None)
            if home is None:
                parts.append([photo])
            else:
                home.append(photo)
        return [Group(tuple(part)) for part in parts]

    def prefer(self, verdict: Verdict) -> Verdict:
        """The verdict with the photo on top that a person chose last before any other of the group.

        So are the photos kept beside it that a person wanted there, unless they had a say about that later.
        """
        chosen = self._with_best(verdict)
        return replace(chosen, keepers=tuple(self._keepers(chosen)))

    def _keepers(self, verdict: Verdict) -> Iterator[str]:
        places = {photo.place for photo in verdict.group.photos}
        for ranked in verdict.ranking[1:]:
            said = [pick for pick in self.beside.get(ranked.photo.place, ()) if not pick.others.isdisjoint(places)]
            if said[-1].is_kept if said else ranked.photo.id in verdict.keepers:
                yield ranked.photo.id

    def _with_best(self, verdict: Verdict) -> Verdict:
        chosen = self.choice_in(verdict.group)
        return put_on_top(verdict, chosen[0]) if chosen else verdict

    def choice_in(self, group: Group) -> tuple[Photo, tuple[Photo, ...]] | None:
        """The photo of a group that a person chose last before any other of it, and before which ones."""
        photos = {photo.place: photo for photo in group.photos}
        chosen = [
            (pick.when, place, pick.others)
            for place in photos
            for pick in self.picks.get(place, ())
            if not pick.others.isdisjoint(photos)
        ]
        if not chosen:
            return None
        _, place, others = max(chosen, key=lambda one: one[:2])
        return photos[place], tuple(photo for photo in group.photos if photo.place in others)

    def overruled_by(self, verdicts: Iterable[Verdict]) -> Iterator[Decision]:
        """The decisions that these verdicts need besides, to stand against earlier ones."""
        for verdict in verdicts:
            photos = verdict.group.photos
            if not self._is_whole(verdict.group):
                yield Decision.about(DecisionKind.TOGETHER, photos)
            if self.prefer(verdict).best != verdict.best:
                others = (photo for photo in photos if photo != verdict.best)
                yield Decision.about(DecisionKind.BEST, [verdict.best, *others])
            kept = frozenset(self._keepers(verdict))
            for photo in photos:
                if photo != verdict.best and (photo.id in kept) != (photo.id in verdict.keepers):
                    kind = DecisionKind.KEEP if photo.id in verdict.keepers else DecisionKind.DROP
                    yield Decision.about(kind, [photo, *(other for other in photos if other != photo)])


def _part(apart: dict[Place, frozenset[Place]], some: frozenset[Place], others: frozenset[Place]) -> None:
    """Record that none of some photos belongs with any of the others."""
    for mine, theirs in ((some, others), (others, some)):
        for place in mine:
            apart[place] = apart.get(place, frozenset()) | theirs - {place}


_CHOSEN = Reason("chosen", None, "you chose it")
_PASSED_OVER = "you chose another one"


def put_on_top(verdict: Verdict, best: Photo) -> Verdict:
    """The verdict as it is when a person chose the best; one that was the best already needs no such reason."""
    if verdict.best == best:
        return verdict
    former, *others = verdict.ranking
    chosen = next(ranked for ranked in others if ranked.photo == best)
    first = replace(chosen, reasons=(_CHOSEN, *chosen.reasons), why=(_CHOSEN.text,))
    measured = tuple(reason for reason in former.reasons if reason.name != _CHOSEN.name)
    second = replace(former, reasons=measured, why=(_PASSED_OVER,))
    rest = (ranked for ranked in others if ranked is not chosen)
    return replace(verdict, ranking=(first, second, *rest), confidence=1.0)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the photos of now are, by place and by name and size, with the key or without."""

    places: frozenset[Place]
    by_look: Mapping[tuple[str | int, ...], Place | None]

    @classmethod
    def of(cls, photos: Iterable[Photo]) -> "Whereabouts":
        """Of all photos of the libraries that are looked at."""
        places: set[Place] = set()
        by_look: dict[tuple[str | int, ...], Place | None] = {}
        for photo in photos:
            places.add(photo.place)
            for look in ((photo.key, photo.name, photo.size), (photo.name, photo.size)):
                by_look[look] = None if look in by_look or not photo.size else photo.place
        return cls(frozenset(places), by_look)

    def place_of(self, photo: DecidedPhoto) -> Place:
        """Where a photo is now that was decided about, or where it was then."""
        place, by_look = (photo.origin, photo.key), self.by_look
        if place in self.places:
            return place
        with_key = by_look.get((photo.key, photo.name, photo.size))
        return with_key or by_look.get((photo.name, photo.size)) or place
