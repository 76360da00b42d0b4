"""Every kind of TIFF is read rightly or named as one that is not supported, and only damage is called so."""

import struct
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest

from bestshot.errors import PhotoError
from bestshot.imaging.load import load_pixels
from tests.support.drawn_pictures import difference, drawn, ramp, values
from tests.support.each import every

BLACK_IS_ZERO, RGB, SEPARATED = 1, 2, 5
UNSIGNED, SIGNED, FLOATING = 1, 2, 3


def tiff(
    pixels: npt.NDArray[np.generic],
    photometric: int = BLACK_IS_ZERO,
    *,
    numbers: int = UNSIGNED,
    planes: bool = False,
    compression: int = 1,
    big: bool = False,
) -> BytesIO:
    """A TIFF of one strip, or of one for each plane, whose pixels are written as they are."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    stored = np.moveaxis(pixels, 2, 0) if planes else pixels
    data, bits = stored.tobytes(), 8 * pixels.itemsize
    strips = channels if planes else 1
    start = 16 if big else 8
    fields = {
        256: [width],
        257: [height],
        258: [bits] * channels,
        259: [compression],
        262: [photometric],
        273: [start + place * (len(data) // strips) for place in range(strips)],
        277: [channels],
        278: [height],
        279: [len(data) // strips] * strips,
        284: [2 if planes else 1],
        339: [numbers] * channels,
    }
    value, count = ("<Q", 8) if big else ("<L", 4)
    behind = start + len(data)
    lists, entries = b"", b""
    for tag, values_ in fields.items():
        packed = b"".join(struct.pack("<L", one) for one in values_)
        if len(packed) > count:
            place, lists = struct.pack(value, behind + len(lists)), lists + packed
        else:
            place = packed.ljust(count, b"\0")
        entries += struct.pack("<HH", tag, 4) + struct.pack(value, len(values_)) + place
    header = b"II+\0\x08\0\0\0" if big else b"II*\0"
    number = struct.pack("<Q" if big else "<H", len(fields))
    return BytesIO(
        header + struct.pack(value, behind + len(lists)) + data + lists + number + entries + bytes(8 if big else 4)
    )


def deep(dtype: str) -> npt.NDArray[np.generic]:
    return (values(drawn()) * 257).astype(dtype)


def refusal(stream: BytesIO) -> str:
    with pytest.raises(PhotoError) as refused:
        load_pixels(stream, "a.tif", 256)
    return str(refused.value)


@every("white", [4095, 65535])
def test_a_deep_grey_whose_zero_is_white_is_no_negative(white: int) -> None:
    picture = white - (values(ramp()) * (white / 255)).round().astype(np.uint16)
    image = load_pixels(tiff(picture.astype("<u2"), 0), "a.tif", 256, grey=True)
    assert np.abs(values(image) - values(ramp())).max() <= 1


def test_a_floating_grey_whose_zero_is_white_is_no_negative() -> None:
    picture = (1 - values(ramp()) / 255).astype("<f4")
    image = load_pixels(tiff(picture, 0, numbers=FLOATING), "a.tif", 256, grey=True)
    assert np.abs(values(image) - values(ramp())).max() <= 1


def test_a_signed_grey_is_as_bright_as_it_was() -> None:
    picture = (values(ramp()) * (32767 / 255)).round().astype("<i2")
    image = load_pixels(tiff(picture, numbers=SIGNED), "a.tif", 256, grey=True)
    assert np.abs(values(image) - values(ramp())).max() <= 1


@every("big", [False, True])
@every("planes, dtype", [(False, "u1"), (True, "u1"), (False, "<u2")])
def test_colours_in_either_order_and_in_both_sizes_of_the_format_are_read(
    dtype: str, *, planes: bool, big: bool
) -> None:
    pixels = values(drawn()).astype("u1") if dtype == "u1" else deep(dtype)
    assert difference(load_pixels(tiff(pixels, RGB, planes=planes, big=big), "a.tif", 96), drawn()) < 1


@every("big", [False, True])
@every(
    "pixels, photometric, numbers, planes, words",
    [
        (deep("<u2"), RGB, UNSIGNED, True, "3 x 16 bits, whole numbers, in separate planes"),
        (
            np.dstack([deep("<u2"), deep("<u2")[..., :1]]),
            SEPARATED,
            UNSIGNED,
            True,
            "4 x 16 bits, whole numbers, in separ",
        ),
        (deep("<f4"), RGB, FLOATING, False, "3 x 32 bits, floating point"),
        (values(drawn()).astype("<f2"), RGB, FLOATING, False, "3 x 16 bits, floating point"),
        (deep("<f8")[..., 0], BLACK_IS_ZERO, FLOATING, False, "1 x 64 bits, floating point"),
        (deep("<u4"), RGB, UNSIGNED, False, "3 x 32 bits, whole numbers"),
        (deep("<u4")[..., 0], BLACK_IS_ZERO, UNSIGNED, False, "1 x 32 bits, whole numbers"),
    ],
)
def test_a_kind_that_would_be_read_wrongly_or_not_at_all_is_named(
    pixels: npt.NDArray[np.generic], photometric: int, numbers: int, words: str, *, planes: bool, big: bool
) -> None:
    said = refusal(tiff(pixels, photometric, numbers=numbers, planes=planes, big=big))
    assert said.startswith(f"is a TIFF of a kind that is not supported: {words}")


@every("compression", [34712, 34934, 50001, 50002])
def test_a_compression_that_nothing_here_undoes_is_named(compression: int) -> None:
    said = refusal(tiff(values(drawn()).astype("u1"), RGB, compression=compression))
    assert said == (f"is a TIFF of a kind that is not supported: 3 x 8 bits, whole numbers, compression {compression}")


@every("big", [False, True])
def test_a_tiff_that_lost_its_directory_is_still_called_damaged(*, big: bool) -> None:
    whole = tiff(deep("<f4"), RGB, numbers=FLOATING, big=big).getvalue()
    assert "is cut off or damaged" in refusal(BytesIO(whole[: len(whole) // 2]))
