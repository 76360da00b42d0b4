"""Decoding the JSON of an asset, in all versions of Immich.

Unknown fields are ignored, and fields that some versions omit are optional.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from bestshot.immich.model import Asset, Exif, Stack, StackRef, Tag, Visibility

Id = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,64}\Z")]
"""An id, which becomes a part of addresses and of names in the journal: no dot and no slash."""

_LARGEST = 1e12
"""Pixels, millimetres or bytes: what is beyond is no measurement, and may not fit where it is kept."""

_YEARS = range(1678, 2262)
"""The years whose instants fit into 64 bits of nanoseconds, as file systems and the journal hold them."""

_RATINGS = frozenset({-1, 1, 2, 3, 4, 5})

_NO_NAMES = frozenset({"", ".", ".."})


class Wire(msgspec.Struct, rename="camel"):
    """Base of all JSON objects, whose field names are in camel case."""


class WireId(Wire):
    """Any object with an id."""

    id: Id


class WireTag(Wire):
    """A tag: with `value` from 1.113, with `name` alone before."""

    id: Id
    name: str
    value: str | None = None

    def tag(self) -> Tag:
        """Convert to the model."""
        return Tag(self.id, self.name if self.value is None else self.value)


class WireExif(Wire):
    """What the server read from the file."""

    make: str | None = None
    model: str | None = None
    lens_model: str | None = None
    f_number: float | None = None
    focal_length: float | None = None
    iso: float | None = None
    exposure_time: str | None = None
    exif_image_width: float | None = None
    exif_image_height: float | None = None
    file_size_in_byte: int | None = None
    orientation: str | None = None
    date_time_original: str | None = None
    time_zone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    description: str | None = None
    rating: int | None = None

    def value(self) -> Exif:
        """Convert to the model; a rating of 0 means none, and so does a number that cannot be one."""
        return Exif(
            _shared(self.make),
            _shared(self.model),
            _shared(self.lens_model),
            _measured(self.f_number),
            _measured(self.focal_length),
            _measured(self.iso),
            _shared(self.exposure_time),
            _measured(self.exif_image_width),
            _measured(self.exif_image_height),
            _size(self.file_size_in_byte),
            _shared(self.orientation),
            _moment(self.date_time_original),
            _shared(self.time_zone),
            _within(self.latitude, 90),
            _within(self.longitude, 180),
            self.description or "",
            self.rating if self.rating in _RATINGS else None,
        )


class WireStackRef(Wire):
    """The stack of an asset, from 1.113."""

    id: Id
    primary_asset_id: Id


class WireAsset(Wire):
    """An asset in any answer."""

    id: Id
    owner_id: str
    type: str
    original_file_name: str
    original_path: str
    file_created_at: str
    file_modified_at: str
    local_date_time: str
    checksum: str
    is_favorite: bool
    is_archived: bool = False
    is_trashed: bool = False
    visibility: str | None = None
    thumbhash: str | None = None
    is_edited: bool = False
    library_id: str | None = None
    live_photo_video_id: Id | None = None
    duplicate_id: str | None = None
    exif_info: WireExif | None = None
    tags: tuple[WireTag, ...] | None = None
    stack: WireStackRef | tuple[WireId, ...] | None = None
    stack_parent_id: Id | None = None
    stack_count: int | None = None

    def __post_init__(self) -> None:
        """Refuse a name that no file can have."""
        if "\0" in self.original_file_name or "\0" in self.original_path:
            raise ValueError("its name contains a NUL character")
        if self.original_file_name.rpartition("/")[2] in _NO_NAMES:
            raise ValueError("it has no file name")

    def asset(self) -> Asset:
        """Convert to the model."""
        local = _moment(self.local_date_time)
        return Asset(
            id=self.id,
            owner_id=sys.intern(self.owner_id),
            type=sys.intern(self.type),
            file_name=self.original_file_name,
            path=self.original_path,
            file_created_at=_moment(self.file_created_at),
            local_time=None if local is None else local.replace(tzinfo=None),
            file_modified_at=_moment(self.file_modified_at),
            is_favorite=self.is_favorite,
            is_trashed=self.is_trashed,
            visibility=self._visibility(),
            checksum=self.checksum,
            thumbhash=self.thumbhash,
            is_edited=self.is_edited,
            library_id=_shared(self.library_id),
            motion_video_id=self.live_photo_video_id,
            duplicate_id=self.duplicate_id,
            exif=None if self.exif_info is None else self.exif_info.value(),
            tags=tuple(tag.tag() for tag in self.tags or ()),
            stack=self._stack_ref(),
        )

    def old_stack(self) -> Stack | None:
        """The stack, before 1.113; the array holds all members but the primary, whichever asset was requested."""
        if self.stack_parent_id is None or not isinstance(self.stack, tuple):
            return None
        others = (member.id for member in self.stack if member.id != self.stack_parent_id)
        return Stack(self.stack_parent_id, self.stack_parent_id, (self.stack_parent_id, *others))

    def _stack_ref(self) -> StackRef | None:
        if isinstance(self.stack, WireStackRef):
            return StackRef(self.stack.id, self.stack.primary_asset_id)
        if self.stack_parent_id is not None:
            return StackRef(self.stack_parent_id, self.stack_parent_id)
        return None

    def _visibility(self) -> Visibility:
        if self.visibility is None:
            return Visibility.ARCHIVE if self.is_archived else Visibility.TIMELINE
        try:
            return Visibility(self.visibility)
        except ValueError:
            # Introduced by a newer server, so nothing that this tool may touch.
            return Visibility.HIDDEN


def _shared(text: str | None) -> str | None:
    """Intern a text that is repeated in thousands of assets, which saves most of the memory of a large listing."""
    return None if text is None else sys.intern(text)


def _moment(text: str | None) -> datetime | None:
    """Parse a date as UTC; None if it is invalid, such as the year 20240 that some cameras write."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for a first or last day whose offset leads beyond the calendar
        return None
    return moment if moment.year in _YEARS else None


def _measured(value: float | None) -> float | None:
    """A measurement; None if it cannot be one."""
    return value if value is not None and 0 < value < _LARGEST else None


def _size(value: int | None) -> int | None:
    """A file's size; None if it cannot be one."""
    return value if value is not None and 0 < value < _LARGEST else None


def _within(value: float | None, most: int) -> float | None:
    """A coordinate; None if it is none."""
    return value if value is not None and abs(value) <= most else None
