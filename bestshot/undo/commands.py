"""Looking back on what was done, and taking it back: composed of the journal and the settings."""

from contextlib import closing
from pathlib import Path

from bestshot.analysis.analyser import Progress
from bestshot.errors import UsageError
from bestshot.immich.client import ImmichClient
from bestshot.journal.journal import open_journal
from bestshot.journal.runs import NOTHING_TO_UNDO, run_to_undo
from bestshot.marks.apply import VerifyPolicy
from bestshot.settings.settings import Settings
from bestshot.undo.history import NOTHING_CHANGED, history_lines
from bestshot.undo.undo import Result, RunUndo


def history(settings: Settings) -> list[str]:
    """What was done, a line for each run, the latest first."""
    journal = open_journal(Path(settings.state_dir), create=False)
    if journal is None:
        return [NOTHING_CHANGED]
    with closing(journal):
        return list(history_lines(journal))


def undo(
    number: int,
    settings: Settings,
    server: ImmichClient | None,
    progress: Progress,
    policy: VerifyPolicy | None = None,
) -> list[Result]:
    """Take a run back, or (0) the latest that stands, and return what came of it; a dry run only looks.

    `policy` says for how long changes of marks are verified.
    """
    journal = open_journal(Path(settings.state_dir), create=False)
    if journal is None:
        raise UsageError(NOTHING_TO_UNDO)
    with closing(journal):
        run = run_to_undo(journal.runs(), number)
        undoing = RunUndo(journal, run, Path(settings.cache_dir), server, policy)
        results: list[Result] = []
        with progress(f"Undoing run {run.number}", sum(part.changes for part in run.to_undo)) as advance:
            for result in undoing.look() if settings.dry_run else undoing.carry_out():
                results.append(result)
                advance(1)
    return results
