"""What a run writes where the user says: over nothing but an earlier one of its kind, whole, for the user's eyes."""

import os
import shutil
import signal
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from bestshot.cli.main import main
from tests.support import meddled_run
from tests.support.drawn_library import NOON, add, contents, scene
from tests.support.each import every
from tests.support.file_systems import small_disk

QUICK = ("--no-faces", "--workers", "1")
FLAGS: Mapping[str, str] = {
    "--plan": "plan.json",
    "--csv": "groups.csv",
    "--report": "report.html",
    "--list-rest": "rest.txt",
    "--log-file": "run.log",
}
OTHERS: Mapping[str, bytes] = {
    "JPEG XL": b"\xff\x0a" + bytes(100),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "PSD": b"8BPS\0\x01",
    "AVI": b"RIFF\x10\0\0\0AVI LIST",
    "M4V": b"\0\0\0\x18ftypM4V ",
    "Takeout": b'{"title": "IMG_1.jpg", "photoTakenTime": {"timestamp": "1"}}',
    "a page": b"<!doctype html><title>My holidays</title>",
    "a table": b"group,place,when\r\n1,2,3\r\n",
    "a list": b"/etc/passwd\n/etc/group\n",
    "a text": b"dear diary\n",
    "a log": b"Nov 26 09:00:00 nas kernel: all well\n",
    "white space": b"\n",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "library"
    for number in range(2):
        add(folder / f"{number}.jpg", scene(1), NOON)
    return folder


@pytest.fixture
def library(drawn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn, tmp_path / "library"))


def every_file(folder: Path) -> list[str]:
    return [word for flag, name in FLAGS.items() for word in (flag, str(folder / name))]


@every("flag", {flag: flag for flag in FLAGS})
def test_no_other_file_is_replaced_whatever_it_is_called_and_nothing_is_begun(
    library: Path, home: Path, tmp_path: Path, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for what, content in OTHERS.items():
        for name in (FLAGS[flag], "IMG_1.jxl"):
            path = tmp_path / name
            path.write_bytes(content)
            assert main([str(library), flag, str(path), *QUICK]) == 1, what
            assert "so nothing is written there: choose another name." in capsys.readouterr().err
            assert path.read_bytes() == content
    assert list(home.rglob("index.sqlite3")) == []


def test_a_link_to_nothing_is_not_written_through(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for flag, name in FLAGS.items():
        (tmp_path / name).symlink_to(tmp_path / "elsewhere")
        assert main([str(library), flag, str(tmp_path / name), *QUICK]) == 1
        assert "is a link to nothing" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def test_they_are_for_the_users_eyes_until_the_user_says_otherwise(library: Path, tmp_path: Path) -> None:
    """A second run writes over each of them, and leaves the permissions that it was given since."""
    assert main([str(library), *every_file(tmp_path), *QUICK]) == 0
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in FLAGS.values()} == {0o600}
    for name in FLAGS.values():
        (tmp_path / name).chmod(0o644)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in FLAGS.values()}
    assert main([str(library), *every_file(tmp_path), *QUICK]) == 0
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in FLAGS.values()} == {0o644}
    assert all((tmp_path / name).stat().st_mtime_ns != time for name, time in before.items())


def test_an_empty_file_is_filled(library: Path, tmp_path: Path) -> None:
    for name in FLAGS.values():
        (tmp_path / name).touch()
    assert main([str(library), *every_file(tmp_path), *QUICK]) == 0
    assert all((tmp_path / name).stat().st_size for name in FLAGS.values())


def test_a_pipe_is_written_to(library: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert main([str(library), "--csv", str(pipe), *QUICK]) == 0
        assert os.read(end, 100).startswith(b"group,place,best")
    finally:
        os.close(end)


def test_nothing_at_the_names_that_drafts_once_had_is_followed_or_taken_away(library: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    for number, name in enumerate(FLAGS.values()):
        draft = tmp_path / f".{name}.part"
        draft.symlink_to(precious) if number % 2 else draft.write_bytes(b"mine too")
    before = contents(*tmp_path.glob(".*.part"))
    assert main([str(library), *every_file(tmp_path), *QUICK]) == 0
    assert precious.read_bytes() == b"mine"
    assert contents(*tmp_path.glob(".*.part")) == before


def test_what_a_killed_run_left_of_them_is_swept_away_by_the_next_and_nothing_else(
    library: Path, tmp_path: Path
) -> None:
    """Before every change of the disk where they are written."""
    for step in range(100):
        folder = tmp_path / str(step)
        folder.mkdir()
        mine = folder / f".photo-organizer-{'0' * 32}.part"
        mine.write_bytes(b"mine")
        arguments = [str(library), *every_file(folder)[:-2], *QUICK]
        killed = meddled_run.run("killed", step, folder, arguments=arguments)
        assert main([str(library), *QUICK]) == 0
        assert [path for path in folder.glob(".*.part") if path != mine] == []
        assert mine.read_bytes() == b"mine"
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.returncode == 0
    assert step > 10


def test_a_full_disk_is_a_sentence_whatever_is_written_to_it(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "size=4k") as disk:
        (disk / "full").write_bytes(bytes(4096))
        for flag, name in FLAGS.items():
            assert main([str(library), flag, str(disk / name), *QUICK]) == 1
            said = capsys.readouterr().err
            assert "no room left" in said or "No space left on device" in said
            assert "Traceback" not in said
        assert list(disk.glob(".*")) == []
