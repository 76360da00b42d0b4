"""What a run did in an output is taken back, exactly and safely."""

import os
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.errors import LockedError, OutputError, PhotoError, UsageError
from bestshot.journal.damage import open_file
from bestshot.journal.runs import UndoState
from bestshot.layout.actions import CopyFile, PlaceBest, RemoveFile
from bestshot.layout.output import FolderOutput
from bestshot.model.photo import LinkMethod
from bestshot.sources.immich.originals import check_asset
from bestshot.storage.files import checksum, copy_verified
from bestshot.storage.lock import LibraryLock
from tests.fake_immich import FakeImmich
from tests.fake_immich.state import Asset
from tests.support import builders
from tests.support.marks.on_immich import FOUR, client_of
from tests.support.undo_bench import Bench, left, tree_of

links = pytest.mark.parametrize("link", list(LinkMethod))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    for name in ("a.jpg", "a.jpg.xmp", "b.jpg", "c.jpg", "d.jpg"):
        bench.write(name)
    return bench


def test_with_the_last_run_the_mark_of_an_output_goes_too(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    bench.lay((2, [bench.photo("c.jpg"), bench.photo("d.jpg")]))
    bench.undo()
    assert (bench.out / ".photo-organizer" / "lock").exists()
    bench.undo()
    assert list(bench.out.rglob("*")) == []
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    assert (bench.out / ".photo-organizer" / "lock").exists()


def test_it_stays_while_something_of_the_run_does(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    (bench.out / "group_0001" / "metadata.txt").write_text("mine")
    bench.undo()
    assert (bench.out / ".photo-organizer" / "lock").exists()


@links
def test_the_output_is_as_before_and_the_photos_are_untouched(bench: Bench, link: LinkMethod) -> None:
    source = tree_of(bench.photos)
    bench.lay((1, [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]), link=link)
    assert len(bench.tree()) > 4
    assert left(bench.undo()) == {}
    assert bench.tree() == {}
    assert tree_of(bench.photos) == source


@links
def test_a_group_that_grew_and_changed_its_best_shrinks_to_what_it_was_with_its_times(
    bench: Bench, link: LinkMethod
) -> None:
    a, b, c = (bench.photo(f"{name}.jpg") for name in "abc")
    bench.lay((1, [a, b]), link=link)
    before = bench.tree()
    bench.lay((1, [c, a, b]), link=link)
    assert "group_0001/best_c.jpg" in bench.tree()
    assert left(bench.undo()) == {}
    assert bench.tree() == before
    assert bench.lay((1, [a, b]), link=link) == [], "and the journal says so too"
    assert left(bench.undo()) == {}
    assert bench.tree() == {}


def test_an_older_sidecar_and_a_symbolic_link_come_back(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]))
    before = bench.tree()
    bench.write("a.jpg.xmp", "edited since", time=1_700_000_999)
    bench.lay((1, [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]))
    assert bench.tree()["group_0001/originals/a.jpg.xmp"] != before["group_0001/originals/a.jpg.xmp"]
    assert left(bench.undo()) == {}
    assert bench.tree() == before

    linked = Bench(bench.root / "linked")
    shutil.copytree(bench.photos, linked.photos)
    photos = [linked.photo("a.jpg"), linked.photo("b.jpg")]
    linked.lay((1, photos), link=LinkMethod.SYMLINK)
    before = linked.tree()
    linked.lay((1, photos))
    assert linked.tree() != before
    assert left(linked.undo()) == {}
    assert linked.tree() == before


def test_a_sidecar_whose_earlier_text_a_killed_run_took_along_stays(bench: Bench) -> None:
    """The run was killed between putting the new copy in its place and writing down what the old one held."""
    photos = [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]
    bench.lay((1, photos))
    bench.write("a.jpg.xmp", "edited since", time=1_700_000_999)
    bench.lay((1, [bench.photo("a.jpg", "a.jpg.xmp"), photos[1]]))
    with closing(open_file(bench.root / "state" / "journal.sqlite3")) as connection:
        killed = "UPDATE changes SET state = 'begun', receipt = NULL WHERE run = 2 AND kind = 'CopyFile'"
        assert connection.execute(killed).rowcount == 1
    copy = "group_0001/originals/a.jpg.xmp"
    assert list(left(bench.undo(2))) == [copy]
    assert (bench.out / copy).read_text() == "edited since"


