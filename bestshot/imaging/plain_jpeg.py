"""The segments before the pixels of an ordinary JPEG, read without Pillow; whatever is unusual is left to it."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from PIL.ExifTags import Base

from bestshot.imaging.guards import JPEG_PIXELS, OTHER_PIXELS

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_CUT_RESOURCE: Final = b"8BIM"
"""Pillow fails on a segment of Photoshop that ends in this and two bytes more."""

_SCAN, _TABLES, _APPLICATION, _PHOTOSHOP = 0xDA, 0xDB, 0xE1, 0xED
_PROGRESSIVE: Final = 0xC2
_FRAMES: Final = frozenset({0xC0, 0xC1, _PROGRESSIVE})
_OTHERS: Final = frozenset({_SCAN, 0xC4, 0xDD, 0xFE, *range(0xE0, 0xF0)})
"""What else may stand there: codes, restart intervals, comments, and what applications write."""
_LEAST: Final = {0xE0: 7, 0xE2: 14, 0xEE: 7}
"""Bytes of JFIF, ICC and Adobe segments that Pillow reads."""

_WIDTHS: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""The bytes of a number, or of a part of a text, by its type (TIFF 6.0, and BigTIFF)."""
_SHORT: Final = 3
_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
XMP_ORIENTATION: Final = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')

_COLOURS: Final = frozenset({1, 3, 4})
_MOST_SEGMENTS: Final = 200
_LONGEST: Final = 2_000_000
"""Bytes of all segments; those of most photos have less than 100,000."""


class UnusualError(ValueError):
    """Whether it is damage, and what can be used, is for Pillow to say."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """The size of a JPEG as it is stored, its EXIF, empty if there is none, and its packet of XMP."""

    size: tuple[int, int]
    exif: bytes
    xmp: bytes | None
    is_progressive: bool = False

    @property
    def orientation(self) -> int:
        """How it is turned; raises UnusualError unless its EXIF says that as cameras do, or nothing about it."""
        block = self.exif.removeprefix(_EXIF)
        stated = _orientation_in(block) if block else None
        if stated is None and self.xmp and (found := XMP_ORIENTATION.search(self.xmp)):
            return int(found[1])
        return 1 if stated is None else stated


def read_jpeg(stream: BinaryIO) -> JpegHeader:
    """Read a JPEG up to its pixels.

    Raises UnusualError unless all that Pillow would look at is sound.
    """
    sizes, frame, exif, xmp = [], 0, b"", None
    for marker, content in _segments(stream):
        if marker in _FRAMES:
            sizes.append(_size(marker, content))
            frame = marker
        elif marker == _APPLICATION and content.startswith(_EXIF):
            exif += content[len(_EXIF) :] if exif else content
        elif marker == _APPLICATION and content.startswith(_XMP):
            xmp = content[len(_XMP) :]
        else:
            _check(marker, content)
    if len(sizes) != 1:
        raise UnusualError
    return JpegHeader(sizes[0], exif, xmp, frame == _PROGRESSIVE)


def _orientation_in(block: bytes) -> int | None:
    """The orientation that the first directory of a block of EXIF states; None if it states none."""
    order = _ORDERS.get(block[:4])
    if order is None or len(block) < 8:
        raise UnusualError
    start = 2 + int(struct.unpack_from(f"{order}L", block, 4)[0])
    count = int.from_bytes(block[start - 2 : start], "little" if order == "<" else "big")
    entries = block[start : start + 12 * count]
    if not count or len(block) < start + len(entries) + 4 or len(entries) < 12 * count:
        raise UnusualError
    claimed, stated = 0, []
    for tag, kind, numbers, place in struct.iter_unpack(f"{order}HHLL", entries):
        size = _WIDTHS.get(kind, 0) * numbers
        claimed += size
        if not size or claimed > len(block) or (size > 4 and place + size > len(block)):
            raise UnusualError
        if tag == Base.Orientation:
            stated.append((kind, numbers, place & 0xFFFF if order == "<" else place >> 16))
    if len(stated) > 1 or any(one[:2] != (_SHORT, 1) for one in stated):
        raise UnusualError
    return stated[0][2] if stated else None


def _segments(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The markers up to the first scan, each with what belongs to it."""
    try:
        stream.seek(0)
        if stream.read(2) != b"\xff\xd8":
            raise UnusualError
        left = _LONGEST
        for _ in range(_MOST_SEGMENTS):
            head = stream.read(4)
            length = int.from_bytes(head[2:], "big") - 2
            if len(head) < 4 or head[0] != 0xFF or not 0 <= length <= left:
                raise UnusualError
            content = stream.read(length)
            if len(content) < length:
                raise UnusualError
            yield head[1], content
            if head[1] == _SCAN:
                return
            left -= length
    except OSError as error:  # which the next reader meets as well, and tells
        raise UnusualError from error
    raise UnusualError


def _size(marker: int, frame: bytes) -> tuple[int, int]:
    """Width and height of pixels of 8 bits, as far as they are no bomb."""
    if len(frame) < 6 or len(frame) % 3 or frame[0] != 8 or frame[5] not in _COLOURS:
        raise UnusualError
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    if not 0 < width * height <= (OTHER_PIXELS if marker == _PROGRESSIVE else JPEG_PIXELS):
        raise UnusualError
    return width, height


def _check(marker: int, content: bytes) -> None:
    """Refuse a segment that Pillow does not know, or on whose content it may fail."""
    if marker == _TABLES:
        place = 0
        while place < len(content):  # a table has 64 numbers, each of one byte or two
            place += 65 if content[place] < 16 else 129
        is_sound = place == len(content)
    elif marker == _PHOTOSHOP:
        is_sound = content[-6:-2] != _CUT_RESOURCE
    else:
        is_sound = marker in _OTHERS and len(content) >= _LEAST.get(marker, 0)
    if not is_sound:
        raise UnusualError
