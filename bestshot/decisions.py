"""What people decided about their photos, and how groups and verdicts follow it: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from bestshot.model import Group, Photo, Reason, Verdict
from bestshot.planning import Place


class DecisionKind(Enum):
    """What was decided about some photos."""

    APART = "apart"
    OUT = "out"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class DecidedPhoto:
    """A photo that was decided about: its place, and its name and size by which it is known elsewhere."""

    origin: str
    key: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Decision:
    """APART: no two of the photos are one shot. OUT: the first is none with the others. BEST: it is their best."""

    kind: DecisionKind
    photos: tuple[DecidedPhoto, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """That a photo is the best of these and itself; a later one counts more."""

    when: int
    others: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that was decided: with which photos a photo is `apart`, and when it was picked before which ones."""

    apart: Mapping[Place, frozenset[Place]]
    picks: Mapping[Place, tuple[Pick, ...]]

    @classmethod
    def of(cls, made: Iterable[Decision], photos: Iterable[Photo]) -> "Decisions":
        """The outcome of these decisions, the oldest first, for these photos.

        A photo that is no longer at its place, or is seen in another library, is known by its name and size there: by
        its path as well, or else if they are of one photo alone.
        """
        place_of = _Whereabouts.of(photos).place_of
        apart: dict[Place, frozenset[Place]] = {}
        picks: dict[Place, tuple[Pick, ...]] = {}
        for when, decision in enumerate(made):
            first, *more = (place_of(photo) for photo in decision.photos)
            others = frozenset(more) - {first}
            match decision.kind:
                case DecisionKind.APART:
                    everyone = others | {first}
                    for place in everyone:
                        apart[place] = apart.get(place, frozenset()) | everyone - {place}
                case DecisionKind.OUT:
                    apart[first] = apart.get(first, frozenset()) | others
                    for place in others:
                        apart[place] = apart.get(place, frozenset()) | {first}
                case DecisionKind.BEST:
                    picks[first] = (*picks.get(first, ()), Pick(when, others))
                case _:
                    assert_never(decision.kind)
        return cls(apart, picks)

    def split(self, groups: Iterable[Group], min_group_size: int) -> list[Group]:
        """The groups without what was taken apart: each photo joins the first part that holds none it is apart from."""
        return [
            part
            for group in groups
            for part in ([group] if self._is_whole(group) else self._parts(group))
            if len(part.photos) >= min_group_size
        ]

    def _is_whole(self, group: Group) -> bool:
        places = {_place(photo) for photo in group.photos}
        return all(places.isdisjoint(self.apart.get(place, ())) for place in places)

    def _parts(self, group: Group) -> list[Group]:
        parts: list[list[Photo]] = []
        for photo in group.photos:
            foes = self.apart.get(_place(photo), frozenset())
            home = next((part for part in parts if foes.isdisjoint(map(_place, part))), None)
            if home is None:
                parts.append([photo])
            else:
                home.append(photo)
        return [Group(tuple(part)) for part in parts]

    def prefer(self, verdict: Verdict) -> Verdict:
        """The verdict with the photo on top that a person chose last before any other of the group."""
        photos = {_place(photo): photo for photo in verdict.group.photos}
        chosen = [
            (pick.when, place)
            for place in photos
            for pick in self.picks.get(place, ())
            if not pick.others.isdisjoint(photos)
        ]
        return put_on_top(verdict, photos[max(chosen)[1]]) if chosen else verdict


_CHOSEN = Reason("chosen", None, "you chose it")


def put_on_top(verdict: Verdict, best: Photo) -> Verdict:
    """The verdict as it is when a person chose the best; one that was the best already needs no such reason."""
    if verdict.best == best:
        return verdict
    ranking = [
        replace(
            ranked,
            reasons=tuple(reason for reason in ranked.reasons if reason.name != _CHOSEN.name),
            why=tuple(why for why in ranked.why if why != _CHOSEN.text),
        )
        for ranked in sorted(verdict.ranking, key=lambda ranked: ranked.photo != best)
    ]
    first = replace(ranking[0], reasons=(_CHOSEN, *ranking[0].reasons), why=(_CHOSEN.text, *ranking[0].why))
    return replace(verdict, ranking=(first, *ranking[1:]), confidence=1.0)


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """Where the photos of now are, by place and by name and size, with the key or without."""

    places: frozenset[Place]
    by_look: Mapping[tuple[str | int, ...], Place | None]

    @classmethod
    def of(cls, photos: Iterable[Photo]) -> "_Whereabouts":
        places: set[Place] = set()
        by_look: dict[tuple[str | int, ...], Place | None] = {}
        for photo in photos:
            places.add(_place(photo))
            for look in ((photo.key, photo.name, photo.size), (photo.name, photo.size)):
                by_look[look] = None if look in by_look or not photo.size else _place(photo)
        return cls(frozenset(places), by_look)

    def place_of(self, photo: DecidedPhoto) -> Place:
        place, by_look = (photo.origin, photo.key), self.by_look
        if place in self.places:
            return place
        with_key = by_look.get((photo.key, photo.name, photo.size))
        return with_key or by_look.get((photo.name, photo.size)) or place


def with_best(verdict: Verdict, best: Photo) -> Verdict:
    """The verdict with this photo on top because a person chose it; the same if it is there already."""
    if verdict.best == best:
        return verdict
    chosen = next(ranked for ranked in verdict.ranking if ranked.photo == best)
    first = replace(chosen, reasons=(Reason("chosen", None, "you chose it"), *chosen.reasons))
    rest = (ranked for ranked in verdict.ranking if ranked is not chosen)
    return replace(verdict, ranking=(first, *rest), confidence=1.0)


def _place(photo: Photo) -> Place:
    return photo.origin, photo.key
