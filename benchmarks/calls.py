"""Which modules and packages four jobs enter, and how many kinds of calls there are between them.

Usage: python benchmarks/calls.py [--borders]

Each job is a command line, run in this process over drawn photos: photos laid out with -o, photos tagged on the tests'
fake Immich server, the undo of that, and a plan with another best photo that is applied and then met by a later run.
Pictures are measured in a thread instead of processes, so that its calls are traced. Everything runs once untraced, so
that calls made by imports are not counted.

A module is entered if code of its file runs; its package is its folder below `bestshot`, or the module itself if it is
in none. The caller is the nearest code of ours on the stack, across other libraries (a `with`, a callback). A kind of
call is a pair of different modules, or of different packages.
"""

import argparse
import io
import json
import os
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TypeVar
from unittest.mock import patch

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bestshot.workers import pool
from photo_organizer import main as organize
from tests.fake_immich import FakeImmich
from tests.support.drawn_library import add, add_burst, scene
from tests.support.paths import ROOT

Result = TypeVar("Result")

GOALS = {
    "a photo in a folder, with -o": (18, 52),
    "a tag on Immich": (17, 42),
    "its undo": (11, 21),
    "a decision, applied and met again": (16, 42),
}
"""How many packages each job should enter at most, and how many kinds of calls there should be between them."""

SERVER = "--source-type=immich"


class Trace:
    """The modules that were entered while it was installed, and the calls between them."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.calls: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, event: str, _arg: object) -> None:
        """Record one call; Python calls this for each."""
        entered = module_of(frame.f_code.co_filename) if event == "call" else None
        if entered is None:
            return
        self.modules.add(entered)
        caller = frame.f_back
        while caller is not None:
            name = module_of(caller.f_code.co_filename)
            if name is not None:
                self.calls |= {(name, entered)} if name != entered else set()
                return
            caller = caller.f_back

    @property
    def packages(self) -> set[str]:
        """The packages that were entered."""
        return {package_of(module) for module in self.modules}

    @property
    def borders(self) -> "Counter[tuple[str, str]]":
        """The kinds of calls between packages, each with the number of kinds between modules."""
        pairs = ((package_of(caller), package_of(callee)) for caller, callee in self.calls)
        return Counter(pair for pair in pairs if pair[0] != pair[1])


@cache
def module_of(file: str) -> str | None:
    """The dotted name of a module of ours; None for other libraries, the tests and this benchmark."""
    path = Path(file)
    if not path.is_relative_to(ROOT):
        return None
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts) if parts[0] == "bestshot" or len(parts) == 1 else None


def package_of(module: str) -> str:
    """The package of a module below `bestshot`, or the module itself if it is in none."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or first


class _OneThread:
    """Replaces a pool of processes, in which calls could not be traced."""

    failure = None

    def __init__(self, _count: int) -> None:
        self._thread = ThreadPoolExecutor(1)

    def submit(self, task: Callable[[], Result], _load: object, **_options: object) -> Future[Result]:
        return self._thread.submit(task)

    def close(self) -> None:
        self._thread.shutdown()


@contextmanager
def _traced(traces: dict[str, Trace], job: str) -> Iterator[None]:
    traces[job] = trace = Trace()
    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _run(*command: str) -> None:
    with redirect_stdout(io.StringIO()) as said:
        code = organize(command)
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{said.getvalue()}")


def run_jobs(home: Path) -> dict[str, Trace]:
    """Do the four jobs in a new home, and return what each of them entered."""
    os.environ["HOME"] = str(home)
    traces: dict[str, Trace] = {}
    local, tag, undo, decision = GOALS
    photos, others = home / "Photos", home / "Others"
    add_burst(photos)
    add(photos / "alone.jpg", scene(9), "2024:07:01 12:00:00")
    add_burst(others)
    with _traced(traces, local):
        _run(str(photos), "-o", str(home / "Organized"))
    with FakeImmich("3.1.0") as server:
        server.seeds.burst(3)
        os.environ |= {"IMMICH_URL": server.url, "IMMICH_API_KEY": server.admin.secret}
        with _traced(traces, tag):
            _run(SERVER, "--tag-only")
        with _traced(traces, undo):
            _run(SERVER, "--undo")
    decided, plan = str(home / "Decided"), home / "plan.json"
    _run(str(others), "-o", decided, "--dry-run", "--plan", str(plan))
    _choose_another(plan)
    with _traced(traces, decision):
        _run("--apply", str(plan), "-o", decided)
        _run(str(others), "-o", decided)
    return traces


def _choose_another(plan: Path) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    (group,) = document["groups"]
    group["best"] = next(photo["id"] for photo in group["photos"] if photo["id"] != group["best"])
    plan.write_text(json.dumps(document), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Do the jobs and print a table of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borders", action="store_true", help="list the kinds of calls between packages too")
    options = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    for name in [name for name in os.environ if name.startswith(("XDG_", "PHOTO_ORGANIZER_"))]:
        del os.environ[name]
    with (
        tempfile.TemporaryDirectory() as unseen,
        tempfile.TemporaryDirectory() as home,
        patch.object(pool, "ProcessPool", _OneThread),
    ):
        run_jobs(Path(unseen))
        traces = run_jobs(Path(home))
    print(f"{'entered / kinds of calls':36}{'modules':>10}{'packages':>10}{'goal':>10}")
    for job, trace in traces.items():
        modules, packages = f"{len(trace.modules)}/{len(trace.calls)}", f"{len(trace.packages)}/{len(trace.borders)}"
        print(f"{job:36}{modules:>10}{packages:>10}{'/'.join(map(str, GOALS[job])):>10}")
        for (caller, callee), kinds in sorted(trace.borders.items()) if options.borders else ():
            print(f"    {caller} -> {callee}: {kinds}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
