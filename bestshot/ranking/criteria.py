"""The criteria by which photos of a group are compared, each with its scores and its wording: pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bestshot.model.appraisal import are_of_one_scale
from bestshot.model.faces import Face
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.face_scores import (
    Scores,
    are_lids_up,
    eye_scores,
    looks_away,
    of_everybody,
    presence_scores,
    sharpness_scores,
    smile_scores,
    smiles,
)
from bestshot.ranking.focus import kind_of_blur, subject_sharpness
from bestshot.ranking.originals import has_fewer_pixels
from bestshot.ranking.people import Person
from bestshot.ranking.rules import Weights
from bestshot.text import count, printable

Words = Callable[[Candidate], str]
Fault = Callable[[Candidate, Candidate], str | None]
"""How the first photo is worse than the second, as a phrase that follows its name; None if no difference is visible."""

_VISIBLE = 0.05
"""Scores that differ by less than this look the same."""

_UNKNOWN_SCORE = 0.5
"""The score of a photo, or of a face that is visible only in others, by a criterion that applies only to those."""

_WINK_BALANCE = 0.80
"""Below this `Face.eye_balance` the eyes are described as winking instead of blinking."""

_EYES_OPEN = 0.5
"""Eyes count as open from this score on, and are criticised only below it."""

_EYES_UNTOLD = 0.85
"""The score of eyes that cannot be told: most eyes are open, so they are worth nearly as much as those that are."""

_AWAY_FAULT = 0.5
"""Who looks away is criticised only below this score."""

_EYES_LEAD = 0.3
"""Eyes are criticised only if those in the best photo score higher by more than this."""

_FACE_LEAD = 0.2
"""A look or a smile is criticised only if that in the best photo scores higher by more than this."""

_WELL_COMPOSED = 0.9
"""Composition is praised above this score; a head cut off or more than a degree of tilt falls below it."""

_MAX_TILT = 6.0
"""In degrees; a larger tilt does not lower the score any further."""

_VISIBLY_SHARPER = 0.15
"""A lead in sharpness that is seen: edges wider by a twelfth look blurred, which costs so much detail."""

_TINY = 0.25
"""A picture with sides below this fraction of another's does not tell how sharp the other is."""

_MIDDLE_GREY = -2.53
"""The light of middle grey, whose luma is 45 % of white, in EV below white."""

_FAR_OFF = 2.0
"""In EV; a photo that is that much darker or brighter than usual in its group is spoilt."""

_VISIBLY_OFF = 0.5
"""In EV; photos that differ by less are not said to be darker or brighter: their contents differ as much."""

_CLEARLY_OFF = 1.0
"""In EV."""

_COST_OF_CLIPPING = 4.0
"""How much of the score the clipped part of a picture costs: all of it if a quarter is lost."""

_MOSTLY_CLIPPED = 0.5
"""A photo of which more is clipped does not tell what is usual in its group."""

_VISIBLY_CLIPPED = 0.03
"""Less of a picture that is black or white is a lamp or a shadow."""

_Faces = Sequence[tuple[Person, Scores]]
"""The people of a group, each with the scores of their face by one criterion."""

_FACE_POSITIONS = (("",), ("left face", "right face"), ("left face", "middle face", "right face"))


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
    unknown: float = _UNKNOWN_SCORE
    """The score of a photo of which it is unknown."""

    def score_of(self, photo: str) -> float:
        """The score of a photo, by its id."""
        return self.scores.get(photo, self.unknown)


def criteria(candidates: Candidates, people: Sequence[Person], weights: Weights) -> tuple[Criterion, ...]:
    """Score the photos that are not copies by every criterion, in the order of the default weights."""
    shots = candidates.shots
    sharpness = _sharpness(candidates, weights.sharpness)
    return (
        _eyes(shots, people, weights.eyes),
        _face_sharpness(shots, people, weights.face_sharpness),
        _presence(shots, people, weights.presence),
        _smiles(shots, people, weights.smiles),
        sharpness,
        _exposure(shots, weights.exposure),
        _resolution(shots, weights.resolution),
        _composition(shots, sharpness.scores, weights.composition),
    )


