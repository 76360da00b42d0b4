"""Saving what can be read of a damaged SQLite file into a new one."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bestshot.errors import DamagedError
from bestshot.storage.database import storage_errors, transaction
from bestshot.storage.seals import SEAL, columns_of, has_seals, seal_of

_SMALLEST_ROW = 16
"""Bytes that a row takes at least, with what SQLite needs for it: so the file's size tells how many it may hold."""


class Salvage:
    """What can be read of a damaged file, within a `with` block: a draft beside it, which may take its place.

    `open_` makes a database of this kind. All tables have a whole number called `id`. Entering raises StateError where
    no draft can be made.
    """

    def __init__(self, path: Path, open_: Callable[[Path], sqlite3.Connection], tables: Sequence[str]) -> None:
        self._path = path
        self._open = open_
        self._tables = tables

    def __enter__(self) -> Self:
        with storage_errors(self._path):
            number, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
            os.close(number)
            self._draft = Path(draft)
        try:
            self.saved = self._open(self._draft)
            self._read()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(self, "saved"):
            self.saved.close()
        self._draft.unlink(missing_ok=True)

    def put_in_place(self) -> Path:
        """Let what was read take the place of the damaged file; returns where that is kept.

        A process that still has the damaged file open cannot write there any more: SQLite sees that it was moved.
        """
        self.saved.close()
        with storage_errors(self._path):
            number, name = tempfile.mkstemp(
                dir=self._path.parent, prefix=f"{self._path.stem}-damaged-", suffix=self._path.suffix
            )
            aside = Path(name)
            with os.fdopen(number, "wb") as copy, self._path.open("rb") as damaged:
                shutil.copyfileobj(damaged, copy)
                copy.flush()
                os.fsync(number)
            # What SQLite would still roll back belongs to the damaged file, and would spoil the new one.
            with suppress(FileNotFoundError):
                Path(f"{self._path}-journal").replace(f"{aside}-journal")
            self._draft.replace(self._path)
        return aside

    def _read(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as damaged, transaction(self.saved):
            for table in self._tables:
                columns = self._columns(damaged, table)
                marks = ", ".join("?" * len(columns))
                statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of ours
                for place, row in enumerate(self._whole_rows(damaged, table, columns)):
                    if place == 0:  # what a new file begins with gives way
                        self.saved.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
                    with suppress(sqlite3.IntegrityError):  # of an older version, without a seal
                        self.saved.execute(statement, row)

    def _columns(self, damaged: sqlite3.Connection, table: str) -> list[str]:
        try:
            found = columns_of(damaged, table)
        except sqlite3.Error as error:  # the first page, which says what the tables are
            raise DamagedError(str(error)) from error
        return [name for name in found if name in columns_of(self.saved, table)]

    def _whole_rows(self, damaged: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The rows that are as they were written; where older versions wrote, those that can be read."""
        is_sealed = has_seals(damaged, table)
        key = "id" if "id" in columns else "rowid"
        query = f"SELECT {', '.join([key, *columns, SEAL if is_sealed else 'NULL'])} FROM {table} NOT INDEXED"  # noqa: S608 - names of ours
        last, end = 0, self._path.stat().st_size // _SMALLEST_ROW
        while last < end:
            try:
                for number, *values, seal in damaged.execute(f"{query} WHERE {key} > ? ORDER BY {key}", (last,)):
                    if number > last and (not is_sealed or seal_of(*values) == seal):
                        last = number
                        yield tuple(values)
                return
            except sqlite3.Error:
                last += 1  # over the row that cannot be read, or step by step over the page that it is on
