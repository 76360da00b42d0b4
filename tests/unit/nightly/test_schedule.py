"""When runs are due: laws over zones whose clocks change, over clocks that go wrong, and over servers that are away."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.nightly.last_run import LastRun
from bestshot.nightly.schedule import At, Every, Schedule, late_after, planned, schedule_of, spread

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "UTC")
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

zones = st.sampled_from(ZONES).map(ZoneInfo)
minutes = st.times().map(lambda one: one.replace(second=0, microsecond=0, fold=0))
moments = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))
times = st.lists(minutes, min_size=1, max_size=4, unique=True).map(lambda found: tuple(sorted(found)))
spans = st.timedeltas(timedelta(seconds=1), timedelta(days=40)).map(Every)
schedules = st.one_of(spans, st.builds(At, times, zones))
pauses = st.integers(0, 100)


@given(minutes, zones, st.dates(date(2005, 1, 1), date(2034, 1, 1)))
def test_a_time_of_day_comes_once_on_each_day_whatever_is_done_to_the_clocks(
    at: time, zone: ZoneInfo, day: date
) -> None:
    schedule = At((at,), zone)
    begin = datetime.combine(day, at, zone).astimezone(UTC) - timedelta(seconds=1)
    runs = [begin]
    for _ in range(366):
        runs.append(schedule.after(runs[-1]))
    found = [run.astimezone(zone) for run in runs[1:]]
    assert [run.date() for run in found] == [day + number * DAY for number in range(366)]
    assert all(timedelta(hours=22) <= later - one <= timedelta(hours=26) for one, later in pairwise(runs[1:]))
    # A time that is skipped is as much later; never is one earlier.
    assert all(run.time() == at or timedelta() < _since(at, run) <= timedelta(hours=1) for run in found)


def _since(at: time, run: datetime) -> timedelta:
    return datetime.combine(run.date(), run.time()) - datetime.combine(run.date(), at)


@pytest.mark.parametrize(
    ("day", "at", "hours"),
    [
        ("2026-03-29", "02:30", ["2026-03-29T01:30", "2026-03-30T00:30"]),  # there is no half past two
        ("2026-10-25", "02:30", ["2026-10-25T00:30", "2026-10-26T01:30"]),  # there are two
    ],
)
def test_in_the_nights_when_clocks_change_a_time_in_the_gap_or_twice_there_comes_once(
    day: str, at: str, hours: list[str]
) -> None:
    schedule = replace(At.parse(at), zone=ZoneInfo("Europe/Berlin"))
    first = schedule.after(datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(hours=2))
    assert [first, schedule.after(first)] == [datetime.fromisoformat(f"{hour}+00:00") for hour in hours]


def test_without_a_zone_a_time_is_one_of_this_machine() -> None:
    due = At((time(3),)).after(NOON)
    assert due.astimezone().time() == time(3)


@given(schedules, moments)
def test_the_next_run_is_always_later_and_no_sooner_than_the_shortest_time_between_two(
    schedule: Schedule, moment: datetime
) -> None:
    later = schedule.after(moment)
    assert later > moment
    if isinstance(schedule, Every):
        assert later - moment == schedule.shortest


@given(schedules, moments, st.timedeltas(timedelta(), timedelta(days=400)))
def test_what_was_missed_is_made_up_for_once_however_often_it_was(
    schedule: Schedule, begun: datetime, off: timedelta
) -> None:
    last = LastRun("nas", "x").beginning(begun, begun).ending(0, {}, begun)
    now = begun + off
    due = planned(schedule, last, now)
    made = max(due, now)
    assert (due <= now) == (schedule.after(begun) <= now)
    after = last.beginning(made, made).ending(0, {}, made)
    assert planned(schedule, after, made) > made


@given(schedules, moments, moments)
def test_a_clock_that_went_wrong_puts_no_run_off_for_longer_than_the_schedule_does(
    schedule: Schedule, wrong: datetime, now: datetime
) -> None:
    last = LastRun("nas", "x").beginning(wrong, wrong).ending(0, {}, wrong)
    assert planned(schedule, last, now) <= schedule.after(now) + timedelta(hours=1)


@given(schedules, moments, st.sampled_from([3, 4]), st.integers(1, 100))
def test_pauses_grow_while_the_server_is_away_but_never_beyond_an_hour(
    schedule: Schedule, now: datetime, code: int, tries: int
) -> None:
    last, waited = LastRun("nas", "x"), []
    for _ in range(tries):
        last = last.beginning(now, now).ending(code, {}, now)
        waited.append(planned(schedule, last, now) - now)
        now += waited[-1]
    assert waited == sorted(waited)
    assert timedelta() < waited[0] <= timedelta(minutes=1)
    assert all(later <= timedelta(hours=1) for later in waited)
    assert all(later == min(2 * one, timedelta(hours=1)) for one, later in pairwise(waited))
    back = last.beginning(now, now).ending(0, {}, now)
    assert planned(schedule, back, now) == schedule.after(now)


@given(schedules, moments)
def test_a_run_that_was_asked_to_stop_is_made_up_for_at_once_and_one_that_was_killed_after_a_pause(
    schedule: Schedule, now: datetime
) -> None:
    begun = LastRun("nas", "x").beginning(now, now)
    assert planned(schedule, begun.ending(130, {}, now), now) == now
    assert now < planned(schedule, begun, now) <= now + timedelta(minutes=1)


@given(schedules, moments)
def test_chance_moves_a_run_by_little_and_slack_is_more_than_that(schedule: Schedule, due: datetime) -> None:
    assert timedelta() < spread(schedule) <= min(timedelta(minutes=5), schedule.shortest / 2)
    assert late_after(schedule, due) >= due + spread(schedule) + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("every", "span"),
    [
        ("24h", DAY),
        ("90m", timedelta(minutes=90)),
        ("1d12h", 1.5 * DAY),
        ("2w", 14 * DAY),
        ("30s", timedelta(seconds=30)),
    ],
)
def test_spans_are_read_as_they_are_written(every: str, span: timedelta) -> None:
    assert schedule_of(every, None) == Every(span)


def test_times_are_read_as_they_are_written_and_the_shortest_time_between_them_is_known() -> None:
    assert schedule_of(None, "15:00, 03:00") == At((time(3), time(15)))
    assert At.parse("03:00").shortest == DAY
    assert At.parse("23:00,01:00").shortest == timedelta(hours=2)
    assert schedule_of(None, None) is None
