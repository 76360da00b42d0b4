"""What people decided, kept in SQLite from run to run."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bestshot.errors import DamagedError, StateError
from bestshot.plans.decisions import Decision
from bestshot.storage.database import check_seals, is_there, open_database, storage_errors, transaction
from bestshot.storage.salvage import Salvage
from bestshot.text import count, printable

_APPLICATION_ID = 0x50684F44  # "PhOD"
_MIGRATIONS = (
    """
    CREATE TABLE decisions (
        id INTEGER PRIMARY KEY,
        decision TEXT NOT NULL UNIQUE ON CONFLICT REPLACE,
        made_at TEXT NOT NULL
    );
    """,
    "ALTER TABLE decisions ADD COLUMN seal INTEGER;",
    """
    CREATE TABLE reviews (
        id INTEGER PRIMARY KEY,
        decision TEXT NOT NULL UNIQUE ON CONFLICT REPLACE,
        made_at TEXT NOT NULL,
        seal INTEGER
    );
    """,
)
_SEALED = ("decisions", "reviews")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Decisions that are taken back as if they had never been made, and those in their place."""

    taken_back: Sequence[Decision] = ()
    made: Sequence[Decision] = ()


class DecisionStore:
    """Decisions in the order in which they were made; one that is made again counts as new.

    Apart from them, reviews hold the best of each group that a person looked at, whether it was changed or left: from
    changes alone, nobody could learn how often what was proposed is right.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _opened(path)
        try:
            with storage_errors(path):
                check_seals(self._connection, path, _SEALED)
        except DamagedError:
            self.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def add(self, decisions: Sequence[Decision], reviews: Sequence[Decision] = ()) -> None:
        """Keep these as well, all of them at once."""
        self.replace(Replacement(made=decisions), Replacement(made=reviews))

    def replace(self, decisions: "Replacement", reviews: "Replacement") -> None:
        """Forget some and keep others in their place, all of it at once."""
        with transaction(self._connection):
            for table, change in (("decisions", decisions), ("reviews", reviews)):
                forgotten = [row[:1] for row in map(_row, change.taken_back)]
                self._connection.executemany(f"DELETE FROM {table} WHERE decision = ?", forgotten)  # noqa: S608 - names of ours
                statement = f"INSERT INTO {table} (decision, made_at) VALUES (?, ?)"  # noqa: S608 - as above
                self._connection.executemany(statement, map(_row, change.made))

    def all(self) -> list[Decision]:
        """Everything that was decided, the oldest first; raises StateError for what this version does not know."""
        return self._read("decisions")

    def reviews(self) -> list[Decision]:
        """The best of each group that was looked at, the oldest first; raises StateError as well."""
        return self._read("reviews")

    def _read(self, table: str) -> list[Decision]:
        with storage_errors(self._path):
            rows = self._connection.execute(f"SELECT decision FROM {table} ORDER BY id").fetchall()  # noqa: S608 - as above
        try:
            return [msgspec.convert(json.loads(text), Decision) for (text,) in rows]
        except (ValueError, msgspec.ValidationError) as error:
            raise StateError(
                f"{printable(str(self._path))} holds decisions that this version does not know ({error}): "
                "use a newer one, or forget all of them with --forget-decisions."
            ) from error

    def forget(self) -> int:
        """Forget everything, and so what could be learned from it; returns how many decisions that were."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM reviews")
            return self._connection.execute("DELETE FROM decisions").rowcount


def _row(decision: Decision) -> tuple[str, str]:
    # As in the journal, json keeps the surrogates of undecodable file names.
    return json.dumps(msgspec.to_builtins(decision)), datetime.now(UTC).isoformat()


def _opened(path: Path) -> sqlite3.Connection:
    return open_database(path, application_id=_APPLICATION_ID, migrations=_MIGRATIONS, sealed=_SEALED, is_kept=True)


def _store(state: Path) -> DecisionStore:
    """What is kept in the state folder; what is whole of a damaged file is saved, and the loss is told once."""
    path = _file(state)
    try:
        return DecisionStore(path)
    except DamagedError as error:
        try:
            with Salvage(path, _opened, _SEALED) as salvage:
                number = salvage.saved.execute("SELECT COUNT(*) FROM decisions").fetchone()[0]
                aside = salvage.put_in_place() if number else None
        except DamagedError:
            aside = None
        if aside is None:
            raise error
        raise DamagedError(
            f"{printable(str(path))} is damaged: of what you decided, {count(number, 'decision')} could be read and"
            f" will be followed, the others are lost. The damaged file is kept as {printable(str(aside))}."
        ) from error


def remembered(state: Path) -> list[Decision]:
    """What is kept in the state folder, the oldest first; asking alone makes no file."""
    if not is_there(_file(state)):
        return []
    with closing(_store(state)) as store:
        return store.all()


def reviewed(state: Path) -> list[Decision]:
    """The best of each group that was looked at, as kept in the state folder; asking alone makes no file."""
    if not is_there(_file(state)):
        return []
    with closing(_store(state)) as store:
        return store.reviews()


def remember(state: Path, decisions: Sequence[Decision], reviews: Sequence[Decision] = ()) -> None:
    """Keep these in the state folder as well; where nothing was decided, nobody looked."""
    if decisions:
        with closing(_store(state)) as store:
            store.add(decisions, reviews)


def replace_remembered(state: Path, decisions: Replacement, reviews: Replacement) -> None:
    """Keep in the state folder what was decided in the place of something else."""
    with closing(_store(state)) as store:
        store.replace(decisions, reviews)


def last_changed(state: Path) -> object:
    """Something that is another after any process has decided something; None as long as nothing is kept."""
    path = _file(state)
    if not is_there(path):
        return None
    with storage_errors(path):
        status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def forget(state: Path) -> int:
    """Forget all that is kept there; returns how many decisions that were."""
    if not is_there(_file(state)):
        return 0
    with closing(_store(state)) as store:
        return store.forget()


def _file(state: Path) -> Path:
    return state / "decisions.sqlite3"
