"""What pixels remember of their past: an earlier JPEG compression, and the size at which they were taken."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

_BLOCK = 8
"""Side, in pixels, of the blocks that JPEG transforms."""

_HIGHEST = 6
"""Frequencies of a block up to this sum are looked at; higher ones are mostly zero."""

_MIN_COEFFICIENTS = 200
"""Fewer coefficients of a frequency that are not zero tell nothing."""

_MAX_BIN = 150
"""Larger coefficients are too rare to tell anything."""

_MIN_FREQUENCIES = 4
"""Fewer frequencies that tell something decide nothing."""

_TELLING_PERCENTILE = 80
"""Of the frequencies, those count on which the earlier compression left the clearest trace."""

_TRACE = 0.03
"""From here on, the histograms rise because of an earlier compression: by chance they rise by 0.006, after a JPEG of
quality 97 by 0.3."""

_SPECTRUM_SAMPLES = 64
"""Length, in pixels, of the pieces of rows and columns whose frequencies are measured."""

_WINDOW = np.hanning(_SPECTRUM_SAMPLES)

_MAX_LINES = 200
"""Rows, and columns, from which those pieces are taken."""

MIDDLE = tuple((row, column) for row in range(_HIGHEST + 1) for column in range(_HIGHEST + 1 - row) if row + column)
"""The frequencies, as places in a block, that are looked at."""


def was_jpeg(luma: npt.NDArray[np.uint8], steps: Floats | None = None, ends: tuple[int, int] = (0, 0)) -> bool | None:
    """Whether the pixels were compressed as JPEG before, more coarsely than now; None if they do not tell.

    `steps` is the quantisation table of the picture if it is a JPEG itself. `ends` are the rows and columns that whole
    blocks leave over: a picture that was turned since has its grid begin there. The coefficients of a picture that was
    never compressed become rarer the larger they are. An earlier compression left multiples of its own steps only, so
    the histogram rises again from the gaps between them (Fridrich & Lukáš 2003) - on the grid of its blocks, not beside
    it.
    """
    table = np.ones((_BLOCK, _BLOCK)) if steps is None else steps
    beside = _rises(luma, (4, 4), table)
    is_told = False
    for corner in sorted({(top, left) for top in (0, ends[0]) for left in (0, ends[1])} - {(4, 4)}):
        trace = _trace(_rises(luma, corner, table), beside)
        if trace is not None and trace > _TRACE:
            return True
        is_told |= trace is not None
    return False if is_told else None


def _trace(on_grid: dict[tuple[int, int], float], beside: dict[tuple[int, int], float]) -> float | None:
    differences = [on_grid[place] - beside[place] for place in on_grid.keys() & beside.keys()]
    if len(differences) < _MIN_FREQUENCIES:
        return None
    return float(np.percentile(differences, _TELLING_PERCENTILE))


def _rises(luma: npt.NDArray[np.uint8], corner: tuple[int, int], steps: Floats) -> dict[tuple[int, int], float]:
    """By which share the histogram of each frequency rises where it should fall."""
    # A damaged table may hold a step of 0.
    own_steps = np.array([max(1.0, steps[place]) for place in MIDDLE], np.float32)[:, None]
    sizes = np.abs(coefficients := _coefficients(luma, corner), out=coefficients)
    sizes /= own_steps
    np.minimum(np.rint(sizes, out=sizes), _MAX_BIN, out=sizes)
    sizes += (_MAX_BIN + 1) * np.arange(len(MIDDLE), dtype=np.float32)[:, None]  # each frequency has bins of its own
    bins = sizes.ravel().astype(np.intp)
    histograms = np.bincount(bins, minlength=(_MAX_BIN + 1) * len(MIDDLE)).reshape(len(MIDDLE), -1)
    counts = histograms[:, 1:_MAX_BIN]
    totals, rises = counts.sum(axis=1), np.maximum(0, np.diff(counts)).sum(axis=1)
    return {
        place: float(rise / total)
        for place, rise, total in zip(MIDDLE, rises, totals, strict=True)
        if total >= _MIN_COEFFICIENTS
    }


def _coefficients(luma: npt.NDArray[np.uint8], corner: tuple[int, int]) -> Floats:
    """Of each frequency that is looked at, the coefficients of all blocks on the grid that begins at this corner."""
    top, left = corner
    rows, columns = (max(0, length - start) // _BLOCK for length, start in zip(luma.shape, corner, strict=True))
    whole = luma[top : top + rows * _BLOCK, left : left + columns * _BLOCK].astype(np.float32) - 128
    pixels = whole.reshape(rows, _BLOCK, columns, _BLOCK).transpose(1, 3, 0, 2).reshape(_BLOCK**2, rows * columns)
    coefficients: Floats = _WAVES @ pixels
    return coefficients


def _cosines() -> Floats:
    """The matrix of the orthonormal discrete cosine transform (type II)."""
    frequency, sample = np.arange(_BLOCK)[:, None], np.arange(_BLOCK)[None, :]
    cosines = np.cos(np.pi * frequency * (2 * sample + 1) / (2 * _BLOCK)) * np.sqrt(2 / _BLOCK)
    cosines[0] /= np.sqrt(2)
    matrix: Floats = cosines.astype(np.float32)
    return matrix


_COSINES = _cosines()
_WAVES = np.stack([np.outer(_COSINES[row], _COSINES[column]).ravel() for row, column in MIDDLE])
"""By the frequencies that are looked at, what each pixel of a block adds to the coefficient."""


def spectrum(luma: npt.NDArray[np.uint8]) -> tuple[float, ...]:
    """The decimal logarithm of the power of each frequency in the livelier half of a picture; empty if it is too small.

    An enlarged picture has hardly any power beyond the highest frequency of the one from which it was made.
    """
    powers = [_power(lines) for lines in (luma, luma.T) if lines.shape[1] >= _SPECTRUM_SAMPLES]
    if not powers:
        return ()
    return tuple(round(float(value), 3) for value in np.log10(np.mean(powers, axis=0) + 1e-3))


def _power(lines: npt.NDArray[np.uint8]) -> Floats:
    length = lines.shape[1] // _SPECTRUM_SAMPLES * _SPECTRUM_SAMPLES
    chosen = lines[:: max(1, len(lines) // _MAX_LINES), :length]
    pieces = chosen.reshape(-1, _SPECTRUM_SAMPLES).astype(np.float32)  # in which their sums and squares are exact
    means = (pieces @ np.ones(_SPECTRUM_SAMPLES, np.float32)).astype(np.float64) / _SPECTRUM_SAMPLES
    variances = np.einsum("ij,ij->i", pieces, pieces).astype(np.float64) / _SPECTRUM_SAMPLES - means**2
    lively = np.flatnonzero(variances >= np.median(variances))
    waves = np.fft.rfft((pieces[lively] - means[lively, None]) * _WINDOW, axis=1)
    power: Floats = (waves.real**2 + waves.imag**2).mean(axis=0)
    return power