def test_a_text_that_a_killed_run_replaced_comes_back(bench: Bench) -> None:
    """The run was killed between putting the new text in its place and writing down what the old one said."""
    photos = [bench.photo("a.jpg"), bench.photo("b.jpg")]
    bench.lay((1, photos))
    before = bench.tree()
    bench.lay((1, [*photos, bench.photo("c.jpg")]))
    with closing(open_file(bench.root / "state" / "journal.sqlite3")) as connection:
        killed = "UPDATE changes SET state = 'begun', receipt = NULL WHERE run = 2 AND kind = 'WriteMetadata'"
        assert connection.execute(killed).rowcount == 1
    assert left(bench.undo(2)) == {}
    assert bench.tree() == before


def test_what_a_later_run_built_on_stays_until_that_is_undone(bench: Bench) -> None:
    a, b, c, d = (bench.photo(f"{name}.jpg") for name in "abcd")
    bench.lay((1, [a, b]), (2, [c, d]))
    bench.write("e.jpg")
    bench.lay((1, [a, b, bench.photo("e.jpg")]), (2, [c, d]))
    before = bench.tree()
    assert left(bench.undo(1)) == {"group_0001": "Run 2 built on it: undo that one first."}
    assert bench.tree() == {name: file for name, file in before.items() if name.startswith("group_0001")}
    assert left(bench.undo(2)) == {}
    assert left(bench.undo(1)) == {}
    assert bench.tree() == {}


def test_what_built_on_a_run_is_named_by_the_number_under_which_it_can_be_undone(bench: Bench) -> None:
    """The later run first noted that a photo was only touched, which is a part of it and has a number of its own."""
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    os.utime(bench.photos / "a.jpg")
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg"), bench.photo("c.jpg")]))
    assert left(bench.undo(1)) == {"group_0001": "Run 2 built on it: undo that one first."}
    assert left(bench.undo(2)) == {}


def meddle(bench: Bench, how: str) -> None:
    copy = bench.out / "group_0001" / "originals" / "b.jpg"
    original = bench.photos / "b.jpg"
    match how:
        case "edited copy":
            copy.write_text("edited by hand")
        case "same size and time":
            status = copy.stat()
            copy.write_text("THE PHOTO b.jpg")
            os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        case "no original":
            original.unlink()
        case "edited original":
            original.write_text("edited by hand")
        case "original is a link to its copy":
            original.unlink()
            original.symlink_to(copy)
        case "photos not mounted":
            bench.photos.rename(bench.root / "elsewhere")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("edited copy", "It was changed since and stays as it is."),
        ("same size and time", "It was changed since and stays as it is."),
        ("no original", "Its original is gone, so this may be the only copy left."),
        ("edited original", "Its original has changed since, so this is the only copy of the earlier version."),
        ("original is a link to its copy", "Its original is now only a link to it, so this is the only copy left."),
    ],
)
def test_what_is_the_users_or_the_last_copy_stays_and_is_listed(bench: Bench, how: str, reason: str) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    meddle(bench, how)
    kept = bench.tree()["group_0001/originals/b.jpg"]
    told = left(bench.look())
    assert left(bench.undo()) == told == {"group_0001/originals/b.jpg": reason}
    assert bench.tree() == {
        "group_0001": "folder",
        "group_0001/originals": "folder",
        "group_0001/originals/b.jpg": kept,
    }


