"""Pairs of photos are compared once, and each picture is decoded once for all of its pairs."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from PIL import Image

from bestshot.analysis.analyser import Analyser
from bestshot.analysis.looks.pairs import compare_pairs, comparison_measurement
from bestshot.model.groups import PhotoPair, Similarity
from bestshot.model.photo import Photo
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Failure, Index
from bestshot.workers.pool import Workers
from tests.support.drawn_library import add, scene


class CountingSource(LocalPhotoSource):
    """A folder that knows how often each of its pictures was decoded."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.decoded: Counter[str] = Counter()

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> Image.Image:
        self.decoded[photo.id] += 1
        return super().load_pixels(photo, longest_side, grey=grey)


@contextmanager
def silent(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _done: None


def pairs_of(source: LocalPhotoSource) -> list[PhotoPair]:
    return [PhotoPair(left, right) for left, right in combinations(source.list_photos(), 2)]


def folder_of_three(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name, number in (("a", 1), ("b", 1), ("c", 2)):
        add(folder / f"{name}.jpg", scene(number))
    return folder


def test_each_picture_is_decoded_once_for_all_of_its_pairs(tmp_path: Path) -> None:
    source = CountingSource(folder_of_three(tmp_path))
    found = compare_pairs(source, 1, pairs_of(source), rotations=False)
    assert source.decoded == {"a.jpg": 1, "b.jpg": 1, "c.jpg": 1}
    assert [type(similarity) for similarity in found] == [Similarity] * 3


def test_a_picture_that_cannot_be_read_is_named_and_the_other_pairs_are_compared(tmp_path: Path) -> None:
    source = CountingSource(folder_of_three(tmp_path))
    pairs = pairs_of(source)
    (tmp_path / "photos" / "b.jpg").write_bytes(b"no picture")
    with_b, alone, again = compare_pairs(source, 1, pairs, rotations=False)
    assert isinstance(alone, Similarity)
    for failure in (with_b, again):
        assert isinstance(failure, Failure)
        assert failure.error == "b.jpg is not a picture, whatever its name says"


def test_what_was_compared_is_remembered_until_one_of_the_two_changes(tmp_path: Path) -> None:
    folder = folder_of_three(tmp_path)
    measurement = comparison_measurement(rotations=False)
    with closing(Index(tmp_path / "index.sqlite3")) as index, ThreadPoolExecutor(1) as executor:

        def decoded() -> Counter[str]:
            source = CountingSource(folder)
            Analyser(source, index, Workers(executor=executor), silent).measure(pairs_of(source), measurement)
            return source.decoded

        assert set(decoded()) == {"a.jpg", "b.jpg", "c.jpg"}
        assert decoded() == {}
        add(folder / "c.jpg", scene(3))
        assert set(decoded()) == {"a.jpg", "b.jpg", "c.jpg"}
        assert decoded() == {}


def test_photos_are_looked_at_anew_once_they_are_known_to_be_of_one_burst(tmp_path: Path) -> None:
    source = CountingSource(folder_of_three(tmp_path))
    measurement = comparison_measurement(rotations=False)
    with closing(Index(tmp_path / "index.sqlite3")) as index, ThreadPoolExecutor(1) as executor:
        analyser = Analyser(source, index, Workers(executor=executor), silent)
        apart = [replace(pair, are_apart=True) for pair in pairs_of(source)]
        for pairs, decoded in ((apart, 1), (apart, 1), (pairs_of(source), 2)):
            analyser.measure(pairs, measurement)
            assert set(source.decoded.values()) == {decoded}
