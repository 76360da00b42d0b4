"""Small values of every noun for tests: what a test does not name is unremarkable."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bestshot.layout.actions import (
    Action,
    Condition,
    CopyFile,
    FileState,
    LaidFile,
    OutputState,
    PlaceBest,
    Receipt,
    RetireBest,
    WriteMetadata,
)
from bestshot.layout.names import folded, text_checksum
from bestshot.model.appraisal import Appraisal, Fingerprint
from bestshot.model.faces import Face
from bestshot.model.groups import Group, PlannedGroup, RankedPhoto, Reason, Verdict
from bestshot.model.photo import FileRole, LinkMethod, Metadata, Photo, PhotoFile
from bestshot.model.times import CaptureTime, TimeSource

FOLDER = "/photos"
ORIGIN = f"folder:{FOLDER}"
NOON = datetime(2024, 1, 31, 12)
ROLES = {".xmp": FileRole.SIDECAR, ".aae": FileRole.SIDECAR, ".mov": FileRole.VIDEO, ".json": FileRole.TAKEOUT}


def wall_at(seconds: float) -> CaptureTime:
    """The camera's clock that many seconds after noon, without a zone."""
    return CaptureTime(NOON + timedelta(seconds=seconds), None, TimeSource.EXIF_ORIGINAL)


def moment_at(seconds: float) -> CaptureTime:
    """A moment that many seconds after noon UTC, without a wall clock, as Google Takeout tells it."""
    return CaptureTime(None, (NOON + timedelta(seconds=seconds)).replace(tzinfo=UTC), TimeSource.TAKEOUT)


def zoned_at(seconds: float, offset_hours: float, *, stated: bool = True) -> CaptureTime:
    """The moment that many seconds after noon UTC, told by a wall clock so far ahead of UTC."""
    moment = NOON + timedelta(seconds=seconds)
    return CaptureTime(
        moment + timedelta(hours=offset_hours), moment.replace(tzinfo=UTC), TimeSource.EXIF_ORIGINAL, stated
    )


def guess_at(seconds: float) -> CaptureTime:
    """A time that is only guessed, from the date of the file."""
    return CaptureTime(NOON + timedelta(seconds=seconds), None, TimeSource.FILE_DATE)


def photo(name: str, *companions: str, folder: str = FOLDER, size: int = 1000, mtime_ns: int = 1) -> Photo:
    """A photo of this name with its other files beside it; the roles of those follow from their suffixes."""
    files = [PhotoFile(f"{folder}/{name}", FileRole.PICTURE, size, mtime_ns)]
    for other in companions:
        role = ROLES.get(Path(other).suffix.lower(), FileRole.RAW)
        files.append(PhotoFile(f"{folder}/{other}", role, size, mtime_ns))
    return Photo(name, f"folder:{folder}", name, files[0].revision, name, size, tuple(files))


def metadata_with(taken: CaptureTime | None = None, **metadata: Any) -> Metadata:
    """What a 12-megapixel photo says of itself."""
    return Metadata(taken or wall_at(0), **{"width": 4000, "height": 3000, **metadata})


def face(*, eyes: float | None = 0.3, left: float = 0.4, **measures: Any) -> Face:
    """A face of a fifth of the picture that looks at the camera with open eyes, both alike."""
    lid = None if eyes is None else eyes * 0.7  # an open eye lies for the most part above its corners
    told = {"smile": 0.8, "sharpness": 1.0, "turn": 0.0, "eye_balance": 1.0, "lid_height": lid, **measures}
    return Face(left, 0.4, left + 0.2, 0.6, eye_aspect_ratio=eyes, **told)


def appraisal(*faces: Face, looked: bool = True, **measures: Any) -> Appraisal:
    """A sharp and well exposed picture with these faces; `looked` says whether anybody looked for any."""
    told = {"sharpness": 1.0, "brightness": 0.45, "clipped": 0.0, **measures}
    return Appraisal(faces=faces if looked else None, **told)


def fingerprint(dhash: int = 0, *, is_plain: bool = False) -> Fingerprint:
    """A picture that hashes to this."""
    return Fingerprint(dhash, is_plain)


def group(*photos: Photo) -> Group:
    """Photos of one shot, ordered by id."""
    return Group(tuple(sorted(photos, key=lambda item: item.id)))


def verdict(*photos: Photo, confidence: float = 0.5) -> Verdict:
    """A group ranked in the order given, the best first."""
    ranking = tuple(
        RankedPhoto(
            item, round(1 - place / 100, 6), (Reason("sharpness", 1.0, "sharpest picture"),), ("sharpest picture",)
        )
        for place, item in enumerate(photos)
    )
    return Verdict(group(*photos), ranking, confidence)


def planned(number: int, *photos: Photo, text: str = "") -> PlannedGroup:
    """A numbered group ranked in the order given; its metadata.txt names the photos unless a text is given."""
    return PlannedGroup(number, verdict(*photos), text or f"{number}: {', '.join(item.id for item in photos)}\n")


def copy_of(item: Photo, number: int = 1, destination: str | None = None) -> CopyFile:
    """The copy of a photo's picture into its group."""
    file = item.files[0]
    return CopyFile(
        destination=destination or f"group_{number:04}/originals/{item.name}",
        number=number,
        origin=item.origin,
        key=item.key,
        source=file.path,
        revision=file.revision,
        size=file.size,
        method=LinkMethod.COPY,
    )


EMPTY = OutputState({}, frozenset(), 0)
"""An output in which nothing was done yet."""


def carried_out(state: OutputState, actions: Iterable[Action]) -> OutputState:
    """An output after these actions, as the folders would be found: refuses what would go over a taken name."""
    laid, taken, last_number = dict(state.laid), set(state.taken), state.last_number
    for action in actions:
        path = folded(action.destination)
        if isinstance(action, RetireBest):
            assert action.target in laid
            taken.remove(path)
            del laid[action.destination]
            continue
        may_rewrite = isinstance(action, WriteMetadata) or (isinstance(action, CopyFile) and action.replaces)
        rewrites = may_rewrite and path in taken and action.destination in laid
        assert rewrites or path not in taken, f"{action.destination} would go over another file"
        assert not isinstance(action, PlaceBest) or action.target in laid
        laid.pop(action.destination, None)
        laid[action.destination] = LaidFile(Receipt(action, trace_of(action)), Condition.UNCHANGED)
        taken.add(path)
        last_number = max(last_number, action.number)
    return OutputState(laid, frozenset(taken), last_number)


def trace_of(action: Action) -> FileState:
    """What the action left at its destination."""
    return FileState(checksum=text_checksum(action.text)) if isinstance(action, WriteMetadata) else FileState()


def found(state: OutputState, conditions: Mapping[str, Condition]) -> OutputState:
    """The same output after somebody changed or removed some of its files."""
    laid = {path: LaidFile(item.receipt, conditions.get(path, item.condition)) for path, item in state.laid.items()}
    missing = {folded(path) for path, condition in conditions.items() if condition is Condition.MISSING}
    return OutputState(laid, state.taken - missing, state.last_number)
