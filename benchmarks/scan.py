"""The cost of a run up to its groups, compared with bare decoding, a second run, and the naive method.

Usage: python benchmarks/scan.py FOLDER [--copies N] [--rounds N]

Everything is measured in one run and printed as ratios, since timings on a shared machine are noisy; of each figure the
smallest of several interleaved rounds counts.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import imagehash
from PIL import Image

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bestshot.analysis.hashing import DECODE_SIZE
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.workers.capacity import available_cores

_NO_GROUP = 10**9
"""With this minimum group size, the run ends after grouping: nothing is appraised."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Elapsed seconds, and CPU seconds of this process and its children."""

    wall: float
    cpu: float


def measured(work: Callable[[], object]) -> Cost:
    """Run something and measure what it cost; child processes count once they have ended."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    work()
    return Cost(time.perf_counter() - wall, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _bare_decode(path: str) -> None:
    with Image.open(path) as image:
        image.draft("L", (DECODE_SIZE, DECODE_SIZE))
        image.load()


def _naive(path: str) -> None:
    with Image.open(path) as image:
        imagehash.phash(image.convert("RGB"))


def _nothing(_path: str) -> None:
    pass


def _in_pool(work: Callable[[str], None], paths: Sequence[str]) -> None:
    with ProcessPoolExecutor(available_cores(), mp_context=get_context("spawn")) as pool:
        list(pool.map(work, paths, chunksize=8))


def _scan(folder: Path, cache: Path) -> None:
    settings = Settings(
        no_faces=True,
        no_time_window=True,
        min_group_size=_NO_GROUP,
        cache_dir=str(cache),
        state_dir=str(cache),
    )
    PhotoOrganizer(LocalPhotoSource(folder), settings).run()


def _jpegs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg"})


def _copied(pictures: Sequence[Path], copies: int, folder: Path) -> list[str]:
    """Copy the pictures several times, so that starting processes has little weight."""
    folder.mkdir()
    for picture in pictures:
        for copy in range(copies):
            shutil.copy2(picture, folder / f"{copy}_{picture.name}")
    return [str(path) for path in sorted(folder.iterdir())]


def _rounds(folder: Path, paths: Sequence[str], rounds: int, work: Path) -> dict[str, Cost]:
    """The minimum of several interleaved rounds of each measurement."""
    best: dict[str, Cost] = {}
    for number in range(rounds):
        cache = work / f"cache{number}"
        steps: dict[str, Callable[[], object]] = {
            "empty pool": lambda: _in_pool(_nothing, paths),
            "bare decode": lambda: _in_pool(_bare_decode, paths),
            "first run": partial(_scan, folder, cache),
            "second run": partial(_scan, folder, cache),
            "naive": lambda: _in_pool(_naive, paths),
        }
        for name, step in steps.items():
            cost = measured(step)
            known = best.get(name, cost)
            best[name] = Cost(min(known.wall, cost.wall), min(known.cpu, cost.cpu))
    return best


def _print_table(best: dict[str, Cost], photos: int) -> None:
    start = best["empty pool"].cpu
    print(f"{photos} photos on {available_cores()} cores; of each figure the smallest")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'CPU ms a photo, without starting processes':>46}")
    for name, cost in best.items():
        each = (cost.cpu - (0 if name == "second run" else start)) / photos * 1000
        print(f"{name:24}{cost.wall:9.3f}{cost.cpu:9.3f}{each:46.2f}")
    print("(the second run is made in the process of the first one, which has its imports loaded)")
    bare, first, naive = (best[name] for name in ("bare decode", "first run", "naive"))
    print()
    for what, ratio, goal in (
        ("CPU a decoded photo against the bare decode", (first.cpu - start) / (bare.cpu - start), "goal <= 1.15"),
        ("the same with starting the processes", first.cpu / bare.cpu, ""),
        ("first run against the second, wall", first.wall / best["second run"].wall, "goal >= 50"),
        (
            "naive full decode + pHash against the first run, CPU",
            (naive.cpu - start) / (first.cpu - start),
            "goal >= 4",
        ),
        ("the same, wall", naive.wall / first.wall, ""),
    ):
        print(f"{what:54}{ratio:8.2f} x  {goal}".rstrip())


def main(argv: Sequence[str] | None = None) -> int:
    """Measure a folder of JPEGs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--copies", type=int, default=8, help="how often each picture is taken (default: 8)")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured (default: 3)")
    arguments = parser.parse_args(argv)
    pictures = _jpegs(arguments.folder)
    if not pictures:
        parser.error(f"{arguments.folder} holds no JPEG")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "photos"
        paths = _copied(pictures, arguments.copies, folder)
        os.sync()
        _print_table(_rounds(folder, paths, arguments.rounds, Path(name)), len(paths))
    return 0


if __name__ == "__main__":
    sys.exit(main())
