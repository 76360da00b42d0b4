"""The command line: composes what was asked for, runs it and reports; errors become exit codes."""

import gc
import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bestshot.cli.arguments import Command, parse_command
from bestshot.errors import OrganizerError
from bestshot.journal.runs import LATEST
from bestshot.model.photo import SourceType
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import EXIT_DONE, EXIT_INTERRUPTED, EXIT_SOMETHING_FAILED
from bestshot.settings.settings import LogFormat, Settings
from bestshot.text import count, printable

if TYPE_CHECKING:
    from bestshot.cli.consent import Confirm
    from bestshot.cli.console import Console
    from bestshot.plans.document import PlanDocument
    from bestshot.sources.interface import PhotoSource

logger = logging.getLogger(__name__)

_MANY_OBJECTS = 1_000_000
"""So many are made between two searches for cycles: photos have none, and a library of them is long to search."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, and leaves by SystemExit only for --help and wrong usage."""
    return _executed(parse_command(argv), leads=True)[0]


def execute(command: Command) -> tuple[int, Mapping[str, int]]:
    """Do what a command line asks for, once and here; returns the exit code, and the run in numbers."""
    return _executed(command, leads=False)


def _executed(command: Command, *, leads: bool) -> tuple[int, Mapping[str, int]]:
    from bestshot.cli.console import Console  # --help and --version need none

    console = Console()
    try:
        gc.set_threshold(_MANY_OBJECTS)
        with _terminable(), _kept_to_ourselves() as environment:
            code = _run(command, console, environment, leads=leads)
    except OrganizerError as error:
        logger.error("%s", " ".join((str(error), *getattr(error, "__notes__", ()))))
        code = error.exit_code
    except KeyboardInterrupt:
        logger.error("Interrupted. What is done stays done; the next run goes on from here.")
        code = EXIT_INTERRUPTED
    except MemoryError:
        logger.error(
            "The memory is used up. What is done stays done; close other programs or use fewer --workers, then go on."
        )
        code = EXIT_SOMETHING_FAILED
    return console.close(code), console.facts


