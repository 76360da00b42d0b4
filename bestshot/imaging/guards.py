"""Guarding the decoders: limits on what they are given, and translation of their errors."""

import errno
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from bestshot.errors import PhotoError, TransientError

JPEG_PIXELS = 250_000_000
"""The limit for baseline JPEGs: phones take 200 million, and few are in memory in a scaled decode."""
OTHER_PIXELS = 160_000_000
"""The limit for other pictures, which need 4 bytes of memory per pixel; cameras reach 151 million."""
WEBP_PIXELS = 80_000_000
"""The limit for WebP, of which the decoder and Pillow keep four copies of 4 bytes per pixel."""

MOST_SCANS = 100
"""The limit for the scans of a progressive JPEG, each of which goes over the whole picture; ten are usual."""

# A damaged file makes its reader seek to impossible positions, which is not an error of the disk.
_DAMAGE_ERRNOS = frozenset({None, errno.EINVAL, errno.EOVERFLOW})


class _WarningsMuted:
    """Mutes warnings while any thread is inside; the filters of `warnings` are shared by the whole process.

    If each thread restored the filters it found, the last one might restore those that another had muted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        self._catcher = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._within:
                self._catcher = warnings.catch_warnings()
                self._catcher.__enter__()
                warnings.simplefilter("ignore")
            self._within += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self._catcher.__exit__(None, None, None)


_WARNINGS_MUTED = _WarningsMuted()


class _Room:
    """The memory of this process for pictures that are decoded at once: what one picture at the limit takes.

    Each takes as much of it as it has pixels, and waits for that, so several threads need no more memory than one.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = 0

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Take room for so many pixels for the duration of a `with` block; OTHER_PIXELS, or more, is all of it."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken + pixels <= OTHER_PIXELS or not self._taken)
            self._taken += pixels
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()


ROOM = _Room()


@contextmanager
def decoding() -> Iterator[None]:
    """Turn errors as `translating` does, and mute warnings of decoders.

    They are about details that are not used here, or are followed by an error.
    """
    with translating(), _WARNINGS_MUTED:
        yield


@contextmanager
def translating() -> Iterator[None]:
    """Turn errors of decoders into PhotoError, and errors of the disk into TransientError."""
    try:
        yield
    except PhotoError:
        raise
    except MemoryError as error:
        raise TransientError("needs more memory than is available now") from error
    except Exception as error:  # a border: what decoders raise for bad files is not documented
        if isinstance(error, OSError) and error.errno not in _DAMAGE_ERRNOS:
            raise TransientError(f"cannot be read now: {error.strerror}") from error
        raise PhotoError(f"is cut off or damaged: {error or type(error).__name__}") from error


def check_size(size: tuple[int, int], limit: int) -> None:
    """Refuse a decompression bomb.

    Raises:
        PhotoError: the picture claims more pixels than the limit.
    """
    width, height = size
    if width * height > limit:
        raise PhotoError(f"claims {width} x {height} pixels, more than the limit of {limit // 1_000_000} megapixels")
