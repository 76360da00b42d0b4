"""Finding the same person's face in the photos of a group: pure.

Faces are matched by position and size or, where people seem to have changed places, by their embeddings.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import dist

from bestshot.model.faces import CERTAIN_DETECTION, Face

Faces = Mapping[str, Sequence[Face]]
"""The faces of each photo, by its id."""

Embedding = Sequence[float]
Embeddings = Mapping[str, Sequence[Embedding]]
"""The embeddings of each photo's faces, in the same order, by its id."""

_MAX_MOVE = 1.0
"""How far a face may move between photos, in face sizes, and still be matched by position alone."""

_MAX_GROWTH = 1.6
"""How many times as high a face may be in another photo and still be matched by position."""

_SAME_PERSON = 0.55
"""Greatest distance between embeddings of one person; face_recognition uses 0.6, which errs on the side of "same"."""


_MANY = 3
"""Pictures of one scene from which on a face is expected to be found in more than one."""

_EMPHASIS = 3.0
"""How many times as much as all other people of a photo together those count that the user prefers."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person in a group, with their face in each photo where it was found, by photo id.

    `emphasis` is how many times as much as by their size they count.
    """

    faces: Mapping[str, Face]
    emphasis: float = 1.0

    @property
    def size(self) -> float:
        """The height of the person's largest face, as a fraction of the picture's height."""
        return max(face.height for face in self.faces.values())

    @property
    def weight(self) -> float:
        """How much the person counts among the people of a photo."""
        return self.size * self.emphasis

    @property
    def is_certain(self) -> bool:
        """Whether any of the sightings by itself is certainly one of a face."""
        scores = [face.detection_score for face in self.faces.values()]
        return any(score is None or score >= CERTAIN_DETECTION for score in scores)

    def is_called(self, names: Collection[str]) -> bool:
        """Whether a face of theirs has one of these names, in whatever case; not in every photo need it be named."""
        return any(is_one_of(face.name, names) for face in self.faces.values())


@dataclass(frozen=True, slots=True)
class _Sighting:
    photo: str
    face: Face
    embedding: Embedding | None


def track_people(faces: Faces, embeddings: Embeddings | None = None) -> tuple[Person, ...]:
    """Assign the faces of a group to people, largest person first; nobody has two faces in one photo.

    Faces are matched by their `embeddings` where both have one, else by position. The closest pairs are joined first,
    so the order of the photos does not matter.
    """
    sightings = list(_sightings(faces, embeddings or {}))
    pairs = sorted(
        (distance, one, other)
        for one in range(len(sightings))
        for other in range(one)
        if (distance := _distance(sightings[one], sightings[other])) is not None
    )
    members = {number: {number} for number in range(len(sightings))}
    for _, one, other in pairs:
        left, right = members[one], members[other]
        if left is not right and not _photos(left, sightings) & _photos(right, sightings):
            left |= right
            for number in right:
                members[number] = left
    people = {min(together): _person(sorted(together), sightings) for together in members.values()}
    return tuple(sorted(people.values(), key=_order))


def is_one_of(name: str, names: Collection[str]) -> bool:
    """Whether a name is one of these, in whatever case."""
    return name.casefold() in {one.casefold() for one in names}


def emphasised(people: Sequence[Person], names: Collection[str]) -> tuple[Person, ...]:
    """The people, of whom those with one of these names count more than all the others together."""
    wanted = [person for person in people if person.is_called(names)] if names else []
    others = sum(person.size for person in people if person not in wanted)
    if not wanted or not others:
        return tuple(people)
    emphasis = max(1.0, _EMPHASIS * others / sum(person.size for person in wanted))
    return tuple(replace(person, emphasis=emphasis) if person in wanted else person for person in people)


def doubted_faces(faces: Faces, lookalikes: Mapping[str, Collection[str]]) -> dict[str, tuple[Face, ...]]:
    """The detections in a group that are not believed to be faces, by photo id.

    A faint one is believed if another photo shows a clear one in its place. One that a single picture of many shows is
    doubted unless it is certain, or may be somebody who moved. `lookalikes` are photos that show one picture.
    """
    pictures = {photo: min([photo, *lookalikes.get(photo, ())]) for photo in faces}
    people = track_people(faces)
    doubted: dict[str, tuple[Face, ...]] = {}
    for person in people:
        if not _is_believed(person, people, pictures):
            for photo, face in person.faces.items():
                doubted[photo] = (*doubted.get(photo, ()), face)
    return doubted


def _is_believed(person: Person, people: Sequence[Person], pictures: Mapping[str, str]) -> bool:
    """Whether sightings in one place are of a face."""
    if all(face.is_faint for face in person.faces.values()):
        return False
    if len(set(pictures.values())) < _MANY or len({pictures[photo] for photo in person.faces}) > 1:
        return True
    return person.is_certain or any(_may_have_moved(person, other, pictures) for other in people if other is not person)


def _may_have_moved(person: Person, other: Person, pictures: Mapping[str, str]) -> bool:
    """Whether somebody of this size is clearly seen elsewhere, in other pictures only."""
    own, others = ({pictures[photo] for photo in one.faces} for one in (person, other))
    small, large = sorted((person.size, other.size))
    is_clear = any(not face.is_faint for face in other.faces.values())
    return is_clear and not own & others and large <= _MAX_GROWTH * small


def is_doubtful(faces: Faces, people: Sequence[Person]) -> bool:
    """Whether matching by position found more people than any photo shows, as it does when somebody moves."""
    return len(people) > max((len(found) for found in faces.values()), default=0) > 0


def _sightings(faces: Faces, embeddings: Embeddings) -> Iterator[_Sighting]:
    for photo in sorted(faces):
        for place, face in enumerate(faces[photo]):
            yield _Sighting(photo, face, embeddings[photo][place] if photo in embeddings else None)


def _distance(one: _Sighting, other: _Sighting) -> float | None:
    """How different two faces are; None if they cannot be the same person's."""
    if one.photo == other.photo:
        return None
    if one.embedding is not None and other.embedding is not None:
        unlike = dist(one.embedding, other.embedding)
        return unlike if unlike <= _SAME_PERSON else None
    return distance_in_place(one.face, other.face)


def distance_in_place(one: Face, other: Face) -> float | None:
    """The distance between two faces' positions, in face sizes; None if it or their sizes rule out the same person."""
    small, large = sorted((one.height, other.height))
    if small <= 0 or large / small > _MAX_GROWTH:
        return None
    wide = ((one.right - one.left) + (other.right - other.left)) / 2
    if wide <= 0:
        return None
    across = ((one.left + one.right) - (other.left + other.right)) / 2 / wide
    down = ((one.top + one.bottom) - (other.top + other.bottom)) / (small + large)
    moved = (across**2 + down**2) ** 0.5
    return moved if moved <= _MAX_MOVE else None


def _photos(numbers: set[int], sightings: Sequence[_Sighting]) -> set[str]:
    return {sightings[number].photo for number in numbers}


def _person(numbers: Sequence[int], sightings: Sequence[_Sighting]) -> Person:
    return Person({sightings[number].photo: sightings[number].face for number in numbers})


def _order(person: Person) -> tuple[float, list[tuple[str, float, float]]]:
    return -person.size, [(photo, face.left, face.top) for photo, face in sorted(person.faces.items())]
