"""Claims about which files of a folder are one photo."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.model.formats import PHOTO_SUFFIXES, RAW_SUFFIXES, suffix_of
from bestshot.model.photo import FileRole
from bestshot.sources.local.companions import Unit, gather


def units_of(*names: str) -> dict[str, dict[str, FileRole]]:
    """The companions of each picture, with photos told by their suffix."""
    photos = {name for name in names if suffix_of(name) in PHOTO_SUFFIXES | RAW_SUFFIXES}
    return {unit.picture: dict(unit.companions) for unit in gather(photos, set(names) - photos)}


@pytest.mark.parametrize("developed", ["IMG_1.jpg", "IMG_1.JPG", "img_1.jpeg", "IMG_1.HEIC"])
def test_a_raw_file_belongs_to_the_developed_one(developed: str) -> None:
    assert units_of(developed, "IMG_1.CR2") == {developed: {"IMG_1.CR2": FileRole.RAW}}


def test_a_raw_file_alone_is_a_photo() -> None:
    assert units_of("IMG_1.NEF", "IMG_2.JPG") == {"IMG_1.NEF": {}, "IMG_2.JPG": {}}


def test_heic_and_jpeg_of_one_name_are_two_photos() -> None:
    assert units_of("IMG_1.HEIC", "IMG_1.JPG") == {"IMG_1.HEIC": {}, "IMG_1.JPG": {}}


@pytest.mark.parametrize("picture", ["IMG_1.HEIC", "IMG_1.jpg"])
@pytest.mark.parametrize("video", ["IMG_1.MOV", "img_1.mp4"])
def test_a_live_photo_keeps_its_video(picture: str, video: str) -> None:
    assert units_of(picture, video) == {picture: {video: FileRole.VIDEO}}


def test_a_video_beside_a_png_or_alone_is_no_companion() -> None:
    assert units_of("IMG_1.png", "IMG_1.MOV", "IMG_2.MOV") == {"IMG_1.png": {}}


@pytest.mark.parametrize("sidecar", ["IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_1.CR2.xmp", "img_1.cr2.XMP", "IMG_1.MOV.xmp"])
def test_xmp_is_found_in_both_styles(sidecar: str) -> None:
    found = units_of("IMG_1.jpg", "IMG_1.CR2", "IMG_1.MOV", sidecar)
    assert found["IMG_1.jpg"][sidecar] is FileRole.SIDECAR


@pytest.mark.parametrize(
    ("photos", "owner"),
    [
        (["A.png", "A.tif", "A.dng"], "A.dng"),
        (["A.png", "A.jpg"], "A.jpg"),
        (["A.HEIC", "A.jpg", "A.dng"], "A.HEIC"),
        (["A.png", "A.tif"], "A.png"),
    ],
)
def test_xmp_of_a_shared_stem_goes_to_the_raw_photo_first(photos: list[str], owner: str) -> None:
    found = units_of(*photos, "A.xmp")
    assert [picture for picture, companions in found.items() if "A.xmp" in companions] == [owner]


def test_names_that_differ_in_case_alone_keep_their_own_sidecars() -> None:
    found = units_of("a.jpg", "A.JPG", "a.jpg.xmp", "A.JPG.xmp")
    assert found == {"a.jpg": {"a.jpg.xmp": FileRole.SIDECAR}, "A.JPG": {"A.JPG.xmp": FileRole.SIDECAR}}


def test_apples_adjustments_belong_to_the_photo() -> None:
    found = units_of("IMG_1234.HEIC", "IMG_E1234.JPG", "IMG_1234.AAE", "IMG_O1234.AAE", "IMG_9.AAE")
    assert found == {
        "IMG_1234.HEIC": {"IMG_1234.AAE": FileRole.SIDECAR, "IMG_O1234.AAE": FileRole.SIDECAR},
        "IMG_E1234.JPG": {},
    }


@pytest.mark.parametrize("length", range(len("supplemental-metadata") + 1))
def test_a_takeout_file_is_found_however_short_it_was_cut(length: int) -> None:
    name = "IMG_1.jpg." + "supplemental-metadata"[:length] + ".json"
    assert units_of("IMG_1.jpg", name) == {"IMG_1.jpg": {name: FileRole.TAKEOUT}}


@pytest.mark.parametrize("length", range(20, 60))
@pytest.mark.parametrize("number", ["", "(1)"])
@pytest.mark.parametrize("ending", ["", ".supplemental-metadata"])
def test_googles_cut_is_undone_for_every_length_of_name(length: int, number: str, ending: str) -> None:
    """Google cuts NAME and its ending at 46 characters and puts the number behind the cut."""
    stem = "x" * length
    picture, takeout = f"{stem}{number}.jpg", (f"{stem}.jpg" + ending)[:46] + f"{number}.json"
    assert units_of(picture, takeout) == {picture: {takeout: FileRole.TAKEOUT}}


@pytest.mark.parametrize(
    ("takeout", "owner"),
    [
        ("IMG.jpg.json", "IMG.jpg"),
        ("IMG.jpg(1).json", "IMG(1).jpg"),
        ("IMG.jpg.supplemental-metadata(1).json", "IMG(1).jpg"),
        ("IMG(1).jpg.json", "IMG(1).jpg"),
        ("IMG-edited.jpg.json", "IMG-edited.jpg"),
    ],
)
def test_namesakes_and_edited_copies_have_their_own_takeout_files(takeout: str, owner: str) -> None:
    found = units_of("IMG.jpg", "IMG(1).jpg", "IMG-edited.jpg", takeout)
    assert [picture for picture, companions in found.items() if takeout in companions] == [owner]


def test_a_cut_that_fits_two_photos_belongs_to_none() -> None:
    long = "x" * 46
    assert units_of(f"{long}a.jpg", f"{long}b.jpg", f"{long}.json") == {f"{long}a.jpg": {}, f"{long}b.jpg": {}}


def test_other_files_belong_to_no_photo() -> None:
    names = ["metadata.json", "IMG_1.json", "IMG_2.jpg.json", "notes.txt", "IMG_1.jpg.bak", "IMG_1"]
    assert units_of("IMG_1.jpg", *names) == {"IMG_1.jpg": {}}


def test_a_photo_without_a_suffix_has_companions_too() -> None:
    [unit] = gather(["scan"], ["scan.xmp", "scan.json"])
    assert unit == Unit("scan", (("scan.json", FileRole.TAKEOUT), ("scan.xmp", FileRole.SIDECAR)))


STEMS = st.sampled_from(
    ["IMG_1", "img_1", "IMG_O1", "IMG(1)", "x" * 44, "x" * 44 + "(1)", "a\nb", "\udcff", ".a", "a."]
)
ENDINGS = st.sampled_from(
    [
        "", ".jpg", ".JPG", ".heic", ".cr2", ".dng", ".png", ".mov", ".MP4", ".xmp", ".jpg.xmp", ".aae", ".json",
        ".jpg.json", ".jpg(1).json", ".jpg.suppl.json", ".jp.json", ".j.json", ".txt",
    ]
)  # fmt: skip
NAMES = st.lists(st.one_of(st.builds(str.__add__, STEMS, ENDINGS), st.text(max_size=6)), max_size=25)


@settings(deadline=None)
@given(NAMES, st.randoms(use_true_random=False))
def test_each_photo_is_in_one_unit_and_no_file_in_two_in_any_order(names: list[str], order: random.Random) -> None:
    photos = [name for name in names if suffix_of(name) in PHOTO_SUFFIXES | RAW_SUFFIXES or name.startswith("a")]
    others = [name for name in names if name not in photos]
    units = gather(photos, others)
    filed = [name for unit in units for name in (unit.picture, *(name for name, _ in unit.companions))]
    assert len(filed) == len(set(filed))
    assert set(photos) <= set(filed) <= set(names)
    order.shuffle(photos)
    order.shuffle(others)
    assert gather(photos, others) == units


def test_a_hundred_thousand_files_are_gathered() -> None:
    """One folder of a whole life: 25,000 photos of four files each."""
    stems = [f"IMG_{number:06}" for number in range(25_000)]
    photos = [stem + suffix for stem in stems for suffix in (".JPG", ".CR2")]
    units = gather(photos, [stem + suffix for stem in stems for suffix in (".xmp", ".JPG.json")])
    assert len(units) == 25_000
    assert all(len(unit.companions) == 3 for unit in units)
