"""Claims about how sharp a picture is said to be."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from bestshot.analysis.sharpness import sharpness
from tests.support.each import every

Grey = npt.NDArray[np.float64]


def scene(seed: int = 0) -> Grey:
    """Blocks of grey with hard edges, neither black nor white."""
    blocks = np.random.default_rng(seed).integers(64, 192, (24, 32))
    return blocks.repeat(8, axis=0).repeat(8, axis=1).astype(np.float64)


def blurred(grey: Grey, radius: float) -> Grey:
    picture = Image.fromarray(grey.astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(picture).astype(np.float64)


def measured(grey: npt.NDArray[np.generic]) -> float:
    """The sharpness of a picture that is large enough to be measured."""
    value = sharpness(grey)
    assert value is not None
    return value


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.7, 2))
def test_the_more_blurred_a_picture_the_less_sharp_it_is(seed: int, radius: float) -> None:
    grey = scene(seed)
    assert measured(grey) > measured(blurred(grey, radius)) > measured(blurred(grey, radius + 1))


def test_a_darker_or_flatter_copy_is_as_sharp() -> None:
    """The frames of an exposure bracket are comparable."""
    grey = scene()
    assert measured(grey * 0.5) == pytest.approx(measured(grey), rel=1e-3)
    assert measured(grey + 40) == pytest.approx(measured(grey), rel=1e-3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), st.floats(3, 25))
def test_noise_makes_no_picture_sharper(seed: int, spread: float) -> None:
    """As high sensitivity does: a blurred picture full of grain is far from a sharp one."""
    noise = np.random.default_rng(seed).normal(0, spread, scene().shape)
    grey = scene(seed)
    assert measured(grey + noise) < 1.05 * measured(grey)
    assert measured(blurred(grey, 2) + noise) < 0.8 * measured(grey)


def test_a_sharp_subject_before_a_soft_background_is_sharp() -> None:
    soft = blurred(scene(), 6)
    portrait = soft.copy()
    portrait[64:128, 96:160] = scene()[64:128, 96:160]
    assert measured(portrait) > 3 * measured(soft)


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, np.rot90])
def test_how_it_is_held_changes_little(turned: object) -> None:
    assert callable(turned)
    assert measured(turned(scene())) == pytest.approx(measured(scene()), rel=0.1)


@pytest.mark.parametrize("luma", [0, 128, 255])
def test_a_plain_picture_shows_nothing_sharp(luma: int) -> None:
    assert sharpness(np.full((64, 64), luma, dtype=np.uint8)) == 0.0


@every("shape, is_told", [((15, 400), False), ((400, 15), False), ((1, 1), False), ((16, 16), True)])
def test_a_picture_too_small_for_its_blocks_tells_nothing(shape: tuple[int, int], is_told: bool) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape)
    assert (sharpness(noise.astype(np.uint8)) is not None) == is_told


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(16, 200), columns=st.integers(16, 40), seed=st.integers(0, 99))
def test_a_picture_measured_in_strips_is_as_sharp_as_measured_whole(rows: int, columns: int, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (rows, columns), np.uint8)
    luma = grey.astype(np.float64)
    above, below, left, right = luma[:-2, 1:-1], luma[2:, 1:-1], luma[1:-1, :-2], luma[1:-1, 2:]
    xx, yy, xy = (
        means(product) for product in ((right - left) ** 2, (below - above) ** 2, (right - left) * (below - above))
    )
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0))
    detail = np.sqrt(means((above + below + left + right - 4 * luma[1:-1, 1:-1]) ** 2))
    whole = np.percentile(detail * ((major - minor) / (major + minor + 1e-6)) ** 2, 95) / luma.std()
    assert sharpness(grey) == pytest.approx(whole, rel=1e-4)


def means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean of each whole block."""
    rows, columns = values.shape[0] // 8, values.shape[1] // 8
    blocks = values[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8)
    return np.asarray(blocks.mean(axis=(1, 3)))
