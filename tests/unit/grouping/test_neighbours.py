"""Who resembles whom among many hashes, and who is worth a closer look."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.grouping.bands import near_in_bands
from bestshot.grouping.clocks import Clocks
from bestshot.grouping.hashes import Hashes
from bestshot.grouping.neighbours import Neighbours, Pairs
from bestshot.grouping.rules import GroupingRules
from bestshot.model.appraisal import HASH_BITS, Fingerprint
from bestshot.model.times import CaptureTime
from tests.support.builders import guess_at, metadata_with, wall_at

MOST_PER_PHOTO = 2 * 64

hashes = st.integers(0, 2**HASH_BITS - 1)
# A few bits around two centres, so that most pairs are near the threshold.
crowded = st.builds(lambda centre, flips: centre ^ flips, st.sampled_from([0, 2**64 - 1]), st.integers(0, 255))
prints = st.builds(Fingerprint, crowded, st.booleans(), crowded)
turned_prints = st.builds(Fingerprint, crowded, st.just(False), crowded, st.tuples(st.tuples(crowded, crowded)))


def told(left: Fingerprint, right: Fingerprint, threshold: int) -> bool:
    """Whether two pictures are alike by their hashes alone, which mean nothing for a plain picture."""
    return max(distances(left, right)) <= threshold and not (left.is_plain or right.is_plain)


def pairs_of(pairs: Pairs) -> set[tuple[int, int]]:
    return set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def among(shots: Sequence[Fingerprint], rules: GroupingRules, times: Sequence[CaptureTime] = ()) -> Neighbours:
    """The neighbours among photos of these hashes; taken at once, if nothing else is said."""
    clocks = Clocks.of([metadata_with(time) for time in times or [wall_at(0)] * len(shots)])
    return Neighbours.among(Hashes.of(shots), clocks, rules)


def distances(left: Fingerprint, right: Fingerprint) -> tuple[int, int]:
    """The distances as the documentation tells them, for one pair of photos that are upright."""
    return (left.dhash ^ right.dhash).bit_count(), (left.phash ^ right.phash).bit_count()


@given(st.lists(prints, max_size=12))
def test_distances_are_those_of_the_pairs_one_by_one(shots: list[Fingerprint]) -> None:
    everyone = np.arange(len(shots))
    found = Hashes.of(shots).distances(everyone[:, None], everyone[None, :])
    assert found.dhash.tolist() == [[distances(left, right)[0] for right in shots] for left in shots]
    assert found.phash.tolist() == [[distances(left, right)[1] for right in shots] for left in shots]


@given(st.lists(turned_prints, min_size=1, max_size=8))
def test_of_turned_pictures_the_nearest_turn_counts(shots: list[Fingerprint]) -> None:
    everyone = np.arange(len(shots))
    found = Hashes.of(shots).distances(everyone[:, None], everyone[None, :])
    for row, left in enumerate(shots):
        for column, right in enumerate(shots):
            turns = [(left.dhash, left.phash), *left.turned]
            totals = [(d ^ right.dhash).bit_count() + (p ^ right.phash).bit_count() for d, p in turns]
            assert found.total[row, column] == min(totals)


@given(st.lists(prints, max_size=12), st.integers(0, HASH_BITS), st.sampled_from([None, 300.0]))
def test_alike_are_the_pairs_of_which_neither_hash_differs_in_more_bits(
    shots: list[Fingerprint], threshold: int, window: float | None
) -> None:
    wanted = {(a, b) for a, b in combinations(range(len(shots)), 2) if told(shots[a], shots[b], threshold)}
    assert pairs_of(among(shots, GroupingRules(threshold, window)).alike) == wanted


@given(st.lists(prints, max_size=12), st.integers(0, 10))
def test_candidates_are_the_pairs_whose_hashes_differ_in_more_bits_but_not_in_very_many(
    shots: list[Fingerprint], threshold: int
) -> None:
    rules = GroupingRules(threshold)
    far_apart = [wall_at(100 * at) for at in range(len(shots))]
    wanted = {
        (a, b)
        for a, b in combinations(range(len(shots)), 2)
        if b - a <= 3
        and not told(shots[a], shots[b], threshold)
        and sum(distances(shots[a], shots[b])) <= rules.candidate_limit
    }
    assert pairs_of(among(shots, rules, far_apart).candidates) == wanted


@given(st.lists(prints, max_size=12))
def test_at_threshold_zero_only_plain_pictures_of_equal_hashes_are_candidates(shots: list[Fingerprint]) -> None:
    for a, b in pairs_of(among(shots, GroupingRules(0)).candidates):
        assert distances(shots[a], shots[b]) == (0, 0)
        assert shots[a].is_plain or shots[b].is_plain


def test_within_a_burst_more_pairs_are_candidates_than_a_minute_apart() -> None:
    shots = [Fingerprint(0), Fingerprint(2**30 - 1, phash=2**30 - 1)]
    assert pairs_of(among(shots, GroupingRules(), [wall_at(0), wall_at(9)]).candidates) == {(0, 1)}
    assert pairs_of(among(shots, GroupingRules(), [wall_at(0), wall_at(60)]).candidates) == set()
    assert pairs_of(among(shots, GroupingRules(), [wall_at(0), guess_at(0)]).candidates) == set()


def test_no_window_is_widened_for_a_burst() -> None:
    shots = [Fingerprint(0), Fingerprint(0), Fingerprint(2**30 - 1, phash=2**30 - 1)]
    times = [wall_at(0), wall_at(0), wall_at(1)]
    assert pairs_of(among(shots, GroupingRules(5, 0.0), times).candidates) == set()
    assert pairs_of(among(shots, GroupingRules(5, 1.0), times).candidates) == {(0, 2), (1, 2)}


def test_a_photo_is_compared_closely_with_few_others_those_that_are_nearest() -> None:
    """A timelapse of near but unequal frames asks for as many looks as it has frames, times a constant."""
    far_apart = [wall_at(20 * at) for at in range(400)]
    shots = [Fingerprint(1 << at % 60, phash=0xFFFF << at % 48) for at in range(400)]
    slow, fast = (among(shots, GroupingRules(5, None), times).candidates for times in (far_apart, []))
    assert 0 < len(slow.left) <= 2 * 16 * len(shots)
    assert len(slow.left) < len(fast.left) <= 2 * (16 + 64) * len(shots)


def test_those_that_are_looked_at_are_the_nearest() -> None:
    """Each picture has a bit more than the one before; five bits need no look, and sixteen looks are all."""
    shots = [Fingerprint((1 << at) - 1) for at in range(46)]
    candidates = among(shots, GroupingRules(5, None), [wall_at(20 * at) for at in range(46)]).candidates
    assert {b for a, b in pairs_of(candidates) if a == 0} == set(range(6, 22))


def test_hashes_alone_never_decide_that_plain_pictures_are_alike() -> None:
    """Two starry skies have the same bits, and so has a picture with something on it."""
    one, other, textured = Fingerprint(0, is_plain=True), Fingerprint(0, is_plain=True), Fingerprint(0)
    found = among([one, other, textured], GroupingRules(HASH_BITS))
    assert (pairs_of(found.alike), pairs_of(found.candidates)) == (set(), {(0, 1), (0, 2), (1, 2)})


def components(count: int, pairs: set[tuple[int, int]]) -> set[frozenset[int]]:
    """What is connected, by spreading the smallest label until nothing changes."""
    labels = list(range(count))
    for _ in range(count):
        before = list(labels)
        for a, b in pairs:
            labels[a] = labels[b] = min(labels[a], labels[b])
        if labels == before:
            break
    return {frozenset(index for index in range(count) if labels[index] == label) for label in labels}


def test_very_many_equals_are_connected_by_few_pairs() -> None:
    pairs = pairs_of(among([Fingerprint(7)] * 1500, GroupingRules()).alike)
    assert len(pairs) <= MOST_PER_PHOTO * 1500
    assert components(1500, pairs) == {frozenset(range(1500))}


def test_equals_are_connected_whatever_stands_between_them() -> None:
    """A picture at each end of two hundred plain ones: the hash is 0 for all of them."""
    shots = [Fingerprint(0), *[Fingerprint(0, is_plain=True)] * 200, Fingerprint(0)]
    assert pairs_of(among(shots, GroupingRules()).alike) == {(0, 201)}


def test_equals_near_each_other_in_time_are_paired_whatever_their_index() -> None:
    times = [wall_at(2 * (at % 200) + at // 200) for at in range(400)]
    pairs = pairs_of(among([Fingerprint(7)] * 400, GroupingRules(), times).alike)
    assert {(index, index + 200) for index in range(200)} <= pairs


def in_bands(bits: Sequence[int], asking: Sequence[int], threshold: int) -> set[tuple[int, int]]:
    every = np.array(bits, dtype=np.uint64)
    rows = np.array(asking, dtype=np.int64)
    found = near_in_bands(every, rows, every[rows], threshold)
    pairs = {pair for left, right in found for pair in zip(left.tolist(), right.tolist(), strict=True)}
    return {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}


@settings(deadline=None, max_examples=30)
@given(st.lists(crowded | hashes, max_size=12), st.integers(0, 9), st.data())
def test_cutting_into_bands_finds_what_a_double_loop_finds(
    bits: list[int], threshold: int, data: st.DataObject
) -> None:
    asking = sorted(data.draw(st.sets(st.sampled_from(range(len(bits)))))) if bits else []
    wanted = {
        (a, b)
        for a, b in combinations(range(len(bits)), 2)
        if (a in asking or b in asking) and (bits[a] ^ bits[b]).bit_count() <= threshold
    }
    assert in_bands(bits, asking, threshold) == wanted


@pytest.mark.parametrize("threshold", [5, 9])
def test_among_twenty_thousand_hashes_bands_find_every_neighbour(threshold: int) -> None:
    """Two thousand scenes of ten hashes each, a few bits apart, against comparing each with each."""
    numbers = np.random.default_rng(threshold)
    scenes = np.repeat(numbers.integers(0, 2**64, 2000, dtype=np.uint64), 10)
    bits = scenes.copy()
    for _ in range(4):
        bits ^= np.uint64(1) << numbers.integers(0, 64, len(bits), dtype=np.uint64)
    wanted = set()
    for row in range(0, len(bits), 500):
        left, right = np.nonzero(np.bitwise_count(bits[row : row + 500, None] ^ bits[None, :]) <= threshold)
        wanted |= {(a, b) for a, b in zip((left + row).tolist(), right.tolist(), strict=True) if a < b}
    assert in_bands(bits.tolist(), range(len(bits)), threshold) == wanted


def test_in_bands_very_many_equals_are_connected_by_few_pairs() -> None:
    bits = [0] * 3000 + [1] * 3000
    pairs = in_bands(bits, range(6000), 5)
    assert len(pairs) <= 4 * 6000
    assert components(6000, pairs) == {frozenset(range(6000))}
