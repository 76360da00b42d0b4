"""Grouping photos by their fingerprints, times and similarities: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from bestshot.grouping.agreements import NONE_KNOWN, Agreements
from bestshot.grouping.bonds import Bonds
from bestshot.grouping.clocks import Clocks, Flags
from bestshot.grouping.clusters import Links, clusters
from bestshot.grouping.components import Components
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.neighbours import Neighbours, Pairs
from bestshot.grouping.pans import LONGEST_PAUSE, Picture, links_of_pans, picture_of, sweeps
from bestshot.grouping.rough import Lookalikes
from bestshot.grouping.rules import BURST_SECONDS, GroupingRules
from bestshot.grouping.sketches import Sketches
from bestshot.model.appraisal import Fingerprint
from bestshot.model.groups import Group, PhotoPair, Similarity
from bestshot.model.photo import Metadata, Photo

_CHUNK = 1_000_000
"""Pairs measured at once; all of them together would take hundreds of megabytes."""


def with_neighbours_in_time(
    photos: Sequence[Photo], metadata: Mapping[str, Metadata], rules: GroupingRules
) -> list[Photo]:
    """The photos that may have a neighbour in time; the others stay alone whatever they show."""
    near = Clocks.of([metadata[photo.id] for photo in photos]).have_neighbour(rules.time_window)
    return [photo for photo, has_neighbour in zip(photos, near, strict=True) if has_neighbour]


def with_lookalikes_in_time(
    photos: Sequence[Photo], metadata: Mapping[str, Metadata], thumbhashes: Mapping[str, bytes], rules: GroupingRules
) -> tuple[list[Photo], list[Photo]]:
    """The photos that are likely to look like a neighbour in time, and the others that may.

    Without thumbhashes, which are given by id, all with a neighbour may. With them, photos are in order of time: ids of
    a server's say nothing, and what is seen of one photo after another tells what is to come.
    """
    if not thumbhashes:
        return [], with_neighbours_in_time(photos, metadata, rules)
    clocks = Clocks.of([metadata[photo.id] for photo in photos])
    found = Lookalikes.among([thumbhashes.get(photo.id) for photo in photos], clocks, rules.time_window)
    in_order = np.argsort(clocks.wall, kind="stable")
    likely, others = (
        [photos[place] for place in in_order[flags[in_order]]]
        for flags in (found.likely, found.possible & ~found.likely)
    )
    return likely, others


class Grouping:
    """Groups photos that look alike and were taken close together, regardless of their order.

    Hashes decide the clear cases. The others are `candidate_pairs`, whose similarity `groups` has to be given. What an
    earlier grouping found of sketches, its `agreements`, need not be found again.
    """

    def __init__(
        self,
        photos: Sequence[Photo],
        metadata: Mapping[str, Metadata],
        fingerprints: Mapping[str, Fingerprint],
        rules: GroupingRules,
        known: Agreements = NONE_KNOWN,
    ) -> None:
        self._photos = sorted(photos, key=lambda photo: photo.id)
        self._metadata = metadata
        self._rules = rules
        self._prints = [fingerprints[photo.id] for photo in self._photos]
        self._hashes = Hashes.of(self._prints)
        self._clocks = Clocks.of([metadata[photo.id] for photo in self._photos])
        self._bonds = Bonds.of(self._photos, metadata, self._clocks)
        near = Neighbours.among(self._hashes, self._clocks, rules)
        near = near.with_candidates(self._bonds.said_neighbours(), self._hashes, self._clocks, rules)
        sketches, of_one_press = Sketches(self._prints), self._bonds.are_of_one_press
        self._neighbours = near.told_apart_by(sketches, known, self._clocks, of_one_press)

    @property
    def agreements(self) -> Agreements:
        """What is known of the sketches of the pairs that were asked about."""
        return self._neighbours.agreements

    @property
    def candidate_count(self) -> int:
        """How many pairs need a closer comparison."""
        return len(self._neighbours.candidates.left)

    def candidate_pairs(self) -> list[PhotoPair]:
        """The pairs that need a closer comparison, those of a picture near each other, so that it is decoded once.

        In order of time, and all the more of names, the pairs of an undated picture would be far apart.
        """
        pairs = self._neighbours.candidates
        seconds = np.array([self._metadata[photo.id].taken.seconds for photo in self._photos])
        place = pairs.walked(np.argsort(seconds, kind="stable"))
        places = place[pairs.left], place[pairs.right]
        order = np.lexsort((np.minimum(*places), np.maximum(*places)))
        ordered = pairs.where(order)
        are_apart = self._are_apart(ordered).tolist()
        return [
            PhotoPair(self._photos[left], self._photos[right], apart)
            for (left, right), apart in zip(ordered, are_apart, strict=True)
        ]

    def _are_apart(self, pairs: Pairs) -> Flags:
        """Which pairs are of no burst and no panorama, and would match by their details without features, too."""
        is_near = self._clocks.known_gap(pairs.left, pairs.right) <= LONGEST_PAUSE
        is_near |= self._bonds.are_of_one_press(pairs.left, pairs.right)
        is_likely: Flags = self._hashes.totals(pairs.left, pairs.right) <= self._rules.candidate_limit
        return is_likely & ~is_near

    def groups(self, similarities: Mapping[str, Similarity]) -> list[Group]:
        """Group the photos, given the similarity of candidate pairs by id; in order of time.

        The closest pairs are joined first. Two groups are merged only if at least half of the pairs between them are
        alike, so that a chain of small steps never joins unlike ends; if no pair exceeds the diameter; and if their
        known times are neighbours, so that a photo whose time is a guess never bridges two occasions. Bonds are joined
        before, whatever their neighbours look like.
        """
        groups = [
            Group(tuple(self._photos[index] for index in sorted(members)))
            for members in self._clusters(similarities)
            if len(members) >= self._rules.min_group_size
        ]
        return sorted(groups, key=lambda group: (self._earliest(group), group.photos[0].id))

    def _clusters(self, similarities: Mapping[str, Similarity]) -> Iterator[list[int]]:
        alike, unlike = self._neighbours.alike, self._neighbours.unlike
        verified, is_alike, is_bond = self._verified(similarities)
        confirmed = verified.left[is_alike], verified.right[is_alike]
        left, right = np.append(alike.left, confirmed[0]), np.append(alike.right, confirmed[1])
        components = Components.of(left, right, self._clocks)
        apart = np.append(verified.left[~is_alike], unlike.left), np.append(verified.right[~is_alike], unlike.right)
        united = components.united(apart, confirmed, self._hashes, self._clocks, self._rules)
        yield from (components.members(number).tolist() for number in np.flatnonzero(united).tolist())
        is_open = ~united[components.number]
        alike, is_left = alike.where(is_open[alike.left]), is_open[verified.left]
        links = self._links(alike, verified.where(is_left), is_alike[is_left], is_bond[is_left])
        yield from clusters(links, components, self._hashes, self._clocks, self._rules)

    def _links(self, alike: Pairs, verified: Pairs, is_alike: Flags, is_bond: Flags) -> Links:
        """Every pair that is alike (bonds first, then bursts, by hashes, time, and id), and the verified pairs."""
        left = np.append(alike.left, verified.left[is_alike])
        right = np.append(alike.right, verified.right[is_alike])
        bond = np.append(self._are_bonds(alike), is_bond[is_alike])
        gaps = np.empty(len(left), dtype=np.float32)
        totals = np.empty(len(left), dtype=np.uint8)
        is_later = np.empty(len(left), dtype=np.bool_)
        for start in range(0, len(left), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            gaps[chunk] = self._clocks.gap(left[chunk], right[chunk])
            totals[chunk] = self._hashes.totals(left[chunk], right[chunk])
            is_later[chunk] = ~(self._clocks.known_gap(left[chunk], right[chunk]) <= BURST_SECONDS)
        order = np.lexsort((right, left, gaps, totals, is_later, ~bond))
        unlike = self._neighbours.unlike
        return Links(
            left[order],
            right[order],
            bond[order],
            np.append(verified.left, unlike.left),
            np.append(verified.right, unlike.right),
            np.append(is_alike, np.zeros(len(unlike.left), dtype=np.bool_)),
        )

    def _are_bonds(self, alike: Pairs) -> Flags:
        """Which pairs that are alike by their hashes are joined in any case."""
        bonds: Flags = self._bonds.are_of_one_press(alike.left, alike.right)
        return bonds | self._bonds.are_other_exposures(alike.left, alike.right)

    def _verified(self, similarities: Mapping[str, Similarity]) -> tuple[Pairs, Flags, Flags]:
        """The candidate pairs whose similarity is known, whether they are alike, and which are joined in any case."""
        ids = (PhotoPair(self._photos[left], self._photos[right]).id for left, right in self._neighbours.candidates)
        looks = [similarities.get(pair_id) for pair_id in ids]
        pairs = self._neighbours.candidates.where(_flags(look is not None for look in looks))
        found = [look for look in looks if look is not None]
        gaps = np.nan_to_num(self._clocks.known_gap(pairs.left, pairs.right), nan=np.inf).tolist()
        bits = self._hashes.distances(pairs.left, pairs.right).total.tolist()
        is_confirmed = _flags(map(self._rules.confirmed_by, found, gaps, bits))
        may_be_of_one_press = _flags(map(self._rules.may_be_of_one_press, found, bits))
        of_one_press = may_be_of_one_press & self._bonds.are_of_one_press(pairs.left, pairs.right)
        of_one_framing = is_confirmed & _flags(map(self._rules.is_one_framing, found))
        is_bond = of_one_press | (of_one_framing & self._bonds.are_other_exposures(pairs.left, pairs.right))
        may_be_panned = _flags(map(self._rules.may_be_panned, found))
        is_bond |= self._of_pans(pairs, is_confirmed & may_be_panned)
        is_confirmed &= is_bond | ~self._of_one_sweep(pairs, may_be_panned, [look.overlap for look in found])
        return pairs, is_confirmed | of_one_press, is_bond

    def _of_pans(self, pairs: Pairs, may_be: Flags) -> Flags:
        """Which pairs follow each other in a panorama, of those that may."""
        links, seconds = self._dated(pairs, may_be & self._bonds.are_of_one_camera(pairs.left, pairs.right))
        found = links_of_pans(links.values(), self._picture, seconds)
        return _flags(links.get(place) in found for place in range(len(pairs.left)))

    def _of_one_sweep(self, pairs: Pairs, may_be: Flags, overlaps: Sequence[float]) -> Flags:
        """Which pairs show parts of what a camera, known or not, was moved across, of those that may."""
        is_one_camera = self._clocks.camera[pairs.left] == self._clocks.camera[pairs.right]
        links, seconds = self._dated(pairs, may_be & is_one_camera)
        numbers = sweeps({link: overlaps[place] for place, link in links.items()}, self._picture, seconds)
        found = np.zeros(len(pairs.left), dtype=np.bool_)
        for place, (one, other) in links.items():
            found[place] = one in numbers and numbers[one] == numbers.get(other)
        return found

    def _dated(self, pairs: Pairs, chosen: Flags) -> tuple[dict[int, tuple[int, int]], dict[int, float]]:
        """Of the chosen pairs those that were taken at known times, the earlier photo first, and those times."""
        chosen = chosen & ~np.isnan(self._clocks.known_gap(pairs.left, pairs.right))
        photos = np.unique(np.append(pairs.left[chosen], pairs.right[chosen])).tolist()
        seconds = {photo: self._metadata[self._photos[photo].id].taken.seconds for photo in photos}
        links = {}
        for place in np.flatnonzero(chosen).tolist():
            one, other = int(pairs.left[place]), int(pairs.right[place])
            links[place] = (one, other) if seconds[one] <= seconds[other] else (other, one)
        return links, seconds

    def _picture(self, photo: int) -> Picture | None:
        return picture_of(self._prints[photo].sketch)

    def _earliest(self, group: Group) -> float:
        members = [self._metadata[photo.id].taken for photo in group.photos]
        known = [time for time in members if not time.is_guess]
        return min(time.seconds for time in known or members)


def _flags(values: Iterable[bool]) -> Flags:
    return np.array(list(values), dtype=np.bool_)
