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
from typing import Any, TypeVar, get_args

import msgspec

from bestshot.journal.replaced import ReplacedSidecar
from bestshot.journal.runs import RunPart
from bestshot.journal.schema import APPLICATION_ID, MIGRATIONS
from bestshot.layout.actions import (
    Action,
    AppliedChange,
    CopyFile,
    FileState,
    PlaceBest,
    Receipt,
    RemoveFile,
    RestoreFile,
    RetireBest,
    Reversal,
    WriteMetadata,
    effective_changes,
)
from bestshot.marks.actions import MarkAction, MarkEffect, MarkReceipt
from bestshot.storage.database import from_key, open_database, storage_errors, to_key, transaction

A = TypeVar("A", Action, MarkAction, Reversal)

_KINDS: dict[str, type[Action]] = {kind.__name__: kind for kind in (CopyFile, PlaceBest, RetireBest, WriteMetadata)}
_MARKS: dict[str, type[MarkAction]] = {kind.__name__: kind for kind in get_args(MarkAction)}
_REVERSALS: dict[str, type[Reversal]] = {"TakeAway": RemoveFile, "PutBack": RestoreFile}
_NAMES: dict[type, str] = {kind: name for kinds in (_KINDS, _MARKS, _REVERSALS) for name, kind in kinds.items()}


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


@dataclass(frozen=True, slots=True)
class ReversalChange:
    """One entry: a file of an output that is being taken back."""

    id: int
    action: Reversal


