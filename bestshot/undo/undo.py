"""One undo: an earlier run taken back, part by part, the last one first."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from bestshot.errors import OutputError, PhotoError, UsageError
from bestshot.immich.client import ImmichClient
from bestshot.journal.journal import Journal
from bestshot.journal.runs import KeptItem, Run, RunPart, undone_parts
from bestshot.layout.actions import CopyFile, Reversal
from bestshot.layout.changes import FOLDER, OutputChanges
from bestshot.layout.undo import FolderUndo
from bestshot.marks.actions import MarkAction, MarkOptions, MarkReceipt
from bestshot.marks.apply import VerifyPolicy
from bestshot.marks.undo import MarkUndo
from bestshot.model.photo import digest
from bestshot.sources.immich.marks import ImmichMarks
from bestshot.sources.immich.originals import check_asset
from bestshot.sources.installed import check_original, source_with
from bestshot.sources.local.marks import folder_library, sweep_albums
from bestshot.sources.local.sidecar_files import sweep
from bestshot.storage.files import writing
from bestshot.storage.lock import LibraryLock
from bestshot.text import count, printable

Result = Reversal | MarkAction | MarkReceipt | KeptItem
"""What came of one change that was to be taken back; a mark is an action as long as that is only looked at."""


_LOST = "The journal was damaged where it told of them, so what they made stays and counts as yours."
_IMMICH, _SIDECARS = "immich:", "sidecars"


class RunUndo:
    """The undo of one run, over the journal; `server` is the one that the settings name, if they do."""

    def __init__(
        self,
        journal: Journal,
        run: Run,
        cache_dir: Path,
        server: ImmichClient | None,
        policy: VerifyPolicy | None = None,
    ) -> None:
        self._policy = policy or VerifyPolicy()
        self._journal = journal
        self._run = run
        self._cache_dir = cache_dir
        self._server = server
        self._locks: dict[str, LibraryLock] = {}

    def carry_out(self) -> Iterator[Result]:
        """Take the run back and report what came of each change; what was done is in the journal by then."""
        with ExitStack() as stack:
            self._lock(stack)
            for part in self._parts():
                yield from self._carry_out(part)
        yield from self._lost()

    def look(self) -> Iterator[Result]:
        """What carrying it out would come to; changes nothing."""
        for part in self._parts():
            if part.target.startswith(FOLDER):
                yield from FolderUndo(OutputChanges(_root(part), self._journal), part, self._check_asset).look()
            else:
                actions, left = self._marks(part).plan()
                yield from left
                yield from actions
        yield from self._lost()

    def _lost(self) -> Iterator[KeptItem]:
        """What the journal could not tell any more stays."""
        for part in self._run.parts:
            if part.lost:
                yield KeptItem(count(part.lost, "change"), _LOST)

    def _parts(self) -> list[RunPart]:
        """What is to be taken back still, checked for whether it can be reached."""
        undone = undone_parts(self._journal.parts())
        parts = [part for part in reversed(self._run.to_undo) if part.id not in undone]
        for part in parts:
            _check_there(part)
            self._check_server(part)
        return parts

    def _check_server(self, part: RunPart) -> None:
        users = {name for name in (part.target, *part.sources) if name.startswith(_IMMICH)}
        if not users:
            return
        if self._server is None:
            raise UsageError(
                f"Run {part.run} was about photos on an Immich server: "
                "name it as you did then, with --source-type immich, --immich-url and the API key."
            )
        if users != {f"{_IMMICH}{self._server.get_current_user().id}"}:
            raise UsageError(f"Run {part.run} was about the photos of another user: use the API key of that one.")

    def _lock(self, stack: ExitStack) -> None:
        """Keep other runs away from the library and the outputs."""
        locks = self._cache_dir / "locks"
        libraries = sorted({digest(*sorted(part.sources)) for part in self._run.to_undo})
        for library in libraries:
            stack.enter_context(LibraryLock(locks / library))
        sweep(self._journal, locks, libraries)
        for part in self._run.to_undo:
            if part.target.startswith(FOLDER):
                _check_there(part)
                self._locks[part.target] = OutputChanges(_root(part), self._journal).lock()
                stack.enter_context(self._locks[part.target])

    def _carry_out(self, part: RunPart) -> Generator[Result, None, None]:
        if part.target == _SIDECARS:
            sweep_albums(self._journal, part)
        is_output = part.target.startswith(FOLDER)
        results = self._in_output(part) if is_output else self._marks(part).carry_out(self._policy)
        with closing(results):
            yield from results

    def _in_output(self, part: RunPart) -> Generator[Result, None, None]:
        changes = OutputChanges(_root(part), self._journal)
        changes.recover()
        with closing(FolderUndo(changes, part, self._check_asset).carry_out()) as results:
            yield from results
        if not changes.effective():
            self._locks[part.target].delete_on_exit()  # else the folder would count as an output for ever

    def _marks(self, part: RunPart) -> MarkUndo:
        if part.target.startswith(_IMMICH):
            assert self._server is not None  # asked for when the parts were checked
            return MarkUndo(self._journal, part, ImmichMarks(self._server))
        if part.target == _SIDECARS:
            return MarkUndo(self._journal, part, folder_library(self._journal, part))
        return MarkUndo(self._journal, part, source_with(part.sources).markable(MarkOptions()))

    def _check_asset(self, copy: CopyFile, path: Path, wanted: str) -> None:
        if not copy.origin.startswith(_IMMICH):
            check_original(copy, wanted)
            return
        if self._server is None:  # the photos of this run are in folders, those of an earlier one may not be
            raise PhotoError(
                "Its original is on an Immich server that was not named, so this may be the only copy left."
            )
        check_asset(self._server, copy, path, wanted)


def _root(part: RunPart) -> Path:
    return Path(part.target.removeprefix(FOLDER))


def _check_there(part: RunPart) -> None:
    """An output that is not there may be on a disk that is not mounted."""
    if not part.target.startswith(FOLDER):
        return
    with writing(_root(part)):
        is_there = _root(part).is_dir()
    if not is_there:
        raise OutputError(
            f"The output {printable(str(_root(part)))} is not there: mount its disk, or leave run {part.run} as it is."
        )
