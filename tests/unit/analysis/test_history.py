"""Claims about what pixels tell of their past."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image

from bestshot.analysis.history import spectrum, was_jpeg
from tests.support.each import every

samples: Any = skimage.data  # its functions have no types


def drawn() -> Image.Image:
    """A picture with fine detail that was never compressed: leaves of all sizes over one another."""
    random = np.random.default_rng(7)
    pixels = np.full((480, 640, 3), 128, np.uint8)
    for size in np.sort(random.pareto(1.2, 4000) * 3 + 2)[::-1]:
        top, left = random.integers(0, 480), random.integers(0, 640)
        pixels[top : top + int(size), left : left + int(size * random.uniform(0.4, 2))] = random.integers(30, 226, 3)
    large = Image.fromarray(pixels)
    return large.resize((600, 440), Image.Resampling.LANCZOS)


def luma(picture: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(picture.convert("L"))


def saved(picture: Image.Image, quality: int) -> Image.Image:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return Image.open(io.BytesIO(data.getvalue()))


def table(jpeg: Image.Image) -> npt.NDArray[np.float64]:
    quantization: Any = jpeg
    return np.array(quantization.quantization[0], np.float64).reshape(8, 8)


@every("quality", [50, 75, 85, 92, 95, 97])
def test_a_lossless_picture_remembers_the_jpeg_that_it_was(quality: int) -> None:
    assert was_jpeg(luma(saved(drawn(), quality))) is True


def test_a_picture_that_was_never_compressed_remembers_nothing() -> None:
    assert was_jpeg(luma(drawn())) is False


@every("first, second", [(75, 90), (80, 95), (85, 100), (90, 98)])
def test_a_jpeg_remembers_a_coarser_one_and_not_itself(first: int, second: int) -> None:
    once = saved(drawn(), first)
    again = saved(once, second)
    assert was_jpeg(luma(once), table(once)) is False
    assert was_jpeg(luma(again), table(again)) is True


@every("turn", list(Image.Transpose))
def test_a_picture_that_was_turned_remembers_it_too(turn: Image.Transpose) -> None:
    """Its grid begins at another corner, where its sides are no multiples of eight."""
    turned = luma(saved(drawn().crop((0, 0, 597, 435)), 85).transpose(turn))
    assert was_jpeg(turned, None, (turned.shape[0] % 8, turned.shape[1] % 8)) is True


@every("size", [(40, 30), (60, 11), (11, 60), (5, 3)])
def test_a_picture_too_small_to_tell_tells_nothing(size: tuple[int, int]) -> None:
    small = luma(saved(drawn().resize(size), 80))
    assert was_jpeg(small) is None
    assert spectrum(small) == ()


def test_a_step_of_0_which_only_a_damaged_table_holds_counts_as_1() -> None:
    pixels = luma(drawn()).copy()
    pixels[:200] = 128  # of which all coefficients are 0
    damaged = np.full((8, 8), 3.0)
    damaged[0, 1:4] = 0
    assert was_jpeg(pixels, damaged) == was_jpeg(pixels, np.maximum(damaged, 1))


def test_an_enlargement_has_no_power_beyond_what_it_was_made_from() -> None:
    picture = drawn()
    small = picture.resize((300, 220), Image.Resampling.LANCZOS)
    real, enlarged = spectrum(luma(picture)), spectrum(luma(small.resize(picture.size, Image.Resampling.BICUBIC)))
    assert real[8] == pytest.approx(enlarged[8], abs=0.3)
    assert real[26] > enlarged[26] + 1
