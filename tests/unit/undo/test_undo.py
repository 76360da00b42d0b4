"""The history and the undo as a user meets them: on the command line, for folders, sidecars and a server."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.model.photo import SourceType
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.undo.choice import RunChoice
from bestshot.undo.commands import undo
from tests.fake_immich import MORNING, FakeImmich
from tests.fake_immich.pictures import Scene
from tests.runs.undo.test_marks import world
from tests.support import drawn_library
from tests.support.immich.folder import impatient
from tests.support.marks.on_immich import client_of, never_waiting
from tests.support.undo_bench import left, tree_of

QUICK = ["--no-faces", "--workers", "1"]


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints, which ends with this code."""
    capsys.readouterr()
    assert main([*arguments]) == code
    told = capsys.readouterr()
    return told.out + told.err


def test_before_anything_was_done_there_is_no_history_and_none_is_made(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "--history") == "Nothing was ever changed.\n"
    assert said(capsys, "--undo", code=2) == "There is nothing to undo. --history lists what was done.\n"
    assert list(home.rglob("*")) == []


def test_runs_are_listed_and_taken_back_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    drawn_library.add_burst(photos)
    before = tree_of(photos)
    assert main([str(photos), "-o", str(out), "--quiet", *QUICK]) == 0
    laid = tree_of(out)
    assert main([str(photos), "--tag-only", "--quiet", *QUICK]) == 0
    latest, first = said(capsys, "--history").splitlines()
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.fullmatch(
        rf" +1  {when}  {re.escape(str(photos))}: 3 photos laid out in {re.escape(str(out))} \(5 changes\)", first
    )
    assert re.fullmatch(rf" +2  {when}  {re.escape(str(photos))}: 3 photos tagged \(2 changes\)", latest)
    assert "--history and --undo cannot be combined" in said(capsys, "--history", "--undo", code=2)
    assert said(capsys, "--undo", "--dry-run").endswith("\n2 changes of marks to be undone.\n")
    assert said(capsys, "--undo").endswith("\n3 photos no longer tagged.\n")
    assert (tree_of(photos), tree_of(out)) == (before, laid)
    assert said(capsys, "--undo").endswith("\n5 files removed.\n")
    assert (tree_of(photos), tree_of(out)) == (before, {})
    lines = said(capsys, "--history").splitlines()
    assert [line[:4].strip() for line in lines] == ["4", "3", "2", "1"]
    assert "undo of run 1: 5 files taken back in " in lines[0]
    assert lines[3].endswith("; undone)")
    assert said(capsys, "--undo", "1", code=2) == "Run 1 has been undone. To have it again, run the job again.\n"


def test_what_is_left_is_told_with_its_reason_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    drawn_library.add_burst(photos)
    assert main([str(photos), "-o", str(out), "--quiet", *QUICK]) == 0
    (out / "group_0001" / "metadata.txt").write_text("mine")
    told = said(capsys, "--undo", code=1)
    assert "group_0001/metadata.txt: it was changed since and stays as it is.\n" in told
    assert "1 thing left alone.\n" in told
    assert said(capsys, "--history").splitlines()[1].endswith("; undone in part)")


