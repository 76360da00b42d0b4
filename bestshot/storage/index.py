"""The index of earlier measurements, in SQLite, so that no photo is measured twice."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from bestshot.errors import DamagedError
from bestshot.model.photo import Skipped
from bestshot.storage.database import from_key, open_database, set_aside, storage_errors, to_key, transaction
from bestshot.storage.seals import whole

Value = TypeVar("Value")
Result = TypeVar("Result")


class Subject(Protocol):
    """Something that can be measured: a photo or a pair; `origin` and `key` are permanent, `id` is for this run."""

    @property
    def id(self) -> str:
        """The name of the subject in this run."""

    @property
    def origin(self) -> str:
        """The library it is in."""

    @property
    def key(self) -> str:
        """Its permanent name in that library."""

    @property
    def size(self) -> int:
        """The bytes of its file, or of one of its files on the average."""


Measurable = TypeVar("Measurable", bound=Subject)

_APPLICATION_ID = 0x50684F49  # "PhOI"
_MIGRATIONS = (
    """
    CREATE TABLE origins (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
    CREATE TABLE measurements (
        origin INTEGER NOT NULL REFERENCES origins (id),
        key BLOB NOT NULL,
        recipe TEXT NOT NULL,
        revision TEXT NOT NULL,
        value BLOB,
        error TEXT,
        PRIMARY KEY (origin, key, recipe),
        CHECK ((value IS NULL) <> (error IS NULL))
    ) WITHOUT ROWID;
    CREATE TABLE notices (
        origin INTEGER NOT NULL REFERENCES origins (id),
        id BLOB NOT NULL,
        error TEXT NOT NULL,
        PRIMARY KEY (origin, id)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE measurements ADD COLUMN seal INTEGER;
    ALTER TABLE notices ADD COLUMN seal INTEGER;
    """,
)
_SEALED = ("measurements", "notices")

_FEW = 1000
"""So many are looked up one by one; to find more, reading all of a library takes less."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be measured; a transient failure is not stored, but tried again in the next run."""

    error: str
    is_transient: bool = False


@dataclass(frozen=True, slots=True)
class IndexEntry(Generic[Measurable, Value]):
    """The result of measuring a photo or a pair by one recipe."""

    subject: Measurable
    revision: str
    value: Value | Failure


class Index:
    """Measurements by origin, key and recipe; only those of the newest revision are kept.

    Where the file is damaged, what is not as it was written is measured again; a new file is begun if need be. Both are
    told.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connection = _opened(path)
        except DamagedError:
            set_aside(path)
            self._connection = _opened(path)

    def _begin_anew(self) -> None:
        self._connection.close()
        set_aside(self._path)
        self._connection = _opened(self._path)

    def _tried(self, work: Callable[[], Result]) -> Result:
        """What comes of this work on the file, or on a new one if it is damaged."""
        try:
            return work()
        except DamagedError:
            self._begin_anew()
            return work()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def knows(self, origin: str) -> bool:
        """Whether any photo of this library was ever measured."""
        query = (
            "SELECT 1 FROM measurements JOIN origins ON origins.id = origin"
            " WHERE name = ? AND value IS NOT NULL LIMIT 1"
        )

        def found() -> bool:
            with storage_errors(self._path):
                return self._connection.execute(query, (to_key(origin),)).fetchone() is not None

        return self._tried(found)

    def has(self, subject: Subject, recipe: str) -> bool:
        """Whether anything is known of a subject by a recipe, of whatever revision."""
        return self._tried(lambda: any(True for _ in self._rows(subject.origin, [subject.key], recipe)))

    def recall(
        self, wanted: Iterable[tuple[Measurable, str]], recipe: str, kind: type[Value]
    ) -> Iterator[IndexEntry[Measurable, Value]]:
        """Yield what is known of photos, or pairs, at the given revisions; those not measured yet are left out."""
        libraries: dict[str, dict[str, tuple[Measurable, str]]] = {}
        for pair in wanted:
            libraries.setdefault(pair[0].origin, {})[pair[0].key] = pair
        decode = msgspec.json.Decoder(kind).decode
        try:
            for origin, places in sorted(libraries.items()):
                for key, stored, value, error in self._rows(origin, places, recipe):
                    subject, revision = places.get(key, (None, ""))
                    if subject is None or stored != revision:
                        continue
                    try:
                        found = Failure(error) if value is None else decode(value)
                    except msgspec.DecodeError:  # of before there were seals, so it is measured again
                        continue
                    yield IndexEntry(subject, revision, found)
        except DamagedError:
            self._begin_anew()

    def store(self, measured: Iterable[IndexEntry[Measurable, Value]], recipe: str) -> None:
        """Store results in one transaction."""
        rows = [_row(item, recipe) for item in measured if not _is_transient(item.value)]
        self._tried(lambda: self._store(rows))

    def _store(self, rows: Sequence[tuple[bytes, bytes, str, str, bytes | None, str | None]]) -> None:
        with transaction(self._connection):
            self._name_origins({row[0] for row in rows})
            self._connection.executemany(
                "INSERT OR REPLACE INTO measurements (origin, key, recipe, revision, value, error)"
                " VALUES ((SELECT id FROM origins WHERE name = ?), ?, ?, ?, ?, ?)",
                rows,
            )

    def new_problems(
        self, library: str, skipped: Iterable[Skipped], readable: Collection[str] = ()
    ) -> tuple[Skipped, ...]:
        """Mark problems as new unless an earlier run over this library reported them, and remember them.

        `readable` are the ids of photos that this run could read: problems that they no longer have are forgotten.
        Problems of photos that the run did not see are kept.
        """
        found = tuple(skipped)
        return self._tried(lambda: self._new_problems(library, found, readable))

    def _new_problems(self, library: str, skipped: Iterable[Skipped], readable: Collection[str]) -> tuple[Skipped, ...]:
        name = to_key(library)
        query = (
            "SELECT notices.id, error FROM notices JOIN origins ON origins.id = origin"  # noqa: S608 - names of ours
            f" WHERE name = ? AND {whole(self._connection, 'notices')}"
        )
        with transaction(self._connection):
            known = dict(self._connection.execute(query, (name,)).fetchall())
            marked = tuple(replace(item, is_new=known.get(to_key(item.id)) != item.error) for item in skipped)
            self._name_origins({name})
            self._connection.executemany(
                "INSERT OR REPLACE INTO notices (origin, id, error)"
                " VALUES ((SELECT id FROM origins WHERE name = ?), ?, ?)",
                [(name, to_key(item.id), item.error) for item in marked if item.is_new],
            )
            read = frozenset(readable) if known else ()
            solved = {id_ for id_ in known if from_key(id_) in read} - {to_key(item.id) for item in marked}
            self._connection.executemany(
                "DELETE FROM notices WHERE origin = (SELECT id FROM origins WHERE name = ?) AND id = ?",
                [(name, id_) for id_ in sorted(solved)],
            )
        return marked

    def _name_origins(self, names: set[bytes]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO origins (name) VALUES (?)", [(name,) for name in sorted(names)]
        )

    def _rows(self, origin: str, keys: Collection[str], recipe: str) -> Iterator[tuple[str, str, bytes | None, str]]:
        """What is known by a recipe of a library; where little of it is wanted, of these keys alone."""
        query = (
            "SELECT key, revision, value, error FROM measurements JOIN origins ON origins.id = origin"  # noqa: S608 - names of ours
            f" WHERE name = ? AND recipe = ? AND {whole(self._connection, 'measurements')}"
        )
        wanted: Iterable[tuple[bytes | str, ...]] = [(to_key(origin), recipe)]
        if len(keys) <= _FEW:
            query += " AND key = ?"
            wanted = ((to_key(origin), recipe, to_key(key)) for key in sorted(keys))
        for values in wanted:
            with storage_errors(self._path):
                for key, *rest in self._connection.execute(query, values):
                    yield from_key(key), *rest


def _opened(path: Path) -> sqlite3.Connection:
    return open_database(path, application_id=_APPLICATION_ID, migrations=_MIGRATIONS, sealed=_SEALED)


def _row(item: IndexEntry[Measurable, Value], recipe: str) -> tuple[bytes, bytes, str, str, bytes | None, str | None]:
    place = to_key(item.subject.origin), to_key(item.subject.key), recipe, item.revision
    if isinstance(item.value, Failure):
        return *place, None, item.value.error
    return *place, msgspec.json.encode(item.value), None


def _is_transient(value: object) -> bool:
    return isinstance(value, Failure) and value.is_transient
