"""Pictures that are drawn when somebody asks for them: the same scene and variation give the same bytes, always."""

import base64
import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import PurePath

from PIL import ExifTags, Image, ImageDraw

THUMBNAIL_EDGE = 250
REAL_PREVIEW_EDGE = 1440
QUICK_PREVIEW_EDGE = 480
"""For tests that are not about pixels: to judge pictures of the real size takes longer than all else that they do."""

ORIGINAL_SIZE = (1500, 1000)
_SHAPES = 40


@dataclass(frozen=True, slots=True)
class Scene:
    """What is in front of the camera. Variations of one number are one burst: a shaky hand and less focus each time."""

    number: int
    variation: int = 0


def draw(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """The scene in pixels, upright."""
    width, height = size
    chance = random.Random(scene.number)
    image = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    shift = 0.002 * scene.variation
    for _ in range(_SHAPES):
        left, top = chance.uniform(-0.2, 0.9), chance.uniform(-0.2, 0.9)
        box = (left + shift, top, left + shift + chance.uniform(0.05, 0.4), top + chance.uniform(0.05, 0.4))
        colour = tuple(chance.randrange(256) for _ in range(3))
        corners = [(box[0] * width, box[1] * height), (box[2] * width, box[3] * height)]
        (pen.ellipse if chance.random() < 0.5 else pen.rectangle)(corners, fill=colour)
    return _worse(image, scene.variation) if scene.variation else image


def _worse(image: Image.Image, variation: int) -> Image.Image:
    # Down and up again blurs much faster than a filter does; so many pixels melt into one at any size of picture.
    melted = round(1 + variation * image.width / 600)
    blurred = image.reduce(melted).resize(image.size, Image.Resampling.BILINEAR)
    brighter = [min(255, round(level * (1 + 0.01 * variation))) for level in range(256)]
    return blurred.point(brighter * 3)


@lru_cache(maxsize=256)
def thumbnail(scene: Scene) -> bytes:
    """The small picture, as WebP."""
    return _encoded(draw(scene, _within(THUMBNAIL_EDGE)), "WEBP", quality=80)


@lru_cache(maxsize=256)
def preview(scene: Scene, edge: int) -> bytes:
    """The large picture, as JPEG."""
    return _encoded(draw(scene, _within(edge)), "JPEG", quality=80)


def _within(edge: int) -> tuple[int, int]:
    width, height = ORIGINAL_SIZE
    return edge, round(edge * height / width)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Shot:
    """One press of the shutter: what a camera writes into the file. `offset` is like `+02:00`."""

    scene: Scene
    taken: datetime | None = None
    offset: str | None = None
    camera: tuple[str, str] = ("Fake", "Camera 1")


@lru_cache(maxsize=256)
def photograph(shot: Shot) -> bytes:
    """The original file, as JPEG with EXIF where the time is known."""
    exif = Image.Exif()
    if shot.taken is not None:
        exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = shot.camera
        details = exif.get_ifd(ExifTags.IFD.Exif)
        details[ExifTags.Base.DateTimeOriginal] = shot.taken.strftime("%Y:%m:%d %H:%M:%S")
        details[ExifTags.Base.SubsecTimeOriginal] = f"{shot.taken.microsecond // 1000:03}"
        if shot.offset is not None:
            details[ExifTags.Base.OffsetTimeOriginal] = shot.offset
    return _encoded(draw(shot.scene, ORIGINAL_SIZE), "JPEG", quality=75, exif=exif)


@dataclass(slots=True)
class Original:
    """The file behind an asset. Its checksum is a real one, and costs the drawing, unless one is declared.

    Declared checksums keep libraries of ten thousands cheap; their files do not match them.
    """

    shot: Shot | None = None
    data: bytes | None = None
    declared: str | None = None
    _known: tuple[str, int] | None = field(default=None)

    def content(self) -> bytes:
        """The bytes of the file."""
        if self.data is not None:
            return self.data
        assert self.shot is not None  # a file has bytes, or a shot to draw them from
        return photograph(self.shot)

    @property
    def checksum(self) -> str:
        """Base64 of the SHA-1."""
        return self._measured()[0]

    @property
    def size(self) -> int:
        """In bytes; a guess where the checksum is declared."""
        return self._measured()[1]

    def _measured(self) -> tuple[str, int]:
        if self._known is None:
            if self.declared is not None:
                self._known = base64_sha1(self.declared.encode()), 200_000
            else:
                content = self.content()
                self._known = base64_sha1(content), len(content)
        return self._known


def base64_sha1(data: bytes) -> str:
    """A checksum as the API writes it: 28 characters."""
    return base64.b64encode(hashlib.sha1(data).digest()).decode()


_MIME = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".heic": "image/heic",
    ".dng": "image/dng",
    ".cr2": "image/cr2",
    ".arw": "image/arw",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
}


def mime_type(name: str) -> str:
    """What a file of this name is served as."""
    return _MIME.get(PurePath(name).suffix.lower(), "application/octet-stream")
