"""Claims about marks in folders: sidecars and albums are made whole, kept before they change, and found again."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PIL import Image

from bestshot.errors import UsageError
from bestshot.journal.changes import Keep, ReplacedSidecar, keep_nothing
from bestshot.journal.journal import Journal
from bestshot.marks.actions import MarkAction, MarkOptions, MarkReceipt, receipts_of
from bestshot.marks.apply import AT_ONCE, FailedMark, carry_out_marks, recover_marks
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack
from bestshot.marks.kinds.tags import AddTags, RemoveTag
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.plan import marked_group, plan_marks
from bestshot.marks.registry import KINDS
from bestshot.marks.state import Stack
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import digest
from bestshot.sources.local.albums import ALBUM_MARKER, AlbumFolders
from bestshot.sources.local.marks import FolderMarks
from bestshot.sources.local.sidecar_files import content_checksum, current_content, replace_content, sweep
from bestshot.storage.lock import LibraryLock
from bestshot.xmp.packet import read
from tests.support.builders import photo, planned
from tests.support.drawn_library import run_unprivileged
from tests.support.file_systems import in_own_process, refuse_names
from tests.support.paths import ROOT
from tests.support.sidecar_samples import LIGHTROOM, sidecar

TARGET = "folder:/photos"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    return made


@pytest.fixture
def albums(tmp_path: Path) -> Path:
    return tmp_path / "out" / "albums"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite3")) as opened:
        yield opened


def lay(folder: Path, *names: str) -> tuple[str, ...]:
    """Pictures of these names; returns their keys."""
    for name in names:
        (folder / name).write_bytes(b"picture")
    return tuple(str(folder / name) for name in names)


def xmp_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix.lower() == ".xmp"}


def made(library: FolderMarks, journal: Journal, actions: Sequence[MarkAction]) -> list[MarkReceipt | FailedMark]:
    return list(carry_out_marks(library, journal, TARGET, ["folder"], actions, AT_ONCE))


def only(came: Sequence[MarkReceipt | FailedMark]) -> MarkReceipt:
    (receipt,) = came
    assert isinstance(receipt, MarkReceipt)
    return receipt


# Names


@pytest.mark.parametrize(
    ("files", "picture", "written"),
    [
        (["a.jpg"], "a.jpg", "a.jpg.xmp"),
        (["a.png", "a.jpg"], "a.png", "a.png.xmp"),
        (["a.CR2"], "a.CR2", "a.xmp"),
        (["a.jpg", "A.CR2"], "a.jpg", "A.xmp"),
        (["a.cr2", "a.dng"], "a.cr2", "a.xmp"),
        (["a.cr2", "a.dng"], "a.dng", "a.dng.xmp"),
        (["a.jpg", "a.xmp"], "a.jpg", "a.xmp"),
        (["a.jpg", "A.JPG.XMP"], "a.jpg", "A.JPG.XMP"),
        (["a.jpg", "a.xmp", "a.jpg.xmp"], "a.jpg", "a.jpg.xmp"),
        (["a.cr2", "a.cr2.xmp"], "a.cr2", "a.cr2.xmp"),
        (["a.jpg", "a.cr2", "a.cr2.xmp", "a.jpg.xmp", "a.xmp"], "a.jpg", "a.xmp"),
        (["a.cr2", "a.png", "a.xmp"], "a.png", "a.png.xmp"),
        (["shot"], "shot", "shot.xmp"),
        (["a.jpg", ".a.jpg.xmp"], "a.jpg", "a.jpg.xmp"),
    ],
)
def test_a_mark_goes_into_the_sidecar_that_is_there_or_the_one_that_programs_read(
    folder: Path, files: list[str], picture: str, written: str
) -> None:
    lay(folder, *(name for name in files if not name.lower().endswith(".xmp")))
    for name in files:
        if name.lower().endswith(".xmp"):
            (folder / name).write_bytes(sidecar())
    before = {name: (folder / name).read_bytes() for name in files}
    key = str(folder / picture)
    library = FolderMarks()
    assert library.mark(AddTags((key,), ("dup",))).changed == (key,)
    assert read((folder / written).read_bytes()).tags == {"dup"}
    assert {name: (folder / name).read_bytes() for name in files if name != written} == {
        name: content for name, content in before.items() if name != written
    }
    assert library.read_marks([key], (), with_albums=False).photos[key].tags == {"dup"}


# Tags and ratings


def test_what_stands_already_is_not_written_again(folder: Path) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    library = FolderMarks()
    library.mark(AddTags(keys[:1], ("dup",)))
    before = (folder / "a.jpg.xmp").stat()
    assert library.mark(AddTags(keys, ("dup",))).changed == keys[1:]
    after = (folder / "a.jpg.xmp").stat()  # it was read, so the time of access may have changed
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_sidecar_is_written_up_to_the_longest_name_and_told_beyond(folder: Path) -> None:
    """Its draft has a name of its own length, and what a photo's sidecar is called is not ours to choose."""
    longest, beyond = lay(folder, "x" * 247 + ".jpg", "y" * 251 + ".jpg")
    marked = FolderMarks().mark(AddTags((longest, beyond), ("dup",)))
    assert marked.changed == (longest,)
    assert [(one.key, "File name too long" in one.error) for one in marked.refused] == [(beyond, True)]
    assert {path.name for path in folder.iterdir()} == {Path(key).name for key in (longest, beyond)} | {
        f"{Path(longest).name}.xmp"
    }


