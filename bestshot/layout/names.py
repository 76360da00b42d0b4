"""Names in the output: short enough for any file system, and free of clashes on any of them."""

import os
import re
import unicodedata
from hashlib import sha256
from pathlib import PurePosixPath

from bestshot.text import base_name

OUTPUT_MARKER = ".photo-organizer"
"""The folder that marks an output of this tool; it holds the lock."""

BEST_PREFIX = "best_"
"""What the name of a group's best photo begins with."""

_GROUP_FOLDER = re.compile(r"group_(\d{4,})")
_LONGEST_NAME_BYTES = 255
_LONGEST_ENDING_BYTES = 100
"""What follows the stem is kept whole up to this; beyond, it is the rest of a sentence ("St. Petersburg, ...")."""


def group_folder(number: int) -> str:
    """The name of a group's folder in the output."""
    return f"group_{number:04}"


def group_number(name: str) -> int | None:
    """The number of the group whose folder has this name; None if it is no group's folder."""
    match = _GROUP_FOLDER.fullmatch(name)
    return int(match[1]) if match else None


def folded(path: str) -> str:
    """A form that is equal for names which some file system takes for one: in other case, or composed differently."""
    return unicodedata.normalize("NFC", path).casefold()


def renamed(name: str, picture: str, copy: int) -> str:
    """The name of a photo's file in the `copy`-th photo of that name; `picture` is the name of its picture.

    The second IMG_1.jpg becomes "IMG_1 (2).jpg" and its IMG_1.jpg.xmp "IMG_1 (2).jpg.xmp", so that they stay together.
    """
    stem, ending = _parted(name, PurePosixPath(picture).stem)
    return _fitted(stem, ending if copy == 1 else f" ({copy}){ending}")


def prefixed(prefix: str, name: str) -> str:
    """The name with a prefix, its stem cut where it would become too long."""
    stem, ending = _parted(name, PurePosixPath(name).stem)
    return _fitted(prefix + stem, ending)


def _parted(name: str, picture_stem: str) -> tuple[str, str]:
    """A name in two after the stem of its picture, else after its own, else nowhere."""
    for stem in (picture_stem, PurePosixPath(name).stem):
        if name.startswith(stem) and len(os.fsencode(name[len(stem) :])) <= _LONGEST_ENDING_BYTES:
            return stem, name[len(stem) :]
    return name, ""


def _fitted(stem: str, ending: str) -> str:
    while len(os.fsencode(stem + ending)) > _LONGEST_NAME_BYTES and len(stem) > 1:
        stem = stem[:-1]
    return stem + ending


def name_and_revision(path: str, revision: str) -> tuple[str, str]:
    """What identifies a file that was moved."""
    return base_name(path), revision


def text_bytes(text: str) -> bytes:
    """A text as it is written to a file; undecodable bytes of file names come out as they were."""
    return text.encode("utf-8", "surrogateescape")


def text_checksum(text: str) -> str:
    """SHA-256 of a text as it is written to a file, in hexadecimal."""
    return sha256(text_bytes(text)).hexdigest()
