"""Runs that are led: several jobs in turn, runs that are repeated, and those whose metrics are wanted.

Each is a process of its own. So nothing of one is left in the next, however many there are, and one that crashes is
told of, too.
"""

import hashlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from bestshot.cli.arguments import Command
from bestshot.cli.console import Console
from bestshot.cli.log import event
from bestshot.errors import UsageError
from bestshot.nightly.last_run import DEFAULT, resident_folder, single_folder
from bestshot.nightly.leading import Ended, Job, Lead, worst
from bestshot.nightly.resident import Resident, Surroundings, alone
from bestshot.nightly.schedule import schedule_of
from bestshot.pipeline.outcome import EXIT_INTERRUPTED, EXIT_SOMETHING_FAILED
from bestshot.settings.checks import check_consistency, check_source_options
from bestshot.settings.reading import load_settings, secret_variables
from bestshot.settings.settings import LogFormat, Settings
from bestshot.storage.files import write_out
from bestshot.text import after_colon

logger = logging.getLogger(__name__)

Execute = Callable[[Command], tuple[int, Mapping[str, int]]]
"""Does what a command line asks for, in this process; returns the exit code, and the run in numbers."""

_BY_SIGNAL = 128
"""What shells add to the number of the signal that ended a process."""


@dataclass(frozen=True, slots=True)
class Led:
    """What is to be led: the command line, its jobs (none is one run without a name), and who does each.

    `settings` are those without a job: where the last runs are kept is said by them.
    """

    command: Command
    settings: Settings
    jobs: Sequence[str]
    environment: Mapping[str, str]
    execute: Execute


def lead(led: Led, console: Console) -> int:
    """Run the jobs once, or again and again until that is interrupted; returns the exit code of the worst."""
    console.configure(replace(led.settings, log_file=None, quiet=led.settings.quiet and not _is_repeated(led)))
    jobs, wrong = _understood(led)
    if _is_repeated(led):
        return _repeat(led, jobs) if jobs else UsageError.exit_code
    together = [job.name for job in jobs]
    runs = Lead(single_folder(Path(led.settings.state_dir)), lambda job: _in_own_process(led, job), together)
    codes = wrong | {job.name: runs.once(job) for job in jobs}
    if len(codes) > 1:
        console.print_line(f"{name}: {_in_words(codes[name])}." for name in led.jobs)
    return worst(codes.values())


def _is_repeated(led: Led) -> bool:
    return not led.command.once and any(_has_schedule(led, job) for job in led.jobs or (None,))


def _repeat(led: Led, jobs: Sequence[Job]) -> int:
    folder = resident_folder(Path(led.settings.state_dir))
    is_told = not led.settings.quiet and led.settings.log_format is not LogFormat.JSON
    runs = Lead(folder, lambda job: _in_own_process(led, job), [job.name for job in jobs])
    try:
        with alone(folder, jobs):
            return Resident(runs, jobs, lambda job, due: _tell(job, due, is_told=is_told), Surroundings()).stay()
    except KeyboardInterrupt:
        logger.info("Asked to stop: no run will follow.", extra=event("stop"))
        return 0  # whoever stops a service got what was asked for


def _understood(led: Led) -> tuple[list[Job], dict[str, int]]:
    """The jobs as they are led, and the exit codes of those whose settings are wrong, which is told.

    Raises UsageError for a run without a name.
    """
    jobs: list[Job] = []
    wrong: dict[str, int] = {}
    for name in led.jobs or (None,):
        try:
            jobs.append(_job(led, name))
        except UsageError as error:
            if name is None:
                raise
            logger.error("%s: %s", name, after_colon(str(error)), extra=event("job", job=name))
            wrong[name] = error.exit_code
    return jobs, wrong


