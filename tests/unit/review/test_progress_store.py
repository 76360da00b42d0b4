"""How far a review has come is kept for each library by itself."""

import stat
from pathlib import Path

from bestshot.review.progress_store import ProgressStore


def test_what_was_seen_and_where_somebody_was_is_kept(tmp_path: Path) -> None:
    store = ProgressStore(tmp_path, "library")
    store.mark(["a", "b", "c"], is_seen=True)
    store.mark(["b", "a"], is_seen=True)
    store.mark(["c"], is_seen=False)
    store.move("a")
    store.move("b")
    again = ProgressStore(tmp_path, "library")
    assert (again.seen(), again.place()) == (frozenset({"a", "b"}), "b")
    assert stat.S_IMODE((tmp_path / "review.sqlite3").stat().st_mode) == 0o600


def test_libraries_do_not_know_of_each_other(tmp_path: Path) -> None:
    ProgressStore(tmp_path, "one").mark(["a"], is_seen=True)
    ProgressStore(tmp_path, "one").move("a")
    other = ProgressStore(tmp_path, "other")
    assert (other.seen(), other.place()) == (frozenset(), None)
    other.mark(["a"], is_seen=False)
    assert ProgressStore(tmp_path, "one").seen() == {"a"}


def test_asking_makes_no_file(tmp_path: Path) -> None:
    store = ProgressStore(tmp_path / "state", "library")
    assert (store.seen(), store.place()) == (frozenset(), None)
    assert not (tmp_path / "state").exists()
