"""The tool as a process of its own that something happens to.

    python -m tests.support.meddled_run HOW PATH ... -- ARGUMENTS

Python tells an audit hook of every file that is about to be opened, linked, renamed or removed; there it is that the
process is killed, held up, or robbed of its photos.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.paths import ROOT

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    f"os.{change}" for change in "chmod chown link mkdir remove rename rmdir symlink truncate utime".split()
)

Hook = Callable[[str, tuple[object, ...]], None]


def command(how: str, *paths: object, arguments: list[str]) -> list[str]:
    """The command line of a run that this happens to."""
    return [sys.executable, "-m", "tests.support.meddled_run", how, *map(str, paths), "--", *arguments]


def run(how: str, *paths: object, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the tool while this happens to it, and wait for its end."""
    line = command(how, *paths, arguments=arguments)
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def changed(event: str, args: tuple[object, ...]) -> Iterator[str]:
    """The paths that are about to change, apart from those that the tool's locks need."""
    paths = args if event in _CHANGES or (event == "open" and _is_writing(*args[1:])) else ()
    for path in paths:
        if isinstance(path, str | bytes | os.PathLike) and ".photo-organizer/" not in f"{os.fsdecode(path)}/":
            yield os.fsdecode(path)


def _is_writing(mode: object, flags: object) -> bool:
    if isinstance(flags, int) and flags & _WRITING_FLAGS:
        return True
    return isinstance(mode, str) and not set(mode).isdisjoint("wax+")


def killed(step: str, folder: str) -> Hook:
    """Be killed before the given change below a folder."""
    return _signalled(signal.SIGKILL, int(step), folder)


def ended(step: str, folder: str) -> Hook:
    """Be told to end before the given change below a folder, as a service manager does it."""
    return _signalled(signal.SIGTERM, int(step), folder)


def _signalled(number: int, left: int, folder: str) -> Hook:
    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if any(_is_below(path, folder) for path in changed(event, args)):
            left -= 1
            if left == -1:
                os.kill(os.getpid(), number)

    return hook


def forbidden(output: str, source: str) -> Hook:
    """Fail at every change of the output, and wherever a file of the source is opened."""

    def hook(event: str, args: tuple[object, ...]) -> None:
        is_read = event == "open" and isinstance(args[0], str | os.PathLike) and _is_below(os.fspath(args[0]), source)
        if is_read or any(_is_below(path, output) for path in changed(event, args)):
            raise AssertionError(f"{event} {args}")

    return hook


def vanishing(path: str) -> Hook:
    """Lose a file or folder when the first file of the output gets its name."""

    def hook(event: str, _args: tuple[object, ...]) -> None:
        if event == "os.link" and Path(path).exists():
            Path(path).rename(f"{path}.away")

    return hook


def spoiled(folder: str) -> Hook:
    """Have a disk that holds something else than was written: the first file below a folder that is read back."""
    sound = True

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal sound
        path = Path(str(args[0])) if event == "open" and not _is_writing(*args[1:]) else None
        if sound and path is not None and _is_below(str(path), folder) and path.is_file():
            sound = False
            with path.open("r+b") as stream:
                stream.write(b"spoilt")

    return hook


def paused() -> Hook:
    """Say so when the first file of the output gets its name, and wait for a line."""
    waited = False

    def hook(event: str, _args: tuple[object, ...]) -> None:
        nonlocal waited
        if event == "os.link" and not waited:
            waited = True
            sys.stdout.write("paused\n")
            sys.stdout.flush()
            sys.stdin.readline()

    return hook


def _is_below(path: str, folder: str) -> bool:
    place, name = os.path.split(path)
    if place.startswith("/proc/self/fd/"):  # where the tool holds a folder open
        path = os.path.join(os.path.realpath(place), name)  # noqa: PTH118 - may hold bytes of no text
    return Path(path).absolute().is_relative_to(folder)


if __name__ == "__main__":
    from bestshot.cli.main import main

    border = sys.argv.index("--")
    hooks: dict[str, Callable[..., Hook]] = {
        "killed": killed,
        "ended": ended,
        "forbidden": forbidden,
        "vanishing": vanishing,
        "spoiled": spoiled,
        "paused": paused,
    }
    sys.addaudithook(hooks[sys.argv[1]](*sys.argv[2:border]))
    sys.exit(main(sys.argv[border + 1 :]))
