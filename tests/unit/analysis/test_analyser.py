"""A photo is measured once, by whichever worker, and again only when it has changed."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bestshot.analysis.analyser import (
    READ_METADATA,
    Analyser,
    Measurement,
    Measurements,
    appraisal_measurement,
    fingerprint_measurement,
)
from bestshot.analysis.attempts import attempt, measure_each
from bestshot.errors import OrganizerError, PhotoError
from bestshot.model.appraisal import Fingerprint
from bestshot.model.phases import Phase
from bestshot.model.photo import Photo
from bestshot.model.reader import PhotoReader
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Failure, Index
from bestshot.workers.pool import Workers
from tests.support import drawn_library
from tests.support.foresight import Foresight

FINGERPRINT = fingerprint_measurement(rotations=False)


class Bench:
    """A folder with an index beside it, examined in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "photos"
        self.reported: list[tuple[str, int, int]] = []
        self.index = Index(folder / "index.sqlite3")
        self.executor = ThreadPoolExecutor(2)
        self.workers = Workers(executor=self.executor)

    def close(self) -> None:
        self.executor.shutdown()
        self.index.close()

    @property
    def source(self) -> LocalPhotoSource:
        return LocalPhotoSource(self.folder)

    def photos(self) -> tuple[Photo, ...]:
        return self.source.scan().photos

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Callable[[int], object]]:
        done: list[int] = []
        yield done.append
        self.reported.append((title, total, sum(done)))

    def measure(
        self, photos: Sequence[Photo], measurement: Measurement[Photo, Fingerprint] = FINGERPRINT
    ) -> Measurements[Fingerprint]:
        return Analyser(self.source, self.index, self.workers, self.progress).measure(photos, measurement)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as made:
        yield made


def problems(measurements: Measurements[Fingerprint]) -> dict[str, str]:
    return {skipped.id: skipped.error for skipped in measurements.skipped}


def test_what_was_measured_is_not_examined_again(bench: Bench) -> None:
    """The pictures are gone the second time: whoever opened one would fail."""
    drawn_library.add_burst(bench.folder)
    photos = bench.photos()
    first = bench.measure(photos)
    for path in bench.folder.iterdir():
        path.unlink()
    assert bench.measure(photos) == first
    assert set(first.values) == {photo.id for photo in photos}
    assert bench.reported == [("Hashing", 3, 3)]


def test_what_is_to_come_is_foreseen_from_the_first_hashes_on_and_not_forgotten(bench: Bench) -> None:
    drawn_library.add_burst(bench.folder, "a", count=8)
    for number in range(8):
        drawn_library.add(bench.folder / f"b{number}.jpg", drawn_library.scene(10 + number))
    photos, foresight = bench.photos(), Foresight()
    size = sum(photo.size for photo in photos) / len(photos) / 1_000_000
    analyser = Analyser(bench.source, bench.index, bench.workers, foresight)
    analyser.measure(photos, FINGERPRINT)
    before, *_, after = foresight.heard
    assert (before.hashed, before.alike, before.doubtful) == (0, 0, 0)
    assert before.megabytes == pytest.approx(size)
    assert (after.hashed, after.alike) == (16, 8)
    analyser.measure(photos[:1], READ_METADATA)
    assert foresight.heard[-1] == replace(after, megabytes=photos[0].size / 1_000_000)


def test_what_is_measured_in_two_ways_is_one_phase_and_of_each_part_the_known_is_not_measured(bench: Bench) -> None:
    drawn_library.add_burst(bench.folder, count=6)
    photos, turned = bench.photos(), fingerprint_measurement(rotations=True)
    bench.measure(photos[:1])
    analyser = Analyser(bench.source, bench.index, bench.workers, bench.progress)
    found = analyser.measure_in_parts([(photos[:3], FINGERPRINT), (photos[3:], turned)])
    assert bench.reported == [("Hashing", 1, 1), ("Hashing", 5, 5)]
    assert [bool(found.values[photo.id].turned) for photo in photos] == [False] * 3 + [True] * 3
    assert analyser.measure_in_parts([(photos[:3], FINGERPRINT), (photos[3:], turned)]) == found
    assert len(bench.reported) == 2


