"""Whether runs come when they should and end well, as a container asks: told from small files in the state folder."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from bestshot.nightly.last_run import DEFAULT, INTERRUPTED, LastRun, last_runs, resident_folder


def ailments(state_dir: Path, jobs: Sequence[str], now: datetime) -> list[str]:
    """What is wrong with these jobs, or with all that are repeated, in a sentence each; nothing if all is well.

    Raises StateError.
    """
    runs = {run.job: run for run in last_runs(resident_folder(state_dir))}
    looked_at = jobs or runs or [DEFAULT]
    missing = [job for job in looked_at if job not in runs]
    wrong = [
        f"{_what(job)} is not repeated here: start it with --every or --at, or check --state-dir." for job in missing
    ]
    return wrong + [sentence for job in looked_at if job in runs for sentence in _wrong_with(runs[job], now)]


def _wrong_with(run: LastRun, now: datetime) -> Iterator[str]:
    if run.exit_code not in (None, 0, INTERRUPTED):
        yield f"{_what(run.job)} failed with exit code {run.exit_code} at {_when(run.ended)}: see its log."
    if run.late_after is not None and now > run.late_after:
        since = "has not ended yet" if run.ended is None else f"ended last at {_when(run.ended)}"
        yield f"{_what(run.job)} {since}, and should have ended again by {_when(run.late_after)}: is it still there?"


def _what(job: str) -> str:
    return "The run" if job == DEFAULT else f"The job {job}"


def _when(moment: datetime | None) -> str:
    return "a time unknown" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
