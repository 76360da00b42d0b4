"""What runs in a process that measures photos, and in the one from which Linux forks such processes."""

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path

from bestshot.workers.niceness import work_in_one_thread

Task = Callable[[], object]
Load = Callable[[], None]
"""Loads what a worker needs for its tasks, and would else load itself; a function that a module has by name."""

UNGUARDED_EXIT = 70
"""With what a process ends that runs the script which started it."""

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
_KEPT_BYTES = {_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 64 << 20}
"""Arrays of what size get memory that earlier ones gave back, and how much of that is kept.

The C library of Linux would return it after each picture and have it cleared anew for the next: a twentieth of the CPU.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task: its result, or the error that it raised and where."""

    result: object = None
    error: BaseException | None = None
    where: str = ""


class NotAloneError(Exception):
    """Threads run where workers are to be forked: of locks that these hold, a worker would wait for ever."""


def work(connection: Connection) -> None:
    """Say that this process is ready, and do one task after the other until none will come any more."""
    _set_up()
    _work_on(connection)


def fork_workers(requests: Connection) -> None:
    """Load what is asked for and fork a worker that has it, as often as that is asked.

    What is loaded is shared by all workers and takes its memory once. Where a thread runs here, as one that a script
    starts when it is imported, the answer is a NotAloneError.
    """
    _set_up()
    requests.send(None)
    while True:
        try:
            load, handle = requests.recv(), recv_handle(requests)
        except EOFError:
            _reap(0)
            os._exit(0)  # without giving back, piece by piece, what was loaded
        if load is not None and _is_alone():
            with suppress(Exception):  # the worker will try it itself, and tells what is wrong with it
                load()
        _reap(os.WNOHANG)
        with Connection(handle) as connection:
            requests.send(_fork(requests, connection))


def _fork(requests: Connection, connection: Connection) -> Exception | None:
    """Fork a worker; returns what kept it from being forked."""
    if not _is_alone():
        return NotAloneError()
    gc.freeze()  # else each would have memory of its own as soon as it looks for what is no longer used
    try:
        worker = os.fork()
    except OSError as error:
        return error
    if worker == 0:
        try:
            requests.close()
            _work_on(connection)
        finally:
            os._exit(0)
    return None


def _is_alone() -> bool:
    """Whether Linux tells that no other thread runs in this process."""
    try:
        return len([*Path("/proc/self/task").iterdir()]) == 1
    except OSError:
        return False


def _reap(flags: int) -> None:
    """Wait for workers that have ended, so that the CPU which they took counts as that of this run."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, flags) != (0, 0):
            pass


def _work_on(connection: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with connection, suppress(EOFError, OSError):  # nobody is there any more
        connection.send(None)
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


def _answer(task: bytes) -> bytes:
    try:
        return pickle.dumps(Answer(pickle.loads(task)()))  # noqa: S301 - it comes from the process that started this one
    except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
        return pickle.dumps(Answer(error=error, where="".join(traceback.format_exception(error))))


def end_if_imported_by_worker() -> None:
    """End this process if it is a worker that only imports the script which started it.

    A script without the usual guard would look and act once more in each worker, and each of these start its own.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing itself knows it
        raise SystemExit(UNGUARDED_EXIT)


def _set_up() -> None:
    """Make this process quiet and single-threaded."""
    work_in_one_thread()
    keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and stops the workers in order
    warnings.simplefilter("ignore")
    # Decoders written in C print messages that are not for the user; what matters is in the result.
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - os.devnull is not a path in a folder
        os.dup2(nowhere.fileno(), 2)


@cache
def keep_memory() -> None:
    """Keep what arrays give back for those of the next picture, where the C library can be told to."""
    import ctypes

    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):  # musl has none
        for parameter, value in _KEPT_BYTES.items():
            library.mallopt(parameter, value)


def give_back_memory() -> None:
    """Give back what is free between objects that are kept, where the C library can be told to: in milliseconds."""
    import ctypes

    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
