"""Albums: with their assets up to 2.7, without them from 3.0."""

from collections.abc import Callable, Iterable

from tests.fake_immich.answers.albums import AlbumWay, album_json
from tests.fake_immich.answers.assets import Part
from tests.fake_immich.answers.names import KYSELY
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Answer, Json, RefusalError, Request, no_access
from tests.fake_immich.routes.table import SCOPES_BEGIN, World, route
from tests.fake_immich.state import Album, User

_ALL_LISTED = (3, 0, 0)
_LIST = (
    Field("shared", "flag", until=(2, 99, 0)),
    Field("assetId", "uuid"),
    Field("isOwned", "flag", since=_ALL_LISTED),
    Field("isShared", "flag", since=_ALL_LISTED),
    Field("name", "text", since=_ALL_LISTED),
    Field("id", "uuid", since=_ALL_LISTED),
)
_INFO = (Field("withoutAssets", "flag", until=(2, 99, 0)),)
_NEW = (
    Field("albumName", "text", required=True),
    Field("description", "text"),
    Field("assetIds", "uuids"),
)
_CHANGE = (
    Field("albumName", "text"),
    Field("description", "text"),
    Field("albumThumbnailAssetId", "uuid"),
    Field("isActivityEnabled", "flag"),
    Field("order", "choice", since=(1, 99, 0), choices=("asc", "desc")),
)
_IDS = (Field("ids", "uuids", required=True),)
_MANY = (Field("albumIds", "uuids", required=True), Field("assetIds", "uuids", required=True))


def seen_album(world: World, user: User, album_id: str, permission: str, *, owned: bool = False) -> Album:
    """An album that the user may see, or owns; refuses with 400 otherwise."""
    album = world.state.albums.get(album_id)
    if album is None or not (album.owner is user if owned else world.state.sees(user, album)):
        raise no_access(permission)
    return album


def _writable(world: World, user: User, album_id: str) -> Album:
    album = world.state.albums.get(album_id)
    if album is None:
        raise RefusalError(400, "Album not found")
    if album.owner is not user and album.members.get(user.id) != "editor":
        raise no_access("albumAsset.create" if world.release >= (1, 137, 0) else "album.addAsset")
    return album


def _listed(world: World, request: Request) -> Iterable[Album]:
    user, fields = request.user, request.fields
    seen = [album for album in world.state.albums.values() if world.state.sees(user, album)]
    if "assetId" in fields:
        return [album for album in seen if fields["assetId"] in album.assets]
    if world.release < _ALL_LISTED:
        shared = fields.get("shared")
        if shared is None:
            return [album for album in seen if album.owner is user]
        return [a for a in seen if a.members] if shared else [a for a in seen if a.owner is user and not a.members]
    tests: dict[str, Callable[[Album], bool]] = {
        "isOwned": lambda a: (a.owner is user) == fields["isOwned"],
        "isShared": lambda a: bool(a.members) == fields["isShared"],
        "name": lambda a: a.name == fields["name"],
        "id": lambda a: a.id == fields["id"],
    }
    return [album for album in seen if all(test(album) for name, test in tests.items() if name in fields)]


@route("albums_list", "GET /album[s]", "album.read", scoped_since=SCOPES_BEGIN, query=_LIST)
def list_albums(world: World, request: Request) -> Json:
    newest_first = sorted(_listed(world, request), key=lambda album: album.created_ms, reverse=True)
    return [album_json(world, album, request.user, AlbumWay.LISTED) for album in newest_first]


@route("album_info", "GET /album[s]/{id}", "album.read", scoped_since=SCOPES_BEGIN, query=_INFO)
def album_info(world: World, request: Request) -> Json:
    album = seen_album(world, request.user, request.ids["id"], "album.read")
    parts = None if request.fields.get("withoutAssets") else Part.EXIF
    return album_json(world, album, request.user, AlbumWay.ASKED_FOR, parts)


