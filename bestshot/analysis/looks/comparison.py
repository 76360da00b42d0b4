"""Comparing two small pictures: does one match the other once it is moved and scaled?

Local features (ORB, Rublee et al. 2011) are matched, RANSAC estimates the transform on which most matches agree, and
the pictures are then aligned and correlated block by block. A degenerate transform (all points onto one, an absurd
scale, features crowded into a corner) aligns nothing, so the correlation rejects it. Pairs that light and shade alone
show to match, or to have nothing in common, need no features.
"""

from collections.abc import Iterator
from functools import cached_property
from math import inf

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.analysis.looks.correlation import MIN_TEXTURED, Layer, Mask, agreement, conflict, everywhere
from bestshot.analysis.looks.features import Features, features_of, matches
from bestshot.analysis.looks.pages import are_pages, letters, unlike_writing
from bestshot.analysis.looks.placing import Small, placed, refined
from bestshot.grouping.rules import GroupingRules
from bestshot.model.groups import Similarity

MATCH_SIZE = 480
"""Longest side, in pixels, of the pictures that are compared."""

_SMALL_SIZE = 128
"""Longest side, in pixels, of the pictures that are laid over each other."""

_MIN_INLIERS = 8
"""Matches that must agree on a transform for it to be considered."""

_MAX_ERROR = 5.0
"""How far, in pixels, a match may be off and still agree with a transform."""

_ITERATIONS = 1000
"""The most iterations of RANSAC."""

_MIN_SCALE = 0.2
"""A smaller scale is not a crop or zoom, but a wrong estimate."""

_MAX_SCALE = 5.0
"""A larger scale is a wrong estimate, too."""

_NO_MOVE = 1e-6
"""What a transform between small copies may differ from none; rounding leaves a thousandth of it."""

_MAX_ROTATION = 30.0
"""In degrees; without `rotations`, pictures that are turned by more do not match."""

_NO_CONFLICT = 0.004
"""Conflict up to which pictures that match as they are need not be aligned: half of what another subject has."""

_LEAST_CORRELATION = 0.85
"""Correlation of small copies from which it is worthwhile to align them exactly."""

_LEAST_AGREEMENT = 0.8
"""Agreement from which pictures match that were aligned without features; 0.7 would do with them."""

_LEAST_CONFLICT = 0.001
"""Conflict up to which such pictures match: an eighth of what another subject has, which may have been made to fit."""

_LEAST_OVERLAP = 0.95
"""Overlap from which they do: with less of it the camera may have been turned, as for a panorama."""

_MOST_ZOOM = 1.5
"""The scale up to which they do: few edges fit many, if they may be scaled at will."""

_FULL_OF_TEXTURE = 0.25
"""Fraction of such pictures that must have texture: a single window fits any other."""

_LEAST_SIDE = 32
"""Side, in pixels, that a small copy must have to be laid on another one without features."""

_HOPELESS_LIKENESS = 0.5
_HOPELESS_CORRELATION = 0.6
_HOPELESS_AGREEMENT = 0.2
"""If all three are less, pictures have nothing in common.

A match needs an agreement of 0.4 at least, even where many features support it."""

_FULL_OVERLAP = 0.9
"""Overlap beyond which more of it makes an alignment no better."""

_INLIERS_PER_CORRELATION = 1000
"""Inliers that count as much as a perfect correlation, so they decide only between nearly equal alignments."""

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Boxes = npt.NDArray[np.integer | np.floating]

# Pictures are spread over processes already; threads within each would only compete.
cv2.setNumThreads(1)


