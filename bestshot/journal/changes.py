"""What the journal holds of any kind of change, as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bestshot.storage.drafts import draft_name

A = TypeVar("A")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Kinds(Generic[A, E]):
    """The actions that a package journals, by the names under which they are stored, and the class of their effects.

    A name is never given to another action, and an action never loses a field: older journals hold them.
    """

    actions: Mapping[str, type[A]]
    effect: type[E]

    def name(self, action: A) -> str:
        """The name under which an action is stored."""
        return next(name for name, kind in self.actions.items() if kind is type(action))


@dataclass(frozen=True, slots=True)
class Change(Generic[A]):
    """An action that was begun in this part of a run."""

    id: int
    part: int
    action: A


@dataclass(frozen=True, slots=True)
class DoneChange(Generic[A, E]):
    """An action that was carried out. `part` made it, or (`is_learned`) only found it made, by an earlier one."""

    part: int
    is_learned: bool
    action: A
    effect: E


@dataclass(frozen=True, slots=True)
class ReplacedSidecar:
    """A file beside a photo whose content a change replaces: what it held, and the checksum of what it will hold.

    `before` is None where there was no such file, `after` where the change takes it away. `mtime_ns` is the time that
    the file had, None where that is not known.
    """

    key: str
    path: str
    before: bytes | None
    after: str | None
    mtime_ns: int | None = None


Keep = Callable[[Sequence[ReplacedSidecar]], Sequence[str]]
"""Writes what is about to be replaced where it outlives a kill, and names the draft of each new file."""


def keep_nothing(replaced: Sequence[ReplacedSidecar]) -> Sequence[str]:
    """For changes that nobody will want to take back."""
    return [draft_name() for _ in replaced]
