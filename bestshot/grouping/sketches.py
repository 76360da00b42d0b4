"""Telling pairs of pictures apart by sketches of 16 x 16 pixels, so that only promising ones are compared closely.

A sketch without its large shapes, which the hashes have compared already, is laid over the other one at several scales
and shifts. Where a closer look would confirm a pair, the sketches agree well in one of these places; where it would
not, they hardly ever do. All pairs are compared at once by Fourier transforms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from bestshot.grouping.clocks import Flags
from bestshot.grouping.spans import Indices
from bestshot.model.appraisal import SKETCH_SIZE, Fingerprint

_SURROUNDINGS = 1.0
"""Standard deviation, in pixels, of the surroundings to which each pixel is compared."""

_NOISE = 9.0
"""Variance, in squared levels of 256, that noise may have: it keeps flat surroundings from saying much."""

_LEAST_TEXTURE = 0.05
"""Mean square of the compared pixels, which is 1 where everything has texture; below, a sketch says too little."""

_SCALES = (1.0, 0.84, 0.7)
"""Sizes at which one sketch is laid onto the other."""

_MAX_SHIFT = SKETCH_SIZE // 4
"""In pixels; a closer look wants more in common than a larger shift leaves."""

_PIXELS = np.arange(SKETCH_SIZE)
_SHIFTS = np.arange(-_MAX_SHIFT, _MAX_SHIFT + 1)

_MIN_OVERLAP = 0.6
"""Fraction of the smaller sketch that must be on the other one."""

_LEAST_AGREEMENT = 0.38
"""Correlation below which pictures are not compared closely.

Of 340 pairs that a closer look confirms, the lowest has 0.46; of 7,712 others, four of five are below."""

_PLACE_DIFFERS = 0.5
"""In standard deviations of a picture: where one of 16 x 16 pixels differs more, another subject may stand.

People one after the other before a wall differ by 1.4 and more, even if their hashes are alike."""

_PAGE_LEVEL = 0.6
"""Of the brightest place of a page, how bright nine of ten are at least."""

_CHUNK = 8192
"""Pairs compared at once, in some tens of megabytes."""

_GRID = SKETCH_SIZE + _MAX_SHIFT
"""Side of the transforms: no shift comes round from the other side."""

Maps = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complexfloating]


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of photos, as far as they have any: those measured by earlier versions have none."""

    fingerprints: Sequence[Fingerprint]

    def may_match(self, left: Indices, right: Indices) -> Flags:
        """Which pairs are worth a closer look: those whose sketches agree somewhere, or say too little."""
        found = np.ones(len(left), dtype=np.bool_)
        has_sketch = np.array([bool(item.sketch) and not item.is_plain for item in self.fingerprints], dtype=np.bool_)
        known = np.flatnonzero(has_sketch[left] & has_sketch[right])
        for start in range(0, len(known), _CHUNK):
            pairs = known[start : start + _CHUNK]
            found[pairs] = self._agree(left[pairs], right[pairs])
        return found

    def differ_somewhere(self, left: Indices, right: Indices) -> Flags:
        """Which pairs have a place that differs by more than the exposure; none of those without sketches."""
        found = np.zeros(len(left), dtype=np.bool_)
        has_sketch = np.array([bool(item.sketch) for item in self.fingerprints], dtype=np.bool_)
        known = np.flatnonzero(has_sketch[left] & has_sketch[right])
        for start in range(0, len(known), _CHUNK):
            pairs = known[start : start + _CHUNK]
            found[pairs] = self._largest_residual(left[pairs], right[pairs]) > _PLACE_DIFFERS
        return found

    def may_be_pages(self, left: Indices, right: Indices) -> Flags:
        """Which pairs may both be written pages: bright nearly everywhere."""
        are_asked = np.zeros(len(self.fingerprints), dtype=np.bool_)
        are_asked[left] = are_asked[right] = True
        is_bright = np.zeros_like(are_asked)
        known = [photo for photo in np.flatnonzero(are_asked).tolist() if self.fingerprints[photo].sketch]
        for start in range(0, len(known), _CHUNK):
            photos = known[start : start + _CHUNK]
            is_bright[photos] = _are_bright_everywhere(b"".join(self.fingerprints[photo].sketch for photo in photos))
        both: Flags = is_bright[left] & is_bright[right]
        return both

    def _largest_residual(self, left: Indices, right: Indices) -> Maps:
        """The largest difference of a pixel once the exposures are equal, in standard deviations of the picture."""
        one, other = (self._levels(photos) for photos in (left, right))
        spread = np.sqrt(np.maximum(np.maximum((one**2).mean(axis=1), (other**2).mean(axis=1)), _NOISE))
        gain = (one * other).sum(axis=1) / np.maximum((one**2).sum(axis=1), 1.0)
        return np.asarray(np.abs(other - gain[:, None] * one).max(axis=1) / spread, dtype=np.float32)

    def _levels(self, photos: Indices) -> Maps:
        """The pixels of sketches, one a row, around their mean."""
        joined = b"".join(self.fingerprints[photo].sketch for photo in photos.tolist())
        pixels = np.frombuffer(joined, np.uint8).reshape(len(photos), -1).astype(np.float32)
        return np.asarray(pixels - pixels.mean(axis=1, keepdims=True), dtype=np.float32)

    def _agree(self, left: Indices, right: Indices) -> Flags:
        photos, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        maps = _without_large_shapes(b"".join(self.fingerprints[photo].sketch for photo in photos.tolist()))
        one, other = places[: len(left)], places[len(left) :]
        says_little = np.square(maps).mean(axis=(1, 2)) < _LEAST_TEXTURE
        are_turned = any(self.fingerprints[photo].turned for photo in photos.tolist())
        best = np.full(len(left), -1.0, dtype=np.float32)
        for turned in _turns(maps) if are_turned else (maps,):
            np.maximum(best, _agreement(turned, maps, one, other, _SCALES), out=best)
            np.maximum(best, _agreement(maps, turned, other, one, _SCALES[1:]), out=best)
        agree: Flags = (best >= _LEAST_AGREEMENT) | says_little[one] | says_little[other]
        return agree


