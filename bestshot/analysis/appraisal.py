"""Measuring the quality of a picture: sharpness, exposure, level, faces."""

import math
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
    unclipped = cv2.countNonZero(cv2.inRange(grey, _BLACK + 1, _WHITE - 1))
    return Appraisal(
        sharpness=sharpness,
        brightness=cv2.sumElems(grey)[0] / grey.size / 255,
        clipped=(grey.size - unclipped) / grey.size,
        faces=None if model is None else find_faces(np.asarray(picture), known, model=model, faint=True),
        tilt=tilt(grey),
        # Not by boxes, whose borders go through the pixels of a thumbnail.
        miniature=grey_picture.resize((MINIATURE_SIZE, MINIATURE_SIZE), Image.Resampling.BILINEAR).tobytes(),
        longest_side=max(picture.size),
        detail=detail,
    )


Floats = npt.NDArray[np.floating[Any]]


_EDGES = 0.05
"""The fraction of the pixels, those with the strongest gradients, that count: edges, not texture."""

_SAMPLED = 61
"""One of so many pixels tells about which gradients are strong; a prime, so as not to keep to one column."""

_STANDARD_ERRORS = 4.0
"""By how many of these a sample may be wrong before all gradients have to be looked at."""

_MAX_TILT = 12.0
"""In degrees; lines that are off by more are so on purpose."""

_STEP = 0.5
"""Width of a bin of the histogram, in degrees."""

_LOWEST = -_MAX_TILT - _STEP / 2
_BINS = round(2 * _MAX_TILT / _STEP) + 1

_STEEPEST = np.float32(1.01 * np.tan(np.radians(_MAX_TILT + _STEP / 2)))
"""Edges that rise more, from the horizontal or the vertical, are beyond all bins."""

_SMOOTHING = np.array([1, 4, 6, 4, 1], np.float32) / 16
_REACH = len(_SMOOTHING) // 2

_LEAST_EDGE = 1.0
"""Gradients below this, in grey levels, are no edges."""

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
    across, down = _gradients(grey)
    strength = np.asarray(cv2.magnitude(across, down), np.float32).ravel()
    strong = _strongest(strength, int(_EDGES * (len(strength) - 1)) + 1)
    across, down = across.ravel()[strong], down.ravel()[strong]
    lengths = np.abs(across), np.abs(down)
    near = np.flatnonzero(np.minimum(*lengths) < _STEEPEST * np.maximum(*lengths))
    angles = (np.degrees(np.arctan2(down[near], across[near])) + 45) % 90 - 45
    bins = np.floor((angles.astype(np.float64) - _LOWEST) / _STEP).astype(np.int64)
    is_counted = (bins >= 0) & (bins < _BINS)
    counts = np.bincount(bins[is_counted], strength[strong[near[is_counted]]], _BINS)
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    mode = int(smooth.argmax())
    if smooth[mode] == 0 or smooth[mode] < _MIN_PROMINENCE * float(np.sort(smooth)[_BINS // 2]):
        return None
    return round(_LOWEST + (mode + 0.5) * _STEP, 1)


def _gradients(grey: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """The differences across and down of a picture smoothed against its pixels, which are steps along the grid.

    Those that would need pixels beyond its borders are left out.
    """
    smooth = np.asarray(cv2.sepFilter2D(grey, cv2.CV_32F, _SMOOTHING, _SMOOTHING), np.float32)[
        _REACH:-_REACH, _REACH:-_REACH
    ]
    across = cv2.subtract(smooth[1:-1, :-2], smooth[1:-1, 2:])
    down = cv2.subtract(smooth[:-2, 1:-1], smooth[2:, 1:-1])
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _strongest(strength: Floats, count: int) -> npt.NDArray[np.intp]:
    """The places of so many of the strongest, and of all as strong as the least of them, as far as there are edges.

    They are looked for only among those that a sample tells to be strong.
    """
    sample = strength[::_SAMPLED]
    share = _EDGES + _STANDARD_ERRORS * math.sqrt(_EDGES / len(sample))
    rank = int((1 - share) * len(sample))
    likely = np.flatnonzero(strength >= max(_LEAST_EDGE, _ranked(sample, rank)))
    if len(likely) < count:
        likely = np.flatnonzero(strength >= _LEAST_EDGE)
    if len(likely) <= count:
        return likely
    values = strength[likely]
    strong: npt.NDArray[np.intp] = likely[values >= _ranked(values, len(values) - count)]
    return strong


def _ranked(values: Floats, rank: int) -> float:
    """The value that would be at this place if they were sorted."""
    # A partition at this place alone takes many times as long where most are equal, as in drawings.
    return float(np.partition(values, (rank, -1))[rank])
