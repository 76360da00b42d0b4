"""Clusters of photos that grow pair by pair and refuse what would break the rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bestshot.grouping.clocks import Clocks, Flags, Indices, block_rows
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import GroupingRules

_WIDENED = 2
"""Within a group, hashes may differ by so many times the threshold and still speak for each other."""

_SAMPLE = 64
"""Of a larger cluster so many photos, evenly spread, speak for all: a timelapse would ask millions of times."""

_MOST_CONNECTED = 4096
"""More photos than these, of which each resembles another, are cut in order of time: memory is that of the square."""


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of photos in order of their claim to be joined, and pairs of which a closer look `told` yes or no."""

    left: Indices
    right: Indices
    told_left: Indices
    told_right: Indices
    told_alike: Flags


def clusters(links: Links, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> Iterator[list[int]]:
    """Join photos along their links; what is not connected at all is never compared. Yields two photos and more."""
    parts = _parts(links.left, links.right, clocks)
    order = np.argsort(parts, kind="stable")
    begins = np.searchsorted(parts[order], np.arange(parts.max(initial=-1) + 2))
    place = np.empty(len(parts), dtype=np.int64)
    place[order] = np.arange(len(parts)) - begins[parts[order]]
    joins = _by_part(links.left, links.right, np.ones(len(links.left), dtype=np.bool_), parts)
    told = _by_part(links.told_left, links.told_right, links.told_alike, parts)
    for part in np.flatnonzero(np.diff(begins) > 1).tolist():
        photos = order[begins[part] : begins[part + 1]]
        component = _Component(photos, told.of(part, place), hashes, clocks, rules)
        for left, right, _ in joins.of(part, place):
            if component.join(left, right) == 1:
                break
        yield from component.members()


def _parts(left: Indices, right: Indices, clocks: Clocks) -> Indices:
    """A number for each photo, the same for those that are connected; parts that are too large are cut."""
    labels = np.arange(len(clocks.wall), dtype=np.int32)
    while not np.array_equal(labels[left], labels[right]):
        lowest = np.minimum(labels[left], labels[right])
        np.minimum.at(labels, labels[left], lowest)
        np.minimum.at(labels, labels[right], lowest)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]
    order = np.lexsort((np.fmin(clocks.wall, clocks.instant), labels))
    begins = np.searchsorted(labels[order], labels[order])
    cut = np.empty_like(labels)
    cut[order] = (np.arange(len(labels)) - begins) // _MOST_CONNECTED
    _, found = np.unique(labels.astype(np.int64) * (len(labels) // _MOST_CONNECTED + 1) + cut, return_inverse=True)
    parts: Indices = found.astype(np.int32)  # it is asked for each of millions of pairs
    return parts


@dataclass(frozen=True, slots=True)
class _ByPart:
    """Pairs within a part each: those of the n-th from begins[n] to begins[n + 1]."""

    begins: Indices
    left: Indices
    right: Indices
    is_alike: Flags

    def of(self, part: int, place: Indices) -> Sequence[tuple[int, int, bool]]:
        """Those of a part, by the places of the photos in it."""
        first, last = self.begins[part], self.begins[part + 1]
        left, right = place[self.left[first:last]], place[self.right[first:last]]
        return list(zip(left.tolist(), right.tolist(), self.is_alike[first:last].tolist(), strict=True))


def _by_part(left: Indices, right: Indices, is_alike: Flags, parts: Indices) -> _ByPart:
    within = np.flatnonzero(parts[left] == parts[right])
    order = within[np.argsort(parts[left[within]], kind="stable")]
    every_part = np.arange(parts.max(initial=-1) + 2, dtype=parts.dtype)
    begins = np.searchsorted(parts[left[order]], every_part)
    return _ByPart(begins, left[order], right[order], is_alike[order])


class _Component:
    """Photos that are connected, by their places among them; sets of them are the bits of a number."""

    def __init__(
        self,
        photos: Indices,
        told: Sequence[tuple[int, int, bool]],
        hashes: Hashes,
        clocks: Clocks,
        rules: GroupingRules,
    ) -> None:
        self._photos = photos
        self._clocks = clocks
        self._window = rules.time_window
        self._untimed = clocks.untimed_among(photos).tolist()
        alike, too_far = _compared(photos, hashes, rules)
        for left, right, is_alike in told:
            alike[left, right] = alike[right, left] = is_alike
        self._alike = _sets(alike)
        # Clusters only grow, so what is too far from one of its photos stays too far from the cluster.
        self._too_far = _sets(too_far)
        self._sets = [1 << place for place in range(len(photos))]
        self._members = {place: [place] for place in range(len(photos))}
        self._cluster_of = list(range(len(photos)))
        # Two of which most are unlike may be asked again when one of them has grown.
        self._unlike: dict[tuple[int, int], tuple[int, int]] = {}

    def members(self) -> list[list[int]]:
        """The clusters of two or more photos, by their indices."""
        return [self._photos[places].tolist() for places in self._members.values() if len(places) > 1]

    def join(self, left: int, right: int) -> int:
        """Make one cluster of those of two photos, unless a rule forbids it; returns how many clusters there are."""
        first, second = self._cluster_of[left], self._cluster_of[right]
        if first != second and self._may_join(first, second):
            # The two photos themselves are neighbours; they tell nothing of their clusters if one time is a guess.
            either_untimed = self._untimed[left] or self._untimed[right]
            if not either_untimed or self._are_neighbours_in_time(first, second):
                self._merge(first, second)
        return len(self._members)

    def _merge(self, first: int, second: int) -> None:
        if len(self._members[first]) < len(self._members[second]):
            first, second = second, first
        moved = self._members.pop(second)
        self._members[first] += moved
        self._sets[first] |= self._sets[second]
        self._too_far[first] |= self._too_far[second]
        for place in moved:
            self._cluster_of[place] = first

    def _may_join(self, first: int, second: int) -> bool:
        return not self._too_far[first] & self._sets[second] and self._most_are_alike(
            min(first, second), max(first, second)
        )

    def _most_are_alike(self, first: int, second: int) -> bool:
        """Whether at least half of the pairs between two clusters are alike."""
        sizes = len(self._members[first]), len(self._members[second])
        if self._unlike.get((first, second)) == sizes:
            return False
        rows, columns = self._spokesmen(first), self._spokesmen(second)
        others = self._sets[second] if len(columns) == sizes[1] else sum(1 << place for place in columns)
        alike = sum((self._alike[place] & others).bit_count() for place in rows)
        if 2 * alike >= len(rows) * len(columns):
            return True
        self._unlike[first, second] = sizes
        return False

    def _spokesmen(self, cluster: int) -> list[int]:
        members = self._members[cluster]
        if len(members) <= _SAMPLE:
            return members
        return sorted(members)[:: -(-len(members) // _SAMPLE)]

    def _are_neighbours_in_time(self, first: int, second: int) -> bool:
        left, right = self._timed(first), self._timed(second)
        if self._window is None or not len(left) or not len(right):
            return True
        return bool((self._clocks.gap(left[:, None], right[None, :]) <= self._window).any())

    def _timed(self, cluster: int) -> Indices:
        found: Indices = self._photos[[place for place in self._members[cluster] if not self._untimed[place]]]
        return found


def _compared(photos: Indices, hashes: Hashes, rules: GroupingRules) -> tuple[Flags, Flags]:
    """Of each with each: whether their hashes are alike within a group, and whether they are too far for one."""
    alike, too_far = (np.empty((len(photos), len(photos)), dtype=np.bool_) for _ in range(2))
    step = block_rows(len(photos))
    for start in range(0, len(photos), step):
        rows = slice(start, start + step)
        distances = hashes.distances(photos[rows, None], photos[None, :])
        alike[rows] = distances.within(_WIDENED * rules.threshold)
        too_far[rows] = distances.total > rules.diameter
    return alike, too_far


def _sets(matrix: Flags) -> list[int]:
    """Each row of flags as the bits of a number, the first one lowest."""
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(matrix, axis=1, bitorder="little")]
