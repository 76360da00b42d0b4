"""Decoding the JSON of an Immich server.

Unknown fields are ignored, and fields that some versions omit are optional; a required field that is missing, or a
field of another type, is a NotImmichError.
"""

from typing import TypeVar

import msgspec

from bestshot.errors import NotImmichError
from bestshot.immich.asset_answers import Wire, WireAsset, WireId
from bestshot.immich.model import Album, FaceBox, Stack, Statistics, User

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

    id: str
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
    """One page of a search."""

    items: tuple[WireAsset, ...]
    next_page: str | None = None


class WireSearch(Wire):
    """The answer to a search."""

    assets: WirePage


class WireStack(Wire):
    """A stack, from 1.113."""

    id: str
    primary_asset_id: str
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
        """Convert to the model, with the box as fractions; None if the picture has no size."""
        if self.image_width <= 0 or self.image_height <= 0:
            return None
        return FaceBox(
            self.id,
            self.bounding_box_x1 / self.image_width,
            self.bounding_box_y1 / self.image_height,
            self.bounding_box_x2 / self.image_width,
            self.bounding_box_y2 / self.image_height,
            None if self.person is None else self.person.id,
            "" if self.person is None else self.person.name,
        )


class WireAlbumUser(Wire):
    """A user who may see an album."""

    user: WireId
    role: str


class WireAlbum(Wire):
    """An album; up to 2.7 its assets are included."""

    id: str
    album_name: str
    updated_at: str
    description: str | None = None
    asset_count: int = 0
    owner_id: str | None = None
    album_users: tuple[WireAlbumUser, ...] = ()
    assets: tuple[WireAsset, ...] | None = None

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


def read(body: bytes, shape: type[T], what: str) -> T:
    """Decode a server's JSON as the given type; raises NotImmichError, in which `what` names the call."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotImmichError(
            f"The answer to {what} is not what Immich sends ({_short(error)}): check the address of the server."
        ) from error


def _short(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
