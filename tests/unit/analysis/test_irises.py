"""Claims about seeing an iris in an eye."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFilter

from bestshot.analysis.faces import find_faces
from bestshot.analysis.irises import iris_darkness
from bestshot.analysis.landmarks import Landmarks
from bestshot.imaging.load import load_pixels
from bestshot.ranking.face_scores import eye_scores
from bestshot.ranking.people import Person
from tests.support.each import every

SKIN, WHITE, IRIS = (200, 160, 140), (235, 235, 235), (60, 40, 30)
APART = 200
"""The distance between the drawn eyes, in pixels."""


def drawn(*shut: str) -> Image.Image:
    """Two eyes, of which some are shut: a line of lashes is all that is dark of them."""
    picture = Image.new("RGB", (480, 240), SKIN)
    draw = ImageDraw.Draw(picture)
    for name, x in (("left", 140), ("right", 140 + APART)):
        if name in shut:
            draw.line((x - 28, 124, x + 28, 124), fill=IRIS, width=8)
            continue
        draw.ellipse((x - 30, 104, x + 30, 136), fill=WHITE)
        draw.ellipse((x - 17, 103, x + 17, 137), fill=IRIS)
        draw.ellipse((x - 2, 110, x + 2, 114), fill="white")  # a light in it
    return picture


def landmarks(*, nose: float = 240.0) -> Landmarks:
    """Where the lids are, or seem to be, whether the eyes are open or not."""
    eye = np.array([(-30, 0), (-15, -14), (15, -14), (30, 0), (15, 12), (-15, 12)], dtype=np.float64)
    bridge = np.array([(240, 130), (240, 160), (240, 190), (nose, 220)], dtype=np.float64)
    return Landmarks(eye + np.array((140, 120)), eye + np.array((140 + APART, 120)), bridge, np.zeros((7, 2)))


def darkness(picture: Image.Image, where: Landmarks | None = None) -> float:
    found = iris_darkness(np.asarray(picture), where or landmarks())
    assert found is not None
    return found


def test_an_iris_is_seen_in_open_eyes_and_lashes_are_none() -> None:
    assert darkness(drawn()) > 0.6
    assert darkness(drawn("left", "right")) < 0.15


@every("shut", ["left", "right"])
def test_of_both_eyes_the_less_open_one_counts(shut: str) -> None:
    assert darkness(drawn(shut)) == darkness(drawn("left", "right"))


def test_of_a_turned_head_the_nearer_eye_counts() -> None:
    to_the_right = landmarks(nose=285)
    assert darkness(drawn("right"), to_the_right) > 0.5 > darkness(drawn("left"), to_the_right)


def test_an_iris_is_as_dark_in_bad_light_and_in_a_face_that_is_a_little_blurred() -> None:
    dim: npt.NDArray[Any] = (np.asarray(drawn()) * 0.3).astype(np.uint8)
    assert darkness(Image.fromarray(dim)) == pytest.approx(darkness(drawn()), abs=0.05)
    assert darkness(drawn().filter(ImageFilter.GaussianBlur(3))) > 0.5


def test_of_an_eye_outside_the_picture_or_in_the_dark_nothing_is_told() -> None:
    assert iris_darkness(np.zeros((240, 480, 3), np.uint8), landmarks()) is None
    assert iris_darkness(np.zeros((1, 1, 3), np.uint8), landmarks()) is None


def test_eyes_under_heavy_brows_are_shut_though_their_lids_seem_up(shared: Path) -> None:
    faces = {}
    for number in range(5):
        with (shared / "more" / "faces" / f"thd2_{number}.jpg").open("rb") as stream:
            (faces[str(number)],) = find_faces(np.asarray(load_pixels(stream, "a.jpg", 1024)))
    scores = eye_scores(Person(faces))
    assert [round(scores[name]) for name in sorted(scores)] == [1, 1, 1, 0, 1]
