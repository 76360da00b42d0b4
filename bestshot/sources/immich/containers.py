"""Changes of tags, albums and stacks in an Immich library; no asset is touched."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from bestshot.errors import NotFoundError
from bestshot.immich.bulk import BulkResult, combined
from bestshot.immich.model import Stack as ServerStack
from bestshot.immich.versions import Dialect
from bestshot.marks.actions import MarkAction, MarkRefusal, MarkResult, only, refused
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack, RestoreStack
from bestshot.marks.kinds.tags import DeleteTag, RemoveTag, RemoveTags
from bestshot.marks.state import Stack
from bestshot.sources.immich.read_marks import MarkReader

GONE = "It is gone or in the trash, or belongs to another user."
_BEST_GONE = "The best photo of its group is gone or belongs to somebody else, so the group is not stacked."
_ALONE = "No other photo of its group is there any more, so there is nothing to stack."
_RENAMED = "Its album was renamed since and stays."
_FILLED = "Something was added to its album since, so that stays."
_IN_USE = "Its tag is in use elsewhere by now and stays."
_OTHER_STACK = "Its stack was changed by somebody else and is left alone."


def make_stack(read: MarkReader, action: MakeStack) -> MarkResult:
    """Stack the group and all members of the stacks that are merged: a mere member would move alone."""
    merged = (key for stack in action.merged for key in stack.keys)
    keys = list(dict.fromkeys((*action.keys, *merged)))
    try:
        stack = read.client.create_stack(keys)
    except NotFoundError:
        return _stack_what_is_there(read, keys)
    return MarkResult(tuple(keys), stack.id)


def restore_stack(read: MarkReader, action: RestoreStack) -> MarkResult:
    """Stack these photos again."""
    return make_stack(read, MakeStack(0, action.keys))


def _stack_what_is_there(read: MarkReader, keys: Sequence[str]) -> MarkResult:
    infos = read.infos(keys)
    there = [key for key in keys if key in infos]
    gone = [key for key in keys if key not in infos]
    if keys[0] not in infos or len(there) < 2:
        why = _BEST_GONE if keys[0] not in infos else _ALONE
        return MarkResult(refused=(*refused(gone, GONE), *refused(there, why)))
    stack = read.client.create_stack(there)
    return MarkResult(tuple(there), stack.id, refused=refused(gone, GONE))


def dissolve(read: MarkReader, action: DissolveStack) -> MarkResult:
    """Take a stack apart if it holds what it held when that was planned."""
    return dissolve_all(read, [action])[0]


def dissolve_all(read: MarkReader, actions: Sequence[DissolveStack]) -> list[MarkResult]:
    """Take stacks apart, after one look at all of them."""
    dialect = Dialect(read.client.get_version())
    standing = read.stacks_now({action.stack.keys[0] for action in actions}, dialect)
    found = [standing.get(action.stack.keys[0]) for action in actions]
    results = [_dissolved(action, stack) for action, stack in zip(actions, found, strict=True)]
    over = [stack for stack, result in zip(found, results, strict=True) if stack is not None and result.changed]
    if over:
        read.client.delete_stacks([ServerStack(stack.id, stack.keys[0], stack.keys) for stack in over])
    return results


def _dissolved(action: DissolveStack, stack: Stack | None) -> MarkResult:
    if stack is None or stack.id != action.stack.id:
        return MarkResult()
    if set(stack.keys) != set(action.stack.keys):
        return MarkResult(refused=refused(action.stack.keys, _OTHER_STACK))
    return MarkResult(stack.keys)


def make_album(read: MarkReader, action: MakeAlbum) -> MarkResult:
    """Make the album with its photos in one call, so that a kill leaves no empty one."""
    album = read.client.create_album(action.name, action.keys)
    if album.asset_count == len(action.keys):
        read.remember(album, action.keys)
        return MarkResult(action.keys, album.id)
    members = read.client.get_album_member_ids(album.id)
    outside = [key for key in action.keys if key not in members]
    return MarkResult(only(action.keys, members), album.id, refused=refused(outside, GONE))


def add_to_album(read: MarkReader, action: AddToAlbum) -> MarkResult:
    """Add photos to an album."""
    read.forget(action.album)
    return marked_by(read.client.add_assets_to_album(action.album, action.keys))


def remove_from_album(read: MarkReader, action: RemoveFromAlbum) -> MarkResult:
    """Take photos out of an album."""
    read.forget(action.album)
    return marked_by(read.client.remove_assets_from_album(action.album, action.keys))


def remove_tags(read: MarkReader, action: RemoveTag | RemoveTags) -> MarkResult:
    """Take tags off photos; a tag that is gone is on none."""
    ids = read.tag_ids
    result = combined([read.client.untag_assets(action.keys, ids[tag]) for tag in action.tags if tag in ids])
    return marked_by(result)


def delete_tag(read: MarkReader, action: DeleteTag) -> MarkResult:
    """Take a tag away if, right before, no photo has it and no tag is below it."""
    names = read.tag_ids
    if action.tag not in names:
        return MarkResult()
    if any(name.startswith(f"{action.tag}/") for name in names) or read.tagged(action.tag):
        return MarkResult(refused=refused(action.keys, _IN_USE))
    read.client.delete_tag(names[action.tag])
    return MarkResult(action.keys)


def delete_album(read: MarkReader, action: DeleteAlbum) -> MarkResult:
    """Take an album away if, right before, it has our name and holds nothing but what we put in."""
    album = read.album(action.album)
    if album is None:
        return MarkResult()
    if album.name != action.name:
        return MarkResult(refused=refused(action.keys, _RENAMED))
    if not album.keys <= frozenset(action.keys):
        return MarkResult(refused=refused(action.keys, _FILLED))
    read.client.delete_album(action.album)
    return MarkResult(action.keys)


def missing_tags(read: MarkReader, tags: Iterable[str], *, has_paths: bool) -> tuple[str, ...]:
    """Which of these tags, and where they are paths which of those above them, are not there; the upper ones first."""
    wanted: set[str] = set()
    for tag in tags:
        parts = tag.split("/") if has_paths else [tag]
        wanted.update("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return tuple(sorted(wanted - read.tag_ids.keys())) if wanted else ()


def marked_by(result: BulkResult) -> MarkResult:
    """What a bulk call changed, and what it refused."""
    refusals = tuple(MarkRefusal(refusal.asset_id, refusal.reason) for refusal in result.refused)
    return MarkResult(result.done, refused=refusals)


WRITERS: Final[Mapping[type[MarkAction], Callable[[MarkReader, Any], MarkResult]]] = {
    RemoveTag: remove_tags,
    RemoveTags: remove_tags,
    DeleteTag: delete_tag,
    MakeAlbum: make_album,
    AddToAlbum: add_to_album,
    RemoveFromAlbum: remove_from_album,
    DeleteAlbum: delete_album,
    MakeStack: make_stack,
    RestoreStack: restore_stack,
    DissolveStack: dissolve,
}
"""What makes the changes of tags, albums and stacks that need no look at their photos before."""
