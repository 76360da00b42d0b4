"""Decoding the JSON of an asset, in all versions of Immich.

Unknown fields are ignored, and fields that some versions omit are optional.
"""

import sys
from datetime import UTC, datetime

import msgspec

from bestshot.immich.model import Asset, Exif, Stack, StackRef, Tag, Visibility


class Wire(msgspec.Struct, rename="camel"):
    """Base of all JSON objects, whose field names are in camel case."""


class WireId(Wire):
    """Any object with an id."""

    id: str


class WireTag(Wire):
    """A tag: with `value` from 1.113, with `name` alone before."""

    id: str
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
        """Convert to the model; a rating of 0 means none."""
        return Exif(
            _shared(self.make),
            _shared(self.model),
            _shared(self.lens_model),
            self.f_number,
            self.focal_length,
            self.iso,
            _shared(self.exposure_time),
            self.exif_image_width,
            self.exif_image_height,
            self.file_size_in_byte,
            _shared(self.orientation),
            _moment(self.date_time_original),
            _shared(self.time_zone),
            self.latitude,
            self.longitude,
            self.description or "",
            self.rating or None,
        )


class WireStackRef(Wire):
    """The stack of an asset, from 1.113."""

    id: str
    primary_asset_id: str


class WireAsset(Wire):
    """An asset in any answer."""

    id: str
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
    library_id: str | None = None
    live_photo_video_id: str | None = None
    duplicate_id: str | None = None
    exif_info: WireExif | None = None
    tags: tuple[WireTag, ...] | None = None
    stack: WireStackRef | tuple[WireId, ...] | None = None
    stack_parent_id: str | None = None
    stack_count: int | None = None

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
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
