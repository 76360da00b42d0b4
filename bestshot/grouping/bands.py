"""Exact near neighbours among very many hashes, without comparing each with each.

The bits are split into bands (multi-index hashing, Norouzi et al. 2012): if two hashes differ in few bits, at least one
of their bands differs in at most one bit, so each hash is looked up by every band, as it is and with one bit flipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bestshot.grouping.hashes import Bits
from bestshot.grouping.spans import Indices, spans
from bestshot.model.appraisal import HASH_BITS

_MIN_BANDS = 3
"""The index of a band has 2 to the power of its width entries; three bands are 22 bits wide."""

_MAX_THRESHOLD = 9
"""Beyond this threshold bands are so narrow that most hashes share one."""

_CHUNK = 100_000
"""Hashes looked up at once: what they find takes some tens of megabytes."""

_MANY_PAIRS = 4096
"""If two hashes belong to more pairs of photos than this, each photo is only paired with the next one in order."""


def can_search(threshold: int) -> bool:
    """Whether splitting into bands is faster than comparing each hash with each."""
    return threshold <= _MAX_THRESHOLD


def near_in_bands(hashes: Bits, photos: Indices, queries: Bits, threshold: int) -> Iterator[tuple[Indices, Indices]]:
    """Find pairs of one of `photos`, by its hash in `queries`, and any photo by its hash in `hashes`.

    Their hashes differ in at most `threshold` bits. A pair may be found more than once, and a photo with itself. Very
    many photos with the same two hashes (black frames) are connected by few pairs.
    """
    indexed, queried = _Buckets.of(np.arange(len(hashes)), hashes), _Buckets.of(photos, queries)
    for first, last in _bands(threshold):
        for left, right in _near_values(queried.values, indexed.values, first, last, threshold):
            yield from _expanded(queried, indexed, left, right)


def _bands(threshold: int) -> list[tuple[int, int]]:
    """Each band by its first bit and the one after its last; enough that one of them differs in at most one bit."""
    count = max(_MIN_BANDS, threshold // 2 + 1)
    return [(HASH_BITS * at // count, HASH_BITS * (at + 1) // count) for at in range(count)]


def _near_values(
    queries: Bits, values: Bits, first: int, last: int, threshold: int
) -> Iterator[tuple[Indices, Indices]]:
    """Indices of values that differ in few bits, and in at most one bit of the band."""
    width = last - first
    order = np.argsort(_band(values, first, width), kind="stable")
    begins = np.searchsorted(_band(values, first, width)[order], np.arange((1 << width) + 1))
    for start in range(0, len(queries), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(queries)))
        own = _band(queries[rows], first, width)
        for flip in (0, *(1 << bit for bit in range(width))):
            left, place = spans(rows, begins[own ^ flip], begins[(own ^ flip) + 1])
            right = order[place]
            near = np.bitwise_count(queries[left] ^ values[right]) <= threshold
            yield left[near], right[near]


def _band(values: Bits, first: int, width: int) -> Indices:
    return ((values >> np.uint64(first)) & np.uint64((1 << width) - 1)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Photos by hash: those with values[n] are photos[begins[n]:begins[n + 1]]."""

    values: Bits
    photos: Indices
    begins: Indices

    @classmethod
    def of(cls, photos: Indices, bits: Bits) -> "_Buckets":
        order = np.argsort(bits, kind="stable")
        values, begins = np.unique(bits[order], return_index=True)
        return cls(values, photos[order], np.append(begins, len(order)))

    def counts(self, values: Indices) -> Indices:
        found: Indices = self.begins[values + 1] - self.begins[values]
        return found

    def of_value(self, value: int) -> Indices:
        return self.photos[self.begins[value] : self.begins[value + 1]]


def _expanded(queried: _Buckets, indexed: _Buckets, left: Indices, right: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Turn pairs of values into pairs of photos."""
    counts_right = indexed.counts(right)
    many = queried.counts(left) * counts_right > _MANY_PAIRS
    for one, other in zip(left[many].tolist(), right[many].tolist(), strict=True):
        mine, others = queried.of_value(one), indexed.of_value(other)
        yield mine, others[np.minimum(np.searchsorted(others, mine, side="right"), len(others) - 1)]
    left, right, counts_right = left[~many], right[~many], counts_right[~many]
    at, place = spans(np.arange(len(left)), queried.begins[left], queried.begins[left + 1])
    _, other = spans(at, indexed.begins[right][at], indexed.begins[right][at] + counts_right[at])
    yield np.repeat(queried.photos[place], counts_right[at]), indexed.photos[other]
