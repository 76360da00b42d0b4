"""Taking back what a run did in an output: verified file by file, and every change journaled before and after.

Nothing is taken away but what the run made and nobody touched since, and of a photo only what is there elsewhere too.
"""

import os
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from bestshot.errors import PhotoError
from bestshot.journal.journal import Change, Journal
from bestshot.journal.runs import KeptItem, RunPart
from bestshot.layout.actions import (
    BOTH,
    REVERSALS,
    CopyFile,
    FileState,
    RemoveFile,
    RestoreFile,
    RetireBest,
    Reversal,
    effective_changes,
)
from bestshot.layout.names import text_bytes
from bestshot.layout.undo_plan import Step, plan_folder_undo
from bestshot.storage.files import (
    NoHardLinkError,
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

CheckOriginal = Callable[[CopyFile, Path, str], None]
"""Raises PhotoError unless the original still holds what the copy at this path does, which has this SHA-256."""


def check_file(copy: CopyFile, wanted: str, ours: Collection[str]) -> None:
    """Raise PhotoError unless the source is a file of its own and holds the same; `ours` are the files of the output.

    A source that was replaced by a link to its copy would go with it.
    """
    source = Path(copy.source)
    try:
        is_there = source.is_file()
        is_same = is_there and checksum(source) == wanted
    except OSError as error:
        raise PhotoError(f"Its original cannot be read ({error.strerror or error}), so it may be the last.") from error
    if not is_there:
        raise PhotoError("Its original is not there any more, so it may be the last.")
    if os.path.realpath(source) in ours:
        raise PhotoError("Its original is only a link to it by now, so it is the last.")
    if not is_same:
        raise PhotoError("Its original has changed since, so it is the last of its kind.")


_BATCH = 50
"""What was taken back is written to the journal this often; a kill in between is mended by recovery."""

_CHANGED = "It was changed since and stays as it is."
_TAKEN = "Something else has its name by now and stays as it is."


def recover_reversals(journal: Journal, root: Path, target: str) -> None:
    """Mend what a killed undo left: finish what was taken back, drop what was not, clear its half-written files."""
    changes = journal.unfinished(target, REVERSALS)
    if not changes:
        return
    with writing(root):
        for change in changes:
            with suppress(FileNotFoundError, NotADirectoryError):
                _temporary(root, change).unlink()
    done = [change for change in changes if _is_back(root, change.action)]
    for change in done:
        if isinstance(change.action, RestoreFile) and change.action.link is not None:
            _keep_time(root / change.action.destination, change.action.mtime_ns)  # made, but maybe not yet dated
        remove_empty_folders((root / change.action.destination).parent, root)
    journal.finish([(change, FileState()) for change in done])
    journal.drop([change for change in changes if change not in done], "the run ended before it was made")


class FolderUndo:
    """An output of which a run is taken back; `check_asset` asks for originals that are on a server."""

    def __init__(self, root: Path, journal: Journal, target: str, check_asset: CheckOriginal) -> None:
        self._root = root
        self._journal = journal
        self._check_asset = check_asset
        self._made = effective_changes(journal.done(target, BOTH))
        copies = (one.receipt for one in self._made if not isinstance(one.receipt.action, RetireBest))
        self._ours = frozenset(self._real(one.action.destination) for one in copies)

    def plan(self, run: RunPart, undone: frozenset[int]) -> tuple[list[Step], list[KeptItem]]:
        """What is to be taken back of a run, and what must be left."""
        return plan_folder_undo(self._made, run.id, undone)

    def look(self, steps: Sequence[Step]) -> Iterator[Reversal | KeptItem]:
        """What would come of each step; changes nothing."""
        for step in steps:
            try:
                self._check(step)
            except PhotoError as error:
                yield KeptItem(step.action.destination, str(error))
            else:
                yield step.action

    def carry_out(self, part: int, steps: Sequence[Step]) -> Generator[Reversal | KeptItem, None, None]:
        """Take back step by step, within a part that has begun, and tell what came of each.

        An output that cannot be written raises OutputError. Whatever was done by then is in the journal; who stops
        before the end must close the generator.
        """
        waiting: list[Change[Reversal]] = []
        try:
            changes = self._journal.begin(part, REVERSALS, [step.action for step in steps])
            for change, step in zip(changes, steps, strict=True):
                try:
                    if self._check(step):
                        self._do(change, is_new=step.found is None)
                except (PhotoError, FileExistsError) as error:
                    why = _TAKEN if isinstance(error, FileExistsError) else str(error)
                    self._journal.drop([change], why)
                    yield KeptItem(change.action.destination, why)
                    continue
                waiting.append(change)
                if len(waiting) == _BATCH:
                    self._flush(waiting)
                yield change.action
        finally:
            self._flush(waiting)

    def _flush(self, waiting: list[Change[Reversal]]) -> None:
        for folder in {(self._root / change.action.destination).parent for change in waiting}:
            sync_folder(folder)
        self._journal.finish([(change, FileState()) for change in waiting])
        waiting.clear()

    def _check(self, step: Step) -> bool:
        """Whether there is anything to do; raises PhotoError if it must not be done."""
        path = self._root / step.action.destination
        is_there = os.path.lexists(path)
        if step.found is None:
            if is_there:
                raise PhotoError(_TAKEN)
            return True
        if not is_there:
            return isinstance(step.action, RestoreFile) and self._refuse_missing()
        if not _is_unchanged(path, step.found):
            raise PhotoError(_CHANGED)
        if step.found.checksum is not None and step.original is not None:
            self._check_elsewhere(path, step.found.checksum, step.original, step.beside)
        return True

    def _refuse_missing(self) -> bool:
        raise PhotoError("It has gone since, so what stood there before is not put back.")

    def _check_elsewhere(self, path: Path, wanted: str, original: CopyFile, beside: str | None) -> None:
        """Raise PhotoError unless the picture is elsewhere too: beside it in the output, or where it came from."""
        if beside is not None and _holds_itself(self._root / beside, path, wanted):
            return
        if original.source.startswith("immich:"):
            self._check_asset(original, path, wanted)
        else:
            check_file(original, wanted, self._ours)

    def _do(self, change: Change[Reversal], *, is_new: bool) -> None:
        final, action = self._root / change.action.destination, change.action
        if isinstance(action, RemoveFile):
            remove(final)
            remove_empty_folders(final.parent, self._root)
            return
        temporary = _temporary(self._root, change)
        with writing(temporary):
            temporary.unlink(missing_ok=True)
        make_folders(final.parent, self._root)
        try:
            self._put_back(action, temporary, final, is_new=is_new)
        finally:
            with writing(temporary):
                temporary.unlink(missing_ok=True)

    def _put_back(self, action: RestoreFile, temporary: Path, final: Path, *, is_new: bool) -> None:
        """Where the name is free, nothing is ever written over; else it is our own file that gives way."""
        if action.shown is not None:
            _show(self._root / action.shown, temporary, final)
        elif action.link is not None:
            link_symbolically(action.link, final if is_new else temporary)
            _keep_time(final if is_new else temporary, action.mtime_ns)
        else:
            write_text(temporary, text_bytes(action.content or ""))
            _keep_time(temporary, action.mtime_ns)
        if not is_new:
            replace(temporary, final)

    def _real(self, destination: str) -> str:
        """The path of a file of the output without links on the way; one that is a link itself is meant as such."""
        folder, name = os.path.split(self._root / destination)
        return str(Path(os.path.realpath(folder)) / name)


def _temporary(root: Path, change: Change[Reversal]) -> Path:
    return (root / change.action.destination).parent / f".photo-organizer-{change.id}.part"


def _is_unchanged(path: Path, found: FileState) -> bool:
    status = path.lstat()
    if (status.st_size, status.st_mtime_ns) != (found.size, found.mtime_ns):
        return False
    try:
        return path.is_symlink() if found.checksum is None else checksum(path) == found.checksum
    except OSError as error:
        raise PhotoError(f"It cannot be read ({error.strerror or error}).") from error


def _holds_itself(other: Path, path: Path, wanted: str) -> bool:
    """Whether another file of the output holds the same, and is no link."""
    try:
        return not other.is_symlink() and other.is_file() and (other.samefile(path) or checksum(other) == wanted)
    except OSError:
        return False  # then the original is asked


def _show(original: Path, temporary: Path, final: Path) -> None:
    """Show an original as the best again, as it is done where that is first chosen."""
    if original.is_symlink() or not original.is_file():
        raise PhotoError("Its original in the output has gone, so it cannot be shown as the best again.")
    try:
        link(original, final)
    except NoHardLinkError:
        status = original.stat()
        copy_verified(original, temporary, (status.st_size, status.st_mtime_ns))
        publish(temporary, final)


def _keep_time(path: Path, mtime_ns: int) -> None:
    # Where a link cannot have a time of its own, the one of now serves.
    with suppress(NotImplementedError), writing(path):
        os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=False)


def _is_back(root: Path, action: Reversal) -> bool:
    """Whether a reversal that was begun is found to stand."""
    path = root / action.destination
    if isinstance(action, RemoveFile):
        return not os.path.lexists(path)
    if action.content is not None:
        return path.is_file() and path.read_bytes() == text_bytes(action.content)
    if action.link is not None:
        return path.is_symlink() and link_text(path) == action.link
    return os.path.lexists(path)
