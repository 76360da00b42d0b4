"""Own files are known by what they hold: times that a disk or a restore shifts, rounds or loses change nothing."""

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bestshot.layout.actions import Condition, Receipt, RetireBest
from bestshot.layout.output import FailedAction, FolderOutput
from bestshot.layout.plan import plan_folders
from bestshot.model.photo import LinkMethod
from tests.support import builders
from tests.support.file_systems import in_own_process, refuse_hard_links
from tests.support.undo_bench import Bench, left

ORIGINALS = "group_0001/originals"
SECOND = 10**9


def set_times(folder: Path, time: Callable[[int], int]) -> None:
    """Give all that is below a folder the time that this makes of its own."""
    for path in folder.rglob("*"):
        new = time(path.lstat().st_mtime_ns)
        os.utime(path, ns=(new, new), follow_symlinks=False)


def restore(folder: Path) -> None:
    """Put a copy in the place of a folder, as from a backup that keeps neither times nor hard links."""
    shutil.copytree(folder, folder.with_name("restored"), symlinks=True, copy_function=shutil.copyfile)
    shutil.rmtree(folder)
    folder.with_name("restored").rename(folder)


shifts = pytest.mark.parametrize(
    "shift",
    [
        pytest.param(lambda out: set_times(out, lambda time: time + 3600 * SECOND), id="an hour later"),
        pytest.param(lambda out: set_times(out, lambda time: time - 3600 * SECOND), id="an hour earlier"),
        pytest.param(lambda out: set_times(out, lambda time: time // (2 * SECOND) * 2 * SECOND), id="rounded to 2 s"),
        pytest.param(lambda out: set_times(out, lambda _time: 0), id="lost"),
        pytest.param(restore, id="restored"),
    ],
)
links = pytest.mark.parametrize("link", LinkMethod)
Shift = Callable[[Path], None]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    for name in ("a.jpg", "a.jpg.xmp", "b.jpg", "c.jpg"):
        bench.write(name)
    return bench


def lay(bench: Bench, *names: str, link: LinkMethod = LinkMethod.COPY) -> list[Receipt | FailedAction]:
    """Lay a group out, the first being the best; a.jpg has a sidecar."""
    photos = [bench.photo(name, *(["a.jpg.xmp"] if name == "a.jpg" else [])) for name in names]
    return bench.lay((1, photos), link=link)


@links
@shifts
def test_the_next_run_makes_nothing_anew(bench: Bench, link: LinkMethod, shift: Shift) -> None:
    lay(bench, "a.jpg", "b.jpg", link=link)
    shift(bench.out)
    before = bench.tree()
    assert lay(bench, "a.jpg", "b.jpg", link=link) == []
    assert bench.tree() == before


@links
@shifts
def test_a_better_photo_takes_the_place_of_the_best_and_all_is_taken_back(
    bench: Bench, link: LinkMethod, shift: Shift
) -> None:
    lay(bench, "a.jpg", "b.jpg", link=link)
    shift(bench.out)
    results = lay(bench, "c.jpg", "a.jpg", "b.jpg", link=link)
    assert [result for result in results if isinstance(result, FailedAction)] == []
    assert [path.name for path in (bench.out / "group_0001").glob("best_*")] == ["best_c.jpg"]
    assert "c.jpg" in (bench.out / "group_0001" / "metadata.txt").read_text()
    shift(bench.out)
    assert left(bench.look(2)) == {}
    assert left(bench.undo(2)) == {}
    assert [path.name for path in (bench.out / "group_0001").glob("best_*")] == ["best_a.jpg"]
    assert "c.jpg" not in (bench.out / "group_0001" / "metadata.txt").read_text()
    shift(bench.out)
    assert left(bench.undo(1)) == {}
    assert bench.tree() == {}


@shifts
def test_the_copy_of_a_sidecar_that_was_edited_is_replaced(bench: Bench, shift: Shift) -> None:
    lay(bench, "a.jpg", "b.jpg")
    shift(bench.out)
    bench.write("a.jpg.xmp", "edited since", time=1_800_000_000)
    lay(bench, "a.jpg", "b.jpg")
    assert (bench.out / ORIGINALS / "a.jpg.xmp").read_text() == "edited since"


@shifts
def test_what_has_other_content_of_one_size_is_the_users(bench: Bench, shift: Shift) -> None:
    lay(bench, "a.jpg", "b.jpg")
    own = [bench.out / ORIGINALS / "b.jpg", bench.out / "group_0001" / "metadata.txt"]
    for path in own:
        path.write_text(path.read_text().upper())
    shift(bench.out)
    results = lay(bench, "c.jpg", "a.jpg", "b.jpg")
    made = {result.action.destination for result in results if isinstance(result, Receipt)}
    assert made.isdisjoint(str(path.relative_to(bench.out)) for path in own)
    bench.undo(2)
    bench.undo(1)
    assert [path.read_text() for path in own if path.is_file()] == ["THE PHOTO B.JPG", "1: A.JPG, B.JPG\n"]


def test_what_gives_way_is_read_although_its_time_and_size_are_as_they_were(bench: Bench) -> None:
    """A disk may know no times, or only those of days."""
    lay(bench, "a.jpg", "b.jpg")
    text = bench.out / "group_0001" / "metadata.txt"
    time = text.stat().st_mtime_ns
    text.write_text(text.read_text().upper())
    os.utime(text, ns=(time, time))
    failed = {one.action.destination for one in lay(bench, "c.jpg", "a.jpg", "b.jpg") if isinstance(one, FailedAction)}
    assert failed == {"group_0001/metadata.txt"}
    assert text.read_text() == "1: A.JPG, B.JPG\n"


def lay_without_hard_links(root: Path, *names: str) -> list[Receipt | FailedAction]:
    refuse_hard_links()
    return lay(Bench(root), *names)


@shifts
def test_a_journal_that_was_lost_is_made_up_for_by_content(bench: Bench, shift: Shift) -> None:
    """Also where the best is a copy, and each copy of it got another time."""
    assert not isinstance(in_own_process(lay_without_hard_links, bench.root, "a.jpg", "b.jpg"), Exception)
    shift(bench.out)
    os.utime(bench.out / "group_0001" / "best_a.jpg")
    shutil.rmtree(bench.root / "state")
    results = in_own_process(lay_without_hard_links, bench.root, "c.jpg", "a.jpg", "b.jpg")
    assert [one.action.destination for one in results if isinstance(one.action, RetireBest)] == [
        "group_0001/best_a.jpg"
    ]
    assert [path.name for path in (bench.out / "group_0001").glob("best_*")] == ["best_c.jpg"]


def reads(root: Path, *, shifted: bool) -> list[str]:
    """What a run reads of its output that changes nothing there, looking at it twice as runs do."""
    bench, opened = Bench(root), []
    if shifted:
        set_times(bench.out, lambda time: time + 3600 * SECOND)

    def note(event: str, args: tuple[object, ...]) -> None:
        by_number = event == "open" and args[1] is None  # else it is told a second time, by Python's own open
        if by_number and isinstance(args[0], str) and "/group_" in args[0] and not Path(args[0]).is_dir():
            opened.append(Path(args[0]).name)

    sys.addaudithook(note)
    photos = [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]
    with closing(bench.journal()) as journal:
        output = FolderOutput(bench.out, journal, lambda _file, _copy: "")
        found = output.state(photos)
        assert output.catch_up(photos, ["folder:/photos"]) == found
        assert {one.condition for one in found.laid.values()} == {Condition.UNCHANGED}
        assert plan_folders([builders.planned(1, *photos)], photos, found, LinkMethod.COPY) == []
    return sorted(opened)


def test_only_what_has_another_time_is_read_once_and_then_no_more(bench: Bench) -> None:
    lay(bench, "a.jpg", "b.jpg")
    assert in_own_process(_reads, bench.root) == []
    assert in_own_process(_reads_shifted, bench.root) == ["a.jpg", "a.jpg.xmp", "b.jpg", "best_a.jpg", "metadata.txt"]
    assert in_own_process(_reads, bench.root) == []


def _reads(root: Path) -> list[str]:
    return reads(root, shifted=False)


def _reads_shifted(root: Path) -> list[str]:
    return reads(root, shifted=True)


def test_an_undo_after_the_times_were_noted_takes_all_back(bench: Bench) -> None:
    """What was noted is part of a run that changed nothing, and is undone with the run that made it."""
    lay(bench, "a.jpg", "b.jpg")
    set_times(bench.out, lambda time: time + 3600 * SECOND)
    assert lay(bench, "a.jpg", "b.jpg") == []
    with closing(bench.journal()) as journal:
        assert [part.is_learned for part in journal.parts()] == [False, True]
    assert left(bench.undo()) == {}
    assert bench.tree() == {}
