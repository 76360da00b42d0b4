"""Taking back what a run did in an output: verified file by file, and every change journaled before and after.

Only what the run made and nobody touched since is removed, and of a photo only what exists elsewhere too.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

from bestshot.errors import PhotoError
from bestshot.journal.changes import Change
from bestshot.journal.runs import KeptItem, RunPart
from bestshot.layout.actions import (
    REVERSALS,
    CopyFile,
    FileState,
    Receipt,
    RemoveFile,
    RestoreFile,
    RetireBest,
    Reversal,
)
from bestshot.layout.changes import FOLDER, OutputChanges, Spot, keep_time
from bestshot.layout.names import text_bytes
from bestshot.layout.originals import ONLY_A_LINK, OwnNames, check_original, holds_itself
from bestshot.layout.survey import is_as_made
from bestshot.layout.undo_plan import Step, plan_folder_undo
from bestshot.storage.files import create_file, link_symbolically, remove, replace
from bestshot.storage.folders import check_way
from bestshot.storage.identity import is_there

CheckOriginal = Callable[[CopyFile, Path, str], None]
"""Raises PhotoError unless the original still holds what the copy at this path does, which has this SHA-256."""


_COPY_GONE = "The copy beside it went with an earlier undo, so this may be the only one left."
_CHANGED = "It was changed since and stays as it is."
_TAKEN = "Something else has its name by now and stays as it is."


class FolderUndo:
    """A part of a run that is taken back in an output; `check_asset` asks for originals that are in no folder."""

    def __init__(self, changes: OutputChanges, part: RunPart, check_asset: CheckOriginal) -> None:
        self._root = changes.root
        self._changes = changes
        self._part = part
        self._check_asset = check_asset
        made = changes.effective(changes.found_made())
        self._ours = OwnNames(
            self._root / one.action.destination for one in made if not isinstance(one.action, RetireBest)
        )
        self._steps, self._left = plan_folder_undo(made, part.id, changes.journal.parts())

    def look(self) -> Iterator[Reversal | KeptItem]:
        """What would come of each step; changes nothing."""
        yield from self._left
        for step in self._steps:
            path = self._root / step.action.destination
            try:
                check_way(step.action.destination, self._root)
                if self._stands(step, path):
                    self._witness(step, path)
            except PhotoError as error:
                yield KeptItem(step.action.destination, str(error))
            else:
                yield step.action

    def carry_out(self) -> Generator[Reversal | KeptItem, None, None]:
        """Take back step by step, and report what came of each.

        An output that cannot be written raises OutputError. Whatever was done by then is in the journal; a caller
        who stops early must close the generator.
        """
        journal, step_of = self._changes.journal, {step.action.destination: step for step in self._steps}

        def take_back(change: Change[Reversal]) -> FileState:
            self._take_back(change, step_of[change.action.destination])
            return FileState()

        number = journal.begin_part(self._part.target, self._part.sources, undoes=self._part.id)
        yield from self._left
        left = len(self._left)
        actions = [step.action for step in self._steps]
        with closing(self._changes.carry_out(number, REVERSALS, actions, take_back)) as results:
            for action, came in results:
                left += isinstance(came, str)
                yield KeptItem(action.destination, came) if isinstance(came, str) else action
        journal.end_part(number, left)

    def _stands(self, step: Step, path: Path) -> bool:
        """Whether there is anything to do at a path; raises PhotoError if it must not be done."""
        is_there = os.path.lexists(path)
        if step.found is None:
            if is_there:
                raise PhotoError(_TAKEN)
            return True
        if not is_there and isinstance(step.action, RestoreFile):
            raise PhotoError("It has gone since, so what stood there before is not put back.")
        if is_there and not _is_ours(path, step.found):
            raise PhotoError(_CHANGED)
        return is_there

    def _witness(self, step: Step, path: Path) -> Path | None:
        """Where else on this machine the picture at a path is: beside it in the output, or where it came from.

        None if it is in no folder, or is no picture. Raises PhotoError if it is nowhere else.
        """
        is_picture = step.original is not None or step.beside is not None
        if step.found is None or step.found.effect.checksum is None or not is_picture:
            return None
        wanted, original = step.found.effect.checksum, step.original
        if step.beside is not None and holds_itself(beside := self._root / step.beside, path, wanted):
            return beside
        if original is None:
            raise PhotoError(_COPY_GONE)
        if not original.origin.startswith(FOLDER):
            self._check_asset(original, path, wanted)
            return None
        check_original(original, path, wanted, self._ours)
        return Path(original.source)

    def _take_back(self, change: Change[Reversal], step: Step) -> None:
        check_way(step.action.destination, self._root)
        if isinstance(change.action, RemoveFile) and not os.path.lexists(self._changes.final(change)):
            return  # so that no folder is made for nothing
        with self._changes.spot(change) as spot:
            if not self._stands(step, spot.final):
                return
            witness = self._witness(step, spot.final)
            if witness is not None:
                _check_apart(witness, spot)
            if isinstance(change.action, RemoveFile):
                remove(spot.final)
                return
            try:
                self._restore(change.action, spot, is_new=step.found is None)
            except FileExistsError as error:
                raise PhotoError(_TAKEN) from error

    def _restore(self, action: RestoreFile, spot: Spot, *, is_new: bool) -> None:
        """Where the name is free, nothing is ever written over; else it is our own file that gives way."""
        if action.shown is not None:
            with self._changes.standing(action.shown) as original:
                if original.is_symlink() or not original.is_file():
                    raise PhotoError("Its original in the output has gone, so it cannot be shown as the best again.")
                spot.show(original)
        elif action.link is not None:
            made = spot.final if is_new else spot.temporary
            link_symbolically(action.link, made)
            keep_time(made, action.mtime_ns)
        else:
            create_file(spot.temporary, text_bytes(action.content or ""))
            keep_time(spot.temporary, action.mtime_ns)
        if not is_new:
            replace(spot.temporary, spot.final)


def _is_ours(path: Path, found: Receipt) -> bool:
    try:
        return is_as_made(path, found)
    except OSError as error:
        raise PhotoError(f"It cannot be read ({error.strerror or error}).") from error


def _check_apart(witness: Path, spot: Spot) -> None:
    """Raise PhotoError if the other file goes with this one's name: whatever the disk says, they are one then."""
    with spot.nameless():
        is_left = is_there(witness)
    if not is_left:
        raise PhotoError(ONLY_A_LINK)
