"""Measuring how sharp a picture is in its sharpest part, and where, regardless of noise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.model.appraisal import DETAIL_ONE, DETAIL_SIZE, DETAIL_STEPS, Detail, ReducedSharpness
from bestshot.resampling.large import lanczos_resized

Floats = npt.NDArray[np.floating[Any]]

_BLOCK = 8
"""Side, in pixels, of the blocks that are measured."""

_STRIP_PIXELS = 80_000
"""How much of a picture is measured at a time: what is computed of it stays in the processor's cache, which is more
than twice as fast as to go through the whole picture at each step."""

_REDUCED_SIDES = (640, 320, 160, 80)
"""The longest sides, in pixels, to which a picture is reduced so that it can be compared with smaller ones."""

_SHARPEST_PERCENTILE = 95
"""Percentile of the blocks that counts: a sharp subject in front of a blurred background is sharp."""

_MIN_SIDE = 2 * _BLOCK
"""In pixels; the sharpness of a smaller picture is unknown."""

_OF_SUMS = np.array([1, 0.25, 0.25, 0.25], np.float32)[:, None, None] / _BLOCK
"""What makes means of the sums of a block's columns: of detail, and of the products of gradients over two pixels."""

_ALMOST_NOTHING = 1e-12
_NOTHING: Floats = np.zeros((0, 0), np.float32)

# Pictures are spread over processes already; threads within each would only compete.
cv2.setNumThreads(1)


def sharpness(grey: npt.NDArray[Any]) -> float | None:
    """The strength of fine detail along edges relative to the picture's contrast; None if the picture is too small.

    Noise has as much fine detail as an edge, but no direction. So each block's Laplacian (Pech-Pacheco et al. 2000) is
    weighted by the squared coherence of its gradients (Zhu & Milanfar, "Automatic Parameter Selection for Denoising
    Algorithms Using a No-Reference Measure of Image Content", 2010). Dividing by the standard deviation of the luma
    makes exposure brackets comparable. Unitless, comparable only within one scene.
    """
    blocks = _measured(grey, _second_difference)
    return None if blocks is None else blocks.sharpness


def sharpness_and_detail(grey: npt.NDArray[Any]) -> tuple[float, Detail | None]:
    """The sharpness of a picture and where its detail is, in one pass; 0 and None if it is too small or plain."""
    blocks = _measured(grey, _second_difference)
    if blocks is None or not blocks.contrast:
        return 0.0, None
    return blocks.sharpness, Detail(_cells(blocks.detail), *_directions(*blocks.gradients))


def reduced_sharpness(grey: Image.Image) -> ReducedSharpness:
    """The sharpness of a picture reduced to each of a few sizes, by their longest sides; the sizes below its own only.

    Most of what that costs is reducing the picture to the first two.
    """
    found = []
    for side in _REDUCED_SIDES:
        if side < max(grey.size):
            width, height = (max(1, round(length * side / max(grey.size))) for length in grey.size)
            grey = lanczos_resized(grey, (width, height))
            if (value := sharpness(np.asarray(grey))) is not None:
                found.append((side, value))
    return tuple(found)


