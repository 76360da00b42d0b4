"""Every call is one that its version of the server has, with fields that it knows and permissions that are named."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from bestshot.errors import TooOldError
from bestshot.immich.calls import AssetChange, Call, Calls
from bestshot.immich.model import Stack
from bestshot.immich.versions import NEWEST, Dialect, Task, Version
from tests.support.each import every
from tests.support.paths import SHARED

OPENAPI = SHARED / "immich-openapi"
ID = "6d0a4164-189e-4140-86cd-3eef2de96f01"
OTHER = "40aafb0a-5f9c-449a-ad61-5972a3ec3484"
STACK = Stack(ID, ID, (ID, OTHER, OTHER))
SPECS = sorted(path.stem for path in OPENAPI.glob("v*.json"))
needs_openapi = pytest.mark.skipif(not SPECS, reason="the OpenAPI files of the releases are not here")


def version(name: str) -> Version:
    return Version(*(int(part) for part in name.removeprefix("v").split(".")))


def dialect(name: str) -> Dialect:
    return Dialect.of(version(name))


def calls_of(speech: Dialect) -> Iterator[Call]:
    """One of every call that the client may make in a version."""
    calls = Calls(speech)
    yield from _reading(calls)
    yield from _marking(calls)
    yield from _tagging(calls)
    yield from _stacking(calls)


def _reading(calls: Calls) -> Iterator[Call]:
    speech = calls.dialect
    yield from (calls.current_user(), calls.asset(ID), calls.faces(ID), calls.original(ID))
    yield from (calls.thumbnail(ID, "preview"), calls.thumbnail(ID, "thumbnail"))
    for with_archived in (True, False):
        for scope in speech.scopes(with_archived=with_archived):
            yield calls.search({**scope.search, "order": "asc", "isFavorite": True}, 1)
            yield calls.search({**scope.search, "takenAfter": "2024-05-01T08:00:00.000Z"}, 2)
            yield calls.statistics(scope.statistics)
    if speech.knows_own_key:
        yield calls.own_key()


def _marking(calls: Calls) -> Iterator[Call]:
    changes = [AssetChange(is_favorite=True), AssetChange(is_archived=True), AssetChange(description="x")]
    changes += [AssetChange(rating=0), AssetChange(rating=4)] if calls.dialect.has_ratings else []
    for change in changes:
        yield calls.update_asset(ID, change)
        if calls.changes_in_bulk(change):
            yield calls.update_assets([ID, OTHER], change)
    yield from calls.albums()
    yield from (calls.albums_of_asset(ID), calls.album(ID), calls.create_album("Trip", [ID], "words"))
    yield from (calls.add_to_album(ID, [OTHER]), calls.remove_from_album(ID, [OTHER]), calls.delete_album(ID))
    if calls.dialect.version >= (3, 0):
        yield calls.search({"albumIds": [ID]}, 1)


def _tagging(calls: Calls) -> Iterator[Call]:
    yield from (calls.tags(), calls.tag_with(ID, [OTHER]), calls.untag(ID, [OTHER]), calls.delete_tag(ID))
    if not calls.dialect.has_tag_paths:
        yield from (calls.create_tag("a/b"), calls.assets_of_tag(ID))
        return
    yield from (calls.upsert_tags(["a/b"]), calls.tag_assets([ID], [OTHER]))
    if calls.dialect.searches_tags:
        yield calls.search({"tagIds": [ID]}, 1)
    else:
        yield from (calls.months_of_tag(ID), calls.month_of_tag(ID, "2024-05-01T00:00:00.000Z"))


def _stacking(calls: Calls) -> Iterator[Call]:
    yield from (calls.create_stack([ID, OTHER]), calls.delete_stack(STACK))
    if calls.dialect.has_stack_routes:
        yield from (calls.stacks(), calls.stack(ID))
    else:
        yield calls.search({"withStacked": True}, 1)


@cache
def _operations() -> list[dict[str, Any]]:
    operations = json.loads((OPENAPI / "operations.json").read_text())["operations"]
    return [row for rows in operations.values() for row in rows]


def _row(call: Call, now: Version) -> dict[str, Any]:
    """The route that a release has for a call; one without an id in its path before one with."""
    fitting = [
        row
        for row in _operations()
        if row["method"] == call.method
        and version(row["from"]) <= now <= version(row["to"])
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", row["path"]), f"/api/{call.path}")
    ]
    assert fitting, f"{now} has no {call}"
    return min(fitting, key=lambda row: row["path"].count("{"))


def _resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found
    return schema


@needs_openapi
@every("name", SPECS)
def test_every_call_is_a_route_of_its_version(name: str) -> None:
    for call in calls_of(dialect(name)):
        _row(call, version(name))


@needs_openapi
@every("name", SPECS)
def test_every_permission_that_a_call_needs_is_among_those_asked_for(name: str) -> None:
    asked = {*dialect(name).permissions(tuple(Task)), "public", "any key"}
    needed = {_row(call, version(name))["permission"] for call in calls_of(dialect(name))}
    if "all" not in asked:
        assert needed <= asked
        assert asked - needed <= {"public", "any key"}, "more is asked for than needed"


@needs_openapi
@every("name", SPECS)
def test_no_call_sends_a_field_that_its_version_would_drop_in_silence(name: str) -> None:
    spec = json.loads((OPENAPI / f"{name}.json").read_text())
    for call in calls_of(dialect(name)):
        row = _row(call, version(name))
        if not row["in_spec"]:
            continue
        operation = spec["paths"][row["path"].removeprefix("/api")][call.method.lower()]
        known = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert set(call.query or {}) <= known, call
        if call.body is not None:
            schema = _resolved(spec, operation["requestBody"]["content"]["application/json"]["schema"])
            assert set(call.body) <= set(schema["properties"]), call
            assert set(schema.get("required", [])) <= set(call.body), call


@every(
    "last, first, trait",
    [
        ("1.105.1", "1.106.0", "has_plural_routes"),
        ("1.112.1", "1.113.0", "has_stack_routes"),
        ("1.112.1", "1.113.0", "has_tag_paths"),
        ("1.128.0", "1.129.0", "tags_again"),
        ("1.125.7", "1.126.0", "searches_tags"),
        ("1.132.3", "1.133.0", "has_visibility"),
        ("1.132.3", "1.133.0", "describes_in_bulk"),
        ("1.142.1", "1.143.0", "rates_in_bulk"),
        ("1.138.1", "1.139.2", "knows_own_key"),
        ("2.5.6", "2.6.0", "has_empty_ratings"),
        ("2.7.5", "3.0.0", "lists_shared_albums"),
        ("1.97.0", "1.98.0", "searches_hide_favorites"),
        ("1.112.1", "1.113.0", "searches_hide_favorites"),
    ],
)
def test_versions_differ_where_the_server_changed(last: str, first: str, trait: str) -> None:
    assert getattr(dialect(last), trait) != getattr(dialect(first), trait)


def test_a_version_before_1_95_is_too_old() -> None:
    with pytest.raises(TooOldError, match=r"1\.94\.1 is too old"):
        dialect("1.94.1")


def test_an_unknown_newer_version_speaks_like_the_newest_known_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    unknown = dialect("9.9.9")
    assert list(calls_of(unknown)) == list(calls_of(Dialect.of(NEWEST)))
    assert [record.getMessage() for record in caplog.records] == [
        "Immich 9.9.9 is newer than any known version and is treated like 3.2.2."
    ]


def test_a_newer_patch_of_the_newest_version_is_nothing_new(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    dialect("3.2.9")
    assert not caplog.records


def test_keys_have_no_permissions_before_1_113_and_need_all_of_them_in_1_136() -> None:
    assert dialect("1.112.1").permissions(tuple(Task)) == ()
    assert dialect("1.136.0").permissions([Task.READ]) == ("all",)


def test_permissions_follow_the_tasks() -> None:
    needed = dialect("2.7.5").permissions([Task.READ, Task.TAGS])
    assert "tag.asset" in needed
    assert "stack.create" not in needed


def test_ids_cannot_lead_to_other_routes() -> None:
    assert Calls(dialect("2.7.5")).asset("../users/me?x#y").path == "assets/..%2Fusers%2Fme%3Fx%23y"


def test_a_rating_of_0_is_null_where_null_means_none() -> None:
    change = AssetChange(rating=0)
    assert Calls(dialect("2.6.0")).update_asset(ID, change).body == {"rating": None}
    assert Calls(dialect("1.118.2")).update_asset(ID, change).body == {"rating": 0}


def test_what_a_version_cannot_do_is_said_with_the_version_that_can() -> None:
    with pytest.raises(TooOldError, match=r"1\.112"):
        Calls(dialect("1.105.1")).update_asset(ID, AssetChange(rating=5))


def test_calls_that_make_something_new_are_never_repeated() -> None:
    for name in ("1.105.1", "1.118.2", "2.7.5", "3.2.2"):
        making = [call for call in calls_of(dialect(name)) if call.method == "POST" and call.is_repeatable]
        assert {call.path.partition("/")[0] for call in making} <= {"search", "download"}


def test_archived_photos_are_asked_for_in_the_words_of_each_version() -> None:
    def searches(name: str, *, with_archived: bool) -> list[dict[str, Any]]:
        return [dict(scope.search) for scope in dialect(name).scopes(with_archived=with_archived)]

    visible = {"type": "IMAGE", "isVisible": True}
    assert searches("1.95.0", with_archived=True) == [visible], "withArchived would mean archived ones alone"
    assert searches("1.132.3", with_archived=True) == [{**visible, "withArchived": True}]
    assert searches("1.132.3", with_archived=False) == [{**visible, "withArchived": False}]
    assert [scope["visibility"] for scope in searches("1.133.0", with_archived=True)] == ["timeline", "archive"]
