"""Previews that stand for pictures which are costly to decode, kept in a cache."""

import io
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from bestshot.imaging.load import load_pixels
from bestshot.model.formats import HEADER_LENGTH, RAW_SUFFIXES, PictureKind, sniff
from bestshot.model.photo import Photo, digest
from bestshot.storage.picture_cache import PhotoCache, PhotoTooLargeError

_SIZE = 1280
"""Longest side in pixels."""

_QUALITY = 92

_THUMBNAIL_SIZE = 256
"""Up to this size the thumbnail that most HEIF and RAW files carry serves, a hundred times faster than the picture."""


def serves(longest_side: int) -> bool:
    """Whether a preview helps to get a picture of this size."""
    return _THUMBNAIL_SIZE < longest_side <= _SIZE


def is_costly(stream: BinaryIO, name: str) -> bool:
    """Whether a picture cannot be decoded at a smaller scale, or hides in a RAW file; raises OSError."""
    kind = sniff(stream.read(HEADER_LENGTH))
    stream.seek(0)
    is_raw = kind is PictureKind.RAW or (kind is PictureKind.TIFF and Path(name).suffix.lower() in RAW_SUFFIXES)
    return is_raw or kind in (PictureKind.HEIF, PictureKind.AVIF)


def load_preview(
    stream: BinaryIO, photo: Photo, longest_side: int, cache: PhotoCache, *, grey: bool = False
) -> Image.Image:
    """The upright picture out of its preview, which is made and kept if need be; raises PhotoError."""
    return load_pixels(io.BytesIO(_preview(stream, photo, cache)), photo.name, longest_side, grey=grey)


def _preview(stream: BinaryIO, photo: Photo, cache: PhotoCache) -> bytes:
    """The preview's JPEG; what is measured on it is the same whether it is new or kept."""
    preview_id = digest("preview/1", photo.origin, photo.key, photo.revision)
    kept = cache.get_cached_photo(preview_id)
    if kept is not None:
        # Another process may have dropped it by now, to make room.
        with suppress(FileNotFoundError):
            return kept.read_bytes()
    encoded = io.BytesIO()
    load_pixels(stream, photo.name, _SIZE).save(encoded, "JPEG", quality=_QUALITY)
    # A cache too small for one preview serves without keeping it.
    with suppress(PhotoTooLargeError):
        cache.cache_photo(preview_id, encoded.getvalue())
    return encoded.getvalue()
