"""Distributing work over processes so that a decoder that crashes costs one photo, not the run."""

import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from bestshot.errors import OrganizerError
from bestshot.text import printable
from bestshot.traffic import add_fetched, with_fetched
from bestshot.workers.capacity import available_cores
from bestshot.workers.deadline import PHOTO_SECONDS, within_deadlines

Item = TypeVar("Item")
Result = TypeVar("Result")

_PENDING_PER_WORKER = 3
"""Batches submitted per worker: enough that none is idle, few enough to save memory."""


_START_SECONDS = 1.0
"""What a process costs before it has measured anything; a job that takes less is done by those that run already."""

_STUCK = 3
"""So many photos in a row that never end are not to blame: nothing can be read any more."""


class WorkersError(OrganizerError):
    """Worker processes die before they have any work, the cluster is lost, or nothing can be read any more."""


class WorkerLostError(Exception):
    """Raised by an executor that restarts its workers, for work whose worker died, whatever caused that."""


_SINGLE_THREADED = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Pictures are spread over processes already: threads for the small matrices within each would wait for each other, at
half as much CPU again."""

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
_KEPT_BYTES = {_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 64 << 20}
"""Arrays of what size get memory that earlier ones gave back, and how much of that is kept.

The C library of Linux would return it after each picture and have it cleared anew for the next: a twentieth of the CPU.
"""

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)

_UNGUARDED_EXIT = 70
_UNGUARDED = (
    "This script starts the program where it is imported, and each process that reads photos imports it: put that "
    'under if __name__ == "__main__": and run the script again.'
)


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """The worker that had only this item crashed on it, was killed for lack of memory, or did not end in time."""

    reason: str = "makes its decoder crash or run out of memory"

    @classmethod
    def after(cls, seconds: float, allowed: float) -> "WorkerDied":
        """What is said of an item whose worker lived so long."""
        return cls() if seconds < allowed else cls(f"is not read in {allowed:g} seconds, as if its decoder never ended")


@dataclass(frozen=True, slots=True)
class Finished(Generic[Item, Result]):
    """A batch and its result."""

    batch: Sequence[Item]
    result: Result | WorkerDied


def _counted(finished: Finished[Item, tuple[Result, int]]) -> Finished[Item, Result]:
    """A batch with its result alone, after the bytes that came for it are counted."""
    if isinstance(finished.result, WorkerDied):
        return Finished(finished.batch, finished.result)
    result, fetched = finished.result
    add_fetched(fetched)
    return Finished(finished.batch, result)


class Workers:
    """Runs batches on a pool of `count` processes, by default one per core, or on a given executor.

    The pool is started when it is first needed, and never has more processes than there were batches at once. Its
    processes are spawned, not forked, so they inherit neither the
    library's lock nor its databases; those that die are replaced, as are those that spend more than `photo_seconds` on
    one photo. A BrokenExecutor of a given executor is passed on; work is only submitted to it again after a
    WorkerLostError.
    """

    def __init__(
        self, count: int | None = None, executor: Executor | None = None, *, photo_seconds: float = PHOTO_SECONDS
    ) -> None:
        self.count = count or available_cores()
        self._given = executor
        self._photo_seconds = photo_seconds
        self._pool: Executor | None = executor
        self._running = 0 if executor is None else self.count
        self._retryable = BrokenExecutor if executor is None else WorkerLostError

    def close(self) -> None:
        """Stop the processes and cancel what they are working on."""
        if self._pool is not None and self._given is None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._given

    def batches(self, items: Sequence[Item], size: int, seconds: float) -> list[Sequence[Item]]:
        """Cut what is to be done into batches of `size`, or larger ones if it is not worth a process for each core.

        `seconds` is roughly what one item takes.
        """
        worthwhile = math.ceil(len(items) * seconds / _START_SECONDS)
        self._running = max(self._running, min(worthwhile, self.count))
        if self._running < self.count:
            size = max(size, math.ceil(len(items) / self._running))
        return [items[start : start + size] for start in range(0, len(items), size)]

    def run(
        self, work: Callable[[Sequence[Item]], Result], batches: Iterable[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        """Run `work` on every batch and yield the results as they finish; errors of `work` are raised here.

        What the processes fetch from servers counts as fetched here. Raises WorkersError if they die even without work.
        """
        return map(_counted, self._run(partial(with_fetched, work), batches))

    def _run(
        self, work: Callable[[Sequence[Item]], Result], batches: Iterable[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        waiting = iter(batches)
        pending: dict[Future[Result], Sequence[Item]] = {}
        suspects: list[Sequence[Item]] = []
        while True:
            if not suspects:
                suspects += self._submit_some(work, waiting, pending)
            if not pending and not suspects:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done if pending else ():
                batch = pending.pop(future)
                try:
                    result = future.result()
                except self._retryable:
                    suspects.append(batch)
                else:
                    yield Finished(batch, result)
            if not pending:
                # A worker that dies takes all pending batches with it; any of them may be the cause.
                yield from self._one_by_one(work, [[item] for batch in suspects for item in batch])
                suspects = []

    def _submit_some(
        self,
        work: Callable[[Sequence[Item]], Result],
        waiting: Iterator[Sequence[Item]],
        pending: dict[Future[Result], Sequence[Item]],
    ) -> list[Sequence[Item]]:
        """Submit batches until enough are pending; returns the one that a broken pool did not accept."""
        for batch in islice(waiting, max(0, self.count * _PENDING_PER_WORKER - len(pending))):
            try:
                pending[self._submit(work, batch)] = batch
            except self._retryable:
                return [batch]
        return []

    def _one_by_one(
        self, work: Callable[[Sequence[Item]], Result], batches: Sequence[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        """Run batches of one item, each by itself, so that a death is that of its item."""
        stuck = 0
        for batch in batches:
            self._repair()
            started = time.monotonic()
            try:
                finished = Finished(batch, self._submit(work, batch).result())
            except self._retryable:
                self._repair()
                took = time.monotonic() - started
                stuck = stuck + 1 if took >= self._photo_seconds else 0
                if stuck == _STUCK:
                    raise WorkersError(
                        f"{stuck} photos in a row could not be read in {self._photo_seconds:g} seconds each: "
                        "does the disk or the share still answer? What was done is kept; run again when it does."
                    ) from None
                yield Finished(batch, WorkerDied.after(took, self._photo_seconds))
            else:
                stuck = 0
                yield finished

    def _submit(self, work: Callable[[Sequence[Item]], Result], batch: Sequence[Item]) -> Future[Result]:
        if self._given is not None:  # processes of the caller's are not ours to end
            with _signals_deferred():
                return self._given.submit(work, batch)
        try:
            with _signals_deferred():
                return self._executor().submit(within_deadlines, self._photo_seconds, work, batch)
        except BrokenExecutor:
            raise
        except (RuntimeError, OSError, MemoryError) as error:
            self._pool = None  # half started as it is, it cannot even be shut down
            raise WorkersError(
                f"The processes that read the photos cannot be started ({printable(str(error))}): "
                "close other programs to make room in the memory, or use fewer --workers."
            ) from error

    def _repair(self) -> None:
        """Replace a broken pool, so that a death that follows is caused by the work."""
        if self._given is None and _is_broken(self._executor()):
            self.close()
            if _is_broken(self._executor()):
                raise WorkersError(
                    "The processes that read the photos end as soon as they are started: is there enough memory?"
                )

    def _executor(self) -> Executor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.count, mp_context=multiprocessing.get_context("spawn"), initializer=_set_up_worker
            )
        return self._pool


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Defer signals while a process is started, so that it neither gets SIGINT too early nor is orphaned.

    SIGINT stays blocked in the new process. In this one, another thread may still receive it, and Python then runs the
    handler here, so handlers are deferred as well.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield  # Windows has no such signals, and Python runs handlers only in the main thread
        return
    # If it were started along with the first process, the tracker would unblock SIGINT in this thread.
    resource_tracker.ensure_running()
    received: list[int] = []
    earlier = {number: signal.signal(number, lambda number, _frame: received.append(number)) for number in _INTERRUPTS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for late in received:
            signal.raise_signal(late)


def _is_broken(pool: Executor) -> bool:
    """Whether a pool does no work any more; leaves by SystemExit if its processes run the script that started them."""
    started: Sequence[BaseProcess] = ()
    try:
        with _signals_deferred():
            waiting = pool.submit(int)
        started = multiprocessing.active_children()
        waiting.result()
    except BrokenExecutor:
        pool.shutdown()  # only then is it known how each of them ended
        if any(process.exitcode == _UNGUARDED_EXIT for process in started):
            raise SystemExit(_UNGUARDED) from None
        return True
    return False


def end_if_imported_by_worker() -> None:
    """End this process if it is a worker that only imports the script which started it.

    A script without the usual guard would look and act once more in each worker, and each of these start its own.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing itself knows it
        raise SystemExit(_UNGUARDED_EXIT)


def _set_up_worker() -> None:
    """Set up a new worker process: quiet, single-threaded, and ending with its parent."""
    os.environ.update(_SINGLE_THREADED)  # read when numpy is imported, which no worker has done by now
    keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and stops the workers in order
    warnings.simplefilter("ignore")
    # Decoders written in C print messages that are not for the user; what matters is in the result.
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - os.devnull is not a path in a folder
        os.dup2(nowhere.fileno(), 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()


@cache
def keep_memory() -> None:
    """Keep what arrays give back for those of the next picture, where the C library can be told to."""
    import ctypes

    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):  # musl has none
        for parameter, value in _KEPT_BYTES.items():
            library.mallopt(parameter, value)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
