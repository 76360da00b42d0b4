"""Writing sidecars: completely or not at all, and never over what another program wrote in the meantime."""

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from bestshot.errors import OutputError, PhotoError
from bestshot.metadata.sidecars import read_sidecar
from bestshot.storage.files import create_file, publish, sync_folder, writing

_DRAFT = ".photo-organizer-xmp-"
_STALE_SECONDS = 3600
"""A draft older than this was left by a run that was killed."""

_DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def content_checksum(content: bytes | None) -> str | None:
    """SHA-256 in hexadecimal; None for no file."""
    return None if content is None else sha256(content).hexdigest()


def current_content(path: str) -> bytes | None:
    """The content of a sidecar now, None if there is no sidecar; raises PhotoError if it cannot be read."""
    return read_sidecar(path) if os.path.lexists(path) else None


def replace_content(path: str, before: bytes | None, after: bytes | None, mtime_ns: int | None = None) -> bool:
    """Give a sidecar new content, or remove it (None), if it still holds what it did; returns whether it did.

    The new file is whole on the disk before it takes the place of the old one, whose permissions it gets. Where the
    sidecar is a link, the file it leads to is replaced. A write of another program could be lost only in the
    instant between the last check and the replacement. `mtime_ns` is a time for the new content.
    Raises PhotoError where the folder or the file cannot be written (the sentence lacks the name), OutputError if the
    disk is full.
    """
    real = Path(os.path.realpath(path))
    if after is None:
        return _remove(real, path, before)
    draft = real.with_name(f"{_DRAFT}{secrets.token_hex(8)}.part")
    try:
        with _one_refused(real):
            create_file(draft, after)
            if mtime_ns is not None:
                os.utime(draft, ns=(mtime_ns, mtime_ns))
            if before is None:
                return _publish(draft, real)
            _keep_owner_and_permissions(real, draft)
        if current_content(path) != before:
            return False
        with _one_refused(real):
            draft.replace(real)
    finally:
        with suppress(OSError):  # it is gone where all went well, and never was where nothing may be written
            draft.unlink(missing_ok=True)
    sync_folder(real.parent)
    return True


def sweep(folder: str) -> None:
    """Remove the drafts that killed runs left behind, as far as this is allowed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_DRAFT) and time.time() - entry.stat().st_mtime > _STALE_SECONDS:
                Path(entry.path).unlink(missing_ok=True)


def _publish(draft: Path, real: Path) -> bool:
    try:
        publish(draft, real)
    except FileExistsError:
        return False
    sync_folder(real.parent)
    return True


def _remove(real: Path, path: str, before: bytes | None) -> bool:
    if current_content(path) != before:
        return False
    with _one_refused(real):
        real.unlink(missing_ok=True)
    return True


def _keep_owner_and_permissions(existing: Path, draft: Path) -> None:
    status = existing.stat()
    if not os.access(existing, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(existing))
    # Only root may give a file away; and file systems without permissions (FAT, some network shares) refuse both.
    with suppress(OSError):
        if os.name == "posix" and (draft.stat().st_uid, draft.stat().st_gid) != (status.st_uid, status.st_gid):
            os.chown(draft, status.st_uid, status.st_gid)
    with suppress(OSError):
        draft.chmod(stat.S_IMODE(status.st_mode))


@contextmanager
def _one_refused(path: Path) -> Iterator[None]:
    """A write that is refused affects one photo only, unless the disk is full."""
    try:
        with writing(path):
            yield
    except OutputError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno not in _DISK_IS_FULL:
            raise PhotoError(f"cannot be written: {cause.strerror or cause}") from cause
        raise
