"""What is told of the progress of work, without what works, so that --help loads none of that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def no_progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    """For a run that nobody watches."""
    yield lambda _done: None
