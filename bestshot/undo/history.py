"""What was done so far, run by run, in words; all of it out of the journal."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bestshot.journal.journal import Journal, existing_journal
from bestshot.journal.runs import LATEST, Run, RunPart, UndoState, numbered
from bestshot.layout.actions import BOTH, CHANGES, CopyFile
from bestshot.layout.changes import FOLDER
from bestshot.layout.wording import file_in_words
from bestshot.marks.actions import receipts_of
from bestshot.marks.registry import KINDS
from bestshot.marks.wording import Lead, action_lines, done_in_words
from bestshot.settings.settings import Settings
from bestshot.text import count, printable

if TYPE_CHECKING:
    from bestshot.undo.choice import RunChoice

_NOTHING_CHANGED = "Nothing was ever changed."

_IMMICH = "immich:"

_SHORT_ID = 8
"""Characters of a user's id that tell it from others."""

_UNDONE = {
    UndoState.STANDS: "",
    UndoState.BEGUN: "; its undo was cut short",
    UndoState.IN_PART: "; undone in part",
    UndoState.UNDONE: "; undone",
}


def history(settings: Settings, number: int = LATEST, choice: "RunChoice | None" = None) -> list[str]:
    """What was done, a line for each run, the latest first; of the run of a number, a line for each change.

    With a choice, only the runs about what was named. Raises UsageError if there is no such run.
    """
    journal = existing_journal(Path(settings.state_dir), mends=False)
    if journal is None:
        return [_NOTHING_CHANGED]
    with closing(journal):
        if number != LATEST:
            return list(_run_lines(numbered(journal.runs(), number), journal))
        if choice is None:
            return list(history_lines(journal))
        return [_run_line(run, journal) for run in reversed(choice.among(journal))] or [
            f"Nothing was changed by a run {choice.in_words}."
        ]


def history_lines(journal: Journal) -> Iterator[str]:
    """Every run of the journal in a line, the latest first."""
    runs = journal.runs()
    if not runs:
        yield _NOTHING_CHANGED
    for run in reversed(runs):
        yield _run_line(run, journal)


def _run_lines(run: Run, journal: Journal) -> Iterator[str]:
    """A run in a sentence, and each of its changes in a line, of marks with a line for each photo."""
    yield run_in_words(run, journal)
    for part in run.parts:
        is_output = part.target.startswith(FOLDER)
        lead: Lead = "found:" if part.is_learned else "done:"
        yield from _output_lines(part, journal, lead) if is_output else _mark_lines(part, journal)


def _output_lines(part: RunPart, journal: Journal, lead: Lead) -> Iterator[str]:
    for done in journal.done_in(part.id, BOTH):
        yield f"  {lead} {file_in_words(done.action)}"
    for begun in journal.unfinished(part.target, BOTH):
        if begun.part == part.id:
            yield f"  begun: {file_in_words(begun.action)}"


def _mark_lines(part: RunPart, journal: Journal) -> Iterator[str]:
    for done in receipts_of(journal.done_in(part.id, KINDS)):
        changed = done.effect.changed
        action = done.action.narrowed(changed, done.effect.container) if changed else done.action
        yield from action_lines(action, lead="done:")
    for begun in journal.unfinished(part.target, KINDS):
        if begun.part == part.id:
            yield from action_lines(begun.action, lead="begun:")


def run_in_words(run: Run, journal: Journal) -> str:
    """A run in a sentence: its number, when it was, about what, and what it did."""
    return f"Run {run.number} of {_started(run)}, about {_about(run)}: {_deeds(run, journal)}."


def _about(run: Run) -> str:
    return ", ".join(dict.fromkeys(_source_in_words(source, part) for part in run.parts for source in part.sources))


def _source_in_words(source: str, part: RunPart) -> str:
    return f"photos {_on_immich(part)}" if source.startswith(_IMMICH) else printable(source.removeprefix(FOLDER))


def _on_immich(part: RunPart) -> str:
    """Where a part was, with the user; of one that an earlier version wrote, only the id is known."""
    ids = (source.removeprefix(_IMMICH) for source in part.sources if source.startswith(_IMMICH))
    user = part.user or next((id_[:_SHORT_ID] for id_ in ids), "")
    return f"on Immich for {printable(user)}" if user else "on Immich"


def _run_line(run: Run, journal: Journal) -> str:
    about = f"{_about(run)}: " if run.undoes is None else ""  # as the run that was undone says
    return f"{run.number:>4}  {_started(run)}  {about}{_deeds(run, journal)}"


def _started(run: Run) -> str:
    return f"{run.parts[0].started_at.astimezone():%Y-%m-%d %H:%M}"


def _deeds(run: Run, journal: Journal) -> str:
    changes = sum(part.changes for part in run.parts if not part.is_learned)
    what = " and ".join(_part_in_words(part, journal) for part in run.parts)
    undoes = "" if run.undoes is None else f"undo of run {run.undoes}: "
    broken = "" if run.is_finished else "; unfinished"
    broken += "; can no longer be undone" if any(part.is_forgotten for part in run.parts) else ""
    lost = sum(part.lost for part in run.parts)
    broken += f"; {lost} more lost to damage of the journal" if lost else ""
    return f"{undoes}{what} ({count(changes, 'change')}{broken}{_UNDONE[run.undo_state]})"


def _part_in_words(part: RunPart, journal: Journal) -> str:
    if part.target.startswith(FOLDER):
        return _output_in_words(part, journal)
    receipts = receipts_of(journal.done_in(part.id, KINDS))
    known = ", ".join(done_in_words(receipts))
    if part.open:
        known += f"{', ' * bool(known)}{_begun(part)}"
    return known or "nothing marked"


def _output_in_words(part: RunPart, journal: Journal) -> str:
    output = printable(part.target.removeprefix(FOLDER))
    if part.open:
        return f"{_begun(part)} in {output}"
    if part.is_learned:
        return f"{count(part.changes, 'file')} recognised in {output}"
    if part.undoes is not None:
        return f"{count(part.changes, 'file')} taken back in {output}"
    copies = (one.action for one in journal.done_in(part.id, CHANGES) if isinstance(one.action, CopyFile))
    photos = {(copy.origin, copy.key) for copy in copies}
    if photos:
        return f"{count(len(photos), 'photo')} laid out in {output}"
    return f"{output} kept up to date"


def _begun(part: RunPart) -> str:
    """What a run that was killed left open: only a look at the photos shows how much of it was made."""
    return f"{part.open} of {count(part.changes, 'change')} begun and not known to be made"
