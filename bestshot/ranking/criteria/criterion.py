"""What a criterion is, and the wording that several share: pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bestshot.ranking.candidates import Candidate
from bestshot.ranking.face_scores import Scores

Words = Callable[[Candidate], str]
Fault = Callable[[Candidate, Candidate], str | None]
"""How the first photo is worse than the second, as a phrase that follows its name; None if no difference is visible."""

VISIBLE = 0.05
"""Scores that differ by less than this look the same."""

UNKNOWN_SCORE = 0.5
"""The score of a photo, or of a face that is visible only in others, by a criterion that applies only to those."""

VISIBLY_SHARPER = 0.15
"""A lead in sharpness that is seen: edges wider by a twelfth look blurred, which costs so much detail."""

CLEARLY_OFF = 1.0
"""In EV; so much more or less light changes how sharp a picture looks."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One aspect in which photos are compared.

    `scores` holds a number from 0 to 1 by photo id; photos for which it is unknown are not in it.
    """

    name: str
    weight: float
    scores: Scores
    words: Words
    fault: Fault
    is_merit: Callable[[Candidate], bool]
    """Whether `words` are praise for a photo that is better in this aspect than most."""
    unknown: float = UNKNOWN_SCORE
    """The score of a photo of which it is unknown."""

    def score_of(self, photo: str) -> float:
        """The score of a photo, by its id."""
        return self.scores.get(photo, self.unknown)


def against_sharpest(what: str, shot: Candidate, scores: Scores, lead: float = VISIBLE) -> str | None:
    """How sharp something of a photo is, in words, if that is no less than in any other."""
    if stands_out(scores[shot.id], scores, lead):
        return f"sharpest {what}"
    return f"{what} as sharp as any" if is_top(shot, scores) else None


def is_top(shot: Candidate, scores: Scores) -> bool:
    """Whether no photo is visibly better."""
    return scores[shot.id] > max(scores.values()) - VISIBLE


def stands_out(score: float, scores: Scores, lead: float = VISIBLE) -> bool:
    """Whether this score is the best, and visibly better than all others."""
    ordered = sorted(scores.values(), reverse=True)
    return score == ordered[0] and (len(ordered) == 1 or score >= ordered[1] + lead)


def simple_fault(scores: Mapping[str, float], words: str) -> Fault:
    """The fault of scoring visibly less than the best, in the same words whatever the lead."""
    return lambda shot, best: words if scores.get(shot.id, 1.0) < scores.get(best.id, 0.0) - VISIBLE else None
