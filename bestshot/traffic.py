"""How many bytes came from servers, in whatever process they were fetched."""

import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Meter:
    """A number that several threads add to; what is taken from it is not taken twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    def add(self, number: int) -> None:
        with self._lock:
            self._bytes += number

    def take(self) -> int:
        with self._lock:
            taken, self._bytes = self._bytes, 0
        return taken


_METER: Final = _Meter()

add_fetched = _METER.add
"""Count bytes that came."""

take_fetched = _METER.take
"""The bytes that came to this process since this was asked last."""


def with_fetched(work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> tuple[Result, int]:
    """Do work, and say how many bytes came for it to whatever process this is."""
    done = work(items)
    return done, take_fetched()
