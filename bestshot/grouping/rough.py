"""Which photos may look like one near in time, told by their thumbhashes before any picture is fetched: pure.

A thumbhash (https://evanw.github.io/thumbhash/) has the lowest frequencies of a picture in four bits each. That is far
too little to join photos by, but enough to see that two differ clearly, or that a closer look will be wanted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bestshot.grouping.clocks import Clocks, Flags, Floats
from bestshot.grouping.rules import BURST_SECONDS
from bestshot.grouping.spans import Indices

HOPELESS = 0.25
"""Pictures that correlate less differ clearly, as four of five unrelated ones do. Of labelled photos that were taken
minutes apart and belong together, every pair exceeds 0.59."""

_LIKELY = 0.9
"""What most members of groups reach with another of theirs, and one of ten thousand pairs of unrelated pictures."""

_MOST_NEIGHBOURS = 64
"""With how many photos before it, and after it, one is compared; among more, one that is like none is rare."""

_MOST_FREQUENCIES = 7
"""Along the longer side of a picture; along the shorter one there are as many less as it is shorter, but three."""

_LEAST_FREQUENCIES = 3

_HEADER = 5
"""Bytes before the frequencies of the brightness: averages, scales and shape."""

_TOP_BIT = 0x80
"""In the third byte, that the picture is transparent; in the fifth, that it is wider than high."""

_Likenesses = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Which photos may look like one near in time, and which are likely to."""

    possible: Flags
    likely: Flags

    @classmethod
    def among(
        cls, thumbhashes: Sequence[bytes | None], clocks: Clocks, window: float | None, hopeless: float = HOPELESS
    ) -> "Lookalikes":
        """Compare photos near in time by their thumbhashes, None where a photo has none that can be trusted.

        What cannot be told is possible: a photo without a thumbhash or a time may look like each of its neighbours. So
        may those taken within seconds, when the subject and the hand move. Pictures that correlate by less than
        `hopeless` may not.
        """
        looks = _Looks.of(thumbhashes)
        possible = clocks.have_neighbour_of_unknown_gap(window)
        likely = np.zeros_like(possible)
        for clock in (clocks.wall, clocks.instant):
            for one, other, gap in _pairs_in_order(clock, np.inf if window is None else window):
                is_open = ~(likely[one] & likely[other])
                left, right = one[is_open], other[is_open]
                likeness = looks.likeness(left, right)
                _mark(possible, left, right, ~((likeness < hopeless) & (gap[is_open] > BURST_SECONDS)))
                _mark(likely, left, right, likeness >= _LIKELY)
            if window is not None:
                possible |= _have_many_neighbours(clock, window)
        return cls(possible, likely)


def _mark(photos: Flags, left: Indices, right: Indices, which: Flags) -> None:
    """Flag both photos of some of these pairs."""
    photos[left[which]] = photos[right[which]] = True


def _in_order(clock: Floats) -> Indices:
    known = np.flatnonzero(~np.isnan(clock))
    order: Indices = known[np.argsort(clock[known], kind="stable")]
    return order


def _pairs_in_order(clock: Floats, window: float) -> Iterator[tuple[Indices, Indices, Floats]]:
    """The pairs near by this clock, and their gaps: first photos next to each other, then those one further away."""
    order = _in_order(clock)
    for step in range(1, min(len(order), _MOST_NEIGHBOURS + 1)):
        gap = clock[order[step:]] - clock[order[:-step]]
        near = gap <= window
        if not near.any():
            return
        yield order[:-step][near], order[step:][near], gap[near]


def _have_many_neighbours(clock: Floats, window: float) -> Flags:
    """Which photos have more neighbours by this clock than are compared."""
    are_many = np.zeros(len(clock), dtype=np.bool_)
    order = _in_order(clock)
    before, after = order[: -_MOST_NEIGHBOURS - 1], order[_MOST_NEIGHBOURS + 1 :]
    _mark(are_many, before, after, clock[after] - clock[before] <= window)
    return are_many