class Comparable:
    """What an upright grey picture is compared by: a small copy, and its features, found once they are needed."""

    def __init__(self, picture: Image.Image) -> None:
        self._grey = _resized(np.asarray(picture), MATCH_SIZE)
        small = _resized(self._grey, _SMALL_SIZE)
        shades = Small(small)
        layer = Layer(shades.blurred, everywhere(small.shape))
        textured = layer.textured
        is_visible = textured >= MIN_TEXTURED
        # A large copy shows what is not to be seen at a small size, as with stars.
        self.small = small if is_visible else self._grey
        self.shades = shades if is_visible else Small(self._grey)
        self._layer = layer if is_visible else None
        self.can_be_placed = is_visible and min(small.shape) >= _LEAST_SIDE
        self.is_full_of_texture = textured >= _FULL_OF_TEXTURE * small.size

    @property
    def layer(self) -> Layer:
        """The small copy to be correlated with others; a large one is not kept, since that would take megabytes."""
        return self._layer or Layer(self.shades.blurred, everywhere(self.small.shape))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels, of the picture in which features are found."""
        height, width = self._grey.shape
        return width, height

    @property
    def to_small(self) -> Floats:
        """The matrix that scales points of the picture to points of the small copy."""
        (width, height), (small_height, small_width) = self.size, self.small.shape
        return np.diag([small_width / width, small_height / height, 1.0])

    @cached_property
    def mirrored(self) -> "Comparable":
        """The small copy as a mirror shows it."""
        return Comparable(Image.fromarray(self.small[:, ::-1]))

    @property
    def grey(self) -> Pixels:
        """The picture in which features are found."""
        return self._grey

    @cached_property
    def letters(self) -> int:
        """How many letters it shows if it is a written page; 0 if not."""
        return letters(self._grey)

    @cached_property
    def features(self) -> Features:
        """Evenly spread features."""
        return features_of(self._grey)


def similarity(left: Comparable, right: Comparable, *, rotations: bool = False, apart: bool = False) -> Similarity:
    """Measure how well the left picture matches the right one; turned or mirrored only with `rotations`.

    Where they clearly match as they are, whenever they were taken, no features are looked for: most of the cost. Nor
    are they for pictures taken `apart` that clearly match once moved, or clearly have nothing in common.
    """
    stretch = np.diag([right.size[0] / left.size[0], right.size[1] / left.size[1], 1.0])
    as_they_are = _aligned(left, right, stretch, 0)
    if as_they_are.conflict <= _NO_CONFLICT and GroupingRules().confirmed_by(as_they_are, inf):
        return as_they_are
    if apart and not rotations and left.can_be_placed and right.can_be_placed:
        clear = _clear(left, right, as_they_are)
        if clear is not None:
            return clear
    estimates = _estimates(left, right, rotations=rotations)
    moved = [_aligned(left, right, transform, inliers) for transform, inliers in estimates]
    return max([as_they_are, *moved], key=_quality)


def _clear(left: Comparable, right: Comparable, as_they_are: Similarity) -> Similarity | None:
    """How pictures are alike of which light and shade alone tell that they match, or that they do not; else None."""
    place = placed(left.shades, right.shades)
    if place.correlation >= _LEAST_CORRELATION and left.is_full_of_texture and right.is_full_of_texture:
        small = refined(left.shades, right.shades, place)
        moved = _aligned(left, right, np.linalg.inv(right.to_small) @ small @ left.to_small, 0)
        match = moved.agreement >= _LEAST_AGREEMENT and moved.conflict <= _LEAST_CONFLICT
        return moved if match and moved.overlap >= _LEAST_OVERLAP and moved.scale <= _MOST_ZOOM else None
    is_hopeless = place.likeness < _HOPELESS_LIKENESS and place.correlation < _HOPELESS_CORRELATION
    return as_they_are if is_hopeless and as_they_are.agreement < _HOPELESS_AGREEMENT else None


def _quality(found: Similarity) -> float:
    """Which of several alignments is best: agreement counts, unless it is that of a mere corner."""
    return found.agreement * min(found.overlap, _FULL_OVERLAP) + found.inliers / _INLIERS_PER_CORRELATION


def _estimates(left: Comparable, right: Comparable, *, rotations: bool) -> Iterator[tuple[Floats, int]]:
    """Possible alignments, as 3 x 3 matrices from left to right, and how many matches agree on each."""
    yield from _estimated(left, right, rotations=rotations)
    if rotations:
        mirror = np.array([[-1.0, 0.0, left.size[0]], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        mirrored = left.mirrored
        for transform, inliers in _estimated(mirrored, right, rotations=rotations):
            to_mirrored = np.diag([mirrored.size[0] / left.size[0], mirrored.size[1] / left.size[1], 1.0])
            yield transform @ to_mirrored @ mirror, inliers


def _estimated(left: Comparable, right: Comparable, *, rotations: bool) -> Iterator[tuple[Floats, int]]:
    """The similarity transform on which most matches agree, if any."""
    one, other = left.features, right.features
    pairs = matches(one.descriptors, other.descriptors)
    if len(pairs) < _MIN_INLIERS:
        return
    transform, is_inlier = cv2.estimateAffinePartial2D(
        one.points[pairs[:, 0]],
        other.points[pairs[:, 1]],
        method=cv2.RANSAC,
        ransacReprojThreshold=_MAX_ERROR,
        maxIters=_ITERATIONS,
    )
    if transform is None or is_inlier.sum() < _MIN_INLIERS:
        return
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    degrees = abs(float(np.degrees(np.arctan2(transform[1, 0], transform[0, 0]))))
    if _MIN_SCALE < scale < _MAX_SCALE and (rotations or degrees < _MAX_ROTATION):
        yield np.vstack([transform, [0.0, 0.0, 1.0]]), int(is_inlier.sum())


def _aligned(left: Comparable, right: Comparable, transform: Floats, inliers: int) -> Similarity:
    """Align the small copies and measure how far they agree."""
    small = right.to_small @ transform @ np.linalg.inv(left.to_small)
    layers = _laid(left, right, small)
    mask = layers[0].mask
    smaller = min(left.small.size * abs(float(np.linalg.det(small[:2, :2]))), right.small.size)
    overlap = min(int(mask.inside.sum()) / smaller, 1.0)
    differing = conflict(*layers)
    if are_pages(left.letters, right.letters):
        differing = max(differing, _unlike_writing(left, right, transform))
    scale = float(np.hypot(small[0, 0], small[1, 0]) * left.small.shape[1] / right.small.shape[1])
    return Similarity(
        inliers, round(overlap, 3), round(agreement(*layers), 3), round(differing, 4), round(max(scale, 1 / scale), 3)
    )


def _laid(left: Comparable, right: Comparable, small: Floats) -> tuple[Layer, Layer]:
    """The left small copy, moved by the transform, and the right one, as far as both are there."""
    if left.small.shape == right.small.shape and np.allclose(small, np.eye(3), rtol=0, atol=_NO_MOVE):
        return left.layer, right.layer
    size = right.small.shape[1], right.small.shape[0]
    moved = Small(_warped(left.small, small, size)).blurred
    inside = _warped(np.ones_like(left.small), small, size, cv2.INTER_NEAREST)
    if inside.all():
        return Layer(moved, right.layer.mask), right.layer
    mask = Mask(inside > 0)
    return Layer(moved, mask), Layer(right.shades.blurred, mask)


def _unlike_writing(left: Comparable, right: Comparable, transform: Floats) -> float:
    """Which fraction of the writing is unlike on two pages that are aligned at the size of their features."""
    aligned = _warped(left.grey, transform, right.size)
    inside = _warped(np.ones_like(left.grey), transform, right.size, cv2.INTER_NEAREST)
    return unlike_writing((aligned, right.grey), inside)


def _warped(pixels: Pixels, transform: Floats, size: tuple[int, int], sampler: int = cv2.INTER_LINEAR) -> Pixels:
    return np.asarray(cv2.warpAffine(pixels, transform[:2], size, flags=sampler), dtype=np.uint8)


def _resized(grey: Pixels, longest_side: int) -> Pixels:
    height, width = grey.shape
    scale = longest_side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    sampler = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=sampler), dtype=np.uint8)
