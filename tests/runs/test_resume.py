"""A run that is killed at any moment is finished by the next one, and the one after that finds nothing to do."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from bestshot.cli.main import main
from bestshot.errors import SourceError
from bestshot.model.photo import LinkMethod
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import Settings
from tests.support import drawn_library, meddled_run
from tests.support.file_systems import in_own_process, small_disk
from tests.support.killed_work import in_fork, until
from tests.support.paths import ROOT

WATCHED = frozenset(
    {
        "bestshot.layout.changes",
        "bestshot.layout.output",
        "bestshot.storage.files",
        "bestshot.journal.journal",
        "bestshot.storage.database",
        "bestshot.storage.lock",
    }
)
"""The modules that change an output or the journal; a run is killed before a line of theirs."""

STRIDE = 11
"""Every so many lines of them; all of them hold too, but take minutes."""

Tree = dict[str, object]


@dataclass(frozen=True)
class Library:
    """Drawn photos whose measurements are known already, so that a run acts at once."""

    photos: Path
    cache: Path

    def arguments(self, work: Path) -> list[str]:
        """A run that keeps its journal beside its output, in a folder of its own."""
        out, state = str(work / "out"), str(work / "state")
        return [str(self.photos), "-o", out, "--state-dir", state, "--cache-dir", str(self.cache), "--no-faces", "-q"]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("library")
    drawn_library.add_burst(folder / "photos", "hills", 1, count=3)
    (folder / "photos" / "hills_1.jpg.xmp").write_text("<x/>")
    drawn_library.add_burst(folder / "photos", "lake", 2, "2024:06:01 15:00:00", count=2)
    with (folder / "photos" / "lake_1.jpg").open("ab") as stream:
        stream.write(bytes(2_500_000))  # what follows a JPEG's end does not matter, but is copied in several pieces
    drawn_library.add(folder / "photos" / "single.jpg", drawn_library.scene(3), "2024:06:01 18:00:00")
    drawn_library.organize(folder / "photos", settings=Settings(no_faces=True, cache_dir=str(folder / "cache")))
    return Library(folder / "photos", folder / "cache")


def tree(folder: Path) -> Tree:
    """Everything but the lock: content, time and permissions of all files, and which of them are one."""
    found: Tree = {}
    first_names: dict[int, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if ".photo-organizer" in path.parts:
            continue
        if path.is_dir():
            found[name] = "folder"
        else:
            time = None if path.name == "metadata.txt" else status.st_mtime_ns
            found[name] = path.read_bytes(), time, status.st_mode, first_names.setdefault(status.st_ino, name)
    return found


def identity(folder: Path) -> Tree:
    """What any write changes, of all files and folders but those of the lock and SQLite's own, which it ends later."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if not (".photo-organizer" in path.parts or path.name.endswith("-journal")):
            found[str(path)] = status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_nlink
    return found


@dataclass(frozen=True)
class Killer:
    """Kills runs and tells what was wrong then or after the next ones.

    Where `before` holds arguments, each killed run comes after one with these.
    """

    library: Library
    work: Path
    before: list[str]

    def run(self, steps: slice) -> tuple[int, list[str]]:
        """How many runs were killed, and what was wrong."""
        whole = self.work / "whole"
        self._prepare(whole)
        assert main(self.library.arguments(whole)) == 0  # here, so that the copies of this process import nothing anew
        expected, source = tree(whole / "out"), tree(self.library.photos)
        wrong: list[str] = []
        for count in itertools.count():
            step = steps.start + count * steps.step
            folder = self.work / f"killed at {step}"
            self._prepare(folder)
            older = tree(folder / "out")
            if in_fork(until, step, WATCHED, partial(main, self.library.arguments(folder))) != -signal.SIGKILL:
                break
            wrong += [
                f"{step}: {told}"
                for told in (*broken(tree(folder / "out"), older, expected), *self._mended(folder, expected))
            ]
            shutil.rmtree(folder)
        wrong += [f"the source's {name} differs" for name in differences(tree(self.library.photos), source)]
        return count, wrong

    def _prepare(self, folder: Path) -> None:
        if self.before:
            assert in_fork(main, [*self.library.arguments(folder), *self.before]) == 0

    def _mended(self, folder: Path, expected: Tree) -> Iterator[str]:
        """What is wrong after the next run and the one after that."""
        codes = [in_fork(main, self.library.arguments(folder))]
        yield from (f"{name} differs after the next run" for name in differences(tree(folder / "out"), expected))
        settled = identity(folder)
        codes.append(in_fork(main, self.library.arguments(folder)))
        yield from (f"{name} was touched by the third run" for name in differences(identity(folder), settled))
        if codes != [0, 0]:
            yield f"the exit codes are {codes}"


