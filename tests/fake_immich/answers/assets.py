"""How each release writes assets and stacks."""

from collections.abc import Callable
from enum import Flag, auto

from tests.fake_immich.answers.names import KYSELY, bare_face_json, date_of, person_json, tag_json, user_json
from tests.fake_immich.answers.thumbhash import thumbhash
from tests.fake_immich.pictures import mime_type
from tests.fake_immich.requests import Json
from tests.fake_immich.routes.table import World
from tests.fake_immich.state import Asset, Face, Stack, User
from tests.fake_immich.versions import FIRST, LAST, fields_of


class Part(Flag):
    """What an answer says of an asset beyond the bare fields; no two routes agree."""

    BARE = 0
    EXIF = auto()
    OWNER = auto()
    TAGS = auto()
    PEOPLE = auto()
    STACK = auto()
    STACK_COUNT = auto()
    NESTED = auto()


INFO = Part.EXIF | Part.OWNER | Part.TAGS | Part.PEOPLE | Part.STACK


def asset_json(world: World, asset: Asset, viewer: User | None, parts: Part = Part.BARE) -> Json:
    """One asset. Without a viewer nothing is a favourite, as in the lists of 1.98 to 1.112."""
    body = _bare(world, asset, date_of(world, nested=Part.NESTED in parts))
    body["isFavorite"] = asset.is_favorite and (viewer is asset.owner or world.release < (1, 98, 0))
    body["people"] = []
    if Part.PEOPLE in parts:
        body |= _people(world, asset, viewer)
    if Part.EXIF in parts:
        body["exifInfo"] = _exif(world, asset)
    if Part.OWNER in parts:
        body["owner"] = user_json(world, asset.owner, nested=True)
    if Part.TAGS in parts:
        body["tags"] = [tag_json(world, tag, nested=True) for tag in world.state.tags_of(asset)]
    return body | _stack_of(world, asset, viewer, parts)


def _bare(world: World, asset: Asset, date: Callable[[int], str]) -> Json:
    has_preview = asset.scene is not None
    body = {
        "id": asset.id,
        "ownerId": asset.owner.id,
        "libraryId": asset.library_id,
        "type": asset.kind,
        "originalPath": asset.path,
        "originalFileName": asset.name if world.release >= (1, 98, 0) else asset.name.rpartition(".")[0],
        "thumbhash": thumbhash(asset.shown) if asset.shown is not None else None,
        "fileCreatedAt": date(asset.taken_ms),
        "fileModifiedAt": date(asset.modified_ms),
        "localDateTime": date(asset.local_ms),
        "updatedAt": date(asset.updated_ms),
        "isArchived": asset.visibility == "archive",
        "isTrashed": asset.trashed_ms is not None,
        "duration": duration_json(world, asset),
        "livePhotoVideoId": asset.live_video_id,
        "checksum": asset.checksum,
        "isOffline": asset.is_offline,
        "hasMetadata": True,
        "resized": has_preview or world.release >= (1, 113, 0),
    }
    return body | _of_release(world, asset, date)


def _of_release(world: World, asset: Asset, date: Callable[[int], str]) -> Json:
    is_external = asset.library_id is not None and world.release < (1, 104, 0)
    width, height = asset.upright_size
    return fields_of(
        world.release,
        (FIRST, (1, 106, 0), {"libraryId": asset.library_id or asset.owner.library_id}),
        (FIRST, (1, 106, 0), {"isExternal": is_external, "isReadOnly": is_external}),
        (FIRST, (1, 113, 0), {"stackCount": None}),
        (FIRST, (3, 0, 0), {"deviceAssetId": asset.name, "deviceId": "fake"}),
        ((1, 106, 0), LAST, {"duplicateId": asset.duplicate_id}),
        ((1, 106, 4), LAST, {"originalMimeType": mime_type(asset.name)}),
        ((1, 133, 0), LAST, {"visibility": asset.visibility}),
        ((1, 140, 0), LAST, {"createdAt": date(asset.created_ms)}),
        ((2, 5, 0), LAST, {"width": width, "height": height, "isEdited": asset.edited_scene is not None}),
    )


