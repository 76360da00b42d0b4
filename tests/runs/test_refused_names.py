"""A name or a folder that the output's disk refuses costs its photo or group, is told, and all others are laid out."""

import errno
from contextlib import closing
from pathlib import Path

import pytest

from bestshot.errors import OutputError
from bestshot.layout.actions import CHANGES, Condition, FileState
from bestshot.layout.output import FailedAction, FolderOutput
from bestshot.model.photo import LinkMethod
from tests.support import builders
from tests.support.file_systems import in_own_process, refuse_names, refuse_times
from tests.support.undo_bench import Bench, left

REFUSED = r"(?<!photos)/(best_)?(odd|group_0002)[^/]*\Z"
REST = {
    "group_0001": "folder",
    "group_0001/originals": "folder",
    "group_0001/originals/even.jpg": "file",
    "group_0001/metadata.txt": "file",
    "group_0003": "folder",
    "group_0003/originals": "folder",
    "group_0003/originals/a.jpg": "file",
    "group_0003/originals/b.jpg": "file",
    "group_0003/best_a.jpg": "file",
    "group_0003/metadata.txt": "file",
}
numbers = pytest.mark.parametrize(
    "number", [errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG, errno.EPERM, errno.EACCES], ids=errno.errorcode.get
)


def lay_out(root: Path, link: LinkMethod, number: int, pattern: str = REFUSED) -> dict[str, str]:
    """Lay three groups out where names are refused; what failed, and why."""
    refuse_names(pattern, number)
    bench = Bench(root)
    names = ["odd.jpg", "even.jpg"], ["c.jpg", "d.jpg"], ["a.jpg", "b.jpg"]
    results = bench.lay(*((place, list(map(bench.photo, pair))) for place, pair in enumerate(names, 1)), link=link)
    return {one.action.destination: one.error for one in results if isinstance(one, FailedAction)}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    for name in ("odd.jpg", "even.jpg", "a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        bench.write(name)
    return bench


@numbers
@pytest.mark.parametrize("link", LinkMethod)
def test_other_photos_and_groups_are_laid_out_and_taken_back(bench: Bench, link: LinkMethod, number: int) -> None:
    failed = in_own_process(lay_out, bench.root, link, number)
    assert not isinstance(failed, Exception)
    assert {path for path in failed if path.startswith("group_0001")} == {
        "group_0001/originals/odd.jpg",
        "group_0001/best_odd.jpg",
    }
    assert len([path for path in failed if path.startswith("group_0002")]) == 4
    assert len(failed) == 6
    assert "the disk refuses it here (" in failed["group_0001/originals/odd.jpg"]
    assert "takes other files" in failed["group_0002/originals/c.jpg"]
    assert bench.tree().keys() == REST.keys()
    assert left(bench.undo()) == {}
    assert bench.tree() == {}


@numbers
def test_a_disk_that_refuses_everything_ends_the_run_with_one_sentence(bench: Bench, number: int) -> None:
    error = in_own_process(lay_out, bench.root, LinkMethod.COPY, number, r"/group_|\.part\Z")
    assert isinstance(error, OutputError)


def test_a_disk_without_symbolic_links_ends_the_run_with_one_sentence(bench: Bench) -> None:
    error = in_own_process(lay_out, bench.root, LinkMethod.SYMLINK, errno.EPERM, r"\.jpg\Z|\.part\Z")
    assert isinstance(error, OutputError)


def lay_out_without_times(root: Path) -> dict[str, str]:
    refuse_times()
    return lay_out(root, LinkMethod.COPY, errno.EPERM)


def test_a_disk_that_lets_nobody_set_times_ends_the_run_before_every_photo_was_copied_for_nothing(bench: Bench) -> None:
    assert isinstance(in_own_process(lay_out_without_times, bench.root), OutputError)


def test_names_of_the_journal_that_the_disk_cannot_have_are_missing_there(bench: Bench) -> None:
    """As where an output was moved to a disk that refuses them, and to where it was."""
    (bench.out / "group_0001" / "originals").mkdir(parents=True)
    names = ["x" * 300 + ".jpg", "a.jpg"]
    with closing(bench.journal()) as journal:
        output = FolderOutput(bench.out, journal, lambda _file, _copy: "")
        part = journal.begin_part(output.target, ["folder:/photos"])
        changes = journal.begin(part, CHANGES, [builders.copy_of(builders.photo(name)) for name in names])
        journal.finish([(change, FileState(1000, 1, "0" * 64)) for change in changes])
        laid = output.state().laid
    assert [one.condition for one in laid.values()] == [Condition.MISSING] * 2
    assert left(bench.look()) == {}
