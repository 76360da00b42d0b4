"""Folders as a source: ids, several folders, previews, and folders that cannot be read."""

import os
from pathlib import Path

import pytest

from bestshot.errors import SourceError, TransientError
from bestshot.model.photo import FileRole, Photo, PhotoFile
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.support.drawn_library import add, run_unprivileged, scene
from tests.support.drawn_pictures import difference, drawn, saved

LARGE = 1024
"""A size at which pictures are appraised, and previews are kept."""


def ids(*folders: Path | str) -> list[str]:
    return [photo.id for photo in LocalPhotoSource(*folders).list_photos()]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    add(tmp_path / "library" / "a.jpg", scene(1))
    add(tmp_path / "library" / "sub" / "b.jpg", scene(2))
    return tmp_path / "library"


def test_a_photos_id_is_its_path_in_the_folder(library: Path) -> None:
    assert ids(library) == ["a.jpg", "sub/b.jpg"]


@pytest.mark.usefixtures("library")
def test_with_several_folders_the_folder_as_given_stands_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path / "more" / "a.jpg", scene(3))
    monkeypatch.chdir(tmp_path)
    expected = ["./library/a.jpg", "./library/sub/b.jpg", f"{tmp_path}/more/a.jpg"]
    assert ids("./library/", tmp_path / "more") == sorted(expected)


def test_a_photo_in_nested_folders_is_listed_once_whatever_their_order(library: Path) -> None:
    expected = [f"{library}/a.jpg", f"{library}/sub/b.jpg"]
    assert ids(library, library / "sub") == expected
    assert ids(library / "sub", library) == expected
    assert ids(library, library) == expected


def test_a_photo_is_the_same_however_its_folder_is_spelled(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alias").symlink_to("library")
    monkeypatch.chdir(tmp_path)
    spelled = [
        LocalPhotoSource(given).scan() for given in (library, "library", "./library/", "library/../alias", "alias")
    ]
    assert all(listing == spelled[0] for listing in spelled)


def test_the_same_name_in_two_folders_means_two_photos(library: Path, tmp_path: Path) -> None:
    add(tmp_path / "more" / "a.jpg", scene(3))
    photos = LocalPhotoSource(library, tmp_path / "more").list_photos()
    assert len({(photo.origin, photo.key) for photo in photos}) == 3


def test_a_folder_that_is_missing_or_a_file_is_named(library: Path) -> None:
    with pytest.raises(SourceError, match=r"library/gone does not exist: check the path"):
        ids(library, library / "gone")
    with pytest.raises(SourceError, match=r"a\.jpg is a file: name the folder"):
        ids(library / "a.jpg")


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    tmp_path.chmod(0o755)
    (tmp_path / "locked").chmod(0)
    said = run_unprivileged(
        "import bestshot.sources.local.walk; from bestshot.errors import SourceError; "
        "from photo_sources import LocalPhotoSource",
        "try:\n    LocalPhotoSource('locked').scan()\nexcept SourceError as error:\n    print(error)\n",
        tmp_path,
    )
    assert said == "The source locked cannot be read: Permission denied.\n"


def test_a_folder_that_became_empty_during_the_run_is_taken_for_unmounted(library: Path) -> None:
    source = LocalPhotoSource(library)
    for path in (library / "a.jpg", library / "sub" / "b.jpg"):
        path.unlink()
    (library / "sub").rmdir()
    with pytest.raises(SourceError, match="became empty during the run"):
        source.check_reachable()


def test_folders_have_no_albums(library: Path) -> None:
    with pytest.raises(SourceError, match="albums"):
        LocalPhotoSource(library).list_photos(album="Holiday")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that opens and cannot be read")
def test_a_disk_that_fails_while_a_photo_is_read_is_a_passing_error() -> None:
    unreadable = Photo("mem", "o", "mem", "0-0", "mem.heic", 0, (PhotoFile("/proc/self/mem", FileRole.PICTURE, 0, 0),))
    source = LocalPhotoSource(".", cache=PhotoCache("unused"))
    for read in (source.get_photo_data, source.get_metadata, lambda photo: source.load_pixels(photo, LARGE)):
        with pytest.raises(TransientError, match="cannot be read now"):
            read(unreadable)


class TestPreviews:
    @pytest.fixture
    def costly(self, tmp_path: Path) -> Path:
        folder = tmp_path / "costly"
        folder.mkdir()
        (folder / "a.heic").write_bytes(saved(drawn(), "HEIF", quality=90).getvalue())
        return folder

    def test_the_costly_picture_itself_is_read_only_once(self, costly: Path, tmp_path: Path) -> None:
        source = LocalPhotoSource(costly, cache=PhotoCache(tmp_path / "cache"))
        (photo,) = source.list_photos()
        first = source.load_pixels(photo, LARGE)
        content = (costly / "a.heic").read_bytes()
        header = 300  # enough to see that it is HEIF; the coded picture behind is overwritten
        (costly / "a.heic").write_bytes(content[:header] + bytes(len(content) - header))
        assert difference(source.load_pixels(photo, LARGE), first) == 0

    def test_a_preview_is_kept_only_for_pictures_that_are_costly_to_decode(self, library: Path, tmp_path: Path) -> None:
        source = LocalPhotoSource(library, cache=PhotoCache(tmp_path / "cache"))
        for photo in source.list_photos():
            source.load_pixels(photo, LARGE)
        assert not [*tmp_path.glob("cache/*.cached")]

    def test_a_cache_too_small_or_missing_changes_no_pixel(self, costly: Path, tmp_path: Path) -> None:
        kept, tiny = (PhotoCache(tmp_path / name, size) for name, size in (("large", 10), ("tiny", 0.001)))
        pictures = []
        for cache in (kept, kept, tiny):
            source = LocalPhotoSource(costly, cache=cache)
            pictures.append(source.load_pixels(source.list_photos()[0], LARGE))
        assert all(difference(picture, pictures[0]) == 0 for picture in pictures)

    def test_a_larger_picture_than_the_preview_comes_from_the_file(self, costly: Path, tmp_path: Path) -> None:
        source = LocalPhotoSource(costly, cache=PhotoCache(tmp_path / "cache"))
        (photo,) = source.list_photos()
        assert source.load_pixels(photo, 4000).size == (96, 64)
        assert not (tmp_path / "cache").exists()


def test_photos_keep_undecodable_names(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff.jpg")
    add(tmp_path / "plain.jpg", scene(1)).rename(tmp_path / name)
    source = LocalPhotoSource(tmp_path)
    (photo,) = source.list_photos()
    assert (photo.id, photo.name) == (name, name)
    assert source.load_pixels(photo, 64).size == (64, 48)
