"""Claims about which photo of a group is best, and about the numbers it is told by."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import Face
from bestshot.model.groups import RankedPhoto, Verdict
from bestshot.model.photo import Metadata, Photo
from bestshot.model.times import CaptureTime
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.rank import judge
from bestshot.ranking.rules import JudgingRules, Preference, Weights
from tests.support.builders import appraisal, face, group, guess_at, metadata_with, photo, wall_at, zoned_at
from tests.support.each import every

shares = st.floats(0, 1)
faces = st.builds(
    face,
    left=st.sampled_from([0.0, 0.1, 0.4, 0.7]),
    eyes=st.none() | st.floats(0, 0.6),
    smile=st.none() | shares,
    sharpness=st.none() | st.floats(0, 100),
    turn=st.none() | st.floats(-0.6, 0.6),
    eye_balance=st.none() | shares,
    is_cut=st.booleans(),
)
appraisals = st.builds(
    Appraisal,
    st.floats(0, 100),
    shares,
    shares,
    st.none() | st.lists(faces, max_size=3).map(tuple),
    st.none() | st.floats(-12, 12),
    st.sampled_from([b"", bytes(1024), bytes([200]) * 1024]),
)
any_metadata = st.builds(
    metadata_with,
    st.integers(0, 3).map(wall_at) | st.integers(0, 3).map(guess_at),
    width=st.none() | st.integers(1, 9000),
    height=st.none() | st.integers(1, 9000),
    camera=st.none() | st.just("Camera"),
    rating=st.none() | st.sampled_from([-1, 1, 5]),
    is_favorite=st.booleans(),
)


def unrated(known: Metadata) -> Metadata:
    return replace(known, rating=None, is_favorite=False)


def worse_face(good: Face) -> Face:
    """The same face, blinking, blurred, cross and turned away, as far as it can be told."""
    return replace(
        good,
        eye_aspect_ratio=None if good.eye_aspect_ratio is None else 0.0,
        lid_height=None if good.lid_height is None else 0.0,
        smile=None if good.smile is None else 0.0,
        sharpness=None if good.sharpness is None else 0.0,
        is_cut=True,
    )


members = st.lists(st.tuples(appraisals, any_metadata), min_size=1, max_size=6)
Member = tuple[Appraisal, Metadata]


def judged(
    shots: Sequence[Member],
    rules: JudgingRules | None = None,
    photos: Sequence[Photo] = (),
    damages: Mapping[str, str] | None = None,
) -> Verdict:
    """The verdict on photos called p0, p1 and so on, or on those given; `damages` by id."""
    photos = photos or [photo(f"p{place}") for place in range(len(shots))]
    values = {one.id: shot for one, shot in zip(photos, shots, strict=True)}
    found = {name: replace(value, damage=(damages or {}).get(name)) for name, (value, _) in values.items()}
    known = {name: metadata for name, (_, metadata) in values.items()}
    return judge(Candidates.of(group(*photos), found, known), rules)


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
            assert reason.value is None or 0 <= reason.value <= 1


@given(members)
def test_every_photo_is_told_why_it_is_where_it_is(shots: list[Member]) -> None:
    ranking = judged(shots).ranking
    assert all(item.why and all(item.why) for item in ranking) or len(ranking) == 1


@given(st.lists(st.tuples(appraisals, any_metadata.map(unrated)), min_size=1, max_size=6))
def test_where_the_user_said_nothing_the_score_falls_from_place_to_place(shots: list[Member]) -> None:
    scores = [item.score for item in judged(shots).ranking]
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.tuples(appraisals, any_metadata.map(unrated)), min_size=1, max_size=6))
def test_nearly_as_good_is_only_a_photo_whose_score_is(shots: list[Member]) -> None:
    verdict = judged(shots)
    for one in verdict.ranking[1:]:
        if "is nearly as good as the best" in one.why:
            assert 0 < verdict.ranking[0].score - one.score < 0.1


def test_a_photo_of_much_less_sharpness_that_is_exposed_otherwise_is_not_said_to_be_nearly_as_good() -> None:
    dark = (appraisal(sharpness=0.4, brightness=0.4), metadata_with())
    verdict = judged([(appraisal(brightness=0.55), metadata_with()), dark, dark])
    assert verdict.best.id == "p0"
    assert [one.why for one in verdict.ranking[1:]] == [("is less good on the whole",)] * 2


@given(members, st.randoms(use_true_random=False))
def test_the_order_in_which_photos_come_changes_nothing(shots: list[Member], chance: Random) -> None:
    photos = [photo(f"p{place}") for place in range(len(shots))]
    together = list(zip(photos, shots, strict=True))
    chance.shuffle(together)
    shuffled = judged([shot for _, shot in together], photos=[one for one, _ in together])
    assert shuffled == judged(shots, photos=photos)


@given(st.lists(st.tuples(appraisals, any_metadata), min_size=1, max_size=5), st.integers(0, 4), st.data())
def test_a_photo_that_is_worse_in_everything_never_changes_the_best(
    shots: list[Member], place: int, data: st.DataObject
) -> None:
    """It shows what another one shows, later for all that is known, with every number worse and rejected.

    That other one is no copy, of which faces do not count: through the new one they would.
    """
    assume("copy" not in reasons(judged(shots), f"p{place % len(shots)}"))
    better, known = shots[place % len(shots)]
    worse = replace(
        better,
        sharpness=better.sharpness * data.draw(shares),
        clipped=1.0,
        faces=None if better.faces is None else tuple(map(worse_face, better.faces)),
        miniature=b"",
    )
    later = replace(known, taken=guess_at(9), rating=-1, is_favorite=False, camera=None)
    assert judged([*shots, (worse, later)]).best == judged(shots).best


@pytest.mark.parametrize(
    ("better", "worse", "reason"),
    [
        pytest.param(appraisal(face()), appraisal(face(eyes=0.1)), "eyes", id="closed eyes"),
        pytest.param(appraisal(face()), appraisal(face(eye_balance=0.6)), "eyes", id="a wink"),
        pytest.param(appraisal(face(), face(left=0.7)), appraisal(face()), "faces", id="a missing face"),
        pytest.param(appraisal(face()), appraisal(), "faces", id="no face at all"),
        pytest.param(appraisal(face()), appraisal(face(turn=0.5)), "faces", id="turned away"),
        pytest.param(appraisal(face()), appraisal(face(sharpness=0.5)), "face sharpness", id="a blurred face"),
        pytest.param(appraisal(face(smile=1.1)), appraisal(face(smile=0.8)), "smile", id="no smile"),
        pytest.param(appraisal(sharpness=2.0), appraisal(sharpness=1.0), "sharpness", id="blur"),
        pytest.param(appraisal(clipped=0.0), appraisal(clipped=0.2), "exposure", id="clipping"),
        pytest.param(appraisal(brightness=0.5), appraisal(brightness=0.9), "exposure", id="too bright"),
        pytest.param(appraisal(brightness=0.4), appraisal(brightness=0.1), "exposure", id="too dark"),
        pytest.param(appraisal(tilt=0.5), appraisal(tilt=-5.0), "composition", id="not level"),
        pytest.param(appraisal(face()), appraisal(face(is_cut=True)), "composition", id="a head cut off"),
    ],
)
def test_each_flaw_alone_costs_the_first_place(better: Appraisal, worse: Appraisal, reason: str) -> None:
    """The flawed photo is the earlier one, which would win if they were equal."""
    verdict = judged([(worse, metadata_with(wall_at(0))), (better, metadata_with(wall_at(5)))])
    assert verdict.best.id == "p1"
    assert verdict.confidence > 0
    best, flawed = reasons(verdict, "p1")[reason], reasons(verdict, "p0").get(reason, 0.0)
    assert best is not None
    assert flawed is not None
    assert best > flawed


FLAWS = [
    appraisal(face(eyes=0.1, smile=1.1), sharpness=1.2),
    appraisal(face(sharpness=0.3, smile=1.1), sharpness=1.2),
    appraisal(face(turn=0.42, smile=1.1), sharpness=1.2),
    appraisal(face(), sharpness=1.2),
    appraisal(face(smile=1.1), sharpness=1.0),
]
"""Each worse than the next one, for all that the lesser criteria say."""


@every("place", range(len(FLAWS) - 1))
def test_the_criteria_weigh_in_the_order_that_readme_says(place: int) -> None:
    whole = appraisal(face(smile=1.1), sharpness=1.2)
    verdict = judged([(FLAWS[place], metadata_with()), (FLAWS[place + 1], metadata_with()), (whole, metadata_with())])
    assert [item.photo.id for item in verdict.ranking] == ["p2", "p1", "p0"]


def test_a_small_copy_loses_against_its_original() -> None:
    small = metadata_with(wall_at(0), width=1600, height=1200)
    verdict = judged([(appraisal(), small), (appraisal(), metadata_with(wall_at(5)))])
    assert verdict.best.id == "p1"
    assert reasons(verdict, "p0")["resolution"] == pytest.approx(0.4)


def test_the_original_is_best_whatever_the_faces_of_its_copy_say() -> None:
    """In the small copy the eyes measure wider; it is the same moment, and no better one."""
    picture = bytes(range(256)) * 4
    original = appraisal(face(eyes=0.24, smile=0.7), miniature=picture)
    copy = appraisal(face(eyes=0.34, smile=1.2), miniature=picture, sharpness=2.0)
    verdict = judged(
        [(copy, metadata_with(wall_at(0), width=1600, height=1200)), (original, metadata_with(wall_at(0)))]
    )
    assert verdict.best.id == "p1"
    assert verdict.ranking[0].why[0] == "the original of a copy"
    assert verdict.ranking[1].why == ("is a copy of p1",)
    assert words(verdict, "p0") == {"copy": "copy of p1"}


def test_open_eyes_outweigh_a_little_sharpness() -> None:
    blink = appraisal(face(eyes=0.1), sharpness=1.0)
    verdict = judged([(blink, metadata_with()), (appraisal(face(), sharpness=0.8), metadata_with())])
    assert verdict.best.id == "p1"


def test_a_face_that_is_hardly_one_and_that_one_photo_shows_does_not_decide() -> None:
    dark = appraisal(face(detection_score=0.5), brightness=0.1, sharpness=0.5)
    verdict = judged([(dark, metadata_with()), *3 * [(appraisal(), metadata_with())]])
    assert verdict.ranking[-1].photo.id == "p0"
    assert set(reasons(verdict, "p0")) == {"sharpness", "exposure", "resolution"}


def test_nobody_is_missed_whom_few_photos_may_show() -> None:
    maybe = appraisal(face(detection_score=0.5))
    verdict = judged([*2 * [(maybe, metadata_with())], *3 * [(appraisal(), metadata_with())]])
    assert not any("does not clearly show" in text for item in verdict.ranking for text in item.why)
    usual = judged([*3 * [(maybe, metadata_with())], *2 * [(appraisal(), metadata_with())]])
    assert usual.ranking[-1].why == ("does not clearly show 1 face",)


def test_shut_eyes_do_not_win_over_those_that_cannot_be_told() -> None:
    """Three are turned so far that neither eye is told, and look away."""
    shut, turned = appraisal(face(eyes=0.05, turn=0.35)), appraisal(face(turn=0.6))
    ahead = appraisal(face(turn=0.35))
    verdict = judged([(shut, metadata_with()), *3 * [(turned, metadata_with())], (ahead, metadata_with())])
    assert [item.photo.id for item in verdict.ranking][::4] == ["p4", "p0"]


# What the user said


def test_a_favourite_and_then_more_stars_go_before_any_score() -> None:
    blink, fine = appraisal(face(eyes=0.1)), appraisal(face())
    verdict = judged(
        [
            (fine, metadata_with(rating=-1)),
            (fine, metadata_with()),
            (blink, metadata_with(rating=3)),
            (blink, metadata_with(rating=5)),
            (blink, metadata_with(is_favorite=True, rating=1)),
        ]
    )
    assert [item.photo.id for item in verdict.ranking] == ["p4", "p3", "p2", "p1", "p0"]
    assert verdict.confidence == 1
    assert verdict.ranking[0].why[0] == "your favourite"
    assert verdict.ranking[3].why == ("the best has more: your favourite",)
    assert verdict.ranking[4].why == ("rejected by you",)


def test_stars_that_all_photos_have_decide_nothing() -> None:
    shots = [(appraisal(face(eyes=0.1)), metadata_with(rating=4)), (appraisal(face()), metadata_with(rating=4))]
    verdict = judged(shots)
    assert verdict.best.id == "p1"
    assert "stars" not in " ".join(verdict.ranking[0].why)


def test_preferences_go_before_the_score_in_the_order_given_and_after_the_users_own_choice() -> None:
    photos = [photo("a.dng"), photo("b.jpg", folder="/keep"), photo("c.jpg")]
    rules = JudgingRules(preferences=(Preference.parse("folder:/keep"), Preference.parse("raw")))
    shots = [(appraisal(sharpness=sharp), metadata_with()) for sharp in (0.1, 0.2, 1.0)]
    verdict = judged(shots, rules, photos)
    assert [item.photo.id for item in verdict.ranking] == ["b.jpg", "a.dng", "c.jpg"]
    assert verdict.ranking[0].why[0] == "preferred as in the folder you named"
    assert verdict.ranking[2].why[0] == "is not preferred as in the folder you named"
    chosen = [*shots[:2], (appraisal(), metadata_with(is_favorite=True))]
    assert judged(chosen, rules, photos).best.id == "c.jpg"


def test_the_largest_may_be_preferred() -> None:
    small = appraisal(), metadata_with(width=100, height=100)
    rules = JudgingRules(preferences=(Preference.parse("largest"),))
    assert judged([small, (appraisal(sharpness=0.1), metadata_with())], rules).best.id == "p1"


@given(st.integers(2, 8), st.sampled_from(["Anna", "ANNA", "anna"]))
def test_who_is_preferred_looks_best_however_many_others_blink_for_it(others: int, name: str) -> None:
    def shot(anna: float, rest: float, called: str = "") -> Member:
        family = [face(left=0.05 * place, eyes=rest) for place in range(1, 1 + others)]
        return appraisal(replace(face(left=0.8, eyes=anna), name=called), *family), metadata_with()

    shots = [shot(0.0, 0.3), shot(0.3, 0.0, "Anna")]
    assert judged(shots).best.id == "p0"
    assert judged(shots, JudgingRules(people=(name,))).best.id == "p1"
    assert judged(shots, JudgingRules(people=("Ann",))) == judged(shots)


def test_who_is_preferred_does_not_make_a_blurred_photo_best_for_a_slightly_broader_smile() -> None:
    anna, ben = replace(face(), name="Anna"), face(left=0.8)
    sharp, blurred = appraisal(anna, ben), appraisal(replace(anna, smile=0.85, sharpness=0.3), ben, sharpness=0.3)
    shots = [(sharp, metadata_with()), (blurred, metadata_with())]
    assert judged(shots, JudgingRules(people=("Anna",))).best.id == "p0"


# Equals


def test_of_equals_the_earliest_is_best_and_the_choice_a_toss_up() -> None:
    verdict = judged([(appraisal(), metadata_with(wall_at(5))), (appraisal(), metadata_with(wall_at(1)))])
    assert verdict.best.id == "p1"
    assert verdict.confidence == 0
    assert verdict.ranking[0].why == ("as good as the others, and the earliest",)
    assert verdict.ranking[1].why == ("is as good as the best, but comes later",)


def test_of_equals_from_two_zones_the_one_taken_first_is_best_whatever_the_clocks_on_the_wall_said() -> None:
    later_by_a_clock_that_is_behind = metadata_with(zoned_at(60, -8)), metadata_with(zoned_at(0, 2))
    assert judged([(appraisal(), known) for known in later_by_a_clock_that_is_behind]).best.id == "p1"


def test_of_equals_the_one_whose_id_comes_first_is_best() -> None:
    assert judged([(appraisal(), metadata_with())] * 3).best.id == "p0"


@pytest.mark.parametrize("guess", [guess_at(-100), guess_at(100)])
def test_of_equals_a_copy_with_a_guessed_time_is_not_taken_for_the_earliest(guess: CaptureTime) -> None:
    """A messenger's copy bears a bare date, which reads as midnight, before the photo itself."""
    assert judged([(appraisal(), metadata_with(guess)), (appraisal(), metadata_with(wall_at(0)))]).best.id == "p1"


