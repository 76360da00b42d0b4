"""Claims about what belongs together, most of them laws over small libraries."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.grouping.clocks import Clocks
from bestshot.grouping.group import Grouping, with_neighbours_in_time
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.rules import BURST_SECONDS, GroupingRules
from bestshot.model.appraisal import Fingerprint
from bestshot.model.burst_names import BurstFrame
from bestshot.model.groups import Group, Similarity
from bestshot.model.photo import Metadata, Photo
from bestshot.model.times import CaptureTime
from tests.support.builders import guess_at, metadata_with, moment_at, photo, wall_at, zoned_at
from tests.support.each import every

UNLIKE, ALIKE = Similarity(0, 1.0, 0.0, 0.0), Similarity(50, 1.0, 0.9, 0.0)


@dataclass(frozen=True)
class Library:
    """Photos with all that grouping asks of them."""

    photos: tuple[Photo, ...]
    metadata: Mapping[str, Metadata]
    prints: Mapping[str, Fingerprint]
    looks: Mapping[frozenset[str], Similarity] = field(default_factory=dict)

    def group(self, rules: GroupingRules) -> list[Group]:
        grouping = Grouping(self.photos, self.metadata, self.prints, rules)
        pairs = grouping.candidate_pairs()
        return grouping.groups({pair.id: self.look(pair.left, pair.right) for pair in pairs})

    def look(self, left: Photo, right: Photo) -> Similarity:
        """What a closer look would tell; unlike, if nothing else was said."""
        return self.looks.get(frozenset({left.id, right.id}), UNLIKE)

    def names(self, rules: GroupingRules) -> list[list[str]]:
        """The groups by the names of their photos."""
        return [[member.id for member in group.photos] for group in self.group(rules)]

    def distances(self, left: Photo, right: Photo) -> tuple[int, int]:
        pair = Hashes.of([self.prints[left.id], self.prints[right.id]]).distances(np.array([0]), np.array([1]))
        return int(pair.dhash[0]), int(pair.phash[0])

    def total(self, left: Photo, right: Photo) -> int:
        return sum(self.distances(left, right))

    def gap(self, left: Photo, right: Photo) -> float:
        pair = Clocks.of([self.metadata[left.id], self.metadata[right.id]])
        return float(pair.gap(np.array([0]), np.array([1]))[0])


def library(*shots: tuple[str, CaptureTime | Metadata, Fingerprint | int]) -> Library:
    prints = {name: seen if isinstance(seen, Fingerprint) else Fingerprint(seen) for name, _, seen in shots}
    metadata = {name: metadata_with(told) if isinstance(told, CaptureTime) else told for name, told, _ in shots}
    return Library(tuple(photo(name) for name, _, _ in shots), metadata, prints)


def bits(count: int) -> int:
    """A hash that differs from 0 in this many bits, and from bits(n) in the difference."""
    return (1 << count) - 1


seconds = st.builds(lambda steps, hours: steps * 50.0 + hours * 3600.0, st.integers(0, 40), st.integers(0, 1))
times = st.one_of(
    seconds.map(wall_at),
    seconds.map(moment_at),
    st.builds(zoned_at, seconds, st.sampled_from([-5, 0, 1])),
    st.builds(zoned_at, seconds, st.sampled_from([-5, 0, 1]), stated=st.just(False)),
    seconds.map(guess_at),
)
told = st.builds(metadata_with, times, camera=st.sampled_from([None, "A", "B"]))
# Only the lower half of the bits is used, so that a stranger can be told from all of them.
steps = st.sampled_from([bits(n) for n in range(12)])
prints = st.builds(Fingerprint, steps, st.just(False), steps) | st.builds(Fingerprint, st.integers(0, 2), st.booleans())
shots = st.lists(st.tuples(told, prints, st.integers(0, 2)), max_size=10)


def of_scenes(taken: Sequence[tuple[Metadata, Fingerprint, int]]) -> Library:
    """A library in which a closer comparison shows that photos of the same scene are alike."""
    found = library(*((f"p{place}", metadata, seen) for place, (metadata, seen, _) in enumerate(taken)))
    scenes = {f"p{place}": scene for place, (*_, scene) in enumerate(taken)}
    looks = {frozenset({a, b}): ALIKE for a, b in combinations(scenes, 2) if scenes[a] == scenes[b]}
    return replace(found, looks=looks)


# Within seconds hashes may differ much, so a group may come to its diameter.
wide = st.sampled_from([bits(n) for n in range(0, 65, 8)])
bursts = st.lists(
    st.tuples(
        st.builds(metadata_with, st.integers(0, 12).map(wall_at)),
        st.builds(Fingerprint, wide, st.just(False), wide),
        st.integers(0, 1),
    ),
    min_size=3,
    max_size=10,
)
libraries = (shots | bursts).map(of_scenes)
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
def test_no_two_photos_of_a_group_differ_beyond_its_diameter(given_library: Library, rules: GroupingRules) -> None:
    for group in given_library.group(rules):
        assert all(given_library.total(*pair) <= rules.diameter for pair in combinations(group.photos, 2))


@given(libraries, st.sampled_from([None, 300.0]))
def test_at_threshold_zero_only_equal_hashes_meet(given_library: Library, window: float | None) -> None:
    for group in given_library.group(GroupingRules(0, window)):
        hashes = {
            (given_library.prints[member.id].dhash, given_library.prints[member.id].phash) for member in group.photos
        }
        assert len(hashes) == 1


def differing(given_library: Library, left: Photo, right: Photo) -> int:
    """In how many bits the hashes of two photos differ; beyond any threshold where they tell nothing."""
    is_plain = given_library.prints[left.id].is_plain or given_library.prints[right.id].is_plain
    return 1000 if is_plain else max(given_library.distances(left, right))


def alike(given_library: Library, left: Photo, right: Photo, rules: GroupingRules) -> bool:
    """Whether the hashes or a closer comparison shows that two photos are alike."""
    is_near = differing(given_library, left, right) <= rules.threshold
    return is_near or given_library.look(left, right) == ALIKE


@given(libraries, rules)
def test_every_member_resembles_another_one_of_its_group(given_library: Library, rules: GroupingRules) -> None:
    for group in given_library.group(rules):
        for member in group.photos:
            assert any(alike(given_library, member, other, rules) for other in group.photos if other != member)


@given(libraries, rules)
def test_the_timed_members_of_a_group_are_connected_by_gaps_within_the_window(
    given_library: Library, rules: GroupingRules
) -> None:
    for group in given_library.group(rules):
        timed = [member for member in group.photos if not given_library.metadata[member.id].taken.is_guess]
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


@given(libraries, rules, told)
def test_a_photo_that_resembles_nothing_changes_no_group(
    given_library: Library, rules: GroupingRules, metadata: Metadata
) -> None:
    rules = replace(rules, threshold=min(rules.threshold, 5))
    stranger = photo("p0 stranger")
    larger = Library(
        (stranger, *given_library.photos),
        {**given_library.metadata, stranger.id: metadata},
        {**given_library.prints, stranger.id: Fingerprint(bits(32) << 32, phash=bits(32) << 32)},
        given_library.looks,
    )
    assert larger.group(rules) == given_library.group(rules)


@given(libraries, rules)
def test_the_groups_come_in_order_of_time(given_library: Library, rules: GroupingRules) -> None:
    def begins(group: Group) -> float:
        taken = [given_library.metadata[member.id].taken for member in group.photos]
        return min(time.seconds for time in [time for time in taken if not time.is_guess] or taken)

    beginnings = [begins(group) for group in given_library.group(rules)]
    assert beginnings == sorted(beginnings)


@given(libraries, rules)
def test_who_is_no_candidate_would_have_been_in_no_group(given_library: Library, rules: GroupingRules) -> None:
    kept = set(with_neighbours_in_time(given_library.photos, given_library.metadata, rules))
    assert {member for group in given_library.group(rules) for member in group.photos} <= kept


@dataclass(frozen=True)
class PlainRules:
    """The rules of grouping for one pair, or two groups, at a time."""

    shots: Library
    rules: GroupingRules

    def near(self, left: Photo, right: Photo) -> bool:
        return self.rules.time_window is None or self.shots.gap(left, right) <= self.rules.time_window

    def is_burst(self, left: Photo, right: Photo) -> bool:
        pair = Clocks.of([self.shots.metadata[left.id], self.shots.metadata[right.id]])
        return bool(pair.known_gap(np.array([0]), np.array([1]))[0] <= BURST_SECONDS)

    def tells(self, left: Photo, right: Photo, threshold: int) -> bool:
        """What a closer look tells where the hashes doubt, and elsewhere the hashes."""
        bound = self.rules.diameter if self.is_burst(left, right) else self.rules.candidate_limit
        bits = differing(self.shots, left, right)
        if self.near(left, right) and self.rules.threshold < bits and self.shots.total(left, right) <= bound:
            return self.shots.look(left, right) == ALIKE
        return bits <= threshold

    def joins(self, left: Photo, right: Photo) -> bool:
        return self.near(left, right) and self.tells(left, right, self.rules.threshold)

    def fit(self, left: Sequence[Photo], right: Sequence[Photo]) -> bool:
        timed = [[one for one in side if not self.shots.metadata[one.id].taken.is_guess] for side in (left, right)]
        cross = [(a, b) for a in left for b in right]
        return (
            2 * sum(self.tells(a, b, 2 * self.rules.threshold) for a, b in cross) >= len(cross)
            and all(self.shots.total(a, b) <= self.rules.diameter for a, b in cross)
            and (not all(timed) or any(self.near(a, b) for a in timed[0] for b in timed[1]))
        )


def joined_one_by_one(given_library: Library, rules: GroupingRules) -> set[frozenset[str]]:
    """Grouping by plain loops: every pair, closest first, each join checked against all members."""
    plain = PlainRules(given_library, rules)
    ordered = sorted(given_library.photos, key=lambda one: one.id)
    pairs = [
        (not plain.is_burst(a, b), given_library.total(a, b), given_library.gap(a, b), a.id, b.id, a, b)
        for a, b in combinations(ordered, 2)
        if plain.joins(a, b)
    ]
    group_of = {one: [one] for one in ordered}
    for *_, a, b in sorted(pairs, key=lambda pair: pair[:5]):
        if group_of[a] is not group_of[b] and plain.fit(group_of[a], group_of[b]):
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
    assert len(groups) > 2
    assert all(pan.total(group.photos[0], group.photos[-1]) <= 20 for group in groups)


def test_a_walk_in_which_each_photo_resembles_the_next_is_no_group() -> None:
    """A closer look finds each two neighbours alike; the ends, which show other things, never meet."""
    walk = library(
        *(
            (f"{place:02}", wall_at(20 * place), Fingerprint(1 << 6 * place, phash=0xFFF << 3 * place))
            for place in range(10)
        )
    )
    looks = {frozenset({f"{place:02}", f"{place + 1:02}"}): ALIKE for place in range(9)}
    assert max(len(names) for names in replace(walk, looks=looks).names(GroupingRules())) <= 3


def test_what_the_hashes_doubt_a_closer_look_decides() -> None:
    two = library(("a", wall_at(0), 0), ("b", wall_at(60), bits(20)))
    assert two.names(GroupingRules()) == []
    assert replace(two, looks={frozenset("ab"): ALIKE}).names(GroupingRules()) == [["a", "b"]]


@pytest.mark.parametrize(("threshold", "most"), [(3, 30), (5, 48), (6, 48)])
def test_up_to_ten_bits_for_each_of_the_threshold_and_48_at_most_a_closer_look_decides(
    threshold: int, most: int
) -> None:
    def names(differing: int) -> list[list[str]]:
        half = differing // 2
        print_of = Fingerprint(bits(half), phash=bits(differing - half))
        two = library(("a", wall_at(0), 0), ("b", wall_at(60), print_of))
        return replace(two, looks={frozenset("ab"): ALIKE}).names(GroupingRules(threshold))

    assert names(most) == [["a", "b"]]
    assert names(most + 1) == []


@every("later, joined", [(wall_at(0), True), (wall_at(2), True), (wall_at(60), False), (guess_at(0), False)])
def test_what_counts_as_motion_in_a_burst_is_somebody_else_a_minute_later(later: CaptureTime, joined: bool) -> None:
    """Five people before the same wall: the wall agrees, and in its middle somebody else stands."""
    two = library(("a", wall_at(0), 0), ("b", later, bits(10)))
    before_a_wall = {frozenset("ab"): Similarity(150, 1.0, 0.8, 0.1)}
    assert bool(replace(two, looks=before_a_wall).names(GroupingRules())) == joined


@every("seconds, sketch, is_looked_at", [(7, 255, True), (5, 255, False), (7, 0, False)])
def test_what_is_alike_by_its_hashes_is_looked_at_if_a_place_differs_and_somebody_may_have_stepped_in(
    seconds: float, sketch: int, is_looked_at: bool
) -> None:
    wall = bytes(range(128)) * 2
    other = wall[:100] + bytes([sketch] * 4) + wall[104:] if sketch == 255 else wall
    two = library(("a", wall_at(0), Fingerprint(0, sketch=wall)), ("b", wall_at(seconds), Fingerprint(1, sketch=other)))
    looks = {frozenset("ab"): Similarity(150, 1.0, 0.9, 0.03)}
    assert bool(replace(two, looks=looks).names(GroupingRules())) != is_looked_at


def test_pictures_whose_hashes_are_unlike_match_only_by_features() -> None:
    """Mountains under a sky agree in each block although the camera turned to other ones."""
    two = library(("a", wall_at(0), 0), ("b", wall_at(4), Fingerprint(bits(28), phash=bits(28))))
    unmoved, moved = Similarity(0, 1.0, 0.6, 0.02), Similarity(20, 0.9, 0.6, 0.02)
    assert replace(two, looks={frozenset("ab"): unmoved}).names(GroupingRules()) == []
    assert replace(two, looks={frozenset("ab"): moved}).names(GroupingRules()) == [["a", "b"]]


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


@pytest.mark.parametrize("threshold", [0, 5, 64])
def test_plain_pictures_belong_together_only_if_a_closer_look_tells_so(threshold: int) -> None:
    """Starry skies and white walls hash alike, whatever they show; so may a picture with something on it."""
    plain = Fingerprint(0, is_plain=True)
    shots = library(("sky 1", wall_at(0), plain), ("sky 2", wall_at(1), plain), ("wall", wall_at(2), plain))
    assert shots.names(GroupingRules(threshold)) == []
    looks = {frozenset({"sky 1", "sky 2"}): ALIKE}
    assert replace(shots, looks=looks).names(GroupingRules(threshold)) == [["sky 1", "sky 2"]]


def test_the_widest_threshold_joins_any_pictures() -> None:
    any_two = library(("a", wall_at(0), 0), ("b", wall_at(1), bits(64)))
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


def test_a_long_burst_stays_whole_though_only_a_closer_comparison_shows_that_its_photos_are_alike() -> None:
    numbers = random.Random(1)
    shaken = [sum(1 << bit for bit in numbers.sample(range(64), 14)) for _ in range(60)]
    burst = library(*((f"{place:02}", wall_at(place / 10), seen) for place, seen in enumerate(shaken)))
    looks = {frozenset(pair): ALIKE for pair in combinations((one.id for one in burst.photos), 2)}
    assert [len(names) for names in replace(burst, looks=looks).names(GroupingRules())] == [60]


@pytest.mark.parametrize(("widest", "groups"), [(80, [["a", "b", "c"]]), (82, [["a", "b"]])])
def test_the_ends_of_a_burst_may_differ_as_shaky_hands_do_and_no_more(widest: int, groups: list[list[str]]) -> None:
    half, whole = bits(widest // 4), bits(widest // 2)
    shots = [Fingerprint(0), Fingerprint(half, phash=half), Fingerprint(whole, phash=whole)]
    burst = library(*((name, wall_at(0), seen) for name, seen in zip("abc", shots, strict=True)))
    looks = {frozenset(pair): ALIKE for pair in combinations("abc", 2)}
    assert replace(burst, looks=looks).names(GroupingRules()) == groups


def test_a_long_timelapse_is_cut_into_as_few_groups_as_its_change_asks_for() -> None:
    """Six hundred frames, one bit further every ten: five bits are near, and beyond ten none speaks for the other."""
    frames = [(f"{place:03}", wall_at(place), bits(place // 10)) for place in range(600)]
    groups = library(*frames).group(GroupingRules())
    assert sum(len(group.photos) for group in groups) == 600
    assert 3 <= len(groups) <= 6


def test_doubtful_pairs_follow_each_other_scene_by_scene_so_that_each_picture_is_decoded_once() -> None:
    shots = [
        (f"{place}{scene}", guess_at(0), Fingerprint(0xFF << 8 * place, phash=phash))
        for place in range(8)
        for scene, phash in (("a", 0), ("b", bits(64)))
    ]
    both = library(*shots)
    pairs = Grouping(both.photos, both.metadata, both.prints, GroupingRules()).candidate_pairs()
    assert len(pairs) == 2 * 8 * 7 / 2
    assert [scene for scene, _ in groupby(pair.left.id[-1] for pair in pairs)] == ["a", "b"]


@every(
    "later, differing, are_apart",
    [
        (wall_at(31), 20, True),
        (wall_at(29), 20, False),
        (moment_at(3600), 20, True),
        (guess_at(0), 20, True),
        (guess_at(0), 48, True),
        (wall_at(9), 49, False),
    ],
)
def test_pairs_are_apart_that_are_of_no_burst_and_no_panorama(
    later: CaptureTime, differing: int, are_apart: bool
) -> None:
    print_of = Fingerprint(bits(differing // 2), phash=bits(differing - differing // 2))
    two = library(("a", wall_at(0), 0), ("b", later, print_of))
    pairs = Grouping(two.photos, two.metadata, two.prints, GroupingRules()).candidate_pairs()
    assert [pair.are_apart for pair in pairs] == [are_apart]


def test_frames_that_the_camera_names_as_one_burst_are_not_apart_whatever_their_times() -> None:
    told = [
        metadata_with(wall_at(seconds), burst=BurstFrame("one", is_cover=False, is_stated=True)) for seconds in (0, 100)
    ]
    two = library(("a", told[0], 0), ("b", told[1], bits(20)))
    pairs = Grouping(two.photos, two.metadata, two.prints, GroupingRules()).candidate_pairs()
    assert [pair.are_apart for pair in pairs] == [False]
