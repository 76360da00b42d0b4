"""One run at a time for a library."""

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
from bestshot.text import printable


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who holds a lock; read from a file that anybody may have written, so checked before it is shown."""

    pid: int
    host: Annotated[str, msgspec.Meta(pattern=r"\A[\w.-]{1,255}\Z")]
    since: Annotated[datetime, msgspec.Meta(tz=True)]

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since.astimezone():%Y-%m-%d %H:%M:%S %z}"


class LibraryLock:
    """Keeps other runs out for as long as the `with` block lasts.

    The lock is the operating system's, on the file `path`: it ends with its process, whatever ends that, and
    holds across containers that share the folder. The file itself is empty and stays. Beside it `path`.json
    says who holds the lock; only a run that was refused reads it.

    Entering raises LockedError when another run holds the lock, OutputError when the folder cannot hold one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owner_path = path.with_name(f"{path.name}.json")
        self._lock: FileLock | None = None
        self._is_for_good = True

    def take_away(self) -> None:
        """Let the file go with the lock, and its folder if that is empty then: nothing is left to keep runs apart for.

        Where the system keeps files that are open, they stay.
        """
        self._is_for_good = False

    def __enter__(self) -> Self:
        # A soft lock would outlive a killed process. A new object each time, since one alone may enter twice.
        lock = FileLock(self._path, timeout=0, thread_local=False, fallback_to_soft=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise LockedError(self._refusal()) from None
        except OSError as error:
            raise OutputError(
                f"The folder {printable(str(self._path.parent))} cannot hold the lock that keeps runs apart"
                f" ({error.strerror or error}). Choose one that can be written, on a disk with file locks."
            ) from error
        self._lock = lock
        self._sign()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._lock is not None  # `with` enters before it leaves
        with suppress(OSError):  # a name that stays is harmless: the next run writes its own over it
            self._owner_path.unlink()
        if not self._is_for_good:
            with suppress(OSError):  # who waits for it finds that it has no name any more
                self._path.unlink()
        self._lock.release()
        self._lock = None
        if not self._is_for_good:
            with suppress(OSError):
                self._path.parent.rmdir()

    def _sign(self) -> None:
        owner = _Owner(os.getpid(), socket.gethostname(), datetime.now(UTC))
        draft = self._owner_path.with_name(f"{self._owner_path.name}.tmp")
        with suppress(OSError):  # the lock holds without a name on it
            draft.write_bytes(msgspec.json.encode(owner))
            draft.replace(self._owner_path)

    def _refusal(self) -> str:
        try:
            owner = msgspec.json.decode(self._owner_path.read_bytes(), type=_Owner)
        except (OSError, msgspec.DecodeError):
            place = printable(str(self._path))
            return f"Another run is working on this library ({place} is locked). Let it finish first."
        return f"Another run is working on this library: {owner}. Let it finish first."
