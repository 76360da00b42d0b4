"""Work in a copy of this process, which may be killed on the way."""

import os
import signal
import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any


def in_fork(work: Callable[..., int], *args: object) -> int:
    """The exit code of a copy of this process; minus the signal, if that ended it."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(work(*args))
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def until(step: int, watched: Collection[str], work: Callable[[], object]) -> int:
    """Work, and be killed before the given line of these modules; 0 if it came to its end."""
    left = step

    def watch(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_globals.get("__name__") not in watched:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return watch

    sys.settrace(watch)
    work()
    return 0
