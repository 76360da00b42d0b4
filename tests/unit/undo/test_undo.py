"""The history and the undo as a user meets them: on the command line, for folders, sidecars and a server."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.model.photo import SourceType
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.undo.commands import undo
from tests.fake_immich import FakeImmich
from tests.runs.undo.test_marks import world
from tests.support import drawn_library
from tests.support.immich.folder import impatient
from tests.support.marks.on_immich import client_of, never_waiting
from tests.support.undo_bench import left, tree_of

QUICK = ["--no-faces", "--workers", "1"]


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints, which ends with this code."""
    capsys.readouterr()
    assert main([*arguments]) == code
    told = capsys.readouterr()
    return told.out + told.err


def test_before_anything_was_done_there_is_no_history_and_none_is_made(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "--history") == "Nothing was ever changed.\n"
    assert said(capsys, "--undo", code=2) == "There is nothing to undo. --history lists what was done.\n"
    assert list(home.rglob("*")) == []


def test_runs_are_listed_and_taken_back_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    drawn_library.add_burst(photos)
    before = tree_of(photos)
    assert main([str(photos), "-o", str(out), "--quiet", *QUICK]) == 0
    laid = tree_of(out)
    assert main([str(photos), "--tag-only", "--quiet", *QUICK]) == 0
    latest, first = said(capsys, "--history").splitlines()
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.fullmatch(rf" +1  {when}  3 photos laid out in {re.escape(str(out))} \(5 changes\)", first)
    assert re.fullmatch(rf" +2  {when}  3 photos tagged in folders \(2 changes\)", latest)
    assert "--history and --undo cannot be combined" in said(capsys, "--history", "--undo", code=2)
    assert said(capsys, "--undo", "--dry-run") == "2 changes of marks to be undone.\n"
    assert said(capsys, "--undo") == "3 photos no longer tagged.\n"
    assert (tree_of(photos), tree_of(out)) == (before, laid)
    assert said(capsys, "--undo") == "5 files removed.\n"
    assert (tree_of(photos), tree_of(out)) == (before, {})
    lines = said(capsys, "--history").splitlines()
    assert [line[:4].strip() for line in lines] == ["4", "3", "2", "1"]
    assert "undo of run 1: 5 files taken back in " in lines[0]
    assert lines[3].endswith("; undone)")
    assert said(capsys, "--undo", "1", code=2) == "Run 1 has been undone. To have it again, run the job again.\n"


def test_what_is_left_is_told_with_its_reason_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    drawn_library.add_burst(photos)
    assert main([str(photos), "-o", str(out), "--quiet", *QUICK]) == 0
    (out / "group_0001" / "metadata.txt").write_text("mine")
    told = said(capsys, "--undo", code=1)
    assert "group_0001/metadata.txt: It was changed since and stays as it is.\n" in told
    assert "1 thing left alone.\n" in told
    assert said(capsys, "--history").splitlines()[1].endswith("; undone in part)")


@pytest.mark.parametrize("version", ["v1.105.1", "v2.7.5", "v3.1.0"])
def test_a_run_on_a_server_is_one_with_its_downloads_and_taken_back_as_a_whole(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeImmich(version) as fake:
        fake.seeds.burst(3)
        before, out = world(fake), tmp_path / "out"
        wanted = Settings(
            no_faces=True, source_type=SourceType.IMMICH, output=str(out), tag_only=True, create_albums=True, stack=True
        )
        source = impatient(fake)
        with ThreadPoolExecutor(1) as executor:
            PhotoOrganizer(source, wanted, executor=executor, policy=never_waiting()).run()
        assert world(fake) != before
        assert len(tree_of(out)) > 4
        calls = len(fake.calls)
        (line,) = said(capsys, "--history").splitlines()
        assert f"3 photos laid out in {out} and 3 photos tagged, 1 album made" in line
        assert "on Immich" in line
        assert len(fake.calls) == calls, "the history asks nobody"
        assert "with --source-type immich" in said(capsys, "--undo", code=2)
        results = undo(0, wanted, client_of(fake), _no_progress, never_waiting())
        assert left(results) == {}
        assert (world(fake), tree_of(out)) == (before, {})
        assert "; undone)" in said(capsys, "--history").splitlines()[1]


@contextmanager
def _no_progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _done: None
