"""Connected components of photos, and those of them that are one cluster without being joined pair by pair."""

from dataclasses import dataclass

import numpy as np

from bestshot.grouping.clocks import Clocks, Flags
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import GroupingRules
from bestshot.grouping.spans import Indices, runs, spans

_MAX_COMPONENT = 4096
"""Larger connected components are split in order of time, since memory grows with the square of their size."""


@dataclass(frozen=True, slots=True)
class Components:
    """The component of each photo; the photos of the n-th one are order[begins[n]:begins[n + 1]].

    A component that was split is not `whole`.
    """

    number: Indices
    order: Indices
    begins: Indices
    whole: Flags

    @classmethod
    def of(cls, left: Indices, right: Indices, clocks: Clocks) -> "Components":
        """Connect photos by these pairs."""
        labels = _labels(left, right, len(clocks.wall))
        in_time = np.lexsort((np.fmin(clocks.wall, clocks.instant), labels))
        places = np.arange(len(labels)) - np.searchsorted(labels[in_time], labels[in_time])
        cut = np.empty_like(labels)
        cut[in_time] = places // _MAX_COMPONENT
        parts = labels.astype(np.int64) * (len(labels) // _MAX_COMPONENT + 1) + cut
        _, first, number = np.unique(parts, return_index=True, return_inverse=True)
        number = number.astype(np.int32)  # looked up for each of millions of pairs
        order = np.argsort(number, kind="stable")
        begins = np.searchsorted(number[order], np.arange(len(first) + 1))
        whole = np.bincount(labels, minlength=1)[labels[first]] <= _MAX_COMPONENT
        return cls(number, order, begins, whole)

    def members(self, component: int) -> Indices:
        """The photos of a component."""
        return self.order[self.begins[component] : self.begins[component + 1]]

    def united(
        self,
        apart: tuple[Indices, Indices],
        confirmed: tuple[Indices, Indices],
        hashes: Hashes,
        clocks: Clocks,
        rules: GroupingRules,
    ) -> Flags:
        """Which components are one cluster, whatever the order in which their photos are joined.

        In these everybody's hashes are like everybody's, or a closer look `confirmed` the pair; no pair is known to be
        `apart`, and if the time of one is not known, those of the others are neighbours.
        """
        united = self.whole & (np.diff(self.begins) > 1)
        window = np.inf if rules.time_window is None else rules.time_window
        left, right = apart
        united[self.number[left[self.number[left] == self.number[right]]]] = False
        has_untimed = np.zeros_like(united)
        has_untimed[self.number[clocks.untimed]] = True
        unlike = np.zeros(len(united), dtype=np.int64)
        rows = np.flatnonzero(united[self.number[self.order]])
        ends = self.begins[self.number[self.order[rows]] + 1]
        for start, stop in runs(ends - rows):
            chunk = slice(start, stop)
            left, right = (self.order[side] for side in spans(rows[chunk], rows[chunk] + 1, ends[chunk]))
            distances, component = hashes.distances(left, right), self.number[left]
            np.add.at(unlike, component[~distances.within(rules.tolerance)], 1)
            is_far = distances.total > rules.diameter
            mixed = np.flatnonzero(has_untimed[component])
            is_far[mixed] |= clocks.gap(left[mixed], right[mixed]) > window
            united[component[is_far]] = False
        left, right = confirmed
        is_needed = ~hashes.distances(left, right).within(rules.tolerance)
        np.subtract.at(unlike, self.number[left[is_needed]], 1)
        united &= unlike == 0
        return united


def _labels(left: Indices, right: Indices, count: int) -> Indices:
    """The lowest photo to which each photo is connected."""
    labels = np.arange(count, dtype=np.int32)
    while not np.array_equal(labels[left], labels[right]):
        lowest = np.minimum(labels[left], labels[right])
        np.minimum.at(labels, labels[left], lowest)
        np.minimum.at(labels, labels[right], lowest)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]
    return labels
