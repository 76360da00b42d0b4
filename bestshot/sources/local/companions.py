"""Which files of one folder are one photo: raw and JPEG, live photos, and their sidecars."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bestshot.metadata.takeout import cut_name, described_cut, described_pictures
from bestshot.model.formats import RAW_SUFFIXES, VIDEO_SUFFIXES
from bestshot.model.photo import FileRole

# Pictures that a camera writes beside a raw file, or a phone beside the video of a live photo.
DEVELOPED_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif", ".hif"})

# Apple keeps the adjustments before the last ones to IMG_1234 in IMG_O1234.AAE.
_APPLE_ORIGINAL = re.compile(r"_o([0-9]+)\Z")


@dataclass(frozen=True, slots=True)
class Unit:
    """One photo: the file that shows it, and those that travel with it, by name."""

    picture: str
    companions: tuple[tuple[str, FileRole], ...] = ()


def gather(photos: Iterable[str], others: Iterable[str]) -> tuple[Unit, ...]:
    """Join the files of one folder to photos, ordered by the name of the picture.

    `photos` are the names of all pictures, raw ones too; `others` are those of the remaining files. What
    belongs to no photo is left out. The order of the names does not matter, nor does their case.
    """
    pictures = set(photos)
    folder = _Folder(sorted(pictures))
    rest = sorted(set(others) - pictures)
    for add in (folder.add_video, folder.add_sidecar):
        for name in rest:
            add(name)
    return folder.units()


class _Folder:
    """The photos of one folder while their companions are being found."""

    def __init__(self, photos: list[str]) -> None:
        # A file of a photo, as it is written and in lower case -> the picture of the photo.
        self._owners: dict[str, str] = {}
        # A long name as Takeout cuts it, and its number -> the pictures it may mean.
        self._cut: dict[tuple[str, str], set[str]] = defaultdict(set)
        # A stem in lower case -> the picture that a raw file or a video joins, and the one a sidecar joins.
        self._developed: dict[str, str] = {}
        self._homes: dict[str, str] = {}
        self._companions: dict[str, list[tuple[str, FileRole]]] = {}
        namesakes: dict[str, list[str]] = defaultdict(list)
        for name in photos:
            namesakes[_stem(name)].append(name)
        for stem, names in namesakes.items():
            self._add_photos(stem, names)

    def _add_photos(self, stem: str, names: list[str]) -> None:
        raws = [name for name in names if _suffix(name) in RAW_SUFFIXES]
        developed = next((name for name in names if _suffix(name) in DEVELOPED_SUFFIXES), None)
        self._homes[stem] = developed or (raws or names)[0]
        joined = raws if developed else []
        for name in names:
            if name not in joined:
                self._companions[name] = []
                self._own(name, name)
        if developed:
            self._developed[stem] = developed
            for raw in raws:
                self._join(raw, developed, FileRole.RAW)

    def add_video(self, name: str) -> None:
        """Join a video to the picture of the same moment."""
        picture = self._developed.get(_stem(name))
        if picture and _suffix(name) in VIDEO_SUFFIXES:
            self._join(name, picture, FileRole.VIDEO)

    def add_sidecar(self, name: str) -> None:
        """Join a sidecar to the photo that it names."""
        picture, role = None, FileRole.SIDECAR
        match _suffix(name):
            case ".xmp":
                picture = self._find(_split(name)[0]) or self._homes.get(_stem(name))
            case ".aae":
                stem = _stem(name)
                picture = self._homes.get(stem) or self._homes.get(_APPLE_ORIGINAL.sub(r"_\1", stem))
            case ".json":
                picture, role = self._find_takeout(_split(name)[0]), FileRole.TAKEOUT
        if picture:
            self._companions[picture].append((name, role))

    def units(self) -> tuple[Unit, ...]:
        """What was found, in order."""
        return tuple(
            Unit(picture, tuple(sorted(companions, key=lambda companion: companion[0])))
            for picture, companions in sorted(self._companions.items())
        )

    def _join(self, name: str, picture: str, role: FileRole) -> None:
        self._companions[picture].append((name, role))
        self._own(name, picture)

    def _own(self, name: str, picture: str) -> None:
        self._owners[name] = picture
        self._owners.setdefault(name.lower(), picture)
        if cut := cut_name(name):
            self._cut[cut].add(picture)

    def _find(self, name: str) -> str | None:
        return self._owners.get(name) or self._owners.get(name.lower())

    def _find_takeout(self, body: str) -> str | None:
        """The picture that `body`.json of Takeout is about; None if two long names were cut alike."""
        for name in described_pictures(body):
            if picture := self._find(name):
                return picture
        pictures = self._cut.get(described_cut(body), set())
        return next(iter(pictures)) if len(pictures) == 1 else None


def _split(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def _stem(name: str) -> str:
    return _split(name)[0].lower()


def _suffix(name: str) -> str:
    return _split(name)[1].lower()
