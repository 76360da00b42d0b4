"""Write down what the program depends on: the newest set that was tested, the oldest allowed, and all licences.

`python -m docs.dependencies` installs the project into a fresh environment and writes `packaging/newest.txt`,
`packaging/oldest.txt` and `docs/licences.md` anew. The first two are constraints for `pip install -c`: names and
versions, nothing else.
"""

import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
NEWEST, OLDEST = ROOT / "packaging" / "newest.txt", ROOT / "packaging" / "oldest.txt"
LICENCES = ROOT / "docs" / "licences.md"

_ABOUT_LICENCES = """\
# Licences

Photo Organizer is under the MIT licence. What an installation brings besides, and under which licence its authors give
it, as they say so themselves (`python -m docs.dependencies` writes this page anew):

"""

_BUNDLED = """
Wheels carry libraries of others. Under the LGPL are libheif and libde265 in pillow_heif, LibRaw in rawpy and FFmpeg in
opencv-python-headless; under the GPL is x265 in pillow_heif, which this program never calls, as it writes no HEIC. The
others (OpenBLAS, libjpeg-turbo, libtiff, libwebp, ...) are under licences like BSD's or MIT's. Each wheel has their
texts.

The models of face_recognition_models are in the public domain (CC0), but for
`shape_predictor_68_face_landmarks.dat`: the photos that it was trained on exclude commercial use, as its author says.
"""


def declared() -> list[Requirement]:
    """What the project asks for itself, with that of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for text in [*project["dependencies"], *(text for extra in extras for text in extra)]]


def oldest() -> Iterator[str]:
    """The lower bound of each direct dependency, as a constraint."""
    for one in declared():
        bounds = [specifier.version for specifier in one.specifier if specifier.operator == ">="]
        yield f"{one.name}=={bounds[0]}" + (f"; {one.marker}" if one.marker else "")


def main() -> None:
    """Install the project into a fresh environment and write the three files."""
    with TemporaryDirectory() as folder:
        environment = Path(folder)
        venv.create(environment, with_pip=True)
        python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        _run(python, "-m", "pip", "install", "--quiet", f"{ROOT}[dask]")
        frozen = _run(python, "-m", "pip", "freeze", "--exclude", "bestshot-photos")
        table = _run(
            Path(sys.executable).with_name("pip-licenses"),
            *("--python", str(python), "--from=mixed", "--format=markdown", "--no-version", "--ignore-packages"),
            *("bestshot-photos", "pip", "setuptools"),
        )
    _write(NEWEST, frozen.splitlines())
    _write(OLDEST, oldest())
    LICENCES.write_text(_ABOUT_LICENCES + table + _BUNDLED, encoding="utf-8")


def _run(program: Path, *arguments: str) -> str:
    command = [str(program), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - written out above


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in sorted(lines, key=str.lower)), encoding="utf-8")


if __name__ == "__main__":
    main()
