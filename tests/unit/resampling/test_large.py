"""Claims that large pictures are shrunk to the very pixels that Pillow makes of them."""

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bestshot.resampling.large import can_shrink, lanczos_resized, shrunk
from tests.support.each import every

Pixels = npt.NDArray[np.uint8]


def by_pillow(pixels: Pixels, target: tuple[int, int]) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0))


def noise(shape: tuple[int, ...], seed: int, levels: int = 256) -> Pixels:
    """Noise of so many levels; of two, it is black and white, so that nearly all sums are beyond what pixels can be."""
    steps = np.random.default_rng(seed).integers(0, levels, shape)
    return (steps * (255 // (levels - 1))).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(
    wide=st.integers(256, 300),
    high=st.integers(256, 300),
    across=st.floats(1.01, 3.9),
    down=st.floats(1.01, 3.9),
    levels=st.sampled_from([2, 6, 256]),
    seed=st.integers(0, 1000),
)
def test_any_picture_is_shrunk_as_pillow_does(
    wide: int, high: int, across: float, down: float, levels: int, seed: int
) -> None:
    size, target = (round(wide * across), round(high * down)), (wide, high)
    pixels = noise(size[::-1], seed, levels)
    if can_shrink("L", size, target):
        assert np.array_equal(shrunk(pixels, target), by_pillow(pixels, target))
    else:
        assert size[0] - wide < size[1] - high


@every("size", [(1512, 2016), (2000, 1333), (1281, 961)])
def test_the_colours_of_a_photo_are_shrunk_as_pillow_does(size: tuple[int, int]) -> None:
    target = (size[0] * 1280 // max(size), size[1] * 1280 // max(size))
    pixels = noise((size[1], size[0], 3), 1)
    assert can_shrink("RGB", size, target)
    assert np.array_equal(shrunk(pixels, target), by_pillow(pixels, target))


@every("mode, size, target", [
    ("RGBA", (2000, 1500), (1280, 960)),
    ("L", (500, 375), (64, 48)),
    ("L", (5200, 1500), (1280, 960)),
    ("L", (1280, 1500), (1280, 960)),
])  # fmt: skip
def test_what_pillow_does_otherwise_is_left_to_it(mode: str, size: tuple[int, int], target: tuple[int, int]) -> None:
    assert not can_shrink(mode, size, target)
    picture = Image.fromarray(noise((size[1], size[0], 4), 1), "RGBA").convert(mode)
    as_ever = picture.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)
    assert lanczos_resized(picture, target).tobytes() == as_ever.tobytes()
