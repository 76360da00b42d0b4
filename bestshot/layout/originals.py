"""Whether what a file of the output holds is elsewhere too, asked right before that file goes.

A path proves nothing: it may lead to the very file that is about to go, over links, a mount, or in another case.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from bestshot.errors import PhotoError
from bestshot.layout.actions import CopyFile
from bestshot.layout.names import folded
from bestshot.storage.files import checksum
from bestshot.storage.identity import is_mere_alias, is_one_file

ONLY_A_LINK = "Its original is now only a link to it, so this is the only copy left."


class OwnNames:
    """The names that are ours in an output, by whatever path one comes to them."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._folders: dict[str, set[Path]] = {}
        for path in paths:
            self._folders.setdefault(folded(path.name), set()).add(path.parent)

    def include(self, path: Path) -> bool:
        """Whether a path ends at one of them; raises OSError if that cannot be seen."""
        real = Path(os.path.realpath(path))
        folders = self._folders.get(folded(real.name), ())
        return any(is_one_file(folder, real.parent) for folder in folders if folder.is_dir())


def check_original(copy: CopyFile, path: Path, wanted: str, ours: OwnNames) -> None:
    """Raise PhotoError unless the source of the copy at `path` is a file of its own and holds the same.

    `wanted` is the checksum of the copy. A source that was replaced by another name of its copy would go with it.
    """
    source = Path(copy.source)
    try:
        is_there = source.is_file()
        is_same = is_there and checksum(source) == wanted
        is_link = is_there and (ours.include(source) or is_mere_alias(source, path))
    except OSError as error:
        raise PhotoError(
            f"Its original cannot be read ({error.strerror or error}), so this may be the only copy left."
        ) from error
    if not is_there:
        raise PhotoError("Its original is gone, so this may be the only copy left.")
    if is_link:
        raise PhotoError(ONLY_A_LINK)
    if not is_same:
        raise PhotoError("Its original has changed since, so this is the only copy of the earlier version.")


def holds_itself(other: Path, path: Path, wanted: str) -> bool:
    """Whether another file of the output holds what the one at `path` does, whose checksum is `wanted`, for itself."""
    try:
        if other.is_symlink() or not other.is_file() or is_mere_alias(other, path):
            return False
        return is_one_file(other, path) or checksum(other) == wanted
    except OSError:
        return False  # whoever asks has another place to look at, or keeps the file
