"""How each release writes albums."""

from collections import Counter
from enum import Enum, auto

from tests.fake_immich.answers.assets import Part, asset_json
from tests.fake_immich.answers.names import KYSELY, user_json
from tests.fake_immich.requests import Json
from tests.fake_immich.routes.table import World
from tests.fake_immich.state import Album, Asset, User, iso, iso_of_database
from tests.fake_immich.versions import FIRST, LAST, fields_of

_DAY_MS = 86_400_000


class AlbumWay(Enum):
    """How an album comes to be answered: each way says a little more or less."""

    LISTED = auto()
    ASKED_FOR = auto()
    WRITTEN = auto()


def album_json(world: World, album: Album, viewer: User, way: AlbumWay, parts: Part | None = None) -> Json:
    """An album; with `parts`, its assets too where the release gives them."""
    held = [a for a in world.state.in_album_order(album) if world.release < KYSELY or a.visibility != "hidden"]
    body = {
        "id": album.id,
        "albumName": album.name,
        "description": album.description,
        "albumThumbnailAssetId": album.thumbnail_id,
        "createdAt": iso(album.created_ms),
        "updatedAt": iso(album.updated_ms),
        "shared": bool(album.members),
        "hasSharedLink": False,
        "assetCount": len(held),
        "isActivityEnabled": album.is_activity_enabled,
    }
    body |= _dates(world, held, way) | _users(world, album)
    if way is AlbumWay.ASKED_FOR and album.members:
        owners = Counter(asset.owner.id for asset in held)
        counts = [{"userId": user, "assetCount": count} for user, count in owners.items()]
        body |= fields_of(world.release, ((2, 2, 0), LAST, {"contributorCounts": counts}))
    shown = [] if parts is None else [asset_json(world, asset, viewer, parts | Part.NESTED) for asset in held]
    return body | fields_of(
        world.release,
        ((1, 99, 0), LAST, {"order": album.order}),
        (FIRST, (3, 0, 0), {"ownerId": album.owner.id, "assets": shown}),
        (FIRST, (3, 0, 0), {"owner": user_json(world, album.owner, nested=True)}),
    )


def _dates(world: World, held: list[Asset], way: AlbumWay) -> Json:
    if not held:
        return {}
    is_local = world.release >= KYSELY
    moments = [asset.local_ms if is_local else asset.taken_ms for asset in held]
    first, last = min(moments), max(moments)
    if way is AlbumWay.WRITTEN:
        date = iso_of_database if is_local else iso
        return {"startDate": date(first), "endDate": date(last)}
    grain = _DAY_MS if is_local else 1
    dates = {"startDate": iso(first // grain * grain), "endDate": iso(last // grain * grain)}
    if way is AlbumWay.LISTED or is_local:
        dates["lastModifiedAssetTimestamp"] = iso(max(asset.updated_ms for asset in held))
    return dates


def _users(world: World, album: Album) -> Json:
    users = [(world.state.users[i], role) for i, role in album.members.items()]
    if world.release >= (3, 0, 0):
        users.insert(0, (album.owner, "owner"))
    roles = [{"user": user_json(world, user, nested=True), "role": role} for user, role in users]
    return fields_of(
        world.release,
        (FIRST, (1, 106, 0), {"sharedUsers": [user_json(world, user) for user, _ in users]}),
        ((1, 103, 0), LAST, {"albumUsers": roles}),
    )
