"""What cameras write into their photos for themselves: the burst that one is of, the film that belongs to it."""

import re
from typing import Final

from bestshot.model.burst_names import BurstFrame
from bestshot.xmp.packet import BURST_IDS, BURST_PRIMARY, parse

CONTENT_ID: Final = 0x11
"""Where Apple's notes have what joins a picture to its film."""

_BURST_ID: Final = 0x0B
_APPLE: Final = b"Apple iOS\0"
_ENTRIES, _ENTRY = 16, 12
"""Where the entries of Apple's notes begin, and how long one is. Their numbers are big-endian."""
_TEXT: Final = 2
_LONGEST: Final = 200
"""Bytes of a text in them, and characters of one in XMP; a UUID has 36."""

_UUID: Final = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE)
_TRUE: Final = frozenset({"1", "true"})


def apple_text(note: object, tag: int) -> str | None:
    """A text in the maker's notes of an Apple picture, whose places count from their beginning; None if it has none."""
    if not isinstance(note, bytes) or not note.startswith(_APPLE):
        return None
    count = int.from_bytes(note[_ENTRIES - 2 : _ENTRIES], "big")
    for start in range(_ENTRIES, min(_ENTRIES + _ENTRY * count, len(note)), _ENTRY):
        entry = note[start : start + _ENTRY]
        if int.from_bytes(entry[:2], "big") == tag:
            kind, length, place = (int.from_bytes(entry[a:b], "big") for a, b in ((2, 4), (4, 8), (8, 12)))
            is_there = kind == _TEXT and length <= _LONGEST and place + length <= len(note)
            text = note[place : place + length] if is_there else b""
            return text.rstrip(b"\0").decode("ascii", "replace") or None
    return None


def stated_burst(xmp: object, note: object) -> BurstFrame | None:
    """The burst that a picture says it is of, by its packet of XMP or by the maker's notes.

    Raises PhotoError if the packet mentions a burst and is not XMP; others, as most, are not even parsed.
    """
    if isinstance(xmp, bytes) and b"BurstID" in xmp.replace(b"\0", b""):
        packet = parse(xmp)
        ids = (text.strip() for key in BURST_IDS for text in packet.values(key))
        if burst := next(filter(None, ids), ""):
            is_cover = any(text.strip().lower() in _TRUE for text in packet.values(BURST_PRIMARY))
            return BurstFrame(burst[:_LONGEST].upper(), is_cover, is_stated=True)
    burst = apple_text(note, _BURST_ID) or ""
    return BurstFrame(burst.upper(), is_cover=False, is_stated=True) if _UUID.fullmatch(burst) else None