# What cannot be told


def test_what_cannot_be_told_is_left_out_and_not_guessed() -> None:
    """Nobody looked for faces, no size is known: no reason speaks of them, and the score is that of the rest."""
    told = judged([(appraisal(looked=False), metadata_with())])
    assert set(reasons(told, "p0")) == {"sharpness", "exposure", "resolution"}
    untold = judged([(appraisal(face(eyes=None, smile=None, sharpness=None)), metadata_with(width=None, height=None))])
    assert set(reasons(untold, "p0")) == {"faces", "sharpness", "exposure", "composition"}
    assert untold.ranking[0].score == 1.0


def test_a_face_whose_eyes_cannot_be_told_does_not_lower_those_that_can() -> None:
    verdict = judged([(appraisal(face(), face(left=0.7, eyes=None)), metadata_with())])
    assert reasons(verdict, "p0")["eyes"] == 1.0
    assert words(verdict, "p0")["eyes"] == "eyes open on 1 of 1 face"


def test_without_any_face_in_the_group_nobody_is_blamed_for_it() -> None:
    verdict = judged([(appraisal(), metadata_with()), (appraisal(), metadata_with())])
    assert "faces" not in reasons(verdict, "p0")


def test_a_small_face_that_few_photos_show_lifts_none_of_them_above_a_better_one() -> None:
    """Of somebody in motion a face is found by chance now and then, in two of six photos here."""
    seen = appraisal(face(detection_score=0.5, eyes=None, smile=None, sharpness=None), sharpness=0.7)
    unseen = appraisal(sharpness=0.7)
    verdict = judged([(one, metadata_with()) for one in (seen, seen, unseen, appraisal(sharpness=1.0), unseen, unseen)])
    assert verdict.best.id == "p3"


