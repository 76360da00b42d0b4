"""Claims about who is near whom in time, whatever their clocks tell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.grouping.clocks import Clocks
from bestshot.model.photo import Metadata
from bestshot.model.times import CaptureTime, TimeSource
from tests.support.builders import guess_at, metadata_with, moment_at, wall_at, zoned_at
from tests.support.each import every

HOUR = 3600.0
MOST_CELLS = 2_000_000

seconds = st.integers(0, 8000).map(lambda quarters: quarters / 4) | st.integers(-30, 30).map(lambda hours: hours * HOUR)
offsets = st.sampled_from([-12, -5, 0, 1, 5.75, 14])
times = st.one_of(
    seconds.map(wall_at),
    seconds.map(moment_at),
    st.builds(zoned_at, seconds, offsets),
    st.builds(zoned_at, seconds, offsets, stated=st.just(False)),
)
cameras = st.sampled_from([None, "A", "B"])
timed = st.builds(metadata_with, times, camera=cameras)
photos = timed | st.builds(metadata_with, seconds.map(guess_at), camera=cameras)
windows = st.sampled_from([0.0, 0.25, 60.0, 300.0, 7200.0])


def clocks_of(*times: CaptureTime) -> Clocks:
    """The clocks of photos of an unknown camera."""
    return Clocks.of([metadata_with(time) for time in times])


def gap(left: CaptureTime | Metadata, right: CaptureTime | Metadata) -> float:
    """Seconds between two photos."""
    left, right = (metadata_with(photo) if isinstance(photo, CaptureTime) else photo for photo in (left, right))
    return float(Clocks.of([left, right]).gap(np.array([0]), np.array([1]))[0])


def near_pairs_of(taken: Sequence[Metadata], window: float) -> set[tuple[int, int]]:
    """The pairs within the window, looked at one by one."""
    everyone = range(len(taken))
    return {(a, b) for a in everyone for b in everyone if a < b and gap(taken[a], taken[b]) <= window}


@pytest.mark.parametrize("border", [datetime(2024, 1, 31, 12, 1), datetime(2025, 1, 1), datetime(1970, 1, 1)])
def test_shots_a_third_of_a_second_apart_are_neighbours_across_any_border(border: datetime) -> None:
    before, after = (
        CaptureTime(border + timedelta(milliseconds=ms), None, TimeSource.EXIF_ORIGINAL) for ms in (-150, 150)
    )
    assert gap(before, after) == pytest.approx(0.3, abs=1e-6)
    assert clocks_of(before, after).have_neighbour(0.31).tolist() == [True, True]
    assert clocks_of(before, after).have_neighbour(0.29).tolist() == [False, False]


def test_two_stated_zones_are_compared_by_the_moment_alone() -> None:
    """Noon in Berlin and noon in New York are six hours apart; six in New York and noon in Berlin are one moment."""
    assert gap(zoned_at(0, 1), zoned_at(6 * HOUR, -5)) == 6 * HOUR
    assert gap(zoned_at(0, 1), zoned_at(0, -5)) == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(zoned_at(0, 2), wall_at(2 * HOUR + 1), id="stated beside no zone"),
        pytest.param(zoned_at(0, 2, stated=False), wall_at(2 * HOUR + 1), id="GPS beside no zone"),
        pytest.param(zoned_at(0, 2), zoned_at(1, 2, stated=False), id="stated beside GPS"),
        pytest.param(zoned_at(0, 2), zoned_at(-HOUR + 1, 3, stated=False), id="same wall, OffsetTime of another zone"),
        pytest.param(zoned_at(0, 2), zoned_at(1, -5, stated=False), id="same moment, camera at home time"),
        pytest.param(zoned_at(0, 2), moment_at(1), id="stated beside Takeout"),
        pytest.param(zoned_at(0, 2, stated=False), moment_at(1), id="GPS beside Takeout"),
    ],
)
def test_a_burst_whose_photos_know_different_clocks_is_not_torn(left: CaptureTime, right: CaptureTime) -> None:
    """The wall clocks or the moments are a second apart, and that is what counts."""
    assert gap(left, right) == 1
    assert clocks_of(left, right).have_neighbour(1).all()


@every("hours", [-12, -3.5, 0, 5.75, 14])
def test_a_moment_is_near_a_wall_clock_that_some_zone_explains(hours: float) -> None:
    assert gap(moment_at(0), wall_at(hours * HOUR)) == 0


def test_no_zone_explains_fifteen_hours_between_a_moment_and_a_wall_clock() -> None:
    assert gap(moment_at(0), wall_at(15 * HOUR)) == HOUR
    assert not clocks_of(moment_at(0), wall_at(15 * HOUR)).have_neighbour(300).any()


def test_of_two_cameras_one_may_have_missed_the_change_to_summer_time() -> None:
    noon, later = metadata_with(wall_at(0), camera="A"), metadata_with(wall_at(HOUR + 20), camera="B")
    assert gap(noon, later) == 20
    assert Clocks.of([noon, later]).have_neighbour(20).all()
    assert not Clocks.of([noon, later]).have_neighbour(19).any()


@pytest.mark.parametrize(
    ("noon", "later"),
    [
        pytest.param(metadata_with(wall_at(0), camera="A"), metadata_with(wall_at(HOUR), camera="A"), id="one camera"),
        pytest.param(metadata_with(wall_at(0), camera="A"), metadata_with(wall_at(HOUR)), id="an unknown camera"),
        pytest.param(
            metadata_with(zoned_at(0, 1), camera="A"), metadata_with(zoned_at(HOUR, 1), camera="B"), id="stated zones"
        ),
    ],
)
def test_an_hour_is_an_hour_where_no_clock_can_be_wrong(noon: Metadata, later: Metadata) -> None:
    assert gap(noon, later) == HOUR
    assert not Clocks.of([noon, later]).have_neighbour(300).any()


@every("hours", [1, -1])
def test_of_two_cameras_one_may_state_the_zone_without_summer_time(hours: float) -> None:
    """The walls agree, so they count; the moments alone would be an hour apart."""
    camera = metadata_with(zoned_at(0, hours), camera="A")
    phone = metadata_with(zoned_at(hours * HOUR + 2.123457, 0), camera="B")
    assert gap(camera, phone) == pytest.approx(2.123457, abs=1e-6)
    assert Clocks.of([camera, phone]).have_neighbour(3).all()


@pytest.mark.parametrize(
    ("camera", "hours"),
    [
        pytest.param("A", 1, id="one camera"),
        pytest.param(None, 1, id="an unknown camera"),
        pytest.param("B", 2, id="2h"),
    ],
)
def test_zones_that_nobody_mistakes_are_believed(camera: str | None, hours: float) -> None:
    one, other = metadata_with(zoned_at(0, hours), camera="A"), metadata_with(zoned_at(hours * HOUR, 0), camera=camera)
    assert gap(one, other) == hours * HOUR


def stated(text: str, camera: str | None = None) -> Metadata:
    """A photo whose EXIF states this wall clock."""
    return metadata_with(CaptureTime(datetime.fromisoformat(text), None, TimeSource.EXIF_ORIGINAL), camera=camera)


@pytest.mark.parametrize("default", ["2002-12-08 12:00:00", "1970-01-01 01:00:00", "1980-01-01 00:00:00"])
def test_a_default_is_near_everything_as_a_guess_is(default: str) -> None:
    """Neither itself again, nor in another zone, nor another camera's photo shows that it is a time."""
    hour_later = str(datetime.fromisoformat(default) + timedelta(hours=1))
    seconds_later = str(datetime.fromisoformat(default) + timedelta(seconds=3))
    others = [stated(default, "A"), stated(hour_later, "A"), stated(seconds_later, "B"), stated("2024-05-01 10:00:00")]
    clocks = Clocks.of([stated(default, "A"), *others])
    assert clocks.untimed[0]
    assert clocks.gap(np.zeros(4, dtype=int), np.arange(1, 5)).tolist() == [0, 0, 0, 0]


