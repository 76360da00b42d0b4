"""Making changes in an output: journaled before and after, each whole or not at all, and mended after a kill."""

import errno
import logging
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from posixpath import basename, dirname
from typing import Final, TypeVar, assert_never

from bestshot.errors import OutputError, PhotoError
from bestshot.journal.changes import Change, DoneChange, Kinds
from bestshot.journal.journal import Journal
from bestshot.layout.actions import (
    BOTH,
    Action,
    AppliedChange,
    CopyFile,
    FileState,
    PlaceBest,
    RemoveFile,
    RestoreFile,
    RetireBest,
    Reversal,
    WriteMetadata,
    effective_changes,
)
from bestshot.layout.names import OUTPUT_MARKER, text_bytes, text_checksum
from bestshot.layout.survey import file_state
from bestshot.model.photo import LinkMethod
from bestshot.storage import files
from bestshot.storage.drafts import draft_name
from bestshot.storage.files import checksum, link_target, sync_folder, writing
from bestshot.storage.folders import HeldFolder, holding, remove_empty_folders, shown
from bestshot.storage.identity import is_hard_link
from bestshot.storage.lock import LibraryLock

logger = logging.getLogger(__name__)

A = TypeVar("A", bound=Action | Reversal)

FOLDER: Final = "folder:"
"""How the journal's name of an output begins; its path follows."""

_REFUSALS = files.UNTAKEN_NAME | {errno.EPERM, errno.EACCES, errno.ENOENT}
"""What may be said of one name or folder alone: some shares so refuse names that their server cannot have."""

_FLUSH_SECONDS = 1.0
"""Finished changes are written to the journal at least this often; a kill in between is mended by recovery."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a change is made: its file, one to write that in first, and the folders that were made on the way."""

    final: Path
    temporary: Path
    folders: tuple[str, ...]

    def state(self, known_checksum: str | None = None) -> FileState:
        """What stands there now."""
        return file_state(self.final, self.folders, known_checksum)

    def publish(self, known_checksum: str | None = None) -> FileState:
        """Give the finished file its name, never over another one."""
        files.publish(self.temporary, self.final)
        return self.state(known_checksum)

    def replace(self, known_checksum: str | None = None) -> FileState:
        """Put the finished file in the place of our own earlier one, and remember what that said."""
        earlier = None if self.final.is_symlink() else self.final.read_bytes().decode("utf-8", "surrogateescape")
        files.replace(self.temporary, self.final)
        return replace(self.state(known_checksum), replaced=earlier)

    def show(self, original: Path) -> FileState:
        """Let another file of the output be here too: one file under two names where the file system has that."""
        try:
            files.link(original, self.final)
        except files.NoHardLinkError:
            status = original.stat()
            files.copy_verified(original, self.temporary, (status.st_size, status.st_mtime_ns))
            return self.publish()
        return self.state()

    @contextmanager
    def nameless(self) -> Iterator[None]:
        """Take the name of the file away for a moment, to see what is there without it."""
        files.publish(self.final, _aside(self.temporary))
        try:
            yield
        finally:
            self.put_back()

    def put_back(self) -> None:
        """Give a file that was set aside its name again, unless something else has that by now."""
        aside = _aside(self.temporary)
        if not os.path.lexists(aside):
            return
        try:
            files.publish(aside, self.final)
        except FileExistsError:
            if is_hard_link(aside, self.final):  # a kill came between its two names
                files.remove(aside)
            else:
                logger.warning("Something else is %s by now: what was there is %s.", shown(self.final), shown(aside))


