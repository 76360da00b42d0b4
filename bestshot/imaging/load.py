"""Decoding bytes into upright pixels of the requested size."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from PIL.WebPImagePlugin import WebPImageFile

from bestshot.errors import PhotoError
from bestshot.imaging.guards import (
    JPEG_PIXELS,
    MOST_SCANS,
    OTHER_PIXELS,
    ROOM,
    WEBP_PIXELS,
    check_size,
    decoding,
    translating,
)
from bestshot.imaging.headers import Header, read_whole
from bestshot.imaging.jpeg_damage import grey_if_sound
from bestshot.imaging.plain_jpeg import UnusualError, read_jpeg
from bestshot.imaging.raw import raw_preview
from bestshot.imaging.tiff import check_header, check_tiff, is_dng, is_signed, is_white_zero
from bestshot.model.formats import HEADER_LENGTH, RAW_SUFFIXES, UNSUPPORTED_SUFFIXES, PictureKind, sniff, suffix_of
from bestshot.resampling.large import REDUCING_GAP, lanczos_resized
from bestshot.resampling.small import Pixels, lanczos, resized

# The C library keeps what it gave out in smaller blocks, so four threads would keep what four pictures take.
Image.core.set_block_size(1 << 26)  # type: ignore[attr-defined] # which Pillow does not export
# Replaced by our own limits, which depend on the kind of picture and are reported as sentences.
Image.MAX_IMAGE_PIXELS = None

GreyDecoder = Callable[[bytes, tuple[int, int]], npt.NDArray[np.uint8] | None]
JpegDecoder = Callable[[tuple[int, int], str], npt.NDArray[np.uint8] | None]

_HEIF_BOXES_LENGTH = 65536
"""Bytes in which the boxes before the coded pixels are searched; a picture of many tiles needs some 10 kB."""

RESTORED = "restored orientation"
"""Where the info of a HEIF picture has the orientation that is restored to it."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Their decoders read the whole file and make room for its pixels when they open it.
_TAKE_ROOM_EARLY = frozenset({PictureKind.WEBP, PictureKind.AVIF, PictureKind.HEIF})
_YCC = 1
"""How an Adobe marker says that colours are stored as nearly all JPEGs have them, as luma and differences from it."""
_WITH_ALPHA = frozenset({"RGBA", "LA"})
_FEW_PIXELS = 128
"""Along a side; a product of matrices grows faster than what Pillow does."""
# What begins a scan of a JPEG, and what ends the picture; within a scan, neither stands.
_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_CHUNK_BYTES = 1 << 20

# Possible values of white in pixels of more than 8 bits, whose files do not state it.
_WHITES = {"I": (4095.0, 65535.0), "F": (1.0, 255.0, 65535.0)}
_SIGNED_WHITE = 32767.0


def open_image(stream: BinaryIO, name: str) -> Image.Image:
    """Read the header of a picture, whose kind is detected from its content; pixels are not decoded.

    A TIFF-based raw photo is opened as TIFF, for its EXIF.

    Raises:
        PhotoError: it is empty, not a picture, damaged, or claims too many pixels; the message lacks the name.
        TransientError: the disk failed.
    """
    with decoding():
        kind = _kind_of(stream, name)
        if kind is PictureKind.HEIF:
            _register_heif()
        # face_recognition switches this on for the whole process; a truncated picture would pass as complete.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        pillow_format = "TIFF" if kind is PictureKind.RAW else kind.name
        header = Header(stream, kind)
        opened = cast("BinaryIO", header)
        try:
            image = Image.open(opened, formats=[pillow_format])
        except UnidentifiedImageError as error:
            if kind is PictureKind.TIFF:
                check_header(stream)
            raise PhotoError(f"is cut off or damaged: its {kind.value} header cannot be read") from error
        header.whole()
        if image.fp is opened:  # a decoder in Python reads byte by byte
            image.fp = stream
        check_size(image.size, _limit_of(image))
        if kind is PictureKind.TIFF:
            check_tiff(image)
        if kind is PictureKind.HEIF:
            _restore_orientation(image, stream)
        return image


