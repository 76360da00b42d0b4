"""What is done in a held folder is done in that folder, whatever becomes of its name, and never where a link leads."""

from pathlib import Path

import pytest

from bestshot.errors import PhotoError
from bestshot.storage import folders
from bestshot.storage.folders import check_way, holding, remove_empty_folders, shown


@pytest.fixture(params=["by handle", "by name"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How folders are held: as this system can, and as one that has no names for open folders."""
    if request.param == "by name":
        monkeypatch.setattr(folders, "_HAS_HANDLES", False)
    elif not folders._HAS_HANDLES:
        pytest.skip("this system has no names for open folders")
    return str(request.param)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.usefixtures("way")
def test_folders_are_made_on_the_way_and_those_that_are_new_are_told_outermost_first(tmp_path: Path) -> None:
    with holding("a/b", tmp_path, make=True) as folder:
        assert folder.made == ("a", "a/b")
        (folder.path / "file").write_bytes(b"here")
    with holding("a/b", tmp_path, make=True) as folder:
        assert folder.made == ()
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"here"
    with holding("", tmp_path) as folder:
        assert folder.path.samefile(tmp_path)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("make", [False, True])
@pytest.mark.parametrize("linked", ["a", "a/b"])
def test_no_folder_is_held_over_a_link_and_nothing_is_made_where_it_leads(
    tmp_path: Path, linked: str, make: bool
) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    (root / linked).parent.mkdir(parents=True)
    elsewhere.mkdir()
    (root / linked).symlink_to(elsewhere)
    with (
        pytest.raises(PhotoError, match=f"{linked} has become a link, and nothing is changed where it leads"),
        holding("a/b", root, make=make),
    ):
        raise AssertionError("it was held")
    with pytest.raises(PhotoError, match="has become a link"):
        check_way("a/b/file", root)
    assert names(elsewhere) == set()


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "real")
    with holding("a", tmp_path / "root", make=True):
        assert names(tmp_path / "real") == {"a"}


@pytest.mark.skipif(not folders._HAS_HANDLES, reason="this system has no names for open folders")
def test_a_folder_that_gives_way_to_a_link_while_it_is_held_is_written_to_nevertheless(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with holding("a/b", tmp_path, make=True) as folder:
        (tmp_path / "a").rename(tmp_path / "moved")
        (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
        (folder.path / "file").write_bytes(b"here")
        assert shown(folder.path / "file") == str(tmp_path / "moved" / "b" / "file")
    assert (tmp_path / "moved" / "b" / "file").read_bytes() == b"here"
    assert names(tmp_path / "elsewhere") == set()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("path", ["file", "file/below", "file/further/below"])
def test_a_file_in_the_way_of_a_folder_is_left_alone(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_bytes(b"somebody's")
    with (
        pytest.raises(PhotoError, match=f"{tmp_path / 'file'} cannot be created: a file is in its way"),
        holding(path, tmp_path, make=True),
    ):
        raise AssertionError("it was held")
    assert (tmp_path / "file").read_bytes() == b"somebody's"


@pytest.mark.usefixtures("way")
def test_a_folder_that_is_gone_is_not_made_unless_that_is_wished(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=f"The folder {tmp_path / 'a'} is gone"), holding("a/b", tmp_path):
        raise AssertionError("it was held")
    assert names(tmp_path) == set()


@pytest.mark.usefixtures("way")
def test_empty_folders_are_removed_up_to_the_first_that_is_not(tmp_path: Path) -> None:
    (tmp_path / "kept" / "a" / "b").mkdir(parents=True)
    (tmp_path / "kept" / "file").touch()
    remove_empty_folders("kept/a/b/never made", tmp_path)
    assert names(tmp_path) == {"kept", "kept/file"}
    remove_empty_folders("kept", tmp_path)
    assert names(tmp_path) == {"kept", "kept/file"}


@pytest.mark.usefixtures("way")
def test_the_root_itself_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "root" / "a").mkdir(parents=True)
    remove_empty_folders("a", tmp_path / "root")
    assert names(tmp_path) == {"root"}


@pytest.mark.usefixtures("way")
def test_no_empty_folder_is_removed_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "originals").mkdir(parents=True)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "group").symlink_to(tmp_path / "elsewhere")
    remove_empty_folders("group/originals", tmp_path / "root")
    remove_empty_folders("group", tmp_path / "root")
    assert names(tmp_path) == {"elsewhere", "elsewhere/originals", "root", "root/group"}


@pytest.mark.skipif(not folders._HAS_HANDLES, reason="this system has no names for open folders")
def test_what_was_held_is_let_go(tmp_path: Path) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    with holding("a/b/c", tmp_path, make=True):
        pass
    assert set(Path("/proc/self/fd").iterdir()) == before
