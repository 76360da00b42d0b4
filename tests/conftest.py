"""What all tests share: a quick place for their files, a home of their own, and marks by what they need."""

import os
import shutil
import signal
import tempfile
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

from tests.support.paths import ROOT, SHARED

_MEMORY = Path("/dev/shm")
_ROOM = 2_000_000_000
_SERVERS = ("tests.fake_immich", "tests.support.immich.scripted_server", "tests.support.immich.folder")
_UNIT = ROOT / "tests" / "unit"
_PROCESSES = {"Workers", "in_fork", "in_own_process", "multiprocessing", "run_program", "subprocess"}
SHARED_PHOTOS = SHARED / "photos"

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_configure() -> None:
    """Keep the tests' files in memory where there is room, and let the programs that they start hear of Ctrl-C.

    On a disk, most of their time is waiting for it to write. Nothing is proved less by that: what is left after a
    killed process does not depend on the disk below it. A shell starts what runs in its background deaf to Ctrl-C, and
    each process hands that on to those that it starts.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None  # looked up again, where somebody has asked for it before


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what their modules use: a `server`; or, for `unit`, neither that nor processes of their own."""
    for item in items:
        assert isinstance(item, pytest.Function)
        if _uses_server(item.module):
            item.add_marker("server")
        elif item.path.is_relative_to(_UNIT) and not _PROCESSES & vars(item.module).keys():
            item.add_marker("unit")


def _uses_server(module: ModuleType) -> bool:
    return any(str(getattr(value, "__module__", "")).startswith(_SERVERS) for value in vars(module).values())


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs; tests that want it are skipped where it is missing."""
    if not SHARED_PHOTOS.is_dir():
        pytest.skip("the shared photographs are not here")
    return SHARED_PHOTOS


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, so that none touches the user's index, journal or settings."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in os.environ:
        if name.startswith(("XDG_", "PHOTO_ORGANIZER_")):
            monkeypatch.delenv(name)
    return folder
