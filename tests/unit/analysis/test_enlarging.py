"""Pictures are enlarged as by Pillow, to the last pixel."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bestshot.analysis.enlarging import scaled

samples: Any = skimage.data  # its functions have no types


def by_pillow(pixels: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def noise(width: int, height: int, seed: int, *, is_stark: bool) -> npt.NDArray[np.uint8]:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return np.where(values < 128, np.uint8(0), np.uint8(255)) if is_stark else values


sides = st.integers(1, 60)
ratios = st.sampled_from([1.0, 2.0]) | st.floats(1, 12)


@given(sides, sides, ratios, ratios, st.integers(0, 2**32), st.booleans())
def test_a_picture_of_any_size_is_enlarged_to_any_other_as_pillow_does(
    width: int, height: int, across: float, down: float, seed: int, is_stark: bool
) -> None:
    picture, size = noise(width, height, seed, is_stark=is_stark), (round(width * across), round(height * down))
    np.testing.assert_array_equal(scaled(picture, size), by_pillow(picture, size))


@pytest.mark.parametrize("size", [(1024, 1024), (1414, 1414), (768, 768), (1225, 1225), (2048, 640), (700, 4096)])
def test_a_photo_is_enlarged_as_pillow_does(size: tuple[int, int]) -> None:
    photo = samples.astronaut()
    np.testing.assert_array_equal(scaled(photo, size), by_pillow(photo, size))


@pytest.mark.parametrize("span", [(960, 1225), (1000, 1414), (640, 960), (675, 1061), (1023, 4095), (2048, 4096)])
def test_each_difference_of_two_pixels_is_rounded_as_pillow_does_wherever_between_them(span: tuple[int, int]) -> None:
    """Halfway between two values it rounds either way, by how its proportions were rounded."""
    length, wanted = span
    differences = np.zeros((length, 256, 3), np.uint8)
    differences[::2, :, 0] = differences[1::2, :, 1] = np.arange(256)
    differences[:, :, 2] = np.where(np.arange(length)[:, None] % 2, 255 - np.arange(256), 255)
    size = 256, wanted
    np.testing.assert_array_equal(scaled(differences, size), by_pillow(differences, size))


@pytest.mark.parametrize("size", [(100, 90), (700, 100), (4100, 300)])
def test_what_is_no_enlargement_or_a_huge_one_is_scaled_by_pillow(size: tuple[int, int]) -> None:
    picture = noise(300, 200, 1, is_stark=False)
    np.testing.assert_array_equal(scaled(picture, size), by_pillow(picture, size))


def test_a_part_of_another_array_is_enlarged_too() -> None:
    photo = samples.astronaut()[40:240, 300:100:-1]
    whole = np.ascontiguousarray(photo)
    np.testing.assert_array_equal(scaled(photo, (300, 300)), by_pillow(whole, (300, 300)))
