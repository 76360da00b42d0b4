"""Local features of a picture (ORB, Rublee et al. 2011), and which of two pictures' are the same.

That is most of what a closer look costs, so it is called upon last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_CELLS = 6
"""Cells per axis in which features are kept; otherwise foliage would take them all."""

_FEATURES_PER_CELL = 20
"""The strongest features of a cell, which are kept."""

_MAX_FEATURES = 2000
"""Features that ORB detects before they are spread over the cells."""

_FAST_THRESHOLD = 5
"""ORB's corner threshold; low, so that soft pictures have features too."""

_CONTRAST_LIMIT = 4.0
"""Clip limit of the contrast equalisation (CLAHE) before detection."""

_CONTRAST_TILES = (8, 8)
"""Tiles of the contrast equalisation."""

_MIN_SIDE = 64
"""In pixels; ORB would scale narrower pictures down to nothing."""

_RATIO = 0.8
"""Lowe's ratio test: the best match must be closer than this fraction of the second best."""

_BITS = 256
"""Of a feature."""

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Features:
    """Local features of a picture: x, y and 256 bits each."""

    points: Floats
    descriptors: Pixels


def features_of(grey: Pixels) -> Features:
    """Evenly spread features of a grey picture."""
    height, width = grey.shape
    equalised = cv2.createCLAHE(_CONTRAST_LIMIT, _CONTRAST_TILES).apply(grey)
    orb = cv2.ORB.create(nfeatures=_MAX_FEATURES, fastThreshold=_FAST_THRESHOLD)
    found = orb.detect(equalised, None) if min(grey.shape) >= _MIN_SIDE else ()
    kept, descriptors = orb.compute(equalised, _spread(found, width, height))
    points = np.array(cv2.KeyPoint.convert(kept), dtype=np.float64).reshape(-1, 2)
    # Without features, OpenCV returns None instead of an empty array.
    bits = np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, dtype=np.uint8)
    return Features(points, bits)


def matches(left: Pixels, right: Pixels) -> npt.NDArray[np.int64]:
    """Pairs of features that are each other's best match, and clearly better than the second best."""
    if len(right) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    differing = _differing(left, right)
    nearest, queries = differing.argmin(axis=1), np.arange(len(left))
    least = differing[queries, nearest]
    differing[queries, nearest] = _BITS + 1
    clear = np.flatnonzero(least < _RATIO * differing.min(axis=1))
    best: dict[int, tuple[int, int]] = {}
    for query, train, bits in zip(*(found.tolist() for found in (clear, nearest[clear], least[clear])), strict=True):
        if train not in best or bits < best[train][0]:
            best[train] = bits, query
    return np.array([(query, train) for train, (_, query) in best.items()], dtype=np.int64).reshape(-1, 2)


def _differing(left: Pixels, right: Pixels) -> npt.NDArray[np.uint16]:
    """In how many bits each feature differs from each other one, told in half the time that OpenCV's matcher takes."""
    words = zip(*(np.ascontiguousarray(bits.view(np.uint64).T) for bits in (left, right)), strict=True)
    first, second, third, fourth = (np.bitwise_count(one[:, None] ^ other) for one, other in words)
    return np.asarray((first + second).astype(np.uint16) + (third + fourth), np.uint16)


def _spread(found: Sequence[cv2.KeyPoint], width: int, height: int) -> Sequence[cv2.KeyPoint]:
    """The strongest features of each cell of a grid, the strongest first."""
    if not found:
        return ()
    points = np.array(cv2.KeyPoint.convert(found), dtype=np.float64)
    order: npt.NDArray[np.int64] = np.argsort([-point.response for point in found], kind="stable")
    across, down = (points[order] * _CELLS / (width, height)).astype(np.int64).T
    cell = across * _CELLS + down
    by_cell = np.argsort(cell, kind="stable")
    begins = np.searchsorted(cell[by_cell], cell[by_cell])
    kept = by_cell[np.arange(len(cell)) - begins < _FEATURES_PER_CELL]
    return [found[place] for place in order[np.sort(kept)].tolist()]
