"""Claims about names in the output: short enough, free of clashes, and seen to belong together."""

import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bestshot.layout.names import (
    fitted,
    folded,
    group_folder,
    group_number,
    is_renamed,
    name_of_best,
    prefixed,
    renamed,
)
from bestshot.text import base_name

LONGEST = 255
LONGEST_IN_AN_ENCRYPTED_FOLDER = 143
REFUSED_SOMEWHERE = re.compile(
    r'[\x00-\x1f"*/:<>?\\|\ud800-\udfff]|[. ]\Z|\A(?i:con|prn|aux|nul|(com|lpt)[0-9¹²³])[ ]*(\.|\Z)'
)


def is_name(name: str) -> bool:
    return not set(name) & {"/", "\0"} and name not in ("", ".", "..")


# What a folder can hold: any bytes, those that are no UTF-8 as surrogates.
raw_names = st.binary(min_size=1, max_size=LONGEST).map(os.fsdecode).filter(is_name)
text_names = st.text(min_size=1, max_size=LONGEST).filter(
    lambda name: is_name(name) and _encodable(name) and len(os.fsencode(name)) <= LONGEST
)
stems = st.sampled_from(["IMG_1", "ä" * 120, "📷" * 62, "St. Petersburg " + "x" * 230, "a." + "b" * 250, ".hidden"])
suffixes = st.sampled_from(["", ".jpg", ".JPEG", "." + "x" * 20])
names = (
    raw_names
    | text_names
    | st.builds(str.__add__, stems, suffixes).filter(lambda name: len(os.fsencode(name)) <= LONGEST)
)
copies = st.integers(1, 12)


def _encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


@given(names, names, copies)
def test_no_name_is_longer_than_file_systems_take(name: str, picture: str, copy: int) -> None:
    for made in (renamed(name, picture, copy), renamed(name, name, copy), prefixed("best_", name)):
        assert 0 < len(os.fsencode(made)) <= LONGEST
        assert is_name(made)


@given(names)
def test_the_name_of_the_best_begins_as_such_whatever_follows(name: str) -> None:
    shown = prefixed("best_", name)
    assert shown.startswith("best_")
    assert len(shown) > len("best_")
    assert len(os.fsencode(name)) > LONGEST - len("best_") or shown == "best_" + name


@given(names)
def test_the_first_of_its_name_keeps_it(name: str) -> None:
    assert renamed(name, name, 1) == name


@given(names, names, copies, copies)
def test_copies_of_one_name_never_clash(name: str, picture: str, one: int, other: int) -> None:
    if one != other:
        assert folded(renamed(name, picture, one)) != folded(renamed(name, picture, other))


@given(names, copies, copies)
def test_the_shown_names_of_copies_never_clash(name: str, one: int, other: int) -> None:
    """The mark of the copy is not what is cut from a name that is long already."""
    shown = prefixed("best_", name)
    if one != other:
        assert folded(renamed(shown, shown, one)) != folded(renamed(shown, shown, other))


@pytest.mark.parametrize(
    ("name", "picture", "wanted"),
    [
        ("IMG_1.jpg", "IMG_1.jpg", "IMG_1 (2).jpg"),
        ("IMG_1.xmp", "IMG_1.jpg", "IMG_1 (2).xmp"),
        ("IMG_1.jpg.xmp", "IMG_1.jpg", "IMG_1 (2).jpg.xmp"),
        ("IMG_1.jpg.supplemental-metadata.json", "IMG_1.jpg", "IMG_1 (2).jpg.supplemental-metadata.json"),
        ("IMG_1.DNG", "IMG_1.jpg", "IMG_1 (2).DNG"),
        ("img_1.mov", "IMG_1.HEIC", "img_1 (2).mov"),
        ("IMG_O1.AAE", "IMG_1.HEIC", "IMG_O1 (2).AAE"),
        ("no suffix", "no suffix", "no suffix (2)"),
        ("a.b.c.jpg", "a.b.c.jpg", "a.b.c (2).jpg"),
    ],
)
def test_the_files_of_the_second_of_a_name_are_marked_alike(name: str, picture: str, wanted: str) -> None:
    assert renamed(name, picture, 2) == wanted


def test_a_long_name_gives_up_the_end_of_its_stem_and_keeps_its_suffix() -> None:
    assert renamed("a" * 251 + ".jpg", "a" * 251 + ".jpg", 2) == "a" * 247 + " (2).jpg"
    assert prefixed("best_", "ä" * 125 + ".jpg") == "best_" + "ä" * 123 + ".jpg"


hostile = st.text(st.sampled_from('aE\u0301 .:*?<>|\\"\x07ß日📷1()') | st.characters(codec="utf-8"), min_size=1)
devices = st.sampled_from(["CON.jpg", "con", "Aux .tar.gz", "LPT1.", "com¹.jpg", "NUL.JPG.xmp", "CON. .jpg"])
any_names = names | devices | st.builds(str.__add__, hostile.map(lambda text: text * 9), suffixes).filter(is_name)


