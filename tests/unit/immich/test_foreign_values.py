"""Whatever stands in the fields of a server's answers: an asset that cannot be used costs none of the others."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bestshot.errors import NotImmichError
from bestshot.immich.answers import (
    WireAlbum,
    WireFace,
    WireItem,
    WireSearch,
    WireStack,
    WireStatistics,
    WireUser,
    WireVersion,
    read,
    read_assets_of,
)
from bestshot.immich.asset_answers import WireAsset, WireTag
from bestshot.immich.versions import Dialect, Version
from bestshot.model.photo import FileRole
from bestshot.sources.immich.assets import file_of, marks_of_listed, metadata_of, photo_of
from bestshot.sources.immich.pairs import pair_shots
from bestshot.text import base_name

UUID = "0f0e0d0c-0b0a-4908-8706-050403020100"
GOOD: dict[str, Any] = {
    "id": UUID,
    "ownerId": UUID,
    "type": "IMAGE",
    "originalFileName": "IMG_1.JPG",
    "originalPath": "upload/IMG_1.JPG",
    "fileCreatedAt": "2024-07-01T07:00:00.000Z",
    "fileModifiedAt": "2024-07-01T07:00:00.000Z",
    "localDateTime": "2024-07-01T09:00:00.000Z",
    "checksum": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    "isFavorite": False,
    "isTrashed": False,
    "visibility": "timeline",
    "libraryId": None,
    "livePhotoVideoId": None,
    "exifInfo": {
        "make": "Canon",
        "model": "R5",
        "lensModel": "RF",
        "fNumber": 2.8,
        "focalLength": 50,
        "iso": 100,
        "exposureTime": "1/60",
        "exifImageWidth": 600,
        "exifImageHeight": 400,
        "fileSizeInByte": 12345,
        "orientation": "6",
        "dateTimeOriginal": "2024-07-01T07:00:00.000Z",
        "timeZone": "UTC+2",
        "latitude": 52.5,
        "longitude": 13.4,
        "description": "",
        "rating": 3,
    },
    "tags": [{"id": UUID, "name": "a", "value": "a"}],
    "stack": {"id": UUID, "primaryAssetId": UUID, "assetCount": 2},
}
FACE = {"id": UUID, "boundingBoxX1": 1, "boundingBoxY1": 1, "boundingBoxX2": 9, "boundingBoxY2": 9} | {
    "imageWidth": 10,
    "imageHeight": 10,
    "person": {"id": UUID, "name": "Ann"},
}
ALBUM = {"id": UUID, "albumName": "Trip", "updatedAt": "2026-01-01T00:00:00.000Z", "assets": [GOOD], "assetCount": 1}
NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    -1e308,
    5e-324,
    "",
    "\0",
    "a\0b.jpg",
    "..",
    "../../etc/passwd",
    "a/..",
    "/",
    "x" * 300,
    "ä" * 300 + ".jpg",
    "\x1b[2J.jpg",
    "\u202egpj.exe",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00",
    "nan",
    "inf",
    "1e400",
    "1/0",
    "1e308/1e-308",
    [],
    {},
    [None],
    {"id": None},
]
values = st.one_of(
    st.sampled_from(NASTY),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.datetimes().map(lambda time: time.isoformat() + "+14:00"),
)


def _places(value: Any, *path: str | int) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value, its own among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in inner for place in _places(below, *path, key))]


def _with(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    """The value with something else in one place."""
    if not place:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _with(value[place[0]], place[1:], new)
    return copy


def mutated(value: Any) -> st.SearchStrategy[Any]:
    """The value with a few of its places spoilt or taken away."""

    def spoil(changes: list[tuple[tuple[str | int, ...], Any]]) -> Any:
        spoilt = value
        for place, new in changes:
            try:
                spoilt = _with(spoilt, place, new)
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change took this place away
        return spoilt

    return st.lists(st.tuples(st.sampled_from(_places(value)), values), min_size=1, max_size=3).map(spoil)


def _use(asset: Any) -> None:
    """Everything that is made of a listed asset before anything is fetched."""
    [shot] = pair_shots([asset])
    photo = photo_of(shot, "immich:me")
    metadata, file = metadata_of(asset), file_of(asset, FileRole.PICTURE)
    msgspec.json.encode((photo, metadata, marks_of_listed(asset), asset.original))
    assert abs(file.mtime_ns) < 2**63
    assert 0 <= file.size < 2**63
    assert base_name(file.path) not in ("", ".", "..")
    assert "\0" not in file.path
    json.dumps([metadata.latitude, metadata.longitude, metadata.exposure_seconds, metadata.iso], allow_nan=False)
    assert (metadata.camera or "").isprintable()


@given(mutated(GOOD))
@example(GOOD | {"originalFileName": "a\0b.jpg"})
@example(GOOD | {"localDateTime": "0001-01-01T00:00:00+14:00", "fileCreatedAt": "0001-01-01T00:00:00+14:00"})
@example(GOOD | {"fileModifiedAt": "9999-12-31T23:59:59.000Z"})
@example(GOOD | {"id": "../../albums/x"})
@example(GOOD | {"exifInfo": GOOD["exifInfo"] | {"fileSizeInByte": -(2**70), "exifImageWidth": 1e308, "iso": 1e308}})
def test_an_asset_of_any_fields_is_used_or_named_and_its_neighbour_is_always_used(spoilt: Any) -> None:
    page = {"assets": {"items": [spoilt, GOOD], "nextPage": None}}
    found = read_assets_of(read(json.dumps(page).encode(), WireSearch, "a search").assets.items)
    assert found.usable[-1].file_name == "IMG_1.JPG"
    assert len(found.usable) + len(found.unusable) == 2
    for asset in found.usable:
        _use(asset)
    for unusable in found.unusable:
        assert str(unusable).isprintable()
        assert unusable.reason.isprintable()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("originalFileName", "a\0b.jpg", "its name contains a NUL character"),
        ("originalFileName", "..", "it has no file name"),
        ("id", "../x", "regex"),
        ("isFavorite", None, "Expected `bool`, got `null` - at `$.isFavorite`"),
        ("exifInfo", "none", "Expected `object | null`, got `str` - at `$.exifInfo`"),
    ],
)
def test_an_asset_that_cannot_be_used_is_named_with_its_reason(field: str, value: object, reason: str) -> None:
    [unusable] = read_assets_of((msgspec.Raw(json.dumps(GOOD | {field: value}).encode()),)).unusable
    assert reason in unusable.reason
    assert str(unusable) == f"{GOOD['originalFileName']} ({UUID})" or field != "exifInfo"


READ_BY: list[tuple[Any, Any, Callable[[Any], object]]] = [
    (GOOD, WireAsset, lambda found: (found.asset(), found.old_stack())),
    (ALBUM, WireAlbum, lambda found: (found.value(), read_assets_of(found.assets or ()))),
    ([FACE], tuple[WireFace, ...], lambda found: [face.value() for face in found]),
    ([{"id": UUID, "name": "b", "value": "a/b"}], tuple[WireTag, ...], lambda found: [tag.tag() for tag in found]),
    ({"id": UUID, "primaryAssetId": UUID, "assets": [{"id": UUID}]}, WireStack, lambda found: found.value()),
    ([{"id": UUID, "success": False, "error": "x"}], tuple[WireItem, ...], lambda _found: None),
    ({"images": 1, "videos": 1}, WireStatistics, lambda found: found.value()),
    ({"id": UUID, "name": "Me", "isAdmin": True}, WireUser, lambda found: found.value()),
    ({"major": 2, "minor": 7, "patch": 5}, WireVersion, lambda v: Dialect(Version(v.major, v.minor, v.patch)).scopes),
]


@given(st.sampled_from(READ_BY).flatmap(lambda row: st.tuples(mutated(row[0]), st.just(row[1:]))))
def test_any_other_answer_is_understood_or_is_told_in_a_sentence(drawn: tuple[Any, tuple[Any, Any]]) -> None:
    spoilt, (shape, use) = drawn
    said = ""
    try:
        use(read(json.dumps(spoilt).encode(), shape, "the call"))
    except NotImmichError as error:
        said = str(error)
    assert said.isprintable()


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
@example(b"[" * 100_000)
@example(b'{"major": 1e400, "minor": NaN, "patch": "\\ud800"}')
def test_any_bytes_are_understood_or_told_in_a_sentence(body: bytes) -> None:
    said = ""
    try:
        read(body, WireVersion, "the call")
    except NotImmichError as error:
        said = str(error)
    assert said.isprintable()


@pytest.mark.parametrize("odd", [b"NaN", b"-Infinity", b"1e400", b'"\\ud83d"', b'"\xff"'])
def test_what_is_no_json_in_one_field_does_not_cost_a_page(odd: bytes) -> None:
    page = json.dumps({"assets": {"items": [GOOD | {"unknown": "HERE"}, GOOD]}}).encode().replace(b'"HERE"', odd)
    found = read_assets_of(read(page, WireSearch, "a search").assets.items)
    assert found.usable[-1].id == UUID


@given(mutated(FACE))
def test_a_face_lies_about_where_its_picture_is(spoilt: Any) -> None:
    try:
        [face] = read(json.dumps([spoilt]).encode(), tuple[WireFace, ...], "faces")
    except (NotImmichError, ValueError):
        return
    box = face.value()
    assert box is None or all(-1 <= side <= 2 for side in (box.left, box.top, box.right, box.bottom))
