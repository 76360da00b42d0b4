"""Which photo of a library is called the original of which, in whole runs."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import ExifTags, Image

from bestshot.settings.settings import Settings
from tests.support.drawn_library import add_burst, exif, organize
from tests.support.leaves import leaves

Convert = Callable[[Path], object]


def told(model: str = "M1", make: str = "Maker") -> Image.Exif:
    made = exif()
    made[ExifTags.Base.Make], made[ExifTags.Base.Model] = make, model
    return made


def copies(folder: Path) -> dict[str, str]:
    """What is said of each photo that is not the best."""
    [group] = organize(folder).plan.groups
    return {ranked.photo.id: "; ".join(ranked.why) for ranked in group.verdict.ranking[1:]}


def as_jpeg(
    folder: Path, name: str = "IMG_1.jpg", size: tuple[int, int] = (640, 480), number: int = 1, **options: Any
) -> Path:
    path = folder / name
    leaves(*size, number).save(path, "JPEG", **{"quality": 88, "exif": told(), **options})
    return path


def enlarged(path: Path, factor: float) -> None:
    picture = Image.open(path).convert("RGB")
    size = (round(picture.width * factor), round(picture.height * factor))
    picture.resize(size, Image.Resampling.LANCZOS).save(path.with_name("big.jpg"), quality=85, exif=told())


def converted(path: Path, name: str, **options: Any) -> None:
    Image.open(path).convert("RGB").save(path.with_name(name), **{"exif": told(), **options})


@pytest.mark.parametrize(
    ("convert", "copy"),
    [
        (lambda path: converted(path, "a.png"), "a.png"),
        (lambda path: converted(path, "a.tif"), "a.tif"),
        (lambda path: converted(path, "a.webp", quality=95), "a.webp"),
        (lambda path: converted(path, "a.jpg", quality=98, subsampling=0), "a.jpg"),
        (lambda path: enlarged(path, 2), "big.jpg"),
        (lambda path: enlarged(path, 3), "big.jpg"),
        (lambda path: shutil.copy(path, path.with_name("Copy of IMG_1.jpg")), "Copy of IMG_1.jpg"),
        (lambda path: shutil.copy(path, path.with_name("IMG_1 (1).jpg")), "IMG_1 (1).jpg"),
        (lambda path: shutil.copy(path, path.with_name("IMG_1-1.jpg")), "IMG_1-1.jpg"),
    ],
)
def test_a_jpeg_is_the_original_of_whatever_was_made_of_it(tmp_path: Path, convert: Convert, copy: str) -> None:
    convert(as_jpeg(tmp_path))
    assert copies(tmp_path) == {copy: "is a copy of IMG_1.jpg"}


def test_a_heif_photo_of_a_phone_is_the_original_of_its_jpeg(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    phone = told("iPhone 12", "Apple")
    leaves(640, 480).save(tmp_path / "IMG_1.HEIC", "HEIF", quality=60, exif=phone.tobytes())
    Image.open(tmp_path / "IMG_1.HEIC").convert("RGB").save(tmp_path / "IMG.jpg", quality=95, exif=phone)
    assert copies(tmp_path) == {"IMG.jpg": "is a copy of IMG_1.HEIC"}


def test_byte_for_byte_copies_of_two_plain_names_are_nobodys_copies(tmp_path: Path) -> None:
    shutil.copy(as_jpeg(tmp_path, "one.jpg"), tmp_path / "two.jpg")
    assert copies(tmp_path) == {"two.jpg": "is as good as the best, but comes later"}


@pytest.mark.parametrize("side", [100, 160, 240])
def test_thumbnails_that_a_program_left_are_copies(tmp_path: Path, side: int) -> None:
    path = as_jpeg(tmp_path, "z.jpg", (1000, 750))
    thumbnail = Image.open(path).convert("RGB")
    thumbnail.thumbnail((side, side))
    thumbnail.save(tmp_path / "a.jpg", quality=60)
    assert copies(tmp_path) == {"a.jpg": "is a copy of z.jpg"}


def test_files_are_traced_once_and_only_where_they_show_one_picture(tmp_path: Path) -> None:
    photos, cache = tmp_path / "photos", tmp_path / "cache"
    photos.mkdir()
    converted(as_jpeg(photos), "a.png")
    as_jpeg(photos, "b.jpg", number=2)
    as_jpeg(photos, "c.jpg", number=2, quality=50)
    add_burst(photos)
    settings = Settings(no_faces=True, cache_dir=str(cache))
    organize(photos, settings=settings)
    with closing(sqlite3.connect(cache / "index.sqlite3")) as index:
        traced = index.execute("SELECT key FROM measurements WHERE recipe LIKE 'provenance/%'").fetchall()
    # Two photos of the burst are one file, byte for byte: their pixels tell nothing. The sharp one is no copy.
    same = ["IMG_1.jpg", "a.png", "b.jpg", "c.jpg"]
    assert sorted(bytes(key).decode() for (key,) in traced) == same
