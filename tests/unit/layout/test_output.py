"""Groups are laid out without losing, overwriting or half-writing anything, whatever happens on the way."""

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from bestshot.errors import LockedError, OutputError
from bestshot.journal.journal import Journal
from bestshot.layout.actions import (
    CHANGES,
    Action,
    Condition,
    CopyFile,
    OutputState,
    PlaceBest,
    Receipt,
    RetireBest,
    WriteMetadata,
)
from bestshot.layout.output import FailedAction, FolderOutput
from bestshot.model.photo import LinkMethod, Photo
from bestshot.sources.local.source import LocalPhotoSource
from tests.support import builders
from tests.support.file_systems import (
    become_nobody,
    in_own_process,
    open_folder,
    refuse_hard_links,
    small_disk,
)

ORIGINALS = "group_0001/originals"
TEXT = WriteMetadata("group_0001/metadata.txt", 1, "Best: a.jpg\n")


@contextmanager
def opened(folder: Path) -> Iterator[FolderOutput]:
    """The output `out` in the folder, held by this run, with its journal beside it."""
    journal = Journal(folder / "journal.sqlite3")
    try:
        output = FolderOutput(folder / "out", journal, LocalPhotoSource(folder).fetch_file)
        with output.lock():
            yield output
    finally:
        journal.close()


def real_photo(path: Path, content: bytes | None = None, seconds: int = 1_500_000_000) -> Photo:
    """A file with a time of its own, as the photo that a listing would make of it."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(os.fsencode(path.name) * 1000 if content is None else content)
    os.utime(path, ns=(seconds * 10**9 + 5, seconds * 10**9 + 7))
    return as_listed(path)


def as_listed(path: Path) -> Photo:
    status = path.stat()
    return builders.photo(path.name, folder=str(path.parent), size=status.st_size, mtime_ns=status.st_mtime_ns)


def brought(photo: Photo, method: LinkMethod = LinkMethod.COPY, number: int = 1) -> CopyFile:
    return replace(builders.copy_of(photo, number), method=method)


def best_of(photo: Photo) -> PlaceBest:
    return PlaceBest(f"group_0001/best_{photo.name}", 1, photo.origin, photo.key, f"{ORIGINALS}/{photo.name}")


def retired(photo: Photo) -> RetireBest:
    return RetireBest(f"group_0001/best_{photo.name}", 1, f"{ORIGINALS}/{photo.name}")


def act(output: FolderOutput, *actions: Action, state: OutputState | None = None) -> list[Receipt | FailedAction]:
    return list(output.carry_out(actions, ["folder:/photos"], state or output.state()))


def failures(results: Iterable[Receipt | FailedAction]) -> list[str]:
    return [f"{result.action.destination}: {result.error}" for result in results if isinstance(result, FailedAction)]


def files(folder: Path) -> dict[str, bytes]:
    """What is in the groups' folders, by path; links show what they lead to."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".photo-organizer" not in path.parts
    }


def folders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".photo-organizer")


