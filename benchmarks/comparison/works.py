"""The pieces of work that programs are compared in, each with its goal."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.comparison.libraries import (
    copy_undated,
    draw_camera_photos,
    draw_camera_start,
    draw_dated,
    prepared,
)
from benchmarks.comparison.programs import BEFORE, DRAFT, Checkout, Program, draft_decode
from benchmarks.comparison.table import Goal, Limit

_NO_FACES = "--no-faces"
_MANY, _SMALL_LIBRARY = 100_000, 20_000

_GROUP_A_MILLION = """
from benchmarks.scale import group_library

group_library(1_000_000, has_window=True)
"""


@dataclass(frozen=True, slots=True)
class Task:
    """A row or two of the table: the programs that do it, on which folder, and the goals of a first and second run.

    One without a folder opens no photos. What a run costs on the folder `start` is taken off each cost. A first run
    that is made `once` is not repeated in each pair, only the second is.
    """

    title: str
    programs: Sequence[Program]
    folder: Path | None
    first: Goal | None = None
    second: Goal | None = None
    start: Path | None = None
    once: bool = False
    figure: str = "cpu"

    @property
    def is_memory_watched(self) -> bool:
        """Whether a goal is one of memory."""
        return any(limit.figure == "megabytes" for limit in (self.first or Goal()).limits)


@dataclass(frozen=True, slots=True)
class Sources:
    """The photos that were given, where drawn ones are kept, and the programs that are compared."""

    photos: Path
    kept: Path
    folders: Sequence[Path]
    checkouts: Sequence[Checkout]
    peers: Sequence[Program]

    def ours(self, *arguments: str, has_plan: bool = False) -> list[Program]:
        """Our checkouts with these arguments; their plans are compared if they write them."""
        return [checkout.program(*arguments, has_plan=has_plan) for checkout in self.checkouts]

    def everybody(self) -> list[Program]:
        """Our checkouts without faces, which no peer looks for, and all peers."""
        return [*self.ours(_NO_FACES, has_plan=True), *self.peers]


def _undated(sources: Sources) -> Iterator[Task]:
    """Some 540 photos without dates in one folder, which have to be compared all with all."""
    folder = prepared(sources.kept / "undated", partial(copy_undated, sources.photos))
    first = Goal("at most 2 x czkawka's CPU, below imagededup's", (Limit(2, "czkawka"), Limit(1, "imagededup")))
    yield Task("photos without dates", sources.everybody(), folder, first, Goal())


def _dated(sources: Sources) -> Iterator[Task]:
    """20,000 drawn photos of 320 x 240 pixels with the dates of a real library, 30 % of them in bursts."""
    folder = prepared(sources.kept / "dated 20000", partial(draw_dated, _SMALL_LIBRARY))
    first = Goal("at most czkawka's CPU", (Limit(1, "czkawka"),))
    second = Goal("at most 1/10 of czkawka's CPU", (Limit(0.1, "czkawka"),))
    yield Task("20,000 dated photos", sources.everybody(), folder, first, second)


def _camera(sources: Sources) -> Iterator[Task]:
    """Ten files of 10 to 30 megapixels as cameras write them."""
    goal = Goal("below the CPU of every peer", tuple(Limit(1, peer.name) for peer in sources.peers))
    yield Task("camera files", sources.everybody(), sources.photos / "fullsize", goal, Goal())


def _given(sources: Sources) -> Iterator[Task]:
    """The folders that were named on the command line."""
    for folder in sources.folders:
        yield Task(folder.name, sources.everybody(), folder, Goal(), Goal())


def _decode(sources: Sources) -> Iterator[Task]:
    """A hundred drawn photos of 12 megapixels, 30 % in groups, against one draft decode of each.

    What ten of them cost is taken off both, so that starting up does not count: this is what a further photo costs.
    """
    folder = prepared(sources.kept / "camera 100", draw_camera_photos)
    start = prepared(sources.kept / "camera 10", draw_camera_start)
    goal = Goal("at most 1.15 x one draft decode", (Limit(1.15, DRAFT),))
    yield Task("a photo decoded", [*sources.ours(_NO_FACES), draft_decode()], folder, goal, start=start)


def _faces(sources: Sources) -> Iterator[Task]:
    """A run with faces on labelled bursts and on portraits, against another checkout."""
    goal = Goal("half the CPU of before, same picks", (Limit(0.5, BEFORE),))
    for name in ("bursts", "faces"):
        yield Task(f"with faces: {name}", sources.ours(has_plan=True), sources.photos / name, goal, Goal())


def _many(sources: Sources) -> Iterator[Task]:
    """100,000 drawn photos: the memory of all processes together in the first run, and a second run."""
    folder = prepared(sources.kept / "dated 100000", partial(draw_dated, _MANY))
    memory = Goal("all processes together below 400 MB", (Limit(400, figure="megabytes"),))
    second = Goal("at most 5 s CPU", (Limit(5),))
    yield Task("100,000 photos", sources.ours(_NO_FACES), folder, memory, second, once=True, figure="megabytes")


def _start(sources: Sources) -> Iterator[Task]:
    """What is paid before any work: a run over ten photos that finds nothing to do."""
    folder = prepared(sources.kept / "dated 10", partial(draw_dated, 10))
    goal = Goal("at most 0.5 s CPU", (Limit(0.5),))
    yield Task("nothing to do", sources.ours(_NO_FACES), folder, second=goal)


def _help(sources: Sources) -> Iterator[Task]:
    """`--help`."""
    programs = [checkout.called("--help") for checkout in sources.checkouts]
    yield Task("`--help`", programs, None, Goal("at most 0.15 s CPU", (Limit(0.15),)))


def _million(sources: Sources) -> Iterator[Task]:
    """A million photos grouped by their hashes and times, drawing them included; no picture is opened."""
    programs = [checkout.code(_GROUP_A_MILLION) for checkout in sources.checkouts]
    goal = Goal("at most the CPU of before and 1.3 GB", (Limit(1.05, BEFORE), Limit(1350, figure="megabytes")))
    yield Task("1,000,000 grouped", programs, None, goal, once=True)


TASKS: dict[str, Callable[[Sources], Iterator[Task]]] = {
    "undated": _undated,
    "dated": _dated,
    "camera": _camera,
    "given": _given,
    "decode": _decode,
    "faces": _faces,
    "start": _start,
    "help": _help,
    "many": _many,
    "million": _million,
}
"""What can be asked for by name, in the order of the table."""
