"""What people decided about their photos, and how groups and verdicts follow it: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from bestshot.model import Group, Photo, RankedPhoto, Reason, Verdict
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
class Decisions:
    """All that was decided: with which photos a photo is `apart`, and which ones it is the `best_of`."""

    apart: Mapping[Place, frozenset[Place]]
    best_of: Mapping[Place, frozenset[Place]]

    @classmethod
    def of(cls, made: Iterable[Decision], photos: Iterable[Photo]) -> "Decisions":
        """The outcome of these decisions for these photos; a later best of the same photos overrules an earlier one.

        `made` are the oldest first. A photo that is no longer at its place, or is seen in another library, is known by
        its name and size, if those are of one photo alone.
        """
        place_of = _Whereabouts.of(photos).place_of
        apart: dict[Place, frozenset[Place]] = {}
        best_of: dict[Place, frozenset[Place]] = {}
        for decision in made:
            first, *others = (place_of(photo) for photo in decision.photos)
            match decision.kind:
                case DecisionKind.APART:
                    everyone = frozenset((first, *others))
                    for place in everyone:
                        apart[place] = apart.get(place, frozenset()) | everyone - {place}
                case DecisionKind.OUT:
                    apart[first] = apart.get(first, frozenset()).union(others)
                    for place in others:
                        apart[place] = apart.get(place, frozenset()) | {first}
                case DecisionKind.BEST:
                    for place in others:
                        best_of[place] = best_of.get(place, frozenset()) - {first}
                    best_of[first] = best_of.get(first, frozenset()).union(others)
        return cls(apart, best_of)

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
        """The verdict with the photo on top that a person chose, if there is one in the group."""
        places = frozenset(_place(ranked.photo) for ranked in verdict.ranking)
        chosen = next((ranked for ranked in verdict.ranking if self._is_chosen(ranked, places)), None)
        return verdict if chosen is None else with_best(verdict, chosen.photo)

    def _is_chosen(self, ranked: RankedPhoto, places: frozenset[Place]) -> bool:
        return not places.isdisjoint(self.best_of.get(_place(ranked.photo), ()))


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """Where the photos of now are, by place and by name and size."""

    places: frozenset[Place]
    by_name: Mapping[tuple[str, int], Place | None]

    @classmethod
    def of(cls, photos: Iterable[Photo]) -> "_Whereabouts":
        places: set[Place] = set()
        by_name: dict[tuple[str, int], Place | None] = {}
        for photo in photos:
            places.add(_place(photo))
            name = photo.name, photo.size
            by_name[name] = None if name in by_name or not photo.size else _place(photo)
        return cls(frozenset(places), by_name)

    def place_of(self, photo: DecidedPhoto) -> Place:
        place = photo.origin, photo.key
        return place if place in self.places else self.by_name.get((photo.name, photo.size)) or place


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
