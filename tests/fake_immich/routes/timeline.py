"""The timeline's buckets: lists of assets up to 1.132, parallel arrays from 1.133."""

from collections import Counter
from datetime import UTC, datetime

from tests.fake_immich.answers.assets import Part, asset_json, duration_json, shown_members
from tests.fake_immich.answers.thumbhash import thumbhash
from tests.fake_immich.fields import Field
from tests.fake_immich.requests import Json, Request
from tests.fake_immich.routes.albums import seen_album
from tests.fake_immich.routes.filters import BEFORE_VISIBILITY, VISIBILITIES, VISIBILITY, simple_filters
from tests.fake_immich.routes.table import SCOPES_BEGIN, World, route
from tests.fake_immich.state import Asset, iso, iso_of_database, parse_iso
from tests.fake_immich.versions import FIRST, LAST, fields_of

_FILTERS = (
    Field("size", "choice", until=BEFORE_VISIBILITY, required=True, choices=("DAY", "MONTH")),
    Field("albumId", "uuid"),
    Field("tagId", "uuid", since=(1, 113, 0)),
    Field("isArchived", "flag", until=BEFORE_VISIBILITY),
    Field("visibility", "choice", since=VISIBILITY, choices=VISIBILITIES),
    Field("isFavorite", "flag"),
    Field("isTrashed", "flag"),
    Field("withStacked", "flag"),
    Field("withPartners", "flag"),
)
_BUCKET = (*_FILTERS, Field("timeBucket", "text", required=True))


@route("timeline_buckets", "GET /asset/time-buckets", "asset.read", until="1.100.0", query=_FILTERS)
@route(
    "timeline_buckets",
    "GET /timeline/buckets",
    "asset.read",
    since="1.101.0",
    scoped_since=SCOPES_BEGIN,
    query=_FILTERS,
)
def buckets(world: World, request: Request) -> Json:
    counts = Counter(_bucket_of(world, request, asset) for asset in _found(world, request))
    return [{"timeBucket": name, "count": count} for name, count in sorted(counts.items(), reverse=True)]


@route("timeline_bucket", "GET /asset/time-bucket", "asset.read", until="1.100.0", query=_BUCKET)
@route(
    "timeline_bucket", "GET /timeline/bucket", "asset.read", since="1.101.0", scoped_since=SCOPES_BEGIN, query=_BUCKET
)
def bucket(world: World, request: Request) -> Json:
    wanted = _name(world, request, parse_iso(request.fields["timeBucket"]))
    found = [asset for asset in _found(world, request) if _bucket_of(world, request, asset) == wanted]
    found.sort(key=lambda asset: asset.taken_ms, reverse=True)
    if world.release >= VISIBILITY:
        return _arrays(world, request, found)
    return [asset_json(world, asset, request.user, Part.EXIF | Part.STACK) for asset in found]


def _found(world: World, request: Request) -> list[Asset]:
    fields, state, user = request.fields, world.state, request.user
    owners = state.timeline_owners(user) if fields.get("withPartners") else {user.id}
    found = [a for a in state.assets.values() if a.owner.id in owners]
    if "albumId" in fields:
        members = seen_album(world, user, fields["albumId"], "album.read").assets
        found = list(state.existing(members))
    if "tagId" in fields:
        family = state.with_children(fields["tagId"])
        found = [a for a in found if a.marks.tags & family]
    return [a for a in found if _is_in_scope(fields, a)]


def _is_in_scope(fields: Json, asset: Asset) -> bool:
    if not all(test(asset) for test in simple_filters({"isTrashed": False} | fields)):
        return False
    is_hidden_child = asset.stack is not None and asset.stack.primary_id != asset.id
    return asset.visibility not in ("hidden", "locked") and not (fields.get("withStacked") and is_hidden_child)


def _bucket_of(world: World, request: Request, asset: Asset) -> str:
    return _name(world, request, asset.local_ms)


def _name(world: World, request: Request, local_ms: int) -> str:
    moment = datetime.fromtimestamp(local_ms / 1000, UTC)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if request.fields.get("size") != "DAY":
        day = day.replace(day=1)
    return day.strftime("%Y-%m-%d") if world.release >= VISIBILITY else iso(round(day.timestamp() * 1000))


def _arrays(world: World, request: Request, found: list[Asset]) -> Json:
    columns: Json = {
        "id": [a.id for a in found],
        "ownerId": [a.owner.id for a in found],
        "visibility": [a.visibility for a in found],
        "isFavorite": [a.is_favorite and a.owner is request.user for a in found],
        "isImage": [a.kind == "IMAGE" for a in found],
        "isTrashed": [a.trashed_ms is not None for a in found],
        "livePhotoVideoId": [a.live_video_id for a in found],
        "duration": [None if a.kind == "IMAGE" else duration_json(world, a) for a in found],
        "projectionType": [None for _ in found],
        "ratio": [_ratio(a) for a in found],
        "thumbhash": [None if a.shown is None else thumbhash(a.shown) for a in found],
        "city": [a.exif.city for a in found],
        "country": [a.exif.country for a in found],
    }
    columns |= fields_of(
        world.release,
        (FIRST, (1, 135, 0), {"localDateTime": [_moment(a.local_ms) for a in found]}),
        ((1, 135, 0), LAST, {"fileCreatedAt": [_moment(a.taken_ms) for a in found]}),
        ((1, 135, 0), LAST, {"localOffsetHours": [a.offset_minutes / 60 for a in found]}),
        ((3, 0, 0), LAST, {"createdAt": [_moment(a.created_ms) for a in found]}),
    )
    if request.fields.get("withStacked"):
        columns["stack"] = [a.stack and [a.stack.id, str(shown_members(world, a.stack))] for a in found]
    return columns


def _moment(ms: int) -> str:
    return iso_of_database(ms).removesuffix("+00:00")


def _ratio(asset: Asset) -> float:
    width, height = asset.upright_size
    return width / height if width and height else 1
