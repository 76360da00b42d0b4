"""Photos and their likeness to groups: pure, no pictures, no disk, no network."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bestshot.clocks import Clocks, Indices, all_blocks
from bestshot.grouping_rules import GroupingRules
from bestshot.hashing import HASH_BITS, Hashes, near_pairs
from bestshot.model import CaptureTime, Fingerprint, Group, Photo

DIAMETER_PER_THRESHOLD = 2
"""No two photos of a group differ in more than this many times the threshold: the width of a ball around a medoid."""


def candidates(photos: Sequence[Photo], times: Mapping[str, CaptureTime], rules: GroupingRules) -> list[Photo]:
    """The photos that have a neighbour in time; the others stay alone whatever they show."""
    near = Clocks.of([times[photo.id] for photo in photos]).have_neighbour(rules.time_window)
    return [photo for photo, has_neighbour in zip(photos, near, strict=True) if has_neighbour]


def group_photos(
    photos: Sequence[Photo],
    times: Mapping[str, CaptureTime],
    fingerprints: Mapping[str, Fingerprint],
    rules: GroupingRules,
) -> list[Group]:
    """Join photos that look alike and were taken close together, whatever order they come in.

    The closest pairs are joined first. Two groups become one only while every two photos of the result differ in at
    most DIAMETER_PER_THRESHOLD times the threshold, so a chain of small steps never joins unlike ends, and only
    while their known times are neighbours, so a photo whose time is a guess never bridges two occasions.
    The groups come in order of time.
    """
    ordered = sorted(photos, key=lambda photo: photo.id)
    hashes = Hashes.of([fingerprints[photo.id] for photo in ordered])
    clocks = Clocks.of([times[photo.id] for photo in ordered])
    joining = _Joining(hashes, clocks, rules)
    for left, right in _closest_first(hashes, clocks, rules):
        joining.join(left, right)
    groups = [
        Group(tuple(ordered[index] for index in sorted(members)))
        for members in joining.clusters()
        if len(members) >= rules.min_group_size
    ]
    return sorted(groups, key=lambda group: (_earliest(group, times), group.photos[0].id))


def _earliest(group: Group, times: Mapping[str, CaptureTime]) -> float:
    members = [times[photo.id] for photo in group.photos]
    known = [time for time in members if not time.is_guess]
    return min(time.seconds for time in known or members)


def _closest_first(hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> Iterator[tuple[int, int]]:
    """Every pair that may belong together, by likeness, then by time, then by id."""
    count = len(hashes.bits)
    found = [*near_pairs(hashes, _blocks(clocks, rules.time_window), rules.threshold)]
    if not found:
        return
    left = np.concatenate([pair[0] for pair in found])
    right = np.concatenate([pair[1] for pair in found])
    left, right = np.divmod(np.unique(left * count + right), count)
    gaps = clocks.gap(left, right)
    if rules.time_window is not None:
        near = gaps <= rules.time_window
        left, right, gaps = left[near], right[near], gaps[near]
    order = np.lexsort((right, left, gaps, hashes.distances(left, right)))
    yield from zip(left[order].tolist(), right[order].tolist(), strict=True)


def _blocks(clocks: Clocks, window: float | None) -> Iterator[tuple[Indices, Indices]]:
    everyone = np.arange(len(clocks.wall))
    if window is None:
        yield from all_blocks(everyone, everyone)
        return
    yield from clocks.window_blocks(window)
    yield from clocks.zone_unknown_blocks()
    yield from all_blocks(np.flatnonzero(clocks.untimed), everyone)


class _Joining:
    """Clusters that grow pair by pair and refuse what would break the rules."""

    def __init__(self, hashes: Hashes, clocks: Clocks, rules: GroupingRules) -> None:
        self._hashes = hashes
        self._clocks = clocks
        self._untimed = clocks.untimed
        self._window = rules.time_window
        self._bound = min(rules.threshold * DIAMETER_PER_THRESHOLD, HASH_BITS)
        self._members: dict[int, list[int]] = {}
        self._cluster_of: dict[int, int] = {}
        # Clusters only grow, so two that are too unlike stay so; a long timelapse would ask a million times.
        self._unlike: dict[int, set[int]] = {}

    def clusters(self) -> list[list[int]]:
        return list(self._members.values())

    def join(self, left: int, right: int) -> None:
        first, second = self._cluster(left), self._cluster(right)
        if first == second or not self._are_alike(first, second):
            return
        # The two photos themselves are neighbours; they tell nothing of their clusters if one time is a guess.
        either_untimed = bool(self._untimed[left] or self._untimed[right])
        if either_untimed and not self._are_neighbours_in_time(first, second):
            return
        if len(self._members[first]) < len(self._members[second]):
            first, second = second, first
        self._merge(first, second)

    def _cluster(self, index: int) -> int:
        if index not in self._cluster_of:
            self._cluster_of[index] = index
            self._members[index] = [index]
            self._unlike[index] = set()
        return self._cluster_of[index]

    def _merge(self, first: int, second: int) -> None:
        moved = self._members.pop(second)
        self._members[first] += moved
        self._cluster_of.update(dict.fromkeys(moved, first))
        for other in self._unlike.pop(second):
            self._unlike[other].remove(second)
            self._part(first, other)

    def _part(self, first: int, second: int) -> None:
        self._unlike[first].add(second)
        self._unlike[second].add(first)

    def _are_alike(self, first: int, second: int) -> bool:
        if second in self._unlike[first]:
            return False
        rows, columns = np.array(self._members[first])[:, None], np.array(self._members[second])[None, :]
        if int(self._hashes.distances(rows, columns).max()) <= self._bound:
            return True
        self._part(first, second)
        return False

    def _are_neighbours_in_time(self, first: int, second: int) -> bool:
        left, right = self._timed(first), self._timed(second)
        if self._window is None or not len(left) or not len(right):
            return True
        return bool((self._clocks.gap(left[:, None], right[None, :]) <= self._window).any())

    def _timed(self, cluster: int) -> Indices:
        members: Indices = np.array(self._members[cluster])
        timed: Indices = members[~self._untimed[members]]
        return timed
