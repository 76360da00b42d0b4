"""The same face through the photos of a group: pure.

A face is followed by its place and size; where people seem to have changed places, by what tells their faces apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import dist

from bestshot.model.faces import Face

Faces = Mapping[str, Sequence[Face]]
"""The faces of each photo, by its id."""

Code = Sequence[float]
Codes = Mapping[str, Sequence[Code]]
"""What tells each photo's faces apart, in the same order."""

_FARTHEST = 1.0
"""How far a face may move from one photo to another, in its own heights, and be the same by its place alone."""

_MOST_GROWN = 1.6
_SAME_PERSON = 0.55
"""Distance of codes; face_recognition takes 0.6 for the limit, and errs to the side of "same"."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a group: the face in each photo where it was found, by photo id."""

    faces: Mapping[str, Face]

    @property
    def size(self) -> float:
        """The height of the largest of the faces, in parts of the picture's."""
        return max(face.height for face in self.faces.values())


@dataclass(frozen=True, slots=True)
class _Sighting:
    photo: str
    face: Face
    code: Code | None


def track_people(faces: Faces, codes: Codes | None = None) -> tuple[Person, ...]:
    """The people of a group, the largest first; each face belongs to one of them, each of them has one face a photo.

    With `codes` faces are one person's if their codes say so, wherever they are; else if their places do.
    The nearest pairs are joined first, so that the order of the photos changes nothing.
    """
    sightings = list(_sightings(faces, codes or {}))
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


def is_doubtful(faces: Faces, people: Sequence[Person]) -> bool:
    """Whether places alone made more people than any one photo shows, as they do when somebody moves."""
    return len(people) > max((len(found) for found in faces.values()), default=0) > 0


def _sightings(faces: Faces, codes: Codes) -> Iterator[_Sighting]:
    for photo in sorted(faces):
        for place, face in enumerate(faces[photo]):
            yield _Sighting(photo, face, codes[photo][place] if photo in codes else None)


def _distance(one: _Sighting, other: _Sighting) -> float | None:
    """How unlike two faces are; None if they cannot be the same person's."""
    if one.photo == other.photo:
        return None
    if one.code is not None and other.code is not None:
        unlike = dist(one.code, other.code)
        return unlike if unlike <= _SAME_PERSON else None
    return distance_in_place(one.face, other.face)


def distance_in_place(one: Face, other: Face) -> float | None:
    """How far a face is from where the other was, in its own sizes; None if they cannot be the same by their place."""
    small, large = sorted((one.height, other.height))
    if small <= 0 or large / small > _MOST_GROWN:
        return None
    wide = ((one.right - one.left) + (other.right - other.left)) / 2
    if wide <= 0:
        return None
    across = ((one.left + one.right) - (other.left + other.right)) / 2 / wide
    down = ((one.top + one.bottom) - (other.top + other.bottom)) / (small + large)
    moved = (across**2 + down**2) ** 0.5
    return moved if moved <= _FARTHEST else None


def _photos(numbers: set[int], sightings: Sequence[_Sighting]) -> set[str]:
    return {sightings[number].photo for number in numbers}


def _person(numbers: Sequence[int], sightings: Sequence[_Sighting]) -> Person:
    return Person({sightings[number].photo: sightings[number].face for number in numbers})


def _order(person: Person) -> tuple[float, list[tuple[str, float, float]]]:
    return -person.size, [(photo, face.left, face.top) for photo, face in sorted(person.faces.items())]
