"""The job from Python: what a run finds, returns and remembers."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bestshot.cli.wording import summary
from bestshot.errors import LockedError, SourceError
from bestshot.layout.actions import CopyFile
from bestshot.model.phases import Forecast
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.plans.plan import Plan
from bestshot.plans.reading import read_plans
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from tests.support.drawn_library import NOON, add, add_burst, contents, exif, groups, organize, scene, skipped
from tests.support.foresight import Foresight


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two bursts and a photo apart."""
    folder = tmp_path / "library"
    add_burst(folder, "first", number=1, taken="2024:06:01 12:00:00")
    add_burst(folder, "second", number=2, taken="2024:06:01 13:00:00")
    add(folder / "single.jpg", scene(3), "2024:06:01 14:00:00")
    return folder


def test_a_run_returns_the_groups_in_order_of_time_with_the_best_of_each(library: Path) -> None:
    outcome = organize(library)
    assert [(group.number, group.verdict.best.id) for group in outcome.plan.groups] == [
        (1, "first_2.jpg"),
        (2, "second_2.jpg"),
    ]
    assert (outcome.plan.photo_count, outcome.plan.grouped_count) == (7, 6)
    assert outcome.exit_code == 0


@pytest.mark.parametrize(("model", "together"), [("Two", [["one.jpg", "two.jpg"]]), ("One", [])])
def test_two_photographers_meet_though_the_clock_of_one_is_an_hour_off(
    tmp_path: Path, model: str, together: list[list[str]]
) -> None:
    for name, camera, taken in (("one.jpg", "One", NOON), ("two.jpg", model, "2024:06:01 12:59:40")):
        told = exif(taken)
        told[ExifTags.Base.Model] = camera
        scene(1).save(tmp_path / name, quality=92, exif=told)
    assert [sorted(found) for found in groups(organize(tmp_path))] == together


def test_without_an_output_nothing_is_planned_or_done_and_only_the_index_changes(
    library: Path, tmp_path: Path, home: Path
) -> None:
    before = contents(library)
    outcome = organize(library, settings=Settings(no_faces=True, cache_dir=str(tmp_path / "cache")))
    assert (outcome.plan.actions, outcome.receipts, outcome.acted) == ((), (), False)
    assert contents(library) == before
    assert [*home.rglob("*")] == []


def test_with_an_output_the_receipts_are_returned(library: Path, tmp_path: Path) -> None:
    outcome = organize(library, settings=Settings(no_faces=True, output=str(tmp_path / "out")))
    copied = [receipt.action.key for receipt in outcome.receipts if isinstance(receipt.action, CopyFile)]
    assert sorted(copied) == sorted(id_ for group in groups(outcome) for id_ in group)
    assert (outcome.acted, outcome.failed, outcome.exit_code) == (True, (), 0)


def test_what_another_run_laid_out_while_a_person_was_asked_is_taken_into_account(
    library: Path, tmp_path: Path
) -> None:
    add_burst(tmp_path / "other", "other", number=4)
    settings = Settings(no_faces=True, output=str(tmp_path / "out"))

    def confirm(_plan: Plan) -> bool:
        organize(tmp_path / "other", settings=settings)
        return True

    with ThreadPoolExecutor(1) as executor:
        outcome = PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor, confirm=confirm).run()
    assert [group.number for group in outcome.plan.groups] == [2, 3]
    bests = sorted(path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.glob("out/*/best_*"))
    assert bests == ["group_0001/best_other_2.jpg", "group_0002/best_first_2.jpg", "group_0003/best_second_2.jpg"]


def test_an_output_in_which_nothing_is_to_be_done_is_looked_through_once(library: Path, tmp_path: Path) -> None:
    settings = Settings(no_faces=True, output=str(tmp_path / "out"))
    organize(library, settings=settings)
    looks: list[str] = []
    is_over = False

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.scandir" and not is_over and str(arguments[0]).endswith("originals"):
            looks.append(str(arguments[0]))

    sys.addaudithook(note)
    outcome = organize(library, settings=settings)
    is_over = True
    assert outcome.acted
    assert sorted(looks) == [str(tmp_path / "out" / f"group_000{number}" / "originals") for number in (1, 2)]


