"""What somebody sees at a terminal, of which nothing is in a pipe."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.test_asking import Many, at_terminal
from tests.support.drawn_library import add_burst, run_program

QUICK = ["--no-faces", "--workers", "1"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many groups as are listed at a terminal, and two more."""
    folder = tmp_path_factory.mktemp("bursts")
    for number in range(22):
        add_burst(folder, f"burst{number:02}", number, f"2024:06:01 {number:02}:00:00", count=2)
    return folder


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def shown(library: Path, *flags: str) -> str:
    """What a look at a library leaves on a terminal."""
    code, said = at_terminal([str(library), *QUICK, *flags], None)
    assert code == 0
    return said.rpartition("\r\x1b[K")[2] if "\x1b[K" in said else said.rpartition(" \r")[2]


class TestTheListOfGroups:
    def test_is_cut_after_twenty_at_a_terminal_with_how_to_see_it_whole(self, library: Path) -> None:
        said = shown(library)
        assert said.count("(burst), best first") == 20
        assert "\r\n2 more: --verbose, --review or --csv\r\n" in said
        assert shown(library, "--verbose").count("(burst), best first") == 22

    def test_is_whole_in_a_pipe_and_in_plain_text(self, library: Path) -> None:
        said = run_program(str(library), *QUICK).stdout
        assert (said.count(b"(burst), best first"), b"more:" in said, b"\x1b" in said) == (22, False, False)

    def test_is_followed_by_the_next_step_where_somebody_reads_it(self, library: Path) -> None:
        assert shown(library).endswith("\r\nLook: --review. Lay out: -o DIR.\r\n")
        assert b"--review" not in run_program(str(library), *QUICK).stdout

    def test_of_changes_is_cut_too(self, library: Path, tmp_path: Path) -> None:
        said = shown(library, "-o", str(tmp_path / "out"), "--dry-run")
        assert (said.count("would in group_"), "2 more: --verbose or --plan\r\n" in said) == (20, True)
        assert said.endswith("\r\nDo it: leave out --dry-run.\r\n")


class TestPaint:
    PAINT = re.compile(r"\x1b\[[\d;]+m|\x1b\]8;;.*?\x1b\\")

    def painted(self, library: Path, *flags: str) -> list[str]:
        return self.PAINT.findall(shown(library, *flags))

    def test_names_of_files_are_links_and_the_best_is_green(self, library: Path) -> None:
        painted = self.painted(library)
        assert "\x1b[32m" in painted
        assert any(one.startswith("\x1b]8;;file://") and one.endswith("burst00_2.jpg\x1b\\") for one in painted)

    @pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("FORCE_COLOR", "0")])
    def test_there_is_none_where_it_is_not_wanted(
        self, name: str, value: str, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, value)
        assert self.painted(library) == []

    def test_colour_without_links_can_be_forced_into_a_pipe(self, library: Path) -> None:
        said = run_program(str(library), *QUICK, environment={"FORCE_COLOR": "1"}).stdout
        assert (b"\x1b[32m" in said, b"\x1b]8" in said) == (True, False)
        both = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
        assert b"\x1b" not in run_program(str(library), *QUICK, environment=both).stdout

    def test_a_name_cannot_paint(self, tmp_path: Path) -> None:
        add_burst(tmp_path, "\x1b[31mred")
        said = shown(tmp_path)
        assert ("\\x1b[31mred_1.jpg" in said, "\x1b[31m" in said) == (True, False)


def answered(many: Many) -> Iterator[str]:
    _, said = at_terminal(many.arguments, b"n\n")
    yield from said.partition("[y/N]")[2].replace("\r", "").splitlines()[1:]


def test_no_ends_in_one_line(tmp_path: Path) -> None:
    lines = [line for line in answered(Many(tmp_path, 251)) if line not in ("", "n")]
    assert lines == ["Nothing was changed: 1,004 changes planned, none made."]
