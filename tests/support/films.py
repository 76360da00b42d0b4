"""Films without pictures: the boxes of an ISO or QuickTime file that say when and with what it was taken."""

from datetime import UTC, datetime

_SINCE_1904 = int(datetime(1904, 1, 1, tzinfo=UTC).timestamp())


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box of these contents."""
    content = b"".join(contents)
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def film(seconds: float = 1.5, taken: datetime | None = None, **apple: str) -> bytes:
    """A film of a length, made at a moment, with Apple's metadata by their last names, as `model="iPhone 12"`."""
    created = 0 if taken is None else int(taken.timestamp()) - _SINCE_1904
    numbers = (created, created, 1000, round(seconds * 1000))
    header = box(b"mvhd", bytes(4), *(number.to_bytes(4, "big") for number in numbers), bytes(80))
    metadata = [_metadata({name.replace("_", "."): text for name, text in apple.items()})] if apple else []
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"mdat", bytes(100)) + box(b"moov", header, *metadata)


def _metadata(items: dict[str, str]) -> bytes:
    keys = [box(b"mdta", b"com.apple.quicktime." + name.encode()) for name in items]
    values = [
        box(number.to_bytes(4, "big"), box(b"data", b"\0\0\0\1\0\0\0\0", text.encode()))
        for number, text in enumerate(items.values(), start=1)
    ]
    count = bytes(4) + len(items).to_bytes(4, "big")
    return box(b"meta", box(b"hdlr", bytes(24)), box(b"keys", count, *keys), box(b"ilst", *values))


def apple_note(content: str, tag: int = 0x11) -> bytes:
    """The maker's notes of an Apple picture with one text, by default the identifier that its film has, too."""
    text = content.encode() + b"\0"
    entry = tag.to_bytes(2, "big") + b"\0\2" + len(text).to_bytes(4, "big") + (32).to_bytes(4, "big")
    return b"Apple iOS\0\0\1MM" + b"\0\1" + entry + bytes(4) + text