def test_a_dry_run_plans_the_same_actions_and_makes_nothing(library: Path, tmp_path: Path) -> None:
    dry = organize(library, settings=Settings(no_faces=True, output=str(tmp_path / "out"), dry_run=True))
    assert (dry.acted, (tmp_path / "out").exists()) == (False, False)
    wet = organize(library, settings=Settings(no_faces=True, output=str(tmp_path / "out")))
    assert dry.plan.actions == wet.plan.actions == tuple(receipt.action for receipt in wet.receipts)


def test_a_second_run_opens_no_picture(library: Path) -> None:
    first = organize(library)
    for path in library.iterdir():
        status = path.stat()
        path.write_bytes(bytes(status.st_size))  # no picture any more, yet to all appearance unchanged
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert organize(library).plan == first.plan


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(3), lambda: _processes(2)])
def test_the_plan_is_the_same_on_any_executor_which_is_left_running(
    library: Path, tmp_path: Path, make: Callable[[], ThreadPoolExecutor | ProcessPoolExecutor]
) -> None:
    settings = Settings(no_faces=True, cache_dir=str(tmp_path / "another cache"))
    with make() as executor:
        outcome = PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor).run()
        assert executor.submit(int).result() == 0
    assert outcome.plan == organize(library).plan


@pytest.mark.parametrize("workers", [1, 3])
def test_the_plan_is_the_same_for_any_number_of_workers(library: Path, tmp_path: Path, workers: int) -> None:
    (library / "broken.jpg").write_bytes(b"no picture")
    settings = Settings(no_faces=True, workers=workers, cache_dir=str(tmp_path / "another cache"))
    assert PhotoOrganizer(LocalPhotoSource(library), settings).run().plan == organize(library).plan


def test_the_groups_of_several_folders_cross_from_one_to_the_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        add(tmp_path / folder / "same.jpg", scene(1))
    assert groups(organize(tmp_path / "a", tmp_path / "b")) == [[f"{tmp_path}/a/same.jpg", f"{tmp_path}/b/same.jpg"]]


def test_limit_looks_at_the_first_photos_only(library: Path) -> None:
    outcome = organize(library, settings=Settings(no_faces=True, limit=4))
    assert (outcome.plan.photo_count, outcome.plan.beyond_limit) == (4, 3)
    assert groups(outcome) == [["first_1.jpg", "first_2.jpg", "first_3.jpg"]]


def test_threshold_window_and_size_of_groups_are_obeyed(tmp_path: Path) -> None:
    add(tmp_path / "a.jpg", scene(1), "2024:06:01 12:00:00")
    add(tmp_path / "b.jpg", scene(1), "2024:06:01 12:04:00")
    add(tmp_path / "c.jpg", scene(2), "2024:06:01 12:04:01")

    def found(settings: Settings) -> list[list[str]]:
        return groups(organize(tmp_path, settings=settings))

    assert found(Settings(no_faces=True)) == [["a.jpg", "b.jpg"]]
    assert found(Settings(no_faces=True, time_window=60)) == []
    assert found(Settings(no_faces=True, time_window=60, no_time_window=True)) == [["a.jpg", "b.jpg"]]
    assert found(Settings(no_faces=True, min_group_size=3)) == []
    assert found(Settings(no_faces=True, threshold=64)) == [["a.jpg", "b.jpg", "c.jpg"]]


