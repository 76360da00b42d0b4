"""Clusters of photos that grow pair by pair and refuse what would break the rules."""

from collections.abc import Mapping

import numpy as np

from bestshot.clocks import Clocks, Flags, Indices
from bestshot.grouping_rules import GroupingRules
from bestshot.hashes import Hashes

_WIDENED = 2
"""Within a group, hashes may differ by so many times the threshold and still speak for each other."""

_SPOKESMEN = 64
"""Of a larger cluster so many photos, evenly spread, speak for all: a timelapse would ask millions of times."""


class Clusters:
    """Photos by their indices, each in one cluster; `confirmed` is what a closer look told of pairs of them."""

    def __init__(
        self, hashes: Hashes, clocks: Clocks, rules: GroupingRules, confirmed: Mapping[tuple[int, int], bool]
    ) -> None:
        self._hashes = hashes
        self._clocks = clocks
        self._rules = rules
        self._untimed = clocks.untimed
        self._looks: dict[int, dict[int, bool]] = {}
        for (left, right), is_alike in confirmed.items():
            self._looks.setdefault(left, {})[right] = is_alike
            self._looks.setdefault(right, {})[left] = is_alike
        self._members: dict[int, list[int]] = {}
        self._cluster_of: dict[int, int] = {}
        # Clusters only grow, so two that are too wide stay so.
        self._too_wide: dict[int, set[int]] = {}
        # Two of which most are unlike may be asked again when one of them has grown.
        self._unlike: dict[tuple[int, int], tuple[int, int]] = {}

    def members(self) -> list[list[int]]:
        """The clusters of two or more photos."""
        return list(self._members.values())

    def join(self, left: int, right: int) -> None:
        """Make one cluster of those of two photos that are alike, unless a rule forbids it."""
        first, second = sorted((self._cluster(left), self._cluster(right)))
        if first == second or second in self._too_wide[first] or not self._most_are_alike(first, second):
            return
        # The two photos themselves are neighbours; they tell nothing of their clusters if one time is a guess.
        either_untimed = bool(self._untimed[left] or self._untimed[right])
        if either_untimed and not self._are_neighbours_in_time(first, second):
            return
        if not self._is_narrow(first, second):
            return
        if len(self._members[first]) < len(self._members[second]):
            first, second = second, first
        self._merge(first, second)

    def _cluster(self, index: int) -> int:
        if index not in self._cluster_of:
            self._cluster_of[index] = index
            self._members[index] = [index]
            self._too_wide[index] = set()
        return self._cluster_of[index]

    def _merge(self, first: int, second: int) -> None:
        moved = self._members.pop(second)
        self._members[first] += moved
        self._cluster_of.update(dict.fromkeys(moved, first))
        for other in self._too_wide.pop(second):
            self._too_wide[other].remove(second)
            self._part(first, other)

    def _part(self, first: int, second: int) -> None:
        self._too_wide[first].add(second)
        self._too_wide[second].add(first)

    def _is_narrow(self, first: int, second: int) -> bool:
        """Whether no two of their photos differ beyond the diameter."""
        rows, columns = np.array(self._members[first])[:, None], np.array(self._members[second])[None, :]
        if int(self._hashes.distances(rows, columns).total.max()) <= self._rules.diameter:
            return True
        self._part(first, second)
        return False

    def _most_are_alike(self, first: int, second: int) -> bool:
        """Whether at least half of the pairs between two clusters are alike."""
        sizes = len(self._members[first]), len(self._members[second])
        if self._unlike.get((first, second)) == sizes:
            return False
        alike = self._alike(self._spokesmen(first), self._spokesmen(second))
        if 2 * int(alike.sum()) >= alike.size:
            return True
        self._unlike[first, second] = sizes
        return False

    def _spokesmen(self, cluster: int) -> list[int]:
        members = sorted(self._members[cluster])
        return members[:: -(-len(members) // _SPOKESMEN)]

    def _alike(self, rows: list[int], columns: list[int]) -> Flags:
        """Which pairs are alike: what a closer look told counts, and for the others the hashes."""
        distances = self._hashes.distances(np.array(rows)[:, None], np.array(columns)[None, :])
        alike = distances.within(_WIDENED * self._rules.threshold)
        place = {index: at for at, index in enumerate(columns)}
        for at, row in enumerate(rows):
            for other, is_alike in self._looks.get(row, {}).items():
                if other in place:
                    alike[at, place[other]] = is_alike
        return alike

    def _are_neighbours_in_time(self, first: int, second: int) -> bool:
        left, right = self._timed(first), self._timed(second)
        if self._rules.time_window is None or not len(left) or not len(right):
            return True
        return bool((self._clocks.gap(left[:, None], right[None, :]) <= self._rules.time_window).any())

    def _timed(self, cluster: int) -> Indices:
        members: Indices = np.array(self._members[cluster])
        timed: Indices = members[~self._untimed[members]]
        return timed
