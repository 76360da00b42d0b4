"""A journal that is not as it was written is found at once, told run by run, and saved as far as it is whole."""

import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bestshot.errors import DamagedError, StateError
from bestshot.journal.changes import ReplacedSidecar
from bestshot.journal.damage import open_file
from bestshot.journal.journal import Journal, existing_journal, open_journal
from bestshot.layout.actions import BOTH, CHANGES, FileState
from bestshot.storage.seals import columns_of, seal_of
from tests.support import builders

TARGET = "folder:/out"
RUNS, CHANGES_EACH = 4, 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of four runs with thirty copies each."""
    for run in range(RUNS):
        with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
            part = journal.begin_part(TARGET, ["folder:/photos"])
            copies = [builders.copy_of(builders.photo(f"{run}_{number}.jpg")) for number in range(CHANGES_EACH)]
            begun = journal.begin(part, CHANGES, copies)
            journal.keep(begun[0], [ReplacedSidecar("a.jpg", "a.xmp", b"before", "after")])
            journal.finish([(change, FileState(5, 7, "ab" * 32)) for change in begun])
            journal.end_part(part)
    return tmp_path / "journal.sqlite3"


def meddled(path: Path, statement: str) -> None:
    """Change rows as a disk would: without anybody computing their checksums anew."""
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement).rowcount > 0


def opened(path: Path, *, mends: bool) -> Journal:
    journal = existing_journal(path.parent, mends=mends)
    assert journal is not None
    return journal


def refused(path: Path, *, mends: bool) -> str:
    with pytest.raises(DamagedError) as error:
        opened(path, mends=mends)
    return str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE changes SET action = replace(action, '1_7.jpg', '1_8.jpg') WHERE id = 38",
        "UPDATE changes SET action = 'no JSON' WHERE id = 38",
        "UPDATE changes SET action = CAST(x'ff22' AS TEXT) WHERE id = 38",
        "UPDATE changes SET kind = 'CopyFild' WHERE id = 38",
        "UPDATE changes SET receipt = CAST(receipt AS BLOB) WHERE id = 38",
        "UPDATE changes SET state = 'dropped', receipt = NULL WHERE id = 38",
        "UPDATE changes SET run = 3 WHERE id = 38",
        "UPDATE changes SET id = 500 WHERE id = 38",
        "UPDATE changes SET seal = NULL WHERE id = 38",
        "DELETE FROM changes WHERE id = 38",
    ],
)
def test_a_change_that_is_not_as_it_was_written_is_told_and_the_others_are_saved(path: Path, change: str) -> None:
    meddled(path, change)
    before = path.read_bytes()
    looked = refused(path, mends=False)
    assert "Of run 2, 1 change cannot be undone and 29 can." in looked
    assert "What was done by runs 1, 3 to 4 is all known and can be undone as before." in looked
    assert (path.read_bytes(), [one.name for one in path.parent.iterdir()]) == (before, [path.name])
    saved = refused(path, mends=True)
    kept = re.search(r"the damaged file is kept as (.*)\.$", saved)
    assert kept is not None
    assert Path(kept[1]).read_bytes() == before
    with closing(opened(path, mends=False)) as journal:
        assert [(part.changes, part.lost) for part in journal.parts()] == [(30, 0), (29, 1), (30, 0), (30, 0)]
        assert len(list(journal.done(TARGET, BOTH))) == RUNS * CHANGES_EACH - 1


def test_a_run_whose_own_row_is_lost_is_named(path: Path) -> None:
    meddled(path, "UPDATE runs SET target = x'00' WHERE id = 2")
    assert "Run 2 cannot be undone at all. What was done by runs 1, 3 to 4 is" in refused(path, mends=True)
    with closing(opened(path, mends=False)) as journal:
        assert [part.id for part in journal.parts()] == [1, 3, 4]


def test_a_sidecar_that_is_lost_is_named(path: Path) -> None:
    meddled(path, "UPDATE sidecars SET before = x'01' WHERE id = 3")
    assert "Of run 3, 1 sidecar cannot be put back byte by byte." in refused(path, mends=True)
    with closing(opened(path, mends=False)) as journal:
        assert len(list(journal.replaced_sidecars(TARGET))) == RUNS - 1


def flipped(content: bytearray, seed: random.Random) -> None:
    for _ in range(seed.randint(1, 30)):
        content[seed.randrange(len(content))] ^= 1 << seed.randrange(8)


def overwritten(content: bytearray, seed: random.Random) -> None:
    length = seed.randint(1, 30)
    place = seed.randrange(len(content) - length)
    content[place : place + length] = seed.randbytes(length)


@pytest.mark.parametrize("damage", [flipped, overwritten])
def test_what_a_damaged_journal_says_is_what_was_written_or_it_says_that_it_is_damaged(
    path: Path, damage: Callable[[bytearray, random.Random], None]
) -> None:
    """Never another error, never a change that is silently other or missing, and saved it can be opened."""
    whole = path.read_bytes()
    with closing(opened(path, mends=False)) as journal:
        parts, done = journal.parts(), list(journal.done(TARGET, BOTH))
    for seed in range(60):
        content = bytearray(whole)
        damage(content, random.Random(seed))
        path.write_bytes(content)
        try:
            with closing(opened(path, mends=True)) as journal:
                assert (journal.parts(), list(journal.done(TARGET, BOTH))) == (parts, done), seed
                continue
        except StateError as error:
            if "What can be read was saved" not in str(error):
                continue
        with closing(opened(path, mends=False)) as journal:
            saved = list(journal.done(TARGET, BOTH))
            assert [one for one in done if one in saved] == saved, seed
            assert sum(part.lost for part in journal.parts()) <= len(done) - len(saved), seed


def test_a_change_that_is_missing_when_it_is_finished_is_told(path: Path) -> None:
    with closing(opened(path, mends=False)) as journal:
        (change,) = journal.begin(1, CHANGES, [builders.copy_of(builders.photo("new.jpg"))])
        journal._connection.execute("DELETE FROM changes WHERE id = ?", (change.id,))
        with pytest.raises(DamagedError, match="a change that was begun is not found there"):
            journal.finish([(change, FileState())])


def test_a_journal_of_an_earlier_version_is_copied_before_it_is_brought_up_to_date(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(open_file(path)) as connection:
        connection.execute("PRAGMA user_version = 4")
        for table, columns in {
            "runs": "begun kept lost is_told is_forgotten user",
            "changes": "",
            "sidecars": "",
            "drafts": "id",
        }.items():
            for column in ("seal", *columns.split()):
                connection.execute(f"DROP TRIGGER IF EXISTS seal_{table}_INSERT")
                connection.execute(f"DROP TRIGGER IF EXISTS seal_{table}_UPDATE")
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("CREATE INDEX runs_by_target ON runs (target)")
        connection.execute("CREATE INDEX sidecars_by_change ON sidecars (change)")
    with closing(sqlite3.connect(path)) as connection:
        earlier = list(connection.iterdump())
    with closing(opened(path, mends=False)) as journal:
        assert len(list(journal.done(TARGET, BOTH))) == RUNS * CHANGES_EACH
    copy = path.with_name("journal-before-update.sqlite3")
    assert caplog.messages == [f"{path} is brought up to date; as it was, it is kept as {copy}."]
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert list(connection.iterdump()) == earlier


def test_damage_is_found_before_a_new_version_computes_all_checksums_anew(path: Path) -> None:
    meddled(path, "UPDATE changes SET action = 'no JSON' WHERE id = 38")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 5")
        connection.execute("ALTER TABLE runs DROP COLUMN is_forgotten")
        connection.create_function("row_seal", -1, seal_of)
        columns = ", ".join(columns_of(connection, "runs"))
        connection.execute(f"UPDATE runs SET seal = row_seal({columns})")
        connection.commit()
    assert "Of run 2, 1 change cannot be undone and 29 can." in refused(path, mends=True)


@pytest.mark.parametrize("content", [b"", b"\0"])
def test_a_journal_that_lost_all_that_it_held_is_never_taken_for_one_of_which_nothing_was_written(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    assert "journal.sqlite3 is empty" in refused(path, mends=False)
    assert "journal.sqlite3 is empty" in refused(path, mends=True)
    for _ in range(2):  # a run goes on, tells it once, and writes a new one
        journal = open_journal(path.parent, create=True, mends=True)
        assert journal is not None
        journal.close()
        assert caplog.text.count("journal.sqlite3 is empty") == 1
