"""Reading raw photos: the embedded preview, and when and how they were taken."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy.typing as npt
from PIL import Image
from PIL.ExifTags import Base

from bestshot.errors import PhotoError
from bestshot.imaging.guards import OTHER_PIXELS, ROOM, check_size, decoding
from bestshot.imaging.headers import WHOLE_BYTES, BoundedDirectory, Header
from bestshot.model.formats import PictureKind

if TYPE_CHECKING:
    import rawpy

_TIFF_HEADER = 8
_TIFF_MAGIC = {b"II": b"II*\0", b"MM": b"MM\0*"}
_SWAPS_AXES = 4
"""LibRaw's flips from this one on swap width and height."""

# LibRaw's flip is a bit field (1 mirrors, 2 turns upside down, 4 swaps the axes); this is dcraw's table to EXIF.
_EXIF_ORIENTATION_OF_FLIP = (1, 2, 4, 3, 5, 8, 6, 7)


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture file that represents a raw photo, and the EXIF orientation to use if it states none."""

    data: bytes
    orientation: int


@dataclass(frozen=True, slots=True)
class RawCapture:
    """When and how a raw photo was taken; None if it does not state it.

    `taken` is the camera's wall clock, `make` and `model` are the camera; width and height are of the upright picture.
    """

    taken: datetime | None
    iso: int | None
    exposure_seconds: float | None
    f_number: float | None
    focal_length_mm: float | None
    width: int
    height: int
    make: str
    model: str


def raw_preview(stream: BinaryIO) -> Preview:
    """Get the largest embedded preview, or a half-size rendering of the raw data if there is none.

    Raises:
        PhotoError: it is not a raw photo, or damaged, or of an unknown kind.
    """
    with _opened(stream) as raw:
        return _embedded(raw) or _developed(raw)


def raw_capture(stream: BinaryIO) -> RawCapture:
    """Read when and how a raw photo was taken, with a resolution of one second.

    This unpacks the raw data, so it is meant for files whose EXIF cannot be read in a cheaper way.

    Raises:
        PhotoError: it is not a raw photo, or damaged, or of an unknown kind.
    """
    with _opened(stream) as raw:
        check_size((raw.sizes.raw_width, raw.sizes.raw_height), OTHER_PIXELS)
        other, sizes = raw.other, raw.sizes
        taken = other.timestamp
        make, model = _camera(raw, stream)
    width, height = (sizes.width, sizes.height) if sizes.flip < _SWAPS_AXES else (sizes.height, sizes.width)
    return RawCapture(
        taken=None if taken == datetime.fromtimestamp(0) else taken,
        iso=round(finite(other.iso_speed) or 0) or None,
        exposure_seconds=finite(other.shutter_speed),
        f_number=finite(other.aperture),
        focal_length_mm=finite(other.focal_length),
        width=width,
        height=height,
        make=make,
        model=model,
    )


def finite(value: float) -> float | None:
    """A number as the camera stated it; None for what states none, such as a fraction over zero."""
    return value if 0 < value < math.inf else None


def _camera(raw: "rawpy.RawPy", stream: BinaryIO) -> tuple[str, str]:
    """Make and model: from the preview's EXIF, which LibRaw writes where the camera did not, else from the first tags.

    Most raw formats begin like a TIFF file, some with another magic number.
    """
    preview = _embedded(raw)
    if preview is not None:
        with suppress(PhotoError), decoding():
            header = Header(BytesIO(preview.data), PictureKind.JPEG)
            exif = Image.open(cast("BinaryIO", header), formats=["JPEG"]).getexif()
            if exif.get(Base.Model):
                return str(exif.get(Base.Make, "")), str(exif[Base.Model])
    with suppress(PhotoError), decoding():
        stream.seek(0)
        start = stream.read(_TIFF_HEADER)
        directory = BoundedDirectory(_TIFF_MAGIC[start[:2]] + start[4:])
        stream.seek(directory.next)
        directory.load(stream)
        return str(directory.get(Base.Make, "")), str(directory.get(Base.Model, ""))
    return "", ""


@contextmanager
def _opened(stream: BinaryIO) -> Iterator["rawpy.RawPy"]:
    import rawpy

    with decoding(), ROOM.taken(OTHER_PIXELS):
        if stream.seek(0, os.SEEK_END) > WHOLE_BYTES:
            raise PhotoError(f"is larger than {WHOLE_BYTES // 1_000_000} MB")
        stream.seek(0)
        try:
            with rawpy.imread(stream) as raw:
                yield raw
        except rawpy.LibRawError as error:
            [cause] = error.args  # LibRaw's messages are bytes
            raise PhotoError(f"cannot be read as a raw photo: {cause.decode()}") from error


def _embedded(raw: "rawpy.RawPy") -> Preview | None:
    import rawpy

    try:
        preview = raw.extract_thumb()
    except (rawpy.LibRawError, NotImplementedError):  # there is none, or it is damaged or of an unknown kind
        return None
    orientation = _EXIF_ORIENTATION_OF_FLIP[raw.sizes.flip]
    if isinstance(preview.data, bytes):
        return Preview(preview.data, orientation)
    return Preview(_picture_file(preview.data), orientation)


def _developed(raw: "rawpy.RawPy") -> Preview:
    check_size((raw.sizes.raw_width, raw.sizes.raw_height), OTHER_PIXELS)
    return Preview(_picture_file(raw.postprocess(half_size=True, use_camera_wb=True)), orientation=1)


def _picture_file(pixels: npt.NDArray[Any]) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "BMP")
    return file.getvalue()
