"""Which names are one file, whatever their paths say.

Links, mounts and names in another case lead to a file under a path that looks like that of another one. What is about
to lose a name must not be taken for a second copy of itself.
"""

import os
from pathlib import Path

from bestshot.storage.opening import open_regular


def is_one_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file or one folder; raises OSError.

    The inode alone does not tell: some file systems have none, or one for many files; and under another mount a file
    may have another device. When its inode changed last belongs to the file, and nobody can set that.
    """
    return identity_of(one.stat()) == identity_of(other.stat())


def identity_of(status: os.stat_result) -> tuple[int, int, int, int]:
    """What one file has under all of its names, and hardly another one."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_hard_link(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file that has two names, so that it stays when one goes; raises OSError."""
    return is_one_file(one, other) and one.stat().st_nlink > 1


def is_mere_alias(other: Path, path: Path) -> bool:
    """Whether a path leads to the file at `path` and goes with it, as a link or a mount does; raises OSError."""
    return is_one_file(other, path) and path.stat().st_nlink < 2


def is_there(path: Path) -> bool:
    """Whether a file can be opened right now, whatever is remembered of its folder."""
    try:
        with open_regular(path):
            return True
    except OSError:
        return False
