"""Folders below a root, reached over no link: what is done in one is done where it seems to be.

A folder may become a link to elsewhere at any moment. So each is opened from the one above it, and is used under a name
that stands for the open folder and for no path. Where a system has no such names, the way is looked at right before.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bestshot.errors import PhotoError
from bestshot.text import printable

_HANDLES: Final = Path("/proc/self/fd")
"""Where Linux names what a process has open; a name below such a folder is looked up in that folder itself."""

_HAS_HANDLES = hasattr(os, "O_PATH") and _HANDLES.is_dir()

_JUNCTION: Final = 0xA0000003
"""What Windows calls a folder that is a link without being a symbolic one."""


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """A folder that is held; `path` leads to it whatever becomes of its name, `made` are those that are new."""

    path: Path
    made: tuple[str, ...]


@contextmanager
def holding(relative: str, root: Path, *, make: bool = False) -> Iterator[HeldFolder]:
    """Hold a folder below the root, after it was made with those above it if that is wished.

    Raises PhotoError where a link or a file is on the way or a folder is gone, OSError if one cannot be made or used.
    """
    made: list[str] = []
    with ExitStack() as stack:
        place, way = _entered(root, stack, follow=True), ""  # where the user has the root is the user's business
        for name in filter(None, relative.split("/")):
            way = f"{way}/{name}".removeprefix("/")
            if make and not os.path.lexists(place / name):
                (place / name).mkdir(exist_ok=True)
                made.append(way)
            check_folder(place / name)
            place = _entered(place / name, stack)
        yield HeldFolder(place, tuple(made))


def _entered(folder: Path, stack: ExitStack, *, follow: bool = False) -> Path:
    """The folder under a name that stays with it until the stack is closed."""
    if not _HAS_HANDLES:
        return folder
    try:
        handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | (0 if follow else os.O_NOFOLLOW))
    except NotADirectoryError as error:  # changed since it was looked at
        raise _in_the_way(folder) from error
    stack.callback(os.close, handle)
    return _HANDLES / str(handle)


def check_folder(folder: Path) -> None:
    """Raise PhotoError unless this is a folder that is really there, and no link to one."""
    try:
        status = os.lstat(folder)
    except FileNotFoundError as error:
        raise PhotoError(f"The folder {shown(folder)} is gone.") from error
    if stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION:
        raise PhotoError(f"{shown(folder)} has become a link, and nothing is changed where it leads.")
    if not stat.S_ISDIR(status.st_mode):
        raise _in_the_way(folder)


def check_way(relative: str, root: Path) -> None:
    """Raise PhotoError if a folder on the way to a file below the root is a link; changes nothing."""
    for parent in reversed(Path(relative).parents[:-1]):
        if (root / parent).is_symlink() or (root / parent).is_dir():
            check_folder(root / parent)


def remove_empty_folders(relative: str, root: Path) -> None:
    """Delete a folder and those above it, up to the root, as long as they are empty and no links."""
    while relative:
        above, _, name = relative.rpartition("/")
        try:
            with holding(above, root) as folder:
                (folder.path / name).rmdir()
        except FileNotFoundError:
            pass  # an earlier run may have been killed after it deleted this one
        except (OSError, PhotoError):
            return
        relative = above


def _in_the_way(folder: Path) -> PhotoError:
    return PhotoError(f"The folder {shown(folder)} cannot be created: a file is in its way.")


def shown(path: Path) -> str:
    """A path as the user knows it, for messages."""
    if path.is_relative_to(_HANDLES):
        path = Path(os.path.realpath(path.parent)) / path.name
    return printable(str(path))
