"""Measuring the quality of a picture: sharpness, exposure, level, faces."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.analysis.faces import find_faces
from bestshot.analysis.sharpness import sharpness_and_detail
from bestshot.model.appraisal import MINIATURE_SIZE, Appraisal
from bestshot.model.faces import FaceBox, FaceModel

_BLACK = 2
"""Luma up to which a pixel counts as fully black, of 255: JPEG adds a little noise."""

_WHITE = 253
"""Luma from which a pixel counts as fully white, of 255."""


def appraise(picture: Image.Image, model: FaceModel | None, known: Sequence[FaceBox] = ()) -> Appraisal:
    """Measure an upright picture; without faces if `model` is None, and else it must be RGB.

    `known` are faces that need not be detected. Raises FaceDetectionError if face detection does not work here.
    """
    grey_picture = picture.convert("L")
    grey = np.asarray(grey_picture)
    sharpness, detail = sharpness_and_detail(grey)
    return Appraisal(
        sharpness=sharpness,
        brightness=float(grey.mean()) / 255,
        clipped=float(((grey <= _BLACK) | (grey >= _WHITE)).mean()),
        faces=None if model is None else find_faces(np.asarray(picture), known, model=model, faint=True),
        tilt=tilt(grey),
        # Not by boxes, whose borders go through the pixels of a thumbnail.
        miniature=grey_picture.resize((MINIATURE_SIZE, MINIATURE_SIZE), Image.Resampling.BILINEAR).tobytes(),
        longest_side=max(picture.size),
        detail=detail,
    )


Floats = npt.NDArray[np.floating[Any]]


_EDGE_PERCENTILE = 95
"""Gradients from this percentile on count: edges, not texture."""

_MAX_TILT = 12.0
"""In degrees; lines that are off by more are so on purpose."""

_STEP = 0.5
"""Width of a bin of the histogram, in degrees."""

_LOWEST = -_MAX_TILT - _STEP / 2
_BINS = round(2 * _MAX_TILT / _STEP) + 1

_SMOOTHING = np.array([1, 4, 6, 4, 1], np.float32) / 16
_DERIVATIVE = np.convolve([1, 0, -1], _SMOOTHING).astype(np.float32)

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
    across, down = (_gradients(grey, *kernels) for kernels in ((_DERIVATIVE, _SMOOTHING), (_SMOOTHING, _DERIVATIVE)))
    strength = cv2.magnitude(across, down).ravel()
    # A partition at that place alone takes many times as long where most pixels are equal, as in drawings.
    edge = float(np.percentile(strength, _EDGE_PERCENTILE, method="higher"))
    strong = np.flatnonzero(strength >= max(1.0, edge))
    angles = (np.degrees(np.arctan2(down.ravel()[strong], across.ravel()[strong])) + 45) % 90 - 45
    bins = np.floor((angles.astype(np.float64) - _LOWEST) / _STEP).astype(np.int64)
    is_near = (bins >= 0) & (bins < _BINS)
    counts = np.bincount(bins[is_near], strength[strong][is_near], _BINS)
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    mode = int(smooth.argmax())
    if smooth[mode] == 0 or smooth[mode] < _MIN_PROMINENCE * float(np.median(smooth)):
        return None
    return round(_LOWEST + (mode + 0.5) * _STEP, 1)


def _gradients(grey: npt.NDArray[Any], along_rows: Floats, along_columns: Floats) -> Floats:
    """The differences of a picture smoothed against its pixels, which are steps that point along the grid."""
    margin = len(_DERIVATIVE) // 2
    filtered = cv2.sepFilter2D(grey, cv2.CV_32F, along_rows, along_columns)
    return np.ascontiguousarray(filtered[margin:-margin, margin:-margin])
