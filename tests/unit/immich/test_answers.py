"""Everything that four real servers were recorded to answer is understood, refusals too."""

import json
from typing import Any

import pytest

from bestshot.errors import (
    ImmichError,
    MissingPermissionError,
    NotFoundError,
    NotImmichError,
    RejectedError,
    UnreachableError,
    WrongKeyError,
)
from bestshot.immich.answers import (
    WireAlbum,
    WireFace,
    WireItem,
    WireKey,
    WirePong,
    WireSearch,
    WireStack,
    WireStatistics,
    WireUser,
    WireVersion,
    read,
    read_assets_of,
)
from bestshot.immich.asset_answers import WireAsset, WireTag
from bestshot.immich.failures import failure
from bestshot.immich.model import Visibility
from tests.support.each import every
from tests.support.paths import SHARED

RECORDINGS = SHARED / "immich-recordings"
SERVERS = sorted(path.stem for path in RECORDINGS.glob("v*.json"))
recorded = pytest.mark.parametrize(
    "server", SERVERS or [pytest.param("", marks=pytest.mark.skip("no recordings here"))]
)

SHAPES: dict[str, Any] = {
    "ping": WirePong,
    "version": WireVersion,
    "users-me": WireUser,
    "api-keys-me": WireKey,
    "asset-statistics": WireStatistics,
    "search-metadata": WireSearch,
    "partner-search": WireSearch,
    "asset-info": WireAsset,
    "asset-update": WireAsset,
    "faces": tuple[WireFace, ...],
    "tags-list": tuple[WireTag, ...],
    "tags-upsert": tuple[WireTag, ...],
    "tag-create": WireTag,
    "tag-add-assets": tuple[WireItem, ...],
    "tag-remove-assets": tuple[WireItem, ...],
    "albums-list": tuple[WireAlbum, ...],
    "shared-albums-list": tuple[WireAlbum, ...],
    "album-info": WireAlbum,
    "album-create": WireAlbum,
    "album-add-assets": tuple[WireItem, ...],
    "album-remove-assets": tuple[WireItem, ...],
    "stacks-list": tuple[WireStack, ...],
    "stack-get": WireStack,
}


def exchanges(server: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RECORDINGS / f"{server}.json").read_text(encoding="utf-8"))
    return found


def body_of(exchange: dict[str, Any]) -> bytes:
    return json.dumps(exchange["response"]["body"]).encode()


def named(server: str, name: str) -> dict[str, Any]:
    return next(exchange for exchange in exchanges(server) if exchange["name"] == name)


def refusal(status: int, message: object) -> ImmichError:
    return failure(status, json.dumps({"message": message}).encode(), "GET /api/x", ("asset.read",))


@recorded
def test_every_recorded_answer_has_the_shape_that_is_read(server: str) -> None:
    understood = set()
    for exchange in exchanges(server):
        shape = next((prefix for prefix in SHAPES if exchange["name"].startswith(prefix)), None)
        if shape is None or not 200 <= exchange["response"]["status"] < 300:
            continue
        found = read(body_of(exchange), SHAPES[shape], exchange["name"])
        items = found.assets.items if isinstance(found, WireSearch) else ()
        items = found.assets or () if isinstance(found, WireAlbum) else items
        assert not read_assets_of(items).unusable
        understood.add(shape)
    assert {"search-metadata", "asset-info", "album-info", "tags-list", "faces"} <= understood


@recorded
def test_every_recorded_refusal_becomes_a_sentence(server: str) -> None:
    for exchange in exchanges(server):
        if exchange["response"]["status"] < 400:
            continue
        error = failure(exchange["response"]["status"], body_of(exchange), exchange["name"], ())
        assert str(error).endswith((".", "server?", "version?")), exchange["name"]


@recorded
def test_recorded_refusals_are_told_apart(server: str) -> None:
    expected = {
        "auth-wrong-key": WrongKeyError,
        "auth-missing": WrongKeyError,
        "asset-info-unknown-id": NotFoundError,
        "asset-info-malformed-id": RejectedError,
        "thumbnail-broken-file": NotFoundError,
        "tag-get-unknown-id": NotFoundError,
        "album-add-assets-unknown-album": NotFoundError,
        "foreign-assets-update-mixed": NotFoundError,
        "search-metadata-size-1001": RejectedError,
        "unknown-route": NotImmichError,
        "body-too-large": RejectedError,
    }
    for name, kind in expected.items():
        exchange = named(server, name)
        assert type(failure(exchange["response"]["status"], body_of(exchange), name, ())) is kind, name