@pytest.mark.parametrize("read_at_once", [1, 4])
@pytest.mark.parametrize("measurement", [FINGERPRINT, READ_METADATA])
def test_a_batch_that_takes_long_is_handed_back_in_part_and_each_photo_is_measured_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, measurement: Measurement[Photo, Any], read_at_once: int
) -> None:
    drawn_library.add_burst(bench.folder, count=6)
    told: list[int] = []

    @contextmanager
    def progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
        yield told.append

    monkeypatch.setattr("bestshot.analysis.attempts.BATCH_SECONDS", 0.0)
    monkeypatch.setattr(LocalPhotoSource, "read_at_once", read_at_once)
    with ThreadPoolExecutor(1) as executor:
        slow = Analyser(bench.source, bench.index, Workers(1, executor), progress).measure(bench.photos(), measurement)
    assert told == [1] * 6
    monkeypatch.undo()
    with closing(Index(bench.folder.parent / "another.sqlite3")) as empty:
        quick = Analyser(bench.source, empty, bench.workers, progress).measure(bench.photos(), measurement)
    assert told[6:] == [6]
    assert slow == quick


def test_no_batch_is_larger_than_what_two_seconds_should_do(bench: Bench) -> None:
    """Of large pictures, a hundred pairs are worth ten seconds: so much would be lost with a run that is killed."""
    drawn_library.add_burst(bench.folder, count=6)
    told: list[int] = []

    @contextmanager
    def progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
        yield told.append

    slow = replace(FINGERPRINT, like=Phase("Hashing", "photo", 1.0))
    with ThreadPoolExecutor(1) as executor:
        Analyser(bench.source, bench.index, Workers(1, executor), progress).measure(bench.photos(), slow)
    assert told == [2, 2, 2]


def test_what_changed_is_measured_anew_and_the_rest_is_not(bench: Bench) -> None:
    drawn_library.add_burst(bench.folder)
    before = bench.measure(bench.photos())
    drawn_library.add(bench.folder / "burst_1.jpg", drawn_library.scene(7))
    after = bench.measure(bench.photos())
    assert bench.reported == [("Hashing", 3, 3), ("Hashing", 1, 1)]
    assert {key for key in before.values if before.values[key] != after.values[key]} == {"burst_1.jpg"}


def test_facts_are_read_anew_when_a_sidecar_changes(bench: Bench) -> None:
    drawn_library.add(bench.folder / "a.jpg", drawn_library.scene(1))
    analyser = Analyser(bench.source, bench.index, bench.workers, bench.progress)
    analyser.measure(bench.photos(), READ_METADATA)
    (bench.folder / "a.jpg.xmp").write_text("<x/>")
    analyser.measure(bench.photos(), READ_METADATA)
    analyser.measure(bench.photos(), READ_METADATA)
    assert bench.reported == [("Reading dates", 1, 1)] * 2


def test_a_broken_file_is_remembered_as_broken(bench: Bench) -> None:
    drawn_library.add(bench.folder / "good.jpg", drawn_library.scene(1))
    (bench.folder / "bad.jpg").write_text("no picture")
    photos = bench.photos()
    first = bench.measure(photos)
    (bench.folder / "bad.jpg").unlink()
    assert problems(bench.measure(photos)) == problems(first)
    assert set(problems(first)) == {"bad.jpg"}
    assert set(first.values) == {"good.jpg"}


def test_a_file_that_cannot_be_read_now_is_tried_again(bench: Bench) -> None:
    path = drawn_library.add(bench.folder / "a.jpg", drawn_library.scene(1))
    photos = bench.photos()
    path.rename(path.with_name("away"))
    assert "No such file" in problems(bench.measure(photos))["a.jpg"]
    path.with_name("away").rename(path)
    assert set(bench.measure(photos).values) == {"a.jpg"}


