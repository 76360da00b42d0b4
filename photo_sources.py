"""Where photos come from: an abstract source, folders, and an Immich server."""

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from bestshot.errors import NotFoundError, RejectedError, SourceError, TransientError, UsageError
from bestshot.folder_walk import FolderWalk
from bestshot.model import FaceBox, Listing, Metadata, Photo, Skipped, digest
from bestshot.photo_cache import PhotoCache, PhotoTooLargeError
from bestshot.text import printable

if TYPE_CHECKING:
    from PIL import Image

    from bestshot.immich.calls import ThumbnailSize
    from immich_client import AssetListing, ImmichClient, KeySource

__all__ = ["ImmichPhotoSource", "LocalPhotoSource", "PhotoCache", "PhotoSource"]

_PREVIEW_SIZE = 1280
"""Longest side, in pixels, of the previews that stand for pictures which are costly to decode."""

_PREVIEW_QUALITY = 92

_THUMBNAIL_SIZE = 256
"""Up to this size the thumbnail that most HEIF and RAW files carry serves, a hundred times faster than the picture."""


_IMMICH_THUMBNAIL_SIZE = 250
"""Longest side, in pixels, up to which Immich's thumbnail serves; its previews have about 1440."""

_IN_MEMORY = 16_000_000


class PhotoSource(ABC):
    """A library of photos. A read that fails raises; nothing answers an empty value for "it failed"."""

    @abstractmethod
    def scan(self) -> Listing:
        """List the library; raises SourceError if it cannot be reached."""

    @abstractmethod
    def check_reachable(self) -> None:
        """Raise SourceError if the library has gone since it was listed."""

    @abstractmethod
    def origins(self) -> tuple[str, ...]:
        """The names, for good, of the libraries that are read."""

    @abstractmethod
    def locations(self) -> tuple[str, ...]:
        """Where the photos are, in the user's words."""

    @abstractmethod
    def open_photo(self, photo: Photo) -> BinaryIO:
        """The bytes of a photo's picture as a seekable stream; raises TransientError."""

    @abstractmethod
    def get_metadata(self, photo: Photo) -> Metadata:
        """What a photo says of itself; raises PhotoError."""

    @abstractmethod
    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """The upright picture, no larger than asked for, from the smallest data that serve; raises PhotoError."""

    def known_faces(self, photo: Photo) -> tuple[FaceBox, ...]:  # noqa: ARG002 - for sources that know some
        """The faces that the library knows already; none unless a source says so."""
        return ()

    def list_photos(self, album: str | None = None) -> list[Photo]:
        """The photos of the library, or of one album of it, in order of id."""
        if album is not None:
            raise SourceError(f"{type(self).__name__} has no albums to list.")
        return list(self.scan().photos)

    def get_photo_data(self, photo: Photo) -> bytes:
        """All bytes of a photo's picture; raises TransientError."""
        with self.open_photo(photo) as stream, _reading():
            return stream.read()


