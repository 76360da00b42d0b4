"""Telling pairs of pictures apart by sketches of 16 x 16 pixels, so that only promising ones are compared closely.

A sketch without its large shapes, which the hashes have compared already, is laid over the other one at several scales
and shifts, and, if that leaves doubts, tilted. Where a closer look would confirm a pair, the sketches agree well in one
of these places; where it would not, they hardly ever do. All pairs are compared at once by Fourier transforms.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from bestshot.grouping.agreements import Agreements, pair_numbers, sketch_numbers
from bestshot.grouping.clocks import Flags
from bestshot.grouping.hashes import Bits
from bestshot.grouping.spans import Indices
from bestshot.model.appraisal import SKETCH_SIZE, Fingerprint

_SURROUNDINGS = 1.0
"""Standard deviation, in pixels, of the surroundings to which each pixel is compared."""

_NOISE = 9.0
"""Variance, in squared levels of 256, that noise may have: it keeps flat surroundings from saying much."""

_LEAST_TEXTURE = 0.05
"""Mean square of the compared pixels, which is 1 where everything has texture; below, a sketch says too little."""

_SCALES = (1.0, 0.84, 0.7)
"""Sizes at which one sketch is laid onto the other at first."""

_FINE_SCALES = (1.0, 0.92, 0.84, 0.77, 0.7)
"""Sizes at which it is laid there tilted: details that are off by more do not meet those of the other one."""

_TILTS = (0.0, -5.0, 5.0, -10.0, 10.0)
"""By how many degrees it is tilted."""

_MAX_SHIFT = SKETCH_SIZE // 4
"""In pixels; a closer look wants more in common than a larger shift leaves."""

_PIXELS = np.arange(SKETCH_SIZE)
_SHIFTS = np.arange(-_MAX_SHIFT, _MAX_SHIFT + 1)

_MIN_OVERLAP = 0.6
"""Fraction of the smaller sketch that must be on the other one."""

_LEAST_AGREEMENT = 0.48
"""Correlation below which pictures are not compared closely.

Of 340 pairs that a closer look confirms, the lowest has 0.49; of 2,700 others, nine of ten are below."""

_LEAST_UNTILTED = 0.33
"""Correlation below which a sketch would not reach that tilted, either.

Of 787 photos and crops of them, tilted by up to 12 degrees, both limits lose 55 in a thousand; without tilts 98."""

_PLACE_DIFFERS = 0.5
"""In standard deviations of a picture: where one of 16 x 16 pixels differs more, another subject may stand.

People one after the other before a wall differ by 1.4 and more, even if their hashes are alike."""

_PAGE_LEVEL = 0.6
"""Of the brightest place of a page, how bright nine of ten are at least."""

_CHUNK = 2048
"""Pairs compared at once, in some tens of megabytes."""

_GRID = SKETCH_SIZE + _MAX_SHIFT
"""Side of the transforms: no shift comes round from the other side."""

Maps = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complexfloating]


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of photos, as far as they have any: those measured by earlier versions have none."""

    fingerprints: Sequence[Fingerprint]

    def may_match(self, left: Indices, right: Indices, known: Agreements) -> tuple[Flags, Agreements]:
        """Which pairs are worth a closer look: those whose sketches agree somewhere, or say too little.

        What is known of them is not found again; what is then known of these pairs is given as well.
        """
        found = np.ones(len(left), dtype=np.bool_)
        has_sketch = np.array([bool(item.sketch) and not item.is_plain for item in self.fingerprints], dtype=np.bool_)
        asked = np.flatnonzero(has_sketch[left] & has_sketch[right])
        numbers = self._pair_numbers(left[asked], right[asked])
        is_known, found[asked] = known.recalled(numbers)
        new = asked[~is_known]
        for start in range(0, len(new), _CHUNK):
            pairs = new[start : start + _CHUNK]
            found[pairs] = self._agree(left[pairs], right[pairs])
        return found, Agreements.of(numbers, found[asked])

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

    def _pair_numbers(self, left: Indices, right: Indices) -> Bits:
        photos, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        numbers = sketch_numbers(self.fingerprints[photo].sketch for photo in photos.tolist())[places]
        return pair_numbers(numbers[: len(left)], numbers[len(left) :])

    def _agree(self, left: Indices, right: Indices) -> Flags:
        photos, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        maps = _without_large_shapes(b"".join(self.fingerprints[photo].sketch for photo in photos.tolist()))
        one, other = places[: len(left)], places[len(left) :]
        says_little = np.square(maps).mean(axis=(1, 2)) < _LEAST_TEXTURE
        are_turned = any(self.fingerprints[photo].turned for photo in photos.tolist())
        turns = list(_turns(maps)) if are_turned else [maps]
        best = _best_agreement(turns, maps, (one, other), _SCALES)
        doubtful = np.flatnonzero((best >= _LEAST_UNTILTED) & (best < _LEAST_AGREEMENT))
        asked, places = np.unique(np.concatenate([one[doubtful], other[doubtful]]), return_inverse=True)
        tilted = (_tilted(turned[asked], degrees) for turned in turns for degrees in _TILTS)
        pairs = places[: len(doubtful)], places[len(doubtful) :]
        best[doubtful] = _best_agreement(tilted, maps[asked], pairs, _FINE_SCALES)
        agree: Flags = (best >= _LEAST_AGREEMENT) | says_little[one] | says_little[other]
        return agree


