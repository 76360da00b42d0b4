"""Claims about which names are those of copies."""

from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.copy_names import copy_marks, is_numbered_copy
from tests.support.each import every

MARKED = (
    "IMG_5 - Copy.jpg",
    "IMG_5 - Copy (2).jpg",
    "Copy of IMG_5.jpg",
    "Copy (2) of IMG_5.jpg",
    "IMG_5 copy 2.jpg",
    "IMG_5_copy.jpg",
    "IMG_5-copy.jpg",
    "IMG_5 (copy).jpg",
    "IMG_5 (another copy).jpg",
    "IMG_5 (3. Kopie).jpg",
    "IMG_5 - Kopie (2).jpg",
    "Kopie von IMG_5.jpg",
    "IMG_5 - Copie.jpg",
    "Copie de IMG_5.jpg",
    "IMG_5 - copia.jpg",
    "Copia di IMG_5.jpg",
    "IMG_5 - C\u00f3pia.jpg",
    "Kopie van IMG_5.jpg",
    "IMG_5 \u2014 kopia (2).jpg",
    "IMG_5 \u2014 \u043a\u043e\u043f\u0438\u044f.jpg",
    "\u041a\u043e\u043f\u0438\u044f IMG_5.jpg",
    "IMG_5 - \u526f\u672c.jpg",
    "IMG_5\u7684\u526f\u672c.jpg",
    "IMG_5 - \u30b3\u30d4\u30fc.jpg",
    "IMG_5\u306e\u30b3\u30d4\u30fc.jpg",
    "IMG_5 - \ubcf5\uc0ac\ubcf8.jpg",
    "IMG_5 (conflicted copy 2024-07-02 120000).jpg",
    "IMG_5 (Anna's conflicted copy 2024-07-02).jpg",
    "IMG_5 (In Konflikt stehende Kopie von Anna 2024-07-02).jpg",
    "IMG_5 (SFConflict a@b.c 2024-01-02-10-11-12).jpg",
    "IMG_5.sync-conflict-20240601-101010-ABCDEFG.jpg",
    "IMG_5_conflict-20240601-101010.jpg",
    "IMG_5~20240601-101010.jpg",
    "IMG_5 (2024_07_02 12_00_00 UTC).jpg",
)
"""As Explorer, Finder, GNOME, KDE, Google Drive, Dropbox, Nextcloud, ownCloud, Seafile and Syncthing name copies."""


@every("name", MARKED)
def test_the_marks_of_a_copy_are_known_in_many_languages(name: str) -> None:
    assert copy_marks(name) == 1


def test_a_copy_of_a_copy_has_two_marks() -> None:
    assert copy_marks("Copy of IMG_5 - Copy.jpg") == 2


@every(
    "name",
    ["photocopy.jpg", "Copenhagen.jpg", "copy.jpg", "IMG-1.jpg", "IMG (1).jpg", "conflict.jpg"],
)
def test_a_word_within_a_name_or_a_number_alone_is_no_mark(name: str) -> None:
    assert copy_marks(name) == 0


@every("name", ["IMG_5 (1).jpg", "IMG_5(2).jpg", "IMG_5-1.JPG", "IMG_5~2.jpg", "IMG_5_1.jpg", "img_5 2.jpg"])
def test_a_number_marks_a_copy_only_beside_the_name_without_it(name: str) -> None:
    assert is_numbered_copy(name, "IMG_5.jpg")
    assert not is_numbered_copy(name, "IMG_4.jpg")
    assert not is_numbered_copy("IMG_5.jpg", name)


@given(st.text(max_size=80))
def test_any_name_has_a_number_of_marks(name: str) -> None:
    assert 0 <= copy_marks(name) <= len(name)
    assert not is_numbered_copy(name, name)


@every("repeated", [" (", "Copy of ", " - Copy", "copy "])
def test_a_name_as_long_as_a_disk_allows_is_read(repeated: str) -> None:
    assert copy_marks((repeated * 255)[:250] + "x.jpg") >= 0
