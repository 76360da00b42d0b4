"""Albums as folders of links: each photo is linked, so that no picture is copied, moved or touched.

An album is known by a hidden file in it, which holds its id: the path where it was made. So it is found again when the
user renames it. What else the user puts there stays.
"""

import errno
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from bestshot.errors import OutputError, PhotoError, UsageError
from bestshot.layout.names import fitted, folded, renamed
from bestshot.marks.state import Album
from bestshot.metadata.sidecars import read_sidecar
from bestshot.storage.drafts import draft_name, is_draft_name
from bestshot.storage.files import (
    UNTAKEN_NAME,
    create_file,
    link_symbolically,
    link_target,
    make_folders,
    remove,
    sync_folder,
    writing,
)
from bestshot.storage.folders import holding
from bestshot.text import printable

ALBUM_MARKER: Final = ".photo-organizer-album.json"
"""The hidden file in a folder that makes it an album of ours."""

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class _Marker:
    """What makes a folder an album: its id, and the name that it was given."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path
    marker: _Marker


class AlbumFolders:
    """The albums in one folder, which is made when the first of them is."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.realpath(root))

    def read(self) -> dict[str, Album]:
        """All albums by id, with all that is linked in them; raises OutputError if they cannot be read."""
        return {id_: self._album(folder) for id_, folder in self._folders().items()}

    def called(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The albums that have or were given these names."""
        folders = self._folders()
        return {
            name: tuple(id_ for id_, folder in folders.items() if name in (folder.path.name, folder.marker.name))
            for name in names
        }

    def make(self, name: str, keys: Collection[str]) -> str:
        """Make an album of these photos, all of it or nothing; returns its id.

        Its folder's name is made to fit, and where something else has that, a number is added. Raises UsageError for a
        name that no folder can have or where there can be no links, PhotoError where the disk refuses a name,
        OutputError if it cannot be made.
        """
        if not name or name.startswith(".") or "/" in name or os.sep in name:
            raise UsageError(f'An album of a folder cannot be called "{printable(name)}": it must be a folder\'s name.')
        self._make_root()
        final = self._free(name)
        self.sweep([name])
        draft = self._root / draft_name()
        with writing(draft):
            draft.mkdir()
        # The links are counted from here, and the folder that they will be in is as deep.
        marker = {"id": str(final), "name": name}
        create_file(draft / ALBUM_MARKER, json.dumps(marker).encode())
        _link(draft, keys)
        sync_folder(draft)
        with _name_refused(final), writing(final):
            draft.rename(final)
        sync_folder(self._root)
        return str(final)

    def add(self, album: str, keys: Collection[str]) -> tuple[str, ...]:
        """Put photos into an album; returns those that were not in it. Raises as `make` does, and if it is gone."""
        folder = self._folder(album)
        there = frozenset(_links(folder.path).values())
        missing = tuple(key for key in keys if key not in there)
        _link(folder.path, missing)
        return missing

    def remove(self, album: str, keys: Collection[str]) -> tuple[str, ...]:
        """Take photos out of an album: only links to them; returns those that were in it."""
        folder = self._folder(album)
        links = _links(folder.path)
        over = {name: key for name, key in links.items() if key in keys}
        for name in over:
            remove(folder.path / name)
        return tuple(key for key in keys if key in over.values())

    def delete(self, album: str, keys: Collection[str]) -> bool:
        """Take an album away if it holds nothing but links to these photos; answers whether it did.

        It is moved out of sight as a whole first; `sweep` clears what a kill leaves of it then.
        """
        folder = self._folder(album).path
        draft = self._root / draft_name()
        links = _links(folder)
        with writing(folder):
            names = {path.name for path in folder.iterdir()}
        if names != {ALBUM_MARKER, *links} or not set(links.values()) <= set(keys):
            return False
        with writing(draft):
            folder.rename(draft)
        _clear(draft)
        return True

    def sweep(self, names: Iterable[str]) -> None:
        """Clear what killed runs left of albums that were made with these names: they hold the album's own sign."""
        wanted = set(names)
        for path in self._subfolders(hidden=True):
            marker = _marker(path)
            is_wanted = marker is None or not wanted.isdisjoint({marker.name, Path(marker.id).name})
            if is_draft_name(path.name) and is_wanted:
                with suppress(PhotoError):  # a link is nothing that we began
                    _clear(path)

    def _folder(self, album: str) -> _Folder:
        folder = self._folders().get(album)
        if folder is None:
            raise PhotoError("Its album is gone.")
        return folder

    def _folders(self) -> dict[str, _Folder]:
        """The albums by id; of a copy that the user made of one, the one with the same name as ever."""
        found: dict[str, _Folder] = {}
        for path in self._subfolders():
            marker = _marker(path)
            if marker is not None and (marker.id not in found or str(path) == marker.id):
                found[marker.id] = _Folder(path, marker)
        return found

    def _subfolders(self, *, hidden: bool = False) -> list[Path]:
        with writing(self._root):
            try:
                with os.scandir(self._root) as entries:
                    real = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
            except FileNotFoundError:
                return []
        return [path for path in map(Path, sorted(real)) if path.name.startswith(".") == hidden]

    def _album(self, folder: _Folder) -> Album:
        name, given = folder.path.name, folder.marker.name
        is_as_given = name == fitted(given, given)
        return Album(folder.marker.id, given if is_as_given else name, frozenset(_links(folder.path).values()))

    def _make_root(self) -> None:
        make_folders(self._root, Path(self._root.anchor))

    def _free(self, name: str) -> Path:
        known = self._folders()
        with writing(self._root), os.scandir(self._root) as entries:
            taken = {folded(entry.name) for entry in entries}
        paths = (self._root / numbered for numbered in _numbered(name))
        return next(path for path in paths if folded(path.name) not in taken and str(path) not in known)


def _marker(folder: Path) -> _Marker | None:
    """The marker in a folder, None if it has none that can be read: then it is no album of ours."""
    with suppress(PhotoError, ValueError, RecursionError, msgspec.ValidationError):
        return msgspec.convert(json.loads(read_sidecar(folder / ALBUM_MARKER)), _Marker)
    return None


def _links(folder: Path) -> dict[str, str]:
    """The names of the links in a folder, with the paths that they lead to, gone or not."""
    with writing(folder), os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_symlink())
    return {name: os.path.normpath(folder / link_target(folder / name)) for name in names}


