"""What a picture is worth in numbers: sharpness, exposure, faces."""

from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from bestshot.analysis.appraisal import appraise
from bestshot.analysis.recipes import appraisal_recipe
from bestshot.analysis.sharpness import sharpness
from bestshot.model.appraisal import MINIATURE_SIZE
from bestshot.model.faces import FaceModel
from tests.support.drawn_library import scene
from tests.support.drawn_pictures import values
from tests.support.each import every


def test_sharpness_falls_with_every_blur() -> None:
    measured = [appraise(scene(1, blur=blur), None).sharpness for blur in (0, 0.7, 1.5, 3)]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 2 * measured[-1]


def test_sharpness_is_not_told_by_the_contrast_of_an_exposure_bracket() -> None:
    flat = ImageEnhance.Contrast(scene(1)).enhance(0.5)
    assert appraise(flat, None).sharpness == pytest.approx(appraise(scene(1), None).sharpness, rel=0.1)


def test_a_sharp_subject_before_a_soft_background_is_sharp() -> None:
    picture = scene(1, blur=3)
    picture.paste(scene(1).crop((40, 30, 120, 90)), (40, 30))
    whole, soft = (appraise(each, None).sharpness for each in (scene(1), scene(1, blur=3)))
    assert appraise(picture, None).sharpness > (whole + soft) / 2


@pytest.mark.parametrize("colour", ["black", "gray", "white"])
def test_a_plain_picture_has_no_sharpness(colour: str) -> None:
    assert appraise(Image.new("RGB", (64, 48), colour), None).sharpness == 0


def test_a_picture_too_small_to_tell_is_not_sharp_and_no_error() -> None:
    assert sharpness(np.zeros((3, 3))) is None
    assert appraise(Image.new("RGB", (1, 1)), None).sharpness == 0


@every("luma, brightness, clipped", [(0, 0.0, 1.0), (2, 0.008, 1.0), (128, 0.502, 0.0), (255, 1.0, 1.0)])
def test_brightness_is_the_mean_luma_and_black_and_white_are_clipped(
    luma: int, brightness: float, clipped: float
) -> None:
    appraisal = appraise(Image.new("RGB", (32, 32), (luma, luma, luma)), None)
    assert appraisal.brightness == pytest.approx(brightness, abs=0.001)
    assert appraisal.clipped == clipped


def test_the_clipped_share_is_that_of_the_clipped_pixels() -> None:
    picture = Image.new("RGB", (100, 10), "gray")
    picture.paste("white", (0, 0, 25, 10))
    assert appraise(picture, None).clipped == 0.25


def test_faces_are_none_if_nobody_looked_and_empty_if_there_were_none() -> None:
    assert appraise(scene(1), None).faces is None
    assert appraise(scene(1), FaceModel.HOG).faces == ()


def test_a_face_is_measured_with_the_picture() -> None:
    samples: Any = skimage.data  # its functions have no types
    picture = Image.fromarray(samples.astronaut()[:300])
    appraisal = appraise(picture, FaceModel.HOG)
    assert appraisal.faces is not None
    assert len(appraisal.faces) == 1
    assert appraisal.brightness == pytest.approx(values(picture.convert("L")).mean() / 255)


def test_numbers_measured_without_faces_are_not_taken_for_those_with() -> None:
    assert len({appraisal_recipe(model) for model in (None, *FaceModel)}) == 3


@every("angle", [-6.0, -2.0, 0.0, 3.0, 8.0])
def test_how_far_a_picture_is_off_level_is_told_in_degrees_clockwise(angle: float) -> None:
    """A wall of bricks, turned about its middle."""
    bricks = np.kron(np.random.default_rng(1).integers(80, 180, (40, 40)), np.ones((16, 16))).astype(np.uint8)
    turned = Image.fromarray(bricks).rotate(-angle, Image.Resampling.BICUBIC).crop((120, 120, 520, 520))
    assert appraise(turned.convert("RGB"), None).tilt == pytest.approx(angle, abs=0.5, rel=0.2)


@every("lines", [1, 2, 8])
def test_a_few_lines_on_paper_tell_as_much_as_a_wall_of_bricks(lines: int) -> None:
    """Nearly all of the picture has no gradient at all, and all of its edges are equally strong."""
    drawing = Image.new("L", (500, 400), "white")
    for line in range(lines):
        ImageDraw.Draw(drawing).line([(0, 40 + 40 * line), (500, 40 + 40 * line)], fill="black", width=2)
    turned = drawing.rotate(-4, Image.Resampling.BICUBIC, fillcolor="white")
    assert appraise(turned.convert("RGB"), None).tilt == pytest.approx(4, abs=0.5)


def test_a_picture_without_lines_is_not_said_to_be_off_level() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    for picture in (Image.fromarray(noise), Image.new("RGB", (200, 200), "gray"), Image.new("RGB", (40, 40))):
        assert appraise(picture, None).tilt is None


def test_a_miniature_is_the_picture_in_little() -> None:
    picture = Image.new("RGB", (640, 480), "black")
    picture.paste("white", (320, 0, 640, 480))
    rows = np.frombuffer(appraise(picture, None).miniature, np.uint8).reshape(MINIATURE_SIZE, MINIATURE_SIZE)
    assert rows[:, :15].max() == 0
    assert rows[:, 17:].min() == 255


def test_every_measure_is_finite_for_any_picture() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    for picture in (Image.fromarray(noise), scene(1).filter(ImageFilter.FIND_EDGES), Image.new("RGB", (500, 1))):
        appraisal = appraise(picture, None)
        assert np.isfinite([appraisal.sharpness, appraisal.brightness, appraisal.clipped]).all()