@every("default", ["2002-12-08 12:00:00", "2000-01-01 00:00:00"])
@every("camera", ["A", None])
def test_a_burst_at_the_time_of_a_default_keeps_its_clock(default: str, camera: str | None) -> None:
    shots = [str(datetime.fromisoformat(default) + timedelta(seconds=later)) for later in range(3)]
    clocks = Clocks.of([*(stated(shot, camera) for shot in shots), stated("2024-05-01 10:00:00", camera)])
    assert not clocks.untimed.any()
    one_second = [stated(default, camera)] * 3
    assert not Clocks.of([*one_second, stated(f"{default[:10]} 23:20:07", camera)]).untimed.any()
    assert clocks.known_gap(np.array([0]), np.array([2])).tolist() == [2]
    assert clocks.have_neighbour(300).tolist() == [True, True, True, False]


@given(photos, seconds)
def test_a_guess_is_near_everything(other: Metadata, at: float) -> None:
    assert gap(guess_at(at), other) == gap(other, guess_at(at)) == 0


@given(photos, photos)
def test_the_gap_is_the_same_from_both_sides(left: Metadata, right: Metadata) -> None:
    assert gap(left, right) == gap(right, left) >= 0


@given(st.lists(photos, max_size=8), windows)
def test_no_photo_of_a_near_pair_is_said_to_have_no_neighbour(taken: list[Metadata], window: float) -> None:
    near = Clocks.of(taken).have_neighbour(window)
    assert {index for pair in near_pairs_of(taken, window) for index in pair} <= set(np.flatnonzero(near).tolist())


