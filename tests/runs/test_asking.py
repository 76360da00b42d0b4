"""What a run asks a person at a terminal before it changes much, and what it does with the answer."""

import os
import pty
import re
import select
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bestshot.layout.names import OUTPUT_MARKER
from bestshot.model.photo import Metadata, SourceType
from bestshot.plans.document import PlanSource, document_of, to_json
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.sources.local.source import LocalPhotoSource
from tests.fake_immich import FakeImmich
from tests.support.builders import metadata_with, planned
from tests.support.drawn_library import PROGRAM, add, contents, run_program, scene
from tests.support.plan_world import apply, believe_at_once, draw, look, run_on

PATIENCE = 20
"""Seconds of silence after which a key is pressed again."""

QUESTION = re.compile(rb"\[y/N\] $")


class Many:
    """A library of pairs, and a plan to copy all of them, made without looking at any."""

    def __init__(self, folder: Path, pairs: int) -> None:
        self.library, self.out, self.plan = folder / "library", folder / "out", folder / "plan.json"
        one = add(self.library / "0000.jpg", scene(1, size=(16, 16)))
        for number in range(1, 2 * pairs):
            shutil.copyfile(one, self.library / f"{number:04}.jpg")
        photos = LocalPhotoSource(self.library).scan().photos
        groups = tuple(planned(at + 1, *photos[2 * at : 2 * at + 2]) for at in range(pairs))
        metadata: dict[str, Metadata] = {photo.id: metadata_with() for photo in photos}
        origin = f"folder:{self.library.resolve()}"
        source = PlanSource(SourceType.LOCAL, (str(self.library),), (origin,))
        plan = Plan(OutputOptions(str(self.out)), groups, (), (), len(photos))
        self.plan.write_text(to_json(document_of(plan, source, metadata)))

    @property
    def arguments(self) -> list[str]:
        """To apply it, with the same output but no bytes."""
        return ["--apply", str(self.plan), "-o", str(self.out), "--link", "hardlink", "--workers", "1"]

    @property
    def copied(self) -> int:
        return len(list(self.out.glob("group_*/originals/*")))


@pytest.fixture
def many(tmp_path: Path) -> Many:
    return Many(tmp_path, 251)


