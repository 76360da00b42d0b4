"""Finding where one small picture lies on another by their light and shade alone: no features are looked for.

The middle of one picture is searched in a tiny copy of the other, and from there both are aligned until they correlate
best (ECC, Evangelidis and Psarakis 2008). That finds most copies, crops and shaken shots, at a tenth of the cost of
features, but unlike these it may lose its way, so that little correlation proves nothing alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

_TINY_SIZE = 32
"""Longest side, in pixels, of the copy in which the middle of the other one is searched."""

_SURROUNDINGS = 2.0
"""Standard deviation, in pixels of the tiny copy, of the surroundings to which each pixel is compared."""

_NOISE = 9.0
"""Variance, in squared levels of 256, that noise may have: it keeps flat surroundings from saying much."""

_SCALES = (1.0, 1.1, 1.2, 1.32, 1.44)
"""How many times as large one picture may show what the other one shows, as tried; aligning does the rest.

At the nearest of these, even the edges of the middle are off by less than half a pixel of the tiny copy, so that fine
texture meets its own."""

_ITERATIONS = 5
"""Steps of the alignment at each of two sizes; more of them find no more of 320 copies and crops."""

_TOLERANCE = 1e-3
"""Gain of correlation below which the alignment ends."""

_LEAST_AREA, _MOST_AREA = 0.25, 4.0
"""How much larger the one picture may become on the other: anything beyond is a wrong way."""

_BLUR = 1.0
"""Standard deviation, in pixels, of the blur before pictures are aligned."""

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.uint8]


class Small:
    """A small picture at the sizes at which it is laid on others, each made once it is needed."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels

    @cached_property
    def blurred(self) -> Floats:
        """The picture without its noise."""
        return np.asarray(cv2.GaussianBlur(self._pixels.astype(np.float32), (0, 0), _BLUR), dtype=np.float32)

    @cached_property
    def half(self) -> Floats:
        """The blurred picture at half its size."""
        return np.asarray(cv2.resize(self.blurred, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)

    @cached_property
    def tiny(self) -> Floats:
        """A tiny copy, each pixel in relation to its surroundings, whatever the exposure."""
        scale = _TINY_SIZE / max(self._pixels.shape)
        copy = cv2.resize(self._pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
        detail = copy - cv2.GaussianBlur(copy, (0, 0), _SURROUNDINGS)
        variance = cv2.GaussianBlur(detail**2, (0, 0), _SURROUNDINGS)
        return np.asarray(detail / np.sqrt(variance + _NOISE), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture lies on another one, as far as was found.

    `transform` is the 3 x 3 matrix from pixels of the one to pixels of the other. `likeness` is the correlation of the
    middle of the one with what it was found on, in tiny copies, and `correlation` that of both pictures once aligned;
    0 if the alignment lost its way.
    """

    transform: Floats
    likeness: float
    correlation: float


def placed(left: Small, right: Small) -> Place:
    """Find where the left picture lies on the right one, roughly: to a pixel or two."""
    likeness, tiny = _searched(left.tiny, right.tiny, _SCALES)
    reverse_likeness, reverse = _searched(right.tiny, left.tiny, _SCALES[1:])
    if reverse_likeness > likeness:
        likeness, tiny = reverse_likeness, np.linalg.inv(reverse)
    roughly = _at_size(tiny, (left.tiny, right.tiny), (left.half, right.half))
    correlation, halved = _aligned(left.half, right.half, roughly)
    transform = _at_size(halved, (left.half, right.half), (left.blurred, right.blurred))
    return Place(transform, likeness, correlation)


def refined(left: Small, right: Small, place: Place) -> Floats:
    """The transform of a place, exactly, as far as a camera that is turned, moved and zoomed can make it.

    Anything more would make one person fit the place of another.
    """
    _, transform = _aligned(left.blurred, right.blurred, place.transform)
    height, width = left.blurred.shape
    middle = np.array([width / 2, height / 2])
    along, across = (transform[0, 0] + transform[1, 1]) / 2, (transform[1, 0] - transform[0, 1]) / 2
    turn = np.array([[along, -across], [across, along]])
    found = np.eye(3)
    found[:2, :2] = turn
    found[:2, 2] = transform[:2, :2] @ middle + transform[:2, 2] - turn @ middle
    return found


def _searched(one: Floats, other: Floats, scales: Sequence[float]) -> tuple[float, Floats]:
    """The best correlation of the middle of one picture with any part of the other, and the transform to there."""
    left, top = one.shape[1] // 4, one.shape[0] // 4
    middle = one[top : one.shape[0] - top, left : one.shape[1] - left]
    best, transform = -1.0, np.eye(3)
    for scale in scales:
        size = round(middle.shape[1] * scale), round(middle.shape[0] * scale)
        if size[0] <= other.shape[1] and size[1] <= other.shape[0]:
            scaled = cv2.resize(middle, size, interpolation=cv2.INTER_LINEAR)
            _, found, _, (across, down) = cv2.minMaxLoc(cv2.matchTemplate(other, scaled, cv2.TM_CCOEFF_NORMED))
            if found > best:
                moved = across + scale * (0.5 - left) - 0.5, down + scale * (0.5 - top) - 0.5
                best, transform = found, np.array([[scale, 0.0, moved[0]], [0.0, scale, moved[1]], [0.0, 0.0, 1.0]])
    return best, transform


def _aligned(one: Floats, other: Floats, transform: Floats) -> tuple[float, Floats]:
    """Move one picture until it correlates best with the other; if that fails, it stays where it is."""
    # OpenCV asks for the way back.
    way_back = np.linalg.inv(transform)[:2].astype(np.float32)
    ends = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ITERATIONS, _TOLERANCE
    no_mask = np.ones(one.shape, dtype=np.uint8)
    try:
        correlation, back = cv2.findTransformECC(other, one, way_back, cv2.MOTION_AFFINE, ends, no_mask, 1)
    except cv2.error as error:
        if error.code != cv2.Error.StsNoConv:
            raise
        return 0.0, transform
    area = float(np.linalg.det(back[:, :2]))
    if not _LEAST_AREA < area < _MOST_AREA:
        return 0.0, transform
    return float(correlation), np.linalg.inv(np.vstack([back, [0.0, 0.0, 1.0]]))


def _at_size(transform: Floats, before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> Floats:
    """A transform between two pictures as one between other copies of them."""
    one, other = (_scaling(small, large) for small, large in zip(before, after, strict=True))
    return np.asarray(other @ transform @ np.linalg.inv(one))


def _scaling(before: Floats, after: Floats) -> Floats:
    """The matrix that scales places of one copy of a picture to those of another; places are middles of pixels."""
    down, across = (size / old for size, old in zip(after.shape, before.shape, strict=True))
    return np.array([[across, 0.0, (across - 1) / 2], [0.0, down, (down - 1) / 2], [0.0, 0.0, 1.0]])
