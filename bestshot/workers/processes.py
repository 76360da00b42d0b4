"""Processes that do tasks, started when they are needed and replaced when they die."""

import multiprocessing
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import send_handle
from typing import TypeVar, cast

from bestshot.errors import OrganizerError
from bestshot.text import printable
from bestshot.workers.capacity import FORKS
from bestshot.workers.worker import UNGUARDED_EXIT, Answer, Load, NotAloneError, Task, fork_workers, work

Result = TypeVar("Result")

_TRIES = 2
"""How often a worker is asked for: what forks it may be killed just then, and twice in a row that is no chance."""

_UNGUARDED = (
    "This script starts the program where it is imported, and each process that reads photos imports it: put that "
    'under if __name__ == "__main__": and run the script again.'
)


class WorkersError(OrganizerError):
    """Worker processes die before they have any work, the cluster is lost, or nothing can be read any more."""


class WorkerLostError(Exception):
    """Raised where workers are replaced, for work whose worker died, whatever caused that."""


class ErrorInWorkerError(Exception):
    """The cause of an error that is raised here: where the worker raised it."""


class ProcessPool:
    """Up to `count` processes, never more than there were tasks at once, each of which does one task at a time.

    One that dies takes only its own task along, whose future raises WorkerLostError. They are new processes, so they
    inherit neither the library's lock nor its databases. Where that is safe, they are forked from one new process that
    has loaded what they need. Once one cannot be started, `failure` says why, and no other is tried.
    """

    def __init__(self, count: int) -> None:
        self.failure: BaseException | None = None
        self._threads = ThreadPoolExecutor(count)
        self._idle: list[_Worker] = []
        self._template = _Template() if FORKS else None

    def submit(self, task: Callable[[], Result], load: Load | None = None, *, is_short: bool = False) -> Future[Result]:
        """Have a picklable task done by a worker that has loaded this; raises WorkersError.

        If it `is_short`, a worker that has nothing to do serves too: to replace it would cost more than it saves.
        """
        try:
            return self._threads.submit(self._done, task, load, is_short=is_short)
        except RuntimeError as error:  # of a thread that cannot be started
            raise _not_started(error) from error

    def close(self) -> None:
        """Cancel what has not begun, wait for the rest, and end the processes."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._idle:
            worker.close()
        if self._template is not None:
            self._template.close()

    def _done(self, task: Callable[[], Result], load: Load | None, *, is_short: bool) -> Result:
        """Wait in a thread of its own for what a worker makes of a task."""
        worker = self._idle_worker(None if is_short else load) or self._new_worker(load)
        answer = worker.answer(task)
        self._idle.append(worker)
        if answer.error is not None:
            raise answer.error from ErrorInWorkerError(answer.where)
        return cast("Result", answer.result)

    def _idle_worker(self, load: Load | None) -> "_Worker | None":
        """A worker that has nothing to do; those that lack what is to be loaded are ended."""
        with suppress(IndexError):
            while True:
                worker = self._idle.pop()
                if worker.serves(load):
                    return worker
                worker.close()
        return None

    def _new_worker(self, load: Load | None) -> "_Worker":
        if self.failure is not None:
            raise self.failure
        try:
            if self._template is not None:
                with suppress(NotAloneError):
                    return self._template.fork(load)
            return _Worker(*_started(work))
        except (OSError, RuntimeError, MemoryError) as error:
            self.failure = _not_started(error)
            raise self.failure from error
        except (WorkersError, SystemExit) as failure:
            self.failure = failure
            raise


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process that does tasks; `process` if this one started it, and `loaded` if it was forked: what it has."""

    connection: Connection
    process: BaseProcess | None = None
    loaded: frozenset[Load] | None = None

    def serves(self, load: Load | None) -> bool:
        """Whether it needs to load no more than it would have to anyway."""
        return load is None or self.loaded is None or load in self.loaded

    def answer(self, task: Task) -> Answer:
        """Have a task done; raises WorkerLostError."""
        try:
            self.connection.send(task)
            return cast("Answer", self.connection.recv())
        except (EOFError, OSError) as error:
            self.close()
            raise WorkerLostError(str(error)) from error

    def close(self) -> None:
        """End it."""
        self.connection.close()
        if self.process is not None:
            self.process.join()


class _Template:
    """The process from which workers are forked, started when it is first needed, and anew if it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: tuple[Connection, BaseProcess] | None = None
        self._loaded: set[Load] = set()

    def fork(self, load: Load | None) -> _Worker:
        """A worker with what is to be loaded, and with all that was loaded for earlier ones.

        Raises NotAloneError where forking is not safe, and an OSError if the system refuses.
        """
        ours, theirs = multiprocessing.Pipe()
        with self._lock, theirs:
            for _ in range(_TRIES):
                requests, process = self._started()
                with suppress(EOFError, OSError):
                    requests.send(load)
                    send_handle(requests, theirs.fileno(), process.pid or 0)
                    refusal = requests.recv()
                    break
                process.kill()
                process.join()
            else:
                raise _end_at_once()
            if load is not None:
                self._loaded.add(load)
            loaded = frozenset(self._loaded)
        if refusal is not None:
            raise refusal
        _wait_until_ready(ours)
        return _Worker(ours, loaded=loaded)

    def close(self) -> None:
        """End it, and wait for all workers to end."""
        if self._running is not None:
            requests, process = self._running
            requests.close()
            process.join()

    def _started(self) -> tuple[Connection, BaseProcess]:
        if self._running is None or not self._running[1].is_alive():
            self._loaded.clear()
            self._running = _started(fork_workers)
        return self._running


def _started(target: Callable[[Connection], None]) -> tuple[Connection, BaseProcess]:
    """A new process that says over its connection that it is ready, deaf to SIGINT from the beginning.

    Leaves by SystemExit if it runs the script that started this one.
    """
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        if hasattr(signal, "pthread_sigmask"):
            # If it were started along with the process, the tracker would unblock SIGINT in this thread.
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process = multiprocessing.get_context("spawn").Process(target=target, args=(theirs,), daemon=True)
        process.start()
    try:
        _wait_until_ready(ours)
    except WorkersError:
        process.join()
        if process.exitcode == UNGUARDED_EXIT:
            raise SystemExit(_UNGUARDED) from None
        raise
    return ours, process


def _wait_until_ready(connection: Connection) -> None:
    try:
        connection.recv()
    except (EOFError, OSError) as error:
        raise _end_at_once() from error


def _end_at_once() -> WorkersError:
    return WorkersError("The processes that read the photos end as soon as they are started: is there enough memory?")


def _not_started(error: Exception) -> WorkersError:
    return WorkersError(
        f"The processes that read the photos cannot be started ({printable(str(error))}): "
        "close other programs to make room in the memory, or use fewer --workers."
    )
