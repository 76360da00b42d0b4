"""Writing files so that nothing is lost: verified, never over another file, never half-written."""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from bestshot.errors import OutputError, PhotoError, TransientError
from bestshot.storage.folders import shown
from bestshot.storage.opening import open_new, open_regular
from bestshot.text import printable

_CHUNK_BYTES = 1 << 20
"""Bytes that are read at once."""

# What file systems return that have no hard links, or none from here to there.
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES})


UNTAKEN_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
"""What file systems answer, to whatever is asked, about a name that they cannot have."""


def checksum(path: Path) -> str:
    """Compute the SHA-256 of a file's content, in hexadecimal; raises OSError."""
    state = sha256()
    with open_regular(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            state.update(chunk)
    return state.hexdigest()


def copy_verified(source: Path, copy: Path, revision: tuple[int, int]) -> str:
    """Copy a file with its times and permissions, and read the copy back; returns the SHA-256 of both.

    `revision` is the size and mtime_ns that the source had when it was listed. Raises TransientError if the source
    cannot be read or has changed since, OutputError if the copy cannot be written or differs. `copy` must not exist;
    after an error it may be half-written.
    """
    with _reading():
        stream = open_regular(source)
    with stream:
        with _reading():
            status = os.fstat(stream.fileno())
        _check_same(status, revision)
        wanted = _write_copy(stream, copy)
        with _reading():
            _check_same(os.fstat(stream.fileno()), revision)  # in case it changed while it was read
    with writing(copy):
        if copy.stat().st_size != status.st_size or checksum(copy) != wanted:
            raise OutputError(
                f"The copy {shown(copy)} differs from what was read from {printable(str(source))}: "
                "check the output's disk."
            )
        _keep_times_and_permissions(status, copy)
    return wanted


def write_verified(write: Callable[[BinaryIO], None], copy: Path, revision: tuple[int | None, int]) -> str:
    """Create a file by calling `write`, check its size and set its time; returns its SHA-256.

    `revision` is the expected size, if that is known, and the mtime_ns to set. Raises TransientError if the size
    differs, OutputError if the file cannot be written. `copy` must not exist; after an error it may be half-written.
    """
    size, mtime_ns = revision
    with writing(copy):
        with open_new(copy) as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        if size is not None and copy.stat().st_size != size:
            raise TransientError("it does not have the size it was listed with; the next run will try again")
        os.utime(copy, ns=(mtime_ns, mtime_ns))
        return checksum(copy)


def check_unchanged(source: Path, revision: tuple[int, int]) -> None:
    """Raise TransientError if a file is gone, or its size and mtime_ns are no longer those of `revision`."""
    with _reading():
        status = source.stat()
    _check_same(status, revision)


def _check_same(status: os.stat_result, revision: tuple[int, int]) -> None:
    if (status.st_size, status.st_mtime_ns) != revision:
        raise TransientError("it has changed since it was listed; the next run will use its new version")


def _write_copy(source: BinaryIO, copy: Path) -> str:
    state = sha256()
    # Nobody else may read the copy of a private photo while it has not yet got its permissions.
    with writing(copy), open_new(copy, 0o600) as stream:
        while chunk := _read_chunk(source):
            state.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return state.hexdigest()


def _read_chunk(stream: BinaryIO) -> bytes:
    with _reading():
        return stream.read(_CHUNK_BYTES)


def _keep_times_and_permissions(status: os.stat_result, copy: Path) -> None:
    # File systems without permissions (FAT, some network shares) refuse chmod; the picture itself is safe there.
    with suppress(OSError):
        # The source may be readable only by its access control list, which is not copied.
        copy.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def publish(temporary: Path, final: Path) -> None:
    """Move a finished file to its final name, never over an existing one; raises FileExistsError, OutputError."""
    with writing(final):
        try:
            os.link(temporary, final)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if os.path.lexists(final):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from error
            # No portable call renames without replacing; only the moment since the check is unprotected.
            temporary.rename(final)
        else:
            temporary.unlink()


class NoHardLinkError(OutputError):
    """The file system does not support this hard link; the text is the system's reason."""


def link(existing: Path, new: Path) -> None:
    """Create a hard link; raises FileExistsError, NoHardLinkError, OutputError."""
    with writing(new):
        try:
            os.link(existing, new)
        except OSError as error:
            if error.errno in _NO_HARD_LINKS:
                raise NoHardLinkError(error.strerror or str(error)) from error
            raise


def link_symbolically(target: str, new: Path) -> None:
    """Create a symbolic link; raises FileExistsError, OutputError."""
    with writing(new):
        new.symlink_to(target)


def replace(temporary: Path, final: Path) -> None:
    """Replace a file of ours with a finished one; raises OutputError."""
    with writing(final):
        temporary.replace(final)


def remove(path: Path) -> None:
    """Delete a file of ours; raises OutputError."""
    with writing(path):
        path.unlink()


def link_target(path: Path) -> str:
    """The target of a symbolic link, exactly as it is stored."""
    return os.readlink(path)  # noqa: PTH115 - pathlib would normalise it


def keep_owner_and_permissions(existing: Path, draft: Path) -> None:
    """Give a draft the owner and the permissions of the file that it is to replace, as far as they can be given.

    Raises PermissionError for a file that may not be written, though it could be replaced.
    """
    status = existing.lstat()
    if not os.access(existing, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(existing))
    # Only root may give a file away; and file systems without permissions (FAT, some network shares) refuse both.
    with suppress(OSError):
        if os.name == "posix" and (draft.stat().st_uid, draft.stat().st_gid) != (status.st_uid, status.st_gid):
            os.chown(draft, status.st_uid, status.st_gid)
    with suppress(OSError):
        draft.chmod(stat.S_IMODE(status.st_mode))


def write_out(content: str | bytes, *, to_stderr: bool = False) -> None:
    """Write to standard output or error; a reader that has seen enough (head, less) is no fault.

    Raises OutputError when it cannot be written, as on a full disk.
    """
    stream = sys.stderr if to_stderr else sys.stdout
    try:
        if isinstance(content, bytes):
            stream.buffer.write(content)
        else:
            stream.write(content)
        stream.flush()
    except OSError as error:
        # What is left in its buffer must not bring the complaint back when Python closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"Standard output cannot be written: {error.strerror or error}.") from error


def create_file(path: Path, content: bytes) -> None:
    """Create a small file and flush it to the disk; raises FileExistsError, OutputError."""
    with writing(path), open_new(path) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def make_folders(path: Path, root: Path) -> tuple[str, ...]:
    """Create a folder below the root; returns the folders that are new, relative to the root, outermost first.

    Raises PhotoError if a file is in the way, OutputError if the folder cannot be created.
    """
    missing = [folder for folder in (path, *path.parents) if folder.is_relative_to(root) and not folder.is_dir()]
    with writing(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise PhotoError(f"The folder {printable(str(path))} cannot be created: a file is in its way.") from error
    return tuple(folder.relative_to(root).as_posix() for folder in reversed(missing))


def make_private_folders(path: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone; raises OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk, if the system supports it."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientError(f"it cannot be read: {error.strerror or error}") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn errors of the disk into an OutputError that says what to do; FileExistsError passes through."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise OutputError(_advice(path, error)) from error


def _advice(path: Path, error: OSError) -> str:
    name = shown(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no room left for {name}: free some space and run again; what is done stays done."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{name} may not be read or written ({error.strerror}): check the output folder's permissions."
    return f"{name} cannot be written: {error.strerror or error}."
