"""Damage that a picture's decoder passes over, in words."""

import zlib
from typing import BinaryIO, Final

from PIL import ExifTags, Image

from bestshot.errors import PhotoError
from bestshot.imaging.guards import ROOM, decoding
from bestshot.imaging.headers import read_whole
from bestshot.imaging.jpeg_damage import Pixels, checked_grey, jpeg_damage, pixels_if_sound
from bestshot.imaging.load import check_scans, load_jpeg, load_ordinary, load_pixels, open_image
from bestshot.model.formats import HEADER_LENGTH, PictureKind, sniff

_SIGNATURE_BYTES: Final = 8
_END: Final = b"IEND"

# Where the rows from one on are in the upright picture, by its orientation, and whether they are counted from the end.
_SIDES: Final = {
    1: ("below line", False),
    2: ("below line", False),
    3: ("above line", True),
    4: ("above line", True),
    5: ("right of column", False),
    6: ("left of column", True),
    7: ("left of column", True),
    8: ("right of column", False),
}


def load_checked(
    stream: BinaryIO, name: str, longest_side: int, *, grey: bool = False
) -> tuple[Image.Image, str | None]:
    """Load a picture as `load_pixels` does, and say what is wrong with its file as `damage_of` does.

    A JPEG that is sound is decoded only once for both: so are nearly all.

    Raises:
        PhotoError: it is no picture, or cannot be decoded at all; the message lacks the name.
        TransientError: the disk failed.
    """

    def decode(size: tuple[int, int], mode: str) -> Pixels | None:
        return pixels_if_sound(read_whole(stream), size, mode)

    picture = None
    with decoding():
        is_jpeg = _kind_of(stream) is PictureKind.JPEG
        if is_jpeg and grey:
            picture = load_ordinary(stream, longest_side, checked_grey)
    if is_jpeg and picture is None:
        picture = load_jpeg(stream, name, longest_side, "L" if grey else "RGB", decode)
    if picture is not None:
        return picture, None
    return load_pixels(stream, name, longest_side, grey=grey), damage_of(stream, name)


def damage_of(stream: BinaryIO, name: str) -> str | None:
    """What is wrong with a picture that can be decoded, such as "is damaged below line 1,920"; None if nothing is seen.

    The decoders of JPEG fill what is lost, those of the other kinds refuse it or cannot know; PNG has checksums.

    Raises:
        PhotoError: it is no picture, or cannot be decoded at all; the message lacks the name.
        TransientError: the disk failed.
    """
    with decoding():
        kind = _kind_of(stream)
        if kind is PictureKind.JPEG:
            return _of_jpeg(stream, name)
        if kind is PictureKind.PNG:
            stream.seek(0)
            return None if _has_right_checksums(stream) else "is damaged: its checksums are wrong"
        return None


def _kind_of(stream: BinaryIO) -> PictureKind | None:
    stream.seek(0)
    return sniff(stream.read(HEADER_LENGTH))


def _of_jpeg(stream: BinaryIO, name: str) -> str | None:
    image = open_image(stream, name)
    check_scans(image)
    with ROOM.taken(image.width * image.height):
        damage = jpeg_damage(read_whole(stream))
    if damage is None:
        return None
    if not damage.row:
        return "is damaged"
    try:
        with decoding():
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except PhotoError:
        orientation = 1  # as it is shown where its EXIF is damaged
    side, is_from_end = _SIDES.get(orientation, _SIDES[1])
    return f"is damaged {side} {image.height - damage.row if is_from_end else damage.row:,}"


def _has_right_checksums(stream: BinaryIO) -> bool:
    """Whether each chunk of a PNG that its picture needs is as its checksum says."""
    data = read_whole(stream)
    place = _SIGNATURE_BYTES
    while place < len(data):
        length, kind = data[place : place + 4], data[place + 4 : place + 8]
        end = place + 8 + int.from_bytes(length, "big")
        is_needed = kind[:1].isupper()
        if is_needed and zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return False
        if kind == _END:
            break
        place = end + 4
    return True
