"""Claims about what kind of group it is, and about sets that are kept whole."""

from collections.abc import Sequence
from dataclasses import replace
from math import log2
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.appraisal import MINIATURE_SIZE
from bestshot.model.burst_names import BurstFrame
from bestshot.model.groups import Group, GroupKind, Verdict
from bestshot.model.photo import Metadata
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.kinds import kind_of
from bestshot.ranking.rank import judge
from bestshot.ranking.rules import JudgingRules
from tests.support.builders import appraisal, guess_at, metadata_with, photo, wall_at
from tests.unit.grouping.test_pans import framed

SCENE = np.random.default_rng(1).integers(60, 200, 1024).astype(np.float64)


def frame(
    name: str, seconds: float, ev: float | None = None, *, light: float | None = None, camera: str = "A"
) -> Candidate:
    """A frame of one scene, exposed with so many EV less than the middle; `light` says how bright it came out."""
    exposure = {} if ev is None else {"exposure_seconds": 0.01 / 2**ev, "f_number": 4.0, "iso": 100}
    gain = 2 ** (-(ev or 0) / 2.2) if light is None else light
    picture = np.clip(SCENE * gain, 0, 255)
    measured = appraisal(
        looked=False, brightness=float(picture.mean()) / 255, miniature=picture.astype(np.uint8).tobytes()
    )
    return Candidate(photo(name), measured, metadata_with(wall_at(seconds), camera=camera, **exposure))


def copy_of(one: Candidate, name: str) -> Candidate:
    """The frame as a messenger sends it."""
    return Candidate(photo(name, size=100), one.appraisal, metadata_with(guess_at(0), width=800, height=600))


def group_of(*frames: Candidate) -> Candidates:
    ordered = sorted(frames, key=lambda one: one.id)
    return Candidates.of(
        Group(tuple(one.photo for one in ordered)),
        {one.id: one.appraisal for one in ordered},
        {one.id: one.metadata for one in ordered},
    )


def kind(*frames: Candidate) -> GroupKind:
    return kind_of(group_of(*frames))


def bracket(*values: float, pause: float = 0.5) -> list[Candidate]:
    return [frame(f"b{place}.jpg", place * pause, ev) for place, ev in enumerate(values)]


def undated(one: Candidate) -> Candidate:
    return replace(one, metadata=replace(one.metadata, taken=guess_at(0)))


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(bracket(-1, 0, 1), id="upwards"),
        pytest.param(bracket(0, -2, 2), id="the middle first"),
        pytest.param(bracket(0.0, -0.7, -2.3, 1.4), id="uneven steps"),
        pytest.param(bracket(-3, -1, 0, 2, 3, pause=47.0), id="by hand, with long pauses"),
        pytest.param(bracket(-3, 0, 3, pause=210.0), id="by hand, at night"),
        pytest.param([undated(one) for one in bracket(-3, 0, 3)], id="a camera whose clock was never set"),
        pytest.param([*bracket(-1, 0, 1), *(frame(f"c{n}.jpg", 9 + n, 0) for n in range(4))], id="a burst goes on"),
        pytest.param([*bracket(-1, 0, 1), copy_of(bracket(0)[0], "sent.jpg")], id="one of it was sent"),
    ],
)
def test_exposures_of_one_thing_in_three_steps_and_more_are_a_bracket(frames: list[Candidate]) -> None:
    assert kind(*frames) is GroupKind.BRACKET


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(bracket(-1, 1), id="two exposures"),
        pytest.param(bracket(0, -2, 0, -2), id="two steps"),
        pytest.param(bracket(0, 0.3, 0.6, 0.9), id="a passing cloud"),
        pytest.param([frame(f"{n}.jpg", n, n, light=1.0) for n in range(4)], id="the light fades, pictures do not"),
        pytest.param(bracket(-1, 0, 1, pause=400.0), id="minutes apart"),
        pytest.param([frame(f"{n}.jpg", n, ev, camera=f"{n}") for n, ev in enumerate((-1, 0, 1))], id="three cameras"),
    ],
)
def test_other_differences_of_exposure_are_no_bracket(frames: list[Candidate]) -> None:
    assert kind(*frames) in (GroupKind.BURST, GroupKind.RETAKES)


