"""What a picture is worth in numbers: sharpness, exposure, faces."""

from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter

from bestshot.appraisal import appraisal_recipe, appraise
from bestshot.sharpness import sharpness
from tests.drawn_library import scene
from tests.drawn_pictures import values


def test_sharpness_falls_with_every_blur() -> None:
    measured = [appraise(scene(1, blur=blur), faces=False).sharpness for blur in (0, 0.7, 1.5, 3)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 5 * measured[-1]


def test_sharpness_is_not_told_by_the_contrast_of_an_exposure_bracket() -> None:
    flat = ImageEnhance.Contrast(scene(1)).enhance(0.5)
    assert appraise(flat, faces=False).sharpness == pytest.approx(appraise(scene(1), faces=False).sharpness, rel=0.1)


def test_a_sharp_subject_before_a_soft_background_is_sharp() -> None:
    picture = scene(1, blur=3)
    picture.paste(scene(1).crop((40, 30, 120, 90)), (40, 30))
    whole, soft = (appraise(each, faces=False).sharpness for each in (scene(1), scene(1, blur=3)))
    assert appraise(picture, faces=False).sharpness > (whole + soft) / 2


@pytest.mark.parametrize("colour", ["black", "gray", "white"])
def test_a_plain_picture_has_no_sharpness(colour: str) -> None:
    assert appraise(Image.new("RGB", (64, 48), colour), faces=False).sharpness == 0


def test_a_picture_too_small_to_tell_is_not_sharp_and_no_error() -> None:
    assert sharpness(np.zeros((3, 3))) is None
    assert appraise(Image.new("RGB", (1, 1)), faces=False).sharpness == 0


@pytest.mark.parametrize(
    ("luma", "brightness", "clipped"), [(0, 0.0, 1.0), (2, 0.008, 1.0), (128, 0.502, 0.0), (255, 1.0, 1.0)]
)
def test_brightness_is_the_mean_luma_and_black_and_white_are_clipped(
    luma: int, brightness: float, clipped: float
) -> None:
    appraisal = appraise(Image.new("RGB", (32, 32), (luma, luma, luma)), faces=False)
    assert appraisal.brightness == pytest.approx(brightness, abs=0.001)
    assert appraisal.clipped == clipped


def test_the_clipped_share_is_that_of_the_clipped_pixels() -> None:
    picture = Image.new("RGB", (100, 10), "gray")
    picture.paste("white", (0, 0, 25, 10))
    assert appraise(picture, faces=False).clipped == 0.25


def test_faces_are_none_if_nobody_looked_and_empty_if_there_were_none() -> None:
    assert appraise(scene(1), faces=False).faces is None
    assert appraise(scene(1), faces=True).faces == ()


def test_a_face_is_measured_with_the_picture() -> None:
    samples: Any = skimage.data  # its functions have no types
    picture = Image.fromarray(samples.astronaut()[:300])
    appraisal = appraise(picture, faces=True)
    assert appraisal.faces is not None
    assert len(appraisal.faces) == 1
    assert appraisal.brightness == pytest.approx(values(picture.convert("L")).mean() / 255)


def test_numbers_measured_without_faces_are_not_taken_for_those_with() -> None:
    assert appraisal_recipe(faces=True) != appraisal_recipe(faces=False)


def test_every_measure_is_finite_for_any_picture() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    for picture in (Image.fromarray(noise), scene(1).filter(ImageFilter.FIND_EDGES), Image.new("RGB", (500, 1))):
        appraisal = appraise(picture, faces=False)
        assert np.isfinite([appraisal.sharpness, appraisal.brightness, appraisal.clipped]).all()
