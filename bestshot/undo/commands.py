"""Taking back what was done: composed of the journal and the settings."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bestshot.analysis.analyser import Progress
from bestshot.immich.client import ImmichClient
from bestshot.journal.journal import acknowledge, existing_journal
from bestshot.journal.runs import LATEST, UndoState, nothing_to_undo, undone_unseen
from bestshot.marks.apply import VerifyPolicy
from bestshot.settings.settings import Settings
from bestshot.undo.choice import RunChoice
from bestshot.undo.history import run_in_words
from bestshot.undo.undo import Result, RunUndo
from bestshot.workers.progress import no_progress
from bestshot.workers.worker import end_if_imported_by_worker


def undone_already(settings: Settings, choice: RunChoice) -> str | None:
    """What is to be said instead of undoing the latest run, if the last undo was killed right before it said so."""
    journal = existing_journal(Path(settings.state_dir), mends=not settings.dry_run)
    if journal is None:
        return None
    with closing(journal):
        run = undone_unseen(choice.among(journal)) if choice.number == LATEST else None
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


@dataclass(frozen=True, slots=True)
class Undone:
    """The run that was to be taken back, in words, and what came of its changes, or would come if nothing `acted`.

    `is_declined` if somebody was asked and said no.
    """

    run: str
    results: tuple[Result, ...] = ()
    acted: bool = False
    is_declined: bool = False


def undo(
    choice: RunChoice,
    settings: Settings,
    server: ImmichClient | None = None,
    progress: Progress = no_progress,
    policy: VerifyPolicy | None = None,
    confirm: Callable[[str], bool] | None = None,
) -> Undone:
    """Take a run back and return what came of it; a dry run only looks.

    `server` is needed where the run was about photos on Immich: that of the same user.
    `policy` says for how long changes of marks are verified. `confirm` is asked before anything is changed, with the
    run in words.
    """
    end_if_imported_by_worker()
    journal = existing_journal(Path(settings.state_dir), mends=not settings.dry_run)
    if journal is None:
        raise nothing_to_undo()
    with closing(journal):
        run = choice.find(journal)
        said = run_in_words(run, journal)
        acts = not settings.dry_run
        if acts and confirm is not None and not confirm(said):
            return Undone(said, is_declined=True)
        if server is not None:
            journal.user = server.user_in_words()
        undoing = RunUndo(journal, run, Path(settings.cache_dir), server, policy)
        results: list[Result] = []
        with progress(f"Undoing run {run.number}", sum(part.changes for part in run.to_undo)) as advance:
            for result in undoing.carry_out() if acts else undoing.look():
                results.append(result)
                advance(1)
    return Undone(said, tuple(results), acts)
