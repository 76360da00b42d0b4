"""Claims about which files of a folder are one photo."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.model.file_facts import FileFacts
from bestshot.model.formats import PHOTO_SUFFIXES, RAW_SUFFIXES, suffix_of
from bestshot.model.photo import FileRole
from bestshot.sources.local.companions import NAME_RULES, NameRule, Unit, gather, in_doubt


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


@pytest.mark.parametrize("rule", NAME_RULES, ids=lambda rule: rule.writer)
@pytest.mark.parametrize("number", ["", "(1)"])
def test_the_files_that_a_program_gives_longer_names_are_one_photo(rule: NameRule, number: str) -> None:
    names = [_numbered(name, number) for name in rule.examples]
    photos = {name for name in names if suffix_of(name) in PHOTO_SUFFIXES | RAW_SUFFIXES}
    films = set(names) - photos
    [unit] = gather(photos, films, dict.fromkeys(films, FileFacts(is_film=True)))
    assert {unit.picture, *(name for name, _ in unit.companions)} == set(names)


def _numbered(name: str, number: str) -> str:
    """A namesake as Takeout calls it."""
    stem, dot, suffix = name.rpartition(".")
    return stem + number + dot + suffix if stem and len(suffix) < 5 and suffix != "MP" else name + number


@pytest.mark.parametrize(
    ("picture", "film"),
    [
        ("PXL_1.MP.jpg", "PXL_1.mp4"),
        ("PXL_1.MP.jpg", "PXL_1.MP"),
        ("PXL_1(2).MP.jpg", "PXL_1(2).MP"),
        ("IMG_1.HEIC", "IMG_1.HEIC.MOV"),
        ("IMG_1.JPG", "IMG_1_HEVC.MOV"),
        ("IMG_1.HEIC", "IMG_E1.MOV"),
        ("Caf\u00e9.jpg", "Cafe\u0301.MOV"),
        ("Cafe\u0301.HEIC", "CAF\u00c9.mov"),
    ],
)
def test_a_film_is_found_under_the_names_that_programs_give_it(picture: str, film: str) -> None:
    assert units_of(picture, film) == {picture: {film: FileRole.VIDEO}}


def test_the_edited_film_of_apple_belongs_to_the_edited_picture_if_there_is_one() -> None:
    found = units_of("IMG_1.HEIC", "IMG_E1.HEIC", "IMG_1.MOV", "IMG_E1.MOV")
    assert found == {"IMG_1.HEIC": {"IMG_1.MOV": FileRole.VIDEO}, "IMG_E1.HEIC": {"IMG_E1.MOV": FileRole.VIDEO}}


def test_files_that_are_spelled_in_two_forms_of_unicode_are_one_photo() -> None:
    picture, composed = "Ko\u0308ln.jpg", "K\u00f6ln"
    names = [f"{composed}.dng", f"{composed}.xmp", f"{composed}.jpg.json"]
    assert units_of(picture, *names)[picture].keys() == set(names)


def test_the_sidecars_of_darktables_versions_travel_unless_another_picture_has_the_name() -> None:
    names = ["A.jpg.xmp", "A_01.jpg.xmp", "A_12.jpg.xmp"]
    assert units_of("A.jpg", *names) == {"A.jpg": dict.fromkeys(names, FileRole.SIDECAR)}
    assert units_of("A.jpg", "A_01.jpg", "A_01.jpg.xmp")["A_01.jpg"] == {"A_01.jpg.xmp": FileRole.SIDECAR}
    assert units_of("A.jpg", "A.CR2", "A_02.CR2.xmp")["A.jpg"].keys() == {"A.CR2", "A_02.CR2.xmp"}


@pytest.mark.parametrize("kept", [22, 23, 24])
@pytest.mark.parametrize("left", ["", "\ufffd", "?", "\udced\udca0\udcbd"])
def test_googles_cut_is_counted_in_units_of_utf_16(kept: int, left: str) -> None:
    """A cut in the middle of an emoji, which takes two units, leaves half of it."""
    stem = "x" * (46 - 2 * kept) + "\U0001f600" * kept if kept < 24 else "x" + "\U0001f600" * 23
    body = stem[: -1 if kept == 24 else None] + left
    assert units_of(f"{stem}.jpg", f"{body}.json") == {f"{stem}.jpg": {f"{body}.json": FileRole.TAKEOUT}}


NIKON = FileFacts(camera="d850", wall=1e9)
CANON = FileFacts(camera="eosr5", wall=1e9)


def test_a_raw_file_of_another_camera_is_a_photo_of_its_own_with_the_sidecar_of_raw_files() -> None:
    units = gather(["A.jpg", "A.dng"], ["A.xmp", "A.jpg.xmp"], {"A.jpg": NIKON, "A.dng": CANON})
    assert units == (
        Unit("A.dng", (("A.xmp", FileRole.SIDECAR),)),
        Unit("A.jpg", (("A.jpg.xmp", FileRole.SIDECAR),)),
    )


def test_of_several_pictures_of_a_name_each_file_joins_the_one_with_which_it_agrees() -> None:
    phone = FileFacts(camera="iphone", wall=5e8, content_id="X")
    facts = {"A.HEIC": phone, "A.JPG": NIKON, "A.NEF": NIKON, "A.MOV": FileFacts(content_id="X", is_film=True)}
    assert gather(["A.HEIC", "A.JPG", "A.NEF"], ["A.MOV", "A.AAE"], facts) == (
        Unit("A.HEIC", (("A.AAE", FileRole.SIDECAR), ("A.MOV", FileRole.VIDEO))),
        Unit("A.JPG", (("A.NEF", FileRole.RAW),)),
    )


def test_a_film_joins_a_raw_photo_alone_only_if_they_agree() -> None:
    film = FileFacts(wall=1e9, is_film=True, seconds=2.0)
    assert gather(["A.DNG"], ["A.MOV"], {"A.DNG": NIKON, "A.MOV": film}) == (
        Unit("A.DNG", (("A.MOV", FileRole.VIDEO),)),
    )
    assert gather(["A.DNG"], ["A.MOV"]) == (Unit("A.DNG"),)


def test_only_files_that_may_be_one_photo_are_asked_what_they_show() -> None:
    photos = ["A.jpg", "A.CR2", "B.jpg", "C.CR2", "D.HEIC", "E.png"]
    others = ["A.xmp", "D.MOV", "E.MOV", "F.MOV", "B.jpg.json"]
    assert in_doubt(photos, others) == {"A.jpg", "A.CR2", "D.HEIC", "D.MOV"}
    assert in_doubt(photos, others, about=["A.CR2"]) == {"A.jpg", "A.CR2"}


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
