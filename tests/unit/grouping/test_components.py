"""Claims about the photos that pairs connect, and which of them are one cluster at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bestshot.grouping.clocks import Clocks
from bestshot.grouping.clusters import Links, clusters
from bestshot.grouping.components import Components
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import GroupingRules
from bestshot.grouping.spans import Indices
from bestshot.model.appraisal import Fingerprint
from bestshot.model.times import CaptureTime
from tests.support.builders import guess_at, metadata_with, wall_at

COUNT = 7
RULES = GroupingRules()

Pair = tuple[int, int]

# Up to as many bits as the tolerance has, and a few more.
prints = st.integers(0, 6).map(lambda count: Fingerprint((1 << 2 * count) - 1)) | st.just(Fingerprint(0, is_plain=True))
times = st.integers(0, 4).map(lambda steps: wall_at(200 * steps)) | st.just(guess_at(0))
pairs = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda pair: pair[0] < pair[1]))


@dataclass(frozen=True)
class Library:
    """Some photos, the pairs that link them in order, those that are unlike, and those looked at closely."""

    prints: Sequence[Fingerprint]
    times: Sequence[CaptureTime]
    linked: Sequence[Pair]
    apart: Sequence[Pair]
    looked_at: Collection[Pair] = ()

    @property
    def confirmed(self) -> Sequence[Pair]:
        """The links that a closer look confirmed, each once."""
        return sorted(set(self.linked) & set(self.looked_at) - set(self.apart))

    @property
    def hashes(self) -> Hashes:
        return Hashes.of(self.prints)

    @property
    def clocks(self) -> Clocks:
        return Clocks.of([metadata_with(time) for time in self.times])

    @property
    def components(self) -> Components:
        return Components.of(*sides(self.linked), self.clocks)

    def joined(self) -> list[list[int]]:
        """The clusters that come of joining pair by pair."""
        none = np.zeros(len(self.linked), dtype=np.bool_)
        verified = [*self.apart, *self.confirmed]
        links = Links(*sides(self.linked), none, *sides(verified), np.arange(len(verified)) >= len(self.apart))
        return [sorted(members) for members in clusters(links, self.components, self.hashes, self.clocks, RULES)]

    def united(self) -> list[list[int]]:
        """The components that are said to be one cluster."""
        apart, confirmed = sides(self.apart), sides(self.confirmed)
        found = self.components.united(apart, confirmed, self.hashes, self.clocks, RULES)
        return [sorted(self.components.members(number).tolist()) for number in np.flatnonzero(found).tolist()]


def sides(chosen: Sequence[Pair]) -> tuple[Indices, Indices]:
    left, right = np.array(chosen, dtype=np.int64).reshape(-1, 2).T
    return left, right


libraries = st.builds(
    Library,
    st.lists(prints, min_size=COUNT, max_size=COUNT),
    st.lists(times, min_size=COUNT, max_size=COUNT),
    pairs,
    pairs,
    pairs,
)


@given(libraries)
def test_photos_that_are_united_would_be_joined_one_by_one(library: Library) -> None:
    joined = library.joined()
    assert all(members in joined for members in library.united())


def test_photos_are_united_if_everybody_is_like_everybody() -> None:
    shots = [Fingerprint(0)] * COUNT
    chain = [(0, 1), (1, 2), (4, 5)]
    assert Library(shots, [wall_at(0)] * COUNT, chain, []).united() == [[0, 1, 2], [4, 5]]


def test_one_photo_that_is_unlike_another_leaves_its_component_to_be_joined_one_by_one() -> None:
    shots, chain = [Fingerprint(0)] * COUNT, [(0, 1), (1, 2), (4, 5)]
    assert Library(shots, [wall_at(0)] * COUNT, chain, [(0, 2)]).united() == [[4, 5]]
    assert Library([Fingerprint(2**11 - 1), *shots[1:]], [wall_at(0)] * COUNT, chain, []).united() == [[4, 5]]


def test_photos_are_united_if_a_closer_look_confirmed_all_that_hashes_leave_open() -> None:
    shots = [Fingerprint(2**11 - 1), *[Fingerprint(0)] * (COUNT - 1)]
    chain = [(0, 1), (1, 2), (0, 2)]
    assert Library(shots, [wall_at(0)] * COUNT, chain, [], chain).united() == [[0, 1, 2]]
    assert Library(shots, [wall_at(0)] * COUNT, chain, [], chain[:2]).united() == []
    too_far = [Fingerprint(2**64 - 1, phash=2**64 - 1), *shots[1:]]
    assert Library(too_far, [wall_at(0)] * COUNT, chain, [], chain).united() == []


def test_a_guessed_time_bridges_no_occasions_that_are_far_apart() -> None:
    shots, chain = [Fingerprint(0)] * COUNT, [(0, 1), (1, 2)]
    occasions = [wall_at(0), guess_at(0), wall_at(1e6), *[wall_at(0)] * (COUNT - 3)]
    assert Library(shots, occasions, chain, []).united() == []


def test_a_part_of_a_component_that_was_split_is_not_united_as_its_links_may_lie_outside_of_it() -> None:
    count = 5000
    photos = np.arange(count)
    clocks = Clocks.of([metadata_with(wall_at(number)) for number in range(count)])
    found = Components.of(photos[:-1], photos[1:], clocks)
    assert len(found.begins) == 3
    assert not found.united(sides([]), sides([]), Hashes.of([Fingerprint(0)] * count), clocks, RULES).any()
