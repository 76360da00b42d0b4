"""The programs that are compared: how each is installed, of which version it is, and how it is run on a folder.

Each peer looks for photos that resemble each other in the way that it offers by itself: czkawka within 10 of the 64
bits of its gradient hash, imagededup and ImageHash within 10 of 64 bits of pHash, findimagedupes 90 % alike. ImageHash
only hashes, so its hashes are compared here, all with all.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparison.table import OURS

BEFORE = "before"
DRAFT = "draft decode"

PLAN = "plan.json"
"""The plan of a run, in the folder of what it keeps."""

_CZKAWKA = """
import sys
from czkawka import ImageSimilarity

finder = ImageSimilarity()
finder.set_directories([sys.argv[1]])
finder.set_similarity(10)
print(len(finder.find_similar()), "groups")
"""

# imagededup imports torch and matplotlib for what is not compared here. Its two packages are opened without that, so it
# is charged for less than its users pay.
_IMAGEDEDUP = """
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

root = Path(find_spec("imagededup").origin).parent
for name in ("methods", "utils"):
    module = sys.modules[f"imagededup.{name}"] = ModuleType(f"imagededup.{name}")
    module.__path__ = [str(root / name)]
from imagededup.methods.hashing import PHash

found = PHash(verbose=False).find_duplicates(image_dir=sys.argv[1], max_distance_threshold=10, recursive=True)
print(len(found), "photos")
"""

_IMAGEHASH = """
import sys
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

paths = [path for path in Path(sys.argv[1]).rglob("*") if path.is_file() and path.suffix != ".json"]
bits = np.array([np.packbits(imagehash.phash(Image.open(path)).hash).view(np.uint64)[0] for path in paths])
near = sum(int((np.bitwise_count(bits[at + 1 :] ^ one) <= 10).sum()) for at, one in enumerate(bits))
print(len(paths), "photos", near, "pairs")
"""

_DRAFT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image


def decode(path):
    with Image.open(path) as image:
        image.draft("L", (64, 64))
        image.load()


with ThreadPoolExecutor() as pool:
    print(len(list(pool.map(decode, Path(sys.argv[1]).rglob("*.jpg")))), "photos")
"""

Start = Callable[[Path, Path], Sequence[str]]
"""Makes the command that looks at a folder, given also a folder for what it keeps."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is compared; of one that cannot be had, `missing` says why.

    One that keeps nothing does in a second run what it did in the first.
    """

    name: str
    version: str
    start: Start
    missing: str = ""
    keeps_something: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is a checkout of this program."""
        return self.name in {OURS, BEFORE}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout of this program."""

    name: str
    folder: Path

    @property
    def version(self) -> str:
        """Its version, and its commit where it is a repository."""
        told = _said([sys.executable, str(self.folder / "photo_organizer.py"), "--version"])
        commit = _said(["git", "-C", str(self.folder), "rev-parse", "--short", "HEAD"]) if shutil.which("git") else ""
        return f"{told.split()[-1]} {commit}".strip()

    def program(self, *arguments: str, has_plan: bool = False) -> Program:
        """This program as it looks for groups in a folder, with these arguments."""

        def start(folder: Path, kept: Path) -> Sequence[str]:
            places = ["--cache-dir", str(kept / "cache"), "--state-dir", str(kept / "state")]
            places += ["--plan", str(kept / PLAN)] if has_plan else []
            return [sys.executable, str(self.folder / "photo_organizer.py"), str(folder), *places, *arguments]

        return Program(self.name, "", start, keeps_something=True)

    def called(self, *arguments: str) -> Program:
        """This program, called with these arguments and no folder."""
        command = [sys.executable, str(self.folder / "photo_organizer.py"), *arguments]
        return Program(self.name, "", lambda _folder, _kept: command)

    def code(self, code: str) -> Program:
        """Python code that is run with this program's packages."""
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(self.folder)!r})\n{code}"]
        return Program(self.name, "", lambda _folder, _kept: command)


def checkouts(before: Path | None) -> tuple[Checkout, ...]:
    """This checkout, and the one it is compared with."""
    mine = Checkout(OURS, Path(__file__).resolve().parent.parent.parent)
    return (mine, Checkout(BEFORE, before)) if before else (mine,)


def peers(environments: Path) -> list[Program]:
    """All peers, each installed into an environment of its own in this folder unless it is there."""
    return [
        _installed(environments, "czkawka", _CZKAWKA, ["czkawka"]),
        # Its requirements without torch, torchvision and matplotlib, which its hashing does not use.
        _installed(
            environments,
            "imagededup",
            _IMAGEDEDUP,
            ["numpy", "scipy", "scikit-learn", "PyWavelets", "Pillow", "tqdm"],
            ["--no-deps", "imagededup"],
        ),
        _findimagedupes(),
        _installed(environments, "ImageHash", _IMAGEHASH, ["ImageHash"]),
    ]


def draft_decode() -> Program:
    """Each photo decoded once as a draft, grey and at an eighth of its size: the least that looking at it can cost."""
    return Program(DRAFT, "", lambda folder, _kept: [sys.executable, "-c", _DRAFT, str(folder)])


def _installed(environments: Path, name: str, code: str, *requirements: Sequence[str]) -> Program:
    folder = environments / name
    python, mark = folder / "bin" / "python", folder / "complete"
    commands = [
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        *([str(python), "-m", "pip", "install", "--quiet", *words] for words in requirements),
    ]
    try:
        for command in commands if not mark.exists() else ():
            _said(command)
        mark.touch()
        version = _said([str(python), "-c", f"from importlib.metadata import version; print(version({name!r}))"])
    except subprocess.CalledProcessError as error:
        why = " ".join(error.stderr.split())[-200:]
        return Program(name, "", lambda _folder, _kept: [], f"{name} could not be installed: {why}")
    return Program(name, version, lambda photos, _kept: [str(python), "-c", code, str(photos)])


def _findimagedupes() -> Program:
    """The program of the Debian package, which keeps fingerprints if it is told where."""
    name = "findimagedupes"
    if not shutil.which(name):
        return Program(name, "", lambda _folder, _kept: [], f"{name} is not installed; it is a package of Debian")

    def start(folder: Path, kept: Path) -> Sequence[str]:
        return [name, "--quiet", f"--fingerprints={kept / 'prints'}", "--recurse", "--", str(folder)]

    return Program(name, _said([name, "--version"]).split()[-1], start, keeps_something=True)


def surroundings(kept: Path) -> Mapping[str, str]:
    """The environment of a run whose home is a folder of its own, so that it finds no cache or settings."""
    kept.mkdir(parents=True, exist_ok=True)
    places = {name: str(kept) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    return os.environ | places


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a list, without a shell
    return done.stdout.strip()
