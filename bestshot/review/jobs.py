"""What the page has done in the background, one job at a time, and how far that is."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from bestshot.analysis.analyser import Progress
from bestshot.errors import OrganizerError
from bestshot.marks.apply import VerifyPolicy
from bestshot.review.refusal import RefusedError

_STOPPED = "Stopped as you asked. What is done stays done and can be undone; doing it again goes on from there."
_BROKEN = "Something went wrong that this program did not expect; what it printed where it runs says more."


class JobResult(msgspec.Struct, frozen=True):
    """What came of a job, or would come of it: sentences, numbers, what failed and why, and the run in the history."""

    lines: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    failed: tuple[tuple[str, str], ...] = ()
    run: int | None = None
    problems: int = 0


class ToldJob(msgspec.Struct, frozen=True):
    """A job as the page is told of it; a `total` of 0 is not known."""

    id: int
    kind: str
    title: str
    done: int
    total: int
    state: str
    error: str | None
    result: JobResult | None


class _StoppedError(Exception):
    """Raised between two photos of a job that is to end."""


@dataclass(slots=True)
class _Job:
    id: int
    kind: str
    title: str = "Starting"
    done: int = 0
    total: int = 0
    state: str = "running"
    error: str | None = None
    result: JobResult | None = None

    @property
    def told(self) -> ToldJob:
        """What the page is told of it now."""
        return ToldJob(self.id, self.kind, self.title, self.done, self.total, self.state, self.error, self.result)


Work = Callable[["JobControl"], JobResult]


class JobControl:
    """What a job is given: how it tells how far it is, and how it hears that it is to end, between two photos."""

    def __init__(self, job: _Job, changed: Callable[[], None], ending: threading.Event) -> None:
        self._job = job
        self._changed = changed
        self._ending = ending

    @property
    def progress(self) -> Progress:
        """The progress of a run."""
        return self._phase

    @property
    def policy(self) -> VerifyPolicy:
        """How long it is looked whether marks stay, unless the job is to end."""
        return VerifyPolicy(wait=self._wait, told=lambda _photos: self._go_on())

    @contextmanager
    def _phase(self, title: str, total: int) -> Iterator[Callable[[int], object]]:
        self._go_on()
        self._job.title, self._job.done, self._job.total = title, 0, total
        self._changed()

        def advance(steps: int) -> None:
            self._job.done += steps
            self._changed()
            self._go_on()

        yield advance

    def _wait(self, seconds: float) -> None:
        self._ending.wait(seconds)
        self._go_on()

    def _go_on(self) -> None:
        if self._ending.is_set():
            raise _StoppedError


class Jobs:
    """The jobs of a review; `changed` is called whenever there is something to tell."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._job: _Job | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self.applied = 0

    @property
    def last(self) -> ToldJob | None:
        """The job that is running, or the last one that was."""
        with self._lock:
            return None if self._job is None else self._job.told

    @property
    def is_running(self) -> bool:
        """Whether a job is under way."""
        return self._job is not None and self._job.state == "running"

    def start(self, kind: str, work: Work) -> ToldJob:
        """Start a job; raises RefusedError as long as another one is running."""
        with self._lock:
            if self.is_running:
                raise RefusedError("Something is being done already. Let it finish, or stop it.", 409)
            self._ending = threading.Event()
            job = self._job = _Job(self._job.id + 1 if self._job else 1, kind)
            control = JobControl(job, self._changed, self._ending)
            self._thread = threading.Thread(target=self._run, args=[job, work, control], daemon=True)
            told = job.told
            self._thread.start()
        self._changed()
        return told

    def _run(self, job: _Job, work: Work, control: JobControl) -> None:
        result, error = None, _BROKEN
        try:
            result = work(control)
        except _StoppedError:
            error = _STOPPED
        except OrganizerError as failure:
            error = " ".join((str(failure), *getattr(failure, "__notes__", ())))
        finally:
            with self._lock:
                self.applied += job.kind != "preview"
                job.result, job.error = result, error if result is None else None
                job.state = "failed" if result is None else "done"
            gc.collect()  # a whole run was here, and the command line looks for cycles seldom
            self._changed()

    def cancel(self) -> None:
        """Let the running job end after the photo that it is at."""
        self._ending.set()

    def close(self) -> bool:
        """End the running job and wait for that; answers whether there was one."""
        was_running = self.is_running
        self.cancel()
        if self._thread is not None:
            self._thread.join()
        return was_running
