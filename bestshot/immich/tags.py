"""Tags on an Immich server: by path from 1.113, flat before."""

from collections.abc import Iterable, Sequence

from bestshot.errors import ImmichError, NotImmichError, RejectedError, UsageError
from bestshot.immich.answers import WireBucket, WireItem
from bestshot.immich.asset_answers import WireId, WireTag
from bestshot.immich.bulk import BulkResult, Refusal, combined, is_malformed_id, read_items, send_in_chunks
from bestshot.immich.calls import Call, Calls
from bestshot.immich.http import ImmichServer
from bestshot.immich.listing import find_ids, read_assets
from bestshot.immich.model import Tag


def list_tags(server: ImmichServer) -> tuple[Tag, ...]:
    """All tags of the user."""
    return tuple(tag.tag() for tag in server.request(Calls(server.dialect).tags(), tuple[WireTag, ...]))


def upsert_tags(server: ImmichServer, values: Iterable[str]) -> tuple[Tag, ...]:
    """Get the tags with these paths, creating missing ones."""
    paths = tuple(dict.fromkeys(_path(value) for value in values))
    if not server.dialect.has_tag_paths:
        return _upsert_flat(server, paths)
    tags = server.request(Calls(server.dialect).upsert_tags(paths), tuple[WireTag, ...])
    if len(tags) != len(paths):
        raise NotImmichError(f"The server returned {len(tags)} tags instead of {len(paths)}.")
    return tuple(tag.tag() for tag in tags)


def tag_assets(server: ImmichServer, asset_ids: Iterable[str], tags: Sequence[Tag]) -> BulkResult:
    """Add all tags to all assets, in one call if the version supports it, because a second one may be lost.

    With one tag, the server reports the ids that it does not accept; with several, it silently drops them.
    """
    ids = list(asset_ids)
    if len(tags) > 1 and server.dialect.has_tag_paths:
        return send_in_chunks(ids, lambda chunk: _tag_at_once(server, chunk, tags), is_malformed_id)
    return combined([_tag_with(server, ids, tag) for tag in tags])


def untag_assets(server: ImmichServer, asset_ids: Iterable[str], tag_id: str) -> BulkResult:
    """Remove a tag from assets."""
    calls = Calls(server.dialect)

    def send(ids: Sequence[str]) -> BulkResult:
        return read_items(server.request(calls.untag(tag_id, ids), tuple[WireItem, ...]), "not_found")

    return send_in_chunks(asset_ids, send, is_malformed_id)


def find_tagged(server: ImmichServer, tag_id: str) -> frozenset[str]:
    """The ids of the assets with a tag; from 1.126 also of those with one of its child tags."""
    calls = Calls(server.dialect)
    if server.dialect.searches_tags:
        return find_ids(server, {"tagIds": [tag_id]})
    if not server.dialect.has_tag_paths:
        return _ids(server, calls.assets_of_tag(tag_id))
    months = server.request(calls.months_of_tag(tag_id), tuple[WireBucket, ...])
    return frozenset().union(*(_ids(server, calls.month_of_tag(tag_id, month.time_bucket)) for month in months))


def _tag_at_once(server: ImmichServer, asset_ids: Sequence[str], tags: Sequence[Tag]) -> BulkResult:
    call = Calls(server.dialect).tag_assets([tag.id for tag in tags], asset_ids)
    try:
        server.send(call)
    except RejectedError as error:
        if error.status != 500 or server.dialect.tags_again:
            raise
        # One of the assets already has one of the tags, so nothing was done.
        return _add_missing_tags(server, asset_ids, tags)
    return BulkResult(done=tuple(asset_ids))


def _add_missing_tags(server: ImmichServer, asset_ids: Sequence[str], tags: Sequence[Tag]) -> BulkResult:
    """Add to each asset only the tags that it lacks, all at once."""
    assets = read_assets(server, asset_ids)
    gone = tuple(Refusal(asset_id, "It does not exist.") for asset_id in asset_ids if asset_id not in assets)
    lacking: dict[tuple[str, ...], list[str]] = {}
    for asset in assets.values():
        has = {tag.id for tag in asset.tags}
        lacking.setdefault(tuple(tag.id for tag in tags if tag.id not in has), []).append(asset.id)
    already = lacking.pop((), [])
    for tag_ids, ids in lacking.items():
        server.send(Calls(server.dialect).tag_assets(tag_ids, ids))
    done = tuple(asset_id for ids in lacking.values() for asset_id in ids)
    return BulkResult(done, tuple(already), gone)


def _tag_with(server: ImmichServer, asset_ids: Iterable[str], tag: Tag) -> BulkResult:
    calls = Calls(server.dialect)

    def send(ids: Sequence[str]) -> BulkResult:
        return read_items(server.request(calls.tag_with(tag.id, ids), tuple[WireItem, ...]), "duplicate")

    return send_in_chunks(
        asset_ids, send, is_malformed_id if server.dialect.has_tag_paths else _is_flat_tagging_failure
    )


def _is_flat_tagging_failure(error: ImmichError) -> bool:
    """Before 1.113 an unknown id makes the server fail half-way; repeating the others does no harm."""
    return isinstance(error, RejectedError) and error.status in (400, 500)


def _upsert_flat(server: ImmichServer, names: Sequence[str]) -> tuple[Tag, ...]:
    known = {tag.value: tag for tag in list_tags(server)}
    return tuple(known.get(name) or _create_flat(server, name) for name in names)


def _create_flat(server: ImmichServer, name: str) -> Tag:
    return server.request(Calls(server.dialect).create_tag(name), WireTag).tag()


def _ids(server: ImmichServer, call: Call) -> frozenset[str]:
    return frozenset(asset.id for asset in server.request(call, tuple[WireId, ...]))


def _path(value: str) -> str:
    """Normalise a tag's path: 1.113 to 1.115 would create tags for empty parts."""
    path = "/".join(part for part in value.split("/") if part)
    if not path.strip():
        raise UsageError(f"A tag needs a name: {value!r} has none.")
    return path
