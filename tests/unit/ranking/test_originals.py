"""Claims about which of two files that show one picture is called the original."""

from dataclasses import replace
from datetime import UTC
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.provenance import Provenance
from bestshot.ranking.candidates import Candidate, originals_of_copies
from bestshot.ranking.originals import original_first, told_by_pixels
from tests.support.builders import NOON, appraisal, guess_at, metadata_with, photo
from tests.support.each import every

PICTURE = bytes(range(256)) * 4
FALLING = tuple(6 - place / 12 for place in range(33))
"""The spectrum of a camera's photo: power falls steadily."""
ENLARGED = tuple(6 - place / 12 if place < 15 else 2.0 for place in range(33))
"""That of one enlarged to twice its size: nothing is beyond half of the frequencies."""

APPLE = metadata_with(camera="Apple iPhone 12")
MAKER = metadata_with(camera="Maker M1")


def file(
    name: str = "a.jpg", told: Any = MAKER, *, size: int = 1000, mtime_ns: int = 1, **provenance: Any
) -> Candidate:
    return Candidate(
        photo(name, size=size, mtime_ns=mtime_ns),
        appraisal(miniature=PICTURE),
        told,
        Provenance(**provenance),
    )


TAKEN_NS = int(NOON.replace(tzinfo=UTC).timestamp()) * 10**9

PAIRS = {
    "a raw photo, however small its file": (
        file("a.dng", replace(MAKER, width=None, height=None), size=1),
        file("b.jpg"),
    ),
    "HEIF of a phone that writes it": (file("a.heic", APPLE, size=500), file("b.jpg", APPLE, size=2000)),
    "JPEG of a camera before a PNG": (file("a.jpg", size=500), file("b.png", size=9000)),
    "JPEG of a camera before a WebP": (file("a.jpg"), file("b.webp")),
    "no earlier compression": (file(was_jpeg=False), file("b.jpg", was_jpeg=True, size=3000)),
    "the size that EXIF states": (
        file("a.jpg", replace(MAKER, width=2000, height=1500), stated_size=(2000, 1500)),
        file("b.jpg", stated_size=(2000, 1500), size=5000),
    ),
    "smaller than its enlargement": (
        file("a.jpg", replace(MAKER, width=2000, height=1500), spectrum=FALLING),
        file("b.jpg", spectrum=ENLARGED, size=5000),
    ),
    "larger, with detail, in another codec": (
        file("a.jpg", spectrum=FALLING),
        file("b.png", replace(MAKER, width=2000, height=1500), size=5000),
    ),
    "EXIF kept": (file(), file("b.jpg", metadata_with(guess_at(0)), size=1100)),
    "no editor": (file(software="Ver.1.01"), file("b.jpg", software="Adobe Photoshop 25.1", size=1100)),
    "maker note kept": (file(has_maker_note=True), file("b.jpg", has_maker_note=False, size=1100)),
    "tags kept": (file(capture_tags=40), file("b.jpg", capture_tags=9, size=1100)),
    "written by a camera": (file(library_signs=0), file("b.jpg", library_signs=2, size=1100)),
    "of its time": (file(mtime_ns=TAKEN_NS), file("b.jpg", mtime_ns=TAKEN_NS + 400 * 10**9, size=1100)),
    "of its time in another zone": (file(mtime_ns=TAKEN_NS - 7200 * 10**9), file("b.jpg", mtime_ns=TAKEN_NS + 10**11)),
    "lossless without a trace of the JPEG": (
        file("a.png", metadata_with(guess_at(0)), was_jpeg=False),
        file("b.jpg", metadata_with(guess_at(0)), jpeg_step=6.0, was_jpeg=False),
    ),
    "more pixels of one codec": (file(), file("b.jpg", replace(MAKER, width=2000, height=1500), size=1100)),
    "more bytes of one codec": (file(), file("b.jpg", size=700)),
    "plain name before words": (file("IMG.jpg"), file("IMG - Copy.jpg")),
    "plain name before a number": (file("IMG.jpg"), file("IMG (1).jpg")),
}
"""The original first, and what tells it."""

UNTOLD = {
    "the same in everything": (file(), file("b.jpg")),
    "another codec of unknown camera": (
        file("a.webp", metadata_with(guess_at(0)), size=100),
        file("b.jpg", metadata_with(guess_at(0)), size=9000),
    ),
    "HEIF of a camera that is not known to write it": (file("a.heic"), file("b.jpg", size=9000)),
    "an unknown size is not small": (
        file("a.jpg", replace(MAKER, width=None, height=None), size=1000),
        file("b.jpg", size=900),
    ),
    "one file that could not be read": (file(has_maker_note=True), file("b.jpg")),
    "pixels that may be an enlargement": (
        file("a.jpg", spectrum=(4.5,) * 10 + (4.2,) * 6 + (3.7,) * 17),
        file("b.jpg", replace(MAKER, width=2000, height=1500)),
    ),
}


@every("what", PAIRS)
def test_evidence_tells_the_original(what: str) -> None:
    original, copy = PAIRS[what]
    assert original_first(original, copy) > 0
    assert original_first(copy, original) < 0
    assert originals_of_copies([copy, original]) == {copy.id: original}


@every("what", UNTOLD)
def test_where_nothing_tells_neither_is_a_copy(what: str) -> None:
    one, other = UNTOLD[what]
    assert original_first(one, other) == original_first(other, one) == 0
    assert originals_of_copies([one, other]) == {}


