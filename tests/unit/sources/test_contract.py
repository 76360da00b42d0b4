"""Folders and every version of Immich keep what every source promises; a new source is one more class."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bestshot.errors import PhotoError
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from bestshot.testing import Make, MarkedSourceContract
from bestshot.testing.contract import draw_library, named
from tests.fake_immich import VERSIONS
from tests.support.immich.folder import served


class TestFolder(MarkedSourceContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda folder: LocalPhotoSource(folder, album_dir=folder.parent / "albums")


class TestFolderWithACache(MarkedSourceContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda folder: LocalPhotoSource(
            folder, cache=PhotoCache(folder.parent / "cache"), album_dir=folder.parent / "albums"
        )


class TestImmich(MarkedSourceContract):
    @pytest.fixture(params=VERSIONS)
    def make(self, request: pytest.FixtureRequest) -> Iterator[Make]:
        with ExitStack() as stack:
            yield lambda folder: served(request.param, folder, stack)


def test_a_broken_file_tells_nothing_of_itself(tmp_path: Path) -> None:
    source = LocalPhotoSource(draw_library(tmp_path / "library"))
    with pytest.raises(PhotoError, match="is not a picture"):
        source.get_metadata(named(source, "text.jpg"))
