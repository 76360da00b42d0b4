"""Measuring whether the iris of an eye is seen, from what it looks like rather than from landmarks.

Under heavy brows and lids, landmarks keep to the crease above the eye and do not fall when it shuts. What is seen of an
open eye is a dark disc of a fifth of the distance between the eyes; of a shut one, only the thin line of its lashes.
"""

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from bestshot.analysis.landmarks import Landmarks, Points

_EYE_DISTANCE: Final = 96
"""The distance between the eyes, in pixels, to which a face is scaled to measure them."""

_REACH: Final = 0.36
"""How much of the face around the middle of an eye is looked at, as a fraction of that distance: eye, lids and skin."""

_CATCHLIGHT: Final = 5
"""Diameter up to which something bright is a reflection in the eye, in pixels of the scaled face."""

_LASHES: Final = 11
"""Diameter up to which something dark is lashes or a crease: 7 mm of a face, and the iris has 12 mm."""

_SEARCH: Final = 9
"""How far from the middle of the landmarks the iris may be: looks to the side, and landmarks that are a little off."""

_SKIN_PERCENTILE: Final = 75
"""Percentile of the pixels around an eye that is skin."""


def iris_darkness(pixels: npt.NDArray[np.uint8], landmarks: Landmarks) -> float | None:
    """How much darker the iris of the less open eye is than the skin around it, 0 to 1; None if the skin is black.

    Both eyes count, or the nearer one of a turned head.
    """
    distance = landmarks.eye_distance()
    found = [_darkness(pixels, eye.mean(axis=0), distance) for eye in landmarks.clear_eyes]
    return min((darkness for darkness in found if darkness is not None), default=None)


def _darkness(pixels: npt.NDArray[np.uint8], middle: Points, distance: float) -> float | None:
    """Remove what is smaller than an iris, first the bright and then the dark, and take the darkest of what is left."""
    x, y = float(middle[0]), float(middle[1])
    reach, scale = _REACH * distance, _EYE_DISTANCE / max(distance, 1.0)
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    around = pixels[top : max(0, int(y + reach) + 1), left : max(0, int(x + reach) + 1)]
    if around.size == 0:
        return None
    grey = cv2.cvtColor(around, cv2.COLOR_RGB2GRAY)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way)
    even = cv2.morphologyEx(grey, cv2.MORPH_OPEN, _disc(_CATCHLIGHT))
    skin = float(np.percentile(even, _SKIN_PERCENTILE))
    blobs = cv2.morphologyEx(even, cv2.MORPH_CLOSE, _disc(_LASHES))
    rows, columns = np.ogrid[: blobs.shape[0], : blobs.shape[1]]
    near = (columns - (x - left) * scale) ** 2 + (rows - (y - top) * scale) ** 2 <= _SEARCH**2
    return 1.0 - float(blobs[near].min()) / skin if skin > 0 and near.any() else None


def _disc(diameter: int) -> npt.NDArray[Any]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
