"""Writing sidecars: completely or not at all, and never over what another program wrote in the meantime."""

import errno
import os
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from bestshot.errors import LockedError, OutputError, PhotoError
from bestshot.journal.journal import Journal
from bestshot.metadata.sidecars import read_sidecar
from bestshot.model.photo import digest
from bestshot.storage.drafts import draft_name
from bestshot.storage.files import create_file, keep_owner_and_permissions, publish, sync_folder, writing
from bestshot.storage.lock import LibraryLock

_NAME_OF_0_1 = re.compile(r"\.photo-organizer-xmp-[0-9a-f]{16}\.part")

_DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def content_checksum(content: bytes | None) -> str | None:
    """SHA-256 in hexadecimal; None for no file."""
    return None if content is None else sha256(content).hexdigest()


def current_content(path: str) -> bytes | None:
    """The content of a sidecar now, None if there is no sidecar; raises PhotoError if it cannot be read."""
    return read_sidecar(path) if os.path.lexists(path) else None


def replace_content(
    path: str, before: bytes | None, after: bytes | None, mtime_ns: int | None = None, *, draft: str | None = None
) -> bool:
    """Give a sidecar new content, or remove it (None), if it still holds what it did; returns whether it did.

    The new file is whole on the disk, under the name `draft`, before it takes the place of the old one, whose
    permissions it gets. A sidecar that is a link is never followed. A write of another program could be lost only in
    the instant between the last check and the replacement. `mtime_ns` is a time for the new content.
    Raises PhotoError where the folder or the file cannot be written (the sentence lacks the name), OutputError if the
    disk is full.
    """
    sidecar = Path(path)
    if after is None:
        return _remove(sidecar, before)
    unfinished = sidecar.with_name(draft or draft_name())
    try:
        with _one_refused(sidecar):
            create_file(unfinished, after)
            if mtime_ns is not None:
                os.utime(unfinished, ns=(mtime_ns, mtime_ns))
            if before is None:
                return _publish(unfinished, sidecar)
            keep_owner_and_permissions(sidecar, unfinished)
        if current_content(path) != before:
            return False
        with _one_refused(sidecar):
            unfinished.replace(sidecar)
    finally:
        with suppress(OSError):  # it is gone where all went well, and never was where nothing may be written
            unfinished.unlink(missing_ok=True)
    sync_folder(sidecar.parent)
    return True


def sweep(journal: Journal, locks: Path, held: Collection[str]) -> None:
    """Remove what killed runs left beside sidecars, as far as this is allowed; the journal knows where.

    `held` are the libraries whose locks the caller holds; where another run is at work, its files are left alone.
    """
    left: dict[str, list[str]] = {}
    for sources, draft in journal.sidecar_drafts():
        left.setdefault(digest(*sorted(sources)), []).append(draft)
    for library, drafts in left.items():
        with suppress(LockedError), ExitStack() as stack:
            if library not in held:
                stack.enter_context(LibraryLock(locks / library))
            for path in (*map(Path, drafts), *_drafts_of_0_1(drafts)):
                with suppress(OSError):
                    path.unlink()


def _drafts_of_0_1(drafts: Collection[str]) -> Iterator[Path]:
    """What killed runs of the first version left in the same folders, under names that no journal knows."""
    for folder in {Path(draft).parent for draft in drafts}:
        yield from (path for path in folder.glob(".photo-organizer-xmp-*.part") if _NAME_OF_0_1.fullmatch(path.name))


def _publish(draft: Path, sidecar: Path) -> bool:
    try:
        publish(draft, sidecar)
    except FileExistsError:
        return False
    sync_folder(sidecar.parent)
    return True


def _remove(sidecar: Path, before: bytes | None) -> bool:
    if current_content(str(sidecar)) != before:
        return False
    with _one_refused(sidecar):
        sidecar.unlink(missing_ok=True)
    return True


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