def test_where_nothing_is_sharp_sharpness_says_nothing() -> None:
    assert "sharpness" not in reasons(judged([(appraisal(sharpness=0), metadata_with())]), "p0")


# Words


def test_a_family_is_told_in_words() -> None:
    def family(*, anna: Face, ben: Face, sharpness: float = 1.0) -> Appraisal:
        return appraisal(anna, ben, sharpness=sharpness)

    left, right = {"left": 0.1}, {"left": 0.7}
    verdict = judged(
        [
            (family(anna=face(**left, eyes=0.1), ben=face(**right, smile=1.0)), metadata_with()),
            (family(anna=face(**left), ben=face(**right, smile=1.0)), metadata_with()),
            (appraisal(face(**left)), metadata_with()),
            (family(anna=face(**left), ben=face(**right, smile=1.0, sharpness=0.3), sharpness=0.5), metadata_with()),
        ]
    )
    assert verdict.best.id == "p1"
    why = {item.photo.id: item.why for item in verdict.ranking}
    assert why["p0"] == ("blinks (left face)",)
    assert why["p2"][0] == "does not clearly show 1 face (right face)"
    assert why["p3"] == ("has a less sharp face (right face)", "is less sharp")
    assert "eyes open on 2 of 2 faces" in why["p1"]
    assert why["p1"][-1].startswith(f"{verdict.ranking[1].photo.name} ")


