"""The boxes of ISO base media files (ISO/IEC 14496-12) and QuickTime films: what they say of a shot.

Nothing in them is trusted: a box that claims more than there is ends the reading of its container.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO, Final

from bestshot.metadata.capture_time import DateError, WallClock, parse_exif_datetime
from bestshot.metadata.exif import one_line
from bestshot.model.formats import HEADER_LENGTH, is_film

_MOST_BOXES: Final = 10_000
"""In one container; a film has some ten, one in fragments a few for each second."""
_LONGEST: Final = 1_000_000
"""Bytes of a box that is read whole."""
_LONGEST_NAME: Final = 200
"""Bytes of the name of a text; there may be as many of them as boxes."""

_SINCE_1904: Final = int(datetime(1904, 1, 1, tzinfo=UTC).timestamp())
_CONTENT_ID, _MODEL, _CREATED = (
    f"com.apple.quicktime.{name}" for name in ("content.identifier", "model", "creationdate")
)
_ANDROID_MODEL = "com.android.model"
_CANON_TAGS: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
"""The UUID of the box in which a CR3 file of Canon has its EXIF, one directory in each box."""


@dataclass(frozen=True, slots=True)
class Film:
    """What a film says of its shot; None is unknown. `created` is the moment in its header, in seconds since 1970."""

    seconds: float | None = None
    created: int | None = None
    clock: WallClock | None = None
    model: str | None = None
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    end: int


def read_film(stream: BinaryIO) -> Film | None:
    """What a film says; None if it is none."""
    stream.seek(0)
    if not is_film(stream.read(HEADER_LENGTH)):
        return None
    end = stream.seek(0, os.SEEK_END)
    movie = next((box for box in _boxes(stream, 0, end) if box.kind == b"moov"), None)
    if movie is None:
        return Film()
    parts = {box.kind: box for box in _boxes(stream, movie.start, movie.end)}
    seconds, created = _header(_content(stream, parts[b"mvhd"])) if b"mvhd" in parts else (None, None)
    items = dict(_apple_items(stream, parts[b"meta"])) if b"meta" in parts else {}
    model = items.get(_MODEL) or items.get(_ANDROID_MODEL)
    if model is None and b"udta" in parts:
        model = _user_text(stream, parts[b"udta"], b"\xa9mod")
    return Film(seconds, created, _clock(items.get(_CREATED)), model, items.get(_CONTENT_ID))


def ends_in_pixels(head: bytes, length: int) -> bool:
    """Whether a file of this length that begins so has nothing behind this beginning but the rest of its pixels."""
    boxes = [*_boxes(BytesIO(head), 0, length)]
    return bool(boxes) and boxes[-1].kind == b"mdat" and boxes[-1].end == length


def canon_directories(stream: BinaryIO) -> Iterator[bytes]:
    """The directories of tags in a CR3 file, each as a TIFF file of its own; none in other files."""
    end = stream.seek(0, os.SEEK_END)
    for movie in _boxes(stream, 0, end):
        for box in _boxes(stream, movie.start, movie.end) if movie.kind == b"moov" else ():
            stream.seek(box.start)
            if box.kind == b"uuid" and stream.read(16) == _CANON_TAGS:
                for part in _boxes(stream, box.start + 16, box.end):
                    if part.kind in (b"CMT1", b"CMT2"):
                        yield _content(stream, part)


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two places of a file, as far as they are sound."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        stream.seek(start)
        head = stream.read(16)
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), start + 16
        elif size == 0:  # up to the end
            size = end - start
        if size < content - start or start + size > end:
            return
        yield _Box(kind, content, start + size)
        start += size


def _content(stream: BinaryIO, box: _Box, longest: int = _LONGEST) -> bytes:
    stream.seek(box.start)
    return stream.read(min(box.end - box.start, longest))


def _header(content: bytes) -> tuple[float | None, int | None]:
    """How long the film is and when it was made, out of its header."""
    width = 8 if content[:1] == b"\1" else 4
    numbers = [
        int.from_bytes(content[place : place + size], "big")
        for place, size in ((4, width), (4 + 2 * width, 4), (8 + 2 * width, width))
    ]
    created, scale, length = numbers
    unknown = 2 ** (8 * width) - 1
    seconds = length / scale if scale and length not in (0, unknown) else None
    return seconds, created + _SINCE_1904 if created else None


def _apple_items(stream: BinaryIO, meta: _Box) -> Iterator[tuple[str, str]]:
    """The names and texts of QuickTime's metadata: the names are in one box, what belongs to them in another."""
    stream.seek(meta.start)
    # In an ISO file the box begins with its version.
    start = meta.start if stream.read(8)[4:] in (b"hdlr", b"keys") else meta.start + 4
    parts = {box.kind: box for box in _boxes(stream, start, meta.end)}
    if b"keys" not in parts or b"ilst" not in parts:
        return
    keys = _boxes(stream, parts[b"keys"].start + 8, parts[b"keys"].end)
    names = [_content(stream, box, _LONGEST_NAME).decode("utf-8", "replace") for box in keys]
    for item in _boxes(stream, parts[b"ilst"].start, parts[b"ilst"].end):
        number = int.from_bytes(item.kind, "big")
        for data in _boxes(stream, item.start, item.end):
            if data.kind == b"data" and 1 <= number <= len(names):
                yield names[number - 1], one_line(_content(stream, data)[8:])


def _user_text(stream: BinaryIO, data: _Box, kind: bytes) -> str | None:
    """A text that older QuickTime files hold: its length and language stand before it."""
    box = next((box for box in _boxes(stream, data.start, data.end) if box.kind == kind), None)
    return None if box is None else one_line(_content(stream, box)[4:]) or None


def _clock(text: str | None) -> WallClock | None:
    try:
        return parse_exif_datetime(text) if text else None
    except DateError:
        return None
