"""Staying and running again, on a clock that the tests turn: in time, after long sleeps, and when nothing answers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bestshot.errors import LockedError
from bestshot.nightly.health import ailments
from bestshot.nightly.last_run import LastRun, keep, last_run, last_runs, resident_folder
from bestshot.nightly.leading import Ended, Job, Lead, worst
from bestshot.nightly.resident import Resident, Surroundings, alone
from bestshot.nightly.schedule import At, Every

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class World:
    """A machine whose clock goes on only while somebody waits or runs; after `ends`, it is asked to stop."""

    def __init__(self, state_dir: Path, *, chance: float = 0.0) -> None:
        self.state_dir, self.folder = state_dir, resident_folder(state_dir)
        self.now, self.ends = BEGIN, BEGIN + DAY
        self.chance = chance
        self.codes: Iterator[int] = iter(())
        self.takes = timedelta(minutes=1)
        self.ran: list[tuple[str, datetime]] = []
        self.said: list[datetime] = []
        self.while_running: Callable[[], object] = lambda: None

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.now += timedelta(seconds=seconds)
        if self.now >= self.ends:
            raise KeyboardInterrupt

    def run(self, job: Job) -> Ended:
        if self.now >= self.ends:
            raise KeyboardInterrupt
        self.ran.append((job.name, self.now))
        self.while_running()
        self.now += self.takes
        return Ended(next(self.codes, 0))

    def stay(self, *jobs: Job, until: timedelta = DAY) -> int | None:
        """Stay for so long; returns the exit code, or None if it was asked to stop."""
        self.ends = self.now + until
        around = Surroundings(lambda: self.now, self.wait, lambda: self.chance)
        lead = Lead(self.folder, self.run, [job.name for job in jobs], lambda: self.now)
        try:
            with alone(self.folder, jobs):
                return Resident(lead, jobs, lambda _job, due: self.said.append(due), around).stay()
        except KeyboardInterrupt:
            return None

    @property
    def hours(self) -> list[float]:
        return [round((moment - BEGIN) / HOUR, 2) for _, moment in self.ran]

    def wrong(self, *jobs: str) -> list[str]:
        return ailments(self.state_dir, jobs, self.now)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


HOURLY = Job("nas", "x", Every(6 * HOUR))
NIGHTLY = Job("nas", "x", At.parse("03:00"))


def test_it_runs_at_once_and_then_each_time_the_span_has_passed(world: World) -> None:
    world.stay(HOURLY)
    assert world.hours == [0, 6, 12, 18]


def test_it_waits_for_its_time_and_says_when_that_is(world: World) -> None:
    world.stay(NIGHTLY, until=3 * DAY)
    assert [moment.astimezone().hour for _, moment in world.ran] == [3, 3, 3]
    assert world.said[:3] == [moment for _, moment in world.ran]


def test_chance_puts_runs_off_by_minutes_which_do_not_add_up(world: World) -> None:
    world.chance = 0.5
    world.stay(HOURLY, until=4 * DAY)
    late = [hour % 6 for hour in world.hours[1:]]
    assert len(late) == 15
    assert all(0.03 < one < 0.06 for one in late)


def test_a_start_anew_makes_up_once_for_what_was_missed_and_repeats_nothing_that_was_not(world: World) -> None:
    world.stay(NIGHTLY)
    assert len(world.ran) == 1
    world.now = BEGIN + DAY
    world.stay(NIGHTLY, until=HOUR)
    assert len(world.ran) == 1
    world.now = BEGIN + 5 * DAY
    world.stay(NIGHTLY, until=HOUR)
    assert world.hours[1:] == [120]


def test_a_time_that_was_missed_before_the_first_run_is_made_up_for(world: World) -> None:
    world.stay(NIGHTLY, until=HOUR)
    world.now = BEGIN + 3 * DAY
    world.stay(NIGHTLY, until=HOUR)
    assert world.hours == [72]


def test_a_machine_that_slept_makes_up_once(world: World) -> None:
    def nap(seconds: float) -> None:
        world.wait(seconds)
        if len(world.ran) == 1 and world.now < BEGIN + HOUR:
            world.now += 20 * HOUR

    around = Surroundings(lambda: world.now, nap, lambda: 0.0)
    lead = Lead(world.folder, world.run, ["nas"], lambda: world.now)
    with pytest.raises(KeyboardInterrupt):
        Resident(lead, [HOURLY], lambda _job, _due: None, around).stay()
    assert len(world.ran) == 2


def test_a_run_longer_than_the_span_is_followed_by_one(world: World) -> None:
    world.takes = 15 * HOUR
    world.stay(HOURLY, until=40 * HOUR)
    assert world.hours == [0, 15, 30]


def test_while_the_server_is_away_it_asks_after_growing_pauses_and_is_in_time_again_when_it_is_back(
    world: World,
) -> None:
    world.takes = timedelta()
    world.codes = iter([0, 3, 3, 3, 4])
    world.stay(HOURLY)
    assert [round(hour * 60) for hour in world.hours] == [0, 360, 361, 363, 367, 375, 735, 1095]


def test_a_run_that_failed_in_part_is_repeated_at_its_time(world: World) -> None:
    world.codes = iter([1, 1, 139])
    world.stay(HOURLY)
    assert world.hours == [0, 6, 12, 18]


def test_wrong_settings_end_their_job_and_it_ends_when_none_is_left(world: World) -> None:
    world.codes = iter([2, 0, 0, 2])
    assert world.stay(Job("wrong", "x", Every(HOUR)), HOURLY) == 2
    assert [name for name, _ in world.ran] == ["wrong", "nas", "nas", "nas"]


def test_of_two_jobs_that_both_take_too_long_none_starves(world: World) -> None:
    world.takes = 3 * HOUR
    world.stay(Job("a", "x", Every(HOUR)), Job("b", "x", Every(2 * HOUR)), until=30 * HOUR)
    names = [name for name, _ in world.ran]
    assert abs(names.count("a") - names.count("b")) <= 1


def test_a_run_is_known_to_be_cut_off_from_its_first_moment(world: World) -> None:
    def stopped() -> None:
        assert last_run(world.folder, "nas", "x").is_cut_off
        raise KeyboardInterrupt

    world.while_running = stopped
    world.stay(HOURLY)
    assert last_run(world.folder, "nas", "x").exit_code == 130
    world.while_running, world.chance = (lambda: None), 1.0
    world.stay(HOURLY, until=HOUR)
    assert world.hours == [0, 0]  # whoever stopped and started it is not kept waiting


def test_other_settings_are_another_run(world: World) -> None:
    world.stay(HOURLY, until=HOUR)
    world.stay(Job("nas", "y", Every(6 * HOUR)), until=HOUR)
    assert len(world.ran) == 2


def test_only_one_stays_with_a_state_folder(world: World) -> None:
    with (
        alone(world.folder, [HOURLY]),
        pytest.raises(LockedError, match="Runs are repeated with this state folder already"),
    ):
        world.stay(HOURLY)


def test_a_state_folder_that_cannot_be_written_stops_no_run(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        if world.folder.is_dir():
            world.folder.rename(world.folder.with_name("gone"))
            world.folder.write_text("in the way")

    world.while_running = broken
    world.stay(HOURLY)
    assert world.hours == [0, 6, 12, 18]
    assert "cannot be written" in caplog.text


class TestHealth:
    def test_it_is_well_from_the_start_through_the_first_run_and_between_runs(self, world: World) -> None:
        checked: list[list[str]] = []
        world.while_running = lambda: checked.append(world.wrong())
        world.takes = 5 * HOUR
        world.stay(HOURLY)
        assert checked == [[]] * 4
        assert world.wrong() == []

    def test_a_run_that_failed_is_told_until_one_ends_well(self, world: World) -> None:
        world.codes = iter([1])
        world.stay(HOURLY, until=HOUR)
        assert world.wrong() == [
            f"The job nas failed with exit code 1 at {BEGIN.astimezone():%Y-%m-%d %H}:01: see its log."
        ]
        world.stay(HOURLY)
        assert world.wrong("nas") == []

    @pytest.mark.parametrize(("after", "words"), [(8, []), (10, ["ended last at"])])
    def test_a_run_that_does_not_come_is_told_after_half_its_span(
        self, world: World, after: int, words: list[str]
    ) -> None:
        world.stay(HOURLY, until=HOUR)
        world.now = BEGIN + after * HOUR
        assert [word for sentence, word in zip(world.wrong(), words, strict=True) if word in sentence] == words

    def test_a_first_run_that_never_ends_is_told(self, world: World) -> None:
        keep(world.folder, LastRun("default", "x", late_after=BEGIN).beginning(BEGIN - DAY, BEGIN - DAY))
        world.now += HOUR
        assert [sentence.partition(",")[0] for sentence in world.wrong()] == ["The run has not ended yet"]

    def test_what_is_not_repeated_here_is_not_well(self, world: World) -> None:
        assert world.wrong() == ["The run is not repeated here: start it with --every or --at, or check --state-dir."]
        world.stay(HOURLY, until=HOUR)
        assert [sentence.partition(" is")[0] for sentence in world.wrong("nas", "other")] == ["The job other"]

    def test_a_job_that_is_there_no_more_is_forgotten_and_so_is_what_a_kill_left(self, world: World) -> None:
        world.stay(Job("old", "x", Every(HOUR)), until=timedelta(minutes=5))
        draft = world.folder / f".photo-organizer-{'0' * 32}.part"
        draft.touch()
        world.stay(HOURLY, until=HOUR)
        assert [run.job for run in last_runs(world.folder)] == ["nas"]
        assert not draft.exists()

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"job": 3}', b"\xff"])
    def test_a_file_that_is_not_whole_is_as_good_as_none(self, world: World, content: bytes) -> None:
        world.stay(HOURLY, until=HOUR)
        (world.folder / "nas.json").write_bytes(content)
        assert last_runs(world.folder) == []
        world.stay(HOURLY, until=HOUR)
        assert len(world.ran) == 2


def test_the_worst_of_several_exit_codes_is_the_one_that_a_person_has_to_mend() -> None:
    order = [0, 4, 3, 1, 2, 130, 139]
    for number in range(1, len(order)):
        assert worst(reversed(order[: number + 1])) == order[number]
