"""Opening a file that somebody else may exchange: none but a regular one is read, none but a new one is written."""

import errno
import os
import stat
from functools import partial
from pathlib import Path
from typing import BinaryIO

# A pipe is opened without waiting for its other end, and no terminal becomes ours. Windows knows neither.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_WITHOUT_FOLLOWING = getattr(os, "O_NOFOLLOW", 0)

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link"}


class NotAFileError(OSError):
    """Reading it could wait for ever, or change something: it is a folder, a pipe, a socket or a device."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(errno.EINVAL, f"it is {kind_of(mode)}, not a file", path)


def kind_of(mode: int) -> str:
    """What something is that is no regular file, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "a device")


def open_regular(path: str | Path, *, follow: bool = True) -> BinaryIO:
    """Open a regular file for reading; raises NotAFileError for anything else, OSError where it cannot be opened.

    What a path names may change between listing and reading, so this is asked of what was opened. `follow` says
    whether a link counts as the file that it leads to.
    """
    return open(path, "rb", opener=partial(_open_regular, follow=follow))


def open_new(path: Path, mode: int = 0o666) -> BinaryIO:
    """Create a file, to write it and read it back; raises FileExistsError where any is, also a link to nothing.

    `mode` are its permissions as far as the umask allows them.
    """
    return open(path, "x+b", opener=lambda name, flags: os.open(name, flags | _WITHOUT_FOLLOWING, mode))


def read_at_most(stream: BinaryIO, most: int) -> bytes:
    """The rest of a file, up to so many bytes; to ask for these would make room for them all, whatever it has."""
    place = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(place)
    return stream.read(max(0, min(most, end - place)))  # it may have been cut off meanwhile


def _open_regular(path: str, flags: int, *, follow: bool) -> int:
    _check_regular(path, os.stat(path, follow_symlinks=follow))  # noqa: PTH116 - a path may hold bytes that are no text
    descriptor = _opened(path, flags if follow else flags | _WITHOUT_FOLLOWING)
    try:
        _check_regular(
            path, os.fstat(descriptor)
        )  # it may have been exchanged; merely opening a device can have effects
    except NotAFileError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(path, status.st_mode)


def _opened(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | _WITHOUT_WAITING)
    except BlockingIOError:  # a server holds a lease on the file, and gives it up when it is asked
        return os.open(path, flags)
