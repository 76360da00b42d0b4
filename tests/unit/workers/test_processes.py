"""Workers are forked from one process that has loaded what they need, and whatever dies is replaced."""

import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bestshot.analysis.analyser import appraisal_measurement
from bestshot.model.faces import FaceModel
from bestshot.workers.pool import WorkerDied, Workers
from bestshot.workers.processes import ProcessPool, WorkerLostError
from tests.support.paths import ROOT

forked_only = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux are workers forked")

_LOADED_BY: list[int] = []


def load() -> None:
    if not _LOADED_BY:
        _LOADED_BY.append(os.getpid())


def load_in_vain() -> None:
    raise OSError("no such model")


def loaded_by() -> tuple[int, list[int]]:
    return os.getpid(), _LOADED_BY


def process_ids(batch: Sequence[int]) -> list[int]:
    return [os.getpid() for _ in batch]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_the_template() -> int:
    os.kill(os.getppid(), signal.SIGKILL)
    return os.getpid()


def compute(seconds: float) -> None:
    while time.process_time() < seconds:
        pass


def seconds_of_children() -> float:
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


def raise_error() -> None:
    raise ValueError("odd")


def lambda_of_its_own() -> Callable[[], int]:
    return lambda: 0


def private_megabytes(pid: int | str) -> int:
    found = re.search(r"^Private_Dirty: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) // 1024


def memory_and_threads() -> tuple[int, int]:
    """The memory that this worker has for itself, and the threads of the process that it was forked from."""
    return private_megabytes("self"), len([*Path(f"/proc/{os.getppid()}/task").iterdir()])


def hold(pipe: Path) -> None:
    """Die while somebody reads from a pipe to its end."""
    with pipe.open("wb", buffering=0) as stream:
        stream.write(b"x")
        os._exit(0)


def read_to_the_end(pipe: Path) -> bytes:
    return pipe.read_bytes()


@pytest.fixture
def pool() -> Iterator[ProcessPool]:
    with closing(ProcessPool(2)) as pool:
        yield pool


@forked_only
def test_what_is_loaded_is_loaded_once_and_shared_also_by_workers_that_replace_dead_ones(pool: ProcessPool) -> None:
    first, loaders = pool.submit(loaded_by, load).result()
    with pytest.raises(WorkerLostError):
        pool.submit(die, load).result()
    second, loaders_again = pool.submit(loaded_by, load).result()
    assert loaders == loaders_again
    assert len({first, second, *loaders}) == 3


@forked_only
def test_a_worker_that_lacks_what_is_to_be_loaded_makes_way_for_one_that_has_it(pool: ProcessPool) -> None:
    without, _ = pool.submit(loaded_by).result()
    has_it, (_loader,) = pool.submit(loaded_by, load).result()
    assert without != has_it
    assert pool.submit(os.getpid, load).result() == has_it
    assert pool.submit(os.getpid).result() == has_it
    with pytest.raises(ProcessLookupError):
        os.kill(without, 0)


def test_for_a_short_job_a_worker_that_runs_already_loads_what_it_lacks_itself(pool: ProcessPool) -> None:
    before = pool.submit(os.getpid).result()
    assert pool.submit(loaded_by, load, is_short=True).result() == (before, [])


def used(workers: Workers, items: Sequence[int], seconds: float, load: Callable[[], None] | None = None) -> set[int]:
    """The processes that such a job is done by."""
    finished = workers.run(process_ids, workers.batches(items, 1, seconds), load)
    return {pid for one in finished if not isinstance(one.result, WorkerDied) for pid in one.result}


@forked_only
def test_the_worker_of_small_jobs_is_kept_and_makes_way_for_a_large_one() -> None:
    with closing(Workers(2)) as workers:
        [small] = used(workers, [1, 2], 0.1)
        [again] = used(workers, [3], 0.1, load)
        large = used(workers, [4, 5], 1.0, load)
    assert again == small
    assert small not in large


def test_what_cannot_be_loaded_is_left_to_the_work(pool: ProcessPool) -> None:
    assert pool.submit(partial(int, "7"), load_in_vain).result() == 7


@forked_only
def test_the_models_for_faces_are_in_the_memory_of_all_workers_once(pool: ProcessPool) -> None:
    """And no thread runs where workers are forked: of locks that it holds they would wait for ever."""
    private, threads = pool.submit(memory_and_threads, appraisal_measurement(FaceModel.HOG).load).result()
    assert private < 40  # of 110 MB and more
    assert threads == 1


@forked_only
def test_the_process_that_workers_are_forked_from_is_replaced_too(pool: ProcessPool) -> None:
    worker = pool.submit(kill_the_template, load).result()
    assert pool.submit(os.getpid, load).result() == worker
    with pytest.raises(WorkerLostError):
        pool.submit(die, load).result()
    other, (loader,) = pool.submit(loaded_by, load).result()
    assert len({worker, other, loader}) == 3


@forked_only
def test_it_is_replaced_also_if_it_dies_while_it_is_asked_for_a_worker(pool: ProcessPool) -> None:
    template = pool.submit(os.getppid, load).result()
    with pytest.raises(WorkerLostError):
        pool.submit(die, load).result()
    os.kill(template, signal.SIGSTOP)
    asked = pool.submit(os.getppid, load)
    assert pool._template is not None
    while not pool._template._lock.locked():
        assert not asked.done()
    os.kill(template, signal.SIGKILL)
    assert asked.result() != template


WITH_A_THREAD = """
import os, threading
from contextlib import closing
from bestshot.workers.pool import WorkerDied, Workers
from bestshot.workers.processes import ProcessPool

threading.Thread(target=threading.Event().wait, daemon=True).start()
if __name__ == "__main__":
    with closing(ProcessPool(1)) as pool:
        print(pool.submit(os.getppid).result() == os.getpid())
"""


def test_no_worker_is_forked_where_a_script_starts_threads_when_it_is_imported(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WITH_A_THREAD)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_death_takes_nobody_else_s_work_along(pool: ProcessPool, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    reading = pool.submit(partial(read_to_the_end, pipe))
    with pytest.raises(WorkerLostError):
        pool.submit(partial(hold, pipe)).result()
    assert reading.result() == b"x"


def test_an_error_is_raised_here_and_says_where_in_the_worker_it_was_raised(pool: ProcessPool) -> None:
    with pytest.raises(ValueError, match="odd") as raised:
        pool.submit(raise_error).result()
    assert "in raise_error" in str(raised.value.__cause__)


def test_what_cannot_be_sent_back_is_an_error_and_not_a_death(pool: ProcessPool) -> None:
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        pool.submit(lambda_of_its_own).result()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell what children took")
def test_what_workers_take_counts_as_taken_by_the_run_and_none_outlives_it() -> None:
    before = seconds_of_children()
    with closing(ProcessPool(2)) as pool:
        computing = pool.submit(partial(compute, 0.5))
        workers = {pool.submit(os.getpid).result() for _ in range(4)}
        computing.result()
    assert seconds_of_children() - before >= 0.5
    assert not multiprocessing.active_children()
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
