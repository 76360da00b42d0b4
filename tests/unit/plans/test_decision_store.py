"""Claims about the file that keeps what people decided."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import DamagedError, StateError
from bestshot.plans.decision_store import (
    DecisionStore,
    Replacement,
    forget,
    last_changed,
    remember,
    remembered,
    replace_remembered,
    reviewed,
)
from bestshot.plans.decisions import Decision, DecisionKind
from tests.support.builders import photo
from tests.unit.plans.test_decisions import apart, best, decided, out

A, B, C = (photo(f"{name}.jpg") for name in "abc")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "decisions.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[DecisionStore]:
    with closing(DecisionStore(path)) as opened:
        yield opened


def test_decisions_come_back_in_the_order_in_which_they_were_made(store: DecisionStore) -> None:
    store.add([out(A, B), best(C, B)])
    store.add([apart(A, C)])
    assert store.all() == [out(A, B), best(C, B), apart(A, C)]


def test_they_outlive_the_program(store: DecisionStore, path: Path) -> None:
    store.add([out(A, B)])
    with closing(DecisionStore(path)) as other:
        assert other.all() == [out(A, B)]


def test_the_same_one_made_again_counts_as_new_and_is_kept_once(store: DecisionStore) -> None:
    store.add([best(A, B), best(B, A)])
    store.add([best(A, B)])
    assert store.all() == [best(B, A), best(A, B)]


def test_forgetting_tells_how_many_there_were_and_leaves_none(store: DecisionStore) -> None:
    store.add([out(A, B), best(C, B)])
    assert (store.forget(), store.all(), store.forget()) == (2, [], 0)


def test_reviews_are_kept_apart_from_decisions_and_forgotten_with_them(path: Path) -> None:
    remember(path.parent, [best(A, B)], [best(C, A), best(A, B)])
    assert (remembered(path.parent), reviewed(path.parent)) == ([best(A, B)], [best(C, A), best(A, B)])
    assert (forget(path.parent), remembered(path.parent), reviewed(path.parent)) == (1, [], [])


def test_where_nothing_was_decided_no_review_is_kept_and_no_file_made(path: Path) -> None:
    remember(path.parent, [], [best(A, B)])
    assert (reviewed(path.parent), path.exists()) == ([], False)


@given(st.binary(min_size=1, max_size=30), st.sampled_from(DecisionKind))
def test_any_file_name_survives(name: bytes, kind: DecisionKind) -> None:
    wanted = decided(kind, photo(name.decode("utf-8", "surrogateescape")))
    with TemporaryDirectory() as folder, closing(DecisionStore(Path(folder) / "decisions.sqlite3")) as store:
        store.add([wanted])
        assert store.all() == [wanted]


def test_what_no_version_of_this_program_wrote_is_a_sentence(store: DecisionStore) -> None:
    """As when a newer version knows of more kinds of decisions."""
    store._connection.execute("INSERT INTO decisions (decision, made_at) VALUES ('{\"kind\": \"merge\"}', '')")
    with pytest.raises(StateError, match="--forget-decisions"):
        store.all()
    assert store.forget() == 1


def test_a_file_of_something_else_is_refused_with_a_sentence(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"This is no database at all, but it is long enough to be looked at. " * 20)
    with pytest.raises(StateError):
        DecisionStore(path)


def test_nothing_decided_is_nothing_kept(store: DecisionStore) -> None:
    none: list[Decision] = []
    store.add(none)
    assert store.all() == none


def test_decisions_that_were_changed_on_the_disk_are_told_and_the_others_are_followed(path: Path) -> None:
    wanted = [apart(photo(f"{number}.jpg"), photo("other.jpg")) for number in range(3)]
    remember(path.parent, wanted)
    damaged = path.read_bytes().replace(b"1.jpg", b"7.jpg")
    path.write_bytes(damaged)
    with pytest.raises(DamagedError, match=r"of what you decided, 2 decisions could be read and will be followed"):
        remembered(path.parent)
    assert remembered(path.parent) == [wanted[0], wanted[2]]
    (kept,) = path.parent.glob("decisions-damaged-*.sqlite3")
    assert kept.read_bytes() == damaged


def test_what_is_taken_back_is_gone_and_what_replaces_it_counts_as_new(tmp_path: Path) -> None:
    remember(tmp_path, [out(A, B), best(C, B)], [best(A, B)])
    replace_remembered(tmp_path, Replacement([out(A, B)], [best(B, A), apart(A, C)]), Replacement([best(A, B)], []))
    assert remembered(tmp_path) == [best(C, B), best(B, A), apart(A, C)]
    assert reviewed(tmp_path) == []
    replace_remembered(tmp_path, Replacement([best(B, A), best(A, C)]), Replacement(made=[best(C, A)]))
    assert remembered(tmp_path) == [best(C, B), apart(A, C)]
    assert reviewed(tmp_path) == [best(C, A)]


def test_whoever_watches_sees_that_another_process_decided_something(tmp_path: Path) -> None:
    seen = [last_changed(tmp_path / "state")]
    for made in ([out(A, B)], [best(A, B)]):
        remember(tmp_path / "state", made)
        seen.append(last_changed(tmp_path / "state"))
    assert seen[0] is None
    assert len(set(seen)) == 3
    assert last_changed(tmp_path / "state") == seen[-1]