@pytest.mark.parametrize("version", ["v1.105.1", "v2.7.5", "v3.1.0"])
def test_a_run_on_a_server_is_one_with_its_downloads_and_taken_back_as_a_whole(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeImmich(version) as fake:
        fake.seeds.burst(3)
        before, out = world(fake), tmp_path / "out"
        wanted = Settings(
            no_faces=True, source_type=SourceType.IMMICH, output=str(out), tag_only=True, create_albums=True, stack=True
        )
        source = impatient(fake)
        with ThreadPoolExecutor(1) as executor:
            PhotoOrganizer(source, wanted, executor=executor, policy=never_waiting()).run()
        assert world(fake) != before
        assert len(tree_of(out)) > 4
        calls = len(fake.calls)
        (line,) = said(capsys, "--history").splitlines()
        assert f"3 photos laid out in {out} and 3 photos tagged, 1 album made" in line
        assert "on Immich" in line
        assert len(fake.calls) == calls, "the history asks nobody"
        assert "with --source-type immich" in said(capsys, "--undo", code=2)
        results = undo(RunChoice(), wanted, client_of(fake), _no_progress, never_waiting()).results
        assert left(results) == {}
        assert (world(fake), tree_of(out)) == (before, {})
        assert "; undone)" in said(capsys, "--history").splitlines()[1]


def test_of_two_users_each_takes_back_the_own_latest_run_and_the_history_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeImmich("v2.7.5") as fake:
        fake.seeds.burst(2)
        for n in range(2):
            fake.seeds.photo(taken=MORNING, scene=Scene(90, n), owner=fake.user.user)
        on_server = ["--source-type", "immich", "--immich-url", fake.url, *QUICK]
        for key in (fake.admin, fake.user):
            monkeypatch.setenv("IMMICH_API_KEY", key.secret)
            assert main([*on_server, "--mark-best-favorite"]) == 0
        latest, first = said(capsys, "--history").splitlines()
        assert f"on Immich for Second User at {fake.url}: 1 photo made favourite" in latest
        assert f"on Immich for Test Admin at {fake.url}: 1 photo made favourite" in first
        monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
        assert "Run 1 of" in said(capsys, *on_server, "--undo")
        assert [a.owner.name for a in fake.state.assets.values() if a.is_favorite] == ["Second User"]
        told = said(capsys, *on_server, "--undo", code=2)
        assert told == "There is no run about photos on Immich to undo. --history lists what was done.\n"


@contextmanager
def _no_progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _done: None


class TestTheRunThatIsMeant:
    """Two libraries, each laid out, and the second marked: what is named decides which run is taken back."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in ("one", "two"):
            drawn_library.add_burst(tmp_path / name)
        self.run(tmp_path / "one", "-o", tmp_path / "out1")  # run 1
        self.run(tmp_path / "two", "-o", tmp_path / "out2")  # run 2
        self.run(tmp_path / "one", "-o", tmp_path / "out3")  # run 3
        self.run(tmp_path / "two", "--create-albums", "-o", tmp_path / "albums")  # run 4
        return tmp_path

    def run(self, *arguments: object) -> None:
        assert main([*map(str, arguments), "--quiet", *QUICK]) == 0

    @pytest.mark.parametrize(
        ("named", "number"),
        [
            ([], 4),
            (["one"], 3),
            (["two"], 4),
            (["-o", "out1"], 1),
            (["-o", "out2"], 2),
            (["-o", "albums"], 4),
            (["two", "-o", "out2"], 2),
            (["--source", "one", "-o", "./out1/"], 1),
            (["--source-type", "local"], 4),
            (["--undo", "one"], 3),
            (["--undo", "two", "--output", "out2"], 2),
        ],
    )
    def test_is_the_latest_about_all_that_is_named(
        self,
        named: list[str],
        number: int,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(folder)
        asked = named if "--undo" in named else [*named, "--undo"]
        assert f"Run {number} of " in said(capsys, *asked, "--dry-run")
        assert f"Run {number} of " in said(capsys, *asked)
        assert f"undo of run {number}: " in said(capsys, "--history").splitlines()[0]

    @pytest.mark.parametrize(
        ("named", "why"),
        [
            (["three"], "There is no run about three to undo."),
            (["one", "-o", "out2"], "There is no run about one and laid out in out2 to undo."),
            (["--source-type", "immich"], "There is no run about photos on Immich to undo."),
            (["--undo", "2", "one"], "Run 2 was not about one."),
        ],
    )
    def test_is_none_where_none_was_about_that(
        self,
        named: list[str],
        why: str,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Nothing else is taken back instead."""
        monkeypatch.chdir(folder)
        monkeypatch.setenv("IMMICH_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("IMMICH_API_KEY", "none")
        before = tree_of(folder)
        asked = named if "--undo" in named else [*named, "--undo"]
        assert said(capsys, *asked, code=2) == f"{why} --history lists what was done.\n"
        assert tree_of(folder) == before

    def test_is_one_on_the_server_if_that_is_named(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with FakeImmich("v3.1.0") as fake:
            fake.seeds.burst(2)
            monkeypatch.setenv("IMMICH_URL", fake.url)
            monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
            there = ["--source-type", "immich"]
            self.run(*there, "-o", folder / "out5")  # run 5
            self.run(folder / "one", "-o", folder / "out6")  # run 6
            assert "Run 6 of " in said(capsys, "--undo", "--dry-run")
            told = said(capsys, "--undo", *there)
            assert re.match(
                r"Run 5 of \S+ \S+, about photos on Immich for Test Admin at \S+: 2 photos laid out in ", told
            )
            assert "Run 6 of " in said(capsys, "--undo", "--source-type", "local", "--dry-run")
            assert not list((folder / "out5").glob("group_*"))

    def test_is_not_narrowed_by_settings_for_every_run(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PHOTO_ORGANIZER_SOURCE", str(folder / "one"))
        monkeypatch.setenv("PHOTO_ORGANIZER_OUTPUT", str(folder / "out1"))
        assert "Run 4 of " in said(capsys, "--undo", "--dry-run")


def test_an_undo_says_which_run_it_takes_back_and_lists_its_files_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    drawn_library.add_burst(photos)
    for arguments in (["-o", str(out)], ["--tag-only"]):
        assert main([str(photos), *arguments, "--quiet", *QUICK]) == 0
    about = rf"of \d{{4}}-\d\d-\d\d \d\d:\d\d, about {re.escape(str(photos))}: "
    dry = said(capsys, "--undo", "1", "--dry-run").splitlines()
    assert re.fullmatch(rf"Run 1 {about}3 photos laid out in {re.escape(str(out))} \(5 changes\)\.", dry[0])
    files = {name for name, what in tree_of(out).items() if what != "folder"}
    assert {line.removeprefix("  would remove ") for line in dry[1:-1]} == files
    assert dry[-1] == "5 files to be removed."
    marked = said(capsys, "--undo", "--dry-run").splitlines()
    assert re.fullmatch(rf"Run 2 {about}3 photos tagged \(2 changes\)\.", marked[0])
    assert all(line.startswith("  would take the tags ") and str(photos) in line for line in marked[1:-1])
    told = said(capsys, "--undo", "-v").splitlines()
    deeds = [line for line in told[1:-1] if not line.startswith(f"      {photos}/burst_")]
    assert [line.partition("take the tag")[0] for line in deeds] == ["  done: "] * 2
    assert len(told[1:-1]) == 2 + 3
    told = said(capsys, "--undo", "--verbose").splitlines()
    assert {line.removeprefix("  removed ") for line in told[1:-1]} == files


class TestOneRun:
    """`--history N` lists each change of a run, and `--undo --dry-run -v` each that it would take back."""

    @pytest.fixture
    def photos(self, tmp_path: Path) -> Path:
        drawn_library.add_burst(tmp_path / "photos")
        for arguments in (["-o", str(tmp_path / "out")], ["--tag-only"]):
            assert main([str(tmp_path / "photos"), *arguments, "--quiet", *QUICK]) == 0
        return tmp_path / "photos"

    def test_of_an_output_is_listed_file_by_file(self, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
        about, *changes = said(capsys, "--history", "1").splitlines()
        assert re.match(rf"Run 1 of .*, about {re.escape(str(photos))}: 3 photos laid out in ", about)
        assert changes == [
            f"  done: copy {photos}/burst_1.jpg to group_0001/originals/burst_1.jpg",
            f"  done: copy {photos}/burst_2.jpg to group_0001/originals/burst_2.jpg",
            f"  done: copy {photos}/burst_3.jpg to group_0001/originals/burst_3.jpg",
            "  done: show group_0001/originals/burst_2.jpg as group_0001/best_burst_2.jpg",
            "  done: write group_0001/metadata.txt",
        ]

    def test_of_marks_is_listed_photo_by_photo(self, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
        def listed(*arguments: str) -> list[str]:
            return [line.strip() for line in said(capsys, *arguments).splitlines() if line.startswith("      ")]

        told = said(capsys, "--history", "2")
        assert re.search("^  done: put the tags .*photo-organizer-duplicate-best on 1 photo$", told, re.MULTILINE)
        for arguments in (("--history", "2"), ("--undo", "2", "--dry-run", "-v")):
            assert sorted(listed(*arguments)) == [f"{photos}/burst_{shot}.jpg" for shot in (1, 2, 3)]

    def test_of_an_undo_is_listed_and_what_was_undone_is_called_so(
        self, photos: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(photos), "--undo", "1", "--quiet"]) == 0
        about, *changes = said(capsys, "--history", "3").splitlines()
        assert "undo of run 1: " in about
        assert len([line for line in changes if line.startswith("  done: remove group_0001/")]) == 5
        assert said(capsys, "--history", "1").splitlines()[0].endswith("; undone).")
        assert said(capsys, "--history").splitlines()[2].endswith("; undone)")

    def test_that_is_not_there_is_told(self, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert photos.is_dir()
        assert said(capsys, "--history", "9", code=2) == "There is no run 9. --history lists those that there are.\n"

    def test_is_listed_only_if_it_was_about_what_is_named(
        self, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert len(said(capsys, "--history", str(photos)).splitlines()) == 2
        assert len(said(capsys, "-o", str(tmp_path / "out"), "--history").splitlines()) == 1
        told = said(capsys, "--history", str(tmp_path))
        assert told == f"Nothing was changed by a run about {tmp_path}.\n"
