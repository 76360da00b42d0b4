"""What several tests need: the shared photographs when they are there, and private folders for the tool's own files."""

from pathlib import Path

import pytest

SHARED_PHOTOS = Path(__file__).resolve().parent.parent.parent / "shared" / "photos"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs; tests that want it are skipped where it is missing."""
    if not SHARED_PHOTOS.is_dir():
        pytest.skip("the shared photographs are not here")
    return SHARED_PHOTOS
