"""Kinds of TIFF that Pillow would read wrongly, or does not read: they are named, and not taken for damage."""

from typing import Any, BinaryIO, Final

from PIL import TiffImagePlugin
from PIL.TiffImagePlugin import TiffImageFile

from bestshot.errors import PhotoError
from bestshot.imaging.headers import BoundedDirectory

_Tags = TiffImagePlugin.ImageFileDirectory_v2

_BIG = b"+\0"
_PLACES = (TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.TILEOFFSETS)
_DNG_VERSION = 50706
"""The tag that only DNG files have."""

_WHITE_IS_ZERO, _SEPARATE_PLANES = 0, 2
_UNSIGNED, _SIGNED = 1, 2
_NUMBERS: Final = {_UNSIGNED: "whole numbers", _SIGNED: "signed numbers", 3: "floating point"}

_UNREADABLE: Final = frozenset({32809, 34676, 34677, 50001})
"""Compressions that Pillow knows by name and its wheels cannot undo: ThunderScan, SGI's two, WebP."""


def is_dng(image: object) -> bool:
    """Whether this is a raw photo in the format DNG, which begins as a TIFF."""
    return isinstance(image, TiffImageFile) and _DNG_VERSION in image.tag_v2


def is_white_zero(image: object) -> bool:
    """Whether an open TIFF states that its smallest number is white; Pillow heeds that for up to 8 bits only."""
    return (
        isinstance(image, TiffImageFile)
        and image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO
    )


def is_signed(image: object) -> bool:
    """Whether the pixels of an open TIFF are signed numbers of 16 bits, of which 32767 is the largest."""
    return isinstance(image, TiffImageFile) and _bits(image.tag_v2) == 16 and _numbers(image.tag_v2) == _SIGNED


def check_tiff(image: object) -> None:
    """Refuse an open TIFF whose pixels Pillow would get wrong; raises PhotoError."""
    if isinstance(image, TiffImageFile) and not is_dng(image) and _is_misread(image.tag_v2):
        raise PhotoError(_unsupported(image.tag_v2))


def check_header(stream: BinaryIO) -> None:
    """Of a TIFF that Pillow does not open, say so if that is for its kind; raises PhotoError.

    A header that states how large the picture is and where its pixels are is not damaged.
    """
    stream.seek(0)
    header = stream.read(8)
    if header[2:4] in (_BIG, _BIG[::-1]):
        header += stream.read(8)
    try:
        tags = BoundedDirectory(header)
        stream.seek(tags.next)
        tags.load(stream)
    except SyntaxError:
        return  # it is damaged
    size = tags.get(TiffImagePlugin.IMAGEWIDTH), tags.get(TiffImagePlugin.IMAGELENGTH)
    if all(size) and any(place in tags for place in _PLACES):
        raise PhotoError(_unsupported(tags))


def _is_misread(tags: _Tags) -> bool:
    bits = _bits(tags)
    has_planes = tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == _SEPARATE_PLANES and _channels(tags) > 1
    return (
        (has_planes and bits > 8)
        or (bits, _numbers(tags)) == (32, _UNSIGNED)
        or tags.get(TiffImagePlugin.COMPRESSION) in _UNREADABLE
    )


def _unsupported(tags: _Tags) -> str:
    numbers = _NUMBERS.get(_numbers(tags), "numbers of another kind")
    planes = ", in separate planes" if tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == _SEPARATE_PLANES else ""
    compression = tags.get(TiffImagePlugin.COMPRESSION, 1)
    packed = f", compression {compression}" if compression != 1 else ""
    return (
        f"is a TIFF of a kind that is not supported: {_channels(tags)} x {_bits(tags)} bits, {numbers}{planes}{packed}"
    )


def _bits(tags: _Tags) -> int:
    return _first(tags, TiffImagePlugin.BITSPERSAMPLE, 1)


def _channels(tags: _Tags) -> int:
    return _first(tags, TiffImagePlugin.SAMPLESPERPIXEL, 1)


def _numbers(tags: _Tags) -> int:
    return _first(tags, TiffImagePlugin.SAMPLEFORMAT, _UNSIGNED)


def _first(tags: _Tags, tag: int, default: int) -> int:
    value: Any = tags.get(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)
