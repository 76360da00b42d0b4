"""What stands before the pixels of a picture: read lean where it is ordinary, else by Pillow."""

import math
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from PIL import Image
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import TiffImageFile

from bestshot.errors import PhotoError, TransientError
from bestshot.imaging.guards import decoding
from bestshot.imaging.load import RESTORED, open_image
from bestshot.imaging.plain_jpeg import UnusualError, read_jpeg
from bestshot.metadata.boxes import ends_in_pixels
from bestshot.metadata.exif import Exif, Tags, find_late_chunks, read_exif, read_sub_tags, sub_pictures
from bestshot.metadata.plain_exif import KINDS, plain_directory, plain_exif, plain_tiff
from bestshot.model.formats import HEADER_LENGTH, PictureKind, sniff

_PNG_XMP: Final = "XML:com.adobe.xmp"
"""Where the info of a PNG has its packet as text, which Pillow then searches instead of the bytes."""

_HEIF_HEAD: Final = 65536
"""Bytes within which cameras write all of a HEIF file but its pixels."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a picture; `size` is that of the upright one, `xmp` the packet in it."""

    format: str | None
    size: tuple[int, int]
    exif: Exif
    xmp: bytes | None


def read_header(picture: BinaryIO, name: str) -> Header:
    """Read the header of a picture, without decoding its pixels.

    Raises PhotoError and TransientError as `open_image` does.
    """
    with suppress(UnusualError):
        jpeg = read_jpeg(picture)
        exif = plain_exif(jpeg.exif, jpeg.xmp)
        return Header("JPEG", jpeg.size[::-1] if exif.is_turned else jpeg.size, exif, jpeg.xmp)
    image = _open(picture, name)
    exif = _exif(image, picture)
    xmp = image.info.get("xmp")
    return Header(image.format, _upright_size(image, exif, picture), exif, xmp if isinstance(xmp, bytes) else None)


def _open(picture: BinaryIO, name: str) -> Image.Image:
    """Open a picture; of HEIF, which libheif reads whole, first by its head alone."""
    with decoding():
        head = _heif_head(picture)
    if head is not None:
        try:
            return open_image(BytesIO(head), name)
        except TransientError:
            raise
        except PhotoError:  # it may be damaged, or have its EXIF behind the pixels
            pass
    return open_image(picture, name)


def _heif_head(picture: BinaryIO) -> bytes | None:
    """The beginning of a HEIF file that has all its boxes but the end of that with the pixels; None if others follow.

    A file that is cut off is none.
    """
    picture.seek(0)
    head = picture.read(_HEIF_HEAD)
    length = picture.seek(0, os.SEEK_END)
    is_heif = sniff(head[:HEADER_LENGTH]) is PictureKind.HEIF
    return head if is_heif and len(head) < length and ends_in_pixels(head, length) else None


def _exif(image: Image.Image, picture: BinaryIO) -> Exif:
    find_late_chunks(image, picture)
    block, xmp = image.info.get("exif"), image.info.get("xmp")
    is_plain = (xmp is None or isinstance(xmp, bytes)) and RESTORED not in image.info and _PNG_XMP not in image.info
    with decoding(), suppress(UnusualError):
        if is_plain and isinstance(block, bytes):
            return plain_exif(block, xmp)
        if is_plain and isinstance(image, TiffImageFile):
            return plain_tiff(picture, xmp)
    return read_exif(image, picture, KINDS)


def _upright_size(image: Image.Image, exif: Exif, picture: BinaryIO) -> tuple[int, int]:
    """The size of the upright picture; Pillow has turned that of a TIFF file, and libheif that of HEIF."""
    width, height = image.size
    if image.format != "TIFF":
        return (height, width) if exif.is_turned else (width, height)
    sizes = [(not _is_reduced(exif.tags), image.size)]
    for tags in _sub_tags(picture, exif):  # in a raw photo the first picture is often but a thumbnail
        size = int(tags.number(Base.ImageWidth) or 0), int(tags.number(Base.ImageLength) or 0)
        if all(size):
            sizes.append((not _is_reduced(tags), size[::-1] if exif.is_turned else size))
    return max(sizes, key=lambda size: (size[0], math.prod(size[1])))[1]


def _sub_tags(picture: BinaryIO, exif: Exif) -> Iterable[Tags]:
    with decoding(), suppress(UnusualError):
        return [plain_directory(picture, place) for place in sub_pictures(exif)]
    return read_sub_tags(picture, exif, KINDS)


def _is_reduced(tags: Tags) -> bool:
    """Whether this is a smaller version of another picture in the file (TIFF 6.0, NewSubfileType)."""
    return any(int(bits) & 1 for bits in tags.numbers(Base.NewSubfileType))
