"""Tags: flat up to 1.112, paths from 1.113."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.fake_immich.answers.assets import Part, asset_json
from tests.fake_immich.answers.names import tag_json
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Answer, Json, RefusalError, Request, failed, no_access
from tests.fake_immich.routes.table import SCOPES_BEGIN, World, route
from tests.fake_immich.state import Asset, Marks, Tag, User
from tests.fake_immich.versions import Release

_FLAT = "1.112.1"
_PATHS: Release = (1, 113, 0)
_FLAT_NAME = (
    Field("name", "text", required=True),
    Field("type", "choice", required=True, choices=("OBJECT", "FACE", "CUSTOM")),
)
_FLAT_RENAME = (Field("name", "text"),)
_NEW = (
    Field("name", "text", required=True),
    Field("parentId", "uuid", null_since=_PATHS),
    Field("color", "colour", null_since=_PATHS),
)
_CHANGE = (Field("color", "colour", null_since=_PATHS), Field("name", "text", since=(3, 2, 0)))
_NAMES = (Field("tags", "texts", required=True),)
_ASSET_IDS = (Field("assetIds", "uuids", required=True),)
_IDS = (Field("ids", "uuids", required=True),)
_MANY = (Field("tagIds", "uuids", required=True), Field("assetIds", "uuids", required=True))


def own_tag(world: World, user: User, tag_id: str, permission: str) -> Tag:
    """A tag of the user; refuses with 400 otherwise."""
    tag = world.state.tags.get(tag_id)
    if tag is None or tag.owner is not user:
        raise RefusalError(400, "Tag not found") if world.release < _PATHS else no_access(permission)
    return tag


def new_tag(world: World, owner: User, value: str, parent: Tag | None = None) -> Tag:
    """A tag that was not there."""
    now = world.state.now()
    tag = Tag(world.state.new_id(), owner, value, now, now, None if parent is None else parent.id)
    world.state.tags[tag.id] = tag
    return tag


def upserted(world: World, owner: User, path: str) -> Tag | None:
    """The tag of a path, made with its parents where they are missing; None for a path without a name."""
    keeps_empty = world.release < (1, 116, 0)
    parts = [part for part in path.split("/") if part or keeps_empty]
    tag: Tag | None = None
    for part in parts:
        value = part if tag is None else f"{tag.value}/{part}"
        known = [t for t in world.state.tags.values() if t.owner is owner and t.value == value]
        tag = known[0] if known else new_tag(world, owner, value, tag)
        tag.updated_ms = world.state.now() if known else tag.updated_ms
    return tag


@route("tags_list", "GET /tag[s]", "tag.read", scoped_since=SCOPES_BEGIN)
def list_tags(world: World, request: Request) -> Json:
    own = [tag for tag in world.state.tags.values() if tag.owner is request.user]
    return [tag_json(world, tag) for tag in sorted(own, key=lambda tag: tag.value)]


@route("tag_get", "GET /tag[s]/{id}", "tag.read", scoped_since=SCOPES_BEGIN)
def get_tag(world: World, request: Request) -> Json:
    return tag_json(world, own_tag(world, request.user, request.ids["id"], "tag.read"))


@route("tag_create", "POST /tag[s]", "tag.create", until=_FLAT, status=201, body=_FLAT_NAME)
@route("tag_create", "POST /tags", "tag.create", since="1.113.0", status=201, scoped_since=SCOPES_BEGIN, body=_NEW)
def create_tag(world: World, request: Request) -> Json:
    fields = request.fields
    parent_id = fields.get("parentId")
    parent = own_tag(world, request.user, parent_id, "tag.read") if parent_id else None
    value = fields["name"] if parent is None else f"{parent.value}/{fields['name']}"
    if any(tag.value == value and tag.owner is request.user for tag in world.state.tags.values()):
        raise RefusalError(400, "A tag with that name already exists")
    tag = new_tag(world, request.user, value, parent)
    tag.kind = fields.get("type", "CUSTOM")
    if world.release >= (1, 119, 0):
        tag.color = fields.get("color")
    return tag_json(world, tag)


@route("tag_upsert", "PUT /tags", "tag.create", since="1.113.0", scoped_since=SCOPES_BEGIN, body=_NAMES)
def upsert_tags(world: World, request: Request) -> Json:
    tags = [upserted(world, request.user, path) for path in dict.fromkeys(request.fields["tags"])]
    unique = {tag.id: tag for tag in tags if tag is not None}
    return [tag_json(world, tag) for tag in unique.values()]


@route("tag_update", "PATCH /tag[s]/{id}", "tag.update", until=_FLAT, body=_FLAT_RENAME)
@route("tag_update", "PUT /tags/{id}", "tag.update", since="1.113.0", scoped_since=SCOPES_BEGIN, body=_CHANGE)
@route("tag_update", "PATCH /tags/{id}", "tag.update", since="3.0.0", until="3.1.0", body=_CHANGE)
def update_tag(world: World, request: Request) -> Json:
    tag = own_tag(world, request.user, request.ids["id"], "tag.update")
    fields = request.fields
    if not fields and world.release >= (1, 133, 0):
        raise failed("update tag")
    if "name" in fields:
        parent = tag.value.rpartition("/")[0]
        tag.value = f"{parent}/{fields['name']}" if parent and world.release >= _PATHS else fields["name"]
    if "color" in fields:
        tag.color = fields["color"]
        tag.updated_ms = world.state.now()
    return tag_json(world, tag)


@route("tag_delete", "DELETE /tag[s]/{id}", "tag.delete", until=_FLAT)
@route("tag_delete", "DELETE /tags/{id}", "tag.delete", since="1.113.0", status=204, scoped_since=SCOPES_BEGIN)
def delete_tag(world: World, request: Request) -> Answer:
    tag = own_tag(world, request.user, request.ids["id"], "tag.delete")
    world.state.delete_tags(world.state.with_children(tag.id))
    return Answer(200 if world.release < _PATHS else 204)


@route("tag_assets_list", "GET /tag[s]/{id}/assets", "tag.read", until=_FLAT)
def assets_of_tag(world: World, request: Request) -> Json:
    tag = own_tag(world, request.user, request.ids["id"], "tag.read")
    tagged = [a for a in world.state.assets.values() if tag.id in a.marks.tags]
    return [asset_json(world, asset, None, Part.EXIF | Part.TAGS) for asset in tagged]


@route("tag_add_assets", "PUT /tag[s]/{id}/assets", "tag.asset", until=_FLAT, body=_ASSET_IDS)
def add_flat(world: World, request: Request) -> Json:
    tag = own_tag(world, request.user, request.ids["id"], "tag.asset")
    before = {a.id for a in world.state.assets.values() if tag.id in a.marks.tags}
    results: list[Json] = []
    for asset_id in request.fields["assetIds"]:
        asset = world.state.assets.get(asset_id)
        if asset is None or not world.state.owns(request.user, asset):
            raise failed("tag assets")
        world.jobs.write([asset], adding({tag.id}))
        is_known = {"success": False, "error": "duplicate"} if asset_id in before else {"success": True}
        results.append({"assetId": asset_id} | is_known)
    return results


@route("tag_remove_assets", "DELETE /tag[s]/{id}/assets", "tag.asset", until=_FLAT, body=_ASSET_IDS)
def remove_flat(world: World, request: Request) -> Json:
    results = _removed(world, request, request.fields["assetIds"])
    return [{"assetId": item.pop("id")} | item for item in results]


@route("tag_add_assets", "PUT /tags/{id}/assets", "tag.asset", since="1.113.0", scoped_since=SCOPES_BEGIN, body=_IDS)
def add_assets(world: World, request: Request) -> Json:
    tag = own_tag(world, request.user, request.ids["id"], "tag.asset")
    results: list[Json] = []
    fresh: list[Asset] = []
    for asset_id in request.fields["ids"]:
        asset = world.state.assets.get(asset_id)
        if asset is None or not world.state.shares(request.user, asset):
            results.append({"id": asset_id, "success": False, "error": "no_permission"})
        elif tag.id in asset.marks.tags or asset in fresh:
            results.append({"id": asset_id, "success": False, "error": "duplicate"})
        else:
            results.append({"id": asset_id, "success": True})
            fresh.append(asset)
    world.jobs.write(fresh, adding({tag.id}))
    return results


@route(
    "tag_remove_assets", "DELETE /tags/{id}/assets", "tag.asset", since="1.113.0", scoped_since=SCOPES_BEGIN, body=_IDS
)
def remove_assets(world: World, request: Request) -> Json:
    return _removed(world, request, request.fields["ids"])


def _removed(world: World, request: Request, ids: Iterable[str]) -> list[dict[str, Json]]:
    tag = own_tag(world, request.user, request.ids["id"], "tag.asset")
    results: list[dict[str, Json]] = []
    gone: dict[str, Asset] = {}
    for asset_id in ids:
        asset = world.state.assets.get(asset_id)
        if asset is None or tag.id not in asset.marks.tags or asset_id in gone:
            results.append({"id": asset_id, "success": False, "error": "not_found"})
        else:
            results.append({"id": asset_id, "success": True})
            gone[asset_id] = asset
    world.jobs.write(gone.values(), lambda marks: replace(marks, tags=marks.tags - {tag.id}))
    return results


@route("tags_assets_bulk", "PUT /tags/assets", "tag.asset", since="1.113.0", scoped_since=SCOPES_BEGIN, body=_MANY)
def tag_many(world: World, request: Request) -> Json:
    state, user = world.state, request.user
    tags = {i for i in request.fields["tagIds"] if i in state.tags and state.tags[i].owner is user}
    assets = [a for a in state.existing(dict.fromkeys(request.fields["assetIds"])) if state.owns(user, a)]
    count = sum(len(tags - asset.marks.tags) for asset in assets)
    if count < len(tags) * len(assets) and world.release < (1, 129, 0):
        raise failed("bulk tag assets")
    world.jobs.write([asset for asset in assets if tags - asset.marks.tags], adding(tags))
    return {"count": count}


def adding(tags: set[str]) -> Callable[[Marks], Marks]:
    """The change that adds tags."""
    return lambda marks: replace(marks, tags=marks.tags | tags)
