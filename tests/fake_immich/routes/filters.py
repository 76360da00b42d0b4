"""What a search lets through: the scope that each release means when nothing is said, and every filter."""

import base64
from collections.abc import Callable, Iterator

from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Json, RefusalError, Request, no_access
from tests.fake_immich.routes.table import World
from tests.fake_immich.state import Asset
from tests.fake_immich.versions import Release

VISIBILITY = (1, 133, 0)
BEFORE_VISIBILITY = (1, 132, 3)
VISIBILITIES = ("archive", "timeline", "hidden", "locked")

Keep = Callable[[Asset], bool]

_FLAGS = "isFavorite isOffline isMotion isNotInAlbum isEncoded withDeleted withExif withPeople withStacked"
_TEXTS = "make originalFileName originalPath checksum"
_TEXTS_OR_NULL = "city country state model lensModel"
FILTERS = (
    Field("type", "choice", choices=("IMAGE", "VIDEO", "AUDIO", "OTHER")),
    *(Field(name, "flag") for name in _FLAGS.split()),
    *(Field(name, "text") for name in _TEXTS.split()),
    *(Field(name, "text", null_since=(1, 108, 0)) for name in _TEXTS_OR_NULL.split()),
    *(
        Field(f"{what}{side}", "date")
        for what in "taken created updated trashed".split()
        for side in ("After", "Before")
    ),
    Field("isArchived", "flag", until=BEFORE_VISIBILITY),
    Field("isVisible", "flag", until=BEFORE_VISIBILITY),
    Field("withArchived", "flag", until=BEFORE_VISIBILITY),
    Field("visibility", "choice", since=VISIBILITY, choices=VISIBILITIES),
    Field("id", "uuid"),
    Field("libraryId", "uuid", null_since=(1, 108, 0)),
    Field("personIds", "uuids"),
    Field("tagIds", "uuids", since=(1, 126, 0), null_since=(1, 136, 0)),
    Field("albumIds", "uuids", since=(1, 135, 0)),
    Field("description", "text", since=(1, 126, 0)),
    Field("rating", "rating", since=(1, 127, 0), null_since=(2, 6, 0)),
)

_SAME: dict[str, Callable[[Asset], object]] = {
    "type": lambda a: a.kind,
    "isFavorite": lambda a: a.is_favorite,
    "isOffline": lambda a: a.is_offline,
    "isMotion": lambda a: a.live_video_id is not None,
    "isArchived": lambda a: a.visibility == "archive",
    "isVisible": lambda a: a.visibility != "hidden",
    "isTrashed": lambda a: a.trashed_ms is not None,
    "visibility": lambda a: a.visibility,
    "id": lambda a: a.id,
    "libraryId": lambda a: a.library_id,
    "originalPath": lambda a: a.path,
    "rating": lambda a: a.marks.rating,
    "make": lambda a: a.exif.make,
    "model": lambda a: a.exif.model,
    "lensModel": lambda a: a.exif.lens,
    "city": lambda a: a.exif.city,
    "state": lambda a: a.exif.state,
    "country": lambda a: a.exif.country,
}

_TIMES: dict[str, Callable[[Asset], int]] = {
    "taken": lambda a: a.taken_ms,
    "created": lambda a: a.created_ms,
    "updated": lambda a: a.updated_ms,
    "trashed": lambda a: a.trashed_ms or 0,
}


def filters(world: World, request: Request) -> Iterator[Keep]:
    """The questions an asset must pass to be found."""
    fields = request.fields
    yield from _whose(world, request)
    yield from _scope(fields, world.release)
    yield from simple_filters(fields)
    yield from _texts(fields)
    yield from _memberships(world, fields)
    if fields.get("withStacked") is False and world.release >= (2, 6, 0):
        yield lambda a: a.stack is None
    if fields.get("withStacked") and world.release < (1, 98, 0):
        yield lambda a: a.stack is None or a.stack.primary_id == a.id


def simple_filters(fields: Json) -> Iterator[Keep]:
    """Those that compare one property."""
    for name, value in fields.items():
        if name in _SAME:
            yield _equals(_SAME[name], value)
    for name, moment in _TIMES.items():
        if f"{name}After" in fields:
            yield _between(moment, fields[f"{name}After"], None)
        if f"{name}Before" in fields:
            yield _between(moment, None, fields[f"{name}Before"])


def _equals(of: Callable[[Asset], object], value: object) -> Keep:
    return lambda a: of(a) == value


def _between(of: Callable[[Asset], int], low: int | None, high: int | None) -> Keep:
    return lambda a: (low is None or of(a) >= low) and (high is None or of(a) <= high)


def _is_in(ids: set[str] | dict[str, None]) -> Keep:
    return lambda a: a.id in ids


def _has_tag(family: set[str]) -> Keep:
    return lambda a: bool(a.marks.tags & family)


def _whose(world: World, request: Request) -> Iterator[Keep]:
    albums = request.fields.get("albumIds")
    if albums and world.release >= (3, 0, 0):
        known = [world.state.albums.get(i) for i in albums]
        if any(album is None or not world.state.sees(request.user, album) for album in known):
            raise no_access("album.read")
        return
    owners = world.state.timeline_owners(request.user)
    yield lambda a: a.owner.id in owners and (a.owner is request.user or a.visibility == "timeline")


def _scope(fields: Json, now: Release) -> Iterator[Keep]:
    if not (fields.get("withDeleted") or {"trashedAfter", "trashedBefore"} & set(fields)):
        yield lambda a: a.trashed_ms is None
    if now < VISIBILITY:
        if "isArchived" not in fields and not fields.get("withArchived"):
            yield lambda a: a.visibility != "archive"
    elif fields.get("visibility") == "locked" and now >= (1, 135, 0):
        raise RefusalError(401, "Elevated permission is required")
    elif "visibility" not in fields:
        yield lambda a: a.visibility != "locked" if now >= (3, 0, 0) else a.visibility == "timeline"


def _texts(fields: Json) -> Iterator[Keep]:
    if "originalFileName" in fields:
        yield lambda a: fields["originalFileName"].lower() in a.name.lower()
    if "description" in fields:
        yield lambda a: fields["description"].lower() in a.marks.description.lower()
    if "checksum" in fields:
        yield _equals(lambda a: a.checksum, _as_base64(fields["checksum"]))


def _as_base64(checksum: str) -> str:
    return checksum if len(checksum) == 28 else base64.b64encode(bytes.fromhex(checksum)).decode()


def _memberships(world: World, fields: Json) -> Iterator[Keep]:
    state = world.state
    if "isNotInAlbum" in fields:
        held = {i for album in state.albums.values() for i in album.assets}
        yield lambda a: (a.id not in held) == fields["isNotInAlbum"]
    for album_id in fields.get("albumIds") or ():
        yield _is_in(state.albums[album_id].assets if album_id in state.albums else {})
    if "tagIds" in fields and fields["tagIds"] is None:
        yield lambda a: not a.marks.tags
    for tag_id in fields.get("tagIds") or ():
        yield _has_tag(state.with_children(tag_id))
    for person_id in fields.get("personIds") or ():
        shown = {i for i, faces in state.faces.items() if any(f.person and f.person.id == person_id for f in faces)}
        yield _is_in(shown)