def test_a_face_that_the_source_knows_by_name_is_called_so() -> None:
    anna, other = face(left=0.1, eyes=0.1, name="Anna\n"), face(left=0.7)
    verdict = judged(
        [(appraisal(anna, other), metadata_with()), (appraisal(replace(anna, lid_height=0.21), other), metadata_with())]
    )
    assert verdict.ranking[1].why == (r"blinks (Anna\n)",)


def test_reasons_say_in_words_what_the_numbers_mean() -> None:
    shots = [
        (appraisal(face(smile=1.0), face(left=0.7, eyes=0.1), clipped=0.012, tilt=3.0), metadata_with()),
        (appraisal(face(sharpness=0.5), sharpness=0.5), metadata_with()),
    ]
    verdict = judged(shots)
    assert words(verdict, "p0") == {
        "eyes": "eyes open on 1 of 1 face",
        "faces": "2 of 2 faces turned to the camera",
        "face sharpness": "sharpest faces",
        "smile": "1 of 2 faces smiling",
        "sharpness": "sharpest picture",
        "exposure": "brightness 45%, 1.2% clipped",
        "resolution": "4000 x 3000 pixels",
        "composition": "tilted by 3.0 degrees, no head cut off",
    }
    assert words(verdict, "p1")["sharpness"] == "picture 50% as sharp as the sharpest"
    assert words(verdict, "p1")["faces"] == "1 of 1 face turned to the camera, 1 not clearly seen"


