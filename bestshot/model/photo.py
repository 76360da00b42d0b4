"""The nouns: what travels between the rooms, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from hashlib import blake2b

from bestshot.model.faces import Face


class TimeSource(Enum):
    """Where a capture time was read, from the most to the least trusted."""

    EXIF_ORIGINAL = "DateTimeOriginal"
    EXIF_DIGITIZED = "DateTimeDigitized"
    XMP = "XMP"
    TAKEOUT = "Google Takeout"
    FILE_NAME = "file name"
    DATE_IN_NAME = "date in the file name"
    FILE_DATE = "date of the file"
    SERVER = "server"


_GUESSES = frozenset({TimeSource.DATE_IN_NAME, TimeSource.FILE_DATE})


@dataclass(frozen=True, slots=True)
class CaptureTime:
    """When a photo was taken, as far as its clocks tell; at least one of the two clocks is known.

    `wall` is the camera's wall clock, without a zone. `instant` is the moment in UTC. `zone_stated` says that the
    photo itself names the zone of `wall` (OffsetTimeOriginal, an XMP date with an offset); a zone inferred from GPS
    or from OffsetTime, which belongs to another date, leaves it False.
    """

    wall: datetime | None
    instant: datetime | None
    source: TimeSource
    zone_stated: bool = False

    @property
    def is_guess(self) -> bool:
        """Whether the time is too weak to join or separate photos."""
        return self.source in _GUESSES

    @property
    def wall_seconds(self) -> float | None:
        """The wall clock in seconds since 1970, read as if it were UTC."""
        return None if self.wall is None else self.wall.replace(tzinfo=UTC).timestamp()

    @property
    def instant_seconds(self) -> float | None:
        """The moment in seconds since 1970."""
        return None if self.instant is None else self.instant.timestamp()

    @property
    def seconds(self) -> float:
        """The best known clock in seconds since 1970, to put photos in order."""
        seconds = self.instant_seconds if self.wall is None else self.wall_seconds
        assert seconds is not None  # one of the two is always known
        return seconds

    def isoformat(self) -> str:
        """ISO 8601: with the offset where it is known, without one where only the wall clock is."""
        if self.wall is None:
            assert self.instant is not None  # one of the two is always known
            return self.instant.isoformat().replace("+00:00", "Z")
        if self.instant is None:
            return self.wall.isoformat()
        offset = self.wall.replace(tzinfo=UTC) - self.instant
        sign = "-" if offset.total_seconds() < 0 else "+"
        minutes = round(abs(offset.total_seconds()) / 60)
        return f"{self.wall.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a photo says of itself. Width and height are those of the upright picture, in pixels.

    `rating` (-1 rejected, 1 to 5 stars, None not rated) and `is_favorite` are what the user said of it, never this
    tool.
    """

    taken: CaptureTime
    width: int | None = None
    height: int | None = None
    format: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    rating: int | None = None
    is_favorite: bool = False
    problems: tuple[str, ...] = ()


class LinkMethod(Enum):
    """How a photo gets into the output."""

    COPY = "copy"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"


class FileRole(Enum):
    """What a file is to its photo."""

    PICTURE = "picture"
    RAW = "raw"
    VIDEO = "video"
    SIDECAR = "sidecar"
    TAKEOUT = "takeout"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One file of a photo; `path` is absolute, with undecodable bytes as surrogates (os.fsdecode)."""

    path: str
    role: FileRole
    size: int
    mtime_ns: int

    @property
    def revision(self) -> str:
        """Changes when the file's content changes, as far as size and time tell."""
        return f"{self.size:x}-{self.mtime_ns:x}"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a library, with the files that travel with it; never its pixels.

    `id` is what the user sees and what plans name. `origin` and `key` name the photo for good: the library and
    the place in it, however the command line spelled it. `revision` changes when the picture does.
    """

    id: str
    origin: str
    key: str
    revision: str
    name: str
    size: int
    files: tuple[PhotoFile, ...] = ()

    @property
    def facts_revision(self) -> str:
        """Changes when the picture or anything that may hold its metadata changes."""
        return "+".join([self.revision, *(file.revision for file in self.files[1:])])


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the upright picture looks like: a difference hash and a hash of its low frequencies, 64 bits each.

    A plain picture (a starry sky, a white wall) has next to no gradients: its hashes do not tell it from another one.
    `turned` are the two hashes of the picture turned and mirrored, where these are wanted.
    """

    dhash: int
    is_plain: bool = False
    phash: int = 0
    turned: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What a picture is worth, in numbers; `faces` is None when nobody looked for them.

    `sharpness` is unitless and comparable only between photos of one scene. `brightness` is the mean luma, 0 to 1.
    `clipped` is the share of pixels that are fully black or fully white, 0 to 1. `tilt` is how far the picture's level
    and upright lines are off, in degrees clockwise; None where there are none. `miniature` is the luma of the picture
    shrunk to 32 by 32 pixels, row by row, to tell a copy of it.
    """

    sharpness: float
    brightness: float
    clipped: float
    faces: tuple[Face, ...] | None
    tilt: float | None = None
    miniature: bytes = b""


def digest(*parts: str) -> str:
    """Sixteen hexadecimal digits that name these texts, in this order."""
    state = blake2b(digest_size=8)
    for part in parts:
        state.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return state.hexdigest()


@dataclass(frozen=True, slots=True)
class Group:
    """Photos of one shot, ordered by id."""

    photos: tuple[Photo, ...]

    @property
    def id(self) -> str:
        """Comes from the members alone, so the same group has the same id in every run."""
        return digest(*(photo.id for photo in self.photos))


@dataclass(frozen=True, slots=True)
class Reason:
    """One number behind a verdict, and the same in words."""

    name: str
    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class RankedPhoto:
    """A photo's place in its group; the score is between 0 and 1.

    `why` says in words, the weightiest first, what put the photo there: what speaks for the best one, and what the
    best one has over each other.
    """

    photo: Photo
    score: float
    reasons: tuple[Reason, ...]
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A group's photos from best to worst, and how clear the choice was (0 a toss-up, 1 beyond doubt)."""

    group: Group
    ranking: tuple[RankedPhoto, ...]
    confidence: float

    @property
    def best(self) -> Photo:
        """The photo to keep in sight."""
        return self.ranking[0].photo


@dataclass(frozen=True, slots=True)
class Listing:
    """The photos of a source in an order that stays, what was passed over, and the origins that held no photo.

    `facts` is what the source knows of its photos already, by id; those of the others have to be read.
    """

    photos: tuple[Photo, ...]
    skipped: tuple["Skipped", ...] = ()
    empty_origins: tuple[str, ...] = ()
    facts: Mapping[str, Metadata] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was passed over or not fully used, and why; `is_new` unless an earlier run told the same."""

    id: str
    error: str
    is_new: bool = True
