"""Install the program into an environment of its own, as users do, and run its demo there.

`python packaging/try_distribution.py [FILE]` takes a wheel or a source distribution; without, the project's folder.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Fail where anything had to be compiled, does not fit together, or is missing for faces."""
    wanted = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    with TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        venv.create(environment, with_pip=True)
        programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
        _run(programs / "python", "-m", "pip", "install", "--quiet", f"--only-binary={_with_wheels()}", str(wanted))
        _run(programs / "python", "-m", "pip", "check")
        said = _run(programs / "photo-organizer", "--demo", cwd=folder)
        if said or not (Path(folder) / "photo-organizer-demo" / "organized").is_dir():
            sys.exit(f"The demo did not run as it should. {said}")


def _with_wheels() -> str:
    """The dependencies that may not be built here; face_recognition_models has no wheel, but nothing to compile."""
    names = {line.partition("==")[0] for line in (ROOT / "packaging" / "newest.txt").read_text().splitlines()}
    return ",".join(sorted((names | {"dlib"}) - {"face_recognition_models"}))


def _run(program: Path, *arguments: str, cwd: str | None = None) -> str:
    """Run a program of the environment without anything of the user's; its warnings are the result."""
    places = {f"PHOTO_ORGANIZER_{kind}_DIR": str(program.parents[1] / kind.lower()) for kind in ("STATE", "CACHE")}
    command = [str(program), *arguments]
    environment = os.environ | places
    done = subprocess.run(command, cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 - written out above
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stderr


if __name__ == "__main__":
    main()