class Journal:
    """The changes made to outputs and to the marks in libraries, run by run.

    A target names an output (its real path) or a library for good. All runs that are begun here are one job.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_database(path, application_id=APPLICATION_ID, migrations=MIGRATIONS)
        self._job: int | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def begin_run(
        self, target: str, sources: Sequence[str], *, undoes: int | None = None, is_learned: bool = False
    ) -> int:
        """Write that a run starts to change the target; returns the run's number.

        `undoes` is the run that it takes back; `is_learned` if it only finds what is there.
        """
        with transaction(self._connection):
            cursor = self._connection.execute(
                "INSERT INTO runs (target, sources, started_at, job, undoes, is_learned) VALUES (?, ?, ?, ?, ?, ?)",
                (to_key(target), json.dumps(list(sources)), _now(), self._job, undoes, is_learned),
            )
        run = int(cursor.lastrowid or 0)
        self._job = self._job or run
        return run

    def end_run(self, run: int, left_alone: int | None = None) -> None:
        """Write that a run came to its end, and an undo how much it left alone."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET finished_at = ?, left_alone = ? WHERE id = ?", (_now(), left_alone, run)
            )

    def end_broken_runs(self, target: str) -> None:
        """Write that the runs which were killed are mended: of what they began, all is known by now."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET finished_at = ? WHERE target = ? AND finished_at IS NULL AND NOT EXISTS"
                " (SELECT 1 FROM changes WHERE run = runs.id AND state = 'begun')",
                (_now(), to_key(target)),
            )

    def runs(self) -> list[RunPart]:
        """All runs, oldest first."""
        query = (
            "SELECT id, COALESCE(job, id), target, sources, started_at, finished_at, is_learned, undoes, left_alone,"
            " (SELECT COUNT(*) FROM changes WHERE run = runs.id AND state != 'dropped') FROM runs ORDER BY id"
        )
        with storage_errors(self._path):
            return [_run(row) for row in self._connection.execute(query)]

    def photos_laid(self, run: int) -> int:
        """How many photos a run brought into its output, each with all its files."""
        query = (
            "SELECT COUNT(DISTINCT json_extract(action, '$.origin') || ' ' || json_extract(action, '$.key'))"
            " FROM changes WHERE run = ? AND kind = ? AND state = 'done'"
        )
        with storage_errors(self._path):
            (photos,) = self._connection.execute(query, (run, CopyFile.__name__)).fetchone()
        return int(photos)

    def begin(self, run: int, actions: Sequence[Action]) -> list[Change]:
        """Write what is about to be done, all of it at once."""
        with transaction(self._connection):
            return [Change(self._insert(run, action), action) for action in actions]

    def begin_marks(self, run: int, actions: Sequence[MarkAction]) -> list[MarkChange]:
        """The same for marks."""
        with transaction(self._connection):
            return [MarkChange(self._insert(run, action), action) for action in actions]

    def begin_reversals(self, run: int, actions: Sequence[Reversal]) -> list[ReversalChange]:
        """The same for what is taken back."""
        with transaction(self._connection):
            return [ReversalChange(self._insert(run, action), action) for action in actions]

    def _insert(self, run: int, action: Action | MarkAction | Reversal) -> int:
        cursor = self._connection.execute(
            "INSERT INTO changes (run, kind, action, state) VALUES (?, ?, ?, 'begun')",
            (run, _NAMES[type(action)], _to_json(action)),
        )
        return int(cursor.lastrowid or 0)

    def finish(self, receipts: Sequence[tuple[Change, Receipt] | tuple[MarkChange, MarkReceipt]]) -> None:
        """Write that changes were made; again, if it is known better by now what they left."""
        rows = [(_to_json(receipt.trace), change.id) for change, receipt in receipts]
        with transaction(self._connection):
            self._connection.executemany("UPDATE changes SET state = 'done', receipt = ? WHERE id = ?", rows)

    def finish_reversals(self, changes: Sequence[ReversalChange]) -> None:
        """Write that this was taken back."""
        rows = [(_to_json(FileState()), change.id) for change in changes]
        with transaction(self._connection):
            self._connection.executemany("UPDATE changes SET state = 'done', receipt = ? WHERE id = ?", rows)

    def keep(self, change: MarkChange, replaced: Sequence[ReplacedSidecar]) -> None:
        """Write what a change is about to replace; what came of it then is told by the files alone."""
        rows = [
            (change.id, to_key(one.key), to_key(one.path), _packed(one.before), one.after, one.mtime_ns)
            for one in replaced
        ]
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO sidecars (change, key, path, before, after, mtime_ns) VALUES (?, ?, ?, ?, ?, ?)", rows
            )

    def replaced_sidecars(self, target: str, run: int | None = None) -> Iterator[ReplacedSidecar]:
        """What changes of this target (or of one run) replaced or were about to, latest first, as it is put back."""
        query = (
            "SELECT key, path, before, after, mtime_ns FROM sidecars JOIN changes ON changes.id = change"
            " JOIN runs ON runs.id = run WHERE target = ? AND ? IN (run, 0) ORDER BY sidecars.id DESC"
        )
        with storage_errors(self._path):
            for key, path, before, after, mtime_ns in self._connection.execute(query, (to_key(target), run or 0)):
                older = None if before is None else zlib.decompress(before)
                yield ReplacedSidecar(from_key(key), from_key(path), older, after, mtime_ns)

    def drop(self, changes: Sequence[Change | MarkChange | ReversalChange], why: str) -> None:
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

    def unfinished_reversals(self, target: str) -> list[ReversalChange]:
        """The same for what is taken back."""
        rows = self._begun(target)
        return [
            ReversalChange(number, _action(_REVERSALS[kind], action))
            for number, kind, action in rows
            if kind in _REVERSALS
        ]

    def receipts(self, target: str) -> Iterator[Receipt]:
        """Every change made to this target and not taken back, oldest first."""
        yield from (made.receipt for made in self.made(target))

    def made(self, target: str) -> list[AppliedChange]:
        """The same with the runs that made them."""
        return effective_changes(self._events(target))

    def _events(self, target: str) -> Iterator[AppliedChange | Reversal]:
        for run, is_learned, kind, action, trace in self._done(target):
            if kind in _KINDS:
                receipt = Receipt(_action(_KINDS[kind], action), msgspec.convert(json.loads(trace), FileState))
                yield AppliedChange(run, bool(is_learned), receipt)
            elif kind in _REVERSALS:
                yield _action(_REVERSALS[kind], action)

    def mark_receipts(self, target: str) -> Iterator[MarkReceipt]:
        """Every change of marks made to this target, oldest first, those that take others back among them."""
        yield from (receipt for _, receipt in self.marks_made(target))

    def marks_made(self, target: str) -> Iterator[tuple[int, MarkReceipt]]:
        """The same with the runs that made them."""
        for run, _, kind, action, trace in self._done(target):
            if kind in _MARKS:
                yield run, MarkReceipt(_action(_MARKS[kind], action), msgspec.convert(json.loads(trace), MarkEffect))

    def _begun(self, target: str) -> list[tuple[int, str, str]]:
        query = (
            "SELECT changes.id, kind, action FROM changes JOIN runs ON runs.id = run"
            " WHERE state = 'begun' AND target = ? ORDER BY changes.id"
        )
        with storage_errors(self._path):
            return self._connection.execute(query, (to_key(target),)).fetchall()

    def _done(self, target: str) -> Iterator[tuple[int, int, str, str, str]]:
        query = (
            "SELECT run, is_learned, kind, action, receipt FROM changes JOIN runs ON runs.id = run"
            " WHERE state = 'done' AND target = ? ORDER BY changes.id"
        )
        with storage_errors(self._path):
            yield from self._connection.execute(query, (to_key(target),))


def _run(row: tuple[Any, ...]) -> RunPart:
    number, job, target, sources, started_at, finished_at, is_learned, undoes, left, changes = row
    return RunPart(
        number,
        job,
        from_key(target),
        tuple(json.loads(sources)),
        datetime.fromisoformat(started_at),
        None if finished_at is None else datetime.fromisoformat(finished_at),
        bool(is_learned),
        undoes,
        left,
        changes,
    )


def _packed(content: bytes | None) -> bytes | None:
    return None if content is None else zlib.compress(content)


def _to_json(value: Action | MarkAction | Reversal | FileState | MarkEffect) -> str:
    # The standard library's json keeps the surrogates of undecodable file names; msgspec's refuses them.
    return json.dumps(msgspec.to_builtins(value))


def _action(kind: type[A], text: str) -> A:
    return msgspec.convert(json.loads(text), kind)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
