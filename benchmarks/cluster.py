"""What a first run over a folder costs on a Dask cluster of 1, 2 and 4 worker processes, beside one process without.

Usage: python benchmarks/cluster.py FOLDER [--faces] [--rounds N] [--workers 1,2,4]

The cluster is on this machine, so what it adds is its own work and nothing of a network's. CPU is that of all parts.
The workers are started, and have loaded the code, before the clocks start to run. Of several interleaved rounds the
smallest figures count; elapsed time says something only on a machine that does nothing else.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scan import Cost
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.workers.capacity import available_cores

# The one says the types of only half of what is used here, the other none.
distributed: Any = import_module("distributed")
psutil: Any = import_module("psutil")

OWN = 0
"""Stands for a run with one process and without a cluster."""


def main() -> None:
    """Print a line for each number of workers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=_usage()
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faces", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", default="1,2,4")
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the workers of a run have it
    numbers = [OWN, *map(int, given.workers.split(","))]
    costs: dict[int, list[Cost]] = {number: [] for number in numbers}
    for _ in range(given.rounds):
        for number in numbers:
            costs[number].append(_run(given.folder, number, faces=given.faces))
    _print(costs, len(LocalPhotoSource(given.folder).list_photos()))


def _usage() -> str:
    return "python benchmarks/cluster.py FOLDER [--faces] [--rounds N] [--workers 1,2,4]"


def _run(folder: Path, workers: int, *, faces: bool) -> Cost:
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(
            no_faces=not faces, no_time_window=True, cache_dir=f"{place}/cache", state_dir=f"{place}/state"
        )
        source = LocalPhotoSource(folder)
        if workers == OWN:
            with _process() as executor:
                alone = replace(settings, workers=1)
                return _measured(lambda: PhotoOrganizer(source, alone, executor=executor).run())
        with _cluster(workers) as address:
            spread = replace(settings, dask=address)
            return _measured(lambda: PhotoOrganizer(source, spread).run())


@contextmanager
def _process() -> Iterator[Executor]:
    """A process that has loaded the code."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        executor.submit(_load).result()
        yield executor


@contextmanager
def _cluster(workers: int) -> Iterator[str]:
    """The address of a scheduler with so many workers, each of which has loaded the code."""
    asked: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(**asked) as cluster,
        distributed.Client(cluster.scheduler_address, set_as_default=False) as client,
    ):
        client.wait_for_workers(workers)
        client.run(_load)
        yield cluster.scheduler_address


def _load() -> None:
    import bestshot.analysis.appraisal
    import bestshot.analysis.faces
    import bestshot.analysis.looks.comparison
    import bestshot.imaging.damage  # noqa: F401 - loaded, not used


def _measured(work: Callable[[], object]) -> Cost:
    """What something costs in this process and in all its children, which live longer."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    work()
    return Cost(time.perf_counter() - wall, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


def _print(costs: dict[int, list[Cost]], photos: int) -> None:
    alone = min(cost.cpu for cost in costs[OWN])
    alone_wall = min(cost.wall for cost in costs[OWN])
    print(f"{photos} photos, {available_cores()} cores")
    for number, found in costs.items():
        cpu, wall = min(cost.cpu for cost in found), min(cost.wall for cost in found)
        name = "no cluster, one process" if number == OWN else f"{number} Dask workers"
        added = 1000 * (cpu - alone) / photos
        print(
            f"{name:24} CPU {cpu:6.1f} s  elapsed {wall:6.1f} s ({alone_wall / wall:.2f} x)  {added:+5.0f} ms a photo"
        )


if __name__ == "__main__":
    main()
