"""Splitting groups in which different people stand in front of the same background: pure."""

from collections.abc import Sequence
from math import dist

import numpy as np

from bestshot.grouping.clocks import Clocks
from bestshot.grouping.rules import BURST_SECONDS
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.people import Embeddings, distance_in_place

_SOMEBODY_ELSE = 0.6
"""Distance between embeddings beyond which faces belong to different people, as in face_recognition itself.

Faces of one person laughing, blinking or blurred are up to 0.56 apart; of two people, one pair in forty is closer than
0.6."""

_FRONTAL = 0.3
"""`Face.turn` up to which an embedding distinguishes people."""


def may_show_different_people(candidates: Candidates) -> bool:
    """Whether a group may show different people in turn, which it cannot within a burst or a copy."""
    shots = candidates.shots
    return sum(map(_is_frontal, shots)) > 1 and not _is_burst(shots)


def split_by_people(candidates: Candidates, embeddings: Embeddings) -> list[Candidates]:
    """Split a group so that photos of different people are apart, unless a third photo links them.

    A photo that shows nobody, or somebody turned away, stays with the photo taken nearest in time, and a copy with its
    original.
    """
    recognisable = [one for one in candidates.shots if _is_frontal(one) and one.id in embeddings]
    if not recognisable or not may_show_different_people(candidates):
        return [candidates]
    parts = _linked(recognisable, embeddings)
    together: dict[int, list[Candidate]] = {}
    for candidate in candidates.everyone:
        nearest = _nearest(candidates.copies.get(candidate.id, candidate), recognisable)
        part = next(number for number, part in enumerate(parts) if nearest in part)
        together.setdefault(part, []).append(candidate)
    return [candidates.part(chosen) for chosen in together.values()]


def _is_frontal(shot: Candidate) -> bool:
    """Whether all faces of a photo look ahead; an averted one could be anybody's."""
    turns = [face.turn for face in shot.faces]
    return bool(turns) and all(turn is not None and abs(turn) <= _FRONTAL for turn in turns)


def _is_burst(shots: Sequence[Candidate]) -> bool:
    clocks, everyone = Clocks.of([shot.metadata for shot in shots]), np.arange(len(shots))
    return bool((clocks.known_gap(everyone[:, None], everyone[None, :]) <= BURST_SECONDS).all())


def _linked(recognisable: Sequence[Candidate], embeddings: Embeddings) -> list[list[Candidate]]:
    parts: list[list[Candidate]] = []
    for shot in recognisable:
        linked = [part for part in parts if not all(_show_different_people(shot, other, embeddings) for other in part)]
        parts = [part for part in parts if part not in linked]
        parts.append([*(other for part in linked for other in part), shot])
    return parts


def _show_different_people(one: Candidate, other: Candidate, embeddings: Embeddings) -> bool:
    """Whether two photos have nobody in common, and different people in the same position.

    Somebody found in another position may have been there all the time, turned away.
    """
    share_nobody = all(
        dist(some, others) > _SOMEBODY_ELSE for some in embeddings[one.id] for others in embeddings[other.id]
    )
    return share_nobody and any(
        distance_in_place(some, others) is not None for some in one.faces for others in other.faces
    )


def _nearest(shot: Candidate, recognisable: Sequence[Candidate]) -> Candidate:
    """The photo itself if it is recognisable, otherwise the recognisable one taken nearest in time."""
    seconds = shot.metadata.taken.seconds
    return min(
        recognisable, key=lambda other: (other is not shot, abs(other.metadata.taken.seconds - seconds), other.id)
    )
