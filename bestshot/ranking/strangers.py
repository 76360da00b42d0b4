"""Photos of different people before the same backdrop are not one shot, however much of them is the same: pure."""

from collections.abc import Mapping, Sequence
from math import dist

import numpy as np

from bestshot.grouping.clocks import Clocks
from bestshot.grouping.rules import BURST_SECONDS
from bestshot.model.appraisal import Appraisal
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata, Photo
from bestshot.ranking.candidates import Candidate, candidates, originals_of_copies
from bestshot.ranking.people import Codes, distance_in_place

_SOMEBODY_ELSE = 0.6
"""Distance of codes; the limit of face_recognition itself. Faces of one person who laughs, blinks or is blurred came up
to 0.56; those of two people were less than 0.6 apart in one of forty pairs."""

_FRONTAL = 0.3
"""How far a face may be turned and still be told from others; see `Face.turn`."""


def may_be_strangers(everyone: Sequence[Candidate]) -> bool:
    """Whether a group may show one person after the other: nobody makes room within a burst, nor in a copy."""
    # To tell copies costs most, and is seldom asked for.
    return _may_show_others(everyone) and _may_show_others(_shots(everyone))


def _may_show_others(photos: Sequence[Candidate]) -> bool:
    return sum(map(_is_frontal, photos)) > 1 and not _is_burst(photos)


def split_by_people(
    group: Group, appraisals: Mapping[str, Appraisal], metadata: Mapping[str, Metadata], codes: Codes
) -> list[Group]:
    """The parts of a group: photos of strangers are in different ones, unless a third photo links them.

    A photo that shows nobody, or somebody who turns away, goes with the one that was taken nearest in time, and a copy
    with its original.
    """
    everyone = candidates(group, appraisals, metadata)
    if not may_be_strangers(everyone):
        return [group]
    copies = originals_of_copies(everyone)
    told = [one for one in everyone if one.id not in copies and _is_frontal(one) and one.id in codes]
    if not told:
        return [group]
    parts = _linked(told, codes)
    together: dict[int, list[Photo]] = {}
    for candidate in everyone:
        nearest = _nearest(copies.get(candidate.id, candidate), told)
        part = next(number for number, part in enumerate(parts) if nearest in part)
        together.setdefault(part, []).append(candidate.photo)
    return [Group(tuple(photos)) for photos in together.values()]


def _shots(everyone: Sequence[Candidate]) -> list[Candidate]:
    copies = originals_of_copies(everyone)
    return [candidate for candidate in everyone if candidate.id not in copies]


def _is_frontal(shot: Candidate) -> bool:
    """Whether all faces of a photo are seen from in front; another one could be anybody's."""
    turns = [face.turn for face in shot.faces]
    return bool(turns) and all(turn is not None and abs(turn) <= _FRONTAL for turn in turns)


def _is_burst(shots: Sequence[Candidate]) -> bool:
    clocks, everyone = Clocks.of([shot.metadata for shot in shots]), np.arange(len(shots))
    return bool((clocks.known_gap(everyone[:, None], everyone[None, :]) <= BURST_SECONDS).all())


def _linked(told: Sequence[Candidate], codes: Codes) -> list[list[Candidate]]:
    parts: list[list[Candidate]] = []
    for shot in told:
        linked = [part for part in parts if not all(_are_of_strangers(shot, other, codes) for other in part)]
        parts = [part for part in parts if part not in linked]
        parts.append([*(other for part in linked for other in part), shot])
    return parts


def _are_of_strangers(one: Candidate, other: Candidate, codes: Codes) -> bool:
    """Whether one photo shows nobody of the other, and somebody where another one stood.

    Who is found elsewhere may have been there all the time, turned away.
    """
    share_nobody = all(dist(some, others) > _SOMEBODY_ELSE for some in codes[one.id] for others in codes[other.id])
    return share_nobody and any(
        distance_in_place(some, others) is not None for some in one.faces for others in other.faces
    )


def _nearest(shot: Candidate, told: Sequence[Candidate]) -> Candidate:
    """Itself, if it is one of these photos, or else the one that was taken nearest in time."""
    seconds = shot.metadata.taken.seconds
    return min(told, key=lambda other: (other is not shot, abs(other.metadata.taken.seconds - seconds), other.id))
