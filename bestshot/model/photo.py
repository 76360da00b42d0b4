"""A photo and its files, as a source lists them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum, StrEnum
from functools import cache
from hashlib import blake2b
from math import log2
from operator import attrgetter
from typing import Any, Final

from bestshot.model.burst_names import BurstFrame
from bestshot.model.times import CaptureTime


class SentOften:
    """A dataclass of several fields that is pickled by these in half the time that dataclasses take to do it."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        kind: Any = type(self)  # mypy takes no type for hashable
        return kind, _fields_of(kind)(self)


@cache
def _fields_of(kind: type[Any]) -> Callable[[object], tuple[object, ...]]:
    return attrgetter(*(field.name for field in fields(kind)))


@dataclass(frozen=True, slots=True)
class Metadata(SentOften):
    """What a photo states about itself; width and height are those of the upright picture, in pixels.

    `rating` (-1 rejected, 1 to 5 stars, None not rated) and `is_favorite` are the user's, never set by this tool.
    `burst` is what the file itself states, whatever it is called; `problems` are sentences on what could not be used.
    """

    taken: CaptureTime
    width: int | None = None
    height: int | None = None
    format: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    burst: BurstFrame | None = None
    rating: int | None = None
    is_favorite: bool = False
    problems: tuple[str, ...] = ()

    @property
    def exposure_value(self) -> float | None:
        """How little light the exposure lets in, in EV at ISO 100; None without an exposure time.

        An aperture or sensitivity that is not stated counts as f/1 and ISO 100: such values compare only with each
        other.
        """
        if not self.exposure_seconds:
            return None
        return log2((self.f_number or 1.0) ** 2 / self.exposure_seconds) - log2((self.iso or 100) / 100)


class LinkMethod(Enum):
    """How a file gets into the output."""

    COPY = "copy"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"


class FileRole(Enum):
    """The role of a file for its photo."""

    PICTURE = "picture"
    RAW = "raw"
    VIDEO = "video"
    SIDECAR = "sidecar"
    TAKEOUT = "takeout"


@dataclass(frozen=True, slots=True)
class PhotoFile(SentOften):
    """One file of a photo; `path` is absolute, with undecodable bytes as surrogates (os.fsdecode).

    Where it is not on this machine's disks, its path begins with the origin of the photo.
    """

    path: str
    role: FileRole
    size: int
    mtime_ns: int

    @property
    def revision(self) -> str:
        """Changes with the file's content, as far as size and modification time show it."""
        return f"{self.size:x}-{self.mtime_ns:x}"


Place = tuple[str, str]
"""A photo's origin and key."""


@dataclass(frozen=True, slots=True)
class Photo(SentOften):
    """One photo of a library with the files that belong to it, without its pixels.

    `id` is what the user sees and what plans contain. `origin` and `key` are permanent: the library and the place in
    it, regardless of how the command line spells them. `revision` changes when the picture does. A photo for reference
    is compared with the others, and may be the best; nothing is ever done with it.
    """

    id: str
    origin: str
    key: str
    revision: str
    name: str
    size: int
    files: tuple[PhotoFile, ...] = ()
    is_reference: bool = False

    @property
    def place(self) -> Place:
        """Where it is, for good."""
        return self.origin, self.key

    @property
    def metadata_revision(self) -> str:
        """Changes when the picture or anything that may hold its metadata changes."""
        if len(self.files) < 2:  # as most
            return self.revision
        return "+".join([self.revision, *(file.revision for file in self.files[1:])])


def digest(*parts: str) -> str:
    """Sixteen hexadecimal digits that identify these texts, in this order."""
    state = blake2b(digest_size=8)
    for part in parts:
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return state.hexdigest()


@dataclass(frozen=True, slots=True)
class Listing:
    """The photos of a source in a stable order, what was skipped, and the origins without photos.

    `metadata` holds what the source already knows, by photo id; that of other photos has to be read. `passed_over` says
    in words what was there and is not looked at, and why, as "3 hidden"; `named` names what of that a user may miss.
    `thumbhashes` are tiny pictures by photo id, of those of which the source has one without reading them.
    """

    photos: tuple[Photo, ...]
    skipped: tuple["Skipped", ...] = ()
    empty_origins: tuple[str, ...] = ()
    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    thumbhashes: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was skipped or only partly used, and why; `is_new` unless an earlier run reported it."""

    id: str
    error: str
    is_new: bool = True


SOURCE_NAME: Final = "^[a-z][a-z0-9-]+$"
"""What the name of a kind of source looks like; longer than the letter of a drive."""


class SourceType(StrEnum):
    """Where the photos are, unless a package of its own brings their source: then the name of that is the type."""

    LOCAL = "local"
    IMMICH = "immich"

    @staticmethod
    def of(origins: Collection[str]) -> str:
        """The type of the libraries with these origins, which begin with it, but for those of folders."""
        kinds = (origin.partition(":")[0] for origin in origins)
        return next((kind for kind in kinds if kind != "folder"), SourceType.LOCAL)
