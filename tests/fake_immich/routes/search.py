"""Listing: search and its paging without a tie-breaker, statistics, the list of old."""

import json
import zlib
from collections.abc import Iterator

from tests.fake_immich.answers.assets import Part, asset_json
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Json, Request, failed
from tests.fake_immich.routes.filters import (
    BEFORE_VISIBILITY,
    FILTERS,
    VISIBILITIES,
    VISIBILITY,
    filters,
    simple_filters,
)
from tests.fake_immich.routes.table import World, route
from tests.fake_immich.state import Asset, User
from tests.fake_immich.versions import LAST, fields_of

TIE_BREAKER = (3, 1, 0)
SEARCH = (
    Field("page", "number", low=1),
    Field("size", "number", low=1, high=1000),
    Field("order", "choice", choices=("asc", "desc")),
    *FILTERS,
)


@route("search_metadata", "POST /search/metadata", "asset.read", until="1.98.0", status=201, body=SEARCH)
@route("search_metadata", "POST /search/metadata", "asset.read", since="1.98.1", body=SEARCH)
def search_metadata(world: World, request: Request) -> Json:
    fields = request.fields
    if fields.get("withPeople") and world.release < (1, 106, 0):
        raise failed("search metadata")
    found = _found(world, request, fields.get("order", "desc"))
    page, size = fields.get("page", 1), fields.get("size", 250)
    shown = window(found, page, size, world)
    parts = _parts(fields)
    items = [asset_json(world, asset, _viewer(world, request.user), parts) for asset in shown]
    more = str(page + 1) if page * size < len(found) else None
    assets = {"total": len(items), "count": len(items), "items": items, "facets": [], "nextPage": more}
    assets |= fields_of(world.release, ((3, 2, 0), LAST, {"nextCursor": None}))
    return {"albums": {"total": 0, "count": 0, "items": [], "facets": []}, "assets": assets}


@route("search_statistics", "POST /search/statistics", "asset.statistics", since="1.135.0", body=FILTERS)
def search_statistics(world: World, request: Request) -> Json:
    return {"total": len(_found(world, request, "desc"))}


@route("search_random", "POST /search/random", "asset.read", since="1.117.0", body=SEARCH)
def search_random(world: World, request: Request) -> Json:
    found = _found(world, request, "desc")[: request.fields.get("size", 250)]
    return [asset_json(world, asset, request.user, _parts(request.fields)) for asset in found]


def _viewer(world: World, user: User) -> User | None:
    # Some releases forget to ask who looks, and then nothing is anybody's favourite.
    return None if (1, 98, 0) <= world.release < (1, 113, 0) else user


def _parts(fields: Json) -> Part:
    wanted = {"withExif": Part.EXIF, "withPeople": Part.PEOPLE, "withStacked": Part.STACK_COUNT}
    parts = Part.BARE
    for name, part in wanted.items():
        parts |= part if fields.get(name) else Part.BARE
    return parts


def window(found: list[Asset], page: int, size: int, world: World) -> list[Asset]:
    """One page of assets that are in order of time.

    Before 3.1 equal times have no order of their own: here even and odd pages put them the other way round, so that
    a burst across the edge of two pages shows some photos twice and others never.
    """
    start, end = (page - 1) * size, min(page * size, len(found))
    if world.release >= TIE_BREAKER or start >= end:
        return found[start:end]
    left, right = start, end
    while left > 0 and found[left - 1].taken_ms == found[start].taken_ms:
        left -= 1
    while right < len(found) and found[right].taken_ms == found[end - 1].taken_ms:
        right += 1
    rows = list(_disordered(found[left:right], page, world.state.seed))
    return rows[start - left : end - left]


def _disordered(rows: list[Asset], page: int, seed: int) -> Iterator[Asset]:
    tied: list[Asset] = []
    for asset in [*rows, None]:
        if tied and (asset is None or asset.taken_ms != tied[0].taken_ms):
            tied.sort(key=lambda a: zlib.crc32(f"{seed}/{a.id}".encode()), reverse=page % 2 == 1)
            yield from tied
            tied = []
        if asset is not None:
            tied.append(asset)


def _found(world: World, request: Request, order: str) -> list[Asset]:
    key = json.dumps([request.user.id, order, {n: v for n, v in request.fields.items() if n not in ("page", "size")}])
    is_next_page = request.fields.get("page", 1) > 1
    if world.listing is None or world.listing[:2] != (world.state.revision, key) or not is_next_page:
        tests = list(filters(world, request))
        found = [a for a in world.state.assets.values() if all(test(a) for test in tests)]
        found.sort(key=lambda a: (a.taken_ms, a.id), reverse=order == "desc")
        world.listing = (world.state.revision, key, found)
    return world.listing[2]


_STATISTICS = (
    Field("isFavorite", "flag"),
    Field("isTrashed", "flag"),
    Field("isArchived", "flag", until=BEFORE_VISIBILITY),
    Field("visibility", "choice", since=VISIBILITY, choices=VISIBILITIES),
)


@route("asset_statistics", "GET /asset[s]/statistics", "asset.statistics", query=_STATISTICS)
def statistics(world: World, request: Request) -> Json:
    tests = list(simple_filters({"isTrashed": False} | request.fields))
    own = [asset for asset in _own(world, request.user) if all(test(asset) for test in tests)]
    images = sum(a.kind == "IMAGE" for a in own)
    return {"images": images, "videos": len(own) - images, "total": len(own)}


_LIST = (
    Field("skip", "number"),
    Field("take", "number"),
    Field("isFavorite", "flag"),
    Field("isArchived", "flag"),
    Field("updatedAfter", "date"),
    Field("updatedBefore", "date"),
)


def _own(world: World, user: User) -> Iterator[Asset]:
    return (a for a in world.state.assets.values() if a.owner is user and a.visibility not in ("hidden", "locked"))


@route("assets_list_legacy", "GET /asset", "asset.read", until="1.105.1", query=_LIST)
def list_assets(world: World, request: Request) -> Json:
    fields = request.fields
    if world.release < (1, 98, 1):
        fields = {"isArchived": False, "take": 1000} | fields
    tests = list(simple_filters(fields))
    found = [asset for asset in _own(world, request.user) if all(test(asset) for test in tests)]
    found.sort(key=lambda a: a.taken_ms, reverse=True)
    skip, take = fields.get("skip", 0), fields.get("take", len(found))
    parts = Part.EXIF | (Part.TAGS if world.release >= (1, 98, 1) else Part.BARE)
    return [asset_json(world, asset, request.user, parts) for asset in found[skip : skip + take]]
