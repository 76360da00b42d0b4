"""What docs/python.md shows runs, does what it says, and has types that a strict checker accepts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bestshot.api
import immich_client
import photo_organizer
import photo_sources
from tests.support.drawn_library import add_burst
from tests.support.paths import ROOT

EXAMPLES = re.findall(r"^```py\n(.*?)^```$", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.M | re.S)
LOOK, APPLY, UNDO, EXECUTOR, INDEX, CONTRACT = EXAMPLES


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}


def printed(example: str, folder: Path) -> list[str]:
    """What an example prints that runs in this folder."""
    script = folder / "example.py"
    script.write_text(example)
    command = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples find their photos: a burst of three, of which the second is the best."""
    add_burst(tmp_path / "Photos")
    return tmp_path


def test_looking_finds_the_best_and_changes_nothing(folder: Path) -> None:
    first, why = printed(LOOK, folder)
    assert first == "1 burst burst_2.jpg ['burst_1.jpg', 'burst_3.jpg']"
    assert "sharp" in why
    assert {path.name for path in folder.iterdir()} == {"Photos", "example.py"}


def test_a_plan_is_written_applied_and_taken_back(folder: Path) -> None:
    assert printed(APPLY, folder) == ["5 changes made, 0 failed"]
    assert (folder / "Organized" / "group_0001" / "best_burst_2.jpg").is_file()
    (said,) = printed(UNDO, folder)
    assert said.endswith(" 5")
    assert not (folder / "Organized" / "group_0001").exists()


def test_an_executor_is_used_and_what_it_measured_is_read(folder: Path) -> None:
    assert printed(EXECUTOR, folder) == ["1"]
    sharpness = dict(line.split() for line in printed(INDEX, folder))
    assert max(sharpness, key=lambda name: float(sharpness[name])) == "burst_2.jpg"
    assert len(sharpness) == 3


def test_the_contract_is_kept_as_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(CONTRACT)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 15


def test_a_strict_type_checker_accepts_every_example_and_sees_what_is_wrong(tmp_path: Path) -> None:
    """The package says that it is typed, and each name of its door has a type."""
    pytest.importorskip("mypy")
    for number, example in enumerate(EXAMPLES):
        (tmp_path / f"example_{number}.py").write_text(example)
    (tmp_path / "wrong.py").write_text("from bestshot.api import Settings\n\nreveal = Settings(threshold='many')\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."]
    found = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    (complaint,) = (line for line in found.stdout.splitlines() if ": error: " in line)
    assert complaint.startswith('wrong.py:3: error: Argument "threshold" to "Settings" has incompatible type "str"')


def test_what_the_older_doors_promise_of_looking_is_promised_by_the_door_with_types() -> None:
    """But for the client of Immich, which is promised as a whole by a door of its own."""
    assert {*photo_organizer.__all__, *photo_sources.__all__} <= set(bestshot.api.__all__)
    assert "ImmichClient" in immich_client.__all__