@pytest.mark.parametrize(
    "lights", [(0.3, 0.6, 1.2), (1.2, 0.6, 0.3), (0.6, 0.3, 1.2), (1.2, 0.8, 0.78, 0.8, 0.78, 0.5, 0.3)]
)
def test_without_exif_steady_steps_of_brightness_of_the_same_content_are_a_bracket(lights: Sequence[float]) -> None:
    assert kind(*(frame(f"{n}.jpg", n, light=light) for n, light in enumerate(lights))) is GroupKind.BRACKET


@pytest.mark.parametrize("lights", [(1, 0.3, 1, 1), (1, 0.3, 1, 0.5, 1), (0.3, 1, 1, 1, 2)])
def test_without_exif_a_few_dark_frames_are_faults(lights: Sequence[float]) -> None:
    assert kind(*(frame(f"{n}.jpg", n, light=light) for n, light in enumerate(lights))) is GroupKind.BURST


def test_without_a_date_nothing_is_a_bracket_by_its_looks_since_edits_look_so() -> None:
    frames = [copy_of(frame("a", 0, light=light), f"{light}.jpg") for light in (0.3, 0.6, 1.2)]
    assert kind(*frames) is GroupKind.RETAKES


@pytest.mark.parametrize(
    ("lights", "found"),
    [
        ((0.2, 0.3, 0.5, 0.8, 1.2), GroupKind.BRACKET),
        ((1.2, 0.8, 0.5, 0.3, 0.2), GroupKind.BRACKET),
        ((0.5, 0.2, 1.2, 0.3, 0.8), GroupKind.RETAKES),
        ((0.3, 0.5, 0.8, 1.2), GroupKind.RETAKES),
    ],
)
def test_many_frames_without_dates_that_are_numbered_by_their_brightness_are_a_bracket(
    lights: Sequence[float], found: GroupKind
) -> None:
    """Pictures of a bracket that a program wrote without their EXIF."""
    assert kind(*(undated(frame(f"{8 + n}.jpg", 0, light=light)) for n, light in enumerate(lights))) is found


def test_many_frames_at_even_intervals_are_a_time_lapse() -> None:
    assert kind(*(frame(f"{n:02}.jpg", n * 10.0) for n in range(12))) is GroupKind.TIME_LAPSE


def test_what_a_hand_releases_is_none() -> None:
    seconds = np.cumsum(np.random.default_rng(2).uniform(2, 9, 12))
    assert kind(*(frame(f"{n:02}.jpg", at) for n, at in enumerate(seconds))) is GroupKind.BURST


def test_pauses_tell_retakes_from_a_burst_and_one_picture_in_many_files_is_copies() -> None:
    assert kind(frame("a.jpg", 0), frame("b.jpg", 1, light=0.95)) is GroupKind.BURST
    assert kind(frame("a.jpg", 0), frame("b.jpg", 60, light=0.95)) is GroupKind.RETAKES
    one = frame("a.jpg", 0)
    assert kind(one, copy_of(one, "sent.jpg")) is GroupKind.COPIES


def test_exposure_values_are_those_of_the_tables() -> None:
    """f/16 at 1/125 s and ISO 100 is EV 15 (ISO 2720): the rule of the sunny day."""
    sunny = Metadata(wall_at(0), exposure_seconds=1 / 125, f_number=16.0, iso=100)
    assert sunny.exposure_value == pytest.approx(log2(256 * 125))
    assert Metadata(wall_at(0), exposure_seconds=1 / 125, f_number=16.0, iso=400).exposure_value == pytest.approx(
        log2(256 * 125) - 2
    )
    assert Metadata(wall_at(0), f_number=16.0).exposure_value is None


def judged(*frames: Candidate, rules: JudgingRules | None = None) -> Verdict:
    return judge(group_of(*frames), rules)


def test_a_set_is_kept_whole_and_the_middle_exposure_stands_for_it() -> None:
    found = judged(*bracket(0, -2, 2))
    assert (found.kind, found.best.id, found.rest) == (GroupKind.BRACKET, "b0.jpg", ())
    assert found.ranking[0].why == ("stands for the bracket, which is kept whole", "the middle exposure")
    assert found.ranking[1].why[1] == "2.0 EV brighter than the middle"


