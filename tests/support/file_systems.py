"""What is met outside: disks that are full, read-only or without hard links, users without rights, want of memory."""

import errno
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

SPAWN = multiprocessing.get_context("spawn")
NOBODY = 65534


@contextmanager
def small_disk(path: Path, options: str) -> Iterator[Path]:
    """A file system of its own in memory at `path`, with mount's options such as "size=1m"; only root can have one."""
    path.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    command: list[str | Path] = [mount, "-t", "tmpfs", "-o", options, "tmpfs", path]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


def make_read_only(disk: Path) -> None:
    """Make a mounted disk read-only, as a kernel does that found a fault on it."""
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that any user may use."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o777)
        yield Path(name).resolve()


def in_own_process(work: Callable[..., Any], *args: object) -> Any:
    """What a function of a module answers in a process of its own; one that raises answers its error."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_answer, args=(theirs, work, args))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()


def _answer(pipe: Connection, work: Callable[..., Any], args: tuple[object, ...]) -> None:
    try:
        answer = work(*args)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
        answer = error
    pipe.send(answer)


def become_nobody() -> None:
    """Give up root's power to read and write everything; for a process of its own."""
    if os.geteuid() == 0:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)


@contextmanager
def little_memory(room: int) -> Iterator[None]:
    """Let this process have only so many bytes more than it has now; for a process of its own, on Linux.

    It gets back what it had: without room, not even the answer could be sent.
    """
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def refuse_names(pattern: str, number: int) -> None:
    """Answer as the kernel does for a file system that refuses these names; for a process of its own."""
    refused = re.compile(pattern)
    named = {"open": (0,), "os.mkdir": (0,), "os.rename": (1,), "os.link": (1,), "os.symlink": (1,)}

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        for place in named.get(event, ()):
            if isinstance(args[place], str | bytes | os.PathLike) and refused.search(os.fsdecode(args[place])):
                raise OSError(number, os.strerror(number), os.fsdecode(args[place]))

    sys.addaudithook(refuse)


def refuse_times(number: int = errno.EPERM) -> None:
    """Answer as the kernel does where only the owner of a mounted disk may set times; for a process of its own."""

    def refuse(event: str, _args: object) -> None:
        if event == "os.utime":
            raise OSError(number, os.strerror(number))

    sys.addaudithook(refuse)


def refuse_hard_links(number: int = errno.EPERM) -> None:
    """Answer as the kernel does for a file system without hard links; for a process of its own."""

    def refuse(event: str, _args: object) -> None:
        if event == "os.link":
            raise OSError(number, os.strerror(number))

    sys.addaudithook(refuse)
