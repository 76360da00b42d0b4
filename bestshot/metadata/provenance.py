"""Reading what a picture file tells of where it came from."""

import re
from functools import lru_cache
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile

from bestshot.analysis.history import MIDDLE, spectrum, was_jpeg
from bestshot.errors import PhotoError, TransientError
from bestshot.imaging.guards import decoding
from bestshot.imaging.load import open_image
from bestshot.metadata.exif import Exif, read_exif
from bestshot.model.photo import Photo
from bestshot.model.provenance import Provenance

_SIDE = 2048
"""Longest side, in pixels, of the middle of a picture whose pixels are looked at."""

_EIGHT_BIT = frozenset({"L", "LA", "RGB", "RGBA"})
"""Modes of pixels that keep what an earlier compression left."""

_CREATOR_TOOL = re.compile(rb"CreatorTool(?:>|=[\"'])([^<\"']{1,100})")

# The luma table of annex K of the JPEG standard, which the Independent JPEG Group scales by a quality.
# fmt: off
_STANDARD = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)
# fmt: on


def read_provenance(picture: BinaryIO, photo: Photo, *, pixels: bool = True) -> Provenance:
    """Read the traces in a photo's picture; those of its `pixels` only where Pillow decodes the picture itself.

    Raises:
        PhotoError: the picture is damaged.
        TransientError: the disk failed.
    """
    try:
        image = open_image(picture, photo.name)
    except TransientError:
        raise
    except PhotoError:  # a raw photo that only LibRaw reads, which is known as the original by its kind
        return Provenance()
    exif = read_exif(image, picture)
    table = _table(image)
    luma = _middle(image) if pixels and image.mode in _EIGHT_BIT else None
    ends = image.height % 8, image.width % 8
    return Provenance(
        software=_software(image, exif),
        capture_tags=len(exif.tags.values),
        has_maker_note=ExifTags.Base.MakerNote in exif.tags.values,
        stated_size=_stated_size(exif),
        library_signs=_library_signs(image, table),
        jpeg_step=None if table is None else float(np.median([table[place] for place in MIDDLE])),
        was_jpeg=None if luma is None else was_jpeg(luma, table, ends),
        spectrum=() if luma is None else spectrum(luma),
    )


def _table(image: Image.Image) -> npt.NDArray[np.float64] | None:
    if not isinstance(image, JpegImageFile) or 0 not in image.quantization:
        return None
    return np.array(image.quantization[0], np.float64).reshape(8, 8)


def _software(image: Image.Image, exif: Exif) -> str | None:
    """The program that wrote the file, by EXIF, XMP, or the text in a PNG."""
    creator = _CREATOR_TOOL.search(_bytes(image.info.get("xmp")))
    named = (
        exif.tags.text(ExifTags.Base.Software),
        "" if creator is None else creator[1].decode("utf-8", "replace"),
        str(image.info.get("Software", "")),
        _bytes(image.info.get("comment")).decode("latin-1"),
    )
    return " ".join(text for text in named if text)[:200] or None


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _stated_size(exif: Exif) -> tuple[int, int] | None:
    width, height = (
        int(exif.tags.number(tag) or 0) for tag in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)
    )
    return (width, height) if width and height else None


def _library_signs(image: Image.Image, table: npt.NDArray[np.float64] | None) -> int | None:
    """Marks of programming libraries: the JFIF header, progressive order, and the standard's table."""
    if table is None:
        return None
    return sum(("jfif" in image.info, "progressive" in image.info, _is_standard(tuple(table.ravel().tolist()))))


@lru_cache  # as the photos of one camera share a few
def _is_standard(table: tuple[float, ...]) -> bool:
    """Whether a table is the standard's, scaled by one of the qualities from 1 to 100."""
    scales = [5000 // quality if quality < 50 else 200 - 2 * quality for quality in range(1, 101)]
    return any(
        all(min(255, max(1, (value * scale + 50) // 100)) == own for value, own in zip(_STANDARD, table, strict=True))
        for scale in scales
    )


def _middle(image: Image.Image) -> npt.NDArray[np.uint8]:
    """The luma of the middle of a picture as it is stored, cut on the grid of JPEG blocks where it is cut."""
    with decoding():
        image.draft("L", image.size)
        grey = image.convert("L")
    left, top = (max(0, side - _SIDE) // 16 * 8 for side in grey.size)
    right, bottom = (
        side if side <= _SIDE else start + _SIDE for side, start in zip(grey.size, (left, top), strict=True)
    )
    return np.asarray(grey.crop((left, top, right, bottom)))