def test_a_name_never_outweighs_what_the_files_say() -> None:
    """As where somebody worked on the plain name and kept the camera's file as a copy."""
    edited, kept = file("IMG.jpg", software="GIMP 2.10"), file("IMG - Copy.jpg")
    assert originals_of_copies([edited, kept]) == {"IMG.jpg": kept}


def test_a_chain_of_copies_leads_to_the_one_original() -> None:
    raw, jpeg, png, small = (
        file("d.dng"),
        file("c.jpg"),
        file("b.png"),
        file("a.jpg", replace(MAKER, width=800, height=600), size=90),
    )
    for order in permutations([raw, jpeg, png, small]):
        assert originals_of_copies(order) == dict.fromkeys(["c.jpg", "b.png", "a.jpg"], raw)


provenances = st.builds(
    Provenance,
    software=st.none() | st.sampled_from(["GIMP", "Ver.1"]),
    capture_tags=st.none() | st.integers(0, 40),
    has_maker_note=st.none() | st.booleans(),
    stated_size=st.none() | st.just((4000, 3000)),
    library_signs=st.none() | st.integers(0, 3),
    jpeg_step=st.none() | st.floats(1, 20),
    was_jpeg=st.none() | st.booleans(),
    spectrum=st.sampled_from([(), FALLING, ENLARGED]),
)
candidates = st.builds(
    lambda told, provenance, suffix, size: (told, provenance, suffix, size),
    st.builds(
        metadata_with,
        width=st.none() | st.sampled_from([1000, 2000, 4000]),
        height=st.none() | st.sampled_from([750, 1500, 3000]),
        camera=st.none() | st.sampled_from(["Maker M1", "Apple iPhone 12"]),
    ),
    provenances,
    st.sampled_from(["jpg", "png", "heic", "dng", "webp"]),
    st.integers(1, 10**7),
)


@given(st.lists(candidates, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_whatever_the_evidence_the_order_changes_nothing_and_no_original_is_a_copy(found: Any, chance: Any) -> None:
    """Evidence on three files may go round in a circle."""
    files = [
        Candidate(photo(f"p{place}.{suffix}", size=size), appraisal(miniature=PICTURE), told, provenance)
        for place, (told, provenance, suffix, size) in enumerate(found)
    ]
    for one, other in permutations(files, 2):
        assert original_first(one, other) == -original_first(other, one)
    copies = originals_of_copies(files)
    shuffled = list(files)
    chance.shuffle(shuffled)
    assert originals_of_copies(shuffled) == copies
    assert not {original.id for original in copies.values()} & copies.keys()


@pytest.mark.parametrize("software", ["WhatsApp", "Lavc58.134", "Photos 1.5", "Microsoft Windows Photo Viewer 6.1"])
def test_programs_that_write_pictures_anew_are_known_by_name(software: str) -> None:
    assert original_first(file(software="HDR+ 1.0.3"), file("b.jpg", software=software)) > 0


@pytest.mark.parametrize("firmware", ["16.5.1", "G998BXXU3AUE1", "Ver.1.00", "MediaTek Camera", "Signalling 2"])
def test_the_firmware_of_a_camera_is_no_program(firmware: str) -> None:
    assert original_first(file(software=firmware), file("b.jpg")) == 0


def unsharp(candidate: Candidate) -> Candidate:
    """A file of the same picture that is not the same file."""
    return replace(candidate, appraisal=replace(candidate.appraisal, sharpness=candidate.appraisal.sharpness / 2))


told = st.sampled_from(
    [
        MAKER,
        APPLE,
        metadata_with(guess_at(0)),
        replace(MAKER, width=2000, height=1500),
        replace(MAKER, width=None, height=None),
    ]
)
files = st.builds(
    file,
    st.sampled_from(["a.jpg", "a.png", "a.heic", "a.dng", "a - Copy.jpg"]),
    told,
    size=st.sampled_from([500, 1000, 1100]),
    software=st.sampled_from([None, "Ver.1.01", "Adobe Photoshop 25.1"]),
    has_maker_note=st.sampled_from([None, False, True]),
    stated_size=st.sampled_from([None, (2000, 1500)]),
    jpeg_step=st.sampled_from([None, 6.0]),
    was_jpeg=st.sampled_from([None, False, True]),
    spectrum=st.sampled_from([(), FALLING, ENLARGED]),
)


@given(files, files.map(unsharp))
def test_pixels_that_are_not_looked_at_would_change_nothing(one: Candidate, other: Candidate) -> None:
    stated = [replace(each, provenance=replace(each.provenance, was_jpeg=None, spectrum=())) for each in (one, other)]
    looked_at = [
        full if each in told_by_pixels(*stated) else each for each, full in zip(stated, (one, other), strict=True)
    ]
    assert original_first(*looked_at) == original_first(one, other)


@given(files)
def test_the_pixels_of_two_same_files_are_not_looked_at(one: Candidate) -> None:
    assert told_by_pixels(one, replace(one, photo=photo("b.jpg", size=one.photo.size))) == ()


def test_pixels_are_looked_at_only_where_nothing_stronger_tells_the_original() -> None:
    camera, sent = file(has_maker_note=True), unsharp(file("b.jpg", metadata_with(guess_at(0)), has_maker_note=False))
    assert told_by_pixels(camera, sent) == ()
    again = unsharp(file("b.jpg", has_maker_note=True))
    assert told_by_pixels(camera, again) == (camera, again)
    smaller = unsharp(file("b.jpg", replace(MAKER, width=2000, height=1500), has_maker_note=True))
    assert told_by_pixels(camera, smaller) == (camera,)
