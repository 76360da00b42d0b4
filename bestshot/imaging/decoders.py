"""The border to the decoders: what they may be given, and what their complaints mean."""

import errno
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from bestshot.errors import PhotoError, TransientError

JPEG_PIXELS = 250_000_000
"""The most a baseline JPEG may claim: phones make 200 million, and a scaled decode holds few of them."""
OTHER_PIXELS = 160_000_000
"""The most for any other picture, which is held whole at 4 bytes a pixel; cameras reach 151 million."""
WEBP_PIXELS = 80_000_000
"""The most for WebP, of which its decoder and Pillow hold four copies of 4 bytes a pixel."""

# A damaged file sends its reader to places that no file has; the disk is not to blame for that.
_FAULT_OF_THE_FILE = frozenset({None, errno.EINVAL, errno.EOVERFLOW})


class _Muted:
    """Mutes warnings while any thread is within; Python's filters are the whole process's.

    Were each thread to put back the filters it met, the last to leave might put back those of another one's muting.
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


_MUTED = _Muted()


@contextmanager
def decoding() -> Iterator[None]:
    """Turn what decoders raise into PhotoError, and what the disk raises into TransientError.

    Their warnings are muted: they are about details nobody here uses, or an error follows them.
    """
    try:
        with _MUTED:
            yield
    except PhotoError:
        raise
    except MemoryError as error:
        raise TransientError("needs more memory than there is now") from error
    except Exception as error:  # a border: what a decoder may raise for a bad file is written nowhere
        if isinstance(error, OSError) and error.errno not in _FAULT_OF_THE_FILE:
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