def test_no_picture_is_touched(folder: Path, albums: Path) -> None:
    keys = lay(folder, "a.jpg", "b.cr2")
    before = [(Path(key).read_bytes(), Path(key).stat().st_mtime_ns, Path(key).stat().st_ino) for key in keys]
    library = FolderMarks(albums)
    for action in (AddTags(keys, ("dup",)), SetFavorite(keys, value=True), MakeAlbum(1, "One", keys)):
        assert library.mark(action).changed == keys
    assert [(Path(key).read_bytes(), Path(key).stat().st_mtime_ns, Path(key).stat().st_ino) for key in keys] == before


def test_a_sidecar_of_ours_goes_with_the_last_mark_and_one_of_the_users_stays(folder: Path) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    (folder / "b.jpg.xmp").write_bytes(sidecar())
    library = FolderMarks()
    library.mark(AddTags(keys, ("dup",)))
    assert library.mark(RemoveTag(keys, "dup")).changed == keys
    assert xmp_names(folder) == {"b.jpg.xmp"}
    assert (folder / "b.jpg.xmp").read_bytes() == sidecar()


def test_a_tag_is_taken_off_wherever_it_stands(folder: Path) -> None:
    (key,) = lay(folder, "a.jpg")
    library = FolderMarks()
    library.mark(AddTags((key,), ("dup",)))
    (folder / "a.xmp").write_bytes((folder / "a.jpg.xmp").read_bytes())
    assert library.mark(RemoveTag((key,), "dup")).changed == (key,)
    assert library.read_marks([key], (), with_albums=False).photos[key].tags == frozenset()


@pytest.mark.parametrize("stars", ["1", "3", "-1"])
def test_a_rating_of_the_users_is_never_overwritten(folder: Path, stars: str) -> None:
    (key,) = lay(folder, "a.jpg")
    (folder / "a.jpg.xmp").write_bytes(sidecar(f'm:Rating="{stars}"'))
    library = FolderMarks()
    for action in (SetFavorite((key,), value=True), SetRating(key, 5)):
        marked = library.mark(action)
        assert (marked.changed, [one.key for one in marked.refused]) == ((), [key])
    assert (folder / "a.jpg.xmp").read_bytes() == sidecar(f'm:Rating="{stars}"')


def test_a_favourite_is_taken_back_only_while_it_is_one(folder: Path) -> None:
    (key,) = lay(folder, "a.jpg")
    path = folder / "a.jpg.xmp"
    path.write_bytes(sidecar())
    library = FolderMarks()
    assert library.mark(SetFavorite((key,), value=True)).changed == (key,)
    assert library.read_back([SetFavorite((key,), value=True)], ()).photos[key].is_favorite
    assert library.mark(SetFavorite((key,), value=False)).changed == (key,)
    assert path.read_bytes() == sidecar()
    path.write_bytes(sidecar('m:Rating="4"'))
    assert library.mark(SetFavorite((key,), value=False)).changed == ()
    assert read(path.read_bytes()).rating == 4


