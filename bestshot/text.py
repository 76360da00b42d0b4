"""Formatting names, sizes and counts for messages."""

import os
from math import log10

_UNITS = ("kB", "MB", "GB", "TB")


def printable(text: str) -> str:
    """Make a text safe to show: characters that a terminal would interpret or cannot encode are escaped."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


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


def base_name(path: str) -> str:
    """The last part of a path, with the separators of this system or with `/`."""
    return path.replace(os.sep, "/").rpartition("/")[2]
