"""What was begun, done, and how to take it back, in SQLite.

A change is written here before it is made and again after. One that was begun and not finished tells the next run
where the power went.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, get_args

import msgspec

from bestshot.actions import Action, CopyFile, PlaceBest, Receipt, RetireBest, Trace, WriteMetadata
from bestshot.database import from_key, open_database, storage_errors, to_key, transaction
from bestshot.marks import MarkAction, MarkReceipt, MarkTrace
from bestshot.replaced import ReplacedSidecar

A = TypeVar("A", Action, MarkAction)

_APPLICATION_ID = 0x50684F4A  # "PhOJ"
_MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        target BLOB NOT NULL,
        sources TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT
    );
    CREATE INDEX runs_by_target ON runs (target);
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        kind TEXT NOT NULL,
        action TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'dropped')),
        receipt TEXT,
        error TEXT,
        CHECK ((state = 'done') = (receipt IS NOT NULL))
    );
    CREATE INDEX changes_by_run ON changes (run);
    CREATE INDEX unfinished_changes ON changes (run) WHERE state = 'begun';
    """,
    """
    CREATE TABLE sidecars (
        id INTEGER PRIMARY KEY,
        change INTEGER NOT NULL REFERENCES changes (id),
        key BLOB NOT NULL,
        path BLOB NOT NULL,
        before BLOB,
        after TEXT
    );
    CREATE INDEX sidecars_by_change ON sidecars (change);
    """,
)

_KINDS: dict[str, type[Action]] = {kind.__name__: kind for kind in (CopyFile, PlaceBest, RetireBest, WriteMetadata)}
_MARKS: dict[str, type[MarkAction]] = {kind.__name__: kind for kind in get_args(MarkAction)}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry: an action that was begun."""

    id: int
    action: Action


@dataclass(frozen=True, slots=True)
class MarkChange:
    """One entry: a change of marks that was begun."""

    id: int
    action: MarkAction


class Journal:
    """The changes made to outputs and to the marks in libraries, run by run.

    A target names an output (its real path) or a library for good.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_database(path, application_id=_APPLICATION_ID, migrations=_MIGRATIONS)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def begin_run(self, target: str, sources: Sequence[str]) -> int:
        """Write that a run starts to change the target; returns the run's number."""
        with transaction(self._connection):
            cursor = self._connection.execute(
                "INSERT INTO runs (target, sources, started_at) VALUES (?, ?, ?)",
                (to_key(target), json.dumps(list(sources)), _now()),
            )
        return int(cursor.lastrowid or 0)

    def end_run(self, run: int) -> None:
        """Write that a run came to its end."""
        with transaction(self._connection):
            self._connection.execute("UPDATE runs SET finished_at = ? WHERE id = ?", (_now(), run))

    def begin(self, run: int, actions: Sequence[Action]) -> list[Change]:
        """Write what is about to be done, all of it at once."""
        with transaction(self._connection):
            return [Change(self._insert(run, action), action) for action in actions]

    def begin_marks(self, run: int, actions: Sequence[MarkAction]) -> list[MarkChange]:
        """The same for marks."""
        with transaction(self._connection):
            return [MarkChange(self._insert(run, action), action) for action in actions]

    def _insert(self, run: int, action: Action | MarkAction) -> int:
        cursor = self._connection.execute(
            "INSERT INTO changes (run, kind, action, state) VALUES (?, ?, ?, 'begun')",
            (run, type(action).__name__, _to_json(action)),
        )
        return int(cursor.lastrowid or 0)

    def finish(self, receipts: Sequence[tuple[Change, Receipt] | tuple[MarkChange, MarkReceipt]]) -> None:
        """Write that changes were made; again, if it is known better by now what they left."""
        rows = [(_to_json(receipt.trace), change.id) for change, receipt in receipts]
        with transaction(self._connection):
            self._connection.executemany("UPDATE changes SET state = 'done', receipt = ? WHERE id = ?", rows)

    def keep(self, change: MarkChange, replaced: Sequence[ReplacedSidecar]) -> None:
        """Write what a change is about to replace; what came of it then is told by the files alone."""
        rows = [(change.id, to_key(one.key), to_key(one.path), _packed(one.before), one.after) for one in replaced]
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO sidecars (change, key, path, before, after) VALUES (?, ?, ?, ?, ?)", rows
            )

    def replaced_sidecars(self, target: str) -> Iterator[ReplacedSidecar]:
        """What changes of this target replaced or were about to, latest first: in this order it is put back."""
        query = (
            "SELECT key, path, before, after FROM sidecars JOIN changes ON changes.id = change"
            " JOIN runs ON runs.id = run WHERE target = ? ORDER BY sidecars.id DESC"
        )
        with storage_errors(self._path):
            for key, path, before, after in self._connection.execute(query, (to_key(target),)):
                yield ReplacedSidecar(
                    from_key(key), from_key(path), None if before is None else zlib.decompress(before), after
                )

    def drop(self, changes: Sequence[Change | MarkChange], why: str) -> None:
        """Write that changes were not made after all."""
        rows = [(why, change.id) for change in changes]
        with transaction(self._connection):
            self._connection.executemany("UPDATE changes SET state = 'dropped', error = ? WHERE id = ?", rows)

    def unfinished(self, target: str) -> list[Change]:
        """The changes to this target that were begun and of which nothing more is known, oldest first."""
        rows = self._begun(target)
        return [Change(number, _action(_KINDS[kind], action)) for number, kind, action in rows if kind in _KINDS]

    def unfinished_marks(self, target: str) -> list[MarkChange]:
        """The same for marks."""
        rows = self._begun(target)
        return [MarkChange(number, _action(_MARKS[kind], action)) for number, kind, action in rows if kind in _MARKS]

    def receipts(self, target: str) -> Iterator[Receipt]:
        """Every change made to this target, oldest first."""
        for kind, action, trace in self._done(target):
            if kind in _KINDS:
                yield Receipt(_action(_KINDS[kind], action), msgspec.convert(json.loads(trace), Trace))

    def mark_receipts(self, target: str) -> Iterator[MarkReceipt]:
        """The same for marks."""
        for kind, action, trace in self._done(target):
            if kind in _MARKS:
                yield MarkReceipt(_action(_MARKS[kind], action), msgspec.convert(json.loads(trace), MarkTrace))

    def _begun(self, target: str) -> list[tuple[int, str, str]]:
        query = (
            "SELECT changes.id, kind, action FROM changes JOIN runs ON runs.id = run"
            " WHERE state = 'begun' AND target = ? ORDER BY changes.id"
        )
        with storage_errors(self._path):
            return self._connection.execute(query, (to_key(target),)).fetchall()

    def _done(self, target: str) -> Iterator[tuple[str, str, str]]:
        query = (
            "SELECT kind, action, receipt FROM changes JOIN runs ON runs.id = run"
            " WHERE state = 'done' AND target = ? ORDER BY changes.id"
        )
        with storage_errors(self._path):
            yield from self._connection.execute(query, (to_key(target),))


def _packed(content: bytes | None) -> bytes | None:
    return None if content is None else zlib.compress(content)


def _to_json(value: Action | MarkAction | Trace | MarkTrace) -> str:
    # The standard library's json keeps the surrogates of undecodable file names; msgspec's refuses them.
    return json.dumps(msgspec.to_builtins(value))


def _action(kind: type[A], text: str) -> A:
    return msgspec.convert(json.loads(text), kind)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
