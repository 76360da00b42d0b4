"""A cache on disk, of limited size, for pictures that are expensive to get."""

import hashlib
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bestshot.errors import DamagedError, StateError
from bestshot.storage.database import open_database, set_aside, storage_errors, transaction
from bestshot.storage.opening import open_new
from bestshot.text import format_size, printable

_APPLICATION_ID = 0x50684F43  # "PhOC"
_MIGRATIONS = (
    """
    CREATE TABLE entry (
        serial INTEGER PRIMARY KEY AUTOINCREMENT, -- names the file; no number is ever used twice
        id BLOB NOT NULL UNIQUE,                  -- SHA-256 of the photo's id
        size INTEGER NOT NULL,                    -- of the file, in bytes
        checksum BLOB NOT NULL,                   -- SHA-256 of the file
        footprint INTEGER NOT NULL,               -- what the file takes on the disk, in bytes
        used INTEGER NOT NULL                     -- grows with each use, so the smallest is the first to go
    );
    CREATE INDEX entry_by_use ON entry (used);
    CREATE TABLE total (footprint INTEGER NOT NULL);
    INSERT INTO total VALUES (0);
    CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
        UPDATE total SET footprint = footprint + new.footprint;
    END;
    CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
        UPDATE total SET footprint = footprint - old.footprint;
    END;
    """,
)
_FILE = "cache.sqlite"
_SUFFIX = ".cached"
_BLOCK = 4096
"""Bytes; most file systems allocate space in blocks of this size."""


class PhotoTooLargeError(StateError):
    """A single photo is larger than the whole cache; it was not kept."""


@dataclass(frozen=True, slots=True)
class _Entry:
    serial: int
    size: int
    checksum: bytes
    is_newest: bool


class PhotoCache:
    """A folder of pictures by id, of at most `max_size_mb` million bytes; the least recently used go first.

    The limit covers all that the cache stores: pictures in whole blocks, its database, and the database's journal. It
    holds at every moment, whichever processes write or are killed; a lower limit than last time takes effect with the
    next write. Only the empty database, some 30 kB, is always there. Other files are left alone and not counted.

    An instance keeps no connection or file open: it may be shared by threads, and pickled or forked for processes. Both
    methods raise StateError if the folder cannot be used.

    Rows and files are changed in one exclusive transaction, in which a file gets a number as its name. So what a killed
    process wrote has the very name that the next write will use, and rows of files that it removed, restored by the
    rollback, are dropped in due course.
    """

    def __init__(self, cache_dir: Path | str, max_size_mb: float = 5000) -> None:
        self._folder = Path(cache_dir).absolute()
        self._max_bytes = max_size_mb * 1_000_000

    def get_cached_photo(self, photo_id: str) -> Path | None:
        """The file stored under this id, or None if there is none, or it is not as it was written.

        The next write, by any process, may drop it.
        """
        try:
            return self._found(photo_id)
        except DamagedError:
            set_aside(self._folder / _FILE)
            return None

    def _found(self, photo_id: str) -> Path | None:
        with self._database() as database:
            entry = _find(database, photo_id)
            if entry is None:
                return None
            path = self._path(entry.serial)
            if not _is_intact(path, entry):
                with transaction(database):
                    self._drop(database, entry.serial)
                return None
            return path if entry.is_newest or _touch(database, entry.serial) else None

    def cache_photo(self, photo_id: str, data: bytes) -> Path:
        """Store `data` under this id, replacing what was there, and return its path.

        Raises PhotoTooLargeError if it does not fit even alone; then nothing is stored under this id.
        """
        try:
            return self._kept(photo_id, data)
        except DamagedError:
            set_aside(self._folder / _FILE)
            return self._kept(photo_id, data)

    def _kept(self, photo_id: str, data: bytes) -> Path:
        with self._database() as database, transaction(database):
            old = _find(database, photo_id)
            if old is not None:
                self._drop(database, old.serial)
            serial = _insert(database, photo_id, data)
            self._make_room(database, len(data))
            self._write(serial, data)
        return self._path(serial)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        path = self._folder / _FILE
        with (
            storage_errors(path),
            closing(open_database(path, application_id=_APPLICATION_ID, migrations=_MIGRATIONS)) as database,
        ):
            yield database

    def _path(self, serial: int) -> Path:
        return self._folder / f"{serial:012}{_SUFFIX}"

    def _make_room(self, database: sqlite3.Connection, size: int) -> None:
        """Drop the least recently used pictures until the newest, of `size` bytes, fits."""
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (page_size,) = database.execute("PRAGMA page_size").fetchone()
        # The journal holds each page at most once, with 8 bytes around it, and a header of a block or two.
        limit = self._max_bytes - pages * (2 * page_size + 8) - 2 * _BLOCK
        if _footprint(size) > limit:
            raise PhotoTooLargeError(
                f"A photo of {format_size(size)} does not fit into the cache {printable(str(self._folder))}"
                f" of {format_size(int(self._max_bytes))}. Increase the size of the cache."
            )
        while database.execute("SELECT footprint FROM total").fetchone()[0] > limit:
            oldest = database.execute("SELECT serial FROM entry ORDER BY used LIMIT 1").fetchone()
            if oldest is None:
                raise DamagedError(f"The sum of {printable(str(self._folder / _FILE))} is wrong.")
            self._drop(database, *oldest)

    def _drop(self, database: sqlite3.Connection, serial: int) -> None:
        database.execute("DELETE FROM entry WHERE serial = ?", [serial])
        self._path(serial).unlink(missing_ok=True)

    def _write(self, serial: int, data: bytes) -> None:
        path = self._path(serial)
        # At the first entry ever, files with our names belong to a database that was lost.
        leftovers = self._folder.glob(f"{'[0-9]' * 12}{_SUFFIX}") if serial == 1 else [path]
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        with storage_errors(path), open_new(path, 0o600) as stream:
            stream.write(data)


def _find(database: sqlite3.Connection, photo_id: str) -> _Entry | None:
    row = database.execute(
        "SELECT serial, size, checksum, used = (SELECT max(used) FROM entry) FROM entry WHERE id = ?",
        [_key(photo_id)],
    ).fetchone()
    return None if row is None else _Entry(*row)


def _insert(database: sqlite3.Connection, photo_id: str, data: bytes) -> int:
    serial = database.execute(
        "INSERT INTO entry (id, size, checksum, footprint, used)"
        " VALUES (?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM entry))",
        [_key(photo_id), len(data), hashlib.sha256(data).digest(), _footprint(len(data))],
    ).lastrowid
    assert serial is not None  # set after every insert
    return serial


def _touch(database: sqlite3.Connection, serial: int) -> bool:
    """Make an entry the most recently used; False if another process has dropped it in the meantime."""
    with transaction(database):
        update = "UPDATE entry SET used = (SELECT max(used) + 1 FROM entry) WHERE serial = ?"
        return database.execute(update, [serial]).rowcount == 1


def _is_intact(path: Path, entry: _Entry) -> bool:
    """Whether the file at `path` is unchanged since it was written; False if it cannot be read."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != entry.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == entry.checksum
    except OSError:
        return False


def _footprint(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _key(photo_id: str) -> bytes:
    return hashlib.sha256(photo_id.encode("utf-8", "surrogatepass")).digest()