class OutputChanges:
    """The changes of one output, of which the caller holds the lock if it makes or mends any."""

    def __init__(self, root: Path, journal: Journal) -> None:
        self.root = root
        self.journal = journal
        self.target = f"{FOLDER}{root}"

    def effective(self, further: Sequence[DoneChange[Action | Reversal, FileState]] = ()) -> list[AppliedChange]:
        """Every change made here that was not taken back, oldest first, as if these had been made too."""
        return effective_changes([*self.journal.done(self.target, BOTH), *further])

    def lock(self) -> LibraryLock:
        """The lock that keeps a second run out, also one in another container; raises OutputError."""
        try:
            with writing(self.root / OUTPUT_MARKER), holding(OUTPUT_MARKER, self.root, make=True):
                return LibraryLock(self.root / OUTPUT_MARKER / "lock", flag="--output")
        except PhotoError as error:  # without its group's folder one photo is stuck, without this one all are
            raise OutputError(str(error)) from error

    def carry_out(
        self,
        part: int,
        kinds: Kinds[A, FileState],
        actions: Sequence[A],
        make: Callable[[Change[A]], FileState],
    ) -> Generator[tuple[A, FileState | str], None, None]:
        """Make changes within a part that has begun, one after the other: what each left, or why it was not made.

        Only a PhotoError or FileExistsError says nothing about the next one. Whatever was done by then is in the
        journal; a caller who stops early must close the generator.
        """
        waiting: list[tuple[Change[A], FileState]] = []
        flushed_at = time.monotonic()
        try:
            for change in self.journal.begin(part, kinds, actions):
                try:
                    left = make(change)
                except (PhotoError, FileExistsError) as error:
                    self.journal.drop([change], _why(error))
                    yield change.action, _why(error)
                    continue
                waiting.append((change, left))
                if time.monotonic() - flushed_at > _FLUSH_SECONDS:
                    self._flush(waiting)
                    flushed_at = time.monotonic()
                yield change.action, left
        finally:
            self._flush(waiting)

    def _flush(self, waiting: list[tuple[Change[A], FileState]]) -> None:
        changed = {change.action.destination for change, _ in waiting}
        made = {folder for _, left in waiting for folder in left.folders}
        for folder in {(self.root / path).parent for path in changed | made}:
            sync_folder(folder)
        self.journal.finish(waiting)
        waiting.clear()

    @contextmanager
    def spot(self, change: Change[A]) -> Iterator[Spot]:
        """Where a change is made; whatever comes of it, nothing half-written and no empty folder stays there."""
        place = dirname(change.action.destination)
        with self._one_refused(change.action), writing(self.final(change)):
            try:
                with holding(place, self.root, make=True) as folder:
                    spot = self._spot(change, folder)
                    try:
                        yield spot
                    finally:
                        spot.temporary.unlink(missing_ok=True)
            finally:
                remove_empty_folders(place, self.root)

    @contextmanager
    def _one_refused(self, action: Action | Reversal) -> Iterator[None]:
        """What a disk refuses to one name or folder, and takes elsewhere in the output, is told of that one alone."""
        try:
            yield
        except OutputError as error:
            cause = _system_error(error)
            if cause is not None and cause.errno in _REFUSALS and self._takes_other(action):
                raise PhotoError(
                    f"the disk refuses it here ({cause.strerror}) and takes other files: rename the photo, "
                    "or see to the permissions of its group's folder"
                ) from error
            raise

    def _takes_other(self, action: Action | Reversal) -> bool:
        """Whether the output takes what this makes, with a time, under a name that no disk refuses, beside the lock."""
        try:
            with holding(OUTPUT_MARKER, self.root) as folder:
                probe = folder.path / draft_name()
                match action:
                    case CopyFile(method=LinkMethod.SYMLINK):
                        files.link_symbolically(action.source, probe)
                    case CopyFile(method=LinkMethod.HARDLINK):
                        files.link(Path(action.source).resolve(), probe)
                    case _:
                        files.create_file(probe, b"")
                        keep_time(probe, 0)
                probe.unlink()
        except (OSError, OutputError, PhotoError):
            return False
        return True

    @contextmanager
    def standing(self, destination: str) -> Iterator[Path]:
        """A file of the output that something is made of; raises PhotoError if its folder has gone or is a link."""
        with writing(self.root / destination), holding(dirname(destination), self.root) as folder:
            yield folder.path / basename(destination)

    def _spot(self, change: Change[A], folder: HeldFolder) -> Spot:
        return Spot(folder.path / self.final(change).name, folder.path / self.temporary(change).name, folder.made)

    def final(self, change: Change[A]) -> Path:
        """The file that a change is about."""
        return self.root / change.action.destination

    def temporary(self, change: Change[A]) -> Path:
        """The file in which it is written first."""
        return self.final(change).parent / self.journal.draft_name(change.id)

    def recover(self) -> None:
        """Mend what a killed run left: finish what was made, drop what was not, clear its half-written files."""
        made, lost = self.unfinished()
        with writing(self.root):
            for change in (*made, *lost):
                with suppress(PhotoError):  # a folder that is gone, or a link by now, which the next change there tells
                    self._mend(change, is_made=change in made)
        for folder in {dirname(change.action.destination) for change in (*made, *lost)}:
            remove_empty_folders(folder, self.root)
        self.journal.finish(list(made.items()))
        self.journal.drop(lost, "the run ended before it was made")
        self.journal.end_broken_parts(self.target)

    def found_made(self) -> list[DoneChange[Action | Reversal, FileState]]:
        """The changes that a killed run made without writing so, as `recover` will write it; changes nothing."""
        made, _ = self.unfinished()
        return [DoneChange(one.part, is_learned=False, action=one.action, effect=left) for one, left in made.items()]

    def _mend(self, change: Change[Action | Reversal], *, is_made: bool) -> None:
        with holding(dirname(change.action.destination), self.root) as folder:
            spot = self._spot(change, folder)
            spot.temporary.unlink(missing_ok=True)
            spot.put_back()
            if is_made and isinstance(change.action, RestoreFile) and change.action.link is not None:
                keep_time(spot.final, change.action.mtime_ns)  # made, but maybe not yet dated

    def unfinished(self) -> tuple[dict[Change[Action | Reversal], FileState], list[Change[Action | Reversal]]]:
        """Which of the changes that were begun are found to stand, with what they left, and which are not."""
        made: dict[Change[Action | Reversal], FileState] = {}
        lost: list[Change[Action | Reversal]] = []
        begun = self.journal.unfinished(self.target, BOTH)
        texts = self._texts() if begun else {}
        with writing(self.root):
            for change in begun:
                is_aside = os.path.lexists(_aside(self.temporary(change)))
                left = None if is_aside else _found(self.root, change.action)
                if left is None:
                    lost.append(change)
                elif isinstance(change.action, WriteMetadata):
                    made[change] = replace(left, replaced=texts.get(change.action.destination))
                else:
                    made[change] = left
        return made, lost

    def _texts(self) -> dict[str, str]:
        """The texts that runs which came to their end wrote: one that a killed run wrote took their place."""
        actions = (one.action for one in self.effective())
        return {action.destination: action.text for action in actions if isinstance(action, WriteMetadata)}