def _job(led: Led, name: str | None) -> Job:
    command, settings = led.command, _settings(led, name)
    if not command.apply:  # which brings settings of its own
        check_source_options(command.flags, settings.source_type)
        check_consistency(command.flags, settings)
    schedule = None if command.once else schedule_of(settings.every, settings.at)
    if schedule is None and _is_repeated(led):
        raise UsageError("it is not said when to run it: give it every or at as well.")
    about = hashlib.sha256(f"{settings!r}{[*command.apply]}".encode("utf-8", "surrogateescape")).hexdigest()
    metrics = Path(settings.metrics) if settings.metrics and command.is_run else None
    return Job(name or DEFAULT, about, schedule, metrics)


def _settings(led: Led, name: str | None) -> Settings:
    return load_settings(led.command.flags, led.environment, led.command.config, job=name)


def _has_schedule(led: Led, name: str | None) -> bool:
    try:
        settings = _settings(led, name)
    except UsageError:  # which is told where the job is looked at
        return False
    return settings.every is not None or settings.at is not None


def _tell(job: Job, due: datetime, *, is_told: bool) -> None:
    """Say when the next run is, at once: to whoever reads along, and to programs."""
    what = "The next run" if job.name == DEFAULT else f"The next run of {job.name}"
    said = f"{what} is at {due.astimezone():%Y-%m-%d %H:%M:%S}."
    if is_told:
        write_out(f"{said}\n")
    logger.info("%s", said, extra=event("next", job=job.name, at=due.isoformat(timespec="seconds")))


def _in_words(code: int) -> str:
    return {
        0: "done",
        1: "something failed (1)",
        2: "wrong settings (2)",
        3: "its photos cannot be reached (3)",
        4: "another run is working on its photos (4)",
        EXIT_INTERRUPTED: f"interrupted ({EXIT_INTERRUPTED})",
    }.get(code, f"ended by a signal ({code})")


def _in_own_process(led: Led, job: Job) -> Ended:
    """Do a job in a process of its own, which a KeyboardInterrupt ends in order; its secrets go through a pipe."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    flags = {name: value for name, value in led.command.flags.items() if name not in ("every", "at")}
    command = replace(led.command, flags=flags, job=(job.name,) if led.jobs else (), once=True)
    secrets = {name: led.environment[name] for name in secret_variables() if name in led.environment}
    asks = job.schedule is None and sys.stdin.isatty()
    process = spawn.Process(target=_work, args=(theirs, led.execute, command, secrets), kwargs={"asks": asks})
    process.start()
    theirs.close()
    try:
        ended = _heard(ours)
        process.join()
    except KeyboardInterrupt:
        _end(process)
        raise
    finally:
        ours.close()
    return ended or Ended(_told_code(process.exitcode or EXIT_SOMETHING_FAILED))


def _heard(connection: Connection) -> Ended | None:
    """What a process says of its run; None from one that ended without a word."""
    try:
        code, facts = connection.recv()
    except EOFError:
        return None
    return Ended(code, facts)


def _end(process: BaseProcess) -> None:
    if os.name == "posix":
        process.terminate()  # elsewhere that would be a kill, and Ctrl-C reaches it by itself
    process.join()


def _told_code(code: int) -> int:
    """The exit code for a process that ended without a word, as shells say it."""
    if code >= 0:
        logger.error("The run ended with exit code %d, without a word.", code)
        return code
    logger.error("The run was ended by signal %d: if that is 9, the memory may have been used up.", -code)
    return _BY_SIGNAL - code


def _work(
    connection: Connection, execute: Execute, command: Command, secrets: Mapping[str, str], *, asks: bool
) -> None:
    """The work of the process of a run: do it, and say what came of it."""
    if os.name == "posix":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches whoever leads, which ends this by SIGTERM
    if asks:
        with suppress(OSError):  # then nobody is asked, as under cron
            sys.stdin = Path("/dev/tty").open(encoding="utf-8")  # noqa: SIM115 - open as long as the process
    os.environ.update(secrets)
    connection.send(execute(command))
