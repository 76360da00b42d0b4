"""Claims about what belongs together, most of them laws over small libraries."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.clocks import Clocks
from bestshot.grouping import DIAMETER_PER_THRESHOLD, candidates, group_photos
from bestshot.grouping_rules import GroupingRules
from bestshot.hashing import HASH_BITS, Hashes
from bestshot.model import CaptureTime, Fingerprint, Group, Photo
from tests.builders import guess_at, moment_at, photo, wall_at, zoned_at


@dataclass(frozen=True)
class Library:
    """Photos with all that grouping asks of them."""

    photos: tuple[Photo, ...]
    times: Mapping[str, CaptureTime]
    prints: Mapping[str, Fingerprint]

    def group(self, rules: GroupingRules) -> list[Group]:
        return group_photos(self.photos, self.times, self.prints, rules)

    def names(self, rules: GroupingRules) -> list[list[str]]:
        """The groups by the names of their photos."""
        return [[member.id for member in group.photos] for group in self.group(rules)]

    def distance(self, left: Photo, right: Photo) -> int:
        pair = Hashes.of([self.prints[left.id], self.prints[right.id]])
        return int(pair.distances(np.array([0]), np.array([1]))[0])

    def gap(self, left: Photo, right: Photo) -> float:
        pair = Clocks.of([self.times[left.id], self.times[right.id]])
        return float(pair.gap(np.array([0]), np.array([1]))[0])


def library(*shots: tuple[str, CaptureTime, Fingerprint | int]) -> Library:
    prints = {name: seen if isinstance(seen, Fingerprint) else Fingerprint(seen) for name, _, seen in shots}
    return Library(tuple(photo(name) for name, _, _ in shots), {name: time for name, time, _ in shots}, prints)


def bits(count: int) -> int:
    """A hash that differs from 0 in this many bits, and from bits(n) in the difference."""
    return (1 << count) - 1


seconds = st.integers(0, 40).map(lambda steps: steps * 50.0)
times = st.one_of(
    seconds.map(wall_at),
    seconds.map(moment_at),
    st.builds(zoned_at, seconds, st.sampled_from([-5, 0, 1])),
    st.builds(zoned_at, seconds, st.sampled_from([-5, 0, 1]), stated=st.just(False)),
    seconds.map(guess_at),
)
# Only the lower half of the bits is used, so that a stranger can be told from all of them.
prints = st.builds(Fingerprint, st.sampled_from([bits(n) for n in range(12)])) | st.builds(
    Fingerprint, st.integers(0, 2), st.none() | st.sampled_from([0, 2, 4, 200])
)
libraries = st.lists(st.tuples(times, prints), max_size=10).map(
    lambda shots: library(*((f"p{place}", time, seen) for place, (time, seen) in enumerate(shots)))
)
rules = st.builds(
    GroupingRules, st.sampled_from([0, 1, 2, 3, 5, 64]), st.sampled_from([None, 0.0, 60.0, 300.0]), st.just(2)
)


@given(libraries, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_photos_never_changes_the_groups(
    given_library: Library, rules: GroupingRules, chance: random.Random
) -> None:
    shuffled = list(given_library.photos)
    chance.shuffle(shuffled)
    assert replace(given_library, photos=tuple(shuffled)).group(rules) == given_library.group(rules)


@given(libraries, rules)
def test_no_photo_is_in_two_groups_and_none_is_alone(given_library: Library, rules: GroupingRules) -> None:
    members = [member.id for group in given_library.group(rules) for member in group.photos]
    assert len(members) == len(set(members))
    assert all(len(group.photos) >= 2 for group in given_library.group(rules))


@given(libraries, rules)
def test_no_two_photos_of_a_group_differ_beyond_its_bound(given_library: Library, rules: GroupingRules) -> None:
    bound = min(rules.threshold * DIAMETER_PER_THRESHOLD, HASH_BITS)
    for group in given_library.group(rules):
        assert all(given_library.distance(*pair) <= bound for pair in combinations(group.photos, 2))


@given(libraries, st.sampled_from([None, 300.0]))
def test_at_threshold_zero_only_equal_hashes_meet(given_library: Library, window: float | None) -> None:
    for group in given_library.group(GroupingRules(0, window)):
        assert len({given_library.prints[member.id].dhash for member in group.photos}) == 1


@given(libraries, rules)
def test_every_member_resembles_another_one_of_its_group(given_library: Library, rules: GroupingRules) -> None:
    for group in given_library.group(rules):
        for member in group.photos:
            others = [other for other in group.photos if other != member]
            assert any(given_library.distance(member, other) <= rules.threshold for other in others)


@given(libraries, rules)
def test_the_timed_members_of_a_group_are_connected_by_gaps_within_the_window(
    given_library: Library, rules: GroupingRules
) -> None:
    for group in given_library.group(rules):
        timed = [member for member in group.photos if not given_library.times[member.id].is_guess]
        reached, waiting = set(timed[:1]), timed[:1]
        while waiting:
            here = waiting.pop()
            near = {
                other
                for other in timed
                if rules.time_window is None or given_library.gap(here, other) <= rules.time_window
            }
            waiting += near - reached
            reached |= near
        assert reached == set(timed)


@given(libraries, rules, times)
def test_a_photo_that_resembles_nothing_changes_no_group(
    given_library: Library, rules: GroupingRules, time: CaptureTime
) -> None:
    rules = replace(rules, threshold=min(rules.threshold, 5))
    stranger = photo("p0 stranger")
    larger = Library(
        (stranger, *given_library.photos),
        {**given_library.times, stranger.id: time},
        {**given_library.prints, stranger.id: Fingerprint(bits(32) << 32)},
    )
    assert larger.group(rules) == given_library.group(rules)


@given(libraries, rules)
def test_the_groups_come_in_order_of_time(given_library: Library, rules: GroupingRules) -> None:
    def begins(group: Group) -> float:
        taken = [given_library.times[member.id] for member in group.photos]
        return min(time.seconds for time in [time for time in taken if not time.is_guess] or taken)

    beginnings = [begins(group) for group in given_library.group(rules)]
    assert beginnings == sorted(beginnings)


@given(libraries, rules)
def test_who_is_no_candidate_would_have_been_in_no_group(given_library: Library, rules: GroupingRules) -> None:
    kept = set(candidates(given_library.photos, given_library.times, rules))
    assert {member for group in given_library.group(rules) for member in group.photos} <= kept


def joined_one_by_one(given_library: Library, rules: GroupingRules) -> set[frozenset[str]]:
    """The rules of group_photos by plain loops: every pair, closest first, each join checked against all members."""

    def near(left: Photo, right: Photo) -> bool:
        return rules.time_window is None or given_library.gap(left, right) <= rules.time_window

    def fit(left: Sequence[Photo], right: Sequence[Photo]) -> bool:
        bound = min(rules.threshold * DIAMETER_PER_THRESHOLD, HASH_BITS)
        timed = [[one for one in side if not given_library.times[one.id].is_guess] for side in (left, right)]
        return all(given_library.distance(a, b) <= bound for a in left for b in right) and (
            not all(timed) or any(near(a, b) for a in timed[0] for b in timed[1])
        )

    ordered = sorted(given_library.photos, key=lambda one: one.id)
    pairs = [
        (given_library.distance(a, b), given_library.gap(a, b), a.id, b.id, a, b)
        for a, b in combinations(ordered, 2)
        if given_library.distance(a, b) <= rules.threshold and near(a, b)
    ]
    group_of = {one: [one] for one in ordered}
    for *_, a, b in sorted(pairs, key=lambda pair: pair[:4]):
        if group_of[a] is not group_of[b] and fit(group_of[a], group_of[b]):
            group_of[a] += group_of[b]
            group_of.update(dict.fromkeys(group_of[b], group_of[a]))
    return {
        frozenset(one.id for one in members) for members in group_of.values() if len(members) >= rules.min_group_size
    }


@settings(deadline=None)
@given(libraries, rules)
def test_the_groups_are_those_that_plain_loops_make(given_library: Library, rules: GroupingRules) -> None:
    found = {frozenset(names) for names in given_library.names(rules)}
    assert found == joined_one_by_one(given_library, rules)


def test_a_group_reaches_as_far_in_time_as_its_neighbours_lead() -> None:
    """The window is between neighbours, not between the ends of a long burst."""
    burst = library(*((f"{place}", wall_at(place * 200), 0) for place in range(10)))
    assert burst.names(GroupingRules(5, 200.0)) == [[str(place) for place in range(10)]]
    assert burst.names(GroupingRules(5, 199.0)) == []


def test_a_pan_of_small_steps_is_cut() -> None:
    pan = library(*((f"{place:02}", wall_at(place), bits(2 * place)) for place in range(30)))
    groups = pan.group(GroupingRules(5, 300.0))
    assert len(groups) > 1
    assert all(pan.distance(group.photos[0], group.photos[-1]) <= 10 for group in groups)


def test_what_was_too_unlike_stays_so_when_a_group_grows() -> None:
    """a and b may not meet c and d; nor may they after they joined five others, whose names they then go by."""
    shots = library(
        ("a", wall_at(0), 0),
        ("b", wall_at(1), bits(5)),
        ("c", wall_at(2), bits(10)),
        ("d", wall_at(3), bits(12)),
        *((f"z{place}", wall_at(100 + place), bits(5) << 40) for place in range(5)),
        ("b again", wall_at(200), bits(5)),
    )
    assert {frozenset(names) for names in shots.names(GroupingRules())} == joined_one_by_one(shots, GroupingRules())
    assert shots.names(GroupingRules()) == [["a", "b", "b again", "z0", "z1", "z2", "z3", "z4"], ["c", "d"]]


def test_a_guessed_time_joins_its_twin_and_bridges_no_two_occasions() -> None:
    """A messenger's copy looks like both occasions, a week apart; they stay two."""
    two = library(
        ("first 1", wall_at(0), 0),
        ("first 2", wall_at(1), 0),
        ("second 1", wall_at(604_800), 0),
        ("second 2", wall_at(604_801), 0),
        ("sent", guess_at(9_000_000), 0),
    )
    assert two.names(GroupingRules()) == [["first 1", "first 2", "sent"], ["second 1", "second 2"]]


