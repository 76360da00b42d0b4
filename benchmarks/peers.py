"""What this program costs beside comparable ones on the same photos, and which of its goals it reaches.

Usage: python benchmarks/peers.py PHOTOS CACHE [FOLDER ...] [--only NAME,...] [--before CHECKOUT] [--pairs N]

PHOTOS holds the folders bursts, distractors, neardup, faces and fullsize. CACHE is made, and keeps what takes long to
make: drawn photos, and an environment for each peer. Every FOLDER is one more row. Programs run in turn, so a ratio is
that of runs made right after each other; the median of all pairs is told. CPU is that of a command and everything that
it starts. A peer that cannot be installed is named, and its column stays empty. This needs Linux.
"""

import argparse
import math
import os
import platform
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.comparison.costs import DidNotFinish, Rules, run
from benchmarks.comparison.libraries import draw_dated, prepared
from benchmarks.comparison.programs import BEFORE, PLAN, Checkout, Program, checkouts, peers, surroundings
from benchmarks.comparison.table import OURS, Outcome, Row, table
from benchmarks.comparison.works import TASKS, Sources, Task


@dataclass(frozen=True, slots=True)
class Measuring:
    """How tasks are measured: how often, how long a peer may take, and where runs may keep things."""

    pairs: int
    limit: float
    place: Path

    def rows(self, task: Task) -> Iterator[Row]:
        """Have all programs do a task in turn, as often as there are pairs, and yield what they paid."""
        found = Found()
        if task.folder:
            _read_once(task.folder)
        for pair in range(self.pairs):
            for program in task.programs:
                self._take_turn(task, program, found, is_first=not pair or not task.once)
        if task.first:
            picks = have_same_picks(self._kept(task, OURS), self._kept(task, BEFORE))
            yield Row(_title(task, "first"), task.first, found.first, task.figure, picks)
        if task.second:
            yield Row(_title(task, "second"), task.second, found.second)

    def _take_turn(self, task: Task, program: Program, found: "Found", *, is_first: bool) -> None:
        kept = self._kept(task, program.name)
        if is_first:
            shutil.rmtree(kept, ignore_errors=True)
            found.first[program.name].append(self._outcome(task, program, kept, found))
        if task.second:
            again = (
                self._outcome(task, program, kept, found) if program.keeps_something else found.first[program.name][-1]
            )
            found.second[program.name].append(again)

    def _kept(self, task: Task, name: str) -> Path:
        return self.place / task.title / name

    def _outcome(self, task: Task, program: Program, kept: Path, found: "Found") -> Outcome:
        """What a run costs; a program that once did not finish is not tried again."""
        earlier = [*found.first[program.name], *found.second[program.name]]
        failed = [outcome for outcome in earlier if isinstance(outcome, str)]
        if failed or program.missing:
            return failed[0] if failed else ""
        rules = Rules(math.inf if program.is_ours else self.limit, task.is_memory_watched)
        try:
            cost = run(program.start(task.folder or kept, kept), surroundings(kept), kept / "log", rules)
            if task.start:
                beside = kept / "start"
                cost -= run(program.start(task.start, beside), surroundings(beside), beside / "log", rules)
        except DidNotFinish as reason:
            return str(reason)
        print(f"{task.title}: {program.name} {cost}", file=sys.stderr)
        return cost


Outcomes = defaultdict[str, list[Outcome]]


@dataclass(frozen=True, slots=True)
class Found:
    """The outcomes of first and second runs by program."""

    first: Outcomes = field(default_factory=partial(defaultdict, list))
    second: Outcomes = field(default_factory=partial(defaultdict, list))


def _read_once(folder: Path) -> None:
    """Read all photos, so that the first program finds them in memory as the others do."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.read_bytes()


def _title(task: Task, which: str) -> str:
    return f"{task.title}, {which} run" if task.first and task.second else task.title


def have_same_picks(mine: Path, theirs: Path) -> bool | None:
    """Whether two runs made the same groups with the same best; None where not both have written a plan."""
    if not ((mine / PLAN).exists() and (theirs / PLAN).exists()):
        return None
    plans = (msgspec.json.decode((kept / PLAN).read_bytes()) for kept in (mine, theirs))
    picks = [
        {(group["best"], frozenset(one["id"] for one in group["photos"])) for group in plan["groups"]} for plan in plans
    ]
    return picks[0] == picks[1]


def _warm_up(ours: Sequence[Checkout], cache: Path, place: Path) -> None:
    """Let each checkout run once, so that its code is compiled and its libraries are in memory."""
    folder = prepared(cache / "dated 10", partial(draw_dated, 10))
    for checkout in ours:
        kept = place / checkout.name
        run(checkout.program().start(folder, kept), surroundings(kept), kept / "log", Rules(600))


def _heading(programs: Sequence[tuple[str, str]], pairs: int) -> Iterator[str]:
    """When and where this was measured, and which versions."""
    processor = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores of {processor[0] if processor else platform.machine()}, "
        f"{gigabytes:.0f} GB, Linux, Python {platform.python_version()}; medians of {pairs} pairs."
    )
    yield "; ".join(f"{name} {version}" for name, version in programs) + "."


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("cache", type=Path, metavar="CACHE")
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--only", default=",".join(TASKS), metavar="NAME,...", help=f"of {', '.join(TASKS)}")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another version of this program to compare")
    parser.add_argument("--pairs", type=int, default=5, help="how often each program runs (default: 5)")
    parser.add_argument("--limit", type=float, default=300, help="seconds a peer may take (default: 300)")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.only.split(",")) - TASKS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(TASKS)}")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare the programs and the photos, run the programs in turn, and print the table."""
    arguments = _parsed(argv)
    cache = arguments.cache.resolve()
    ours, others = checkouts(arguments.before and arguments.before.resolve()), peers(cache / "environments")
    sources = Sources(
        arguments.photos.resolve(), cache / "photos", [one.resolve() for one in arguments.folders], ours, others
    )
    place = cache / "runs"
    shutil.rmtree(place, ignore_errors=True)
    _warm_up(ours, cache / "photos", place)
    measuring = Measuring(arguments.pairs, arguments.limit, place)
    tasks = [task for name in arguments.only.split(",") for task in TASKS[name](sources)]
    rows = [row for task in tasks for row in measuring.rows(task)]
    versions = [(one.name, one.version) for one in ours] + [
        (one.name, one.version) for one in others if not one.missing
    ]
    print("\n".join([*_heading(versions, arguments.pairs), "", *table(rows, _columns(rows))]))
    for row in rows:
        if row.has_same_picks is not None:
            print(
                f"- {row.title}: {'the same groups and picks as' if row.has_same_picks else 'other picks than'} before."
            )
    for one in others:
        if one.missing:
            print(f"- {one.missing}.")
    return 0


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.outcomes))


if __name__ == "__main__":
    sys.exit(main())