def test_the_marks_inside_a_picture_are_the_users_too(folder: Path) -> None:
    """Its rating is not overwritten, and its tags stay in sight where a sidecar takes the place of its own."""
    path = folder / "a.jpg"
    Image.new("RGB", (8, 8)).save(path, xmp=LIGHTROOM.encode())
    key = str(path)
    library = FolderMarks(with_pictures=True)
    assert library.read_marks([key], (), with_albums=False).photos[key].rating == 3
    assert [one.key for one in library.mark(SetFavorite((key,), value=True)).refused] == [key]
    assert xmp_names(folder) == set()
    library.mark(AddTags((key,), ("dup",)))
    assert read((folder / "a.jpg.xmp").read_bytes()).tags == {"Berlin", "Trips", "Trips/Berlin", "dup"}
    library.mark(RemoveTag((key,), "dup"))
    assert xmp_names(folder) == set()


def test_what_cannot_be_parsed_is_left_alone_and_named_and_the_others_go_on(folder: Path) -> None:
    keys = lay(folder, "a.jpg", "b.jpg", "c.jpg")
    (folder / "a.jpg.xmp").write_bytes(b"<broken")
    (folder / "b.jpg.xmp").write_bytes(b"<!DOCTYPE x []><x/>")
    Path(keys[2]).rename(folder / "d.jpg")
    other = str(folder / "d.jpg")
    marked = FolderMarks().mark(AddTags((*keys, other), ("dup",)))
    assert marked.changed == (other,)
    assert {one.key: one.error for one in marked.refused} == {
        keys[0]: "Its sidecar is not well-formed XML, and is left alone.",
        keys[1]: "Its sidecar has a document type declaration, which XMP never has, and is left alone.",
        keys[2]: "It is not there any more.",
    }
    assert (folder / "a.jpg.xmp").read_bytes() == b"<broken"


def test_the_permissions_of_a_sidecar_stay(folder: Path) -> None:
    (key,) = lay(folder, "a.jpg")
    (folder / "a.jpg.xmp").write_bytes(sidecar())
    (folder / "a.jpg.xmp").chmod(0o640)
    FolderMarks().mark(AddTags((key,), ("dup",)))
    assert read((folder / "a.jpg.xmp").read_bytes()).tags == {"dup"}
    assert (folder / "a.jpg.xmp").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("is_there", [True, False])
def test_a_sidecar_that_is_a_link_is_never_followed_and_is_told(
    folder: Path, tmp_path: Path, *, is_there: bool
) -> None:
    (key,) = lay(folder, "a.jpg")
    elsewhere = tmp_path / "elsewhere.xmp"
    if is_there:
        elsewhere.write_bytes(sidecar())
    (folder / "a.jpg.xmp").symlink_to(elsewhere)
    marked = FolderMarks().mark(AddTags((key,), ("dup",)))
    assert marked.changed == ()
    assert [one.error for one in marked.refused] == [
        "Its sidecar cannot be read: it is a link, not a file, and is left alone."
    ]
    assert (folder / "a.jpg.xmp").is_symlink()
    assert xmp_names(folder) == {"a.jpg.xmp"}
    assert elsewhere.read_bytes() == sidecar() if is_there else not elsewhere.exists()


@pytest.mark.parametrize(("make", "what"), [(Path.mkdir, "a folder"), (os.mkfifo, "a pipe")], ids=["folder", "pipe"])
def test_a_sidecar_that_is_no_file_is_told_as_what_it_is(
    folder: Path, make: Callable[[Path], object], what: str
) -> None:
    (key,) = lay(folder, "a.jpg")
    make(folder / "a.jpg.xmp")
    marked = FolderMarks().mark(AddTags((key,), ("dup",)))
    assert [one.error for one in marked.refused] == [
        f"Its sidecar cannot be read: it is {what}, not a file, and is left alone."
    ]
    assert xmp_names(folder) == {"a.jpg.xmp"}


def test_a_photo_in_a_folder_that_may_not_be_written_is_refused_and_the_others_go_on() -> None:
    with TemporaryDirectory() as name:  # pytest's own folders are closed to others than its user
        root, free, shut = Path(name), Path(name) / "free", Path(name) / "shut"
        free.mkdir()
        shut.mkdir()
        lay(free, "a.jpg")
        lay(shut, "b.jpg")
        for path, mode in ((root, 0o755), (free, 0o777), (shut, 0o555)):
            path.chmod(mode)
        printed = run_unprivileged(
            "from bestshot.sources.local.marks import FolderMarks\nfrom bestshot.marks.kinds.tags import AddTags\n"
            "from PIL import JpegImagePlugin\nfrom bestshot.imaging import load\n"
            "from bestshot.metadata import exif, file_facts, header",
            "marked = FolderMarks().mark(AddTags(('free/a.jpg', 'shut/b.jpg'), ('dup',)))\n"
            "print(*marked.changed, *(f'{one.key}: {one.error}' for one in marked.refused), sep='\\n')\n",
            root,
        )
        assert printed.splitlines() == [
            "free/a.jpg",
            "shut/b.jpg: Its sidecar cannot be written: Permission denied, and is left alone.",
        ]
        assert xmp_names(shut) == set()


