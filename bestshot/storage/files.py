"""Copying and publishing files so that nothing is lost: verified, never over another file, never half-written."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from bestshot.errors import OutputError, PhotoError, TransientError
from bestshot.model.formats import HEADER_LENGTH, SIDECAR_SUFFIXES, VIDEO_SUFFIXES, sniff, suffix_of
from bestshot.text import printable

_CHUNK_BYTES = 1 << 20

# What a file system answers that has no hard links, or none from here to there.
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES})


def checksum(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal; raises OSError."""
    state = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            state.update(chunk)
    return state.hexdigest()


def copy_verified(source: Path, copy: Path, revision: tuple[int, int]) -> str:
    """Copy a file with its times and permissions and read the copy back; returns the SHA-256 of both.

    `revision` is the size and mtime_ns that the source was seen with. Raises TransientError if the source cannot be
    read or has changed since, OutputError if the copy cannot be written or is not what was read. `copy` must not
    exist; where an error is raised it may be left half-written.
    """
    with _reading():
        stream = source.open("rb")
    with stream:
        with _reading():
            status = os.fstat(stream.fileno())
        _check_same(status, revision)
        wanted = _write_copy(stream, copy)
        with _reading():
            _check_same(os.fstat(stream.fileno()), revision)  # else it was changed while it was read
    with writing(copy):
        if copy.stat().st_size != status.st_size or checksum(copy) != wanted:
            raise OutputError(
                f"The copy {printable(str(copy))} does not hold what was read from {printable(str(source))}: "
                "check the output's disk."
            )
        _keep_times_and_permissions(status, copy)
    return wanted


def write_verified(write: Callable[[BinaryIO], None], copy: Path, revision: tuple[int, int]) -> str:
    """Let a new file be written, check its size and give it its time; returns its SHA-256.

    `revision` are the size and mtime_ns with which it was announced. Raises TransientError if it is of another size,
    OutputError if it cannot be written. `copy` must not exist; where an error is raised it may be left half-written.
    """
    size, mtime_ns = revision
    with writing(copy):
        with copy.open("x+b") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        if copy.stat().st_size != size:
            raise TransientError("it is not of the size it was listed with; the next run will see it anew")
        os.utime(copy, ns=(mtime_ns, mtime_ns))
        return checksum(copy)


def check_unchanged(source: Path, revision: tuple[int, int]) -> None:
    """Raise TransientError if a file is no longer there, or not of the size and mtime_ns it was seen with."""
    with _reading():
        status = source.stat()
    _check_same(status, revision)


def _check_same(status: os.stat_result, revision: tuple[int, int]) -> None:
    if (status.st_size, status.st_mtime_ns) != revision:
        raise TransientError("it has changed since it was looked at; the next run will see it anew")


def _write_copy(source: BinaryIO, copy: Path) -> str:
    state = sha256()
    with writing(copy), copy.open("xb") as stream:
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
        # A source may be readable by its access list alone, which is not copied: the owner can always read a copy.
        copy.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def publish(temporary: Path, final: Path) -> None:
    """Give a finished file its name, never over an existing one; raises FileExistsError, OutputError."""
    with writing(final):
        try:
            os.link(temporary, final)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if os.path.lexists(final):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from error
            # Without hard links, no portable call renames and spares; only the moment since the look is unguarded.
            temporary.rename(final)
        else:
            temporary.unlink()


class NoHardLinkError(OutputError):
    """The file system has no hard links, or none from here to there; the text is the system's reason."""


def link(existing: Path, new: Path) -> None:
    """Hard-link a file under another name; raises FileExistsError, NoHardLinkError, OutputError."""
    with writing(new):
        try:
            os.link(existing, new)
        except OSError as error:
            if error.errno in _NO_HARD_LINKS:
                raise NoHardLinkError(error.strerror or str(error)) from error
            raise


def link_symbolically(target: str, new: Path) -> None:
    """Make a symbolic link; raises FileExistsError, OutputError."""
    with writing(new):
        new.symlink_to(target)


def replace(temporary: Path, final: Path) -> None:
    """Put a finished file in the place of one that is ours; raises OutputError."""
    with writing(final):
        temporary.replace(final)


def remove(path: Path) -> None:
    """Take away a file that is ours; raises OutputError."""
    with writing(path):
        path.unlink()


def link_text(path: Path) -> str:
    """What a symbolic link says, to the letter."""
    return os.readlink(path)  # noqa: PTH115 - pathlib would tidy it


def refuse_photo(path: Path) -> None:
    """Raise OutputError if a picture, or what travels with one, is where a list, report or log is to be written."""
    with suppress(OSError):  # who writes will say what is wrong with it
        if path.is_file():
            with path.open("rb") as stream:
                kind = sniff(stream.read(HEADER_LENGTH))
            is_companion = suffix_of(path.name) in VIDEO_SUFFIXES | SIDECAR_SUFFIXES
            if kind is not None or is_companion:
                what = "belongs to a photo" if kind is None else f"is a {kind.value} picture"
                raise OutputError(f"{printable(str(path))} {what}: name another file to write to.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears all at once, perhaps in the place of an earlier one; raises OutputError, OSError.

    Pipes and devices are simply written to.
    """
    refuse_photo(path)
    whole = Path(os.path.realpath(path))  # Path.resolve raises for a link that leads to itself
    if whole.exists() and not whole.is_file():
        whole.write_bytes(content)
        return
    draft = whole.with_name(f".{whole.name}.part")
    try:
        draft.write_bytes(content)
        draft.replace(whole)
    finally:
        with suppress(OSError):  # what is to be said has been said
            draft.unlink(missing_ok=True)


def write_text(path: Path, content: bytes) -> None:
    """Write a small new file and force it to the disk; raises OutputError."""
    with writing(path), path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def make_folders(path: Path, root: Path) -> tuple[str, ...]:
    """Make a folder below the root; returns the folders that were new, relative to the root, outermost first.

    Raises PhotoError if a file is in the way, OutputError if it cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if folder.is_relative_to(root) and not folder.is_dir()]
    with writing(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise PhotoError(f"The folder {printable(str(path))} cannot be made: a file is in its way.") from error
    return tuple(folder.relative_to(root).as_posix() for folder in reversed(missing))


def remove_empty_folders(path: Path, root: Path) -> None:
    """Take away a folder and those above it, up to the root, as far as they are empty."""
    while path != root:
        try:
            path.rmdir()
        except FileNotFoundError:
            pass  # a run may end between a folder and the one below it
        except OSError:
            return
        path = path.parent


def sync_folder(path: Path) -> None:
    """Force a folder's entries to the disk, where the system can."""
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
    """Turn what an output's disk refuses into an OutputError that says what to do; FileExistsError passes."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise OutputError(_advice(path, error)) from error


def _advice(path: Path, error: OSError) -> str:
    shown = printable(str(path))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no room left for {shown}: free some space and run again; what is done stays done."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{shown} may not be read or written ({error.strerror}): check the output folder's permissions."
    return f"{shown} cannot be written: {error.strerror or error}."
