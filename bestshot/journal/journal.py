"""What was begun, done, and how to take it back, in SQLite: for changes of any kind.

A change is written here before it is made and again after. One that was begun and not finished shows the next run
where an earlier one was cut off.
"""

import json
import logging
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from bestshot.errors import DamagedError, StateError
from bestshot.journal import damage
from bestshot.journal.changes import A, Change, DoneChange, E, Kinds, ReplacedSidecar
from bestshot.journal.retention import compact, forget
from bestshot.journal.runs import Run, RunPart, runs_of
from bestshot.storage.database import from_key, is_there, storage_errors, to_key, transaction
from bestshot.storage.drafts import draft_name
from bestshot.text import printable

logger = logging.getLogger(__name__)


def open_journal(state_dir: Path, *, create: bool, mends: bool) -> "Journal | None":
    """The journal in the folder for what must not be lost; None if there is none and none is to be created.

    Raises DamagedError for one that is not as it was written; if it `mends`, what can be read is there from then on.
    An empty one, of which is told, counts as none.
    """
    path = state_dir / "journal.sqlite3"
    if emptied := damage.emptied(path):
        logger.warning("%s", emptied)
        if not create:
            return None
    try:
        return Journal(path) if create or is_there(path) else None
    except DamagedError as error:
        raise damage.damage(path, mends=mends) from error


def existing_journal(state_dir: Path, *, mends: bool) -> "Journal | None":
    """The journal for a command about what it holds; raises DamagedError also for an empty one."""
    if emptied := damage.emptied(state_dir / "journal.sqlite3"):
        raise DamagedError(emptied)
    return open_journal(state_dir, create=False, mends=mends)


def acknowledge(state_dir: Path) -> None:
    """Write that the user was told of every undo that came to its end."""
    path = state_dir / "journal.sqlite3"
    with closing(damage.open_file(path)) as connection, transaction(connection):
        connection.execute("UPDATE runs SET is_told = 1 WHERE NOT is_told AND finished_at IS NOT NULL")