@pytest.mark.parametrize(
    "action",
    [
        SetArchived(("a",), value=True),
        SetDescription("a", "text"),
        MakeStack(1, ("a", "b")),
        DissolveStack(1, Stack("s", ("a", "b"))),
        MakeAlbum(1, "One", ("a",)),
    ],
)
def test_what_folders_have_nothing_for_is_refused(action: MarkAction) -> None:
    with pytest.raises(UsageError):
        FolderMarks().mark(action)


# What a change replaces


def meddling(times: int, meddle: Callable[[], object]) -> Keep:
    """An editor that saves after a sidecar was read and before it is replaced."""
    left = [None] * times

    def keep(replaced: Sequence[ReplacedSidecar]) -> Sequence[str]:
        if left:
            left.pop()
            meddle()
        return keep_nothing(replaced)

    return keep


def test_a_sidecar_that_an_editor_saves_meanwhile_is_read_anew(folder: Path) -> None:
    (key,) = lay(folder, "a.jpg")
    path = folder / "a.jpg.xmp"
    path.write_bytes(sidecar())
    saved = sidecar('m:Rating="2"')
    keep = meddling(1, lambda: path.write_bytes(saved))
    assert FolderMarks().mark(AddTags((key,), ("dup",)), keep).changed == (key,)
    found = read(path.read_bytes())
    assert (set(found.tags), found.rating) == ({"dup"}, 2)


def test_a_sidecar_that_appears_meanwhile_is_merged_and_not_overwritten(folder: Path) -> None:
    (key,) = lay(folder, "a.jpg")
    keep = meddling(1, lambda: (folder / "a.jpg.xmp").write_bytes(LIGHTROOM.encode()))
    assert FolderMarks().mark(AddTags((key,), ("dup",)), keep).changed == (key,)
    assert read((folder / "a.jpg.xmp").read_bytes()).tags >= {"dup", "Berlin"}


def test_a_sidecar_that_is_written_all_the_time_is_left_alone(folder: Path) -> None:
    (key,) = lay(folder, "a.jpg")
    path = folder / "a.jpg.xmp"
    path.write_bytes(sidecar())
    keep = meddling(99, lambda: path.write_bytes(path.read_bytes() + b"\n"))
    marked = FolderMarks().mark(AddTags((key,), ("dup",)), keep)
    assert (marked.changed, [one.error for one in marked.refused]) == (
        (),
        ["Another program keeps writing its sidecar."],
    )
    assert path.read_bytes().rstrip() == sidecar().rstrip()
    assert not list(folder.glob(".*.part"))


def restore(replaced: ReplacedSidecar) -> None:
    """Put back what a change replaced, out of the journal alone."""
    current = current_content(replaced.path)
    assert content_checksum(current) == replaced.after
    assert replace_content(replaced.path, current, replaced.before, replaced.mtime_ns)


def test_the_old_bytes_are_in_the_journal_before_they_are_replaced(folder: Path, journal: Journal) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    (folder / "a.jpg.xmp").write_bytes(LIGHTROOM.encode())
    made(FolderMarks(), journal, [AddTags(keys, ("dup",)), SetFavorite(keys[1:], value=True)])
    kept = list(journal.replaced_sidecars(TARGET))
    assert [(Path(one.path).name, one.before is None) for one in kept] == [
        ("b.jpg.xmp", False),
        ("b.jpg.xmp", True),
        ("a.jpg.xmp", False),
    ]
    for one in kept:
        restore(one)
    assert xmp_names(folder) == {"a.jpg.xmp"}
    assert (folder / "a.jpg.xmp").read_bytes() == LIGHTROOM.encode()


def test_the_journal_shows_what_somebody_wrote_since(folder: Path, journal: Journal) -> None:
    (key,) = lay(folder, "a.jpg")
    made(FolderMarks(), journal, [AddTags((key,), ("dup",))])
    path = folder / "a.jpg.xmp"
    path.write_bytes(path.read_bytes() + b"\n")
    (kept,) = journal.replaced_sidecars(TARGET)
    assert content_checksum(current_content(kept.path)) != kept.after


