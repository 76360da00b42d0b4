"""How well a run tells how long it will still take, from a tenth of it on.

Usage: python benchmarks/estimate.py FOLDER [--no-faces] [--lay-out] [--report] [--workers N] [--after SHARE]
                                    [--record NAME]

The run is looked at as its bar sees it. It is a first run, or with --after one that goes on where another was killed
when it had hashed this share of the photos; after 1, all is known. With --record it is kept under this name among the
recorded runs that the tests look at; whoever makes a phase faster sets its cost in bestshot/model/phases.py anew, and
records these runs anew.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bestshot.cli.progress_bar import phases_of
from bestshot.model.phases import HASHING, Begun, Forecast, seconds_left
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource

RECORDED_RUNS: Final = Path(__file__).resolve().parent.parent / "tests" / "unit" / "cli" / "recorded_runs.json"

_STEP: Final = 0.1
"""Seconds; what is done within them is one step."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was left of a run at some moment, and what was thought to be left, in shares of it."""

    phase: str
    left: float
    thought: float

    @property
    def error(self) -> float:
        """By what share of the run more was thought to be left than was."""
        return self.thought - self.left


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as it was: what its phases began with, what was done in them, and what was foreseen, by the second.

    `settings` are those that are not as usual. Of `events`, one of two values is a step of so many units, one of three
    is a phase that begins with so many, and one of more is a forecast.
    """

    workers: int
    settings: Mapping[str, object]
    seconds: float
    events: Sequence[Sequence[Any]]

    def estimates(self) -> Iterator[Estimate]:
        """What is thought to be left at each step, from a tenth of the run on."""
        settings = Settings(cache_dir="c", state_dir="s", **self.settings)  # type: ignore[arg-type] # of its own fields
        phases = phases_of(settings, self.workers)
        begun: list[Begun] = []
        forecast, started = Forecast(), 0.0
        for at, *what in self.events:
            match what:
                case [int(units)]:
                    begun[-1] = begun[-1].after(units, at - started)
                case [str(title), int(total)]:
                    begun.append(Begun(title, total, megabytes=forecast.megabytes))
                    started = at
                case _:
                    forecast = Forecast(*what)
                    continue
            if at >= self.seconds / 10:
                thought = seconds_left(begun, phases, forecast) / self.seconds
                yield Estimate(begun[-1].title, 1 - at / self.seconds, thought)


@dataclass(slots=True)
class Recorder:
    """The progress of one run, as `PhotoOrganizer` takes it, kept."""

    started: float = field(default_factory=time.monotonic)
    events: list[Sequence[Any]] = field(default_factory=list)

    @contextmanager
    def __call__(self, title: str, total: int) -> Iterator[Callable[[int], object]]:
        """One phase of the run."""
        self._add(title, total)
        waiting, last = 0, 0.0

        def advance(units: int) -> None:
            nonlocal waiting, last
            waiting += units
            if time.monotonic() - last >= _STEP:
                self._add(waiting)
                waiting, last = 0, time.monotonic()

        yield advance
        if waiting:
            self._add(waiting)

    def foresee(self, forecast: Forecast) -> None:
        """Hear what is to be expected."""
        megabytes, *counts = astuple(forecast)
        if self.events and len(self.events[-1]) > 3:
            self.events.pop()
        self._add(round(megabytes, 4), *counts)

    def seconds(self) -> float:
        """How long it has been recorded."""
        return round(time.monotonic() - self.started, 3)

    def _add(self, *what: object) -> None:
        self.events.append((self.seconds(), *what))


def recorded(folder: Path, settings: Settings, asked: Mapping[str, object]) -> RecordedRun:
    """Run on a folder with settings in which these were asked for."""
    recorder = Recorder()
    PhotoOrganizer(LocalPhotoSource(folder), settings, progress=recorder).run()
    assert settings.workers is not None
    return RecordedRun(settings.workers, asked, recorder.seconds(), recorder.events)


def _killed(folder: Path, settings: Settings, share: float) -> None:
    """Run until this share of the photos is hashed; to the end, if that is all of them."""

    @contextmanager
    def progress(title: str, total: int) -> Iterator[Callable[[int], object]]:
        done = 0

        def advance(units: int) -> None:
            nonlocal done
            done += units
            if title == HASHING and total * share <= done < total:
                raise KeyboardInterrupt

        yield advance

    with suppress(KeyboardInterrupt):
        PhotoOrganizer(LocalPhotoSource(folder), settings, progress=progress).run()


def _keep(name: str, run: RecordedRun) -> None:
    runs = json.loads(RECORDED_RUNS.read_text("utf-8")) if RECORDED_RUNS.exists() else {}
    runs[name] = asdict(run)
    told = (f"{json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}" for name, one in sorted(runs.items()))
    RECORDED_RUNS.write_text("{\n" + ",\n".join(told) + "\n}\n", "utf-8")


def _print_table(run: RecordedRun) -> None:
    estimates = list(run.estimates())
    worst = max(estimates, key=lambda one: abs(one.error))
    print(f"{run.seconds:.1f} s; what was left of that, and what was thought to be left:")
    for one in [*estimates[:: max(1, len(estimates) // 8)], worst]:
        print(f"{one.left:7.0%} {one.thought:7.0%}  {one.phase}{'  (the worst)' if one is worst else ''}")


def main(argv: Sequence[str] | None = None) -> int:
    """Record a run on a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--no-faces", action="store_true", help="judge without faces")
    parser.add_argument("--lay-out", action="store_true", help="lay the photos out in folders")
    parser.add_argument("--report", action="store_true", help="write a report")
    parser.add_argument("--after", type=float, metavar="SHARE", help="go on after a run that had hashed this share")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that read photos (default: 1)")
    parser.add_argument("--record", metavar="NAME", help="keep the run for the tests")
    arguments = parser.parse_args(argv)
    asked: dict[str, object] = {}
    if arguments.no_faces:
        asked["no_faces"] = True
    with tempfile.TemporaryDirectory() as name:
        kept = str(Path(name) / "kept")
        settings = Settings(cache_dir=kept, state_dir=kept, no_faces=arguments.no_faces, workers=arguments.workers)
        if arguments.after is not None:
            _killed(arguments.folder, settings, arguments.after)
        if arguments.lay_out:
            asked["output"] = "output"
            settings = replace(settings, output=str(Path(name) / "output"))
        if arguments.report:
            asked["report"] = "report"
            settings = replace(settings, report=str(Path(name) / "report"))
        run = recorded(arguments.folder, settings, asked)
    if arguments.record:
        _keep(arguments.record, run)
    _print_table(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
