"""The EXIF of nearly every camera, read without Pillow; whatever is unusual in any way is left to it."""

import math
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal

from PIL.ExifTags import GPS, IFD, Base

from bestshot.imaging.plain_jpeg import XMP_ORIENTATION, UnusualError
from bestshot.metadata.exif import Exif, Tags

_ByteOrder = Literal["little", "big"]

_LONGEST: Final = 200_000
"""Bytes of a value that is used, of which makers' notes are the longest."""
_MOST_NUMBERS: Final = 100_000
"""In one directory, of which Pillow takes so many fractions."""

_ENTRIES: Final = {"little": struct.Struct("<HHLL"), "big": struct.Struct(">HHLL")}
_PAIRS: Final = {
    ("little", False): struct.Struct("<LL"),
    ("little", True): struct.Struct("<ll"),
    ("big", False): struct.Struct(">LL"),
    ("big", True): struct.Struct(">ll"),
}

_WIDTHS: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""The bytes of a number, or of a part of a text, by its type (TIFF 6.0, and BigTIFF)."""
_BIG: Final = b"+"
"""What the magic number of BigTIFF has in place of the asterisk; its numbers are longer."""
_TEXT, _LONG, _FRACTION, _BYTES, _SIGNED_FRACTION = 2, 4, 5, 7, 10
_SIGNED: Final = frozenset({8, 9, _SIGNED_FRACTION})

_TEXTS: Final = (
    *(Base.Make, Base.Model, Base.LensModel, Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal),
    *(Base.DateTimeDigitized, Base.SubsecTimeDigitized, Base.OffsetTimeDigitized, Base.OffsetTime),
    *(GPS.GPSDateStamp, GPS.GPSLatitudeRef, GPS.GPSLongitudeRef),
)
_NUMBERS: Final = (
    *(Base.Orientation, Base.Rating, Base.ExposureTime, Base.FNumber, Base.FocalLength),
    *(Base.ISOSpeedRatings, Base.RecommendedExposureIndex),
    *(Base.XResolution, Base.PhotometricInterpretation),  # on other types of which Pillow fails
    *(Base.ImageWidth, Base.ImageLength, Base.NewSubfileType),
)
_FRACTIONS: Final = (GPS.GPSLatitude, GPS.GPSLongitude, GPS.GPSTimeStamp)
_PARTS: Final = (IFD.Exif, IFD.GPSInfo)
KINDS: Final[Mapping[int, frozenset[int]]] = {
    **dict.fromkeys(_TEXTS, frozenset({_TEXT})),
    **dict.fromkeys(_NUMBERS, frozenset({3, _LONG, _FRACTION, *_SIGNED})),
    **dict.fromkeys(_FRACTIONS, frozenset({_FRACTION})),
    Base.SubIFDs: frozenset({_LONG, 13}),
    **dict.fromkeys(_PARTS, frozenset({_LONG})),
    Base.MakerNote: frozenset({_BYTES}),
}
"""The tags that are used, and the types in which cameras write them."""
_SINGLE: Final = frozenset((*_NUMBERS, *_PARTS))


def plain_exif(block: bytes, xmp: bytes | None) -> Exif:
    """Read the tags that are used out of a sound block of EXIF, with the values that `read_exif` gives them.

    `xmp` is the packet beside it, which may tell how the picture is turned. Raises UnusualError unless every directory
    and every value is there as its type, size and place say.
    """
    block = block.removeprefix(b"Exif\0\0")
    if not block:
        return Exif(Tags(_with_orientation({}, xmp)), Tags(), is_damaged=False)
    if block[:4] not in (b"II*\0", b"MM\0*"):
        raise UnusualError
    return _exif(_Source(lambda start, size: block[start : start + size], len(block), _order_of(block)), xmp)


def plain_tiff(stream: BinaryIO, xmp: bytes | None = None) -> Exif:
    """Read the tags that are used in a sound TIFF file, or in a raw photo like one but for its magic number.

    Raises UnusualError as `plain_exif` does.
    """
    return _exif(_source_of(stream), xmp)


def plain_directory(stream: BinaryIO, start: int) -> Tags:
    """Read the tags that are used in a further directory of a TIFF file; raises UnusualError as `plain_exif` does."""
    return Tags(_directory(_source_of(stream), start))


@dataclass(frozen=True, slots=True)
class _Source:
    """What the directories are in: how so many bytes are read at a place, how long it is, and its order of bytes."""

    read: Callable[[int, int], bytes]
    length: int
    order: _ByteOrder


def _source_of(stream: BinaryIO) -> _Source:
    def read(start: int, size: int) -> bytes:
        stream.seek(start)
        return stream.read(size)

    header = read(0, 4)
    if header[:2] not in (b"II", b"MM") or _BIG in header[2:]:
        raise UnusualError
    return _Source(read, stream.seek(0, os.SEEK_END), _order_of(header))


def _order_of(block: bytes) -> _ByteOrder:
    return "little" if block[:2] == b"II" else "big"


def _exif(source: _Source, xmp: bytes | None) -> Exif:
    main = _directory(source, int.from_bytes(source.read(4, 4), source.order))
    capture, gps = (_directory(source, main[part]) if part in main else {} for part in _PARTS)
    return Exif(Tags({**_with_orientation(main, xmp), **capture}), Tags(gps), is_damaged=False)


def _with_orientation(main: dict[int, Any], xmp: bytes | None) -> dict[int, Any]:
    """The tags with the orientation that XMP states, if they state none."""
    stated = XMP_ORIENTATION.search(xmp) if xmp and Base.Orientation not in main else None
    return main if stated is None else {**main, Base.Orientation: int(stated[1])}


def _directory(source: _Source, start: int) -> dict[int, Any]:
    """The tags of one directory that are used; of several with one number the first counts."""
    length = 12 * int.from_bytes(source.read(start, 2), source.order)
    entries = source.read(start + 2, length + 4)
    if len(entries) < length + 4:  # the place of the next directory follows
        raise UnusualError
    found: dict[int, Any] = {}
    values = claimed = numbers = 0
    places = range(8, length, 12)
    for place, (tag, kind, count, offset) in zip(places, _ENTRIES[source.order].iter_unpack(entries[:-4]), strict=True):
        width = _WIDTHS.get(kind, 0)
        size = width * count
        values += size
        if size > 4:
            claimed += size
            numbers += count if width > 1 else 0
            if offset + size > source.length:
                raise UnusualError
        if size and tag in KINDS and tag not in found:
            data = entries[place : place + size] if size <= 4 else _read(source, offset, size)
            found[tag] = _value(tag, kind, data, source.order)
    if not values or claimed > source.length or numbers > _MOST_NUMBERS:
        raise UnusualError
    return found


def _read(source: _Source, start: int, size: int) -> bytes:
    if size > _LONGEST:
        raise UnusualError
    return source.read(start, size)


def _value(tag: int, kind: int, data: bytes, order: _ByteOrder) -> object:
    """The value of a tag; a text as its bytes."""
    width, is_signed = _WIDTHS[kind], kind in _SIGNED
    if kind not in KINDS[tag] or (tag in _SINGLE and len(data) != width):
        raise UnusualError
    if kind == _TEXT:
        return data.removesuffix(b"\0")
    if kind == _BYTES:
        return data
    parts = [data[place : place + width] for place in range(0, len(data), width)]
    if width == 8:
        numbers: list[float] = [_quotient(*_PAIRS[order, is_signed].unpack(part)) for part in parts]
    else:
        numbers = [int.from_bytes(part, order, signed=is_signed) for part in parts]
    return numbers[0] if tag in _SINGLE else tuple(numbers)


def _quotient(top: int, bottom: int) -> float:
    if not bottom:
        return math.nan
    return top / bottom if top else 0.0  # and not -0.0
