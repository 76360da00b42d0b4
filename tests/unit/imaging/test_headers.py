"""What is claimed before the pixels is refused by name before it takes time or memory, in every format."""

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO

import pytest
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.imaging.guards import MOST_SCANS
from bestshot.imaging.load import load_pixels, open_image
from bestshot.metadata.exif import read_exif
from tests.support.drawn_pictures import difference, drawn, saved
from tests.support.each import every

Entry = tuple[int, int, int, int]
"""The tag, the type, the count, and the value or where it is."""

PICTURE: tuple[Entry, ...] = (
    (256, 4, 1, 64),
    (257, 4, 1, 48),
    (258, 3, 1, 8),
    (259, 3, 1, 1),
    (262, 3, 1, 1),
    (273, 4, 1, 8),
    (277, 3, 1, 1),
    (278, 4, 1, 48),
    (279, 4, 1, 3072),
)
LONGS, FRACTIONS, BYTES = 4, 5, 7


def directory(entries: Sequence[Entry], behind: bytes = b"", following: int = 0) -> bytes:
    packed = b"".join(struct.pack("<HHLL", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + struct.pack("<L", following) + behind


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(ahead: bytes = b"", behind: bytes = b"") -> bytes:
    content = saved(drawn(), "PNG").getvalue()
    return content[:33] + ahead + content[33:-12] + behind + content[-12:]


def jpeg(ahead: bytes = b"", **options: object) -> bytes:
    content = saved(drawn(), "JPEG", **options).getvalue()
    return content[:2] + ahead + content[2:]


def refusal(content: bytes, name: str = "a") -> str:
    with pytest.raises(PhotoError) as caught:
        read_exif(open_image(BytesIO(content), name), BytesIO(content))
    return str(caught.value)


class CountedReads(BytesIO):
    """A file that counts how often it is read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.count += 1
        return super().read(size)


SEGMENT = struct.pack(">H", 65_002) + bytes(65_000)


@every(
    "content",
    [
        jpeg((b"\xff\xe5" + SEGMENT) * 520),
        jpeg(b"\xff" * 200_000),
        png(chunk(b"prVt", bytes(17_000_000)) * 2),
        png(chunk(b"prVt") * 70_000),
    ],
)
def test_a_header_without_an_end_is_refused_after_a_bounded_number_of_reads(content: bytes) -> None:
    stream = CountedReads(content)
    with pytest.raises(PhotoError, match="has a header of more than 32 MB"):
        open_image(stream, "a")
    assert stream.count <= 32_000_000 / 256 + 2


def test_comments_of_a_gif_are_part_of_its_header() -> None:
    content = saved(drawn(), "GIF").getvalue()
    at = 13 + 3 * (2 << (content[10] & 7))
    comment = b"!\xfe" + (b"\xff" + b"x" * 255) * 130_000 + b"\0"
    assert refusal(content[:at] + comment + content[at:]) == "has a header of more than 32 MB"


@every(
    "tag, kind, count, size",
    [(0x829A, FRACTIONS, 200_000, 8), (0x8827, LONGS, 3_000_000, 4)],
)
def test_numbers_that_would_take_many_times_their_size_are_damage(tag: int, kind: int, count: int, size: int) -> None:
    block = directory([(tag, kind, count, 26)], bytes(count * size))
    content = png(chunk(b"eXIf", block))
    image = open_image(BytesIO(content), "a.png")
    assert read_exif(image, BytesIO(content)).is_damaged
    assert load_pixels(BytesIO(content), "a.png", 48).size == (48, 32)


def test_tags_that_claim_the_same_bytes_again_and_again_are_damage() -> None:
    entries = [(tag, BYTES, 700_000, 8) for tag in range(1, 1001)]
    content = png(chunk(b"eXIf", directory(entries, bytes(700_000))))
    assert read_exif(open_image(BytesIO(content), "a.png"), BytesIO(content)).is_damaged


def test_a_directory_of_more_tags_than_there_are_is_not_read() -> None:
    entry = struct.pack("<HHQ8s", 5000, BYTES, 4, b"abcd")
    stream = CountedReads(b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 100_000) + entry * 100_000)
    with pytest.raises(PhotoError, match="its TIFF header cannot be read"):
        open_image(stream, "a.tif")
    assert stream.count < 100


def test_fractions_of_a_tiff_are_counted_too() -> None:
    count = 150_000
    entries = [*PICTURE, (0x829A, FRACTIONS, count, 8 + 2 + 12 * 10 + 4)]
    assert refusal(directory(entries, bytes(8 * count)), "a.tif") == (
        "is cut off or damaged: its TIFF header cannot be read"
    )


@every(
    "entries, following",
    [
        (PICTURE, 8),  # the next page is this one
        ((*PICTURE, (330, 4, 1, 8)), 8),  # and so is its smaller version
        ((*PICTURE, (0x8769, 4, 1, 8), (0x8825, 4, 1, 8)), 8),  # and its EXIF
    ],
)
def test_directories_that_lead_to_themselves_are_read_once(entries: Sequence[Entry], following: int) -> None:
    content = directory(entries, bytes(4000), following)
    stream = CountedReads(content)
    read_exif(open_image(stream, "a.tif"), stream)
    assert load_pixels(stream, "a.tif", 64).size == (64, 48)
    assert stream.count < 200


@every(
    "kind, head",
    [(b"zTXt", b"k\0\0"), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0"), (b"iCCP", b"k\0\0")],
)
def test_what_inflates_to_more_than_a_megabyte_is_refused(kind: bytes, head: bytes) -> None:
    assert "Decompressed data too large" in refusal(png(chunk(kind, head + zlib.compress(bytes(5_000_000)))))


def test_many_texts_that_each_inflate_a_little_are_refused() -> None:
    packed = zlib.compress(bytes(900_000))
    texts = b"".join(chunk(b"zTXt", b"k%d\0\0" % number + packed) for number in range(100))
    assert "Too much memory used in text chunks" in refusal(png(texts))


def test_chunks_without_end_behind_the_pixels_are_refused() -> None:
    assert refusal(png(behind=chunk(b"prVt") * 500_001)) == "has more than 500000 chunks"


def test_a_jpeg_that_goes_over_its_picture_again_and_again_is_refused() -> None:
    content = jpeg(progressive=True)
    first, last, end = content.index(b"\xff\xda"), content.rindex(b"\xff\xda"), content.rindex(b"\xff\xd9")
    again = content[:end] + content[last:end] * MOST_SCANS + content[end:]
    with pytest.raises(PhotoError, match="has more than 100 scans"):
        load_pixels(BytesIO(again), "a.jpg", 48)
    assert content.count(b"\xff\xda", first) < 20


def test_a_video_behind_a_progressive_jpeg_has_no_scans() -> None:
    content = jpeg(progressive=True)
    assert difference(load_pixels(BytesIO(content + b"\xff\xda" * 1000), "a.jpg", 48), drawn().resize((48, 32))) < 12


def claiming(kind: str, size: int) -> bytes:
    """A picture of 64 x 64 that claims to be so large in both directions."""
    content = bytearray(saved(Image.new("RGB", (64, 64)), kind).getvalue())
    where, form = {
        "PNG": (16, ">II"),
        "BMP": (18, "<ii"),
        "GIF": (6, "<HH"),
        "HEIF": (content.find(b"ispe") + 8, ">II"),
        "AVIF": (content.find(b"ispe") + 8, ">II"),
        "JPEG": (content.find(b"\xff\xc0") + 5, ">HH"),
    }[kind]
    struct.pack_into(form, content, where, size, size)
    if kind == "PNG":
        struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
    return bytes(content)


@every("kind", ["PNG", "BMP", "GIF", "HEIF", "AVIF", "JPEG", "TIFF"])
def test_four_gigapixels_are_refused_in_every_format(kind: str) -> None:
    size = 65_500 if kind == "JPEG" else 65_535
    sides = ((256, 4, 1, size), (257, 4, 1, size))
    content = directory([*sides, *PICTURE[2:]], bytes(4000)) if kind == "TIFF" else claiming(kind, size)
    assert refusal(content).startswith((f"claims {size} x {size} pixels", "is cut off or damaged: "))


def test_of_an_animation_only_the_first_picture_is_read() -> None:
    content = saved(drawn(), "GIF").getvalue()
    at = content.index(b",", 13 + 3 * (2 << (content[10] & 7)))
    stream = CountedReads(content[:-1] + content[at:-1] * 20_000 + b";")
    assert load_pixels(stream, "a.gif", 96).size == (96, 64)
    assert stream.count < 200


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def heic(inside: bytes) -> bytes:
    handler = box(b"hdlr", bytes(8) + b"pict" + bytes(13))
    return box(b"ftyp", b"heic\0\0\0\0heicmif1") + box(b"meta", bytes(4) + handler + inside)


def nested(kind: bytes, depth: int) -> bytes:
    return b"".join(struct.pack(">I", 8 * (depth - level)) + kind for level in range(depth))


@every("kind", [b"iprp", b"dinf", b"ipco", b"meta"])
def test_boxes_in_boxes_without_end_are_refused(kind: bytes) -> None:
    assert refusal(heic(nested(kind, 100_000))).startswith("is cut off or damaged: ")


def test_a_hundred_thousand_items_that_refer_to_each_other_are_refused() -> None:
    count = 100_000
    items = b"".join(box(b"infe", struct.pack(">BxxxIH", 3, number, 0) + b"hvc1\0") for number in range(1, count + 1))
    names = box(b"iinf", struct.pack(">BxxxI", 1, count) + items)
    references = box(b"dimg", struct.pack(">IH", 1, 65_535) + struct.pack(">I", 1) * 65_535)
    primary = box(b"pitm", struct.pack(">BxxxI", 1, 1))
    assert refusal(heic(primary + names + box(b"iref", b"\1\0\0\0" + references))).startswith("is cut off or damaged: ")


@every("mode", ["LA", "RGBA"])
def test_see_through_pictures_are_laid_on_white_whatever_the_scale(mode: str) -> None:
    picture = Image.new(mode, (96, 64), (0,) * (len(mode) - 1) + (128,))
    assert load_pixels(saved(picture, "PNG"), "a", 48).getpixel((20, 20)) == (127, 127, 127)
