"""Puts photos, videos, albums and the like into the fake server, without a request."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.fake_immich.pictures import ORIGINAL_SIZE, Original, Scene, Shot
from tests.fake_immich.routes.stacks import make_stack, stack_legacy
from tests.fake_immich.routes.table import World
from tests.fake_immich.routes.tags import adding, new_tag, upserted
from tests.fake_immich.state import Album, Asset, Exif, Face, Key, Person, Stack, Tag, User

MORNING = datetime(2024, 5, 1, 8, 0)
APART = timedelta(minutes=10)
_BURST = 3
_CAMERA = Exif(make="Fake", model="Camera 1", f_number=2.8, focal_length=35, iso=200, exposure="1/250", orientation="1")
_BROKEN = b"\xff\xd8\xff this is no picture"
_MOVIE = b"\x00\x00\x00\x18ftypqt  " + bytes(64)


class Seeds:
    """Everything goes to the owner named, else to the administrator."""

    def __init__(self, world: World, owner: User) -> None:
        self._world = world
        self._state = world.state
        self._owner = owner
        self._scenes = 0

    def user(self, name: str, *, is_admin: bool = False) -> User:
        """Somebody new."""
        return new_user(self._world, name, is_admin=is_admin)

    def key(self, *permissions: str, owner: User | None = None, name: str = "limited") -> Key:
        """A key with these permissions."""
        return new_key(self._world, owner or self._owner, name, list(permissions))

    def new_scene(self) -> int:
        """The number of a scene that no photo shows yet."""
        self._scenes += 1
        return self._scenes

    def photo(
        self,
        name: str | None = None,
        taken: datetime = MORNING,
        *,
        scene: Scene | int | None = None,
        owner: User | None = None,
        offset_minutes: int = 0,
        declared_checksum: bool = False,
    ) -> Asset:
        """A photo. `taken` is the wall clock, `offset_minutes` its zone; without a scene it shows a new one."""
        shown = scene if isinstance(scene, Scene) else Scene(self.new_scene() if scene is None else scene)
        shot = Shot(shown, taken, _zone(offset_minutes))
        asset = self._asset(name, taken, owner, offset_minutes)
        asset.original = Original(shot=shot, declared=asset.id if declared_checksum else None)
        asset.scene = shown
        asset.exif = replace(_CAMERA, time_zone=f"UTC{_zone(offset_minutes)}") if offset_minutes else _CAMERA
        asset.size = ORIGINAL_SIZE
        self._state.add(asset)
        return asset

    def burst(
        self, size: int, taken: datetime = MORNING, *, gap: timedelta = timedelta(), declared_checksum: bool = False
    ) -> list[Asset]:
        """Near-identical photos, the sharpest first; by default all at the same time, as bursts are."""
        number = self.new_scene()
        return [
            self.photo(taken=taken + n * gap, scene=Scene(number, n), declared_checksum=declared_checksum)
            for n in range(size)
        ]

    def video(self, name: str, taken: datetime = MORNING, *, owner: User | None = None) -> Asset:
        """A video of three seconds."""
        asset = self._asset(name, taken, owner, 0)
        asset.original = Original(data=_MOVIE + asset.id.encode())
        asset.kind, asset.duration_ms, asset.size = "VIDEO", 3000, (640, 480)
        asset.scene = Scene(self.new_scene())
        self._state.add(asset)
        return asset

    def live_photo(self, name: str, taken: datetime = MORNING) -> tuple[Asset, Asset]:
        """A photo and its hidden motion part, which has no thumbnail."""
        photo = self.photo(name, taken)
        motion = self.video(name.rpartition(".")[0] + ".MOV", taken)
        motion.visibility, motion.scene = "hidden", None
        photo.live_video_id = motion.id
        return photo, motion

    def broken(self, name: str, taken: datetime = MORNING) -> Asset:
        """A file that is no picture: it never gets a thumbnail."""
        asset = self._asset(name, taken, None, 0)
        asset.original = Original(data=_BROKEN + asset.id.encode())
        self._state.add(asset)
        return asset

    def external(self, asset: Asset, path: str) -> None:
        """Make the asset one of an external library, with the checksum of its path."""
        asset.library_id, asset.path = self._state.new_id(), path

    def trash(self, *assets: Asset) -> None:
        """Throw assets away, restorably."""
        for asset in assets:
            asset.trashed_ms = self._state.now()
        self._state.revision += 1

    def album(
        self,
        name: str,
        assets: Iterable[Asset] = (),
        *,
        owner: User | None = None,
        shared_with: Mapping[str, str] | None = None,
    ) -> Album:
        """An album; `shared_with` names the role of each user id."""
        now = self._state.now()
        held = dict.fromkeys(asset.id for asset in assets)
        album = Album(self._state.new_id(), owner or self._owner, name, "", now, now, held, dict(shared_with or {}))
        album.thumbnail_id = next(iter(held), None)
        self._state.albums[album.id] = album
        return album

    def tag(self, path: str, assets: Iterable[Asset] = (), *, owner: User | None = None) -> Tag:
        """A tag on assets, with its parents where the release has such."""
        whose = owner or self._owner
        flat = self._world.release < (1, 113, 0)
        tag = new_tag(self._world, whose, path) if flat else upserted(self._world, whose, path)
        assert tag is not None, f"{path!r} names no tag"
        for asset in assets:
            asset.marks = adding({tag.id})(asset.marks)
        self._state.revision += 1
        return tag

    def stack(self, *assets: Asset) -> Stack:
        """A stack, the first on top."""
        if self._world.release >= (1, 113, 0):
            return make_stack(self._world, assets[0].owner, [asset.id for asset in assets])
        stack_legacy(self._world, assets[0], list(assets[1:]))
        assert assets[0].stack is not None  # just made
        return assets[0].stack

    def person(self, name: str) -> Person:
        """Somebody known by face."""
        person = Person(self._state.new_id(), self._owner, name, self._state.now())
        self._state.people[person.id] = person
        return person

    def face(
        self,
        asset: Asset,
        box: tuple[int, int, int, int],
        image_size: tuple[int, int] = (1440, 960),
        person: Person | None = None,
    ) -> Face:
        """A face in a picture of the given size: left, top, right, bottom."""
        face = Face(self._state.new_id(), asset.id, box, image_size, person)
        self._state.faces.setdefault(asset.id, []).append(face)
        return face

    def duplicates(self, *assets: Asset) -> str:
        """A group that the server itself takes for duplicates; answers its id."""
        group_id = self._state.new_id()
        for asset in assets:
            asset.duplicate_id = group_id
        return group_id

    def partner(self, sharer: User, viewer: User) -> None:
        """Let one user's photos appear in the other's timeline."""
        self._state.partners.add((sharer.id, viewer.id))

    def library(
        self, size: int, *, grouped: float = 0.3, apart: timedelta = APART, declared_checksums: bool = False
    ) -> list[Asset]:
        """A library of `size` photos, of which this part is in bursts of three; all else is so far from each other.

        Declared checksums make it cheap to list and false to download originals from.
        """
        assets: list[Asset] = []
        for taken, members in _moments(size, grouped, apart, self._state.seed):
            assets += self.burst(members, taken, declared_checksum=declared_checksums)
        return assets

    def _asset(self, name: str | None, taken: datetime, owner: User | None, offset_minutes: int) -> Asset:
        state, whose = self._state, owner or self._owner
        asset_id = state.new_id()
        named = name or f"IMG_{len(state.assets):06}.jpg"
        taken_ms = round(taken.replace(tzinfo=UTC).timestamp() * 1000) - offset_minutes * 60_000
        now = state.now()
        path = f"/data/upload/{whose.id}/{asset_id[:2]}/{asset_id}.{named.rpartition('.')[2]}"
        return Asset(asset_id, whose, named, path, Original(data=b""), taken_ms, offset_minutes, taken_ms, now, now)


def _zone(offset_minutes: int) -> str:
    return f"{'-' if offset_minutes < 0 else '+'}{abs(offset_minutes) // 60:02}:{abs(offset_minutes) % 60:02}"


def _moments(size: int, grouped: float, apart: timedelta, seed: int) -> Iterator[tuple[datetime, int]]:
    """When something was photographed, and how many times; in an order of chance."""
    bursts = round(size * grouped / _BURST)
    members = [_BURST] * bursts + [1] * (size - bursts * _BURST)
    random.Random(seed).shuffle(members)
    for n, count in enumerate(members):
        yield MORNING + n * apart, count


def new_user(world: World, name: str, *, is_admin: bool) -> User:
    """Somebody with an empty library."""
    state = world.state
    address = f"{name.lower().replace(' ', '.')}@example.org"
    user = User(state.new_id(), name, address, is_admin, state.now(), state.new_id())
    state.users[user.id] = user
    return user


def new_key(world: World, owner: User, name: str, permissions: list[str]) -> Key:
    """A key with a secret of its own."""
    state = world.state
    secret = f"secret-of-{name}-{state.new_id().replace('-', '')}"
    key = Key(state.new_id(), secret, name, owner, permissions, state.now())
    state.keys[secret] = key
    return key
