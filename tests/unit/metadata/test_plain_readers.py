"""Lean and by Pillow, the same is read; and no more of a file than its header."""

import functools
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from bestshot.errors import PhotoError
from bestshot.imaging.load import open_image
from bestshot.imaging.plain_jpeg import JpegHeader, UnusualError, read_jpeg
from bestshot.metadata.exif import Exif, Tags, read_exif, read_sub_tags, sub_pictures
from bestshot.metadata.header import read_header
from bestshot.metadata.plain_exif import KINDS, plain_directory, plain_exif, plain_tiff
from tests.support.drawn_pictures import drawn, saved
from tests.support.each import every, for_each
from tests.unit.imaging.test_raw import drawn_dng, drawn_jpeg
from tests.unit.metadata.test_foreign_values import SIZES, block, entries, in_jpeg, texts
from tests.unit.metadata.test_read import SOUND, WHEN, exif_of, picture

RAW = drawn_dng(6, drawn_jpeg())
MAKE, VERSION, NORTH = (271, 2, b"Maker\0"), (36864, 7, b"0232"), (1, 2, b"N\0")
NOISE = Image.effect_noise((320, 240), 80).convert("RGB")

usual_numbers = st.sampled_from([0, 1, 2, 6, 8, 72, 250, 2**31, 2**32 - 1])


def written(tag: int, kind: int, numbers: list[int]) -> tuple[int, int, bytes]:
    """A tag as cameras write it: a text, or so many numbers as its type takes."""
    size = SIZES[kind]
    return (
        tag,
        kind,
        b"".join((number % (1 << 8 * min(size, 4))).to_bytes(min(size, 4), "little") for number in numbers),
    )


def of_kind(tag: int, kind: int) -> st.SearchStrategy[tuple[int, int, bytes]]:
    if kind == 2:
        return texts.map(lambda text: (tag, kind, text.encode("utf-8", "surrogatepass") + b"\0"))
    count = 2 if SIZES[kind] == 8 else 1
    return st.lists(usual_numbers, min_size=count, max_size=count).map(partial(written, tag, kind))


usual = st.sampled_from(sorted((tag, kind) for tag, kinds in KINDS.items() for kind in kinds if tag not in tuple(IFD)))
usual_entries = st.lists(usual.flatmap(lambda pair: of_kind(*pair)), max_size=12)


def said_of(tags: Tags) -> str:
    """All that metadata are made of, compared as text: an unknown number is not equal to itself."""
    return repr([(tag, tags.text(tag), tags.numbers(tag)) for tag in sorted(KINDS)])


def said(exif: Exif) -> tuple[bool, bool, str, str]:
    return exif.is_damaged, exif.is_turned, said_of(exif.tags), said_of(exif.gps)


def lean(content: bytes) -> tuple[JpegHeader, Exif] | None:
    with suppress(UnusualError):
        jpeg = read_jpeg(BytesIO(content))
        return jpeg, plain_exif(jpeg.exif, jpeg.xmp)
    return None


def is_read_alike(content: bytes) -> bool:
    """Whether this is read lean at all; fails if Pillow reads anything else in it, or refuses it."""
    with suppress(UnusualError):
        orientation = read_jpeg(BytesIO(content)).orientation
        assert orientation == open_image(BytesIO(content), "a.jpg").getexif().get(Base.Orientation, 1)
    found = lean(content)
    if found is None:
        return False
    jpeg, exif = found
    image = open_image(BytesIO(content), "a.jpg")
    assert (jpeg.size, jpeg.xmp) == (image.size, image.info.get("xmp"))
    assert said(exif) == said(read_exif(image, BytesIO(content)))
    return True


@settings(max_examples=150, deadline=None)
@given(st.one_of(entries, usual_entries), st.one_of(entries, usual_entries), st.one_of(entries, usual_entries))
def test_any_values_are_read_as_pillow_reads_them_or_left_to_it(
    main: list[tuple[int, int, bytes]], capture: list[tuple[int, int, bytes]], gps: list[tuple[int, int, bytes]]
) -> None:
    is_read_alike(in_jpeg(block(main, capture, gps)))


