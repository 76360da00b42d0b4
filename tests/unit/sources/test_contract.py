"""What every source of photos promises; a new source is one more line in SOURCES."""

import functools
import inspect
import pickle
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from hashlib import sha256
from io import SEEK_END
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageColor

from bestshot.errors import PhotoError, SourceError, TransientError
from bestshot.marks.actions import MarkAction, MarkOptions
from bestshot.marks.kinds.tags import AddTags
from bestshot.marks.kinds.values import SetFavorite
from bestshot.model.photo import Photo
from bestshot.sources.interface import PhotoSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.fake_immich import VERSIONS
from tests.support.builders import copy_of
from tests.support.drawn_library import add, scene
from tests.support.drawn_pictures import CORNERS, difference, drawn, saved, values
from tests.support.each import for_each
from tests.support.immich.folder import served

SOURCES: dict[str, Callable[[Path, ExitStack], PhotoSource]] = {
    "folder": lambda folder, _: LocalPhotoSource(folder, album_dir=folder.parent / "albums"),
    "folder with a cache": lambda folder, _: LocalPhotoSource(
        folder, cache=PhotoCache(folder.parent / "cache"), album_dir=folder.parent / "albums"
    ),
    **{f"Immich {version}": partial(served, version) for version in VERSIONS},
}
"""How to make each source of the photos in a folder; what it needs as long as the test lasts is left on the stack."""


Test = Callable[..., None]
Make = Callable[[Path], PhotoSource]


