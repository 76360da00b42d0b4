"""Small libraries of photos that the tests draw: bursts of scenes that differ plainly, with the EXIF asked for."""

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.testing.pictures import NOON as NOON
from bestshot.testing.pictures import add as add
from bestshot.testing.pictures import exif as exif
from bestshot.testing.pictures import scene as scene
from tests.support.paths import ROOT

PROGRAM = (sys.executable, str(ROOT / "photo_organizer.py"))


def add_burst(folder: Path, name: str = "burst", number: int = 1, taken: str = NOON, count: int = 3) -> list[Path]:
    """Photos of one scene in one second, all blurred but the second, which is the best."""
    return [
        add(folder / f"{name}_{shot}.jpg", scene(number, blur=0 if shot == 2 else 1.5), taken, subsec=str(shot))
        for shot in range(1, count + 1)
    ]


def organize(*folders: Path, settings: Settings | None = None) -> Outcome:
    """Run the job from Python, in this process and without faces."""
    source = LocalPhotoSource(*folders)
    with ThreadPoolExecutor(1) as executor:
        return PhotoOrganizer(source, settings or Settings(no_faces=True), executor=executor).run()


def groups(outcome: Outcome) -> list[list[str]]:
    """The ids of each group, sorted."""
    return sorted(sorted(photo.id for photo in group.verdict.group.photos) for group in outcome.plan.groups)


def skipped(outcome: Outcome) -> dict[str, str]:
    """What was passed over, and why."""
    return {item.id: item.error for item in outcome.plan.skipped}


def run_program(
    *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the tool as a process of its own and wait for it."""
    variables = os.environ | (environment or {})
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, env=variables, capture_output=True, check=False)


def run_unprivileged(imports: str, program: str, folder: Path) -> str:
    """What a program prints that runs in a folder as somebody who may not read everything, as root may.

    What it imports is imported before: this code, too, may be root's alone.
    """
    become_nobody = "if os.geteuid() == 0:\n    os.setgid(65534)\n    os.setuid(65534)\n"
    whole = f"import os\n{imports}\nos.chdir({str(folder)!r})\n{become_nobody}{program}"
    return subprocess.run([sys.executable, "-c", whole], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def contents(*folders: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below these folders: mode, time of last change and content of each file and folder."""
    found = {}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found
