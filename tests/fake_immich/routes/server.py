"""Routes about the server, the user and the key."""

from tests.fake_immich.answers.names import account_json
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Json, RefusalError, Request
from tests.fake_immich.routes.table import ANY_KEY, PUBLIC, SCOPES_BEGIN, World, route
from tests.fake_immich.state import Key, iso
from tests.fake_immich.versions import FIRST, LAST, Release, fields_of


@route("ping", "GET /server-info/ping", PUBLIC, until="1.117.0")
@route("ping", "GET /server/ping", PUBLIC, since="1.107.0")
def ping(_world: World, _request: Request) -> Json:
    return {"res": "pong"}


@route("version", "GET /server-info/version", PUBLIC, until="1.117.0")
@route("version", "GET /server/version", PUBLIC, since="1.107.0")
def version(world: World, _request: Request) -> Json:
    major, minor, patch = world.release
    numbers = {"major": major, "minor": minor, "patch": patch}
    return numbers | fields_of(world.release, ((3, 0, 0), LAST, {"prerelease": None}))


@route("about", "GET /server-info/about", "server.about", since="1.107.0", until="1.117.0")
@route("about", "GET /server/about", "server.about", since="1.107.0")
def about(world: World, _request: Request) -> Json:
    name = "v" + ".".join(map(str, world.release))
    tools = {"nodejs": "v22", "exiftool": "13", "ffmpeg": "7", "libvips": "8", "imagemagick": "7"}
    return {"version": name, "versionUrl": f"https://immich.invalid/releases/{name}", "licensed": False} | tools


@route("features", "GET /server-info/features", PUBLIC, until="1.117.0")
@route("features", "GET /server/features", PUBLIC, since="1.107.0")
def features(world: World, _request: Request) -> Json:
    on = {"reverseGeocoding", "sidecar", "search", "trash", "passwordLogin"}
    now = world.release
    names = (
        "smartSearch facialRecognition map reverseGeocoding sidecar search trash oauth oauthAutoLaunch passwordLogin"
    )
    arrivals: list[tuple[Release, str]] = [
        ((1, 95, 0), f"{names} configFile"),
        ((1, 99, 0), "email"),
        ((1, 106, 0), "duplicateDetection"),
        ((1, 114, 0), "importFaces"),
        ((2, 2, 0), "ocr"),
        ((3, 0, 0), "realtimeTranscoding"),
    ]
    return {name: name in on for since, words in arrivals if now >= since for name in words.split()}


@route("server_config", "GET /server-info/config", PUBLIC, until="1.117.0")
@route("server_config", "GET /server/config", PUBLIC, since="1.107.0")
def config(world: World, _request: Request) -> Json:
    return fields_of(
        world.release,
        (FIRST, LAST, {"loginPageMessage": "", "trashDays": 30, "oauthButtonText": "Login with OAuth"}),
        (FIRST, LAST, {"isInitialized": True, "isOnboarded": True, "externalDomain": ""}),
        ((1, 98, 0), LAST, {"userDeleteDelay": 7}),
        ((1, 118, 0), LAST, {"mapDarkStyleUrl": "", "mapLightStyleUrl": ""}),
        ((1, 121, 0), LAST, {"publicUsers": True}),
        ((2, 3, 0), LAST, {"maintenanceMode": False}),
        ((3, 0, 0), LAST, {"minFaces": 3}),
    )


@route("media_types", "GET /server-info/media-types", PUBLIC, until="1.117.0")
@route("media_types", "GET /server/media-types", PUBLIC, since="1.107.0")
def media_types(_world: World, _request: Request) -> Json:
    return {"video": [".mov", ".mp4"], "image": [".dng", ".heic", ".jpg", ".png", ".webp"], "sidecar": [".xmp"]}


@route("current_user", "GET /user/me", "user.read", until="1.105.1")
@route("current_user", "GET /users/me", "user.read", since="1.106.0")
def current_user(world: World, request: Request) -> Json:
    return account_json(world, request.user)


@route("api_key_me", "GET /api-keys/me", ANY_KEY, since="1.139.2")
def own_key(world: World, request: Request) -> Json:
    assert request.key is not None  # this route needs one
    return _key(world, request.key)


@route("api_key_get", "GET /api-key[s]/{id}", "apiKey.read", scoped_since=SCOPES_BEGIN)
def get_key(world: World, request: Request) -> Json:
    found = [key for key in world.state.keys.values() if key.id == request.ids["id"] and key.user is request.user]
    if not found:
        raise RefusalError(400, "API Key not found")
    return _key(world, found[0])


def _key(world: World, key: Key) -> Json:
    body = {"id": key.id, "name": key.name, "createdAt": iso(key.created_ms), "updatedAt": iso(key.created_ms)}
    return body | fields_of(world.release, (SCOPES_BEGIN, LAST, {"permissions": list(key.permissions)}))


@route("auth_validate_token", "POST /auth/validateToken", "all", scoped_since=(1, 136, 0), until="1.141.1")
@route("auth_validate_token", "POST /auth/validateToken", ANY_KEY, since="1.142.0")
def validate_token(_world: World, _request: Request) -> Json:
    return {"authStatus": True}


@route("libraries", "GET /library", "library.read", until="1.97.0", scoped_since=SCOPES_BEGIN)
@route("libraries", "GET /library", "library.read", since="1.98.0", until="1.105.1", admin=True)
@route("libraries", "GET /libraries", "library.read", since="1.106.0", scoped_since=SCOPES_BEGIN, admin=True)
def libraries(_world: World, _request: Request) -> Json:
    return []


@route("search_smart", "POST /search/smart", "asset.read", until="1.98.0", status=201, body=[Field("query", "text")])
@route("search_smart", "POST /search/smart", "asset.read", since="1.98.1", body=[Field("query", "text")])
def smart_search(_world: World, _request: Request) -> Json:
    raise RefusalError(400, "Smart search is not enabled")
