"""Small pictures resized by matrices are those that Pillow makes, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bestshot.resampling.small import Weigh, box, lanczos, resized

SIZES = st.tuples(st.integers(1, 128), st.integers(1, 128))
FILTERS = [(lanczos, Image.Resampling.LANCZOS), (box, Image.Resampling.BOX)]


@pytest.mark.parametrize(("weigh", "filter_"), FILTERS)
@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), shape=SIZES, wanted=SIZES, step=st.sampled_from([1, 255]))
def test_a_small_picture_is_resized_as_by_pillow(
    weigh: Weigh, filter_: Image.Resampling, seed: int, shape: tuple[int, int], wanted: tuple[int, int], step: int
) -> None:
    """Also where black and white lie side by side, so that the filter swings beyond both."""
    pixels = (np.random.default_rng(seed).integers(0, 255 // step + 1, shape) * step).astype(np.uint8)
    expected = np.asarray(Image.fromarray(pixels).resize(wanted, filter_))
    assert np.array_equal(resized(pixels, wanted, weigh), expected)


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (36, 64), (64, 64), (128, 128)])
def test_height_goes_first_where_it_does_in_pillow(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, size[::-1], dtype=np.uint8)
    for wanted in [(9, 8), (32, 32), (16, 16), (64, 48)]:
        expected = np.asarray(Image.fromarray(pixels).resize(wanted, Image.Resampling.LANCZOS))
        assert np.array_equal(resized(pixels, wanted, lanczos), expected)
