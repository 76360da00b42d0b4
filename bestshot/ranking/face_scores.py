"""Scores from 0 to 1 for a person's face in each photo of a group, relative to the same person: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_high, median_low

from bestshot.model.faces import Face
from bestshot.ranking.people import Person

Scores = Mapping[str, float]
"""By photo id; photos whose score is unknown are not in it."""

_MIN_OPEN_LID = 0.18
"""The least lid height of anybody's open eyes; a fifth of the eye's width is usual."""

_MAX_OPEN_LID = 0.25
"""The greatest lid height that open eyes need to have, in anybody."""

_LID_CLOSED = 0.5
"""Fraction of the person's usual lid height at which an eye is closed."""

_LID_OPEN = 0.8
"""Fraction of the person's usual lid height at which an eye is fully open."""

_LID_UP = 0.65
"""Lids above this fraction of the person's greatest lid height count towards the usual height of open ones."""

_LIDS_DOWN = 0.13
"""Lid height below which eyes are shut or look down."""

_IRIS_HIDDEN = 0.45
"""Fraction of the person's usual `Face.iris` at which no iris is seen: only lashes, which are as dark but thin."""

_IRIS_SEEN = 0.65
"""Fraction of it from which on the iris is seen: a shaken or defocused face loses a third."""

_MIN_IRIS = 0.2
"""Usual `Face.iris` below which the iris does not stand out enough to be missed."""

_WINKING = 0.72
"""Fraction of the person's best eye balance at which one eye is closed."""

_NOT_WINKING = 0.86
"""Fraction of the person's best eye balance at which both eyes are open."""

_MIN_BALANCE = 0.85
"""The least balance assumed of open eyes: in a turned head the far eye looks smaller, down to about this."""

_SMILING = 0.92
"""`Face.smile` from which a mouth smiles."""

_BROAD_SMILE = 1.2
"""`Face.smile` at which a smile narrows the eyes most."""

_NARROWED_BY_SMILE = 0.15
"""Fraction by which a broad smile lowers the upper lids."""

_SAME_SMILE = 0.03
"""A smile that is less broad than the person's broadest by up to this much is as good."""

_NO_SMILE = 0.35
"""A mouth that is less broad than the person's broadest smile by this much is at rest."""

_LOOKING = 0.25
"""`Face.turn` up to which a face looks at the camera."""

_AWAY = 0.40
"""`Face.turn` from which on a face looks away."""

_EYES_UNKNOWN = 0.55
"""`Face.turn` beyond which the landmarks do not show whether even the nearer eye is open: more than 50 degrees."""

_AWAY_SCORE = 0.2
"""The presence score of somebody who looks away; somebody who is missing scores 0."""

_BLURRED = 0.25
"""Fraction of the sharpness of the person's sharpest face at which a face is blurred."""

_SHARP_ENOUGH = 0.65
"""Fraction of it from which on a face looks as sharp: expressions alone cost a fifth, at most nearly a half."""


@dataclass(frozen=True, slots=True)
class OpenEyes:
    """The measures of a person's open eyes, as far as the person's faces show them."""

    lid_height: float
    balance: float
    iris: float = 0.0

    @classmethod
    def of(cls, faces: Iterable[Face]) -> "OpenEyes":
        """Estimate from one person's faces the lid height and the balance of open eyes, within human limits.

        The lid height is the median of raised lids, not the greatest: next to eyes wide with surprise, ordinary ones
        would look tired. The iris is that of the faces whose lids seem raised, though those of some may be shut.
        """
        faces = list(faces)
        heights = [face.lid_height for face in faces if face.lid_height is not None]
        up = [face for face in faces if face.lid_height is not None and face.lid_height >= _LID_UP * max(heights)]
        usual = median_low([face.lid_height for face in up if face.lid_height is not None]) if up else 0.0
        irises = [face.iris for face in up if face.iris is not None]
        evenest = max((face.eye_balance for face in faces if face.eye_balance is not None), default=1.0)
        lid_height = _clamped(usual, _MIN_OPEN_LID, _MAX_OPEN_LID)
        return cls(lid_height, max(_MIN_BALANCE, evenest), median_high(irises) if irises else 0.0)


