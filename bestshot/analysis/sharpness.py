"""How sharp a picture is where it is sharpest, whatever its noise."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

_BLOCK = 8
"""Side of the blocks that are looked at, in pixels."""

_SHARPEST_SHARE = 95
"""Percentile of the blocks that stands for the picture: a sharp subject before a soft background is sharp."""

_SMALLEST = 2 * _BLOCK


def sharpness(grey: npt.NDArray[Any]) -> float | None:
    """The strength of fine detail along edges against the picture's contrast; None for a picture too small to tell.

    Noise has as much fine detail as an edge, but no direction. So each block's Laplacian (Pech-Pacheco et al. 2000)
    counts by the square of how far its gradients agree (the coherence in Zhu & Milanfar, "Automatic Parameter
    Selection for Denoising Algorithms Using a No-Reference Measure of Image Content", 2010). It is told over the
    spread of the luma, so that an exposure bracket is not told by its contrast. Unitless, comparable only within one
    scene.
    """
    return _strongest(grey, lambda luma: _bend_across(luma) + _bend_down(luma))


def sharpness_both_ways(grey: npt.NDArray[Any]) -> float | None:
    """The same of the detail across or of that down the picture, whichever is less: motion blurs but one of them.

    For what has detail both ways, as faces do.
    """
    ways = [_strongest(grey, bend) for bend in (_bend_across, _bend_down)]
    return min((way for way in ways if way is not None), default=None)


def _strongest(grey: npt.NDArray[Any], detail_of: Callable[[Floats], Floats]) -> float | None:
    if min(grey.shape) < _SMALLEST:
        return None
    luma = grey.astype(np.float32)
    contrast = float(luma.std())
    if contrast < 1.0:
        return 0.0
    detail = np.sqrt(_block_means(detail_of(luma) ** 2)) * _coherence(luma) ** 2
    return float(np.percentile(detail, _SHARPEST_SHARE)) / contrast


def _bend_across(luma: Floats) -> Floats:
    bend: Floats = luma[1:-1, :-2] + luma[1:-1, 2:] - 2 * luma[1:-1, 1:-1]
    return bend


def _bend_down(luma: Floats) -> Floats:
    bend: Floats = luma[:-2, 1:-1] + luma[2:, 1:-1] - 2 * luma[1:-1, 1:-1]
    return bend


def _coherence(luma: Floats) -> Floats:
    """How far the gradients of each block agree, from 0 for none or noise to 1 for one straight edge."""
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
    means: Floats = whole.reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    return means
