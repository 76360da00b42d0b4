"""The criterion of sharpness, compared where the subject is, and at one scale: pure."""

from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.criteria.criterion import CLEARLY_OFF, VISIBLY_SHARPER, Criterion, against_sharpest, is_top
from bestshot.ranking.focus import kind_of_blur, subject_sharpness
from bestshot.ranking.originals import has_fewer_pixels

_TINY = 0.25
"""A picture with sides below this fraction of another's does not tell how sharp the other is."""


def by_sharpness(candidates: Candidates, weight: float) -> Criterion:
    """How sharp the picture is beside the sharpest, in whole percents."""
    # Whole percents: smaller differences are noise, and of two equals the earlier one should win.
    scores = {id_: round(share, 2) for id_, share in _shares_of_sharpest(candidates).items()}

    def words(shot: Candidate) -> str:
        is_sharpest = against_sharpest("picture", shot, scores, VISIBLY_SHARPER)
        return is_sharpest or f"picture {scores[shot.id]:.0%} as sharp as the sharpest"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        is_exposed_alike = abs(shot.appraisal.light - best.appraisal.light) < CLEARLY_OFF
        if scores.get(shot.id, 1.0) > scores.get(best.id, 0.0) - VISIBLY_SHARPER or not is_exposed_alike:
            return None
        # A sharpened edit is sharper than its original, which is not blurred for that.
        is_edit = best.id in candidates.lookalikes.get(shot.id, ()) or best.metadata.taken.is_guess
        return (None if is_edit else kind_of_blur(shot.appraisal, best.appraisal)) or "is less sharp"

    return Criterion("sharpness", weight, scores, words, fault, lambda shot: is_top(shot, scores))


def _shares_of_sharpest(candidates: Candidates) -> dict[str, float]:
    """How sharp each photo is beside the others, from 0 to 1; nothing where all are entirely blurred.

    They are compared where the subject is, if that is known. Faces have a criterion of their own.
    """
    shots = candidates.shots
    sharpest = max(shot.appraisal.sharpness for shot in shots)
    if not sharpest:
        return {}
    has_faces = any(shot.faces for shot in shots)
    if not has_faces and (found := subject_sharpness([shot.appraisal for shot in shots])):
        return {shot.id: value / max(found) for shot, value in zip(shots, found, strict=True)}
    if candidates.is_of_one_scale and not candidates.lookalikes:  # as nearly always: no pair needs a look of its own
        return {shot.id: shot.appraisal.sharpness / sharpest for shot in shots}
    return {shot.id: _share_of_sharpest(shot, candidates) for shot in shots}


def _share_of_sharpest(shot: Candidate, candidates: Candidates) -> float:
    """How sharp a photo is beside each other one, at the scale of the smaller of the two; the least of all, up to 1.

    A photo is not measured against the same picture with fewer pixels, which may have been sharpened, nor against one
    of a tiny fraction of its pixels, which says nothing of how sharp this one is.
    """
    shares = [1.0]
    for other in candidates.shots:
        own, others = shot.appraisal.sharpness_beside(other.appraisal), other.appraisal.sharpness_beside(shot.appraisal)
        is_same = other.id in candidates.lookalikes.get(shot.id, ()) and has_fewer_pixels(other, shot)
        if own is not None and others and not is_same and not _is_tiny(other, shot):
            shares.append(own / others)
    return min(shares)


def _is_tiny(one: Candidate, other: Candidate) -> bool:
    sides = one.appraisal.longest_side, other.appraisal.longest_side
    return sides[0] is not None and sides[1] is not None and sides[0] < _TINY * sides[1]