class TestBrokenFiles:
    def test_a_broken_file_is_news_once_and_used_when_it_is_mended(self, library: Path) -> None:
        (library / "first_4.jpg").write_bytes(b"no picture")
        told = [organize(library) for _ in range(2)]
        assert [skipped(outcome) for outcome in told] == [
            {"first_4.jpg": "is not a picture, whatever its name says"}
        ] * 2
        assert [outcome.exit_code for outcome in told] == [1, 0]
        assert told[0].plan.photo_count == 7
        add(library / "first_4.jpg", scene(1))
        mended = organize(library)
        assert (skipped(mended), mended.exit_code) == ({}, 0)
        assert ["first_1.jpg", "first_2.jpg", "first_3.jpg", "first_4.jpg"] in groups(mended)
        (library / "first_4.jpg").write_bytes(b"no picture")
        assert organize(library).exit_code == 1

    def test_another_broken_file_or_another_fault_is_news_again(self, library: Path) -> None:
        (library / "a.jpg").write_bytes(b"")
        assert [organize(library).exit_code for _ in range(2)] == [1, 0]
        (library / "a.jpg").write_bytes(b"no picture")
        assert [organize(library).exit_code for _ in range(2)] == [1, 0]
        (library / "b.jp2").write_bytes(b"")
        assert [organize(library).exit_code for _ in range(2)] == [1, 0]

    def test_a_date_that_is_none_is_told_and_the_photo_used(self, library: Path) -> None:
        add(library / "odd.jpg", scene(1), "2024:13:45 99:99:99")
        outcome = organize(library)
        assert "DateTimeOriginal '2024:13:45 99:99:99' is not a date" in skipped(outcome)["odd.jpg"]
        assert ["first_1.jpg", "first_2.jpg", "first_3.jpg", "odd.jpg"] in groups(outcome)
        assert (outcome.plan.photo_count, outcome.plan.unread_count, outcome.exit_code) == (8, 0, 1)

    def test_a_photo_cut_off_in_the_middle_is_not_grouped(self, library: Path) -> None:
        whole = add(library / "first_4.jpg", scene(1)).read_bytes()
        (library / "first_4.jpg").write_bytes(whole[: len(whole) // 2])
        outcome = organize(library)
        assert "first_4.jpg" in skipped(outcome)
        assert outcome.plan.unread_count == 1
        assert ["first_1.jpg", "first_2.jpg", "first_3.jpg"] in groups(outcome)


class TestEmptySources:
    def test_a_new_and_empty_folder_is_no_error(self, tmp_path: Path) -> None:
        outcome = organize(tmp_path)
        assert (outcome.plan.photo_count, outcome.plan.groups, outcome.exit_code) == (0, (), 0)

    def test_an_emptied_folder_is_taken_for_an_unmounted_disk(self, library: Path) -> None:
        organize(library)
        for path in library.iterdir():
            path.unlink()
        with pytest.raises(SourceError, match="holds no photos, yet earlier runs saw some there"):
            organize(library)

    def test_one_emptied_folder_of_several_stops_the_run(self, library: Path, tmp_path: Path) -> None:
        add_burst(tmp_path / "more")
        organize(library, tmp_path / "more")
        for path in library.iterdir():
            path.unlink()
        with pytest.raises(SourceError, match="library holds no photos"):
            organize(tmp_path / "more", library)

    def test_a_folder_whose_photos_are_all_excluded_is_there_all_the_same(self, library: Path) -> None:
        organize(library)
        source = LocalPhotoSource(library, exclude=["*.jpg"])
        with ThreadPoolExecutor(1) as executor:
            outcome = PhotoOrganizer(source, Settings(), executor=executor).run()
        assert outcome.plan.photo_count == 0


def test_where_all_is_known_it_is_foreseen_how_many_photos_are_grouped_and_how_large_they_are(
    library: Path, tmp_path: Path
) -> None:
    settings = Settings(no_faces=True, report=str(tmp_path / "report.html"))
    organize(library, settings=settings)
    foresight = Foresight()
    with ThreadPoolExecutor(1) as executor:
        PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor, progress=foresight).run()
    sizes = [path.stat().st_size for path in library.iterdir() if path.name != "single.jpg"]
    assert foresight.heard == [Forecast(megabytes=sum(sizes) / 6 / 1_000_000, grouped=6)]


def test_progress_is_told_stage_by_stage_up_to_the_total(library: Path, tmp_path: Path) -> None:
    stages: list[tuple[str, int]] = []
    done: dict[str, int] = {}

    @contextmanager
    def progress(title: str, total: int) -> Iterator[Callable[[int], object]]:
        stages.append((title, total))

        def advance(count: int) -> None:
            done[title] = done.get(title, 0) + count

        yield advance

    settings = Settings(no_faces=True, output=str(tmp_path / "out"))
    with ThreadPoolExecutor(1) as executor:
        PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor, progress=progress).run()
    # The photo apart is never hashed, and two of each burst are one picture.
    looked = [("Reading dates", 7), ("Hashing", 6), ("Judging", 6), ("Comparing copies", 4)]
    assert stages == [*looked, ("Laying out", 10)]
    assert done == dict(stages)


