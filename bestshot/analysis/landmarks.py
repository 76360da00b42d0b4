"""Measuring eyes, mouth and turn of a face from its landmarks: pure geometry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

_BROWS = 0.8
"""How far the brows are above the middle of the eyes, as a fraction of the distance between the eyes."""

_NOSE_TIP = 0.9
"""How far the tip of the nose is below the middle of the eyes, as a fraction of the distance between the eyes."""

_TURNED = 0.2
"""`turn` from which on the farther eye is too narrow to be measured."""

_TURN_AT_45_DEGREES = 0.43
"""`turn` of a head turned by 45 degrees; it grows with the tangent of the angle."""

# Which of dlib's 68 landmarks are which.
_NOSE_BRIDGE = slice(27, 31)
_LEFT_EYE = slice(36, 42)
_RIGHT_EYE = slice(42, 48)
_TOP_LIP = slice(48, 55)

# Indices into these parts.
_NOSE_END = 3
_LEFT_CORNER = 0
_MIDDLE_OF_LIP = 3
_RIGHT_CORNER = 6
_EYE_MIRRORED = [3, 2, 1, 0, 5, 4]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The points of one face in pixels: six per eye, the bridge of the nose downwards, the edge of the upper lip."""

    left_eye: Points
    right_eye: Points
    nose_bridge: Points
    top_lip: Points

    @classmethod
    def of(cls, points: Sequence[tuple[int, int]]) -> "Landmarks":
        """Take the points from dlib's 68."""
        all_points = np.array(points, dtype=np.float64)
        return cls(*(all_points[part] for part in (_LEFT_EYE, _RIGHT_EYE, _NOSE_BRIDGE, _TOP_LIP)))

    def mirrored(self, width: float) -> "Landmarks":
        """Mirror the points in a picture of this width, in pixels."""
        left, right, nose, lip = (
            np.column_stack([width - 1 - points[:, 0], points[:, 1]])
            for points in (self.left_eye, self.right_eye, self.nose_bridge, self.top_lip)
        )
        return Landmarks(right[_EYE_MIRRORED], left[_EYE_MIRRORED], nose, lip[::-1])

    def averaged(self, other: "Landmarks") -> "Landmarks":
        """Average the points with those of other landmarks."""
        return Landmarks(
            (self.left_eye + other.left_eye) / 2,
            (self.right_eye + other.right_eye) / 2,
            (self.nose_bridge + other.nose_bridge) / 2,
            (self.top_lip + other.top_lip) / 2,
        )

    def moved(self, x: float, y: float) -> "Landmarks":
        """Move the points to the right and down, in pixels."""
        by = np.array([x, y])
        return Landmarks(self.left_eye + by, self.right_eye + by, self.nose_bridge + by, self.top_lip + by)

    @property
    def clear_eyes(self) -> tuple[Points, ...]:
        """The eyes that can be measured: both, or of a turned head the nearer one."""
        turn = self.turn() or 0.0
        if abs(turn) <= _TURNED:
            return self.eyes
        return (self.left_eye,) if turn > 0 else (self.right_eye,)

    @property
    def eyes(self) -> tuple[Points, Points]:
        """Both eyes, the one on the left of the picture first."""
        return self.left_eye, self.right_eye

    def eye_aspect_ratio(self) -> float | None:
        """The aspect ratio of the less open eye: a wink spoils a photo like a blink."""
        ratios = [ratio for eye in self.clear_eyes if (ratio := eye_aspect_ratio(eye)) is not None]
        return min(ratios, default=None)

    def eye_balance(self) -> float | None:
        """The smaller aspect ratio over the larger one: both eyes narrow in a smile, one in a wink.

        None for a turned head, in which the farther eye looks as if it winked.
        """
        ratios = [ratio for eye in self.clear_eyes if (ratio := eye_aspect_ratio(eye)) is not None]
        return min(ratios) / max(ratios) if len(ratios) == 2 and max(ratios) > 0 else None

    def lid_height(self) -> float | None:
        """How far the lower of the upper lids is above the line between the eye's corners, over the eye's width.

        It falls in a blink, but not in a smile, which raises the lower lid.
        """
        return min((height for eye in self.clear_eyes if (height := lid_height(eye)) is not None), default=None)

    def smile(self) -> float | None:
        """The width of the mouth plus the lift of its corners above the lip's middle, over the distance of the eyes.

        Talking, shouting and baring the teeth open the mouth downwards, which lowers the corners relative to the lip.
        """
        axes = self._axes()
        if axes is None:
            return None
        _, up, between_eyes = axes
        left, right = self.top_lip[_LEFT_CORNER], self.top_lip[_RIGHT_CORNER]
        lift = float(((left + right) / 2 - self.top_lip[_MIDDLE_OF_LIP]) @ up)
        return (_distance(left, right) + lift) / between_eyes

    def turn(self) -> float | None:
        """How far the tip of the nose is beside the middle of the eyes, over their distance; negative to the left."""
        axes = self._axes()
        if axes is None:
            return None
        along, _, between_eyes = axes
        middle = (self.left_eye.mean(axis=0) + self.right_eye.mean(axis=0)) / 2
        return float((self.nose_bridge[_NOSE_END] - middle) @ along) / between_eyes

    def eye_distance(self) -> float:
        """The distance between the eyes in pixels, as if the head were not turned, which shortens it."""
        axes = self._axes()
        return 0.0 if axes is None else axes[2] * float(np.hypot(1.0, (self.turn() or 0.0) / _TURN_AT_45_DEGREES))

    def around_eyes(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom of the part from the brows to the tip of the nose, to measure sharpness.

        An open mouth or hair beside the face would add detail without the face being sharper.
        """
        middle = (self.left_eye.mean(axis=0) + self.right_eye.mean(axis=0)) / 2
        reach = _distance(self.left_eye.mean(axis=0), self.right_eye.mean(axis=0))
        x, y = float(middle[0]), float(middle[1])
        return x - reach, y - _BROWS * reach, x + reach, y + _NOSE_TIP * reach

    def _axes(self) -> tuple[Points, Points, float] | None:
        """Unit vectors along the eyes and up the face, and the distance between the eyes in pixels."""
        line = self.right_eye.mean(axis=0) - self.left_eye.mean(axis=0)
        length = float(np.hypot(*line))
        if length == 0:
            return None
        along = line / length
        return along, np.array([along[1], -along[0]]), length


def eye_aspect_ratio(eye: Points) -> float | None:
    """Height over width of an eye from its six landmarks, shape (6, 2); None if its corners coincide.

    Soukupova & Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016, formula 1.
    """
    width = _distance(eye[0], eye[3])
    if width == 0:
        return None
    return (_distance(eye[1], eye[5]) + _distance(eye[2], eye[4])) / (2 * width)


def lid_height(eye: Points) -> float | None:
    """How far an upper lid is above the line between the corners, over the eye's width; None if these coincide."""
    width = _distance(eye[0], eye[3])
    if width == 0:
        return None
    along = (eye[3] - eye[0]) / width
    up = np.array([along[1], -along[0]])
    return float(((eye[1] + eye[2]) / 2 - eye[0]) @ up) / width


def _distance(left: Points, right: Points) -> float:
    return float(np.hypot(*(left - right)))