def load_pixels(stream: BinaryIO, name: str, longest_side: int, *, grey: bool = False) -> Image.Image:
    """Decode a picture upright, as RGB or L, scaled down to at most this many pixels along its longest side.

    It is never enlarged. Transparency becomes white; of an animation the first frame is used, of a raw photo the
    preview.

    Raises:
        PhotoError: it is empty, not a picture, damaged, or claims too many pixels; the message lacks the name.
        TransientError: the disk failed.
    """
    mode = "L" if grey else "RGB"
    with translating():
        kind = _kind_of(stream, name)
        if grey and kind is PictureKind.JPEG:
            picture = load_ordinary(stream, longest_side, grey_if_sound)
            if picture is not None:
                return picture
    with decoding():
        if kind in _TAKE_ROOM_EARLY:
            with ROOM.taken(OTHER_PIXELS):
                image, orientation = _open_viewable(stream, name)
                target = _fitted(image.size, longest_side)
                image.draft(mode, target)  # of HEIF the thumbnail is used
                return _decoded(image, orientation, target, mode)
        image, orientation = _open_viewable(stream, name)
        check_scans(image)
        stored, target = image.size, _fitted(image.size, longest_side)
        image.draft(mode, target)  # JPEG is decoded at 1/2, 1/4 or 1/8
        with ROOM.taken(_needed(image, stored)):
            return _decoded(image, orientation, target, mode)


def load_ordinary(stream: BinaryIO, longest_side: int, decode: GreyDecoder) -> Image.Image | None:
    """Load an ordinary JPEG in grey as Pillow does, which takes much longer to read its header; None for any other.

    `decode` is given the file and the size to which the picture is scaled while it is decoded; it may refuse, by None.
    """
    try:
        header = read_jpeg(stream)
        turn = _TURNS.get(header.orientation)
    except UnusualError:
        return None
    target = _fitted(header.size, longest_side)
    scaled = _drafted(header.size, target)
    if header.is_progressive:
        return None
    with ROOM.taken(scaled[0] * scaled[1]):
        pixels = decode(read_whole(stream), scaled)
        if pixels is None:
            return None
        shrunk = _shrunk_grey(pixels, target)
    return shrunk if turn is None else shrunk.transpose(turn)


def _decoded(image: Image.Image, orientation: int, target: tuple[int, int], mode: str) -> Image.Image:
    image.load()
    turn = _turn_of(image, orientation)
    shrunk = _shrunk(_resizable(image), target)
    pixels = (_of_deep(shrunk, image) if shrunk.mode in _WHITES else _eight_bit(shrunk)).convert(mode)
    return pixels if turn is None else pixels.transpose(turn)


def load_jpeg(stream: BinaryIO, name: str, longest_side: int, mode: str, decode: JpegDecoder) -> Image.Image | None:
    """Load a JPEG as `load_pixels` does, from pixels that `decode` makes; None if it makes none, or may not know how.

    `decode` is given the size to which the picture is scaled while it is decoded, and the mode of the pixels. Pictures
    whose colours an Adobe marker explains are left to Pillow, unless they are the usual ones.

    Raises:
        PhotoError: it is damaged, or claims too many pixels; the message lacks the name.
        TransientError: the disk failed.
    """
    with decoding():
        image = open_image(stream, name)
        check_scans(image)
        if image.mode not in ("L", "RGB") or image.info.get("adobe_transform", _YCC) != _YCC:
            return None
        stored, target = image.size, _fitted(image.size, longest_side)
        image.draft(mode, target)
        with ROOM.taken(_needed(image, stored)):
            pixels = decode(image.size, image.mode)
            if pixels is None:
                return None
            shrunk = _shrunk(Image.fromarray(pixels), target).convert(mode)
        turn = _turn_of(image, 1)
        return shrunk if turn is None else shrunk.transpose(turn)


def _kind_of(stream: BinaryIO, name: str) -> PictureKind:
    stream.seek(0)
    header = stream.read(HEADER_LENGTH)
    if not header:
        raise PhotoError("is empty")
    kind = sniff(header)
    suffix = suffix_of(name)
    if suffix in RAW_SUFFIXES and kind in (None, PictureKind.TIFF):
        return PictureKind.RAW
    if kind is None and suffix in UNSUPPORTED_SUFFIXES:
        raise PhotoError(f"is a {suffix} picture, a kind that is not supported")
    if kind is None:
        raise PhotoError("is not a picture, whatever its name says")
    return kind


def _open_viewable(stream: BinaryIO, name: str) -> tuple[Image.Image, int]:
    """Open the picture, or the preview of a raw photo; also returns the orientation to use if it states none."""
    if _kind_of(stream, name) is not PictureKind.RAW:
        image = open_image(stream, name)
        if not is_dng(image):
            return image, 1
    preview = raw_preview(stream)
    return open_image(BytesIO(preview.data), name), preview.orientation


def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()


def _restore_orientation(image: Image.Image, stream: BinaryIO) -> None:
    """Restore the EXIF orientation that pillow_heif removed from a HEIF picture, if nothing else turns it.

    The container's own rotation (`irot`, `imir`) takes precedence over EXIF, and MIAF forbids EXIF to turn anything.
    Some phone apps wrote neither; such a file is upright by its EXIF.
    """
    stated = image.info.get("original_orientation")
    if stated in _TURNS:
        stream.seek(0)
        boxes = stream.read(_HEIF_BOXES_LENGTH)
        if not any(box in boxes for box in (b"irot", b"imir", b"miaf")):
            image.getexif()[ExifTags.Base.Orientation] = image.info[RESTORED] = stated


