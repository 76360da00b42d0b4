"""What several tests need: the shared photographs when they are there, and private folders for the tool's own files."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.paths import SHARED

SHARED_PHOTOS = SHARED / "photos"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs; tests that want it are skipped where it is missing."""
    if not SHARED_PHOTOS.is_dir():
        pytest.skip("the shared photographs are not here")
    return SHARED_PHOTOS


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is room for one: a killed process loses nothing that was not forced to a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < 1_000_000_000:
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, so that none touches the user's index, journal or settings."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in os.environ:
        if name.startswith(("XDG_", "PHOTO_ORGANIZER_")):
            monkeypatch.delenv(name)
    return folder
