"""Faces and the people they belong to."""

from tests.fake_immich.answers.names import face_json, person_json
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Json, Request, no_access
from tests.fake_immich.routes.assets import readable
from tests.fake_immich.routes.table import SCOPES_BEGIN, World, route
from tests.fake_immich.versions import LAST, fields_of

_ASSET = (Field("id", "uuid", required=True),)
_PAGE = (
    Field("page", "number", since=(1, 110, 0), low=1),
    Field("size", "number", since=(1, 110, 0), low=1, high=1000),
    Field("withHidden", "flag"),
)


@route("faces", "GET /face[s]", "face.read", scoped_since=SCOPES_BEGIN, query=_ASSET)
def faces_of(world: World, request: Request) -> Json:
    asset = readable(world, request.user, request.fields["id"])
    return [face_json(world, face) for face in world.state.faces.get(asset.id, ())]


@route("people", "GET /person", "person.read", until="1.105.1", query=_PAGE)
@route("people", "GET /people", "person.read", since="1.106.0", scoped_since=SCOPES_BEGIN, query=_PAGE)
def people(world: World, request: Request) -> Json:
    own = [person for person in world.state.people.values() if person.owner is request.user]
    page, size = request.fields.get("page", 1), request.fields.get("size", 500)
    shown = own[(page - 1) * size : page * size] if world.release >= (1, 110, 0) else own
    body = {"people": [person_json(world, person) for person in shown], "total": len(own)}
    return body | fields_of(
        world.release,
        ((1, 96, 0), LAST, {"hidden": 0}),
        ((1, 110, 0), LAST, {"hasNextPage": page * size < len(own)}),
    )


@route("person", "GET /person/{id}", "person.read", until="1.105.1")
@route("person", "GET /people/{id}", "person.read", since="1.106.0", scoped_since=SCOPES_BEGIN)
def one_person(world: World, request: Request) -> Json:
    person = world.state.people.get(request.ids["id"])
    if person is None or person.owner is not request.user:
        raise no_access("person.read")
    return person_json(world, person)