@dataclass(frozen=True, slots=True)
class _Looks:
    """The frequencies of pictures, as rows of length one, weighted so that fine ones count as well as coarse ones.

    A `shape` is the number of frequencies along the shorter side, negative if that is the width, 0 if nothing is known.
    Pictures turned by a quarter have some frequencies in common: without the others, a row is longer by the factor
    `turned`.
    """

    frequencies: npt.NDArray[np.float32]
    shape: npt.NDArray[np.int8]
    turned: npt.NDArray[np.float32]

    @classmethod
    def of(cls, thumbhashes: Sequence[bytes | None]) -> "_Looks":
        by_shape: dict[int, list[int]] = {}
        for index, thumbhash in enumerate(thumbhashes):
            if thumbhash is not None and (shape := _shape(thumbhash)):
                by_shape.setdefault(shape, []).append(index)
        count = len(thumbhashes)
        looks = cls(
            np.zeros((count, len(_triangle(_MOST_FREQUENCIES, _MOST_FREQUENCIES))), dtype=np.float32),
            np.zeros(count, dtype=np.int8),
            np.zeros(count, dtype=np.float32),
        )
        for shape, photos in by_shape.items():
            looks._fill(shape, np.array(photos), b"".join(thumbhashes[index] or b"" for index in photos))
        return looks

    def _fill(self, shape: int, photos: Indices, joined: bytes) -> None:
        """Decode the thumbhashes of photos whose pictures have one shape; they are equally long."""
        places, weights, is_common = _layout(shape)
        codes = np.frombuffer(joined, dtype=np.uint8).reshape(len(photos), -1)[:, _HEADER:]
        halves = np.stack((codes & 0xF, codes >> 4), axis=-1).reshape(len(photos), -1)[:, : len(places)]
        values = (halves / 7.5 - 1) * weights
        length = np.linalg.norm(values, axis=1)
        self.frequencies[photos[:, None], places] = values / length[:, None]
        self.shape[photos] = shape
        self.turned[photos] = length / np.linalg.norm(values[:, is_common], axis=1)

    def likeness(self, left: Indices, right: Indices) -> _Likenesses:
        """The correlation of pictures of one shape, also if turned; NaN of others, and where nothing is known."""
        found = np.einsum("ij,ij->i", self.frequencies[left], self.frequencies[right])
        one, other = self.shape[left], self.shape[right]
        found = np.where(one == other, found, found * self.turned[left] * self.turned[right])
        likeness: _Likenesses = np.where((one != 0) & (np.abs(one) == np.abs(other)), found, np.nan)
        return likeness


def _shape(thumbhash: bytes) -> int:
    """The shape of the picture; 0 if it is transparent, nearly of one colour, or no picture."""
    if len(thumbhash) < _HEADER or thumbhash[2] & _TOP_BIT or not thumbhash[2] >> 2:
        return 0
    count = max(thumbhash[3] & _MOST_FREQUENCIES, _LEAST_FREQUENCIES)
    shape = count if thumbhash[4] & _TOP_BIT else -count
    return shape if len(thumbhash) == _length(shape) else 0


@lru_cache(maxsize=16)
def _layout(shape: int) -> tuple[Indices, Floats, Flags]:
    """Where each frequency of a thumbhash belongs, what it weighs, and whether the picture has it also if turned.

    Natural pictures have the less of a frequency the finer it is; half of that is made good.
    """
    columns, rows = (_MOST_FREQUENCIES, shape) if shape > 0 else (-shape, _MOST_FREQUENCIES)
    found = _triangle(columns, rows)
    places = np.array([_triangle(_MOST_FREQUENCIES, _MOST_FREQUENCIES).index(place) for place in found])
    weights = np.array([(column**2 + row**2) ** 0.25 for column, row in found])
    is_common = np.array([place in _triangle(rows, columns) for place in found], dtype=np.bool_)
    return places, weights, is_common


def _triangle(columns: int, rows: int) -> list[tuple[int, int]]:
    """The frequencies that a thumbhash has of a channel, in their order, without the average."""
    every = [(column, row) for row in range(rows) for column in range(columns) if column or row]
    return [(column, row) for column, row in every if column * rows < columns * (rows - row)]


@lru_cache(maxsize=16)
def _length(shape: int) -> int:
    """Bytes of a thumbhash of this shape: its header, and two frequencies of brightness and colours in each byte."""
    places, _, _ = _layout(shape)
    colours = 2 * len(_triangle(_LEAST_FREQUENCIES, _LEAST_FREQUENCIES))
    return _HEADER + (len(places) + colours + 1) // 2
