"""Found files are matched with the photos of a run by name, size and content."""

import pytest

from bestshot.adoption import FoundFile, match_copies
from bestshot.model import LinkMethod, Photo, PhotoFile
from tests import builders


def found(name: str, *, number: int = 1, size: int = 1000, link: str | None = None) -> FoundFile:
    """A file among the originals, as the builders make photos."""
    return FoundFile(f"group_{number:04}/originals/{name}", number, size, link)


def matched(files: list[FoundFile], *photos: Photo) -> dict[str, str]:
    """The sources of those that were matched where all contents are the same."""
    return {copy.destination: copy.source for copy in match_copies(files, photos, lambda *_: LinkMethod.COPY)}


@pytest.mark.parametrize("name", ["a.jpg", "a (2).jpg", "a (13).jpg"])
def test_a_file_is_known_by_its_name_or_the_one_it_gets_beside_another(name: str) -> None:
    assert matched([found(name)], builders.photo("a.jpg")) == {f"group_0001/originals/{name}": "/photos/a.jpg"}


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