@route("album_create", "POST /album[s]", "album.create", status=201, scoped_since=SCOPES_BEGIN, body=_NEW)
def create_album(world: World, request: Request) -> Json:
    fields, now = request.fields, world.state.now()
    album = Album(world.state.new_id(), request.user, fields["albumName"], fields.get("description", ""), now, now)
    world.state.albums[album.id] = album
    _add(world, request.user, album, fields.get("assetIds", ()))
    parts = Part.EXIF if world.release >= KYSELY else Part.BARE
    return album_json(world, album, request.user, AlbumWay.WRITTEN, parts)


@route("album_update", "PATCH /album[s]/{id}", "album.update", scoped_since=SCOPES_BEGIN, body=_CHANGE)
def update_album(world: World, request: Request) -> Json:
    album = seen_album(world, request.user, request.ids["id"], "album.update", owned=True)
    fields = request.fields
    if fields.get("albumThumbnailAssetId", album.thumbnail_id) not in {*album.assets, album.thumbnail_id}:
        raise RefusalError(400, "Invalid album thumbnail")
    album.name = fields.get("albumName", album.name)
    album.description = fields.get("description", album.description)
    album.thumbnail_id = fields.get("albumThumbnailAssetId", album.thumbnail_id)
    album.order = fields.get("order", album.order)
    album.is_activity_enabled = fields.get("isActivityEnabled", album.is_activity_enabled)
    album.updated_ms = world.state.now()
    return album_json(world, album, request.user, AlbumWay.WRITTEN)


@route("album_delete", "DELETE /album[s]/{id}", "album.delete", until="1.137.99", scoped_since=SCOPES_BEGIN)
@route("album_delete", "DELETE /albums/{id}", "album.delete", since="1.138.0", status=204, scoped_since=SCOPES_BEGIN)
def delete_album(world: World, request: Request) -> Answer:
    album = seen_album(world, request.user, request.ids["id"], "album.delete", owned=True)
    del world.state.albums[album.id]
    return Answer(200 if world.release < (1, 138, 0) else 204)


@route("album_add_assets", "PUT /album[s]/{id}/assets", "albumAsset.create", body=_IDS)
def add_assets(world: World, request: Request) -> Json:
    album = _writable(world, request.user, request.ids["id"])
    return _add(world, request.user, album, request.fields["ids"])


def _add(world: World, user: User, album: Album, ids: Iterable[str]) -> list[Json]:
    results: list[Json] = []
    for asset_id in ids:
        asset = world.state.assets.get(asset_id)
        if asset_id in album.assets:
            results.append({"id": asset_id, "success": False, "error": "duplicate"})
        elif asset is None or not world.state.shares(user, asset):
            results.append({"id": asset_id, "success": False, "error": "no_permission"})
        else:
            album.assets[asset_id] = None
            album.updated_ms = world.state.now()
            results.append({"id": asset_id, "success": True})
    if album.thumbnail_id is None:
        album.thumbnail_id = _cover(world, album)
    return results


def _cover(world: World, album: Album) -> str | None:
    newest = max(world.state.existing(album.assets), key=lambda a: a.taken_ms, default=None)
    return newest.id if newest is not None and world.release >= SCOPES_BEGIN else next(iter(album.assets), None)


@route("album_remove_assets", "DELETE /album[s]/{id}/assets", "albumAsset.delete", body=_IDS)
def remove_assets(world: World, request: Request) -> Json:
    album = _writable(world, request.user, request.ids["id"])
    results: list[Json] = []
    for asset_id in request.fields["ids"]:
        is_held = asset_id in album.assets
        album.assets.pop(asset_id, None)
        results.append({"id": asset_id, "success": is_held} | ({} if is_held else {"error": "not_found"}))
    if album.thumbnail_id not in album.assets:
        album.thumbnail_id = _cover(world, album)
    return results


@route("albums_add_assets_bulk", "PUT /albums/assets", "albumAsset.create", since="1.139.2", body=_MANY)
def add_to_many(world: World, request: Request) -> Json:
    albums = [_writable(world, request.user, i) for i in request.fields["albumIds"]]
    results = [item for album in albums for item in _add(world, request.user, album, request.fields["assetIds"])]
    errors = [item["error"] for item in results if not item["success"]]
    if any(item["success"] for item in results):
        return {"success": True}
    return {"success": False, "error": errors[0] if errors else "unknown"}
