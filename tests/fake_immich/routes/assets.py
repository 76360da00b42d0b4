"""Routes of single assets and of many: information, changes, the trash."""

from collections.abc import Callable
from dataclasses import replace

from tests.fake_immich.answers.assets import INFO, Part, asset_json
from tests.fake_immich.answers.names import KYSELY
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Answer, Json, Request, failed, no_access
from tests.fake_immich.routes.filters import BEFORE_VISIBILITY, VISIBILITIES, VISIBILITY
from tests.fake_immich.routes.stacks import leave_legacy_stack, stack_legacy
from tests.fake_immich.routes.table import SCOPES_BEGIN, World, route
from tests.fake_immich.state import Asset, Marks, User
from tests.fake_immich.versions import LAST, fields_of

RATING = (1, 112, 0)
BULK_RATING_WORKS = (1, 143, 0)
LEGACY_STACKS = (1, 112, 1)

_CHANGES = (
    Field("isFavorite", "flag"),
    Field("isArchived", "flag", until=BEFORE_VISIBILITY),
    Field("visibility", "choice", since=VISIBILITY, choices=VISIBILITIES),
    Field("dateTimeOriginal", "date"),
)
ONE_FIELDS = (
    *_CHANGES,
    Field("description", "text"),
    Field("rating", "rating", since=RATING, null_since=(2, 6, 0)),
    Field("livePhotoVideoId", "uuid", since=(1, 115, 0), null_since=(1, 115, 0)),
)
MANY_FIELDS = (
    Field("ids", "uuids", required=True),
    *_CHANGES,
    Field("description", "text", since=VISIBILITY),
    Field("rating", "rating", since=RATING, null_since=(2, 6, 0)),
    Field("duplicateId", "text", since=(1, 106, 0), null_since=(1, 106, 0)),
    Field("stackParentId", "uuid", until=LEGACY_STACKS),
    Field("removeParent", "flag", until=LEGACY_STACKS),
)
_IDS = (Field("ids", "uuids", required=True), Field("force", "flag"))


def readable(world: World, user: User, asset_id: str, permission: str = "asset.read") -> Asset:
    """An asset that the user may see; refuses with 400 otherwise."""
    asset = world.state.assets.get(asset_id)
    if asset is None or not world.state.reads(user, asset):
        raise no_access(permission)
    return asset


def owned(world: World, user: User, ids: list[str], permission: str) -> list[Asset]:
    """Assets that the user may change, each once; refuses with 400 if one of them is not."""
    found = {i: world.state.assets.get(i) for i in ids}
    if any(asset is None or not world.state.owns(user, asset) for asset in found.values()):
        raise no_access(permission)
    return [asset for asset in found.values() if asset is not None]


@route("asset_info", "GET /asset[s]/{id}", "asset.read")
def asset_info(world: World, request: Request) -> Json:
    asset = readable(world, request.user, request.ids["id"])
    return asset_json(world, asset, request.user, INFO)


@route("asset_ocr", "GET /assets/{id}/ocr", "asset.read", since="2.2.0")
def text_in_picture(world: World, request: Request) -> Json:
    readable(world, request.user, request.ids["id"])
    return []


@route("asset_update", "PUT /asset[s]/{id}", "asset.update", body=ONE_FIELDS)
@route("asset_update", "PATCH /assets/{id}", "asset.update", since="3.0.0", until="3.1.0", body=ONE_FIELDS)
def update_asset(world: World, request: Request) -> Json:
    (asset,) = owned(world, request.user, [request.ids["id"]], "asset.update")
    _apply(world, [asset], request.fields)
    if "livePhotoVideoId" in request.fields:
        asset.live_video_id = request.fields["livePhotoVideoId"]
    parts = Part.EXIF | Part.PEOPLE
    return asset_json(world, asset, request.user, parts if world.release >= KYSELY else parts | Part.OWNER | Part.TAGS)


@route("assets_update_bulk", "PUT /asset[s]", "asset.update", status=204, body=MANY_FIELDS)
@route(
    "assets_update_bulk", "PATCH /assets", "asset.update", since="3.0.0", until="3.1.0", status=204, body=MANY_FIELDS
)
def update_assets(world: World, request: Request) -> Answer:
    fields = request.fields
    assets = owned(world, request.user, fields["ids"], "asset.update")
    if "rating" in fields and world.release < BULK_RATING_WORKS:
        raise failed("update assets")
    if "stackParentId" in fields:
        (parent,) = owned(world, request.user, [fields["stackParentId"]], "asset.update")
        stack_legacy(world, parent, assets)
    if fields.get("removeParent"):
        leave_legacy_stack(world, assets)
    _apply(world, assets, fields)
    if "duplicateId" in fields and not _is_ignored(world, fields):
        for asset in assets:
            asset.duplicate_id = fields["duplicateId"]
    return Answer(204)