@settings(max_examples=50, deadline=None)
@given(usual_entries, usual_entries)
def test_what_cameras_write_is_read_lean(
    main: list[tuple[int, int, bytes]], capture: list[tuple[int, int, bytes]]
) -> None:
    version, latitude = (36864, 7, b"0232"), (2, 5, struct.pack("<6L", 47, 1, 30, 1, 0, 0))
    assert is_read_alike(in_jpeg(block(main, [version, *capture], [(1, 2, b"N\0"), latitude])))


DIALECTS = {
    "little": in_jpeg(
        block([(271, 2, b"Maker\0"), (274, 3, b"\6\0")], [(36867, 2, WHEN.encode() + b"\0")], [(1, 2, b"N\0")])
    ),
    "big": picture(SOUND),
    "with XMP": picture(SOUND, xmp=b'<x tiff:Orientation="6"/>'),
    "turned by XMP": picture(xmp=b'<x tiff:Orientation="8"/>'),
    "turned by XMP beside EXIF": picture(exif_of({Base.Make: "A"}), xmp=b"<tiff:Orientation>6</tiff:Orientation>"),
    "progressive": picture(SOUND, progressive=True, icc_profile=b"x" * 300, comment=b"x"),
    "by Photoshop": in_jpeg(SOUND.removeprefix(b"Exif\0\0")).replace(
        b"\xff\xdb", b"\xff\xed\0\x1cPhotoshop 3.0\0" + b"8BIM\4\4" + bytes(6) + b"\xff\xdb", 1
    ),
}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_of_any_damage_to_a_header_the_same_is_read_as_pillow_reads_or_nothing(data: st.DataObject) -> None:
    content = bytearray(DIALECTS[data.draw(st.sampled_from(sorted(DIALECTS)))])
    within = st.integers(2, content.index(b"\xff\xda") + 14)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(within)] = data.draw(st.one_of(st.sampled_from([0, 1, 2, 5, 7, 0xFF]), st.integers(0, 255)))
    cut = data.draw(st.one_of(st.none(), within))
    is_read_alike(bytes(content[:cut]))


def with_segment(marker: int, content: bytes) -> bytes:
    whole = DIALECTS["big"]
    return whole[:2] + bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content + whole[2:]


@every(
    "marker, content",
    [
        (0xE0, b"JFIF\0"),
        (0xE2, b"ICC_PROFILE\0"),
        (0xED, b"Photoshop 3.0\0" + b"8BIM\4\4"),
        (0xEE, b"Adobe\0"),
        (0xDB, b"\0" + b"\1" * 63),
        (0xC0, b"\x0c\0\1\0\1\1\1\x11\0"),
        (0xF0, b""),
    ],
)
def test_a_segment_on_which_pillow_may_fail_is_left_to_it(marker: int, content: bytes) -> None:
    assert lean(with_segment(marker, content)) is None


FRAME, SCAN = (DIALECTS["big"].index(marker) for marker in (b"\xff\xc0", b"\xff\xda"))


def with_bytes(place: int, put: bytes, instead_of: int | None = None) -> bytes:
    """A sound JPEG with other bytes at a place: instead of as many, or of as many as is said."""
    whole = DIALECTS["big"]
    return whole[:place] + put + whole[place + (len(put) if instead_of is None else instead_of) :]


@every(
    "content",
    [
        with_bytes(FRAME + 4, b"\x0c"),
        with_bytes(FRAME + 5, b"\0\0"),
        with_bytes(FRAME + 5, b"\xff\xff\xff\xff"),
        with_bytes(FRAME + 9, b"\2"),
        with_bytes(FRAME + 2, b"\0\x12" + DIALECTS["big"][FRAME + 4 : FRAME + 19] + b"\0", instead_of=17),
        with_bytes(FRAME, b"", instead_of=SCAN - FRAME),
        with_bytes(FRAME, DIALECTS["big"][FRAME : FRAME + 19], instead_of=0),
        with_bytes(FRAME, b"\xff", instead_of=0),
        with_bytes(0, b"\0"),
        DIALECTS["big"][: SCAN + 6],
        DIALECTS["big"][:SCAN],
    ],
)
def test_a_jpeg_that_is_not_as_the_standard_has_it_is_left_to_pillow(content: bytes) -> None:
    assert lean(content) is None


