"""A file that has become a pipe, a device, a socket or a folder is told as such, wherever a photo is read."""

import os
import queue
import socket
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bestshot.errors import PhotoError
from bestshot.metadata.sidecars import read_sidecar
from bestshot.model.photo import FileRole, Photo, PhotoFile
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.files import checksum, copy_verified
from bestshot.storage.opening import NotAFileError, open_regular, read_at_most
from tests.support.drawn_library import add, scene
from tests.support.each import every

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")

_SECONDS = 20


def answer(work: Callable[[], Any]) -> Any:
    """What comes of work that may never return: its result or its error."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(work())
        except (OSError, PhotoError) as error:
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    return answers.get(timeout=_SECONDS)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    os.mkfifo(path)
    return path


def listed_as_file(path: Path) -> Photo:
    """The photo as it was listed before something else took the place of its file."""
    file = PhotoFile(str(path), FileRole.PICTURE, 9, 9)
    return Photo(path.name, f"folder:{path.parent}", path.name, file.revision, path.name, 9, (file,))


READERS: dict[str, Callable[[Path], object]] = {
    "metadata": lambda path: LocalPhotoSource(path.parent).get_metadata(listed_as_file(path)),
    "pixels": lambda path: LocalPhotoSource(path.parent).load_pixels(listed_as_file(path), 64),
    "copying": lambda path: copy_verified(path, path.with_name("copy"), (9, 9)),
    "a sidecar": lambda path: read_sidecar(str(path)),
}


@every("reader", sorted(READERS))
def test_nobody_waits_for_a_pipe_that_has_taken_the_place_of_a_file(pipe: Path, reader: str) -> None:
    error = answer(lambda: READERS[reader](pipe))
    assert isinstance(error, PhotoError)
    assert "it is a pipe, not a file" in str(error)


def test_a_checksum_waits_for_no_pipe_either(pipe: Path) -> None:
    assert isinstance(answer(lambda: checksum(pipe)), NotAFileError)


def test_each_thing_is_told_as_what_it_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        found = {}
        for path in (tmp_path, tmp_path / "s", Path(os.devnull)):
            with pytest.raises(NotAFileError) as refusal:
                open_regular(path)
            found[path] = refusal.value.strerror
    assert list(found.values()) == [
        "it is a folder, not a file",
        "it is a socket, not a file",
        "it is a device, not a file",
    ]


def test_what_is_exchanged_for_a_pipe_while_it_is_opened_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = add(tmp_path / "a.jpg", scene(1))
    was = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *_args, **_options: was)
    assert isinstance(answer(lambda: open_regular(path)), NotAFileError)


def test_a_regular_file_is_read_whole_by_a_path_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.xmp"
    Path(os.fsdecode(path)).write_bytes(b"abc")
    with open_regular(os.fsdecode(path)) as stream:
        assert stream.read() == b"abc"


def test_of_a_small_file_no_more_is_made_room_for_than_it_has(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with open_regular(tmp_path / "a") as file:
        file.read(4)
        tracemalloc.start()
        try:
            assert read_at_most(file, 500_000_000) == b"456789"
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()
        file.seek(2)
        assert read_at_most(file, 3) == b"234"


def test_of_a_file_that_was_cut_off_meanwhile_no_more_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with open_regular(tmp_path / "a") as file:
        file.seek(8)
        os.truncate(tmp_path / "a", 4)
        assert read_at_most(file, 100) == b""
