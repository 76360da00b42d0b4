"""The lock that lets only one run at a time work on a library."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import msgspec
from filelock import FileLock, Timeout

from bestshot.errors import LockedError, OutputError
from bestshot.storage.files import make_private_folders
from bestshot.storage.opening import open_new, open_regular
from bestshot.text import printable

_NOTE_BYTES = 4096
"""More than the note of a holder ever is."""


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who holds a lock; validated before it is shown, since anybody may have written the file."""

    pid: int
    host: Annotated[str, msgspec.Meta(pattern=r"\A[\w.-]{1,255}\Z")]
    since: Annotated[datetime, msgspec.Meta(tz=True)]

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since.astimezone():%Y-%m-%d %H:%M:%S %z}"


class LibraryLock:
    """Locks a library for the duration of a `with` block.

    It is a lock of the operating system on the file `path`: it ends with the process, however that ends, and works
    across containers that share the folder. The file itself is empty and stays. Next to it, `path`.json says who holds
    the lock; it is read only by a run that has to give up. `flag` names the folder on the command line.

    Entering raises LockedError if another run holds the lock, OutputError if the folder does not support locks.
    """

    def __init__(self, path: Path, *, flag: str = "--cache-dir") -> None:
        self._path = path
        self._flag = flag
        self._owner_path = path.with_name(f"{path.name}.json")
        self._lock: FileLock | None = None
        self._is_permanent = True
        self._is_signed = False

    def delete_on_exit(self) -> None:
        """Delete the lock file on exit, and its folder if it is empty, because nothing is left to protect.

        They stay if the system cannot delete open files.
        """
        self._is_permanent = False

    def __enter__(self) -> Self:
        # A soft lock would outlive a killed process. The object is new each time, since one may be entered twice.
        lock = FileLock(self._path, timeout=0, thread_local=False, fallback_to_soft=False)
        try:
            make_private_folders(self._path.parent)
            lock.acquire()
        except Timeout:
            raise LockedError(self._refusal()) from None
        except OSError as error:
            raise OutputError(
                f"The folder {printable(str(self._path.parent))} cannot be used for the lock that protects a library"
                f" ({error.strerror or error}). Choose one that is writable, on a disk with file locks:"
                f" {self._flag} names it."
            ) from error
        self._lock = lock
        self._sign()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._lock is not None  # set on entering
        if self._is_signed:
            with suppress(OSError):  # a leftover is harmless: the next run takes it away
                self._owner_path.unlink()
        if not self._is_permanent:
            with suppress(OSError):  # a run that waits for it notices that the file is gone
                self._path.unlink()
        self._lock.release()
        self._lock = None
        if not self._is_permanent:
            with suppress(OSError):
                self._path.parent.rmdir()

    def _sign(self) -> None:
        """Say who holds the lock, in the place of a killed run's note; anything else of that name is left alone."""
        owner = _Owner(os.getpid(), socket.gethostname(), datetime.now(UTC))
        with suppress(OSError):  # the lock works without it
            if os.path.lexists(self._owner_path) and (self._owner() or not self._owner_path.lstat().st_size):
                self._owner_path.unlink()
            with open_new(self._owner_path) as note:
                note.write(msgspec.json.encode(owner))
            self._is_signed = True

    def _refusal(self) -> str:
        owner = self._owner()
        if owner is None:
            place = printable(str(self._path))
            return f"Another run is working on this library ({place} is locked). Let it finish first."
        return f"Another run is working on this library: {owner}. Let it finish first."

    def _owner(self) -> _Owner | None:
        """Who is noted as the holder; None if nobody is."""
        try:
            with open_regular(self._owner_path, follow=False) as note:
                return msgspec.json.decode(note.read(_NOTE_BYTES), type=_Owner)
        except (OSError, msgspec.DecodeError):
            return None
