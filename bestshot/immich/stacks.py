"""Stacks on an Immich server: objects from 1.113, parents of assets before."""

from collections.abc import Sequence

from bestshot.errors import NotFoundError, UsageError
from bestshot.immich.answers import WireStack
from bestshot.immich.asset_answers import WireAsset
from bestshot.immich.calls import Calls
from bestshot.immich.http import ImmichServer
from bestshot.immich.listing import search_pages
from bestshot.immich.model import Stack


def list_stacks(server: ImmichServer) -> tuple[Stack, ...]:
    """All stacks of the user; before 1.113 this takes a call for each."""
    calls = Calls(server.dialect)
    if server.dialect.has_stack_routes:
        return tuple(stack.value() for stack in server.request(calls.stacks(), tuple[WireStack, ...]))
    stacks: dict[str, Stack] = {}
    for asset_id in _stacked_ids(server):
        stack = None if asset_id in stacks else find_stack(server, asset_id)
        if stack is not None:
            stacks |= dict.fromkeys(stack.asset_ids, stack)
    return tuple({stack.id: stack for stack in stacks.values()}.values())


def find_stack(server: ImmichServer, asset_id: str) -> Stack | None:
    """The stack of an asset; None if it is in none."""
    calls = Calls(server.dialect)
    asset = server.request(calls.asset(asset_id), WireAsset)
    if not server.dialect.has_stack_routes:
        return asset.old_stack()
    ref = asset.asset().stack
    return None if ref is None else server.request(calls.stack(ref.id), WireStack).value()


def create_stack(server: ImmichServer, asset_ids: Sequence[str]) -> Stack:
    """Stack assets, with the first as primary.

    An existing stack is merged in completely if its primary is among the assets, or before 1.113 any member; from 1.113
    another member leaves its stack for this one.
    """
    ids = list(dict.fromkeys(asset_ids))
    if len(ids) < 2:
        raise UsageError("A stack needs two photos.")
    call = Calls(server.dialect).create_stack(ids)
    if server.dialect.has_stack_routes:
        return server.request(call, WireStack).value()
    server.send(call)
    return _found_again(server, ids[0])


def delete_stacks(server: ImmichServer, stacks: Sequence[Stack]) -> None:
    """Dissolve stacks, in one call from 1.113; their assets stay."""
    calls = Calls(server.dialect)
    if len(stacks) > 1 and server.dialect.has_stack_routes:
        server.send(calls.delete_stacks([stack.id for stack in stacks]))
    else:
        for stack in stacks:
            server.send(calls.delete_stack(stack))


def _stacked_ids(server: ImmichServer) -> list[str]:
    scope = server.dialect.scopes(with_archived=True)[0]
    pages = search_pages(server, {**scope.search, "withStacked": True})
    return [asset_id for page in pages for asset_id in page.stacked]


def _found_again(server: ImmichServer, asset_id: str) -> Stack:
    stack = find_stack(server, asset_id)
    if stack is None:
        raise NotFoundError(f"The new stack of {asset_id} is gone: is somebody else changing it?")
    return stack
