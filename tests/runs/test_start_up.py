"""What is loaded by commands that are to answer at once, and by a run that finds nothing new."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bestshot.cli.main import main
from tests.support.drawn_library import add_burst
from tests.support.paths import ROOT

_LIGHT = {"filelock", "msgspec", "platformdirs", "typing_extensions"}
_HEAVY_OF_PYTHON = {"asyncio", "email", "http", "ssl"}

_PROGRAM = """
import atexit, sys
before = {name.partition(".")[0] for name in sys.modules}
loaded = lambda: {name.partition(".")[0] for name in sys.modules} - before
foreign = lambda name: not name.startswith("_") and name != "bestshot" and name not in sys.stdlib_module_names
atexit.register(lambda: print("", *(name for name in loaded() if foreign(name) or name in %r), sep="\\n"))
from bestshot.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def _loaded_by(*arguments: str) -> set[str]:
    """The packages of others, and the heavy ones of Python's own, that a command loads."""
    program = _PROGRAM % _HEAVY_OF_PYTHON
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, check="--health" not in arguments
    )
    return set(done.stdout.decode().rpartition("\n\n")[2].split())


@pytest.mark.usefixtures("home")
def test_a_run_that_finds_nothing_new_loads_nothing_that_reads_or_judges_pictures_or_talks_to_servers(
    tmp_path: Path,
) -> None:
    add_burst(tmp_path)
    assert main([str(tmp_path), "--workers", "1", "--quiet"]) == 0
    assert _loaded_by(str(tmp_path)) <= _LIGHT


@pytest.mark.usefixtures("home")
def test_a_run_leaves_pictures_to_the_processes_that_read_them(tmp_path: Path) -> None:
    add_burst(tmp_path)
    assert _loaded_by(str(tmp_path), "--no-faces", "--workers", "1").isdisjoint({"PIL", "cv2", "simplejpeg"})


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("flag", ["--help", "--version", "--history", "--health"])
def test_a_command_that_looks_at_no_photo_loads_next_to_nothing(flag: str) -> None:
    assert _loaded_by(flag) <= _LIGHT


_READER = """
import runpy, sys
runpy.run_path("photo_organizer.py", run_name="__mp_main__")
from bestshot.analysis.analyser import READ_METADATA, READ_PROVENANCE
from bestshot.analysis.looks.pairs import compare_pairs
from bestshot.sources.local.source import LocalPhotoSource
print(*{name.split(".")[1] for name in sys.modules if name.startswith("bestshot.")})
"""
"""What a process loads before it reads photos: the program's own file, and what its tasks are made of."""


def test_a_process_that_reads_photos_loads_nothing_that_decides_copies_or_marks() -> None:
    done = subprocess.run([sys.executable, "-c", _READER], cwd=ROOT, capture_output=True, check=True)
    acting = {"cli", "journal", "marks", "pipeline", "plans", "ranking", "report", "settings", "undo"}
    assert acting.isdisjoint(done.stdout.decode().split())


_THREADS = """
import os, sys
from bestshot.cli.main import main
main(sys.argv[1:])
print("", "numpy" in sys.modules, len(os.listdir("/proc/self/task")), sep="\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the threads of a process")
@pytest.mark.usefixtures("home")
def test_a_run_that_groups_photos_keeps_no_threads_that_wait_for_each_other(tmp_path: Path) -> None:
    add_burst(tmp_path)
    program = [sys.executable, "-c", _THREADS, str(tmp_path), "--no-faces", "--workers", "1"]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout.decode().split()[-2:] == ["True", "1"]
