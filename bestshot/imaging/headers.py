"""Headers bounded in time and memory: what stands before the pixels, and the directories of TIFF and EXIF."""

import io
import struct
from typing import IO, BinaryIO, Final

from PIL import TiffImagePlugin

from bestshot.errors import PhotoError
from bestshot.model.formats import PictureKind
from bestshot.storage.opening import read_at_most

_HEADER_BYTES: Final = 32_000_000
"""Before the pixels of a JPEG, PNG, GIF or BMP: a depth map or the second half of a 3D photo takes some MB there."""

WHOLE_BYTES: Final = 512_000_000
"""For what is read whole by its decoder, and for TIFF, in which Photoshop keeps layers in a tag."""

_READ_WHOLE = frozenset((PictureKind.WEBP, PictureKind.AVIF, PictureKind.HEIF, PictureKind.TIFF, PictureKind.RAW))

_LEAST_COST: Final = 256
"""Bytes that any read counts as: reading byte by byte takes a thousand times as long as reading at once."""

_MOST_TAGS: Final = 1 << 16
_MOST_NUMBERS: Final = 2_000_000
"""In one directory: a picture of 160 megapixels in tiles of 16 x 16 has a place and a length for each of 625,000."""
_MOST_FRACTIONS: Final = 100_000
"""In one directory: Pillow takes 250 bytes for each, and the longest list that is defined has twelve."""
_FRACTIONS = frozenset({5, 10})
_TEXTS = frozenset({1, 2, 6, 7})
"""The types whose values Pillow keeps as bytes or text; any number takes 36 bytes of memory."""


def read_whole(stream: BinaryIO) -> bytes:
    """Everything from the beginning on, up to WHOLE_BYTES."""
    stream.seek(0)
    return read_at_most(stream, WHOLE_BYTES)


class Header(io.BufferedIOBase):
    """A picture's stream that gives no more than a header takes, until it is `whole`."""

    def __init__(self, stream: BinaryIO, kind: PictureKind) -> None:
        self._stream = stream
        self._left: int | None = WHOLE_BYTES if kind in _READ_WHOLE else _HEADER_BYTES
        self._limit = self._left

    def whole(self) -> None:
        """Give everything from now on: the header has been read."""
        self._left = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as the stream does; raises PhotoError where the header is too long."""
        if self._left is None:
            return self._stream.read(-1 if size is None else size)
        most = self._left + 1
        data = read_at_most(self._stream, most) if size is None or size < 0 else self._stream.read(min(size, most))
        self._left -= max(len(data), _LEAST_COST)
        if self._left < 0:
            raise PhotoError(f"has a header of more than {self._limit // 1_000_000} MB")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Seek as the stream does."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """Where the stream is."""
        return self._stream.tell()

    def fileno(self) -> int:
        """The stream's file, from which libtiff reads."""
        return self._stream.fileno()

    def readable(self) -> bool:
        """It is read from, and nothing else."""
        return True

    def seekable(self) -> bool:
        """As pictures have to be."""
        return True


class BoundedDirectory(TiffImagePlugin.ImageFileDirectory_v2):
    """A directory of tags that is loaded only if it fits into its file and into the memory.

    Any number of entries may claim the same bytes, and each number in them takes many times its size in memory.
    """

    def load(self, fp: IO[bytes]) -> None:
        """Load the tags; raises SyntaxError, which Pillow and `read_exif` take as damage."""
        start = fp.tell()
        length = fp.seek(0, io.SEEK_END)
        fp.seek(start)
        self._check(fp, length)
        fp.seek(start)
        super().load(fp)

    def _check(self, fp: IO[bytes], length: int) -> None:
        entry = struct.Struct(self._endian + ("HHQ8x" if self._bigtiff else "HHL4x"))
        count = int.from_bytes(fp.read(8 if self._bigtiff else 2), "little" if self._endian == "<" else "big")
        if count > _MOST_TAGS:
            raise SyntaxError(f"a directory of {count} tags")
        entries = fp.read(count * entry.size)
        claimed = numbers = fractions = 0
        for _, kind, values in entry.iter_unpack(entries[: len(entries) // entry.size * entry.size]):
            size = values * self._load_dispatch[kind][0] if kind in self._load_dispatch else 0
            if 0 < size <= length:  # Pillow passes over the others
                claimed += size
                numbers += values if kind not in _TEXTS else 0
                fractions += values if kind in _FRACTIONS else 0
        if claimed > length + _HEADER_BYTES or numbers > _MOST_NUMBERS or fractions > _MOST_FRACTIONS:
            raise SyntaxError("a directory of tags that claim more than there is")


# Pillow looks the name up wherever it loads a directory: of TIFF, of EXIF in any picture, and for the resolution.
setattr(TiffImagePlugin, "ImageFileDirectory_v2", BoundedDirectory)  # noqa: B010 - a class is no variable for mypy