def _is_ignored(world: World, fields: Json) -> bool:
    alone = set(fields) == {"ids", "duplicateId"} and fields["duplicateId"] is None
    return alone and (1, 125, 3) <= world.release <= BEFORE_VISIBILITY


def _apply(world: World, assets: list[Asset], fields: Json) -> None:
    for asset in assets:
        if "isFavorite" in fields:
            asset.is_favorite = fields["isFavorite"]
        if "isArchived" in fields:
            asset.visibility = "archive" if fields["isArchived"] else "timeline"
        if "visibility" in fields:
            _show(world, asset, fields["visibility"])
        if "dateTimeOriginal" in fields:
            asset.taken_ms = fields["dateTimeOriginal"]
    marks = {name: fields[name] for name in ("description", "rating") if name in fields}
    if marks or "isFavorite" in fields:
        world.jobs.write(assets, _setting(marks))


def _setting(marks: dict[str, Json]) -> Callable[[Marks], Marks]:
    return lambda before: replace(before, **marks)


def _show(world: World, asset: Asset, visibility: str) -> None:
    asset.visibility = visibility
    if visibility == "locked":
        for album in world.state.albums.values():
            album.assets.pop(asset.id, None)


@route("assets_delete", "DELETE /asset[s]", "asset.delete", status=204, body=_IDS)
def delete_assets(world: World, request: Request) -> Answer:
    for asset in owned(world, request.user, request.fields["ids"], "asset.delete"):
        if request.fields.get("force"):
            world.state.remove(asset)
        elif asset.library_id is None or world.release >= (1, 104, 0):
            asset.trashed_ms = world.state.now()
    return Answer(204)


_RESTORE = "POST /trash/restore/assets"


@route(
    "trash_restore_assets", _RESTORE, "asset.delete", until="1.115.0", status=204, scoped_since=SCOPES_BEGIN, body=_IDS
)
@route("trash_restore_assets", _RESTORE, "asset.delete", since="1.116.0", scoped_since=SCOPES_BEGIN, body=_IDS)
def restore_assets(world: World, request: Request) -> Answer | Json:
    permission = "asset.restore" if world.release < (1, 106, 0) else "asset.delete"
    assets = owned(world, request.user, request.fields["ids"], permission)
    for asset in assets:
        asset.trashed_ms = None
    return Answer(204) if world.release < (1, 116, 0) else {"count": len(assets)}


@route("duplicates_list", "GET /duplicates", "duplicate.read", since="1.106.0")
def list_duplicates(world: World, request: Request) -> Json:
    groups: dict[str, list[Asset]] = {}
    for asset in world.state.assets.values():
        in_use = asset.trashed_ms is None and not (asset.stack is not None and world.release >= (1, 125, 0))
        if asset.duplicate_id is not None and asset.owner is request.user and in_use:
            groups.setdefault(asset.duplicate_id, []).append(asset)
    if world.release >= (1, 120, 0):
        groups = {group_id: assets for group_id, assets in groups.items() if len(assets) > 1}
    return [_duplicates(world, request, group_id, assets) for group_id, assets in groups.items()]


def _duplicates(world: World, request: Request, group_id: str, assets: list[Asset]) -> Json:
    parts = Part.EXIF | Part.NESTED | (Part.TAGS if world.release >= KYSELY else Part.STACK)
    shown = [asset_json(world, asset, request.user, parts) for asset in assets]
    keep = {"suggestedKeepAssetIds": [assets[0].id]}
    return {"duplicateId": group_id, "assets": shown} | fields_of(world.release, ((2, 7, 0), LAST, keep))


@route("duplicate_dismiss", "DELETE /duplicates/{id}", "duplicate.delete", since="1.135.0", until="1.137.99")
@route("duplicate_dismiss", "DELETE /duplicates/{id}", "duplicate.delete", since="1.138.0", status=204)
def dismiss_duplicate(world: World, request: Request) -> Answer:
    return _dismiss(world, request, [request.ids["id"]])


@route(
    "duplicates_dismiss_bulk", "DELETE /duplicates", "duplicate.delete", since="1.135.0", until="1.137.99", body=_IDS
)
@route("duplicates_dismiss_bulk", "DELETE /duplicates", "duplicate.delete", since="1.138.0", status=204, body=_IDS)
def dismiss_duplicates(world: World, request: Request) -> Answer:
    return _dismiss(world, request, request.fields["ids"])


def _dismiss(world: World, request: Request, ids: list[str]) -> Answer:
    own = [a for a in world.state.assets.values() if a.owner is request.user and a.duplicate_id in ids]
    if world.release >= (3, 0, 0) and {a.duplicate_id for a in own} != set(ids):
        raise no_access("duplicate.delete")
    for asset in own:
        asset.duplicate_id = None
    return Answer(204 if world.release >= (1, 138, 0) else 200)
