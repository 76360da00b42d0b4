"""Found files are matched with the photos of a run by name, size and content."""

from pathlib import Path

import pytest

from bestshot.layout.actions import WriteMetadata
from bestshot.layout.adoption import FoundFile, adoptable, match_copies
from bestshot.model.photo import LinkMethod, Photo, PhotoFile
from tests.support import builders


def found(name: str, *, number: int = 1, size: int = 1000, link: str | None = None) -> FoundFile:
    """A file among the originals, as the builders make photos."""
    return FoundFile(f"group_{number:04}/originals/{name}", number, size, link)


def matched(files: list[FoundFile], *photos: Photo) -> dict[str, str]:
    """The sources of those that were matched where all contents are the same."""
    return {copy.destination: copy.source for copy in match_copies(files, photos, lambda *_: LinkMethod.COPY)}


@pytest.mark.parametrize("name", ["a.jpg", "a (2).jpg", "a (13).jpg"])
def test_a_file_is_known_by_its_name_or_the_one_it_gets_beside_another(name: str) -> None:
    assert matched([found(name)], builders.photo("a.jpg")) == {f"group_0001/originals/{name}": "/photos/a.jpg"}


@pytest.mark.parametrize("name", ["10_00.jpg", "10_00 (2).jpg", "10:00.jpg", "10:00 (2).jpg"])
def test_a_file_is_known_by_its_name_as_it_was_made_to_fit_or_as_earlier_versions_left_it(name: str) -> None:
    assert list(matched([found(name)], builders.photo("10:00.jpg"))) == [f"group_0001/originals/{name}"]


def test_a_file_is_known_where_the_disk_gives_its_letters_back_in_two_characters() -> None:
    assert len(matched([found("cafe\u0301.jpg")], builders.photo("caf\u00e9.jpg"))) == 1


def test_a_companion_bears_the_number_of_its_picture() -> None:
    photo = builders.photo("a.jpg", "a.jpg.xmp")
    assert matched([found("a (2).jpg.xmp")], photo) == {"group_0001/originals/a (2).jpg.xmp": "/photos/a.jpg.xmp"}


@pytest.mark.parametrize("file", [found("b.jpg"), found("a (2) (3).jpg"), found("a.jpg", size=999)])
def test_a_file_of_another_name_or_size_is_not_ours(file: FoundFile) -> None:
    assert matched([file], builders.photo("a.jpg")) == {}


def test_a_file_with_other_content_is_not_ours() -> None:
    def never(_item: FoundFile, _file: PhotoFile) -> None:
        return None

    assert match_copies([found("a.jpg")], [builders.photo("a.jpg")], never) == []


def test_equal_photos_are_each_taken_for_one_file_of_a_group() -> None:
    photos = builders.photo("a.jpg"), builders.photo("a.jpg", folder="/more")
    assert matched([found("a (10).jpg"), found("a (2).jpg"), found("a.jpg")], *photos) == {
        "group_0001/originals/a.jpg": "/photos/a.jpg",
        "group_0001/originals/a (2).jpg": "/more/a.jpg",
    }


def test_a_symbolic_link_is_known_by_where_it_leads() -> None:
    photos = builders.photo("a.jpg"), builders.photo("a.jpg", folder="/more")
    links = [found("a.jpg", size=11, link="/more/a.jpg"), found("a (2).jpg", link="/elsewhere/a.jpg")]
    assert matched(links, *photos) == {"group_0001/originals/a.jpg": "/more/a.jpg"}


@pytest.mark.parametrize(
    ("text", "is_ours"), [("Group 1: 2 photos\n", True), ("Group 2: 2 photos\n", False), ("", False)]
)
def test_a_metadata_txt_is_ours_if_it_begins_as_that_of_the_group_does(
    tmp_path: Path, text: str, is_ours: bool
) -> None:
    content = bytes(1000)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(content)
    (tmp_path / "out" / "group_0001" / "originals").mkdir(parents=True)
    (tmp_path / "out" / "group_0001" / "originals" / "a.jpg").write_bytes(content)
    (tmp_path / "out" / "group_0001" / "metadata.txt").write_text(text)
    first, *others = adoptable(tmp_path / "out", [builders.photo("a.jpg", folder=str(tmp_path / "photos"))])
    assert first.destination == "group_0001/originals/a.jpg"
    assert others == ([WriteMetadata("group_0001/metadata.txt", 1, text)] if is_ours else [])