def test_a_sidecar_that_was_taken_away_can_be_put_back(folder: Path, journal: Journal) -> None:
    (key,) = lay(folder, "a.jpg")
    made(FolderMarks(), journal, [AddTags((key,), ("dup",))])
    tagged = (folder / "a.jpg.xmp").read_bytes()
    made(FolderMarks(), journal, [RemoveTag((key,), "dup")])
    assert xmp_names(folder) == set()
    restore(next(iter(journal.replaced_sidecars(TARGET))))
    assert (folder / "a.jpg.xmp").read_bytes() == tagged


def test_what_a_killed_run_left_of_its_writing_is_swept_away_unless_it_is_alive(
    folder: Path, journal: Journal, tmp_path: Path
) -> None:
    """The journal knows it, and the lock of its library whether the run is still at work."""
    (key,) = lay(folder, "a.jpg")
    (change,) = journal.begin(journal.begin_part(TARGET, ["folder:/photos"]), KINDS, [AddTags((key,), ("dup",))])
    path = str(folder / "a.jpg.xmp")
    (name,) = journal.keep(change, [ReplacedSidecar(key, path, None, "checksum")])
    theirs = folder / ".photo-organizer-xmp-00.part"
    for file in (folder / name, theirs):
        file.write_bytes(b"half")
        os.utime(file, (0, 0))
    with LibraryLock(tmp_path / "locks" / digest("folder:/photos")):
        sweep(journal, tmp_path / "locks", ())
        assert (folder / name).exists()
    sweep(journal, tmp_path / "locks", ())
    assert not (folder / name).exists()
    assert theirs.read_bytes() == b"half"


def test_what_a_killed_run_of_the_first_version_left_is_swept_away_too(
    folder: Path, journal: Journal, tmp_path: Path
) -> None:
    (key,) = lay(folder, "a.jpg")
    (change,) = journal.begin(journal.begin_part(TARGET, ["folder:/photos"]), KINDS, [AddTags((key,), ("dup",))])
    journal.keep(change, [ReplacedSidecar(key, str(folder / "a.jpg.xmp"), None, "checksum")])
    left, theirs = folder / ".photo-organizer-xmp-93b408761a4a1065.part", folder / ".photo-organizer-xmp-mine.part"
    left.write_bytes(b"half")
    theirs.write_bytes(b"mine")
    sweep(journal, tmp_path / "locks", ())
    assert not left.exists()
    assert theirs.read_bytes() == b"mine"


@pytest.mark.parametrize("name", [".photo-organizer-xmp-00.part", ".photo-organizer-xmp-ffff.part", ".x.part"])
def test_no_file_of_the_users_is_swept_away_for_its_name(folder: Path, journal: Journal, name: str) -> None:
    (key,) = lay(folder, "a.jpg")
    (folder / name).write_bytes(b"mine")
    os.utime(folder / name, (0, 0))
    made(FolderMarks(), journal, [AddTags((key,), ("dup",))])
    assert (folder / name).read_bytes() == b"mine"


def test_a_new_sidecar_never_takes_the_place_of_another(folder: Path) -> None:
    path = folder / "a.jpg.xmp"
    path.write_bytes(b"theirs")
    assert not replace_content(str(path), None, b"ours")
    assert path.read_bytes() == b"theirs"


# Albums


def linked(album: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(album.iterdir()) if path.name != ALBUM_MARKER}


def test_an_album_is_a_folder_of_links_that_lead_to_the_photos(folder: Path, albums: Path) -> None:
    (folder / "other").mkdir()
    keys = (*lay(folder, "a.jpg", "b.jpg"), *lay(folder / "other", "A.jpg"))
    library = FolderMarks(albums)
    marked = library.mark(MakeAlbum(1, "Organized-0001", keys))
    assert marked.container == str(albums / "Organized-0001")
    assert marked.changed == keys
    assert set(linked(albums / "Organized-0001")) == {"a.jpg", "A (2).jpg", "b.jpg"}
    assert not any(path.readlink().is_absolute() for path in (albums / "Organized-0001").glob("*.jpg"))
    album = library.read_marks(keys, (), with_albums=True).albums[marked.container]
    assert (album.name, set(album.keys)) == ("Organized-0001", set(keys))


