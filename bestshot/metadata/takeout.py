"""The JSON files that Google Takeout lays beside photos: their names, and the capture time in them.

The file about a photo is NAME.supplemental-metadata.json, once it was NAME.json, and what stands before ".json" is cut
at a length, which is counted in units of UTF-16. The number of a namesake follows the cut: IMG.jpg(1).json is about
IMG(1).jpg.
"""

import re
from collections.abc import Iterator
from unicodedata import normalize

import msgspec

from bestshot.errors import PhotoError
from bestshot.metadata.capture_time import moment
from bestshot.model.formats import folded
from bestshot.model.times import CaptureTime, TimeSource

_CUT = 46
"""Units of UTF-16: most emojis take two of them."""

# What may be left of a character that was cut in the middle.
_HALF = re.compile("[\\ufffd?\\ud800-\\udfff]+\\Z")
_ENDING = "supplemental-metadata"
_NUMBER = re.compile(r"\([0-9]+\)\Z")


class _Moment(msgspec.Struct):
    timestamp: str | int


class _Takeout(msgspec.Struct, rename="camel"):
    photo_taken_time: _Moment | None = None


def read_takeout_time(json: bytes) -> CaptureTime | None:
    """The moment a photo was taken according to Google Takeout; None in JSON that is not from Takeout.

    Raises PhotoError if it is not JSON, or if its time is not valid.
    """
    try:
        taken = msgspec.json.decode(json, type=_Takeout).photo_taken_time
        seconds = int(taken.timestamp) if taken else 0
        return CaptureTime(None, moment(seconds), TimeSource.TAKEOUT) if seconds else None
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, RecursionError) as error:
        raise PhotoError("is not well-formed JSON") from error
    except ValueError as error:
        raise PhotoError("has a photoTakenTime that is not a valid time") from error


def described_pictures(body: str) -> Iterator[str]:
    """The names that a picture described by `body`.json may have, if its own name was not cut."""
    base, number = _split_number(body)
    name, dot, ending = base.rpartition(".")
    for picture in (base, name) if dot and _ENDING.startswith(ending) else (base,):
        stem, dot, suffix = picture.rpartition(".")
        yield stem + number + dot + suffix if stem else picture + number


def cut_name(picture: str) -> tuple[str, str] | None:
    """The long name of a picture as Takeout cuts it, folded, and its number; None if it is not cut."""
    stem, dot, suffix = picture.rpartition(".")
    plain, number = _split_number(stem or picture)
    name = normalize("NFC", plain + dot + suffix if stem else plain)
    if 2 * len(name) <= _CUT:
        return None
    cut = _first_units(name)
    return (_whole(cut), number) if cut != name else None


def _first_units(name: str) -> str:
    """As much of a name as Takeout keeps, without half a character."""
    length = 0
    for place, char in enumerate(name):
        length += 2 if char > "\uffff" else 1
        if length > _CUT:
            return name[:place]
    return name


def described_cut(body: str) -> tuple[str, str]:
    """The `cut_name` of the picture that `body`.json describes, if its own name was cut."""
    base, number = _split_number(body)
    return _whole(base), number


def _whole(cut: str) -> str:
    """The part of a cut name that no cut in the middle of a character can have changed."""
    return folded(_HALF.sub("", cut))


def _split_number(text: str) -> tuple[str, str]:
    """Part "IMG(1)" into "IMG" and "(1)"."""
    match = _NUMBER.search(text)
    return (text[: match.start()], match[0]) if match else (text, "")