def _agreement(upper: Maps, lower: Maps, one: Indices, other: Indices, scales: Sequence[float]) -> Maps:
    """The best correlation of each pair, with the upper sketch of photo `one` on the lower one of `other`."""
    best = np.full(len(one), -1.0, dtype=np.float32)
    whole = _spectra(lower)
    for scale in scales:
        laid = _laid(scale)
        small = np.asarray(laid.scaling @ upper @ laid.scaling.T, dtype=np.float32)
        strength = _inverse_root(laid.upper_shares @ np.square(small) @ laid.upper_shares.T)
        lower_strength = _inverse_root(laid.lower_shares @ np.square(lower) @ laid.lower_shares.T)
        plane = np.fft.irfft2(np.conj(_spectra(small))[one] * whole[other], (_GRID, _GRID))
        shared = plane[:, _SHIFTS[:, None], _SHIFTS] * strength[one] * lower_strength[other]
        np.maximum(best, shared[:, laid.is_enough].max(axis=1), out=best)
    return best


@dataclass(frozen=True, slots=True)
class _Laid:
    """How one sketch is laid scaled down onto another, as matrices for its rows and for its columns.

    The shares say, for each shift along one axis, which pixels of either sketch are on the other one; `is_enough`, at
    which shifts along both axes that is enough of the upper one.
    """

    scaling: Maps
    upper_shares: Maps
    lower_shares: Maps
    is_enough: Flags


@cache
def _laid(scale: float) -> _Laid:
    scaling = _resampling(scale)
    is_inside = scaling.any(axis=1)
    shares = np.zeros((2, len(_SHIFTS), SKETCH_SIZE), dtype=np.float32)
    for row, shift in enumerate(_SHIFTS.tolist()):
        lands = is_inside & (_PIXELS + shift >= 0) & (_PIXELS + shift < SKETCH_SIZE)
        shares[0, row, _PIXELS[lands]] = shares[1, row, _PIXELS[lands] + shift] = 1.0
    overlap = shares[0].sum(axis=1) / is_inside.sum()
    return _Laid(scaling, shares[0], shares[1], np.outer(overlap, overlap) >= _MIN_OVERLAP)


def _are_bright_everywhere(sketches: bytes) -> Flags:
    """Whether hardly any place of a sketch is much darker than the brightest one, as on paper with writing."""
    levels = np.frombuffer(sketches, np.uint8).reshape(-1, SKETCH_SIZE**2)
    darkest = levels.shape[1] // 10
    bright: Flags = np.partition(levels, darkest)[:, darkest] >= _PAGE_LEVEL * levels.max(axis=1)
    return bright


def _spectra(maps: Maps) -> Spectra:
    return np.fft.rfft2(maps, (_GRID, _GRID))


def _inverse_root(energies: Maps) -> Maps:
    return np.asarray(1.0 / np.sqrt(np.maximum(energies, 1.0)), dtype=np.float32)


def _without_large_shapes(sketches: bytes) -> Maps:
    """Each pixel in relation to its surroundings, whatever the exposure."""
    pixels = np.frombuffer(sketches, np.uint8).reshape(-1, SKETCH_SIZE, SKETCH_SIZE).astype(np.float32)
    around = _smoothing(_SURROUNDINGS)
    mean = around @ pixels @ around.T
    variance = np.maximum(around @ pixels**2 @ around.T - mean**2, 0)
    return np.asarray((pixels - mean) / np.sqrt(variance + _NOISE), dtype=np.float32)


def _turns(maps: Maps) -> Iterator[Maps]:
    """The maps in all eight ways to turn and mirror them."""
    for mirrored in (maps, maps.swapaxes(1, 2)):
        for quarters in range(4):
            yield np.rot90(mirrored, quarters, axes=(1, 2))


@cache
def _smoothing(deviation: float) -> Maps:
    """The matrix that blurs columns of pixels, which are mirrored at their ends."""
    reach = np.arange(-SKETCH_SIZE + 1, SKETCH_SIZE)
    weights = np.exp(-0.5 * (reach / deviation) ** 2)
    matrix = np.zeros((SKETCH_SIZE, SKETCH_SIZE))
    for row in range(SKETCH_SIZE):
        columns = np.abs(row + reach)
        columns = np.where(columns < SKETCH_SIZE, columns, 2 * SKETCH_SIZE - 2 - columns)
        np.add.at(matrix[row], columns, weights / weights.sum())
    return matrix.astype(np.float32)


@cache
def _resampling(scale: float) -> Maps:
    """The matrix that scales columns of pixels down around their middle; nothing is outside."""
    middle = (SKETCH_SIZE - 1) / 2
    source = middle + (_PIXELS - middle) / scale
    weights = np.maximum(0.0, 1.0 - np.abs(source[:, None] - _PIXELS))
    weights[(source < -0.5) | (source > SKETCH_SIZE - 0.5)] = 0.0
    blurred = weights if scale == 1.0 else weights @ _smoothing(0.45 / scale)
    return np.asarray(blurred, dtype=np.float32)
