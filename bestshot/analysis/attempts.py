"""Measuring photos one by one: what cannot be measured is told, and ends neither the batch nor the run."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Final, TypeVar

from bestshot.errors import PhotoError, TransientError
from bestshot.model.photo import Photo
from bestshot.model.reader import PhotoReader
from bestshot.storage.index import Failure
from bestshot.workers.deadline import begin_photo

Value = TypeVar("Value")

BATCH_SECONDS: Final = 1.0
"""A batch that takes longer, as on a slow disk, is handed back in part: progress is told, and a kill costs little."""

_NO_MEMORY: Final = ("bad_alloc", "Insufficient memory")
"""How OpenCV says that memory has run out, in errors of its own."""


def attempt(measure: Callable[[PhotoReader, Photo], Value], source: PhotoReader, photo: Photo) -> Value | Failure:
    """Measure one photo; the Failure says why it cannot be measured."""
    begin_photo()
    return attempted(partial(measure, source, photo))


def attempted(work: Callable[[], Value]) -> Value | Failure:
    """What comes of work on one photo or pair; the Failure says why nothing does."""
    try:
        return work()
    except PhotoError as error:
        return Failure(str(error), is_transient=isinstance(error, TransientError))
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        return Failure("needs more memory than is available now", is_transient=True)


def _is_out_of_memory(error: Exception) -> bool:
    is_of_opencv = type(error).__module__ == "cv2"  # which is not loaded to read dates
    return isinstance(error, MemoryError) or (is_of_opencv and any(words in str(error) for words in _NO_MEMORY))


def measure_each(
    measure: Callable[[PhotoReader, Photo], Value], source: PhotoReader, threads: int, photos: Sequence[Photo]
) -> list[Value | Failure]:
    """Measure photos one by one, of many that take long the first ones; in threads where a server is read."""
    end = time.monotonic() + BATCH_SECONDS

    def one(place: int, photo: Photo) -> Value | Failure | None:
        return attempt(measure, source, photo) if place == 0 or time.monotonic() < end else None

    if threads == 1:
        return _first_ones(map(one, count(), photos))
    with ThreadPoolExecutor(threads) as pool:
        return _first_ones(pool.map(one, count(), photos))


def _first_ones(results: Iterable[Value | None]) -> list[Value]:
    """The results before the first that is missing."""
    found = []
    for result in results:
        if result is None:
            break
        found.append(result)
    return found
