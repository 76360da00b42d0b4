"""What only an undo does to an Immich library: tags, albums and stacks as they were; assets are never touched."""

from collections.abc import Iterable

from bestshot.errors import NotFoundError
from bestshot.immich.bulk import combined
from bestshot.immich.mark_client import MarkClient
from bestshot.marks.actions import Marked
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, RemoveTags
from bestshot.sources.immich.outcomes import marked_by, refused

_RENAMED = "Its album was renamed since and stays."
_FILLED = "Something was added to its album since, so that stays."
_IN_USE = "Its tag is in use elsewhere by now and stays."


def remove_tags(client: MarkClient, action: RemoveTags) -> Marked:
    """Take tags off photos; a tag that is gone is on none."""
    ids = {tag.value: tag.id for tag in client.get_tags()}
    result = combined([client.untag_assets(action.keys, ids[tag]) for tag in action.tags if tag in ids])
    return marked_by(result)


def delete_tag(client: MarkClient, action: DeleteTag) -> Marked:
    """Take a tag away if, right before, no photo has it and no tag is below it."""
    tags = client.get_tags()
    found = [tag.id for tag in tags if tag.value == action.tag]
    if not found:
        return Marked()
    if any(tag.value.startswith(f"{action.tag}/") for tag in tags) or client.get_tagged_ids(found[0]):
        return Marked(refused=refused(action.keys, _IN_USE))
    client.delete_tag(found[0])
    return Marked(action.keys)


def delete_album(client: MarkClient, action: DeleteAlbum) -> Marked:
    """Take an album away if, right before, it has our name and holds nothing but what we put in."""
    found = [album for album in client.get_albums() if album.id == action.album]
    if not found:
        return Marked()
    if found[0].name != action.name:
        return Marked(refused=refused(action.keys, _RENAMED))
    try:
        members = client.get_album_member_ids(action.album)
    except NotFoundError:
        return Marked()
    if not members <= frozenset(action.keys) or found[0].asset_count > len(members):
        return Marked(refused=refused(action.keys, _FILLED))
    client.delete_album(action.album)
    return Marked(action.keys)


def missing_tags(client: MarkClient, tags: Iterable[str], *, has_paths: bool) -> tuple[str, ...]:
    """Those of these tags, and where they are paths those above them, that are not there; the upper ones first."""
    wanted: set[str] = set()
    for tag in tags:
        parts = tag.split("/") if has_paths else [tag]
        wanted.update("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return tuple(sorted(wanted - {tag.value for tag in client.get_tags()})) if wanted else ()