class Journal:
    """The changes made to outputs and to the marks in libraries, run by run.

    A target is the permanent name of an output (by its real path) or of a library. All parts that are begun here are
    one run, about the photos of `user`, a name for people, if they are anybody's on a server.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = damage.open_file(path)
        try:
            damage.check(self._connection, path)
        except BaseException:
            self._connection.close()
            raise
        self._run: int | None = None
        self.user: str | None = None
        with storage_errors(path):
            self._secret, self._drafts_since = self._connection.execute("SELECT secret, since FROM drafts").fetchone()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def version(self) -> int:
        """Changes whenever somebody else has written into the journal."""
        with storage_errors(self._path):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def begin_part(
        self, target: str, sources: Sequence[str], *, undoes: int | None = None, is_learned: bool = False
    ) -> int:
        """Write that this run starts to change a target; returns the number of that part.

        `undoes` is the part of an earlier run that it takes back; `is_learned` if it only finds what is there.
        """
        with transaction(self._connection):
            cursor = self._connection.execute(
                "INSERT INTO runs (target, sources, started_at, job, undoes, is_learned, is_told, user)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*_names(target, sources), _now(), self._run, undoes, is_learned, undoes is None, self.user),
            )
        part = int(cursor.lastrowid or 0)
        self._run = self._run or part
        return part

    def end_part(self, part: int, left_alone: int | None = None) -> None:
        """Write that a part came to its end, and an undo how much it left alone."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET finished_at = ?, left_alone = ? WHERE id = ?", (_now(), left_alone, part)
            )

    def end_broken_parts(self, target: str) -> None:
        """Write that the parts which were killed are mended: of what they began, all is known by now."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET finished_at = ? WHERE target = ? AND finished_at IS NULL AND NOT EXISTS"
                " (SELECT 1 FROM changes WHERE run = runs.id AND state = 'begun')",
                (_now(), to_key(target)),
            )

    def parts(self) -> list[RunPart]:
        """The parts of all runs, oldest first."""
        query = (
            "SELECT id, COALESCE(job, id), target, sources, started_at, finished_at, is_learned, undoes, left_alone,"
            " (SELECT COUNT(*) FROM changes WHERE run = runs.id AND state != 'dropped'),"
            " (SELECT COUNT(*) FROM changes WHERE run = runs.id AND state = 'begun'), lost, is_told,"
            " is_forgotten, user"
            " FROM runs ORDER BY id"
        )
        with storage_errors(self._path):
            return [_part(row) for row in self._connection.execute(query)]

    def forget(self, before: datetime) -> None:
        """Give up how runs that ended before this time would be undone; what they made stays ours."""
        forget(self._connection, self.parts(), before)
        compact(self._connection, self._path)

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        return runs_of(self.parts())

    def begin(self, part: int, kinds: Kinds[A, E], actions: Sequence[A]) -> list[Change[A]]:
        """Write what is about to be done, all of it at once."""
        query = "INSERT INTO changes (run, kind, action, state) VALUES (?, ?, ?, 'begun')"
        begun: list[Change[A]] = []
        with transaction(self._connection):
            self._connection.execute("UPDATE runs SET begun = begun + ? WHERE id = ?", (len(actions), part))
            for action in actions:
                cursor = self._connection.execute(query, (part, kinds.name(action), _to_json(action)))
                begun.append(Change(int(cursor.lastrowid or 0), part, action))
        return begun

    def finish(self, made: Sequence[tuple[Change[Any], object]]) -> None:
        """Write that changes were made, each with its effect; again, if it is known better by now."""
        rows = [(_to_json(effect), change.id) for change, effect in made]
        self._settle("UPDATE changes SET state = 'done', receipt = ? WHERE id = ?", rows)

    def drop(self, changes: Sequence[Change[Any]], why: str) -> None:
        """Write that changes were not made after all."""
        rows = [(why, change.id) for change in changes]
        self._settle("UPDATE changes SET state = 'dropped', error = ? WHERE id = ?", rows)

    def _settle(self, statement: str, rows: Sequence[tuple[str, int]]) -> None:
        with transaction(self._connection):
            written = self._connection.executemany(statement, rows).rowcount if rows else 0
            if written != len(rows):
                raise DamagedError(
                    f"{printable(str(self._path))} is damaged: a change that was begun is not found there."
                )

    def unfinished(self, target: str, kinds: Kinds[A, E]) -> list[Change[A]]:
        """The changes to this target that were begun and of which nothing more is known, oldest first."""
        query = (
            "SELECT changes.id, run, kind, action FROM changes JOIN runs ON runs.id = run"
            " WHERE state = 'begun' AND target = ? ORDER BY changes.id"
        )
        with storage_errors(self._path):
            rows = self._connection.execute(query, (to_key(target),)).fetchall()
        return [
            Change(number, part, self._from_json(action, kinds.actions[kind], part))
            for number, part, kind, action in rows
            if kind in kinds.actions
        ]

    def done(self, target: str, kinds: Kinds[A, E]) -> Iterator[DoneChange[A, E]]:
        """Every change made to this target, oldest first, those that take others back among them."""
        query = "SELECT id, is_learned FROM runs NOT INDEXED WHERE target = ? ORDER BY id"
        with storage_errors(self._path):
            parts = self._connection.execute(query, (to_key(target),)).fetchall()
        for part, is_learned in parts:
            yield from self._done(part, kinds, is_learned=bool(is_learned))

    def done_in(self, part: int, kinds: Kinds[A, E]) -> Iterator[DoneChange[A, E]]:
        """Every change that one part of a run made, oldest first."""
        query = "SELECT is_learned FROM runs WHERE id = ?"
        with storage_errors(self._path):
            found = self._connection.execute(query, (part,)).fetchall()
        for (is_learned,) in found:
            yield from self._done(part, kinds, is_learned=bool(is_learned))

    def _done(self, part: int, kinds: Kinds[A, E], *, is_learned: bool) -> Iterator[DoneChange[A, E]]:
        # Found in the way in which they were checked.
        query = (
            "SELECT kind, action, receipt FROM changes INDEXED BY changes_by_run"
            " WHERE run = ? AND state = 'done' ORDER BY id"
        )
        with storage_errors(self._path):
            for kind, action, effect in self._connection.execute(query, (part,)):
                if kind in kinds.actions:
                    made = self._from_json(action, kinds.actions[kind], part)
                    yield DoneChange(part, is_learned, made, self._from_json(effect, kinds.effect, part))

    def _from_json(self, text: str, kind: type[A], part: int) -> A:
        try:
            return _from_json(text, kind)
        except (
            ValueError,
            msgspec.ValidationError,
        ) as error:  # damaged before its rows had seals, or of a newer version
            raise StateError(
                f"{printable(str(self._path))} holds a change of run {part} that this version cannot read ({error})."
                " Nothing was changed: use a newer version, or put an earlier copy of the file in its place."
            ) from error

    def draft_name(self, change: int, path: str = "") -> str:
        """The name of the file in which the change of this number first writes what is to be at `path`.

        It follows from a secret of the journal: so whoever has that finds what a kill left, and nobody else can put
        anything in its place.
        """
        if change < self._drafts_since:
            return f".photo-organizer-{change}.part"
        subject = f"{change}:".encode() + os.fsencode(path)
        return draft_name(blake2b(subject, key=self._secret, digest_size=16).hexdigest())

    def keep(self, change: Change[Any], replaced: Sequence[ReplacedSidecar]) -> list[str]:
        """Write what a change is about to replace; only the files themselves show then whether it was.

        Returns the names of the drafts of the new files.
        """
        rows = [
            (change.id, to_key(one.key), to_key(one.path), _packed(one.before), one.after, one.mtime_ns)
            for one in replaced
        ]
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO sidecars (change, key, path, before, after, mtime_ns) VALUES (?, ?, ?, ?, ?, ?)", rows
            )
            self._connection.execute(
                "UPDATE runs SET kept = kept + ? WHERE id = (SELECT run FROM changes WHERE id = ?)",
                (len(rows), change.id),
            )
        return [self.draft_name(change.id, one.path) for one in replaced]

    def sidecar_drafts(self) -> list[tuple[tuple[str, ...], str]]:
        """What unfinished changes may have left beside sidecars, each draft with the sources of its run."""
        query = (
            "SELECT DISTINCT sources, changes.id, path FROM changes JOIN sidecars ON change = changes.id"
            " JOIN runs ON runs.id = run WHERE state = 'begun'"
        )
        with storage_errors(self._path):
            rows = self._connection.execute(query).fetchall()
        places = [(sources, number, from_key(path)) for sources, number, path in rows]
        return [
            (tuple(json.loads(sources)), os.path.join(os.path.dirname(path), self.draft_name(number, path)))  # noqa: PTH118, PTH120 - a path may hold bytes that are no text
            for sources, number, path in places
        ]

    def replaced_sidecars(self, target: str, part: int | None = None) -> Iterator[ReplacedSidecar]:
        """What changes of this target (or of one part) replaced or were about to, latest first, as it is put back."""
        query = (
            "SELECT key, path, before, after, mtime_ns FROM sidecars JOIN changes ON changes.id = change"
            " JOIN runs ON runs.id = run WHERE target = ? AND ? IN (run, 0) ORDER BY sidecars.id DESC"
        )
        with storage_errors(self._path):
            for key, path, before, after, mtime_ns in self._connection.execute(query, (to_key(target), part or 0)):
                older = None if before is None else zlib.decompress(before)
                yield ReplacedSidecar(from_key(key), from_key(path), older, after, mtime_ns)


def _part(row: tuple[Any, ...]) -> RunPart:
    (
        number,
        run,
        target,
        sources,
        started_at,
        finished_at,
        is_learned,
        undoes,
        left,
        changes,
        open_,
        lost,
        is_told,
        is_forgotten,
        user,
    ) = row
    return RunPart(
        number,
        run,
        from_key(target),
        tuple(json.loads(sources)),
        datetime.fromisoformat(started_at),
        None if finished_at is None else datetime.fromisoformat(finished_at),
        bool(is_learned),
        undoes,
        left,
        changes,
        open_,
        lost,
        bool(is_told),
        bool(is_forgotten),
        user,
    )


def _names(target: str, sources: Sequence[str]) -> tuple[bytes, str]:
    return to_key(target), json.dumps(list(sources))


def _packed(content: bytes | None) -> bytes | None:
    return None if content is None else zlib.compress(content)


def _to_json(value: object) -> str:
    # The standard library's json keeps the surrogates of undecodable file names; msgspec's refuses them.
    return json.dumps(msgspec.to_builtins(value))


def _from_json(text: str, kind: type[A]) -> A:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError:  # such a name; to read everything in this way takes half as long again
        return msgspec.convert(json.loads(text), kind)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
