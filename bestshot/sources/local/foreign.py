"""Folders that other programs keep among the photos: their previews, bins and libraries, known by their structure.

The table of docs/what-is-read.md follows from `FOREIGN_FOLDERS`. A name that a user may give to a folder of their own,
such as "thumbs" or "cache", counts only together with what stands beside it or in it.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from itertools import islice
from typing import Final

_UUID = "????????-????-????-????-????????????"
_HASHED = f"*/[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/{_UUID}*"

_LOOKED_AT = 50
"""So many entries of a folder are enough to see what kind of folder it is."""


@dataclass(frozen=True, slots=True)
class ForeignFolder:
    """A kind of folder of another program; all patterns are in lower case.

    `names` are patterns of its name, or of the end of its path. Where `beside` or `inside` say anything, one of these
    must stand beside it or, as a path from it on, in it. Of the folder only `reads` is read, if anything. `is_library`:
    what stands beside it is the program's, too.
    """

    program: str
    holds: str
    names: tuple[str, ...]
    beside: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    is_library: bool = False

    def is_named(self, parts: list[str]) -> bool:
        """Whether a path, in parts and in lower case, ends as the names of this kind do."""
        return any(_ends(parts, name.split("/")) for name in self.names)

    def is_at(self, path: str, siblings: Collection[str]) -> bool:
        """Whether what stands beside a folder so named, or in it, is as it must be."""
        if not self.beside and not self.inside:
            return True
        if any(fnmatchcase(sibling, pattern) for pattern in self.beside for sibling in siblings):
            return True
        return any(_holds(path, pattern.split("/")) for pattern in self.inside)


_PACKAGES = "its library, of which only the originals are read"
_BIN, _PREVIEWS, _CACHE = "bin", "previews", "cache"

FOREIGN_FOLDERS: Final = (
    ForeignFolder("Synology", "previews and bin", ("@eadir", "@tmp", "@sharebin", "#recycle", "#snapshot")),
    ForeignFolder("QNAP", "previews, bin and snapshots", ("@recycle", "@recently-snapshot", "@transcode", ".@__thumb")),
    ForeignFolder("Windows", _BIN, ("$recycle.bin", "recycler", "system volume information", "found.[0-9][0-9][0-9]")),
    ForeignFolder("Windows", _BIN, ("recycled",), inside=("info2", "desktop.ini")),
    ForeignFolder("Linux", "remains of a repair", ("lost+found",)),
    ForeignFolder("Linux", _BIN, ("trash", "trash-*", ".trash*"), inside=("info/*.trashinfo",)),
    ForeignFolder("macOS", "bin and remains", ("network trash folder", "temporary items", "__macosx", ".trashes")),
    ForeignFolder("macOS", "backups", ("backups.backupdb",)),
    ForeignFolder(
        "Linux desktops",
        _PREVIEWS,
        ("thumbnails", ".thumbnails"),
        inside=tuple(f"{size}/{'[0-9a-f]' * 32}.png" for size in ("normal", "large", "x-large", "xx-large")),
    ),
    ForeignFolder("Android", "data of apps", ("android/data", "android/obb"), inside=("com.*", "org.*")),
    ForeignFolder("iTunes, Finder", "backups of phones", ("mobilesync/backup",)),
    ForeignFolder("iTunes", _PREVIEWS, ("ipod photo cache",)),
    ForeignFolder("Syncthing", "old versions", (".stversions",)),
    ForeignFolder("Resilio Sync", "old versions", (".sync",)),
    ForeignFolder("GoodSync", "old versions", ("_gsdata_",)),
    ForeignFolder("Dropbox", _CACHE, (".dropbox.cache",)),
    ForeignFolder("Apple Photos", _PACKAGES, ("*.photoslibrary",), reads=("originals", "masters")),
    ForeignFolder(
        "iPhoto, Aperture",
        _PACKAGES,
        ("*.photolibrary", "*.migratedphotolibrary", "*.aplibrary", "*.migratedaplibrary"),
        reads=("originals", "masters"),
    ),
    ForeignFolder(
        "iPhoto",
        _PACKAGES,
        ("iphoto library*",),
        inside=("albumdata.xml", "iphotomain.db", "library.iphoto"),
        reads=("originals", "masters"),
    ),
    ForeignFolder("iMovie, Final Cut, TV", "its library", ("*.imovielibrary", "*.fcpbundle", "*.tvlibrary")),
    ForeignFolder("Lightroom", "originals from phones", ("mobile downloads.lrdata",), reads=("*",)),
    ForeignFolder("Lightroom", _PREVIEWS, ("*.lrdata", "*.lrcat-data")),
    ForeignFolder("Lightroom", _PACKAGES, ("*.lrlibrary/*",), reads=("originals",)),
    ForeignFolder("Adobe Bridge", _CACHE, ("*bridge*/cache",), inside=("256", "1024", "full")),
    ForeignFolder("Capture One", _PACKAGES, ("*.cocatalog",), reads=("originals",)),
    ForeignFolder("Capture One", "its library", ("cache", "adjustments"), beside=("*.cocatalogdb",), is_library=True),
    ForeignFolder("Capture One", "previews and settings", ("captureone",), inside=("cache", "settings*")),
    ForeignFolder("Capture One", _CACHE, ("cache",), inside=("proxies/*.co?", "thumbnails/*.co?")),
    ForeignFolder("Capture One", _BIN, ("trash",), beside=("*.cosessiondb",)),
    ForeignFolder("Mylio", _PREVIEWS, ("generated images.bundle",)),
    ForeignFolder("Picasa", "what it changed", (".picasaoriginals",)),
    ForeignFolder("digiKam", _BIN, (".dtrash",)),
    ForeignFolder("darktable", _CACHE, ("mipmaps-*.d",)),
    ForeignFolder("RawTherapee", _CACHE, ("cache",), inside=("aehistograms", "embprofiles")),
    ForeignFolder("Shotwell", _PREVIEWS, ("thumbs",), inside=("thumbs128", "thumbs360")),
    ForeignFolder("Steam", _PREVIEWS, ("remote/*/screenshots/thumbnails",)),
    ForeignFolder(
        "Immich",
        "previews, films and backups",
        ("thumbs", "encoded-video", "profile", "backups"),
        inside=(".immich", _HASHED, f"{_UUID}/{_UUID}*", "immich-db-backup-*"),
        is_library=True,
    ),
    ForeignFolder("Immich", "originals", ("library", "upload"), inside=(".immich",), reads=("*",)),
    ForeignFolder(
        "Nextcloud, ownCloud",
        _PREVIEWS,
        ("appdata_*",),
        beside=(".ocdata", "nextcloud.log", "owncloud.log"),
        inside=("preview", "avatar", "appstore", "theming"),
        is_library=True,
    ),
    ForeignFolder(
        "Nextcloud, ownCloud",
        "bin and old versions",
        ("files_trashbin", "files_versions"),
        beside=("files",),
        inside=("files/*.d[0-9]*", "versions"),
        is_library=True,
    ),
    ForeignFolder(
        "Nextcloud, ownCloud",
        _PREVIEWS,
        ("thumbnails", "cache", "uploads"),
        beside=("files_trashbin", "files_versions"),
        is_library=True,
    ),
    ForeignFolder("Nextcloud", "bin and old versions", ("__groupfolders/trash", "__groupfolders/versions")),
    ForeignFolder("PhotoPrism", _CACHE, ("cache",), inside=("thumbnails/[0-9a-f]/[0-9a-f]/[0-9a-f]/*",)),
    ForeignFolder("PhotoPrism", _CACHE, ("storage/cache",), beside=("sidecar", "serial")),
    ForeignFolder("PhotoPrism", "converted pictures", ("storage/sidecar",), beside=("cache", "serial")),
    ForeignFolder("LibrePhotos", _PREVIEWS, ("protected_media",), inside=("thumbnails_big", "square_thumbnails*")),
    ForeignFolder("Photoview", _CACHE, ("media_cache",), inside=("[0-9]*/[0-9]*/*",)),
    ForeignFolder("Piwigo", _PREVIEWS, ("_data",), inside=("i", "templates_c", "combined"), is_library=True),
    ForeignFolder("Piwigo", "pictures of films", ("pwg_representative",)),
    ForeignFolder(
        "Lychee",
        _PREVIEWS,
        tuple(f"uploads/{size}{scale}" for size in ("thumb", "small", "medium") for scale in ("", "2x")),
        beside=("big", "original", "import"),
        is_library=True,
    ),
    ForeignFolder("Gallery", _PREVIEWS, ("var/thumbs", "var/resizes"), beside=("albums",), is_library=True),
    ForeignFolder("Zenphoto", _CACHE, ("cache",), beside=("zp-core",), is_library=True),
    ForeignFolder("Plex", _CACHE, ("plex media server",), inside=("cache", "metadata", "media")),
    ForeignFolder("Jellyfin, Emby", _PREVIEWS, ("*.trickplay",)),
    ForeignFolder("Jellyfin, Emby", _CACHE, ("cache",), inside=("imagesbyname", "images/*-images")),
    ForeignFolder(
        "Jellyfin, Emby", "pictures of films", ("metadata",), inside=("library/[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 32,)
    ),
    ForeignFolder("Kodi", _PREVIEWS, ("userdata/thumbnails",)),
    ForeignFolder(
        "Google Takeout",
        _BIN,
        ("trash", "bin", "papierkorb", "corbeille", "papelera", "cestino", "lixeira"),
        beside=tuple(f"{photos} ????" for photos in ("photos from", "fotos von", "photos de", "fotos de", "foto d*")),
    ),
)
"""The first row that fits decides."""

_ANY_NAME = "*"
_LAST_NAMES = re.compile(
    "|".join(
        sorted(
            translate(last)
            for row in FOREIGN_FOLDERS
            for name in row.names
            if (last := name.rpartition("/")[2]) != _ANY_NAME
        )
    )
)
"""What any of their names ends with: most folders are known by it to be nobody's but the user's."""


def foreign_folder(path: str, siblings: Collection[str]) -> ForeignFolder | None:
    """The kind of folder of another program that stands at a path, beside entries of these names in lower case."""
    above, _, name = path.lower().rpartition(os.sep)
    if not (_LAST_NAMES.fullmatch(name) or above.endswith(".lrlibrary")):
        return None
    parts = path.lower().split(os.sep)  # noqa: PTH206 - a path may hold bytes that are no text
    return next((row for row in FOREIGN_FOLDERS if row.is_named(parts) and row.is_at(path, siblings)), None)


def readable_part(folder: str) -> Callable[[str], bool]:
    """What may be read of a folder that is walked, by name: of another program's library only its originals."""
    kind = foreign_folder(folder, ())
    reads = kind.reads if kind is not None else ()
    return lambda name: not reads or any(fnmatchcase(name.lower(), pattern) for pattern in reads)


