"""One run at a time holds a library, and only while it lives."""

import errno
import json
import multiprocessing
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from bestshot.errors import LockedError, OutputError
from bestshot.storage.lock import LibraryLock
from tests.support.each import every

SPAWN = multiprocessing.get_context("spawn")


def hold(path: Path, pipe: Connection) -> None:
    with LibraryLock(path):
        pipe.send("held")
        pipe.recv()


@contextmanager
def holder(path: Path) -> Iterator[BaseProcess]:
    """Another process that holds the lock until the block ends, unless it is killed before."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=hold, args=(path, theirs))
    process.start()
    assert ours.recv() == "held"
    try:
        yield process
    finally:
        if process.is_alive():
            ours.send("release")
        process.join()


def refusal(path: Path) -> str:
    with pytest.raises(LockedError) as refused, LibraryLock(path):
        pass
    return str(refused.value)


def test_a_second_run_is_told_who_holds_the_lock_and_since_when(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    with holder(tmp_path / "lock") as process:
        sentence = refusal(tmp_path / "lock")
    found = re.search(r"process (\d+) on (\S+), since (.{25})\. ", sentence)
    assert found is not None
    since = datetime.strptime(found[3], "%Y-%m-%d %H:%M:%S %z")
    assert (int(found[1]), found[2]) == (process.pid, socket.gethostname())
    assert before <= since <= before + timedelta(minutes=10)


def test_a_released_lock_is_free_and_names_nobody(tmp_path: Path) -> None:
    with holder(tmp_path / "lock"):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["lock"]
    with LibraryLock(tmp_path / "lock"):
        assert json.loads((tmp_path / "lock.json").read_bytes())["pid"] == os.getpid()
    assert [entry.name for entry in tmp_path.iterdir()] == ["lock"]


def test_a_run_that_fails_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="failed"), LibraryLock(tmp_path / "lock"):
        raise ValueError("failed")
    with LibraryLock(tmp_path / "lock"):
        pass


def test_a_killed_run_holds_nothing_and_its_name_is_written_over(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as process:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    assert json.loads((tmp_path / "lock.json").read_bytes())["pid"] == process.pid
    with LibraryLock(tmp_path / "lock"):
        assert f"process {os.getpid()} on" in refusal(tmp_path / "lock")


def work(pipe: Connection) -> None:
    pipe.send(os.getpid())  # by now the lock that the fork inherited is let go
    pipe.recv()


def hold_with_a_forked_worker(path: Path, pipe: Connection) -> None:
    with LibraryLock(path):
        worker = multiprocessing.get_context("fork").Process(target=work, args=(pipe,))
        worker.start()
        worker.join()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
def test_a_killed_run_holds_nothing_even_if_its_forked_worker_lives_on(tmp_path: Path) -> None:
    ours, theirs = SPAWN.Pipe()
    run = SPAWN.Process(target=hold_with_a_forked_worker, args=(tmp_path / "lock", theirs))
    run.start()
    worker = ours.recv()
    os.kill(run.pid or 0, signal.SIGKILL)
    run.join()
    os.kill(worker, 0)  # raises if the worker is gone
    with LibraryLock(tmp_path / "lock"):
        pass
    ours.send("end")


def test_the_same_process_cannot_enter_twice(tmp_path: Path) -> None:
    lock = LibraryLock(tmp_path / "lock")
    with lock:
        assert f"process {os.getpid()} on" in refusal(tmp_path / "lock")
        with pytest.raises(LockedError), lock:
            pass
        assert refusal(tmp_path / "lock")
    with lock:
        pass


@every(
    "note",
    [
        None,
        b"",
        b"\xff\xfe",
        b'{"pid": 1, "host": "nas"}',
        b'{"pid": 1, "host": "\\u001b[2Jnas", "since": "2024-05-01T12:00:00Z"}',
        b'{"pid": 1, "host": "nas", "since": "2024-05-01T12:00:00"}',
    ],
)
def test_without_a_sound_note_of_the_holder_the_sentence_names_the_lock(tmp_path: Path, note: bytes | None) -> None:
    with LibraryLock(tmp_path / "lock"):
        if note is None:
            (tmp_path / "lock.json").unlink()
        else:
            (tmp_path / "lock.json").write_bytes(note)
        sentence = refusal(tmp_path / "lock")
    assert f"({tmp_path / 'lock'} is locked)" in sentence
    assert sentence.isprintable()


@every("name", ["lock.json", "lock.json.tmp"])
def test_no_file_of_somebodys_is_written_through_or_taken_for_a_note(tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    for folder in (tmp_path / "file", tmp_path / "link"):
        folder.mkdir()
    (tmp_path / "file" / name).write_bytes(b"mine")
    (tmp_path / "link" / name).symlink_to(precious)
    for folder in (tmp_path / "file", tmp_path / "link"):
        with LibraryLock(folder / "lock"):
            assert refusal(folder / "lock")
        assert (folder / name).read_bytes() == precious.read_bytes() == b"mine"


def test_a_note_that_a_killed_run_had_only_begun_gives_way(tmp_path: Path) -> None:
    (tmp_path / "lock.json").touch()
    with LibraryLock(tmp_path / "lock"):
        assert f"process {os.getpid()} on" in refusal(tmp_path / "lock")


def test_the_folders_of_the_lock_are_the_users_alone(tmp_path: Path) -> None:
    with LibraryLock(tmp_path / "cache" / "locks" / "lock"):
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "cache", tmp_path / "cache" / "locks")} == {0o700}


def test_libraries_do_not_lock_each_other(tmp_path: Path) -> None:
    with LibraryLock(tmp_path / "one"), LibraryLock(tmp_path / "two"):
        pass


def test_the_folder_of_the_lock_is_made(tmp_path: Path) -> None:
    with LibraryLock(tmp_path / "new" / "state" / "lock"):
        assert (tmp_path / "new" / "state" / "lock").exists()


def test_a_folder_that_cannot_hold_the_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=f"The folder {tmp_path / 'file'} cannot be used for the lock"),
        LibraryLock(tmp_path / "file" / "lock"),
    ):
        pass


def test_a_folder_in_the_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(OutputError, match=f"The folder {tmp_path} cannot"), LibraryLock(tmp_path / "lock"):
        pass


def enter_once(path: Path, pipe: Connection) -> None:
    pipe.send("here")
    pipe.recv()
    try:
        with LibraryLock(path):
            pipe.send("entered")
            pipe.recv()
    except LockedError:
        pipe.send("refused")


def test_of_runs_that_start_at_once_exactly_one_enters(tmp_path: Path) -> None:
    pipes = [SPAWN.Pipe() for _ in range(4)]
    runs = [SPAWN.Process(target=enter_once, args=(tmp_path / "lock", theirs)) for _, theirs in pipes]
    for run in runs:
        run.start()
    for ours, _ in pipes:
        ours.recv()
    for ours, _ in pipes:
        ours.send("go")
    answers = [ours.recv() for ours, _ in pipes]
    for answer, (ours, _) in zip(answers, pipes, strict=True):
        if answer == "entered":
            ours.send("leave")
    for run in runs:
        run.join()
    assert sorted(answers) == ["entered", "refused", "refused", "refused"]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_network_share_without_locks_is_told_and_nothing_is_worked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(_file: int, _how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    said = rf"cannot be used for the lock that protects a library \({os.strerror(code)}\)\. Choose one.*--cache-dir"
    with pytest.raises(OutputError, match=said), LibraryLock(tmp_path / "lock"):
        pytest.fail("entered without a lock")