def test_what_is_but_less_bad_is_no_reason_to_be_the_best() -> None:
    """Somebody who never smiles, with eyes closed in each, in a picture too dark."""
    verdict = judged(
        [
            (appraisal(face(smile=0.72, eyes=0.15), brightness=0.10), metadata_with()),
            (appraisal(face(smile=0.71, eyes=0.14), brightness=0.09), metadata_with()),
            (appraisal(face(smile=0.5, eyes=0.02), brightness=0.05, sharpness=0.6), metadata_with()),
        ]
    )
    assert verdict.best.id == "p0"
    assert verdict.ranking[0].why == ("picture as sharp as any",)


def test_one_that_is_a_little_worse_is_not_said_to_be_as_good_and_late() -> None:
    verdict = judged([(appraisal(sharpness=0.98), metadata_with()), (appraisal(), metadata_with(wall_at(1)))])
    assert verdict.best.id == "p1"
    assert verdict.ranking[0].why == ("a little better on the whole",)
    assert verdict.ranking[1].why == ("is nearly as good as the best",)


def test_no_face_is_said_to_be_so_many_percent_as_sharp() -> None:
    """Its mark goes from blurred to sharp; a face of half the sharpness may have lost more than half of it."""
    verdict = judged([(appraisal(face()), metadata_with()), (appraisal(face(sharpness=0.4)), metadata_with())])
    assert words(verdict, "p1")["face sharpness"] == "face less sharp than the sharpest"


