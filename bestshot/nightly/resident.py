"""Staying, and running jobs again and again, one at a time, when they are due."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bestshot.errors import LockedError, UsageError
from bestshot.nightly.last_run import INTERRUPTED, LastRun, forget_others
from bestshot.nightly.leading import Job, Lead, now
from bestshot.nightly.schedule import Schedule, late_after, planned, spread
from bestshot.storage.lock import LibraryLock
from bestshot.text import printable

logger = logging.getLogger(__name__)

_NAP: Final = 30.0
"""Seconds: within so many it is noticed that the machine was suspended, or its clock set."""

_LOCK: Final = "lock"


def by_chance() -> float:
    """A number from 0 to 1."""
    return secrets.randbelow(1 << 20) / (1 << 20)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a resident takes from outside: the time, waiting, and chance."""

    clock: Callable[[], datetime] = now
    wait: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = by_chance


@contextmanager
def alone(folder: Path, jobs: Sequence[Job]) -> Iterator[None]:
    """Keep any other resident out of this folder, and forget what others left of jobs that are not these.

    Raises LockedError.
    """
    try:
        with LibraryLock(folder / _LOCK, flag="--state-dir"):
            forget_others(folder, {job.name for job in jobs})
            yield
    except LockedError:
        raise LockedError(
            f"Runs are repeated with this state folder already ({printable(str(folder.parent.parent))}): name both as"
            " [[job]] in the configuration file, or give this one another --state-dir."
        ) from None


@dataclass(slots=True)
class _Repeated:
    """A job with its schedule, what is known of its last run, and how much later the next one is by chance."""

    job: Job
    schedule: Schedule
    last: LastRun
    delay: timedelta = timedelta()


class Resident:
    """Runs jobs when they are due, until it is interrupted or none is left whose settings make sense.

    `tell` hears, before it waits, which job is next and when.
    """

    def __init__(
        self, lead: Lead, jobs: Sequence[Job], tell: Callable[[Job, datetime], object], around: Surroundings
    ) -> None:
        self._lead, self._tell, self._around = lead, tell, around
        self._started = around.clock()
        self._jobs = [_Repeated(job, job.schedule, lead.last(job)) for job in jobs if job.schedule is not None]
        for one in self._jobs:
            self._expect(one)

    def stay(self) -> int:
        """Run them; returns the exit code of wrong settings, since nothing else ends it but an interrupt."""
        while self._jobs:
            one, due = self._due()
            one.last, _ = self._lead.led(one.job, one.last, due)
            one.delay = self._by_chance(one)
            if one.last.exit_code == UsageError.exit_code:
                logger.error(
                    "%s is not run again before its settings are mended and this is started anew.", one.job.name
                )
                self._jobs.remove(one)
        return UsageError.exit_code

    def _expect(self, one: _Repeated) -> None:
        """Know when its first run is due, so that it can be missed and told to be late."""
        due = planned(one.schedule, one.last, self._started)
        if one.last.begun is None:
            one.last = replace(one.last, due=due)
        latest = one.schedule.after(due) if one.last.ended is None else max(due, self._started)
        one.last = replace(one.last, late_after=late_after(one.schedule, latest))
        # Somebody started it for the first time, or stopped it and started it again, and looks what it does.
        is_watched = one.last.begun is None or one.last.exit_code == INTERRUPTED
        one.delay = timedelta() if is_watched and due <= self._started else self._by_chance(one)
        self._lead.note(one.last)

    def _by_chance(self, one: _Repeated) -> timedelta:
        return spread(one.schedule) * self._around.chance()

    def _due(self) -> tuple[_Repeated, datetime]:
        """Wait for the job that is due first; also returns when it was, at the earliest now."""
        told = None
        while True:
            moment = self._around.clock()
            due = {one.job.name: planned(one.schedule, one.last, moment) for one in self._jobs}
            first = min(self._jobs, key=lambda one: due[one.job.name] + one.delay)
            until = max(due[first.job.name], self._started) + first.delay
            left = (until - moment).total_seconds()
            if left <= 0:
                return first, max(due[first.job.name], moment - first.delay)
            if told != (first.job, until):
                told = (first.job, until)
                self._tell(first.job, until)
            self._around.wait(min(left, _NAP))
