"""Pairs of rows with the columns in their spans as flat arrays, a few at a time, however many there are in all."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.signedinteger]

MOST_PAIRS = 1 << 15
"""Pairs at a time, unless one row alone has more: arrays of this size stay in the caches of a processor."""


def spans(rows: Indices, begins: Indices, ends: Indices) -> tuple[Indices, Indices]:
    """Each row as often as its span is long, and the columns in that span."""
    counts = ends - begins
    left = np.repeat(rows, counts)
    return left, np.arange(len(left)) + np.repeat(begins - np.cumsum(counts) + counts, counts)


def runs(counts: Indices) -> Iterator[tuple[int, int]]:
    """The rows, by the first and the one after the last, that have about `MOST_PAIRS` pairs together."""
    totals = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(totals[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(totals, before + MOST_PAIRS, side="right")))
        yield start, stop
        start = stop
