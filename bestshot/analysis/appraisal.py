"""Upright pixels to an appraisal: sharpness, exposure, level, faces."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.analysis.faces import find_faces
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


Floats = npt.NDArray[np.floating[Any]]


_STRONGEST_SHARE = 95
"""Percentile of the gradients that count: edges, not texture."""


_WIDEST = 12.0
"""In degrees: lines further off than this are meant to be so."""


_STEP = 0.5


_CLEARLY = 2.5
"""How far the commonest direction must stand out from the middle one to be told."""


def tilt(grey: npt.NDArray[Any]) -> float | None:
    """How far the level and upright lines of a picture are turned, in degrees clockwise; None where there are none.

    The commonest direction of the strongest edges, counted by their strength, within twelve degrees of level or
    upright. A picture that is off by five degrees and more measures up to a fifth less.
    """
    if min(grey.shape) < 64:
        return None
    luma = _smoothed(_smoothed(grey.astype(np.float32)))  # pixels are steps, which point along the grid
    across, down = luma[1:-1, 2:] - luma[1:-1, :-2], luma[2:, 1:-1] - luma[:-2, 1:-1]
    strength = np.hypot(across, down)
    strong = strength >= max(1.0, float(np.percentile(strength, _STRONGEST_SHARE)))
    angles = (np.degrees(np.arctan2(down[strong], across[strong])) + 45) % 90 - 45
    edges = np.arange(-_WIDEST - _STEP / 2, _WIDEST + _STEP, _STEP)
    counts, _ = np.histogram(angles, edges, weights=strength[strong])
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    commonest = int(smooth.argmax())
    if smooth[commonest] == 0 or smooth[commonest] < _CLEARLY * float(np.median(smooth)):
        return None
    return round(float(edges[commonest] + _STEP / 2), 1)


def _smoothed(luma: Floats) -> Floats:
    rows = (luma[:-2] + 2 * luma[1:-1] + luma[2:]) / 4
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
