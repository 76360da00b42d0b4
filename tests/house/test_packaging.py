"""What an installed wheel holds, and that what it depends on is said in one place."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import requires
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from bestshot import __version__
from bestshot.cli.arguments import build_parser
from docs import dependencies
from tests.support.paths import ROOT

DOORS = {"immich_client.py", "photo_organizer.py", "photo_sources.py"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and a source distribution, which are built from a copy and without the network."""
    folder = tmp_path_factory.mktemp("built")
    copy = folder / "project"
    rubbish = ".git", ".*cache", ".venv", "__pycache__", "build", "*.egg-info", "photo-organizer-demo"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*rubbish))
    for hook in ("build_wheel", "build_sdist"):
        program = f"import sys; from setuptools import build_meta; build_meta.{hook}(sys.argv[1])"
        done = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=copy, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    return built / f"bestshot_photos-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(wheel: Path) -> set[str]:
    """The files of the wheel."""
    with ZipFile(wheel) as files:
        return set(files.namelist())


@pytest.fixture(scope="module")
def source_distribution(built: Path) -> set[str]:
    """The files of the source distribution, by their names in the project."""
    with tarfile.open(built / f"bestshot_photos-{__version__}.tar.gz") as files:
        return {name.partition("/")[2] for name in files.getnames()}


def test_an_installed_wheel_brings_the_package_and_the_three_doors_and_no_more(installed: set[str]) -> None:
    assert {Path(name).parts[0] for name in installed} == {
        "bestshot",
        *DOORS,
        f"bestshot_photos-{__version__}.data",
        f"bestshot_photos-{__version__}.dist-info",
    }


def test_an_installed_wheel_holds_every_file_of_the_package(installed: set[str]) -> None:
    """The page of the report and the mark of a typed package too, which are no modules."""
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bestshot").rglob("*") if path.is_file()}
    assert {name for name in installed if name.startswith("bestshot/")} == {
        name for name in files if "__pycache__" not in name
    }
    assert "bestshot/py.typed" in installed


def test_a_dependency_is_declared_once() -> None:
    """In the project's own metadata; the files of requirements add what developers need besides."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(name for extra in extras for name in extra)]
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / file).read_text(encoding="utf-8")
        declared += [line for line in text.splitlines() if line and line[0] not in "#-."]
    names = [name.partition(">")[0].lower().replace("_", "-") for name in declared]
    assert len(names) > 20
    assert sorted(names) == sorted(set(names))


def test_an_installed_wheel_brings_the_manual_page_with_every_flag(wheel: Path) -> None:
    with ZipFile(wheel) as files:
        page = files.read(f"bestshot_photos-{__version__}.data/data/share/man/man1/photo-organizer.1").decode()
    flags = {flag for action in build_parser()._actions for flag in action.option_strings if flag.startswith("--")}
    flags.remove("--help")  # which every page of a manual takes for granted
    assert {flag for flag in flags if flag.replace("-", "\\-") not in page} == set()


def test_the_source_distribution_holds_every_file_of_the_project(source_distribution: set[str]) -> None:
    """So that it can be built and tested from; what serves git alone stays out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no checkout that git knows")
    kept = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert kept - source_distribution == {".gitignore", ".pre-commit-config.yaml"}


def test_the_sets_of_dependencies_and_their_licences_name_what_an_installation_brings() -> None:
    """If not, `python -m docs.dependencies` writes them anew."""
    newest = {_canonical(line.partition("==")[0]) for line in dependencies.NEWEST.read_text().splitlines()}
    table = dependencies.LICENCES.read_text(encoding="utf-8")
    licensed = {_canonical(name) for name in re.findall(r"^\| ([\w.-]+) +\|", table, re.MULTILINE)} - {"name"}
    assert newest == licensed
    assert _brought(Requirement("bestshot-photos[dask]")) - newest == set()
    assert dependencies.OLDEST.read_text().splitlines() == sorted(dependencies.oldest(), key=str.lower)


def _brought(asked: Requirement) -> set[str]:
    """The names of all that a requirement brings on this system, without its own."""
    found: set[str] = set()
    waiting = [(_canonical(asked.name), frozenset(asked.extras))]
    while waiting:
        name, extras = waiting.pop()
        for text in requires(name) or ():
            one = Requirement(text)
            wanted = one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""})
            if wanted and (known := _canonical(one.name)) not in found:
                found.add(known)
                waiting.append((known, frozenset(one.extras)))
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