def broken(left: Tree, older: Tree, expected: Tree) -> Iterator[str]:
    """The files that a killed run left under a final name, and that are neither the old nor the new ones."""
    for name, file in left.items():
        is_whole = contents(file) in (contents(expected.get(name)), contents(older.get(name)))
        if not (is_whole or name.endswith(".part")):
            yield f"{name} is not whole"


def contents(file: object) -> object:
    return file[0] if isinstance(file, tuple) else file


def differences(found: Tree, expected: Tree) -> list[str]:
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("before", [[], ["--exclude", "hills_2.jpg"]], ids=["into nothing", "a burst that grew"])
def test_a_run_killed_at_any_moment_is_finished_by_the_next(
    library: Library, tmp_path: Path, before: list[str]
) -> None:
    """No final name holds half a file, the source is untouched, the next run ends with what an unbroken one makes,
    and the one after that writes nothing."""
    killers = []
    for name in "ab":  # one for each of two cores, with caches of their own, since one library is not run twice at once
        cache = Path(shutil.copytree(library.cache, tmp_path / name / "cache"))
        killers.append(Killer(replace(library, cache=cache), tmp_path / name, before))
    with ThreadPoolExecutor(2) as executor:
        steps = slice(0, None, 2 * STRIDE), slice(STRIDE, None, 2 * STRIDE)
        halves = list(executor.map(in_own_process, [killer.run for killer in killers], steps))
    assert [told for _, wrong in halves for told in wrong] == []
    assert sum(count for count, _ in halves) > 50


def test_a_run_killed_again_and_again_from_the_first_look_on_comes_to_its_end(library: Library, tmp_path: Path) -> None:
    """Each run gets a little further; the first ones also measure, in worker processes of their own."""
    cold = replace(library, cache=tmp_path / "cache")
    for step in (0, 3, 6, 9, 14, 20):
        done = meddled_run.run("killed", step, tmp_path / "out", arguments=cold.arguments(tmp_path))
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert main(cold.arguments(tmp_path)) == 0
    assert main(library.arguments(tmp_path / "whole")) == 0
    assert differences(tree(tmp_path / "out"), tree(tmp_path / "whole" / "out")) == []


@pytest.mark.parametrize("step", [2, 11])
def test_a_run_that_is_told_to_end_leaves_nothing_half_made(library: Library, tmp_path: Path, step: int) -> None:
    done = meddled_run.run("ended", step, tmp_path / "out", arguments=library.arguments(tmp_path))
    assert done.returncode == 130
    assert done.stderr == "Interrupted. What is done stays done; the next run goes on from here.\n"
    assert not list((tmp_path / "out").rglob("*.part"))
    assert main(library.arguments(tmp_path)) == 0
    assert main(library.arguments(tmp_path / "whole")) == 0
    assert differences(tree(tmp_path / "out"), tree(tmp_path / "whole" / "out")) == []


