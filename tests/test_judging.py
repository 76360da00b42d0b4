"""Claims about which photo of a group is best, and about the numbers it is told by."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.judging import Weights, eyes_open, judge
from bestshot.model import Appraisal, CaptureTime, Metadata, RankedPhoto, Verdict
from tests.builders import appraisal, face, group, guess_at, metadata, photo, wall_at, zoned_at

shares = st.floats(0, 1)
faces = st.builds(
    face,
    eyes=st.none() | st.floats(0, 0.6),
    smile=st.none() | shares,
    sharpness=st.none() | st.floats(0, 100),
)
appraisals = st.builds(
    Appraisal,
    st.floats(0, 100),
    shares,
    shares,
    st.none() | st.lists(faces, max_size=3).map(tuple),
)
facts = st.builds(
    metadata,
    st.integers(0, 3).map(wall_at) | st.integers(0, 3).map(guess_at),
    width=st.none() | st.integers(1, 9000),
    height=st.none() | st.integers(1, 9000),
)
members = st.lists(st.tuples(appraisals, facts), min_size=1, max_size=6)
Member = tuple[Appraisal, Metadata]


def judged(shots: Sequence[Member], weights: Weights | None = None) -> Verdict:
    """The verdict on photos called p0, p1 and so on."""
    photos = [photo(f"p{place}") for place in range(len(shots))]
    values = {one.id: shot for one, shot in zip(photos, shots, strict=True)}
    return judge(
        group(*photos),
        {name: value for name, (value, _) in values.items()},
        {name: known for name, (_, known) in values.items()},
        weights,
    )


def ranked(verdict: Verdict, name: str) -> RankedPhoto:
    return next(item for item in verdict.ranking if item.photo.id == name)


def reasons(verdict: Verdict, name: str) -> dict[str, float | None]:
    return {reason.name: reason.value for reason in ranked(verdict, name).reasons}


def words(verdict: Verdict, name: str) -> dict[str, str]:
    return {reason.name: reason.text for reason in ranked(verdict, name).reasons}


@given(members)
def test_every_photo_has_its_place_and_all_numbers_are_between_0_and_1(shots: list[Member]) -> None:
    verdict = judged(shots)
    assert {item.photo for item in verdict.ranking} == set(verdict.group.photos)
    assert len(verdict.ranking) == len(shots)
    assert 0 <= verdict.confidence <= 1
    for item in verdict.ranking:
        assert 0 <= item.score <= 1
        for reason in item.reasons:
            assert reason.name
            assert reason.text
            assert reason.value is not None
            assert 0 <= reason.value <= 1


@given(members)
def test_the_ranking_falls_and_ties_go_to_the_earliest_then_to_the_id(shots: list[Member]) -> None:
    def order(item: RankedPhoto) -> tuple[float, bool, float, str]:
        taken = shots[int(item.photo.id[1:])][1].taken
        return -item.score, taken.is_guess, taken.seconds, item.photo.id

    ranking = judged(shots).ranking
    assert list(ranking) == sorted(ranking, key=order)


@given(members)
def test_the_same_photos_are_judged_the_same_again(shots: list[Member]) -> None:
    assert judged(shots) == judged(shots)


@given(members)
def test_a_photo_gains_or_loses_nothing_by_the_name_it_has(shots: list[Member]) -> None:
    forward, backward = judged(shots), judged(shots[::-1])
    assert [item.score for item in forward.ranking] == [item.score for item in backward.ranking]


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        pytest.param(appraisal(face(eyes=0.3)), appraisal(face(eyes=0.1)), "eyes", id="closed eyes"),
        pytest.param(appraisal(face(), face()), appraisal(face()), "faces", id="a missing face"),
        pytest.param(appraisal(face()), appraisal(), "faces", id="no face at all"),
        pytest.param(
            appraisal(face(sharpness=2.0)), appraisal(face(sharpness=1.0)), "face sharpness", id="a blurred face"
        ),
        pytest.param(appraisal(face(smile=0.9)), appraisal(face(smile=0.1)), "smile", id="no smile"),
        pytest.param(appraisal(sharpness=2.0), appraisal(sharpness=1.0), "sharpness", id="blur"),
        pytest.param(appraisal(clipped=0.0), appraisal(clipped=0.2), "exposure", id="clipping"),
        pytest.param(appraisal(brightness=0.5), appraisal(brightness=0.9), "exposure", id="too bright"),
        pytest.param(appraisal(brightness=0.4), appraisal(brightness=0.1), "exposure", id="too dark"),
    ],
)
def test_each_flaw_alone_costs_the_first_place(better: Appraisal, worse: Appraisal, reason: str) -> None:
    """The flawed photo is the earlier one, which would win if they were equal."""
    verdict = judged([(worse, metadata(wall_at(0))), (better, metadata(wall_at(1)))])
    assert verdict.best.id == "p1"
    assert verdict.confidence > 0
    best, flawed = reasons(verdict, "p1")[reason], reasons(verdict, "p0")[reason]
    assert best is not None
    assert flawed is not None
    assert best > flawed


def test_a_small_copy_loses_against_its_original() -> None:
    small = metadata(wall_at(0), width=1600, height=1200)
    verdict = judged([(appraisal(), small), (appraisal(), metadata(wall_at(1)))])
    assert verdict.best.id == "p1"
    assert reasons(verdict, "p0")["resolution"] == pytest.approx(0.4)


def test_open_eyes_outweigh_a_little_sharpness() -> None:
    blink = appraisal(face(eyes=0.1), sharpness=1.0)
    verdict = judged([(blink, metadata()), (appraisal(face(eyes=0.3), sharpness=0.8), metadata())])
    assert verdict.best.id == "p1"


@pytest.mark.parametrize(("ratio", "opening"), [(0.0, 0.0), (0.1, 0.0), (0.3, 1.0), (0.5, 1.0), (None, None)])
def test_eyes_are_closed_open_or_untold_by_their_aspect_ratio(ratio: float | None, opening: float | None) -> None:
    assert eyes_open(face(eyes=ratio)) == opening


@given(st.floats(0, 0.6), st.floats(0, 0.6))
def test_eyes_open_with_their_aspect_ratio(one: float, other: float) -> None:
    openings = [eyes_open(face(eyes=ratio)) or 0.0 for ratio in sorted((one, other))]
    assert openings == sorted(openings)


def test_of_equals_the_earliest_is_best_and_the_choice_a_toss_up() -> None:
    verdict = judged([(appraisal(), metadata(wall_at(5))), (appraisal(), metadata(wall_at(1)))])
    assert verdict.best.id == "p1"
    assert verdict.confidence == 0


def test_of_equals_from_two_zones_the_one_taken_first_is_best_whatever_the_clocks_on_the_wall_said() -> None:
    later_by_a_clock_that_is_behind = metadata(zoned_at(60, -8)), metadata(zoned_at(0, 2))
    assert judged([(appraisal(), known) for known in later_by_a_clock_that_is_behind]).best.id == "p1"


def test_of_equals_the_one_whose_id_comes_first_is_best() -> None:
    assert judged([(appraisal(), metadata())] * 3).best.id == "p0"


@pytest.mark.parametrize("guess", [guess_at(-100), guess_at(100)])
def test_of_equals_a_copy_with_a_guessed_time_is_not_taken_for_the_earliest(guess: CaptureTime) -> None:
    """A messenger's copy bears a bare date, which reads as midnight, before the photo itself."""
    assert judged([(appraisal(), metadata(guess)), (appraisal(), metadata(wall_at(0)))]).best.id == "p1"