class ImmichPhotoSource(PhotoSource):
    """The photos of one user of an Immich server, or those in one of the user's albums.

    The listing tells when photos were taken, so only pictures are fetched later, each from the smallest that serves:
    thumbnail, preview, or (without `use_thumbnails`) the original. They are kept in the `cache`.
    """

    def __init__(  # noqa: PLR0913 - each says one thing about the library, and has a default
        self,
        url: str,
        api_key: "str | KeySource",
        cache_dir: str | Path | None = None,
        *,
        use_thumbnails: bool = True,
        album: str | None = None,
        include_archived: bool = False,
        verify: bool | str = True,
        cache: PhotoCache | None = None,
    ) -> None:
        from immich_client import ImmichClient, Task

        tasks = {Task.READ, *([Task.READ_ALBUMS] if album else []), *([] if use_thumbnails else [Task.DOWNLOAD])}
        self._client = ImmichClient(url, api_key, verify=verify, tasks=tasks)
        self._location = url
        self._use_thumbnails = use_thumbnails
        self._album = album
        self._include_archived = include_archived
        self._cache = PhotoCache(cache_dir) if cache is None and cache_dir is not None else cache

    @property
    def client(self) -> "ImmichClient":
        """The server this source reads."""
        return self._client

    def scan(self) -> Listing:
        """List the user's photos in order of time; raises an ImmichError."""
        return self._listing(self._album)

    def list_photos(self, album: str | None = None) -> list[Photo]:
        """The photos of the library, or of one album by its exact name or id, in order of time."""
        return list(self._listing(album or self._album).photos)

    def _listing(self, album: str | None) -> Listing:
        from bestshot.immich.facts import metadata_of, photo_of

        found = self._all_assets() if album is None else self._album_assets(album)
        [origin] = self.origins()
        assets = sorted(found, key=lambda asset: (asset.file_created_at is None, asset.file_created_at, asset.id))
        skipped = []
        if found.missing:
            skipped.append(Skipped(self._location, f"counts {found.missing} more photos than it lists; run again"))
        facts = {asset.id: metadata_of(asset) for asset in assets}
        empty_origins = (origin,) if album is None and not assets else ()
        return Listing(tuple(photo_of(asset, origin) for asset in assets), tuple(skipped), empty_origins, facts)

    def _all_assets(self) -> "AssetListing":
        return self._client.get_all_assets(skip_archived=not self._include_archived, with_exif=True)

    def _album_assets(self, album: str) -> "AssetListing":
        """The photos of an album; from 3.0 on they come without what is in their files, which the library tells."""
        found = self._client.get_album_assets(self._album_id(album), skip_archived=not self._include_archived)
        if all(asset.exif for asset in found):
            return found
        known = {asset.id: asset for asset in self._all_assets()}
        return replace(found, assets=tuple(known.get(asset.id, asset) for asset in found))

    def _album_id(self, wanted: str) -> str:
        """The one album of this id or exact name; raises UsageError that lists the near ones."""
        albums = self._client.get_albums()
        named = [album for album in albums if album.id == wanted] or [album for album in albums if album.name == wanted]
        if len(named) == 1:
            return named[0].id
        if named:
            ids = ", ".join(sorted(album.id for album in named))
            raise UsageError(f"{len(named)} albums are called {printable(wanted)}: name one by its id ({ids}).")
        names = {album.name.casefold(): album.name for album in albums}
        near = get_close_matches(wanted.casefold(), names, n=3, cutoff=0.4)
        hint = f" Near to it: {', '.join(printable(names[name]) for name in near)}." if near else ""
        raise UsageError(f"There is no album called {printable(wanted)} on the server.{hint}")

    def check_reachable(self) -> None:
        """Raise SourceError if the server no longer answers."""
        if not self._client.ping():
            raise SourceError(f"The Immich server at {self._location} no longer answers. Run again when it is back.")

    def origins(self) -> tuple[str, ...]:
        """The user, whose id is the same by whatever address the server is reached."""
        return (f"immich:{self._client.get_current_user().id}",)

    def locations(self) -> tuple[str, ...]:
        """The server's address."""
        return (self._location,)

    def open_photo(self, photo: Photo) -> BinaryIO:
        """The original file, downloaded; small ones stay in memory."""
        with ExitStack() as stack:
            stream = cast(BinaryIO, stack.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY)))
            with _immich_reading():
                self._client.save_asset(photo.key, stream)
            stream.seek(0)
            stack.pop_all()  # the caller closes it
        return stream

    def get_metadata(self, photo: Photo) -> Metadata:
        """What the server says of one photo."""
        from bestshot.immich.facts import metadata_of

        with _immich_reading():
            return metadata_of(self._client.get_asset_info(photo.key))

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Fetch and decode the smallest picture of the server's that is as large as asked for."""
        from bestshot.imaging import load_pixels

        if not self._use_thumbnails:
            with self.open_photo(photo) as stream:
                return load_pixels(stream, photo.name, longest_side, grey=grey)
        size: ThumbnailSize = "thumbnail" if longest_side <= _IMMICH_THUMBNAIL_SIZE else "preview"
        # The server makes its own JPEG or WebP, whatever the name of the photo says.
        return load_pixels(io.BytesIO(self._picture(photo, size)), size, longest_side, grey=grey)

    def _picture(self, photo: Photo, size: "ThumbnailSize") -> bytes:
        picture_id = digest("immich/1", photo.key, photo.revision, size)
        kept = self._cache.get_cached_photo(picture_id) if self._cache else None
        if kept is not None:
            # Another process may have dropped it by now, to make room.
            with suppress(FileNotFoundError):
                return kept.read_bytes()
        with _immich_reading():
            data = self._client.get_asset_thumbnail(photo.key, size)
        if self._cache:
            with suppress(PhotoTooLargeError):
                self._cache.cache_photo(picture_id, data)
        return data


