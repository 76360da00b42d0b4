"""How long one photo may take in a worker: a decoder that never returns ends its process, as one that crashes does.

The clock is that of `faulthandler`, a thread in C: it ends the process even where a decoder keeps the interpreter's
lock.
"""

import faulthandler
import threading
import time
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")

PHOTO_SECONDS: Final = 300.0
"""Generous, since a photo that is merely slow would be left out: a raw file of 200 MB takes 100 seconds to arrive from
a network disk that gives 2 MB a second, and as long again is left for a small computer to develop it and find faces."""

_ROOM = 1.25
"""The clock is set for this many times as long, so that it need not be set anew for each of many photos a second."""

_STDERR = 2


class _Clock:
    """Ends this process if no further photo is begun for too long while a batch is worked on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches = 0
        self._seconds = 0.0
        self._end = 0.0

    def begin_batch(self, seconds: float) -> None:
        with self._lock:
            self._batches += 1
            self._seconds = seconds
            self._extend()

    def begin_photo(self) -> None:
        with self._lock:
            if self._batches:
                self._extend()

    def end_batch(self) -> None:
        with self._lock:
            self._batches -= 1
            if not self._batches:
                faulthandler.cancel_dump_traceback_later()
                self._end = 0.0

    def _extend(self) -> None:
        now = time.monotonic()
        if self._end < now + self._seconds:
            self._end = now + self._seconds * _ROOM
            faulthandler.dump_traceback_later(self._seconds * _ROOM, exit=True, file=_STDERR)


_CLOCK = _Clock()


def within_deadlines(seconds: float, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """Run `work`, which calls `begin_photo` before each photo, in a worker that may be ended.

    A photo has at least `seconds`; where a process works on several at once, one that hangs may be found out only once
    the others have ended.
    """
    _CLOCK.begin_batch(seconds)
    try:
        return work(*args, **kwargs)
    finally:
        _CLOCK.end_batch()


def begin_photo() -> None:
    """Give the next photo its time; outside a worker this does nothing."""
    _CLOCK.begin_photo()
