"""The objects of an Immich server, the same for all versions."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import PurePath

from bestshot.text import printable

_SHOWN = 100
"""Characters of a name that are shown."""

_SHA1 = re.compile(r"[A-Za-z0-9+/]{27}=")


class Visibility(Enum):
    """Where an asset shows up."""

    TIMELINE = "timeline"
    ARCHIVE = "archive"
    HIDDEN = "hidden"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class User:
    """The owner of the API key."""

    id: str
    name: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """The number of the user's own assets."""

    images: int
    videos: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag; `value` is its full path such as "trips/berlin" (before 1.113 a flat name that may hold a slash)."""

    id: str
    value: str


@dataclass(frozen=True, slots=True)
class StackRef:
    """The stack that an asset is in; before 1.113 `id` is the id of the primary."""

    id: str
    primary_id: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack with its primary first; before 1.113 `id` is the id of the primary."""

    id: str
    primary_id: str
    asset_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exif:
    """What the server read from the file; width and height, in pixels, are before turning it upright."""

    make: str | None
    model: str | None
    lens: str | None
    f_number: float | None
    focal_length_mm: float | None
    iso: float | None
    exposure: str | None
    width: float | None
    height: float | None
    size: int | None
    orientation: str | None
    taken: datetime | None
    time_zone: str | None
    latitude: float | None
    longitude: float | None
    description: str
    rating: int | None


@dataclass(frozen=True, slots=True)
class Original:
    """What the server says of the bytes of an original, None where it does not; `checksum` is SHA-1 in base64."""

    size: int | None = None
    checksum: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A photo or video of the server.

    `file_created_at` is in UTC, `local_time` is the camera's wall clock without a zone; each is None if the server's
    date is invalid. `exif` is only known from asset info and on request, `tags` and `stack` only from asset info.
    `thumbhash` is that of what the user sees: of an edited asset not of its pictures, which are those before the edit.
    In an external library, `checksum` is that of the path, not of the content: see `original`.
    """

    id: str
    owner_id: str
    type: str
    file_name: str
    path: str
    file_created_at: datetime | None
    local_time: datetime | None
    file_modified_at: datetime | None
    is_favorite: bool
    is_trashed: bool
    visibility: Visibility
    checksum: str
    thumbhash: str | None
    is_edited: bool
    library_id: str | None
    motion_video_id: str | None
    duplicate_id: str | None
    exif: Exif | None
    tags: tuple[Tag, ...]
    stack: StackRef | None

    @property
    def original(self) -> Original:
        """Its file.

        An asset without a library was uploaded, and has the checksum of what came. One of an external library has that
        of its path. Up to 1.105 every asset has a library, so there it is not known which it is.
        """
        is_content = self.library_id is None and _SHA1.fullmatch(self.checksum)
        return Original(self.exif.size if self.exif else None, self.checksum if is_content else None)

    @property
    def whole_name(self) -> str:
        """The file's name; before 1.98 the server omits the suffix, which is taken from the path."""
        name = self.file_name
        return name if PurePath(name).suffix else name + PurePath(self.path).suffix

    @property
    def is_archived(self) -> bool:
        """Whether the user archived it."""
        return self.visibility is Visibility.ARCHIVE

    @property
    def is_image(self) -> bool:
        """Whether it is a photo."""
        return self.type == "IMAGE"


@dataclass(frozen=True, slots=True)
class UnusableAsset:
    """An asset that is not as Immich describes assets: its id and name, as far as it has any, and what is wrong."""

    id: str | None
    name: str
    reason: str

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.id or self.name

    def __str__(self) -> str:
        name, asset_id = printable(self.name)[:_SHOWN], printable(self.id or "")[:_SHOWN]
        return " ".join(part for part in (name, asset_id and f"({asset_id})") if part) or "an asset without a name"


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face that the server found; the box is in fractions of the picture's size.

    `person_name` is empty if the person is not recognised or has no name yet.
    """

    id: str
    left: float
    top: float
    right: float
    bottom: float
    person_id: str | None
    person_name: str = ""


@dataclass(frozen=True, slots=True)
class Album:
    """An album; `owner_id` is None if the server does not report it."""

    id: str
    name: str
    description: str
    owner_id: str | None
    asset_count: int
    updated_at: str
