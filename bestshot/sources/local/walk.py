"""Walking folders for photos: what counts, and what is passed over."""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from bestshot.layout.names import OUTPUT_MARKER, group_number
from bestshot.model.file_facts import FileFacts
from bestshot.model.formats import (
    HEADER_LENGTH,
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    SIDECAR_SUFFIXES,
    UNSUPPORTED_SUFFIXES,
    VIDEO_SUFFIXES,
    is_film,
    sniff,
    suffix_of,
)
from bestshot.model.photo import FileRole, Listing, Photo, Skipped
from bestshot.sources.interface import Examine
from bestshot.sources.local.files import COMPANION_SUFFIXES, FolderFiles, FoundPhoto, each_once
from bestshot.sources.local.foreign import foreign_folder, readable_part
from bestshot.sources.local.roots import Pattern, Root
from bestshot.storage.identity import identity_of
from bestshot.storage.opening import open_regular

# Files that lie among photos but are not photos; every other unknown suffix is decided by the content.
_OTHER_SUFFIXES = (
    VIDEO_SUFFIXES
    | SIDECAR_SUFFIXES
    | frozenset(
        (
            ".json .avi .mkv .3gp .mts .m2ts .mpg .mpeg .wmv .webm .mp3 .m4a .wav .aac .thm .lrv .txt .md .htm .html"
            " .pdf .doc .docx .xls .xlsx .csv .yml .yaml .toml .xml .ini .db .sqlite .log .zip .tar .gz .7z .rar .exe"
            " .py .sh .js .css .svg .url .lnk .part .tmp .bak"
        ).split()
    )
)

_CAMERA_SUFFIXES: Final = PHOTO_SUFFIXES | RAW_SUFFIXES
_CLAIM_PHOTOS: Final = _CAMERA_SUFFIXES | UNSUPPORTED_SUFFIXES

_EXCLUDED: Final = "by --exclude"
_NOT_INCLUDED: Final = "photos not meant by --include"
_SAME: Final = "under another name"


