"""Which files are photos: by suffix before they are opened, by their first bytes after."""

from enum import Enum
from pathlib import PurePath

# fmt: off
PHOTO_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif",
    ".heic", ".heif", ".hif", ".avif",
})
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef",
    ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
    ".x3f",
})
VIDEO_SUFFIXES = frozenset({".mov", ".mp4"})
SIDECAR_SUFFIXES = frozenset({".aae", ".xmp"})
"""Of what travels with a photo, and is nothing but that; a JSON file may be anything."""
# fmt: on
UNSUPPORTED_SUFFIXES = frozenset({".jp2", ".j2k", ".jpx", ".jxl", ".psd"})
"""Pictures that nothing here decodes; they are reported rather than passed over in silence."""

HEADER_LENGTH = 64
"""Bytes that `sniff` wants to see; an ISO media file lists its brands within them."""


class PictureKind(Enum):
    """How a picture is coded. RAW means the kinds that are plain from their first bytes.

    Most raw files are TIFF files to their first bytes; their suffix or their tags tell them apart.
    """

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    BMP = "BMP"
    GIF = "GIF"
    HEIF = "HEIF"
    AVIF = "AVIF"
    RAW = "raw"


# Raw before TIFF: a CR2 is both. Pillow also reads TIFF files whose two bytes of version are swapped.
_MAGIC = (
    (0, b"FUJIFILMCCD-RAW", PictureKind.RAW),
    (0, b"IIRO", PictureKind.RAW),  # Olympus ORF
    (0, b"IIRS", PictureKind.RAW),
    (0, b"MMOR", PictureKind.RAW),
    (0, b"IIU\0", PictureKind.RAW),  # Panasonic RW2, Leica RWL
    (0, b"FOVb", PictureKind.RAW),  # Sigma X3F
    (0, b"\0MRM", PictureKind.RAW),  # Minolta
    (6, b"HEAPCCDR", PictureKind.RAW),  # Canon CRW
    (8, b"CR\2", PictureKind.RAW),  # Canon CR2
    (0, b"\xff\xd8\xff", PictureKind.JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PictureKind.PNG),
    (0, b"GIF87a", PictureKind.GIF),
    (0, b"GIF89a", PictureKind.GIF),
    (0, b"II*\0", PictureKind.TIFF),
    (0, b"MM\0*", PictureKind.TIFF),
    (0, b"II\0*", PictureKind.TIFF),
    (0, b"MM*\0", PictureKind.TIFF),
    (0, b"II+\0", PictureKind.TIFF),
    (0, b"MM\0+", PictureKind.TIFF),
)
_BMP_HEADER_SIZES = frozenset({12, 40, 52, 56, 64, 108, 124})
# Brands of HEIF (ISO/IEC 23008-12), of AV1 in it, and of Canon's CR3; the open ones leave the codec open.
_BRANDS = {
    b"avif": PictureKind.AVIF,
    b"avis": PictureKind.AVIF,
    b"crx ": PictureKind.RAW,
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), PictureKind.HEIF),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), PictureKind.HEIF),
}
_OPEN_BRANDS = frozenset({b"mif1", b"msf1", b"miaf"})


def suffix_of(name: str) -> str:
    """The suffix in lower case with its dot; empty if there is none."""
    return PurePath(name).suffix.lower()


def sniff(header: bytes) -> PictureKind | None:
    """Tell a picture by its first HEADER_LENGTH bytes; None if they are not those of a known picture."""
    for offset, magic, kind in _MAGIC:
        if header.startswith(magic, offset):
            return kind
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return PictureKind.WEBP
    if header[:2] == b"BM" and int.from_bytes(header[14:18], "little") in _BMP_HEADER_SIZES:
        return PictureKind.BMP  # two letters alone begin many a text
    if header[4:8] == b"ftyp":
        return _kind_of_brands(header)
    return None


def _kind_of_brands(header: bytes) -> PictureKind | None:
    """Read the major brand, then the compatible ones behind four bytes of version, to the end of the box."""
    end = min(int.from_bytes(header[:4], "big"), len(header))
    brands = [header[8:12], *(header[start : start + 4] for start in range(16, end, 4))]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
    return PictureKind.HEIF if _OPEN_BRANDS.intersection(brands) else None
