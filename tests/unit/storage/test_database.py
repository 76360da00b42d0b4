"""A small SQLite file is opened well, or refused with a sentence."""

import errno
import multiprocessing
import os
import signal
import sqlite3
import stat
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import StateError
from bestshot.storage.database import from_key, open_database, storage_errors, to_key, transaction

OURS = 0x54657374
NOTES = "CREATE TABLE note (text TEXT NOT NULL UNIQUE);"
SPAWN = multiprocessing.get_context("spawn")


def opened(path: Path, *migrations: str) -> closing[sqlite3.Connection]:
    return closing(open_database(path, application_id=OURS, migrations=migrations or (NOTES,)))


def add(connection: sqlite3.Connection, text: str) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO note VALUES (?)", [text])


def add_then_fail(connection: sqlite3.Connection, error: BaseException) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO note VALUES ('lost')")
        raise error


def notes(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def test_a_new_database_and_its_folder_are_private_and_signed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state" / "small.sqlite"
    with opened(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (OURS,)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as connection:
        add(connection, "kept")
    with opened(tmp_path / "a") as connection:
        assert notes(connection) == ["kept"]


def test_an_older_database_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as connection:
        add(connection, "old")
    with opened(tmp_path / "a", NOTES, "ALTER TABLE note ADD COLUMN stars INTEGER DEFAULT 3") as connection:
        assert connection.execute("SELECT text, stars FROM note").fetchall() == [("old", 3)]
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_failing_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    with opened(tmp_path / "a"):
        pass
    with pytest.raises(StateError, match="cannot be used: no such table: missing"):
        opened(tmp_path / "a", NOTES, "CREATE TABLE half (x); INSERT INTO missing VALUES (1)")
    with opened(tmp_path / "a") as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall() == []


def test_a_migration_may_hold_triggers_and_semicolons_in_texts_and_comments(tmp_path: Path) -> None:
    script = f"""{NOTES} -- one; two
    CREATE TABLE seen (text TEXT);
    CREATE TRIGGER noted AFTER INSERT ON note BEGIN
        INSERT INTO seen VALUES (new.text || ';');
        INSERT INTO seen VALUES ('twice');
    END;
    """
    with opened(tmp_path / "a", script) as connection:
        add(connection, "x")
        assert connection.execute("SELECT text FROM seen").fetchall() == [("x;",), ("twice",)]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "a", NOTES, "CREATE TABLE future (x)"):
        pass
    with pytest.raises(StateError, match=r"a was written by a newer version of Photo Organizer"):
        opened(tmp_path / "a")


@pytest.mark.parametrize("content", [b"mine", b"not a database\n" * 500, bytes(4096)])
def test_garbage_is_refused_and_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"garbage is damaged or not a database. Move it away"):
        opened(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("made_by", ["PRAGMA application_id = 7", "PRAGMA user_version = 1", "CREATE TABLE theirs (x)"])
def test_the_database_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path, made_by: str) -> None:
    path = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute(made_by)
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"theirs.sqlite belongs to another program"):
        opened(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_taken_for_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with opened(tmp_path / "a") as connection:
        assert notes(connection) == []


def test_a_path_that_is_not_utf8_can_be_used_and_named(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")) / "a"
    with opened(path) as connection:
        add(connection, "kept")
        with pytest.raises(StateError, match=r"caf\\xe9/a cannot be used: UNIQUE"):
            add(connection, "kept")
    with opened(path) as connection:
        assert notes(connection) == ["kept"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"file cannot be used: (File exists|Not a directory)"):
        opened(tmp_path / "file" / "a")


def test_a_folder_in_the_place_of_the_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(StateError, match=r"a cannot be opened or written. Check its permissions.*--state-dir"):
        opened(tmp_path / "a")


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_a_transaction_that_raises_writes_nothing(tmp_path: Path, error: BaseException) -> None:
    with opened(tmp_path / "a") as connection:
        with pytest.raises(type(error)):
            add_then_fail(connection, error)
        assert notes(connection) == []
        add(connection, "next")
        assert notes(connection) == ["next"]


def test_a_database_in_use_is_a_sentence(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as first, opened(tmp_path / "a") as second:
        second.execute("PRAGMA busy_timeout = 0")
        with transaction(first), pytest.raises(StateError, match="a is in use by another program"):
            add(second, "too soon")
        add(second, "in time")


def test_a_full_disk_is_a_sentence_and_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as connection:
        connection.execute("PRAGMA max_page_count = 4")
        with pytest.raises(StateError, match=r"There is no room left for .*a. Free some space"):
            add(connection, "x" * 100_000)
        assert notes(connection) == []


def test_a_database_that_may_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as connection:
        connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StateError, match="a cannot be opened or written"):
            add(connection, "x")


def test_damage_met_while_reading_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with opened(path) as connection:
        add(connection, "x" * 50_000)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with (
        opened(path) as connection,
        pytest.raises(StateError, match="a is damaged"),
        storage_errors(path),
    ):
        notes(connection)


def test_what_the_disk_refuses_inside_a_transaction_names_the_file_and_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as connection:
        with pytest.raises(StateError, match="missing cannot be used: No such file"):
            add_then_fail(connection, FileNotFoundError(errno.ENOENT, "No such file", "missing"))
        assert notes(connection) == []


def die_while_writing(path: Path, ready: Connection) -> None:
    with opened(path) as connection, transaction(connection):
        connection.execute("INSERT INTO note VALUES ('half')")
        ready.send("written")
        ready.recv()


def test_a_killed_writer_leaves_nothing_behind_and_blocks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a"
    ours, theirs = SPAWN.Pipe()
    writer = SPAWN.Process(target=die_while_writing, args=(path, theirs))
    writer.start()
    assert ours.recv() == "written"
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join()
    with opened(path) as connection:
        add(connection, "next")
        assert notes(connection) == ["next"]


def open_and_add(path: Path, start: Connection, text: str) -> None:
    start.send("here")
    start.recv()
    with opened(path, NOTES, "CREATE TABLE second (x)") as connection:
        add(connection, text)


def test_processes_that_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    pipes = [SPAWN.Pipe() for _ in range(3)]
    openers = [
        SPAWN.Process(target=open_and_add, args=(tmp_path / "a", theirs, str(number)))
        for number, (_, theirs) in enumerate(pipes)
    ]
    for opener in openers:
        opener.start()
    for ours, _ in pipes:
        ours.recv()
    for ours, _ in pipes:
        ours.send("go")
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0, 0, 0]
    with opened(tmp_path / "a", NOTES, "CREATE TABLE second (x)") as connection:
        assert notes(connection) == ["0", "1", "2"]


@given(st.binary())
def test_every_file_name_survives_as_a_key(name: bytes) -> None:
    text = os.fsdecode(name)
    assert from_key(to_key(text)) == text
    with closing(sqlite3.connect(":memory:")) as connection:
        (stored,) = connection.execute("SELECT ?", [to_key(text)]).fetchone()
    assert from_key(stored) == text
