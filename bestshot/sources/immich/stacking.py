"""Stacks in an Immich library, made and dissolved; no asset is touched."""

from collections.abc import Sequence

from bestshot.errors import NotFoundError
from bestshot.immich.mark_client import MarkClient
from bestshot.immich.model import Stack as ServerStack
from bestshot.marks.actions import DissolveStack, MakeStack, Marked
from bestshot.sources.immich.outcomes import GONE, refused
from bestshot.sources.immich.read_marks import MarkReader

_BEST_GONE = "The best photo of its group is gone or belongs to somebody else, so the group is not stacked."
_ALONE = "No other photo of its group is there any more, so there is nothing to stack."
_OTHER_STACK = "Its stack was changed by somebody else and is left alone."


def make_stack(client: MarkClient, action: MakeStack) -> Marked:
    """Stack the group and all members of the stacks that are merged: a mere member would move alone."""
    merged = (key for stack in action.merged for key in stack.keys)
    keys = list(dict.fromkeys((*action.keys, *merged)))
    try:
        stack = client.create_stack(keys)
    except NotFoundError:
        return _stack_what_is_there(client, keys)
    return Marked(tuple(keys), container=stack.id)


def _stack_what_is_there(client: MarkClient, keys: Sequence[str]) -> Marked:
    infos = MarkReader(client).infos(keys)
    there = [key for key in keys if key in infos]
    gone = [key for key in keys if key not in infos]
    if keys[0] not in infos or len(there) < 2:
        why = _BEST_GONE if keys[0] not in infos else _ALONE
        return Marked(refused=(*refused(gone, GONE), *refused(there, why)))
    stack = client.create_stack(there)
    return Marked(tuple(there), refused(gone, GONE), stack.id)


def dissolve(client: MarkClient, action: DissolveStack) -> Marked:
    """Take a stack apart if it holds what it held when that was planned."""
    stack = MarkReader(client).stack_with(action.stack.keys[0])
    if stack is None or stack.id != action.stack.id:
        return Marked()
    if set(stack.keys) != set(action.stack.keys):
        return Marked(refused=refused(action.stack.keys, _OTHER_STACK))
    client.delete_stack(ServerStack(stack.id, stack.keys[0], stack.keys))
    return Marked(stack.keys)