def _link(folder: Path, keys: Iterable[str]) -> None:
    """Link photos; those of one name get numbers, as on any file system two names may be one."""
    with writing(folder), os.scandir(folder) as entries:
        taken = {folded(entry.name) for entry in entries}
    for key in keys:
        name = next(name for name in _numbered(Path(key).name) if folded(name) not in taken)
        taken.add(folded(name))
        try:
            with _name_refused(folder / name):
                link_symbolically(_target(folder, key), folder / name)
        except OutputError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _NO_LINKS:
                raise UsageError(f"There are no symbolic links on the disk of {printable(str(folder))}.") from error
            raise


def _numbered(name: str) -> Iterator[str]:
    """The name as any disk takes it, then with numbers from 2."""
    name = fitted(name, name)
    return (renamed(name, name, number) for number in count(1))


@contextmanager
def _name_refused(path: Path) -> Iterator[None]:
    """A name that the disk refuses is the matter of one album."""
    try:
        yield
    except OutputError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in UNTAKEN_NAME:
            raise PhotoError(
                f"The disk refuses the name {printable(str(path))} ({error.__cause__.strerror})."
            ) from error
        raise


def _target(folder: Path, key: str) -> str:
    """The way from the folder to a photo, so that both can be moved together; on another drive there is none."""
    try:
        return os.path.relpath(key, folder)
    except ValueError:
        return key


def _clear(draft: Path) -> None:
    """Take away what a killed run had begun; what has no sign of an album goes only if it is empty.

    Raises PhotoError where it is a link.
    """
    if _marker(draft) is not None:
        with writing(draft), holding(draft.name, draft.parent) as folder:
            for name in (*_links(folder.path), ALBUM_MARKER):
                (folder.path / name).unlink(missing_ok=True)
    with suppress(OSError):  # not empty: somebody put something there
        draft.rmdir()
