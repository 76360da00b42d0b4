"""How many processes this machine has room for: by its cores, and by the memory that a large photo takes in each."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MB: Final = 1_000_000

MAIN_BYTES: Final = 300 * _MB
"""What the main process takes with 100,000 photos at most, while they are grouped: 286 MB measured."""

WORKER_BYTES: Final = 750 * _MB
"""What a worker takes at worst, while it decodes a picture of 160 megapixels in full: 725 MB measured."""

FACES_BYTES: Final = 150 * _MB
"""What the models for faces take beside that: once where workers are forked, else in each."""

FORKS: Final = sys.platform == "linux"
"""Whether workers are forked. macOS does not promise that its libraries still work in a process that was forked."""


def available_cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process may use: cores, and bytes of memory; None where nothing tells how many."""

    cores: int
    memory: int | None

    @classmethod
    def found(cls) -> "Machine":
        """This machine, or the container in which this runs."""
        return cls(available_cores(), available_memory())

    def most_workers(self, *, with_faces: bool) -> int:
        """So many processes do not make the machine swap, even if each has a photo of the largest size at once.

        One there is always, since the largest photos are rare.
        """
        if self.memory is None:
            return self.cores
        models = FACES_BYTES if with_faces else 0
        shared, own = (models, 0) if FORKS else (0, models)
        return max(1, min(self.cores, (self.memory - MAIN_BYTES - shared) // (WORKER_BYTES + own)))


def available_memory(root: Path = Path("/")) -> int | None:
    """The bytes that can be had before this machine swaps, or a limit of its container is reached."""
    known = [*_free(root), *_within_limits(root)]
    return min(known) if known else _half_of_all()


def _free(root: Path) -> Iterator[int]:
    available = _numbers(root / "proc/meminfo").get("MemAvailable:")
    if available is not None:
        yield available * 1024


def _within_limits(root: Path) -> Iterator[int]:
    """What is left under the limit of each control group that this process is in, of both versions.

    What a group holds of files is given up before it reaches its limit, so only what processes hold counts.
    """
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, name = line.split(":", 2)
        if controllers in ("", "memory"):
            # In a container, the group that is named need not be visible; it is the root that is seen there.
            top = root / "sys/fs/cgroup" / controllers
            place = top / name.lstrip("/")
            for group in (place, *place.parents):
                if group.is_relative_to(top):
                    yield from _left_in(group)


def _left_in(group: Path) -> Iterator[int]:
    for limit_file, held in (("memory.max", "anon"), ("memory.limit_in_bytes", "total_rss")):
        limit = next(iter(_lines(group / limit_file)), "max")
        if limit.isdigit():
            yield max(0, int(limit) - _numbers(group / "memory.stat").get(held, 0))


def _half_of_all() -> int | None:
    """Half of the memory, where nothing tells how much of it others use."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return None  # Windows has no sysconf


def _numbers(file: Path) -> dict[str, int]:
    """The lines that name a number, and may name its unit."""
    pairs = (line.split() for line in _lines(file))
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) > 1 and pair[1].isdigit()}


def _lines(file: Path) -> list[str]:
    """The lines of a file of the kernel's; none where it has no such file, or shows it to nobody."""
    try:
        return file.read_text("ascii", errors="replace").splitlines()
    except OSError:
        return []
