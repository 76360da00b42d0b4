"""What a person's face is worth in each photo of a group, from 0 to 1, measured against the same person: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median_low

from bestshot.model.faces import Face
from bestshot.ranking.people import Person

Marks = Mapping[str, float]
"""By photo id; what cannot be told is not in it."""

# The upper lid of an open eye is about a fifth of the eye's width above its corners; people differ within these.
_LOWEST_OPEN_LID, _HIGHEST_OPEN_LID = 0.18, 0.25
# Between these parts of the person's own lid height an eye goes from closed to open.
_LID_CLOSED, _LID_OPEN = 0.5, 0.8
_UP = 0.65
"""Part of the person's greatest lid height from which a lid is up, more or less."""

# Between these parts of the person's own balance of both eyes one of them goes from winking to open. In a head that is
# turned the far eye measures less, down to about the lower limit of an even balance.
_WINK, _NO_WINK = 0.72, 0.86
_LOWEST_EVEN = 0.85
# A mouth from here on smiles, and from there on so broadly that it narrows the eyes by a part.
_SMILING, _BROADLY, _NARROWED = 0.92, 1.2, 0.15
_SAME_SMILE, _NO_SMILE = 0.03, 0.35
"""How far a mouth may be from the person's broadest smile and be as good, and how far it is at rest."""

_LOOKING, _AWAY, _TOO_FAR = 0.25, 0.40, 0.45
"""Turns up to which a face looks at the camera, from which on it looks away, and its eyes cannot be told."""

_AWAY_MARK = 0.2
# Between these parts of the sharpness of the person's sharpest face a blurred one goes to one that looks as sharp: its
# expression alone makes it differ by a fifth, and at most by nearly a half.
_BLURRED, _SHARP_ENOUGH = 0.25, 0.65


@dataclass(frozen=True, slots=True)
class OpenEyes:
    """How a person's eyes measure when they are open, as far as the person's faces show it."""

    lid_height: float
    balance: float

    @classmethod
    def of(cls, faces: Iterable[Face]) -> "OpenEyes":
        """The usual height of the lids that are up, and the most even eyes, of one person, within what people have.

        It is not the greatest height: beside eyes that are wide with surprise the usual ones would look tired.
        """
        faces = list(faces)
        heights = [face.lid_height for face in faces if face.lid_height is not None]
        up = [height for height in heights if height >= _UP * max(heights)]
        usual = median_low(up) if up else 0.0
        evenest = max((face.eye_balance for face in faces if face.eye_balance is not None), default=1.0)
        return cls(_between(usual, _LOWEST_OPEN_LID, _HIGHEST_OPEN_LID), max(_LOWEST_EVEN, evenest))


def eyes_open(face: Face, when_open: OpenEyes | None = None) -> float | None:
    """How open the eyes of a face are, from 0 to 1; None if the landmarks do not tell.

    Without a word on how the person's open eyes measure, the face is compared with itself and with what people have.
    """
    if face.lid_height is None or abs(face.turn or 0.0) > _TOO_FAR:
        return None
    when_open = when_open or OpenEyes.of([face])
    narrowed = 1 - _NARROWED * _ramp(face.smile or 0.0, _SMILING, _BROADLY)
    opening = _ramp(face.lid_height / (when_open.lid_height * narrowed), _LID_CLOSED, _LID_OPEN)
    if face.eye_balance is None:
        return opening
    return min(opening, _ramp(face.eye_balance / when_open.balance, _WINK, _NO_WINK))


def smiles(face: Face) -> bool:
    """Whether a face smiles, whatever the person looks like at rest."""
    return face.smile is not None and face.smile >= _SMILING


def looks_away(face: Face) -> bool:
    """Whether a face is turned from the camera; one without landmarks is not seen from in front."""
    return face.turn is None or abs(face.turn) >= _AWAY


def eye_marks(person: Person) -> Marks:
    """How open the person's eyes are."""
    when_open = OpenEyes.of(person.faces.values())
    marks = {photo: eyes_open(face, when_open) for photo, face in person.faces.items()}
    return {photo: mark for photo, mark in marks.items() if mark is not None}


def sharpness_marks(person: Person) -> Marks:
    """How sharp the face is against the person's sharpest."""
    told = {photo: face.sharpness for photo, face in person.faces.items() if face.sharpness is not None}
    sharpest = max(told.values(), default=0.0)
    if sharpest <= 0:
        return {}
    return {photo: _ramp(value / sharpest, _BLURRED, _SHARP_ENOUGH) for photo, value in told.items()}


def smile_marks(person: Person) -> Marks:
    """How broadly the person smiles against the broadest smile; who never smiles loses nothing."""
    told = {photo: face.smile for photo, face in person.faces.items() if face.smile is not None}
    broadest = max(told.values(), default=0.0)
    return {photo: 1.0 - _ramp(broadest - value, _SAME_SMILE, _NO_SMILE) for photo, value in told.items()}


def presence_mark(person: Person, photo: str) -> float:
    """Whether the person is in the photo and looks at the camera."""
    face = person.faces.get(photo)
    if face is None:
        return 0.0
    if face.turn is None:
        return _AWAY_MARK
    return 1.0 - (1.0 - _AWAY_MARK) * _ramp(abs(face.turn), _LOOKING, _AWAY)


def _ramp(value: float, low: float, high: float) -> float:
    return _between((value - low) / (high - low), 0.0, 1.0)


def _between(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))