def _limit_of(image: Image.Image) -> int:
    if isinstance(image, WebPImageFile):
        return WEBP_PIXELS
    is_scalable = isinstance(image, JpegImageFile) and not _is_progressive(image)
    return JPEG_PIXELS if is_scalable else OTHER_PIXELS


def _is_progressive(image: Image.Image) -> bool:
    """Whether it is a JPEG that is completely in memory while it is decoded, at any scale."""
    return "progressive" in image.info


def _needed(image: Image.Image, stored: tuple[int, int]) -> int:
    """How many pixels will be in memory, once it is known at which scale the picture is decoded."""
    width, height = stored if _is_progressive(image) else image.size
    return width * height


def check_scans(image: Image.Image) -> None:
    """Refuse a JPEG that goes over its picture again and again; it has been read up to its first scan."""
    if not (isinstance(image, JpegImageFile) and _is_progressive(image) and image.fp):
        return
    scans, last = 1, b""
    while chunk := image.fp.read(_CHUNK_BYTES):
        data = last + chunk
        end = data.find(_END)  # what stands behind, such as a video, is no part of the picture
        scans += data.count(_SCAN, 0, len(data) if end < 0 else end)
        if scans > MOST_SCANS:
            raise PhotoError(f"has more than {MOST_SCANS} scans, each of which would go over the whole picture")
        if end >= 0:
            break
        last = data[-1:]


def _fitted(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    scale = min(1.0, longest_side / max(size))
    width, height = size
    return max(1, round(width * scale)), max(1, round(height * scale))


def _drafted(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    """The size at which Pillow has a JPEG decoded that is to be scaled down to a target."""
    room = min(length // wanted for length, wanted in zip(size, target, strict=True))
    scale = next(scale for scale in (8, 4, 2, 1) if scale <= max(1, room))
    width, height = (-(-length // scale) for length in size)
    return width, height


def _turn_of(image: Image.Image, default: int) -> Image.Transpose | None:
    """The rotation that remains to be done after loading; TIFF and HEIF are already upright by then."""
    try:
        with decoding():
            return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, default))
    except PhotoError:
        return _TURNS.get(default)  # a picture with damaged EXIF is still usable


def is_upright(image: Image.Image) -> bool:
    """Whether an open picture, neither raw nor HEIF, is shown as it is stored."""
    return _turn_of(image, 1) is None


def _resizable(image: Image.Image) -> Image.Image:
    """Convert the pixels to a mode that Pillow can interpolate."""
    if image.mode.startswith("I;16"):
        return image.convert("I")
    if image.has_transparency_data and image.mode not in _WITH_ALPHA:  # to convert it into what it is would copy it
        return image.convert("RGBA")
    if image.mode in ("1", "P"):
        return image.convert("L" if image.mode == "1" else "RGB")
    return image


def _shrunk(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    if image.size == target:
        return image
    if image.mode in _WHITES:  # which must not overshoot at edges, since white is derived from the brightest one
        return image.resize(target, Image.Resampling.BOX, reducing_gap=REDUCING_GAP)
    return lanczos_resized(image, target)


def _shrunk_grey(pixels: Pixels, target: tuple[int, int]) -> Image.Image:
    """What `_shrunk` gives, which spends more on weights than on pixels where these are few."""
    size = pixels.shape[::-1]
    is_near = all(length < 2 * REDUCING_GAP * wanted for length, wanted in zip(size, target, strict=True))
    if size == target or max(size) > _FEW_PIXELS or not is_near:
        return _shrunk(Image.fromarray(pixels), target)
    return Image.fromarray(resized(pixels, target, lanczos))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Convert the pixels to a mode without alpha that Pillow can convert to RGB and L."""
    if image.mode == "LAB":
        return _rgb_of_lab(image)
    if image.mode in _WITH_ALPHA:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper
    return image


def _of_deep(pixels: Image.Image, opened: Image.Image) -> Image.Image:
    """Convert deep pixels of an open picture to 8 bits of grey."""
    grey = _scaled_to_white(pixels, (_SIGNED_WHITE,) if is_signed(opened) else _WHITES[pixels.mode])
    return ImageOps.invert(grey) if is_white_zero(opened) else grey


def _scaled_to_white(image: Image.Image, whites: Sequence[float]) -> Image.Image:
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    brightest = values.max()
    white = next((white for white in whites if brightest <= white), brightest)
    return Image.fromarray(np.clip(np.rint(values * (255.0 / white)), 0, 255).astype(np.uint8))


def _rgb_of_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms  # which hardly any picture needs

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(image)
