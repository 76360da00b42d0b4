"""Output, diagnostics and progress: what a person at a terminal sees, and cron does not."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from logging.handlers import MemoryHandler
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

from bestshot import __version__
from bestshot.cli.log import EVERYTHING, JsonFormatter, LineFormatter, LogFile, event, log_file
from bestshot.cli.paint import paint_for
from bestshot.cli.wording import (
    declined_line,
    done_facts,
    facts_of,
    failure_lines,
    group_lines,
    left_line,
    more_line,
    next_step,
    note_lines,
    passed_over_lines,
    summary,
    undo_lines,
)
from bestshot.errors import OutputError, StateError
from bestshot.journal.runs import KeptItem
from bestshot.layout.wording import folder_lines
from bestshot.marks.wording import action_line
from bestshot.model.groups import PlannedGroup
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import LogFormat, Settings
from bestshot.storage.files import write_out
from bestshot.text import after_colon, printable, printable_lines

if TYPE_CHECKING:
    from bestshot.analysis.analyser import Progress
    from bestshot.undo.commands import Undone

logger = logging.getLogger(__name__)

_UNLIMITED = 1 << 30

_AT_TERMINAL: Final = 20
"""So many groups or changes are listed where somebody would have to scroll back for the first of them."""

T = TypeVar("T")


class Console:
    """Standard output and error of one run; quiet ones are held back until the exit code is known.

    `facts` are the run in numbers, once it is reported.
    """

    def __init__(self) -> None:
        self._is_quiet = False
        self._has_stdout_taken = False
        self._is_verbose = False
        self._level = logging.WARNING
        self._started = time.monotonic()
        self._lines: list[str] = []
        self.facts: Mapping[str, int] = {}
        self._when_told: list[Callable[[], object]] = []
        _open_closed_streams()
        for stream in (sys.stdout, sys.stderr):
            _show_any_name(stream)
        self._stderr = logging.StreamHandler()
        self._stderr.setFormatter(LineFormatter("%(message)s"))
        self._handlers: list[logging.Handler] = []
        self._attach(self._stderr, self._level)

    def speak_to_programs(self) -> None:
        """Write the whole log on standard error, in JSON, unless somebody sits there."""
        if not sys.stderr.isatty():
            self._level = logging.INFO
            self._stderr.setFormatter(JsonFormatter())
            self._stderr.setLevel(self._level)

    def configure(self, settings: Settings) -> None:
        """Follow the settings for output; raises UsageError for a log file that cannot be written."""
        self._is_quiet = settings.quiet
        self._is_verbose = settings.verbose
        self._has_stdout_taken = "-" in settings.records.values()
        if settings.log_format is LogFormat.JSON:
            self.speak_to_programs()
        if settings.quiet:
            self._detach(self._stderr)
            # Held back until close(), which passes everything on or nothing.
            held = MemoryHandler(_UNLIMITED, flushLevel=_UNLIMITED, target=self._stderr, flushOnClose=False)
            self._attach(held, self._level)
        if settings.log_file:
            self._attach(log_file(settings.log_file, settings.log_format), logging.INFO)
        logger.info(
            "Photo Organizer %s begins.", __version__, extra=event("begin", version=__version__, pid=os.getpid())
        )

    def _attach(self, handler: logging.Handler, level: int) -> None:
        handler.setLevel(level)
        EVERYTHING.setLevel(logging.INFO)
        EVERYTHING.addHandler(handler)
        self._handlers.append(handler)

    def _detach(self, handler: logging.Handler) -> None:
        EVERYTHING.removeHandler(handler)
        self._handlers.remove(handler)

    def progress(self, settings: Settings) -> "Progress":
        """The phases of a run in the log, and in a bar on standard error if that is a terminal and it is not quiet."""
        from bestshot.cli.progress_bar import ProgressBar, phases_of
        from bestshot.workers.capacity import Machine

        workers = settings.workers or Machine.found().most_workers(with_faces=not settings.no_faces)
        return ProgressBar(phases_of(settings, workers), shown=not self._is_quiet and sys.stderr.isatty())

    def report(self, outcome: Outcome) -> None:
        """Show the groups where nothing was done with them, what was passed over, and the run in one line.

        Where somebody was asked and said no, all has been shown before, and one line is enough.
        """
        plan, is_verbose = outcome.plan, self._is_verbose
        numbers = facts_of(plan, outcome.failed)
        self.facts = numbers | done_facts(outcome)
        for skipped in plan.skipped:
            since = "" if skipped.is_new else " (known from earlier)"
            facts = event("skipped", photo=skipped.id, error=skipped.error, is_new=skipped.is_new)
            logger.warning("%s: %s%s", printable(skipped.id), after_colon(skipped.error), since, extra=facts)
        if outcome.declined:
            self.print_line([declined_line(plan)])
            logger.info("%s", declined_line(plan), extra=event("summary", acted=False, **numbers))
            return
        if is_verbose or not outcome.acted:
            self._show_groups(plan.groups)
        if not outcome.acted:
            self._print_shown([*self._planned(outcome)], "--verbose or --plan")
        if is_verbose:
            self.print_line(passed_over_lines(plan))
        self.print_line(note_lines(plan, with_all=is_verbose))
        known = sum(not skipped.is_new for skipped in plan.skipped)
        for line in failure_lines(outcome.failed, with_all=is_verbose):
            logger.warning("%s", line, extra=event("failed"))
        said = summary(plan, outcome.receipts, known_skipped=known, acted=outcome.acted, failed=len(outcome.failed))
        self.print_line([said])
        logger.info("%s", said, extra=event("summary", acted=outcome.acted, **numbers))
        if self._is_seen and (step := next_step(plan, acted=outcome.acted)):
            self.print_line([step])

    @property
    def _is_seen(self) -> bool:
        """Whether what is printed goes to a terminal, where somebody reads it as it comes."""
        return self._out.isatty()

    @property
    def _out(self) -> TextIO:
        return sys.stderr if self._has_stdout_taken else sys.stdout

    def _show_groups(self, groups: Sequence[PlannedGroup]) -> None:
        paint, shown = paint_for(self._out, os.environ), self._shown(groups)
        for group in shown:  # whose texts are printable already, and may be painted
            self._lines += group_lines(group, with_reasons=self._is_verbose, paint=paint)
        self.print_line(more_line(len(groups) - len(shown), "--verbose, --review or --csv"))

    def _shown(self, things: Sequence[T]) -> Sequence[T]:
        """The first of many at a terminal; all in a pipe, or if that is wanted."""
        return things[:_AT_TERMINAL] if self._is_seen and not self._is_verbose else things

    def _planned(self, outcome: Outcome) -> Iterator[str]:
        """What would be done, first in the output and then to the marks."""
        plan = outcome.plan
        yield from folder_lines(plan.file_actions, with_files=self._is_verbose)
        for action in plan.mark_actions:
            yield action_line(action, outcome.calls.get(action, ()), with_keys=self._is_verbose)

    def _print_shown(self, lines: Sequence[str], whole: str) -> None:
        """Print lines, or the first of many and how to see the whole."""
        shown = self._shown(lines)
        self.print_line(shown)
        self.print_line(more_line(len(lines) - len(shown), whole))

    def report_undo(self, undone: "Undone") -> bool:
        """Show which run was taken back, and the rest in one line; answers whether nothing was left.

        What it left alone is listed, and so is all that was done if the run is verbose or only looked.
        """
        left = [result for result in undone.results if isinstance(result, KeptItem)]
        for one in left:
            logger.warning("%s", left_line(one), extra=event("left", what=one.what, why=one.why))
        if undone.is_declined:
            self.print_line(["Nothing was changed: nothing was taken back."])
            return True
        self.print_line([undone.run])
        *each, said = undo_lines(undone, with_all=self._is_verbose or not undone.acted, whole=self._is_verbose)
        self._print_shown(each, "--verbose")
        self.print_line([said])
        logger.info("%s %s", undone.run, said, extra=event("undo", acted=undone.acted, left=len(left)))
        return not left

    def print_line(self, lines: Iterable[str]) -> None:
        """Print lines at the end of the run, with nothing in them on which a terminal would act."""
        self._lines += map(printable_lines, lines)

    def when_told(self, act: Callable[[], object]) -> None:
        """Do this once everything has been said."""
        self._when_told.append(act)

    def close(self, code: int) -> int:
        """Print what is due and close the log; returns the exit code, 1 if printing was all that failed."""
        try:
            # Standard error in JSON holds no other lines; what they say is in the log.
            is_due = not (self._has_stdout_taken and self._level == logging.INFO)
            if self._lines and is_due and (code or not self._is_quiet):
                text = "".join(f"{line}\n" for line in self._lines)
                write_out(text, to_stderr=self._has_stdout_taken)
            for act in self._when_told:
                act()
        except (OutputError, StateError) as error:
            logger.error("%s", error)
            code = code or error.exit_code
        seconds = time.monotonic() - self._started
        over = event("end", exit_code=code, seconds=round(seconds, 3))
        logger.info("Ended after %.1f s with exit code %d.", seconds, code, extra=over)
        for handler in list(self._handlers):
            if isinstance(handler, LogFile) and handler.failure is not None:
                why = handler.failure.strerror or handler.failure
                logger.error("The log %s lacks something: %s.", printable(handler.baseFilename), why)
                code = code or OutputError.exit_code
        for handler in list(self._handlers):
            if isinstance(handler, MemoryHandler) and code:
                handler.flush()
            self._detach(handler)
            handler.close()
        return code


def _open_closed_streams() -> None:
    """Discard what is written to a closed stream (`>&-`); else a database would be opened under its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open for good


def _show_any_name(stream: TextIO) -> None:
    """Let a stream show any file name, whatever the terminal's encoding."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