def test_a_photo_that_vanishes_before_it_is_copied_is_told_and_the_others_are_laid_out(
    library: Path, tmp_path: Path
) -> None:
    @contextmanager
    def progress(title: str, _total: int) -> Iterator[Callable[[int], object]]:
        if title == "Laying out":
            (library / "first_1.jpg").unlink()
        yield lambda _count: None

    settings = Settings(no_faces=True, output=str(tmp_path / "out"))
    with ThreadPoolExecutor(1) as executor:
        source = LocalPhotoSource(library)
        outcome = PhotoOrganizer(source, settings, executor=executor, progress=progress).run()
    assert [item.id for item in outcome.failed] == ["group_0001/originals/first_1.jpg"]
    assert outcome.exit_code == 1
    assert len([*(tmp_path / "out").glob("group_*/originals/*")]) == 5
    told = summary(outcome.plan, outcome.receipts, known_skipped=0, acted=True, failed=len(outcome.failed))
    assert told.endswith("; 1 change FAILED.")


def test_two_runs_over_one_library_do_not_work_at_once(library: Path) -> None:
    @contextmanager
    def progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
        with pytest.raises(LockedError, match=f"process {os.getpid()} on"):
            organize(library)
        yield lambda _count: None

    with ThreadPoolExecutor(1) as executor:
        source = LocalPhotoSource(library)
        PhotoOrganizer(source, Settings(no_faces=True), executor=executor, progress=progress).run()


@pytest.mark.parametrize("step", ["Reading dates", "Hashing", "Judging"])
def test_a_folder_that_goes_while_it_is_looked_at_is_not_taken_for_a_smaller_one(library: Path, step: str) -> None:
    @contextmanager
    def progress(title: str, _total: int) -> Iterator[Callable[[int], object]]:
        if title == step:
            library.rename(library.with_name("away"))
        yield lambda _count: None

    with ThreadPoolExecutor(1) as executor:
        organizer = PhotoOrganizer(
            LocalPhotoSource(library), Settings(no_faces=True), executor=executor, progress=progress
        )
        with pytest.raises(SourceError, match="does not exist"):
            organizer.run()


def test_a_folder_that_goes_while_a_plan_is_carried_out_ends_the_run(library: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    organize(library, settings=Settings(no_faces=True, plan=str(plan)))

    @contextmanager
    def progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
        library.rename(library.with_name("away"))
        yield lambda _count: None

    settings = Settings(no_faces=True, output=str(tmp_path / "out"), cache_dir=str(tmp_path / "new cache"))
    with ThreadPoolExecutor(1) as executor:
        organizer = PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor, progress=progress)
        with pytest.raises(SourceError, match="does not exist"):
            organizer.run(read_plans([plan]))


def test_the_reasons_of_every_photo_are_kept(library: Path) -> None:
    for group in organize(library).plan.groups:
        for ranked in group.verdict.ranking:
            assert {"sharpness", "exposure", "resolution"} <= {reason.name for reason in ranked.reasons}
            assert all(reason.text for reason in ranked.reasons)
            assert ranked.why
        assert NOON[:4] in group.text


def test_turned_and_mirrored_copies_are_joined_if_the_settings_say_so(tmp_path: Path) -> None:
    picture = scene(1)
    for name, turn in (("b", Image.Transpose.ROTATE_90), ("c", Image.Transpose.FLIP_LEFT_RIGHT)):
        add(tmp_path / f"{name}.jpg", picture.transpose(turn), NOON)
    add(tmp_path / "a.jpg", picture, NOON)
    add(tmp_path / "other.jpg", scene(2), NOON)
    assert groups(organize(tmp_path)) == []
    turned = organize(tmp_path, settings=Settings(no_faces=True, rotations=True))
    assert groups(turned) == [["a.jpg", "b.jpg", "c.jpg"]]
