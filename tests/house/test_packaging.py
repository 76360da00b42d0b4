"""What an installed wheel holds, and that what it depends on is said in one place."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from bestshot import __version__
from tests.support.paths import ROOT

DOORS = {"immich_client.py", "photo_organizer.py", "photo_sources.py"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a wheel, which is built from a copy and without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "project"
    rubbish = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "photo-organizer-demo")
    shutil.copytree(ROOT, copy, ignore=rubbish)
    program = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with ZipFile(folder / f"bestshot_photos-{__version__}-py3-none-any.whl") as wheel:
        return set(wheel.namelist())


def test_an_installed_wheel_brings_the_package_and_the_three_doors_and_no_more(installed: set[str]) -> None:
    assert {Path(name).parts[0] for name in installed} == {
        "bestshot",
        *DOORS,
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
