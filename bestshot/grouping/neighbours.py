"""Finding the pairs among many photos that look alike by their hashes, and those worth a closer comparison."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bestshot.grouping.agreements import NONE_KNOWN, Agreements
from bestshot.grouping.bands import can_search, near_in_bands
from bestshot.grouping.clocks import Block, Clocks, Flags, all_blocks, selected
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import BURST_SECONDS, SWAP_SECONDS, GroupingRules
from bestshot.grouping.sketches import Sketches
from bestshot.grouping.spans import MOST_PAIRS, Indices

_MAX_EQUALS = 64
"""With how many photos of equal hashes a photo is paired, before and after it."""

_MAX_CANDIDATES = 16
"""With how many others a photo is compared closely: those whose hashes are nearest."""

_MAX_BURST_CANDIDATES = 64
"""With how many others of its burst a photo is compared closely; half of a burst's pairs must prove to be alike."""

_MAX_BRUTE_FORCE = 1_000_000_000
"""Up to this many comparisons, each hash is compared with each; beyond, only those within the threshold are found."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of photos by index, the smaller one left, in order and without repetition.

    A million photos have tens of millions of pairs, so each takes little memory.
    """

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]

    @classmethod
    def none(cls) -> "Pairs":
        """No pairs at all."""
        return cls(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.left.tolist(), self.right.tolist(), strict=True)

    def where(self, keep: Flags | Indices) -> "Pairs":
        """Select pairs by a mask or by position."""
        return Pairs(self.left[keep], self.right[keep])

    def of_which(self, rule: Callable[[Indices, Indices], Flags]) -> Flags:
        """Which pairs a rule holds for; it is asked of some at a time."""
        found = np.empty(len(self.left), dtype=np.bool_)
        for start in range(0, len(found), MOST_PAIRS):
            chunk = slice(start, start + MOST_PAIRS)
            found[chunk] = rule(self.left[chunk], self.right[chunk])
        return found

    def walked(self, photos: Indices) -> Indices:
        """The place of each photo in a walk along the pairs, as deep as they lead, from one of `photos` after another.

        Photos that are close in it have others in common. Those in no pair are not walked to.
        """
        one, other = np.append(self.left, self.right), np.append(self.right, self.left)
        order = np.lexsort((-other, one))
        others, begins = other[order], np.searchsorted(one[order], np.arange(len(photos) + 1))
        starts = photos[begins[photos] < begins[photos + 1]]
        waiting, place = starts[::-1].tolist(), dict[int, int]()
        while waiting:
            photo = waiting.pop()
            if photo not in place:
                place[photo] = len(place)
                waiting += others[begins[photo] : begins[photo + 1]].tolist()
        found = np.zeros(len(photos), dtype=np.int64)
        found[list(place.keys())] = list(place.values())
        return found


