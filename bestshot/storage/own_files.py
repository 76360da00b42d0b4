"""Files that a run writes where the user says: whole, for the user's eyes, and over nothing but an earlier one."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from bestshot.errors import OutputError
from bestshot.storage.drafts import Drafts
from bestshot.storage.files import keep_owner_and_permissions, publish, replace, writing
from bestshot.storage.opening import open_new, open_regular
from bestshot.text import printable

PRIVATE: Final = 0o600
"""The permissions of what is written for one person's eyes."""

_HEAD_BYTES = 1 << 16
"""So much of a file tells of which kind it is."""


@dataclass(frozen=True, slots=True)
class OwnKind:
    """A kind of file that this program writes: what it is called, and how one is known by how it begins."""

    what: str
    is_own: Callable[[bytes], bool]


def check_replaceable(path: Path, kind: OwnKind) -> None:
    """Raise OutputError where something stands that is not an earlier file of this kind; an empty one is nobody's.

    Links are followed, but not to nowhere. A pipe or a terminal may be written to.
    """
    with writing(path):
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            if path.is_symlink():
                raise OutputError(_refusal(path, "is a link to nothing")) from None
            return
        if stat.S_ISREG(mode):
            with open_regular(path) as stream:
                head = stream.read(_HEAD_BYTES)
            if head and not kind.is_own(head):
                raise OutputError(_refusal(path, f"is not an earlier {kind.what} of this program"))
        elif not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            raise OutputError(_refusal(path, "is not a file"))


def _refusal(path: Path, why: str) -> str:
    return f"{printable(str(path))} {why}, so nothing is written there: choose another name."


def write_own(path: Path, content: bytes, kind: OwnKind, drafts: Drafts) -> None:
    """Write a file of this kind or replace an earlier one, in one step; raises OutputError."""
    check_replaceable(path, kind)
    with writing(path):
        if path.exists() and not path.is_file():  # a pipe or a terminal
            path.write_bytes(content)
            return
    whole = Path(os.path.realpath(path))
    draft = drafts.beside(whole)
    with writing(path), clearing(draft):
        with open_new(draft, PRIVATE) as stream:
            stream.write(content)
        put_in_place(draft, whole, kind)


def put_in_place(draft: Path, final: Path, kind: OwnKind) -> None:
    """Give a finished draft its name; it gets the permissions of an earlier file of its kind, which it replaces.

    Raises OutputError where anything else came in its way.
    """
    try:
        publish(draft, final)
    except FileExistsError:
        check_replaceable(final, kind)
        with writing(final):
            keep_owner_and_permissions(final, draft)
        replace(draft, final)


@contextmanager
def clearing(*drafts: Path) -> Iterator[None]:
    """Take these away in the end, if they are there still."""
    try:
        yield
    finally:
        for draft in drafts:
            with suppress(OSError):  # an error before this is the one to report
                draft.unlink(missing_ok=True)


def open_to_append(path: Path, kind: OwnKind) -> FileIO:
    """Open a file of this kind to write on at its end, at once; raises OutputError for another one, OSError."""
    check_replaceable(path, kind)
    with suppress(FileExistsError):
        open_new(path, PRIVATE).close()
    return open(path, "ab", buffering=0, opener=lambda name, flags: os.open(name, flags & ~os.O_CREAT))
