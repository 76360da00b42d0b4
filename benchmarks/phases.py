"""Where the CPU of a run goes: the five places of the code in which a first and a second run spend most.

Usage: python benchmarks/phases.py FOLDER [--checkout CHECKOUT] [--no-faces]

All is done in one process and one thread, as in a worker, and looked at while it is: each moment counts for the module
of this program that runs or has called what runs, or for the package that is being imported. Another checkout of this
program is looked at in the same way.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from types import FrameType
from typing import Any, Final

_LINES = 5

_SINGLE_THREADED: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""As in a worker; the threads of others that wait for each other would be charged to whatever multiplies matrices."""

_INTERVAL = 0.002
"""CPU seconds between two looks; a library that works for longer is charged with all of that afterwards."""


class Clock:
    """Tells by regular looks at the stack where the CPU of this process goes."""

    def __init__(self, folder: Path) -> None:
        self._code = str(folder / "bestshot")
        self._before = time.process_time()
        self.seconds: Counter[str] = Counter()

    def start(self) -> None:
        """Begin to look."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def stop(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        now = time.process_time()
        self.seconds[self._place(frame)] += now - self._before  # type: ignore[assignment] # a Counter of seconds
        self._before = now

    def _place(self, frame: FrameType | None) -> str:
        place = imported = ""
        is_import = False
        while frame is not None:
            name = frame.f_code.co_filename
            is_import |= name.startswith("<frozen importlib")
            if frame.f_code.co_name == "<module>" and "site-packages/" in name:
                imported = name.rpartition("site-packages/")[2].partition("/")[0]
            elif not place and name.startswith(self._code):
                place = name[len(self._code) + 1 :].removesuffix(".py").replace("/", ".")
            frame = frame.f_back
        return f"import of {imported or 'our own and the standard library'}" if is_import else place or "elsewhere"


class AtOnce(Executor):
    """Does work where it is handed in, so that one look sees all of it."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Do the work now."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - as every executor, it passes on whatever work raises
            future.set_exception(error)
        return future


def _look_at_run(checkout: Path, folder: Path, kept: Path, *, no_faces: bool) -> None:
    """Run once in this process and print where its CPU went."""
    sys.path.insert(0, str(checkout))
    clock = Clock(checkout)
    clock.start()
    from bestshot.pipeline.organizer import PhotoOrganizer
    from bestshot.settings.settings import Settings
    from bestshot.sources.local.source import LocalPhotoSource

    settings = Settings(no_faces=no_faces, cache_dir=str(kept), state_dir=str(kept))
    PhotoOrganizer(LocalPhotoSource(folder), settings, executor=AtOnce()).run()
    clock.stop()
    total = sum(clock.seconds.values())
    print(f"{total:.1f} s CPU")
    for place, seconds in clock.seconds.most_common(_LINES):
        print(f"  {seconds / total:6.1%}  {seconds:7.2f} s  {place}")


def main(argv: Sequence[str] | None = None) -> int:
    """Look at a first and a second run, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--checkout", type=Path, default=Path(__file__).resolve().parent.parent, metavar="CHECKOUT")
    parser.add_argument("--no-faces", action="store_true")
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    checkout, folder = arguments.checkout.resolve(), arguments.folder.resolve()
    if arguments.kept:
        _look_at_run(checkout, folder, arguments.kept, no_faces=arguments.no_faces)
        return 0
    with tempfile.TemporaryDirectory() as kept:
        for which in ("first", "second"):
            print(f"{which} run: ", end="", flush=True)
            words = [str(folder), "--checkout", str(checkout), "--kept", kept, *["--no-faces"] * arguments.no_faces]
            environment = {**os.environ, **_SINGLE_THREADED}
            subprocess.run([sys.executable, __file__, *words], check=True, env=environment)  # noqa: S603 - a list, without a shell
    return 0


if __name__ == "__main__":
    sys.exit(main())
