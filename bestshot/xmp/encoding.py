"""The encoding of an XML document: told by its first bytes, and kept when it is written again."""

import codecs
import re
from dataclasses import dataclass

from bestshot.errors import PhotoError

_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Document:
    """A document in UTF-8, with the byte order mark that stood before it and the encoding that it had."""

    xml: bytes
    mark: bytes
    encoding: str


def decoded(content: bytes) -> Document:
    """The document in UTF-8; raises PhotoError where it could not be written again as it was."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    body = content[len(mark) :]
    encoding = encoding or _told(body)
    try:
        text = body.decode(encoding)
        if text.encode(encoding) == body:
            return Document(text.encode(), mark, encoding)
    except (LookupError, UnicodeError) as error:
        raise PhotoError("is in an encoding that cannot be read") from error
    raise PhotoError("is in an encoding that cannot be written again as it was")


def encoded(document: Document) -> bytes:
    """The document as it was encoded; what its encoding lacks becomes a character reference."""
    return document.mark + document.xml.decode().encode(document.encoding, "xmlcharrefreplace")


def _told(body: bytes) -> str:
    for start, encoding in _UNMARKED:
        if body.startswith(start):
            return encoding
    declared = _DECLARED.match(body)
    return declared[1].decode() if declared else "utf-8"