@every(
    "main, capture",
    [
        ([(296, 3, b"\2\0"), (282, 7, b"\1")], [VERSION]),
        ([(262, 3, b"\2\0\2\0")], [VERSION]),
        ([MAKE], []),
        ([MAKE], [(36867, 99, b"2024")]),
        ([MAKE], [(36867, 7, b"2024:01:31 10:00:00\0")]),
        ([MAKE], [(34855, 3, b"\0\1\0\0")]),
    ],
)
def test_exif_on_which_pillow_may_fail_is_left_to_it(
    main: list[tuple[int, int, bytes]], capture: list[tuple[int, int, bytes]]
) -> None:
    assert plain_exif(block([MAKE], [VERSION], [NORTH]), None)
    with pytest.raises(UnusualError):
        plain_exif(block(main, capture, [NORTH]), None)


def test_exif_whose_values_overlap_is_left_to_pillow() -> None:
    entries = b"".join(struct.pack("<HHLL", tag, 2, 60, 0) for tag in (271, 272, 305))
    with pytest.raises(UnusualError):
        plain_exif(b"II*\0\x08\0\0\0\3\0" + entries + bytes(50), None)


def test_real_photos_are_read_alike_and_nearly_all_lean(shared: Path) -> None:
    folders = ("formats", "fullsize", "bursts")
    photos = {str(path): path for folder in folders for path in sorted((shared / folder).rglob("*.jpg"))}
    were_lean: list[bool] = []
    for_each(photos, lambda name: were_lean.append(is_read_alike(photos[name].read_bytes())))
    assert were_lean.count(True) > 0.95 * len(were_lean)


def test_damaged_files_are_read_alike(shared: Path) -> None:
    photos = {str(path): path for path in sorted((shared / "hostile").rglob("*.jpg"))}
    for_each(photos, lambda name: is_read_alike(photos[name].read_bytes()))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_of_any_damage_to_a_raw_photo_the_same_is_read_as_pillow_reads_or_nothing(data: st.DataObject) -> None:
    content = bytearray(RAW)
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.one_of(st.integers(4, 400), st.integers(4, len(content) - 1)))
        content[place] = data.draw(st.one_of(st.sampled_from([0, 1, 2, 5, 7, 13, 0xFF]), st.integers(0, 255)))
    with suppress(UnusualError, PhotoError):
        image = open_image(BytesIO(content), "a.dng")
        found, by_pillow = plain_tiff(BytesIO(content), image.info.get("xmp")), read_exif(image, BytesIO(content))
        assert said(found) == said(by_pillow)
        places = sub_pictures(by_pillow)
        assert sub_pictures(found) == places
        further = [said_of(plain_directory(BytesIO(content), place)) for place in places]
        assert further == list(map(said_of, read_sub_tags(BytesIO(content), by_pillow, KINDS)))


def test_a_sound_raw_photo_is_read_lean() -> None:
    exif = plain_tiff(BytesIO(RAW))
    assert exif.tags.text(Base.Model) == "Drawn One"
    assert [tags.number(Base.ImageWidth) for tags in map(partial(plain_directory, BytesIO(RAW)), sub_pictures(exif))]


MUCH = 1 << 20


