"""Where decisions are carried out: the folders of an output, and the journal that remembers every change."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from bestshot.errors import OutputError, PhotoError
from bestshot.journal.journal import Change, Journal
from bestshot.layout.actions import (
    BOTH,
    CHANGES,
    Action,
    Condition,
    CopyFile,
    FileState,
    OutputState,
    PlaceBest,
    Receipt,
    RetireBest,
    WriteMetadata,
    effective_changes,
)
from bestshot.layout.names import BEST_PREFIX, OUTPUT_MARKER, folded, text_bytes, text_checksum
from bestshot.layout.survey import condition_of, learned, survey, trace_of
from bestshot.layout.undo import recover_reversals
from bestshot.model.photo import LinkMethod, Photo
from bestshot.storage.files import (
    NoHardLinkError,
    check_unchanged,
    checksum,
    copy_verified,
    link,
    link_symbolically,
    link_text,
    make_folders,
    publish,
    remove,
    remove_empty_folders,
    replace,
    sync_folder,
    write_text,
    writing,
)
from bestshot.storage.lock import LibraryLock
from bestshot.text import in_bytes, printable

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 1.0
"""Finished changes are written to the journal at least this often; a kill in between is mended by recovery."""


Fetch = Callable[[CopyFile, Path], str]
"""Writes a file of a photo to a new path, verified and with its time, and gives its SHA-256; raises PhotoError."""


@dataclass(frozen=True, slots=True)
class FailedAction:
    """An action that failed, and why; the others went on."""

    action: Action
    error: str


class FolderOutput:
    """The folder in which groups are laid out. Every change goes through the journal, before and after it is made."""

    def __init__(self, path: Path, journal: Journal, fetch: Fetch) -> None:
        self._root = Path(os.path.realpath(path))  # Path.resolve raises for a link that leads to itself
        self._journal = journal
        self._fetch = fetch

    @property
    def target(self) -> str:
        """Names this output for good."""
        return f"folder:{self._root}"

    def lock(self) -> LibraryLock:
        """The lock that keeps a second run out, also one in another container; makes the folder if need be."""
        with writing(self._root):
            if self._root.exists() and not self._root.is_dir():
                raise OutputError(f"The output {printable(str(self._root))} is a file: name a folder.")
        try:
            make_folders(self._root / OUTPUT_MARKER, self._root)
        except PhotoError as error:  # without its group's folder one photo is stuck, without this one all are
            raise OutputError(str(error)) from error
        return LibraryLock(self._root / OUTPUT_MARKER / "lock")

    def state(self, photos: Sequence[Photo] = ()) -> OutputState:
        """What earlier runs made here and how it is found now; changes nothing.

        What a killed run left counts as `recover` would mend it, and these photos as if `catch_up` had seen them.
        """
        made, lost = self._look_at_unfinished()
        receipts = [*self._receipts(), *(receipt for _, receipt in made)]
        abandoned = frozenset(
            folded(path.relative_to(self._root).as_posix())
            for change in lost
            for path in (self._temporary(change), *self._final(change).parents)
            if path.is_relative_to(self._root)
        )
        return survey(self._root, [*receipts, *learned(self._root, receipts, photos)], abandoned)

    @staticmethod
    def found(path: Path, photos: Sequence[Photo] = ()) -> OutputState:
        """What is found in a folder of which no journal tells; changes nothing."""
        return survey(path, learned(path, (), photos))

    def catch_up(self, photos: Sequence[Photo], sources: Sequence[str]) -> None:
        """Write into the journal what is known only from the looks of the output and of these photos.

        Those are our files of which it does not tell, and copies whose source has another time but the same content.
        """
        news = learned(self._root, self._receipts(), photos)
        if not news:
            return
        part = self._journal.begin_part(self.target, sources, is_learned=True)
        changes = self._journal.begin(part, CHANGES, [receipt.action for receipt in news])
        self._journal.finish([(change, one.trace) for change, one in zip(changes, news, strict=True)])
        self._journal.end_part(part)

    def _receipts(self) -> list[Receipt]:
        """Every change made here and not taken back, oldest first."""
        return [made.receipt for made in effective_changes(self._journal.done(self.target, BOTH))]

    def recover(self) -> None:
        """Mend what a killed run left: finish what was made, drop what was not, clear its half-written files."""
        recover_reversals(self._journal, self._root, self.target)
        made, lost = self._look_at_unfinished()
        with writing(self._root):
            for change in [*(change for change, _ in made), *lost]:
                with suppress(FileNotFoundError, NotADirectoryError):
                    self._temporary(change).unlink()
        for folder in {self._final(change).parent for change in lost}:
            remove_empty_folders(folder, self._root)
        self._journal.finish([(change, receipt.trace) for change, receipt in made])
        self._journal.drop(lost, "the run ended before it was made")
        self._journal.end_broken_parts(self.target)

    def _look_at_unfinished(self) -> tuple[list[tuple[Change[Action], Receipt]], list[Change[Action]]]:
        """Which of the changes that were begun are found to stand, and which are not."""
        made: list[tuple[Change[Action], Receipt]] = []
        lost: list[Change[Action]] = []
        with writing(self._root):
            for change in self._journal.unfinished(self.target, CHANGES):
                trace = self._found(change.action)
                if trace is None:
                    lost.append(change)
                else:
                    made.append((change, Receipt(change.action, trace)))
        return made, lost

    def _found(self, action: Action) -> FileState | None:
        """The trace of an action that was carried out although the journal does not say so."""
        path = self._root / action.destination
        match action:
            case CopyFile():
                is_ours = os.path.lexists(path) and _holds(path, action)
            case PlaceBest():
                is_ours = os.path.lexists(path) and _shows(path, self._root / action.target)
            case WriteMetadata():
                is_ours = path.is_file() and checksum(path) == text_checksum(action.text)
            case RetireBest():
                return None if os.path.lexists(path) else FileState()
            case _:
                assert_never(action)
        return trace_of(path) if is_ours else None

    def check_space(self, actions: Sequence[Action]) -> None:
        """Raise OutputError if the copies will not fit."""
        needed = sum(
            action.size for action in actions if isinstance(action, CopyFile) and action.method is LinkMethod.COPY
        )
        with writing(self._root):
            free = shutil.disk_usage(self._root).free
        if needed > free:
            raise OutputError(
                f"The copies need {in_bytes(needed)} and {printable(str(self._root))} has {in_bytes(free)} free: "
                "make room, choose another output, or use --link hardlink or symlink. Nothing was copied."
            )

    def carry_out(
        self, actions: Sequence[Action], sources: Sequence[str], state: OutputState
    ) -> Generator[Receipt | FailedAction, None, None]:
        """Do what was planned, one action after the other, and tell what came of each.

        An action whose photo cannot be read is reported and passed over; an output that cannot be written raises
        OutputError. Whatever was done by then is in the journal; who stops before the end must close the generator.
        """
        self.check_space(actions)
        part = self._journal.begin_part(self.target, sources)
        finished = _Finished(self._journal, self._sync)
        try:
            for change in self._journal.begin(part, CHANGES, actions):
                try:
                    receipt = Receipt(change.action, self._apply(change, state))
                except (PhotoError, FileExistsError) as error:
                    self._journal.drop([change], _why(error))
                    yield FailedAction(change.action, _why(error))
                else:
                    finished.add(change, receipt)
                    yield receipt
        finally:
            finished.flush()
        self._journal.end_part(part)

    def _sync(self, receipts: Sequence[Receipt]) -> None:
        changed = {receipt.action.destination for receipt in receipts}
        made = {folder for receipt in receipts for folder in receipt.trace.folders}
        for folder in {(self._root / path).parent for path in changed | made}:
            sync_folder(folder)

    def _final(self, change: Change[Action]) -> Path:
        return self._root / change.action.destination

    def _temporary(self, change: Change[Action]) -> Path:
        return self._final(change).parent / f".photo-organizer-{change.id}.part"

    def _apply(self, change: Change[Action], state: OutputState) -> FileState:
        """Make one change, or leave nothing of it behind."""
        folder, temporary = self._final(change).parent, self._temporary(change)
        with writing(self._final(change)):
            folders = make_folders(folder, self._root)
            # A file of that name was left by a run whose journal is lost: the lock keeps those that live out.
            temporary.unlink(missing_ok=True)
            try:
                return self._make(change.action, temporary, folders, state)
            finally:
                temporary.unlink(missing_ok=True)
                remove_empty_folders(folder, self._root)

    def _make(self, action: Action, temporary: Path, folders: tuple[str, ...], state: OutputState) -> FileState:
        final = self._root / action.destination
        match action:
            case CopyFile():
                if action.replaces:
                    return self._copy_over(action, temporary, final, state)
                return self._copy(action, temporary, final, folders)
            case PlaceBest():
                return self._place_best(action, temporary, final, folders)
            case RetireBest():
                return self._retire_best(action, state)
            case WriteMetadata():
                return self._write_metadata(action, temporary, folders, state)
            case _:
                assert_never(action)

    def _copy(self, action: CopyFile, temporary: Path, final: Path, folders: tuple[str, ...]) -> FileState:
        source, revision = Path(action.source), action.size_and_time
        match action.method:
            case LinkMethod.COPY:
                known = self._fetch(action, temporary)
                publish(temporary, final)
                return trace_of(final, folders, known)
            case LinkMethod.HARDLINK:
                check_unchanged(source, revision)
                try:
                    link(source.resolve(), final)
                except NoHardLinkError as error:
                    raise OutputError(
                        f"{printable(action.source)} cannot be hard-linked into {printable(str(self._root))} "
                        f"({error}): both must lie on one file system that has hard links. "
                        "Use --link copy or --link symlink."
                    ) from error
                return trace_of(final, folders)
            case LinkMethod.SYMLINK:
                check_unchanged(source, revision)
                link_symbolically(action.source, final)
                return trace_of(final, folders)
            case _:
                assert_never(action.method)

    def _copy_over(self, action: CopyFile, temporary: Path, final: Path, state: OutputState) -> FileState:
        """Put a copy in the place of our own older one, or of a link; what the older one said stays in the journal."""
        self._check_ours(action.destination, state)
        known = self._fetch(action, temporary)
        earlier = None if final.is_symlink() else final.read_bytes().decode("utf-8", "surrogateescape")
        replace(temporary, final)
        trace = trace_of(final, (), known)
        return FileState(trace.size, trace.mtime_ns, trace.checksum, replaced=earlier)

    def _place_best(self, action: PlaceBest, temporary: Path, final: Path, folders: tuple[str, ...]) -> FileState:
        target = self._root / action.target
        if not os.path.lexists(target):
            raise PhotoError("its file is not among the originals, so it cannot be shown as the best")
        if target.is_symlink():
            link_symbolically(os.path.relpath(target, final.parent), final)
        else:
            try:
                link(target, final)
            except NoHardLinkError:
                status = target.stat()
                copy_verified(target, temporary, (status.st_size, status.st_mtime_ns))
                publish(temporary, final)
        return trace_of(final, folders)

    def _retire_best(self, action: RetireBest, state: OutputState) -> FileState:
        path = self._root / action.destination
        self._check_ours(action.destination, state)
        if not os.path.lexists(self._root / action.target):
            raise PhotoError("its original has gone, so the file that shows it as the best is kept")
        if not any(other.name.startswith(BEST_PREFIX) and other != path for other in path.parent.iterdir()):
            raise PhotoError("no better photo could be shown in its place, so it is kept")
        trace = trace_of(path)
        remove(path)
        return trace

    def _write_metadata(
        self, action: WriteMetadata, temporary: Path, folders: tuple[str, ...], state: OutputState
    ) -> FileState:
        final = self._root / action.destination
        if not (final.parent / "originals").is_dir():
            raise PhotoError("none of the group's photos could be brought here")
        content = text_bytes(action.text)
        write_text(temporary, content)
        if action.destination not in state.laid or not final.exists():
            publish(temporary, final)
            return trace_of(final, folders)
        self._check_ours(action.destination, state)
        earlier = final.read_bytes().decode("utf-8", "surrogateescape")
        replace(temporary, final)
        trace = trace_of(final, folders)
        return FileState(trace.size, trace.mtime_ns, trace.checksum, trace.folders, replaced=earlier)

    def _check_ours(self, destination: str, state: OutputState) -> None:
        if condition_of(self._root, state.laid[destination].receipt) is not Condition.UNCHANGED:
            raise PhotoError("it was changed by somebody else and is left alone")


def recover_output(path: Path, journal: Journal) -> None:
    """Mend what a killed run left in an output of which the caller holds the lock; nothing is brought there."""

    def fetch(_file: CopyFile, _copy: Path) -> str:
        raise AssertionError("mending brings nothing")

    FolderOutput(path, journal, fetch).recover()


class _Finished:
    """Receipts on their way into the journal, a second's worth at a time."""

    def __init__(self, journal: Journal, sync: Callable[[Sequence[Receipt]], None]) -> None:
        self._journal = journal
        self._sync = sync
        self._waiting: list[tuple[Change[Action], Receipt]] = []
        self._flushed_at = time.monotonic()

    def add(self, change: Change[Action], receipt: Receipt) -> None:
        self._waiting.append((change, receipt))
        if time.monotonic() - self._flushed_at > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        self._sync([receipt for _, receipt in self._waiting])
        self._journal.finish([(change, receipt.trace) for change, receipt in self._waiting])
        self._waiting = []
        self._flushed_at = time.monotonic()


def _holds(path: Path, action: CopyFile) -> bool:
    """Whether the file is the copy or link that the action was to make."""
    if path.is_symlink():
        is_wanted = action.method is LinkMethod.SYMLINK  # else it is the link that was to give way
        return is_wanted and link_text(path) == action.source
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


def _why(error: Exception) -> str:
    if isinstance(error, FileExistsError):
        return f"{printable(str(error.filename2 or error.filename))} came to be meanwhile and is left alone"
    return str(error)
