"""Walking folders for photos: what counts, what is passed over, and which names are one and the same photo."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bestshot.layout.names import OUTPUT_MARKER, group_number
from bestshot.model.formats import (
    HEADER_LENGTH,
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    SIDECAR_SUFFIXES,
    UNSUPPORTED_SUFFIXES,
    VIDEO_SUFFIXES,
    sniff,
    suffix_of,
)
from bestshot.model.photo import FileRole, Listing, Photo, PhotoFile, Skipped
from bestshot.sources.local.companions import gather
from bestshot.storage.opening import kind_of, open_regular

# Thumbnails and bins that other programs keep among the photos, in lower case.
_FOREIGN_FOLDERS = {
    "@eadir",
    "@recently-snapshot",
    "@recycle",
    "@tmp",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "lost+found",
    "recycler",
    "system volume information",
}

# Files that lie among photos but are not photos; every other unknown suffix is decided by the content.
_OTHER_SUFFIXES = frozenset(
    (
        ".xmp .json .aae .mov .mp4 .m4v .avi .mkv .3gp .mts .m2ts .mpg .mpeg .wmv .webm .mp .mp3 .m4a .wav .aac .thm"
        " .lrv .txt .md .htm .html .pdf .doc .docx .xls .xlsx .csv .yml .yaml .toml .xml .ini .db .sqlite .log .zip"
        " .tar .gz .7z .rar .exe .py .sh .js .css .svg .url .lnk .part .tmp .bak"
    ).split()
)


# Names of what travels with a picture and is none itself.
_COMPANION_SUFFIXES = VIDEO_SUFFIXES | SIDECAR_SUFFIXES | {".json"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A photo, with what identifies its file under another name."""

    photo: Photo
    is_link: bool
    identity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Root:
    path: Path
    origin: str
    prefix: str
    spellings: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, origin: str, prefix: str, given: str) -> "_Root":
        places = {str(path), given, os.path.abspath(given)}  # noqa: PTH100 - links are to stay in it
        ahead = {_without_dot(place.replace(os.sep, "/").rstrip("/") + "/") for place in places}
        return cls(path, origin, prefix, ("", *sorted(ahead - {""})))

    def key(self, path: str) -> str:
        # Every path begins with the root's; os.path.relpath, not knowing that, took half the time of a large listing.
        return path[len(str(self.path)) :].replace(os.sep, "/").strip("/")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What to pass over, in any case: a name, or a path from the source on or with the source before it."""

    text: str
    is_path: bool

    @classmethod
    def of(cls, given: str) -> "_Pattern":
        text = given.rstrip("/")
        return cls(_without_dot(text).casefold(), "/" in text)

    def matches(self, root: _Root, entry: os.DirEntry[str]) -> bool:
        if not self.is_path:
            return fnmatchcase(entry.name.casefold(), self.text)
        key = root.key(entry.path)
        return any(fnmatchcase((ahead + key).casefold(), self.text) for ahead in root.spellings)


def _without_dot(path: str) -> str:
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


_EXCLUDED = "by --exclude"


class FolderWalk:
    """Collects the photos of one or more folders; of several names of one file the first real one stands for it."""

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        self._exclude = tuple(_Pattern.of(pattern) for pattern in exclude)
        self._found: list[_Found] = []
        self._skipped: list[Skipped] = []
        self._visited: set[tuple[int, int]] = set()
        self._empty: list[str] = []
        self._passed_over: Counter[str] = Counter()

    def add(self, path: Path, origin: str, prefix: str, given: str | None = None) -> None:
        """Walk a folder; linked folders come last, so that what they repeat is known by its real place.

        `given` is how the user spelled the folder, as patterns may do too.
        """
        root = _Root.of(path, origin, prefix, str(path) if given is None else given)
        found_before, visited_before = len(self._found), len(self._visited)
        excluded_before = self._passed_over[_EXCLUDED]
        linked: list[str] = [str(path)]
        while linked:
            linked = sorted(self._walk(root, linked))
        # A folder that was walked as part of an earlier one is not empty, but known; nor is one of excluded photos.
        is_known = len(self._visited) == visited_before
        if len(self._found) == found_before and self._passed_over[_EXCLUDED] == excluded_before and not is_known:
            self._empty.append(origin)

    def listing(self) -> Listing:
        """All photos, each once, in order of id."""
        photos: list[Photo] = []
        seen: set[tuple[int, int]] = set()
        for found in sorted(self._found, key=lambda item: (item.is_link, item.photo.id)):
            if found.identity not in seen:
                seen.add(found.identity)
                photos.append(found.photo)
        by_id = sorted(photos, key=lambda photo: photo.id)
        skipped = sorted(self._skipped, key=lambda item: item.id)
        most_first = sorted(self._passed_over.items(), key=lambda item: (-item[1], item[0]))
        passed_over = tuple(f"{number:,} {what}" for what, number in most_first if number)
        return Listing(tuple(by_id), tuple(skipped), tuple(self._empty), passed_over=passed_over)

    def _walk(self, root: _Root, folders: list[str]) -> Iterator[str]:
        """Walk real folders depth first; gives the linked ones that were met."""
        waiting = folders[::-1]
        while waiting:
            folder = waiting.pop()
            try:
                if not self._is_new(folder):
                    continue
                with os.scandir(folder) as entries:
                    listed = list(entries)
            except OSError as error:
                self._skip(root, folder, f"the folder cannot be read: {error.strerror or error}")
                continue
            files: list[os.DirEntry[str]] = []
            for entry in self._wanted(root, listed):
                is_folder = _is_folder(entry)
                if not is_folder or suffix_of(entry.name) in _COMPANION_SUFFIXES:
                    files.append(entry)
                if not is_folder:
                    continue
                if entry.is_symlink():
                    yield entry.path
                else:
                    waiting.append(entry.path)
            self._gather(root, files)

    def _is_new(self, folder: str) -> bool:
        status = os.stat(folder)  # noqa: PTH116 - a path may hold bytes that are no text
        identity = (status.st_dev, status.st_ino)
        is_new = identity not in self._visited
        self._visited.add(identity)
        return is_new

    def _wanted(self, root: _Root, entries: list[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        is_output = any(entry.name == OUTPUT_MARKER for entry in entries)
        for entry in entries:
            if is_output and group_number(entry.name) is not None:
                self._passed_over["of this tool's own output"] += 1
            elif _is_foreign(entry.name):
                self._passed_over["hidden" if entry.name.startswith(".") else "of other programs"] += 1
            elif any(pattern.matches(root, entry) for pattern in self._exclude):
                self._passed_over[_EXCLUDED] += 1
            else:
                yield entry

    def _gather(self, root: _Root, files: list[os.DirEntry[str]]) -> None:
        entries = {entry.name: entry for entry in files}
        statuses: dict[str, os.stat_result] = {}
        for name, entry in entries.items():
            if status := self._status(root, entry):
                statuses[name] = status
        photos = {name for name in statuses if self._is_photo(root, entries[name])}
        others = {name for name in entries if name in statuses or suffix_of(name) in _COMPANION_SUFFIXES} - photos
        for unit in gather(photos, others):
            apart = {name: why for name, role in unit.companions if (why := _why_apart(root, entries[name], role))}
            roles = ((unit.picture, FileRole.PICTURE), *unit.companions)
            photo_files = tuple(
                PhotoFile(entries[name].path, role, statuses[name].st_size, statuses[name].st_mtime_ns)
                for name, role in roles
                if name not in apart
            )
            self._found.append(_found(root, entries[unit.picture], statuses[unit.picture], photo_files))
            if apart:
                told = "; ".join(f"its {name} {why}, and is left alone" for name, why in apart.items())
                self._skip(root, entries[unit.picture].path, told)

    def _status(self, root: _Root, entry: os.DirEntry[str]) -> os.stat_result | None:
        """The status of a file, or None for one that is passed over: reported if its suffix is that of a photo."""
        claims_photo = suffix_of(entry.name) in PHOTO_SUFFIXES | RAW_SUFFIXES | UNSUPPORTED_SUFFIXES
        try:
            status = os.stat(entry.path)  # noqa: PTH116 - a path may hold bytes that are no text
        except OSError as error:
            if claims_photo:
                what = "is a link to nothing" if entry.is_symlink() else "cannot be read"
                self._skip(root, entry.path, f"{what}: {error.strerror or error}")
            return None
        if stat.S_ISREG(status.st_mode):
            return status
        if claims_photo:
            self._skip(root, entry.path, "is not a regular file")
        return None

    def _is_photo(self, root: _Root, entry: os.DirEntry[str]) -> bool:
        suffix = suffix_of(entry.name)
        if suffix in UNSUPPORTED_SUFFIXES:
            self._skip(root, entry.path, f"{suffix[1:].upper()} pictures are not supported")
            return False
        if suffix in PHOTO_SUFFIXES or suffix in RAW_SUFFIXES:
            return True
        if suffix in _OTHER_SUFFIXES or not self._looks_like_picture(root, entry.path):
            self._passed_over[suffix or "without suffix"] += 1
            return False
        return True

    def _looks_like_picture(self, root: _Root, path: str) -> bool:
        try:
            with open_regular(path) as stream:
                return sniff(stream.read(HEADER_LENGTH)) is not None
        except OSError as error:
            self._skip(root, path, f"cannot be read: {error.strerror or error}")
            return False

    def _skip(self, root: _Root, path: str, error: str) -> None:
        self._skipped.append(Skipped(root.prefix + root.key(path), error))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link in circles, or to where nobody may look; it is reported with the files


def _why_apart(root: _Root, entry: os.DirEntry[str], role: FileRole) -> str | None:
    """Why a file that would travel with a photo is left alone, if so: a link may lead to somebody's secrets."""
    try:
        if entry.is_symlink():
            if role is FileRole.SIDECAR:
                return "is a link"
            if not _is_inside(root, entry.path):
                return "is a link that leads out of the source"
        status = os.stat(entry.path)  # noqa: PTH116 - a path may hold bytes that are no text
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return None if stat.S_ISREG(status.st_mode) else f"is {kind_of(status.st_mode)}"


def _is_inside(root: _Root, path: str) -> bool:
    """Whether a link stays in the source, or in the linked folder that it was met in."""
    target = os.path.realpath(path)
    folder = os.path.realpath(os.path.dirname(path))  # noqa: PTH120 - a path may hold bytes that are no text
    return target.startswith(tuple(os.path.join(place, "") for place in (str(root.path), folder)))  # noqa: PTH118 - the same


def _is_foreign(name: str) -> bool:
    return name.startswith(".") or name.lower() in _FOREIGN_FOLDERS


def _found(root: _Root, entry: os.DirEntry[str], status: os.stat_result, files: tuple[PhotoFile, ...]) -> _Found:
    key = root.key(entry.path)
    photo = Photo(
        id=root.prefix + key,
        origin=root.origin,
        key=key,
        revision=files[0].revision,
        name=entry.name,
        size=status.st_size,
        files=files,
    )
    return _Found(photo, entry.is_symlink(), (status.st_dev, status.st_ino))
