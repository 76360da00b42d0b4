"""Files are copied whole and verified, and get their names without going over anything."""

import errno
import os
import stat
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bestshot.errors import OutputError, PhotoError, TransientError
from bestshot.storage.drafts import Drafts
from bestshot.storage.files import (
    NoHardLinkError,
    check_unchanged,
    checksum,
    copy_verified,
    create_file,
    link,
    link_symbolically,
    make_folders,
    publish,
    remove,
    replace,
    sync_folder,
)
from bestshot.storage.own_files import OwnKind, write_own
from tests.support.each import every
from tests.support.file_systems import (
    become_nobody,
    in_own_process,
    make_read_only,
    open_folder,
    refuse_hard_links,
    small_disk,
)

CONTENT = bytes(range(256)) * 10_000  # several chunks
NO_HARD_LINKS = (errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)


def made(path: Path, content: bytes = CONTENT, mode: int = 0o640) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    os.utime(path, ns=(1_600_000_000_123_456_700, 1_500_000_000_765_432_100))
    return path


def revision(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_copy_keeps_content_times_and_permissions_and_its_checksum_is_told(tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    expected = source.stat()
    told = copy_verified(source, tmp_path / "copy", revision(source))
    status = (tmp_path / "copy").stat()
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert told == sha256(CONTENT).hexdigest() == checksum(tmp_path / "copy")
    assert (status.st_mtime_ns, status.st_atime_ns) == (expected.st_mtime_ns, expected.st_atime_ns)
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert status.st_ino != expected.st_ino


def test_an_empty_file_is_copied_too(tmp_path: Path) -> None:
    source = made(tmp_path / "source", b"")
    assert copy_verified(source, tmp_path / "copy", revision(source)) == sha256(b"").hexdigest()
    assert (tmp_path / "copy").read_bytes() == b""


def test_a_copy_of_a_file_readable_by_its_access_list_alone_stays_readable_for_its_owner(tmp_path: Path) -> None:
    source = made(tmp_path / "source", mode=0o040)
    if not os.access(source, os.R_OK):
        pytest.skip("only root reads such a file without an access list")
    copy_verified(source, tmp_path / "copy", revision(source))
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o440


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(b"new"), lambda path: os.utime(path, (1, 1))])
def test_a_source_that_changed_since_it_was_listed_is_not_copied(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    source = made(tmp_path / "source")
    seen = revision(source)
    change(source)
    with pytest.raises(TransientError, match="it has changed since it was listed"):
        copy_verified(source, tmp_path / "copy", seen)
    with pytest.raises(TransientError, match="it has changed since it was listed"):
        check_unchanged(source, seen)
    assert names(tmp_path) == {"source"}


def copy_while_it_grows(source: Path, copy: Path) -> str:
    """Copy a file to which another program appends as soon as the copy is begun."""

    def meddle(event: str, args: tuple[object, ...]) -> None:
        if event == "open" and str(args[0]) == str(copy) and not copy.exists():
            with source.open("ab") as stream:
                stream.write(b"more")

    seen = revision(source)
    sys.addaudithook(meddle)
    return copy_verified(source, copy, seen)


def test_a_source_that_changes_while_it_is_read_is_not_the_outputs_fault(tmp_path: Path) -> None:
    """What was read of a file that is still being written is a photo's trouble, and does not end the run."""
    answer = in_own_process(copy_while_it_grows, made(tmp_path / "source"), tmp_path / "copy")
    assert isinstance(answer, TransientError)


def test_a_vanished_source_is_told_as_the_photos_trouble(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="it cannot be read: No such file"):
        copy_verified(tmp_path / "source", tmp_path / "copy", (0, 0))
    with pytest.raises(TransientError, match="it cannot be read: No such file"):
        check_unchanged(tmp_path / "source", (0, 0))
    assert names(tmp_path) == set()


def copy_as_nobody(source: Path, copy: Path, seen: tuple[int, int]) -> None:
    become_nobody()
    copy_verified(source, copy, seen)


def test_a_source_that_may_not_be_read_is_told_as_the_photos_trouble() -> None:
    with open_folder() as folder:
        source = made(folder / "source", mode=0)
        answer = in_own_process(copy_as_nobody, source, folder / "copy", revision(source))
        assert isinstance(answer, TransientError)
        assert names(folder) == {"source"}


def test_a_folder_that_may_not_be_written_is_told_as_the_outputs_trouble() -> None:
    with open_folder() as folder:
        source = made(folder / "source", mode=0o644)
        (folder / "out").mkdir(mode=0o555)
        answer = in_own_process(copy_as_nobody, source, folder / "out" / "copy", revision(source))
        assert isinstance(answer, OutputError)
        assert str(answer).endswith("(Permission denied): check the output folder's permissions.")


def test_a_read_only_disk_is_told_as_the_outputs_trouble(tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    with small_disk(tmp_path / "disk", "size=8m") as disk:
        made(disk / "old")
        make_read_only(disk)
        for write in (
            lambda: copy_verified(source, disk / "copy", revision(source)),
            lambda: make_folders(disk / "folder", disk),
            lambda: remove(disk / "old"),
            lambda: replace(disk / "old", disk / "new"),
            lambda: link_symbolically("old", disk / "link"),
        ):
            with pytest.raises(OutputError, match=r"\(Read-only file system\): check the output folder"):
                write()
        assert names(disk) == {"old"}


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    with (
        small_disk(tmp_path / "disk", "size=1m") as disk,
        pytest.raises(OutputError, match=r"There is no room left for .* what is done stays done"),
    ):
        copy_verified(source, disk / "copy", revision(source))


def test_a_copy_never_goes_over_a_file(tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    (tmp_path / "copy").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        copy_verified(source, tmp_path / "copy", revision(source))
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "copy", b"ours")
    with pytest.raises(FileExistsError):
        link_symbolically("source", tmp_path / "copy")
    with pytest.raises(FileExistsError):
        link(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"somebody's"


def published(folder: Path, wanted: list[str], refusal: int | None = None) -> list[str]:
    """How finished files fare that are to get these names; with a refusal, where there are no hard links."""
    if refusal is not None:
        refuse_hard_links(refusal)
    told = []
    for name in wanted:
        (folder / "x.part").write_bytes(b"ours")
        try:
            publish(folder / "x.part", folder / name)
        except FileExistsError as error:
            told.append(f"exists: {Path(error.filename2 or error.filename).name}")
        else:
            told.append("published")
    return told


@every("refusal", [None, *NO_HARD_LINKS])
def test_a_finished_file_gets_its_name_or_leaves_the_one_who_has_it_alone(tmp_path: Path, refusal: int | None) -> None:
    (tmp_path / "taken").write_bytes(b"somebody's")
    (tmp_path / "dangling").symlink_to("nowhere")
    told = in_own_process(published, tmp_path, ["taken", "dangling", "new"], refusal)
    assert told == ["exists: taken", "exists: dangling", "published"]
    assert names(tmp_path) == {"new", "taken", "dangling"}
    assert (tmp_path / "new").read_bytes() == b"ours"
    assert (tmp_path / "new").stat().st_nlink == 1
    assert (tmp_path / "taken").read_bytes() == b"somebody's"
    assert (tmp_path / "dangling").is_symlink()


def test_other_refusals_of_a_hard_link_are_no_reason_to_try_otherwise(tmp_path: Path) -> None:
    answer = in_own_process(published, tmp_path, ["new"], errno.EIO)
    assert isinstance(answer, OutputError)
    assert names(tmp_path) == {"x.part"}


def test_a_hard_link_is_made_where_the_file_system_has_them(tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    link(source, tmp_path / "link")
    assert (tmp_path / "link").samefile(source)
    with pytest.raises(OutputError):
        link(source, tmp_path / "missing" / "link")


def test_no_hard_link_leads_to_another_file_system(tmp_path: Path) -> None:
    places = [place for place in map(Path, ("/dev/shm", "/var/tmp")) if place.is_dir()]
    others = [place for place in places if place.stat().st_dev != tmp_path.stat().st_dev]
    if not others:
        pytest.skip("there is no other file system at hand")
    source = made(tmp_path / "source")
    name = others[0] / f"photo-organizer-test-{os.getpid()}"
    with pytest.raises(NoHardLinkError, match=os.strerror(errno.EXDEV)):
        link(source, name)
    assert not name.exists()


def test_new_folders_are_told_outermost_first_and_old_ones_not(tmp_path: Path) -> None:
    assert make_folders(tmp_path / "a" / "b", tmp_path) == ("a", "a/b")
    assert make_folders(tmp_path / "a" / "b" / "c", tmp_path) == ("a/b/c",)
    assert make_folders(tmp_path / "a" / "b", tmp_path) == ()


@pytest.mark.parametrize("path", ["file", "file/below", "file/further/below"])
def test_a_file_in_the_way_of_a_folder_is_left_alone(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_bytes(b"somebody's")
    with pytest.raises(PhotoError, match="cannot be created: a file is in its way"):
        make_folders(tmp_path / path, tmp_path)
    assert (tmp_path / "file").read_bytes() == b"somebody's"


def test_a_text_replaces_only_what_it_is_put_over(tmp_path: Path) -> None:
    create_file(tmp_path / "new", b"two")
    create_file(tmp_path / "old", b"one")
    replace(tmp_path / "new", tmp_path / "old")
    assert names(tmp_path) == {"old"}
    assert (tmp_path / "old").read_bytes() == b"two"
    remove(tmp_path / "old")
    assert names(tmp_path) == set()
    with pytest.raises(OutputError):
        remove(tmp_path / "old")


def test_a_folder_that_cannot_be_forced_to_the_disk_is_no_trouble(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    sync_folder(tmp_path / "missing")


def test_a_file_of_the_longest_name_is_written_and_replaced_as_a_whole(tmp_path: Path) -> None:
    path, kind = tmp_path / ("x" * 251 + ".csv"), OwnKind("table", lambda head: head.startswith(b"own"))
    with Drafts(tmp_path / "drafts") as drafts:
        write_own(path, b"own 1", kind, drafts)
        write_own(path, b"own 2", kind, drafts)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"own 2"
