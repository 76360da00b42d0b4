"""What a review does on demand: previews, applies and undoes, by the runs that the command line starts as well."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bestshot.immich.client import ImmichClient
from bestshot.journal.journal import Journal, existing_journal
from bestshot.journal.runs import KeptItem, Run, UndoState
from bestshot.layout.actions import RemoveFile, RestoreFile
from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.wording import done_in_words
from bestshot.model.photo import SourceType
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.review.actions import Options, result_of, settings_for_options
from bestshot.review.jobs import JobControl, JobResult, Jobs, ToldJob
from bestshot.review.refusal import RefusedError
from bestshot.review.review import Review
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.text import count, printable
from bestshot.undo.choice import RunChoice
from bestshot.undo.commands import Undone, undo, user_knows
from bestshot.undo.history import history, run_in_words


@dataclass(frozen=True, slots=True)
class Access:
    """How a run reaches the photos: its source by its settings, and the server on which runs are undone, if any."""

    source_of: Callable[[Settings], PhotoSource]
    server_of: Callable[[Settings], ImmichClient | None]


class ToldRun(msgspec.Struct, frozen=True):
    """A run of the history."""

    run: int
    when: str
    about: str
    changes: int
    state: str


_UNDONE = {
    UndoState.STANDS: "done",
    UndoState.BEGUN: "undo unfinished",
    UndoState.IN_PART: "undone in part",
    UndoState.UNDONE: "undone",
}


class ReviewService:
    """The deeds of one review; unless it `may_act`, it only shows."""

    def __init__(self, review: Review, settings: Settings, access: Access, jobs: Jobs, *, may_act: bool) -> None:
        self.review = review
        self.settings = settings
        self.jobs = jobs
        self.may_act = may_act
        self._access = access

    def check_may_act(self) -> None:
        """Raise RefusedError if this review only shows."""
        if not self.may_act:
            raise RefusedError("This review only shows: start it with --review to decide and to act.", 403)

    def preview(self, options: Options) -> ToldJob:
        """Start to work out what would be done."""
        return self._start("preview", replace(settings_for_options(self.settings, options), dry_run=True))

    def apply(self, options: Options) -> ToldJob:
        """Start to do it."""
        return self._start("apply", settings_for_options(self.settings, options))

    def _start(self, kind: str, settings: Settings) -> ToldJob:
        self.check_may_act()

        def work(control: JobControl) -> JobResult:
            before = self._last_run()
            source = self._access.source_of(settings)
            organizer = PhotoOrganizer(source, settings, progress=control.progress, policy=control.policy)
            outcome = organizer.run(self.review.document(), is_remembered=True)
            after = self._last_run()
            return result_of(outcome, None if after == before else after)

        return self.jobs.start(kind, work)

    def undo(self, run: int, *, look: bool) -> ToldJob:
        """Start to take a run back, or to work out what that comes to."""
        self.check_may_act()
        settings = replace(self.settings, dry_run=look)

        def work(control: JobControl) -> JobResult:
            server = self._access.server_of(settings)
            choice = self._choice(server, run)
            undone = undo(choice, settings, server, control.progress, control.policy)
            user_knows(settings)  # the page tells; else the next --undo would say that first
            return _undone(undone, run)

        return self.jobs.start("preview" if look else "undo", work)

    def _choice(self, server: ImmichClient | None, run: int = 0) -> RunChoice:
        """A run about the library that is reviewed."""
        if self.settings.source_type == SourceType.LOCAL:
            return RunChoice(run, self.settings.source, source_type=SourceType.LOCAL)
        whose = None if server is None else lambda: f"immich:{server.get_current_user().id}"
        return RunChoice(run, source_type=self.settings.source_type, whose=whose)

    def history(self) -> list[ToldRun]:
        """What was done with the photos of this library, the latest first."""
        journal = self._journal()
        if journal is None:
            return []
        with closing(journal):
            choice = self._choice(self._access.server_of(self.settings))
            return [_told(run, journal) for run in reversed(choice.among(journal))]

    def changes_of(self, number: int) -> list[str]:
        """Every change of a run about this library, in words; raises RefusedError if there is no such run."""
        if all(run.run != number for run in self.history()):
            raise RefusedError(f"There is no run {number} about these photos.", 404)
        _, *changes = history(self.settings, number)
        return [line.strip() for line in changes]

    def _last_run(self) -> int | None:
        journal = self._journal()
        if journal is None:
            return None
        with closing(journal):
            return max((run.number for run in journal.runs()), default=None)

    def _journal(self) -> Journal | None:
        return existing_journal(Path(self.settings.state_dir), mends=False)


def _told(run: Run, journal: Journal) -> ToldRun:
    started = run.parts[0].started_at.astimezone()
    state = _UNDONE[run.undo_state] if run.undoes is None else "undo"
    changes = sum(part.changes for part in run.parts if not part.is_learned)
    about = run_in_words(run, journal)
    return ToldRun(run.number, f"{started:%Y-%m-%d %H:%M}", about, changes, state if run.is_finished else "unfinished")


def _undone(undone: Undone, run: int) -> JobResult:
    """What came of an undo, or would come of it."""
    left = [one for one in undone.results if isinstance(one, KeptItem)]
    removed = sum(isinstance(one, RemoveFile) for one in undone.results)
    restored = sum(isinstance(one, RestoreFile) for one in undone.results)
    actions = sum(isinstance(one, MarkAction) for one in undone.results)
    marks = [one for one in undone.results if isinstance(one, MarkReceipt)]
    will = "" if undone.acted else " to be"
    files = ((removed, "removed"), (restored, "restored"))
    lines = [f"{count(number, 'file')}{will} {deed}" for number, deed in files if number]
    lines += done_in_words(marks)
    if actions:
        lines.append(f"{count(actions, 'change')} of marks to be undone")
    return JobResult(
        tuple(lines),
        {"removed": removed, "restored": restored, "marks": actions + len(marks)},
        tuple((printable(one.what), printable(one.why)) for one in left),
        run,
        problems=len(left),
    )
