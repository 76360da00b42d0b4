"""The nouns: what travels between the rooms, frozen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b

from bestshot.model.times import CaptureTime


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a photo says of itself. Width and height are those of the upright picture, in pixels.

    `rating` (-1 rejected, 1 to 5 stars, None not rated) and `is_favorite` are what the user said of it, never this
    tool.
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
    rating: int | None = None
    is_favorite: bool = False
    problems: tuple[str, ...] = ()


class LinkMethod(Enum):
    """How a photo gets into the output."""

    COPY = "copy"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"


class FileRole(Enum):
    """What a file is to its photo."""

    PICTURE = "picture"
    RAW = "raw"
    VIDEO = "video"
    SIDECAR = "sidecar"
    TAKEOUT = "takeout"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One file of a photo; `path` is absolute, with undecodable bytes as surrogates (os.fsdecode)."""

    path: str
    role: FileRole
    size: int
    mtime_ns: int

    @property
    def revision(self) -> str:
        """Changes when the file's content changes, as far as size and time tell."""
        return f"{self.size:x}-{self.mtime_ns:x}"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a library, with the files that travel with it; never its pixels.

    `id` is what the user sees and what plans name. `origin` and `key` name the photo for good: the library and
    the place in it, however the command line spelled it. `revision` changes when the picture does.
    """

    id: str
    origin: str
    key: str
    revision: str
    name: str
    size: int
    files: tuple[PhotoFile, ...] = ()

    @property
    def metadata_revision(self) -> str:
        """Changes when the picture or anything that may hold its metadata changes."""
        return "+".join([self.revision, *(file.revision for file in self.files[1:])])


def digest(*parts: str) -> str:
    """Sixteen hexadecimal digits that name these texts, in this order."""
    state = blake2b(digest_size=8)
    for part in parts:
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return state.hexdigest()


@dataclass(frozen=True, slots=True)
class Listing:
    """The photos of a source in an order that stays, what was passed over, and the origins that held no photo.

    `metadata` is what the source knows of its photos already, by id; those of the others have to be read.
    """

    photos: tuple[Photo, ...]
    skipped: tuple["Skipped", ...] = ()
    empty_origins: tuple[str, ...] = ()
    metadata: Mapping[str, Metadata] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was passed over or not fully used, and why; `is_new` unless an earlier run told the same."""

    id: str
    error: str
    is_new: bool = True


class SourceType(Enum):
    """Where the photos are."""

    LOCAL = "local"
    IMMICH = "immich"

    @classmethod
    def of(cls, origins: Collection[str]) -> "SourceType":
        """Of the libraries that have these names for good."""
        return cls.LOCAL if all(origin.startswith("folder:") for origin in origins) else cls.IMMICH
