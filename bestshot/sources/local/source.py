"""Folders as a source of photos."""

import os
from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bestshot.errors import PhotoError, SourceError, UsageError
from bestshot.model.file_facts import FileFacts
from bestshot.model.photo import Listing, Photo
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.sources.interface import Examine, reading
from bestshot.sources.whole_files import WholeFileSource
from bestshot.storage.opening import open_regular
from bestshot.storage.picture_cache import PhotoCache
from bestshot.text import printable

if TYPE_CHECKING:
    from PIL import Image

    from bestshot.layout.actions import CopyFile
    from bestshot.marks.actions import MarkOptions
    from bestshot.sources.local.marks import FolderMarks


class LocalPhotoSource(WholeFileSource):
    """One or more folders.

    With one folder a photo's id is its path in it; with several, the folder as it was given stands before that.
    `exclude` and `include` hold glob patterns. Previews of RAW and HEIF pictures are kept in the `cache`, if there is
    one. Albums are folders of links in `album_dir`. The photos in `references` are compared, and nothing is done with
    them: such a folder may be within another one, or another one within it.
    """

    def __init__(
        self,
        source_dir: str | Path,
        *more_dirs: str | Path,
        exclude: Sequence[str] = (),
        include: Sequence[str] = (),
        references: Sequence[str | Path] = (),
        cache: PhotoCache | None = None,
        album_dir: str | Path | None = None,
    ) -> None:
        self._album_dir = None if album_dir is None else Path(album_dir)
        self._given = [str(folder) for folder in (source_dir, *more_dirs)]
        self._references = [str(folder) for folder in references]
        self._exclude, self._include = tuple(exclude), tuple(include)
        self._cache = cache

    def scan(
        self,
        archived: Collection[str] = (),  # noqa: ARG002 - a folder has no archive
        examine: Examine | None = None,
        taken: TimeSpan = ALWAYS,  # noqa: ARG002 - times are in the files, which are not read here
    ) -> Listing:
        """List every photo below the folders; raises SourceError for a folder that is missing or cannot be read.

        Of folders within one another the outer one is walked first, in whatever order they were given.
        """
        from bestshot.sources.local.walk import FolderWalk  # not needed where photos are only read

        for given in self._given:
            _check_folder(given)
        for given in self._references:
            _check_folder(given, "reference")
        sources, references = _real(self._given), _real(self._references)
        walk = FolderWalk(self._exclude, self._include, _told_apart(sources, references))
        for path, given in sources:
            prefix = "" if len(self._given) == 1 else given.rstrip("/") + "/"
            walk.add(path, _origin(path), prefix, given)
        # Last, so that photos are named as they are without these, and by whole paths, which no other photo has.
        for path, given in references:
            walk.add(path, _origin(path), f"{path}/", given)
        return walk.listing(examine or self._examine)

    def _examine(self, files: Sequence[Photo]) -> dict[str, FileFacts]:
        facts: dict[str, FileFacts] = {}
        for file in files:
            with suppress(PhotoError):  # one that cannot be read says nothing, and fails when it is used
                facts[file.id] = self.get_file_facts(file)
        return facts

    def check_reachable(self) -> None:
        """Raise SourceError if a folder has gone or become empty, as when its disk is unmounted."""
        for given in (*self._given, *self._references):
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

    def references(self) -> tuple[str, ...]:
        """The real paths of the folders for reference."""
        return tuple(_origin(Path(given).resolve()) for given in self._references)

    def locations(self) -> tuple[str, ...]:
        """The folders as they were given."""
        return tuple(self._given)

    def mark_target(self) -> str:
        """All folders: their photos are marked under their paths."""
        return "sidecars"

    def mark_keys(self, photo: Photo) -> tuple[str, ...]:
        """The path of the picture: its sidecar is that of its RAW file too."""
        return (photo.files[0].path,)

    def markable(self, options: "MarkOptions") -> "FolderMarks":
        """The sidecars, and the albums below the folder for them."""
        from bestshot.sources.local.marks import FolderMarks

        return FolderMarks(self._album_dir, with_pictures=options.favorite_best or options.gives_by_role)

    def web_address(self, photo: Photo) -> str:
        """The picture's file."""
        return Path(photo.files[0].path).as_uri()

    def fetch_file(self, file: "CopyFile", copy: Path) -> str:
        """Copy one file with its times and permissions."""
        from bestshot.storage.files import copy_verified

        return copy_verified(Path(file.source), copy, file.size_and_time)

    def open_photo(self, photo: Photo) -> BinaryIO:
        """The picture's file, opened."""
        with reading():
            return open_regular(photo.files[0].path)

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Decode the picture, scaled down while decoding where its format can."""
        from bestshot.imaging.load import load_pixels

        with self.open_photo(photo) as stream:
            preview = self._preview(stream, photo, longest_side, grey=grey)
            return preview or load_pixels(stream, photo.name, longest_side, grey=grey)

    def load_checked(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "tuple[Image.Image, str | None]":
        """Decode the picture, and look at its file strictly, in one decode where both can be had from one."""
        from bestshot.imaging.damage import load_checked

        with self.open_photo(photo) as stream:
            preview = self._preview(stream, photo, longest_side, grey=grey)
            # The kinds of which previews are made have nothing by which damage is told.
            return (preview, None) if preview else load_checked(stream, photo.name, longest_side, grey=grey)

    def _preview(self, stream: BinaryIO, photo: Photo, longest_side: int, *, grey: bool) -> "Image.Image | None":
        """The picture from its cached preview, where there is a cache and a preview speeds up loading it."""
        from bestshot.imaging.previews import is_costly, is_worthwhile, load_preview

        if self._cache is None or not is_worthwhile(longest_side):
            return None
        with reading():
            if not is_costly(stream, photo.name):
                return None
        return load_preview(lambda: nullcontext(stream), photo, longest_side, self._cache, grey=grey)


def _real(folders: Sequence[str]) -> list[tuple[Path, str]]:
    """The real paths of folders, and these as they were given, outer ones first."""
    return sorted((Path(given).resolve(), given) for given in folders)


def _told_apart(sources: Sequence[tuple[Path, str]], references: Sequence[tuple[Path, str]]) -> dict[str, bool]:
    """The real paths of all that is walked, and whether it is for reference; raises UsageError for what is both."""
    told = {str(path): False for path, _ in sources}
    for path, given in references:
        if told.setdefault(str(path), True) is False:
            raise UsageError(f"{printable(given)} is named as a source and for --reference: name it once.")
    return told


def _origin(path: Path) -> str:
    return f"folder:{path}"


def _check_folder(given: str, what: str = "source") -> None:
    folder, shown = Path(given), f"{what} {printable(given)}"
    try:
        if not folder.exists():
            raise SourceError(f"The {shown} does not exist: check the path, or mount its disk.")
        if not folder.is_dir():
            raise SourceError(f"The {shown} is a file: name the folder that holds the photos.")
        os.scandir(folder).close()
    except OSError as error:
        raise SourceError(f"The {shown} cannot be read: {error.strerror or error}.") from error
