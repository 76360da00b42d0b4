"""Small grey pictures resized as Pillow does, to the last bit, by products of matrices that are computed once.

Pillow computes its weights anew for each picture, which for one of 80 x 60 pixels is most of what it does.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Weights = npt.NDArray[np.float64]
Weigh = Callable[[int, int], Weights]

STEPS: Final = 1 << 22
"""Weights are multiples of one part of so many; so sums of whole pixels weighted are exact, in whatever order."""

_LOBES: Final = 3


def resized(pixels: Pixels, size: tuple[int, int], weigh: Weigh) -> Pixels:
    """The picture, or each of a stack, at this width and height, by the weights of a filter."""
    height, width = pixels.shape[-2:]
    rows, columns = weigh(height, size[1]), weigh(width, size[0]).T
    values = pixels.astype(np.float64)
    is_height_first = 0 < height - size[1] > 2 * (width - size[0])  # as Pillow decides
    both = _levels(rows @ values) @ columns if is_height_first else rows @ _levels(values @ columns)
    return _levels(both).astype(np.uint8)


def _levels(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round to whole levels of grey, in place."""
    values += 0.5
    np.maximum(values, 0.0, out=values)
    np.minimum(values, 255.0, out=values)
    return np.floor(values, out=values)


@lru_cache(256)
def lanczos(length: int, wanted: int) -> Weights:
    """For each of the pixels wanted in a line, a row of what each of those that there are adds to it."""
    return _of_whole_lines(length, *lanczos_lines(length, wanted))


@lru_cache(256)
def box(length: int, wanted: int) -> Weights:
    """Weights like those of `lanczos`, for plain means."""
    return _of_whole_lines(length, *_lines(length, wanted, _of_box, 0.5))


def lanczos_lines(length: int, wanted: int) -> tuple[Places, Weights]:
    """For each of the pixels wanted in a line, the first of those that add to it, and what each adds from there on.

    What a row has beyond the last of them is 0.
    """
    return _lines(length, wanted, _of_lanczos, _LOBES)


def _of_whole_lines(length: int, firsts: Places, weights: Weights) -> Weights:
    whole = np.zeros((len(firsts), length + weights.shape[1]))
    np.put_along_axis(whole, firsts[:, None] + np.arange(weights.shape[1]), weights, axis=1)
    return np.ascontiguousarray(whole[:, :length])


def _of_box(distances: Weights) -> Weights:
    return ((distances > -0.5) & (distances <= 0.5)).astype(np.float64)


def _of_lanczos(distances: Weights) -> Weights:
    is_within = (distances >= -_LOBES) & (distances < _LOBES)
    return np.where(is_within, _sinc(distances) * _sinc(distances / _LOBES), 0.0)


def _sinc(distances: Weights) -> Weights:
    angles = distances * math.pi
    # NumPy's sine is another one on some processors.
    sines = np.fromiter(map(math.sin, angles.ravel().tolist()), np.float64, angles.size).reshape(angles.shape)
    return np.divide(sines, angles, out=np.ones_like(angles), where=angles != 0)


def _lines(length: int, wanted: int, weigh: Callable[[Weights], Weights], reach: float) -> tuple[Places, Weights]:
    """Compute weights step by step as `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's Resample.c do."""
    scale = length / wanted
    spread = max(scale, 1.0)
    centres = (np.arange(wanted) + 0.5) * scale
    firsts = np.maximum(np.trunc(centres - reach * spread + 0.5), 0).astype(np.intp)
    lasts = np.minimum(np.trunc(centres + reach * spread + 0.5), length).astype(np.intp)
    pixels = firsts[:, None] + np.arange((lasts - firsts).max())
    weights = weigh((pixels - centres[:, None] + 0.5) * (1.0 / spread))
    weights[pixels >= lasts[:, None]] = 0.0
    weights /= np.add.accumulate(weights, axis=1)[:, -1:]  # as they follow each other, which NumPy's sum does not
    return firsts, np.trunc(np.copysign(0.5, weights) + weights * STEPS) / STEPS
