"""Photos and their likeness to groups: pure, no pictures, no disk, no network."""

from collections.abc import Mapping, Sequence

import numpy as np

from bestshot.grouping.clocks import Clocks, Flags
from bestshot.grouping.clusters import Links, clusters
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.neighbours import Neighbours, Pairs
from bestshot.grouping.rules import BURST_SECONDS, GroupingRules
from bestshot.model.appraisal import Fingerprint
from bestshot.model.groups import Group, Likeness, PhotoPair
from bestshot.model.photo import Metadata, Photo

_PIECE = 1_000_000


def candidates(photos: Sequence[Photo], metadata: Mapping[str, Metadata], rules: GroupingRules) -> list[Photo]:
    """The photos that have a neighbour in time; the others stay alone whatever they show."""
    near = Clocks.of([metadata[photo.id] for photo in photos]).have_neighbour(rules.time_window)
    return [photo for photo, has_neighbour in zip(photos, near, strict=True) if has_neighbour]


class Grouping:
    """Joins photos that look alike and were taken close together, whatever order they come in.

    The hashes decide what they can and name the pairs that are doubtful; how like those are is then told to `groups`.
    """

    def __init__(
        self,
        photos: Sequence[Photo],
        metadata: Mapping[str, Metadata],
        fingerprints: Mapping[str, Fingerprint],
        rules: GroupingRules,
    ) -> None:
        self._photos = sorted(photos, key=lambda photo: photo.id)
        self._metadata = metadata
        self._rules = rules
        self._hashes = Hashes.of([fingerprints[photo.id] for photo in self._photos])
        self._clocks = Clocks.of([metadata[photo.id] for photo in self._photos])
        self._neighbours = Neighbours.among(self._hashes, self._clocks, rules)

    @property
    def doubtful_count(self) -> int:
        """How many pairs only a closer look can decide."""
        return len(self._neighbours.doubtful.left)

    def doubtful_pairs(self) -> list[PhotoPair]:
        """The pairs that only a closer look can decide, in order of time, so that neighbours come together."""
        pairs = self._neighbours.doubtful
        seconds = np.array([self._metadata[photo.id].taken.seconds for photo in self._photos])
        order = np.lexsort((pairs.right, pairs.left, seconds[pairs.left]))
        return [PhotoPair(self._photos[left], self._photos[right]) for left, right in pairs.where(order)]

    def groups(self, likenesses: Mapping[str, Likeness]) -> list[Group]:
        """Join what belongs together, given the likeness of doubtful pairs by their id; in order of time.

        The closest pairs are joined first. Two groups become one only while at least half of the pairs between them
        are alike, so a chain of small steps never joins unlike ends, while none differs beyond the diameter, and
        while their known times are neighbours, so a photo whose time is a guess never bridges two occasions.
        """
        groups = [
            Group(tuple(self._photos[index] for index in sorted(members)))
            for members in clusters(self._links(likenesses), self._hashes, self._clocks, self._rules)
            if len(members) >= self._rules.min_group_size
        ]
        return sorted(groups, key=lambda group: (self._earliest(group), group.photos[0].id))

    def _links(self, likenesses: Mapping[str, Likeness]) -> Links:
        """Every pair that is alike (bursts first, then by its hashes, by time, and by id), and what looks told."""
        alike, looked, told = self._neighbours.alike, *self._told(likenesses)
        left = np.append(alike.left, looked.left[told])
        right = np.append(alike.right, looked.right[told])
        gaps = np.empty(len(left), dtype=np.float32)
        totals = np.empty(len(left), dtype=np.uint16)
        is_later = np.empty(len(left), dtype=np.bool_)
        # Piece by piece: what tens of millions of pairs take on the way would be hundreds of megabytes.
        for start in range(0, len(left), _PIECE):
            piece = slice(start, start + _PIECE)
            gaps[piece] = self._clocks.gap(left[piece], right[piece])
            totals[piece] = self._hashes.distances(left[piece], right[piece]).total
            is_later[piece] = ~(self._clocks.known_gap(left[piece], right[piece]) <= BURST_SECONDS)
        order = np.lexsort((right, left, gaps, totals, is_later))
        return Links(left[order], right[order], looked.left, looked.right, told)

    def _told(self, likenesses: Mapping[str, Likeness]) -> tuple[Pairs, Flags]:
        """The doubtful pairs that were compared closely, and whether they are alike."""
        pairs = self._neighbours.doubtful
        gaps = np.nan_to_num(self._clocks.known_gap(pairs.left, pairs.right), nan=np.inf).tolist()
        ids = (PhotoPair(self._photos[left], self._photos[right]).id for left, right in pairs)
        found = [likenesses.get(pair_id) for pair_id in ids]
        looked = np.array([likeness is not None for likeness in found], dtype=np.bool_)
        told = [self._rules.confirmed_by(one, gap) for one, gap in zip(found, gaps, strict=True) if one is not None]
        return pairs.where(looked), np.array(told, dtype=np.bool_)

    def _earliest(self, group: Group) -> float:
        members = [self._metadata[photo.id].taken for photo in group.photos]
        known = [time for time in members if not time.is_guess]
        return min(time.seconds for time in known or members)