@contextmanager
def _terminable() -> Iterator[None]:
    """End in order on SIGTERM, as containers and service managers send it, just as on Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return
    earlier = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _interrupt(number: int, _frame: object) -> NoReturn:
    # A service manager may send it to each process, and whoever leads this one as well: once is enough.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _kept_to_ourselves() -> Iterator[Mapping[str, str]]:
    """The environment, from which secrets are gone meanwhile: no process that is started inherits them."""
    from bestshot.settings.reading import secret_variables

    environment = dict(os.environ)
    secrets = {name: environment[name] for name in secret_variables() if name in environment}
    for name in secrets:
        del os.environ[name]
    try:
        with _without_core_files():
            yield environment
    finally:
        os.environ.update(secrets)


@contextmanager
def _without_core_files() -> Iterator[None]:
    """Where a decoder crashes, leave no file with the memory of its process: it holds pictures and the key."""
    try:
        import resource
    except ImportError:
        yield  # Windows writes none unless it was set up to
        return
    earlier = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, earlier[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, earlier)


def _run(command: Command, console: "Console", environment: Mapping[str, str], *, leads: bool) -> int:
    from bestshot.settings.reading import load_settings

    command.check_alone()
    if command.flags.get("log_format") == LogFormat.JSON.value:  # also for what is wrong with other settings
        console.speak_to_programs()
    command = _with_server(command)
    jobs = _jobs(command)
    settings = load_settings(command.flags, environment, command.config, job=jobs[0] if len(jobs) == 1 else None)
    if command.health:
        return _health(command, console, environment)
    is_repeated = not command.once and (settings.every is not None or settings.at is not None)
    if leads and (len(jobs) > 1 or (command.is_run and (is_repeated or settings.metrics is not None))):
        from bestshot.cli.jobs import Led, lead

        home = load_settings(command.flags, environment, command.config)
        return lead(Led(command, home, jobs, environment, execute), console)
    return _run_here(command, settings, console)


def _jobs(command: Command) -> Sequence[str]:
    """The jobs that are named; all there are, where nothing else says what to run."""
    from bestshot.settings.reading import check_job, job_names

    there = job_names(command.config)
    for name in command.job:
        check_job(name, there)
    is_named = {"source", "source_type", "immich_url"} & command.flags.keys() or command.apply or command.demo
    is_for_all = (command.is_run or command.check) and not is_named
    return [*dict.fromkeys(command.job)] or (there if is_for_all else ())


def _health(command: Command, console: "Console", environment: Mapping[str, str]) -> int:
    from datetime import UTC, datetime

    from bestshot.nightly.health import ailments
    from bestshot.settings.reading import load_settings

    home = load_settings(command.flags, environment, command.config)
    wrong = ailments(Path(home.state_dir), command.job, datetime.now(UTC))
    console.print_line(wrong)
    return EXIT_SOMETHING_FAILED if wrong else EXIT_DONE


def _run_here(command: Command, settings: Settings, console: "Console") -> int:
    from bestshot.settings.checks import check_consistency, check_source_options

    _set_up(console, settings)
    plan, settings = _given_plan(command, settings)
    if command.demo:
        from bestshot.cli.source import with_demo

        settings = with_demo(settings)
    check_source_options(command.flags, settings.source_type)
    check_consistency(command.flags, settings)
    if "immich_api_key" in command.flags:
        logger.warning("Other users of this machine can see a key on the command line: IMMICH_API_KEY is safer.")
    if command.forget_decisions:
        console.print_line(_forget(settings))
        return EXIT_DONE
    if command.history is not None or command.undo is not None:
        return _look_back(command, settings, console)
    if command.is_review:
        from bestshot.cli.review import review

        return review(command, settings, console)
    return _look(command, settings, console, plan)


def _look(command: Command, settings: Settings, console: "Console", plan: "PlanDocument | None") -> int:
    """Test the connection, or do all that a run does with photos."""
    from bestshot.cli.source import source_of
    from bestshot.sources.installed import speaking_for

    with speaking_for(settings.source_type):
        return _look_at(source_of(settings), command, settings, console, plan)


def _look_at(
    source: "PhotoSource", command: Command, settings: Settings, console: "Console", plan: "PlanDocument | None"
) -> int:
    from bestshot.cli.log import event
    from bestshot.cli.source import connection_lines
    from bestshot.cli.wording import report_line

    where = [*source.locations()]
    logger.info("About %s.", ", ".join(map(printable, where)), extra=event("source", places=where))
    if command.check:
        console.print_line(connection_lines(source))
        return EXIT_DONE
    consent = _consent(command, settings)
    outcome = PhotoOrganizer(source, settings, progress=console.progress(settings), confirm=consent).run(plan)
    if outcome.remembered:
        console.print_line([f"{count(outcome.remembered, 'decision')} remembered."])
    console.report(outcome)
    console.print_line(outcome.learned)
    if outcome.report:
        console.print_line([report_line(outcome.report)])
    return outcome.exit_code


def _set_up(console: "Console", settings: Settings) -> None:
    from bestshot.workers.niceness import give_way, work_in_one_thread

    console.configure(settings)
    work_in_one_thread()
    if settings.nice:
        give_way()


def _look_back(command: Command, settings: Settings, console: "Console") -> int:
    """List the earlier runs, or undo one; answers 1 if some of it had to be left."""
    # Only what stands on the command line narrows the choice: settings for every run do not.
    fields = {"source": "sources", "output": "output", "source_type": "source_type"}
    named = {field: getattr(settings, name) for name, field in fields.items() if name in command.flags}
    if command.undo is None:
        console.print_line(_history(command, settings, named))
        return EXIT_DONE
    from bestshot.cli.consent import confirm_undo
    from bestshot.cli.source import immich_source
    from bestshot.sources.immich.permissions import UNDO_TASKS
    from bestshot.undo.choice import RunChoice
    from bestshot.undo.commands import undo, undone_already, user_knows

    client = immich_source(settings, UNDO_TASKS).client if settings.source_type == SourceType.IMMICH else None
    whose = None if client is None else lambda: f"immich:{client.get_current_user().id}"
    choice = RunChoice(command.undo, **named, whose=whose)
    if already := undone_already(settings, choice):
        console.print_line([already])
        console.when_told(lambda: user_knows(settings))
        return EXIT_DONE
    confirm = None if settings.yes else confirm_undo
    undone = undo(choice, settings, client, console.progress(settings), confirm=confirm)
    console.when_told(lambda: user_knows(settings))
    return EXIT_DONE if console.report_undo(undone) else EXIT_SOMETHING_FAILED


def _history(command: Command, settings: Settings, named: Mapping[str, Any]) -> list[str]:
    from bestshot.undo.history import history

    number = command.history or LATEST
    if not named:  # nothing is loaded that a choice needs
        return history(settings, number)
    from bestshot.undo.choice import RunChoice

    return history(settings, number, RunChoice(number, **named))


def _with_server(command: Command) -> Command:
    """The command with an address in the place of a folder as what it means; which photos, a plan says itself."""
    from bestshot.settings.addresses import with_server

    flags = with_server(command.flags)
    if command.apply and "source" in command.flags and "source" not in flags:
        del flags["source_type"]
    return replace(command, flags=flags)


def _given_plan(command: Command, settings: Settings) -> "tuple[PlanDocument | None, Settings]":
    """The plan to carry out, if there is one, and the settings that fit it."""
    if not command.apply:
        return None, settings
    from bestshot.plans.reading import read_plans
    from bestshot.settings.of_plan import settings_for

    plan = read_plans(command.apply)
    return plan, settings_for(plan, settings, command.flags)


def _consent(command: Command, settings: Settings) -> "Confirm | None":
    """What is asked before anything is changed, if anything is."""
    from bestshot.cli.consent import PlanConsent, confirm

    asked = None if settings.yes else confirm
    return PlanConsent(settings, command.flags, asked) if command.apply else asked


def _forget(settings: Settings) -> Iterator[str]:
    from bestshot.plans.decision_store import forget, remembered

    state = Path(settings.state_dir)
    if settings.dry_run:
        yield f"Would forget {count(len(remembered(state)), 'decision')}."
    else:
        yield f"Forgot {count(forget(state), 'decision')}."
