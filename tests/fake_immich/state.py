"""What the fake server remembers: users, keys, assets, albums, tags, stacks, faces."""

import random
import uuid
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.fake_immich.pictures import Original, Scene, base64_sha1

START_MS = 1_767_225_600_000  # 2026-01-01, when the fake's own clock begins


@dataclass(slots=True, eq=False)
class User:
    """Somebody with a library."""

    id: str
    name: str
    email: str
    is_admin: bool
    created_ms: int
    library_id: str


@dataclass(slots=True, eq=False)
class Key:
    """An API key; `all` among its permissions covers everything."""

    id: str
    secret: str
    name: str
    user: User
    permissions: list[str]
    created_ms: int


@dataclass(frozen=True, slots=True)
class Exif:
    """What the server read from the file."""

    make: str | None = None
    model: str | None = None
    lens: str | None = None
    f_number: float | None = None
    focal_length: float | None = None
    iso: int | None = None
    exposure: str | None = None
    orientation: str | None = None
    time_zone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What a sidecar file can hold, and what the re-read of a sidecar can put back."""

    tags: frozenset[str] = frozenset()
    description: str = ""
    rating: int | None = None


@dataclass(slots=True, eq=False)
class Asset:
    """One photo or video. Times are in milliseconds since 1970 in UTC; `offset_minutes` is the zone it was taken in."""

    id: str
    owner: User
    name: str
    path: str
    original: Original
    taken_ms: int
    offset_minutes: int
    modified_ms: int
    created_ms: int
    updated_ms: int
    kind: str = "IMAGE"
    scene: Scene | None = None
    edited_scene: Scene | None = None
    exif: Exif = Exif()
    size: tuple[int, int] | None = None
    duration_ms: int | None = None
    visibility: str = "timeline"
    is_favorite: bool = False
    trashed_ms: int | None = None
    is_offline: bool = False
    library_id: str | None = None
    duplicate_id: str | None = None
    live_video_id: str | None = None
    stack: "Stack | None" = None
    marks: Marks = Marks()

    @property
    def local_ms(self) -> int:
        """The wall clock when it was taken, in milliseconds as if it were UTC."""
        return self.taken_ms + self.offset_minutes * 60_000

    @property
    def shown(self) -> Scene | None:
        """What the user sees: the scene after an edit, although the pictures that are asked for show it before."""
        return self.edited_scene or self.scene

    @property
    def upright_size(self) -> tuple[int, int] | tuple[None, None]:
        """Width and height as the picture is shown."""
        if self.size is None:
            return None, None
        return self.size[::-1] if self.exif.orientation in ("5", "6", "7", "8") else self.size

    @property
    def checksum(self) -> str:
        """External libraries only hash the path."""
        return self.original.checksum if self.library_id is None else base64_sha1(f"path:{self.path}".encode())


@dataclass(slots=True, eq=False)
class Album:
    """A named set of assets; `members` are the users it is shared with and their roles."""

    id: str
    owner: User
    name: str
    description: str
    created_ms: int
    updated_ms: int
    assets: dict[str, None] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    thumbnail_id: str | None = None
    order: str = "desc"
    is_activity_enabled: bool = True


@dataclass(slots=True, eq=False)
class Tag:
    """`value` is the whole path, `name` its last part."""

    id: str
    owner: User
    value: str
    created_ms: int
    updated_ms: int
    parent_id: str | None = None
    color: str | None = None
    kind: str = "CUSTOM"

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.value.rpartition("/")[2]


@dataclass(slots=True, eq=False)
class Stack:
    """Assets that the timeline shows as one."""

    id: str
    owner: User
    primary_id: str
    members: dict[str, None]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody the server knows by face."""

    id: str
    owner: User
    name: str
    created_ms: int


@dataclass(slots=True, eq=False)
class Face:
    """A box in pixels of a picture of the given size: left, top, right, bottom."""

    id: str
    asset_id: str
    box: tuple[int, int, int, int]
    image_size: tuple[int, int]
    person: Person | None


