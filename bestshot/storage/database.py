"""SQLite files: checked for their kind, migrated when opened, with errors that say what to do."""

import errno
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bestshot.errors import DamagedError, StateError
from bestshot.storage.seals import has_seals, know_seals, seal_all, seal_what_is_written, whole
from bestshot.text import printable

logger = logging.getLogger(__name__)

_BUSY_SECONDS = 30
"""How long to wait for another process that holds the database."""

_FLAGS = "--cache-dir for measurements, --state-dir for the journal"

_BUSY = "{path} is in use by another program. Let that finish, then try again."
_FULL = "There is no room left for {path}. Free some space, then try again."
_REFUSED = (
    "{path} cannot be opened or written. Check its permissions and those of its folder, or name another one: {flags}."
)
_DAMAGED = "{path} is damaged or not a database. Move it away to start afresh, then try again."
_OTHER = "{path} cannot be used: {error}. If this happens again, move it away to start afresh."
_OS_OTHER = "{path} cannot be used: {error}. Check its folder and the disk, or name another one: {flags}."
_FOREIGN = "{path} belongs to another program. Move it away, or choose another folder."
_NEWER = "{path} was written by a newer version of Photo Organizer. Update this one, or choose another folder."

_NO_TEXT = ("user-defined function raised exception", "Could not decode to UTF-8")
"""How errors of Python's own wrapper begin where a text is none: it can neither be sealed nor read."""

_SQLITE_SENTENCES = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _REFUSED,
    sqlite3.SQLITE_PERM: _REFUSED,
    sqlite3.SQLITE_CANTOPEN: _REFUSED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_OS_SENTENCES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _REFUSED,
    errno.EPERM: _REFUSED,
    errno.EROFS: _REFUSED,
}


def open_database(
    path: Path, *, application_id: int, migrations: Sequence[str], sealed: Sequence[str] = (), is_kept: bool = False
) -> sqlite3.Connection:
    """Open the database at `path`, creating and migrating it as needed.

    `application_id` (31 bits, not 0) distinguishes our files from others. Each migration is an SQL script; their number
    is the version of the file. Rows of the tables that are `sealed` get a checksum, whatever writes them. A file that
    `is_kept`, because it cannot be made again, is copied before it is migrated. The connection is in autocommit mode:
    write inside `transaction`, read inside `storage_errors`. Raises StateError for a file that is foreign, newer, or
    inaccessible, and DamagedError for one that is damaged.
    """
    with storage_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite's default, the rollback journal, is kept: a WAL does not work in network folders.
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            know_seals(connection)
            if is_kept:
                _back_up(connection, path, application_id, len(migrations))
            _bring_up_to_date(connection, path, application_id, migrations, sealed)
            seal_what_is_written(connection, sealed)
        except BaseException:
            connection.close()
            raise
    return connection


def set_aside(path: Path) -> None:
    """Move a damaged file of what can be made again out of the way, over an earlier one, and tell."""
    aside = path.with_name(f"{path.stem}-damaged{path.suffix}")
    with storage_errors(path):
        path.replace(aside)
        # What SQLite would still roll back would spoil the new file.
        Path(f"{path}-journal").unlink(missing_ok=True)
    names = printable(str(path)), printable(str(aside))
    logger.warning("%s is damaged and is made anew; as it was, it is kept as %s.", *names)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit the whole block or nothing, with no other process writing; raises like `storage_errors`."""
    with storage_errors(_path_of(connection)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # after some errors SQLite has rolled back by itself
                connection.execute("ROLLBACK")
            raise


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite or the disk into a StateError that says what to do about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        # Errors of Python's own wrapper have no code. The low byte is the kind of error, the others are details.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        sentence = _DAMAGED if str(error).startswith(_NO_TEXT) else _SQLITE_SENTENCES.get(code, _OTHER)
        kind = DamagedError if sentence is _DAMAGED else StateError
        raise kind(_filled(sentence, path, str(error))) from error
    except UnicodeDecodeError as error:  # of a message, or of a name in the schema
        raise DamagedError(_filled(_DAMAGED, path, str(error))) from error
    except OSError as error:
        sentence = _OS_SENTENCES.get(error.errno or 0, _OS_OTHER)
        raise _state_error(sentence, error.filename or path, error.strerror or str(error)) from error


def is_there(path: Path) -> bool:
    """Whether there is a file; raises StateError where its folder may not be entered, so that nobody can know."""
    with storage_errors(path):
        return path.exists()


def to_key(text: str) -> bytes:
    """Encode a text for storage; SQLite's own text type cannot hold names that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def from_key(key: bytes) -> str:
    """Decode what `to_key` encoded."""
    return key.decode("utf-8", "surrogateescape")


def _state_error(sentence: str, path: Path | str, error: str = "") -> StateError:
    return StateError(_filled(sentence, path, error))


def _filled(sentence: str, path: Path | str, error: str) -> str:
    return sentence.format(path=printable(str(path)), error=error, flags=_FLAGS)


def _back_up(connection: sqlite3.Connection, path: Path, application_id: int, version: int) -> None:
    """Copy a file of an older version beside it, in the place of an earlier such copy, and tell where."""
    found_id, found_version = _identity(connection)
    if found_id != application_id or found_version >= version:
        return
    copy = path.with_name(f"{path.stem}-before-update{path.suffix}")
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{copy.name}-")
    os.close(number)
    try:
        with closing(sqlite3.connect(draft)) as target:
            connection.backup(target)
        Path(draft).replace(copy)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    logger.warning("%s is brought up to date; as it was, it is kept as %s.", printable(str(path)), printable(str(copy)))


def _bring_up_to_date(
    connection: sqlite3.Connection, path: Path, application_id: int, migrations: Sequence[str], sealed: Sequence[str]
) -> None:
    if _identity(connection) == (application_id, len(migrations)):
        return
    with transaction(connection):
        found_id, version = _identity(connection)  # again: another process may have migrated in the meantime
        # An empty file is a new database; on some Macs SQLite writes a single byte into one to lock it.
        if found_id != application_id and path.stat().st_size > 1:
            raise _state_error(_FOREIGN, path)
        if version > len(migrations):
            raise _state_error(_NEWER, path)
        if version == 0:
            with suppress(PermissionError):  # some network folders have no permissions
                path.chmod(0o600)
        check_seals(connection, path, sealed)
        for script in migrations[version:]:
            _execute_script(connection, script)
        seal_all(connection, sealed)
        connection.execute(f"PRAGMA application_id = {application_id:d}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def check_seals(connection: sqlite3.Connection, path: Path, tables: Sequence[str]) -> None:
    """Raise DamagedError if a row of these tables, as far as they have seals yet, is not as it was written."""
    for table in tables:
        if has_seals(connection, table):
            query = f"SELECT EXISTS (SELECT 1 FROM {table} NOT INDEXED WHERE NOT ({whole(connection, table)}))"  # noqa: S608 - names of ours
            if connection.execute(query).fetchone()[0]:
                raise DamagedError(_filled(_DAMAGED, path, ""))


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application_id, version


def _execute_script(connection: sqlite3.Connection, script: str) -> None:
    """Run the statements one by one: `executescript` would commit the transaction around them."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _path_of(connection: sqlite3.Connection) -> Path:
    text_factory, connection.text_factory = connection.text_factory, bytes  # the path need not be UTF-8
    try:
        return Path(os.fsdecode(connection.execute("PRAGMA database_list").fetchone()[2]))
    finally:
        connection.text_factory = text_factory