@given(any_names, any_names, copies)
def test_a_fitted_name_is_taken_by_any_disk_also_numbered_and_as_the_best(name: str, picture: str, copy: int) -> None:
    here = renamed(fitted(name, picture), fitted(picture, picture), copy)
    for made in (here, name_of_best(here), renamed(name_of_best(here), name_of_best(here), copy)):
        assert len(os.fsencode(made)) <= LONGEST_IN_AN_ENCRYPTED_FOLDER
        assert not REFUSED_SOMEWHERE.search(made)
        assert unicodedata.normalize("NFC", made) == made


@given(st.from_regex(r"[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9]{1,8}", fullmatch=True), any_names)
@example("con.jpg", "con.jpg")
@example("LPT1.txt", "a.jpg")
def test_a_short_name_of_letters_and_digits_is_fitted_as_it_is_unless_a_device_is_called_so(
    name: str, picture: str
) -> None:
    device = re.match(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])\.", name, re.IGNORECASE)
    assert fitted(name, picture) == (name if device is None else f"{device[1]}_{name[device.end(1) :]}")


@given(any_names)
def test_a_fitted_name_stays_as_it_is(name: str) -> None:
    once = fitted(name, name)
    assert fitted(once, once) == once


@given(any_names, st.sampled_from([".xmp", ".jpg.xmp", ".jpg.supplemental-metadata.json", ".DNG"]), copies)
def test_what_belongs_to_a_photo_by_its_name_still_does_when_both_are_fitted(name: str, ending: str, copy: int) -> None:
    picture, companion = f"{name}.jpg", f"{name}{ending}"
    here = fitted(picture, picture)
    assert here.endswith(".jpg")
    assert fitted(companion, picture) == here.removesuffix(".jpg") + ending
    numbered = renamed(here, here, copy).removesuffix(".jpg")
    assert renamed(fitted(companion, picture), here, copy) == numbered + ending


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("IMG_1.jpg", "IMG_1.jpg"),
        ("St. Petersburg, 1. Mai (2).jpg", "St. Petersburg, 1. Mai (2).jpg"),
        (".hidden.jpg", ".hidden.jpg"),
        ("日本 📷.heic", "日本 📷.heic"),
        ("2024-05-01 10:00:00.jpg", "2024-05-01 10_00_00.jpg"),
        ('what? "a\\b" <c>|*.jpg', "what_ _a_b_ _c___.jpg"),
        ("end. .", "end___"),
        ("con.jpg", "con_.jpg"),
        ("Contact.jpg", "Contact.jpg"),
        ("e\u0301te\u0301.jpg", "été.jpg"),
        ("J\udcfcrgen.jpg", "J_rgen.jpg"),
        ("line\nbreak.jpg", "line_break.jpg"),
        ("x" * 250 + ".jpeg", "x" * 96 + ".jpeg"),
    ],
)
def test_a_name_changes_only_where_some_disk_refuses_it(name: str, wanted: str) -> None:
    assert fitted(name, name) == wanted


@given(names, names, copies)
def test_a_name_in_the_output_is_known_again_whatever_its_number(name: str, picture: str, copy: int) -> None:
    assert is_renamed(renamed(name, picture, copy), name, picture)
    assert not is_renamed(f"{renamed(name, picture, copy)}_", name, picture)


@given(st.text().filter(_encodable))
def test_names_that_differ_in_case_or_composition_are_folded_into_one(text: str) -> None:
    """macOS stores "é" in two characters, Windows takes "A" for "a"."""
    decomposed = unicodedata.normalize("NFD", text)
    assert folded(unicodedata.normalize("NFC", text)) == folded(decomposed)
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(("one", "other"), [("A.JPG", "a.jpg"), ("é.jpg", "É.JPG"), ("straße", "STRASSE")])
def test_names_that_some_file_system_takes_for_one_are_folded_into_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert folded("a.jpg") != folded("b.jpg")


@given(st.integers(1, 10**6))
def test_the_number_of_a_group_can_be_read_from_its_folder(number: int) -> None:
    assert group_number(group_folder(number)) == number


@pytest.mark.parametrize("name", ["group_1", "group_0001 copy", "Group_0001", "group_", "originals"])
def test_other_folders_are_no_groups(name: str) -> None:
    assert group_number(name) is None


def test_folders_of_groups_sort_as_their_numbers() -> None:
    assert group_folder(1) == "group_0001"
    assert group_folder(12_345) == "group_12345"


def test_the_base_name_is_the_last_part() -> None:
    assert base_name("group_0001/originals/a.jpg") == "a.jpg"
    assert base_name(str(Path("photos") / "b.jpg")) == "b.jpg"
