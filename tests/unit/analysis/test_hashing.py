"""Claims about what pictures look like in two times 64 bits."""

from typing import Any

import imagehash
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from bestshot.analysis.hashing import fingerprint, fingerprints
from bestshot.model.appraisal import Fingerprint
from tests.support.drawn_pictures import drawn, ramp
from tests.support.each import every


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
    """The difference hash as ImageHash makes it."""
    return int(str(imagehash.dhash(picture)), 16)


def frequencies(picture: Image.Image) -> int:
    """The hash of low frequencies as ImageHash makes it."""
    return int(str(imagehash.phash(picture)), 16)


def distance(left: Fingerprint, right: Fingerprint) -> int:
    return (left.dhash ^ right.dhash).bit_count()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(9, 8), (64, 48), (31, 97), (640, 427), (1, 5)]))
def test_the_hash_is_that_of_imagehash_bit_for_bit(seed: int, size: tuple[int, int]) -> None:
    picture = scribble(seed, *size)
    assert fingerprint(picture).dhash == reference(picture)


@every("mode", ["L", "RGB"])
@every("picture", [drawn(), ramp(), Image.effect_noise((200, 150), 80)])
def test_the_hash_is_that_of_imagehash_in_grey_and_in_colour(picture: Image.Image, mode: str) -> None:
    converted = picture.convert(mode)
    assert fingerprint(converted).dhash == reference(converted)


def test_a_smaller_copy_differs_in_few_bits_and_another_picture_in_many() -> None:
    picture = scribble(1, 640, 480)
    smaller, other = picture.resize((160, 120)), scribble(2, 640, 480)
    assert distance(fingerprint(picture), fingerprint(smaller)) <= 5
    assert distance(fingerprint(picture), fingerprint(other)) > 10


@every("luma", [0, 3, 128, 255])
def test_a_picture_with_nothing_on_it_is_plain(luma: int) -> None:
    assert fingerprint(Image.new("L", (80, 60), luma)).is_plain


def test_a_picture_with_something_on_it_is_not_plain() -> None:
    assert not fingerprint(drawn()).is_plain
    page = Image.new("L", (90, 80), "white")
    ImageDraw.Draw(page).rectangle((10, 10, 30, 30), fill="black")
    assert not fingerprint(page).is_plain


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([(64, 48), (31, 97), (640, 427)]))
def test_the_hash_of_low_frequencies_is_that_of_imagehash_but_for_the_median_itself(
    seed: int, size: tuple[int, int]
) -> None:
    """What lies on the median but for a rounding may fall on either side of it."""
    picture = scribble(seed, *size)
    assert (fingerprint(picture).phash ^ frequencies(picture)).bit_count() <= 2


def test_a_brighter_copy_has_nearly_the_same_low_frequencies() -> None:
    picture = scribble(1, 640, 480)
    brighter = picture.point(lambda level: 40 + level * 0.8)
    assert (fingerprint(picture).phash ^ fingerprint(brighter).phash).bit_count() <= 4


@every("turn", list(Image.Transpose))
def test_the_hashes_of_a_turned_copy_are_among_those_of_the_picture_turned(turn: Image.Transpose) -> None:
    picture = scribble(3, 64, 48)
    turned = fingerprint(picture.transpose(turn))
    known = fingerprint(picture, rotations=True).turned
    assert len(known) == 7
    assert (turned.dhash, turned.phash) in known
    assert fingerprint(picture).turned == ()


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from([(64, 48), (48, 64), (31, 97)])), max_size=40))
def test_pictures_that_are_hashed_together_have_the_hashes_that_each_has_alone(lot: list[tuple[int, Any]]) -> None:
    pictures = [scribble(seed, *size) for seed, size in lot]
    assert fingerprints(pictures) == [fingerprint(picture) for picture in pictures]
    few = pictures[:3]
    assert fingerprints(few, rotations=True) == [fingerprint(picture, rotations=True) for picture in few]