def duration_json(world: World, asset: Asset) -> str | int | None:
    """Text up to 2.7, milliseconds from 3.0."""
    if world.release >= (3, 0, 0):
        return asset.duration_ms
    if asset.duration_ms is None:
        return "0:00:00.00000"
    seconds, rest = divmod(asset.duration_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _exif(world: World, asset: Asset) -> Json:
    date, exif = date_of(world, nested=True), asset.exif
    width, height = asset.size or (None, None)
    body = {
        "make": exif.make,
        "model": exif.model,
        "exifImageWidth": width,
        "exifImageHeight": height,
        "fileSizeInByte": asset.original.size,
        "orientation": exif.orientation,
        "dateTimeOriginal": date(asset.taken_ms),
        "modifyDate": date(asset.modified_ms),
        "timeZone": exif.time_zone,
        "lensModel": exif.lens,
        "fNumber": exif.f_number,
        "focalLength": exif.focal_length,
        "iso": exif.iso,
        "exposureTime": exif.exposure,
        "latitude": exif.latitude,
        "longitude": exif.longitude,
        "city": exif.city,
        "state": exif.state,
        "country": exif.country,
        "description": asset.marks.description,
        "projectionType": None,
    }
    return body | fields_of(world.release, ((1, 112, 0), LAST, {"rating": asset.marks.rating}))


def _people(world: World, asset: Asset, viewer: User | None) -> Json:
    faces = world.state.faces.get(asset.id, [])
    nameless = [bare_face_json(world, face) for face in faces if face.person is None]
    known: dict[str, list[Face]] = {}
    for face in faces:
        if face.person is not None and viewer is asset.owner:
            known.setdefault(face.person.id, []).append(face)
    people = [_person(world, found) for found in known.values()]
    return {"people": people} | fields_of(world.release, ((1, 106, 0), (3, 0, 0), {"unassignedFaces": nameless}))


def _person(world: World, faces: list[Face]) -> Json:
    person = faces[0].person
    assert person is not None  # grouped by it
    boxes = [bare_face_json(world, face) for face in faces]
    return person_json(world, person) | fields_of(world.release, (FIRST, (3, 0, 0), {"faces": boxes}))


def _stack_of(world: World, asset: Asset, viewer: User | None, parts: Part) -> Json:
    stack = asset.stack
    if world.release >= (1, 113, 0):
        return {"stack": _stack_summary(world, stack)} if Part.STACK in parts else {}
    if stack is None:
        return {}
    if Part.STACK_COUNT in parts:
        return {"stackCount": len(stack.members)}
    if Part.STACK not in parts:
        return {}
    children = [other for other in world.state.existing(stack.members) if other.id != stack.primary_id]
    shown = [asset_json(world, child, viewer, Part.EXIF) for child in children]
    return {"stackParentId": stack.primary_id, "stack": shown, "stackCount": len(stack.members)}


def _stack_summary(world: World, stack: Stack | None) -> Json:
    if stack is None:
        return None
    count = shown_members(world, stack)
    if world.release >= KYSELY and count < 2:
        return None
    return {"id": stack.id, "primaryAssetId": stack.primary_id, "assetCount": count}


def shown_members(world: World, stack: Stack) -> int:
    """How many photos a stack shows: what is archived or in the trash leaves it there, and stays in it as listed."""
    members = list(world.state.existing(stack.members))
    if world.release >= KYSELY:
        shown = (a.trashed_ms is None and a.visibility == "timeline" for a in members if a.id != stack.primary_id)
        return 1 + sum(shown)
    return len(members)


def stack_json(world: World, stack: Stack, viewer: User, parts: Part = Part.BARE) -> Json:
    """A stack with its members that are not trashed, the primary first."""
    members = sorted(world.state.existing(stack.members), key=lambda asset: asset.id != stack.primary_id)
    seen = [asset for asset in members if asset.trashed_ms is None]
    shown = [asset_json(world, asset, viewer, Part.EXIF | Part.NESTED | parts) for asset in seen]
    return {"id": stack.id, "primaryAssetId": stack.primary_id, "assets": shown}
