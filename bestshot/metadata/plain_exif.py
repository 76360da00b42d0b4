"""The EXIF of nearly every camera, read without Pillow; whatever is unusual in any way is left to it."""

import math
import re
import struct
from collections.abc import Mapping
from typing import Final, Literal

from PIL.ExifTags import GPS, IFD, Base

from bestshot.metadata.exif import Exif, Tags

_ByteOrder = Literal["little", "big"]

_LONGEST: Final = 500_000
"""Bytes of a block; a segment of a JPEG has at most 64 kB."""

_BYTE_ORDERS: Final[Mapping[bytes, _ByteOrder]] = {b"II*\0": "little", b"MM\0*": "big"}
_ENTRIES: Final = {"little": struct.Struct("<HHLL"), "big": struct.Struct(">HHLL")}
_PAIRS: Final = {
    ("little", False): struct.Struct("<LL"),
    ("little", True): struct.Struct("<ll"),
    ("big", False): struct.Struct(">LL"),
    ("big", True): struct.Struct(">ll"),
}

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""The bytes of a value by its type (TIFF 6.0, and BigTIFF)."""
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
)
_LISTS: Final = (GPS.GPSLatitude, GPS.GPSLongitude, GPS.GPSTimeStamp)
_PARTS: Final = (IFD.Exif, IFD.GPSInfo)
KINDS: Final[Mapping[int, frozenset[int]]] = {
    **dict.fromkeys(_TEXTS, frozenset({_TEXT})),
    **dict.fromkeys(_NUMBERS, frozenset({3, _LONG, _FRACTION, *_SIGNED})),
    **dict.fromkeys(_LISTS, frozenset({_FRACTION})),
    **dict.fromkeys(_PARTS, frozenset({_LONG})),
    Base.MakerNote: frozenset({_BYTES}),
}
"""The tags that are used, and the types in which cameras write them."""
_SINGLE: Final = frozenset((*_NUMBERS, *_PARTS))

_XMP_ORIENTATION: Final = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


class UnusualError(ValueError):
    """Whether it is damage, and what can be used, is for Pillow to say."""


def plain_exif(block: bytes, xmp: bytes | None) -> Exif:
    """Read the tags that are used out of a sound block of EXIF, with the values that `read_exif` gives them.

    `xmp` is the packet beside it, which may tell how the picture is turned. Raises UnusualError unless every directory
    and every value is there as its type, size and place say.
    """
    block = block.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(block[:4])
    if block and (order is None or len(block) > _LONGEST):
        raise UnusualError
    main: dict[int, object] = {}
    if order is not None:
        main = _directory(block, int.from_bytes(block[4:8], order), order)
        if not main:  # it may be damaged, or merely have nothing to tell
            raise UnusualError
    if Base.Orientation not in main and xmp and (stated := _XMP_ORIENTATION.search(xmp)):
        main[Base.Orientation] = int(stated[1])
    capture, gps = (
        _directory(block, place, order) if isinstance(place := main.get(part), int) and order is not None else {}
        for part in _PARTS
    )
    return Exif(Tags({**main, **capture}), Tags(gps), is_damaged=False)


def _directory(block: bytes, start: int, order: _ByteOrder) -> dict[int, object]:
    """The tags of one directory that are used; of several with one number the first counts."""
    first = start + 2
    behind = first + 12 * int.from_bytes(block[start:first], order)
    if behind + 4 > len(block):  # the place of the next directory follows
        raise UnusualError
    found: dict[int, object] = {}
    is_empty, claimed = True, 0
    entries = _ENTRIES[order].iter_unpack(block[first:behind])
    for place, (tag, kind, count, offset) in zip(range(first, behind, 12), entries, strict=True):
        size = _SIZES.get(kind, 0) * count
        if not size:  # Pillow passes over it, too
            continue
        is_empty = False
        start = place + 8
        if size > 4:
            start, claimed = offset, claimed + size
            if start + size > len(block):
                raise UnusualError
        if tag in KINDS and tag not in found:
            found[tag] = _value(tag, kind, block[start : start + size], order)
    if claimed > len(block) or (is_empty and behind > first):
        raise UnusualError
    return found


def _value(tag: int, kind: int, data: bytes, order: _ByteOrder) -> object:
    """The value of a tag; a text as its bytes."""
    if kind not in KINDS[tag] or (tag in _SINGLE and len(data) != _SIZES[kind]):
        raise UnusualError
    if kind == _TEXT:
        return data.removesuffix(b"\0")
    if kind == _BYTES:
        return data
    is_signed = kind in _SIGNED
    if kind not in (_FRACTION, _SIGNED_FRACTION):
        return int.from_bytes(data, order, signed=is_signed)
    numbers = tuple(_quotient(top, bottom) for top, bottom in _PAIRS[order, is_signed].iter_unpack(data))
    return numbers[0] if tag in _SINGLE else numbers


def _quotient(top: int, bottom: int) -> float:
    if not bottom:
        return math.nan
    return top / bottom if top else 0.0  # and not -0.0
