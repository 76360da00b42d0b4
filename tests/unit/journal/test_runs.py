"""What the runs of a journal mean to a user: which there are, and what became of each."""

from datetime import UTC, datetime

import pytest

from bestshot.errors import UsageError
from bestshot.journal.runs import LATEST, RunPart, UndoState, run_to_undo, runs_of, undone_parts

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)


def part(id_: int, run: int, *, undoes: int | None = None, left: int | None = None, changes: int = 3) -> RunPart:
    return RunPart(id_, run, "folder:/out", (), NOON, NOON, False, undoes, left, changes)


FOLDERS, MARKS = part(1, 1), part(2, 1)
"""One run of two parts."""


@pytest.mark.parametrize(
    ("tries", "state"),
    [
        ([], UndoState.STANDS),
        ([part(3, 3, undoes=1, left=0)], UndoState.BEGUN),
        ([part(3, 3, undoes=1, left=0), part(4, 3, undoes=2)], UndoState.BEGUN),
        ([part(3, 3, undoes=1, left=0), part(4, 3, undoes=2, left=1)], UndoState.IN_PART),
        ([part(3, 3, undoes=1, left=0), part(4, 3, undoes=2, left=1), part(5, 5, undoes=2, left=0)], UndoState.UNDONE),
        ([part(3, 3, undoes=1, left=0), part(4, 3, undoes=2, left=0)], UndoState.UNDONE),
    ],
)
def test_a_run_is_undone_when_all_of_its_parts_are(tries: list[RunPart], state: UndoState) -> None:
    assert runs_of([FOLDERS, MARKS, *tries])[0].undo_state is state


def test_a_part_that_changed_nothing_need_not_be_undone() -> None:
    (run, _) = runs_of([FOLDERS, part(2, 1, changes=0), part(3, 3, undoes=1, left=0)])
    assert (run.to_undo, run.undo_state) == ((FOLDERS,), UndoState.UNDONE)


def test_the_latest_run_that_stands_is_undone_where_none_is_named() -> None:
    runs = runs_of([FOLDERS, part(2, 2), part(3, 3, undoes=2, left=0)])
    assert run_to_undo(runs, 0).number == 1


@pytest.mark.parametrize(
    ("number", "said"), [(9, "no run 9"), (3, "is an undo, of run 2"), (2, "has been undone"), (4, "changed nothing")]
)
def test_what_cannot_be_undone_is_told(number: int, said: str) -> None:
    runs = runs_of([FOLDERS, part(2, 2), part(3, 3, undoes=2, left=0), part(4, 4, changes=0)])
    with pytest.raises(UsageError, match=said):
        run_to_undo(runs, number)


def test_a_part_that_was_undone_in_part_still_counts() -> None:
    assert undone_parts([part(3, 3, undoes=1, left=2), part(4, 4, undoes=2, left=0)]) == {2}


def test_what_an_undo_had_to_leave_is_never_called_nothing() -> None:
    runs = runs_of([part(1, 1), part(2, 2, undoes=1, left=1)])
    with pytest.raises(UsageError, match="of run 1 something was left: --undo 1 tries that again"):
        run_to_undo(runs, LATEST)
