"""Two small pictures: does one, moved and scaled, fall onto the other?

Local features (ORB, Rublee et al. 2011) propose a movement, RANSAC finds what most of them agree on, and the pictures
themselves are then laid over each other and correlated block by block. A degenerate movement (all points onto one,
an absurd scale, features crammed into a corner) aligns nothing, so its correlation refuses it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.model.groups import Similarity

_RECIPE = "orb480/2"

MATCH_SIZE = 480
"""Longest side, in pixels, of the pictures that are compared."""

_SMALL_SIZE = 128
"""Longest side, in pixels, of the pictures that are laid over each other."""

_CELLS, _FEATURES_A_CELL = 6, 20
"""Features are taken from all parts of a picture: a crown of leaves would otherwise claim them all."""

_DETECTED, _FAST_THRESHOLD, _CONTRAST_LIMIT, _NARROWEST = 2000, 5, 4.0, 64
_RATIO = 0.8
"""Lowe's ratio test: the second best match must be that much worse than the best."""

_FEWEST, _REACH, _TRIALS = 8, 5.0, 1000
"""Inliers that make a movement worth looking at, how far in pixels they may be off, and trials of RANSAC."""

_SCALES = (0.2, 5.0)
_UPRIGHT_DEGREES = 30.0

_BLOCK, _BLUR, _NOISE, _TEXTURE = 17, 1.0, 9.0, 25.0
"""Side of the blocks that are correlated, blur before that, variance (of 256 levels) of noise, and of some texture."""

_PATCH, _CLEAR_TEXTURE, _UNRELATED = 7, 40.0, 0.2
"""The same for the search of another subject: smaller blocks, texture in both, and less correlation than this."""

_WHOLE = 0.9
"""How much of a block both pictures must show: at their rims they hardly ever meet to the pixel."""

_LEAST_TEXTURED = 50
"""Pixels with some texture around them, below which there is nothing to compare."""

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

# The pictures are spread over processes; threads within each would only get in one another's way.
cv2.setNumThreads(1)


def matching_recipe(*, rotations: bool) -> str:
    """Names the way similarity is measured: numbers made another way are measured anew."""
    return f"{_RECIPE} turned" if rotations else _RECIPE


@dataclass(frozen=True, slots=True)
class Features:
    """What is kept of a picture to compare it: features (x, y and 256 bits each) and a small copy."""

    points: Floats
    descriptors: Pixels
    size: tuple[int, int]
    small: Pixels

    @property
    def to_small(self) -> Floats:
        """Scales points of the picture to points of the small copy."""
        (width, height), (small_height, small_width) = self.size, self.small.shape
        return np.diag([small_width / width, small_height / height, 1.0])


def features(picture: Image.Image) -> Features:
    """Find the features of an upright grey picture, evenly spread; a smaller one is enlarged first."""
    grey = _resized(np.asarray(picture), MATCH_SIZE)
    height, width = grey.shape
    equalised = cv2.createCLAHE(_CONTRAST_LIMIT, (8, 8)).apply(grey)
    orb = cv2.ORB.create(nfeatures=_DETECTED, fastThreshold=_FAST_THRESHOLD)
    # Of a narrower picture ORB makes copies that have no width at all.
    found = orb.detect(equalised, None) if min(width, height) >= _NARROWEST else ()
    kept, descriptors = orb.compute(equalised, _spread(found, width, height))
    points = np.array([point.pt for point in kept], dtype=np.float64).reshape(-1, 2)
    # Where there are no features, there is no array of them either.
    bits = np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, dtype=np.uint8)
    return Features(points, bits, (width, height), _small(grey))


def similarity(left: Features, right: Features, *, rotations: bool = False) -> Similarity:
    """Measure how well the left picture falls onto the right one; turned and mirrored ones only with `rotations`."""
    found = [
        _aligned(left, right, movement, inliers) for movement, inliers in _movements(left, right, rotations=rotations)
    ]
    return max(found, key=_weight)


def _weight(found: Similarity) -> float:
    """Of two movements the better one: agreement counts, unless it is that of a mere corner."""
    return found.agreement * min(found.overlap, 0.9) + found.inliers / 1e3


