"""When a run is due, decided from the schedule, the last run and the time now alone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final, Protocol, Self

from bestshot.nightly.last_run import LastRun

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DAY: Final = timedelta(days=1)

_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_MOST_DOUBLINGS: Final = 20
"""Enough for the longest pause from the shortest, a second."""

_WIDEST_SPREAD: Final = timedelta(minutes=5)
_SPREAD: Final = 20
"""Runs are spread over this part of what lies between two of them."""

_LEAST_SLACK: Final = timedelta(minutes=10)

_CLOCK_ERROR: Final = timedelta(hours=1)
"""A run that is planned for so much later than it can be was planned by a clock that went wrong."""


class Schedule(Protocol):
    """When runs are due, as UTC."""

    @property
    def shortest(self) -> timedelta:
        """The shortest time between two runs."""

    def first(self, now: datetime) -> datetime:
        """The first run of all."""

    def after(self, moment: datetime) -> datetime:
        """The run after one that was due at this moment."""


@dataclass(frozen=True, slots=True)
class Every:
    """A run each time so much has passed since the last one was due; the first one at once."""

    shortest: timedelta

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a span such as "24h" or "1d12h"."""
        return cls(
            sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in re.findall(r"(\d+)(\w)", text)), timedelta())
        )

    def first(self, now: datetime) -> datetime:
        """At once."""
        return now

    def after(self, moment: datetime) -> datetime:
        """So much later."""
        return moment + self.shortest


@dataclass(frozen=True, slots=True)
class At:
    """A run at each of these times of day, by the clocks of a zone; None is that of this machine.

    Each time comes once a day: one that is skipped when clocks go forward is as much later, one that comes twice when
    they go back is the first of both.
    """

    times: tuple[time, ...]
    zone: tzinfo | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read times such as "03:00" or "03:00, 15:00"."""
        return cls(tuple(sorted({time.fromisoformat(part.strip()) for part in text.split(",")})))

    @property
    def shortest(self) -> timedelta:
        """The shortest time between two runs, on a day whose clocks are not changed."""
        minutes = [timedelta(hours=one.hour, minutes=one.minute) for one in self.times]
        following = [*minutes[1:], minutes[0] + _DAY]
        return min(later - one for one, later in zip(minutes, following, strict=True))

    def first(self, now: datetime) -> datetime:
        """The next of the times."""
        return self.after(now)

    def after(self, moment: datetime) -> datetime:
        """The next of the times."""
        today = moment.astimezone(self.zone).date()
        # Without a zone of its own, a time is taken for one of this machine's.
        days = (today + timedelta(days=number) for number in range(-1, 3))
        moments = (datetime.combine(day, one, self.zone).astimezone(UTC) for day in days for one in self.times)
        return min(one for one in moments if one > moment)


def schedule_of(every: str | None, at: str | None) -> Schedule | None:
    """The schedule that these settings say; None is one run and no more."""
    if every is not None:
        return Every.parse(every)
    return None if at is None else At.parse(at)


def planned(schedule: Schedule, last: LastRun, now: datetime) -> datetime:
    """When the next run is due; a moment that has passed is one that was missed, however often, and is made up for.

    So is a run that was cut off. Where the photos could not be reached, or another run held them, it is tried again
    after pauses that grow.
    """
    if last.due is None:
        return schedule.first(now)
    if last.begun is None:
        due = last.due
    elif last.is_cut_off:
        due = last.begun + _pause(schedule, last.in_vain)
    elif last.in_vain and last.ended is not None:
        due = last.ended + _pause(schedule, last.in_vain)
    else:
        due = schedule.after(last.due)
    is_by_wrong_clock = due > schedule.after(now) + _CLOCK_ERROR
    return now if is_by_wrong_clock else due


def spread(schedule: Schedule) -> timedelta:
    """Over how much time runs are spread by chance, so that many machines do not ask one server at once."""
    return min(schedule.shortest / _SPREAD, _WIDEST_SPREAD)


def late_after(schedule: Schedule, due: datetime) -> datetime:
    """When a run that is due at this moment should have ended, if all is well."""
    return due + spread(schedule) + max(_LEAST_SLACK, schedule.shortest / 2)


def _pause(schedule: Schedule, in_vain: int) -> timedelta:
    """How long to wait after so many tries in vain."""
    if not in_vain:
        return timedelta()
    first = min(_FIRST_PAUSE, schedule.shortest)
    return min(first * (1 << min(in_vain - 1, _MOST_DOUBLINGS)), _LONGEST_PAUSE)
