"""Decoding the JSON of an Immich server.

Unknown fields are ignored, and fields that some versions omit are optional; a required field that is missing, or a
field of another type, is a NotImmichError.
"""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

import msgspec

from bestshot.errors import NotImmichError
from bestshot.immich.asset_answers import Id, Wire, WireAsset, WireId
from bestshot.immich.model import Album, Asset, FaceBox, Stack, Statistics, UnusableAsset, User
from bestshot.text import printable

T = TypeVar("T")


class WirePong(Wire):
    """The answer to a ping."""

    res: str


class WireVersion(Wire):
    """The server's version."""

    major: int
    minor: int
    patch: int


class WireUser(Wire):
    """The current user."""

    id: Id
    name: str
    is_admin: bool = False

    def value(self) -> User:
        """Convert to the model."""
        return User(self.id, self.name, self.is_admin)


class WireKey(Wire):
    """The API key that is in use."""

    permissions: tuple[str, ...]


class WireStatistics(Wire):
    """Counts of assets."""

    images: int
    videos: int

    def value(self) -> Statistics:
        """Convert to the model."""
        return Statistics(self.images, self.videos)


class WirePage(Wire):
    """One page of a search, whose assets are decoded one by one."""

    items: tuple[msgspec.Raw, ...]
    next_page: str | None = None


class WireSearch(Wire):
    """The answer to a search."""

    assets: WirePage


class WireStack(Wire):
    """A stack, from 1.113."""

    id: Id
    primary_asset_id: Id
    assets: tuple[WireId, ...]

    def value(self) -> Stack:
        """Convert to the model, primary first; it is missing from `assets` if it is in the trash."""
        others = (asset.id for asset in self.assets if asset.id != self.primary_asset_id)
        return Stack(self.id, self.primary_asset_id, (self.primary_asset_id, *others))


class WirePerson(Wire):
    """A person whom the server recognises by face."""

    id: str
    name: str = ""


class WireFace(Wire):
    """A face; its box is in pixels of a picture of the given size."""

    id: str
    bounding_box_x1: float
    bounding_box_y1: float
    bounding_box_x2: float
    bounding_box_y2: float
    image_width: float
    image_height: float
    person: WirePerson | None = None

    def value(self) -> FaceBox | None:
        """Convert to the model, with the box as fractions; None if it is none, or far outside the picture."""
        if self.image_width <= 0 or self.image_height <= 0:
            return None
        across, down = (self.bounding_box_x1, self.bounding_box_x2), (self.bounding_box_y1, self.bounding_box_y2)
        left, right = (x / self.image_width for x in across)
        top, bottom = (y / self.image_height for y in down)
        if not -1 <= left <= right <= 2 or not -1 <= top <= bottom <= 2:
            return None
        person_id, name = (None, "") if self.person is None else (self.person.id, self.person.name)
        return FaceBox(self.id, left, top, right, bottom, person_id, name)


class WireAlbumUser(Wire):
    """A user who may see an album."""

    user: WireId
    role: str


class WireAlbum(Wire):
    """An album; up to 2.7 its assets are included."""

    id: Id
    album_name: str
    updated_at: str
    description: str | None = None
    asset_count: int = 0
    owner_id: str | None = None
    album_users: tuple[WireAlbumUser, ...] = ()
    assets: tuple[msgspec.Raw, ...] | None = None

    def value(self) -> Album:
        """Convert to the model; from 3.0 the owner is one of the users."""
        owners = [entry.user.id for entry in self.album_users if entry.role == "owner"]
        owner = self.owner_id or next(iter(owners), None)
        return Album(self.id, self.album_name, self.description or "", owner, self.asset_count, self.updated_at)


class WireItem(Wire):
    """The result for one asset of a bulk call; its id is in `assetId` for tags before 1.113."""

    success: bool
    id: str | None = None
    asset_id: str | None = None
    error: str | None = None


class WireBucket(Wire):
    """One month of the timeline."""

    time_bucket: str


@dataclass(frozen=True, slots=True)
class Assets:
    """The assets of an answer, and those that are not as Immich describes assets; `stacked` are ids, before 1.113."""

    usable: tuple[Asset, ...]
    unusable: tuple[UnusableAsset, ...]
    stacked: tuple[str, ...]


def read(body: bytes, shape: type[T], what: str) -> T:
    """Decode a server's JSON as the given type; raises NotImmichError, in which `what` names the call."""
    try:
        return _decoded(body, shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotImmichError(
            f"The answer to {what} is not what Immich sends ({_short(error)}): check the address of the server."
        ) from error


def read_assets_of(items: tuple[msgspec.Raw, ...]) -> Assets:
    """Decode the assets of an answer one by one, so that one that is not as it should be costs none of the others."""
    wires, unusable = [], []
    for item in items:
        try:
            wires.append(msgspec.json.decode(item, type=WireAsset))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            unusable.append(_unusable(item, error))
    stacked = tuple(wire.id for wire in wires if wire.stack_count)
    return Assets(tuple(wire.asset() for wire in wires), tuple(unusable), stacked)


def _unusable(item: msgspec.Raw, error: Exception) -> UnusableAsset:
    try:
        found = msgspec.json.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    named: dict[str, Any] = found if isinstance(found, dict) else {}
    asset_id, name = (named.get(field) for field in ("id", "originalFileName"))
    return UnusableAsset(
        asset_id if isinstance(asset_id, str) else None, name if isinstance(name, str) else "", _short(error)
    )


_MENDED = 16 << 20
"""The longest answer that is mended, since that takes many times its size."""


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        if len(body) > _MENDED:
            raise
        mended = _mended(body)
        if mended is None:
            raise
        return msgspec.json.decode(mended, type=shape)


def _mended(body: bytes) -> bytes | None:
    """JSON without what some programs write and others refuse: NaN, bytes that are not UTF-8, halves of surrogates."""
    try:
        text = body.decode("utf-8", "replace")
        content = json.loads(text, parse_constant=_no_number, parse_float=_finite, strict=False)
    except ValueError:
        return None
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _no_number(_name: str) -> None:
    """None, for NaN and the infinities."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def _short(error: Exception) -> str:
    return printable(str(error)) if isinstance(error, msgspec.ValidationError) else "not JSON"
