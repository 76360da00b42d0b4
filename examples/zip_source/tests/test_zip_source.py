"""The archive keeps what every source promises, and nothing in it does any harm."""

import struct
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from zip_source import LARGEST, ZipPhotoSource

from bestshot.api import PhotoSource, SourceError, TransientError
from bestshot.testing import Make, PhotoSourceContract, scene
from bestshot.testing.contract import copy_of


def pack(folder: Path) -> Path:
    """Pack a folder into an archive beside it; where there is no folder, there is no archive."""
    archive = folder.with_suffix(".zip")
    archive.unlink(missing_ok=True)
    if folder.is_dir():
        with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
            for path in sorted(folder.rglob("*")):
                packed.write(path, path.relative_to(folder).as_posix())
    return archive


class TestZip(PhotoSourceContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda folder: ZipPhotoSource([str(pack(folder))])

    def refresh(self, folder: Path) -> None:
        pack(folder)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "photos.zip"


def picture() -> bytes:
    file = BytesIO()
    scene(1).save(file, "JPEG")
    return file.getvalue()


def skipped(source: PhotoSource) -> dict[str, str]:
    return {one.id: one.error for one in source.scan().skipped}


def test_names_that_lead_out_of_the_archive_lead_nowhere(archive: Path) -> None:
    """They are only what a photo is called; a copy of it has the last part for its name."""
    with ZipFile(archive, "w") as packed:
        for name in ("../up.jpg", "/etc/root.jpg", "..\\back.jpg", "a/../../b.jpg"):
            packed.writestr(name, picture())
    photos = ZipPhotoSource([str(archive)]).list_photos()
    assert sorted(photo.name for photo in photos) == ["b.jpg", "back.jpg", "root.jpg", "up.jpg"]


def test_what_is_encrypted_or_packed_otherwise_is_named(archive: Path) -> None:
    with ZipFile(archive, "w") as packed:
        packed.writestr("secret.jpg", picture())
        packed.writestr("bzip2.jpg", picture(), ZIP_BZIP2)
    content = archive.read_bytes()
    entry = content.index(b"PK\x01\x02")
    archive.write_bytes(content[: entry + 8] + b"\x01\x00" + content[entry + 10 :])
    found = skipped(ZipPhotoSource([str(archive)]))
    assert found["secret.jpg"].startswith("is encrypted")
    assert found["bzip2.jpg"].startswith("is compressed in a way")


def with_size(archive: Path, size: int) -> None:
    """Let the list of the archive say that its first member has that many bytes."""
    content = archive.read_bytes()
    entry = content.index(b"PK\x01\x02")
    archive.write_bytes(content[: entry + 24] + struct.pack("<I", size) + content[entry + 28 :])


def test_a_member_larger_than_any_photo_is_passed_over(archive: Path) -> None:
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        packed.writestr("huge.jpg", picture())
        packed.writestr("padding.txt", bytes(LARGEST // 1000), ZIP_STORED)
    with_size(archive, LARGEST + 1)
    assert skipped(ZipPhotoSource([str(archive)])) == {
        "huge.jpg": f"would take {LARGEST + 1:,} bytes, more than any photo"
    }


def test_an_archive_that_promises_more_than_it_can_hold_is_refused(archive: Path) -> None:
    """As one does whose members share their bytes."""
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        packed.writestr("bomb.jpg", picture())
    with_size(archive, 1_900_000_000)
    with pytest.raises(SourceError, match="promises more bytes than it can hold"):
        ZipPhotoSource([str(archive)]).scan()


def test_no_more_is_unpacked_than_was_promised(archive: Path, tmp_path: Path) -> None:
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        packed.writestr("bomb.jpg", bytes(50_000_000))
    with_size(archive, 1000)
    source = ZipPhotoSource([str(archive)])
    (photo,) = source.list_photos()
    with pytest.raises(TransientError, match="Bad CRC-32"):
        source.open_photo(photo)
    with pytest.raises(TransientError, match="Bad CRC-32"):
        source.fetch_file(copy_of(photo), tmp_path / "copy.jpg")
    assert (tmp_path / "copy.jpg").stat().st_size <= 1000


def test_damage_is_told_and_not_passed_on(archive: Path) -> None:
    with ZipFile(archive, "w") as packed:
        packed.writestr("a.jpg", picture())
    content = bytearray(archive.read_bytes())
    content[200] ^= 0xFF
    archive.write_bytes(content)
    source = ZipPhotoSource([str(archive)])
    (photo,) = source.list_photos()
    with pytest.raises(TransientError, match="cannot be read from the archive: Bad CRC-32"):
        source.get_photo_data(photo)


def test_a_file_that_is_no_archive_is_an_error(archive: Path) -> None:
    archive.write_bytes(b"some words")
    with pytest.raises(SourceError, match=r"photos\.zip cannot be read: File is not a zip file"):
        ZipPhotoSource([str(archive)]).scan()


def test_photos_of_several_archives_are_told_apart(archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.zip"
    for path in (archive, other):
        with ZipFile(path, "w") as packed:
            packed.writestr("a.jpg", picture())
    source = ZipPhotoSource([str(archive), str(other)])
    assert [photo.id for photo in source.list_photos()] == [f"{other}/a.jpg", f"{archive}/a.jpg"]
