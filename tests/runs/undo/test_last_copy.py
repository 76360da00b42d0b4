"""No undo and no run takes the last name of a content, whatever the paths of the others say."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import OrganizerError
from bestshot.layout.actions import Action, PlaceBest, RetireBest
from bestshot.layout.output import FolderOutput
from bestshot.model.photo import LinkMethod
from tests.support.aliases import folders_by_name, links_as_mounts, mounted_again, numbered_by_path
from tests.support.killed_work import in_fork, until
from tests.support.undo_bench import Bench, left

NAMES = ("a.jpg", "b.jpg", "c.jpg")
ORIGINALS = "group_0001/originals"
ONLY_A_LINK = "Its original is now only a link to it, so this is the only copy left."
ALL_KEPT = {f"{ORIGINALS}/{name}": ONLY_A_LINK for name in NAMES}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A group of three, laid out."""
    bench = Bench(tmp_path)
    for name in NAMES:
        bench.write(name)
    lay(bench, *NAMES)
    return bench


def lay(bench: Bench, *names: str, link: LinkMethod = LinkMethod.COPY) -> None:
    bench.lay((1, [bench.photo(name) for name in names]), link=link)


def contents(bench: Bench) -> set[str]:
    """What photos and files of the user's hold, under whatever name below the folder of the bench."""
    files = [path for path in bench.root.rglob("*") if path.is_file() and not path.is_symlink()]
    texts = {path.read_text(errors="replace") for path in files}
    return {text for text in texts if text.startswith(("the photo", "mine"))}


def in_place_of_the_photos(bench: Bench, path: Path) -> None:
    shutil.rmtree(bench.photos)
    bench.photos.symlink_to(path)


def test_copies_that_are_mounted_where_the_photos_were_stay(bench: Bench) -> None:
    shutil.rmtree(bench.photos)
    bench.photos.mkdir()
    before = contents(bench)
    with mounted_again(bench.out / ORIGINALS, bench.photos):
        assert left(bench.look()) == ALL_KEPT
        assert left(bench.undo()) == ALL_KEPT
    assert contents(bench) == before


def test_a_copy_that_is_mounted_over_its_original_stays(bench: Bench) -> None:
    """A mount of a file goes on showing it after its last name has gone, but not after it is unmounted."""
    with mounted_again(bench.out / ORIGINALS / "a.jpg", bench.photos / "a.jpg"):
        assert left(bench.undo()) == {f"{ORIGINALS}/a.jpg": ONLY_A_LINK}
    (bench.photos / "a.jpg").unlink()
    assert "the photo a.jpg" in contents(bench)


def test_a_name_that_differs_from_that_of_the_copy_by_case_alone_is_taken_for_it(bench: Bench) -> None:
    """A hard link stands for what a disk does that does not tell the names apart."""
    for name in NAMES:
        (bench.photos / name).unlink()
        os.link(bench.out / ORIGINALS / name, bench.out / ORIGINALS / name.upper())
        (bench.photos / name).symlink_to(bench.out / ORIGINALS / name.upper())
    assert left(bench.look()) == left(bench.undo()) == ALL_KEPT


def test_a_hard_link_to_the_copy_is_a_name_of_its_own(bench: Bench) -> None:
    for name in NAMES:
        (bench.photos / name).unlink()
        os.link(bench.out / ORIGINALS / name, bench.photos / name)
    before = contents(bench)
    assert left(bench.undo()) == {}
    assert bench.tree() == {}
    assert contents(bench) == before


def test_where_no_inode_tells_which_files_are_one_the_copies_stay_whose_originals_go_with_them(bench: Bench) -> None:
    (bench.root / "pool").symlink_to(bench.out)
    in_place_of_the_photos(bench, bench.root / "pool" / ORIGINALS)
    before = contents(bench)
    with numbered_by_path():
        assert left(bench.undo()) == ALL_KEPT
    assert contents(bench) == before
    assert {path.name for path in (bench.out / ORIGINALS).iterdir()} == set(NAMES)


def test_where_no_inode_tells_anything_what_has_its_original_goes(bench: Bench) -> None:
    with numbered_by_path():
        assert left(bench.undo()) == {}
    assert bench.tree() == {}


def test_the_best_is_not_retired_where_its_original_is_only_a_link_to_it(bench: Bench) -> None:
    original = bench.out / ORIGINALS / "a.jpg"
    original.unlink()
    original.symlink_to("../best_a.jpg")
    (bench.photos / "a.jpg").unlink()
    b = bench.photo("b.jpg")
    actions: list[Action] = [
        PlaceBest("group_0001/best_b.jpg", 1, b.origin, b.key, f"{ORIGINALS}/b.jpg"),
        RetireBest("group_0001/best_a.jpg", 1, f"{ORIGINALS}/a.jpg"),
    ]
    with closing(bench.journal()) as journal:
        output = FolderOutput(bench.out, journal, lambda _file, _copy: "")
        with output.lock():
            assert len([*output.carry_out(actions, [b.origin], output.state())]) == 2
    assert (bench.out / "group_0001" / "best_b.jpg").exists()
    assert "the photo a.jpg" in contents(bench)


def test_a_best_stays_whose_copy_went_with_an_earlier_undo(bench: Bench) -> None:
    (bench.photos / "a.jpg").unlink()
    (bench.out / ORIGINALS / "a.jpg").unlink()
    for _ in range(2):
        bench.undo(1)
        assert "the photo a.jpg" in contents(bench)


