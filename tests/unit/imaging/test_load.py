"""Pictures of every kind come out upright, in 8 bits, at the size asked for."""

import json
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from bestshot.errors import PhotoError
from bestshot.imaging.load import load_pixels, open_image
from tests.support.drawn_pictures import difference, drawn, outcome_of, ramp, saved, values
from tests.support.each import every

INVERSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif_with(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[274] = orientation
    return exif.tobytes()


@every("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@every("orientation", range(1, 9))
def test_a_picture_is_turned_upright_once_by_its_orientation(kind: str, orientation: int) -> None:
    lying = drawn().transpose(INVERSE[orientation]) if orientation > 1 else drawn()
    upright = load_pixels(saved(lying, kind, exif=exif_with(orientation)), "a", 48)
    assert upright.size == (48, 32)
    assert difference(upright, drawn().resize((48, 32))) < 12


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_impossible_orientation_leaves_the_picture_as_it_is(orientation: int) -> None:
    assert difference(load_pixels(saved(drawn(), "PNG", exif=exif_with(orientation)), "a", 96), drawn()) == 0


@every("kind", ["JPEG", "PNG", "WEBP"])
@every("exif", [b"garbage", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff"])
def test_damaged_exif_does_not_stop_a_decode(kind: str, exif: bytes) -> None:
    assert load_pixels(saved(drawn(), kind, exif=b"Exif\0\0" + exif), "a", 48).size == (48, 32)


def test_heif_without_a_turn_of_its_own_follows_its_exif_unless_it_calls_itself_miaf() -> None:
    """Some telephone programs state the orientation in EXIF alone; MIAF (ISO/IEC 23000-22) forbids to heed it."""
    upright = saved(drawn(), "HEIF", exif=exif_with(1)).getvalue()
    turned = upright.replace(b"\x01\x12\0\3\0\0\0\1\0\1", b"\x01\x12\0\3\0\0\0\1\0\6")
    assert turned != upright
    assert load_pixels(BytesIO(turned), "a", 96).size == (96, 64)
    assert load_pixels(BytesIO(turned.replace(b"miaf", b"heic")), "a", 96).size == (64, 96)


@every(
    "mode, kind",
    [
        ("RGB", "BMP"),
        ("RGB", "GIF"),
        ("P", "PNG"),
        ("P", "TIFF"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("RGBX", "TIFF"),
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("YCbCr", "JPEG"),
        ("YCbCr", "TIFF"),
        ("LAB", "TIFF"),
    ],
)
def test_colours_survive_every_mode(mode: str, kind: str) -> None:
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.buildTransform(*profiles, "RGB", "LAB").apply(drawn())
    else:
        picture = drawn().convert(mode)
    image = load_pixels(saved(picture, kind), "a", 96)
    assert image.mode == "RGB"
    assert difference(image, drawn()) < 8


@every("white", [4095, 65535])
@every("dtype", ["<u2", ">u2", "<i4"])
def test_deep_greys_keep_their_range(white: int, dtype: str) -> None:
    deep = Image.fromarray((values(ramp()) * (white / 255)).round().astype(dtype))
    image = load_pixels(saved(deep, "TIFF"), "a", 256, grey=True)
    assert np.abs(values(image) - values(ramp())).max() <= 1


@every("white", [1.0, 255.0, 65535.0, 1e6])
def test_floating_greys_keep_their_range(white: float) -> None:
    floating = (values(ramp()) * (white / 255)).astype(np.float32)
    floating[0, 0] = np.nan
    image = load_pixels(saved(Image.fromarray(floating), "TIFF"), "a", 256, grey=True)
    assert np.abs(values(image) - values(ramp())).max() <= 1


def test_deep_greys_shrink_without_losing_their_range() -> None:
    """Bright edges would overshoot in most filters, and be taken for a whiter white."""
    stripes = np.zeros((200, 800), dtype=np.uint16)
    stripes[:, 300:500] = 65535
    image = load_pixels(saved(Image.fromarray(stripes), "PNG"), "a", 77, grey=True)
    assert image.getpixel((38, 9)) == 255
    assert image.getpixel((5, 9)) == 0


def test_one_bit_pictures_shrink_to_greys() -> None:
    board = Image.fromarray(np.indices((64, 64)).sum(0) % 2 == 0)
    assert board.mode == "1"
    assert np.abs(values(load_pixels(saved(board, "PNG"), "a", 8, grey=True)) - 127.5).max() < 30


@pytest.mark.parametrize(("mode", "colour"), [("LA", (0, 0)), ("RGBA", (255, 0, 0, 0)), ("RGBA", (0, 0, 0, 0))])
def test_what_is_transparent_shows_white(mode: str, colour: tuple[int, ...]) -> None:
    image = load_pixels(saved(Image.new(mode, (40, 40), colour), "PNG"), "a", 20)
    assert set(image.get_flattened_data()) == {(255, 255, 255)}


@every("mode, kind", [("P", "GIF"), ("P", "PNG"), ("L", "PNG"), ("RGB", "PNG"), ("1", "PNG")])
def test_a_transparent_colour_shows_white(mode: str, kind: str) -> None:
    black = (0, 0, 0) if mode == "RGB" else 0
    image = load_pixels(saved(Image.new(mode, (40, 40), black), kind, transparency=black), "a", 20)
    assert set(image.get_flattened_data()) == {(255, 255, 255)}


def test_an_animation_shows_its_first_frame() -> None:
    file = saved(drawn(), "GIF", save_all=True, append_images=[Image.new("RGB", (96, 64), "black")])
    assert difference(load_pixels(file, "a", 96), drawn()) < 8


def test_an_mpo_shows_its_first_picture() -> None:
    file = saved(drawn(), "MPO", save_all=True, append_images=[Image.new("RGB", (96, 64), "black")])
    assert difference(load_pixels(file, "a", 96), drawn()) < 8


@every("kind", ["JPEG", "PNG"])
@every("longest_side", [1, 7, 64, 200, 333, 599])
def test_a_picture_fits_the_size_asked_for_and_keeps_its_shape(kind: str, longest_side: int) -> None:
    image = load_pixels(saved(drawn().resize((600, 400)), kind), "a", longest_side)
    assert image.size == (longest_side, max(1, round(longest_side * 2 / 3)))


def test_a_picture_is_never_enlarged() -> None:
    assert load_pixels(saved(drawn(), "JPEG"), "a", 10_000).size == (96, 64)


def test_a_strip_keeps_one_pixel_of_its_short_side() -> None:
    assert load_pixels(saved(Image.new("RGB", (20_000, 3)), "JPEG"), "a", 64).size == (64, 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_grey_is_the_luma_of_the_colours(kind: str) -> None:
    picture = drawn().resize((768, 512))
    grey = load_pixels(saved(picture, kind, quality=95), "a", 96, grey=True)
    assert grey.mode == "L"
    assert difference(grey, picture.convert("L").resize((96, 64), Image.Resampling.LANCZOS)) < 2


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF"])
def test_a_small_file_is_read_into_little_room(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(saved(drawn(), kind).getvalue())
    with (tmp_path / "a").open("rb") as stream:
        load_pixels(stream, "a", 64, grey=True)
        tracemalloc.start()
        try:
            load_pixels(stream, "a", 64, grey=True)
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()


def test_a_scaled_decode_looks_like_a_whole_one(shared: Path) -> None:
    content = (shared / "fullsize" / "iphone6s_sea.jpg").read_bytes()
    whole = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    expected = whole.resize((128, 96), Image.Resampling.LANCZOS)
    assert difference(load_pixels(BytesIO(content), "a.jpg", 128), expected) < 2


NOISE = Image.effect_noise((331, 247), 60).convert("RGB")


def grey_by_pillow(data: bytes, longest_side: int) -> bytes | None:
    """The pixels that Pillow alone makes; None if it refuses to."""
    image = Image.open(BytesIO(data))
    scale = longest_side / max(image.size)
    target = round(image.width * scale), round(image.height * scale)
    image.draft("L", target)
    try:
        return ImageOps.exif_transpose(image).resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0).tobytes()
    except OSError:
        return None


def grey_by_us(data: bytes, longest_side: int) -> bytes | None:
    try:
        return load_pixels(BytesIO(data), "a.jpg", longest_side, grey=True).tobytes()
    except PhotoError:
        return None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_of_a_damaged_scan_the_same_grey_is_shown_as_pillow_shows_or_it_is_refused(data: st.DataObject) -> None:
    """What an ordinary JPEG is decoded by is strict, and leaves whatever it complains about to Pillow."""
    colours = data.draw(st.sampled_from(["RGB", "L"]))
    content = bytearray(saved(NOISE.convert(colours), "JPEG", quality=80, exif=exif_with(1)).getvalue())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(content.index(b"\xff\xda") + 14, len(content) - 1))] = data.draw(
            st.integers(0, 255)
        )
    whole = bytes(content[: data.draw(st.one_of(st.none(), st.integers(len(content) - 40, len(content))))])
    side = data.draw(st.sampled_from([41, 64, 200]))
    assert grey_by_us(whole, side) == grey_by_pillow(whole, side)


def test_a_picture_is_opened_by_its_content_whatever_its_name_says() -> None:
    assert open_image(saved(drawn(), "PNG"), "a.jpg").format == "PNG"
    assert open_image(saved(drawn(), "JPEG"), "a.heic").format == "JPEG"


def test_the_real_landscapes_look_alike_in_all_orientations(shared: Path) -> None:
    folder = shared / "formats" / "orient"
    images = [load_pixels(BytesIO((folder / f"Landscape_{n}.jpg").read_bytes()), "a", 200) for n in range(9)]
    assert all(difference(image, images[0]) < 3 for image in images)


@every("size", ["29x100", "128x128"])
@every("deep, plain", [("L_10", "L_8"), ("L_12", "L_8"), ("RGB_10", "RGB_8"), ("RGB_12", "RGB_8")])
def test_deep_heif_has_the_greys_and_colours_of_its_8_bit_sibling(
    shared: Path, size: str, deep: str, plain: str
) -> None:
    """The sibling's colours run along the other axis, so the values are compared in the order of their size."""
    one, other = (
        load_pixels(BytesIO((shared / "formats" / "heif" / f"{name}__{size}.heif").read_bytes()), "a", 128)
        for name in (deep, plain)
    )
    sorted_values = [np.sort(values(image), axis=None) for image in (one, other)]
    assert np.abs(sorted_values[0] - sorted_values[1]).mean() < 4


def test_every_real_picture_of_every_format_is_decoded(shared: Path) -> None:
    labels = json.loads((shared / "formats" / "labels.json").read_text())["files"]
    wrong = {}
    for name, label in labels.items():
        if label.get("pil_format"):
            outcome = outcome_of(shared / "formats" / name)
            if (outcome is None) is not label["opens_with_pillow_and_pillow_heif"]:
                wrong[name] = outcome
    assert not wrong