def test_a_second_run_writes_nothing_and_opens_no_picture(library: Library, tmp_path: Path) -> None:
    """Every change of the output and every open of a file of the source blows up."""
    arguments = library.arguments(tmp_path)[:-1]
    refused = meddled_run.run("forbidden", tmp_path / "out", library.photos, arguments=arguments)
    assert "AssertionError: " in refused.stderr
    assert main([*arguments, "-q"]) == 0
    settled = identity(tmp_path / "out") | identity(tmp_path / "state")
    done = meddled_run.run("forbidden", tmp_path / "out", library.photos, arguments=arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing to do, everything is in place" in done.stdout
    assert identity(tmp_path / "out") | identity(tmp_path / "state") == settled


def test_a_photo_that_vanishes_on_the_way_is_told_and_the_rest_laid_out(library: Library, tmp_path: Path) -> None:
    own = own_library(library, tmp_path)
    lost = own.photos / "hills_3.jpg"
    done = meddled_run.run("vanishing", lost, arguments=own.arguments(tmp_path))
    assert done.returncode == 1
    assert "group_0001/originals/hills_3.jpg: it cannot be read: No such file or directory" in done.stderr
    assert "group_0002/originals/lake_1.jpg" in tree(tmp_path / "out")
    Path(f"{lost}.away").rename(lost)
    assert main(own.arguments(tmp_path)) == 0
    assert names_in(tmp_path / "out") == whole_names(own, tmp_path)


def test_a_copy_that_is_not_what_was_read_never_gets_its_name(library: Library, tmp_path: Path) -> None:
    """Every copy is read back, and the next run makes it anew."""
    originals = str(tmp_path / "out" / "group_0001" / "originals")
    done = meddled_run.run("spoiled", originals, arguments=library.arguments(tmp_path))
    assert done.returncode == 1
    assert "differs from what was read from" in done.stderr
    assert main(library.arguments(tmp_path)) == 0
    assert main(library.arguments(tmp_path / "whole")) == 0
    assert differences(tree(tmp_path / "out"), tree(tmp_path / "whole" / "out")) == []


def test_a_source_that_vanishes_on_the_way_ends_the_run_and_the_next_one_goes_on(
    library: Library, tmp_path: Path
) -> None:
    own = own_library(library, tmp_path)
    done = meddled_run.run("vanishing", own.photos, arguments=own.arguments(tmp_path))
    assert done.returncode == 3
    assert f"The source {own.photos} does not exist: check the path, or mount its disk." in done.stderr
    assert not list((tmp_path / "out").rglob("*.part"))
    Path(f"{own.photos}.away").rename(own.photos)
    assert main(own.arguments(tmp_path)) == 0
    assert names_in(tmp_path / "out") == whole_names(own, tmp_path)


def own_library(library: Library, folder: Path) -> Library:
    """A copy of the library that a test may change; nothing of it is measured yet."""
    photos = Path(shutil.copytree(library.photos, folder / "photos"))
    drawn_library.organize(photos, settings=Settings(no_faces=True, cache_dir=str(folder / "cache")))
    return Library(photos, folder / "cache")


def names_in(out: Path) -> list[str]:
    return sorted(tree(out))


def whole_names(library: Library, folder: Path) -> list[str]:
    assert main(library.arguments(folder / "whole")) == 0
    return names_in(folder / "whole" / "out")


def test_while_one_run_works_no_other_touches_its_library_or_its_output(library: Library, tmp_path: Path) -> None:
    line = meddled_run.command("paused", arguments=library.arguments(tmp_path))
    with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == "paused\n"
        same_library = library.arguments(tmp_path / "elsewhere")
        same_output = [
            *library.arguments(tmp_path),
            "--cache-dir",
            str(tmp_path / "c"),
            "--state-dir",
            str(tmp_path / "s"),
        ]
        for arguments in (same_library, same_output):
            second = drawn_library.run_program(*arguments)
            assert second.returncode == 4
            assert f"Another run is working on this library: process {first.pid} on ".encode() in second.stderr
        first.stdin.write("go on\n")
        first.stdin.flush()
    assert first.returncode == 0
    assert names_in(tmp_path / "out") == whole_names(library, tmp_path)


def test_a_file_too_large_for_the_disk_ends_the_run_with_a_sentence_and_the_next_one_goes_on(
    library: Library, tmp_path: Path
) -> None:
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000)); "
    start = "from photo_organizer import main; sys.exit(main(sys.argv[1:]))"
    line = [sys.executable, "-c", limit + start, *library.arguments(tmp_path)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/out/group_0002/originals/")
    assert done.stderr.endswith(" cannot be written: File too large.\n")
    whole = whole_names(library, tmp_path)
    assert names_in(tmp_path / "out") == [name for name in whole if not name.startswith("group_0002")]
    assert main(library.arguments(tmp_path)) == 0
    assert names_in(tmp_path / "out") == whole


def test_a_full_disk_ends_the_run_with_a_sentence_and_the_next_one_goes_on(library: Library, tmp_path: Path) -> None:
    with small_disk(tmp_path / "out", "size=8m,nr_inodes=12"):
        done = drawn_library.run_program(*library.arguments(tmp_path))
        assert done.returncode == 1
        assert done.stderr.startswith(b"There is no room left for ")
        whole = whole_names(library, tmp_path)
        assert set(names_in(tmp_path / "out")) < set(whole)
        subprocess.run(["mount", "-o", "remount,nr_inodes=100", tmp_path / "out"], check=True)
        assert main(library.arguments(tmp_path)) == 0
        assert names_in(tmp_path / "out") == whole


def test_a_disk_without_room_for_all_gets_nothing(library: Library, tmp_path: Path) -> None:
    with small_disk(tmp_path / "out", "size=2m"):
        done = drawn_library.run_program(*library.arguments(tmp_path))
        assert done.returncode == 1
        assert re.match(
            rb"The copies need 2\.\d MB and .* has \d.* free: make room.* Nothing was copied\.", done.stderr
        )
        assert names_in(tmp_path / "out") == []


def test_a_read_only_output_is_refused_with_a_sentence(library: Library, tmp_path: Path) -> None:
    with small_disk(tmp_path / "out", "ro"):
        done = drawn_library.run_program(*library.arguments(tmp_path))
    assert done.returncode == 1
    assert done.stderr.endswith(b"(Read-only file system): check the output folder's permissions.\n")


class Shelf:
    """A library that changes from run to run, and its output."""

    def __init__(self, folder: Path) -> None:
        self.photos = folder / "photos"
        self.out = folder / "out"
        drawn_library.add_burst(self.photos, "hills", 1, count=3)
        drawn_library.add_burst(self.photos, "lake", 2, "2024:06:01 15:00:00", count=2)

    def organize(self, *folders: Path, **settings: Any) -> Outcome:
        """Lay the groups out; every change that was planned must have been made."""
        outcome = drawn_library.organize(
            *(folders or (self.photos,)), settings=Settings(no_faces=True, output=str(self.out), **settings)
        )
        assert outcome.failed == ()
        return outcome

    def add_better(self, name: str = "hills_9.jpg") -> None:
        """A sharper shot of the first burst: as large as the scene, but with a grain that stands out."""
        drawn_library.add(self.photos / name, sharper(drawn_library.scene(1)), subsec="9")


def sharper(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.UnsharpMask(radius=1, percent=400))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_burst_that_grew_is_completed_in_its_folder_and_its_best_gives_way(shelf: Shelf) -> None:
    shelf.organize()
    before = tree(shelf.out)
    shelf.add_better()
    shelf.organize()
    group = shelf.out / "group_0001"
    assert names(group) == {"best_hills_9.jpg", "metadata.txt", "originals"}
    assert names(group / "originals") == {f"hills_{shot}.jpg" for shot in (1, 2, 3, 9)}
    assert (group / "best_hills_9.jpg").samefile(group / "originals" / "hills_9.jpg")
    assert "4 photos" in (group / "metadata.txt").read_text()
    changed = set(differences(tree(shelf.out), before))
    assert {name for name in changed if name.startswith("group_0002")} == set()
    assert shelf.organize().receipts == ()


def test_a_best_that_somebody_changed_stays_beside_the_new_one(shelf: Shelf) -> None:
    shelf.organize()
    group = shelf.out / "group_0001"
    (group / "best_hills_2.jpg").unlink()
    (group / "best_hills_2.jpg").write_bytes(b"retouched by hand")
    (group / "notes.txt").write_text("my own")
    shelf.add_better()
    shelf.organize()
    assert names(group) == {"best_hills_2.jpg", "best_hills_9.jpg", "metadata.txt", "notes.txt", "originals"}
    assert (group / "best_hills_2.jpg").read_bytes() == b"retouched by hand"
    assert shelf.organize().receipts == ()


def test_a_text_that_somebody_changed_stays(shelf: Shelf) -> None:
    shelf.organize()
    (shelf.out / "group_0001" / "metadata.txt").write_text("my own")
    shelf.add_better()
    shelf.organize()
    assert (shelf.out / "group_0001" / "metadata.txt").read_text() == "my own"


def test_what_is_missing_in_the_output_is_brought_back(shelf: Shelf) -> None:
    shelf.organize()
    whole = tree(shelf.out)
    (shelf.out / "group_0001" / "originals" / "hills_1.jpg").unlink()
    (shelf.out / "group_0001" / "best_hills_2.jpg").unlink()
    shutil.rmtree(shelf.out / "group_0002")
    shelf.organize()
    assert tree(shelf.out) == whole
    assert shelf.organize().receipts == ()


def test_an_edited_photo_is_laid_out_beside_what_it_was(shelf: Shelf) -> None:
    shelf.organize()
    original = (shelf.photos / "hills_1.jpg").read_bytes()
    drawn_library.add(shelf.photos / "hills_1.jpg", drawn_library.scene(1, blur=1), subsec="1")
    shelf.organize()
    originals = shelf.out / "group_0001" / "originals"
    assert (originals / "hills_1.jpg").read_bytes() == original
    assert (originals / "hills_1 (2).jpg").read_bytes() == (shelf.photos / "hills_1.jpg").read_bytes()
    assert shelf.organize().receipts == ()


@pytest.mark.parametrize("settings", [{"limit": 1}, {"limit": 2}, {"exclude": ("hills_2.jpg",)}, {"exclude": ("*",)}])
def test_what_is_absent_from_a_run_is_no_reason_to_take_anything_back(shelf: Shelf, settings: dict[str, Any]) -> None:
    shelf.organize()
    before = identity(shelf.out)
    assert shelf.organize(**settings).receipts == ()
    assert identity(shelf.out) == before


def test_a_missing_folder_and_a_second_source_take_nothing_back_and_numbers_stay(shelf: Shelf, tmp_path: Path) -> None:
    scans = tmp_path / "a-scans"
    drawn_library.add_burst(scans, "scan", 5, "2023:01:01 12:00:00", count=2)
    shelf.organize()
    before = tree(shelf.out)
    shelf.organize(scans)
    assert names(shelf.out / "group_0003" / "originals") == {"scan_1.jpg", "scan_2.jpg"}
    shelf.organize(scans, shelf.photos)
    assert before.items() <= tree(shelf.out).items()
    assert len(names(shelf.out) - {".photo-organizer"}) == 3
    shutil.rmtree(shelf.photos)
    shelf.photos.mkdir()
    with pytest.raises(SourceError, match="holds no photos, yet earlier runs saw some there"):
        shelf.organize()
    shelf.photos.rmdir()
    with pytest.raises(SourceError, match="does not exist: check the path, or mount its disk"):
        shelf.organize()
    assert before.items() <= tree(shelf.out).items()


def forget_all() -> None:
    """Lose the journal, and with it all that is known of any output."""
    shutil.rmtree(Settings().state_dir)


def move_output(shelf: Shelf) -> None:
    """Give the output another name, of which no journal tells."""
    shelf.out = shelf.out.rename(shelf.out.with_name("moved"))


@pytest.mark.parametrize("link", LinkMethod)
@pytest.mark.parametrize("is_moved", [False, True])
def test_an_output_of_which_no_journal_tells_is_taken_over_as_it_is(
    shelf: Shelf, link: LinkMethod, is_moved: bool, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.organize(link=link)
    if is_moved:
        move_output(shelf)
    else:
        forget_all()
    before = identity(shelf.out)
    assert shelf.organize(dry_run=True, link=link).plan.actions == ()
    assert shelf.organize(link=link).receipts == ()
    assert identity(shelf.out) == before
    assert "which holds 5 of these photos" in caplog.text
    caplog.clear()
    assert shelf.organize(link=link).receipts == ()
    assert identity(shelf.out) == before
    assert caplog.text == ""


def test_what_was_taken_over_is_ours_to_keep_up(shelf: Shelf) -> None:
    """Equal names are told apart, the best gives way to a better one, and what is missing is brought back."""
    (shelf.photos / "copies").mkdir()
    shutil.copy2(shelf.photos / "hills_1.jpg", shelf.photos / "copies")
    shelf.organize()
    assert (shelf.out / "group_0001" / "originals" / "hills_1 (2).jpg").exists()
    forget_all()
    (shelf.out / "group_0001" / "originals" / "hills_3.jpg").unlink()
    shelf.add_better()
    shelf.organize()
    group = shelf.out / "group_0001"
    assert names(group) == {"best_hills_9.jpg", "metadata.txt", "originals"}
    assert names(group / "originals") == {"hills_1.jpg", "hills_1 (2).jpg", *(f"hills_{n}.jpg" for n in (2, 3, 9))}
    assert names(shelf.out) == {".photo-organizer", "group_0001", "group_0002"}


def test_somebody_elses_group_folder_is_not_taken_over(shelf: Shelf) -> None:
    """Neither by its name, nor by names of photos, nor by their size and time while the content differs."""
    originals = shelf.out / "group_0001" / "originals"
    originals.mkdir(parents=True)
    (originals / "hills_1.jpg").write_bytes(b"somebody's")
    other = bytearray((shelf.photos / "hills_2.jpg").read_bytes())
    other[-1] ^= 1
    (originals / "hills_2.jpg").write_bytes(other)
    shutil.copystat(shelf.photos / "hills_2.jpg", originals / "hills_2.jpg")
    shutil.copy2(shelf.photos / "hills_3.jpg", originals / "another name.jpg")
    (shelf.out / "group_0001" / "metadata.txt").write_text("Group 1: mine")
    before = tree(shelf.out)
    assert len(shelf.organize().receipts) == 9
    assert before.items() <= tree(shelf.out).items()
    assert names(shelf.out) == {".photo-organizer", "group_0001", "group_0002", "group_0003"}


@pytest.mark.parametrize("link", LinkMethod)
def test_a_photo_that_was_only_touched_is_not_copied_again(shelf: Shelf, link: LinkMethod) -> None:
    shelf.organize(link=link)
    for seconds in (1_000_000_000, 1_100_000_000):
        os.utime(shelf.photos / "hills_1.jpg", (seconds, seconds))
        before = identity(shelf.out)
        assert shelf.organize(dry_run=True, link=link).plan.actions == ()
        assert shelf.organize(link=link).receipts == ()
        assert identity(shelf.out) == before
    drawn_library.add(shelf.photos / "hills_1.jpg", drawn_library.scene(1, blur=1), subsec="1")


@pytest.mark.parametrize("step", [250, 600, 900, 1200])
def test_a_dry_run_after_a_killed_one_plans_what_the_next_run_does(library: Library, tmp_path: Path, step: int) -> None:
    arguments = library.arguments(tmp_path)
    assert in_fork(until, step, WATCHED, partial(main, arguments)) == -signal.SIGKILL
    before = tree(tmp_path / "out")
    plans = [tmp_path / "dry.json", tmp_path / "wet.json"]
    assert main([*arguments, "--dry-run", "--plan", str(plans[0])]) == 0
    assert tree(tmp_path / "out") == before
    assert main([*arguments, "--plan", str(plans[1])]) == 0
    dry, wet = (json.loads(plan.read_text()) for plan in plans)
    assert dry.pop("run")["version"] == wet.pop("run")["version"]  # when it was, and for how long, may differ
    assert dry == wet


@pytest.mark.parametrize("place", [".", "organized"])
def test_an_output_in_the_source_is_never_taken_for_photos(shelf: Shelf, place: str) -> None:
    shelf.out = shelf.photos / place
    source = tree(shelf.photos)
    first = shelf.organize()
    second = shelf.organize()
    assert (first.plan.photo_count, second.plan.photo_count) == (5, 5)
    assert second.receipts == ()
    assert source.items() <= tree(shelf.photos).items()


def test_links_to_the_source_and_the_output_lead_to_the_same_library(shelf: Shelf, tmp_path: Path) -> None:
    shelf.organize()
    (tmp_path / "linked photos").symlink_to(shelf.photos)
    (tmp_path / "linked out").symlink_to(shelf.out)
    shelf.out = tmp_path / "linked out"
    assert shelf.organize(tmp_path / "linked photos").receipts == ()


@pytest.mark.parametrize("link", LinkMethod)
def test_every_way_to_bring_photos_finds_nothing_to_do_the_second_time(shelf: Shelf, link: LinkMethod) -> None:
    source = tree(shelf.photos)
    assert len(shelf.organize(link=link).receipts) == 9
    assert shelf.organize(link=link).receipts == ()
    assert tree(shelf.photos) == source


def test_copies_and_hard_links_are_good_enough_for_every_way(shelf: Shelf) -> None:
    for link in (LinkMethod.COPY, LinkMethod.HARDLINK):
        shelf.organize(link=link)
        for other in LinkMethod:
            assert shelf.organize(link=other).receipts == ()


def test_symbolic_links_give_way_to_copies_where_those_are_wanted(shelf: Shelf) -> None:
    """Or nobody could let the source go on the strength of a run that said all was in place."""
    shelf.organize(link=LinkMethod.SYMLINK)
    shelf.organize()
    originals = sorted((shelf.out / "group_0001" / "originals").iterdir())
    assert originals
    for path in originals:
        assert not path.is_symlink()
        assert path.read_bytes() == (shelf.photos / path.name).read_bytes()
    assert shelf.organize().receipts == ()


def test_an_edited_sidecar_takes_the_place_of_its_older_copy(shelf: Shelf) -> None:
    sidecar = shelf.photos / "hills_1.jpg.xmp"
    sidecar.write_text("first")
    shelf.organize()
    sidecar.write_text("second, and longer")
    shelf.organize()
    copies = sorted(path.name for path in (shelf.out / "group_0001" / "originals").glob("*.xmp"))
    assert copies == ["hills_1.jpg.xmp"]
    assert (shelf.out / "group_0001" / "originals" / "hills_1.jpg.xmp").read_text() == "second, and longer"
    assert shelf.organize().receipts == ()


def test_linked_photos_are_brought_as_what_they_lead_to(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    for path in shelf.photos.iterdir():
        (tmp_path / "linked" / path.name).symlink_to(Path("..") / "photos" / path.name)
    shelf.organize(tmp_path / "linked", link=LinkMethod.HARDLINK)
    for path in (shelf.out / "group_0001" / "originals").iterdir():
        assert path.samefile(shelf.photos / path.name)
        assert not path.is_symlink()


def test_a_group_whose_folder_became_a_file_is_told_and_the_others_are_laid_out(shelf: Shelf) -> None:
    shelf.organize()
    shutil.rmtree(shelf.out / "group_0001")
    shutil.rmtree(shelf.out / "group_0002")
    (shelf.out / "group_0001").write_text("mine")
    outcome = drawn_library.organize(shelf.photos, settings=Settings(no_faces=True, output=str(shelf.out)))
    assert outcome.exit_code == 1
    assert {skipped.id.partition("/")[0] for skipped in outcome.failed} == {"group_0001"}
    assert names(shelf.out / "group_0002") == {"best_lake_2.jpg", "metadata.txt", "originals"}
    assert (shelf.out / "group_0001").read_text() == "mine"