def test_what_is_merged_from_a_bracket_stands_for_it() -> None:
    merged = frame("b_HDR.jpg", 3, light=1.0)
    assert judged(*bracket(-1, 0, 1), merged).best.id == "b_HDR.jpg"


def test_the_users_favourite_stands_for_its_set() -> None:
    frames = bracket(-1, 0, 1)
    loved = replace(frames[2].metadata, is_favorite=True)
    chosen = replace(frames[2], metadata=loved)
    assert judged(*frames[:2], chosen).best.id == frames[2].id


def test_a_damaged_frame_never_stands_for_its_set() -> None:
    frames = bracket(-1, 0, 1, 2)
    middle = frames[1]
    broken = replace(middle, appraisal=replace(middle.appraisal, damage="is cut off"))
    candidates = group_of(*frames)
    hurt = Candidates(
        candidates.group, tuple(broken if one.id == middle.id else one for one in candidates.everyone), {}, {}
    )
    assert judge(hurt).best.id != middle.id


def test_a_user_may_have_sets_treated_as_bursts() -> None:
    found = judged(*bracket(-1, 0, 1), rules=JudgingRules(keeps_sets=False))
    assert found.kind is GroupKind.BURST
    assert len(found.rest) == 2


@given(st.permutations([-2.0, -1.0, 0.0, 1.0]))
def test_the_order_of_frames_and_names_decides_neither_kind_nor_representative(values: list[float]) -> None:
    frames = bracket(*values)
    names = [one.id for one in frames]
    assert kind(*frames[::-1]) is GroupKind.BRACKET
    assert judged(*frames[::-1]) == judged(*frames)
    assert sorted(names) == sorted(ranked.photo.id for ranked in judged(*frames).ranking)


def test_frames_that_a_camera_named_as_one_burst_are_a_sequence_unless_they_are_a_bracket() -> None:
    names = [f"IMG_20171207_063654_BURST00{place}.jpg" for place in range(1, 4)]
    assert kind(*(frame(name, place) for place, name in enumerate(names))) is GroupKind.SEQUENCE
    assert kind(*(frame(name, place, 2.0 * place) for place, name in enumerate(names))) is GroupKind.BRACKET
    assert kind(frame(names[0], 0), frame(names[1], 1), frame("IMG_1.jpg", 2)) is GroupKind.BURST


def test_frames_that_state_one_burst_are_a_sequence_of_the_camera() -> None:
    def told(place: int, burst: str) -> Candidate:
        one = frame(f"{place}.jpg", place)
        return replace(one, metadata=replace(one.metadata, burst=BurstFrame(burst, is_cover=False, is_stated=True)))

    assert kind(told(0, "U1"), told(1, "U1")) is GroupKind.SEQUENCE
    assert kind(told(0, "U1"), told(1, "U2")) is GroupKind.BURST


def panned(steps: Sequence[float], pause: float = 2.0) -> list[Candidate]:
    shots = []
    for place, seen in enumerate(framed([(step, 0) for step in steps], size=MINIATURE_SIZE)):
        one = frame(f"p{place}.jpg", pause * place)
        shots.append(replace(one, appraisal=replace(one.appraisal, miniature=seen)))
    return shots


def test_no_picture_is_looked_at_where_times_tell_that_it_is_no_panorama() -> None:
    """The pictures of these cannot be looked at: whoever tries gets an error."""
    unseen = cast("bytes", "?" * MINIATURE_SIZE**2)
    shots = tuple(replace(one, appraisal=replace(one.appraisal, miniature=unseen)) for one in panned([0.15] * 4, 0.3))
    assert kind_of(Candidates(Group(tuple(one.photo for one in shots)), shots, {}, {})) is GroupKind.BURST


def test_frames_that_move_on_are_a_panorama_of_which_none_is_the_rest() -> None:
    frames = panned([0, 0.15, 0.3, 0.45, 0.6])
    found = judged(*frames)
    assert (found.kind, found.rest, found.best.id) == (GroupKind.PANORAMA, (), "p2.jpg")
    assert kind(*panned([0, 0.15, 0, 0.15, 0])) is GroupKind.BURST
    assert kind(*panned([0, 0.15, 0.3], pause=0.2)) is GroupKind.BURST
