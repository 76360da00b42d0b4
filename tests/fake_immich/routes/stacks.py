"""Stacks: a parent's id on its children up to 1.112, things of their own from 1.113."""

from collections.abc import Iterable

from tests.fake_immich.answers.assets import Part, stack_json
from tests.fake_immich.answers.names import KYSELY
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Answer, Json, RefusalError, Request, no_access
from tests.fake_immich.routes.table import SCOPES_BEGIN, World, route
from tests.fake_immich.state import Asset, Stack, User

_NEW = (Field("assetIds", "uuids", required=True, low=2),)
_PRIMARY = (Field("primaryAssetId", "uuid"),)
_IDS = (Field("ids", "uuids", required=True),)
_PARENTS = (Field("oldParentId", "uuid", required=True), Field("newParentId", "uuid", required=True))


def make_stack(world: World, owner: User, ids: Iterable[str]) -> Stack:
    """Put assets into a new stack, the first on top.

    A stack whose primary is among them is dissolved into it with all its members; a mere member moves alone.
    """
    members: dict[str, None] = {}
    for asset in [world.state.assets[i] for i in ids]:
        old = asset.stack
        members[asset.id] = None
        if old is not None and old.primary_id == asset.id:
            members |= old.members
            dissolve(world, old)
        elif old is not None:
            del old.members[asset.id]
    stack = Stack(world.state.new_id(), owner, next(iter(members)), members)
    world.state.stacks[stack.id] = stack
    for asset in world.state.existing(members):
        asset.stack = stack
        asset.updated_ms = world.state.now()
    return stack


def dissolve(world: World, stack: Stack) -> None:
    """The stack goes, its assets stay."""
    del world.state.stacks[stack.id]
    for asset in world.state.existing(stack.members):
        asset.stack = None


def stack_legacy(world: World, parent: Asset, children: list[Asset]) -> None:
    """Up to 1.112: hang assets below a parent; whole old stacks come along."""
    members = {parent.id: None}
    for asset in [parent, *children]:
        members[asset.id] = None
        if asset.stack is not None:
            members |= asset.stack.members
            dissolve(world, asset.stack)
    make_stack(world, parent.owner, members)


def leave_legacy_stack(world: World, assets: list[Asset]) -> None:
    """Up to 1.112: take assets out; what falls below two members is no stack any more."""
    for asset in assets:
        stack, asset.stack = asset.stack, None
        if stack is None:
            continue
        del stack.members[asset.id]
        if len(stack.members) < 2:
            dissolve(world, stack)
        elif stack.primary_id == asset.id:
            stack.primary_id = next(iter(stack.members))


@route("stack_parent_swap_legacy", "PUT /asset[s]/stack/parent", "asset.update", until="1.112.1", body=_PARENTS)
def swap_parent(world: World, request: Request) -> Answer:
    old, new = (world.state.assets.get(request.fields[name]) for name in ("oldParentId", "newParentId"))
    for asset in (old, new):
        if asset is None or not world.state.owns(request.user, asset):
            raise no_access("asset.update")
    assert old is not None  # just checked
    assert new is not None  # just checked
    stack_legacy(world, new, [old])
    return Answer(200)


def _own(world: World, request: Request, stack_id: str, permission: str) -> Stack:
    stack = world.state.stacks.get(stack_id)
    if stack is None or stack.owner is not request.user:
        raise no_access(permission)
    return stack


def _with_tags(world: World) -> Part:
    return Part.TAGS if world.release >= KYSELY else Part.BARE


@route(
    "stack_create", "POST /stacks", "stack.create", since="1.113.0", status=201, scoped_since=SCOPES_BEGIN, body=_NEW
)
def create_stack(world: World, request: Request) -> Json:
    ids = request.fields["assetIds"]
    assets = [world.state.assets.get(i) for i in ids]
    if any(asset is None or not world.state.owns(request.user, asset) for asset in assets):
        raise no_access("asset.update")
    return stack_json(world, make_stack(world, request.user, dict.fromkeys(ids)), request.user)


@route("stacks_list", "GET /stacks", "stack.read", since="1.113.0", scoped_since=SCOPES_BEGIN, query=_PRIMARY)
def list_stacks(world: World, request: Request) -> Json:
    own = [stack for stack in world.state.stacks.values() if stack.owner is request.user]
    primary = request.fields.get("primaryAssetId")
    if primary is not None and world.release >= (1, 130, 0):
        own = [stack for stack in own if stack.primary_id == primary]
    return [stack_json(world, stack, request.user) for stack in own]


@route("stack_get", "GET /stacks/{id}", "stack.read", since="1.113.0", scoped_since=SCOPES_BEGIN)
def get_stack(world: World, request: Request) -> Json:
    stack = _own(world, request, request.ids["id"], "stack.read")
    return stack_json(world, stack, request.user, _with_tags(world))


@route("stack_update", "PUT /stacks/{id}", "stack.update", since="1.113.0", scoped_since=SCOPES_BEGIN, body=_PRIMARY)
@route("stack_update", "PATCH /stacks/{id}", "stack.update", since="3.0.0", until="3.1.0", body=_PRIMARY)
def update_stack(world: World, request: Request) -> Json:
    stack = _own(world, request, request.ids["id"], "stack.update")
    primary = request.fields.get("primaryAssetId", stack.primary_id)
    if primary not in stack.members:
        raise RefusalError(400, "Primary asset must be in the stack")
    stack.primary_id = primary
    return stack_json(world, stack, request.user, _with_tags(world))


@route("stack_delete", "DELETE /stacks/{id}", "stack.delete", since="1.113.0", status=204, scoped_since=SCOPES_BEGIN)
def delete_stack(world: World, request: Request) -> Answer:
    dissolve(world, _own(world, request, request.ids["id"], "stack.delete"))
    return Answer(204)


@route(
    "stacks_delete_bulk",
    "DELETE /stacks",
    "stack.delete",
    since="1.113.0",
    status=204,
    scoped_since=SCOPES_BEGIN,
    body=_IDS,
)
def delete_stacks(world: World, request: Request) -> Answer:
    for stack in [_own(world, request, i, "stack.delete") for i in dict.fromkeys(request.fields["ids"])]:
        dissolve(world, stack)
    return Answer(204)


@route(
    "stack_remove_asset",
    "DELETE /stacks/{id}/assets/{assetId}",
    "stack.update",
    since="1.136.0",
    status=204,
    scoped_since=SCOPES_BEGIN,
)
def remove_from_stack(world: World, request: Request) -> Answer:
    stack = _own(world, request, request.ids["id"], "stack.update")
    asset_id = request.ids["assetId"]
    if asset_id not in stack.members:
        raise RefusalError(400, "Asset not in stack")
    if asset_id == stack.primary_id:
        raise RefusalError(400, "Cannot remove stack's primary asset")
    del stack.members[asset_id]
    world.state.assets[asset_id].stack = None
    return Answer(204)