class _PairCollector:
    """Collects pairs as they are found: in any order, either photo first, and possibly more than once.

    Each pair is one integer in a single growing array, since many small arrays would fragment memory.
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
    """The pairs, near in time, that are alike by their hashes, and the candidates, which need a closer comparison.

    Pairs that would be candidates by their hashes are `unlike` if their sketches show that they do not match;
    `agreements` keeps what these showed.

    Very many equal hashes (black frames, white pages) would make a quadratic number of pairs, so a photo is paired only
    with the few of them that are nearest in time, which still connects them all. It is a candidate with few others, so
    that a timelapse takes minutes.
    """

    alike: Pairs
    candidates: Pairs
    unlike: Pairs
    agreements: Agreements = NONE_KNOWN

    @classmethod
    def among(cls, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> "Neighbours":
        """Find the pairs among the photos with these hashes and clocks."""
        alike, candidates, searched = (_PairCollector(len(hashes)) for _ in range(3))
        for block in _blocks(clocks, rules):
            block_alike, block_candidates = _classified(block, hashes, clocks, rules)
            alike.add(*block_alike)
            candidates.add(*block_candidates)
        for block in _burst_blocks(clocks, rules):
            candidates.add(*_burst_candidates(block, hashes, clocks, rules))
        for left, right in _search(hashes, clocks, rules):
            searched.add(left, right)
        found = searched.pairs()
        is_alike = hashes.distances(found.left, found.right).within(rules.threshold)
        alike.add(found.left[is_alike], found.right[is_alike])
        candidates.add(found.left[~is_alike], found.right[~is_alike])
        del searched, found  # millions of pairs, which need not be kept twice
        return cls(alike.pairs(), candidates.pairs(), Pairs.none())

    def with_candidates(
        self, pairs: Iterable[tuple[int, int]], hashes: Hashes, clocks: Clocks, rules: GroupingRules
    ) -> "Neighbours":
        """Add pairs to the candidates, unless they are far apart in time, or look too different for one group."""
        found = np.array(list(pairs), dtype=np.int32).reshape(-1, 2)
        left, right = found.T
        distances = hashes.distances(left, right)
        worth = _in_time(left, right, clocks, rules) & (distances.total <= rules.diameter)
        worth &= ~distances.within(rules.threshold)
        collector = _PairCollector(len(hashes))
        collector.add(self.candidates.left, self.candidates.right)
        collector.add(left[worth], right[worth])
        return Neighbours(self.alike, collector.pairs(), self.unlike)

    def told_apart_by(
        self,
        sketches: Sketches,
        known: Agreements,
        clocks: Clocks,
        are_of_one_press: Callable[[Indices, Indices], Flags],
    ) -> "Neighbours":
        """Leave of the candidates those of bursts, in which much moves, and those whose sketches may match.

        Pairs that are alike by their hashes become candidates if a place of their sketches differs, unless they were
        taken within seconds, or their times are unknown: then they are copies. So do written pages in any case.
        """
        is_promising = self.candidates.of_which(
            lambda left, right: (clocks.known_gap(left, right) <= BURST_SECONDS) | are_of_one_press(left, right)
        )
        others = np.flatnonzero(~is_promising)
        asked = self.candidates.where(others)
        is_promising[others], agreements = sketches.may_match(asked.left, asked.right, known)
        later = np.flatnonzero(
            self.alike.of_which(lambda left, right: ~(clocks.known_gap(left, right) <= SWAP_SECONDS))
        )
        left, right = self.alike.left[later], self.alike.right[later]
        may_be_swapped = ~(np.isnan(clocks.known_gap(left, right)) | are_of_one_press(left, right))
        may_be_swapped[may_be_swapped] = sketches.differ_somewhere(left[may_be_swapped], right[may_be_swapped])
        is_doubtful = np.zeros(len(self.alike.left), dtype=np.bool_)
        is_doubtful[later] = may_be_swapped | sketches.may_be_pages(left, right)
        collector = _PairCollector(len(clocks.wall))
        for pairs in (self.candidates.where(is_promising), self.alike.where(is_doubtful)):
            collector.add(pairs.left, pairs.right)
        unlike = self.candidates.where(~is_promising)
        return Neighbours(self.alike.where(~is_doubtful), collector.pairs(), unlike, agreements)


def _blocks(clocks: Clocks, rules: GroupingRules) -> Iterator[Block]:
    """Blocks that contain every pair near in time, unless there are too many to compare."""
    everyone = np.arange(len(clocks.wall))
    if rules.time_window is not None:
        yield from clocks.window_blocks(rules.time_window)
        yield from clocks.zone_unknown_blocks()
        yield from clocks.summer_time_blocks(rules.time_window)
    rows = _of_any_time(clocks, rules)
    if not _are_too_many(rows, everyone, rules):
        yield from all_blocks(rows, everyone)


def _of_any_time(clocks: Clocks, rules: GroupingRules) -> Indices:
    """The photos that may belong to any other, as far as time is concerned."""
    return np.arange(len(clocks.wall)) if rules.time_window is None else np.flatnonzero(clocks.untimed)


def _are_too_many(rows: Indices, columns: Indices, rules: GroupingRules) -> bool:
    return len(rows) * len(columns) > _MAX_BRUTE_FORCE and can_search(rules.threshold)


def _burst_blocks(clocks: Clocks, rules: GroupingRules) -> Iterator[Block]:
    yield from clocks.window_blocks(_burst_seconds(rules))


def _burst_seconds(rules: GroupingRules) -> float:
    return BURST_SECONDS if rules.time_window is None else min(BURST_SECONDS, rules.time_window)


def _search(hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> Iterator[Block]:
    """Pairs of photos of any time, if there are too many to compare each with each."""
    rows = _of_any_time(clocks, rules)
    if _are_too_many(rows, np.arange(len(hashes)), rules):
        is_query = np.zeros(len(hashes), dtype=np.bool_)
        is_query[rows] = True
        for turned in hashes.dhashes:
            for left, right in near_in_bands(hashes.dhashes[0], rows, turned[rows], rules.threshold):
                # Two photos that are both queries find each other twice.
                keep = (left < right) | (~is_query[right] & (left != right))
                keep &= _in_time(left, right, clocks, rules)
                yield left[keep], right[keep]


def _classified(block: Block, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> tuple[Block, Block]:
    """The pairs of a block that are alike, and the candidates."""
    left, right = selected(block, hashes.totals(*block) <= max(rules.candidate_limit, 2 * rules.threshold))
    distances = hashes.distances(left, right)
    within, total = distances.within(rules.threshold), distances.total
    is_equal = within & (total == 0)
    keep = (left != right) & (~is_equal | _are_near(left, is_equal, left == right))
    keep &= _in_time(left, right, clocks, rules)
    alike, candidates = keep & within, np.flatnonzero(keep & ~within & (total <= rules.candidate_limit))
    nearest = candidates[_nearest(left[candidates], total[candidates], _MAX_CANDIDATES)]
    return (left[alike], right[alike]), (left[nearest], right[nearest])


def _burst_candidates(block: Block, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> Block:
    """The candidates of a block that were taken within seconds, whose hashes may differ much."""
    distances = hashes.distances(*block)
    worth = (distances.total <= rules.diameter) & ~distances.within(rules.threshold)
    (left, right), total = selected(block, worth), distances.total[worth]
    # A guessed time has a gap of NaN, which is not small.
    keep = np.flatnonzero((clocks.known_gap(left, right) <= _burst_seconds(rules)) & (left != right))
    nearest = keep[_nearest(left[keep], total[keep], _MAX_BURST_CANDIDATES)]
    return left[nearest], right[nearest]


def _nearest(left: Indices, total: npt.NDArray[np.uint16], count: int) -> Indices:
    """The `count` nearest pairs of each photo on the left; of equally near ones, the first."""
    order = np.lexsort((total, left))
    begins = np.searchsorted(left[order], left[order])
    found: Indices = np.sort(order[np.arange(len(order)) - begins < count])
    return found


def _in_time(left: Indices, right: Indices, clocks: Clocks, rules: GroupingRules) -> Flags:
    if rules.time_window is None:
        return np.ones(len(left), dtype=np.bool_)
    near: Flags = clocks.gap(left, right) <= rules.time_window
    return near


def _are_near(left: Indices, is_equal: Flags, is_itself: Flags) -> Flags:
    """Which equals of a photo on the left are near it in order; all of them if it is not among them."""
    at_row = np.cumsum(np.append(0, left[1:] != left[:-1]))[: len(left)]
    place = np.cumsum(is_equal)
    own_place = np.full(len(left), np.nan)
    own_place[at_row[is_itself]] = place[is_itself]
    are_many: Flags = np.abs(place - own_place[at_row]) > _MAX_EQUALS
    return ~are_many
