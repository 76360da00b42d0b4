"""The pictures of a review: made on demand in processes of their own, because decoders crash, hang and take memory."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from queue import LifoQueue
from typing import TYPE_CHECKING, BinaryIO, Final

from bestshot.errors import OrganizerError, PhotoError
from bestshot.model.formats import HEADER_LENGTH, PictureKind, sniff
from bestshot.model.photo import Photo, digest
from bestshot.report.model import MissingPicture
from bestshot.sources.interface import PhotoSource, reading
from bestshot.storage.picture_cache import PhotoCache, PhotoTooLargeError
from bestshot.workers.deadline import begin_photo
from bestshot.workers.pool import WorkerDied, Workers

if TYPE_CHECKING:
    from PIL import Image

EDGES: Final = (320, 640, 1280, 2560)
"""Longest sides, in pixels, in which a photo is shown."""

_WHOLE: Final = 1 << 16
"""A longest side that no picture has."""

_QUALITY = {320: 82, 640: 84}
_BEST_QUALITY = 92

_MOST_BYTES: Final = 64_000_000
"""A JPEG of more bytes is encoded anew: it passes through the memory of this process."""

_PHOTO_SECONDS: Final = 60.0
"""Somebody waits for the picture."""

_ENDED: Final = "is not shown, since the review has ended"


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """A photo to be shown with this longest side; None is the original."""

    photo: Photo
    edge: int | None

    @property
    def key(self) -> str:
        """The name under which the picture is kept."""
        return digest("review/1", *self.photo.place, self.photo.revision, str(self.edge or "original"))


class PictureMaker:
    """Makes the pictures of photos that `source` reads, in up to `count` processes, and keeps them in the `cache`.

    What was asked for last is made first: that is what somebody looks at. May be called from many threads.
    """

    def __init__(self, source: PhotoSource, cache: PhotoCache, count: int) -> None:
        self._make = partial(make_picture, source, cache)
        self._cache = cache
        self._count = count
        self._lock = threading.Lock()
        self._orders: LifoQueue[PictureOrder | None] = LifoQueue()
        self._pending: dict[str, Future[bytes]] = {}
        self._threads: list[threading.Thread] = []
        self._is_closed = False

    def picture(self, order: PictureOrder) -> bytes:
        """A picture as JPEG; raises PhotoError, or another OrganizerError where nothing can be read any more."""
        kept = self._cache.get_cached_photo(order.key)
        if kept is not None:
            with suppress(FileNotFoundError):  # another process may have dropped it by now, to make room
                return kept.read_bytes()
        with self._lock:
            if self._is_closed:
                raise PhotoError(_ENDED)
            pending = self._pending.get(order.key)
            if pending is None:
                pending = self._pending[order.key] = Future()
                self._orders.put(order)
                self._start_one_more()
        return pending.result()

    def _start_one_more(self) -> None:
        if len(self._threads) < min(self._count, len(self._pending)):
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        """Make one picture after the other in one process, so that one that hangs keeps no other waiting for long."""
        with closing(Workers(1, photo_seconds=_PHOTO_SECONDS)) as workers:
            while (order := self._orders.get()) is not None:
                self._finish(order, workers)

    def _finish(self, order: PictureOrder, workers: Workers) -> None:
        with self._lock:
            future = self._pending[order.key]
        try:
            [finished] = workers.run(self._make, [[order]])
            future.set_result(_data(finished.result))
        except OrganizerError as error:
            future.set_exception(error)
        finally:
            with self._lock:
                del self._pending[order.key]
            if not future.done():  # as after a mistake of ours, which the thread shows
                future.set_exception(PhotoError("cannot be shown"))

    def close(self) -> None:
        """End the processes; who waits for a picture, or asks for one later, is told."""
        with self._lock:
            self._is_closed = True
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            thread.join()
        for future in self._pending.values():
            future.set_exception(PhotoError(_ENDED))


def _data(result: bytes | MissingPicture | WorkerDied) -> bytes:
    match result:
        case MissingPicture(error=error) | WorkerDied(reason=error):
            raise PhotoError(error)
        case _:
            return result


def make_picture(source: PhotoSource, cache: PhotoCache, orders: Sequence[PictureOrder]) -> bytes | MissingPicture:
    """Make one picture as JPEG, and keep it unless its file is there as it is; this is what a worker does."""
    from bestshot.imaging.load import load_pixels  # by a worker alone

    [order] = orders
    begin_photo()
    try:
        if order.edge is None:
            with source.open_photo(order.photo) as stream:
                whole = _as_it_is(stream, order.photo)
                if whole is not None:
                    return whole
                pixels = load_pixels(stream, order.photo.name, _WHOLE)
        else:
            pixels = source.load_pixels(order.photo, order.edge)
    except PhotoError as error:
        return MissingPicture(str(error))
    data = _encoded(pixels, order.edge)
    with suppress(PhotoTooLargeError):
        cache.cache_photo(order.key, data)
    return data


def _as_it_is(stream: BinaryIO, photo: Photo) -> bytes | None:
    """The bytes of a JPEG that every browser shows as it is; None of any other picture."""
    from bestshot.imaging.load import is_upright, open_image

    with reading():
        is_jpeg = sniff(stream.read(HEADER_LENGTH)) is PictureKind.JPEG
        size = stream.seek(0, 2)
    if not is_jpeg or size > _MOST_BYTES:
        return None
    image = open_image(stream, photo.name)
    if image.mode not in ("L", "RGB") or not is_upright(image):
        return None
    with reading():
        stream.seek(0)
        return stream.read()


def _encoded(pixels: "Image.Image", edge: int | None) -> bytes:
    file = BytesIO()
    quality = _QUALITY.get(edge or 0, _BEST_QUALITY)
    pixels.save(file, "JPEG", quality=quality)
    return file.getvalue()
