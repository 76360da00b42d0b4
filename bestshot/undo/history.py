"""What was done so far, run by run, in words; all of it out of the journal."""

from collections.abc import Iterator

from bestshot.journal.journal import Journal
from bestshot.journal.runs import Run, RunPart, UndoState, runs_of
from bestshot.marks.wording import done_in_words
from bestshot.text import count, printable

NOTHING_CHANGED = "Nothing was ever changed."

_FOLDER = "folder:"
_REVERSE = {
    UndoState.STANDS: "",
    UndoState.BEGUN: "; its undo was cut short",
    UndoState.IN_PART: "; undone in part",
    UndoState.UNDONE: "; undone",
}


def history_lines(journal: Journal) -> Iterator[str]:
    """Every job of the journal in a line, the latest first."""
    jobs = runs_of(journal.runs())
    if not jobs:
        yield NOTHING_CHANGED
    for job in reversed(jobs):
        yield _job_line(job, journal)


def _job_line(job: Run, journal: Journal) -> str:
    started = f"{job.runs[0].started_at.astimezone():%Y-%m-%d %H:%M}"
    changes = sum(run.changes for run in job.runs if not run.is_learned)
    what = " and ".join(_run_in_words(run, journal) for run in job.runs)
    undoes = "" if job.undoes is None else f"undo of run {job.undoes}: "
    broken = "" if job.is_finished else "; unfinished"
    return f"{job.number:>4}  {started}  {undoes}{what} ({count(changes, 'change')}{broken}{_REVERSE[job.reverse]})"


def _run_in_words(run: RunPart, journal: Journal) -> str:
    if run.target.startswith(_FOLDER):
        return _output_in_words(run, journal)
    place = "on Immich" if run.target.startswith("immich:") else "in folders"
    receipts = (receipt for made_by, receipt in journal.marks_made(run.target) if made_by == run.id)
    return f"{', '.join(done_in_words(receipts)) or 'nothing marked'} {place}"


def _output_in_words(run: RunPart, journal: Journal) -> str:
    output = printable(run.target.removeprefix(_FOLDER))
    if run.is_learned:
        return f"{count(run.changes, 'file')} recognised in {output}"
    if run.undoes is not None:
        return f"{count(run.changes, 'file')} taken back in {output}"
    photos = journal.photos_laid(run.id)
    if photos:
        return f"{count(photos, 'photo')} laid out in {output}"
    return f"{output} kept up to date"
