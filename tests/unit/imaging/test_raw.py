"""Raw photos show the preview that the camera put into them, upright, and are developed where there is none."""

import struct
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.imaging.load import load_pixels, open_image
from bestshot.imaging.raw import raw_capture, raw_preview
from tests.support.each import every

SHORT, LONG, RATIONAL, SRATIONAL, BYTE, ASCII = 3, 4, 5, 10, 1, 2
FORMATS = {SHORT: "H", LONG: "I", RATIONAL: "II", SRATIONAL: "ii", BYTE: "B"}
PendingChange = tuple[int, int, tuple[int, ...] | bytes]
WIDTH, HEIGHT = 96, 64
SAMPLES = [
    ("photoprism/canon_eos_6d.dng", (1024, 683)),
    ("pairs/IMG_6001.DNG", (1024, 683)),
]


def directory(entries: list[PendingChange], offset: int) -> bytes:
    """One TIFF directory that stands at this offset, with the values that do not fit into it behind it."""
    head, tail = struct.pack("<H", len(entries)), b""
    behind = offset + 2 + 12 * len(entries) + 4
    for tag, kind, values in sorted(entries):
        data = values if isinstance(values, bytes) else struct.pack("<" + pattern(kind, values), *values)
        count = len(data) // (1 if kind == ASCII else struct.calcsize("<" + FORMATS[kind]))
        head += struct.pack("<HHI", tag, kind, count)
        head += data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", behind + len(tail))
        tail += data + bytes(len(data) % 2) if len(data) > 4 else b""
    return head + bytes(4) + tail


def pattern(kind: int, values: tuple[int, ...]) -> str:
    return FORMATS[kind] * (len(values) // len(FORMATS[kind]))


def drawn_jpeg(orientation: int | None = None) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (480, 320), "blue")
    image.paste("red", (0, 0, 240, 320))
    exif = Image.Exif()
    if orientation:
        exif[274] = orientation
    file = BytesIO()
    image.save(file, "JPEG", exif=exif)
    content = file.getvalue()
    return content[:2] + content[20:]  # without JFIF's header, as cameras write it: EXIF comes first


def camera(orientation: int, taken: bytes) -> list[PendingChange]:
    return [
        (271, ASCII, b"Drawn\0"),
        (272, ASCII, b"Drawn One\0"),
        (274, SHORT, (orientation,)),
        (306, ASCII, taken),
        (33434, RATIONAL, (1, 50)),
        (33437, RATIONAL, (28, 10)),
        (37386, RATIONAL, (35, 1)),
        (50706, BYTE, (1, 4, 0, 0)),
        (50708, ASCII, b"Drawn One\0"),
        (50721, SRATIONAL, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),
        (50728, RATIONAL, (1, 1, 1, 1, 1, 1)),
    ]


def strip(
    kind: int, size: tuple[int, int], bits: tuple[int, ...], coding: tuple[int, int], where: tuple[int, int]
) -> list[PendingChange]:
    """A picture in one piece; `coding` is compression and photometric interpretation, `where` offset and length."""
    return [
        (254, LONG, (kind,)),
        (256, LONG, (size[0],)),
        (257, LONG, (size[1],)),
        (258, SHORT, bits),
        (259, SHORT, (coding[0],)),
        (262, SHORT, (coding[1],)),
        (273, LONG, (where[0],)),
        (277, SHORT, (len(bits),)),
        (278, LONG, (size[1],)),
        (279, LONG, (where[1],)),
    ]


