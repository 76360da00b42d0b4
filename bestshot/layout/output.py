"""Where decisions are carried out: the folders of an output, and the journal that remembers every change."""

import os
import shutil
import stat
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from posixpath import dirname, relpath
from typing import assert_never

from bestshot.errors import OutputError, PhotoError
from bestshot.journal.changes import Change, DoneChange
from bestshot.journal.journal import Journal
from bestshot.layout.actions import (
    CHANGES,
    Action,
    CopyFile,
    FileState,
    LaidFile,
    OutputState,
    PlaceBest,
    Receipt,
    RetireBest,
    Reversal,
    WriteMetadata,
)
from bestshot.layout.changes import OutputChanges, Spot
from bestshot.layout.names import BEST_PREFIX, folded, text_bytes
from bestshot.layout.originals import holds_itself
from bestshot.layout.survey import file_state, is_as_made, survey
from bestshot.model.photo import LinkMethod, Photo
from bestshot.storage.files import (
    NoHardLinkError,
    check_unchanged,
    create_file,
    link,
    link_symbolically,
    make_folders,
    remove,
    writing,
)
from bestshot.storage.folders import check_folder
from bestshot.storage.lock import LibraryLock
from bestshot.text import format_size, printable

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
        self._changes = OutputChanges(self._root, journal)
        self._fetch = fetch
        self._proofs: Sequence[Receipt] = ()
        self._settled_at: int | None = None

    @property
    def target(self) -> str:
        """The permanent name of this output."""
        return self._changes.target

    def lock(self) -> LibraryLock:
        """The lock that keeps a second run out, also one in another container; makes the folder if need be."""
        with writing(self._root):
            is_new = not os.path.lexists(self._root)
            if not is_new and not stat.S_ISDIR(self._root.stat().st_mode):
                raise OutputError(f"The output {printable(str(self._root))} is a file: name a folder.")
        if is_new:
            try:
                make_folders(self._root, self._root)
            except PhotoError as error:
                raise OutputError(str(error)) from error
        return self._changes.lock()

    def state(self, photos: Sequence[Photo] = ()) -> OutputState:
        """What earlier runs made here and what became of it; changes nothing.

        What a killed run left counts as `recover` would mend it, and these photos as if `catch_up` had seen them.
        """
        version = self._journal.version
        made, lost = self._changes.unfinished()
        done = [DoneChange(0, is_learned=False, action=change.action, effect=left) for change, left in made.items()]
        receipts = self._receipts(done)
        abandoned = frozenset(
            folded(path.relative_to(self._root).as_posix())
            for change in lost
            for path in (self._changes.temporary(change), *self._changes.final(change).parents)
            if path.is_relative_to(self._root)
        )
        state, self._proofs = survey(self._root, receipts, photos, abandoned=abandoned)
        self._settled_at = None if made or lost or self._proofs else version
        return state

    @property
    def is_settled(self) -> bool:
        """Whether there was nothing to mend or to learn when `state` was asked, and no run has changed anything since.

        So `catch_up` would find what that found. It takes as long, so whoever changes nothing need not ask again.
        """
        return self._settled_at == self._journal.version

    def _receipts(self, further: Sequence[DoneChange[Action | Reversal, FileState]] = ()) -> list[Receipt]:
        return [Receipt(one.action, one.effect) for one in self._changes.effective(further)]

    @staticmethod
    def found(path: Path, photos: Sequence[Photo] = ()) -> OutputState:
        """What is found in a folder that no journal knows; changes nothing."""
        state, _ = survey(path, (), photos)
        return state

    def catch_up(self, photos: Sequence[Photo], sources: Sequence[str]) -> OutputState:
        """Write into the journal what the output and these photos show and it does not know; returns what is there.

        Those are files that we made, and those that have, or whose source has, another time but the same content.
        """
        receipts = self._receipts()
        state, new = survey(self._root, receipts, photos, proofs=self._proofs)
        if new:
            part = self._journal.begin_part(self.target, sources, is_learned=True)
            changes = self._journal.begin(part, CHANGES, [receipt.action for receipt in new])
            self._journal.finish([(change, one.effect) for change, one in zip(changes, new, strict=True)])
            self._journal.end_part(part)
        return state

    def recover(self) -> None:
        """Mend what a killed run left: finish what was made, drop what was not, clear its half-written files."""
        self._changes.recover()

    def _check_space(self, actions: Sequence[Action]) -> None:
        """Raise OutputError if the copies will not fit."""
        needed = sum(
            action.size for action in actions if isinstance(action, CopyFile) and action.method is LinkMethod.COPY
        )
        with writing(self._root):
            free = shutil.disk_usage(self._root).free
        # Some network and FUSE file systems do not know, and say 0: then the writing itself tells.
        if 0 < free < needed:
            raise OutputError(
                f"The copies need {format_size(needed)} and {printable(str(self._root))} has {format_size(free)} free: "
                "make room, choose another output, or use --link hardlink or symlink. Nothing was copied."
            )

    def carry_out(
        self, actions: Sequence[Action], sources: Sequence[str], state: OutputState
    ) -> Generator[Receipt | FailedAction, None, None]:
        """Do what was planned, one action after the other, and report what came of each.

        An action whose photo cannot be read is reported and passed over; an output that cannot be written raises
        OutputError. Whatever was done by then is in the journal; a caller who stops early must close the generator.
        """
        self._check_space(actions)
        part = self._journal.begin_part(self.target, sources)
        with closing(self._changes.carry_out(part, CHANGES, actions, partial(self._make, state))) as results:
            for action, came in results:
                yield FailedAction(action, came) if isinstance(came, str) else Receipt(action, came)
        self._journal.end_part(part)

    def _make(self, state: OutputState, change: Change[Action]) -> FileState:
        action = change.action
        with self._changes.spot(change) as spot:
            match action:
                case CopyFile(replaces=True):
                    _check_ours(spot, state.laid[action.destination])
                    return spot.replace(self._fetch(action, spot.temporary))
                case CopyFile():
                    return self._copy(action, spot)
                case PlaceBest():
                    return self._place_best(action, spot)
                case RetireBest():
                    return self._retire_best(action, spot, state)
                case WriteMetadata():
                    return self._write_metadata(action, spot, state)
                case _:
                    assert_never(action)

    def _copy(self, action: CopyFile, spot: Spot) -> FileState:
        if action.method is LinkMethod.COPY:
            return spot.publish(self._fetch(action, spot.temporary))
        source = Path(action.source)
        check_unchanged(source, action.size_and_time)
        if action.method is LinkMethod.SYMLINK:
            link_symbolically(action.source, spot.final)
            return spot.state()
        try:
            link(source.resolve(), spot.final)
        except NoHardLinkError as error:
            raise OutputError(
                f"{printable(action.source)} cannot be hard-linked into {printable(str(self._root))} "
                f"({error}): both must lie on one file system that has hard links. "
                "Use --link copy or --link symlink."
            ) from error
        return spot.state()

    def _place_best(self, action: PlaceBest, spot: Spot) -> FileState:
        with self._changes.standing(action.target) as target:
            if not os.path.lexists(target):
                raise PhotoError("its file is not among the originals, so it cannot be shown as the best")
            if not target.is_symlink():
                return spot.show(target)
        link_symbolically(relpath(action.target, dirname(action.destination)), spot.final)
        return spot.state()

    def _retire_best(self, action: RetireBest, spot: Spot, state: OutputState) -> FileState:
        _check_ours(spot, state.laid[action.destination])
        trace = file_state(spot.final)
        with self._changes.standing(action.target) as target:
            if not os.path.lexists(target):
                raise PhotoError("its original has gone, so the file that shows it as the best is kept")
            if trace.checksum is not None and not holds_itself(target, spot.final, trace.checksum):
                raise PhotoError("its original is no longer the same, so the file that shows it as the best is kept")
        others = (other for other in spot.final.parent.iterdir() if other != spot.final)
        if not any(other.name.startswith(BEST_PREFIX) for other in others):
            raise PhotoError("no better photo could be shown in its place, so it is kept")
        remove(spot.final)
        return trace

    def _write_metadata(self, action: WriteMetadata, spot: Spot, state: OutputState) -> FileState:
        originals = spot.final.parent / "originals"
        if not os.path.lexists(originals):
            raise PhotoError("none of the group's photos could be brought here")
        check_folder(originals)
        create_file(spot.temporary, text_bytes(action.text))
        if action.destination not in state.laid or not spot.final.exists():
            return spot.publish()
        _check_ours(spot, state.laid[action.destination])
        return spot.replace()


def _check_ours(spot: Spot, laid: LaidFile) -> None:
    """Raise PhotoError unless a file that is to give way holds what we made, whatever its time says."""
    try:
        is_ours = is_as_made(spot.final, laid.receipt)
    except OSError as error:
        raise PhotoError(f"it cannot be read ({error.strerror or error}) and is left alone") from error
    if not is_ours:
        raise PhotoError("it was changed by somebody else and is left alone")
