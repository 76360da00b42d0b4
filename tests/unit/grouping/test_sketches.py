"""Claims about which pairs are worth a closer look, by sketches of their pictures."""

import tracemalloc
from collections.abc import Callable
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter, ImageOps

from bestshot.analysis.hashing import fingerprint
from bestshot.grouping.agreements import NONE_KNOWN, Agreements, pair_numbers, sketch_numbers
from bestshot.grouping.group import Grouping
from bestshot.grouping.rules import GroupingRules
from bestshot.grouping.sketches import Sketches
from bestshot.grouping.spans import Indices
from bestshot.model.appraisal import Fingerprint
from bestshot.model.times import CaptureTime
from tests.support.builders import guess_at, metadata_with, photo, wall_at
from tests.support.each import every
from tests.unit.analysis.looks.test_comparison import scene

SIZE = (320, 240)
SCENES = [scene(number, *SIZE) for number in range(40)]


def with_bars(picture: Image.Image) -> Image.Image:
    """The picture with a white line of text's height above and below."""
    framed = picture.copy()
    framed.paste(255, (0, 0, SIZE[0], 30))
    framed.paste(0, (0, SIZE[1] - 30, *SIZE))
    return framed


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "crop of an eighth": lambda picture: picture.crop((40, 30, 320, 240)),
    "crop of a quarter": lambda picture: picture.crop((40, 30, 280, 210)),
    "tilted": lambda picture: picture.rotate(4, Image.Resampling.BILINEAR),
    "tilted and a crop": lambda picture: picture.rotate(-9, Image.Resampling.BILINEAR).crop((35, 26, 285, 214)),
    "shaken": lambda picture: Image.fromarray(np.roll(np.asarray(picture), (14, -20), (0, 1))),
    "bordered": lambda picture: ImageOps.expand(picture, 30, 255),
    "with bars of text": with_bars,
    "dark": lambda picture: picture.point(lambda level: level * 0.25),
    "bright": lambda picture: picture.point(lambda level: min(255, level * 1.7)),
    "of another contrast": ImageOps.autocontrast,
    "out of focus": lambda picture: picture.filter(ImageFilter.GaussianBlur(6)),
    "stretched": lambda picture: picture.resize((240, 240)),
}


def prints(*pictures: Image.Image, rotations: bool = False) -> list[Fingerprint]:
    return [fingerprint(picture, rotations=rotations) for picture in pictures]


def may_match(one: Fingerprint, other: Fingerprint) -> bool:
    found, _ = Sketches([one, other]).may_match(np.array([0]), np.array([1]), NONE_KNOWN)
    return bool(found[0])


@every("name", COPIES)
def test_a_copy_is_worth_a_closer_look_whatever_was_done_to_it(name: str) -> None:
    for picture in SCENES[:10]:
        one, other = prints(picture, COPIES[name](picture))
        assert may_match(one, other)
        assert may_match(other, one)


def test_most_other_pictures_are_not_worth_one() -> None:
    left, right = np.array(list(combinations(range(len(SCENES)), 2))).T
    found, _ = Sketches(prints(*SCENES)).may_match(left, right, NONE_KNOWN)
    assert found.mean() < 0.1


PAIRS = np.array(list(combinations(range(12), 2)))
DRAWN = Sketches(prints(*SCENES[:10], *(COPIES["shaken"](picture) for picture in SCENES[:2])))


some_pairs = st.sets(st.sampled_from(range(len(PAIRS)))).map(lambda places: PAIRS[sorted(places)])


@given(some_pairs, some_pairs)
def test_what_is_known_of_some_pairs_changes_nothing_of_what_is_told_of_any(before: Indices, now: Indices) -> None:
    _, known = DRAWN.may_match(before[:, 0], before[:, 1], NONE_KNOWN)
    found, agreements = DRAWN.may_match(now[:, 0], now[:, 1], known)
    anew, agreements_anew = DRAWN.may_match(now[:, 0], now[:, 1], NONE_KNOWN)
    assert found.tolist() == anew.tolist()
    assert agreements == agreements_anew


def test_what_is_known_is_not_found_again() -> None:
    """So what an index says of two sketches is believed, be it wrong."""
    numbers = sketch_numbers(one.sketch for one in DRAWN.fingerprints)
    known = Agreements.of(pair_numbers(numbers[PAIRS[:, 0]], numbers[PAIRS[:, 1]]), np.arange(len(PAIRS)) % 2 == 0)
    found, _ = DRAWN.may_match(PAIRS[:, 0], PAIRS[:, 1], known)
    assert found.tolist() == [place % 2 == 0 for place in range(len(PAIRS))]


@every("turn", list(Image.Transpose))
def test_turned_and_mirrored_copies_are_worth_one_if_they_are_wanted(turn: Image.Transpose) -> None:
    for picture in SCENES[:10]:
        one, other = prints(picture, picture.transpose(turn), rotations=True)
        assert may_match(one, other)


def test_what_says_too_little_is_never_turned_away() -> None:
    plain, unknown = Image.new("L", SIZE, 7), Fingerprint(0)
    hardly_anything = Image.fromarray((np.asarray(scene(1, *SIZE)) // 128).astype(np.uint8))
    (other,) = prints(SCENES[0])
    for one in (*prints(plain, hardly_anything), unknown):
        assert may_match(one, other)
        assert may_match(other, one)


@every("later, is_looked_at", [(wall_at(2), True), (wall_at(60), False), (guess_at(0), False)])
def test_only_within_a_burst_is_a_pair_looked_at_whatever_its_sketches_show(
    later: CaptureTime, is_looked_at: bool
) -> None:
    """The hashes are the same that others have; what moves in a burst may fill the picture."""
    one, other = prints(*SCENES[:2])
    near = Fingerprint(one.dhash ^ 0xFF, phash=one.phash ^ 0xFF, sketch=other.sketch)
    assert not may_match(one, near)
    metadata = {"a": metadata_with(wall_at(0)), "b": metadata_with(later)}
    grouping = Grouping([photo("a"), photo("b")], metadata, {"a": one, "b": near}, GroupingRules())
    assert bool(grouping.candidate_pairs()) == is_looked_at


def test_a_pair_that_is_not_looked_at_is_as_unlike_as_one_that_a_look_told_apart() -> None:
    """By their hashes alone, the last would count as alike to all within a group; of three it is like one."""
    one, other = prints(*SCENES[:2])
    middle = Fingerprint(one.dhash ^ 0b111, phash=one.phash)
    last = Fingerprint(one.dhash ^ 0b1111111, phash=one.phash, sketch=other.sketch)
    metadata = {name: metadata_with(wall_at(60 * place)) for place, name in enumerate("abcd")}
    seen = {"a": one, "b": one, "c": middle, "d": last}
    grouping = Grouping([photo(name) for name in "abcd"], metadata, seen, GroupingRules())
    assert grouping.candidate_pairs() == []
    assert [[member.id for member in group.photos] for group in grouping.groups({})] == [["a", "b", "c"]]


def test_telling_many_pairs_apart_takes_no_more_memory_than_telling_some() -> None:
    chance = np.random.default_rng(1)
    sketches = Sketches([Fingerprint(0, sketch=chance.bytes(256)) for _ in range(12_000)])
    left, right = np.arange(0, 12_000, 2), np.arange(1, 12_000, 2)
    tracemalloc.start()
    try:
        sketches.may_match(left, right, NONE_KNOWN)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000_000
