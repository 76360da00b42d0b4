"""What every source of photos is: an abstract library."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bestshot.errors import PhotoError, SourceError, TransientError
from bestshot.model.file_facts import FileFacts
from bestshot.model.photo import Listing, Photo
from bestshot.model.reader import PhotoReader
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.text import after_colon

if TYPE_CHECKING:  # what is copied and marked: processes that only read photos do neither
    from bestshot.layout.actions import CopyFile
    from bestshot.marks.actions import MarkAction, MarkOptions, MarkResult
    from bestshot.marks.library import MarkableLibrary

Examine = Callable[[Sequence[Photo]], Mapping[str, FileFacts]]
"""Asks files, each as if it were a photo, what they say of their shot; answers by id, where they say anything."""


class PhotoSource(PhotoReader):
    """A library of photos. A read that fails raises; nothing answers an empty value for "it failed"."""

    @abstractmethod
    def scan(self, archived: Collection[str] = (), examine: Examine | None = None, taken: TimeSpan = ALWAYS) -> Listing:
        """List the library; raises SourceError if it cannot be reached.

        `archived` are the keys of photos that belong to it although they were taken out of sight. `examine` asks files
        that have one name whether they are one photo; without it, they are read here and now. Of photos whose time the
        listing tells, there are only those that were `taken` in that span; the others are there whenever they were.
        """

    @abstractmethod
    def locations(self) -> tuple[str, ...]:
        """Where the photos are, in the user's words."""

    def references(self) -> tuple[str, ...]:
        """The origins of the photos that are only compared; some of these may have one of `origins` instead."""
        return ()

    @abstractmethod
    def open_photo(self, photo: Photo) -> BinaryIO:
        """The bytes of a photo's picture as a seekable stream; raises TransientError."""

    @abstractmethod
    def web_address(self, photo: Photo) -> str:
        """Where a browser shows the photo itself."""

    @abstractmethod
    def fetch_file(self, file: "CopyFile", copy: Path) -> str:
        """Write one file of a photo to a new file with its time, verified; returns its SHA-256 in hexadecimal.

        Raises TransientError if it cannot be read or has changed since it was listed, OutputError if the copy cannot
        be written.
        """

    @abstractmethod
    def mark_target(self) -> str:
        """The name under which the journal keeps the marks that are set here."""

    @abstractmethod
    def mark_keys(self, photo: Photo) -> tuple[str, ...]:
        """The keys under which a photo is marked, its own first and that of its RAW file if that has one."""

    @abstractmethod
    def markable(self, options: "MarkOptions") -> "MarkableLibrary":
        """The library as it is marked; what it says of photos without reading comes from the last listing."""

    def user_name(self) -> str | None:
        """The name of the user whose photos these are, where a library has users."""
        return None

    def with_all_files(self, photos: Sequence[Photo]) -> tuple[Photo, ...]:
        """These photos, with whatever the listing left open about their files."""
        return tuple(photos)

    def tag_photo(self, photo: Photo, tags: Sequence[str]) -> None:
        """Put tags on a photo; raises PhotoError if that is refused."""
        from bestshot.marks.kinds.tags import AddTags

        self._mark(AddTags(self.mark_keys(photo), tuple(tags)))

    def set_favorite(self, photo: Photo, value: bool) -> None:  # noqa: FBT001 - users' code says set_favorite(photo, True)
        """Make a photo a favourite, or no longer; raises PhotoError if that is refused."""
        from bestshot.marks.kinds.values import SetFavorite

        self._mark(SetFavorite(self.mark_keys(photo)[:1], value))

    def create_album(self, name: str, photos: Sequence[Photo]) -> str:
        """Make an album and return its id; raises PhotoError if a photo is refused."""
        from bestshot.marks.kinds.albums import MakeAlbum

        keys = tuple(key for photo in photos for key in self.mark_keys(photo))
        made = self._mark(MakeAlbum(0, name, keys)).container
        assert made is not None  # an album was made, or an error raised
        return made

    def _mark(self, action: "MarkAction") -> "MarkResult":
        from bestshot.marks.actions import MarkOptions

        marked = self.markable(MarkOptions()).mark(action)
        if marked.refused:
            raise PhotoError("; ".join(f"{refused.key}: {after_colon(refused.error)}" for refused in marked.refused))
        return marked

    def list_photos(self, album: str | None = None) -> list[Photo]:
        """The photos of the library, or of one album of it, in order of id."""
        if album is not None:
            raise SourceError(f"{type(self).__name__} has no albums to list.")
        return list(self.scan().photos)

    def get_photo_data(self, photo: Photo) -> bytes:
        """All bytes of a photo's picture; raises TransientError."""
        with self.open_photo(photo) as stream, reading():
            return stream.read()


@contextmanager
def reading() -> Iterator[None]:
    """Turn what the disk refuses into a TransientError."""
    try:
        yield
    except OSError as error:
        raise TransientError(f"cannot be read now: {error.strerror or error}") from error