class LocalPhotoSource(PhotoSource):
    """One or more folders.

    With one folder a photo's id is its path in it; with several, the folder as it was given stands before that.
    `exclude` holds glob patterns. Previews of RAW and HEIF pictures are kept in the `cache`, if there is one.
    """

    def __init__(
        self,
        source_dir: str | Path,
        *more_dirs: str | Path,
        exclude: Sequence[str] = (),
        cache: PhotoCache | None = None,
    ) -> None:
        self._given = [str(folder) for folder in (source_dir, *more_dirs)]
        self._exclude = tuple(exclude)
        self._cache = cache

    def scan(self) -> Listing:
        """List every photo below the folders; raises SourceError for a folder that is missing or cannot be read.

        Of folders within one another the outer one is walked first, in whatever order they were given.
        """
        for given in self._given:
            _check_folder(given)
        walk = FolderWalk(self._exclude)
        for path, given in sorted((Path(given).resolve(), given) for given in self._given):
            prefix = "" if len(self._given) == 1 else given.rstrip("/") + "/"
            walk.add(path, _origin(path), prefix, given)
        return walk.listing()

    def check_reachable(self) -> None:
        """Raise SourceError if a folder has gone or become empty, as when its disk is unmounted."""
        for given in self._given:
            _check_folder(given)
            with os.scandir(given) as entries:
                if next(entries, None) is None:
                    raise SourceError(
                        f"{printable(given)} became empty during the run: was its disk unmounted? "
                        "Nothing more was done; run again when it is back."
                    )

    def origins(self) -> tuple[str, ...]:
        """The real paths of the folders, however they were spelled."""
        return tuple(_origin(Path(given).resolve()) for given in self._given)

    def locations(self) -> tuple[str, ...]:
        """The folders as they were given."""
        return tuple(self._given)

    def open_photo(self, photo: Photo) -> BinaryIO:
        """The picture's file, opened."""
        with _reading():
            return Path(photo.files[0].path).open("rb")

    def get_metadata(self, photo: Photo) -> Metadata:
        """EXIF, or else what sidecars, the name and the file's date tell."""
        from bestshot.metadata import read_metadata

        with self.open_photo(photo) as stream:
            return read_metadata(stream, photo)

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Decode the picture, scaled down while decoding where its format can."""
        from bestshot.imaging import load_pixels

        with self.open_photo(photo) as stream:
            is_preview_size = _THUMBNAIL_SIZE < longest_side <= _PREVIEW_SIZE
            if self._cache is None or not is_preview_size or not _is_costly(stream, photo.name):
                return load_pixels(stream, photo.name, longest_side, grey=grey)
            preview = self._preview(self._cache, stream, photo)
        return load_pixels(io.BytesIO(preview), photo.name, longest_side, grey=grey)

    def _preview(self, cache: PhotoCache, stream: BinaryIO, photo: Photo) -> bytes:
        """The preview's JPEG, made and kept if need be; what is measured on it is the same either way."""
        from bestshot.imaging import load_pixels

        preview_id = digest("preview/1", photo.origin, photo.key, photo.revision)
        kept = cache.get_cached_photo(preview_id)
        if kept is not None:
            # Another process may have dropped it by now, to make room.
            with suppress(FileNotFoundError):
                return kept.read_bytes()
        encoded = io.BytesIO()
        load_pixels(stream, photo.name, _PREVIEW_SIZE).save(encoded, "JPEG", quality=_PREVIEW_QUALITY)
        # A cache too small for one preview serves without keeping it.
        with suppress(PhotoTooLargeError):
            cache.cache_photo(preview_id, encoded.getvalue())
        return encoded.getvalue()


def _origin(path: Path) -> str:
    return f"folder:{path}"


@contextmanager
def _immich_reading() -> Iterator[None]:
    """One photo that is gone, or has no picture yet, does not end the run; a server that is gone does."""
    try:
        yield
    except (NotFoundError, RejectedError) as error:
        raise TransientError(f"cannot be fetched now: {error}") from error


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientError(f"cannot be read now: {error.strerror or error}") from error


def _check_folder(given: str) -> None:
    folder = Path(given)
    shown = printable(given)
    try:
        if not folder.exists():
            raise SourceError(f"The source {shown} does not exist: check the path, or mount its disk.")
        if not folder.is_dir():
            raise SourceError(f"The source {shown} is a file: name the folder that holds the photos.")
        os.scandir(folder).close()
    except OSError as error:
        raise SourceError(f"The source {shown} cannot be read: {error.strerror or error}.") from error


def _is_costly(stream: BinaryIO, name: str) -> bool:
    """Whether a picture cannot be decoded at a smaller scale, or hides in a RAW file."""
    from bestshot.formats import HEADER_LENGTH, RAW_SUFFIXES, PictureKind, sniff

    with _reading():
        kind = sniff(stream.read(HEADER_LENGTH))
        stream.seek(0)
    is_raw = kind is PictureKind.RAW or (kind is PictureKind.TIFF and Path(name).suffix.lower() in RAW_SUFFIXES)
    return is_raw or kind in (PictureKind.HEIF, PictureKind.AVIF)
