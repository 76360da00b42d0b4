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

from bestshot.grouping.clocks import Flags, Indices
from bestshot.model.appraisal import SKETCH_SIZE, Fingerprint

_SURROUNDINGS = 1.0
"""Standard deviation, in pixels, of the surroundings to which each pixel is compared."""

_NOISE = 9.0
"""Variance, in squared levels of 256, that noise may have: it keeps flat surroundings from saying much."""

_LEAST_TEXTURE = 0.05
"""Mean square of the compared pixels, which is 1 where everything has texture; below, a sketch says too little."""

_SCALES = (1.0, 0.9, 0.8, 0.7)
"""Sizes at which one sketch is laid onto the other."""

_MAX_SHIFT = SKETCH_SIZE // 4
"""In pixels; a closer look wants more in common than a larger shift leaves."""

_MIN_OVERLAP = 0.6
"""Fraction of the smaller sketch that must be on the other one."""

_LEAST_AGREEMENT = 0.4
"""Correlation below which pictures are not compared closely.

Of 340 pairs that a closer look confirms, one has 0.46, all others at least 0.5; of 7,712 others 81 % are below."""

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

    def _agree(self, left: Indices, right: Indices) -> Flags:
        photos, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        maps = _without_large_shapes(b"".join(self.fingerprints[photo].sketch for photo in photos.tolist()))
        one, other = places[: len(left)], places[len(left) :]
        says_little = (maps**2).mean(axis=(1, 2)) < _LEAST_TEXTURE
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
    whole, squares = _spectra(lower), _spectra(np.square(lower))
    everywhere = _spectra(np.ones((1, SKETCH_SIZE, SKETCH_SIZE), dtype=np.float32))
    for scale in scales:
        resampled = _resampling(scale)
        small = np.asarray(resampled @ upper @ resampled.T, dtype=np.float32)
        is_inside = resampled.any(axis=1)
        area = np.outer(is_inside, is_inside).astype(np.float32)[None]
        on_it = np.conj(_spectra(area))
        overlap = _shifted(on_it * everywhere)[0] / area.sum()
        near = overlap >= _MIN_OVERLAP
        energy = _shifted(np.conj(_spectra(np.square(small))) * everywhere)[:, near]
        covered = _shifted(on_it * squares)[:, near]
        shared = _shifted(np.conj(_spectra(small))[one] * whole[other])[:, near]
        norm = np.sqrt(np.maximum(energy[one] * covered[other], 1.0))
        np.maximum(best, (shared / norm).max(axis=1), out=best)
    return best


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


def _spectra(maps: Maps) -> Spectra:
    return np.fft.rfft2(maps, (_GRID, _GRID))


def _shifted(product: Spectra) -> Maps:
    """What corresponds to the shifts that count, for each pair."""
    plane = np.fft.irfft2(product, (_GRID, _GRID))
    shifts = np.arange(-_MAX_SHIFT, _MAX_SHIFT + 1)
    return np.asarray(plane[:, shifts[:, None], shifts[None, :]].reshape(len(plane), -1), dtype=np.float32)


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
    source = middle + (np.arange(SKETCH_SIZE) - middle) / scale
    weights = np.maximum(0.0, 1.0 - np.abs(source[:, None] - np.arange(SKETCH_SIZE)[None, :]))
    weights[(source < -0.5) | (source > SKETCH_SIZE - 0.5)] = 0.0
    blurred = weights if scale == 1.0 else weights @ _smoothing(0.45 / scale)
    return np.asarray(blurred, dtype=np.float32)
