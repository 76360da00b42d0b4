"""The objects of an Immich server, the same for all versions."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import PurePath


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
class Asset:
    """A photo or video of the server.

    `file_created_at` is in UTC, `local_time` is the camera's wall clock without a zone; each is None if the server's
    date is invalid. `exif` is only known from asset info and on request, `tags` and `stack` only from asset info.
    In an external library, `checksum` is that of the path, not of the content.
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
    library_id: str | None
    motion_video_id: str | None
    duplicate_id: str | None
    exif: Exif | None
    tags: tuple[Tag, ...]
    stack: StackRef | None

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