def test_the_order_of_the_photos_does_not_change_what_is_found(bench: Bench, tmp_path: Path) -> None:
    drawn_library.add_burst(bench.folder, count=4)
    (bench.folder / "bad.jpg").write_text("no picture")
    (tmp_path / "other").mkdir()
    with closing(Bench(tmp_path / "other")) as other:
        other.folder = bench.folder
        assert other.measure(bench.photos()[::-1]) == bench.measure(bench.photos())


def test_processes_find_what_threads_find(bench: Bench, tmp_path: Path) -> None:
    """The source and the measurement travel to other processes and the numbers come back the same."""
    drawn_library.add_burst(bench.folder)
    measurement = appraisal_measurement(None)
    here = Analyser(bench.source, bench.index, bench.workers, bench.progress).measure(bench.photos(), measurement)
    with closing(Index(tmp_path / "other.sqlite3")) as index, closing(Workers(2)) as workers:
        there = Analyser(bench.source, index, workers, bench.progress).measure(bench.photos(), measurement)
    assert there == here
    assert len(here.values) == 3


class Counting(ThreadPoolExecutor):
    """Counts how often it is given work."""

    times = 0

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        self.times += 1
        return super().submit(*arguments, **named)


def test_photos_are_judged_together_where_handing_over_each_would_cost_much_beside_it(bench: Bench) -> None:
    drawn_library.add_burst(bench.folder, count=4)
    with Counting(1) as executor:
        analyser = Analyser(bench.source, bench.index, Workers(1, executor), bench.progress)
        assert len(analyser.measure(bench.photos(), appraisal_measurement(None)).values) == 4
    assert executor.times == 1


def revision_of(photo: Photo) -> str:
    return photo.revision


def deadly_for_b(_source: PhotoReader, photo: Photo) -> Fingerprint:
    if photo.id == "b.jpg":
        os.kill(os.getpid(), signal.SIGKILL)
    return Fingerprint(ord(photo.id[0]))


def test_a_photo_that_kills_its_worker_is_skipped_alone_and_tried_again(bench: Bench) -> None:
    for name in "abc":
        drawn_library.add(bench.folder / f"{name}.jpg", drawn_library.scene(1))
    measurement = Measurement(
        "Hashing", "deadly", Fingerprint, partial(measure_each, deadly_for_b), revision_of, batch=3
    )
    with closing(Workers(1)) as workers:
        analyser = Analyser(bench.source, bench.index, workers, bench.progress)
        measurements = analyser.measure(bench.photos(), measurement)
        assert analyser.measure(bench.photos(), measurement) == measurements
    assert measurements.values == {"a.jpg": Fingerprint(97), "c.jpg": Fingerprint(99)}
    assert problems(measurements) == {"b.jpg": "makes its decoder crash or run out of memory"}
    assert bench.reported == [("Hashing", 3, 3), ("Hashing", 1, 1)]


