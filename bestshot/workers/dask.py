"""An existing Dask cluster as an executor, whose machines must see the photos under the same paths."""

import importlib
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from bestshot.errors import OrganizerError, UsageError
from bestshot.model.reader import PhotoReader
from bestshot.text import printable
from bestshot.workers.deadline import PHOTO_SECONDS, within_deadlines
from bestshot.workers.processes import WorkerLostError, WorkersError
from bestshot.workers.remote_checks import access_problem, checked, difference, probe_paths, software

logger = logging.getLogger(__name__)

P = ParamSpec("P")
Result = TypeVar("Result")

_ENCRYPTED = ("tls://", "wss://")

_ANSWER_SECONDS = 20.0
"""How long to wait, at the start, for the scheduler and for each answer of its workers."""

_CHECK_SECONDS = 5.0
"""How often to check whether there are any workers."""

_WORKER_SECONDS = 60.0
"""How long to wait once all workers are gone; a nanny restarts its worker within seconds."""


class DaskCluster(Executor):
    """The workers of a Dask cluster, which refuse work if their software differs from that of this process.

    A worker that spends more than `photo_seconds` on one photo ends itself; its nanny starts it anew.
    A future raises WorkerLostError if the workers that had its work died, and WorkersError if the scheduler is lost or
    there have been no workers for `worker_seconds`.
    """

    def __init__(self, client: Any, address: str, worker_seconds: float, photo_seconds: float) -> None:
        self._client = client
        self._photo_seconds = photo_seconds
        self._shown = printable(address)
        self._worker_seconds = worker_seconds
        self._killed: type[Exception] = _distributed().KilledWorker
        # Work that is submitted again must not be answered with its earlier result.
        self._executor: Executor = client.get_executor(pure=False)
        self._loss = f"The Dask scheduler at {self._shown} no longer answers"
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def threads(self) -> int:
        """How many tasks the cluster can run at once, at present."""
        return sum(self._client.nthreads().values())

    def submit(self, work: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs) -> Future[Result]:
        """Submit a picklable function with picklable arguments."""
        outcome: Future[Result] = Future()
        outcome.set_running_or_notify_cancel()
        timed = partial(within_deadlines, self._photo_seconds, work, *args, **kwargs)
        there = self._executor.submit(checked, software(), timed)
        there.add_done_callback(partial(self._pass_on, outcome))
        return outcome

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature of the base class
        """Cancel what was submitted; the cluster itself keeps running."""
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
        except BaseException as error:  # noqa: BLE001 - passed on to whoever asks for the result
            outcome.set_exception(error)

    def _watch(self) -> None:
        """Give up once there are no workers; the scheduler itself would wait for new ones forever."""
        while not self._closed.wait(min(_CHECK_SECONDS, self._worker_seconds)):
            try:
                self._client.wait_for_workers(1, timeout=self._worker_seconds)
            except TimeoutError:
                self._loss = f"All workers of the Dask scheduler at {self._shown} are gone"
                self.shutdown()
            except Exception:  # noqa: BLE001, S112 - a closing connection raises many kinds, which every future reports too
                continue


@contextmanager
def dask_cluster(
    address: str,
    source: PhotoReader,
    *,
    worker_seconds: float = _WORKER_SECONDS,
    photo_seconds: float = PHOTO_SECONDS,
) -> Iterator[DaskCluster]:
    """Connect to a scheduler for the duration of a `with` block; all waiting is bounded.

    Raises UsageError if it cannot be reached, or a worker has different software or cannot read the source. The
    certificates for a `tls://` address are those of Dask's own configuration.
    """
    distributed = _distributed()
    shown = printable(address)
    with _explained(f"The Dask scheduler at {shown} cannot be reached"):
        # With a malformed address, the client would fail with a traceback half a minute later.
        host, _ = distributed.comm.get_address_host_port(distributed.comm.normalize_address(address), strict=True)
        client = _within_time(partial(distributed.Client, address, timeout=_ANSWER_SECONDS / 2, set_as_default=False))
    if not address.startswith(_ENCRYPTED) and not _is_this_machine(host):
        logger.warning(
            "The Dask scheduler at %s is reached without encryption: others on that network can read the names and "
            "places of photos, and run programs on its workers. docs/cluster.md says how to use tls:// instead.",
            shown,
        )
    try:
        with _explained(f"The Dask scheduler at {shown} has no workers that answer"):
            _within_time(partial(client.wait_for_workers, 1, timeout=_ANSWER_SECONDS / 2))
        _check_software(client, shown)
        _check_access(client, source)
        cluster = DaskCluster(client, address, worker_seconds, photo_seconds)
        try:
            yield cluster
        finally:
            cluster.shutdown()
    finally:
        client.close()


def _is_this_machine(host: str) -> bool:
    """Whether all addresses of a host are on loopback, where nobody else listens."""
    addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    return all(ipaddress.ip_address(address).is_loopback for address in addresses)


def _distributed() -> Any:
    try:
        module = importlib.import_module("distributed")
    except ImportError as error:
        raise UsageError("--dask needs a package that is not installed: pip install distributed.") from error
    for name in ("distributed", "distributed.client"):
        # They log tracebacks about lost connections, which are reported as errors here.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return module


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OrganizerError:
        raise
    except Exception as error:
        # A malformed address, a closed port and a different service each raise something else.
        raise UsageError(f"{what}: {printable(str(error) or type(error).__name__).rstrip('.')}.") from error


def _within_time(question: Callable[[], Result]) -> Result:
    """Ask the cluster something; raises TimeoutError, since a different service may accept and never answer."""
    answer: Future[Result] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
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
            raise UsageError(f"The Dask {printable(address)} has {different}. Both must be the same.")


def _check_access(client: Any, source: PhotoReader) -> None:
    for worker, problem in _asked(client, partial(access_problem, source, source.origins(), probe_paths(source))):
        if problem is not None:
            raise UsageError(f"The Dask {worker} cannot read the photos: {problem}.")


def _asked(client: Any, question: Callable[[], Result]) -> list[tuple[str, Result]]:
    """Ask every worker; returns their answers by name, sorted."""
    with _explained("The Dask workers do not answer"):
        answers = _within_time(partial(client.run, question, on_error="return"))
    for address, answer in sorted(answers.items()):
        if isinstance(answer, Exception):
            raise UsageError(
                f"The Dask worker {printable(address)} cannot run Photo Organizer (see its PYTHONPATH): "
                f"{printable(str(answer))}."
            )
    return [(f"worker {printable(address)}", answer) for address, answer in sorted(answers.items())]
