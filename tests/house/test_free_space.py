"""What docs/free-space.md shows works: the rest goes into the bin, with all that belongs to it, and comes back."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bestshot.cli.main import main
from tests.support.drawn_library import add, add_burst, scene
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "free-space.md").read_text(encoding="utf-8")
(LISTING,) = re.findall(r"^python photo_organizer\.py (.* --list-rest .*)$", PAGE, re.MULTILINE)
RESTORING = re.findall(r"^while .*trash-restore.*$", PAGE, re.MULTILINE)
BINS = re.findall(r"^xargs -0 .*$", PAGE, re.MULTILINE)

BIN = '#!/bin/sh\nfor file; do test "$file" = trash || mv -- "$file" "$BIN"; done\n'
"""Stands for the desktop's bin, which is not on every machine."""


@pytest.mark.parametrize("command", BINS)
def test_the_rest_goes_into_the_bin_with_what_belongs_to_it_and_comes_back(
    command: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, programs, bin_ = home / "Photos", tmp_path / "programs", tmp_path / "bin"
    add_burst(photos, "two\nlines")
    add(photos / "single.jpg", scene(9), "2024:06:03 12:00:00")
    for number in (1, 2):
        (photos / f"two\nlines_{number}.jpg.xmp").write_text("<x/>")
    before = sorted(photos.iterdir())
    for folder in (programs, bin_):
        folder.mkdir()
    for name in ("gio", "trash-put"):
        (programs / name).write_text(BIN)
        (programs / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(LISTING), "--no-faces", "--workers", "1"]) == 0
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "BIN": str(bin_)}
    subprocess.run(["sh", "-c", command], check=True, env=environment)
    left = ["single.jpg", "two\nlines_2.jpg", "two\nlines_2.jpg.xmp"]
    assert sorted(path.name for path in photos.iterdir()) == left
    for path in bin_.iterdir():
        path.rename(photos / path.name)
    assert sorted(photos.iterdir()) == before


@pytest.mark.skipif(not shutil.which("trash-restore"), reason="trash-cli is not installed: apt-get install trash-cli")
def test_the_list_brings_back_from_the_bin_what_it_named_and_nothing_else(home: Path, tmp_path: Path) -> None:
    photos = home / "Photos"
    photos.mkdir()
    for name in ("1", "2", "an 'odd' one", "two\nlines", "older"):
        (photos / f"{name}.jpg").write_text(name)
    environment = os.environ | {"XDG_DATA_HOME": str(home / "data")}
    subprocess.run(["trash-put", photos / "older.jpg"], check=True, env=environment)
    before = {path: path.read_text() for path in photos.iterdir()}
    (tmp_path / "rest.txt").write_text("".join(f"{path}\0" for path in before))
    for command in (BINS[1], *RESTORING):
        subprocess.run(["bash", "-c", command], check=True, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)
    assert {path: path.read_text() for path in photos.iterdir()} == before


def test_both_programs_for_linux_are_shown() -> None:
    assert [command.split()[2] for command in BINS] == ["gio", "trash-put"]