def test_an_album_and_its_links_have_names_that_any_disk_takes_and_the_album_is_known_by_its_own(
    folder: Path, albums: Path
) -> None:
    keys = lay(folder, "10:00.jpg", "10?00.jpg")
    made = AlbumFolders(albums).make("Trip: 1.", keys)
    assert made == str(albums.resolve() / "Trip_ 1_")
    assert {path.name for path in Path(made).iterdir()} == {ALBUM_MARKER, "10_00.jpg", "10_00 (2).jpg"}
    assert AlbumFolders(albums).read()[made].name == "Trip: 1."
    assert AlbumFolders(albums).called(["Trip: 1."]) == {"Trip: 1.": (made,)}


def test_two_albums_have_names_that_no_disk_takes_for_one(folder: Path, albums: Path) -> None:
    keys = lay(folder, "a.jpg")
    made = [Path(AlbumFolders(albums).make(name, keys)).name for name in ("Été", "éTÉ", "E\u0301te\u0301")]
    assert made == ["Été", "éTÉ (2)", "Été (3)"]


def test_an_album_whose_name_the_disk_refuses_is_told_and_the_others_are_made(folder: Path, albums: Path) -> None:
    lay(folder, "a.jpg", "b.jpg")
    failed = in_own_process(_albums_where_names_are_refused, folder, albums)
    assert [error for error in failed if "refuses the name" in error] == failed
    assert len(failed) == 1
    assert [album.name for album in AlbumFolders(albums).read().values()] == ["Other"]
    assert [path.name for path in albums.iterdir() if not path.name.startswith(".")] == ["Other"]


def _albums_where_names_are_refused(folder: Path, albums: Path) -> list[str]:
    refuse_names(r"/Odd[^/]*\Z", errno.EINVAL)
    with closing(Journal(folder.parent / "own.sqlite3")) as journal:
        keys = tuple(str(folder / name) for name in ("a.jpg", "b.jpg"))
        actions = [MakeAlbum(number, name, keys) for number, name in enumerate(["Odd", "Other"], 1)]
        results = list(carry_out_marks(FolderMarks(albums), journal, TARGET, [TARGET], actions, AT_ONCE))
    return [one.error for one in results if isinstance(one, FailedMark)]


def test_no_folder_or_link_of_the_users_is_cleared_for_its_name(folder: Path, albums: Path) -> None:
    """At the names that unfinished albums once had, and at one that they could have now."""
    keys = lay(folder, "a.jpg")
    mine, elsewhere = albums / ".Trip.making", albums / ".Other.making"
    for place in (mine, folder / "links", albums / f".photo-organizer-{'0' * 32}.part"):
        place.mkdir(parents=True)
        (place / "link").symlink_to(keys[0])
    elsewhere.symlink_to(folder / "links")
    library = FolderMarks(albums)
    for name in ("Trip", "Other"):
        made = library.mark(MakeAlbum(1, name, keys))
        library.mark(DeleteAlbum(str(made.container), name, keys))
    assert [len(list(place.iterdir())) for place in (*albums.iterdir(), folder / "links")] == [1, 1, 1, 1]


def test_an_album_that_the_user_renamed_is_found_by_its_id(folder: Path, albums: Path) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    library = FolderMarks(albums)
    id_ = library.mark(MakeAlbum(1, "One", keys[:1])).container
    assert id_ is not None
    (albums / "One").rename(albums / "Holiday")
    assert library.mark(AddToAlbum(id_, keys, 1)).changed == keys[1:]
    assert library.read_back((), [id_]).albums[id_].name == "Holiday"
    assert set(linked(albums / "Holiday")) == {"a.jpg", "b.jpg"}
    other = library.mark(MakeAlbum(2, "One", keys)).container
    assert other == str(albums / "One (2)"), "the id of the renamed one is not given twice"
    assert library.albums_called(["One"]) == {"One": (id_, other)}


def test_only_our_links_are_taken_out_of_an_album(folder: Path, albums: Path) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    library = FolderMarks(albums)
    id_ = library.mark(MakeAlbum(1, "One", keys)).container
    assert id_ is not None
    (albums / "One" / "a.jpg").unlink()
    (albums / "One" / "a.jpg").write_bytes(b"the user's")
    (albums / "One" / "notes.txt").write_bytes(b"notes")
    assert library.mark(RemoveFromAlbum(id_, keys, 1)).changed == keys[1:]
    assert linked(albums / "One") == {"a.jpg": b"the user's", "notes.txt": b"notes"}