def test_a_hair_less_sharp_is_as_sharp() -> None:
    verdict = judged([(appraisal(sharpness=1.0), metadata_with()), (appraisal(sharpness=0.99), metadata_with())])
    assert words(verdict, "p1")["sharpness"] == "picture as sharp as any"


def test_only_the_proportions_of_the_weights_count() -> None:
    shots = [
        (appraisal(face(), sharpness=0.5), metadata_with()),
        (appraisal(sharpness=1.0, clipped=0.1), metadata_with()),
    ]
    doubled = Weights(**{field.name: 2 * getattr(Weights(), field.name) for field in fields(Weights)})
    assert judged(shots, JudgingRules(doubled)).ranking == judged(shots).ranking


def test_a_weight_of_nothing_makes_a_criterion_count_for_nothing() -> None:
    shots = [(appraisal(face(eyes=0.1)), metadata_with(wall_at(0))), (appraisal(face()), metadata_with(wall_at(5)))]
    assert judged(shots, JudgingRules(replace(Weights(), eyes=0.0))).best.id == "p0"


def test_a_clear_lead_is_beyond_doubt_and_so_is_a_photo_alone() -> None:
    assert judged([(appraisal(face()), metadata_with()), (appraisal(face(eyes=0.1)), metadata_with())]).confidence == 1
    assert judged([(appraisal(), metadata_with())]).confidence == 1


