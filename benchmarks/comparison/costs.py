"""What a command costs with everything that it starts: CPU, time, and the memory of all its processes together."""

import ctypes
import os
import re
import resource
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: children whose parent has ended become ours, so that their CPU is counted too."""

_LOOK_SECONDS = 0.25
"""How often the memory is looked at."""


class DidNotFinish(Exception):  # noqa: N818 - an outcome that is shown in the table, not an error of this script
    """The command was stopped at its limit, or failed; the message is what is shown instead of its cost."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of a command and all its children, seconds until it ended, and peak megabytes if they were watched.

    Memory is the sum of the proportional set sizes (PSS) of all its processes, so that shared pages count once.
    """

    cpu: float
    wall: float
    megabytes: float = 0.0

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu - other.cpu, self.wall - other.wall, self.megabytes)


@dataclass(frozen=True, slots=True)
class Rules:
    """How commands are run: for how many seconds at most, and whether their memory is watched, which costs a little."""

    limit: float
    is_memory_watched: bool = False


def run(command: Sequence[str], variables: Mapping[str, str], log: Path, rules: Rules) -> Cost:
    """Run a command to its end and measure it; its output goes to `log`.

    Raises DidNotFinish if it fails or takes longer than it may.
    """
    before, begin = _cpu_of_children(), time.perf_counter()
    with log.open("wb") as output, _adopting():
        process = subprocess.Popen(  # noqa: S603 - a list, without a shell
            command, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            megabytes = _wait(process, begin, rules)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            process.wait()
            wall = time.perf_counter() - begin
            _wait_for_orphans(process.pid)
    if process.returncode:
        raise DidNotFinish(f"exit code {process.returncode}")
    return Cost(_cpu_of_children() - before, wall, megabytes)


def _wait(process: "subprocess.Popen[bytes]", begin: float, rules: Rules) -> float:
    """Wait until a process has ended; returns the peak memory of its session in megabytes, if that is watched."""
    descriptor, peak = os.pidfd_open(process.pid), 0.0
    try:
        while not select.select([descriptor], [], [], _LOOK_SECONDS if rules.is_memory_watched else 1.0)[0]:
            if time.perf_counter() - begin > rules.limit:
                raise DidNotFinish(f"> {rules.limit:.0f} s")
            if rules.is_memory_watched:
                peak = max(peak, sum(_megabytes(process.pid)))
    finally:
        os.close(descriptor)
    return peak


def _megabytes(session: int) -> Iterator[float]:
    """The proportional set size of each process of a session."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything; after it come state, parent, group and session.
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                yield int(re.findall(r"^Pss: +(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)[0]) / 1024
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile


@contextmanager
def _adopting() -> Iterator[None]:
    system = ctypes.CDLL(None)
    system.prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        system.prctl(_SUBREAPER, 0, 0, 0, 0)


def _wait_for_orphans(group: int) -> None:
    while True:
        try:
            os.waitpid(-group, 0)
        except ChildProcessError:
            return


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