def drawn_dng(
    orientation: int = 1,
    preview: bytes = b"",
    *,
    taken: bytes = b"2024:05:06 07:08:09\0",
    is_monochrome: bool = False,
) -> bytes:
    """A raw photo of 96 x 64 pixels whose left half is bright; its preview is 480 x 320, JPEG or plain pixels."""
    row = [40000] * (WIDTH // 2) + [2000] * (WIDTH // 2)
    pixels = struct.pack(f"<{WIDTH}H", *row) * HEIGHT
    mosaic: list[PendingChange] = [] if is_monochrome else [(33421, SHORT, (2, 2)), (33422, BYTE, (0, 1, 1, 2))]
    preview_coding = (7, 6) if preview.startswith(b"\xff\xd8") else (1, 2)

    def directories(second_at: int, pixels_at: int) -> tuple[bytes, bytes]:
        raw_coding = (1, 34892 if is_monochrome else 32803)
        raw = strip(0, (WIDTH, HEIGHT), (16,), raw_coding, (pixels_at, len(pixels))) + mosaic
        if not preview:
            return directory(camera(orientation, taken) + raw, 8), b""
        shown = strip(1, (480, 320), (8, 8, 8), preview_coding, (pixels_at + len(pixels), len(preview)))
        link: PendingChange = (330, LONG, (second_at,))
        return directory([*camera(orientation, taken), *shown, link], 8), directory(raw, second_at)

    first, second = directories(0, 0)
    second_at = 8 + len(first)
    first, second = directories(second_at, second_at + len(second))
    return b"II*\0\x08\0\0\0" + first + second + pixels + preview


def pixel(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The colour at this part of the width and height."""
    value = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(value, tuple)
    return value


def is_red(colour: tuple[int, ...]) -> bool:
    return colour[0] > 150 and max(colour[1:]) < 100


def test_the_embedded_preview_is_shown_rather_than_the_raw_pixels() -> None:
    image = load_pixels(BytesIO(drawn_dng(preview=drawn_jpeg())), "a.dng", 1000)
    assert image.size == (480, 320)
    assert is_red(pixel(image, 0.25, 0.5))
    assert not is_red(pixel(image, 0.75, 0.5))


def test_a_preview_may_be_plain_pixels() -> None:
    pixels = Image.open(BytesIO(drawn_jpeg())).tobytes()
    image = load_pixels(BytesIO(drawn_dng(6, preview=pixels)), "a.dng", 1000)
    assert image.size == (320, 480)
    assert is_red(pixel(image, 0.5, 0.25))
    assert not is_red(pixel(image, 0.5, 0.75))


@pytest.mark.parametrize(("orientation", "x", "y"), [(6, 0.5, 0.25), (8, 0.5, 0.75), (3, 0.75, 0.5)])
def test_a_preview_without_orientation_is_turned_as_the_raw_photo_says(orientation: int, x: float, y: float) -> None:
    image = load_pixels(BytesIO(drawn_dng(orientation, drawn_jpeg())), "a.dng", 300)
    assert image.size == ((300, 200) if orientation == 3 else (200, 300))
    assert is_red(pixel(image, x, y))
    assert not is_red(pixel(image, 1 - x, 1 - y))


def test_a_preview_that_states_its_own_orientation_is_turned_by_it_alone() -> None:
    image = load_pixels(BytesIO(drawn_dng(1, drawn_jpeg(orientation=3))), "a.dng", 300)
    assert is_red(pixel(image, 0.75, 0.5))


@pytest.mark.parametrize(("orientation", "x", "y"), [(1, 0.2, 0.5), (6, 0.5, 0.2), (8, 0.5, 0.8)])
def test_without_a_preview_the_raw_pixels_are_developed_upright(orientation: int, x: float, y: float) -> None:
    image = load_pixels(BytesIO(drawn_dng(orientation)), "a.dng", 1000)
    assert sorted(image.size) == [HEIGHT // 2, WIDTH // 2]
    assert (image.width > image.height) is (orientation == 1)
    assert sum(pixel(image, x, y)) > sum(pixel(image, 1 - x, 1 - y)) + 200


def test_a_dng_is_known_by_its_tag_under_the_name_of_a_tiff() -> None:
    """As a mere TIFF it would be turned by its tags, not by the preview's own orientation."""
    image = load_pixels(BytesIO(drawn_dng(1, drawn_jpeg(orientation=3))), "a.tif", 1000)
    assert is_red(pixel(image, 0.75, 0.5))


def test_a_camera_without_colours_is_developed_too() -> None:
    image = load_pixels(BytesIO(drawn_dng(is_monochrome=True)), "a.dng", 1000)
    red, green, blue = pixel(image, 0.2, 0.5)
    assert red == green == blue > 100


def test_a_raw_photo_opens_as_the_tiff_it_is_for_its_exif() -> None:
    assert open_image(BytesIO(drawn_dng(preview=drawn_jpeg())), "a.dng").getexif()[271] == "Drawn"


def test_a_jpeg_named_as_a_raw_photo_is_shown_as_the_jpeg_it_is() -> None:
    assert load_pixels(BytesIO(drawn_jpeg()), "a.nef", 1000).size == (480, 320)


@every("content", [b"a text", b"II*\0\x08\0\0\0", b"FUJIFILMCCD-RAW 0201", drawn_dng()[:200]])
def test_what_is_no_raw_photo_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"cannot be read as a raw photo: \w+"):
        load_pixels(BytesIO(content), "a.raf", 100)


def test_a_raw_photo_cut_off_in_its_pixels_is_refused() -> None:
    with pytest.raises(PhotoError):
        load_pixels(BytesIO(drawn_dng()[:-5000]), "a.dng", 100)


def test_the_capture_is_read_with_the_camera_s_own_clock() -> None:
    capture = raw_capture(BytesIO(drawn_dng()))
    assert capture.taken == datetime(2024, 5, 6, 7, 8, 9)
    assert capture.exposure_seconds == pytest.approx(0.02)
    assert capture.f_number == pytest.approx(2.8)
    assert capture.focal_length_mm == pytest.approx(35)


def test_what_a_raw_photo_does_not_say_of_its_capture_is_none() -> None:
    capture = raw_capture(BytesIO(drawn_dng(taken=b"0000:00:00 00:00:00\0")))
    assert capture.taken is None
    assert capture.iso is None


@pytest.mark.parametrize(("name", "size"), SAMPLES)
def test_a_real_raw_photo_shows_its_preview_and_tells_its_capture(
    shared: Path, name: str, size: tuple[int, int]
) -> None:
    content = (shared / "formats" / name).read_bytes()
    preview = raw_preview(BytesIO(content))
    assert Image.open(BytesIO(preview.data)).size == size
    assert load_pixels(BytesIO(content), name, 512).size == (512, 342)
    capture = raw_capture(BytesIO(content))
    assert (capture.taken, capture.iso) == (datetime(2019, 6, 6, 7, 29, 51), 1000)
