"""Claims about the geometry of a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.analysis.landmarks import Landmarks, Points, eye_aspect_ratio, lid_height
from tests.support.each import every

EYE = np.array([(0, 0), (1, -1), (3, -1), (4, 0), (3, 0.5), (1, 0.5)], dtype=np.float64)
"""Four wide, its upper lid one above the corners, its lower lid a half below."""


def landmarks(*, mouth: float = 8.0, lift: float = 0.0, nose: float = 10.0, left_eye: Points = EYE) -> Landmarks:
    """A face with its eyes sixteen apart, looking straight on."""
    lip = np.zeros((7, 2))
    lip[0], lip[3], lip[6] = (10 - mouth / 2, 20 - lift), (10, 20), (10 + mouth / 2, 20 - lift)
    bridge = np.array([(10, 2), (10, 4), (10, 6), (nose, 10)], dtype=np.float64)
    return Landmarks(left_eye, EYE + np.array((16, 0)), bridge, lip)


def moved(face: Landmarks, degrees: float, scale: float) -> Landmarks:
    """The same face elsewhere, larger or smaller, the head held askew."""
    angle = np.radians(degrees)
    turn = scale * np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return Landmarks(
        *(points @ turn + 100 for points in (face.left_eye, face.right_eye, face.nose_bridge, face.top_lip))
    )


def measures(face: Landmarks) -> list[float | None]:
    return [face.eye_aspect_ratio(), face.lid_height(), face.eye_balance(), face.smile(), face.turn()]


@given(st.floats(-40, 40), st.floats(0.1, 10))
def test_how_large_a_face_is_and_how_the_head_is_held_changes_no_measure(degrees: float, scale: float) -> None:
    for face in (landmarks(), landmarks(mouth=14, lift=2, nose=12)):
        assert measures(moved(face, degrees, scale)) == pytest.approx(measures(face), abs=1e-6)


@pytest.mark.parametrize("face", [landmarks(), landmarks(mouth=14, lift=2, nose=12, left_eye=EYE * (1, 0.5))])
def test_in_the_mirror_a_face_is_the_same_but_for_the_side_to_which_it_is_turned(face: Landmarks) -> None:
    mirrored = face.mirrored(40)
    *others, turn = measures(face)
    assert measures(mirrored) == pytest.approx([*others, -(turn or 0.0)])
    assert mirrored.left_eye[:, 0].mean() < mirrored.right_eye[:, 0].mean()
    assert measures(face.averaged(mirrored.mirrored(40))) == pytest.approx(measures(face))


def test_the_eye_aspect_ratio_is_height_over_width() -> None:
    assert eye_aspect_ratio(EYE) == 1.5 / 4
    assert eye_aspect_ratio(np.zeros((6, 2))) is None


def test_the_lid_height_is_that_of_the_upper_lid_whatever_the_lower_one_does() -> None:
    squinting = EYE.copy()
    squinting[4:, 1] = -0.5
    assert lid_height(EYE) == lid_height(squinting) == 1 / 4
    assert lid_height(np.zeros((6, 2))) is None


def test_a_wink_is_told_by_the_eye_that_is_less_open() -> None:
    wink = landmarks(left_eye=EYE * (1, 0.5))
    assert wink.eye_balance() == pytest.approx(0.5)
    assert wink.eye_aspect_ratio() == pytest.approx(1.5 / 8)
    assert wink.lid_height() == pytest.approx(1 / 8)
    assert landmarks().eye_balance() == 1


def test_a_mouth_drawn_wide_and_up_smiles_and_one_opened_downwards_does_not() -> None:
    at_rest, broad, lifted, shouting = (
        face.smile() or 0.0 for face in (landmarks(), landmarks(mouth=14), landmarks(lift=2), landmarks(lift=-3))
    )
    assert min(broad, lifted) > at_rest > shouting


@pytest.mark.parametrize(("nose", "turn"), [(10.0, 0.0), (14.0, 0.25), (6.0, -0.25)])
def test_the_turn_is_where_the_nose_points(nose: float, turn: float) -> None:
    assert landmarks(nose=nose).turn() == pytest.approx(turn)


@every("nose, winking, is_far", [(18.0, EYE * (1, 0.2), False), (2.0, EYE * (1, 0.2), True)])
def test_of_a_turned_head_the_nearer_eye_is_told_and_no_wink(nose: float, winking: Points, is_far: bool) -> None:
    """The farther eye looks narrow, as if it winked."""
    found = landmarks(nose=nose, left_eye=winking)
    assert found.lid_height() == lid_height(EYE if is_far else winking)
    assert found.eye_balance() is None


def test_turned_eyes_are_as_far_apart_as_those_that_look_ahead() -> None:
    turned = landmarks(nose=10 + 0.43 * 16)
    assert turned.eye_distance() == pytest.approx(2**0.5 * landmarks().eye_distance())


def test_landmarks_that_fall_on_one_point_tell_nothing() -> None:
    nowhere = Landmarks(np.zeros((6, 2)), np.zeros((6, 2)), np.zeros((4, 2)), np.zeros((12, 2)))
    assert measures(nowhere) == [None] * 5