def _best_agreement(ways: Iterable[Maps], maps: Maps, pairs: tuple[Indices, Indices], scales: Sequence[float]) -> Maps:
    """The best correlation of each pair, with either sketch turned in one of these ways and scaled down onto the other.

    The ways have to include the reverse of each.
    """
    one, other = pairs
    best = np.full(len(one), -1.0, dtype=np.float32)
    if not len(one):
        return best
    lower = _Lower.of(maps, scales)
    for turned in ways:
        for scale in scales:
            upper = _Upper.of(turned, scale)
            np.maximum(best, _agreement(upper, lower, one, other), out=best)
            if scale < 1.0:  # at full size, that is the reverse
                np.maximum(best, _agreement(upper, lower, other, one), out=best)
    return best


@dataclass(frozen=True, slots=True)
class _Upper:
    """Sketches scaled down: their spectra, mirrored, and how strong what is then on another sketch is of them."""

    scale: float
    spectra: Spectra
    strength: Maps

    @classmethod
    def of(cls, maps: Maps, scale: float) -> "_Upper":
        laid = _laid(scale)
        small = np.asarray(laid.scaling @ maps @ laid.scaling.T, dtype=np.float32)
        strength = _inverse_root(laid.upper_shares @ np.square(small) @ laid.upper_shares.T)
        return cls(scale, np.conj(_spectra(small)), strength)


@dataclass(frozen=True, slots=True)
class _Lower:
    """Sketches onto which others are laid: their spectra, and by scale how strong what is then covered of them is."""

    spectra: Spectra
    strengths: dict[float, Maps]

    @classmethod
    def of(cls, maps: Maps, scales: Sequence[float]) -> "_Lower":
        energies, shares = np.square(maps), {scale: _laid(scale).lower_shares for scale in scales}
        return cls(_spectra(maps), {scale: _inverse_root(one @ energies @ one.T) for scale, one in shares.items()})


def _agreement(upper: _Upper, lower: _Lower, one: Indices, other: Indices) -> Maps:
    """The best correlation of each pair, with the upper sketch of photo `one` on the lower one of `other`."""
    products = upper.spectra[one] * lower.spectra[other]
    shared = _at_shifts(products) * upper.strength[one] * lower.strengths[upper.scale][other]
    best: Maps = shared[:, _laid(upper.scale).is_enough].max(axis=1)
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


def _at_shifts(products: Spectra) -> Maps:
    """The correlations that these spectra are of, at the shifts in question alone, as a product of matrices."""
    parts = np.ascontiguousarray(products, dtype=np.complex64).view(np.float32).reshape(len(products), -1)
    shared: Maps = (parts @ _inverse_transform()).reshape(-1, len(_SHIFTS), len(_SHIFTS))
    return shared


@cache
def _inverse_transform() -> Maps:
    """The matrix from the real and imaginary parts of a spectrum of real numbers to the values at all shifts.

    All columns of such a spectrum but the first and the last stand for two, of which one is left out.
    """
    rows, columns = np.arange(_GRID), np.arange(_GRID // 2 + 1)
    stands_for = np.where((columns == 0) | (columns == _GRID // 2), 1.0, 2.0) / _GRID**2
    turns = np.exp(
        2j
        * np.pi
        / _GRID
        * (np.multiply.outer(rows, _SHIFTS)[:, None, :, None] + np.multiply.outer(columns, _SHIFTS)[None, :, None, :])
    )
    waves = stands_for[None, :, None, None] * turns
    both = np.stack([waves.real, -waves.imag], axis=2)
    matrix: Maps = both.reshape(-1, len(_SHIFTS) ** 2).astype(np.float32)
    return matrix


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


def _tilted(maps: Maps, degrees: float) -> Maps:
    """The maps turned about their middle; nothing is outside."""
    turned: Maps = (maps.reshape(len(maps), -1) @ _tilting(degrees)).reshape(maps.shape)
    return turned


@cache
def _tilting(degrees: float) -> Maps:
    """The matrix that turns pixels, row by row, by interpolation between the four around each place."""
    middle, turn = (SKETCH_SIZE - 1) / 2, np.exp(1j * np.radians(degrees))
    source = np.add.outer(1j * (_PIXELS - middle), _PIXELS - middle).ravel() * turn
    places = source.imag + middle, source.real + middle
    down, across = (np.maximum(0.0, 1.0 - np.abs(_PIXELS[:, None] - place)) for place in places)
    matrix: Maps = (down[:, None, :] * across[None, :, :] * _is_inside(*places)).astype(np.float32)
    return matrix.reshape(SKETCH_SIZE**2, SKETCH_SIZE**2)


def _is_inside(*places: npt.NDArray[np.floating]) -> Flags:
    """Which places, given along one axis or both, are on a sketch."""
    inside: Flags = np.logical_and.reduce([(place >= -0.5) & (place <= SKETCH_SIZE - 0.5) for place in places])
    return inside


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
    weights[~_is_inside(source)] = 0.0
    blurred = weights if scale == 1.0 else weights @ _smoothing(0.45 / scale)
    return np.asarray(blurred, dtype=np.float32)
