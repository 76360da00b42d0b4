"""Files that a change of marks replaces, as data: kept before that is done, so that it can be taken back exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplacedSidecar:
    """A file beside a photo whose content a change replaces: what it held, and the checksum of what it will hold.

    `before` is None where there was no such file, `after` where the change takes it away. `mtime_ns` is the time that
    the file had, None where that is not known.
    """

    key: str
    path: str
    before: bytes | None
    after: str | None
    mtime_ns: int | None = None


Keep = Callable[[Sequence[ReplacedSidecar]], None]
"""Writes what is about to be replaced where it outlives a kill."""


def keep_nothing(_replaced: Sequence[ReplacedSidecar]) -> None:
    """For changes that nobody will want to take back."""
