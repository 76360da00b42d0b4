"""Where a folder of an output has become a link, its group is told and left alone, and so is what the link leads to."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.errors import OutputError
from bestshot.journal.journal import Journal
from bestshot.layout.actions import CHANGES, Action, CopyFile, Receipt
from bestshot.layout.output import FailedAction, FolderOutput
from bestshot.layout.plan import plan_folders
from bestshot.model.photo import LinkMethod
from bestshot.storage import folders
from bestshot.storage.files import copy_verified
from tests.support import builders, drawn_library
from tests.support.undo_bench import Bench, Tree, left, tree_of

ORIGINALS = "group_0001/originals"
places = pytest.mark.parametrize("place", ["group_0001", ORIGINALS])
LINKED = "has become a link, and nothing is changed where it leads"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A group of two, laid out, and a third photo that is to join them."""
    bench = Bench(tmp_path)
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        bench.write(name)
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    return bench


def moved_away(bench: Bench, place: str) -> Path:
    """Keep a folder of the output elsewhere, with a link in its place."""
    elsewhere = bench.root / "elsewhere"
    (bench.out / place).rename(elsewhere)
    (bench.out / place).symlink_to(elsewhere)
    return elsewhere


def grow(bench: Bench) -> list[Receipt | FailedAction]:
    return bench.lay((1, [bench.photo("c.jpg"), bench.photo("a.jpg"), bench.photo("b.jpg")]))


@places
def test_a_run_writes_nothing_and_removes_nothing_where_the_link_leads(bench: Bench, place: str) -> None:
    elsewhere = moved_away(bench, place)
    before, output = tree_of(elsewhere), bench.tree()
    results = grow(bench)
    assert len(results) == 4
    assert all(isinstance(result, FailedAction) and LINKED in result.error for result in results)
    assert tree_of(elsewhere) == before
    assert bench.tree() == output


@places
def test_another_group_is_laid_out_nevertheless(bench: Bench, place: str) -> None:
    moved_away(bench, place)
    results = bench.lay((2, [bench.photo("c.jpg"), bench.photo("d.jpg")]))
    assert all(isinstance(result, Receipt) for result in results)


@places
def test_an_undo_takes_nothing_away_where_the_link_leads(bench: Bench, place: str) -> None:
    elsewhere = moved_away(bench, place)
    before = tree_of(elsewhere)
    told = left(bench.look())
    assert left(bench.undo()) == told
    assert {f"{ORIGINALS}/a.jpg", f"{ORIGINALS}/b.jpg"} <= told.keys()
    assert all(why.endswith(f"{LINKED}.") for why in told.values())
    assert (
        tree_of(elsewhere).items()
        >= {name: file for name, file in before.items() if not name.startswith("best_")}.items()
    )
    assert (bench.out / place).is_symlink()
    (bench.out / place).unlink()
    elsewhere.rename(bench.out / place)
    assert left(bench.undo(1)) == {}
    assert bench.tree() == {}


@places
def test_an_undo_counts_nothing_as_gone_that_it_cannot_see_past_a_link(bench: Bench, place: str) -> None:
    elsewhere = moved_away(bench, place)
    shutil.move(elsewhere, bench.root / "further")
    elsewhere.mkdir()
    assert {f"{ORIGINALS}/a.jpg", f"{ORIGINALS}/b.jpg"} <= left(bench.undo()).keys()
    assert tree_of(elsewhere) == {}


@pytest.mark.parametrize("dangling", [False, True])
def test_a_lock_is_not_made_where_a_link_leads(bench: Bench, dangling: bool) -> None:
    elsewhere = bench.root / "elsewhere"
    if not dangling:
        elsewhere.mkdir()
    shutil.rmtree(bench.out / ".photo-organizer")
    (bench.out / ".photo-organizer").symlink_to(elsewhere)
    before = bench.tree()
    for work in (lambda: grow(bench), bench.undo):
        with pytest.raises(OutputError, match=rf"\.photo-organizer {LINKED}"):
            work()
    assert bench.tree() == before
    assert not elsewhere.exists() if dangling else tree_of(elsewhere) == {}


@places
def test_what_a_killed_run_left_is_not_cleared_where_a_link_leads(bench: Bench, place: str) -> None:
    copy = builders.copy_of(bench.photo("c.jpg"))
    with closing(bench.journal()) as journal:
        output = FolderOutput(bench.out, journal, lambda _file, _copy: "")
        part = journal.begin_part(output.target, ["folder:/photos"])
        (change,) = journal.begin(part, CHANGES, [copy])
        draft = bench.out / ORIGINALS / journal.draft_name(change.id)
    (bench.out / ORIGINALS / "a.jpg").unlink()
    (bench.out / ORIGINALS / "b.jpg").unlink()
    draft.write_text("half")
    before = tree_of(moved_away(bench, place))
    with closing(bench.journal()) as journal:
        FolderOutput(bench.out, journal, lambda _file, _copy: "").recover()
    assert tree_of(bench.root / "elsewhere") == before


Fetched = Callable[[CopyFile, Path], str]


def laid_while(bench: Bench, meddle: Callable[[], object], *, at: int) -> list[str]:
    """What failed of a run in which this happens before one of its copies is written, after all was looked at."""
    photos = [bench.photo("c.jpg"), bench.photo("a.jpg"), bench.photo("b.jpg"), bench.photo("d.jpg")]
    seen = 0

    def fetch(file: CopyFile, copy: Path) -> str:
        nonlocal seen
        seen += 1
        if seen == at:
            meddle()
        return copy_verified(Path(file.source), copy, file.size_and_time)

    with closing(Journal(bench.root / "state" / "journal.sqlite3")) as journal:
        output = FolderOutput(bench.out, journal, fetch)
        with output.lock():
            state = output.state(photos)
            actions: list[Action] = plan_folders([builders.planned(1, *photos)], photos, state, LinkMethod.COPY)
            results = list(output.carry_out(actions, ["folder:/photos"], state))
    return [result.error for result in results if isinstance(result, FailedAction)]


@pytest.mark.skipif(not folders._HAS_HANDLES, reason="this system has no names for open folders")
@places
@pytest.mark.parametrize("at", [1, 2])
def test_a_folder_that_gives_way_to_a_link_while_it_is_written_to_leads_nothing_elsewhere(
    bench: Bench, place: str, at: int
) -> None:
    """The copy that is being written is finished where it was begun; what comes after it is told and not begun."""
    elsewhere = bench.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "originals").mkdir()
    before: Tree = tree_of(elsewhere)

    def swap() -> None:
        (bench.out / place).rename(bench.root / "moved")
        (bench.out / place).symlink_to(elsewhere)

    errors = laid_while(bench, swap, at=at)
    assert errors
    assert all(LINKED in error for error in errors)
    assert tree_of(elsewhere) == before
    assert {"c.jpg", "d.jpg"}.intersection(path.name for path in (bench.root / "moved").rglob("*"))


def test_a_run_says_which_group_was_left_alone_and_ends_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    drawn_library.add_burst(photos)
    arguments = [str(photos), "-o", str(out), "--no-faces", "--workers", "1"]
    assert main([*arguments, "--quiet"]) == 0
    shutil.move(out / "group_0001", tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    (out / "group_0001").symlink_to(tmp_path / "empty")
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert f"{out / 'group_0001'} {LINKED}" in told.out + told.err
    assert tree_of(tmp_path / "empty") == {}
