"""The EXIF of a photo, intact or damaged: no value is used before it has been checked."""

import math
import os
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import BinaryIO, SupportsFloat

from PIL import ExifTags, Image

from bestshot.errors import PhotoError, TransientError
from bestshot.imaging.guards import decoding
from bestshot.imaging.headers import BoundedDirectory

_LONGEST_TEXT = 200
_LONGEST_CHUNK = 8_000_000
_MOST_SUB_PICTURES = 8
_MOST_NUMBERS = 16
_MOST_CHUNKS = 500_000  # in 4 GB, of the usual 8 kB each
_TURNED = frozenset({5, 6, 7, 8})
_INFINITE = 0xFFFFFFFF
_EMPTY_EXIF = 14  # bytes of a sound EXIF without a single tag
_XMP_CHUNK = b"XML:com.adobe.xmp\0\0\0\0\0"  # not compressed, in no language


@dataclass(frozen=True, slots=True)
class Tags:
    """The values of one part of EXIF by tag, of whatever type the file made them."""

    values: Mapping[int, object] = field(default_factory=dict)

    def text(self, tag: int) -> str:
        """One line that can be shown and stored; empty where there is none."""
        if tag not in self.values:
            return ""
        value = self.values[tag]
        if isinstance(value, tuple):
            value = value[0] if value else ""
        return one_line(value if isinstance(value, bytes) else str(value))

    def number(self, tag: int) -> float | None:
        """The first number of a value unless EXIF means "unknown" or "infinite" by it; else None."""
        first = next(iter(self.numbers(tag)), 0.0)
        return first if 0 < first < _INFINITE else None

    def numbers(self, tag: int) -> tuple[float, ...]:
        """The first numbers of a value; empty if one of them is not finite, such as a fraction over zero."""
        if tag not in self.values:
            return ()
        value = self.values[tag]
        numbers = tuple(map(_number, value[:_MOST_NUMBERS] if isinstance(value, tuple) else (value,)))
        return numbers if all(map(math.isfinite, numbers)) else ()


@dataclass(frozen=True, slots=True)
class Exif:
    """The EXIF tags about the picture, its capture and the place; damaged parts are left out."""

    tags: Tags
    gps: Tags
    is_damaged: bool

    @property
    def is_turned(self) -> bool:
        """Whether the stored picture lies on its side."""
        return self.tags.number(ExifTags.Base.Orientation) in _TURNED


def read_exif(image: Image.Image, stream: BinaryIO, used: Container[int] | None = None) -> Exif:
    """Read the EXIF of a picture that was opened from `stream`, without decoding its pixels.

    `used` are the tags about the picture that are wanted, by default all: tables of a raw photo take long to decode.
    Raises TransientError if the disk fails; damage never raises.
    """
    find_late_chunks(image, stream)
    main = _undamaged(lambda: _values(image.getexif(), used))
    capture = _undamaged(lambda: image.getexif().get_ifd(ExifTags.IFD.Exif))
    gps = _undamaged(lambda: image.getexif().get_ifd(ExifTags.IFD.GPSInfo))
    is_damaged = main is None or capture is None or _is_missing(image, capture)
    return Exif(Tags({**(main or {}), **(capture or {})}), Tags(gps or {}), is_damaged)


def read_sub_tags(stream: BinaryIO, exif: Exif, used: Container[int]) -> Iterator[Tags]:
    """Read tags of the further pictures that the first one of a TIFF file names."""
    for place in sub_pictures(exif):
        yield Tags(_undamaged(partial(_directory, stream, place, used)) or {})


def sub_pictures(exif: Exif) -> list[int]:
    """Where the tags of the further pictures of a TIFF file are, of as many as are looked at."""
    return [int(place) for place in exif.tags.numbers(ExifTags.Base.SubIFDs)[:_MOST_SUB_PICTURES]]


def _directory(stream: BinaryIO, offset: int, used: Container[int]) -> dict[int, object]:
    stream.seek(0)
    directory = BoundedDirectory(stream.read(8))
    stream.seek(offset)
    directory.load(stream)
    return _values(directory, used)


def _values(directory: Mapping[int, object], used: Container[int] | None) -> dict[int, object]:
    return {tag: directory[tag] for tag in directory if used is None or tag in used}


def _undamaged(read: Callable[[], dict[int, object]]) -> dict[int, object] | None:
    """The tags that could be read; None if the damage is too great."""
    try:
        with decoding():
            return read()
    except TransientError:
        raise
    except PhotoError:
        return None


def _is_missing(image: Image.Image, capture: Mapping[int, object]) -> bool:
    """Whether EXIF or its capture part is announced but empty: Pillow skips silently what is cut off."""
    main = image.getexif()
    block = (image.info.get("exif") or b"").removeprefix(b"Exif\0\0")
    if ExifTags.IFD.Exif in main:
        return not capture and not _is_empty_directory(block, main[ExifTags.IFD.Exif])
    return not main and len(block) > _EMPTY_EXIF


def _is_empty_directory(block: bytes, offset: object) -> bool:
    """Whether a directory is there but holds no tags, as some programs write it when they have none."""
    if not isinstance(offset, int):
        return False
    count = block[offset : offset + 2]
    return len(count) == 2 and not any(count)


def find_late_chunks(image: Image.Image, stream: BinaryIO) -> None:
    """Add the EXIF and XMP behind the pixels of a PNG to its info; Pillow would decode them all to get there."""
    if image.format != "PNG" or "exif" in image.info or "Raw profile type exif" in image.info:
        return
    with decoding():
        for kind, data in _chunks(stream, {b"eXIf", b"iTXt"}):
            if kind == b"eXIf":
                image.info["exif"] = data
            elif data.startswith(_XMP_CHUNK):
                image.info.setdefault("xmp", data.removeprefix(_XMP_CHUNK))
    image.info.setdefault("exif", b"")  # or Pillow would still look for it


def _chunks(stream: BinaryIO, kinds: set[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Walk through a PNG: each chunk has a length, a kind, its data, and a checksum of four bytes."""
    stream.seek(8)
    for number in count():
        if len(head := stream.read(8)) < 8:
            return
        if number == _MOST_CHUNKS:
            raise PhotoError(f"has more than {_MOST_CHUNKS} chunks")
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in kinds and length <= _LONGEST_CHUNK:
            yield kind, stream.read(length)
            length = 0
        stream.seek(length + 4, os.SEEK_CUR)


def one_line(value: str | bytes) -> str:
    """One line without what cannot be shown; Pillow reads all text as Latin-1, though much of it is UTF-8."""
    try:
        text = (value if isinstance(value, bytes) else value.encode("latin-1")).decode()
    except UnicodeError:
        text = value.decode("latin-1") if isinstance(value, bytes) else value
    shown = text[: 2 * _LONGEST_TEXT]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else " " for char in shown)
    return " ".join(shown.split())[:_LONGEST_TEXT]


def _number(value: object) -> float:
    if isinstance(value, int | float):  # nearly all are; to ask for a protocol takes long
        return float(value)
    return float(value) if isinstance(value, SupportsFloat) else math.nan