def test_an_interrupted_run_keeps_what_was_measured(bench: Bench) -> None:
    drawn_library.add_burst(bench.folder, count=20)
    seen: list[int] = []

    @contextmanager
    def interrupting(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
        yield interrupt

    def interrupt(done: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    photos = bench.photos()
    with pytest.raises(KeyboardInterrupt):
        Analyser(bench.source, bench.index, bench.workers, interrupting).measure(photos, FINGERPRINT)
    bench.measure(photos)
    assert bench.reported == [("Hashing", 20 - sum(seen), 20 - sum(seen))]


def test_one_photo_is_examined_wherever_the_caller_likes(bench: Bench) -> None:
    path = drawn_library.add(bench.folder / "a.jpg", drawn_library.scene(1))
    (photo,) = bench.photos()
    good = FINGERPRINT.measure(bench.source, 1, [photo])[0]
    path.write_bytes(b"no picture")
    broken = FINGERPRINT.measure(bench.source, 1, [photo])[0]
    path.unlink()
    away = FINGERPRINT.measure(bench.source, 1, [photo])[0]
    assert isinstance(good, Fingerprint)
    assert isinstance(broken, Failure)
    assert isinstance(away, Failure)
    assert (broken.is_transient, away.is_transient) == (False, True)


def test_a_broken_photo_among_those_hashed_together_costs_no_other_its_hash(bench: Bench) -> None:
    for number, name in enumerate("abcd"):
        drawn_library.add(bench.folder / f"{name}.jpg", drawn_library.scene(number))
    (bench.folder / "b.jpg").write_bytes(b"no picture")
    photos = bench.photos()
    together = FINGERPRINT.measure(bench.source, 1, photos)
    assert [isinstance(one, Failure) for one in together] == [False, True, False, False]
    assert together == [FINGERPRINT.measure(bench.source, 1, [photo])[0] for photo in photos]


def refused(_source: PhotoReader, _photo: Photo) -> Fingerprint:
    raise OrganizerError("nothing works here")


def test_only_the_trouble_of_a_photo_is_passed_over(bench: Bench) -> None:
    drawn_library.add(bench.folder / "a.jpg", drawn_library.scene(1))
    measurement = Measurement("Hashing", "refused", Fingerprint, partial(measure_each, refused), revision_of, batch=1)
    with pytest.raises(OrganizerError, match="nothing works here") as caught:
        bench.measure(bench.photos(), measurement)
    assert not isinstance(caught.value, PhotoError)


def too_large(_source: PhotoReader, photo: Photo) -> Fingerprint:
    """Where memory runs out beside the decoders: in arrays of numbers, and in OpenCV, which says so in its own way."""
    if photo.name == "a.jpg":
        np.empty(1 << 60, np.uint8)
    raise cv2.error("std::bad_alloc")


def test_want_of_memory_costs_one_photo_for_now(bench: Bench) -> None:
    for name in ("a.jpg", "b.jpg"):
        drawn_library.add(bench.folder / name, drawn_library.scene(1))
    said = {photo.name: attempt(too_large, bench.source, photo) for photo in bench.source.list_photos()}
    assert said.keys() == {"a.jpg", "b.jpg"}
    assert set(said.values()) == {Failure("needs more memory than is available now", is_transient=True)}


class Waiting(LocalPhotoSource):
    """A folder that is read as if it were behind a slow connection."""

    read_at_once = 4


MEETING = threading.Barrier(Waiting.read_at_once)


def met(_source: PhotoReader, _photo: Photo) -> Fingerprint:
    MEETING.wait(timeout=60)
    return Fingerprint(0)


def test_a_worker_reads_as_many_photos_at_once_as_the_source_can_give(bench: Bench) -> None:
    """Each waits for three others: one after the other, none would ever be done."""
    drawn_library.add_burst(bench.folder, count=8)
    with ThreadPoolExecutor(1) as executor:
        analyser = Analyser(Waiting(bench.folder), bench.index, Workers(1, executor), bench.progress)
        measurements = analyser.measure(
            bench.photos(), Measurement("Hashing", "met", Fingerprint, partial(measure_each, met), revision_of, batch=8)
        )
    assert len(measurements.values) == 8


def own_thread(_source: PhotoReader, _photo: Photo) -> Fingerprint:
    return Fingerprint(threading.get_ident())


@pytest.mark.parametrize("workers", [1, 5])
def test_pictures_of_a_folder_are_read_one_by_one_in_each_worker(bench: Bench, workers: int) -> None:
    """And so are those of a server once there are as many workers as it may be asked at once."""
    drawn_library.add_burst(bench.folder, count=8)
    source = LocalPhotoSource(bench.folder) if workers == 1 else Waiting(bench.folder)
    with ThreadPoolExecutor(1) as executor:
        analyser = Analyser(source, bench.index, Workers(workers, executor), bench.progress)
        measurement = Measurement(
            "Hashing", "thread", Fingerprint, partial(measure_each, own_thread), revision_of, batch=8
        )
        measurements = analyser.measure(bench.photos(), measurement)
    assert len(measurements.values) == 8
    assert len(set(measurements.values.values())) == 1
