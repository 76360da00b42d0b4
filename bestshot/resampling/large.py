"""Shrinking large pictures as Pillow does with LANCZOS, to the last bit, in half the time.

Pillow weighs pixel after pixel. Here products of matrices in single precision weigh many at once: the weights of a few
lines, and all pixels that these reach. What rounding leaves in doubt, two pixels in a thousand, is computed anew in
whole numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.resampling.small import STEPS, lanczos_lines

Pixels = npt.NDArray[np.uint8]
Size = tuple[int, int]

_LINES: Final = 16
"""How many lines are weighed in one product: the more, the more of their weights are 0."""

_STRIP: Final = 256
"""How many values of each line are weighed at a time: all that is computed of them stays in the processor's cache."""

_CLEAR: Final = 0.5 - 1 / 1024
"""Sums that are nearer to a whole number are rounded to it by Pillow too: they are off by 1 in 2,000 at most."""

_LEAST_SIDE: Final = 256
"""In pixels; of smaller pictures, the weights cost more than to leave all to Pillow."""

REDUCING_GAP: Final = 2.0
"""How many times smaller a picture is made by its sampler at least, if it is made smaller by means of blocks before."""

_MOST_TIMES: Final = 4
"""Pictures that are so many times as large are left to Pillow, which first takes means of their pixels."""


@dataclass(frozen=True, slots=True)
class _Band:
    """Lines that are weighed at once, and those that they are made of."""

    lines: slice
    sources: slice
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Filter:
    """What lines are made of: in bands, and for each line its sources and their weights in whole steps."""

    bands: tuple[_Band, ...]
    sources: npt.NDArray[np.intp]
    weights: npt.NDArray[np.int64]


def lanczos_resized(picture: Image.Image, target: Size) -> Image.Image:
    """Resize a picture to this width and height."""
    if can_shrink(picture.mode, picture.size, target):
        return Image.fromarray(shrunk(np.asarray(picture), target))
    return picture.resize(target, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)


def can_shrink(mode: str, size: Size, target: Size) -> bool:
    """Whether a picture of this mode and size is shrunk here; Pillow does it for all others."""
    (width, height), (wide, high) = size, target
    is_much_higher = height - high > 2 * (width - wide)  # Pillow goes through the columns of such first
    is_within = wide < width < _MOST_TIMES * wide and high < height < _MOST_TIMES * high
    return mode in ("L", "RGB") and is_within and min(target) >= _LEAST_SIDE and not is_much_higher


def shrunk(pixels: Pixels, target: Size) -> Pixels:
    """Shrink a picture to this width and height."""
    if pixels.ndim > 2:
        return np.asarray(cv2.merge([shrunk(np.asarray(channel), target) for channel in cv2.split(pixels)]), np.uint8)
    columns = _weighed(np.asarray(cv2.transpose(pixels), np.uint8), target[0])
    return _weighed(np.asarray(cv2.transpose(columns), np.uint8), target[1])


def _weighed(lines: Pixels, count: int) -> Pixels:
    """Make so many lines of more."""
    length, width = lines.shape
    by, made = _filter(length, count), np.empty((count, width), np.uint8)
    for left in range(0, width, _STRIP):
        strip = slice(left, left + _STRIP)
        _weigh(lines[:, strip], by, made[:, strip])
    return made


def _weigh(pixels: Pixels, by: _Filter, made: Pixels) -> None:
    values, sums = pixels.astype(np.float32), np.empty(made.shape, np.float32)
    for band in by.bands:
        np.matmul(band.weights, values[band.sources], out=sums[band.lines])
    whole = np.rint(sums)
    np.subtract(sums, whole, out=sums)
    np.abs(sums, out=sums)
    lines, places = np.divmod(np.flatnonzero(sums > _CLEAR), made.shape[1])
    made[:] = np.clip(whole, 0, 255, out=whole)
    exact = (by.weights[lines] * pixels[by.sources[lines], places[:, None]]).sum(axis=1)
    made[lines, places] = np.clip((exact + STEPS // 2) // STEPS, 0, 255)


@lru_cache(32)  # as the photos of one camera share a few
def _filter(length: int, count: int) -> _Filter:
    firsts, weights = lanczos_lines(length, count)
    sources = firsts[:, None] + np.arange(weights.shape[1])
    steps = np.rint(weights * STEPS).astype(np.int64)
    return _Filter(tuple(_bands(length, firsts, weights)), np.minimum(sources, length - 1), steps)


def _bands(length: int, firsts: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]) -> Iterator[_Band]:
    count, most = weights.shape
    for top in range(0, count, _LINES):
        lines = slice(top, min(top + _LINES, count))
        begin, end = int(firsts[top]), min(int(firsts[lines][-1]) + most, length)
        of_band = np.zeros((lines.stop - top, int(firsts[lines][-1]) + most - begin), np.float32)
        places = firsts[lines, None] - begin + np.arange(most)
        np.put_along_axis(of_band, places, weights[lines].astype(np.float32), axis=1)
        yield _Band(lines, slice(begin, end), np.ascontiguousarray(of_band[:, : end - begin]))
