"""The runs that the journal tells of, as a user sees them: numbered jobs, and what became of each: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bestshot.errors import UsageError

NOTHING_TO_UNDO = "There is nothing to undo. --history lists what was done."


@dataclass(frozen=True, slots=True)
class RunPart:
    """What was done to one target. A job may have several: one for the folders, one for the marks.

    `is_learned` if nothing was changed, only found. Of an undo, `undoes` is the run that it takes back and `left`
    what it left alone, None as long as it has not come to its own end.
    """

    id: int
    job: int
    target: str
    sources: tuple[str, ...]
    started_at: datetime
    finished_at: datetime | None
    is_learned: bool
    undoes: int | None
    left: int | None
    changes: int


class UndoState(Enum):
    """What became of a job since."""

    STANDS = "stands"
    BEGUN = "begun"
    IN_PART = "in part"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Run:
    """All runs of one call of the program, the number of the first being its own; `undoes` is the job taken back."""

    number: int
    runs: tuple[RunPart, ...]
    reverse: UndoState
    undoes: int | None = None

    @property
    def parts(self) -> tuple[RunPart, ...]:
        """The runs that changed anything and can be taken back."""
        return tuple(run for run in self.runs if run.changes and not run.is_learned and run.undoes is None)

    @property
    def is_finished(self) -> bool:
        """Whether every run of it came to its end."""
        return all(run.finished_at is not None for run in self.runs)


def runs_of(runs: Sequence[RunPart]) -> list[Run]:
    """The jobs, oldest first."""
    by_job: dict[int, list[RunPart]] = {}
    for run in runs:
        by_job.setdefault(run.job, []).append(run)
    job_of = {run.id: run.job for run in runs}
    tries: dict[int, list[RunPart]] = {}
    for run in runs:
        if run.undoes is not None:
            tries.setdefault(run.undoes, []).append(run)
    return [
        Run(
            number,
            tuple(parts),
            _reverse(parts, tries),
            next((job_of[one.undoes] for one in parts if one.undoes), None),
        )
        for number, parts in by_job.items()
    ]


def _reverse(parts: Iterable[RunPart], tries: dict[int, list[RunPart]]) -> UndoState:
    tried = [tries.get(run.id, []) for run in parts if run.changes and not run.is_learned]
    if not any(tried):
        return UndoState.STANDS
    if all(any(one.left == 0 for one in runs) for runs in tried):
        return UndoState.UNDONE
    is_through = all(any(one.left is not None for one in runs) for runs in tried)
    return UndoState.IN_PART if is_through else UndoState.BEGUN


def run_to_undo(jobs: Sequence[Run], number: int) -> Run:
    """The job of this number, or (0) the latest that stands; raises UsageError if it cannot be taken back."""
    if not number:
        waiting = [job for job in jobs if job.parts and job.reverse in (UndoState.STANDS, UndoState.BEGUN)]
        if not waiting:
            raise UsageError(NOTHING_TO_UNDO)
        return waiting[-1]
    found = next((job for job in jobs if job.number == number), None)
    if found is None:
        raise UsageError(f"There is no run {number}. --history lists those that there are.")
    if found.undoes is not None:
        raise UsageError(f"Run {number} is an undo, of run {found.undoes}. To have that again, run the job again.")
    if found.reverse is UndoState.UNDONE:
        raise UsageError(f"Run {number} has been undone. To have it again, run the job again.")
    if not found.parts:
        raise UsageError(f"Run {number} changed nothing, so there is nothing to undo.")
    return found


def undone_runs(runs: Iterable[RunPart]) -> frozenset[int]:
    """The runs that were taken back, wholly."""
    return frozenset(run.undoes for run in runs if run.undoes is not None and run.left == 0)


@dataclass(frozen=True, slots=True)
class KeptItem:
    """Something of a run that an undo leaves alone, and why."""

    what: str
    why: str
