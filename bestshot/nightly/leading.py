"""Runs that are led from outside: what comes of each is written down, also of one that crashes or is stopped."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bestshot.errors import OrganizerError, UsageError
from bestshot.nightly.last_run import INTERRUPTED, LastRun, keep, last_run, last_runs
from bestshot.nightly.metrics import check_metrics, write_metrics
from bestshot.nightly.schedule import Schedule, late_after

logger = logging.getLogger(__name__)

_FROM_GOOD_TO_BAD: Final = (0, 4, 3, 1, UsageError.exit_code)
"""Exit codes; all others are worse."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is led: its name, a digest of its settings, when it is repeated, and in which file it is told of."""

    name: str
    about: str
    schedule: Schedule | None = None
    metrics: Path | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a run."""

    exit_code: int
    facts: Mapping[str, int] = field(default_factory=dict)


def worst(codes: Iterable[int]) -> int:
    """The exit code for several runs; from good to bad a busy library, no source, failures, wrong settings, crashes."""
    return max(codes, key=lambda code: _FROM_GOOD_TO_BAD.index(code) if code in _FROM_GOOD_TO_BAD else code + 10)


def now() -> datetime:
    """The time by the clock of this machine."""
    return datetime.now(UTC)


class Lead:
    """Leads runs and keeps what came of them in `folder`; `together` are the jobs that one file of metrics tells of."""

    def __init__(
        self, folder: Path, run: Callable[[Job], Ended], together: Collection[str], clock: Callable[[], datetime] = now
    ) -> None:
        self._folder, self._run, self._together, self._clock = folder, run, together, clock

    def last(self, job: Job) -> LastRun:
        """What is known of its last run with these settings; raises StateError."""
        return last_run(self._folder, job.name, job.about)

    def once(self, job: Job) -> int:
        """Run it now; returns its exit code, or 1 where what came of it is not written down as was wanted."""
        if job.metrics is None:
            return self._run(job).exit_code
        check_metrics(job.metrics)
        ended, told = self.led(job, self.last(job), self._clock())
        return ended.exit_code or told

    def led(self, job: Job, last: LastRun, due: datetime) -> tuple[LastRun, int]:
        """Run it; returns what came of it, and an exit code for writing that down."""
        begun = last.beginning(due, self._clock())
        begun = replace(begun, metrics=None if job.metrics is None else str(job.metrics))
        self.note(begun)
        try:
            ended = self._run(job)
        except KeyboardInterrupt:
            self._told(job, begun.ending(INTERRUPTED, {}, self._clock()))
            raise
        after = begun.ending(ended.exit_code, ended.facts, self._clock())
        if job.schedule is not None:
            after = replace(after, late_after=late_after(job.schedule, job.schedule.after(due)))
        return after, self._told(job, after)

    def note(self, run: LastRun) -> int:
        """Write down how far it is; a failure is told and changes nothing for the run; returns its exit code."""
        return _tried(lambda: keep(self._folder, run))

    def _told(self, job: Job, run: LastRun) -> int:
        noted = self.note(run)
        if job.metrics is None:
            return noted
        metrics = job.metrics
        return _tried(lambda: write_metrics(metrics, self._known(run))) or noted

    def _known(self, run: LastRun) -> list[LastRun]:
        """This, and the last ones of the other jobs that are told of in the same file."""
        others = (one for one in last_runs(self._folder) if one.job != run.job and one.job in self._together)
        return sorted([run, *(one for one in others if one.metrics == run.metrics)], key=lambda one: one.job)


def _tried(act: Callable[[], None]) -> int:
    try:
        act()
    except OrganizerError as error:
        logger.error("%s", error)
        return error.exit_code
    return 0
