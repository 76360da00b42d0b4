"""The files of one folder joined to photos: which travel with which, and which are other names of one file."""

import os
import stat
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bestshot.model.file_facts import FileFacts
from bestshot.model.formats import SIDECAR_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from bestshot.model.photo import FileRole, Photo, PhotoFile
from bestshot.sources.local.companions import Unit, gather, in_doubt
from bestshot.sources.local.roots import Root
from bestshot.storage.identity import identity_of
from bestshot.storage.opening import kind_of

COMPANION_SUFFIXES: Final = VIDEO_SUFFIXES | SIDECAR_SUFFIXES | {".json"}
"""Suffixes of what travels with a picture and is none itself."""

_A_FILM = FileFacts(is_film=True)


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo, with all by which its file is known under another name, and what would travel with it but may not."""

    photo: Photo
    is_link: bool
    identities: tuple[Hashable, ...]
    apart: str = ""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files of one folder, by name: `photos` are the pictures, `films` those that only their content shows as such.

    `real` is the folder's real path, and all in it `is_reference` or not.
    """

    root: Root
    real: str
    entries: Mapping[str, os.DirEntry[str]]
    statuses: Mapping[str, os.stat_result]
    photos: frozenset[str]
    films: frozenset[str]
    is_reference: bool = False

    def in_doubt(self) -> dict[str, Photo]:
        """The files that have to be asked what they show before they are joined, each as if it were a photo."""
        names = in_doubt(self.photos, self._others(), dict.fromkeys(self.films, _A_FILM))
        readable = [name for name in sorted(names) if name in self.statuses and not self._why_apart(name)]
        return {name: self._photo(name, (self._file(name, FileRole.PICTURE),)) for name in readable}

    def joined(self, facts: Mapping[str, FileFacts]) -> tuple[list[FoundPhoto], list[str]]:
        """The photos of the folder, by what the files say whose facts are known, and the files that are of none."""
        others = self._others()
        units = gather(self.photos, others, {**dict.fromkeys(self.films, _A_FILM), **facts})
        taken = {name for unit in units for name, _ in unit.companions}
        return [self._found(unit) for unit in units], sorted(others & self.statuses.keys() - taken)

    def _others(self) -> set[str]:
        no_photos = self.entries.keys() - self.photos
        return {name for name in no_photos if name in self.statuses or suffix_of(name) in COMPANION_SUFFIXES}

    def _found(self, unit: Unit) -> FoundPhoto:
        files: tuple[PhotoFile, ...] = (self._file(unit.picture, FileRole.PICTURE),)
        told = ""
        if unit.companions:  # which most have not
            apart = {name: why for name, role in unit.companions if (why := self._why_apart(name, role))}
            files += tuple(self._file(name, role) for name, role in unit.companions if name not in apart)
            told = "; ".join(f"its {name} {why}, and is left alone" for name, why in apart.items())
        photo = self._photo(unit.picture, files)
        entry, status = self.entries[unit.picture], self.statuses[unit.picture]
        is_link = entry.is_symlink()
        path = entry.path
        real = os.path.realpath(path) if is_link else f"{self.real.rstrip(os.sep)}{os.sep}{entry.name}"
        real = path if real == path else real  # a library holds so many that no text is kept twice
        links = (identity_of(status),) if status.st_nlink > 1 else ()
        return FoundPhoto(photo, is_link, (real, *links), told)

    def _file(self, name: str, role: FileRole) -> PhotoFile:
        status = self.statuses[name]
        return PhotoFile(self.entries[name].path, role, status.st_size, status.st_mtime_ns)

    def _photo(self, name: str, files: tuple[PhotoFile, ...]) -> Photo:
        key = self.root.key(self.entries[name].path)
        return Photo(
            id=self.root.prefix + key,
            origin=self.root.origin,
            key=key,
            revision=files[0].revision,
            name=name,
            size=files[0].size,
            files=files,
            is_reference=self.is_reference,
        )

    def _why_apart(self, name: str, role: FileRole = FileRole.RAW) -> str | None:
        """Why a file that would travel with a photo is left alone, if so: a link may lead to somebody's secrets."""
        entry = self.entries[name]
        try:
            if entry.is_symlink():
                if role is FileRole.SIDECAR:
                    return "is a link"
                if not self._is_inside(entry.path):
                    return "is a link that leads out of the source"
            status = os.stat(entry.path)  # noqa: PTH116 - a path may hold bytes that are no text
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"
        return None if stat.S_ISREG(status.st_mode) else f"is {kind_of(status.st_mode)}"

    def _is_inside(self, path: str) -> bool:
        """Whether a link stays in the source, or in the linked folder that it was met in."""
        places = (str(self.root.path), self.real)
        return os.path.realpath(path).startswith(tuple(os.path.join(place, "") for place in places))  # noqa: PTH118 - a path may hold bytes that are no text


def _protected(one: FoundPhoto) -> FoundPhoto:
    return replace(one, photo=replace(one.photo, is_reference=True))


def each_once(found: Collection[FoundPhoto]) -> tuple[list[FoundPhoto], list[tuple[Photo, Photo]]]:
    """The photos in order of id, each once, and those that are another name of one of them, with that one.

    Of several names of one file the first real one stands for it; it is for reference if any of them is.
    """
    if not any(one.is_link or len(one.identities) > 1 for one in found):  # as nearly always: no two paths are equal
        return sorted(found, key=lambda item: item.photo.id), []
    protected = {identity for one in found if one.photo.is_reference for identity in one.identities}
    first: dict[Hashable, Photo] = {}
    kept: list[FoundPhoto] = []
    repeated: list[tuple[Photo, Photo]] = []
    for one in sorted(found, key=lambda item: (item.is_link, item.photo.id)):
        same = next((first[identity] for identity in one.identities if identity in first), None)
        if same is None:
            kept.append(one if protected.isdisjoint(one.identities) else _protected(one))
            for identity in one.identities:
                first[identity] = one.photo
        else:
            repeated.append((one.photo, same))
    return sorted(kept, key=lambda item: item.photo.id), repeated
