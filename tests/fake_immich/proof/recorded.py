"""Makes the library of a recording out of what the recording shows of it."""

import json
from collections.abc import Iterator

from tests.fake_immich.pictures import Original, Scene
from tests.fake_immich.requests import Json
from tests.fake_immich.server import FakeImmich
from tests.fake_immich.state import Asset, Exif, Face, Key, Marks, Person, parse_iso
from tests.support.paths import SHARED

RECORDINGS = SHARED / "immich-recordings"
RECORDED = ("v1.105.1", "v1.118.2", "v2.7.5", "v3.1.0")

# The limited key's scopes where the server could not be asked for them.
_SCOPES = "tag.create tag.read tag.asset album.create album.read album.update stack.create stack.read stack.update"
_EXIF = {
    "make": "make",
    "model": "model",
    "lens": "lensModel",
    "f_number": "fNumber",
    "focal_length": "focalLength",
    "iso": "iso",
    "exposure": "exposureTime",
    "orientation": "orientation",
    "time_zone": "timeZone",
    "latitude": "latitude",
    "longitude": "longitude",
    "city": "city",
    "state": "state",
    "country": "country",
}


class RecordedLibrary:
    """The users, keys and assets of a recording, with their ids, in a fake server."""

    def __init__(self, fake: FakeImmich) -> None:
        self.calls: list[Json] = json.loads((RECORDINGS / f"{fake.version}.json").read_text(encoding="utf-8"))
        self._fake = fake
        self._state = fake.state
        self._me, self._second = fake.admin.user, fake.user.user
        self._uploads: dict[str, Asset] = {}
        self._take_over_users()
        self.limited = self._take_over_keys()
        self._take_over_assets()

    def before(self, call: Json) -> None:
        """What happened unrecorded just before a call."""
        name = call["name"]
        if name.startswith("partner-"):
            self._state.partners.add((self._second.id, self._me.id))
        elif name == "faces":
            self._add_faces(call["response"]["body"])
        elif name == "shared-albums-list":
            self._add_shared_album()
        elif name.startswith("upload-") and call["response"]["status"] == 201:
            asset_id = call["response"]["body"]["id"]
            self._state.add(self._uploads.get(asset_id) or self._unseen(asset_id, "upload.jpg"))

    def _answer(self, name: str) -> Json:
        return next((call["response"]["body"] for call in self.calls if call["name"] == name), {})

    def _take_over_users(self) -> None:
        recorded = (self._me, self._answer("users-me")), (self._second, self._answer("partner-asset-info")["owner"])
        for user, shown in recorded:
            del self._state.users[user.id]
            user.id, user.name = shown["id"], shown["name"]
            self._state.users[user.id] = user

    def _take_over_keys(self) -> Key:
        full, limited = self._answer("api-keys-me"), self._answer("api-keys-me-limited-key")
        key = self._fake.seeds.key(*limited.get("permissions", _SCOPES.split()))
        self._fake.admin.name = "full"
        self._fake.admin.id = full.get("id", self._fake.admin.id)
        key.id = limited.get("id", key.id)
        return key

    def _take_over_assets(self) -> None:
        shown: dict[str, Json] = {}
        exif: dict[str, Json] = {}
        for call in self.calls:
            for asset in _assets_in(call["response"]["body"]):
                shown.setdefault(asset["id"], asset)
                exif[asset["id"]] = exif.get(asset["id"]) or asset.get("exifInfo") or {}
            for asset_id, name in (call.get("ids") or {}).items():
                if name == "locked.jpg" and asset_id not in self._state.assets:
                    self._state.add(self._unseen(asset_id, name))
                    self._state.assets[asset_id].visibility = "locked"
        for asset_id, asset in shown.items():
            ours = self._asset(asset, exif[asset_id])
            if ours.name.startswith("upload"):
                self._uploads[asset_id] = ours
            else:
                self._state.add(ours)

    def _asset(self, shown: Json, exif: Json) -> Asset:
        asset = self._unseen(shown["id"], shown["originalFileName"])
        name = asset.name
        asset.owner = self._state.users[shown["ownerId"]]
        asset.taken_ms = parse_iso(shown["fileCreatedAt"])
        asset.modified_ms = parse_iso(shown["fileModifiedAt"])
        asset.offset_minutes = (parse_iso(shown["localDateTime"]) - asset.taken_ms) // 60_000
        asset.original = _RecordedOriginal(exif.get("fileSizeInByte", 100), shown["checksum"])
        asset.kind = shown["type"]
        asset.duration_ms = {"clip.mp4": 3000, "IMG_1.MOV": 2000}.get(name)
        asset.exif = Exif(**{ours: exif.get(theirs) for ours, theirs in _EXIF.items()})
        asset.size = (exif["exifImageWidth"], exif["exifImageHeight"]) if exif.get("exifImageWidth") else None
        asset.visibility = {"IMG_1.MOV": "hidden", "archived.jpg": "archive"}.get(name, "timeline")
        asset.trashed_ms = self._state.now() if name == "trashed.jpg" else None
        asset.duplicate_id, asset.live_video_id = shown.get("duplicateId"), shown.get("livePhotoVideoId")
        asset.owner.library_id = shown.get("libraryId") or asset.owner.library_id
        if name == "berlin.jpg":
            asset.marks = Marks(description="Museum island", rating=3)
        return asset

    def _unseen(self, asset_id: str, name: str) -> Asset:
        now = self._state.now()
        has_thumbnail = name != "broken.jpg" and (name != "IMG_1.MOV" or self._fake.version == "v2.7.5")
        scene = Scene(len(self._state.assets)) if has_thumbnail else None
        return Asset(asset_id, self._me, name, name, Original(data=b"unseen"), now, 0, now, now, now, scene=scene)

    def _add_faces(self, recorded: Json) -> None:
        (asset,) = [asset for asset in self._state.assets.values() if asset.name == "berlin.jpg"]
        shown = recorded[0]["person"]
        person = Person(shown["id"], self._me, shown["name"], self._state.now())
        self._state.people[person.id] = person
        self._state.faces[asset.id] = [_face(asset, face, person if face["person"] else None) for face in recorded]

    def _add_shared_album(self) -> None:
        (shown,) = [album for album in self._answer("shared-albums-list-shared-true") if album["shared"]]
        (theirs,) = [asset for asset in self._state.assets.values() if asset.owner is self._second]
        album = self._fake.seeds.album(shown["albumName"], [theirs], owner=self._second)
        del self._state.albums[album.id]
        album.id, album.members = shown["id"], {self._me.id: "editor"}
        self._state.albums[album.id] = album


class _RecordedOriginal(Original):
    """A file of which only size and checksum were recorded."""

    def __init__(self, size: int, checksum: str) -> None:
        super().__init__(data=bytes(size))
        self._known = (checksum, size)


def _face(asset: Asset, shown: Json, person: Person | None) -> Face:
    box = (shown["boundingBoxX1"], shown["boundingBoxY1"], shown["boundingBoxX2"], shown["boundingBoxY2"])
    return Face(shown["id"], asset.id, box, (shown["imageWidth"], shown["imageHeight"]), person)


def _assets_in(body: Json) -> Iterator[Json]:
    if isinstance(body, dict):
        if "originalFileName" in body:
            yield body
        else:
            for value in body.values():
                yield from _assets_in(value)
    elif isinstance(body, list):
        for item in body:
            yield from _assets_in(item)
