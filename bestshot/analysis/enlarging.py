"""Enlarging a picture pixel for pixel as Pillow does, in half the time or a tenth of it.

A face is judged by distances of a few pixels, so a picture that is a little different is judged a little differently.
Pillow mixes two neighbours in each row and then in each column, and rounds both times. Here all pixels that are mixed
in one proportion are mixed at once.
"""

from math import gcd
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

_MOST: Final = 4096
"""Longest side, in pixels, up to which single precision, in which OpenCV mixes, tells one mixture from the next: they
are multiples of one part in twice as many, and it is off by 1 in 20,000 at most."""

_PRECISION: Final = 22
"""Bits to which Pillow rounds the proportions."""

_LEAN: Final = 1 / 1024
"""How far a mixture is moved for each step that the pixels differ by, as a fraction of its distance to the next: by 255
steps not a third of it."""


def scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Scale a picture to this width and height as Pillow does with `BILINEAR`."""
    width, height = size
    if not (pixels.shape[1] <= width <= _MOST and pixels.shape[0] <= height <= _MOST):
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
    return _turned_and_stretched(_turned_and_stretched(pixels, width), height)


def _turned_and_stretched(pixels: Pixels, count: int) -> Pixels:
    """Make rows of the columns, and so many: each a mixture of the two next to its place, or the outermost itself."""
    height, length = pixels.shape[:2]
    turned = np.empty((length + 2, height, *pixels.shape[2:]), np.uint8)
    cv2.transpose(pixels, dst=turned[1:-1])
    turned[0], turned[-1] = turned[1], turned[-2]
    stretched = np.empty((count, *turned.shape[1:]), np.uint8)
    rows, mixed = turned.reshape(length + 2, -1), stretched.reshape(count, -1)
    alike = gcd(length, count)
    step, period = length // alike, count // alike
    for row in range(period):
        before, part = divmod((2 * row + 1) * step + period, 2 * period)
        share, more = _mixture(part, 2 * period)
        one, other = rows[before::step][:alike], rows[before + 1 :: step][:alike]
        cv2.addWeighted(one, 1 - share, other, share, more, dst=mixed[row::period])
    return stretched


def _mixture(part: int, whole: int) -> tuple[float, float]:
    """The proportion of the second of two pixels, and what is added to their mixture, so that it rounds as Pillow's.

    Only a mixture that is just halfway between two values is in doubt. Pillow rounds it up if its own proportion is
    exact; else towards the second pixel if its proportion was rounded up, and away from it if down.
    """
    whole //= (common := gcd(part, whole))
    rounded_off = ((part // common) << _PRECISION) % whole
    share = part // common / whole
    if rounded_off == 0:
        return share, 1 / (4 * whole)
    return share + (_LEAN if 2 * rounded_off > whole else -_LEAN) / whole, 0.0
