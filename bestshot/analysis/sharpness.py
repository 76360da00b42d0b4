"""Measuring how sharp a picture is in its sharpest part, regardless of noise."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.floating[Any]]

_BLOCK = 8
"""Side, in pixels, of the blocks that are measured."""

_STRIP = 8 * _BLOCK
"""Rows that are measured at a time: what is computed of them stays in the processor's cache, which is more than
twice as fast as to go through the whole picture at each step."""

_REDUCED_SIDES = (640, 320, 160, 80)
"""The longest sides, in pixels, to which a picture is reduced so that it can be compared with smaller ones."""

_SHARPEST_PERCENTILE = 95
"""Percentile of the blocks that counts: a sharp subject in front of a blurred background is sharp."""

_MIN_SIDE = 2 * _BLOCK
"""In pixels; the sharpness of a smaller picture is unknown."""

# Pictures are spread over processes already; threads within each would only compete.
cv2.setNumThreads(1)


def sharpness(grey: npt.NDArray[Any]) -> float | None:
    """The strength of fine detail along edges relative to the picture's contrast; None if the picture is too small.

    Noise has as much fine detail as an edge, but no direction. So each block's Laplacian (Pech-Pacheco et al. 2000) is
    weighted by the squared coherence of its gradients (Zhu & Milanfar, "Automatic Parameter Selection for Denoising
    Algorithms Using a No-Reference Measure of Image Content", 2010). Dividing by the standard deviation of the luma
    makes exposure brackets comparable. Unitless, comparable only within one scene.
    """
    return _strongest(grey, lambda luma: _second_difference_across(luma) + _second_difference_down(luma))


def reduced_sharpness(grey: Image.Image) -> tuple[tuple[int, float], ...]:
    """The sharpness of a picture reduced to each of a few sizes, by their longest sides; the sizes below its own only.

    All sizes together cost nearly three times what the picture itself does, most of it for reducing it to the first.
    """
    found = []
    for side in _REDUCED_SIDES:
        if side < max(grey.size):
            width, height = (max(1, round(length * side / max(grey.size))) for length in grey.size)
            grey = grey.resize((width, height), Image.Resampling.LANCZOS)
            if (value := sharpness(np.asarray(grey))) is not None:
                found.append((side, value))
    return tuple(found)


def sharpness_both_ways(grey: npt.NDArray[Any]) -> float | None:
    """The sharpness of horizontal or of vertical detail, whichever is less, since motion blurs only one of them.

    For subjects with detail in both directions, such as faces; None if the picture is too small.
    """
    ways = [_strongest(grey, detail_of) for detail_of in (_second_difference_across, _second_difference_down)]
    return min((way for way in ways if way is not None), default=None)


def _strongest(grey: npt.NDArray[Any], detail_of: Callable[[Floats], Floats]) -> float | None:
    if min(grey.shape) < _MIN_SIDE:
        return None
    contrast = float(cv2.meanStdDev(grey)[1].item())
    if contrast < 1.0:
        return 0.0
    detail = [np.sqrt(_block_means(detail_of(luma) ** 2)) * _coherence(luma) ** 2 for luma in _strips(grey)]
    return float(np.percentile(np.concatenate(detail), _SHARPEST_PERCENTILE)) / contrast


def _strips(grey: npt.NDArray[Any]) -> Iterator[Floats]:
    """Whole blocks from the top to the bottom, with the row above and the row below them that differences need."""
    rows = (len(grey) - 2) // _BLOCK * _BLOCK
    for top in range(0, rows, _STRIP):
        yield grey[top : min(top + _STRIP, rows) + 2].astype(np.float32)


def _second_difference_across(luma: Floats) -> Floats:
    difference: Floats = luma[1:-1, :-2] + luma[1:-1, 2:] - 2 * luma[1:-1, 1:-1]
    return difference


def _second_difference_down(luma: Floats) -> Floats:
    difference: Floats = luma[:-2, 1:-1] + luma[2:, 1:-1] - 2 * luma[1:-1, 1:-1]
    return difference


def _coherence(luma: Floats) -> Floats:
    """How far the gradients of each block agree, from 0 for noise to 1 for a straight edge."""
    across = (luma[1:-1, 2:] - luma[1:-1, :-2]) / 2
    down = (luma[2:, 1:-1] - luma[:-2, 1:-1]) / 2
    xx, yy, xy = _block_means(across**2), _block_means(down**2), _block_means(across * down)
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0))
    agreement: Floats = (major - minor) / (major + minor + 1e-6)
    return agreement


def _block_means(values: Floats) -> Floats:
    rows, columns = values.shape[0] // _BLOCK, values.shape[1] // _BLOCK
    whole = values[: rows * _BLOCK, : columns * _BLOCK]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))
