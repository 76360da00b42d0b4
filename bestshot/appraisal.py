"""Upright pixels to an appraisal: sharpness, exposure, faces."""

import numpy as np
from PIL import Image

from bestshot.faces import find_faces
from bestshot.model import Appraisal
from bestshot.sharpness import sharpness

APPRAISAL_SIZE = 1024
"""Longest side, in pixels, of the picture that is appraised: a face of a twelfth of its height is still found."""

_RECIPE = "appraisal/1"


def appraisal_recipe(*, faces: bool) -> str:
    """Names the way appraisals are made: numbers made another way are measured anew."""
    return f"{_RECIPE} with faces" if faces else _RECIPE


def appraise(picture: Image.Image, *, faces: bool) -> Appraisal:
    """Measure an upright RGB picture; raises FaceDetectionError if faces are wanted and cannot be looked for."""
    pixels = np.asarray(picture)
    grey = np.asarray(picture.convert("L"))
    return Appraisal(
        sharpness=sharpness(grey) or 0.0,
        brightness=float(grey.mean()) / 255,
        clipped=float(((grey <= 2) | (grey >= 253)).mean()),
        faces=find_faces(pixels) if faces else None,
    )