@every(
    "tag, kind, count, magic",
    [
        (Base.SubIFDs, 4, MUCH // 4, b"II*\0"),
        (GPS.GPSLatitude, 5, MUCH // 8, b"II*\0"),
        (Base.Software, 3, MUCH // 2, b"II*\0"),
        (Base.Make, 2, MUCH, b"II*\0"),
        (Base.Make, 2, 2 * MUCH, b"II*\0"),
        (Base.Make, 2, 10, b"II+\0"),
        (Base.Make, 2, 10, b"PK\3\4"),
    ],
)
def test_a_tiff_file_that_claims_much_or_is_of_another_kind_is_left_to_pillow(
    tag: int, kind: int, count: int, magic: bytes
) -> None:
    directory = struct.pack("<HHHLLL", 1, tag, kind, count, 64, 0)
    content = (magic + struct.pack("<L", 8) + directory).ljust(64, b"\0") + bytes(MUCH)
    with pytest.raises(UnusualError):
        plain_tiff(BytesIO(content))


@every("content", DIALECTS.values())
def test_every_dialect_of_jpeg_is_read_lean(content: bytes) -> None:
    assert is_read_alike(content)


class CountedReads(BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def bytes_read(content: bytes, read: Callable[[CountedReads], object]) -> int:
    stream = CountedReads(content)
    read(stream)
    return stream.count


def test_of_a_jpeg_only_what_stands_before_its_pixels_is_read() -> None:
    content = saved(NOISE, "JPEG", exif=SOUND, quality=95).getvalue()
    head = content.index(b"\xff\xda")
    assert bytes_read(content, lambda stream: read_header(stream, "a.jpg")) < head + 50 < len(content) // 50


@every("name", ["iphone_15_pro.heic", "iphone_7.heic"])
def test_of_a_heif_picture_of_a_phone_only_the_head_is_read(shared: Path, name: str) -> None:
    content = (shared / "formats" / "photoprism" / name).read_bytes()
    assert bytes_read(content, lambda stream: read_header(stream, "a.heic")) < 200_000 < len(content) // 3
    image = open_image(BytesIO(content), "a.heic")
    found, exif = read_header(BytesIO(content), "a.heic"), read_exif(image, BytesIO(content))
    assert found.size == (image.size[::-1] if exif.is_turned else image.size)
    assert found.xmp == image.info.get("xmp")
    assert said(found.exif) == said(exif)


@every(
    "change",
    [
        lambda content: content + box(b"free", bytes(8)),
        lambda content: content + bytes(4),
        lambda content: content[:-1000],
    ],
)
def test_a_heif_picture_that_does_not_end_with_its_pixels_is_read_whole(
    shared: Path, change: Callable[[bytes], bytes]
) -> None:
    content = change((shared / "formats" / "photoprism" / "iphone_15_pro.heic").read_bytes())
    assert bytes_read(content, lambda stream: read_header(stream, "a.heic")) > len(content)


def test_exif_behind_the_pixels_of_a_heif_picture_is_found() -> None:
    content = saved(NOISE, "HEIF", quality=95, exif=SOUND, xmp=b"<x/>").getvalue()
    assert content.index(b"Maker\0") > 65536
    found = read_header(BytesIO(content), "a.heic")
    image = open_image(BytesIO(content), "a.heic")
    assert (found.size, found.xmp) == (image.size, b"<x/>")
    assert said(found.exif) == said(read_exif(image, BytesIO(content)))


@functools.cache
def plain_heif() -> bytes:
    """One that is longer than its head, without EXIF."""
    return saved(NOISE, "HEIF", quality=95).getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


@every("behind", [b"", box(b"free", bytes(8)), box(b"meta", bytes(9)), b"\0\0\0\4", b"\xff" * 12])
def test_what_follows_the_pixels_of_a_heif_picture_is_told_as_before(behind: bytes) -> None:
    content = plain_heif() + behind

    def outcome(read: Callable[[BytesIO, str], object]) -> str:
        try:
            read(BytesIO(content), "a.heic")
        except PhotoError as error:
            return str(error)
        return "is read"

    assert outcome(read_header) == outcome(open_image)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF", "AVIF", "TIFF"])
def test_the_exif_of_every_format_is_what_pillow_reads(kind: str) -> None:
    content = saved(drawn(), kind, exif=SOUND).getvalue()
    image = open_image(BytesIO(content), "a")
    exif = read_header(BytesIO(content), "a").exif
    assert said(exif) == said(read_exif(image, BytesIO(content)))
    assert exif.tags.text(Base.DateTimeOriginal) == "2024:01:31 12:00:00"
