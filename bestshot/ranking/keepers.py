"""Which photos of a group are worth keeping beside the best, because they show something else: pure."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

import numpy as np

from bestshot.model.appraisal import MINIATURE_SIZE
from bestshot.model.faces import Face
from bestshot.ranking.candidates import Candidate
from bestshot.ranking.face_scores import eye_scores, presence_score, sharpness_scores, smile_scores
from bestshot.ranking.people import Person

_MARGIN = 0.2
"""How far a keeper's score may be below that of the best."""

_LOOKS_BETTER = 0.25
"""By so much, from 0 to 1, somebody must look better than in all photos that are kept already."""

_OTHER_SMILE = 0.25
"""Difference in `Face.smile` that is another expression: a mouth at rest is 0.35 less broad than a broad smile."""

_OTHER_TURN = 0.3
"""Difference in `Face.turn` that is another pose."""

_OTHER_PICTURE = 24.0
"""Mean difference in grey levels, apart from brightness, between the miniatures of two pictures with other contents."""


def keepers(
    ranked: Sequence[Candidate], scores: Mapping[str, float], people: Sequence[Person], limit: int
) -> tuple[str, ...]:
    """The ids of at most `limit` photos, of those ranked from best to worst, to keep beside the first.

    Each is nearly as good as the best and really different from all that are kept before it: somebody looks clearly
    better, or has another expression, or the picture has changed.
    """
    if limit <= 0 or not ranked:
        return ()
    best, *others = ranked
    looks = [_looks(person, [one.id for one in ranked]) for person in people]
    kept = [best]
    for one in others:
        is_good = scores[one.id] >= scores[best.id] - _MARGIN
        if is_good and len(kept) <= limit and _shows_more(one, kept, people, looks):
            kept.append(one)
    return tuple(one.id for one in kept[1:])


def _looks(person: Person, photos: Sequence[str]) -> dict[str, float]:
    """How well a person looks in each photo, from 0 to 1: the mean of what is known."""
    aspects = (eye_scores(person), sharpness_scores(person), smile_scores(person))
    return {
        photo: fmean([presence_score(person, photo), *(known[photo] for known in aspects if photo in known)])
        for photo in photos
        if photo in person.faces
    }


def _shows_more(
    one: Candidate, kept: Sequence[Candidate], people: Sequence[Person], looks: Sequence[Mapping[str, float]]
) -> bool:
    is_different = all(_is_different(one, each, people) for each in kept)
    return is_different or any(_is_somebodys_best(one, kept, of_person) for of_person in looks)


def _is_somebodys_best(one: Candidate, kept: Sequence[Candidate], looks: Mapping[str, float]) -> bool:
    return one.id in looks and all(looks[one.id] >= looks.get(each.id, 0.0) + _LOOKS_BETTER for each in kept)


def _is_different(one: Candidate, other: Candidate, people: Sequence[Person]) -> bool:
    pairs = list(_faces_of_both(one, other, people))
    if pairs:
        return any(_has_other_expression(*pair) for pair in pairs)
    return not people and _has_other_content(one, other)


def _faces_of_both(one: Candidate, other: Candidate, people: Sequence[Person]) -> Iterator[tuple[Face, Face]]:
    for person in people:
        if one.id in person.faces and other.id in person.faces:
            yield person.faces[one.id], person.faces[other.id]


def _has_other_expression(one: Face, other: Face) -> bool:
    return _differ(one.smile, other.smile, _OTHER_SMILE) or _differ(one.turn, other.turn, _OTHER_TURN)


def _differ(one: float | None, other: float | None, least: float) -> bool:
    return one is not None and other is not None and abs(one - other) >= least


def _has_other_content(one: Candidate, other: Candidate) -> bool:
    pictures = [np.frombuffer(each.appraisal.miniature, np.uint8).astype(np.float64) for each in (one, other)]
    if any(len(picture) < MINIATURE_SIZE**2 for picture in pictures):
        return False
    first, second = (picture - picture.mean() for picture in pictures)
    return float(np.abs(first - second).mean()) >= _OTHER_PICTURE
