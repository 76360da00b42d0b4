"""What an Immich asset is to this tool: a photo, and what the listing already says of it."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from bestshot.errors import UsageError
from bestshot.immich.model import Album, Asset, Exif
from bestshot.marks.state import PhotoMarks
from bestshot.metadata.capture_time import time_from_name
from bestshot.model.photo import FileRole, Metadata, Photo, PhotoFile, digest
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.sources.immich.pairs import Shot
from bestshot.text import printable

_SIDEWAYS = frozenset({"5", "6", "7", "8"})
"""EXIF orientations that swap width and height."""

_SHORTEST_EXPOSURE, _LONGEST_EXPOSURE = 1e-9, 1e7
"""A nanosecond and four months, in seconds: what is beyond is no exposure."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


_SCHEME = "immich:"


def photo_of(shot: Shot, origin: str) -> Photo:
    """The shot as a photo.

    Its revision comes from all that changes with the picture: the checksum alone does not, as that of an external
    library is only its path's. Of a live photo, the file of the video is named by its id alone.
    """
    asset = shot.picture
    modified = asset.file_modified_at.isoformat() if asset.file_modified_at else ""
    files = [file_of(asset, FileRole.PICTURE)]
    if shot.raw is not None:
        files.append(file_of(shot.raw, FileRole.RAW))
    if asset.motion_video_id is not None:
        files.append(PhotoFile(f"{_SCHEME}{asset.motion_video_id}/", FileRole.VIDEO, 0, 0))
    return Photo(
        id=asset.id,
        origin=origin,
        key=asset.id,
        revision=digest(asset.checksum, modified, asset.thumbhash or ""),
        name=asset.whole_name,
        size=files[0].size,
        files=tuple(files),
    )


def thumbhash_of(asset: Asset) -> bytes | None:
    """The thumbhash of the asset's pictures; None if it has none, or only one of the picture after an edit."""
    if asset.thumbhash is None or asset.is_edited:
        return None
    try:
        return b64decode(asset.thumbhash, validate=True)
    except ValueError:
        return None


def file_of(asset: Asset, role: FileRole) -> PhotoFile:
    """The original file of an asset: the asset's id and the file's name make its path."""
    size = (asset.exif.size if asset.exif else None) or 0
    modified = asset.file_modified_at or _LONG_AGO
    # In whole milliseconds, as servers give it; a float of seconds would not hold the nanoseconds.
    mtime_ns = (modified - _LONG_AGO) // timedelta(milliseconds=1) * 1_000_000
    return PhotoFile(f"{_SCHEME}{asset.id}/{asset.whole_name}", role, size, mtime_ns)


def asset_id_of(path: str) -> str:
    """The asset that a file's path names."""
    return path.removeprefix(_SCHEME).partition("/")[0]


def marks_of_listed(asset: Asset) -> PhotoMarks:
    """What a listing with EXIF says of an asset's marks."""
    exif = asset.exif
    return PhotoMarks(
        key=asset.id,
        is_favorite=asset.is_favorite,
        is_archived=asset.is_archived,
        rating=None if exif is None else exif.rating,
        description="" if exif is None else exif.description,
    )


def metadata_of(asset: Asset) -> Metadata:
    """What the listing says of the asset, in this tool's terms."""
    exif = asset.exif
    if exif is None:
        return Metadata(capture_time_of(asset), is_favorite=asset.is_favorite)
    width, height = _upright_size(exif)
    return Metadata(
        taken=capture_time_of(asset),
        width=width,
        height=height,
        camera=_camera(exif),
        lens=None if exif.lens is None else printable(exif.lens),
        exposure_seconds=_seconds(exif.exposure),
        f_number=exif.f_number,
        iso=round(exif.iso) if exif.iso else None,
        focal_length_mm=exif.focal_length_mm,
        latitude=exif.latitude,
        longitude=exif.longitude,
        rating=exif.rating,
        is_favorite=asset.is_favorite,
    )


def server_time(asset: Asset) -> CaptureTime:
    """When the asset was taken as the server has it, by which it searches, whatever the name of the file says."""
    moment = asset.file_created_at or asset.file_modified_at or _LONG_AGO
    return CaptureTime(asset.local_time, moment, TimeSource.SERVER)


def capture_time_of(asset: Asset) -> CaptureTime:
    """When the asset was taken: the server's local time is the camera's wall clock, its creation time the moment.

    Without a time zone the server reads the wall clock as if it were in its own, so that moment is worth nothing.
    Without a date in the file it takes the file's own dates: a guess, as a bare date in the name is. What may be a
    default gives way to a time in the name.
    """
    if _has_file_dates_only(asset):
        named = time_from_name(asset.whole_name)
        moment = asset.file_created_at or asset.file_modified_at or _LONG_AGO
        return named or CaptureTime(asset.local_time, moment, TimeSource.FILE_DATE)
    has_zone = asset.exif is not None and asset.exif.time_zone is not None
    instant = asset.file_created_at if has_zone or asset.local_time is None else None
    taken = CaptureTime(asset.local_time, instant, TimeSource.SERVER)
    named = time_from_name(asset.whole_name) if taken.is_default else None
    return taken if named is None or named.is_guess else named


def _has_file_dates_only(asset: Asset) -> bool:
    """Whether the time is only the file's: the server does not say so, but such a file names no camera or zone either.

    The server takes the creation date given with the upload up to 1.118, later the earlier one of creation and change.
    """
    if asset.file_created_at is None and asset.local_time is None:
        return True
    exif = asset.exif
    return exif is None or not (exif.make or exif.model or exif.time_zone)


def _upright_size(exif: Exif) -> tuple[int, int] | tuple[None, None]:
    if not exif.width or not exif.height:
        return None, None
    width, height = round(exif.width), round(exif.height)
    return (height, width) if exif.orientation in _SIDEWAYS else (width, height)


def _camera(exif: Exif) -> str | None:
    make, model = exif.make or "", exif.model or ""
    brand = make.partition(" ")[0].lower()
    return printable(model if model.lower().startswith(brand) else f"{make} {model}".strip()) or None


def _seconds(exposure: str | None) -> float | None:
    """An exposure time as the server writes it, "1/60" or "0.5"; None if it is neither."""
    if not exposure:
        return None
    above, _, below = exposure.partition("/")
    try:
        seconds = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return seconds if _SHORTEST_EXPOSURE < seconds < _LONGEST_EXPOSURE else None


def find_album(albums: Sequence[Album], wanted: str) -> Album:
    """The one album of this id or exact name; raises UsageError that lists the near ones."""
    named = [album for album in albums if album.id == wanted] or [album for album in albums if album.name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(sorted(album.id for album in named))
        raise UsageError(f"{len(named)} albums are called {printable(wanted)}: name one by its id ({ids}).")
    names = {album.name.casefold(): album.name for album in albums}
    near = get_close_matches(wanted.casefold(), names, n=3, cutoff=0.4)
    hint = f" Near to it: {', '.join(printable(names[name]) for name in near)}." if near else ""
    raise UsageError(f"There is no album called {printable(wanted)} on the server.{hint}")
