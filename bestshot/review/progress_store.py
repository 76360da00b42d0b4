"""How far somebody has come with the review of a library: which groups were seen, and where they were."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bestshot.storage.database import is_there, open_database, storage_errors, transaction

_APPLICATION_ID = 0x50684F56  # "PhOV"
_MIGRATIONS = (
    """
    CREATE TABLE seen (
        library TEXT NOT NULL,
        group_id TEXT NOT NULL,
        PRIMARY KEY (library, group_id)
    ) WITHOUT ROWID;
    CREATE TABLE place (
        library TEXT PRIMARY KEY,
        group_id TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)


class ProgressStore:
    """The progress of the review of one library, kept in the state folder; raises StateError."""

    def __init__(self, state: Path, library: str) -> None:
        self._path = state / "review.sqlite3"
        self._library = library

    def seen(self) -> frozenset[str]:
        """The ids of the groups that were seen; asking alone makes no file."""
        if not is_there(self._path):
            return frozenset()
        with self._database() as database:
            query = "SELECT group_id FROM seen WHERE library = ?"
            return frozenset(id_ for (id_,) in database.execute(query, [self._library]))

    def place(self) -> str | None:
        """The id of the group that was looked at last, if any was; asking alone makes no file."""
        if not is_there(self._path):
            return None
        with self._database() as database:
            query = "SELECT group_id FROM place WHERE library = ?"
            row = database.execute(query, [self._library]).fetchone()
            return None if row is None else str(row[0])

    def mark(self, groups: Iterable[str], *, is_seen: bool) -> None:
        """Keep that these groups were seen, or not."""
        statement = (
            "INSERT OR IGNORE INTO seen VALUES (?, ?)"
            if is_seen
            else "DELETE FROM seen WHERE library = ? AND group_id = ?"
        )
        with self._database() as database, transaction(database):
            database.executemany(statement, [(self._library, group) for group in groups])

    def move(self, group: str) -> None:
        """Keep that this group is looked at now."""
        with self._database() as database, transaction(database):
            database.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", [self._library, group])

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        opened = open_database(self._path, application_id=_APPLICATION_ID, migrations=_MIGRATIONS)
        with closing(opened) as database, storage_errors(self._path):
            yield database