def eyes_open(face: Face, when_open: OpenEyes | None = None) -> float | None:
    """How open the eyes of a face are, from 0 to 1; None if the landmarks do not show it.

    Without `when_open`, the face is compared with itself, within human limits.
    """
    if face.lid_height is None or abs(face.turn or 0.0) > _EYES_UNKNOWN:
        return None
    when_open = when_open or OpenEyes.of([face])
    narrowed = 1 - _NARROWED_BY_SMILE * _ramp(face.smile or 0.0, _SMILING, _BROAD_SMILE)
    opening = _ramp(face.lid_height / (when_open.lid_height * narrowed), _LID_CLOSED, _LID_OPEN)
    if face.iris is not None and when_open.iris >= _MIN_IRIS:
        opening = min(opening, _ramp(face.iris / when_open.iris, _IRIS_HIDDEN, _IRIS_SEEN))
    if face.eye_balance is None:
        return opening
    return min(opening, _ramp(face.eye_balance / when_open.balance, _WINKING, _NOT_WINKING))


def are_lids_up(face: Face) -> bool:
    """Whether the lids are raised further than those of anybody who looks down."""
    return face.lid_height is not None and face.lid_height >= _LIDS_DOWN


def smiles(face: Face) -> bool:
    """Whether a face smiles, regardless of how the person looks at rest."""
    return face.smile is not None and face.smile >= _SMILING


def looks_away(face: Face) -> bool:
    """Whether a face is turned away from the camera, which one without landmarks is taken to be."""
    return face.turn is None or abs(face.turn) >= _AWAY


def eye_scores(person: Person) -> Scores:
    """Score how open the person's eyes are in each photo.

    Who looks up in none may look down or blink, which of both is not known.
    """
    if not any(are_lids_up(face) for face in person.faces.values()):
        return {}
    when_open = OpenEyes.of(person.faces.values())
    scores = {photo: eyes_open(face, when_open) for photo, face in person.faces.items()}
    return {photo: score for photo, score in scores.items() if score is not None}


def sharpness_scores(person: Person) -> Scores:
    """Score how sharp the face is in each photo, compared with the person's sharpest face."""
    known = {photo: face.sharpness for photo, face in person.faces.items() if face.sharpness is not None}
    sharpest = max(known.values(), default=0.0)
    if sharpest <= 0:
        return {}
    return {photo: _ramp(value / sharpest, _BLURRED, _SHARP_ENOUGH) for photo, value in known.items()}


def smile_scores(person: Person) -> Scores:
    """Score how broadly the person smiles in each photo, compared with their broadest smile.

    Somebody who never smiles loses nothing.
    """
    known = {photo: face.smile for photo, face in person.faces.items() if face.smile is not None}
    broadest = max(known.values(), default=0.0)
    return {photo: 1.0 - _ramp(broadest - value, _SAME_SMILE, _NO_SMILE) for photo, value in known.items()}


def presence_score(person: Person, photo: str) -> float:
    """Score whether the person is in the photo and looks at the camera."""
    face = person.faces.get(photo)
    if face is None:
        return 0.0
    if face.turn is None:
        return _AWAY_SCORE
    return 1.0 - (1.0 - _AWAY_SCORE) * _ramp(abs(face.turn), _LOOKING, _AWAY)


def presence_scores(person: Person, photos: Sequence[str]) -> Scores:
    """Score whether the person is there and looks at the camera, in each photo in which they are expected."""
    return {photo: presence_score(person, photo) for photo in photos if _is_expected(person, photo, len(photos))}


def _is_expected(person: Person, photo: str, photos: int) -> bool:
    """Whether somebody is in a photo, or so certainly or often in the others of so many that they are missed in it."""
    return photo in person.faces or person.is_certain or 2 * len(person.faces) >= photos


def of_everybody(
    photos: Sequence[str], faces: Sequence[tuple[Person, Scores]], unseen: float | None = None
) -> dict[str, float]:
    """Average the people's scores in each photo, by how much each of them counts; photos without any are left out.

    `unseen` is the score of a person who is scored only in other photos and expected in this one; if None, that person
    does not count.
    """
    averages = {}
    for photo in photos:
        if not any(photo in own for _, own in faces):
            continue
        found = [
            (person.weight, own.get(photo, unseen if _is_expected(person, photo, len(photos)) else None))
            for person, own in faces
            if own
        ]
        known = [(weight, score) for weight, score in found if score is not None]
        if total := sum(weight for weight, _ in known):
            averages[photo] = _clamped(sum(weight * score for weight, score in known) / total, 0.0, 1.0)
    return averages


def _ramp(value: float, low: float, high: float) -> float:
    return _clamped((value - low) / (high - low), 0.0, 1.0)


def _clamped(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