LOST = "is damaged below line 1,920"


@given(st.lists(st.tuples(appraisals, any_metadata), min_size=2, max_size=6), st.data())
def test_no_damaged_photo_is_before_a_sound_one_whatever_is_said_of_it(
    shots: list[Member], data: st.DataObject
) -> None:
    names = [f"p{place}" for place in range(len(shots))]
    damages = dict.fromkeys(data.draw(st.sets(st.sampled_from(names), min_size=1)), LOST)
    verdict = judged(shots, damages=damages)
    order = [item.photo.id in damages for item in verdict.ranking]
    assert order == sorted(order)
    assert sorted(item.photo.id for item in verdict.ranking) == names
    assert all(LOST in item.why for item in verdict.ranking if item.photo.id in damages)
    scores = [item.score for item in verdict.ranking]
    assert any(item.photo.id not in damages for item in verdict.ranking) is (LOST not in verdict.ranking[0].why)
    assert len(damages) == len(names) or scores[-1] == 0


@given(members, appraisals, any_metadata)
def test_a_damaged_photo_changes_nothing_about_the_others(
    shots: list[Member], look: Appraisal, known: Metadata
) -> None:
    assume(len(shots) > 1)
    alone = judged(shots)
    beside = judged([*shots, (look, known)], damages={f"p{len(shots)}": LOST})
    assert beside.ranking[:-1] == alone.ranking
    assert beside.confidence == alone.confidence


def test_a_group_whose_photos_are_all_damaged_says_so() -> None:
    shots = [(appraisal(looked=False), metadata_with(wall_at(second))) for second in range(2)]
    verdict = judged(shots, damages={"p0": LOST, "p1": "is damaged"})
    assert [item.why[:2] for item in verdict.ranking] == [
        (LOST, "as are all photos of this group"),
        ("is damaged", "as are all photos of this group"),
    ]
    assert [item.reasons[0].text for item in verdict.ranking] == [LOST, "is damaged"]


def test_the_only_sound_photo_is_best_for_that() -> None:
    verdict = judged([(appraisal(), metadata_with(rating=5)), (appraisal(), metadata_with())], damages={"p0": LOST})
    assert [(item.photo.id, item.why) for item in verdict.ranking] == [
        ("p1", ("the only photo that is not damaged",)),
        ("p0", (LOST,)),
    ]
    assert verdict.confidence == 1


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 0.81, 1.0, 3.0]), st.sampled_from([None, 1280, 1200, 640, 300])),
        min_size=1,
        max_size=6,
    )
)
def test_the_sharpness_of_a_photo_is_its_least_share_of_that_of_another_at_the_scale_of_both(
    measured: list[tuple[float, int | None]],
) -> None:
    shots = [
        appraisal(sharpness=sharpness, longest_side=side, reduced_sharpness=((160, 2 * sharpness),))
        for sharpness, side in measured
    ]
    # Minutes apart, so that none is a copy of another.
    verdict = judged([(shot, metadata_with(wall_at(60.0 * place))) for place, shot in enumerate(shots)])
    for place, shot in enumerate(shots):
        side = shot.longest_side or 1280
        others = [other for other in shots if shot.longest_side is None or (other.longest_side or side) >= 0.25 * side]
        pairs = [(shot.sharpness_beside(other), other.sharpness_beside(shot)) for other in others if other is not shot]
        shares = [own / theirs for own, theirs in pairs if own is not None and theirs]
        expected = round(min([1.0, *shares]), 2) if any(one.sharpness for one in shots) else None
        assert reasons(verdict, f"p{place}").get("sharpness") == expected