def test_a_folder_of_the_users_is_never_taken_for_an_album(folder: Path, albums: Path) -> None:
    keys = lay(folder, "a.jpg")
    (albums / "One").mkdir(parents=True)
    (albums / "Two").mkdir()
    (albums / "Two" / ALBUM_MARKER).write_bytes(b"[]")
    library = FolderMarks(albums)
    assert library.albums_called(["One", "Two"]) == {"One": (), "Two": ()}
    assert library.mark(MakeAlbum(1, "One", keys)).container == str(albums / "One (2)")
    assert list((albums / "One").iterdir()) == []


def test_nothing_is_cleared_for_an_album_where_a_link_leads(folder: Path, albums: Path, journal: Journal) -> None:
    keys, theirs = lay(folder, "a.jpg"), folder / "theirs"
    theirs.mkdir()
    (theirs / "link").symlink_to("a.jpg")
    (theirs / ALBUM_MARKER).write_bytes(b"{}")
    albums.mkdir(parents=True)
    (albums / ".One.making").symlink_to(theirs)
    (albums / f".photo-organizer-{'0' * 32}.part").symlink_to(theirs)
    (receipt,) = made(FolderMarks(albums), journal, [MakeAlbum(1, "One", keys)])
    assert isinstance(receipt, MarkReceipt)
    AlbumFolders(albums).sweep(["One"])
    assert len(list(albums.iterdir())) == 3
    assert {path.name for path in theirs.iterdir()} == {"link", ALBUM_MARKER}


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden"])
def test_a_name_that_is_no_folders_is_refused(folder: Path, albums: Path, name: str) -> None:
    with pytest.raises(UsageError):
        FolderMarks(albums).mark(MakeAlbum(1, name, lay(folder, "a.jpg")))


def test_an_album_that_is_gone_is_reported_and_photos_that_are_gone_are_named(
    folder: Path, albums: Path, journal: Journal
) -> None:
    (key,) = lay(folder, "a.jpg")
    gone = str(folder / "gone.jpg")
    library = FolderMarks(albums)
    (failure,) = made(library, journal, [AddToAlbum(str(albums / "One"), (key,), 1)])
    assert isinstance(failure, FailedMark)
    assert failure.error == "Its album is gone."
    marked = library.mark(MakeAlbum(1, "One", (key, gone)))
    assert (marked.changed, [one.key for one in marked.refused]) == ((key,), [gone])


# Whole runs


def group_of(number: int, keys: Sequence[str]) -> PlannedGroup:
    return planned(number, *(photo(key) for key in keys))


EVERYTHING = MarkOptions("dup", "Organized-", favorite_best=True, inherit=True)


def run(
    library: FolderMarks,
    journal: Journal,
    seen: Sequence[str],
    *groups: PlannedGroup,
) -> list[MarkReceipt | FailedMark]:
    """One whole run; returns what was done."""
    recover_marks(library, journal, TARGET)
    ledger = MarkLedger.of(receipts_of(journal.done(TARGET, KINDS)))
    marks = library.read_marks({*seen, *ledger.keys}, ledger.album_ids, with_albums=True)
    marked = [marked_group(group, lambda photo: (photo.key,)) for group in groups]
    return made(library, journal, plan_marks(marked, seen, marks, ledger, EVERYTHING))


def test_a_run_marks_the_next_plans_nothing_and_a_changed_group_is_updated(
    folder: Path, albums: Path, journal: Journal
) -> None:
    keys = lay(folder, "a.jpg", "b.cr2", "c.jpg")
    _, b, c = keys
    users = sidecar("", "<d:subject><r:Bag><r:li>mine</r:li><r:li>dup</r:li></r:Bag></d:subject>")
    (folder / "c.jpg.xmp").write_bytes(users)
    library = FolderMarks(albums, with_pictures=True)

    came = run(library, journal, keys, group_of(1, keys))
    assert not [one for one in came if isinstance(one, FailedMark)]
    photos = library.read_marks(keys, (), with_albums=False).photos
    assert [photos[key].tags for key in keys] == [{"dup", "dup-best"}, {"dup"}, {"dup", "mine"}]
    assert [photos[key].rating for key in keys] == [5, None, None]
    assert (folder / "c.jpg.xmp").read_bytes() == users
    assert set(linked(albums / "Organized-0001")) == {"a.jpg", "b.cr2", "c.jpg"}

    assert run(library, journal, keys, group_of(1, keys)) == []

    came = run(library, journal, keys, group_of(1, (b, c)))
    assert not [one for one in came if isinstance(one, FailedMark)]
    photos = library.read_marks(keys, (), with_albums=False).photos
    assert [photos[key].tags for key in keys] == [set(), {"dup", "dup-best"}, {"dup", "mine"}]
    assert [photos[key].rating for key in keys] == [None, 5, None]
    assert set(linked(albums / "Organized-0001")) == {"b.cr2", "c.jpg"}
    assert xmp_names(folder) == {"b.xmp", "c.jpg.xmp"}
    assert run(library, journal, keys, group_of(1, (b, c))) == []

    run(library, journal, keys)
    assert (folder / "c.jpg.xmp").read_bytes() == users, "the tag was the user's own"
    assert xmp_names(folder) == {"c.jpg.xmp"}


