"""What several tests need: the shared photographs when they are there, and private folders for the tool's own files."""

import os
from pathlib import Path

import pytest

SHARED_PHOTOS = Path(__file__).resolve().parent.parent.parent / "shared" / "photos"


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
