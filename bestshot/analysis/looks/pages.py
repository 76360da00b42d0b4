"""Telling written pages apart: receipts of one shop and forms of one office differ in a few lines and in nothing else.

At the size at which scenes are compared a line of writing is a grey bar, so pages are compared at a larger one, and
only where something is written on both.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Pair = tuple[Pixels, Pixels]

_LEVELS = 256

_PAPER_LEVEL = 0.85
"""Of the brightest tenth, from which brightness on a pixel is paper."""

_LEAST_PAPER = 0.75
"""Fraction of a page that is paper."""

_LETTER_HEIGHTS = (3, 24)
"""In pixels, of letters and short words."""

_MAX_LETTER_WIDTH = 48
"""In pixels; what is wider is a line or a box."""

_LEAST_LETTERS = 100
"""Fewer letters make no page."""

_AS_LEGIBLE = 0.8
"""If one page has fewer letters than this fraction of the other's, one of them is out of focus, and nothing is told."""

_NEIGHBOURHOOD, _INK = 25, 12
"""How much darker, in levels of 256, ink is than what is around it, in so many pixels."""

_LINE = 17
"""Side, in pixels, of the blocks in which writing is compared; about a line."""

_WRITTEN = 100.0
"""Variance from which something is written in a block."""

_UNLIKE = 0.7
"""Correlation below which two blocks say different things.

Of 60 pairs of two pages of one template, the least has 4.2 % of its writing unlike; of as many of one page, the most
has 0.6 %."""

_BLUR = 1.5
"""Standard deviation, in pixels, of the blur that forgives an alignment that is not exact."""


def letters(grey: Pixels) -> int:
    """How many letters are written on a page; 0 if the picture is none."""
    if not _is_mostly_paper(grey):
        return 0
    ink = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _NEIGHBOURHOOD, _INK)
    _, _, found, _ = cv2.connectedComponentsWithStats(ink)
    heights, widths = found[1:, cv2.CC_STAT_HEIGHT], found[1:, cv2.CC_STAT_WIDTH]
    least, most = _LETTER_HEIGHTS
    count = int(((heights >= least) & (heights <= most) & (widths <= _MAX_LETTER_WIDTH)).sum())
    return count if count >= _LEAST_LETTERS else 0


def _is_mostly_paper(grey: Pixels) -> bool:
    """Told from how many pixels have each level, since each picture is asked: a sixth of the cost of sorting them."""
    counts = cv2.calcHist([grey], [0], None, [_LEVELS], [0, _LEVELS]).ravel()
    place = 0.9 * (grey.size - 1)
    below, above = np.searchsorted(counts.cumsum(), (math.floor(place), math.ceil(place)), side="right").tolist()
    brightest = below + (above - below) * (place % 1)
    return bool(counts[np.arange(_LEVELS) > _PAPER_LEVEL * brightest].sum() >= _LEAST_PAPER * grey.size)


def are_pages(one: int, other: int) -> bool:
    """Whether two pictures with so many letters are pages that can be read equally well."""
    return min(one, other) > 0 and min(one, other) >= _AS_LEGIBLE * max(one, other)


def unlike_writing(pages: Pair, inside: Pixels) -> float:
    """Which fraction of what is written on both of two aligned pages is unlike."""
    one, other = map(_blurred, pages)
    mean_one, mean_other = _mean(one), _mean(other)
    spread_one, spread_other = _mean(one * one) - mean_one**2, _mean(other * other) - mean_other**2
    is_written = (_mean(inside.astype(np.float32)) > 0.99) & (np.minimum(spread_one, spread_other) > _WRITTEN)
    shared = _mean(one * other) - mean_one * mean_other
    is_unlike = is_written & (shared < _UNLIKE * np.sqrt(np.maximum(spread_one * spread_other, 0)))
    return float(is_unlike.sum() / max(1, is_written.sum()))


def _mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.blur(values, (_LINE, _LINE)), dtype=np.float32)


def _blurred(page: Pixels) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(page.astype(np.float32), (0, 0), _BLUR), dtype=np.float32)
