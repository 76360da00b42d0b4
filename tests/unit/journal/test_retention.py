"""A journal gives up what is older than the user wants to undo, and nothing of what stands or is unfinished."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bestshot.errors import UsageError
from bestshot.journal.changes import ReplacedSidecar
from bestshot.journal.journal import Journal
from bestshot.journal.retention import cancelled, forgettable
from bestshot.journal.runs import RunPart, run_to_undo
from bestshot.layout.actions import BOTH, CHANGES, FileState
from tests.support import builders
from tests.support.undo_bench import Bench

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)


def part(id_: int, target: str = "folder:/a", *, undoes: int | None = None, left: int | None = None) -> RunPart:
    return RunPart(id_, id_, target, (), NOON, NOON, is_learned=False, undoes=undoes, left=left, changes=1)


def test_what_ended_in_time_is_forgettable_unless_it_or_its_undo_did_not_come_to_its_end() -> None:
    unfinished = RunPart(2, 2, "folder:/a", (), NOON, None, is_learned=False, undoes=None, left=None, changes=1)
    parts = [part(1), unfinished, part(3), part(4, undoes=3), part(5)]
    assert forgettable(parts, NOON) == []
    assert forgettable(parts, NOON + timedelta(seconds=1)) == [1, 4, 5]


def test_a_clock_that_went_back_makes_nothing_old() -> None:
    assert forgettable([part(1)], NOON - timedelta(days=9)) == []


def test_only_what_came_to_nothing_with_all_before_it_is_gone_for_good() -> None:
    parts = [part(1), part(2, undoes=1, left=0), part(3), part(4), part(5, undoes=4, left=0), part(6)]
    assert cancelled(parts, range(1, 7)) == [1, 2]
    assert cancelled(parts, [2, 3]) == []
    other = [part(1), part(2, "folder:/b"), part(3, "folder:/b", undoes=2, left=0), part(4, undoes=1, left=1), part(5)]
    assert cancelled(other, range(1, 6)) == [2, 3]


def test_the_latest_numbers_are_never_given_again() -> None:
    assert cancelled([part(1), part(2, undoes=1, left=0)], [1, 2]) == []


def test_a_run_after_it_finds_all_that_stands_and_nothing_to_do(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        bench.write(name)
    photos = [bench.photo("a.jpg"), bench.photo("b.jpg")]
    bench.lay((1, photos))
    bench.undo()
    bench.lay((1, photos))
    grown = [bench.photo("c.jpg"), *photos]
    bench.lay((1, grown))
    tree = bench.tree()
    with closing(bench.journal()) as journal:
        stands = [one.action for one in journal.done(f"folder:{bench.out}", BOTH) if one.part > 2]
        journal.forget(LATER)
    with closing(bench.journal()) as journal:
        assert [one.action for one in journal.done(f"folder:{bench.out}", BOTH)] == stands
        with pytest.raises(UsageError, match="Run 4 can no longer be undone"):
            run_to_undo(journal.runs(), 4)
        with pytest.raises(UsageError, match="nothing to undo"):
            run_to_undo(journal.runs(), 0)
    assert bench.lay((1, grown)) == []
    assert bench.tree() == tree


def test_the_file_shrinks_when_the_earlier_sidecars_of_old_runs_are_given_up(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with closing(Journal(path)) as journal:
        begun = journal.begin(
            journal.begin_part("folder:/a", []), CHANGES, [builders.copy_of(builders.photo("a.jpg"))] * 2
        )
        noise = Random(1).randbytes(3_000_000)  # nothing makes it smaller
        journal.keep(begun[0], [ReplacedSidecar("a", "b", noise, None)])
        journal.finish([(begun[0], FileState())])
        journal.drop(begun[1:], "no reason")
        journal.end_part(1)
        large = path.stat().st_size
        journal.forget(LATER)
        assert list(journal.replaced_sidecars("folder:/a")) == []
    assert path.stat().st_size * 10 < large
    with closing(Journal(path)) as journal:
        assert [(one.changes, one.is_forgotten) for one in journal.parts()] == [(1, True)]
