"""Which photos are looked at, as people write it: dates, sizes and suffixes."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bestshot.errors import UsageError
from bestshot.model.selection import TimeSpan

_DATE_LENGTH: Final = 10
"""Characters of a date without a time."""

_UNITS: Final = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) *([kmg]i?|)b?", re.IGNORECASE)

_ALIKE: Final = (
    frozenset({".jpg", ".jpeg", ".jpe"}),
    frozenset({".tif", ".tiff"}),
    frozenset({".heic", ".heif", ".hif"}),
)
"""Suffixes of one kind of file: whoever names one means them all."""


def parse_span(since: str | None, until: str | None) -> TimeSpan:
    """Read two dates, or dates with a time, of which the last one counts in full; raises UsageError."""
    first = None if since is None else _moment("--since", since)
    last = None
    if until is not None:
        whole = timedelta(days=1) if len(until) == _DATE_LENGTH else timedelta(seconds=1)
        last = _moment("--until", until) + whole
    if first is not None and last is not None and first.replace(tzinfo=UTC) >= last.replace(tzinfo=UTC):
        raise UsageError(f"--until {until} is before --since {since}: no photo is of that time.")
    return TimeSpan(first, last)


def parse_size(text: str) -> int:
    """Read a number of bytes such as "500 KB", "1.5MB" or "2 MiB"; raises UsageError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--min-size {text} is no size of a file: write it like 500KB or 1.5MB.")
    return round(float(found[1]) * _UNITS[found[2].lower()])


def parse_suffixes(given: Iterable[str]) -> frozenset[str]:
    """Read suffixes such as "jpg", ".JPG" or "*.jpg,png", those of the same kind of file included."""
    names = (name.strip().lstrip("*.").lower() for text in given for name in text.split(","))
    wanted = {f".{name}" for name in names if name}
    return frozenset(wanted.union(*(alike for alike in _ALIKE if not wanted.isdisjoint(alike))))


def _moment(flag: str, text: str) -> datetime:
    try:
        if len(text) == _DATE_LENGTH:
            return datetime.combine(date.fromisoformat(text), time.min)
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{flag} {text} is no date: write it like 2024-05-31 or 2024-05-31T18:00.") from error