class FolderWalk:
    """Collects the photos of one or more folders.

    `named` are the real paths of all that is walked, each with whether it is for reference: of folders within one
    another, the inner one says so of its photos.
    """

    def __init__(
        self, exclude: Sequence[str] = (), include: Sequence[str] = (), named: Mapping[str, bool] | None = None
    ) -> None:
        self._exclude = tuple(Pattern.of(pattern) for pattern in exclude)
        self._include = tuple(Pattern.of(pattern) for pattern in include)
        self._places = named if named and any(named.values()) else {}
        self._found: list[FoundPhoto] = []
        self._waiting: list[tuple[FolderFiles, dict[str, Photo]]] = []
        self._skipped: list[Skipped] = []
        # The real paths of folders, and by what else they are known -> under which path they were walked.
        self._visited: set[str] = set()
        self._identities: dict[tuple[int, int, int, int], str] = {}
        self._empty: list[str] = []
        self._passed_over: Counter[str] = Counter()
        self._named: list[str] = []
        self._photo_count = 0

    def add(self, path: Path, origin: str, prefix: str, given: str | None = None) -> None:
        """Walk a folder; linked folders come last, so that what they repeat is known by its real place.

        `given` is how the user spelled the folder, as patterns may do too.
        """
        root = Root.of(path, origin, prefix, str(path) if given is None else given)
        found_before, visited_before = self._photo_count, len(self._visited)
        excluded_before = self._passed_over[_EXCLUDED]
        linked: list[str] = [str(path)]
        while linked:
            linked = sorted(self._walk(root, linked))
        # A folder that was walked as part of an earlier one is not empty, but known; nor is one of excluded photos.
        is_known = len(self._visited) == visited_before
        if self._photo_count == found_before and self._passed_over[_EXCLUDED] == excluded_before and not is_known:
            self._empty.append(origin)

    def listing(self, examine: Examine = lambda _files: {}) -> Listing:
        """All photos, each once, in order of id; `examine` is asked where names alone would join files."""
        asked = [photo for _, doubtful in self._waiting for photo in doubtful.values()]
        facts = examine(asked) if asked else {}
        for files, doubtful in self._waiting:
            self._join(files, {name: facts[photo.id] for name, photo in doubtful.items() if photo.id in facts})
        self._waiting.clear()
        photos, repeated = each_once(self._found)
        self._skipped += [Skipped(found.photo.id, found.apart) for found in self._found if found.apart]
        self._passed_over[_SAME] += len(repeated)
        self._named += [f"{again.id}: is {photo.id} under another name" for again, photo in repeated]
        skipped = sorted(self._skipped, key=lambda item: item.id)
        most_first = sorted(self._passed_over.items(), key=lambda item: (-item[1], item[0]))
        return Listing(
            tuple(found.photo for found in photos),
            tuple(skipped),
            tuple(self._empty),
            passed_over=tuple(f"{number:,} {what}" for what, number in most_first if number),
            named=tuple(sorted(self._named)),
        )

    def _walk(self, root: Root, folders: list[str]) -> Iterator[str]:
        """Walk real folders depth first; gives the linked ones that were met."""
        waiting = [(folder, os.path.realpath(folder)) for folder in folders[::-1]]
        while waiting:
            folder, real = waiting.pop()
            try:
                if not self._is_new(root, folder, real):
                    continue
                with os.scandir(folder) as entries:
                    listed = list(entries)
            except OSError as error:
                self._skip(root, folder, f"the folder cannot be read: {error.strerror or error}")
                continue
            files: dict[str, os.DirEntry[str]] = {}
            for entry in self._wanted(root, real, listed):
                is_folder = _is_folder(entry)
                if not is_folder or suffix_of(entry.name) in COMPANION_SUFFIXES:
                    files[entry.name] = entry
                if not is_folder:
                    continue
                if entry.is_symlink():
                    yield entry.path
                else:
                    waiting.append((entry.path, os.path.join(real, entry.name)))  # noqa: PTH118 - may hold bytes that are no text
            self._gather(root, real, files)

    def _is_new(self, root: Root, folder: str, real: str) -> bool:
        """Whether a folder was not walked under another name: by its real path, or as another mount of it."""
        status = os.stat(folder)  # noqa: PTH116 - a path may hold bytes that are no text
        if real in self._visited:
            self._repeated(root, folder, real)
            return False
        known = self._identities.setdefault(identity_of(status), folder)
        if known != folder and _entries_of(known) == _entries_of(folder):
            self._repeated(root, folder, known)
            return False
        self._visited.add(real)
        return True

    def _repeated(self, root: Root, folder: str, known: str) -> None:
        if root.key(folder) and folder != known:
            self._passed_over[_SAME] += 1
            self._named.append(f"{root.prefix}{root.key(folder)}: is the folder {known} under another name")

    def _wanted(self, root: Root, folder: str, entries: list[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        is_output = any(entry.name == OUTPUT_MARKER for entry in entries)
        names = [entry.name.lower() for entry in entries]
        is_readable = readable_part(folder)
        for entry in entries:
            if is_output and group_number(entry.name) is not None:
                self._passed_over["of this tool's own output"] += 1
            elif entry.name.startswith("."):
                self._passed_over["hidden"] += 1
            elif not is_readable(entry.name) or self._is_foreign(root, entry, names):
                self._passed_over["of other programs"] += 1
            elif self._exclude and any(pattern.matches(root, entry) for pattern in self._exclude):
                self._passed_over[_EXCLUDED] += 1
            else:
                yield entry

    def _is_foreign(self, root: Root, entry: os.DirEntry[str], names: list[str]) -> bool:
        """Whether an entry is a folder of another program of which nothing is read."""
        if not _is_folder(entry):
            return False
        kind = foreign_folder(os.path.realpath(entry.path) if entry.is_symlink() else entry.path, names)
        if kind is None:
            return False
        self._named.append(f"{root.prefix}{root.key(entry.path)}: is of {kind.program} ({kind.holds})")
        return not kind.reads

    def _gather(self, root: Root, real: str, entries: dict[str, os.DirEntry[str]]) -> None:
        statuses: dict[str, os.stat_result] = {}
        photos: set[str] = set()
        films: set[str] = set()
        for name, entry in entries.items():
            suffix = suffix_of(name)
            if status := self._status(root, entry, suffix):
                statuses[name] = status
                if self._is_photo(root, entry, suffix, films):
                    photos.add(name)
        self._photo_count += len(photos)
        files = FolderFiles(
            root, real, entries, statuses, frozenset(photos), frozenset(films), self._is_reference(root, real)
        )
        if doubtful := files.in_doubt():
            self._waiting.append((files, doubtful))
        else:
            self._join(files, {})

    def _join(self, files: FolderFiles, facts: Mapping[str, FileFacts]) -> None:
        found, left = files.joined(facts)
        wanted = [one for one in found if self._is_included(files.root, one.photo)] if self._include else found
        self._found += wanted
        self._passed_over[_NOT_INCLUDED] += len(found) - len(wanted)
        self._passed_over.update(suffix_of(name) or "without suffix" for name in left)
        for name in facts.keys() & set(left):
            id_ = files.root.prefix + files.root.key(files.entries[name].path)
            self._named.append(f"{id_}: is a film of its own, not of the photo of its name")

    def _is_reference(self, root: Root, real: str) -> bool:
        """Whether the photos of a folder are for reference: by the innermost of those named, or by the root."""
        around = [place for place in self._places if real == place or real.startswith(place.rstrip(os.sep) + os.sep)]
        return self._places.get(max(around, key=len) if around else str(root.path), False)

    def _is_included(self, root: Root, photo: Photo) -> bool:
        """Whether one of its pictures is meant: the others go with that. All that is for reference is compared."""
        if photo.is_reference:
            return True
        pictures = [file.path for file in photo.files if file.role in (FileRole.PICTURE, FileRole.RAW)]
        return any(pattern.covers(root, path) for pattern in self._include for path in pictures)

    def _status(self, root: Root, entry: os.DirEntry[str], suffix: str) -> os.stat_result | None:
        """The status of a file, or None for one that is passed over: reported if its suffix is that of a photo."""
        claims_photo = suffix in _CLAIM_PHOTOS
        try:
            status = os.stat(entry.path)  # noqa: PTH116 - a path may hold bytes that are no text
        except OSError as error:
            if claims_photo:
                what = "is a link to nothing" if entry.is_symlink() else "cannot be read"
                self._skip(root, entry.path, f"{what}: {error.strerror or error}")
            return None
        if stat.S_ISREG(status.st_mode) and suffix not in UNSUPPORTED_SUFFIXES:
            return status
        if claims_photo:
            is_file = stat.S_ISREG(status.st_mode)
            why = f"{suffix[1:].upper()} pictures are not supported" if is_file else "is not a regular file"
            self._skip(root, entry.path, why)
        return None

    def _is_photo(self, root: Root, entry: os.DirEntry[str], suffix: str, films: set[str]) -> bool:
        """Whether a file is a picture; one that only its content shows as a film is added to those."""
        if suffix in _CAMERA_SUFFIXES:
            return True
        header = b"" if suffix in _OTHER_SUFFIXES else self._header(root, entry.path)
        if sniff(header) is not None:
            return True
        if is_film(header):
            films.add(entry.name)
        return False

    def _header(self, root: Root, path: str) -> bytes:
        try:
            with open_regular(path) as stream:
                return stream.read(HEADER_LENGTH)
        except OSError as error:
            self._skip(root, path, f"cannot be read: {error.strerror or error}")
            return b""

    def _skip(self, root: Root, path: str, error: str) -> None:
        self._skipped.append(Skipped(root.prefix + root.key(path), error))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link in circles, or to where nobody may look; it is reported with the files


def _entries_of(folder: str) -> set[tuple[str, tuple[int, int, int, int]]]:
    """What is in a folder; raises OSError."""
    with os.scandir(folder) as entries:
        return {(entry.name, identity_of(entry.stat(follow_symlinks=False))) for entry in entries}
