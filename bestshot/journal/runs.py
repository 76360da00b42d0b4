"""The runs in the journal as a user sees them, numbered, and what became of each since: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from bestshot.errors import UsageError

LATEST: Final = 0
"""The number that stands for the latest run, where none is named to be undone."""


@dataclass(frozen=True, slots=True)
class RunPart:
    """What a run did to one target. A run may have several parts: one for the folders, one for the marks.

    `is_learned` if nothing was changed, only found. Of an undo, `undoes` is the part that it takes back and `left`
    what it left alone, None as long as it has not come to its own end; `is_told` once it has said so to the user.
    Of its changes, `open` were begun and nothing more is known of them; `lost` are others that a damaged journal could
    not tell any more. A part that `is_forgotten` is older than the user wants to undo. `user` is the name of
    whoever has the photos on a server.
    """

    id: int
    run: int
    target: str
    sources: tuple[str, ...]
    started_at: datetime
    finished_at: datetime | None
    is_learned: bool
    undoes: int | None
    left: int | None
    changes: int
    open: int = 0
    lost: int = 0
    is_told: bool = True
    is_forgotten: bool = False
    user: str | None = None

    @property
    def can_be_undone(self) -> bool:
        """Whether it changed anything and is no undo itself."""
        return bool(self.changes) and not (self.is_learned or self.is_forgotten) and self.undoes is None


class UndoState(Enum):
    """What became of a run since."""

    STANDS = "stands"
    BEGUN = "begun"
    IN_PART = "in part"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the program, under the number of its first part; `undoes` is the run that it takes back."""

    number: int
    parts: tuple[RunPart, ...]
    undo_state: UndoState
    undoes: int | None = None

    @property
    def to_undo(self) -> tuple[RunPart, ...]:
        """The parts that can be taken back."""
        return tuple(part for part in self.parts if part.can_be_undone)

    @property
    def is_finished(self) -> bool:
        """Whether every part of it came to its end."""
        return all(part.finished_at is not None for part in self.parts)


def runs_of(parts: Sequence[RunPart]) -> list[Run]:
    """The runs of these parts, oldest first."""
    by_run: dict[int, list[RunPart]] = {}
    undos: dict[int, list[RunPart]] = {}
    for part in parts:
        by_run.setdefault(part.run, []).append(part)
        if part.undoes is not None:
            undos.setdefault(part.undoes, []).append(part)
    run_of = {part.id: part.run for part in parts}
    return [
        Run(
            number,
            tuple(own),
            _undo_state(own, undos),
            next((run_of.get(part.undoes, part.undoes) for part in own if part.undoes), None),
        )
        for number, own in by_run.items()
    ]


def _undo_state(parts: Iterable[RunPart], undos: dict[int, list[RunPart]]) -> UndoState:
    tried = [undos.get(part.id, []) for part in parts if part.changes and not part.is_learned]
    if not any(tried):
        return UndoState.STANDS
    if all(any(one.left == 0 for one in tries) for tries in tried):
        return UndoState.UNDONE
    is_through = all(any(one.left is not None for one in tries) for tries in tried)
    return UndoState.IN_PART if is_through else UndoState.BEGUN


def nothing_to_undo(about: str = "") -> UsageError:
    """Say that no run stands, or none that was about what was named."""
    what = f"no run {about}" if about else "nothing"
    return UsageError(f"There is {what} to undo. --history lists what was done.")


def numbered(runs: Sequence[Run], number: int) -> Run:
    """The run of this number; raises UsageError if there is none."""
    found = next((run for run in runs if run.number == number), None)
    if found is None:
        raise UsageError(f"There is no run {number}. --history lists those that there are.")
    return found


def run_to_undo(runs: Sequence[Run], number: int, about: str = "") -> Run:
    """The run of this number, or the latest that stands; raises UsageError if it cannot be taken back.

    Where the last thing that was done is an undo that was cut short, that one is meant. `about` says what these runs
    have in common, as "about /photos".
    """
    if number == LATEST:
        return _latest(runs, about)
    found = numbered(runs, number)
    if found.undoes is not None:
        raise UsageError(f"Run {number} is an undo, of run {found.undoes}. To have that again, run the job again.")
    if found.undo_state is UndoState.UNDONE:
        raise UsageError(f"Run {number} has been undone. To have it again, run the job again.")
    if any(part.is_forgotten for part in found.parts):
        raise UsageError(f"Run {number} can no longer be undone: it is older than --keep-history wanted.")
    if not found.to_undo:
        raise UsageError(f"Run {number} changed nothing, so there is nothing to undo.")
    return found


def _latest(runs: Sequence[Run], about: str) -> Run:
    _, undone = _last_undo(runs)
    if undone is not None and undone.undo_state is UndoState.BEGUN:
        return undone
    waiting = [run for run in runs if run.to_undo and run.undo_state in (UndoState.STANDS, UndoState.BEGUN)]
    if not waiting:
        raise _only_rests(runs) or nothing_to_undo(about)
    return waiting[-1]


def _only_rests(runs: Sequence[Run]) -> UsageError | None:
    """What to say where something of a run still stands that its undo had to leave."""
    left = [run.number for run in runs if run.to_undo and run.undo_state is UndoState.IN_PART]
    if not left:
        return None
    return UsageError(
        f"There is no whole run to undo, but of run {left[-1]} something was left: --undo {left[-1]} tries that again."
    )


def undone_unseen(runs: Sequence[Run]) -> Run | None:
    """The run that was undone last, if that undo came to its end and was killed before it could say so."""
    last, undone = _last_undo(runs)
    is_over = undone is not None and undone.undo_state in (UndoState.UNDONE, UndoState.IN_PART)
    return undone if is_over and last is not None and not all(part.is_told for part in last.parts) else None


def _last_undo(runs: Sequence[Run]) -> tuple[Run | None, Run | None]:
    """The last thing that was done, if that is an undo, and the run that it took back."""
    last = next((run for run in reversed(runs) if run.to_undo or run.undoes is not None), None)
    undone = next((run for run in runs if last is not None and run.number == last.undoes), None)
    return (last if undone else None), undone


def undone_parts(parts: Iterable[RunPart]) -> frozenset[int]:
    """The parts that were taken back, wholly."""
    return frozenset(part.undoes for part in parts if part.undoes is not None and part.left == 0)


def over_parts(parts: Iterable[RunPart]) -> frozenset[int]:
    """The parts of which nothing stands: those that were taken back, wholly, and those that took others back."""
    known = list(parts)
    return undone_parts(known) | {part.id for part in known if part.undoes is not None}


def is_about(part: RunPart, sources: Iterable[str]) -> bool:
    """Whether a part is about one of these libraries, or about a folder within one of them or around it."""
    ours, theirs = ([f"{source.removesuffix('/')}/" for source in some] for some in (sources, part.sources))
    return any(one.startswith(other) or other.startswith(one) for one in ours for other in theirs)


@dataclass(frozen=True, slots=True)
class KeptItem:
    """Something of a run that an undo leaves alone, and why."""

    what: str
    why: str