def at_terminal(arguments: list[str], answer: bytes | None) -> tuple[int, str]:
    """Run the tool at a terminal, answer its question with these keys, and give its exit code and all that it said.

    It may ask only if there is an answer.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.execv(PROGRAM[0], [*PROGRAM, *arguments])
    said = b""
    while True:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            # An interrupt between the question and the wait for its answer is seen with the next key only.
            assert answer is not None, f"it hangs after {said!r}"
            os.write(terminal, answer)
            continue
        try:
            said += os.read(terminal, 10_000)
        except OSError:  # the program has gone, and its terminal with it
            break
        if QUESTION.search(said):
            assert answer is not None, "it asks although it should not"
            os.write(terminal, answer)
            said += b"\n"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.decode()


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04", b"nonsense\n"], ids=["n", "enter", "end", "nonsense"])
def test_any_answer_but_yes_changes_nothing_and_says_so(many: Many, home: Path, answer: bytes) -> None:
    before = contents(many.library)
    code, said = at_terminal(many.arguments, answer)
    assert "Make 502 copies? [y/N]" in said
    assert said.rstrip().endswith("none made.")
    assert (code, many.out.exists()) == (0, False)
    assert contents(many.library) == before
    assert not list(home.rglob("decisions.sqlite3"))


def test_an_interrupt_at_the_question_changes_nothing(many: Many) -> None:
    code, said = at_terminal(many.arguments, b"\x03")
    assert (code, many.out.exists()) == (130, False)
    assert "Interrupted." in said
    assert "Traceback" not in said


def test_yes_makes_them(many: Many) -> None:
    code, said = at_terminal(many.arguments, b"y\n")
    assert (code, many.copied) == (0, 502)
    assert "502 files" in said


def without_asking(many: Many) -> int:
    return at_terminal([*many.arguments, "--yes"], None)[0]


def without_a_terminal(many: Many) -> int:
    done = run_program(*many.arguments)
    assert b"[y/N]" not in done.stdout + done.stderr
    return done.returncode


@pytest.mark.parametrize("run", [without_asking, without_a_terminal])
def test_beforehand_or_where_nobody_is_there_it_does_not_ask(many: Many, run: Callable[[Many], int]) -> None:
    assert (run(many), many.copied) == (0, 502)


def test_five_hundred_are_not_many(tmp_path: Path) -> None:
    few = Many(tmp_path, 250)
    assert (at_terminal(few.arguments, None)[0], few.copied) == (0, 500)


def test_a_dry_run_asks_nothing(many: Many) -> None:
    code, said = at_terminal([*many.arguments, "--dry-run"], None)
    assert (code, many.out.exists(), "planned, none made" in said) == (0, False, True)


class TestUndo:
    """A person at a terminal is asked before anything is taken back, however little it is."""

    @pytest.fixture
    def few(self, tmp_path: Path) -> Many:
        few = Many(tmp_path, 1)
        assert at_terminal(few.arguments, None)[0] == 0
        return few

    @pytest.mark.parametrize(("answer", "left"), [(b"n\n", 2), (b"\n", 2), (b"\x04", 2), (b"y\n", 0)])
    def test_asks_with_the_run_in_words(self, answer: bytes, left: int, few: Many) -> None:
        code, said = at_terminal(["--undo"], answer)
        assert (code, few.copied) == (0, left)
        assert re.search(
            rf"^Run 1 of .*, about {few.library}: 2 photos laid out in {few.out} .*\r\nTake it back\?", said
        )
        assert ("nothing was taken back." in said) == bool(left)

    @pytest.mark.parametrize(("flag", "left"), [("--yes", 0), ("--dry-run", 2)])
    def test_does_not_ask_if_told_not_to_or_only_to_look(self, flag: str, left: int, few: Many) -> None:
        assert at_terminal(["--undo", flag], None)[0] == 0
        assert few.copied == left

    def test_does_not_ask_where_nobody_is_there(self, few: Many) -> None:
        done = run_program("--undo")
        assert (done.returncode, few.copied) == (0, 0)
        assert b"[y/N]" not in done.stdout + done.stderr


class TestPlanOfAnybody:
    """A plan may come from anybody: what it changes and where is named, and asked for if the folder is a new one."""

    WANTED = "This plan makes 4 changes in {out}."

    @pytest.fixture
    def one(self, tmp_path: Path) -> Many:
        return Many(tmp_path, 1)

    def named(self, one: Many) -> str:
        return self.WANTED.format(out=one.out)

    def test_at_a_terminal_a_new_folder_is_named_and_asked_for(self, one: Many) -> None:
        for answer in (b"n\n", b"\x04", b"y\n"):
            assert not one.out.exists()
            code, said = at_terminal(["--apply", str(one.plan), "--workers", "1"], answer)
            assert code == 0
            assert f"{self.named(one)}\r\nThis program has laid nothing out there before. Go on? [y/N]" in said
        assert one.copied == 2

    def test_no_other_flag_answers_for_the_user(self, one: Many) -> None:
        at_terminal(["--apply", str(one.plan), "--workers", "1", "--yes"], b"n\n")
        assert not one.out.exists()

    def test_without_a_terminal_it_wants_the_folder_to_be_named(self, one: Many) -> None:
        done = run_program("--apply", str(one.plan), "--workers", "1", "--yes")
        assert done.returncode == 2
        assert f"This plan would lay out {one.out}, where this program has laid nothing out before" in (
            done.stderr.decode()
        )
        assert not one.out.exists()
        done = run_program("--apply", str(one.plan), "--workers", "1", "-o", str(one.out))
        assert (done.returncode, done.stderr.decode(), one.copied) == (0, f"{self.named(one)}\n", 2)

    def test_a_dry_run_needs_nobody_and_changes_nothing(self, one: Many) -> None:
        assert run_program("--apply", str(one.plan), "--workers", "1", "--dry-run").returncode == 0
        assert not one.out.exists()

    def test_a_folder_of_earlier_is_named_but_not_asked_for(self, one: Many) -> None:
        (one.out / OUTPUT_MARKER).mkdir(parents=True)
        code, said = at_terminal(["--apply", str(one.plan), "--workers", "1"], None)
        assert (code, one.copied, self.named(one) in said) == (0, 2, True)
        done = run_program("--apply", str(one.plan), "--workers", "1", "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_plan_for_a_server_names_it_and_how_many_marks_it_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    believe_at_once(monkeypatch)
    with FakeImmich("3.1.0") as server:
        server.seeds.burst(2)
        monkeypatch.setenv("IMMICH_URL", server.url)
        monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
        run_on(server, plan=str(tmp_path / "plan.json"), tag_only=True, dry_run=True)
        capsys.readouterr()
        assert apply(tmp_path / "plan.json") == 0
        assert f"This plan makes 2 marks on {server.url}." in capsys.readouterr().err


def test_a_plan_for_marks_in_folders_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = draw(tmp_path / "library")
    look(library, tmp_path / "plan.json", tag_only=True)
    capsys.readouterr()
    assert apply(tmp_path / "plan.json") == 0
    assert f"This plan makes 9 marks of photos in {library}." in capsys.readouterr().err
