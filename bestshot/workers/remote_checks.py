"""Checking that another machine has the same software and can read the photos."""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from bestshot import __version__
from bestshot.errors import OrganizerError
from bestshot.model.reader import PhotoReader
from bestshot.text import printable
from bestshot.workers.processes import WorkersError
from bestshot.workers.worker import keep_memory

Result = TypeVar("Result")

_PACKAGES = ("numpy", "Pillow", "pillow-heif", "rawpy", "simplejpeg")
"""Packages that affect measurements: another version may decode a picture slightly differently."""


@cache
def software() -> Mapping[str, str]:
    """The versions that must be the same wherever photos are measured, by name."""
    package = Path(__file__).parent.parent
    code = hashlib.sha256()
    for module in sorted(package.rglob("*.py")):
        code.update(module.read_bytes().replace(b"\r\n", b"\n"))
    return {
        "Photo Organizer": f"{__version__} ({code.hexdigest()[:8]})",
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def difference(theirs: Mapping[str, str]) -> str | None:
    """Describe which software differs from that of this process; None if none does."""
    ours = software()
    for name in ours:
        if theirs.get(name) != ours[name]:
            return f"{name} {theirs.get(name)} where this run has {ours[name]}"
    return None


def checked(expected: Mapping[str, str], work: Callable[[], Result]) -> Result:
    """Run `work` on another machine, which may have joined after the others were checked."""
    found = difference(expected)
    if found is not None:
        raise WorkersError(f"The run has {found.replace('this run', 'a worker that joined it')}.")
    keep_memory()  # which Dask tells its workers to give back at once
    return work()


def probe_paths(source: PhotoReader) -> tuple[str, ...]:
    """For each folder of a source, a path in it that can be read here."""
    kinds = [origin.partition(":") for origin in source.origins()]
    return tuple(
        _readable_entry(folder) for kind, _, folder in kinds if kind == "folder" and os.access(folder, os.R_OK)
    )


def _readable_entry(folder: str) -> str:
    with os.scandir(folder) as entries:
        return next((entry.path for entry in entries if os.access(entry.path, os.R_OK)), folder)


def access_problem(source: PhotoReader, origins: tuple[str, ...], paths: tuple[str, ...]) -> str | None:
    """Why this process cannot read what another one reads, or None if it can."""
    for path in paths:
        if not os.access(path, os.R_OK):
            return (
                f"{printable(path)} is missing or not readable there. Mount the folder there under the same path, "
                "or stop that worker"
            )
    if paths:
        return None
    try:
        source.check_reachable()
        theirs = source.origins()
    except OrganizerError as error:
        return str(error).rstrip(".")
    return None if theirs == origins else "its key belongs to another user"
