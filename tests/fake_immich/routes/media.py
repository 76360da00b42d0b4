"""Pictures: thumbnails, previews, originals, with validators and ranges."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from urllib.parse import quote

from tests.fake_immich.fields import Field
from tests.fake_immich.pictures import mime_type, preview, thumbnail
from tests.fake_immich.requests import Answer, RefusalError, Request, failed
from tests.fake_immich.routes.assets import readable
from tests.fake_immich.routes.table import World, route
from tests.fake_immich.state import Asset

_FORMAT = (Field("format", "choice", choices=("JPEG", "WEBP")),)
_SMALL = (
    Field("size", "choice", until=(1, 130, 99), choices=("preview", "thumbnail")),
    Field("size", "choice", since=(1, 131, 0), until=(2, 4, 99), choices=("fullsize", "preview", "thumbnail")),
    Field("size", "choice", since=(2, 5, 0), choices=("original", "fullsize", "preview", "thumbnail")),
    Field("edited", "flag", since=(2, 5, 0)),
)


@route("asset_thumbnail", "GET /asset/thumbnail/{id}", "asset.view", until="1.105.1", query=_FORMAT)
def thumbnail_by_format(world: World, request: Request) -> Answer:
    asset = readable(world, request.user, request.ids["id"], "asset.view")
    if asset.scene is None:
        raise RefusalError(404, f"No thumbnail found for asset {asset.id}")
    return _picture(world, request, asset, is_small=request.fields.get("format", "WEBP") == "WEBP")


@route("asset_thumbnail", "GET /assets/{id}/thumbnail", "asset.view", since="1.106.0", query=_SMALL)
def thumbnail_by_size(world: World, request: Request) -> Answer:
    asset = readable(world, request.user, request.ids["id"], "asset.view")
    size = request.fields.get("size", "thumbnail")
    if size == "original" and world.release < (3, 0, 0):
        raise RefusalError(400, "May not request original file")
    if size in ("original", "fullsize"):
        return Answer(
            302,
            content=b"Found. Redirecting to original?",
            kind="text/plain; charset=utf-8",
            headers={"Location": "original?"},
        )
    if asset.scene is None:
        raise RefusalError(404, "Asset media not found")
    return _picture(world, request, asset, is_small=size == "thumbnail")


def _picture(world: World, request: Request, asset: Asset, *, is_small: bool) -> Answer:
    scene = asset.scene
    assert scene is not None  # both routes refuse assets without one
    stem = PurePath(asset.name).stem
    name, kind = (f"{stem}_thumbnail.webp", "image/webp") if is_small else (f"{stem}_preview.jpeg", "image/jpeg")
    version = f"{scene.number:x}-{scene.variation:x}-{asset.created_ms:x}-{is_small:d}"
    draw = partial(thumbnail, scene) if is_small else partial(preview, scene, world.preview_edge)
    return _file(world, request, name, kind, version, draw)


@route("asset_original", "POST /download/asset/{id}", "asset.download", until="1.105.1")
@route("asset_original", "GET /assets/{id}/original", "asset.download", since="1.106.0")
def original(world: World, request: Request) -> Answer:
    try:
        asset = readable(world, request.user, request.ids["id"], "asset.download")
    except RefusalError as error:
        if world.release < (3, 0, 0):
            raise
        raise RefusalError(404, "Not Found") from error
    version = f"{asset.id[:8]}-{asset.modified_ms:x}"
    return _file(world, request, asset.name, mime_type(asset.name), version, asset.original.content)


def _file(world: World, request: Request, name: str, kind: str, version: str, content: Callable[[], bytes]) -> Answer:
    headers = {"ETag": f'W/"{version}"', "Accept-Ranges": "bytes"}
    headers["Cache-Control"] = "private, max-age=86400, no-transform"
    if world.release >= (1, 122, 0):
        headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name, safe='()')}"
    if request.headers.get("if-none-match") in (headers["ETag"], "*"):
        return Answer(304, content=b"", kind=kind, headers=headers)
    if "range" in request.headers:
        return _range(world, request.headers["range"], kind, headers, content())
    return Answer(200, content=content, kind=kind, headers=headers)


def _range(world: World, wanted: str, kind: str, headers: dict[str, str], content: bytes) -> Answer:
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    assert found is not None, f"the fake knows no range {wanted!r}"
    first, last = found.groups()
    start = int(first) if first else len(content) - int(last)
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if start >= len(content):
        answer = _beyond_the_end(world, kind)
        answer.headers = headers | {"Content-Range": f"bytes */{len(content)}"}
        return answer
    headers |= {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
    return Answer(206, content=content[start : end + 1], kind=kind, headers=headers)


def _beyond_the_end(world: World, kind: str) -> Answer:
    if world.release < (1, 106, 0):
        return failed("download file").answer(world.release)
    missing = RefusalError(404, "Not Found")
    refusal = missing if world.release >= (3, 0, 0) else RefusalError(500, "Internal server error")
    answer = refusal.answer(world.release)
    answer.kind = f"{kind}; charset=utf-8"
    return answer
