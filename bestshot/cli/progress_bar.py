"""One bar for a whole run: which phase it is in, how far that is, and how long everything will still take."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

from bestshot.cli.wording import phase_in_words, time_left
from bestshot.model.phases import JUDGING, JUDGING_WITHOUT_FACES, PHASES, Begun, Forecast, Phase, seconds_left

if TYPE_CHECKING:
    from tqdm import tqdm

    from bestshot.settings.settings import Settings

_REFRESH_SECONDS: Final = 0.1
"""The bar is drawn at most so often: a run may have thousands of quick steps."""

_BAR: Final = "{desc} |{bar}| {percentage:.0f} %{postfix}"


def phases_of(settings: "Settings") -> Mapping[str, Phase]:
    """The phases that a run with these settings may have, in their order."""
    acts, options = not settings.dry_run, settings.options
    wanted = {
        "Recognising": not settings.no_faces,
        "Making the report": settings.report is not None,
        "Laying out": acts and options.layout is not None,
        "Marking": acts and options.marks.any,
    }
    phases = {title: phase for title, phase in PHASES.items() if wanted.get(title, True)}
    return phases if not settings.no_faces else phases | {JUDGING: JUDGING_WITHOUT_FACES}


class ProgressBar:
    """The progress of one run, as `PhotoOrganizer` takes it, on standard error; `phases` are those it may have.

    Between phases its line is empty, so that others may print.
    """

    def __init__(self, phases: Mapping[str, Phase]) -> None:
        self._phases = phases
        self._begun: list[Begun] = []
        self._forecast = Forecast()
        self._started = self._drawn = time.monotonic()
        self._share = 0.0
        self._bar: tqdm[NoReturn] | None = None

    @contextmanager
    def __call__(self, title: str, total: int) -> Iterator[Callable[[int], object]]:
        """One phase of the run, of so many steps; 0 stands for a number that is not known."""
        place, started = len(self._begun), time.monotonic()
        self._begun.append(Begun(title, total))

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

    def foresee(self, forecast: Forecast) -> None:
        """Hear what is to be expected of the photos."""
        members = self._forecast.members if forecast.members is None else forecast.members
        self._forecast = replace(forecast, members=members)

    def _draw(self, place: int) -> None:
        bar = self._bar = self._bar or _new_bar()
        now = self._drawn = time.monotonic()
        running = self._begun[place]
        left = seconds_left(self._begun[: place + 1], self._phases, self._forecast)
        passed = now - self._started
        # It never goes back: where there is more to do than was expected, it waits.
        self._share = max(self._share, passed / (passed + left) if left else 0.0)
        bar.n = self._share
        bar.set_description_str(phase_in_words(running), refresh=False)
        bar.set_postfix_str(time_left(left), refresh=False)
        bar.refresh()

    def _take_away(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _new_bar() -> "tqdm[NoReturn]":
    from tqdm import tqdm

    return tqdm(total=1.0, bar_format=_BAR, dynamic_ncols=True, leave=False)