def sharpness_both_ways(grey: npt.NDArray[Any]) -> float | None:
    """The sharpness of horizontal or of vertical detail, whichever is less, since motion blurs only one of them.

    For subjects with detail in both directions, such as faces; None if the picture is too small.
    """
    ways = [_measured(grey, detail_of) for detail_of in (_second_difference_across, _second_difference_down)]
    return min((way.sharpness for way in ways if way is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The detail of each block and the products of its gradients, relative to the contrast of the picture.

    A plain picture has no contrast, and no blocks.
    """

    contrast: float
    detail: Floats
    gradients: tuple[Floats, Floats, Floats]

    @property
    def sharpness(self) -> float:
        return _sharpest(self.detail) if self.contrast else 0.0


def _measured(grey: npt.NDArray[Any], detail_of: Callable[[Floats], Floats]) -> _Blocks | None:
    if min(grey.shape) < _MIN_SIDE:
        return None
    contrast = float(cv2.meanStdDev(grey)[1].item())
    if contrast < 1.0:
        return _Blocks(0.0, _NOTHING, (_NOTHING, _NOTHING, _NOTHING))
    sums = np.concatenate([_products(luma, detail_of) for luma in _strips(grey)], axis=1)
    detail, xx, yy, xy = _means_of_columns(sums) * _OF_SUMS
    sharp = np.sqrt(detail) * _coherence(xx, yy, xy) ** 2
    square = contrast**2
    return _Blocks(contrast, sharp / contrast, (xx / square, yy / square, xy / square))


def _sharpest(detail: Floats) -> float:
    """The percentile of the blocks that counts, as `np.percentile` interpolates it, which takes six times as long."""
    place = _SHARPEST_PERCENTILE / 100 * (detail.size - 1)
    below = int(place)
    ranked = np.partition(detail, (below, min(below + 1, detail.size - 1)), axis=None)[below : below + 2]
    share, step = place - below, ranked[-1] - ranked[0]
    return float(ranked[0] + step * share if share < 0.5 else ranked[-1] - step * (1 - share))


def _directions(xx: Floats, yy: Floats, xy: Floats) -> tuple[float, float, float, float]:
    """The structure tensor of a whole picture, and how far its edges keep to two directions at right angles."""
    edges = (xx - yy) + 2j * xy  # whose angle is twice that of the edge
    strength = np.abs(edges)
    fourfold = np.abs((edges**2 / np.maximum(strength, _ALMOST_NOTHING)).sum())
    alignment = float(fourfold / max(float(strength.sum()), _ALMOST_NOTHING))
    return float(xx.mean()), float(yy.mean()), float(xy.mean()), alignment


def _cells(detail: Floats) -> bytes:
    """The detail of blocks, as energy, averaged over 8 x 8 cells."""
    energy = cv2.resize(detail**2, (DETAIL_SIZE, DETAIL_SIZE), interpolation=cv2.INTER_AREA)
    steps = DETAIL_ONE + DETAIL_STEPS / 2 * np.log2(np.maximum(energy, np.finfo(np.float32).tiny))
    return np.rint(np.clip(steps, 0, 255)).astype(np.uint8).tobytes()


def _strips(grey: npt.NDArray[Any]) -> Iterator[Floats]:
    """Whole blocks from the top to the bottom, with the pixels around them that differences need."""
    rows, columns = ((length - 2) // _BLOCK * _BLOCK for length in grey.shape)
    height = max(1, _STRIP_PIXELS // (_BLOCK * grey.shape[1])) * _BLOCK
    for top in range(0, rows, height):
        yield grey[top : min(top + height, rows) + 2, : columns + 2].astype(np.float32)


def _second_difference(luma: Floats) -> Floats:
    return np.asarray(cv2.Laplacian(luma, cv2.CV_32F))


def _second_difference_across(luma: Floats) -> Floats:
    return np.asarray(cv2.Sobel(luma, cv2.CV_32F, 2, 0, ksize=1))


def _second_difference_down(luma: Floats) -> Floats:
    return np.asarray(cv2.Sobel(luma, cv2.CV_32F, 0, 2, ksize=1))


def _products(luma: Floats, detail_of: Callable[[Floats], Floats]) -> Floats:
    """The squares of detail, and of the gradients across and down and their product: by columns, summed in each block.

    The gradients are twice as large as they are, which their means make up for.
    """
    detail = detail_of(luma)[1:-1, 1:-1]
    # OpenCV is three times as fast as NumPy on the inner part of rows.
    across = cv2.subtract(luma[1:-1, 2:], luma[1:-1, :-2])
    down = cv2.subtract(luma[2:, 1:-1], luma[:-2, 1:-1])
    products = np.empty((4, *detail.shape), np.float32)
    for place, (one, other) in enumerate(((detail, detail), (across, across), (down, down), (across, down))):
        cv2.multiply(one, other, dst=products[place])
    return np.asarray(np.add.reduce(products.reshape(4, -1, _BLOCK, detail.shape[1]), axis=2))


def _means_of_columns(sums: Floats) -> Floats:
    """The means of the columns of each block."""
    kinds, rows, columns = sums.shape
    size = columns // _BLOCK, kinds * rows
    means = cv2.resize(sums.reshape(kinds * rows, columns), size, interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32).reshape(kinds, rows, -1)


def _coherence(xx: Floats, yy: Floats, xy: Floats) -> Floats:
    """How far the gradients of each block agree, from 0 for noise to 1 for a straight edge."""
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0))
    agreement: Floats = (major - minor) / (major + minor + 1e-6)
    return agreement