def test_a_best_that_the_user_rated_is_no_favourite_and_no_news_on_the_next_run(
    folder: Path, albums: Path, journal: Journal
) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    for name, stars in (("a.jpg.xmp", -1), ("b.jpg.xmp", 4)):
        (folder / name).write_bytes(sidecar(f'm:Rating="{stars}"'))
    library = FolderMarks(albums)
    came = run(library, journal, keys, group_of(1, keys))
    assert not [one for one in came if isinstance(one, FailedMark)]
    assert run(library, journal, keys, group_of(1, keys)) == []
    assert [read((folder / f"{name}.jpg.xmp").read_bytes()).rating for name in "ab"] == [-1, 4]


def test_our_stars_are_not_inherited_as_if_the_user_had_given_them(
    folder: Path, albums: Path, journal: Journal
) -> None:
    keys = lay(folder, "a.jpg", "b.jpg")
    library = FolderMarks(albums)
    run(library, journal, keys, group_of(1, keys))
    assert not [one for one in run(library, journal, keys, group_of(1, keys[::-1])) if isinstance(one, FailedMark)]
    assert run(library, journal, keys, group_of(1, keys[::-1])) == []
    photos = library.read_marks(keys, (), with_albums=False).photos
    assert [photos[key].rating for key in keys] == [None, 5]
    run(library, journal, keys)
    assert xmp_names(folder) == set()


KILLED_RUN = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from tests.support.meddled_run import killed
from bestshot.sources.local.marks import FolderMarks
from bestshot.journal.journal import Journal
from tests.unit.sources.local.test_marks import EVERYTHING, group_of, run
step, folder, albums, journal = sys.argv[1:]
keys = sorted(str(path) for path in Path(folder).glob("*.jpg"))
with closing(Journal(Path(journal))) as opened:
    sys.addaudithook(killed(step, str(Path(folder).parent)))
    run(FolderMarks(Path(albums), with_pictures=True), opened, keys, group_of(1, keys))
"""


def test_a_run_that_is_killed_anywhere_is_mended_by_the_next(tmp_path: Path) -> None:
    """Before every third change of the disk: the users' sidecars are whole or in the journal, and all ends well."""
    finished = False
    for step in range(0, 200, 3):
        world = tmp_path / str(step) / "world"
        folder, albums = world / "photos", world / "albums"
        folder.mkdir(parents=True)
        keys = lay(folder, "a.jpg", "b.jpg", "c.jpg")
        (folder / "b.jpg.xmp").write_bytes(LIGHTROOM.encode())
        path = tmp_path / str(step) / "journal.sqlite3"
        argv = [sys.executable, "-c", KILLED_RUN, str(step), str(folder), str(albums), str(path)]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        with closing(Journal(path)) as journal:
            held = (folder / "b.jpg.xmp").read_bytes()
            kept = [one.before for one in journal.replaced_sidecars(TARGET) if one.path.endswith("b.jpg.xmp")]
            assert held == LIGHTROOM.encode() or LIGHTROOM.encode() in kept
            assert read(held).tags >= {"Berlin"}
            library = FolderMarks(albums, with_pictures=True)
            sweep(journal, tmp_path / "locks", ())
            assert list(folder.glob(".*.part")) == []
            run(library, journal, keys, group_of(1, keys))
            assert run(library, journal, keys, group_of(1, keys)) == []
            photos = library.read_marks(keys, (), with_albums=False).photos
            assert all("dup" in photos[key].tags for key in keys)
            assert [path.name for path in albums.iterdir()] == ["Organized-0001"]
            assert set(linked(albums / "Organized-0001")) == {"a.jpg", "b.jpg", "c.jpg"}
        if done.returncode == 0:
            finished = True
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert finished
