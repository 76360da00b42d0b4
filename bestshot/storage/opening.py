"""Opening a file that somebody else may exchange: it is read if it is a regular one, and nothing is waited for."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

# A pipe is opened without waiting for its other end, and no terminal becomes ours. Windows knows neither.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


class NotAFileError(OSError):
    """Reading it could wait for ever, or change something: it is a folder, a pipe, a socket or a device."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(errno.EINVAL, f"it is {_KINDS.get(stat.S_IFMT(mode), 'a device')}, not a file", path)


def open_regular(path: str | Path) -> BinaryIO:
    """Open a regular file for reading; raises NotAFileError for anything else, OSError where it cannot be opened.

    What a path names may change between listing and reading, so this is asked of what was opened.
    """
    return open(path, "rb", opener=_open_regular)


def _open_regular(path: str, flags: int) -> int:
    _check_regular(path, os.stat(path))  # noqa: PTH116 - a path may hold bytes that are no text
    descriptor = _opened(path, flags)
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
