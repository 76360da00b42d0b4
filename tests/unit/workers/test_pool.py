"""Work is spread over processes, and what dies takes only its own photo along."""

import ctypes
import multiprocessing
import os
import platform
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from bestshot.workers.pool import WorkerDied, Workers
from bestshot.workers.processes import WorkersError
from tests.support.drawn_library import add_burst
from tests.support.file_systems import SPAWN, in_own_process, little_memory
from tests.support.paths import ROOT

DEADLY = -1


def doubled(batch: Sequence[int]) -> list[int]:
    return [2 * item for item in batch]


def exited(batch: Sequence[int]) -> list[int]:
    if DEADLY in batch:
        os._exit(0)
    return doubled(batch)


def killed(batch: Sequence[int]) -> list[int]:
    if DEADLY in batch:
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(batch)


def crashed(batch: Sequence[int]) -> list[int]:
    if DEADLY in batch:
        ctypes.string_at(0)
    return doubled(batch)


def raised(batch: Sequence[int]) -> list[int]:
    raise ValueError(f"not {batch[0]}")


def threads_of_blas(_batch: Sequence[int]) -> list[int]:
    import numpy as np

    assert np.ones(2).sum() == 2
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def pages_per_picture(_batch: Sequence[int]) -> list[int]:
    import resource

    import numpy as np

    def measured() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        steps = [np.ones(1_000_000) for _ in range(4)]
        assert steps[-1][-1] == 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    return [measured() for _ in range(3)][1:]


