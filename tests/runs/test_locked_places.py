"""A folder that may not be entered is told in a sentence, wherever it is named: nobody can know what is in there."""

import os
from pathlib import Path

import pytest

from bestshot.cli.main import main
from tests.support.drawn_library import add_burst
from tests.support.file_systems import become_nobody, in_own_process, open_folder

QUICK = ["--no-faces", "--workers=1", "--quiet"]
NOWHERE = "x" * 300
"""A name that no file system takes: whether it exists is answered by an error, as in a locked folder."""

SERVER = ["--source-type", "immich", "--immich-url", "https://127.0.0.1:1", "--immich-api-key", "key"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--history", "--state-dir", NOWHERE], 1),
        (["--undo", "--state-dir", NOWHERE], 1),
        (["--forget-decisions", "--state-dir", NOWHERE], 1),
        (["--forget-decisions", "--dry-run", "--state-dir", NOWHERE], 1),
        (["Photos", *QUICK, "--state-dir", NOWHERE], 1),
        ([*SERVER, "--check", "--immich-ca", NOWHERE], 2),
    ],
    ids=lambda value: " ".join(value).replace(NOWHERE, "LOCKED") if isinstance(value, list) else "",
)
def test_what_cannot_be_looked_for_ends_in_a_sentence(
    arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_burst(tmp_path / "Photos")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    assert NOWHERE in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give up rights half-way")
def test_an_output_in_a_locked_folder_is_not_undone_and_told() -> None:
    with open_folder() as folder:
        add_burst(folder / "photos")
        assert in_own_process(_undone_without_rights, folder) == (0, 0, 1, 1)
        assert list((folder / "locked" / "out").rglob("burst_*.jpg"))


def _undone_without_rights(folder: Path) -> tuple[int, ...]:
    """The exit codes before and after rights are given up; by then all is imported, since Python may be locked too."""
    places = [f"--{name}-dir={folder / name}" for name in ("cache", "state")]
    codes = [main([str(folder / "photos"), "-o", str(folder / "locked" / "out"), *places, *QUICK])]
    codes.append(main(["--undo", "--dry-run", *places]))
    (folder / "locked").chmod(0o700)
    for place in ("cache", "state"):
        for path in (folder / place, *(folder / place).rglob("*")):
            path.chmod(0o777)
    become_nobody()
    return *codes, main(["--undo", "--dry-run", *places]), main(["--undo", *places])
