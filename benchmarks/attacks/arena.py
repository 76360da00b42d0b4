"""The arena of one attempt: photos, an output, a state, and what must not be touched; runs in it are watched."""

import hashlib
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_STRUCK = Path(__file__).with_name("struck.py")
_CODES = {0, 1, 2, 3, 4, 130, -signal.SIGKILL}
_LOOK_SECONDS = 0.1
_TOO_MANY_MEGABYTES = 4096
"""A run that takes so much is ended, for the sake of the machine."""

_GONE_SECONDS = 10.0
"""How long the workers of a killed run may take to notice."""

Seen = dict[Path, tuple[str, int]]


@dataclass(slots=True)
class Found:
    """What was wrong in one attempt, in words, and the largest process in MB."""

    lost: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    peak: float = 0.0

    @property
    def lists(self) -> tuple[list[str], ...]:
        """What was wrong, by column of the table."""
        return self.lost, self.touched, self.tracebacks, self.hangs, self.keys


@dataclass(frozen=True, slots=True)
class Run:
    """How one run of the program ended."""

    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Strike:
    """When a run is killed: after so many seconds, or before so many file operations."""

    seconds: float | None = None
    operation: int | None = None


NO_STRIKE = Strike()


@dataclass(slots=True)
class Arena:
    """A folder with all that an attempt needs. `changed` are paths that the attack itself changes."""

    root: Path
    program: Path
    chance: random.Random
    patience: float
    key: str = ""
    url: str = ""
    found: Found = field(default_factory=Found)
    changed: set[Path] = field(default_factory=set)
    _before: Seen = field(default_factory=dict)

    @property
    def photos(self) -> Path:
        """The source."""
        return self.root / "photos"

    @property
    def out(self) -> Path:
        """The output."""
        return self.root / "out"

    @property
    def state(self) -> Path:
        """Where journal and decisions are."""
        return self.root / "state"

    @property
    def elsewhere(self) -> Path:
        """Files of the user's that nobody named."""
        return self.root / "elsewhere"

    def fill_from(self, prepared: Path) -> None:
        """Begin as prepared: with the same paths, since a journal knows its photos by them."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(prepared, self.root, symlinks=True)
        self.remember()

    def remember(self) -> None:
        """What is here now is the user's, and must survive."""
        self._before = dict(_seen(self.photos, self.elsewhere))

    def run(
        self,
        *arguments: str | Path,
        strike: Strike = NO_STRIKE,
        beside: Callable[["subprocess.Popen[bytes]"], None] | None = None,
        folders: bool = True,
    ) -> Run:
        """Run the program in the arena and watch it; `beside` is called while it runs, until it returns."""
        begin = [sys.executable, str(_STRUCK), str(strike.operation), str(self.program)]
        plain = [sys.executable, str(self.program / "photo_organizer.py")]
        places = [f"--{name}-dir={self.root / name}" for name in ("cache", "state")]
        quick = ["--no-faces", "--workers=1"] if folders else []
        line = [*(plain if strike.operation is None else begin), *map(str, arguments), *places, *quick]
        said = self.root / "said.txt"
        with said.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603 - a list, without a shell
                line, cwd=self.root, env=self._environment(), stdin=subprocess.DEVNULL, stdout=stream,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            if beside is not None:
                beside(process)
            self._watch(process, strike.seconds, " ".join(map(str, arguments)))
        return self._judged(process.wait(), said.read_text(errors="replace"))

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PHOTO_ORG", "XDG_"))}
        home = self.root / "home"
        home.mkdir(exist_ok=True)
        server = {"IMMICH_URL": self.url, "IMMICH_API_KEY": self.key} if self.url else {}
        return ours | {"HOME": str(home), "TMPDIR": str(home)} | server

    def _watch(self, process: "subprocess.Popen[bytes]", kill_after: float | None, what: str) -> None:
        """Wait for the end of all its processes; those that do not end in time are a hang, and killed."""
        begin = time.monotonic()
        ended: float | None = None
        while True:
            if process.poll() is not None:
                ended = ended or time.monotonic()
            alive = list(_alive(process.pid))
            self._look_at(process.pid, alive)
            if ended is not None and not alive:
                return
            now = time.monotonic()
            is_time = kill_after is not None and now - begin > kill_after
            if ended is None and (is_time or self.found.peak > _TOO_MANY_MEGABYTES):
                process.kill()
            if now > (begin + self.patience if ended is None else ended + _GONE_SECONDS):
                who = "the run" if ended is None else "a worker"
                self.found.hangs.append(f"{who} did not end: {what}")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return
            time.sleep(_LOOK_SECONDS if kill_after is None else _LOOK_SECONDS / 4)

    def _look_at(self, main: int, alive: Iterable[int]) -> None:
        for pid in alive:
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                shown = _shown(pid, main)
            except OSError:
                continue  # it has ended in the meantime
            peak = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
            self.found.peak = max(self.found.peak, peak)
            if self.key and self.key.encode() in shown and not self.found.keys:
                self.found.keys.append("the environment or command line of a process")

    def _judged(self, code: int, output: str) -> Run:
        if "Traceback (most recent call last)" in output or code not in _CODES:
            lines = output.strip().splitlines() or [""]
            self.found.tracebacks.append(f"exit {code}: {lines[-1][:200]}")
        if self.key and self.key in output:
            self.found.keys.append("the output")
        return Run(code, output)

    def check(self, *, marks: bool = False) -> None:
        """Compare with what was here before; `marks` says that sidecars may be written beside photos."""
        after = dict(_seen(self.photos, self.elsewhere))
        for path in self._before.keys() | after.keys():
            is_asked = path in self.changed or (marks and path.suffix == ".xmp")
            if not is_asked and self._before.get(path) != after.get(path):
                self.found.touched.append(str(path.relative_to(self.root)))
        everything = {content for content, _ in dict(_seen(self.root)).values()}
        for path, (content, _) in self._before.items():
            if content not in everything:
                self.found.lost.append(str(path.relative_to(self.root)))
        self._check_for_key()

    def _check_for_key(self) -> None:
        for path in self.root.rglob("*"):
            is_file = stat.S_ISREG(path.lstat().st_mode)
            if self.key and is_file and self.key.encode() in path.read_bytes():
                self.found.keys.append(str(path.relative_to(self.root)))


def _seen(*folders: Path) -> Iterator[tuple[Path, tuple[str, int]]]:
    """The content and time of every file and the target of every link below folders; pipes are not opened."""
    for folder in folders:
        for path in folder.rglob("*"):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                yield path, (hashlib.sha256(path.read_bytes()).hexdigest(), status.st_mtime_ns)
            elif stat.S_ISLNK(status.st_mode):
                yield path, (f"to {path.readlink()}", status.st_mtime_ns)


def _shown(pid: int, main: int) -> bytes:
    """The command line and the environment of a process; of the first one, and its copies as it starts others, none."""
    line, first = (Path(f"/proc/{which}/cmdline").read_bytes() for which in (pid, main))
    return b"" if line == first else line + Path(f"/proc/{pid}/environ").read_bytes()


def _alive(session: int) -> Iterator[int]:
    """The processes of a session that have not ended."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, _, _, found = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has ended in the meantime
        if int(found) == session and state != "Z":
            yield int(folder.name)