def test_a_file_that_was_set_aside_when_an_undo_was_killed_has_its_name_again_after_the_next(bench: Bench) -> None:
    in_place_of_the_photos(bench, bench.out / ORIGINALS)
    with numbered_by_path():
        for step in count():
            code = in_fork(until, step, {"bestshot.storage.identity"}, bench.undo)
            assert code == -signal.SIGKILL, "it was never set aside"
            if aside := [*bench.out.rglob("*.aside")]:
                break
        assert aside[0].read_text().startswith("the photo")
        assert left(bench.undo(1)) == ALL_KEPT
    assert {path.name for path in (bench.out / ORIGINALS).iterdir()} == set(NAMES)


def gone(bench: Bench, name: str) -> None:
    (bench.photos / name).unlink()


def edited(bench: Bench, name: str) -> None:
    (bench.photos / name).unlink()
    (bench.photos / name).write_text(f"mine, instead of {name}")


def replaced(bench: Bench, name: str, make: Callable[[Path, Path], object], which: str) -> None:
    """Have another name of a file of the output where the photo was."""
    found = sorted(path for path in bench.out.rglob(which.format(name)) if path.is_file() and not path.is_symlink())
    if found:
        (bench.photos / name).unlink()
        make(found[0], bench.photos / name)


def soft_link(target: Path, link: Path) -> None:
    link.symlink_to(target)


def link_in_other_case(target: Path, link: Path) -> None:
    other = target.with_name(target.name.swapcase())
    if not other.exists():
        other.symlink_to(target)
    link.symlink_to(other)


def other_folder(bench: Bench, name: str) -> None:
    """Have the originals of a group where the photos were, by way of a link to their group."""
    found = sorted(path.parent.parent for path in bench.out.rglob(name) if path.parent.name == "originals")
    if found and not bench.photos.is_symlink() and not (bench.root / "photos before").exists():
        bench.photos.rename(bench.root / "photos before")
        (bench.root / "way").unlink(missing_ok=True)
        (bench.root / "way").symlink_to(found[0])
        bench.photos.symlink_to(bench.root / "way" / "originals")
        shutil.rmtree(bench.root / "photos before")


def group_elsewhere(bench: Bench, name: str) -> None:
    """Keep a group's folder elsewhere, with a link in its place."""
    found = sorted(path.parent.parent for path in bench.out.rglob(name) if path.parent.name == "originals")
    place = bench.root / "elsewhere"
    if found and not place.exists() and not found[0].is_symlink():
        found[0].rename(place)
        found[0].symlink_to(place)


def edited_copy(bench: Bench, name: str) -> None:
    for path in sorted(bench.out.rglob(name))[:1]:
        path.unlink()
        path.write_text(f"mine, at {path.name}")


def own_file(bench: Bench, name: str) -> None:
    for folder in sorted(bench.out.glob("group_*/originals"))[:1]:
        (folder / f"own {name}").write_text(f"mine, beside {name}")


MEDDLING: dict[str, Callable[[Bench, str], object]] = {
    "the photo is gone": gone,
    "the photo is another one": edited,
    "a soft link to the copy": partial(replaced, make=soft_link, which="originals/{}"),
    "a soft link to the best": partial(replaced, make=soft_link, which="best_{}"),
    "a hard link to the copy": partial(replaced, make=os.link, which="originals/{}"),
    "a link to the copy in other case": partial(replaced, make=link_in_other_case, which="originals/{}"),
    "originals in place of the photos": other_folder,
    "a group elsewhere": group_elsewhere,
    "an edited copy": edited_copy,
    "a file of one's own": own_file,
}
PHOTOS = st.sampled_from(NAMES)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(sorted(MEDDLING)), PHOTOS),
        st.tuples(st.just("a run"), st.permutations(NAMES), st.sampled_from(LinkMethod)),
        st.tuples(st.just("an undo"), st.integers(0, 4)),
    ),
    min_size=2,
    max_size=7,
)


def happen(bench: Bench, event: tuple[object, ...]) -> None:
    what, *how = event
    with suppress(OrganizerError, FileNotFoundError, FileExistsError):  # what cannot happen any more does not
        if what == "an undo":
            bench.undo(*how)  # type: ignore[arg-type] # drawn as a number
        elif what == "a run":
            order, link = how
            if names := [name for name in order if (bench.photos / name).is_file()]:  # type: ignore[attr-defined]
                lay(bench, *names, link=link)  # type: ignore[arg-type]
        else:
            MEDDLING[str(what)](bench, str(how[0]))


SYSTEMS = {"files numbered by path": numbered_by_path, "mounts": links_as_mounts, "no handles": folders_by_name}


@given(st.sampled_from(LinkMethod), EVENTS, st.sets(st.sampled_from(sorted(SYSTEMS))))
def test_whatever_a_user_makes_of_it_no_run_and_no_undo_takes_the_last_name_of_a_content(
    tmp_path_factory: pytest.TempPathFactory, link: LinkMethod, events: list[tuple[object, ...]], system: set[str]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    for name in NAMES:
        bench.write(name)
    lay(bench, *NAMES, link=link)
    with ExitStack() as stack:
        for name in sorted(system):
            stack.enter_context(SYSTEMS[name]())
        for event in [*events, ("an undo", 0), ("an undo", 1)]:
            before = contents(bench)
            happen(bench, event)
            if event[0] in ("a run", "an undo"):
                assert before <= contents(bench), event
                assert not any(bench.root.rglob("*.aside"))
