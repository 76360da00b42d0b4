"""What can be said on the command line, and how it is explained."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bestshot.cli.arguments import build_parser, parse_command
from bestshot.cli.main import main
from tests.support.paths import ROOT

GIVEN = {
    "source_type": "local", "limit": "9", "threshold": "3", "time_window": "60", "min_group_size": "4", "output": "o",
    "link": "symlink", "plan": "-", "workers": "2", "cache_dir": "c", "cache_size": "7", "state_dir": "s",
    "log_file": "l",
}  # fmt: skip
SWITCHES = ("no_time_window", "no_faces", "dry_run", "verbose", "quiet")


def test_all_flags_are_accepted_in_any_order_between_the_sources() -> None:
    flags = [part for name, value in GIVEN.items() for part in (f"--{name.replace('_', '-')}", value)]
    switches = [f"--{name.replace('_', '-')}" for name in SWITCHES]
    several = ["--exclude", "*.png", "--exclude", "b/*", "-s", "third", "--source", "fourth"]
    command = parse_command(["first", *flags, *several, *switches, "second", "--config", "f", "--demo"])
    expected = GIVEN | dict.fromkeys(SWITCHES, True)
    sources = ["first", "second", "third", "fourth"]
    assert command.flags == {**expected, "exclude": ["*.png", "b/*"], "source": sources}
    assert (command.config, command.demo) == (Path("f"), True)


def test_an_empty_name_stands_for_the_usual_configuration_file() -> None:
    """As in `--config "$CONFIG"` where the variable is not set."""
    assert parse_command(["--config", ""]) == parse_command([])


def test_short_flags_mean_the_long_ones() -> None:
    short = parse_command(["-s", "a", "-o", "b", "-t", "3", "-v", "-q"])
    long = parse_command(["--source", "a", "--output", "b", "--threshold", "3", "--verbose", "--quiet"])
    assert short == long


@pytest.mark.parametrize(
    "argv", [["a", "b"], ["-s", "a", "--source", "b"], ["a", "--source=b"], ["--source", "b", "a"]]
)
def test_a_source_is_the_same_as_an_argument_or_a_flag(argv: list[str]) -> None:
    assert parse_command(argv).flags == {"source": ["a", "b"]}


def test_a_folder_may_begin_with_a_dash_after_two_dashes() -> None:
    assert parse_command(["-v", "--", "-odd"]).flags == {"verbose": True, "source": ["-odd"]}


def test_plans_are_files_and_several_may_be_given_with_one_flag_or_with_more() -> None:
    command = parse_command(["--apply", "a", "b", "--yes", "--apply", "c"])
    assert (list(command.apply), command.flags) == ([Path("a"), Path("b"), Path("c")], {"yes": True})


def test_what_was_not_said_does_not_appear() -> None:
    assert parse_command([]).flags == {}


def test_every_flag_is_explained() -> None:
    assert all(action.help for action in build_parser()._actions)


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(flag: str) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'numpy', 'PIL', 'face_recognition', 'tqdm', 'dlib', 'rawpy', 'pillow_heif', 'simplejpeg'}\n"
        "heavy |= {'sqlite3'}\n"
        "atexit.register(lambda: print('loaded:', sorted(heavy & set(sys.modules))))\n"
        "from photo_organizer import main\n"
        f"main([{flag!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.endswith(b"loaded: []\n")
    assert len(done.stdout) > len(b"loaded: []\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--thresold", "3"], "Unrecognized arguments: --thresold. Did you mean --threshold? See --help."),
        (["--zzzz"], "Unrecognized arguments: --zzzz. See --help."),
        (["--output"], "Argument -o/--output: expected one argument. See --help."),
        (["--undo", "first"], "Argument --undo: invalid int value: 'first'. See --help."),
    ],
)
def test_wrong_usage_is_explained_in_one_line(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv)
    assert left.value.code == 2
    assert capsys.readouterr() == ("", f"{said}\n")


@pytest.mark.parametrize("columns", [80, 40])
def test_help_fits_into_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert [line for line in build_parser().format_help().splitlines() if len(line) > columns] == []


def test_an_example_that_is_folded_is_still_the_same_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def examples(columns: str) -> list[list[str]]:
        monkeypatch.setenv("COLUMNS", columns)
        lines = build_parser().format_help().partition("examples:")[2].replace("\\\n", "").splitlines()
        return [shlex.split(line) for line in lines if line.startswith("    photo_organizer.py ")]

    assert examples("40") == examples("80")
    assert len(examples("40")) > 10


def test_help_is_without_the_backticks_of_the_documentation() -> None:
    assert "`" not in build_parser().format_help()


def test_the_package_runs_as_a_program_and_help_calls_it_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bestshot"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run([*command, "--help"], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert told.stdout.startswith(b"usage: python -m bestshot [SOURCE ...]")
    assert b"    python -m bestshot --demo\n" in told.stdout
    done = subprocess.run([*command, "missing"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"missing does not exist" in done.stderr


@pytest.mark.parametrize(
    "argv",
    [
        [f"--{word}", "photos"]
        for word in ("delete", "move", "trash", "remove", "purge", "rm", "dedupe", "delete-duplicates", "move-to=/x")
    ],
    ids=" ".join,
)
def test_who_wants_photos_deleted_hears_that_this_never_does_and_how_to_have_it_done(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv)
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert said.startswith(f"{argv[0].partition('=')[0]}: this program never deletes or moves a photo.")
    assert "--list-rest rest.txt --null" in said
    assert "docs/free-space.md" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("flag", ["--removable", "--mover", "--undelete"])
def test_a_flag_that_only_sounds_like_it_is_an_ordinary_mistake(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([flag])
    assert capsys.readouterr().err.startswith(f"Unrecognized arguments: {flag}.")
