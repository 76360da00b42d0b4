"""Claims about what a face is worth against the same person's others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.ranking.face_scores import (
    eye_scores,
    eyes_open,
    looks_away,
    presence_score,
    sharpness_scores,
    smile_scores,
    smiles,
)
from bestshot.ranking.people import Person
from tests.support.builders import face
from tests.support.each import every


@every("ratio, opening", [(0.0, 0.0), (0.1, 0.0), (0.3, 1.0), (0.5, 1.0), (None, None)])
def test_the_eyes_of_a_face_alone_are_closed_open_or_untold(ratio: float | None, opening: float | None) -> None:
    assert eyes_open(face(eyes=ratio)) == opening


@given(st.floats(-0.1, 0.4), st.floats(-0.1, 0.4))
def test_eyes_open_with_their_upper_lid(one: float, other: float) -> None:
    openings = [eyes_open(face(lid_height=lid)) or 0.0 for lid in sorted((one, other))]
    assert openings == sorted(openings)


def test_the_same_eyes_are_open_on_one_person_and_half_closed_on_another() -> None:
    narrow = Person({"a": face(lid_height=0.14), "b": face(lid_height=0.13)})
    wide = Person({"a": face(lid_height=0.26), "b": face(lid_height=0.13)})
    assert eye_scores(narrow)["b"] > 0.5 > eye_scores(wide)["b"]


def test_one_eye_closed_is_a_wink_and_a_turned_head_is_none() -> None:
    assert eye_scores(Person({"a": face(), "b": face(eye_balance=0.65)})) == {"a": 1, "b": 0}
    turned = Person({"a": face(eye_balance=0.85), "b": face(eye_balance=0.84)})
    assert min(eye_scores(turned).values()) == 1


def test_eyes_wide_with_surprise_do_not_make_the_usual_ones_look_tired() -> None:
    usual = {name: face(lid_height=0.17) for name in "abc"}
    assert set(eye_scores(Person({**usual, "d": face(lid_height=0.25), "e": face(lid_height=0.02)})).values()) == {0, 1}


def test_eyes_narrowed_by_a_broad_smile_are_open() -> None:
    lids = {"a": face(lid_height=0.21, smile=0.8)}
    assert eye_scores(Person({**lids, "b": face(lid_height=0.135, smile=1.2)}))["b"] > 0.5 + (
        eye_scores(Person({**lids, "b": face(lid_height=0.135, smile=0.8)}))["b"] - 0.5
    )


def test_eyes_of_a_face_turned_too_far_cannot_be_told() -> None:
    assert eyes_open(face(turn=-0.6)) is None
    assert eye_scores(Person({"a": face(turn=0.6)})) == {}


def test_eyes_whose_iris_is_hidden_are_shut_whatever_their_lids_seem_to_do() -> None:
    irises = {"a": 0.75, "b": 0.7, "c": 0.3}
    person = Person({name: face(lid_height=0.2 + iris / 100, iris=iris) for name, iris in irises.items()})
    assert eye_scores(person) == {"a": 1, "b": 1, "c": 0}


def test_an_iris_that_hardly_stands_out_is_not_missed() -> None:
    assert eye_scores(Person({"a": face(iris=0.15), "b": face(iris=0.0)})) == {"a": 1, "b": 1}


def test_who_looks_down_in_every_photo_does_not_blink() -> None:
    down = {"a": face(lid_height=0.12), "b": face(lid_height=0.05)}
    assert eye_scores(Person(down)) == {}
    assert eye_scores(Person({**down, "c": face(lid_height=0.2)}))["b"] == 0


def test_a_smile_is_measured_against_the_same_persons_broadest() -> None:
    grave = Person({"a": face(smile=0.65), "b": face(smile=0.9)})
    assert smile_scores(grave)["b"] == 1
    assert smile_scores(grave)["a"] < 0.5
    assert smile_scores(Person({"a": face(smile=0.65), "b": face(smile=None)})) == {"a": 1.0}
    assert smiles(face(smile=1.0))
    assert not smiles(face(smile=0.7))
    assert not smiles(face(smile=None))


def test_sharpness_is_measured_against_the_same_persons_sharpest_face() -> None:
    scores = sharpness_scores(Person({"a": face(sharpness=0.3), "b": face(sharpness=0.27), "c": face(sharpness=0.05)}))
    assert scores["a"] == scores["b"] == 1
    assert scores["c"] == 0
    assert sharpness_scores(Person({"a": face(sharpness=0.0), "b": face(sharpness=None)})) == {}


def test_who_is_away_counts_less_than_who_looks_and_more_than_who_is_missing() -> None:
    person = Person({"looks": face(), "turns": face(turn=0.33), "away": face(turn=-0.5), "unseen": face(turn=None)})
    looks, turns, away, unseen, missing = (presence_score(person, photo) for photo in (*person.faces, "missing"))
    assert away == pytest.approx(unseen)
    assert 1 == looks > turns > away > missing == 0
    assert [looks_away(found) for found in person.faces.values()] == [False, False, True, True]
