"""Distributing work over processes so that a decoder that crashes costs one photo, not the run."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from typing import Generic, TypeVar

from bestshot.traffic import add_fetched, with_fetched
from bestshot.workers.capacity import available_cores
from bestshot.workers.deadline import PHOTO_SECONDS, within_deadlines
from bestshot.workers.processes import ProcessPool, WorkerLostError, WorkersError
from bestshot.workers.worker import Load, give_back_memory

Item = TypeVar("Item")
Result = TypeVar("Result")

_PENDING_PER_WORKER = 3
"""Batches submitted per worker: enough that none is idle, few enough to save memory."""


_START_SECONDS = 1.0
"""What a process costs before it has measured anything; a job that takes less is done by those that run already."""

_BATCH_SECONDS = 0.1
"""What a batch should take: handing one over costs about a hundredth of that, and as often progress is told."""

_BATCHES_EACH = 4
"""So many batches or more for each process, so that none is idle for long while the last ones are done."""

_STUCK = 3
"""So many photos in a row that never end are not to blame: nothing can be read any more."""


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


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
    """Runs batches on `count` processes of its own, by default one per core, or on a given executor.

    The processes are started when they are first needed, and there are never more than there were batches at once.
    Those that die are replaced, as are those that spend more than `photo_seconds` on one photo. A BrokenExecutor of a
    given executor is passed on; work is only submitted to it again after a WorkerLostError.
    """

    def __init__(
        self, count: int | None = None, executor: Executor | None = None, *, photo_seconds: float = PHOTO_SECONDS
    ) -> None:
        self.count = count or available_cores()
        self._given = executor
        self._photo_seconds = photo_seconds
        self._pool: ProcessPool | None = None
        self._running = 0 if executor is None else self.count
        self._is_short = False

    def close(self) -> None:
        """Stop the processes and cancel what has not begun."""
        if self._pool is not None:
            self._pool.close()
        self._pool = None

    def batches(self, items: Sequence[Item], size: int, seconds: float) -> list[Sequence[Item]]:
        """Cut what is to be done into batches of `size`, or larger ones if it is not worth a process for each core.

        They are larger, too, where that is not worth handing over: `seconds` is roughly what one item takes.
        """
        worthwhile = math.ceil(len(items) * seconds / _START_SECONDS)
        self._running = max(self._running, min(worthwhile, self.count))
        self._is_short = max(worthwhile, self._running) <= 1
        if self._running < self.count:
            size = max(size, math.ceil(len(items) / self._running))
        else:
            fair = math.ceil(len(items) / (self._running * _BATCHES_EACH))
            size = max(size, min(fair, round(_BATCH_SECONDS / seconds)))
        return [items[start : start + size] for start in range(0, len(items), size)]

    def run(
        self, work: Callable[[Sequence[Item]], Result], batches: Iterable[Sequence[Item]], load: Load | None = None
    ) -> Iterator[Finished[Item, Result]]:
        """Run `work` on every batch and yield the results as they finish; errors of `work` are raised here.

        `load` loads what the work needs in a process: where workers are forked, it is called once for all of them,
        unless all jobs so far are worth one process only. What the processes fetch from servers counts as fetched here.
        Raises WorkersError if they die even without work.
        """
        give_back_memory()  # while they work, none of it is needed here
        submit = partial(self._submit, load, partial(with_fetched, work))
        return map(_counted, self._run(submit, batches))

    def _run(
        self, submit: Callable[[Sequence[Item]], Future[Result]], batches: Iterable[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        waiting = iter(batches)
        pending: dict[Future[Result], Sequence[Item]] = {}
        suspects: list[Sequence[Item]] = []
        while True:
            if not suspects:
                room = max(0, self.count * _PENDING_PER_WORKER - len(pending))
                pending.update((submit(batch), batch) for batch in islice(waiting, room))
            if not pending and not suspects:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done if pending else ():
                batch = pending.pop(future)
                try:
                    result = future.result()
                except WorkerLostError:
                    suspects.append(batch)
                    # What has not begun comes after it: if that is lost too, nothing can be read any more.
                    suspects += [pending.pop(other) for other in list(pending) if other.cancel()]
                else:
                    yield Finished(batch, result)
            if not pending:
                # Any item of a batch may be the cause, or what was done beside it, which may have taken the memory.
                yield from self._one_by_one(submit, [[item] for batch in suspects for item in batch])
                suspects = []

    def _one_by_one(
        self, submit: Callable[[Sequence[Item]], Future[Result]], batches: Sequence[Sequence[Item]]
    ) -> Iterator[Finished[Item, Result]]:
        """Run batches of one item, each by itself, so that a death is that of its item."""
        stuck = 0
        for batch in batches:
            started = time.monotonic()
            try:
                finished = Finished(batch, submit(batch).result())
            except WorkerLostError:
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

    def _submit(
        self, load: Load | None, work: Callable[[Sequence[Item]], Result], batch: Sequence[Item]
    ) -> Future[Result]:
        if self._given is not None:  # processes of the caller's are not ours to end
            with _signals_deferred():
                return self._given.submit(work, batch)
        if self._pool is not None and self._pool.failure is not None:
            self.close()
        if self._pool is None:
            self._pool = ProcessPool(self.count)
        task = partial(within_deadlines, self._photo_seconds, work, batch)
        return self._pool.submit(task, load, is_short=self._is_short)


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
