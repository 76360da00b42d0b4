"""Looking back on what was done, and taking it back: composed of the journal and the settings."""

from contextlib import closing
from pathlib import Path

from bestshot.analysis.analyser import Progress
from bestshot.errors import UsageError
from bestshot.immich.client import ImmichClient
from bestshot.journal.journal import acknowledge, open_journal
from bestshot.journal.runs import NOTHING_TO_UNDO, UndoState, run_to_undo, undone_unseen
from bestshot.marks.apply import VerifyPolicy
from bestshot.settings.settings import Settings
from bestshot.undo.history import NOTHING_CHANGED, history_lines
from bestshot.undo.undo import Result, RunUndo


def history(settings: Settings) -> list[str]:
    """What was done, a line for each run, the latest first."""
    journal = open_journal(Path(settings.state_dir), create=False, mends=False)
    if journal is None:
        return [NOTHING_CHANGED]
    with closing(journal):
        return list(history_lines(journal))


def undone_already(settings: Settings) -> str | None:
    """What is to be said instead of undoing the latest run, if the last undo was killed right before it said so."""
    journal = open_journal(Path(settings.state_dir), create=False, mends=not settings.dry_run)
    if journal is None:
        return None
    with closing(journal):
        run = undone_unseen(journal.runs())
    if run is None:
        return None
    how = "as far as it could" if run.undo_state is UndoState.IN_PART else "whole"
    return (
        f"Run {run.number} has been undone already, {how}: that undo came to its end and was cut short before it could"
        " say so. Nothing more was done now; --undo again takes back the run before it."
    )


def user_knows(settings: Settings) -> None:
    """Remember that the user has been told of the undos that came to their end."""
    if not settings.dry_run:
        acknowledge(Path(settings.state_dir))


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
    journal = open_journal(Path(settings.state_dir), create=False, mends=not settings.dry_run)
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