def foreign_owner(folder: str) -> str | None:
    """The program to whose library a folder belongs, in which nobody else may write; None if it is the user's own."""
    return next((row.program for place in _upwards(folder) if (row := _at(place) or _library_of(place))), None)


def foreign_place(folder: str) -> str | None:
    """The program in whose folder this one is, or would be; what merely stands beside such a folder is not in it."""
    return next((row.program for place in _upwards(folder) if (row := _at(place))), None)


def _upwards(folder: str) -> Iterator[str]:
    """A folder and those that it is in, without the root."""
    while (above := os.path.dirname(folder)) != folder:  # noqa: PTH120 - a path may hold bytes that are no text
        yield folder
        folder = above


def _at(path: str) -> ForeignFolder | None:
    return foreign_folder(path, _names(os.path.dirname(path)))  # noqa: PTH120 - a path may hold bytes that are no text


def _library_of(folder: str) -> ForeignFolder | None:
    """The kind of folder that shows that all beside it is the library of its program, if there is one."""
    names = _names(folder)
    for name in filter(_LAST_NAMES.fullmatch, names):
        row = foreign_folder(os.path.join(folder, name), names)  # noqa: PTH118 - a path may hold bytes that are no text
        if row is not None and row.is_library:
            return row
    return None


def _ends(parts: list[str], patterns: list[str]) -> bool:
    end = parts[-len(patterns) :]
    return len(end) == len(patterns) and all(map(fnmatchcase, end, patterns))


def _holds(folder: str, patterns: list[str]) -> bool:
    first, *rest = patterns
    fitting = (path for path, name in _entries(folder) if fnmatchcase(name, first))
    return any(not rest or _holds(path, rest) for path in islice(fitting, _LOOKED_AT))


def _names(folder: str) -> list[str]:
    return [name for _, name in _entries(folder)]


def _entries(folder: str) -> Iterator[tuple[str, str]]:
    """The paths and, in lower case, the names in a folder; none in one that cannot be read, which the walk reports."""
    with suppress(OSError), os.scandir(folder) as entries:
        yield from ((entry.path, entry.name.lower()) for entry in entries)
