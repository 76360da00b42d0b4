"""Exact near neighbours among very many hashes, without comparing each with each.

The bits are cut into bands (multi-index hashing, Norouzi et al. 2012): of hashes that differ in few bits, at least one
band differs in at most one bit, so each hash is looked up by every band, as it is and with one bit flipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bestshot.grouping.clocks import Indices
from bestshot.grouping.hashes import Bits

_BITS = 64

_FEWEST_BANDS, _WIDEST_SEARCH = 3, 9
"""Bands of 22 bits keep their index small; beyond a threshold of 9 they are so narrow that they tell little."""

_CHUNK = 100_000
"""Hashes looked up at once: what they find fits some tens of megabytes."""

_MANY_PAIRS = 4096
"""Where two hashes have so many pairs of photos between them, each photo meets the next in order only."""


def can_search(threshold: int) -> bool:
    """Whether cutting into bands is faster than comparing each with each."""
    return threshold <= _WIDEST_SEARCH


def near_in_bands(bits: Bits, asking: Indices, asked: Bits, threshold: int) -> Iterator[tuple[Indices, Indices]]:
    """Pairs of one of the photos `asking`, by what they have `asked`, and any photo by its `bits`.

    Their hashes differ in at most `threshold` bits. A pair may come more than once, and a photo with itself. Very many
    photos of the same two hashes (black frames) are connected by few pairs.
    """
    shelf, query = _Owners.of(np.arange(len(bits)), bits), _Owners.of(asking, asked)
    for first, last in _cuts(threshold):
        for left, right in _near_values(query.values, shelf.values, first, last, threshold):
            yield from _expanded(query, shelf, left, right)


def _cuts(threshold: int) -> list[tuple[int, int]]:
    """Bands by their first bit and the one after their last, so many that one of them differs in at most one bit."""
    count = max(_FEWEST_BANDS, threshold // 2 + 1)
    return [(_BITS * at // count, _BITS * (at + 1) // count) for at in range(count)]


def _near_values(asked: Bits, values: Bits, first: int, last: int, threshold: int) -> Iterator[tuple[Indices, Indices]]:
    """Indices of values that differ in few bits, and in at most one of the band."""
    width = last - first
    order = np.argsort(_band(values, first, width), kind="stable")
    begins = np.searchsorted(_band(values, first, width)[order], np.arange((1 << width) + 1))
    for start in range(0, len(asked), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(asked)))
        own = _band(asked[rows], first, width)
        for flip in (0, *(1 << bit for bit in range(width))):
            left, place = _spans(rows, begins[own ^ flip], begins[(own ^ flip) + 1])
            right = order[place]
            near = np.bitwise_count(asked[left] ^ values[right]) <= threshold
            yield left[near], right[near]


def _band(values: Bits, first: int, width: int) -> Indices:
    return ((values >> np.uint64(first)) & np.uint64((1 << width) - 1)).astype(np.int64)


def _spans(rows: Indices, begins: Indices, ends: Indices) -> tuple[Indices, Indices]:
    """Each row as often as its span is long, and the places in that span."""
    counts = ends - begins
    left = np.repeat(rows, counts)
    return left, np.arange(len(left)) + np.repeat(begins - np.cumsum(counts) + counts, counts)


@dataclass(frozen=True, slots=True)
class _Owners:
    """Which photos have which value: those of the n-th from begins[n] to begins[n + 1]."""

    values: Bits
    photos: Indices
    begins: Indices

    @classmethod
    def of(cls, photos: Indices, bits: Bits) -> "_Owners":
        order = np.argsort(bits, kind="stable")
        values, begins = np.unique(bits[order], return_index=True)
        return cls(values, photos[order], np.append(begins, len(order)))

    def counts(self, values: Indices) -> Indices:
        found: Indices = self.begins[values + 1] - self.begins[values]
        return found

    def of_value(self, value: int) -> Indices:
        return self.photos[self.begins[value] : self.begins[value + 1]]


def _expanded(query: _Owners, shelf: _Owners, left: Indices, right: Indices) -> Iterator[tuple[Indices, Indices]]:
    """The photos behind pairs of values."""
    across = shelf.counts(right)
    many = query.counts(left) * across > _MANY_PAIRS
    for one, other in zip(left[many].tolist(), right[many].tolist(), strict=True):
        mine, others = query.of_value(one), shelf.of_value(other)
        yield mine, others[np.minimum(np.searchsorted(others, mine, side="right"), len(others) - 1)]
    left, right, across = left[~many], right[~many], across[~many]
    at, place = _spans(np.arange(len(left)), query.begins[left], query.begins[left + 1])
    _, other = _spans(at, shelf.begins[right][at], shelf.begins[right][at] + across[at])
    yield np.repeat(query.photos[place], across[at]), shelf.photos[other]