def test_a_group_is_laid_out_and_its_receipts_say_what_was_made(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        copied, placed, written = act(output, brought(photo), best_of(photo), TEXT)
    assert isinstance(copied, Receipt)
    assert isinstance(placed, Receipt)
    assert isinstance(written, Receipt)
    content = Path(photo.files[0].path).read_bytes()
    assert files(tmp_path / "out") == {
        "group_0001/best_a.jpg": content,
        "group_0001/metadata.txt": b"Best: a.jpg\n",
        "group_0001/originals/a.jpg": content,
    }
    assert copied.effect.folders == ("group_0001", "group_0001/originals")
    assert copied.effect.checksum == placed.effect.checksum == sha256(content).hexdigest()
    assert (copied.effect.size, copied.effect.mtime_ns) == (photo.size, photo.files[0].mtime_ns)
    assert placed.effect.folders == written.effect.folders == ()
    assert written.effect.replaced is None


def test_copies_keep_times_and_permissions_and_the_best_takes_no_space(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    (tmp_path / "in" / "a.jpg").chmod(0o604)
    with opened(tmp_path) as output:
        act(output, brought(photo), best_of(photo))
    source, copy = (tmp_path / "in" / "a.jpg").stat(), (tmp_path / "out" / ORIGINALS / "a.jpg").stat()
    assert (copy.st_mtime_ns, stat.S_IMODE(copy.st_mode)) == (source.st_mtime_ns, 0o604)
    assert copy.st_ino != source.st_ino
    assert (tmp_path / "out" / "group_0001" / "best_a.jpg").stat().st_ino == copy.st_ino
    assert copy.st_nlink == 2


def lay_out_without_hard_links(folder: Path, photo: Photo) -> list[str]:
    refuse_hard_links(errno.EPERM)
    with opened(folder) as output:
        return failures(act(output, brought(photo), best_of(photo), TEXT))


def test_where_there_are_no_hard_links_the_best_is_a_copy(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    assert in_own_process(lay_out_without_hard_links, tmp_path, photo) == []
    best, copy = tmp_path / "out/group_0001/best_a.jpg", tmp_path / "out" / ORIGINALS / "a.jpg"
    assert best.read_bytes() == copy.read_bytes() == (tmp_path / "in" / "a.jpg").read_bytes()
    assert best.stat().st_mtime_ns == copy.stat().st_mtime_ns == photo.files[0].mtime_ns
    assert best.stat().st_nlink == copy.stat().st_nlink == 1
    with opened(tmp_path) as output:
        assert {laid.condition for laid in output.state().laid.values()} == {Condition.UNCHANGED}
        better = real_photo(tmp_path / "in" / "b.jpg")
        assert failures(act(output, brought(better), best_of(better), retired(photo))) == []
    assert not best.exists()


def test_links_lead_to_the_source_and_the_best_to_the_link(tmp_path: Path) -> None:
    hard, soft = real_photo(tmp_path / "in" / "hard.jpg"), real_photo(tmp_path / "in" / "soft.jpg")
    with opened(tmp_path) as output:
        results = act(
            output,
            brought(hard, LinkMethod.HARDLINK),
            best_of(hard),
            brought(soft, LinkMethod.SYMLINK),
            best_of(soft),
        )
        assert failures(results) == []
        assert {laid.condition for laid in output.state().laid.values()} == {Condition.UNCHANGED}
    group = tmp_path / "out" / "group_0001"
    assert (group / "originals/hard.jpg").samefile(tmp_path / "in/hard.jpg")
    assert (group / "best_hard.jpg").samefile(tmp_path / "in/hard.jpg")
    assert (group / "originals/soft.jpg").readlink() == tmp_path / "in/soft.jpg"
    assert (group / "best_soft.jpg").readlink() == Path("originals/soft.jpg")


def test_hard_links_across_file_systems_are_refused_with_advice_and_leave_nothing(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with small_disk(tmp_path / "out", "size=1m") as disk, opened(tmp_path) as output:
        with pytest.raises(
            OutputError, match=r"\(Invalid cross-device link\): both must lie on one file system .* Use --link copy"
        ):
            act(output, brought(photo, LinkMethod.HARDLINK))
        assert folders(disk) == []


@pytest.mark.parametrize("method", LinkMethod)
def test_what_changed_since_it_was_listed_is_passed_over_and_the_run_goes_on(
    tmp_path: Path, method: LinkMethod
) -> None:
    changed, gone, fine = (real_photo(tmp_path / "in" / name) for name in ("changed.jpg", "gone.jpg", "fine.jpg"))
    (tmp_path / "in" / "changed.jpg").write_bytes(b"edited")
    (tmp_path / "in" / "gone.jpg").unlink()
    with opened(tmp_path) as output:
        results = act(output, *(brought(photo, method) for photo in (changed, gone, fine)))
    assert failures(results) == [
        f"{ORIGINALS}/changed.jpg: it has changed since it was listed; the next run will use its new version",
        f"{ORIGINALS}/gone.jpg: it cannot be read: No such file or directory",
    ]
    assert list(files(tmp_path / "out")) == [f"{ORIGINALS}/fine.jpg"]


def test_a_group_of_which_nothing_could_be_brought_leaves_no_folder(tmp_path: Path) -> None:
    """Else its number would be taken when its photos are back."""
    photo = real_photo(tmp_path / "in" / "a.jpg")
    (tmp_path / "in" / "a.jpg").unlink()
    with opened(tmp_path) as output:
        results = act(output, brought(photo), best_of(photo), TEXT)
        assert output.state().last_number == 0
    assert len(failures(results)) == 3
    assert folders(tmp_path / "out") == []


def test_a_name_that_came_to_be_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        state = output.state()
        for name in (f"{ORIGINALS}/a.jpg", "group_0001/best_a.jpg", "group_0001/metadata.txt"):
            (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "out" / name).write_bytes(b"somebody's")
        results = act(output, brought(photo), best_of(photo), TEXT, state=state)
        assert output.state().laid == {}
    assert all(failure.endswith("was created in the meantime and is left alone") for failure in failures(results))
    assert len(failures(results)) == 3
    assert set(files(tmp_path / "out").values()) == {b"somebody's"}


def test_the_best_gives_way_only_while_it_is_ours_and_its_original_stands(tmp_path: Path) -> None:
    fine, edited, orphaned = (real_photo(tmp_path / "in" / name) for name in ("fine.jpg", "edited.jpg", "orphan.jpg"))
    group = tmp_path / "out" / "group_0001"
    with opened(tmp_path) as output:
        act(output, *(make(photo) for photo in (fine, edited, orphaned) for make in (brought, best_of)))
        state = output.state()
        (group / "best_edited.jpg").unlink()
        (group / "best_edited.jpg").write_bytes(b"retouched by hand")
        (group / "originals" / "orphan.jpg").unlink()
        results = act(output, retired(fine), retired(edited), retired(orphaned), state=state)
    assert failures(results) == [
        "group_0001/best_edited.jpg: it was changed by somebody else and is left alone",
        "group_0001/best_orphan.jpg: its original has gone, so the file that shows it as the best is kept",
    ]
    assert {path.name for path in group.iterdir()} == {"best_edited.jpg", "best_orphan.jpg", "originals"}
    assert (group / "best_edited.jpg").read_bytes() == b"retouched by hand"


def test_the_best_stays_until_another_stands_in_its_place(tmp_path: Path) -> None:
    old, new = (real_photo(tmp_path / "in" / name) for name in ("old.jpg", "new.jpg"))
    with opened(tmp_path) as output:
        act(output, brought(old), best_of(old))
        (tmp_path / "in" / "new.jpg").unlink()
        results = act(output, brought(new), best_of(new), retired(old))
    assert len(failures(results)) == 3
    assert (tmp_path / "out" / "group_0001" / "best_old.jpg").exists()


def test_a_number_is_not_given_again_when_its_folder_has_gone(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo, number=7))
        shutil.rmtree(tmp_path / "out" / "group_0007")
        assert output.state().last_number == 7


def test_a_text_gives_way_to_the_new_one_only_while_it_is_ours(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    path = tmp_path / "out" / TEXT.destination
    with opened(tmp_path) as output:
        act(output, brought(photo), TEXT)
        (renewed,) = act(output, replace(TEXT, text="Best: \udcff.jpg\n"))
        assert isinstance(renewed, Receipt)
        assert (renewed.effect.replaced, path.read_bytes()) == (TEXT.text, b"Best: \xff.jpg\n")
        (again,) = act(output, TEXT)
        assert isinstance(again, Receipt)
        assert again.effect.replaced == "Best: \udcff.jpg\n"
        state = output.state()
        path.write_text("my own notes")
        results = act(output, replace(TEXT, text="third"), state=state)
    assert failures(results) == [f"{TEXT.destination}: it was changed by somebody else and is left alone"]
    assert path.read_text() == "my own notes"


def test_a_lost_text_is_written_again(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo), TEXT)
        (tmp_path / "out" / TEXT.destination).unlink()
        assert output.state().laid[TEXT.destination].condition is Condition.MISSING
        assert failures(act(output, TEXT)) == []
    assert (tmp_path / "out" / TEXT.destination).read_text() == TEXT.text


def test_the_state_tells_unchanged_changed_and_missing_apart(tmp_path: Path) -> None:
    names = ("same.jpg", "changed.jpg", "gone.jpg")
    photos = [real_photo(tmp_path / "in" / name) for name in names]
    with opened(tmp_path) as output:
        act(output, *(brought(photo) for photo in photos))
        (tmp_path / "out" / ORIGINALS / "changed.jpg").write_bytes(b"edited")
        (tmp_path / "out" / ORIGINALS / "gone.jpg").unlink()
        (tmp_path / "out" / ORIGINALS / "Straße.JPG").write_bytes(b"somebody's")
        (tmp_path / "out" / "group_0017").mkdir()
        (tmp_path / "out" / "group_99").mkdir()
        state = output.state()
    assert {Path(path).name: laid.condition for path, laid in state.laid.items()} == {
        "same.jpg": Condition.UNCHANGED,
        "changed.jpg": Condition.CHANGED,
        "gone.jpg": Condition.MISSING,
    }
    assert f"{ORIGINALS}/strasse.jpg" in state.taken
    assert f"{ORIGINALS}/gone.jpg" not in state.taken
    assert state.last_number == 17


def test_names_that_are_no_utf8_are_laid_out_and_remembered(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / os.fsdecode(b"caf\xe9\n.jpg"))
    with opened(tmp_path) as output:
        assert failures(act(output, brought(photo), best_of(photo))) == []
    with opened(tmp_path) as output:
        assert {laid.condition for laid in output.state().laid.values()} == {Condition.UNCHANGED}
        assert f"group_0001/best_{photo.name}" in output.state().laid


def test_space_is_looked_at_before_the_first_copy(tmp_path: Path) -> None:
    small, huge = real_photo(tmp_path / "in" / "small.jpg"), real_photo(tmp_path / "in" / "huge.jpg")
    with opened(tmp_path) as output:
        with pytest.raises(OutputError, match=r"The copies need 1126 TB and .* has .* free: make room"):
            act(output, brought(small), replace(brought(huge), size=1 << 50, number=1))
        assert folders(tmp_path / "out") == []
        links = replace(brought(small), size=1 << 60, method=LinkMethod.HARDLINK)
        assert failures(act(output, links)) == []


def test_a_disk_that_does_not_know_what_is_free_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some network and FUSE file systems, which say 0."""
    photo = real_photo(tmp_path / "in" / "a.jpg")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(total=0, used=0, free=0))
    with opened(tmp_path) as output:
        assert failures(act(output, brought(photo))) == []
    assert list(files(tmp_path / "out")) == [f"{ORIGINALS}/a.jpg"]


def test_a_disk_that_fills_up_meanwhile_ends_the_run_with_a_sentence_and_nothing_half_written(tmp_path: Path) -> None:
    photos = [real_photo(tmp_path / "in" / f"{name}.jpg", name.encode() * 200_000) for name in "abc"]
    actions: list[Action] = [*(brought(photo) for photo in photos), best_of(photos[2]), TEXT]
    with small_disk(tmp_path / "out", "size=900k") as disk, opened(tmp_path) as output:
        with closing(output.carry_out(actions, [], output.state())) as run:
            assert isinstance(next(run), Receipt)
            (disk / "filler").write_bytes(bytes(550_000))
            with pytest.raises(OutputError, match="There is no room left for"):
                list(run)
        assert list(disk.rglob("*.part")) == []
        assert set(files(disk)) == {f"{ORIGINALS}/a.jpg", "filler"}
        (disk / "filler").unlink()
        output.recover()
        assert set(output.state().laid) == {f"{ORIGINALS}/a.jpg"}
        assert failures(act(output, *actions[1:])) == []
        assert files(disk)["group_0001/best_c.jpg"] == b"c" * 200_000


def test_a_disk_that_turns_read_only_meanwhile_ends_the_run_with_a_sentence(tmp_path: Path) -> None:
    photos = [real_photo(tmp_path / "in" / f"{name}.jpg") for name in "ab"]
    with opened(tmp_path) as output, closing(output.carry_out(list(map(brought, photos)), [], output.state())) as run:
        assert isinstance(next(run), Receipt)
        with (
            small_disk(tmp_path / "out" / ORIGINALS, "ro"),
            pytest.raises(OutputError, match=r"may not be read or written \(Read-only file system\)"),
        ):
            list(run)
        assert set(files(tmp_path / "out")) == {f"{ORIGINALS}/a.jpg"}


def lock_as_nobody(folder: Path) -> None:
    become_nobody()
    with opened(folder):
        pass


def look_as_nobody(folder: Path) -> OutputState:
    become_nobody()
    return FolderOutput.found(folder / "out")


def test_an_output_that_may_not_be_written_or_read_is_refused_with_a_sentence() -> None:
    with open_folder() as folder:
        (folder / "out" / "group_0001").mkdir(parents=True)
        (folder / "out" / "group_0001").chmod(0)
        unreadable = in_own_process(look_as_nobody, folder)
        (folder / "out").chmod(0o555)
        read_only = in_own_process(lock_as_nobody, folder)
    assert isinstance(unreadable, OutputError)
    assert isinstance(read_only, OutputError)
    assert str(read_only).endswith(
        "/.photo-organizer may not be read or written (Permission denied): check the output folder's permissions."
    )


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_the_place_of_the_output_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"somebody's")
    (tmp_path / "out").symlink_to(name)
    with pytest.raises(OutputError, match=r"is a file: name a folder|a file is in its way"), opened(tmp_path):
        pass
    with pytest.raises(OutputError, match="Not a directory"):
        FolderOutput.found(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"somebody's"


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("out")
    with pytest.raises(OutputError, match="Too many levels of symbolic links"), opened(tmp_path):
        pass


def test_an_output_is_known_by_its_real_path(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    with opened(tmp_path) as output:
        act(output, brought(photo))
        assert output.target == f"folder:{tmp_path / 'real'}"
    (tmp_path / "out").unlink()
    (tmp_path / "real").rename(tmp_path / "moved")
    (tmp_path / "real").symlink_to("moved")
    (tmp_path / "out").symlink_to("real")
    with opened(tmp_path) as output:
        assert output.state().laid == {}


def test_a_group_folder_that_became_a_file_stops_no_other_group(tmp_path: Path) -> None:
    first, second = real_photo(tmp_path / "in" / "a.jpg"), real_photo(tmp_path / "in" / "b.jpg")
    with opened(tmp_path) as output:
        act(output, brought(first))
        (tmp_path / "out" / ORIGINALS / "a.jpg").unlink()
        (tmp_path / "out" / ORIGINALS).rmdir()
        (tmp_path / "out" / "group_0001").rmdir()
        (tmp_path / "out" / "group_0001").write_bytes(b"somebody's")
        assert output.state().laid[f"{ORIGINALS}/a.jpg"].condition is Condition.MISSING
        results = act(output, brought(first), TEXT, brought(second, number=2))
    assert len(failures(results)) == 2
    assert all("cannot be created: a file is in its way" in failure for failure in failures(results))
    assert files(tmp_path / "out") == {"group_0001": b"somebody's", "group_0002/originals/b.jpg": b"b.jpg" * 1000}


def test_one_run_at_a_time_holds_an_output(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(LockedError, match=f"process {os.getpid()} on"), opened(tmp_path):
        pass


def begun(output: FolderOutput, folder: Path, *actions: Action) -> None:
    """Write into the journal that a run began these changes, and no more."""
    journal = Journal(folder / "journal.sqlite3")
    journal.begin(journal.begin_part(output.target, []), CHANGES, actions)
    journal.close()


def first_draft(folder: Path) -> str:
    """The name of the file in which the first change of the journal is written."""
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        return journal.draft_name(1)


def unfinished(folder: Path, output: FolderOutput) -> int:
    journal = Journal(folder / "journal.sqlite3")
    try:
        return len(journal.unfinished(output.target, CHANGES))
    finally:
        journal.close()


def test_an_output_is_settled_until_another_run_writes_into_the_journal(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo))
        output.state([photo])
        assert output.is_settled
        begun(output, tmp_path, TEXT)
        assert not output.is_settled
        output.state([photo])
        assert not output.is_settled  # since what was begun is to be mended
        output.recover()
        output.state([photo])
        assert output.is_settled


def test_an_output_in_which_something_is_to_be_learned_is_not_settled(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo))
        os.utime(tmp_path / "out" / ORIGINALS / "a.jpg")
        output.state([photo])
        assert not output.is_settled
        output.catch_up([photo], [])
        output.state([photo])
        assert output.is_settled


@pytest.mark.parametrize("method", LinkMethod)
def test_what_a_killed_run_had_begun_and_not_made_is_dropped(tmp_path: Path, method: LinkMethod) -> None:
    old, new = real_photo(tmp_path / "in" / "old.jpg"), real_photo(tmp_path / "in" / "new.jpg")
    with opened(tmp_path) as output:
        act(output, brought(old), best_of(old), TEXT)
        before = output.state()
        begun(output, tmp_path, brought(new, method), best_of(new), retired(old), replace(TEXT, text="renewed"))
        output.recover()
        assert output.state() == before
        assert unfinished(tmp_path, output) == 0


@pytest.mark.parametrize("method", LinkMethod)
def test_what_a_killed_run_had_made_and_not_recorded_is_recorded(tmp_path: Path, method: LinkMethod) -> None:
    old, new = real_photo(tmp_path / "in" / "old.jpg"), real_photo(tmp_path / "in" / "new.jpg")
    actions: list[Action] = [brought(new, method), best_of(new), retired(old), replace(TEXT, text="renewed")]
    with opened(tmp_path) as output:
        act(output, brought(old), best_of(old), TEXT)
        made = act(output, *actions)
        after = output.state()
    forget(tmp_path, actions)
    with opened(tmp_path) as output:
        looked = output.state()
        output.recover()
        recovered = output.state()
        assert looked == recovered
        assert set(recovered.laid) == set(after.laid)
        assert unfinished(tmp_path, output) == 0
    for receipt in made:
        assert isinstance(receipt, Receipt)
        if isinstance(receipt.action, RetireBest):
            assert receipt.action.destination not in recovered.laid
        else:
            told = recovered.laid[receipt.action.destination].receipt.effect
            assert (told.size, told.mtime_ns, told.checksum) == (
                receipt.effect.size,
                receipt.effect.mtime_ns,
                receipt.effect.checksum,
            )


def forget(folder: Path, actions: Iterable[Action]) -> None:
    """Take the receipts of the newest changes out of the journal, as a run leaves it that is killed before them."""
    journal = Journal(folder / "journal.sqlite3")
    count = len(list(actions))
    connection = journal._connection
    connection.execute(
        "UPDATE changes SET state = 'begun', receipt = NULL"
        " WHERE id IN (SELECT id FROM changes ORDER BY id DESC LIMIT ?)",
        [count],
    )
    journal.close()


def test_a_link_that_was_to_give_way_to_a_copy_is_not_taken_for_the_copy(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo, LinkMethod.SYMLINK))
        before = output.state()
        begun(output, tmp_path, replace(brought(photo), replaces=True))
        assert output.state() == before
        output.recover()
        assert output.state() == before


@pytest.mark.parametrize("fate", ["gone", "edited", "unreadable"])
def test_a_copy_that_was_made_is_recorded_whatever_became_of_its_source(tmp_path: Path, fate: str) -> None:
    """Else it would be copied a second time, under another name, when the source is back."""
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo))
    forget(tmp_path, [brought(photo)])
    source = tmp_path / "in" / "a.jpg"
    source.unlink()
    if fate == "edited":
        source.write_bytes(b"edited")
    elif fate == "unreadable":
        source.mkdir()
    with opened(tmp_path) as output:
        output.recover()
        assert output.state().laid[f"{ORIGINALS}/a.jpg"].condition is Condition.UNCHANGED


def test_a_copy_on_a_disk_with_coarse_times_is_known_by_its_content(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo), best_of(photo))
    forget(tmp_path, [brought(photo), best_of(photo)])
    os.utime(tmp_path / "out" / ORIGINALS / "a.jpg", (2, 2))
    with opened(tmp_path) as output:
        output.recover()
        assert {laid.condition for laid in output.state().laid.values()} == {Condition.UNCHANGED}


def test_a_copy_of_which_nothing_tells_any_more_is_left_alone(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        act(output, brought(photo))
    forget(tmp_path, [brought(photo)])
    os.utime(tmp_path / "out" / ORIGINALS / "a.jpg", (2, 2))
    (tmp_path / "in" / "a.jpg").unlink()
    with opened(tmp_path) as output:
        output.recover()
        assert output.state().laid == {}
    assert list(files(tmp_path / "out")) == [f"{ORIGINALS}/a.jpg"]


def test_somebody_elses_files_are_never_taken_for_those_a_killed_run_made(tmp_path: Path) -> None:
    photo, link = real_photo(tmp_path / "in" / "a.jpg"), real_photo(tmp_path / "in" / "b.jpg")
    actions: list[Action] = [brought(photo), brought(link, LinkMethod.SYMLINK), best_of(photo), TEXT]
    with opened(tmp_path) as output:
        (tmp_path / "out" / ORIGINALS).mkdir(parents=True)
        for action in actions:
            (tmp_path / "out" / action.destination).write_text(f"somebody's {action.destination}")
        (tmp_path / "out" / ORIGINALS / "b.jpg").unlink()
        (tmp_path / "out" / ORIGINALS / "b.jpg").symlink_to("elsewhere")
        begun(output, tmp_path, *actions)
        output.recover()
        assert output.state().laid == {}
    assert all(content == f"somebody's {path}".encode() for path, content in files(tmp_path / "out").items())


@pytest.mark.parametrize("left", ["", "group_0001", ORIGINALS])
def test_half_written_files_and_empty_folders_of_a_killed_run_are_cleared(tmp_path: Path, left: str) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        begun(output, tmp_path, brought(photo))
        (tmp_path / "out" / left).mkdir(parents=True, exist_ok=True)
        if left == ORIGINALS:
            (tmp_path / "out" / left / first_draft(tmp_path)).write_bytes(b"half")
        looked = output.state()
        output.recover()
        assert output.state().last_number == 0
        assert output.state() == looked
    assert folders(tmp_path / "out") == []


def test_recovery_leaves_folders_with_somebodys_files_alone(tmp_path: Path) -> None:
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        begun(output, tmp_path, brought(photo), brought(photo, number=2))
        (tmp_path / "out" / ORIGINALS).mkdir(parents=True)
        (tmp_path / "out" / ORIGINALS / "mine.txt").write_bytes(b"somebody's")
        (tmp_path / "out" / "group_0002").write_bytes(b"a file")
        output.recover()
    assert set(files(tmp_path / "out")) == {f"{ORIGINALS}/mine.txt", "group_0002"}


def test_a_half_written_file_whose_journal_is_lost_stops_nobody_and_stays(tmp_path: Path) -> None:
    """Whose it is, nobody knows by then: so it is left alone."""
    photo = real_photo(tmp_path / "in" / "a.jpg")
    with opened(tmp_path) as output:
        (tmp_path / "out" / ORIGINALS).mkdir(parents=True)
        (tmp_path / "out" / ORIGINALS / ".photo-organizer-1.part").write_bytes(b"half")
        assert failures(act(output, brought(photo))) == []
    assert set(files(tmp_path / "out")) == {f"{ORIGINALS}/a.jpg", f"{ORIGINALS}/.photo-organizer-1.part"}


def test_a_link_at_the_name_that_half_written_files_once_had_leads_nothing_astray(tmp_path: Path) -> None:
    photo, precious = real_photo(tmp_path / "in" / "a.jpg"), tmp_path / "precious"
    precious.write_bytes(b"somebody's")
    with opened(tmp_path) as output:
        (tmp_path / "out" / ORIGINALS).mkdir(parents=True)
        for number in range(1, 5):
            (tmp_path / "out" / ORIGINALS / f".photo-organizer-{number}.part").symlink_to(precious)
        assert failures(act(output, brought(photo))) == []
    assert precious.read_bytes() == b"somebody's"
    assert len(list((tmp_path / "out" / ORIGINALS).glob(".*.part"))) == 4


def test_the_names_of_half_written_files_differ_from_journal_to_journal(tmp_path: Path) -> None:
    """So nobody can foresee them who does not have the journal."""
    names = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        names.append(first_draft(folder))
        assert first_draft(folder) == names[-1]
    assert names[0] != names[1]


def test_an_interrupted_run_keeps_its_receipts_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    photos = [real_photo(tmp_path / "in" / f"{name}.jpg") for name in "ab"]
    with opened(tmp_path) as output:
        actions = [brought(photos[0]), brought(photos[1], number=2)]
        with closing(output.carry_out(actions, [], output.state())) as run:
            next(run)
            with pytest.raises(KeyboardInterrupt):
                run.throw(KeyboardInterrupt)
        assert set(output.state().laid) == {f"{ORIGINALS}/a.jpg"}
        output.recover()
        assert folders(tmp_path / "out") == ["group_0001"]