def _aside(temporary: Path) -> Path:
    """Where the file itself is while it has no name."""
    return temporary.with_suffix(".aside")


def keep_time(path: Path, mtime_ns: int) -> None:
    """Give a file or link the time that it had."""
    # Where a link cannot have a time of its own, the one of now serves.
    with suppress(NotImplementedError), writing(path):
        os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=False)


def _system_error(error: BaseException | None) -> OSError | None:
    """The error of the system that one of ours tells."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__
    return error


def _why(error: Exception) -> str:
    if isinstance(error, FileExistsError):
        return f"{shown(Path(error.filename2 or error.filename))} was created in the meantime and is left alone"
    return str(error)


def _found(root: Path, action: Action | Reversal) -> FileState | None:
    """What an action left that was carried out although the journal does not say so; None if it was not."""
    path = root / action.destination
    if isinstance(action, RemoveFile | RetireBest):
        return None if os.path.lexists(path) else FileState()
    if not os.path.lexists(path):
        return None
    match action:
        case CopyFile():
            return file_state(path) if _holds(path, action) else None
        case PlaceBest():
            return file_state(path) if _shows(path, root / action.target) else None
        case WriteMetadata():
            return file_state(path) if path.is_file() and checksum(path) == text_checksum(action.text) else None
        case RestoreFile():
            return FileState() if _is_back(path, action) else None
        case _:
            assert_never(action)


def _holds(path: Path, action: CopyFile) -> bool:
    """Whether the file is the copy or link that the action was to make."""
    if path.is_symlink():
        is_wanted = action.method is LinkMethod.SYMLINK  # else it is the link that was to give way
        return is_wanted and link_target(path) == action.source
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == action.size_and_time:
        return True  # taken over from the source, which may have gone or changed by now
    try:
        return status.st_size == action.size and checksum(path) == checksum(Path(action.source))
    except OSError:
        return False  # the file stays as one that nobody here knows


def _shows(path: Path, target: Path) -> bool:
    """Whether a file is the mark of the best that was to be made of an original."""
    if path.is_symlink():
        return target.exists() and path.samefile(target)
    if not (path.is_file() and target.is_file()):
        return False
    return path.stat().st_size == target.stat().st_size and checksum(path) == checksum(target)


def _is_back(path: Path, action: RestoreFile) -> bool:
    """Whether a file is again what it was to be."""
    if action.content is not None:
        return path.is_file() and path.read_bytes() == text_bytes(action.content)
    if action.link is not None:
        return path.is_symlink() and link_target(path) == action.link
    return True
