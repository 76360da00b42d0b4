"""Small grey pictures resized as Pillow does, to the last bit, by products of matrices that are computed once.

Pillow computes its weights anew for each picture, which for one of 80 x 60 pixels is most of what it does.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache, reduce
from operator import add
from typing import Final

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
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
    return _weights(length, wanted, _of_lanczos, _LOBES)


@lru_cache(256)
def box(length: int, wanted: int) -> Weights:
    """Weights like those of `lanczos`, for plain means."""
    return _weights(length, wanted, lambda distance: 1.0 if -0.5 < distance <= 0.5 else 0.0, 0.5)


def _of_lanczos(distance: float) -> float:
    return _sinc(distance) * _sinc(distance / _LOBES) if -_LOBES <= distance < _LOBES else 0.0


def _sinc(distance: float) -> float:
    angle = distance * math.pi
    return math.sin(angle) / angle if angle else 1.0


def _weights(length: int, wanted: int, weigh: Callable[[float], float], reach: float) -> Weights:
    weights = np.zeros((wanted, length))
    for row, (first, line) in zip(weights, _lines(length, wanted, weigh, reach), strict=True):
        row[first : first + len(line)] = line
    return weights


def lanczos_lines(length: int, wanted: int) -> Iterator[tuple[int, list[float]]]:
    """For each of the pixels wanted in a line, the first of those that add to it, and what each adds from there on."""
    return _lines(length, wanted, _of_lanczos, _LOBES)


def _lines(
    length: int, wanted: int, weigh: Callable[[float], float], reach: float
) -> Iterator[tuple[int, list[float]]]:
    """Compute weights step by step as `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's Resample.c do."""
    scale = length / wanted
    spread = max(scale, 1.0)
    for place in range(wanted):
        centre = (place + 0.5) * scale
        first = max(int(centre - reach * spread + 0.5), 0)
        last = min(int(centre + reach * spread + 0.5), length)
        line = [weigh((pixel - centre + 0.5) * (1.0 / spread)) for pixel in range(first, last)]
        total = reduce(add, line)
        yield first, [_in_steps(weight / total) for weight in line]


def _in_steps(weight: float) -> float:
    return int(math.copysign(0.5, weight) + weight * STEPS) / STEPS
