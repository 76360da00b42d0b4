"""What the runs of a journal mean to a user: which jobs there are, and what became of each."""

from datetime import UTC, datetime

import pytest

from bestshot.errors import UsageError
from bestshot.journal.runs import RunPart, UndoState, run_to_undo, runs_of, undone_runs

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)


def run(id_: int, job: int, *, undoes: int | None = None, left: int | None = None, changes: int = 3) -> RunPart:
    return RunPart(id_, job, "folder:/out", (), NOON, NOON, False, undoes, left, changes)


FOLDERS, MARKS = run(1, 1), run(2, 1)
"""One job of two parts."""


@pytest.mark.parametrize(
    ("tries", "reverse"),
    [
        ([], UndoState.STANDS),
        ([run(3, 3, undoes=1, left=0)], UndoState.BEGUN),
        ([run(3, 3, undoes=1, left=0), run(4, 3, undoes=2)], UndoState.BEGUN),
        ([run(3, 3, undoes=1, left=0), run(4, 3, undoes=2, left=1)], UndoState.IN_PART),
        ([run(3, 3, undoes=1, left=0), run(4, 3, undoes=2, left=1), run(5, 5, undoes=2, left=0)], UndoState.UNDONE),
        ([run(3, 3, undoes=1, left=0), run(4, 3, undoes=2, left=0)], UndoState.UNDONE),
    ],
)
def test_a_job_is_undone_when_all_of_its_parts_are(tries: list[RunPart], reverse: UndoState) -> None:
    assert runs_of([FOLDERS, MARKS, *tries])[0].reverse is reverse


def test_a_part_that_changed_nothing_need_not_be_undone() -> None:
    (job, _) = runs_of([FOLDERS, run(2, 1, changes=0), run(3, 3, undoes=1, left=0)])
    assert (job.parts, job.reverse) == ((FOLDERS,), UndoState.UNDONE)


def test_the_latest_job_that_stands_is_undone_where_none_is_named() -> None:
    jobs = runs_of([FOLDERS, run(2, 2), run(3, 3, undoes=2, left=0)])
    assert run_to_undo(jobs, 0).number == 1


@pytest.mark.parametrize(
    ("number", "said"), [(9, "no run 9"), (3, "is an undo, of run 2"), (2, "has been undone"), (4, "changed nothing")]
)
def test_what_cannot_be_undone_is_told(number: int, said: str) -> None:
    jobs = runs_of([FOLDERS, run(2, 2), run(3, 3, undoes=2, left=0), run(4, 4, changes=0)])
    with pytest.raises(UsageError, match=said):
        run_to_undo(jobs, number)


def test_a_run_that_was_undone_in_part_still_counts() -> None:
    assert undone_runs([run(3, 3, undoes=1, left=2), run(4, 4, undoes=2, left=0)]) == {2}