def test_what_cannot_be_told_is_left_out_and_not_guessed() -> None:
    """Nobody looked for faces, no size is known: no reason speaks of them, and the score is that of the rest."""
    told = judged([(appraisal(looked=False), metadata())])
    assert set(reasons(told, "p0")) == {"sharpness", "exposure", "resolution"}
    untold = judged([(appraisal(face(eyes=None, smile=None, sharpness=None)), metadata(width=None, height=None))])
    assert set(reasons(untold, "p0")) == {"faces", "sharpness", "exposure"}
    assert untold.ranking[0].score == 1.0


def test_a_face_whose_eyes_cannot_be_told_does_not_lower_those_that_can() -> None:
    verdict = judged([(appraisal(face(eyes=0.3), face(eyes=None)), metadata())])
    assert reasons(verdict, "p0")["eyes"] == 1.0
    assert words(verdict, "p0")["eyes"] == "eyes open on 1 of 1 face"


def test_without_any_face_in_the_group_nobody_is_blamed_for_it() -> None:
    verdict = judged([(appraisal(), metadata()), (appraisal(), metadata())])
    assert "faces" not in reasons(verdict, "p0")


def test_where_nothing_is_sharp_sharpness_says_nothing() -> None:
    assert "sharpness" not in reasons(judged([(appraisal(sharpness=0), metadata())]), "p0")


def test_reasons_say_in_words_what_the_numbers_mean() -> None:
    shots = [
        (appraisal(face(eyes=0.3, smile=0.5), face(eyes=0.1, smile=0.5), clipped=0.012), metadata()),
        (appraisal(face(sharpness=0.5), sharpness=0.5), metadata()),
    ]
    verdict = judged(shots)
    assert words(verdict, "p0") == {
        "eyes": "eyes open on 1 of 2 faces",
        "faces": "2 faces found",
        "face sharpness": "sharpest faces",
        "smile": "smile 50%",
        "sharpness": "sharpest picture",
        "exposure": "brightness 45%, 1.2% clipped",
        "resolution": "4000 x 3000 pixels",
    }
    assert words(verdict, "p1")["sharpness"] == "picture 50% as sharp as the sharpest"
    assert words(verdict, "p1")["faces"] == "1 face found"


def test_a_hair_less_sharp_is_as_sharp() -> None:
    verdict = judged([(appraisal(sharpness=1.0), metadata()), (appraisal(sharpness=0.99), metadata())])
    assert words(verdict, "p1")["sharpness"] == "picture as sharp as any"


def test_only_the_proportions_of_the_weights_count() -> None:
    shots = [(appraisal(face(), sharpness=0.5), metadata()), (appraisal(sharpness=1.0, clipped=0.1), metadata())]
    doubled = Weights(8, 6, 6, 2, 4, 2, 2)
    assert judged(shots, doubled).ranking == judged(shots).ranking


def test_a_clear_lead_is_beyond_doubt_and_so_is_a_photo_alone() -> None:
    assert judged([(appraisal(), metadata()), (appraisal(sharpness=0.1), metadata())]).confidence == 1
    assert judged([(appraisal(), metadata())]).confidence == 1