class State:
    """All there is. Ids and times come from a seed and a counter, so every run is alike."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._chance = random.Random(seed)
        self._now_ms = START_MS
        self.revision = 0
        self.users: dict[str, User] = {}
        self.keys: dict[str, Key] = {}
        self.assets: dict[str, Asset] = {}
        self.albums: dict[str, Album] = {}
        self.tags: dict[str, Tag] = {}
        self.stacks: dict[str, Stack] = {}
        self.people: dict[str, Person] = {}
        self.faces: dict[str, list[Face]] = {}
        self.partners: set[tuple[str, str]] = set()
        self.unreachable: set[str] = set()

    def copied(self) -> dict[str, Any]:
        """Everything as it is now, to be put back later, as often as wanted."""
        return deepcopy(vars(self))

    def put_back(self, everything: dict[str, Any]) -> None:
        """Let all be as it was; assets, users and the like are new objects with their old ids."""
        revision = self.revision
        vars(self).update(deepcopy(everything))
        self.revision = revision + 1  # so that the pages of an older search are not taken for those of this state

    def new_id(self) -> str:
        """A lower-case UUID v4."""
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def now(self) -> int:
        """Milliseconds since 1970; a millisecond passes with each look at the clock."""
        self._now_ms += 1
        return self._now_ms

    def add(self, asset: Asset) -> None:
        """Put an asset into the library."""
        self.assets[asset.id] = asset
        self.revision += 1

    def remove(self, asset: Asset) -> None:
        """Take an asset away for good, from everywhere."""
        del self.assets[asset.id]
        self.revision += 1
        for album in self.albums.values():
            album.assets.pop(asset.id, None)
        if asset.stack is not None:
            asset.stack.members.pop(asset.id, None)

    def reads(self, user: User, asset: Asset) -> bool:
        """Own assets, those of partners, and those in albums shared with the user; nothing locked."""
        if asset.id in self.unreachable:
            return False
        return self.shares(user, asset) or any(
            asset.id in album.assets and self.sees(user, album) for album in self.albums.values()
        )

    def shares(self, user: User, asset: Asset) -> bool:
        """Whether the user may put the asset into albums and tags."""
        if asset.id in self.unreachable or asset.visibility == "locked":
            return False
        return asset.owner is user or (asset.owner.id, user.id) in self.partners

    def owns(self, user: User, asset: Asset) -> bool:
        """Whether the user may change the asset."""
        return asset.owner is user and asset.visibility != "locked" and asset.id not in self.unreachable

    def sees(self, user: User, album: Album) -> bool:
        """Own albums and those shared with the user."""
        return album.owner is user or user.id in album.members

    def timeline_owners(self, user: User) -> set[str]:
        """Whose assets a search returns: one's own and one's partners'."""
        return {user.id} | {owner for owner, viewer in self.partners if viewer == user.id}

    def in_album_order(self, album: Album) -> list[Asset]:
        """The album's assets that are not trashed, newest first."""
        held = [self.assets[i] for i in album.assets]
        return sorted((a for a in held if a.trashed_ms is None), key=lambda a: a.taken_ms, reverse=True)

    def tags_of(self, asset: Asset) -> list[Tag]:
        """In alphabetical order."""
        return sorted((self.tags[i] for i in asset.marks.tags if i in self.tags), key=lambda tag: tag.value)

    def with_children(self, tag_id: str) -> set[str]:
        """The ids of a tag and of all below it."""
        found = {tag_id} & set(self.tags)
        while more := {t.id for t in self.tags.values() if t.parent_id in found} - found:
            found |= more
        return found

    def delete_tags(self, tag_ids: set[str]) -> None:
        """Remove tags, from assets too."""
        for tag_id in tag_ids:
            del self.tags[tag_id]
        for asset in self.assets.values():
            if asset.marks.tags & tag_ids:
                asset.marks = replace(asset.marks, tags=asset.marks.tags - tag_ids)

    def existing(self, ids: Iterable[str]) -> Iterator[Asset]:
        """The assets among these ids that are there."""
        return (self.assets[i] for i in ids if i in self.assets)


def iso(ms: int) -> str:
    """As JavaScript writes a date: `2024-05-01T08:00:01.100Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_of_database(ms: int) -> str:
    """As PostgreSQL writes a date into JSON: `2024-05-01T08:00:01.1+00:00`, without useless zeros."""
    text = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    moment, zone = text[:-6], text[-6:]
    return moment.rstrip("0").rstrip(".") + zone if "." in moment else text


def parse_iso(text: str) -> int:
    """Milliseconds since 1970; a date without a zone is read as UTC."""
    moment = datetime.fromisoformat(text)
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
