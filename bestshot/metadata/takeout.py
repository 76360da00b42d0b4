"""What is written beside EXIF: times and ratings in XMP, times in the files Google Takeout lays beside photos."""

import math
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bestshot.errors import PhotoError
from bestshot.metadata.capture_time import DateError, moment, parse_exif_datetime
from bestshot.model.times import CaptureTime, TimeSource

MAX_SIDECAR_BYTES: Final = 8_000_000
"""A sidecar of a photo has some kilobytes; what is larger is not read."""

# ISO 16684-1 and Adobe's XMP specification part 2, from the moment of the shot to that of the file.
_DATES = (
    "{http://ns.adobe.com/exif/1.0/}DateTimeOriginal",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    "{http://ns.adobe.com/xap/1.0/}CreateDate",
)
_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
_REJECTED, _MOST_STARS = -1, 5
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NO_XML_CHARS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DECLARATION = re.compile(r"\A<\?xml[^>]*\?>")


class _Moment(msgspec.Struct):
    timestamp: str | int


class _Takeout(msgspec.Struct, rename="camel"):
    photo_taken_time: _Moment | None = None


def read_sidecar(path: str) -> bytes:
    """The content of a sidecar file; raises PhotoError if it cannot be read or is too large to be one."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SIDECAR_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_SIDECAR_BYTES:
        raise PhotoError(f"is larger than {MAX_SIDECAR_BYTES // 1_000_000} MB")
    return content


def read_xmp_time(xml: bytes) -> CaptureTime | None:
    """The first capture time of an XMP packet or sidecar, if it tells one; a date without a time is none.

    Raises PhotoError if it is no XML.
    """
    written = _first_values(_parsed(xml), _DATES)
    for name in _DATES:
        try:
            clock = parse_exif_datetime(written.get(name, ""))
        except DateError:
            continue
        if clock is not None:
            return clock.as_capture_time(TimeSource.XMP)
    return None


def read_xmp_rating(xml: bytes) -> int | None:
    """The stars of an XMP packet or sidecar, 1 to 5, or -1 for a rejected photo; None where nothing is said.

    Raises PhotoError if it is no XML.
    """
    written = _first_values(_parsed(xml), (_RATING,)).get(_RATING, "")
    try:
        return known_rating(float(written)) if written else None
    except ValueError:
        return None


def known_rating(value: float) -> int | None:
    """A rating as cameras and programs write it, if it is one: 0 says nothing."""
    stars = round(value) if math.isfinite(value) else 0
    return stars if stars and _REJECTED <= stars <= _MOST_STARS else None


def read_takeout_time(json: bytes) -> CaptureTime | None:
    """The moment a photo was taken by Google Takeout's word; None in JSON that is not of Takeout.

    Raises PhotoError if it is no JSON, or its moment is none.
    """
    try:
        taken = msgspec.json.decode(json, type=_Takeout).photo_taken_time
        seconds = int(taken.timestamp) if taken else 0
        return CaptureTime(None, moment(seconds), TimeSource.TAKEOUT) if seconds else None
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, RecursionError) as error:
        raise PhotoError("is no sound JSON") from error
    except ValueError as error:
        raise PhotoError("has a photoTakenTime that is none") from error


def _parsed(xml: bytes) -> Element:
    try:
        root: Element = fromstring(_text(xml))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise PhotoError("is no sound XML") from error
    return root


def _first_values(root: Element, names: Collection[str]) -> dict[str, str]:
    """Each of the names as it first occurs, as an attribute or as an element."""
    values: dict[str, str] = {}
    for element in root.iter():
        for name, value in ((element.tag, element.text), *element.items()):
            if name in names and value and value.strip():
                values.setdefault(name, value)
    return values


def _text(xml: bytes) -> str:
    """The XML between whatever a careless program left around it, in the encoding its first bytes show."""
    text = _NO_XML_CHARS.sub("", _decoded(xml))
    return _DECLARATION.sub("", text[text.find("<") : text.rfind(">") + 1])


def _decoded(xml: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if xml.startswith(mark):
            return xml[len(mark) :].decode(encoding, "replace")
    if xml[:2] in (b"<\0", b"\0<"):
        return xml.decode("utf-16-le" if xml[0] else "utf-16-be", "replace")
    try:
        return xml.decode()
    except UnicodeDecodeError:
        return xml.decode("latin-1")
