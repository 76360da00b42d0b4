"""An Immich server as a source of photos."""

import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from bestshot.errors import (
    BrokenAnswerError,
    NotFoundError,
    NotImmichError,
    PhotoError,
    RejectedError,
    SourceError,
    TransientError,
)
from bestshot.layout.actions import CopyFile
from bestshot.marks.actions import MarkOptions
from bestshot.marks.state import PhotoMarks
from bestshot.model.faces import FaceBox
from bestshot.model.photo import FileRole, Listing, Metadata, Photo, Skipped, digest
from bestshot.model.reader import PREVIEW_SIZE
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.sources.interface import Examine, PhotoSource
from bestshot.storage.picture_cache import PhotoCache, PhotoTooLargeError
from bestshot.text import after_colon

if TYPE_CHECKING:
    from PIL import Image

    from bestshot.immich.calls import ThumbnailSize
    from bestshot.immich.client import ImmichClient
    from bestshot.immich.keys import KeySource
    from bestshot.immich.listing import AssetListing
    from bestshot.immich.model import Original
    from bestshot.immich.versions import Task
    from bestshot.sources.immich.marks import ImmichMarks


_IMMICH_THUMBNAIL_SIZE = 250
"""Longest side, in pixels, up to which Immich's thumbnail serves; its previews have about 1440."""

_DOWNLOADS = 8
"""Pictures that are fetched from a server at once."""

_IN_MEMORY = 16_000_000

_ARCHIVED = "archived photos (unless --include-archived)"
_WORLD = timedelta(days=1)
"""So far is a wall clock from UTC at most, and a RAW file from its picture: what is searched for is this much wider."""

_OUT_OF_SIGHT = ("videos", "what is locked or in the bin", "other users' photos")
"""What no listing asks the server for."""