def test_without_the_photos_nothing_of_them_goes(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    meddle(bench, "photos not mounted")
    assert set(left(bench.undo())) == {"group_0001/originals/a.jpg", "group_0001/originals/b.jpg"}
    assert (bench.out / "group_0001" / "originals" / "a.jpg").read_text() == "the photo a.jpg"
    (bench.root / "elsewhere").rename(bench.photos)
    assert left(bench.undo(1)) == {}, "what was left can be taken back later"
    assert bench.tree() == {}


def test_the_best_stays_where_it_is_the_last(bench: Bench) -> None:
    """Also when the user sorted out the originals in the output and, later, those in the library."""
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    (bench.photos / "a.jpg").unlink()
    (bench.out / "group_0001" / "originals" / "a.jpg").unlink()
    assert set(left(bench.undo())) == {"group_0001/best_a.jpg"}
    assert (bench.out / "group_0001" / "best_a.jpg").read_text() == "the photo a.jpg"


def test_what_the_user_added_or_took_away_is_no_hindrance(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    (bench.out / "group_0001" / "mine.txt").write_text("mine")
    (bench.out / "group_0001" / "originals" / "b.jpg").unlink()
    assert left(bench.undo()) == {}
    assert [*bench.tree()] == ["group_0001", "group_0001/mine.txt"]


def test_a_look_changes_nothing_and_tells_what_would_be_done(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    before, state = bench.tree(), (bench.root / "state" / "journal.sqlite3").read_bytes()
    told = bench.look()
    assert bench.tree() == before
    assert (bench.root / "state" / "journal.sqlite3").read_bytes() == state
    assert bench.undo() == told


def test_an_undo_is_a_run_of_its_own_that_is_not_undone(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    bench.undo()
    with closing(bench.journal()) as journal:
        first, second = journal.runs()
    assert (first.undo_state, second.undoes, second.is_finished) == (UndoState.UNDONE, 1, True)
    for number, sentence in (
        (0, "There is nothing to undo"),
        (1, "Run 1 has been undone"),
        (2, "Run 2 is an undo, of run 1"),
        (3, "There is no run 3"),
    ):
        with pytest.raises(UsageError, match=sentence):
            bench.undo(number)


def test_a_run_that_only_recognised_what_was_there_is_not_undone(bench: Bench) -> None:
    """The files were made by a run of which the journal tells no more."""
    photos = [bench.photo("a.jpg"), bench.photo("b.jpg")]
    bench.lay((1, photos))
    shutil.rmtree(bench.root / "state")
    with closing(bench.journal()) as journal:
        output = FolderOutput(bench.out, journal, lambda _file, _copy: "")
        output.catch_up(photos, [f"folder:{bench.photos}"])
    with pytest.raises(UsageError, match="There is nothing to undo"):
        bench.undo()
    assert "group_0001/originals/a.jpg" in bench.tree()


def test_a_copy_whose_source_was_touched_is_still_taken_back(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    os.utime(bench.photos / "a.jpg")
    with closing(bench.journal()) as journal:
        output = FolderOutput(bench.out, journal, lambda _file, _copy: "")
        output.catch_up([bench.photo("a.jpg"), bench.photo("b.jpg")], [f"folder:{bench.photos}"])
    assert left(bench.undo(1)) == {}
    assert bench.tree() == {}


def test_an_output_that_is_not_there_is_no_empty_one(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    bench.out.rename(bench.root / "unmounted")
    with pytest.raises(OutputError, match="is not there: mount its disk"):
        bench.undo()
    (bench.root / "unmounted").rename(bench.out)
    assert left(bench.undo()) == {}


def test_no_undo_while_another_run_works_there(bench: Bench) -> None:
    bench.lay((1, [bench.photo("a.jpg"), bench.photo("b.jpg")]))
    with LibraryLock(bench.out / ".photo-organizer" / "lock"), pytest.raises(LockedError):
        bench.undo()


def test_after_an_undo_the_same_run_lays_out_the_same(bench: Bench) -> None:
    photos = [bench.photo("a.jpg"), bench.photo("b.jpg")]
    bench.lay((1, photos))
    before = {name: file for name, file in bench.tree().items() if not name.endswith("metadata.txt")}
    bench.undo()
    bench.lay((1, photos))
    assert {name: file for name, file in bench.tree().items() if not name.endswith("metadata.txt")} == before
    assert all(isinstance(result, RemoveFile) for result in bench.undo())
    assert bench.tree() == {}


NAMES = [f"{letter}.jpg" for letter in "abcdef"]
GROUPS = st.permutations(NAMES).flatmap(
    lambda names: st.tuples(st.integers(2, 4), st.integers(2, 3)).map(
        lambda sizes: [(1, names[: sizes[0]]), (2, names[sizes[0] : sizes[0] + sizes[1]])]
    )
)
RUNS = st.lists(st.tuples(GROUPS, st.sampled_from(LinkMethod)), min_size=1, max_size=4)


@given(RUNS)
@settings(max_examples=40, deadline=None)
def test_any_runs_undone_from_the_last_leave_the_world_as_before_each(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[list[tuple[int, list[str]]], LinkMethod]]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    for name in NAMES:
        bench.write(name)
    source, worlds = tree_of(bench.photos), [bench.tree()]
    for groups, link in runs:
        if bench.lay(*((number, [bench.photo(name) for name in names]) for number, names in groups), link=link):
            worlds.append(bench.tree())
    assert worlds.pop() == bench.tree()
    while worlds:
        assert left(bench.undo()) == {}
        assert bench.tree() == worlds.pop()
    assert tree_of(bench.photos) == source


MEDDLING = st.lists(
    st.tuples(st.sampled_from(["edit", "remove", "add"]), st.integers(0, 30), st.booleans()), max_size=6
)


@given(RUNS, MEDDLING, st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_user_does_in_between_nothing_of_theirs_and_no_last_copy_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[tuple[list[tuple[int, list[str]]], LinkMethod]],
    meddling: list[tuple[str, int, bool]],
    data: st.DataObject,
) -> None:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    for name in NAMES:
        bench.write(name)
    for groups, link in runs:
        bench.lay(*((number, [bench.photo(name) for name in names]) for number, names in groups), link=link)
    theirs: dict[Path, bytes] = {}
    for how, place, is_source in meddling:
        meddle_with(bench.photos if is_source else bench.out, how, place, theirs)
    contents = contents_of(bench)
    number = data.draw(st.integers(1, len(runs)))
    try:
        bench.undo(number)
    except UsageError:
        return  # a run that changed nothing
    for path, content in theirs.items():
        assert path.read_bytes() == content
    assert {content for content in contents if content.startswith(b"the photo")} <= contents_of(bench)


def contents_of(bench: Bench) -> set[bytes]:
    """All that any file holds, in the library or in the output."""
    files = [path for folder in (bench.photos, bench.out) for path in folder.rglob("*") if path.is_file()]
    return {path.read_bytes() for path in files if not path.is_symlink()}


def meddle_with(folder: Path, how: str, place: int, theirs: dict[Path, bytes]) -> None:
    """Change, remove or add one file, and note what is the user's by now."""
    files = [path for path in sorted(folder.rglob("*.*")) if path.is_file() and ".photo-organizer" not in path.parts]
    if not files:
        return
    path = files[place % len(files)]
    if how == "add":
        path = path.with_name(f"mine {place}.txt")
    path.unlink(missing_ok=True)  # programs that save safely make a new file as well
    if how == "remove":
        theirs.pop(path, None)
    else:
        path.write_bytes(theirs.setdefault(path, f"mine {place}".encode()))


@pytest.mark.parametrize("version", FOUR)
def test_a_download_goes_only_while_the_server_has_the_same(version: str, tmp_path: Path) -> None:
    with FakeImmich(version) as fake:
        first, second, third, fourth = photos = fake.seeds.burst(4)
        client = client_of(fake)
        copies = {photo.id: tmp_path / photo.name for photo in photos}
        for photo in photos:
            copies[photo.id].write_bytes(client.download_asset(photo.id))
        fake.seeds.trash(second)
        third.original = fourth.original
        fake.state.remove(fourth)
        told = {}
        for photo in photos:
            try:
                check_asset(client, copy_of(photo), copies[photo.id], checksum(copies[photo.id]))
            except PhotoError as error:
                told[photo.id] = str(error)
        assert told == {
            second.id: "Its original is gone from the server or in the trash, so this may be the only copy left.",
            third.id: "Its original on the server has changed since, so this is the only copy of the earlier version.",
            fourth.id: "Its original is gone from the server or in the trash, so this may be the only copy left.",
        }
        first.library_id = fake.state.new_id()  # the checksums of an external library are those of paths
        check_asset(client, copy_of(first), copies[first.id], checksum(copies[first.id]))
        with pytest.raises(PhotoError, match="has changed since"):
            check_asset(client, copy_of(first), copies[third.id], checksum(copies[third.id]))


def test_a_best_whose_original_is_on_a_server_that_is_not_named_stays(bench: Bench) -> None:
    """An earlier run downloaded the photo; a later one found it in a folder and showed it as the best."""
    source = bench.write("a.jpg")
    status = source.stat()
    revision = f"{status.st_size:x}-{status.st_mtime_ns:x}"
    copy = CopyFile(
        "group_0001/originals/a.jpg", 1, "immich:me", "a", "immich:a/a.jpg", revision, status.st_size, LinkMethod.COPY
    )
    best = PlaceBest("group_0001/best_a.jpg", 1, "folder:/photos", "a.jpg", copy.destination)
    for action, origin in ((copy, "immich:me"), (best, "folder:/photos")):
        with closing(bench.journal()) as journal:
            output = FolderOutput(bench.out, journal, lambda file, to: copy_verified(source, to, file.size_and_time))
            with output.lock():
                assert [*output.carry_out([action], [origin], output.state())]
    (bench.out / copy.destination).unlink()
    reason = "Its original is on an Immich server that was not named, so this may be the only copy left."
    assert left(bench.undo(2)) == {best.destination: reason}
    assert (bench.out / best.destination).exists()


def copy_of(photo: Asset) -> CopyFile:
    """The copy that was made of an asset."""
    return replace(builders.copy_of(builders.photo(photo.name)), source=f"immich:{photo.id}/{photo.name}")