@pytest.fixture(scope="session")
def drawn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of each sort that matters: upright, turned, costly to decode, and broken."""
    library = tmp_path_factory.mktemp("drawn") / "library"
    add(library / "b.jpg", scene(1), "2024:06:01 12:00:00", subsec="25")
    add(library / "deep" / "a.jpg", scene(2))
    turned = drawn().transpose(
        Image.Transpose.ROTATE_90
    )  # what a camera turned to the side saves, told by orientation 6
    exif = turned.getexif()
    exif[ExifTags.Base.Orientation] = 6
    turned.save(library / "turned.jpg", quality=95, exif=exif)
    (library / "costly.heic").write_bytes(saved(drawn(), "HEIF", quality=90).getvalue())
    (library / "text.jpg").write_bytes(b"some words")
    return library


def every_source(test: Test) -> Test:
    """Run a test with each source, of a copy of the folder; `make` makes one of another folder."""

    asked = [name for name in inspect.signature(test).parameters if name != "self"]

    @functools.wraps(test)
    def loop(self: object, drawn_folder: Path, tmp_path: Path) -> None:
        def attempt(name: str) -> None:
            place = tmp_path / name
            folder = Path(shutil.copytree(drawn_folder, place / "library"))
            with ExitStack() as stack:
                at_hand = {"folder": folder, "tmp_path": place, "make": lambda other: SOURCES[name](other, stack)}
                made = {"source": SOURCES[name](folder, stack)} if "source" in asked else {}
                test(self, **{wanted: (at_hand | made)[wanted] for wanted in asked})

        for_each(SOURCES, attempt)

    loop.__signature__ = inspect.signature(loop, follow_wrapped=False)  # type: ignore[attr-defined] # pytest looks here
    return loop


def named(source: PhotoSource, name: str) -> Photo:
    return next(photo for photo in source.list_photos() if photo.name == name)


class TestPhotoSource:
    @every_source
    def test_it_lists_every_photo_once(self, source: PhotoSource) -> None:
        photos = source.list_photos()
        ids = [photo.id for photo in photos]
        assert sorted(photo.name for photo in photos) == ["a.jpg", "b.jpg", "costly.heic", "text.jpg", "turned.jpg"]
        assert len(ids) == len(set(ids))

    @every_source
    def test_photos_are_tagged_and_made_favourite_one_by_one(self, source: PhotoSource) -> None:
        photo, other = named(source, "b.jpg"), named(source, "a.jpg")
        source.tag_photo(photo, ["trip", "sea"])
        source.set_favorite(photo, True)
        (key,), (other_key,) = source.mark_keys(photo), source.mark_keys(other)
        keys = (key, other_key)
        questions: list[MarkAction] = [AddTags(keys, ("trip", "sea")), SetFavorite(keys, value=True)]
        marks = source.markable(MarkOptions(favorite_best=True)).read_back(questions, ()).photos
        assert [(one.key, set(one.tags), one.is_favorite) for one in (marks[key], marks[other_key])] == [
            (key, {"trip", "sea"}, True),
            (other_key, set(), False),
        ]
        source.set_favorite(photo, False)
        assert not source.markable(MarkOptions(favorite_best=True)).read_back(questions, ()).photos[key].is_favorite

    @every_source
    def test_an_album_is_made_of_photos(self, source: PhotoSource) -> None:
        photos = [named(source, "b.jpg"), named(source, "a.jpg")]
        album = source.create_album("Trip", photos)
        found = source.markable(MarkOptions()).read_back((), {album}).albums
        assert found[album].name == "Trip"
        assert found[album].keys == {source.mark_keys(photo)[0] for photo in photos}

    @every_source
    def test_a_mark_on_a_photo_that_has_gone_is_an_error(self, source: PhotoSource, folder: Path) -> None:
        photo = named(source, "b.jpg")
        (folder / "b.jpg").unlink()
        with pytest.raises(PhotoError):
            source.tag_photo(photo, ["trip"])

    @every_source
    def test_a_file_is_fetched_whole_with_its_time(self, source: PhotoSource, folder: Path, tmp_path: Path) -> None:
        photo = named(source, "b.jpg")
        copy = tmp_path / "copy.jpg"
        checksum = source.fetch_file(copy_of(photo), copy)
        assert copy.read_bytes() == (folder / "b.jpg").read_bytes()
        assert checksum == sha256(copy.read_bytes()).hexdigest()
        assert copy.stat().st_mtime_ns == photo.files[0].mtime_ns

    @every_source
    def test_a_file_that_changed_since_it_was_listed_is_not_fetched(
        self, source: PhotoSource, folder: Path, tmp_path: Path
    ) -> None:
        photo = named(source, "b.jpg")
        (folder / "b.jpg").write_bytes(b"something else")
        with pytest.raises(TransientError):
            source.fetch_file(copy_of(photo), tmp_path / "copy.jpg")

    @every_source
    def test_an_unchanged_library_is_listed_alike_every_time(self, source: PhotoSource) -> None:
        assert source.scan() == source.scan()
        assert source.list_photos() == list(source.scan().photos)

    @every_source
    def test_every_photo_belongs_to_an_origin_that_is_named(self, source: PhotoSource) -> None:
        assert {photo.origin for photo in source.list_photos()} <= set(source.origins())
        assert len(source.locations()) == len(source.origins())

    @every_source
    def test_it_gives_the_bytes_of_the_picture(self, source: PhotoSource, folder: Path) -> None:
        photo = named(source, "b.jpg")
        data = source.get_photo_data(photo)
        assert data == (folder / "b.jpg").read_bytes()
        assert photo.size == len(data)
        with source.open_photo(photo) as stream:
            assert stream.seek(0, SEEK_END) == len(data)

    @every_source
    def test_it_tells_when_a_photo_was_taken_and_how_large_it_is_upright(self, source: PhotoSource) -> None:
        metadata = source.get_metadata(named(source, "b.jpg"))
        assert metadata.taken.wall == datetime(2024, 6, 1, 12, 0, 0, 250_000)
        assert not metadata.taken.is_guess
        turned = source.get_metadata(named(source, "turned.jpg"))
        assert (turned.width, turned.height) == (96, 64)

    @every_source
    def test_pixels_are_upright_and_no_larger_than_asked_for_nor_enlarged(self, source: PhotoSource) -> None:
        for photo, (asked, size) in product(
            (named(source, "turned.jpg"), named(source, "costly.heic")), ((48, (48, 32)), (1024, (96, 64)))
        ):
            for _ in range(2):  # the second time perhaps from a cache
                picture = source.load_pixels(photo, asked)
                assert (photo.name, picture.size, picture.mode) == (photo.name, size, "RGB")
                for (x, y), colour in CORNERS.items():
                    found = values(picture)[int(size[1] * y), int(size[0] * x)]
                    assert np.abs(found - ImageColor.getrgb(colour)).max() < 40, (photo.name, asked, colour)
            assert source.load_pixels(photo, asked, grey=True).mode == "L"

    @every_source
    def test_it_travels_to_other_processes_with_its_photos(self, source: PhotoSource) -> None:
        travelled, photo = pickle.loads(pickle.dumps((source, named(source, "b.jpg"))))
        assert travelled.scan() == source.scan()
        assert travelled.get_photo_data(photo) == source.get_photo_data(photo)
        assert difference(travelled.load_pixels(photo, 64), source.load_pixels(photo, 64)) == 0

    @every_source
    def test_a_broken_photo_is_an_error_and_never_an_empty_answer(self, source: PhotoSource) -> None:
        photo = named(source, "text.jpg")
        with pytest.raises(PhotoError, match="is not a picture"):
            source.load_pixels(photo, 64)

    @every_source
    def test_a_photo_that_vanished_is_an_error_and_never_an_empty_answer(
        self, source: PhotoSource, folder: Path
    ) -> None:
        photo = named(source, "b.jpg")
        (folder / "b.jpg").unlink()
        reads = (source.get_photo_data, source.get_metadata, lambda gone: source.load_pixels(gone, 64))
        for read in reads:
            with pytest.raises(PhotoError):
                read(photo)

    @every_source
    def test_a_browser_finds_every_photo_at_an_address_of_its_own(self, source: PhotoSource) -> None:
        addresses = {source.web_address(photo) for photo in source.list_photos()}
        assert len(addresses) == 5
        assert {urlsplit(address).scheme for address in addresses} <= {"file", "http"}

    @every_source
    def test_a_changed_picture_has_another_revision(self, source: PhotoSource, folder: Path) -> None:
        earlier = named(source, "b.jpg").revision
        add(folder / "b.jpg", scene(3))
        assert named(source, "b.jpg").revision != earlier

    @every_source
    def test_a_library_without_photos_says_so(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        source = make(tmp_path / "empty")
        listing = source.scan()
        assert (listing.photos, listing.empty_origins) == ((), source.origins())

    @every_source
    def test_a_library_that_is_not_there_is_an_error(self, make: Make, tmp_path: Path) -> None:
        with pytest.raises(SourceError):
            make(tmp_path / "missing").list_photos()

    @every_source
    def test_a_library_that_has_gone_is_noticed(self, source: PhotoSource, folder: Path) -> None:
        source.check_reachable()
        shutil.rmtree(folder)
        with pytest.raises(SourceError):
            source.check_reachable()


def test_a_broken_file_tells_nothing_of_itself(drawn_folder: Path) -> None:
    source = LocalPhotoSource(drawn_folder)
    with pytest.raises(PhotoError, match="is not a picture"):
        source.get_metadata(named(source, "text.jpg"))
