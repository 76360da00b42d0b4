"""Names in the output: such as any file system takes, and free of clashes on any of them."""

import os
import re
import sys
import unicodedata
from functools import lru_cache
from hashlib import sha256

from bestshot.text import base_name

OUTPUT_MARKER = ".photo-organizer"
"""The folder that marks an output of this tool; it holds the lock."""

BEST_PREFIX = "best_"
"""What the name of a group's best photo begins with."""

_GROUP_FOLDER = re.compile(r"group_(\d{4,})")
_LONGEST_NAME_BYTES = 255
_LONGEST_ENDING_BYTES = 100
"""What follows the stem is kept whole up to this; beyond, it is the rest of a sentence ("St. Petersburg, ...")."""

_LONGEST_ANYWHERE_BYTES = 143
"""What encrypted folders take, as on many network disks."""

_LONGEST_FITTED_STEM_BYTES = 96
_LONGEST_FITTED_ENDING_BYTES = 36
"""Together these leave room for "best_" and a number."""

_COPY_NUMBER = re.compile(r" \((\d+)\)")

# Windows, exFAT, NTFS and most shares refuse these, and bytes that are no text.
_REFUSED = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|\ud800-\udfff]')
_REFUSED_AT_THE_END = re.compile(r"[. ]+\Z")
_DEVICE = re.compile(
    r"(?P<name>con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(?= *(?:\.|\Z))", re.IGNORECASE
)

_ORDINARY = re.compile(r"[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9]{1,8}")
"""Names of this kind fit any disk, unless a device is called so; nearly all of photos are."""

_IS_UTF_8 = sys.getfilesystemencoding() == "utf-8"


def group_folder(number: int) -> str:
    """The name of a group's folder in the output."""
    return f"group_{number:04}"


def group_number(name: str) -> int | None:
    """The number of the group whose folder has this name; None if it is no group's folder."""
    match = _GROUP_FOLDER.fullmatch(name)
    return int(match[1]) if match else None


def folded(path: str) -> str:
    """A form that is equal for names which some file system takes for one: in other case, or composed differently."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


@lru_cache(maxsize=1024)  # asked several times of each file of a group
def fitted(name: str, picture: str) -> str:
    """The name of a photo's file as any disk takes it; `picture` is the name of its picture.

    What some disk refuses becomes "_", letters are composed, and a long stem is cut. That follows from the names alone,
    so it is the same on every disk and in every run, and what belongs to a photo by its name still does.
    """
    if _ORDINARY.fullmatch(name) and not _DEVICE.match(name):
        return name
    stem, ending = _parted(_allowed(name), _stem(_allowed(picture)), _LONGEST_FITTED_ENDING_BYTES)
    return _with_an_end(_cut(stem, _LONGEST_FITTED_STEM_BYTES) + ending)


def _allowed(name: str) -> str:
    if _IS_UTF_8:
        return _replaced(name)
    # In a C locale, as cron may have it, a name is made up of its bytes; it must not be another one there.
    text = os.fsencode(name).decode("utf-8", "surrogateescape")
    return os.fsdecode(_replaced(text).encode("utf-8", "surrogateescape"))


def _replaced(name: str) -> str:
    name = _with_an_end(_REFUSED.sub("_", unicodedata.normalize("NFC", name)))
    device = _DEVICE.match(name)
    return name if device is None else f"{device['name']}_{name[device.end() :]}"


def _with_an_end(name: str) -> str:
    """The name without the dots and spaces at its end, which Windows would drop."""
    return _REFUSED_AT_THE_END.sub(lambda found: "_" * len(found[0]), name)


def renamed(name: str, picture: str, copy: int) -> str:
    """The name of a photo's file in the `copy`-th photo of that name; `picture` is the name of its picture.

    The second IMG_1.jpg becomes "IMG_1 (2).jpg" and its IMG_1.jpg.xmp "IMG_1 (2).jpg.xmp", so that they stay together.
    """
    stem, ending = _parted(name, _stem(picture))
    return _fitted(stem, ending if copy == 1 else f" ({copy}){ending}")


def is_renamed(here: str, name: str, picture: str) -> bool:
    """Whether `renamed` gives a file this name in the output, as the first or a further one of its name."""
    return any(renamed(name, picture, copy) == here for copy in (1, *copy_numbers(here)))


def copy_numbers(name: str) -> list[int]:
    """The numbers that a name may bear because others had it before."""
    return [int(digits) for digits in _COPY_NUMBER.findall(name)]


def name_of_best(name: str) -> str:
    """The name under which an original is shown as the best; one that an earlier version gave is made to fit."""
    allowed = _allowed(name)
    is_short = len(os.fsencode(BEST_PREFIX + allowed)) <= _LONGEST_ANYWHERE_BYTES
    return prefixed(BEST_PREFIX, allowed if is_short else fitted(name, name))


def prefixed(prefix: str, name: str) -> str:
    """The name with a prefix, its stem cut where it would become too long."""
    stem, ending = _parted(name, _stem(name))
    return _fitted(prefix + stem, ending)


def _stem(name: str) -> str:
    """The name without its suffix; `PurePath` says the same at twenty times the cost."""
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def _parted(name: str, picture_stem: str, longest: int = _LONGEST_ENDING_BYTES) -> tuple[str, str]:
    """A name in two after the stem of its picture, else after its own, else nowhere."""
    for stem in (picture_stem, _stem(name)):
        if name.startswith(stem) and len(os.fsencode(name[len(stem) :])) <= longest:
            return stem, name[len(stem) :]
    return name, ""


def _fitted(stem: str, ending: str) -> str:
    return _cut(stem, _LONGEST_NAME_BYTES - len(os.fsencode(ending))) + ending


def _cut(stem: str, longest: int) -> str:
    while len(os.fsencode(stem)) > longest and len(stem) > 1:
        stem = stem[:-1]
    return stem


def name_and_revision(path: str, revision: str) -> tuple[str, str]:
    """What identifies a file that was moved."""
    return base_name(path), revision


def text_bytes(text: str) -> bytes:
    """A text as it is written to a file; undecodable bytes of file names come out as they were."""
    return text.encode("utf-8", "surrogateescape")


def text_checksum(text: str) -> str:
    """SHA-256 of a text as it is written to a file, in hexadecimal."""
    return sha256(text_bytes(text)).hexdigest()
