"""Which pairs among many photos look alike by their hashes, and which are worth a closer look."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bestshot.grouping.bands import can_search, near_in_bands
from bestshot.grouping.clocks import Clocks, Flags, Indices, all_blocks
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import BURST_SECONDS, GroupingRules

_EQUALS_PAIRED = 64
"""How many of its equals a photo is paired with, before and after it."""

_LOOKS, _BURST_LOOKS = 16, 64
"""With how many others a photo is compared closely, at any time and within seconds: those whose hashes are nearest.

A burst stays whole only if half of its pairs are known to be alike.
"""

_MOST_COMPARISONS = 1_000_000_000
"""Up to so many, each hash is compared with each; beyond, only those within the threshold are sought."""

Block = tuple[Indices, Indices]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of photos by their indices, the smaller one left, in order and without repetition.

    Of a million photos there are tens of millions, so what is kept of one is small.
    """

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.left.tolist(), self.right.tolist(), strict=True)

    def where(self, keep: Flags | Indices) -> "Pairs":
        """Those that a condition picks, or those at these places."""
        return Pairs(self.left[keep], self.right[keep])


class _Found:
    """Pairs among so many photos, as they are found: in any order, either one left, and more than once.

    Each is a number, and all are in one piece of memory, in which many small ones would leave holes.
    """

    def __init__(self, count: int) -> None:
        self._count = max(1, count)
        self._codes = array("q")

    def add(self, left: Indices, right: Indices) -> None:
        codes = np.minimum(left, right).astype(np.int64) * self._count + np.maximum(left, right)
        self._codes.frombytes(codes.tobytes())

    def pairs(self) -> Pairs:
        codes = np.frombuffer(self._codes, dtype=np.int64)
        codes.sort()
        is_first = np.append(np.ones(min(1, len(codes)), dtype=np.bool_), codes[1:] != codes[:-1])
        left, right = np.divmod(codes[is_first], self._count)
        return Pairs(left.astype(np.int32), right.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pairs, near in time, which the hashes alone tell to be alike, and those that only a closer look can decide.

    Very many equal hashes (black frames, white pages) would make as many pairs as the square of their number; a photo
    is paired only with the few of its equals that stand nearest to it by the clock. That connects them all the same.
    A photo is compared closely with few others, so that a timelapse of near pictures stays a matter of minutes.
    """

    alike: Pairs
    doubtful: Pairs

    @classmethod
    def among(cls, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> "Neighbours":
        """Find them."""
        alike, doubtful, sought = (_Found(len(hashes)) for _ in range(3))
        for block in _blocks(clocks, rules):
            told, untold = _sifted(block, hashes, clocks, rules)
            alike.add(*told)
            doubtful.add(*untold)
        for block in _burst_blocks(clocks, rules):
            doubtful.add(*_of_burst(block, hashes, clocks, rules))
        for left, right in _sought(hashes, clocks, rules):
            sought.add(left, right)
        found = sought.pairs()
        is_alike = hashes.distances(found.left, found.right).within(rules.threshold)
        alike.add(found.left[is_alike], found.right[is_alike])
        doubtful.add(found.left[~is_alike], found.right[~is_alike])
        del sought, found  # millions of pairs, which need not be kept twice
        return cls(alike.pairs(), doubtful.pairs())


def _blocks(clocks: Clocks, rules: GroupingRules) -> Iterator[Block]:
    """Blocks of rows and columns that hold every pair near in time, but for those that are too many to compare."""
    everyone = np.arange(len(clocks.wall))
    if rules.time_window is not None:
        yield from clocks.window_blocks(rules.time_window)
        yield from clocks.zone_unknown_blocks()
        yield from clocks.summer_time_blocks(rules.time_window)
    rows = _of_any_time(clocks, rules)
    if not _are_too_many(rows, everyone, rules):
        yield from all_blocks(rows, everyone)


def _of_any_time(clocks: Clocks, rules: GroupingRules) -> Indices:
    """The photos that may belong to any other."""
    return np.arange(len(clocks.wall)) if rules.time_window is None else np.flatnonzero(clocks.untimed)


def _are_too_many(rows: Indices, columns: Indices, rules: GroupingRules) -> bool:
    return len(rows) * len(columns) > _MOST_COMPARISONS and can_search(rules.threshold)


def _burst_blocks(clocks: Clocks, rules: GroupingRules) -> Iterator[Block]:
    yield from clocks.window_blocks(_burst_seconds(rules))


def _burst_seconds(rules: GroupingRules) -> float:
    return BURST_SECONDS if rules.time_window is None else min(BURST_SECONDS, rules.time_window)


def _sought(hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> Iterator[Block]:
    """Pairs of photos of any time, where there are too many to compare each with each."""
    rows = _of_any_time(clocks, rules)
    if _are_too_many(rows, np.arange(len(hashes)), rules):
        is_asking = np.zeros(len(hashes), dtype=np.bool_)
        is_asking[rows] = True
        for turned in hashes.dhashes:
            for left, right in near_in_bands(hashes.dhashes[0], rows, turned[rows], rules.threshold):
                # Two that both ask find each other twice.
                keep = (left < right) | (~is_asking[right] & (left != right))
                keep &= _in_time(left, right, clocks, rules)
                yield left[keep], right[keep]


def _sifted(block: Block, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> tuple[Block, Block]:
    """The pairs of a block that are alike, and those that are doubtful."""
    rows, columns = block
    distances = hashes.distances(rows[:, None], columns[None, :])
    within, total = distances.within(rules.threshold), distances.total
    at_row, at_column = np.nonzero(within | (total <= rules.doubtful_bound))
    within, total = within[at_row, at_column], total[at_row, at_column]
    left, right = rows[at_row], columns[at_column]
    is_equal = within & (total == 0)
    keep = (left != right) & (~is_equal | _few_between(at_row, is_equal, left == right))
    keep &= _in_time(left, right, clocks, rules)
    alike, doubtful = keep & within, np.flatnonzero(keep & ~within)
    nearest = doubtful[_nearest(at_row[doubtful], total[doubtful], _LOOKS)]
    return (left[alike], right[alike]), (left[nearest], right[nearest])


def _of_burst(block: Block, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> Block:
    """The doubtful pairs of a block that were taken within seconds, whose hashes may differ much."""
    rows, columns = block
    distances = hashes.distances(rows[:, None], columns[None, :])
    worth = (distances.total <= rules.diameter) & ~distances.within(rules.threshold)
    # Of a guessed time nothing is known, so its gap, which is no number, is not small.
    worth &= clocks.known_gap(rows[:, None], columns[None, :]) <= _burst_seconds(rules)
    worth &= rows[:, None] != columns[None, :]
    at_row, at_column = np.nonzero(worth)
    nearest = _nearest(at_row, distances.total[at_row, at_column], _BURST_LOOKS)
    return rows[at_row[nearest]], columns[at_column[nearest]]


def _nearest(at_row: Indices, total: npt.NDArray[np.uint16], count: int) -> Indices:
    """Of each row the few that are nearest, and of equally near ones those that come first."""
    order = np.lexsort((total, at_row))
    begins = np.searchsorted(at_row[order], at_row[order])
    found: Indices = np.sort(order[np.arange(len(order)) - begins < count])
    return found


def _in_time(left: Indices, right: Indices, clocks: Clocks, rules: GroupingRules) -> Flags:
    if rules.time_window is None:
        return np.ones(len(left), dtype=np.bool_)
    near: Flags = clocks.gap(left, right) <= rules.time_window
    return near


def _few_between(at_row: Indices, is_equal: Flags, is_itself: Flags) -> Flags:
    """Which equals of a row stand near the row's own photo; all of them where that is not among the columns."""
    place = np.cumsum(is_equal)
    own_place = np.full(int(at_row[-1]) + 1 if len(at_row) else 0, np.nan)
    own_place[at_row[is_itself]] = place[is_itself]
    are_many: Flags = np.abs(place - own_place[at_row]) > _EQUALS_PAIRED
    return ~are_many
