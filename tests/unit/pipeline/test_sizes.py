"""Sharpness at smaller sizes: measured where photos of a group differ in scale, and nowhere else."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from bestshot.model.phases import PHASES
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from tests.support.drawn_library import add, add_burst, scene

COMPARING_SIZES = "Comparing sizes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A burst of one size, and a large blurred photo that was followed by a small sharp one."""
    add_burst(tmp_path / "library", "burst", number=1, taken="2024:06:01 11:00:00", count=4)
    add(tmp_path / "library" / "large.jpg", scene(2, blur=8, size=(1200, 900)), "2024:06:01 12:00:00")
    add(tmp_path / "library" / "small.jpg", scene(2, size=(640, 480)), "2024:06:01 12:00:03")
    return tmp_path / "library"


def measured_and_best(folder: Path, *, no_faces: bool = True) -> tuple[dict[str, int], Sequence[str]]:
    """How many photos each phase of a run looked at, and which are best."""
    phases: dict[str, int] = {}

    @contextmanager
    def progress(title: str, total: int) -> Iterator[Callable[[int], object]]:
        phases[title] = total
        yield lambda _done: None

    with ThreadPoolExecutor(1) as executor:
        settings = Settings(no_faces=no_faces)
        plan = PhotoOrganizer(LocalPhotoSource(folder), settings, executor=executor, progress=progress).run().plan
    return phases, [group.verdict.best.id for group in plan.groups]


def test_only_groups_of_several_sizes_are_measured_at_smaller_ones(folder: Path) -> None:
    phases, best = measured_and_best(folder)
    assert (phases["Judging"], phases[COMPARING_SIZES]) == (6, 2)
    assert best == ["burst_2.jpg", "small.jpg"]


def test_what_was_measured_at_smaller_sizes_is_recalled_and_decides_again(folder: Path) -> None:
    _, first = measured_and_best(folder)
    assert measured_and_best(folder) == ({}, first)


def test_a_photo_of_another_size_that_comes_later_has_the_others_measured_at_its_size(folder: Path) -> None:
    """What the index knows of a photo is whole, whatever it was beside when it was judged."""
    small = folder / "small.jpg"
    kept = small.rename(folder.parent / "kept.jpg")
    add(folder / "large_2.jpg", scene(2, blur=8, size=(1200, 900)), "2024:06:01 11:59:58")
    phases, _ = measured_and_best(folder)
    assert COMPARING_SIZES not in phases
    kept.rename(small)
    phases, best = measured_and_best(folder)
    assert (phases["Judging"], phases[COMPARING_SIZES]) == (1, 3)
    assert best == ["burst_2.jpg", "small.jpg"]


def test_sizes_are_measured_once_whether_faces_are_looked_for_or_not(folder: Path) -> None:
    _, best = measured_and_best(folder)
    phases, with_faces = measured_and_best(folder, no_faces=False)
    assert COMPARING_SIZES not in phases
    assert with_faces == best


def test_what_measuring_at_smaller_sizes_takes_is_estimated_as_a_phase_of_its_own() -> None:
    assert COMPARING_SIZES in PHASES
