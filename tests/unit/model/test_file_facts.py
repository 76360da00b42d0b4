"""Claims about whether two files can show one shot."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.file_facts import Agreement, FileFacts, agreement

NOON = 1_700_000_000.0
PICTURE = FileFacts(camera="d850", wall=NOON)
FILM = FileFacts(is_film=True, seconds=2.0)
facts = st.builds(
    FileFacts,
    camera=st.sampled_from([None, "d850", "x100"]),
    wall=st.none() | st.floats(0, 1e9),
    instant=st.none() | st.floats(0, 1e9),
    made=st.none() | st.floats(0, 1e9),
    content_id=st.sampled_from([None, "A", "B"]),
    is_film=st.booleans(),
    seconds=st.none() | st.floats(0, 100),
)


@pytest.mark.parametrize("hours", [-14, -1, 0, 1, 2, 14])
@pytest.mark.parametrize("seconds", [-4, 0, 4])
def test_clocks_agree_within_seconds_and_but_for_whole_hours(hours: int, seconds: int) -> None:
    assert agreement(PICTURE, replace(PICTURE, wall=NOON + hours * 3600 + seconds)) is Agreement.YES


@pytest.mark.parametrize("apart", [60, 1800, 3600 + 30, 15 * 3600, 365 * 86400])
def test_another_time_is_another_shot(apart: float) -> None:
    assert agreement(PICTURE, replace(PICTURE, wall=NOON + apart)) is Agreement.NO


def test_another_camera_at_the_same_second_is_another_shot() -> None:
    assert agreement(PICTURE, replace(PICTURE, camera="x100")) is Agreement.NO


@pytest.mark.parametrize("zone", [-3.5, 0, 2, 5.5, 5.75])
def test_a_wall_clock_agrees_with_a_moment_in_any_zone_in_use(zone: float) -> None:
    assert agreement(PICTURE, replace(FILM, made=NOON - zone * 3600)) is Agreement.YES


@pytest.mark.parametrize(
    ("later", "agreed"),
    [(-86400.0, Agreement.NO), (240.0, Agreement.NO), (5.0, Agreement.YES), (600 * 86400.0, Agreement.UNKNOWN)],
)
def test_a_film_that_was_written_long_after_its_photo_may_have_been_converted(later: float, agreed: Agreement) -> None:
    assert agreement(PICTURE, replace(FILM, made=NOON + later)) is agreed


@pytest.mark.parametrize(("seconds", "agreed"), [(3.9, Agreement.UNKNOWN), (4.0, Agreement.NO), (60.0, Agreement.NO)])
def test_the_film_of_a_live_photo_is_short(seconds: float, agreed: Agreement) -> None:
    assert agreement(PICTURE, replace(FILM, seconds=seconds)) is agreed


@pytest.mark.parametrize(("content_id", "agreed"), [("A", Agreement.YES), ("B", Agreement.NO)])
def test_apples_identifiers_decide_where_both_have_one(content_id: str, agreed: Agreement) -> None:
    picture = replace(PICTURE, content_id="A")
    assert agreement(picture, replace(FILM, content_id=content_id, seconds=5.0, camera="x100")) is agreed


@given(facts)
def test_what_says_nothing_speaks_against_nothing_short(other: FileFacts) -> None:
    assert agreement(FileFacts(), replace(other, seconds=None)) is Agreement.UNKNOWN


@given(facts)
def test_what_says_the_same_is_never_of_another_shot(one: FileFacts) -> None:
    assert agreement(one, replace(one, made=None, seconds=1.0)) is not Agreement.NO
