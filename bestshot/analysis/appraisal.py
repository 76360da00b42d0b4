"""Measuring the quality of a picture: sharpness, exposure, level, faces."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.analysis.faces import find_faces
from bestshot.analysis.sharpness import reduced_sharpness, sharpness
from bestshot.model.appraisal import MINIATURE_SIZE, Appraisal
from bestshot.model.faces import FaceBox, FaceModel

_BLACK = 2
"""Luma up to which a pixel counts as fully black, of 255: JPEG adds a little noise."""

_WHITE = 253
"""Luma from which a pixel counts as fully white, of 255."""

_RECIPE = "appraisal/4"
"""Changes with the way appraisals are made, so that the index distinguishes them."""


def appraisal_recipe(model: FaceModel | None) -> str:
    """Name the way appraisals are made; those made in another way are not used."""
    return _RECIPE if model is None else f"{_RECIPE} with faces by {model.value}"


def appraise(picture: Image.Image, model: FaceModel | None, known: Sequence[FaceBox] = ()) -> Appraisal:
    """Measure an upright RGB picture, without faces if `model` is None.

    `known` are faces that need not be detected. Raises FaceDetectionError if face detection does not work here.
    """
    grey_picture = picture.convert("L")
    grey = np.asarray(grey_picture)
    return Appraisal(
        sharpness=sharpness(grey) or 0.0,
        brightness=float(grey.mean()) / 255,
        clipped=float(((grey <= _BLACK) | (grey >= _WHITE)).mean()),
        faces=None if model is None else find_faces(np.asarray(picture), known, model=model),
        tilt=tilt(grey),
        # Not by boxes, whose borders go through the pixels of a thumbnail.
        miniature=grey_picture.resize((MINIATURE_SIZE, MINIATURE_SIZE), Image.Resampling.BILINEAR).tobytes(),
        longest_side=max(picture.size),
        reduced_sharpness=reduced_sharpness(grey_picture),
    )


Floats = npt.NDArray[np.floating[Any]]


_EDGE_PERCENTILE = 95
"""Gradients from this percentile on count: edges, not texture."""

_MAX_TILT = 12.0
"""In degrees; lines that are off by more are so on purpose."""

_STEP = 0.5
"""Width of a bin of the histogram, in degrees."""

_MIN_PROMINENCE = 2.5
"""How many times as frequent as the median the most frequent direction must be to count."""

_MIN_SIDE = 64
"""In pixels; the tilt of a smaller picture is not measured."""


def tilt(grey: npt.NDArray[Any]) -> float | None:
    """How far the horizontal and vertical lines of a picture are tilted, in degrees clockwise; None if there are none.

    This is the most frequent direction of the strongest edges, weighted by strength, within twelve degrees of
    horizontal or vertical. Tilts of five degrees and more are underestimated by up to a fifth.
    """
    if min(grey.shape) < _MIN_SIDE:
        return None
    luma = _smoothed(_smoothed(grey.astype(np.float32)))  # pixels are steps, which point along the grid
    across, down = luma[1:-1, 2:] - luma[1:-1, :-2], luma[2:, 1:-1] - luma[:-2, 1:-1]
    strength = np.hypot(across, down)
    strong = strength >= max(1.0, float(np.percentile(strength, _EDGE_PERCENTILE)))
    angles = (np.degrees(np.arctan2(down[strong], across[strong])) + 45) % 90 - 45
    edges = np.arange(-_MAX_TILT - _STEP / 2, _MAX_TILT + _STEP, _STEP)
    counts, _ = np.histogram(angles, edges, weights=strength[strong])
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    mode = int(smooth.argmax())
    if smooth[mode] == 0 or smooth[mode] < _MIN_PROMINENCE * float(np.median(smooth)):
        return None
    return round(float(edges[mode] + _STEP / 2), 1)


def _smoothed(luma: Floats) -> Floats:
    rows = (luma[:-2] + 2 * luma[1:-1] + luma[2:]) / 4
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
