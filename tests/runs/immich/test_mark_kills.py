"""A mark run that is killed at any write, or meets another one: the next one reaches the state with nothing doubled."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bestshot.errors import LockedError
from bestshot.journal.journal import Journal
from bestshot.marks.apply import VerifyPolicy
from bestshot.marks.registry import KINDS
from bestshot.model.photo import SourceType
from bestshot.pipeline.outcome import no_progress
from bestshot.undo.choice import RunChoice
from bestshot.undo.commands import undo
from bestshot.undo.history import history
from tests.fake_immich import FakeImmich, Where
from tests.runs.undo.test_marks import world
from tests.support.marks.on_immich import FOUR, client_of, never_waiting
from tests.support.marks.runs import EVERYTHING, Group, Runs, check_reached, settings_in
from tests.support.paths import ROOT

MARKS = "^(?!.*(search|download))"
"""The paths of requests that change something, where the method is PUT or POST."""

POINTS = [(0, False), (1, True), (3, True), (4, True), (6, False)]
"""How many writes are spared, and whether the one in which the run is killed is done nevertheless."""


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


@pytest.fixture
def run(fake: FakeImmich, home: Path) -> Runs:
    return Runs(fake, home)


@pytest.fixture
def groups(run: Runs) -> list[Group]:
    return [run.known_burst()]


def killed(fake: FakeImmich, home: Path, spared: int, *, work_done: bool) -> int:
    """The exit code of a run that is killed when it has sent one write more than are spared."""
    line = [sys.executable, "-m", "tests.support.marks.process", fake.url, fake.admin.secret, str(home)]
    with subprocess.Popen(line, cwd=ROOT) as process:
        seen = 0

        def count() -> None:
            nonlocal seen
            seen += 1
            if seen == spared + 1:
                os.kill(process.pid, signal.SIGKILL)
                if not work_done:
                    raise ConnectionResetError

        for method in ("PUT", "POST"):
            fake.faults.then("killed", count, Where(MARKS, method, times=None))
        return process.wait()


@pytest.mark.parametrize(("spared", "work_done"), POINTS)
def test_the_run_after_a_killed_one_reaches_the_state_with_nothing_doubled(
    fake: FakeImmich, groups: list[Group], run: Runs, home: Path, spared: int, work_done: bool
) -> None:
    assert killed(fake, home, spared, work_done=work_done) == -signal.SIGKILL
    fake.faults.stop()
    with closing(Journal(home / "state" / "journal.sqlite3")) as journal:
        assert journal.unfinished(f"immich:{fake.admin.user.id}", KINDS) != []
    outcome = run(**EVERYTHING)
    assert (outcome.failed, outcome.exit_code) == ((), 0)
    check_reached(fake, groups, **EVERYTHING)
    assert run.receipts()
    run.check_idle(**EVERYTHING)


@pytest.mark.parametrize(("spared", "work_done"), POINTS)
def test_a_dry_undo_after_a_killed_run_tells_what_stands_and_the_history_what_is_not_known(
    fake: FakeImmich, groups: list[Group], home: Path, spared: int, work_done: bool
) -> None:
    assert groups
    before = world(fake)
    assert killed(fake, home, spared, work_done=work_done) == -signal.SIGKILL
    fake.faults.stop()
    stands = world(fake) != before
    wanted = replace(settings_in(home, **EVERYTHING), source_type=SourceType.IMMICH)
    assert re.search(r"\d+ of \d+ changes begun and not known to be made", history(wanted)[0])
    told = undo(RunChoice(), replace(wanted, dry_run=True), client_of(fake), no_progress, never_waiting())
    assert bool(told.results) == stands
    undo(RunChoice(), wanted, client_of(fake), no_progress, never_waiting())
    after = world(fake)
    after["tags"] = []  # one that was made and put on no photo before the kill stays, on no photo
    assert after == before


def test_two_runs_at_once_are_one_run(fake: FakeImmich, groups: list[Group], run: Runs) -> None:
    refused: list[LockedError] = []

    def run_too() -> None:
        try:
            run(**EVERYTHING)
        except LockedError as error:
            refused.append(error)

    def meddle(_seconds: float) -> None:
        if not refused:
            run_too()

    outcome = run(**EVERYTHING, policy=VerifyPolicy((0.0,) * 12, wait=meddle))
    assert outcome.exit_code == 0
    assert [error.exit_code for error in refused] == [4]
    check_reached(fake, groups, **EVERYTHING)
