"""Marks in folders: tags, stars and labels in XMP sidecars, albums as folders of links; no picture is ever written."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from bestshot.errors import PhotoError, UsageError
from bestshot.journal.changes import Keep, ReplacedSidecar, keep_nothing
from bestshot.journal.journal import Journal
from bestshot.journal.runs import RunPart
from bestshot.marks.actions import MarkAction, MarkRefusal, MarkResult, receipts_of, refused
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.roles import LabelByRole, RateByRole
from bestshot.marks.kinds.tags import AddTags, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetFavorite, SetRating
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.registry import KINDS
from bestshot.marks.state import FAVORITE, LABEL, RATING, TAG, Album, LibraryMarks, PhotoMarks
from bestshot.marks.undo import albums_of
from bestshot.sources.local.albums import AlbumFolders
from bestshot.sources.local.foreign import foreign_owner
from bestshot.sources.local.sidecar_changes import SidecarAction, SidecarChange, photo_marks
from bestshot.sources.local.sidecar_names import PhotoFolder

_GONE = "It is not there any more."
_CLOSED = "in the library of {}, where no sidecar is ever written, so there is no mark on it."
_NO_ALBUMS = "Albums of a folder need an output folder to be in."

_ALBUM_FILLED = "Something was added to its album since, so that stays."

_AlbumAction = MakeAlbum | AddToAlbum | RemoveFromAlbum | DeleteAlbum


class FolderMarks(MarkableLibrary):
    """The marks of photos in folders, which are named by the absolute paths of their pictures.

    `album_dir` is where albums are; without it there are none. `with_pictures` is off where ratings and labels do not
    matter: pictures may hold one themselves, and reading that takes opening each. `older` are sidecars as they were
    before changes of ours, the latest first: one is put back byte by byte where it says what a change would come to.
    They are given for an undo, which alone may write in the library of another program: earlier versions did.
    """

    def __init__(
        self,
        album_dir: Path | None = None,
        *,
        with_pictures: bool = False,
        older: Iterable[ReplacedSidecar] | None = None,
    ) -> None:
        self._is_undoing = older is not None
        self._owners: dict[str, str | None] = {}
        self._older: dict[tuple[str, str | None], ReplacedSidecar] = {}
        for one in older or ():
            self._older.setdefault((one.path, one.after), one)
        self._albums = None if album_dir is None else AlbumFolders(album_dir)
        self._with_pictures = with_pictures

    @property
    def settles_at_once(self) -> bool:
        """Always: nobody works on it in the background."""
        return True

    def read_marks(self, keys: Collection[str], albums: Collection[str], *, with_albums: bool) -> LibraryMarks:
        """What stands on these photos and in these albums, and in those that hold the photos.

        A sidecar that cannot be read is passed over: a change of it is refused with the reason.
        """
        photos = self._photos(keys, with_pictures=self._with_pictures)
        return LibraryMarks(photos, self._read_albums(albums, keys if with_albums else ()), rates_favorites=True)

    def read_back(self, actions: Collection[MarkAction], albums: Collection[str]) -> LibraryMarks:
        """What stands now in the sidecars that these actions write, and in these albums."""
        tagged = {key for action in actions if action.what == TAG for key in action.keys}
        valued = {key for action in actions if action.what in (FAVORITE, RATING, LABEL) for key in action.keys}
        photos = self._photos(tagged - valued, with_pictures=False)
        photos |= self._photos(valued, with_pictures=self._with_pictures)
        return LibraryMarks(photos, self._read_albums(albums), rates_favorites=True)

    def albums_called(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The albums that have these names, or were made with them."""
        return self._albums.called(names) if self._albums else dict.fromkeys(names, ())

    def mark(self, action: MarkAction, keep: Keep = keep_nothing, /) -> MarkResult:
        """Make one change; raises UsageError for one that folders have nothing for."""
        match action:
            case AddTags() | RemoveTag() | RemoveTags() | SetFavorite() | SetRating() | RateByRole() | LabelByRole():
                return self._in_sidecars(action, keep)
            case MakeAlbum() | AddToAlbum() | RemoveFromAlbum() | DeleteAlbum():
                return self._in_albums(action)
            case _:
                raise UsageError("Photos in folders cannot be archived, stacked or described.")

    def closed(self, action: MarkAction) -> dict[str, str]:
        """Those in the library of another program, in which nothing is ever written but what takes our marks off."""
        match action:
            case (
                AddTags()
                | SetFavorite(value=True)
                | SetRating(value=int())
                | RateByRole(value=int())
                | LabelByRole(value=str())
            ) if not self._is_undoing:
                owners = {key: self._owner(os.path.dirname(key)) for key in action.keys}  # noqa: PTH120 - may hold bytes of no text
                return {key: _CLOSED.format(owner) for key, owner in owners.items() if owner is not None}
        return {}

    def _owner(self, folder: str) -> str | None:
        if folder not in self._owners:
            self._owners[folder] = foreign_owner(os.path.realpath(folder))
        return self._owners[folder]

    def _photos(self, keys: Collection[str], *, with_pictures: bool) -> dict[str, PhotoMarks]:
        photos: dict[str, PhotoMarks] = {}
        for folder, names in _by_folder(keys).items():
            paths = {name: os.path.join(folder, name) for name in names}  # noqa: PTH118 - may hold bytes of no text
            try:
                listed = PhotoFolder(folder, names)
            except PhotoError:
                photos |= {path: PhotoMarks(path) for path in paths.values()}  # not gone, but not to be read or changed
                continue
            for name in names:
                if name in listed:
                    photos[paths[name]] = photo_marks(paths[name], listed.sidecars(name), with_pictures=with_pictures)
        return photos

    def _read_albums(self, ids: Collection[str], keys: Collection[str] = ()) -> dict[str, Album]:
        """These albums, and those that hold one of these photos."""
        found = self._albums.read() if self._albums and (ids or keys) else {}
        return {id_: album for id_, album in found.items() if id_ in ids or not album.keys.isdisjoint(keys)}

    def _in_sidecars(self, action: SidecarAction, keep: Keep) -> MarkResult:
        changed: list[str] = []
        refusals: list[MarkRefusal] = []
        before: str | None = None
        closed = self.closed(action)
        refusals += [MarkRefusal(key, why) for key, why in closed.items()]
        for folder, names in _by_folder(key for key in action.keys if key not in closed).items():
            done = SidecarChange(folder, action, keep, self._older)
            done.make(names)
            changed += done.changed
            refusals += done.refused
            before = done.before
        return MarkResult(tuple(sorted(changed)), before=before, refused=tuple(refusals))

    def _in_albums(self, action: _AlbumAction) -> MarkResult:
        if self._albums is None:
            raise UsageError(_NO_ALBUMS)
        if isinstance(action, DeleteAlbum):
            if self._albums.delete(action.album, action.keys):
                return MarkResult(action.keys)
            return MarkResult(refused=refused(action.keys, _ALBUM_FILLED))
        if isinstance(action, RemoveFromAlbum):
            return MarkResult(self._albums.remove(action.album, action.keys))
        there = tuple(key for key in action.keys if Path(key).is_file())
        gone = refused([key for key in action.keys if key not in there], _GONE)
        if isinstance(action, AddToAlbum):
            return MarkResult(self._albums.add(action.album, there), refused=gone)
        made = self._albums.make(action.name, there) if there else None
        return MarkResult(there, made, refused=gone)


def _by_folder(keys: Iterable[str]) -> dict[str, list[str]]:
    """The names of the pictures in each folder, so that it is listed once."""
    folders: dict[str, list[str]] = defaultdict(list)
    for key in sorted(keys):
        folder, name = os.path.split(key)
        folders[folder].append(name)
    return folders


def folder_library(journal: Journal, part: RunPart) -> FolderMarks:
    """The folders that a run marked, with the sidecars as they were before it."""
    albums = albums_made_in(journal, part)
    folder = albums[0].parent if albums else None
    return FolderMarks(folder, older=journal.replaced_sidecars(part.target, part.id))


def sweep_albums(journal: Journal, part: RunPart) -> None:
    """Clear what a killed undo left of the albums that a run made."""
    for album in albums_made_in(journal, part):
        AlbumFolders(album.parent).sweep([album.name])


def albums_made_in(journal: Journal, part: RunPart) -> list[Path]:
    """The albums that a part of a run made or filled, by the paths where they were made."""
    return sorted(map(Path, albums_of(receipts_of(journal.done_in(part.id, KINDS)))))
