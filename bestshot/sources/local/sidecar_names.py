"""Which sidecars belong to the photos of a folder, and what a new one is called.

A sidecar that is there already is used, whichever of the two names it has: `IMG_1.xmp` or `IMG_1.jpg.xmp`. A new one
is `IMG_1.jpg.xmp`; beside a raw file it is `IMG_1.xmp`, the only name that Adobe's programs read.

A raw file and its JPEG are one photo and get one sidecar, `IMG_1.xmp`: it is the raw file's for Lightroom, which shows
the two as one; Immich and digiKam (with names "compatible with commercial programs") read it for both files, and
darktable takes it over when it imports either of them.
"""

import os
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from bestshot.errors import PhotoError
from bestshot.model.file_facts import FileFacts
from bestshot.model.formats import PHOTO_SUFFIXES, RAW_SUFFIXES, folded, suffix_of
from bestshot.model.photo import FileRole
from bestshot.sources.local.companions import Unit, gather, in_doubt
from bestshot.storage.opening import open_regular

_SUFFIX = ".xmp"


@dataclass(frozen=True, slots=True)
class SidecarPaths:
    """The sidecars that a photo has, and the one to write: the first of them, or a new one."""

    existing: tuple[str, ...]
    written: str


class PhotoFolder:
    """The photos of one folder as they were when it was listed."""

    def __init__(self, path: str, pictures: Collection[str]) -> None:
        """List it; `pictures` are names that are known to be photos, whatever their suffix.

        Raises PhotoError if it cannot be read; one that is gone is empty.
        """
        self._path = path
        names = _file_names(path)
        self._photos = {name for name in names if name in pictures or suffix_of(name) in PHOTO_SUFFIXES | RAW_SUFFIXES}
        self._facts = self._read_facts(in_doubt(self._photos, names - self._photos, about=pictures))
        self._units: dict[str, Unit] = {}
        for unit in gather(self._photos, names - self._photos, self._facts):
            raws = [name for name, role in unit.companions if role is FileRole.RAW]
            self._units |= dict.fromkeys([unit.picture, *raws], unit)
        self._namesakes: dict[str, list[str]] = defaultdict(list)
        for name in self._photos:
            self._namesakes[folded(_stem(name))].append(name)

    def _read_facts(self, names: Collection[str]) -> dict[str, FileFacts]:
        """What these files say of their shot; one that cannot be read says nothing, as when photos are listed."""
        from bestshot.metadata.file_facts import read_file_facts

        facts: dict[str, FileFacts] = {}
        for name in names:
            with suppress(OSError, PhotoError), open_regular(os.path.join(self._path, name)) as stream:  # noqa: PTH118 - may hold bytes that are no text
                facts[name] = read_file_facts(stream, name)
        return facts

    def __contains__(self, picture: str) -> bool:
        """Whether the picture of this name is there."""
        return picture in self._units

    def sidecars(self, picture: str) -> SidecarPaths:
        """Where the marks of a picture that is there stand, and where to write new ones."""
        unit = self._units[picture]
        new = self._new_name(unit)
        found = [name for name, role in unit.companions if role is FileRole.SIDECAR and suffix_of(name) == _SUFFIX]
        found.sort(key=lambda name: (name.lower() != new.lower(), name))
        paths = tuple(os.path.join(self._path, name) for name in found)  # noqa: PTH118 - may hold bytes that are no text
        return SidecarPaths(paths, paths[0] if paths else os.path.join(self._path, new))  # noqa: PTH118 - the same

    def _new_name(self, unit: Unit) -> str:
        raws = [name for name, role in unit.companions if role is FileRole.RAW]
        raw = next((name for name in (unit.picture, *raws) if suffix_of(name) in RAW_SUFFIXES), None)
        if raw is not None:
            name = _stem(raw) + _SUFFIX
            # Of two raw files of one name (IMG_1.cr2, IMG_1.dng), only one can have it.
            owners = gather(self._namesakes[folded(_stem(raw))], [name], self._facts)
            if any(
                owner.picture == unit.picture for owner in owners for joined, _ in owner.companions if joined == name
            ):
                return name
        return unit.picture + _SUFFIX


def _file_names(path: str) -> set[str]:
    try:
        with os.scandir(path) as entries:
            return {entry.name for entry in entries if not entry.name.startswith(".") and _may_matter(entry)}
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        raise PhotoError(f"Its folder cannot be read: {error.strerror or error}.") from error


def _may_matter(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or has the name of a sidecar: what that is then is told, and its name is taken."""
    return suffix_of(entry.name) == _SUFFIX or entry.is_file()


def _stem(name: str) -> str:
    return PurePath(name).stem
