"""How each release writes users, tags, people and faces."""

from collections.abc import Callable

from tests.fake_immich.requests import Json
from tests.fake_immich.routes.table import World
from tests.fake_immich.state import Face, Person, Tag, User, iso, iso_of_database
from tests.fake_immich.versions import FIRST, LAST, Release, fields_of

KYSELY: Release = (1, 133, 0)  # since about here rows nested in others keep PostgreSQL's way of writing dates


def date_of(world: World, *, nested: bool) -> Callable[[int], str]:
    """How a date is written."""
    return iso_of_database if nested and world.release >= KYSELY else iso


def user_json(world: World, user: User, *, nested: bool = False) -> Json:
    """Somebody, as others see them; before 1.106 others saw everything."""
    body = {"id": user.id, "email": user.email, "name": user.name, "profileImagePath": ""}
    body["avatarColor"] = "orange" if user.is_admin else "red"
    seen = date_of(world, nested=nested)(user.created_ms)
    later = fields_of(world.release, ((1, 118, 0), LAST, {"profileChangedAt": seen}))
    return body | later | (_account(world, user) if world.release < (1, 106, 0) else {})


def account_json(world: World, user: User) -> Json:
    """Somebody, as they see themselves."""
    return user_json(world, user) | _account(world, user)


def _account(world: World, user: User) -> Json:
    body = {
        "storageLabel": "admin" if user.is_admin else None,
        "shouldChangePassword": True,
        "isAdmin": user.is_admin,
        "createdAt": iso(user.created_ms),
        "deletedAt": None,
        "updatedAt": iso(user.created_ms),
        "oauthId": "",
        "quotaSizeInBytes": None,
        "quotaUsageInBytes": 0,
    }
    return body | fields_of(
        world.release,
        (FIRST, (1, 98, 0), {"externalPath": None}),
        (FIRST, (1, 106, 0), {"memoriesEnabled": True}),
        ((1, 96, 0), LAST, {"status": "active"}),
        ((1, 113, 0), LAST, {"license": None}),
        ((3, 2, 0), LAST, {"clusterGroupId": user.id}),
    )


def tag_json(world: World, tag: Tag, *, nested: bool = False) -> Json:
    """A tag, flat before 1.113."""
    if world.release < (1, 113, 0):
        return {"id": tag.id, "type": tag.kind, "name": tag.value, "userId": tag.owner.id}
    date = date_of(world, nested=nested)
    body = {"id": tag.id, "name": tag.name, "value": tag.value}
    body |= {"createdAt": date(tag.created_ms), "updatedAt": date(tag.updated_ms)}
    optional = {"parentId": tag.parent_id, "color": tag.color}
    return body | {name: value for name, value in optional.items() if value is not None}


def person_json(world: World, person: Person) -> Json:
    """Somebody known by face."""
    body = {"id": person.id, "name": person.name, "birthDate": None, "thumbnailPath": "", "isHidden": False}
    return body | fields_of(
        world.release,
        ((1, 113, 0), LAST, {"updatedAt": iso(person.created_ms)}),
        ((1, 126, 0), LAST, {"isFavorite": False}),
    )


def face_json(world: World, face: Face) -> Json:
    """A face with its person."""
    person = None if face.person is None else person_json(world, face.person)
    return bare_face_json(world, face) | {"person": person}


def bare_face_json(world: World, face: Face) -> Json:
    """A face where its person is clear."""
    left, top, right, bottom = face.box
    body = {"id": face.id, "imageWidth": face.image_size[0], "imageHeight": face.image_size[1]}
    body |= {"boundingBoxX1": left, "boundingBoxY1": top, "boundingBoxX2": right, "boundingBoxY2": bottom}
    return body | fields_of(world.release, ((1, 114, 0), LAST, {"sourceType": "machine-learning"}))
