"""An existing Dask cluster as an executor: its machines examine photos that they see under the same paths."""

import importlib
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from bestshot.errors import OrganizerError, UsageError
from bestshot.model.reader import PhotoReader
from bestshot.text import printable
from bestshot.workers.pool import WorkerLostError, WorkersError
from bestshot.workers.remote_checks import access_problem, checked, difference, probe_paths, software

P = ParamSpec("P")
Result = TypeVar("Result")

_ANSWER_SECONDS = 20.0
"""The longest wait, at the start, for the scheduler and for each question to its workers."""

_LOOK_SECONDS = 5.0
"""How often a run looks whether there is a worker left."""

_LONELY_SECONDS = 60.0
"""How long a run waits once all workers are gone; a nanny starts its worker anew within seconds."""


class DaskCluster(Executor):
    """Workers of a Dask cluster; each refuses work if its software is not that of this process.

    A future raises WorkerLostError if the workers that had its work died, and WorkersError if the scheduler is lost
    or there have been no workers for `policy` seconds.
    """

    def __init__(self, client: Any, address: str, policy: float) -> None:
        self._client = client
        self._shown = printable(address)
        self._policy = policy
        self._killed: type[Exception] = _distributed().KilledWorker
        # Work that is handed over again must not be answered with what came of it before.
        self._executor: Executor = client.get_executor(pure=False)
        self._loss = f"The Dask scheduler at {self._shown} no longer answers"
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def threads(self) -> int:
        """How many pieces of work the cluster does at once, as of now."""
        return sum(self._client.nthreads().values())

    def submit(self, work: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs) -> Future[Result]:
        """Hand over a picklable function with picklable arguments."""
        outcome: Future[Result] = Future()
        outcome.set_running_or_notify_cancel()
        there = self._executor.submit(checked, software(), partial(work, *args, **kwargs))
        there.add_done_callback(partial(self._pass_on, outcome))
        return outcome

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as its base has it
        """Give up what was handed over; the cluster lives on."""
        self._closed.set()
        self._executor.shutdown(wait=False)

    def _pass_on(self, outcome: Future[Result], there: Future[Result]) -> None:
        try:
            outcome.set_result(there.result())
        except self._killed as error:
            outcome.set_exception(WorkerLostError(str(error)))
        except CancelledError:
            outcome.set_exception(WorkersError(f"{self._loss}. What was measured is kept: run again when it is back."))
        except ImportError as error:
            outcome.set_exception(WorkersError(f"A Dask worker cannot run Photo Organizer: {error}."))
        except BaseException as error:  # noqa: BLE001 - nothing is swallowed: whoever asks for the result meets it
            outcome.set_exception(error)

    def _watch(self) -> None:
        """Give up once there are no workers: the scheduler itself would wait for new ones for ever."""
        while not self._closed.wait(min(_LOOK_SECONDS, self._policy)):
            try:
                self._client.wait_for_workers(1, timeout=self._policy)
            except TimeoutError:
                self._loss = f"All workers of the Dask scheduler at {self._shown} are gone"
                self.shutdown()
            except Exception:  # noqa: BLE001, S112 - each state of a connection that ends raises its own, and every future tells it
                continue


@contextmanager
def dask_cluster(address: str, source: PhotoReader, *, policy: float = _LONELY_SECONDS) -> Iterator[DaskCluster]:
    """Connect to a scheduler and let its workers go at the end; all waiting is bounded.

    Raises UsageError if that cannot be done, or a worker has other software or does not see the source.
    """
    distributed = _distributed()
    shown = printable(address)
    with _explained(f"The Dask scheduler at {shown} cannot be reached"):
        # A client for an address of a wrong form would end in a traceback, half a minute later.
        distributed.comm.get_address_host_port(distributed.comm.normalize_address(address), strict=True)
        client = _within_time(partial(distributed.Client, address, timeout=_ANSWER_SECONDS / 2, set_as_default=False))
    try:
        with _explained(f"The Dask scheduler at {shown} has no workers that answer"):
            _within_time(partial(client.wait_for_workers, 1, timeout=_ANSWER_SECONDS / 2))
        _check_software(client, shown)
        _check_sight(client, source)
        cluster = DaskCluster(client, address, policy)
        try:
            yield cluster
        finally:
            cluster.shutdown()
    finally:
        client.close()


def _distributed() -> Any:
    try:
        module = importlib.import_module("distributed")
    except ImportError as error:
        raise UsageError("--dask needs a package that is not installed here: pip install distributed.") from error
    for name in ("distributed", "distributed.client"):
        # It writes tracebacks about lost connections to the terminal; here they come back as errors.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return module


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OrganizerError:
        raise
    except Exception as error:
        # An address of a wrong form, a closed port and a stranger behind it each raise something else.
        raise UsageError(f"{what}: {printable(str(error) or type(error).__name__).rstrip('.')}.") from error


def _within_time(question: Callable[[], Result]) -> Result:
    """The answer to a question to the cluster, or TimeoutError: a stranger may take a greeting and stay silent."""
    answer: Future[Result] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - raised where the answer is awaited
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.result(_ANSWER_SECONDS)
    except TimeoutError as error:
        raise TimeoutError(str(error) or f"no answer in {_ANSWER_SECONDS:g} seconds") from error


def _check_software(client: Any, shown: str) -> None:
    scheduler = f"scheduler at {shown}"
    with _explained(f"The Dask {scheduler} cannot run Photo Organizer (see its PYTHONPATH)"):
        found = {scheduler: _within_time(partial(client.run_on_scheduler, software))}
    for address, theirs in [*found.items(), *_asked(client, software)]:
        different = difference(theirs)
        if different is not None:
            raise UsageError(f"The Dask {printable(address)} has {different}: both must be the same.")


def _check_sight(client: Any, source: PhotoReader) -> None:
    for worker, problem in _asked(client, partial(access_problem, source, source.origins(), probe_paths(source))):
        if problem is not None:
            raise UsageError(f"The Dask {worker} cannot read the photos: {problem}.")


def _asked(client: Any, question: Callable[[], Result]) -> list[tuple[str, Result]]:
    """What every worker answers."""
    with _explained("The Dask workers do not answer"):
        answers = _within_time(partial(client.run, question, on_error="return"))
    for address, answer in sorted(answers.items()):
        if isinstance(answer, Exception):
            raise UsageError(
                f"The Dask worker {printable(address)} cannot run Photo Organizer (see its PYTHONPATH): "
                f"{printable(str(answer))}."
            )
    return [(f"worker {printable(address)}", answer) for address, answer in sorted(answers.items())]
