"""What an Immich server tells, as frozen values that are the same for all its versions."""

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
    """How many own assets there are."""

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
    """What the server read from the file; width and height are those before turning it upright, in pixels."""

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

    `file_created_at` is the moment in UTC, `local_time` the camera's wall clock without a zone; either is None if
    the server's date is none. `exif` is filled by asset info and on request; `tags` and `stack` by asset info only
    (None and an empty tuple elsewhere). An external library's `checksum` is only that of its path.
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
        """The file's name; before 1.98 the server leaves its suffix out, which its path still has."""
        name = self.file_name
        return name if PurePath(name).suffix else name + PurePath(self.path).suffix

    @property
    def is_archived(self) -> bool:
        """Whether it is kept out of the timeline by the user."""
        return self.visibility is Visibility.ARCHIVE

    @property
    def is_image(self) -> bool:
        """Whether it is a photo."""
        return self.type == "IMAGE"


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face that the server found; the box is in parts of the picture's width and height.

    `person_name` is empty for somebody who has no name yet, or is not known again.
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
    """An album; `owner_id` is None where the server does not tell."""

    id: str
    name: str
    description: str
    owner_id: str | None
    asset_count: int
    updated_at: str
