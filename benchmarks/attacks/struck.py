"""The program, killed at one of its file operations: `python struck.py NUMBER CHECKOUT ARGUMENTS...`.

Python tells an audit hook of each file that is about to be opened for writing, linked, renamed or removed.
"""

import os
import signal
import sys

_CHANGES = frozenset(f"os.{name}" for name in "chmod link mkdir remove rename rmdir symlink truncate utime".split())
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _is_change(event: str, details: tuple[object, ...]) -> bool:
    if event != "open":
        return event in _CHANGES
    _, mode, flags = details
    return bool(isinstance(flags, int) and flags & _WRITING) or not set(str(mode or "")).isdisjoint("wax+")


def _strike(left: int) -> None:
    def hook(event: str, details: tuple[object, ...]) -> None:
        nonlocal left
        if _is_change(event, details):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    number, checkout, *arguments = sys.argv[1:]
    sys.path[0] = checkout
    from bestshot.cli.main import main

    _strike(int(number))
    sys.exit(main(arguments))
