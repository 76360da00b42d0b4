"""Whether the original of a copy is still there, asked right before the copy is taken away."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from bestshot.errors import PhotoError
from bestshot.layout.actions import CopyFile
from bestshot.storage.files import checksum

CheckOriginal = Callable[[CopyFile, Path, str], None]
"""Raises PhotoError unless the original still holds what the copy at this path does, which has this SHA-256."""


def check_file(copy: CopyFile, wanted: str, ours: Collection[str]) -> None:
    """Raise PhotoError unless the source is a file of its own and holds the same; `ours` are the files of the output.

    A source that was replaced by a link to its copy would go with it.
    """
    source = Path(copy.source)
    try:
        is_there = source.is_file()
        is_same = is_there and checksum(source) == wanted
    except OSError as error:
        raise PhotoError(f"Its original cannot be read ({error.strerror or error}), so it may be the last.") from error
    if not is_there:
        raise PhotoError("Its original is not there any more, so it may be the last.")
    if os.path.realpath(source) in ours:
        raise PhotoError("Its original is only a link to it by now, so it is the last.")
    if not is_same:
        raise PhotoError("Its original has changed since, so it is the last of its kind.")
