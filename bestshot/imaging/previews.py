"""Cached previews of pictures that are expensive to decode."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from bestshot.imaging.load import load_pixels
from bestshot.model.formats import HEADER_LENGTH, RAW_SUFFIXES, PictureKind, sniff
from bestshot.model.photo import Photo, digest
from bestshot.model.reader import PREVIEW_SIZE
from bestshot.storage.picture_cache import PhotoCache, PhotoTooLargeError

_QUALITY = 92
"""JPEG quality."""

Opened = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the file of a photo."""

_THUMBNAIL_SIZE = 256
"""Up to this size, the thumbnail in most HEIF and RAW files is enough, and a hundred times faster."""


def is_worthwhile(longest_side: int) -> bool:
    """Whether a preview speeds up loading a picture of this size."""
    return _THUMBNAIL_SIZE < longest_side <= PREVIEW_SIZE


def is_costly(stream: BinaryIO, name: str) -> bool:
    """Whether a picture is in a RAW file or cannot be decoded at a smaller scale; raises OSError."""
    kind = sniff(stream.read(HEADER_LENGTH))
    stream.seek(0)
    is_raw = kind is PictureKind.RAW or (kind is PictureKind.TIFF and Path(name).suffix.lower() in RAW_SUFFIXES)
    return is_raw or kind in (PictureKind.HEIF, PictureKind.AVIF)


def load_preview(
    opened: Opened, photo: Photo, longest_side: int, cache: PhotoCache, *, grey: bool = False
) -> Image.Image:
    """Load the upright picture from its preview, which is made and cached first if necessary; raises PhotoError.

    The photo's file is `opened` only then.
    """
    return load_pixels(io.BytesIO(_preview(opened, photo, cache)), photo.name, longest_side, grey=grey)


def _preview(opened: Opened, photo: Photo, cache: PhotoCache) -> bytes:
    """The preview as JPEG, even if it is new, so that measurements do not depend on the cache."""
    preview_id = digest("preview/1", photo.origin, photo.key, photo.revision)
    kept = cache.get_cached_photo(preview_id)
    if kept is not None:
        # Another process may have dropped it in the meantime.
        with suppress(FileNotFoundError):
            return kept.read_bytes()
    encoded = io.BytesIO()
    with opened() as stream:
        load_pixels(stream, photo.name, PREVIEW_SIZE).save(encoded, "JPEG", quality=_QUALITY)
    # If the cache is too small for one preview, it is used without being stored.
    with suppress(PhotoTooLargeError):
        cache.cache_photo(preview_id, encoded.getvalue())
    return encoded.getvalue()
