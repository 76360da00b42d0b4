"""Which files are photos: by suffix before they are opened, by their first bytes afterwards."""

from enum import Enum
from unicodedata import normalize

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
VIDEO_SUFFIXES = frozenset({".mov", ".mp4", ".m4v", ".mp", ".mv"})
SIDECAR_SUFFIXES = frozenset({".aae", ".xmp", ".pp3", ".dop", ".on1"})
"""Suffixes of sidecars only; a JSON file may be a sidecar or anything else."""
# fmt: on
UNSUPPORTED_SUFFIXES = frozenset({".jp2", ".j2k", ".jpx", ".jxl", ".psd"})
"""Suffixes of pictures that cannot be decoded here; they are reported instead of silently ignored."""

HEADER_LENGTH = 64
"""Bytes that `sniff` needs; an ISO media file lists its brands within them."""


class PictureKind(Enum):
    """How a picture is encoded.

    Most raw files look like TIFF files by their first bytes; RAW means the others. Only the suffix or the tags identify
    the former.
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
# Brands of HEIF (ISO/IEC 23008-12), of AV1 in it, and of Canon's CR3. Generic brands do not determine the codec.
_BRANDS = {
    b"avif": PictureKind.AVIF,
    b"avis": PictureKind.AVIF,
    b"crx ": PictureKind.RAW,
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), PictureKind.HEIF),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), PictureKind.HEIF),
}
_FILM_BOXES = frozenset({b"moov", b"mdat", b"wide"})
_GENERIC_BRANDS = frozenset({b"mif1", b"msf1", b"miaf"})


def suffix_of(name: str) -> str:
    """The suffix of a file's name in lower case with its dot; empty if there is none."""
    stem, _, ending = name.rpartition(".")
    return f".{ending.lower()}" if stem and ending else ""


def folded(name: str) -> str:
    """A name as it is compared with others: in lower case and composed, as Macs decompose accents and others do not."""
    lower = name.lower()
    return lower if lower.isascii() else normalize("NFC", lower)


def is_film(header: bytes) -> bool:
    """Whether a file that begins so is a film in an ISO or QuickTime container."""
    return header[4:8] in _FILM_BOXES or (header[4:8] == b"ftyp" and sniff(header) is None)


def sniff(header: bytes) -> PictureKind | None:
    """Identify a picture by its first HEADER_LENGTH bytes; None if it is none of the known kinds."""
    for offset, magic, kind in _MAGIC:
        if header.startswith(magic, offset):
            return kind
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return PictureKind.WEBP
    if header[:2] == b"BM" and int.from_bytes(header[14:18], "little") in _BMP_HEADER_SIZES:
        return PictureKind.BMP  # "BM" alone may start a text file
    if header[4:8] == b"ftyp":
        return _kind_of_brands(header)
    return None


def _kind_of_brands(header: bytes) -> PictureKind | None:
    """Decide by the major brand, then by the compatible ones that follow four bytes of version in the box."""
    end = min(int.from_bytes(header[:4], "big"), len(header))
    brands = [header[8:12], *(header[start : start + 4] for start in range(16, end, 4))]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
    return PictureKind.HEIF if _GENERIC_BRANDS.intersection(brands) else None
