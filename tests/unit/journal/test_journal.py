"""The journal knows what was begun and what was done, whatever ends a run."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bestshot.errors import StateError
from bestshot.journal.changes import Change
from bestshot.journal.journal import Journal, open_journal
from bestshot.layout.actions import (
    BOTH,
    CHANGES,
    REVERSALS,
    Action,
    FileState,
    PlaceBest,
    Receipt,
    RemoveFile,
    RestoreFile,
    RetireBest,
    WriteMetadata,
)
from bestshot.model.photo import LinkMethod
from tests.support import builders
from tests.support.file_systems import SPAWN

TARGET = "folder:/out"
COPY = builders.copy_of(builders.photo(os.fsdecode(b"a\xff\n.jpg"), folder=os.fsdecode(b"/\xfephotos")))
KINDS: list[Action] = [
    COPY,
    replace(COPY, method=LinkMethod.HARDLINK),
    replace(COPY, method=LinkMethod.SYMLINK, size=0),
    PlaceBest("group_0001/best_\udcff.jpg", 1, COPY.origin, COPY.key, COPY.destination),
    RetireBest("group_0001/best_\udcff.jpg", 1, COPY.destination),
    WriteMetadata("group_0001/metadata.txt", 1, "Best: \udcff \N{WHITE SMILING FACE}\n"),
]
TRACES = [
    FileState(),
    FileState(1 << 40, -5, "ab" * 32, ("group_0001", "group_0001/originals")),
    FileState(replaced="was \udcff"),
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite3")) as opened:
        yield opened


def begun(journal: Journal, *actions: Action, target: str = TARGET) -> list[Change[Action]]:
    return journal.begin(journal.begin_part(target, ["folder:/photos"]), CHANGES, actions)


def receipts(journal: Journal, target: str) -> list[Receipt]:
    return [Receipt(one.action, one.effect) for one in journal.done(target, CHANGES)]


def test_what_is_begun_is_unfinished_until_it_is_done_or_dropped(journal: Journal) -> None:
    changes = begun(journal, *KINDS)
    assert journal.unfinished(TARGET, CHANGES) == changes
    journal.finish([(changes[1], FileState())])
    journal.drop([changes[0], changes[3]], "no reason")
    assert journal.unfinished(TARGET, CHANGES) == [changes[2], *changes[4:]]
    assert receipts(journal, TARGET) == [Receipt(changes[1].action, FileState())]


@pytest.mark.parametrize("action", KINDS)
@pytest.mark.parametrize("trace", TRACES)
def test_a_receipt_is_kept_to_the_last_byte(tmp_path: Path, action: Action, trace: FileState) -> None:
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        (change,) = begun(journal, action)
        journal.finish([(change, trace)])
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        assert receipts(journal, TARGET) == [Receipt(action, trace)]
        assert journal.unfinished(TARGET, CHANGES) == []


def test_receipts_come_in_the_order_in_which_the_changes_were_begun(journal: Journal) -> None:
    first, second = begun(journal, *KINDS[:2])
    (third,) = begun(journal, KINDS[3])
    for change in (third, second, first):
        journal.finish([(change, FileState())])
    assert [receipt.action for receipt in receipts(journal, TARGET)] == [*KINDS[:2], KINDS[3]]


def test_outputs_do_not_see_each_others_changes(journal: Journal) -> None:
    other = os.fsdecode(b"folder:/\xffout")
    (change,) = begun(journal, COPY, target=other)
    assert journal.unfinished(TARGET, CHANGES) == []
    assert journal.unfinished(other, CHANGES) == [change]
    journal.finish([(change, FileState())])
    assert receipts(journal, TARGET) == []
    assert receipts(journal, other) == [Receipt(COPY, FileState())]


def test_a_run_that_came_to_its_end_is_told_from_one_that_did_not(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        journal.end_part(journal.begin_part(TARGET, ["folder:/a", "folder:/b"]))
        journal.begin_part(TARGET, [])
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as connection:
        rows = connection.execute("SELECT sources, finished_at IS NULL FROM runs ORDER BY id").fetchall()
    assert rows == [('["folder:/a", "folder:/b"]', 0), ("[]", 1)]


def begin_and_die(path: Path, count: int) -> None:
    journal = Journal(path)
    part = journal.begin_part(TARGET, [])
    journal._connection.set_trace_callback(
        lambda statement: os.kill(os.getpid(), signal.SIGKILL) if statement == "COMMIT" else None
    )
    journal.begin(part, CHANGES, [COPY] * count)


def test_a_plan_is_begun_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """A process that is killed while it writes thousands of changes leaves none of them."""
    process = SPAWN.Process(target=begin_and_die, args=(tmp_path / "journal.sqlite3", 2000))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        assert journal.unfinished(TARGET, CHANGES) == []
        assert len(begun(journal, *KINDS)) == len(KINDS)


def test_many_changes_are_settled_in_one_transaction_each(journal: Journal) -> None:
    """A killed run over a large library is mended at once, not at one write to the disk per photo."""
    changes = begun(journal, *[COPY] * 50)
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    journal.finish([(change, FileState()) for change in changes[:25]])
    journal.drop(changes[25:], "the run ended before it was made")
    assert statements.count("COMMIT") == 2
    assert journal.unfinished(TARGET, CHANGES) == []


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_journal_is_refused_with_a_sentence_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(content)
    said = rf"{path} is damaged or not a database\. Nothing in it can be read.*move it away to start afresh"
    with pytest.raises(StateError, match=said):
        open_journal(tmp_path, create=True, mends=True)
    assert path.read_bytes() == content


def test_the_names_under_which_actions_are_stored_never_change() -> None:
    """Older versions wrote them, and an older one may be used again."""
    assert set(BOTH.actions) == {"CopyFile", "PlaceBest", "RetireBest", "WriteMetadata", "TakeAway", "PutBack"}
    assert (BOTH.actions["TakeAway"], BOTH.actions["PutBack"]) == (RemoveFile, RestoreFile)


def test_changes_of_other_kinds_are_passed_over(journal: Journal) -> None:
    """What another package began or did to the same target is not its business."""
    part = journal.begin_part(TARGET, [])
    (laid,) = journal.begin(part, CHANGES, [COPY])
    removal = RemoveFile(COPY.destination, 1, 1)
    (removed,) = journal.begin(part, REVERSALS, [removal])
    assert (journal.unfinished(TARGET, CHANGES), journal.unfinished(TARGET, REVERSALS)) == ([laid], [removed])
    journal.finish([(laid, FileState()), (removed, FileState())])
    assert [one.action for one in journal.done(TARGET, CHANGES)] == [COPY]
    assert [one.action for one in journal.done(TARGET, REVERSALS)] == [removal]
    assert [one.action for one in journal.done(TARGET, BOTH)] == [COPY, removal]


def test_the_changes_of_one_part_are_those_that_it_made(journal: Journal) -> None:
    for action in (COPY, KINDS[3]):
        (change,) = begun(journal, action)
        journal.finish([(change, FileState())])
    assert [(one.part, one.action) for one in journal.done_in(2, CHANGES)] == [(2, KINDS[3])]
