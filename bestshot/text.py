"""Formatting names, sizes and counts for messages, without control characters and secrets."""

import os
import re
from base64 import b64encode
from collections.abc import Iterator
from math import log10
from urllib.parse import quote

_UNITS = ("kB", "MB", "GB", "TB")


_NEVER_NAMES = frozenset(
    "A All An Another Every In It Its No Not Nothing On One Only Run Some Something That The There These This Those"
    " What Where Your".split()
)

_HIDDEN = "[hidden]"

_SHORTEST_SECRET = 8
"""Characters; what is shorter stands in many a word, and no server makes such a key."""

_hidden: dict[str, re.Pattern[str]] = {}
"""The secrets of this process, and what finds them."""


def hide(secret: str) -> None:
    """Let `printable` show this secret nowhere, neither as it is nor as an address or a header would spell it."""
    if secret not in _hidden and len(secret) >= _SHORTEST_SECRET:
        forms = sorted({secret, quote(secret, safe=""), *_in_base64(secret)}, key=len, reverse=True)
        _hidden[secret] = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)


def printable(text: str) -> str:
    """Make a text safe to show, without secrets: what a terminal would interpret or cannot encode is escaped."""
    for pattern in tuple(_hidden.values()):
        text = pattern.sub(_HIDDEN, text)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable_lines(text: str) -> str:
    """Make a text of several lines safe to show."""
    return "\n".join(map(printable, text.split("\n")))


def _in_base64(secret: str) -> Iterator[str]:
    """The secret as it stands in base64, alone or after something else, without the digits that it shares with that."""
    for before in range(3):
        whole = b64encode(bytes(before) + secret.encode()).decode("ascii")
        first, last = -(-8 * before // 6), 8 * (before + len(secret.encode())) // 6
        yield from (whole[first:last], whole[first:last].replace("+", "-").replace("/", "_"))


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as os.fsdecode represents it
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def format_size(size: int) -> str:
    """Format a size in bytes with a suitable unit, such as "3.4 MB"."""
    if size < 1000:
        return count(size, "byte")
    power = min(len(_UNITS), int(log10(size / 0.9995) // 3))
    value = size / 1000**power
    return f"{value:.0f} {_UNITS[power - 1]}" if value >= 99.95 else f"{value:.1f} {_UNITS[power - 1]}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Format a number with its noun, such as "1 photo" or "12 photos"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def after_colon(sentence: str) -> str:
    """A sentence as it goes on after a colon; what may be a name keeps its capital."""
    first, space, rest = sentence.partition(" ")
    return f"{first.lower()}{space}{rest}" if first in _NEVER_NAMES else sentence


def base_name(path: str) -> str:
    """The last part of a path, with the separators of this system or with `/`."""
    return (path if os.sep == "/" else path.replace(os.sep, "/")).rpartition("/")[2]
