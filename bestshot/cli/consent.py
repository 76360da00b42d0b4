"""What is named and asked for before anything is changed: many changes, a plan's folder, and an undo."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from bestshot.cli.log import event
from bestshot.cli.wording import changes_in_words, summary
from bestshot.errors import UsageError
from bestshot.journal.journal import open_journal
from bestshot.layout.actions import CopyFile
from bestshot.layout.changes import FOLDER
from bestshot.layout.names import OUTPUT_MARKER
from bestshot.plans.plan import Plan
from bestshot.settings.settings import MANY_CHANGES, LogFormat, Settings
from bestshot.sources.local.albums import AlbumFolders
from bestshot.storage.files import write_out
from bestshot.text import count, printable

logger = logging.getLogger(__name__)

Confirm = Callable[[Plan], bool]


def confirm(plan: Plan) -> bool:
    """Ask before many changes, if there is somebody to ask; no answer means no."""
    copies = sum(isinstance(action, CopyFile) for action in plan.actions)
    marks = sum(len(action.keys) for action in plan.mark_actions)
    if copies + marks <= MANY_CHANGES:
        return True
    wanted = " and ".join([count(copies, "copy", "copies")] * bool(copies) + [count(marks, "mark")] * bool(marks))
    return _asked(f"{summary(plan, (), known_skipped=0, acted=False)}\nMake {wanted}?")


def confirm_undo(run: str) -> bool:
    """Ask before a run is taken back, if there is somebody to ask; no answer means no."""
    return _asked(f"{run}\nTake it back?")


class PlanConsent:
    """Consent to a plan that may come from anybody: what it changes and where is named before it does.

    Its folder is asked for unless this program has laid it out before, or the command line names it. Making one
    raises UsageError where it would have to be asked for and nobody is there.
    """

    def __init__(self, settings: Settings, flags: Mapping[str, object], further: Confirm | None) -> None:
        self._settings = settings
        self._further = further
        output = settings.output
        self._is_asked_for = output is not None and "output" not in flags and not _is_laid_out(settings)
        if self._is_asked_for and not settings.dry_run and not _is_somebody_there():
            raise UsageError(
                f"This plan would lay out {printable(str(output))}, where this program has laid nothing out before: "
                "name that folder with --output, and whatever else the plan is to do, if that is what you want."
            )

    def __call__(self, plan: Plan) -> bool:
        """Name what is about to be changed, and ask what is to be asked; no answer means no."""
        if not plan.actions:
            return True
        wanted = f"This plan makes {changes_in_words(plan, self._settings)}."
        logger.info("%s", wanted, extra=event("plan", changes=len(plan.actions)))
        if self._is_asked_for:
            return _asked(f"{wanted}\nThis program has laid nothing out there before. Go on?") and self._goes_on(plan)
        is_for_programs = self._settings.log_format is LogFormat.JSON and not sys.stderr.isatty()
        if not (self._settings.quiet or is_for_programs):
            write_out(f"{wanted}\n", to_stderr=True)
        return self._goes_on(plan)

    def _goes_on(self, plan: Plan) -> bool:
        return self._further is None or self._further(plan)


def _is_laid_out(settings: Settings) -> bool:
    """Whether this program has laid groups or albums out there: the folder itself shows it, or else the journal."""
    output = Path(str(settings.output))
    if (output / OUTPUT_MARKER).is_dir() or AlbumFolders(output).read():
        return True
    journal = open_journal(Path(settings.state_dir), create=False, mends=not settings.dry_run)
    if journal is None:
        return False
    with closing(journal):
        return f"{FOLDER}{os.path.realpath(output)}" in {part.target for part in journal.parts()}


def _is_somebody_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked(question: str) -> bool:
    """Whether somebody at the terminal says yes, or nobody is there, as under cron."""
    if not _is_somebody_there():
        return True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
