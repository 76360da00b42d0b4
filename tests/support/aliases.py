"""Names that lead to a file by another way: what mounts and other file systems do, where tests can have neither."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bestshot.storage import folders


@contextmanager
def mounted_again(path: Path, place: Path) -> Iterator[None]:
    """Show a folder or file at a second place, as bind mounts and containers do; only root can."""
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount")
    mounted = subprocess.run([mount, "--bind", path, place], check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


class _Told:
    """What such a file system tells of a file: all but which one it is."""

    def __init__(self, status: os.stat_result, path: object) -> None:
        self._status = status
        self.st_ino = hash(str(path))
        self.st_ctime_ns = status.st_mtime_ns

    def __getattr__(self, name: str) -> Any:
        return getattr(self._status, name)


@contextmanager
def numbered_by_path() -> Iterator[None]:
    """Have a file system that gives a file another inode number under each path, as pools of disks do."""
    real = os.stat

    def stat(path: Any, *args: Any, **options: Any) -> Any:
        status = real(path, *args, **options)
        return status if isinstance(path, int) else _Told(status, path)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "stat", stat)
        yield


@contextmanager
def links_as_mounts() -> Iterator[None]:
    """Have links that no path tells of, as mounts and names in another case are."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os.path, "realpath", _unresolved)
        yield


def _unresolved(path: str, **_options: bool) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - what is asked for here is that no link is followed


@contextmanager
def folders_by_name() -> Iterator[None]:
    """Have a system without names for open folders."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(folders, "_HAS_HANDLES", False)
        yield
