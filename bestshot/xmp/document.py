"""The bytes of an XML document and back: byte order marks, encodings, and the mistakes that careless programs make."""

import codecs
import re
from dataclasses import dataclass

from bestshot.errors import PhotoError

# Byte order marks, and the first character of XML in UTF-16 without one.
_STARTS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# Encodings that write "<?xml" in ASCII, as the declaration was found to be. Python knows others, such as punycode,
# that no XML is written in and that take a quadratic time.
_PLAIN = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|gb\w+|big5|euc_\w+|shift_jis")

NOT_IN_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""A character that no XML document may hold; named are those, since a pattern of all others takes long to compile."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document in UTF-8, with its byte order mark if it has one, and the encoding it had.

    The encoding is None where the bytes could only be read by a guess, and not be written back as they were.
    """

    xml: bytes
    encoding: str | None


def decoded(content: bytes) -> Document:
    """Decode a document as its first bytes and its declaration say, else as UTF-8 or Latin-1; this never fails."""
    evident = next((name for start, name in _STARTS if content.startswith(start)), None)
    encoding = evident or _declared(content)
    if encoding is not None:
        try:
            text = content.decode(encoding)
            return Document(text.encode(), encoding if text.encode(encoding) == content else None)
        except UnicodeError:
            pass  # the declaration is wrong, or the bytes are damaged
    return Document(_guessed(content, evident).encode(), None)


def encoded(document: Document) -> bytes:
    """Encode a document as it was; a character that its encoding lacks becomes a reference.

    Raises PhotoError where that cannot be done.
    """
    if document.encoding is None:
        raise PhotoError("is in an encoding that cannot be written back as it was")
    return document.xml.decode().encode(document.encoding, "xmlcharrefreplace")


def cleaned(xml: bytes) -> bytes:
    """The XML without what careless programs leave in and around it: control characters, padding, text."""
    text = NOT_IN_XML.sub("", xml.decode())
    return text[text.find("<") : text.rfind(">") + 1].encode()


def _declared(content: bytes) -> str | None:
    """The encoding that a document declares, UTF-8 without a declaration; None for one that XML is not written in."""
    declaration = _DECLARED.match(content)
    if declaration is None:
        return "utf-8"
    try:
        name = codecs.lookup(declaration[1].decode()).name
    except LookupError:
        return None
    return name if _PLAIN.fullmatch(name) else None


def _guessed(content: bytes, evident: str | None) -> str:
    if evident is not None:
        return content.decode(evident, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
