"""What a run marked in folders is taken back: sidecars to the byte, albums, and nothing of the user's."""

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bestshot.journal.journal import Journal
from bestshot.journal.runs import run_to_undo
from bestshot.marks.actions import MarkAction
from bestshot.marks.apply import AT_ONCE, carry_out_marks
from bestshot.marks.kinds.albums import AddToAlbum, MakeAlbum
from bestshot.marks.kinds.tags import AddTags, RemoveTag
from bestshot.marks.kinds.values import SetFavorite
from bestshot.sources.local.marks import FolderMarks
from bestshot.undo.undo import Result, RunUndo
from bestshot.xmp.packet import XmpMarks, read
from tests.support.sidecar_samples import DARKTABLE, LIGHTROOM
from tests.support.undo_bench import left, tree_of

TAG, BEST = "tidy", "tidy-best"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    for name in ("a.jpg", "b.jpg", "c.cr2", "d.jpg"):
        (made / name).write_bytes(f"picture {name}".encode())
    (made / "a.jpg.xmp").write_bytes(DARKTABLE.encode())
    (made / "c.xmp").write_bytes(LIGHTROOM.encode())
    for path in made.iterdir():
        os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
    return made


def keys(folder: Path, *names: str) -> tuple[str, ...]:
    return tuple(str(folder / f"{name}") for name in names)


def mark(folder: Path, *actions: MarkAction) -> None:
    """One run that does this."""
    with closing(Journal(folder.parent / "journal.sqlite3")) as journal:
        library = FolderMarks(folder.parent / "albums")
        list(carry_out_marks(library, journal, "sidecars", [f"folder:{folder}"], actions, AT_ONCE))


def undo(folder: Path, number: int = 0) -> list[Result]:
    """One undo, as the command line does it."""
    with closing(Journal(folder.parent / "journal.sqlite3")) as journal:
        job = run_to_undo(journal.runs(), number)
        return list(RunUndo(journal, job, folder.parent / "cache", None).carry_out())


def plan(folder: Path) -> Sequence[MarkAction]:
    a, b, c, d = keys(folder, "a.jpg", "b.jpg", "c.cr2", "d.jpg")
    return [
        AddTags((b, c, d), (TAG,)),
        AddTags((a,), (TAG, BEST)),
        MakeAlbum(1, "Organized-0001", (a, b, c, d)),
        SetFavorite((a, b), value=True),
    ]


def test_sidecars_and_albums_are_as_before(folder: Path) -> None:
    before = tree_of(folder)
    mark(folder, *plan(folder))
    assert {"b.jpg.xmp", "d.jpg.xmp"} <= set(tree_of(folder))
    assert tree_of(folder.parent / "albums")
    assert left(undo(folder)) == {}
    assert tree_of(folder) == before
    assert tree_of(folder.parent / "albums") == {}


def test_each_of_several_runs_is_taken_back_to_the_byte(folder: Path) -> None:
    worlds = [tree_of(folder)]
    a, b, c, d = keys(folder, "a.jpg", "b.jpg", "c.cr2", "d.jpg")
    for actions in (
        [AddTags((a, b), (TAG, BEST))],
        [RemoveTag((b,), BEST), AddTags((c, d), (TAG,))],
        [SetFavorite((a, d), value=True), AddTags((b,), ("third",))],
    ):
        mark(folder, *actions)
        worlds.append(tree_of(folder))
    assert worlds.pop() == tree_of(folder)
    while worlds:
        assert left(undo(folder)) == {}
        assert tree_of(folder) == worlds.pop()


@pytest.mark.parametrize("seconds", [3600, -3600, 1])
def test_sidecars_whose_times_were_shifted_are_taken_back_to_the_byte(folder: Path, seconds: int) -> None:
    before = tree_of(folder)
    mark(folder, *plan(folder))
    for path in folder.glob("*.xmp"):
        os.utime(path, (0, path.stat().st_mtime + seconds))
    assert left(undo(folder)) == {}
    assert tree_of(folder) == before


def test_of_a_sidecar_that_was_edited_since_only_what_is_ours_is_taken_off(folder: Path) -> None:
    mark(folder, *plan(folder))
    sidecar = folder / "a.jpg.xmp"
    edited = sidecar.read_text().replace('operation="rawprepare"', 'operation="exposure"')
    sidecar.write_text(edited)
    assert left(undo(folder)) == {}
    assert read(sidecar.read_bytes()) == read(DARKTABLE.encode())
    assert 'operation="exposure"' in sidecar.read_text()


def test_an_earlier_run_is_taken_back_from_under_a_later_one(folder: Path) -> None:
    (b,) = keys(folder, "b.jpg")
    mark(folder, AddTags((b,), (TAG,)))
    mark(folder, SetFavorite((b,), value=True))
    assert left(undo(folder, 1)) == {}
    assert read((folder / "b.jpg.xmp").read_bytes()) == XmpMarks(frozenset(), 5)
    assert left(undo(folder, 2)) == {}
    assert not (folder / "b.jpg.xmp").exists()


def test_stars_that_the_user_changed_stay_and_so_does_an_album_with_more_in_it(folder: Path) -> None:
    mark(folder, *plan(folder))
    (folder.parent / "albums" / "Organized-0001" / "mine.txt").write_text("mine")
    sidecar = folder / "b.jpg.xmp"
    sidecar.write_text(sidecar.read_text().replace("5", "3"))
    told = left(undo(folder))
    assert set(told.values()) == {"Something was added to its album since, so that stays."}
    assert (folder.parent / "albums" / "Organized-0001" / "mine.txt").read_text() == "mine"
    assert read(sidecar.read_bytes()) == XmpMarks(frozenset(), 3)


def test_a_photo_that_was_added_by_a_later_run_keeps_the_album(folder: Path) -> None:
    a, b, c = keys(folder, "a.jpg", "b.jpg", "c.cr2")
    mark(folder, MakeAlbum(1, "Organized-0001", (a, b)))
    album = str(folder.parent / "albums" / "Organized-0001")
    mark(folder, AddToAlbum(album, (c,), 1))
    assert left(undo(folder, 1)) == {"Organized-0001": "A later run has changed it since: undo that one first."}
    assert left(undo(folder, 2)) == {}
    assert left(undo(folder, 1)) == {}
    assert tree_of(folder.parent / "albums") == {}


def test_a_photo_that_is_gone_is_told(folder: Path) -> None:
    mark(folder, *plan(folder))
    (folder / "d.jpg").unlink()
    assert left(undo(folder)) == {str(folder / "d.jpg"): "It is gone or in the trash."}
