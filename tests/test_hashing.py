"""Claims about what pictures look like in 64 bits, and who looks like whom."""

from collections.abc import Sequence

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from bestshot.clocks import all_blocks
from bestshot.hashing import HASH_BITS, Hashes, fingerprint, near_pairs
from bestshot.model import Fingerprint
from tests.drawn_pictures import drawn, ramp

FAR = 255
BOUND_PER_PHOTO = 2 * 64

hashes = st.integers(0, 2**HASH_BITS - 1)
# A few bits around two centres, so that most pairs are near the threshold.
crowded = st.builds(lambda centre, flips: centre ^ flips, st.sampled_from([0, 2**64 - 1]), st.integers(0, 255))
fingerprints = st.builds(Fingerprint, crowded, st.none() | st.integers(0, 6))


def scribble(seed: int, width: int, height: int) -> Image.Image:
    """Random shapes in random colours, a little out of focus."""
    numbers = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), tuple(int(part) for part in numbers.integers(0, 256, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top, right, bottom = numbers.random(4)
        box = sorted((left * width, right * width)), sorted((top * height, bottom * height))
        colour = tuple(int(part) for part in numbers.integers(0, 256, 3))
        pen.ellipse((box[0][0], box[1][0], box[0][1], box[1][1]), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(1))


def reference(picture: Image.Image) -> int:
    """The hash as ImageHash makes it."""
    return int(str(imagehash.dhash(picture)), 16)


def pairs_of(prints: Sequence[Fingerprint], threshold: int) -> list[tuple[int, int]]:
    everyone = np.arange(len(prints))
    found = near_pairs(Hashes.of(prints), all_blocks(everyone, everyone), threshold)
    return [pair for left, right in found for pair in zip(left.tolist(), right.tolist(), strict=True)]


def distance(left: Fingerprint, right: Fingerprint) -> int:
    """The distance as the documentation tells it, for one pair."""
    if (left.plain_luma is None) != (right.plain_luma is None):
        return FAR
    if left.plain_luma is not None and right.plain_luma is not None and abs(left.plain_luma - right.plain_luma) > 2:
        return FAR
    return (left.dhash ^ right.dhash).bit_count()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(9, 8), (64, 48), (31, 97), (640, 427), (1, 5)]))
def test_the_hash_is_that_of_imagehash_bit_for_bit(seed: int, size: tuple[int, int]) -> None:
    picture = scribble(seed, *size)
    assert fingerprint(picture).dhash == reference(picture)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("picture", [drawn(), ramp(), Image.effect_noise((200, 150), 80)])
def test_the_hash_is_that_of_imagehash_in_grey_and_in_colour(picture: Image.Image, mode: str) -> None:
    converted = picture.convert(mode)
    assert fingerprint(converted).dhash == reference(converted)


def test_a_smaller_copy_differs_in_few_bits_and_another_picture_in_many() -> None:
    picture = scribble(1, 640, 480)
    smaller, other = picture.resize((160, 120)), scribble(2, 640, 480)
    assert distance(fingerprint(picture), fingerprint(smaller)) <= 5
    assert distance(fingerprint(picture), fingerprint(other)) > 10


@pytest.mark.parametrize("luma", [0, 3, 128, 255])
def test_a_plain_picture_is_known_by_its_brightness(luma: int) -> None:
    assert fingerprint(Image.new("L", (80, 60), luma)) == Fingerprint(0, luma)


def test_a_picture_with_something_on_it_is_not_plain() -> None:
    assert fingerprint(drawn()).plain_luma is None
    page = Image.new("L", (90, 80), "white")
    ImageDraw.Draw(page).rectangle((10, 10, 30, 30), fill="black")
    assert fingerprint(page).plain_luma is None


def test_black_frames_white_pages_and_pictures_of_the_same_bits_are_never_joined() -> None:
    black, almost, white, textured = Fingerprint(0, 0), Fingerprint(0, 2), Fingerprint(0, 255), Fingerprint(0)
    assert pairs_of([black, almost, white, textured], HASH_BITS) == [(0, 1)] * 2


@given(st.lists(fingerprints, max_size=12))
def test_distances_are_those_of_the_pairs_one_by_one(prints: list[Fingerprint]) -> None:
    everyone = np.arange(len(prints))
    found = Hashes.of(prints).distances(everyone[:, None], everyone[None, :])
    assert found.tolist() == [[distance(left, right) for right in prints] for left in prints]


@given(st.lists(fingerprints, max_size=12), st.integers(0, HASH_BITS))
def test_near_pairs_are_those_that_a_double_loop_finds(prints: list[Fingerprint], threshold: int) -> None:
    wanted = {(a, b) for b in range(len(prints)) for a in range(b) if distance(prints[a], prints[b]) <= threshold}
    assert set(pairs_of(prints, threshold)) == wanted


def components(count: int, pairs: Sequence[tuple[int, int]]) -> set[frozenset[int]]:
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
    prints = [Fingerprint(7)] * 1500
    pairs = pairs_of(prints, 5)
    assert len(set(pairs)) <= BOUND_PER_PHOTO * len(prints)
    assert components(len(prints), pairs) == {frozenset(range(len(prints)))}


def test_equals_are_connected_whatever_stands_between_them() -> None:
    """A black frame at each end of two hundred white pages: the hash is 0 for all of them."""
    prints = [Fingerprint(0, 0), *[Fingerprint(0, 255)] * 200, Fingerprint(0, 1)]
    assert components(len(prints), pairs_of(prints, 5)) == {frozenset({0, 201}), frozenset(range(1, 201))}


def test_equals_near_each_other_in_a_block_are_paired_whatever_their_index() -> None:
    """Names need not follow the clock: a block brings photos in the order of time, and that order counts."""
    prints = Hashes.of([Fingerprint(7)] * 400)
    order = np.array([place // 2 + 200 * (place % 2) for place in range(400)])
    found = {
        pair
        for left, right in near_pairs(prints, [(order, order)], 5)
        for pair in zip(left.tolist(), right.tolist(), strict=True)
    }
    assert {(index, index + 200) for index in range(200)} <= found


@given(hashes, st.integers(0, HASH_BITS - 1))
def test_one_bit_is_a_distance_of_one(dhash: int, bit: int) -> None:
    assert pairs_of([Fingerprint(dhash), Fingerprint(dhash ^ (1 << bit))], 0) == []
    assert set(pairs_of([Fingerprint(dhash), Fingerprint(dhash ^ (1 << bit))], 1)) == {(0, 1)}