@recorded
def test_an_asset_means_the_same_on_every_server(server: str) -> None:
    pages = [
        read(body_of(each), WireSearch, "") for each in exchanges(server) if each["name"] == "search-metadata-with-exif"
    ]
    live = next(asset for asset in read_assets_of(pages[0].assets.items).usable if asset.file_name == "IMG_1.JPG")
    assert live.is_image
    assert live.visibility is Visibility.TIMELINE
    assert live.local_time is not None
    assert live.file_created_at is not None
    assert (live.local_time.isoformat(), live.local_time.tzinfo) == ("2024-07-01T09:00:00", None)
    assert live.file_created_at.isoformat() == "2024-07-01T07:00:00+00:00"
    assert live.motion_video_id is not None
    assert live.exif is not None
    assert (live.exif.time_zone, live.exif.taken) == ("UTC+2", live.file_created_at)


@recorded
def test_a_stacked_child_names_its_primary_on_every_server(server: str) -> None:
    primary = read(body_of(named(server, "asset-info-stacked-primary")), WireAsset, "")
    child = read(body_of(named(server, "asset-info-stacked-child")), WireAsset, "")
    stack = child.asset().stack
    assert stack is not None
    assert stack.primary_id == primary.id
    assert stack == primary.asset().stack


def test_a_stack_before_1_113_has_its_primary_first_and_each_member_once() -> None:
    if "v1.105.1" not in SERVERS:
        pytest.skip("no recordings here")
    child = read(body_of(named("v1.105.1", "asset-info-stacked-child")), WireAsset, "")
    stack = child.old_stack()
    assert stack is not None
    assert stack.asset_ids[0] == stack.primary_id
    assert len(stack.asset_ids) == len(set(stack.asset_ids)) == 3


@recorded
def test_face_boxes_are_parts_of_the_picture(server: str) -> None:
    first, second = (face.value() for face in read(body_of(named(server, "faces")), tuple[WireFace, ...], ""))
    assert first is not None
    assert second is not None
    assert (first.left, first.top, first.right, first.bottom) == (100 / 1440, 120 / 960, 300 / 1440, 360 / 960)
    assert (first.person_id is None, second.person_id is None) == (False, True)


@recorded
def test_albums_name_their_owner_on_every_server(server: str) -> None:
    user = read(body_of(named(server, "users-me")), WireUser, "").value()
    assert read(body_of(named(server, "album-info")), WireAlbum, "").value().owner_id == user.id


def test_a_missing_permission_is_named_with_all_that_the_job_needs() -> None:
    error = refusal(403, "Missing required permission: asset.update")
    assert isinstance(error, MissingPermissionError)
    assert error.permission == "asset.update"
    assert str(error).endswith("This run needs: asset.read.")


def test_a_locked_asset_is_no_wrong_key() -> None:
    assert type(refusal(401, "Elevated permission is required")) is NotFoundError


def test_an_overloaded_server_is_unreachable_and_a_failing_one_is_not() -> None:
    assert type(refusal(503, "busy")) is UnreachableError
    assert type(refusal(500, "Failed to tag assets")) is RejectedError


@every(
    "status, kind",
    [
        (200 + 102, NotImmichError),
        (401, NotImmichError),
        (404, NotImmichError),
        (406, NotImmichError),
        (413, RejectedError),
    ],
)
def test_a_web_page_is_never_taken_for_an_answer_of_immich(status: int, kind: type[ImmichError]) -> None:
    assert type(failure(status, b"<html>", "GET /api/x", ())) is kind


def test_messages_of_both_eras_are_quoted() -> None:
    assert "each value in ids must be a UUID" in str(refusal(400, ["each value in ids must be a UUID"]))
    body = {"message": "Validation failed", "errors": [{"path": ["size"], "message": "Too big"}, "odd"]}
    assert "size: Too big; odd" in str(failure(400, json.dumps(body).encode(), "", ()))


@every("body", [b"<html>", b"\xff\xfe", b"[]", b'{"major": "x", "minor": 1, "patch": 1}', b""])
def test_an_answer_of_another_shape_is_not_immich(body: bytes) -> None:
    with pytest.raises(NotImmichError, match="check the address"):
        read(body, WireVersion, "version")


def test_a_date_that_is_none_does_not_spoil_the_listing() -> None:
    asset = {
        "id": "a", "ownerId": "o", "type": "IMAGE", "originalFileName": "x.jpg", "originalPath": "/x.jpg",
        "fileCreatedAt": "+020240-01-01T00:00:00.000Z", "fileModifiedAt": "2024-01-01T00:00:00.000Z",
        "localDateTime": "", "checksum": "c", "isFavorite": False, "visibility": "somewhere new",
    }  # fmt: skip
    seen = read(json.dumps(asset).encode(), WireAsset, "").asset()
    assert (seen.file_created_at, seen.local_time) == (None, None)
    assert seen.visibility is Visibility.HIDDEN, "what a newer server invents is left alone"
