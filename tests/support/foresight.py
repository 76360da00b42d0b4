"""Progress that hears what is to be expected of a run, and keeps it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bestshot.model.phases import Forecast


class Foresight:
    """Progress that keeps what it hears is to be expected."""

    def __init__(self) -> None:
        self.heard: list[Forecast] = []

    @contextmanager
    def __call__(self, _title: str, _total: int) -> Iterator[Callable[[int], object]]:
        yield lambda _done: None

    def foresee(self, forecast: Forecast) -> None:
        self.heard.append(forecast)