def in_batches(items: Sequence[int], size: int) -> list[Sequence[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def results(
    workers: Workers, work: Callable[[Sequence[int]], list[int]], batches: Iterable[Sequence[int]]
) -> dict[int, int | None]:
    """What came of each item; None for one that took its worker along."""
    found: dict[int, int | None] = {}
    for finished in workers.run(work, batches):
        values = [None] if isinstance(finished.result, WorkerDied) else finished.result
        for item, value in zip(finished.batch, values, strict=True):
            assert item not in found
            found[item] = value
    return found


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_results_do_not_depend_on_the_number_of_workers(count: int) -> None:
    items = range(40)
    with closing(Workers(count)) as workers:
        assert results(workers, doubled, in_batches(items, 3)) == {item: 2 * item for item in items}


def test_a_worker_computes_in_one_thread_since_others_work_beside_it() -> None:
    with closing(Workers(1)) as workers:
        (finished,) = workers.run(threads_of_blas, [[0]])
    assert finished.result == [1]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library does not let itself be told")
def test_a_worker_computes_where_it_computed_the_picture_before() -> None:
    with closing(Workers(1)) as workers:
        [done] = workers.run(pages_per_picture, [[0]])
    assert not isinstance(done.result, WorkerDied)
    assert max(done.result) < 1000  # of the 8,000 pages of its arrays


@pytest.mark.parametrize(
    ("work", "size", "count"), [(exited, 1, 2), (killed, 4, 2), (crashed, 3, 1), (killed, 1, 1), (exited, 20, 2)]
)
def test_what_kills_its_worker_takes_only_itself_along(
    work: Callable[[Sequence[int]], list[int]], size: int, count: int
) -> None:
    items = [*range(7), DEADLY, *range(7, 14)]
    with closing(Workers(count)) as workers:
        found = results(workers, work, in_batches(items, size))
        assert found == {item: None if item == DEADLY else 2 * item for item in items}
        assert results(workers, doubled, [[5]]) == {5: 10}


def test_several_deaths_are_each_found_out() -> None:
    """Also when they come one upon the other."""
    with closing(Workers(2)) as workers:
        finished = list(workers.run(killed, [[DEADLY], [DEADLY, 1], [2, DEADLY]]))
    outcomes = [(list(item.batch), isinstance(item.result, WorkerDied)) for item in finished]
    assert sorted(outcomes) == [([DEADLY], True), ([DEADLY], True), ([DEADLY], True), ([1], False), ([2], False)]


def test_what_the_work_raises_is_raised_here_and_the_workers_work_on() -> None:
    with closing(Workers(1)) as workers:
        with pytest.raises(ValueError, match="not 3"):
            results(workers, raised, [[3]])
        assert results(workers, doubled, [[3]]) == {3: 6}


def test_no_more_is_fetched_than_the_workers_need() -> None:
    fetched: list[int] = []

    def batches() -> Iterator[list[int]]:
        for number in range(100):
            fetched.append(number)
            yield [number]

    with ThreadPoolExecutor(1) as executor:
        run = Workers(2, executor).run(doubled, batches())
        next(iter(run))
        assert len(fetched) <= 12
        assert len(list(run)) == 99


def test_an_executor_of_the_callers_is_used_and_left_running() -> None:
    with ThreadPoolExecutor(2) as executor:
        workers = Workers(executor=executor)
        assert results(workers, doubled, [[1], [2, 3]]) == {1: 2, 2: 4, 3: 6}
        workers.close()
        assert executor.submit(abs, -1).result() == 1
        assert results(workers, doubled, [[4]]) == {4: 8}


def test_what_dies_in_an_executor_of_the_callers_is_blamed_on_no_photo() -> None:
    """It cannot be replaced from here, so every photo after the first would be taken for a deadly one."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as executor:
        workers = Workers(executor=executor)
        with pytest.raises(BrokenExecutor):
            results(workers, killed, [[1], [DEADLY], [2]])
        with pytest.raises(BrokenExecutor):
            results(workers, doubled, [[3]])


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What comes of a script that imports the code as it stands here."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_processes_that_die_at_birth_are_blamed_on_no_photo(tmp_path: Path) -> None:
    """A script without the usual guard is run by each of its own workers."""
    script = tmp_path / "script.py"
    script.write_text("from bestshot.workers.pool import Workers\nprint(list(Workers(1).run(len, [['a'], ['b']])))\n")
    done = ended(str(script))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(
        "bestshot.workers.processes.WorkersError: The processes that read the photos end as soon as they are started"
    )


UNGUARDED = """
import sys
print("begun", flush=True)
from photo_organizer import PhotoOrganizer, Settings
from photo_sources import LocalPhotoSource
try:
    PhotoOrganizer(LocalPhotoSource(sys.argv[1]), Settings(no_faces=True)).run()
except Exception:
    print("caught")
"""


@pytest.mark.usefixtures("home")
def test_a_script_without_the_usual_guard_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    """No process of it starts others, none acts, and none prints where it broke off."""
    add_burst(tmp_path / "photos")
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    done = ended(str(script), str(tmp_path / "photos"))
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "This script starts the program where it is imported, and each process that reads photos imports it: put "
            'that under if __name__ == "__main__": and run the script again.'
        ],
    )
    assert 2 <= done.stdout.count("begun") <= 2 + (os.cpu_count() or 1)
    assert "caught" not in done.stdout


def started_without_room() -> str:
    with little_memory(1_000_000), closing(Workers(1)) as workers, pytest.raises(WorkersError) as refusal:
        results(workers, doubled, [[1]])
    return str(refusal.value)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process like this")
def test_want_of_memory_for_processes_is_told_in_a_sentence() -> None:
    assert in_own_process(started_without_room).startswith("The processes that read the photos cannot be started (")


def started_once_there_is_room() -> tuple[str, object]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with closing(Workers(1)) as workers:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        with pytest.raises(WorkersError) as refusal:
            results(workers, doubled, [[1], [2], [3]])
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return str(refusal.value), results(workers, doubled, [[4]])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the open files of a process like this")
def test_processes_that_could_not_be_started_are_started_when_there_is_room_again() -> None:
    refusal, found = in_own_process(started_once_there_is_room)
    assert refusal.startswith("The processes that read the photos cannot be started (")
    assert found == {4: 8}


def own_pid(_batch: Sequence[int]) -> list[int]:
    return [os.getpid()]


def interrupt_everybody(_batch: Sequence[int]) -> list[int]:
    """What a terminal does at Ctrl-C: the parent and its workers hear it."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getppid(), signal.SIGINT)
    os.kill(parent.pid, signal.SIGINT)
    return [0]


def interrupted() -> tuple[object, object, str]:
    with closing(Workers(1)) as workers:
        before = results(workers, own_pid, [[1]])
        try:
            results(workers, interrupt_everybody, [[1]])
        except KeyboardInterrupt:
            return before, results(workers, own_pid, [[1]]), "interrupted"
    return before, None, "not interrupted"


def test_an_interruption_reaches_the_run_and_not_its_workers() -> None:
    before, after, outcome = in_own_process(interrupted)
    assert outcome == "interrupted"
    assert before == after


def report_and_wait(batch: Sequence[Path]) -> list[int]:
    """Hold the first pipe open for as long as this process lives, and wait for what never comes."""
    alive, never = batch[0], batch[0].with_name("never")
    with alive.open("wb", buffering=0) as stream:
        stream.write(b"x")
        never.open("rb").close()
    return []


def work_forever(pipe: Path) -> None:
    list(Workers(2).run(report_and_wait, [[pipe], [pipe]]))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    os.mkfifo(tmp_path / "never")
    parent = SPAWN.Process(target=work_forever, args=(tmp_path / "alive",))
    parent.start()
    with (tmp_path / "alive").open("rb", buffering=0) as stream:
        reports = stream.read(1)
        while len(reports) < 2:
            reports += stream.read(1)
        os.kill(parent.pid or 0, signal.SIGKILL)
        parent.join()
        readable, _, _ = select.select([stream], [], [], 60)
        assert readable, "a worker outlived its parent"
        assert stream.read(1) == b""


def process_ids(batch: Sequence[int]) -> list[int]:
    return [os.getpid()] * len(batch)


def processes_used(workers: Workers, items: Sequence[int], seconds: float) -> int:
    return len(set(results(workers, process_ids, workers.batches(items, 1, seconds)).values()))


def test_a_small_job_starts_no_more_processes_than_it_is_worth() -> None:
    with closing(Workers(8)) as workers:
        assert processes_used(workers, range(3), 0.1) == 1
        assert processes_used(workers, range(3), 0.6) <= 2


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("seconds", [0.001, 0.1, 1.0, 100.0])
def test_batches_hold_each_item_once_and_in_order(count: int, seconds: float) -> None:
    with closing(Workers(count)) as workers:
        for items in (range(1), range(7), range(100)):
            batches = workers.batches(items, 2, seconds)
            assert [item for batch in batches for item in batch] == list(items)


def test_a_large_job_is_cut_into_small_batches() -> None:
    with closing(Workers(4)) as workers:
        assert max(map(len, workers.batches(range(100), 8, 0.1))) == 8


def test_what_takes_little_is_handed_over_in_larger_batches_and_still_busies_all_processes() -> None:
    with closing(Workers(4)) as workers:
        workers.batches(range(100), 8, 1.0)
        assert max(map(len, workers.batches(range(10_000), 8, 0.001))) == 100
        assert len(workers.batches(range(800), 8, 0.001)) >= 4 * 4
        assert max(map(len, workers.batches(range(40), 8, 0.001))) == 8


def test_what_runs_already_is_used_by_a_small_job_too() -> None:
    with closing(Workers(4)) as workers:
        workers.batches(range(100), 8, 1.0)
        assert len(workers.batches(range(3), 1, 0.1)) == 3
    with ThreadPoolExecutor(2) as executor:
        assert len(Workers(2, executor).batches(range(3), 1, 0.1)) == 3


def megabytes_here() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) // 1000


def megabytes_while_workers_work() -> tuple[int, int]:
    """Of many objects a few are left, so that no page at the end of the memory is free."""
    few = [bytes(2000) for _ in range(40_000)][::200]
    before = megabytes_here()
    with closing(Workers(1)) as workers:
        during = [megabytes_here() for _ in workers.run(len, [few])]
    return before, during[0]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only this library can be told to give back memory")
def test_what_is_free_of_the_memory_is_given_back_while_workers_work() -> None:
    before, during = in_own_process(megabytes_while_workers_work)
    assert during < before - 50