def _eyes(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    faces = [(person, eye_scores(person)) for person in people]

    def told(shot: Candidate) -> list[bool]:
        """Of each face whose eyes are surely open or surely shut, which of both they are."""
        known = [
            (person.faces[shot.id], scores[shot.id] >= _EYES_OPEN) for person, scores in faces if shot.id in scores
        ]
        return [is_open for face, is_open in known if are_lids_up(face) or not is_open]

    def words(shot: Candidate) -> str:
        eyes = told(shot)
        return f"eyes open on {sum(eyes)} of {count(len(eyes), 'face')}" if eyes else "eyes not told"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = _worse(faces, shot, best, _EYES_LEAD, _EYES_OPEN)
        if not worse:
            return None
        is_wink = all(face.eye_balance is not None and face.eye_balance < _WINK_BALANCE for face in worse)
        return _phrase("winks", "winking", shot, worse) if is_wink else _phrase("blinks", "blinking", shot, worse)

    return Criterion(
        "eyes",
        weight,
        of_everybody([shot.id for shot in shots], faces),
        words,
        fault,
        lambda shot: any(told(shot)),
        unknown=_EYES_UNTOLD,
    )


def _face_sharpness(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    faces = [(person, sharpness_scores(person)) for person in people]
    scores = of_everybody([shot.id for shot in shots], faces, _UNKNOWN_SCORE)

    def words(shot: Candidate) -> str:
        what = "face" if len(people) == 1 else "faces"
        return _against_sharpest(what, shot, scores) or f"{what} less sharp than the sharpest"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = _worse(faces, shot, best, _VISIBLE)
        if not worse:
            return None
        return f"has {'less sharp faces' if len(worse) > 1 else 'a less sharp face'}{_where(shot, worse)}"

    return Criterion(
        "face sharpness", weight, scores, words, fault, lambda shot: _is_top(shot, scores), unknown=_highest(scores)
    )


def _presence(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    photos = [shot.id for shot in shots]
    faces = [(person, presence_scores(person, photos)) for person in people]

    def looking(shot: Candidate) -> int:
        return sum(shot.id in person.faces and not looks_away(person.faces[shot.id]) for person in people)

    def words(shot: Candidate) -> str:
        there = [person.faces[shot.id] for person in people if shot.id in person.faces]
        missing = sum(shot.id in scores for _, scores in faces) - len(there)
        text = f"{looking(shot)} of {count(len(there), 'face')} looking at the camera"
        return f"{text}, {missing} not clearly seen" if missing else text

    def fault(shot: Candidate, best: Candidate) -> str | None:
        missing = [
            person.faces[best.id]
            for person, scores in faces
            if shot.id in scores and shot.id not in person.faces and best.id in person.faces
        ]
        if missing:
            return f"does not clearly show {count(len(missing), 'face')}{_where(best, missing)}"
        away = _worse(faces, shot, best, _FACE_LEAD, _AWAY_FAULT)
        return _phrase("looks away", "looking away", shot, away) if away else None

    return Criterion("faces", weight, of_everybody(photos, faces), words, fault, lambda shot: looking(shot) > 0)


def _smiles(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    faces = [(person, smile_scores(person)) for person in people]
    averages = of_everybody([shot.id for shot in shots], faces, _UNKNOWN_SCORE)

    def words(shot: Candidate) -> str:
        are_smiling = [smiles(person.faces[shot.id]) for person, scores in faces if shot.id in scores]
        if any(are_smiling):
            return f"{sum(are_smiling)} of {count(len(are_smiling), 'face')} smiling"
        return "friendliest look" if _stands_out(averages[shot.id], averages, _FACE_LEAD) else "no smile"

    def is_merit(shot: Candidate) -> bool:
        return words(shot) != "no smile"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = _worse(faces, shot, best, _FACE_LEAD)
        return _phrase("smiles less", "smiling less", shot, worse) if worse else None

    return Criterion("smile", weight, averages, words, fault, is_merit, unknown=_highest(averages))


def _sharpness(candidates: Candidates, weight: float) -> Criterion:
    # Whole percents: smaller differences are noise, and of two equals the earlier one should win.
    scores = {id_: round(share, 2) for id_, share in _shares_of_sharpest(candidates).items()}

    def words(shot: Candidate) -> str:
        is_sharpest = _against_sharpest("picture", shot, scores, _VISIBLY_SHARPER)
        return is_sharpest or f"picture {scores[shot.id]:.0%} as sharp as the sharpest"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        is_exposed_alike = abs(shot.appraisal.light - best.appraisal.light) < _CLEARLY_OFF
        if scores.get(shot.id, 1.0) > scores.get(best.id, 0.0) - _VISIBLY_SHARPER or not is_exposed_alike:
            return None
        # A sharpened edit is sharper than its original, which is not blurred for that.
        is_edit = best.id in candidates.lookalikes.get(shot.id, ()) or best.metadata.taken.is_guess
        return (None if is_edit else kind_of_blur(shot.appraisal, best.appraisal)) or "is less sharp"

    return Criterion("sharpness", weight, scores, words, fault, lambda shot: _is_top(shot, scores))


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
    sides = [shot.appraisal.longest_side for shot in shots if shot.appraisal.longest_side is not None]
    if are_of_one_scale(sides) and not candidates.lookalikes:  # as nearly always: no pair needs a look of its own
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


def _exposure(shots: Sequence[Candidate], weight: float) -> Criterion:
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
        is_worse = scores.get(shot.id, 1.0) < scores.get(best.id, 0.0) - _VISIBLE
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
        faults.append(f"is {'much ' if abs(off) >= _CLEARLY_OFF else ''}{'brighter' if off > 0 else 'darker'}")
    if shot.appraisal.clipped - better.appraisal.clipped >= _VISIBLY_CLIPPED:
        faults.append(f"has {shot.appraisal.clipped:.0%} clipped")
    return " and ".join(faults) or None


def _resolution(shots: Sequence[Candidate], weight: float) -> Criterion:
    largest = max(shot.pixels or 0 for shot in shots)
    scores = {shot.id: (shot.pixels / largest) ** 0.5 for shot in shots if shot.pixels}
    return Criterion(
        "resolution",
        weight,
        scores,
        lambda shot: f"{shot.metadata.width} x {shot.metadata.height} pixels",
        _simple_fault(scores, "has fewer pixels"),
        lambda shot: _is_top(shot, scores),
    )


def _composition(shots: Sequence[Candidate], sharp: Scores, weight: float) -> Criterion:
    def tilt(shot: Candidate) -> float | None:
        """How far the picture is off level; a blurred one shows no lines but its streaks."""
        is_sharp = sharp.get(shot.id, 1.0) >= 1 - _VISIBLY_SHARPER
        return abs(shot.appraisal.tilt) if is_sharp and shot.appraisal.tilt is not None else None

    scores = {
        shot.id: 1.0 - 0.5 * min(1.0, (tilt(shot) or 0.0) / _MAX_TILT) - 0.5 * _share_of_cut_heads(shot)
        for shot in shots
        if tilt(shot) is not None or shot.faces
    }

    def words(shot: Candidate) -> str:
        return ", ".join(_composition_words(shot, tilt(shot)))

    fault = _simple_fault(scores, "is worse composed")
    return Criterion("composition", weight, scores, words, fault, lambda shot: scores[shot.id] > _WELL_COMPOSED)


def _composition_words(shot: Candidate, tilt: float | None) -> Iterator[str]:
    if tilt is not None:
        yield "level" if tilt <= 1 else f"tilted by {tilt:.1f} degrees"
    if shot.faces:
        cut = sum(face.is_cut for face in shot.faces)
        yield f"{count(cut, 'head')} cut off" if cut else "no head cut off"


def _share_of_cut_heads(shot: Candidate) -> float:
    return sum(face.is_cut for face in shot.faces) / len(shot.faces) if shot.faces else 0.0


def _worse(faces: _Faces, shot: Candidate, best: Candidate, lead: float, limit: float = 1.0) -> list[Face]:
    """The faces in a photo that score below `limit`, and by more than `lead` below those in the best one."""
    return [
        person.faces[shot.id]
        for person, scores in faces
        if shot.id in person.faces and scores.get(shot.id, 1.0) < min(limit, scores.get(best.id, 0.0) - lead)
    ]


def _against_sharpest(what: str, shot: Candidate, scores: Scores, lead: float = _VISIBLE) -> str | None:
    if _stands_out(scores[shot.id], scores, lead):
        return f"sharpest {what}"
    return f"{what} as sharp as any" if _is_top(shot, scores) else None


def _is_top(shot: Candidate, scores: Scores) -> bool:
    """Whether no photo is visibly better."""
    return scores[shot.id] > max(scores.values()) - _VISIBLE


def _stands_out(score: float, scores: Scores, lead: float = _VISIBLE) -> bool:
    """Whether this score is the best, and visibly better than all others."""
    ordered = sorted(scores.values(), reverse=True)
    return score == ordered[0] and (len(ordered) == 1 or score >= ordered[1] + lead)


def _highest(scores: Scores) -> float:
    """The score of photos in which no face is expected: those that show one gain by being good, not by showing it."""
    return max(scores.values(), default=_UNKNOWN_SCORE)


def _simple_fault(scores: Mapping[str, float], words: str) -> Fault:
    return lambda shot, best: words if scores.get(shot.id, 1.0) < scores.get(best.id, 0.0) - _VISIBLE else None


def _phrase(one: str, several: str, shot: Candidate, faces: Sequence[Face]) -> str:
    """Phrase a fault, such as "blinks (left face)" or "shows 2 people blinking (left face, right face)"."""
    phrase = one if len(faces) == 1 else f"shows {len(faces)} people {several}"
    return phrase + _where(shot, faces)


def _where(shot: Candidate, faces: Sequence[Face]) -> str:
    """Name the faces of a photo, from left to right, in brackets; empty for the only face if its name is unknown."""
    positions = sorted(position for position, face in enumerate(shot.faces) if any(face is other for other in faces))
    names = [name for position in positions if (name := _face_in_words(position, shot.faces))]
    return f" ({', '.join(names)})" if names else ""


def _face_in_words(position: int, faces: Sequence[Face]) -> str:
    total, name = len(faces), faces[position].name
    if name:
        return printable(name)
    if total <= len(_FACE_POSITIONS):
        return _FACE_POSITIONS[total - 1][position]
    return f"face {position + 1} of {total} from the left"


def _clamped(value: float) -> float:
    return max(0.0, min(1.0, value))
