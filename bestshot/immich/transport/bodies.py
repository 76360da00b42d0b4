"""Bodies of answers, unpacked here, because the HTTP library unpacks without a limit."""

import zlib
from collections.abc import Iterable, Iterator

import requests
from urllib3.exceptions import DecodeError

from bestshot.errors import BrokenAnswerError
from bestshot.immich.transport.connections import count_body
from bestshot.text import format_size, printable
from bestshot.traffic import add_fetched

_BLOCK = 1 << 16
"""Bytes of a body that are read, and at most unpacked, at once."""

_GZIP = 16 + zlib.MAX_WBITS

CODING = "gzip"
"""The one coding that is asked for: pages of JSON come over slow connections in a tenth of the time."""


def blocks(response: requests.Response, most: int, what: str) -> Iterator[bytes]:
    """The body of the answer to `what`, block by block, of at most so many bytes when unpacked.

    Raises BrokenAnswerError if it is longer or packed in a way that was not asked for, urllib3's HTTPError if it breaks
    off.
    """
    length = 0
    for block in _unpacked(response, what):
        length += len(block)
        if length > most:
            raise BrokenAnswerError(
                f"The answer to {what} is longer than {format_size(most)}, more than it can have: "
                "is something in front of the server?"
            )
        yield block


def short_body(response: requests.Response, most: int, what: str) -> bytes:
    """The body of an error; nothing if it is longer than any message is."""
    try:
        return b"".join(blocks(response, most, what))
    except BrokenAnswerError:
        return b""


def _unpacked(response: requests.Response, what: str) -> Iterator[bytes]:
    raw = _counted(response.raw.stream(_BLOCK, decode_content=False))
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        return raw
    if coding in (CODING, f"x-{CODING}"):
        return _inflated(raw)
    raise BrokenAnswerError(
        f"The answer to {what} is packed as {printable(coding)[:40]}, which was not asked for: "
        "is something in front of the server?"
    )


def _counted(body: Iterable[bytes]) -> Iterator[bytes]:
    for block in body:
        count_body(len(block))
        add_fetched(len(block))
        yield block


def _inflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, which may consist of several parts."""
    part = zlib.decompressobj(_GZIP)
    is_whole = True
    for block in packed:
        rest = block
        while rest:
            try:
                yield part.decompress(rest, _BLOCK)
            except zlib.error as error:
                raise DecodeError("The body is not gzip.") from error
            is_whole = part.eof
            rest = part.unused_data if part.eof else part.unconsumed_tail
            if part.eof:
                part = zlib.decompressobj(_GZIP)
    if not is_whole:
        yield part.flush()  # of what came, a few bytes may not have been due before
        if not part.eof:
            raise DecodeError("The body ends within its gzip.")