class ImmichPhotoSource(PhotoSource):
    """The photos of one user of an Immich server, or those in one of the user's albums.

    The listing says when photos were taken, so only pictures are fetched later, each from the smallest that serves:
    thumbnail, preview, or (without `use_thumbnails`) the original. They are kept in the `cache`. `tasks` are what else
    is to be done there: an error for want of a permission names what they need. A `client` that is there already is
    used as it is: then nothing else need be said of the server.
    """

    def __init__(  # noqa: PLR0913 - each says one thing about the library, and has a default
        self,
        url: str = "",
        api_key: "str | KeySource" = "",
        cache_dir: str | Path | None = None,
        *,
        use_thumbnails: bool = True,
        album: str | None = None,
        include_archived: bool = False,
        verify: bool | str = True,
        cache: PhotoCache | None = None,
        tasks: "Collection[Task]" = (),
        client: "ImmichClient | None" = None,
    ) -> None:
        from bestshot.immich.client import ImmichClient
        from bestshot.immich.versions import Task

        wanted = {
            Task.READ,
            *tasks,
            *([Task.READ_ALBUMS] if album else []),
            *([] if use_thumbnails else [Task.DOWNLOAD]),
        }
        self._client = client or ImmichClient(url, api_key, verify=verify, tasks=wanted)
        self._location = url or self._client.url.removesuffix("/api")
        self._use_thumbnails = use_thumbnails
        self._album = album
        self._include_archived = include_archived
        self._cache = PhotoCache(cache_dir) if cache is None and cache_dir is not None else cache
        self._listed: dict[str, PhotoMarks] = {}
        self._checksums: dict[str, str | None] = {}
        self._pictureless: frozenset[str] = frozenset()

    def __getstate__(self) -> dict[str, Any]:
        """What travels to a worker: all but what the listing said of marks and checksums."""
        return vars(self) | {"_listed": {}, "_checksums": {}}

    @property
    def read_at_once(self) -> int:
        """Enough that a server at home is never idle; originals are large, so each worker holds one at a time."""
        return _DOWNLOADS if self._use_thumbnails else 1

    @property
    def detail(self) -> str:
        """Originals, where they are fetched: otherwise all is measured on the server's own pictures."""
        return "" if self._use_thumbnails else " of originals"

    @property
    def client(self) -> "ImmichClient":
        """The server this source reads."""
        return self._client

    def scan(
        self,
        archived: Collection[str] = (),
        examine: Examine | None = None,  # noqa: ARG002 - the server joins what is one photo
        taken: TimeSpan = ALWAYS,
    ) -> Listing:
        """List the user's photos in order of time, those of a span of time by a search; raises an ImmichError."""
        return self._listing(self._album, frozenset(archived), taken)

    def list_photos(self, album: str | None = None) -> list[Photo]:
        """The photos of the library, or of one album by its exact name or id, in order of time."""
        return list(self._listing(album or self._album, frozenset()).photos)

    def _listing(self, album: str | None, archived: frozenset[str], taken: TimeSpan = ALWAYS) -> Listing:
        from bestshot.sources.immich.assets import marks_of_listed, metadata_of, photo_of, server_time, thumbhash_of
        from bestshot.sources.immich.pairs import pair_shots

        found = self._assets(album, taken, with_archived=self._include_archived or bool(archived))
        [origin] = self.origins()
        wanted = [asset for asset in found if self._include_archived or not asset.is_archived or asset.id in archived]
        assets = sorted(wanted, key=lambda asset: (asset.file_created_at is None, asset.file_created_at, asset.id))
        self._listed.clear()  # and filled again, since `markable` gave it away
        self._listed.update((asset.id, marks_of_listed(asset)) for asset in assets)
        self._checksums = {asset.id: asset.original.checksum for asset in assets}
        self._pictureless = frozenset(asset.id for asset in assets if asset.thumbhash is None)
        skipped = []
        if found.missing:
            skipped.append(Skipped(self._location, f"counts {found.missing} more photos than it lists; run again"))
        skipped += [Skipped(str(asset), f"is not as Immich describes it: {asset.reason}") for asset in found.unusable]
        shots = [shot for shot in pair_shots(assets) if taken == ALWAYS or taken.holds(server_time(shot.picture))]
        metadata = {shot.picture.id: metadata_of(shot.picture) for shot in shots}
        thumbhashes = {shot.picture.id: known for shot in shots if (known := thumbhash_of(shot.picture))}
        empty_origins = (origin,) if album is None and not assets and self._is_empty(taken) else ()
        photos = tuple(photo_of(shot, origin) for shot in shots)
        passed_over = _OUT_OF_SIGHT if self._include_archived else (_ARCHIVED, *_OUT_OF_SIGHT)
        return Listing(photos, tuple(skipped), empty_origins, metadata, passed_over, thumbhashes=thumbhashes)

    def _assets(self, album: str | None, taken: TimeSpan, *, with_archived: bool) -> "AssetListing":
        from bestshot.sources.immich.assets import find_album

        times, skips_archived = taken.widened(_WORLD), not with_archived
        if album is None:
            return self._client.get_all_assets(skip_archived=skips_archived, with_exif=True, taken=times)
        album_id = find_album(self._client.get_albums(), album).id
        return self._client.get_album_assets(album_id, skip_archived=skips_archived, taken=times)

    def _is_empty(self, taken: TimeSpan) -> bool:
        """Whether the library is empty in which no photo was found, and not only that span of time."""
        return taken == ALWAYS or not self._client.get_statistics().images

    def check_reachable(self) -> None:
        """Raise SourceError if the server no longer answers."""
        if not self._client.ping():
            raise SourceError(f"The Immich server at {self._location} no longer answers. Run again when it is back.")

    def origins(self) -> tuple[str, ...]:
        """The user, whose id is the same by whatever address the server is reached."""
        return (f"immich:{self._client.get_current_user().id}",)

    def user_name(self) -> str:
        """The owner of the key, and on which server."""
        return self._client.user_in_words()

    def locations(self) -> tuple[str, ...]:
        """The server's address."""
        return (self._location,)

    def mark_target(self) -> str:
        """The user."""
        return self.origins()[0]

    def mark_keys(self, photo: Photo) -> tuple[str, ...]:
        """The asset, and that of the RAW file."""
        from bestshot.sources.immich.assets import asset_id_of

        return photo.key, *(asset_id_of(file.path) for file in photo.files if file.role is FileRole.RAW)

    def markable(self, options: MarkOptions) -> "ImmichMarks":
        """The user's library."""
        from bestshot.sources.immich.marks import ImmichMarks

        tags = [tag for tag in (options.tag, options.best_tag) if tag is not None]
        with_stacks = options.stack or options.archive_rest
        return ImmichMarks(self._client, tags=tags, listing=self._listed, with_stacks=with_stacks)

    def with_all_files(self, photos: Sequence[Photo]) -> tuple[Photo, ...]:
        """These photos with the names of all their files: of a live photo's video the listing has only the id."""
        from bestshot.sources.immich.assets import asset_id_of, file_of

        ids = {asset_id_of(file.path) for photo in photos for file in photo.files if file.role is FileRole.VIDEO}
        found = self._client.get_assets_info(ids)
        self._checksums |= {id_: asset.original.checksum for id_, asset in found.items()}
        videos = {id_: file_of(asset, FileRole.VIDEO) for id_, asset in found.items()}

        def whole(photo: Photo) -> Photo:
            files = (videos.get(asset_id_of(f.path)) if f.role is FileRole.VIDEO else f for f in photo.files)
            return replace(photo, files=tuple(file for file in files if file is not None))

        return tuple(whole(photo) for photo in photos)

    def web_address(self, photo: Photo) -> str:
        """The asset's page on the server."""
        from bestshot.immich.http import api_url

        return f"{api_url(self._location).removesuffix('/api')}/photos/{quote(photo.key, safe='')}"

    def fetch_file(self, file: CopyFile, copy: Path) -> str:
        """Download one original, which has the size and the checksum that the server knows."""
        from bestshot.sources.immich.assets import asset_id_of
        from bestshot.storage.files import write_verified

        size, mtime_ns = file.size_and_time
        original = self._original(asset_id_of(file.source), size)
        if original.size is None and original.checksum is None:
            raise TransientError("the server knows neither its size nor its checksum, so no copy can be checked")

        def download(stream: BinaryIO) -> None:
            with self._reading_one():
                self._client.save_asset(asset_id_of(file.source), stream, original)

        return write_verified(download, copy, (original.size, mtime_ns))

    def open_photo(self, photo: Photo) -> BinaryIO:
        """The original file, downloaded; small ones stay in memory."""
        with ExitStack() as stack:
            stream = cast(BinaryIO, stack.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY)))
            original = self._original(photo.key, photo.size)
            with self._reading_one():
                self._client.save_asset(photo.key, stream, original)
            stream.seek(0)
            stack.pop_all()  # the caller closes it
        return stream

    def get_metadata(self, photo: Photo) -> Metadata:
        """What the server says of one photo."""
        from bestshot.sources.immich.assets import metadata_of

        with self._reading_one():
            return metadata_of(self._client.get_asset_info(photo.key))

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Fetch and decode the smallest picture of the server's that is as large as asked for."""
        if not self._use_thumbnails:
            return self._load_original(photo, longest_side, grey=grey)
        size: ThumbnailSize = "thumbnail" if longest_side <= _IMMICH_THUMBNAIL_SIZE else "preview"
        return self._load_picture(photo, size, longest_side, grey=grey)

    def load_from_preview(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Decode a small picture from the preview, too, if that is kept: then no thumbnail need be fetched."""
        if not self._use_thumbnails or self._cache is None:
            return self.load_pixels(photo, longest_side, grey=grey)
        return self._load_picture(photo, "preview", longest_side, grey=grey)

    def _load_picture(self, photo: Photo, size: "ThumbnailSize", longest_side: int, *, grey: bool) -> "Image.Image":
        from bestshot.imaging.load import load_pixels

        # The server makes its own JPEG or WebP, whatever the name of the photo says.
        return load_pixels(io.BytesIO(self._picture(photo, size)), size, longest_side, grey=grey)

    def _load_original(self, photo: Photo, longest_side: int, *, grey: bool) -> "Image.Image":
        """The picture of an original, which is fetched once: what measurements want of it is kept."""
        from bestshot.imaging.load import load_pixels
        from bestshot.imaging.previews import load_preview

        if self._cache is not None and longest_side <= PREVIEW_SIZE:
            return load_preview(lambda: self.open_photo(photo), photo, longest_side, self._cache, grey=grey)
        with self.open_photo(photo) as stream:
            return load_pixels(stream, photo.name, longest_side, grey=grey)

    def known_faces(self, photo: Photo) -> tuple[FaceBox, ...]:
        """The faces that the server found; none where it looks for none, or has not yet."""
        with self._reading_one():
            found = self._client.get_faces(photo.key)
        return tuple(FaceBox(face.left, face.top, face.right, face.bottom, face.person_name) for face in found)

    def _picture(self, photo: Photo, size: "ThumbnailSize") -> bytes:
        picture_id = digest("immich/1", photo.key, photo.revision, size)
        kept = self._cache.get_cached_photo(picture_id) if self._cache else None
        if kept is not None:
            # Another process may have dropped it by now, to make room.
            with suppress(FileNotFoundError):
                return kept.read_bytes()
        with self._reading_one():
            data = self._fetched(photo, size)
        if self._cache:
            with suppress(PhotoTooLargeError):
                self._cache.cache_photo(picture_id, data)
        return data

    def _fetched(self, photo: Photo, size: "ThumbnailSize") -> bytes:
        """A picture of the server's; that there is none is kept: the revision is another one once there is."""
        try:
            return self._client.get_asset_thumbnail(photo.key, size)
        except NotFoundError as error:
            if photo.key not in self._pictureless:
                raise
            raise PhotoError("has no picture on the server: it could make none of the file, or has not yet") from error

    def _original(self, asset_id: str, size: int) -> "Original":
        """What is known of an original; a process that has not listed the library asks for its checksum."""
        from bestshot.immich.model import Original

        if asset_id not in self._checksums:
            with self._reading_one():
                self._checksums[asset_id] = self._client.get_asset_info(asset_id).original.checksum
        return Original(size or None, self._checksums[asset_id])

    @contextmanager
    def _reading_one(self) -> Iterator[None]:
        """One photo that is gone, damaged or has no picture yet does not end the run; a server that is gone does."""
        try:
            yield
        except (NotFoundError, RejectedError, BrokenAnswerError, NotImmichError) as error:
            is_about_all = isinstance(error, BrokenAnswerError | NotImmichError) and not self._client.ping()
            if is_about_all:
                raise
            raise TransientError(f"cannot be fetched now: {after_colon(str(error))}") from error
