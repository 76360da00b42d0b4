"""A source that another package brings: looked at, laid out, planned, applied, marked and taken back by its name."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from bestshot.cli.main import main
from tests.support.drawn_library import add_burst, contents
from tests.support.paths import ROOT

EXAMPLE = ROOT / "examples" / "zip_source"

SHELF = """
import os
from bestshot.sources.local.source import LocalPhotoSource

class Shelf(LocalPhotoSource):
    def __init__(self, places):
        super().__init__(*places)
    def origins(self):
        return tuple(f"shelf:{given}" for given in self._given)
    def mark_target(self):
        return "shelf:all"
    def scan(self, *asked):
        from dataclasses import replace
        listing = super().scan(*asked)
        return replace(listing, photos=tuple(replace(one, origin=self.origins()[0]) for one in listing.photos))

class Broken(Shelf):
    def origins(self):
        return ("broken:" + self._given[0],)
    def scan(self, *asked):
        return {}["shelf"]

class Misnamed(Shelf):
    pass

def nothing(places):
    return None
"""
ENTRIES = """[photo_organizer.sources]
shelf = shelf:Shelf
broken = shelf:Broken
misnamed = shelf:Misnamed
nothing = shelf:nothing
absent = shelf_that_is_not_there:Shelf
"""


def bring(folder: Path, package: str) -> None:
    """What an installer leaves of a package that brings these sources."""
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRIES)
    (folder / "shelf.py").write_text(SHELF)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that brings sources is installed."""
    bring(tmp_path / "site", "shelves")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield tmp_path / "site"
    sys.modules.pop("shelf", None)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has installed the example."""
    pytest.importorskip("pip")
    place = tmp_path_factory.mktemp("installed")
    copied = shutil.copytree(EXAMPLE, place / "source")
    flags = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    target = place / "site"
    subprocess.run([sys.executable, "-m", "pip", "install", *flags, "--target", target, copied], check=True)
    return target


@pytest.fixture
def archive(installed: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A burst in an archive, and one photo under a name that leads out of it."""
    monkeypatch.syspath_prepend(str(installed))
    photos = add_burst(home / "photos")
    path = home / "photos.zip"
    with ZipFile(path, "w") as packed:
        for photo, name in zip(photos, ("a.jpg", "trip/b.jpg", "../../../c.jpg"), strict=True):
            packed.write(photo, name)
    shutil.rmtree(home / "photos")
    return path


def run(*arguments: object) -> int:
    return main([*map(str, arguments), "--no-faces", "--workers", "1"])


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


LAID = {f"group_0001/originals/{name}.jpg" for name in "abc"} | {"group_0001/metadata.txt", "group_0001/best_b.jpg"}


class TestZipExample:
    def test_it_is_laid_out_once_and_taken_back(
        self, archive: Path, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "out"
        assert run("--source-type", "zip", archive, "-o", out) == 0
        assert {name for name in files_in(out) if not name.startswith(".")} == LAID
        with ZipFile(archive) as packed:
            assert (out / "group_0001" / "best_b.jpg").read_bytes() == packed.read("trip/b.jpg")
        laid = {name: found for name, found in contents(out).items() if name.endswith((".jpg", ".txt"))}
        capsys.readouterr()
        assert run("--source-type", "zip", archive, "-o", out, "--quiet") == 0
        assert laid.items() <= contents(out).items()
        assert not "".join(capsys.readouterr())
        assert main(["--history"]) == 0
        assert f"zip:{archive}" in capsys.readouterr().out
        assert main(["--undo", "--yes"]) == 0
        assert not {name for name in files_in(out) if not name.startswith(".")}

    def test_nothing_is_taken_back_whose_archive_is_gone(
        self, archive: Path, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = home / "out"
        assert run("--source-type", "zip", archive, "-o", out, "--quiet") == 0
        archive.rename(home / "elsewhere.zip")
        assert main(["--undo", "--yes"]) == 1
        assert {name for name in files_in(out) if "originals" in name} == {name for name in LAID if "originals" in name}
        assert "this may be the only copy left" in "".join(capsys.readouterr())

    def test_a_plan_of_it_is_applied_without_naming_it_again(self, archive: Path, home: Path) -> None:
        plan, out = home / "plan.json", home / "out"
        assert run("--source-type", "zip", archive, "-o", out, "--dry-run", "--plan", plan, "--quiet") == 0
        written = json.loads(plan.read_text())
        assert written["source"]["type"] == "zip"
        assert main(["--apply", str(plan), "-o", str(out), "--workers", "1", "--quiet"]) == 0
        assert files_in(out) >= LAID

    def test_its_photos_are_not_marked(self, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("--source-type", "zip", archive, "--tag-only") == 2
        assert "These photos cannot be marked: leave out --tag-only" in capsys.readouterr().err

    def test_the_names_of_the_rest_say_where_they_are(self, archive: Path, home: Path) -> None:
        rest = home / "rest.txt"
        for _ in range(2):  # the second time over the list of the first
            assert run("--source-type", "zip", archive, "--list-rest", rest, "--quiet") == 0
            assert set(rest.read_text().split()) == {f"zip:{archive}/a.jpg", f"zip:{archive}/../../../c.jpg"}

    def test_it_keeps_what_every_source_promises(self, installed: Path) -> None:
        """Its own tests say so, as its authors run them."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)]), "PYTEST_ADDOPTS": ""}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE), "tests"]
        done = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("shelf")
class TestAnyPackage:
    def test_marks_are_set_and_taken_back_through_it(self, home: Path) -> None:
        photos = home / "photos"
        add_burst(photos)
        before = files_in(photos)
        assert run("--source-type", "shelf", photos, "--tag-only", "--quiet") == 0
        assert len(files_in(photos) - before) == 3
        assert main(["--undo", "--source-type", "shelf", str(photos), "--yes", "--quiet"]) == 0
        assert files_in(photos) == before

    @pytest.mark.parametrize(
        ("name", "code", "said"),
        [
            ("shelv", 2, "--source-type shelv: no such source is installed; there are absent, broken, immich, local,"),
            ("nothing", 2, "The source nothing of shelves 1.0 makes NoneType, which is no PhotoSource."),
            ("misnamed", 2, "The source misnamed of shelves 1.0 calls a library shelf:"),
            ("broken", 3, "The source broken of shelves 1.0 failed unforeseen (KeyError: 'shelf'): tell its authors."),
            ("absent", 3, "The source absent of shelves 1.0 failed unforeseen (ModuleNotFoundError: No module named"),
            ("Shelf", 2, "--source-type must be local, immich or the name of a source that another package brings,"),
        ],
    )
    def test_what_is_wrong_with_it_is_a_sentence(
        self, name: str, code: int, said: str, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("--source-type", name, home) == code
        assert said in capsys.readouterr().err

    def test_of_two_packages_with_one_name_neither_is_chosen(
        self, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bring(tmp_path / "more", "cupboards")
        monkeypatch.syspath_prepend(str(tmp_path / "more"))
        assert run("--source-type", "shelf", home) == 2
        assert "Several packages bring a source shelf: shelf of cupboards 1.0, shelf of shelves 1.0." in (
            capsys.readouterr().err
        )
