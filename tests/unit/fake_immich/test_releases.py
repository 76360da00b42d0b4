"""The fake server against what is known of each release: the table, the published descriptions, the recordings."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.fake_immich import VERSIONS, FakeImmich
from tests.fake_immich.proof.contract import OPENAPI, Contract, contract_of
from tests.fake_immich.proof.recorded import RECORDED, RECORDINGS
from tests.fake_immich.proof.replay import Replay
from tests.fake_immich.proof.tour import tour
from tests.fake_immich.proof.version_table import FIELDS, RouteRow, fields_in, routes_of
from tests.fake_immich.requests import Json
from tests.fake_immich.routes.assets import MANY_FIELDS, ONE_FIELDS
from tests.fake_immich.routes.search import SEARCH
from tests.fake_immich.routes.table import PUBLIC, served
from tests.fake_immich.versions import release
from tests.support.each import every

# An answer's schema, and the schemas inside it.
ANSWERS = {
    "asset_info": "AssetResponseDto",
    "asset_update": "AssetResponseDto",
    "assets_list_legacy": "AssetResponseDto",
    "tag_assets_list": "AssetResponseDto",
    "search_random": "AssetResponseDto",
    "search_metadata": "Search",
    "albums_list": "AlbumResponseDto",
    "album_info": "AlbumResponseDto",
    "album_create": "AlbumResponseDto",
    "album_update": "AlbumResponseDto",
    "album_add_assets": "BulkIdResponseDto",
    "album_remove_assets": "BulkIdResponseDto",
    "tags_list": "TagResponseDto",
    "tag_get": "TagResponseDto",
    "tag_create": "TagResponseDto",
    "tag_upsert": "TagResponseDto",
    "tag_update": "TagResponseDto",
    "stacks_list": "Stack",
    "stack_get": "Stack",
    "stack_create": "Stack",
    "stack_update": "Stack",
    "duplicates_list": "DuplicateResponseDto",
    "faces": "AssetFaceResponseDto",
    "people": "PeopleResponseDto",
    "person": "PersonResponseDto",
    "current_user": "UserAdminResponseDto",
    "version": "ServerVersionResponseDto",
    "features": "ServerFeaturesDto",
    "server_config": "ServerConfigDto",
    "api_key_me": "APIKeyResponseDto",
}
INSIDE = {
    ("Search", "assets"): "SearchAssetResponseDto",
    ("SearchAssetResponseDto", "items"): "AssetResponseDto",
    ("AssetResponseDto", "exifInfo"): "ExifResponseDto",
    ("AssetResponseDto", "owner"): "UserResponseDto",
    ("AssetResponseDto", "tags"): "TagResponseDto",
    ("AlbumResponseDto", "assets"): "AssetResponseDto",
    ("AlbumResponseDto", "owner"): "UserResponseDto",
    ("Stack", "assets"): "AssetResponseDto",
    ("DuplicateResponseDto", "assets"): "AssetResponseDto",
    ("AssetFaceResponseDto", "person"): "PersonResponseDto",
    ("PeopleResponseDto", "people"): "PersonResponseDto",
}


def _misfits(schema: str, body: Json, version: str) -> Iterator[str]:
    """What an answer has too much or too little of, at any depth."""
    if isinstance(body, list):
        for item in body:
            yield from _misfits(schema, item, version)
    elif isinstance(body, dict):
        if schema in FIELDS:
            known = fields_in(_as_then(schema, version), version)
            yield from (f"{schema} has {name}" for name in set(body) - set(known))
            yield from (f"{schema} lacks {name}" for name, always in known.items() if always and name not in body)
        for name, value in body.items():
            if (schema, name) in INSIDE:
                yield from _misfits(INSIDE[schema, name], value, version)


def _as_then(schema: str, version: str) -> str:
    """Before 1.106 one's own account read like anybody's."""
    is_early = schema == "UserAdminResponseDto" and release(version) < (1, 106, 0)
    return "UserResponseDto" if is_early else schema


@every("version", VERSIONS)
def test_a_release_serves_the_routes_of_the_table_and_no_others(version: str) -> None:
    now = release(version)
    rows = {
        RouteRow(row.operation, row.method, row.path, row.permission(now), row.status, False, row.admin)
        for row in served(now)
        if row.operation != "api_key_get"  # stands where later releases have the route of one's own key
    }
    assert rows == {row._replace(is_hidden=False) for row in routes_of(version)}


@every("version", VERSIONS)
def test_every_route_answers_with_the_status_and_the_fields_of_the_release(version: str) -> None:
    """Where the published descriptions are at hand, leaving the context compares with them too."""
    wrong = []
    with FakeImmich(version) as fake:
        for row, answer in tour(fake):
            if row.operation == "search_smart":
                assert answer.status_code == 400
                continue
            assert (row, answer.status_code) == (row, row.status), answer.text
            if row.operation in ANSWERS:
                assert answer.json(), row
                wrong += [
                    f"{row.operation}: {text}" for text in _misfits(ANSWERS[row.operation], answer.json(), version)
                ]
    assert not wrong


@every("version", VERSIONS)
def test_a_release_knows_no_request_field_that_it_has_not(version: str) -> None:
    known = {"MetadataSearchDto": SEARCH, "AssetBulkUpdateDto": MANY_FIELDS, "UpdateAssetDto": ONE_FIELDS}
    for schema, fields in known.items():
        names = {field.name for field in fields if field.since <= release(version) <= field.until}
        assert names <= set(fields_in(schema, version)), schema


@every("version", VERSIONS)
def test_every_route_but_the_public_ones_wants_a_key(version: str) -> None:
    with FakeImmich(version) as fake:
        fake.faults.expire_key(fake.admin)
        statuses = {row: answer.status_code for row, answer in tour(fake)}
    assert statuses
    for row, status in statuses.items():
        assert (status == 401) == (row.permission != PUBLIC), row


@pytest.fixture(scope="module")
def described() -> dict[str, Contract]:
    """The published descriptions."""
    if not OPENAPI.is_dir():
        pytest.skip("the published API descriptions are not here")
    return {version: found for version in VERSIONS if (found := contract_of(version))}


def test_the_table_is_what_the_descriptions_say(described: dict[str, Contract]) -> None:
    assert set(described) == set(VERSIONS)
    for version, contract in described.items():
        schemas = json.loads((OPENAPI / f"{version}.json").read_text(encoding="utf-8"))["components"]["schemas"]
        for schema in FIELDS.keys() & schemas.keys():
            shown = schemas[schema]
            required = shown.get("required", [])
            assert fields_in(schema, version) == {name: name in required for name in shown["properties"]}, schema
        for row in routes_of(version):
            operation = contract.operation(row.method, row.path)
            # The description of the last release was put together from a client, and holds but a part.
            assert (operation is None) == row.is_hidden or (operation is None and version == VERSIONS[-1]), row
            assert operation is None or str(row.status) in operation["responses"], row


def test_the_table_is_what_the_list_of_operations_says(described: dict[str, Contract]) -> None:
    operations = json.loads((OPENAPI / "operations.json").read_text(encoding="utf-8"))["operations"]
    for version in described:
        ours = routes_of(version)
        theirs = {
            RouteRow(
                name,
                row["method"],
                row["path"].removeprefix("/api"),
                row["permission"],
                int(row["status"].split(",")[0]),
                not row["in_spec"],
                "admin_only" in row,
            )
            for name, rows in operations.items()
            for row in rows
            if release(row["from"]) <= release(version) <= release(row["to"]) and name in {r.operation for r in ours}
        }
        assert ours == theirs


@every("version", RECORDED)
def test_recorded_calls_are_answered_as_the_real_server_did(version: str) -> None:
    """Same status, same fields, and the same values wherever they are not chance."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not here")
    with FakeImmich(version, checked=False) as fake:
        assert list(Replay(fake).differences()) == []
        assert len(fake.calls) > 300


@pytest.mark.parametrize("version", ["v1.105.1", "v2.7.5"])
def test_a_field_of_another_era_breaks_the_contract(version: str, described: dict[str, Contract]) -> None:
    """What the server drops without a word is what the comparison must find."""
    assert described
    wrong: dict[str, Json] = {"visibility": "archive"} if version == "v1.105.1" else {"isArchived": True}
    with FakeImmich(version) as fake:
        photo = fake.seeds.photo()
        path = "/asset" if version == "v1.105.1" else "/assets"
        headers = {"x-api-key": fake.admin.secret}
        answer = requests.put(f"{fake.url}/api{path}", json={"ids": [photo.id]} | wrong, headers=headers, timeout=10)
        assert (answer.status_code, photo.visibility) == (204, "timeline")
        violations = fake.violations()
    assert [next(iter(wrong)) in text for text in violations] == [True]
