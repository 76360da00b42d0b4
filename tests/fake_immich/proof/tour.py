"""Visits every route that a release has, with a request that succeeds."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import requests

from tests.fake_immich.proof.version_table import RouteRow, routes_of
from tests.fake_immich.requests import Json
from tests.fake_immich.seeding import MORNING
from tests.fake_immich.server import FakeImmich
from tests.fake_immich.state import Asset


@dataclass(frozen=True, slots=True)
class Visit:
    """What to ask a route."""

    ids: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Json = None


def tour(fake: FakeImmich) -> Iterator[tuple[RouteRow, requests.Response]]:
    """Each route of the table and its answer; every visit has things of its own."""
    with requests.Session() as session:
        session.headers["x-api-key"] = fake.admin.secret
        for row in sorted(routes_of(fake.version)):
            visit = _visit(fake, row.operation)
            url = f"{fake.url}/api{row.path.format(**visit.ids)}"
            answer = session.request(row.method, url, params=visit.query, json=visit.body, allow_redirects=False)
            yield row, answer


def _visit(fake: FakeImmich, operation: str) -> Visit:
    kind = operation.partition("_")[0]
    visits = {
        "album": _album_visit,
        "tag": _tag_visit,
        "stack": _stack_visit,
        "search": _search_visit,
        "timeline": _timeline_visit,
        "duplicate": _duplicate_visit,
    }
    return visits.get(kind.removesuffix("s"), _asset_visit)(fake, operation)


def _asset_visit(fake: FakeImmich, operation: str) -> Visit:
    asset = _rich_asset(fake)
    if operation in ("assets_update_bulk", "assets_delete", "trash_restore_assets"):
        extra = {"isFavorite": True} if operation == "assets_update_bulk" else {}
        return Visit(body={"ids": [asset.id]} | extra)
    if operation == "asset_update":
        return Visit({"id": asset.id}, body={"isFavorite": True})
    if operation == "person":
        return Visit({"id": fake.seeds.person("Bob").id})
    return Visit({"id": asset.id}, {"id": asset.id} if operation == "faces" else {})


def _rich_asset(fake: FakeImmich) -> Asset:
    """A photo with all there is to say of one."""
    seeds, taken = fake.seeds, MORNING
    asset, _ = seeds.live_photo("IMG_1.HEIC", taken)
    seeds.tag("a/b" if fake.world.release >= (1, 116, 0) else f"tag {asset.id}", [asset])
    seeds.stack(asset, *seeds.burst(2, taken, declared_checksum=True))
    seeds.face(asset, (10, 10, 90, 90), person=seeds.person("Alice"))
    seeds.face(asset, (110, 10, 190, 90))
    return asset


def _album_visit(fake: FakeImmich, operation: str) -> Visit:
    asset = fake.seeds.photo(declared_checksum=True)
    album = fake.seeds.album("Trip", [asset], shared_with={fake.user.user.id: "viewer"})
    bodies: dict[str, Json] = {
        "album_create": {"albumName": "Trip", "assetIds": [asset.id]},
        "album_update": {"description": "new"},
        "album_add_assets": {"ids": [asset.id, fake.seeds.photo(declared_checksum=True).id]},
        "album_remove_assets": {"ids": [asset.id]},
        "albums_add_assets_bulk": {"albumIds": [album.id], "assetIds": [asset.id]},
    }
    return Visit({"id": album.id}, body=bodies.get(operation))


def _tag_visit(fake: FakeImmich, operation: str) -> Visit:
    asset, other = fake.seeds.photo(declared_checksum=True), fake.seeds.photo(declared_checksum=True)
    tag = fake.seeds.tag(f"tag {asset.id}", [asset])
    is_flat = fake.world.release < (1, 113, 0)
    members = {"assetIds" if is_flat else "ids": [asset.id, other.id]}
    new = {"name": f"new {asset.id}"}
    bodies: dict[str, Json] = {
        "tag_create": new | ({"type": "CUSTOM"} if is_flat else {}),
        "tag_upsert": {"tags": [f"up/{asset.id}"]},
        "tag_update": new if is_flat else {"color": "#FF0000"},
        "tag_add_assets": members,
        "tag_remove_assets": members,
        "tags_assets_bulk": {"tagIds": [tag.id], "assetIds": [other.id]},
    }
    return Visit({"id": tag.id}, body=bodies.get(operation))


def _stack_visit(fake: FakeImmich, operation: str) -> Visit:
    first, second = fake.seeds.burst(2, declared_checksum=True)
    stack = fake.seeds.stack(first, second)
    bodies: dict[str, Json] = {
        "stack_create": {"assetIds": [first.id, second.id]},
        "stack_update": {"primaryAssetId": second.id},
        "stacks_delete_bulk": {"ids": [stack.id]},
        "stack_parent_swap_legacy": {"oldParentId": first.id, "newParentId": second.id},
    }
    return Visit({"id": stack.id, "assetId": second.id}, body=bodies.get(operation))


def _search_visit(fake: FakeImmich, operation: str) -> Visit:
    _rich_asset(fake)
    richly = {"withExif": True} | ({"withPeople": True} if fake.world.release >= (1, 106, 0) else {})
    bodies = {"search_smart": {"query": "dog"}, "search_metadata": richly}
    return Visit(body=bodies.get(operation, {}))


def _timeline_visit(fake: FakeImmich, operation: str) -> Visit:
    fake.seeds.photo(declared_checksum=True)
    query = {"size": "MONTH"} if fake.world.release < (1, 133, 0) else {}
    return Visit(query=query | ({"timeBucket": "2024-05-01"} if operation == "timeline_bucket" else {}))


def _duplicate_visit(fake: FakeImmich, operation: str) -> Visit:
    group = fake.seeds.duplicates(*fake.seeds.burst(2, declared_checksum=True))
    return Visit({"id": group}, body={"ids": [group]} if operation == "duplicates_dismiss_bulk" else None)
