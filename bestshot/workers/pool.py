"""Work spread over processes that survives what decoders do: a dying worker takes its photo along, not the run."""

import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from typing import Generic, TypeVar

from bestshot.errors import OrganizerError

Item = TypeVar("Item")
Result = TypeVar("Result")

_WAITING_PER_WORKER = 3
"""Batches handed out ahead, so that no worker runs dry and little is in memory."""


class WorkersError(OrganizerError):
    """Worker processes die before they have anything to work on, or a cluster of them is lost."""


class WorkerLostError(Exception):
    """What an executor that mends itself raises for work whose worker died: other work that was there, or this."""


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """The process that worked on a batch of one was killed by it, or for want of memory."""


@dataclass(frozen=True, slots=True)
class Finished(Generic[Item, Result]):
    """A batch and what came of it."""

    batch: Sequence[Item]
    result: Result | WorkerDied


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Runs batches on an executor of the caller's or on a pool of processes, one per core, made when first needed.

    `count` is how many there are, or are thought to be in an executor of the caller's.

    The processes are spawned, not forked: they hold neither the library's lock nor its databases. What dies in the
    caller's executor is the caller's to know: its BrokenExecutor is passed on. Only WorkerLostError says that it goes
    on, so that what was lost is tried again.
    """

    def __init__(self, count: int | None = None, executor: Executor | None = None) -> None:
        self.count = count or available_cores()
        self._given = executor
        self._pool: Executor | None = executor
        self._mendable = BrokenExecutor if executor is None else WorkerLostError

    def close(self) -> None:
        """Let the processes go; what they are working on is given up."""
        if self._pool is not None and self._given is None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._given

    def run(
        self, work: Callable[[Sequence[Item]], Result], batches: Iterable[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        """Work on every batch, in whatever order they finish; what `work` raises is raised here.

        Raises WorkersError if the processes die of something else than their work.
        """
        waiting = iter(batches)
        pending: dict[Future[Result], Sequence[Item]] = {}
        suspects: list[Sequence[Item]] = []
        while True:
            if not suspects:
                suspects += self._hand_out(work, waiting, pending)
            if not pending and not suspects:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done if pending else ():
                batch = pending.pop(future)
                try:
                    result = future.result()
                except self._mendable:
                    suspects.append(batch)
                else:
                    yield Finished(batch, result)
            if not pending:
                # A death takes along all that its worker had; one of these batches may have caused it.
                yield from self._one_by_one(work, suspects)
                suspects = []

    def _hand_out(
        self,
        work: Callable[[Sequence[Item]], Result],
        waiting: Iterator[Sequence[Item]],
        pending: dict[Future[Result], Sequence[Item]],
    ) -> list[Sequence[Item]]:
        """Submit batches until enough are ahead; returns those that a pool found broken did not take."""
        for batch in islice(waiting, max(0, self.count * _WAITING_PER_WORKER - len(pending))):
            try:
                pending[self._submit(work, batch)] = batch
            except self._mendable:
                return [batch]
        return []

    def _one_by_one(
        self, work: Callable[[Sequence[Item]], Result], batches: Sequence[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        for batch in batches:
            self._renew()
            try:
                yield Finished(batch, self._submit(work, batch).result())
            except self._mendable:
                if len(batch) > 1:
                    yield from self._one_by_one(work, [[item] for item in batch])
                else:
                    self._renew()
                    yield Finished(batch, WorkerDied())

    def _submit(self, work: Callable[[Sequence[Item]], Result], batch: Sequence[Item]) -> Future[Result]:
        with _uninterrupted():
            return self._executor().submit(work, batch)

    def _renew(self) -> None:
        """See to it that the pool works, so that a death which follows is that of the work's."""
        if self._given is None and _is_broken(self._executor()):
            self.close()
            if _is_broken(self._executor()):
                raise WorkersError(
                    "The processes that read the photos end as soon as they are started. A script that calls this "
                    'needs `if __name__ == "__main__":` around it; otherwise, see whether memory is short.'
                )

    def _executor(self) -> Executor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_work
            )
        return self._pool


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let signals wait while a process is started: it must neither see SIGINT before it can ignore it, nor be orphaned.

    Blocked signals stay blocked in the new process; but another thread may take them for this process, and Python
    then raises here, so its own answers to them have to wait as well.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield  # Windows sends no signals to processes, and Python raises nothing but in its main thread
        return
    # Started with the first process, the tracker would leave SIGINT unblocked in this thread.
    resource_tracker.ensure_running()
    came: list[int] = []
    earlier = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in _INTERRUPTS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for late in came:
            signal.raise_signal(late)


def _is_broken(pool: Executor) -> bool:
    try:
        with _uninterrupted():
            waiting = pool.submit(int)
        waiting.result()
    except BrokenExecutor:
        return True
    return False


def _begin_work() -> None:
    """Make a fresh process a quiet worker that ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends the work in order
    warnings.simplefilter("ignore")
    # What decoders written in C print is not for the user; what matters comes back as a result.
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - os.devnull is no path to be joined
        os.dup2(nowhere.fileno(), 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
