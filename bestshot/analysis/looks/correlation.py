"""Correlating two pictures that lie on each other, block by block: how far they agree, and whether a part does not."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

_BLOCK = 17
"""Side, in pixels, of the blocks that are correlated."""

_NOISE = 9.0
"""Variance, in squared levels of 256, that noise may have: it keeps flat blocks from correlating by chance."""

_TEXTURE = 25.0
"""Variance from which a block shows something, in either picture."""

_PATCH = 7
"""Side, in pixels, of the smaller blocks in which another subject is searched."""

_CLEAR_TEXTURE = 40.0
"""Variance from which a block clearly shows something; for another subject, in both pictures."""

_UNRELATED = 0.2
"""Correlation below which two blocks show different things."""

_CAPTION_HEIGHT = 0.2
"""Fraction of the height that a caption may take."""

_CAPTION_WIDTH = 0.6
"""Fraction of the width from which what is written along a border is a caption."""

_MIN_COVERAGE = 0.9
"""Fraction of a block that must be inside both pictures: their edges hardly ever coincide exactly."""

MIN_TEXTURED = 50
"""Fewer textured pixels than this are not enough to compare."""

_SHAPES = 16
"""Of so many shapes of small copies it is remembered what blocks cover, in 3 MB each at most; few have more."""

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Boxes = npt.NDArray[np.integer | np.floating]


class Mask:
    """Where two pictures both are."""

    def __init__(self, inside: Flags) -> None:
        self.inside = inside
        self._values = inside.astype(np.float32)
        self._is_everywhere = bool(inside.all())
        self._coverages: dict[int, Floats] = {}

    def coverage(self, block: int) -> Floats:
        """Which fraction of the block around each pixel is inside."""
        if block not in self._coverages:
            self._coverages[block] = _blocks(self._values, block)
        return self._coverages[block]

    def mean(self, values: Floats, block: int) -> Floats:
        """The mean of what is inside of the block around each pixel."""
        seen = values if self._is_everywhere else values * self._values
        return np.asarray(_blocks(seen, block) / np.maximum(self.coverage(block), 1e-6))


@lru_cache(_SHAPES)
def everywhere(shape: tuple[int, int]) -> Mask:
    """The mask of pictures of one shape that lie on each other with nothing outside."""
    return Mask(np.ones(shape, dtype=np.bool_))


class Layer:
    """A blurred picture, as far as it is inside, with the means and variances around its pixels, each computed once."""

    def __init__(self, pixels: Floats, mask: Mask) -> None:
        self.pixels, self.mask = pixels, mask
        self._moments: dict[int, tuple[Floats, Floats]] = {}

    def moments(self, block: int) -> tuple[Floats, Floats]:
        """The mean and the variance of the block around each pixel."""
        if block not in self._moments:
            mean = self.mask.mean(self.pixels, block)
            self._moments[block] = mean, np.maximum(self.mask.mean(self.pixels * self.pixels, block) - mean**2, 0)
        return self._moments[block]

    @cached_property
    def textured(self) -> int:
        """How many pixels have something to see around them."""
        return int((self.moments(_BLOCK)[1] > _TEXTURE).sum())


@dataclass(frozen=True, slots=True)
class _Correlation:
    """The correlation around each pixel, the variance there in each picture, and where both pictures are."""

    value: Floats
    one: Floats
    other: Floats
    inside: Flags


def agreement(one: Layer, other: Layer) -> float:
    """The mean correlation, which is independent of exposure, where either picture has some texture."""
    found = _correlated(one, other, _BLOCK)
    textured = found.inside & (np.maximum(found.one, found.other) > _TEXTURE)
    return float(found.value[textured].mean()) if textured.sum() >= MIN_TEXTURED else 0.0


def conflict(one: Layer, other: Layer) -> float:
    """The fraction of the overlap in the largest patch where both pictures have clear, but unrelated texture.

    Patches along a border that together are as wide as the picture are a caption, and no other subject.
    """
    found = _correlated(one, other, _PATCH)
    differs = found.inside & (np.minimum(found.one, found.other) > _CLEAR_TEXTURE) & (found.value < _UNRELATED)
    if not differs.any():
        return 0.0
    _, _, patches, _ = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    patches = _without_captions(patches[1:], *differs.shape)  # the first is the background
    areas = patches[:, cv2.CC_STAT_AREA]
    return float(areas.max()) / int(found.inside.sum()) if len(areas) else 0.0


def _without_captions(patches: Boxes, height: int, width: int) -> Boxes:
    """The patches but for those that lie along the upper or lower border, if they together are as wide as it."""
    left, top = patches[:, cv2.CC_STAT_LEFT], patches[:, cv2.CC_STAT_TOP]
    right, bottom = left + patches[:, cv2.CC_STAT_WIDTH], top + patches[:, cv2.CC_STAT_HEIGHT]
    is_caption = np.zeros(len(patches), dtype=np.bool_)
    for is_along in (bottom <= _CAPTION_HEIGHT * height, top >= (1 - _CAPTION_HEIGHT) * height):
        if is_along.any() and right[is_along].max() - left[is_along].min() >= _CAPTION_WIDTH * width:
            is_caption |= is_along
    return patches[~is_caption]


def _correlated(one: Layer, other: Layer, block: int) -> _Correlation:
    """Correlate two pictures of one mask block by block, around each pixel."""
    (mean_one, spread_one), (mean_other, spread_other) = one.moments(block), other.moments(block)
    shared = one.mask.mean(one.pixels * other.pixels, block) - mean_one * mean_other
    correlation = shared / np.sqrt((spread_one + _NOISE) * (spread_other + _NOISE))
    inside = one.mask.inside & (one.mask.coverage(block) > _MIN_COVERAGE)
    return _Correlation(correlation, spread_one, spread_other, inside)


def _blocks(values: Floats, side: int) -> Floats:
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_CONSTANT), dtype=np.float32)
