"""A photo that never ends costs its worker and itself, by name, and nothing else."""

import os
import re
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bestshot.model.photo import Photo
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.workers.deadline import PHOTO_SECONDS, begin_photo, within_deadlines
from bestshot.workers.pool import WorkerDied, Workers
from bestshot.workers.processes import WorkersError
from tests.support.drawn_library import add_burst, groups, skipped
from tests.support.file_systems import in_own_process

if TYPE_CHECKING:
    from PIL import Image

ENDLESS = -1
SECONDS = 1.0


def read_each(batch: Sequence[int]) -> list[int]:
    for item in batch:
        begin_photo()
        if item == ENDLESS:
            threading.Event().wait()
    return [os.getpid() for _ in batch]


def read_slowly(batch: Sequence[int]) -> list[int]:
    """Much longer than one photo may take, and each photo in time."""
    for _ in batch:
        begin_photo()
        threading.Event().wait(SECONDS / 2)
    return list(batch)


def search_for_ever(batch: Sequence[int]) -> list[int]:
    """Hold the interpreter's lock meanwhile, as some decoders do."""
    if ENDLESS in batch:
        re.match("(a*)*b", "a" * 60)
    return list(batch)


def test_what_never_ends_is_found_out_and_the_rest_is_done_again() -> None:
    with closing(Workers(2, photo_seconds=SECONDS)) as workers:
        finished = list(workers.run(read_each, [[1, 2], [3, ENDLESS, 4], [5]]))
        again = list(workers.run(read_each, [[6]]))
    died = {tuple(item.batch): item.result.reason for item in finished if isinstance(item.result, WorkerDied)}
    assert died == {(ENDLESS,): "is not read in 1 seconds, as if its decoder never ended"}
    assert sorted(number for item in finished for number in item.batch) == [ENDLESS, 1, 2, 3, 4, 5]
    assert not isinstance(again[0].result, WorkerDied)


def test_where_nothing_can_be_read_any_more_the_run_ends() -> None:
    with closing(Workers(1, photo_seconds=SECONDS)) as workers:
        finished = workers.run(read_each, [[ENDLESS, 1], *[[ENDLESS]] * 100])
        with pytest.raises(WorkersError, match="3 photos in a row could not be read in 1 seconds each"):
            list(finished)


def test_a_decoder_that_keeps_the_interpreter_s_lock_is_ended_too() -> None:
    with closing(Workers(1, photo_seconds=SECONDS)) as workers:
        finished = list(workers.run(search_for_ever, [[1], [ENDLESS]]))
    assert [list(item.batch) for item in finished if isinstance(item.result, WorkerDied)] == [[ENDLESS]]


def test_many_photos_that_each_end_in_time_are_not_taken_for_one_that_does_not() -> None:
    with closing(Workers(1, photo_seconds=SECONDS)) as workers:
        (finished,) = workers.run(read_slowly, [[1, 2, 3, 4, 5, 6]])
        assert finished.result == [1, 2, 3, 4, 5, 6]


def outlive_a_deadline() -> str:
    begin_photo()  # of nobody's batch
    within_deadlines(0.05, len, "abc")
    threading.Event().wait(0.2)
    return "alive"


def test_a_worker_without_work_is_not_ended() -> None:
    assert in_own_process(outlive_a_deadline) == "alive"


class Endless(LocalPhotoSource):
    """A folder one of whose photos is never read to its end."""

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Read any photo but the endless one."""
        if photo.name == "burst0_1.jpg":
            threading.Event().wait()
        return super().load_pixels(photo, longest_side, grey=grey)


def test_a_run_names_a_photo_that_never_ends_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workers.__init__, "__kwdefaults__", {"photo_seconds": 2.0})
    add_burst(tmp_path / "photos", "burst0", 0)
    outcome = PhotoOrganizer(
        Endless(tmp_path / "photos"), Settings(no_faces=True, workers=2, cache_dir=str(tmp_path / "cache"))
    ).run()
    assert skipped(outcome) == {"burst0_1.jpg": "is not read in 2 seconds, as if its decoder never ended"}
    assert groups(outcome) == [["burst0_2.jpg", "burst0_3.jpg"]]


def test_the_time_of_a_photo_is_generous() -> None:
    assert PHOTO_SECONDS >= 180