def _movements(left: Features, right: Features, *, rotations: bool) -> Iterator[tuple[Floats, int]]:
    """Ways to lay one picture over the other, as 3 x 3 matrices, and how many features agree on each."""
    yield np.diag([right.size[0] / left.size[0], right.size[1] / left.size[1], 1.0]), 0
    yield from _moved(left, right, rotations=rotations)
    if rotations:
        mirror = np.array([[-1.0, 0.0, left.size[0]], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        mirrored = features(Image.fromarray(left.small[:, ::-1]))
        for movement, inliers in _moved(mirrored, right, rotations=rotations):
            to_mirrored = np.diag([mirrored.size[0] / left.size[0], mirrored.size[1] / left.size[1], 1.0])
            yield movement @ to_mirrored @ mirror, inliers


def _moved(left: Features, right: Features, *, rotations: bool) -> Iterator[tuple[Floats, int]]:
    """The similarity on which most features agree, if any."""
    pairs = _matches(left.descriptors, right.descriptors)
    if len(pairs) < _FEWEST:
        return
    movement, is_inlier = cv2.estimateAffinePartial2D(
        left.points[pairs[:, 0]],
        right.points[pairs[:, 1]],
        method=cv2.RANSAC,
        ransacReprojThreshold=_REACH,
        maxIters=_TRIALS,
    )
    if movement is None or is_inlier.sum() < _FEWEST:
        return
    scale = float(np.hypot(movement[0, 0], movement[1, 0]))
    degrees = abs(float(np.degrees(np.arctan2(movement[1, 0], movement[0, 0]))))
    if _SCALES[0] < scale < _SCALES[1] and (rotations or degrees < _UPRIGHT_DEGREES):
        yield np.vstack([movement, [0.0, 0.0, 1.0]]), int(is_inlier.sum())


def _matches(left: Pixels, right: Pixels) -> npt.NDArray[np.int64]:
    """Pairs of features that are each other's best match, and clearly better than the second best."""
    if min(len(left), len(right)) < _FEWEST:
        return np.zeros((0, 2), dtype=np.int64)
    best: dict[int, tuple[float, int]] = {}
    for first, second in cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(left, right, k=2):
        rank = (first.distance, first.queryIdx)
        if first.distance < _RATIO * second.distance and rank < best.get(first.trainIdx, (np.inf, 0)):
            best[first.trainIdx] = rank
    return np.array([(query, train) for train, (_, query) in best.items()], dtype=np.int64).reshape(-1, 2)


def _aligned(left: Features, right: Features, movement: Floats, inliers: int) -> Similarity:
    """Lay the small copies over each other and see how far they agree."""
    small = right.to_small @ movement @ np.linalg.inv(left.to_small)
    height, width = right.small.shape
    laid = _warped(left.small, small, (width, height))
    inside = _warped(np.ones_like(left.small), small, (width, height), cv2.INTER_NEAREST)
    smaller = min(left.small.size * abs(float(np.linalg.det(small[:2, :2]))), right.small.size)
    overlap = min(float(inside.sum()) / smaller, 1.0)
    pictures = _blurred(laid), _blurred(right.small)
    agreement = _agreement(_correlated(*pictures, inside, _BLOCK))
    conflict = _conflict(_correlated(*pictures, inside, _PATCH))
    return Similarity(inliers, round(overlap, 3), round(agreement, 3), round(conflict, 3))


@dataclass(frozen=True, slots=True)
class _Correlation:
    """How pictures correlate around each pixel, how much is to be seen there in each, and where both are."""

    value: Floats
    one: Floats
    other: Floats
    inside: Flags


def _agreement(found: _Correlation) -> float:
    """The mean correlation, which knows no exposure, where there is some texture in either picture."""
    textured = found.inside & (np.maximum(found.one, found.other) > _TEXTURE)
    return float(found.value[textured].mean()) if textured.sum() >= _LEAST_TEXTURED else 0.0


def _conflict(found: _Correlation) -> float:
    """The part that the largest patch takes where both have a texture, but not the same."""
    differs = found.inside & (np.minimum(found.one, found.other) > _CLEAR_TEXTURE) & (found.value < _UNRELATED)
    _, _, patches, _ = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    areas = patches[1:, cv2.CC_STAT_AREA]  # the first is the background
    return float(areas.max()) / int(found.inside.sum()) if len(areas) else 0.0


def _correlated(one: Floats, other: Floats, inside: Pixels, block: int) -> _Correlation:
    """Correlate two pictures block by block."""
    mask = inside.astype(np.float32)
    share = _blocks(mask, block)
    weight = np.maximum(share, 1e-6)

    def mean(values: Floats) -> Floats:
        return _blocks(values * mask, block) / weight

    mean_one, mean_other = mean(one), mean(other)
    spread_one = np.maximum(mean(one * one) - mean_one**2, 0)
    spread_other = np.maximum(mean(other * other) - mean_other**2, 0)
    shared = mean(one * other) - mean_one * mean_other
    correlation = shared / np.sqrt((spread_one + _NOISE) * (spread_other + _NOISE))
    return _Correlation(correlation, spread_one, spread_other, (inside > 0) & (share > _WHOLE))


def _warped(pixels: Pixels, movement: Floats, size: tuple[int, int], sampler: int = cv2.INTER_LINEAR) -> Pixels:
    return np.asarray(cv2.warpAffine(pixels, movement[:2], size, flags=sampler), dtype=np.uint8)


def _blurred(pixels: Pixels) -> Floats:
    return np.asarray(cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), _BLUR), dtype=np.float32)


def _blocks(values: Floats, side: int) -> Floats:
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_CONSTANT), dtype=np.float32)


def _spread(found: Sequence[cv2.KeyPoint], width: int, height: int) -> Sequence[cv2.KeyPoint]:
    """The strongest features of each cell of a grid."""
    kept: list[cv2.KeyPoint] = []
    taken: dict[tuple[int, int], int] = {}
    for point in sorted(found, key=lambda point: -point.response):
        cell = int(point.pt[0] * _CELLS / width), int(point.pt[1] * _CELLS / height)
        taken[cell] = taken.get(cell, 0) + 1
        if taken[cell] <= _FEATURES_A_CELL:
            kept.append(point)
    return kept


def _small(grey: Pixels) -> Pixels:
    """A copy to lay over others; what leaves nothing to see when it is small, such as stars, stays large."""
    small = _resized(grey, _SMALL_SIZE)
    pixels, everywhere = _blurred(small), np.ones_like(small)
    return small if (_correlated(pixels, pixels, everywhere, _BLOCK).one > _TEXTURE).sum() >= _LEAST_TEXTURED else grey


def _resized(grey: Pixels, longest_side: int) -> Pixels:
    height, width = grey.shape
    scale = longest_side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    sampler = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=sampler), dtype=np.uint8)
