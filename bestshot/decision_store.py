"""What people decided, kept in SQLite from run to run."""

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bestshot.database import open_database, storage_errors, transaction
from bestshot.decisions import Decision

_APPLICATION_ID = 0x50684F44  # "PhOD"
_MIGRATIONS = (
    """
    CREATE TABLE decisions (
        id INTEGER PRIMARY KEY,
        decision TEXT NOT NULL UNIQUE ON CONFLICT REPLACE,
        made_at TEXT NOT NULL
    );
    """,
)


class DecisionStore:
    """Decisions in the order in which they were made; the same one made again counts as new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_database(path, application_id=_APPLICATION_ID, migrations=_MIGRATIONS)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, decisions: Sequence[Decision]) -> None:
        """Keep these as well, all of them at once."""
        # As in the journal, json keeps the surrogates of undecodable file names.
        rows = [(json.dumps(msgspec.to_builtins(one)), datetime.now(UTC).isoformat()) for one in decisions]
        with transaction(self._connection):
            self._connection.executemany("INSERT INTO decisions (decision, made_at) VALUES (?, ?)", rows)

    def all(self) -> list[Decision]:
        """Everything that was decided, the oldest first."""
        with storage_errors(self._path):
            rows = self._connection.execute("SELECT decision FROM decisions ORDER BY id").fetchall()
        return [msgspec.convert(json.loads(text), Decision) for (text,) in rows]

    def forget(self) -> int:
        """Forget everything; tells how many decisions that were."""
        with transaction(self._connection):
            return self._connection.execute("DELETE FROM decisions").rowcount


def remembered_decisions(state_dir: Path, new: Sequence[Decision]) -> list[Decision]:
    """Everything that was decided, with what is new, which is kept; nothing is made where there is nothing to keep."""
    path = _path_in(state_dir)
    if not new and not path.exists():
        return []
    with closing(DecisionStore(path)) as store:
        store.add(new)
        return store.all()


def forget_decisions(state_dir: Path) -> int:
    """Forget everything; tells how many decisions that were."""
    path = _path_in(state_dir)
    if not path.exists():
        return 0
    with closing(DecisionStore(path)) as store:
        return store.forget()


def _path_in(state_dir: Path) -> Path:
    return state_dir / "decisions.sqlite3"