def test_two_guesses_between_two_lone_shots_bridge_them_neither() -> None:
    two = library(
        ("a", wall_at(0), 0), ("b", wall_at(604_800), 0), ("sent 1", guess_at(0), 0), ("sent 2", guess_at(0), 0)
    )
    assert all(not {"a", "b"} <= set(names) for names in two.names(GroupingRules()))


def test_without_a_window_the_picture_alone_decides() -> None:
    apart = library(("a", wall_at(0), 0), ("b", wall_at(1e8), 3), ("c", moment_at(5e7), 1), ("d", wall_at(1), bits(40)))
    assert apart.names(GroupingRules(5, None)) == [["a", "b", "c"]]
    assert apart.names(GroupingRules(5, 300.0)) == []


def test_the_widest_threshold_joins_any_pictures_but_plain_ones_with_textured_ones() -> None:
    any_two = library(
        ("a", wall_at(0), 0),
        ("b", wall_at(1), bits(64)),
        ("black", wall_at(2), Fingerprint(0, 0)),
        ("white", wall_at(3), Fingerprint(0, 255)),
    )
    assert any_two.names(GroupingRules(64, 300.0)) == [["a", "b"]]


@pytest.mark.parametrize(("size", "groups"), [(2, [["a", "b"], ["x", "y", "z"]]), (3, [["x", "y", "z"]]), (4, [])])
def test_fewer_photos_than_asked_for_make_no_group(size: int, groups: list[list[str]]) -> None:
    shots = library(
        ("a", wall_at(0), 0),
        ("b", wall_at(1), 0),
        ("x", wall_at(9000), 0),
        ("y", wall_at(9001), 0),
        ("z", wall_at(9002), 0),
    )
    assert shots.names(GroupingRules(5, 300.0, size)) == groups


def test_nothing_makes_no_group() -> None:
    assert library().group(GroupingRules()) == []


def test_very_many_equal_pictures_are_grouped_by_time_though_their_names_do_not_follow_it() -> None:
    """Black frames all hash alike; pairs a second apart stay pairs, whatever hundreds of names stand between them."""
    shots = [(f"{half}{place:03}", wall_at(place * 3600 + half), 0) for half in (0, 1) for place in range(200)]
    found = library(*shots).names(GroupingRules())
    assert found == [[f"0{place:03}", f"1{place:03}"] for place in range(200)]


def test_a_long_timelapse_is_cut_into_as_few_groups_as_its_change_asks_for() -> None:
    """Six hundred frames, one bit further every thirty: five bits are near, eleven are not."""
    frames = [(f"{place:03}", wall_at(place), bits(place // 30)) for place in range(600)]
    groups = library(*frames).group(GroupingRules())
    assert sum(len(group.photos) for group in groups) == 600
    assert 2 <= len(groups) <= 4
