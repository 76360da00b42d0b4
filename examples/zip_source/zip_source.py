"""Photos in zip archives, as a source of Photo Organizer; nothing in an archive is ever changed."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as DeflateError  # noqa: N812 - as it would be called elsewhere

from bestshot.api import (
    ALWAYS,
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    CopyFile,
    Examine,
    FileRole,
    Listing,
    Photo,
    PhotoFile,
    Skipped,
    SourceError,
    TimeSpan,
    TransientError,
    UsageError,
    WholeFileSource,
    write_verified,
)

LARGEST = 2_000_000_000
"""Bytes; no photo has more, and one that says so is a trap or no photo."""

_MOST_FOR_A_BYTE = 1032
"""What deflate makes at most of one byte: an archive that promises more has members that share their bytes."""

_IN_MEMORY = 64_000_000


class ZipPhotoSource(WholeFileSource):
    """The photos in zip archives: the key of each is its name in the archive, its revision the CRC-32 of its bytes."""

    def __init__(self, archives: Collection[str]) -> None:
        if not archives:
            raise UsageError("Name the zip archive that holds the photos.")
        self._given = tuple(archives)
        self._paths = {f"zip:{Path(given).resolve()}": Path(given).resolve() for given in archives}

    def origins(self) -> tuple[str, ...]:
        """The real paths of the archives."""
        return tuple(self._paths)

    def locations(self) -> tuple[str, ...]:
        """The archives as they were given."""
        return self._given[: len(self._paths)]

    def check_reachable(self) -> None:
        """Raise SourceError if an archive has gone or is damaged."""
        for path in self._paths.values():
            _opened(path)

    def scan(
        self,
        archived: Collection[str] = (),  # noqa: ARG002 - nothing is archived in an archive
        examine: Examine | None = None,  # noqa: ARG002 - each member is a photo of its own
        taken: TimeSpan = ALWAYS,  # noqa: ARG002 - times are in the photos, which are not read here
    ) -> Listing:
        """List the members that are photos by their names."""
        photos: list[Photo] = []
        skipped: list[Skipped] = []
        for origin, path in self._paths.items():
            for member in _members(path):
                problem = _problem(member)
                if problem is None:
                    photos.append(self._photo(origin, member))
                else:
                    skipped.append(Skipped(self._id(origin, member), problem))
        photos.sort(key=lambda photo: photo.id)
        filled = {photo.origin for photo in photos}
        empty = tuple(origin for origin in self._paths if origin not in filled)
        return Listing(tuple(photos), tuple(sorted(skipped, key=lambda one: one.id)), empty)

    def open_photo(self, photo: Photo) -> BinaryIO:
        """The bytes of a photo, whole and checked, so that anybody may seek in them."""
        member = self._member(photo.origin, photo.key)
        if _revision(member) != photo.revision:
            raise TransientError("it has changed since it was listed; the next run will use its new version")
        stream = cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the caller closes it
        try:
            self._unpack(photo.origin, member, stream)
        except BaseException:
            stream.close()
            raise
        stream.seek(0)
        return stream

    def fetch_file(self, file: CopyFile, copy: Path) -> str:
        """Write one photo to a new file with its time, checked against the archive's CRC-32."""
        member = self._member(file.origin, file.key)
        if file.size_and_time != (member.file_size, _mtime_ns(member)):
            raise TransientError("it has changed since it was listed; the next run will use its new version")
        return write_verified(lambda stream: self._unpack(file.origin, member, stream), copy, file.size_and_time)

    def web_address(self, photo: Photo) -> str:
        """The archive, with the photo's name in it behind the #."""
        return f"{self._paths[photo.origin].as_uri()}#{quote(photo.key)}"

    def _photo(self, origin: str, member: ZipInfo) -> Photo:
        key, size = member.filename, member.file_size
        file = PhotoFile(f"{origin}/{key}", FileRole.PICTURE, size, _mtime_ns(member))
        return Photo(self._id(origin, member), origin, key, _revision(member), _name(key), size, (file,))

    def _id(self, origin: str, member: ZipInfo) -> str:
        """What the user sees: the name in the archive, behind that of the archive where there are several."""
        return member.filename if len(self._paths) == 1 else f"{self._paths[origin]}/{member.filename}"

    def _member(self, origin: str, key: str) -> ZipInfo:
        try:
            return _opened(self._paths[origin]).getinfo(key)
        except KeyError as error:
            raise TransientError("it is no longer in the archive") from error

    def _unpack(self, origin: str, member: ZipInfo, stream: BinaryIO) -> None:
        """Write the bytes of a member: never more than it said it has, or it is an error."""
        with _reading(), _opened(self._paths[origin]).open(member) as packed:
            shutil.copyfileobj(packed, stream)


def _members(path: Path) -> Iterator[ZipInfo]:
    """The members that are photos by their names; of several with one name, the last, which is the one that counts."""
    for member in {one.filename: one for one in _opened(path).infolist()}.values():
        is_photo = PurePosixPath(member.filename).suffix.lower() in PHOTO_SUFFIXES | RAW_SUFFIXES
        if is_photo and not member.is_dir():
            yield member


def _problem(member: ZipInfo) -> str | None:
    """Why a member is not read, if it is not."""
    if member.flag_bits & 1:
        return "is encrypted: unpack the archive, and look at the folder"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is compressed in a way that is not read here: unpack the archive, and look at the folder"
    if member.file_size > LARGEST:
        return f"would take {member.file_size:,} bytes, more than any photo"
    return None


def _opened(path: Path) -> ZipFile:
    """The archive as it is now; raises SourceError."""
    try:
        status = path.stat()
        return _read(path, status.st_size, status.st_mtime_ns)
    except (OSError, BadZipFile, NotImplementedError, ValueError) as error:
        raise SourceError(f"The archive {path} cannot be read: {error}.") from error


@lru_cache(maxsize=8)
def _read(path: Path, size: int, _mtime_ns: int) -> ZipFile:
    """The archive with its list of members, which is read once in each process."""
    archive = ZipFile(path)
    if sum(member.file_size for member in archive.infolist()) > _MOST_FOR_A_BYTE * size:
        archive.close()
        raise BadZipFile("it promises more bytes than it can hold")
    return archive


@contextmanager
def _reading() -> Iterator[None]:
    """Turn what goes wrong with a member into a TransientError."""
    try:
        yield
    except (OSError, BadZipFile, DeflateError, EOFError, NotImplementedError) as error:
        raise TransientError(f"cannot be read from the archive: {error}") from error


def _name(key: str) -> str:
    """The last part of a member's name, however its path is written."""
    return key.replace("\\", "/").rpartition("/")[2]


def _revision(member: ZipInfo) -> str:
    return f"{member.CRC:08x}-{member.file_size:x}"


def _mtime_ns(member: ZipInfo) -> int:
    """The time that an archive tells without a zone, as if it were UTC: so it is the same everywhere."""
    try:
        return int(datetime(*member.date_time, tzinfo=UTC).timestamp()) * 1_000_000_000
    except ValueError:
        return 0  # archives may tell of a month 0
