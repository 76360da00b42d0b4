"""What every source of photos promises, as tests: a class that inherits them is held against each."""

import pickle
import shutil
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from io import SEEK_END
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageColor

from bestshot.errors import PhotoError, SourceError, TransientError
from bestshot.layout.actions import CopyFile
from bestshot.marks.actions import MarkAction, MarkOptions
from bestshot.marks.kinds.tags import AddTags
from bestshot.marks.kinds.values import SetFavorite
from bestshot.model.photo import LinkMethod, Photo
from bestshot.sources.interface import PhotoSource
from bestshot.testing.pictures import CORNERS, add, difference, drawn, saved, scene, values

Make = Callable[[Path], PhotoSource]
"""Makes a source of the photos that are in a folder, which need not exist."""


class PhotoSourceContract:
    """A test class inherits this and says how its source is made: by a fixture `make`.

    Where the library is no longer what is in the folder once that has changed, `refresh` brings it up to date.
    """

    @pytest.fixture
    def make(self) -> Make:
        """How to make the source; what it needs as long as a test lasts is a matter of the fixture."""
        raise NotImplementedError("A fixture `make` of your class says how your source is made of a folder of photos.")

    def refresh(self, folder: Path) -> None:
        """Make the library what the folder is now; where that has gone, the library goes."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A photo of each sort that matters: upright, turned, costly to decode, and broken."""
        return draw_library(tmp_path / "library")

    @pytest.fixture
    def source(self, make: Make, folder: Path) -> PhotoSource:
        """The source of those."""
        return make(folder)

    def test_it_lists_every_photo_once(self, source: PhotoSource) -> None:
        photos = source.list_photos()
        ids = [photo.id for photo in photos]
        assert sorted(photo.name for photo in photos) == ["a.jpg", "b.jpg", "costly.heic", "text.jpg", "turned.jpg"]
        assert len(ids) == len(set(ids))

    def test_a_file_is_fetched_whole_with_its_time(self, source: PhotoSource, folder: Path, tmp_path: Path) -> None:
        photo = named(source, "b.jpg")
        copy = tmp_path / "copy.jpg"
        checksum = source.fetch_file(copy_of(photo), copy)
        assert copy.read_bytes() == (folder / "b.jpg").read_bytes()
        assert checksum == sha256(copy.read_bytes()).hexdigest()
        assert copy.stat().st_mtime_ns == photo.files[0].mtime_ns

    def test_a_file_that_changed_since_it_was_listed_is_not_fetched(
        self, source: PhotoSource, folder: Path, tmp_path: Path
    ) -> None:
        photo = named(source, "b.jpg")
        (folder / "b.jpg").write_bytes(b"something else")
        self.refresh(folder)
        with pytest.raises(TransientError):
            source.fetch_file(copy_of(photo), tmp_path / "copy.jpg")

    def test_an_unchanged_library_is_listed_alike_every_time(self, source: PhotoSource) -> None:
        assert source.scan() == source.scan()
        assert source.list_photos() == list(source.scan().photos)

    def test_every_photo_belongs_to_an_origin_that_is_named(self, source: PhotoSource) -> None:
        assert {photo.origin for photo in source.list_photos()} <= set(source.origins())
        assert len(source.locations()) == len(source.origins())

    def test_all_origins_begin_with_the_name_of_one_kind_of_source(self, source: PhotoSource) -> None:
        (kind,) = {origin.partition(":")[0] for origin in source.origins()}
        assert kind.isascii()
        assert kind.islower()

    def test_it_gives_the_bytes_of_the_picture(self, source: PhotoSource, folder: Path) -> None:
        photo = named(source, "b.jpg")
        data = source.get_photo_data(photo)
        assert data == (folder / "b.jpg").read_bytes()
        assert photo.size == len(data)
        with source.open_photo(photo) as stream:
            assert stream.seek(0, SEEK_END) == len(data)

    def test_it_tells_when_a_photo_was_taken_and_how_large_it_is_upright(self, source: PhotoSource) -> None:
        metadata = source.get_metadata(named(source, "b.jpg"))
        assert metadata.taken.wall == datetime(2024, 6, 1, 12, 0, 0, 250_000)
        assert not metadata.taken.is_guess
        turned = source.get_metadata(named(source, "turned.jpg"))
        assert (turned.width, turned.height) == (96, 64)

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

    def test_it_travels_to_other_processes_with_its_photos(self, source: PhotoSource) -> None:
        travelled, photo = pickle.loads(pickle.dumps((source, named(source, "b.jpg"))))  # noqa: S301 - our own
        assert travelled.scan() == source.scan()
        assert travelled.get_photo_data(photo) == source.get_photo_data(photo)
        assert difference(travelled.load_pixels(photo, 64), source.load_pixels(photo, 64)) == 0

    def test_a_broken_photo_is_an_error_and_never_an_empty_answer(self, source: PhotoSource) -> None:
        photo = named(source, "text.jpg")
        with pytest.raises(PhotoError, match="is not a picture"):
            source.load_pixels(photo, 64)

    def test_a_photo_that_vanished_is_an_error_and_never_an_empty_answer(
        self, source: PhotoSource, folder: Path
    ) -> None:
        photo = named(source, "b.jpg")
        (folder / "b.jpg").unlink()
        self.refresh(folder)
        reads = (source.get_photo_data, source.get_metadata, lambda gone: source.load_pixels(gone, 64))
        for read in reads:
            with pytest.raises(PhotoError):
                read(photo)

    def test_a_browser_finds_every_photo_at_an_address_of_its_own(self, source: PhotoSource) -> None:
        addresses = {source.web_address(photo) for photo in source.list_photos()}
        assert len(addresses) == 5
        assert {urlsplit(address).scheme for address in addresses} <= {"file", "http", "https"}

    def test_a_changed_picture_has_another_revision(self, source: PhotoSource, folder: Path) -> None:
        earlier = named(source, "b.jpg").revision
        add(folder / "b.jpg", scene(3))
        self.refresh(folder)
        assert named(source, "b.jpg").revision != earlier

    def test_a_library_without_photos_says_so(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        source = make(tmp_path / "empty")
        listing = source.scan()
        assert (listing.photos, listing.empty_origins) == ((), source.origins())

    def test_a_library_that_is_not_there_is_an_error(self, make: Make, tmp_path: Path) -> None:
        with pytest.raises(SourceError):
            make(tmp_path / "missing").list_photos()

    def test_a_library_that_has_gone_is_noticed(self, source: PhotoSource, folder: Path) -> None:
        source.check_reachable()
        shutil.rmtree(folder)
        self.refresh(folder)
        with pytest.raises(SourceError):
            source.check_reachable()


class MarkedSourceContract(PhotoSourceContract):
    """What a source promises besides if its photos can be marked."""

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

    def test_an_album_is_made_of_photos(self, source: PhotoSource) -> None:
        photos = [named(source, "b.jpg"), named(source, "a.jpg")]
        album = source.create_album("Trip", photos)
        found = source.markable(MarkOptions()).read_back((), {album}).albums
        assert found[album].name == "Trip"
        assert found[album].keys == {source.mark_keys(photo)[0] for photo in photos}

    def test_a_mark_on_a_photo_that_has_gone_is_an_error(self, source: PhotoSource, folder: Path) -> None:
        photo = named(source, "b.jpg")
        (folder / "b.jpg").unlink()
        self.refresh(folder)
        with pytest.raises(PhotoError):
            source.tag_photo(photo, ["trip"])


def draw_library(folder: Path) -> Path:
    """Draw the photos by which a source is tried."""
    add(folder / "b.jpg", scene(1), subsec="25")
    add(folder / "deep" / "a.jpg", scene(2))
    turned = drawn().transpose(Image.Transpose.ROTATE_90)  # what a camera turned to the side saves: orientation 6
    exif = turned.getexif()
    exif[ExifTags.Base.Orientation] = 6
    turned.save(folder / "turned.jpg", quality=95, exif=exif)
    (folder / "costly.heic").write_bytes(saved(drawn(), "HEIF", quality=90).getvalue())
    (folder / "text.jpg").write_bytes(b"some words")
    return folder


def named(source: PhotoSource, name: str) -> Photo:
    """The photo of this name."""
    return next(photo for photo in source.list_photos() if photo.name == name)


def copy_of(photo: Photo) -> CopyFile:
    """The copy of a photo's picture that a run would make."""
    file = photo.files[0]
    return CopyFile(
        destination=f"group_0001/originals/{photo.name}",
        number=1,
        origin=photo.origin,
        key=photo.key,
        source=file.path,
        revision=file.revision,
        size=file.size,
        method=LinkMethod.COPY,
    )
