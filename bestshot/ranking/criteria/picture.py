"""The criteria of the picture as a whole: exposure, resolution and composition: pure."""

from collections.abc import Iterator, Sequence
from statistics import median

from bestshot.ranking.candidates import Candidate
from bestshot.ranking.criteria.criterion import (
    CLEARLY_OFF,
    VISIBLE,
    VISIBLY_SHARPER,
    Criterion,
    is_top,
    simple_fault,
)
from bestshot.ranking.face_scores import Scores
from bestshot.text import count

_WELL_COMPOSED = 0.9
"""Composition is praised above this score; a head cut off or more than a degree of tilt falls below it."""

_MAX_TILT = 6.0
"""In degrees; a larger tilt does not lower the score any further."""

_MIDDLE_GREY = -2.53
"""The light of middle grey, whose luma is 45 % of white, in EV below white."""

_FAR_OFF = 2.0
"""In EV; a photo that is that much darker or brighter than usual in its group is spoilt."""

_VISIBLY_OFF = 0.5
"""In EV; photos that differ by less are not said to be darker or brighter: their contents differ as much."""

_COST_OF_CLIPPING = 4.0
"""How much of the score the clipped part of a picture costs: all of it if a quarter is lost."""

_MOSTLY_CLIPPED = 0.5
"""A photo of which more is clipped does not tell what is usual in its group."""

_VISIBLY_CLIPPED = 0.03
"""Less of a picture that is black or white is a lamp or a shadow."""


def by_exposure(shots: Sequence[Candidate], weight: float) -> Criterion:
    """How far the light is from what is usual in the group, and how much is clipped."""
    usual_light, usual_clipped = _usual_exposure(shots)

    def lost(shot: Candidate) -> float:
        return max(0.0, shot.appraisal.clipped - usual_clipped)

    def off(shot: Candidate) -> float:
        return shot.appraisal.light - usual_light

    # Whole percents, as of sharpness: smaller differences are those of the contents.
    scores = {
        shot.id: round(_clamped(1.0 - (off(shot) / _FAR_OFF) ** 2 - _COST_OF_CLIPPING * lost(shot)), 2)
        for shot in shots
    }

    def is_merit(shot: Candidate) -> bool:
        is_good = abs(off(shot)) < _VISIBLY_OFF and lost(shot) < _VISIBLY_CLIPPED
        return is_good and all(_exposure_fault(other, shot) for other in shots if other is not shot)

    def words(shot: Candidate) -> str:
        text = f"brightness {shot.appraisal.brightness:.0%}, {shot.appraisal.clipped:.1%} clipped"
        return f"best exposed: {text}" if len(shots) > 1 and is_merit(shot) else text

    def fault(shot: Candidate, best: Candidate) -> str | None:
        is_worse = scores.get(shot.id, 1.0) < scores.get(best.id, 0.0) - VISIBLE
        return _exposure_fault(shot, best) if is_worse else None

    return Criterion("exposure", weight, scores, words, fault, is_merit)


def _usual_exposure(shots: Sequence[Candidate]) -> tuple[float, float]:
    """The light, in EV, and the clipped part that are usual among photos of one scene: snow is bright in all of them.

    Middle grey has a vote, as two photos have no middle. Of one that is mostly clipped nothing can be told. What no
    photo that is light enough could avoid is clipped as usual: a lamp.
    """
    telling = [shot.appraisal for shot in shots if shot.appraisal.clipped < _MOSTLY_CLIPPED]
    light = median([_MIDDLE_GREY, *(one.light for one in telling)])
    enough = min(light, _MIDDLE_GREY) - _VISIBLY_OFF
    clipped = [one.clipped for one in telling if one.light >= enough]
    return light, min(clipped or [shot.appraisal.clipped for shot in shots])


def _exposure_fault(shot: Candidate, better: Candidate) -> str | None:
    """How a photo is exposed worse than a better one; None if nothing of it is sure."""
    off = shot.appraisal.light - better.appraisal.light
    faults = []
    if abs(off) >= _VISIBLY_OFF:
        faults.append(f"is {'much ' if abs(off) >= CLEARLY_OFF else ''}{'brighter' if off > 0 else 'darker'}")
    if shot.appraisal.clipped - better.appraisal.clipped >= _VISIBLY_CLIPPED:
        faults.append(f"has {shot.appraisal.clipped:.0%} clipped")
    return " and ".join(faults) or None


def by_resolution(shots: Sequence[Candidate], weight: float) -> Criterion:
    """How many pixels there are, beside the largest picture."""
    largest = max(shot.pixels or 0 for shot in shots)
    scores = {shot.id: (shot.pixels / largest) ** 0.5 for shot in shots if shot.pixels}
    return Criterion(
        "resolution",
        weight,
        scores,
        lambda shot: f"{shot.metadata.width} x {shot.metadata.height} pixels",
        simple_fault(scores, "has fewer pixels"),
        lambda shot: is_top(shot, scores),
    )


def by_composition(shots: Sequence[Candidate], sharp: Scores, weight: float) -> Criterion:
    """Whether the picture is level, and no head is cut off."""

    def tilt(shot: Candidate) -> float | None:
        """How far the picture is off level; a blurred one shows no lines but its streaks."""
        is_sharp = sharp.get(shot.id, 1.0) >= 1 - VISIBLY_SHARPER
        return abs(shot.appraisal.tilt) if is_sharp and shot.appraisal.tilt is not None else None

    scores = {
        shot.id: 1.0 - 0.5 * min(1.0, (tilt(shot) or 0.0) / _MAX_TILT) - 0.5 * _share_of_cut_heads(shot)
        for shot in shots
        if tilt(shot) is not None or shot.faces
    }

    def words(shot: Candidate) -> str:
        return ", ".join(_composition_words(shot, tilt(shot)))

    fault = simple_fault(scores, "is worse composed")
    return Criterion("composition", weight, scores, words, fault, lambda shot: scores[shot.id] > _WELL_COMPOSED)


def _composition_words(shot: Candidate, tilt: float | None) -> Iterator[str]:
    if tilt is not None:
        yield "level" if tilt <= 1 else f"tilted by {tilt:.1f} degrees"
    if shot.faces:
        cut = sum(face.is_cut for face in shot.faces)
        yield f"{count(cut, 'head')} cut off" if cut else "no head cut off"


def _share_of_cut_heads(shot: Candidate) -> float:
    return sum(face.is_cut for face in shot.faces) / len(shot.faces) if shot.faces else 0.0


def _clamped(value: float) -> float:
    return max(0.0, min(1.0, value))
