"""How far a run is: one bar for the whole of it at a terminal, and a line in the log for each phase."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from bestshot.cli.log import event
from bestshot.cli.wording import found_line, phase_in_words, phase_over, time_left
from bestshot.model.phases import (
    JUDGING,
    JUDGING_BRACKETS,
    JUDGING_WITHOUT_FACES,
    LISTING,
    PHASES,
    Begun,
    Forecast,
    Phase,
    seconds_left,
)
from bestshot.model.photo import SourceType
from bestshot.plans.document import size_of
from bestshot.storage.files import write_out

if TYPE_CHECKING:
    from tqdm import tqdm

    from bestshot.model.groups import Group
    from bestshot.settings.settings import Settings

logger = logging.getLogger(__name__)

_REFRESH_SECONDS: Final = 0.1
"""The bar is drawn at most so often: a run may have thousands of quick steps."""

_ROOM_FOR_BAR: Final = 12
"""Columns; a bar that is any shorter shows nothing."""

_ERASED_LINE: Final = "\r\x1b[K"
"""Back to the first column, and what stands there gone: spaces would run over a line that has become shorter."""

_USUAL_COLUMNS: Final = 80

_UNSHARED: Final = (LISTING, "Laying out", "Marking")
"""What the main process does by itself."""

_SOON: Final = 3.0
"""Seconds; whoever waits no longer for the whole result need not hear of a part of it before."""


def phases_of(settings: "Settings", workers: int = 1) -> Mapping[str, Phase]:
    """The phases that a run with these settings may have, in their order, as so many processes share them."""
    acts, options = not settings.dry_run, settings.options
    wanted = {
        JUDGING_BRACKETS: not settings.no_faces,
        "Recognising": not settings.no_faces,
        "Making the report": settings.report is not None,
        "Laying out": acts and options.layout is not None,
        "Marking": acts and options.marks.any,
    }
    phases = {title: phase for title, phase in PHASES.items() if wanted.get(title, True)}
    if settings.no_faces:
        phases |= {JUDGING: JUDGING_WITHOUT_FACES}
    shows_pictures = settings.source_type == SourceType.IMMICH and not settings.use_full_resolution
    return {
        title: phase if title in _UNSHARED else (phase.of_server() if shows_pictures else phase).shared_by(workers)
        for title, phase in phases.items()
    }


class ProgressBar:
    """The progress of one run, as `PhotoOrganizer` takes it; `phases` are those it may have.

    The log is told of each phase, and of the groups as soon as they are found. If it is `shown`, all is drawn on
    standard error too. Between phases its line there is empty, so that others may print.
    """

    def __init__(self, phases: Mapping[str, Phase], *, shown: bool = True) -> None:
        self._phases = phases
        self._is_shown = shown
        self._begun: list[Begun] = []
        self._groups: Sequence[Group] = ()
        self._forecast = Forecast()
        self._started = self._drawn = time.monotonic()
        self._share = 0.0
        self._bar: tqdm[NoReturn] | None = None

    @contextmanager
    def __call__(self, title: str, total: int) -> Iterator[Callable[[int], object]]:
        """One phase of the run, of so many steps; 0 stands for a number that is not known."""
        place, started = len(self._begun), time.monotonic()
        self._begun.append(Begun(title, total, megabytes=self._forecast.megabytes))
        if title == JUDGING:
            self._tell_of_groups()

        def advance(steps: int) -> None:
            self._begun[place] = self._begun[place].after(steps, time.monotonic() - started)
            if time.monotonic() - self._drawn >= _REFRESH_SECONDS:
                self._draw(place)

        is_outermost = self._bar is None
        self._draw(place)
        try:
            yield advance
        finally:
            if is_outermost:
                self._take_away()
            self._log(self._begun[place], time.monotonic() - started)

    def foresee(self, forecast: Forecast) -> None:
        """Hear what is to be expected of the photos."""
        self._forecast = forecast

    def groups_found(self, groups: "Sequence[Group]") -> None:
        """Hear of the groups; what judging them takes shows when that begins, and how many are not known yet."""
        self._groups = groups

    def _tell_of_groups(self) -> None:
        groups, self._groups = self._groups, ()
        photos = [photo for group in groups for photo in group.photos]
        if not photos:
            return
        seconds = seconds_left(self._begun, {JUDGING: self._phases[JUDGING]}, self._forecast)
        sizes = [[size_of(photo) for photo in group.photos] for group in groups]
        # Which of them is the best is not known yet, so each is taken for as large as all of its group.
        room = round(sum(sum(of_group) * (1 - 1 / len(of_group)) for of_group in sizes))
        said = found_line(len(sizes), len(photos), room, self._begun[-1].total, seconds)
        logger.info("%s", said, extra=event("groups", groups=len(sizes), photos=len(photos), rest_bytes=room))
        if self._is_shown and seconds >= _SOON:
            write_out(f"{said}\n", to_stderr=True)

    @staticmethod
    def _log(phase: Begun, seconds: float) -> None:
        facts = {"phase": phase.title, "done": phase.done, "total": phase.total, "seconds": round(seconds, 3)}
        logger.info("%s", phase_over(phase, seconds), extra=event("phase", **facts))

    def _draw(self, place: int) -> None:
        if not self._is_shown:
            return
        bar = self._bar = self._bar or _new_bar()
        now = self._drawn = time.monotonic()
        running = self._begun[place]
        left = seconds_left(self._begun[: place + 1], self._phases, self._forecast)
        passed = now - self._started
        # It never goes back: where there is more to do than was expected, it waits.
        self._share = max(self._share, passed / (passed + left) if left else 0.0)
        bar.n = self._share
        bar.bar_format = bar_line(running, self._share, left, _columns())
        bar.refresh()

    def _take_away(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def bar_line(running: Begun, share: float, left: float, columns: int) -> str:
    """The line of the bar as tqdm takes it, with as much as there is room for: the time before the bar itself."""
    phase, time_, done = phase_in_words(running), time_left(left), f"{100 * share:.0f} %"
    end = ", ".join(filter(None, (done, time_)))
    lines = [f"{phase}, {end}", f"{running.title}: {end}", end, done]
    if len(lines[0]) + _ROOM_FOR_BAR < columns:
        return f"{phase} |{{bar}}| {end}"
    return next((line for line in lines if len(line) < columns), done)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
    except (OSError, ValueError):  # of a stream that is no terminal after all
        return _USUAL_COLUMNS


def _new_bar() -> "tqdm[NoReturn]":
    from tqdm import tqdm

    stream = sys.stderr
    bar: tqdm[NoReturn] = tqdm(total=1.0, bar_format=" ", dynamic_ncols=True, leave=False, file=stream)
    if os.environ.get("TERM", "dumb") != "dumb":

        def show(text: str) -> None:
            stream.write(f"{_ERASED_LINE}{text}")
            stream.flush()

        bar.sp = show
    return bar