@given(st.lists(timed.filter(lambda photo: not photo.taken.zone_stated), max_size=8), windows)
def test_who_has_no_near_pair_is_never_decoded(taken: list[Metadata], window: float) -> None:
    """Without stated zones, which only ever part photos, having a neighbour is being in a near pair."""
    near = Clocks.of(taken).have_neighbour(window)
    assert set(np.flatnonzero(near).tolist()) == {index for pair in near_pairs_of(taken, window) for index in pair}


def test_one_photo_alone_has_no_neighbour_even_if_its_time_is_a_guess() -> None:
    assert clocks_of(guess_at(0)).have_neighbour(None).tolist() == [False]
    assert clocks_of().have_neighbour(300).tolist() == []


def test_without_a_window_all_are_neighbours() -> None:
    assert clocks_of(wall_at(0), wall_at(1e8)).have_neighbour(None).all()


@given(st.lists(timed, max_size=8), windows)
def test_the_blocks_hold_every_near_pair(taken: list[Metadata], window: float) -> None:
    clocks = Clocks.of(taken)
    blocks = [*clocks.window_blocks(window), *clocks.zone_unknown_blocks(), *clocks.summer_time_blocks(window)]
    covered: set[tuple[int, int]] = set()
    for left, right in blocks:
        covered |= {(min(pair), max(pair)) for pair in np.broadcast(left, right)}
    assert near_pairs_of(taken, window) <= covered


def test_a_block_stays_small_where_a_few_photos_come_before_a_great_many() -> None:
    """Scans often share one invented date; the loner ahead of them must not widen their block."""
    clocks = clocks_of(wall_at(0), *[wall_at(1000)] * 20_000)
    for left, right in clocks.window_blocks(300.0):
        assert np.broadcast(left, right).size <= MOST_CELLS


def test_the_blocks_hold_no_pair_far_beyond_the_window() -> None:
    """Of a million photos, each has a few near it: what else is compared is for nothing."""
    clocks = clocks_of(*[wall_at(10 * number) for number in range(5_000)])
    compared = [np.abs(left - right).ravel() for left, right in clocks.window_blocks(300.0)]
    assert np.concatenate(compared).max() == 30


@given(st.sampled_from([-14, -1, 0, 5.75, 14]), seconds)
def test_seconds_are_told_by_the_wall_clock_where_there_is_one(hours: float, at: float) -> None:
    zoned = zoned_at(at, hours)
    assert zoned.wall is not None
    assert zoned.seconds == zoned.wall.replace(tzinfo=UTC).timestamp()
    assert moment_at(at).seconds == moment_at(at).instant_seconds
