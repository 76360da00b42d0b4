"""Agglomerative clustering of photos: pairs are joined one by one unless a rule forbids it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bestshot.grouping.clocks import Clocks, Flags, block_rows
from bestshot.grouping.components import Components
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import GroupingRules
from bestshot.grouping.spans import Indices

_SAMPLE_SIZE = 64
"""A larger cluster is represented by this many of its photos, evenly spread; otherwise timelapses would take long."""


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of photos in the order in which to join them, and pairs that were verified, as alike or not.

    Those that are a `bond` are joined whatever the rest of their clusters looks like.
    """

    left: Indices
    right: Indices
    bond: Flags
    verified_left: Indices
    verified_right: Indices
    verified_alike: Flags


def clusters(
    links: Links, components: Components, hashes: Hashes, clocks: Clocks, rules: GroupingRules
) -> Iterator[list[int]]:
    """Join photos along their links; yields the clusters of two or more photos, by index."""
    place = np.empty_like(components.order)
    place[components.order] = np.arange(len(place)) - components.begins[components.number[components.order]]
    joins = _by_component(links.left, links.right, links.bond, components.number)
    verified = _by_component(links.verified_left, links.verified_right, links.verified_alike, components.number)
    for number in np.flatnonzero(np.diff(joins.begins)).tolist():
        component = _Component(components.members(number), verified.of(number, place), hashes, clocks, rules)
        component.join_along(joins.of(number, place))
        yield from component.members()


@dataclass(frozen=True, slots=True)
class _ByComponent:
    """Pairs within one component each, with a flag: those of the n-th one are at begins[n]:begins[n + 1]."""

    begins: Indices
    left: Indices
    right: Indices
    flags: Flags

    def of(self, component: int, place: Indices) -> Sequence[tuple[int, int, bool]]:
        """The pairs of a component, by the positions of the photos in it."""
        first, last = self.begins[component], self.begins[component + 1]
        left, right = place[self.left[first:last]], place[self.right[first:last]]
        return list(zip(left.tolist(), right.tolist(), self.flags[first:last].tolist(), strict=True))


def _by_component(left: Indices, right: Indices, flags: Flags, components: Indices) -> _ByComponent:
    within = np.flatnonzero(components[left] == components[right])
    order = within[np.argsort(components[left[within]], kind="stable")]
    every_component = np.arange(components.max(initial=-1) + 2, dtype=components.dtype)
    begins = np.searchsorted(components[left[order]], every_component)
    return _ByComponent(begins, left[order], right[order], flags[order])


class _Component:
    """Connected photos, by their positions; sets of them are the bits of an integer."""

    def __init__(
        self,
        photos: Indices,
        verified: Sequence[tuple[int, int, bool]],
        hashes: Hashes,
        clocks: Clocks,
        rules: GroupingRules,
    ) -> None:
        self._photos = photos
        self._clocks = clocks
        self._window = rules.time_window
        self._untimed = clocks.untimed_among(photos).tolist()
        alike, too_far = _compared(photos, hashes, rules)
        for left, right, is_alike in verified:
            alike[left, right] = alike[right, left] = is_alike
        self._alike = _sets(alike)
        # Clusters only grow, so a photo too far from one member stays too far from the cluster.
        self._too_far = _sets(too_far)
        self._sets = [1 << place for place in range(len(photos))]
        self._members = {place: [place] for place in range(len(photos))}
        self._cluster_of = list(range(len(photos)))
        # Clusters that were mostly unlike are compared again only once one of them has grown.
        self._unlike: dict[tuple[int, int], tuple[int, int]] = {}

    def members(self) -> list[list[int]]:
        """The clusters of two or more photos, by index."""
        return [self._photos[places].tolist() for places in self._members.values() if len(places) > 1]

    def join_along(self, links: Sequence[tuple[int, int, bool]]) -> None:
        """Merge, link by link, the clusters of two photos unless a rule forbids it."""
        for left, right, is_bond in links:
            first, second = self._cluster_of[left], self._cluster_of[right]
            if first != second and (is_bond or self._may_join(first, second)):
                # The photos are neighbours, but if one time is a guess, their clusters need not be.
                either_untimed = self._untimed[left] or self._untimed[right]
                if not either_untimed or self._are_neighbours_in_time(first, second):
                    self._merge(first, second)
                    if len(self._members) == 1:
                        return

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
        rows, columns = self._sample(first), self._sample(second)
        others = self._sets[second] if len(columns) == sizes[1] else sum(1 << place for place in columns)
        alike = sum((self._alike[place] & others).bit_count() for place in rows)
        if 2 * alike >= len(rows) * len(columns):
            return True
        self._unlike[first, second] = sizes
        return False

    def _sample(self, cluster: int) -> list[int]:
        members = self._members[cluster]
        if len(members) <= _SAMPLE_SIZE:
            return members
        return sorted(members)[:: -(-len(members) // _SAMPLE_SIZE)]

    def _are_neighbours_in_time(self, first: int, second: int) -> bool:
        left, right = self._timed(first), self._timed(second)
        if self._window is None or not len(left) or not len(right):
            return True
        return bool((self._clocks.gap(left[:, None], right[None, :]) <= self._window).any())

    def _timed(self, cluster: int) -> Indices:
        found: Indices = self._photos[[place for place in self._members[cluster] if not self._untimed[place]]]
        return found


def _compared(photos: Indices, hashes: Hashes, rules: GroupingRules) -> tuple[Flags, Flags]:
    """Compare each with each: are their hashes alike, and are they too different for one group?"""
    alike, too_far = (np.empty((len(photos), len(photos)), dtype=np.bool_) for _ in range(2))
    step = block_rows(len(photos))
    for start in range(0, len(photos), step):
        rows = slice(start, start + step)
        distances = hashes.distances(photos[rows, None], photos[None, :])
        alike[rows] = distances.within(rules.tolerance)
        too_far[rows] = distances.total > rules.diameter
    return alike, too_far


def _sets(matrix: Flags) -> list[int]:
    """Each row of flags as the bits of an integer, the first one lowest."""
    return [int.from_bytes(row.tobytes(), "little") for row in np.packbits(matrix, axis=1, bitorder="little")]
