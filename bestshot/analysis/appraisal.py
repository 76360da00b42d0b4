"""Upright pixels to an appraisal: sharpness, exposure, level, faces."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from bestshot.analysis.faces import find_faces
from bestshot.analysis.levelness import tilt
from bestshot.analysis.sharpness import sharpness
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import FaceBox, FaceModel

APPRAISAL_SIZE = 1280
"""Longest side, in pixels, of the picture that is appraised: what servers and the cache have as previews."""

MINIATURE_SIZE = 32

_RECIPE = "appraisal/3"


def appraisal_recipe(model: FaceModel | None) -> str:
    """Names the way appraisals are made: numbers made another way are measured anew."""
    return _RECIPE if model is None else f"{_RECIPE} with faces by {model.value}"


def appraise(picture: Image.Image, model: FaceModel | None, known: Sequence[FaceBox] = ()) -> Appraisal:
    """Measure an upright RGB picture, without looking for faces if there is no model for them.

    `known` are faces that need not be looked for. Raises FaceDetectionError if faces cannot be looked for.
    """
    grey_picture = picture.convert("L")
    grey = np.asarray(grey_picture)
    return Appraisal(
        sharpness=sharpness(grey) or 0.0,
        brightness=float(grey.mean()) / 255,
        clipped=float(((grey <= 2) | (grey >= 253)).mean()),
        faces=None if model is None else find_faces(np.asarray(picture), known, model=model),
        tilt=tilt(grey),
        miniature=grey_picture.resize((MINIATURE_SIZE, MINIATURE_SIZE), Image.Resampling.BOX).tobytes(),
    )
