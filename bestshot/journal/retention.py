"""What of old runs the journal gives up: how they would be undone, but never what they made or what is unfinished."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bestshot.journal.runs import RunPart, UndoState, runs_of
from bestshot.storage.database import storage_errors, transaction

_WORTH_COMPACTING: Final = 1 << 20
"""Bytes that must be free in the file, and a quarter of it, before it is written anew."""


def forgettable(parts: Sequence[RunPart], before: datetime) -> list[int]:
    """The parts of runs that ended before this time and will not be undone any more: pure.

    A run stays as long as any part of it has not come to its end, or its undo has not.
    """
    old = [
        run
        for run in runs_of(parts)
        if run.undo_state is not UndoState.BEGUN
        and all(part.finished_at is not None and part.finished_at < before and not part.open for part in run.parts)
    ]
    return [part.id for run in old for part in run.parts if not part.is_forgotten]


def cancelled(parts: Sequence[RunPart], old: Iterable[int]) -> list[int]:
    """Of these old parts, those that came to nothing, because each is an undo or was undone wholly: pure.

    All that a target knew before them must be among them: what was made later rests on what stands. The latest part
    with changes stays, so that no number is given twice.
    """
    gone: list[int] = []
    known = frozenset(old)
    last = max((part.id for part in parts if part.changes), default=0)
    for target in dict.fromkeys(part.target for part in parts):
        standing: set[int] = set()
        seen: list[int] = []
        for part in (part for part in parts if part.target == target):
            if part.id not in known or part.id == last:
                break
            seen.append(part.id)
            if part.undoes is None and part.changes:
                standing.add(part.id)
            elif part.undoes is not None and part.left == 0:
                standing.discard(part.undoes)
            if not standing:
                gone += seen
                seen = []
    return gone


def forget(connection: sqlite3.Connection, parts: Sequence[RunPart], before: datetime) -> None:
    """Give up how runs that ended before this time would be undone, and what came to nothing of them."""
    old = forgettable(parts, before)
    known = [part.id for part in parts if part.is_forgotten]
    gone = cancelled(parts, [*old, *known])
    if not old and not gone:
        return
    with transaction(connection):
        for part in old:
            connection.execute("DELETE FROM sidecars WHERE change IN (SELECT id FROM changes WHERE run = ?)", (part,))
            dropped = connection.execute("DELETE FROM changes WHERE run = ? AND state = 'dropped'", (part,)).rowcount
            connection.execute(
                "UPDATE runs SET is_forgotten = 1, kept = 0, begun = begun - ? WHERE id = ?", (dropped, part)
            )
        for part in gone:
            connection.execute("DELETE FROM changes WHERE run = ?", (part,))
            connection.execute("DELETE FROM runs WHERE id = ?", (part,))


def compact(connection: sqlite3.Connection, path: Path) -> None:
    """Write the file anew if much of it is free."""
    with storage_errors(path):
        pages, free, size = (
            connection.execute(f"PRAGMA {of}").fetchone()[0] for of in ("page_count", "freelist_count", "page_size")
        )
        if free * size >= _WORTH_COMPACTING and free * 4 >= pages:
            connection.execute("VACUUM")
