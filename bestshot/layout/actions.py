"""What a plan does and what came of it, as data.

Paths in the output are relative to it, with `/`. An action says all that is needed to carry it out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from posixpath import dirname, relpath
from typing import Final

from bestshot.journal.changes import DoneChange, Kinds
from bestshot.model.photo import LinkMethod


@dataclass(frozen=True, slots=True)
class CopyFile:
    """Bring one file of a photo into its group's folder.

    With `replaces`, our own earlier copy there gives way: one of a sidecar that was edited since, or a link where a
    copy is wanted now.
    """

    destination: str
    number: int
    origin: str
    key: str
    source: str
    revision: str
    size: int
    method: LinkMethod
    replaces: bool = False

    @property
    def size_and_time(self) -> tuple[int, int]:
        """The size in bytes and the mtime in nanoseconds with which the source was listed."""
        size, _, mtime_ns = self.revision.partition("-")
        return int(size, 16), int(mtime_ns, 16)


@dataclass(frozen=True, slots=True)
class PlaceBest:
    """Show the best photo of a group beside its originals; `target` is its file among them."""

    destination: str
    number: int
    origin: str
    key: str
    target: str


@dataclass(frozen=True, slots=True)
class RetireBest:
    """Remove the file that shows a photo which is no longer the best; `target` still holds the photo."""

    destination: str
    number: int
    target: str


@dataclass(frozen=True, slots=True)
class WriteMetadata:
    """Write a group's metadata.txt, or replace our own unchanged one."""

    destination: str
    number: int
    text: str


Action = CopyFile | PlaceBest | RetireBest | WriteMetadata


@dataclass(frozen=True, slots=True)
class FileState:
    """What a change left: the file at the destination, and what stood there before.

    `checksum` is SHA-256 in hexadecimal, None for a symbolic link. `folders` are those made on the way, relative to
    the output. `replaced` is the earlier text of a metadata.txt or sidecar that gave way.
    """

    size: int = 0
    mtime_ns: int = 0
    checksum: str | None = None
    folders: tuple[str, ...] = ()
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """An action that was carried out, with all that is needed to take it back."""

    action: Action
    effect: FileState

    @property
    def link(self) -> str | None:
        """Where the symbolic link leads that was made, as it is stored in it; None if it is a file."""
        if self.effect.checksum is not None:
            return None
        match self.action:
            case CopyFile(source=source):
                return source
            case PlaceBest(destination=destination, target=target):
                return relpath(target, dirname(destination))
            case RetireBest() | WriteMetadata():
                return None


class Condition(Enum):
    """What became of a file that we made."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class LaidFile:
    """A file that an earlier run made in the output, and what became of it."""

    receipt: Receipt
    condition: Condition


@dataclass(frozen=True, slots=True)
class OutputState:
    """What the output holds: our own files by path, and the names that are taken in the groups' folders."""

    laid: dict[str, LaidFile]
    taken: frozenset[str]
    last_number: int


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove a file that a run made.

    `steps` is how many of the latest receipts of this destination count no longer once it is done.
    """

    destination: str
    number: int
    steps: int


@dataclass(frozen=True, slots=True)
class RestoreFile:
    """Restore a file to what it was before a run changed or retired it.

    It is one of three: a file with this `content`, a symbolic `link` to a path, or the best again, shown by the
    original `shown` in the output. `mtime_ns` is the time that it had; `steps` as above.
    """

    destination: str
    number: int
    steps: int
    mtime_ns: int
    content: str | None = None
    link: str | None = None
    shown: str | None = None


Reversal = RemoveFile | RestoreFile

CHANGES: Final[Kinds[Action, FileState]] = Kinds(
    {"CopyFile": CopyFile, "PlaceBest": PlaceBest, "RetireBest": RetireBest, "WriteMetadata": WriteMetadata}, FileState
)
REVERSALS: Final[Kinds[Reversal, FileState]] = Kinds({"TakeAway": RemoveFile, "PutBack": RestoreFile}, FileState)
BOTH: Final[Kinds[Action | Reversal, FileState]] = Kinds({**CHANGES.actions, **REVERSALS.actions}, FileState)
"""What the journal holds of an output."""


AppliedChange = DoneChange[Action, FileState]
"""A change that a part of a run made in an output, or found made."""


def effective_changes(done: Iterable[DoneChange[Action | Reversal, FileState]]) -> list[AppliedChange]:
    """The changes that count, oldest first: each reversal cancels the latest ones of its destination.

    Fewer than it names may be there where a damaged journal lost some.
    """
    positions: dict[str, list[int]] = {}
    made: dict[int, AppliedChange] = {}
    for position, one in enumerate(done):
        action = one.action
        if isinstance(action, RemoveFile | RestoreFile):
            known = positions.get(action.destination, [])
            for _ in range(min(action.steps, len(known))):
                del made[known.pop()]
        else:
            made[position] = DoneChange(one.part, one.is_learned, action, one.effect)
            positions.setdefault(action.destination, []).append(position)
    return list(made.values())
