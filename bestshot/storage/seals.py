"""Checksums of rows, by which one that a disk or a stranger changed is told from one that was written."""

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

SEAL: Final = "seal"
"""The column that holds the checksum of all others."""


def seal_of(*values: Any) -> int:
    """The checksum of a row; a text, a number and a blob that look alike have different ones."""
    return zlib.crc32(msgspec.msgpack.encode(values))


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table, but for its seal."""
    names = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]
    return [name for name in names if name != SEAL]


def whole(connection: sqlite3.Connection, table: str) -> str:
    """An SQL condition on the rows of a table: whether a row is as it was written."""
    return f"{table}.{SEAL} IS {_seal_in_sql(columns_of(connection, table), f'{table}.')}"


def has_seals(connection: sqlite3.Connection, table: str) -> bool:
    """Whether there is a table of this name whose rows have seals; older versions wrote none."""
    return any(row[1] == SEAL for row in connection.execute(f"PRAGMA table_info({table})"))


def know_seals(connection: sqlite3.Connection) -> None:
    """Let SQL of this connection compute seals."""
    connection.create_function("row_seal", -1, seal_of, deterministic=True)


def seal_all(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Seal the rows that there are, whatever they hold."""
    for table in tables:
        connection.execute(f"UPDATE {table} SET {SEAL} = {_seal_in_sql(columns_of(connection, table))}")  # noqa: S608 - names of ours


def seal_what_is_written(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Seal each row that this connection writes into these tables from now on.

    The triggers end with the connection: a file that held them could be written by nothing else.
    """
    connection.execute("PRAGMA temp_store = MEMORY")
    for table in tables:
        columns = columns_of(connection, table)
        keys = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]] or ["rowid"]
        is_row = " AND ".join(f"{key} = new.{key}" for key in keys)
        seal = _seal_in_sql(columns, "new.")
        for event in ("INSERT", f"UPDATE OF {', '.join(columns)}"):
            connection.execute(
                f"CREATE TEMP TRIGGER seal_{table}_{event[:6]} AFTER {event} ON main.{table} BEGIN"  # noqa: S608 - names of ours
                f" UPDATE {table} SET {SEAL} = {seal} WHERE {is_row}; END"
            )


def _seal_in_sql(columns: Sequence[str], prefix: str = "") -> str:
    return f"row_seal({', '.join(f'{prefix}{column}' for column in columns)})"
