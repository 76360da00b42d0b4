"""One run: look, group, judge, plan, and carry the plan out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bestshot.model.photo import SourceType
from bestshot.settings.settings import Settings

if TYPE_CHECKING:
    from bestshot.analysis.analyser import Progress
    from bestshot.journal.journal import Journal
    from bestshot.layout.actions import Action, OutputState, Receipt
    from bestshot.layout.output import FailedAction, FolderOutput
    from bestshot.marks.actions import MarkAction, MarkReceipt
    from bestshot.marks.apply import FailedMark, VerifyPolicy
    from bestshot.marks.output import MarkOutput
    from bestshot.model.groups import PlannedGroup
    from bestshot.model.photo import Skipped
    from bestshot.pipeline.look import LibraryAnalysis
    from bestshot.plans.document import PlanDocument
    from bestshot.plans.plan import Plan
    from bestshot.sources.interface import PhotoSource
    from bestshot.workers.pool import Workers


EXIT_DONE, EXIT_SOMETHING_FAILED, EXIT_INTERRUPTED = 0, 1, 130


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found and did. `failed` are the changes that could not be made, by destination or by photo.

    `remembered` is the number of decisions that the given plan held. `calls` are those that a dry run's plan takes.
    `report` are the files of the report.
    """

    plan: "Plan"
    receipts: tuple["Receipt | MarkReceipt", ...] = ()
    failed: tuple["Skipped", ...] = ()
    acted: bool = False
    remembered: int = 0
    calls: "Mapping[MarkAction, tuple[str, ...]]" = field(default_factory=dict)
    report: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 if all went well or nothing new went wrong, else 1."""
        is_news = any(item.is_new for item in (*self.failed, *self.plan.skipped))
        return EXIT_SOMETHING_FAILED if is_news else EXIT_DONE


@dataclass(frozen=True, slots=True)
class _Folders:
    """How the folders of an output are found; without `output`, they are only looked at."""

    state: "OutputState"
    output: "FolderOutput | None"


class PhotoOrganizer:
    """One run over a source: look, group, judge, plan, and lay out if the settings name an output.

    Photos are measured on `executor`, by default on the cluster that the settings name or one spawned process per
    core; a script that calls this from its top level needs the usual `if __name__ == "__main__":` around it, or an
    executor of its own. `policy` says how long to look whether marks stay, by default as long as a busy server may
    take to lose them. `confirm` is asked before anything is changed.
    """

    def __init__(
        self,
        source: "PhotoSource",
        settings: Settings | None = None,
        *,
        executor: Executor | None = None,
        progress: "Progress | None" = None,
        policy: "VerifyPolicy | None" = None,
        confirm: "Callable[[Plan], bool] | None" = None,
    ) -> None:
        self._source = source
        self._settings = settings or Settings()
        self._executor = executor
        self._progress = progress or _no_progress
        self._policy = policy
        self._given: PlanDocument | None = None
        self._agree = confirm or (lambda _plan: True)

    def run(self, plan: "PlanDocument | None" = None) -> Outcome:
        """Do it all and return what was found and done; raises OrganizerError when the run cannot go on.

        A given plan is carried out instead of looking for groups.
        """
        from bestshot.analysis.analyser import Analyser
        from bestshot.model.photo import digest
        from bestshot.pipeline.look import KnownState, analyse_library, load_planned
        from bestshot.plans.decision_store import remembered
        from bestshot.storage.index import Index
        from bestshot.storage.lock import LibraryLock

        self._given = plan
        origins = self._source.origins()
        settings = self._settings = replace(self._settings, source_type=SourceType.of(origins))
        library_id = digest(*sorted(origins))
        with ExitStack() as stack:
            stack.enter_context(LibraryLock(Path(settings.cache_dir) / "locks" / library_id))
            index = Index(Path(settings.cache_dir) / "index.sqlite3")
            stack.callback(index.close)
            journal = self._journal(stack)
            marks = self._marks(journal)
            workers = self._workers(stack)
            stack.callback(workers.close)
            examiner = Analyser(self._source, index, workers, self._progress)
            memory = KnownState(index, remembered(Path(settings.state_dir)), marks.ledger())
            if self._given is None:
                library = analyse_library(self._source, settings, examiner, memory)
            else:
                library = load_planned(self._source, settings, examiner, memory, self._given)
            workers.close()
            outcome = self._conclude(library, marks, self._folders(journal, library), stack)
            told = index.new_problems(library_id, outcome.plan.skipped, [photo.id for photo in library.photos])
            if outcome.acted:
                readable = [key for photo in library.photos for key in self._source.mark_keys(photo)]
                made = [action.destination for action in outcome.plan.file_actions]
                failed = index.new_problems(f"changes of {library_id}", outcome.failed, [*readable, *made])
                outcome = replace(outcome, failed=failed)
        return replace(outcome, plan=replace(outcome.plan, skipped=told))

    def _workers(self, stack: ExitStack) -> "Workers":
        from bestshot.workers.pool import Workers

        if self._settings.dask is None or self._executor is not None:
            return Workers(self._settings.workers, self._executor)
        from bestshot.workers.dask import dask_cluster

        cluster = stack.enter_context(dask_cluster(self._settings.dask, self._source))
        return Workers(cluster.threads, cluster)

    @property
    def _acts(self) -> bool:
        return not self._settings.options.is_looking and not self._settings.dry_run

    def _journal(self, stack: ExitStack) -> "Journal | None":
        """The journal of changes, if there is one or will be: who only looks makes none."""
        from bestshot.journal.journal import Journal

        path = Path(self._settings.state_dir) / "journal.sqlite3"
        if not self._acts and not path.exists():
            return None
        return stack.enter_context(closing(Journal(path)))

    def _remember(self, library: "LibraryAnalysis") -> int:
        """Keep what the given plan decided, anew or against an earlier decision; tell how many decisions that are."""
        from bestshot.plans.decision_store import remember, remembered
        from bestshot.plans.decisions import Decisions
        from bestshot.plans.reading import decisions_in

        if self._given is None:
            return 0
        state, new = Path(self._settings.state_dir), decisions_in(self._given.groups)
        decided = Decisions.of([*remembered(state), *new], library.photos)
        new += decided.overruled_by(library.verdicts)
        remember(state, new)
        return len(new)

    def _marks(self, journal: "Journal | None") -> "MarkOutput":
        """The marks of the library; what a killed run left in the journal is mended, unless this run only looks."""
        from bestshot.marks.output import MarkOutput

        marks = MarkOutput(self._source.markable(self._settings.options.marks), journal, self._source.mark_target())
        if self._acts:
            marks.recover()
        return marks

    def _folders(self, journal: "Journal | None", library: "LibraryAnalysis") -> "_Folders | None":
        """The folders of the output and how they are found; changes nothing there."""
        from bestshot.layout.output import FolderOutput

        if self._settings.options.layout is None:
            return None
        path = Path(self._settings.options.layout)
        if journal is None:
            return _Folders(FolderOutput.found(path, library.photos), None)
        output = FolderOutput(path, journal, self._source.fetch_file)
        return _Folders(output.state(library.photos), output)

    def _hold(self, folders: "_Folders", library: "LibraryAnalysis", stack: ExitStack) -> "_Folders":
        """The same folders, held by this run alone, mended, and as they are found then."""
        assert folders.output is not None  # who acts has a journal
        stack.enter_context(folders.output.lock())
        folders.output.recover()
        return replace(folders, state=folders.output.catch_up(library.photos, self._source.origins()))

    def _conclude(
        self, library: "LibraryAnalysis", marks: "MarkOutput", folders: "_Folders | None", stack: ExitStack
    ) -> Outcome:
        """Plan, write the plan down, and act unless this run only looks."""
        from bestshot.pipeline.records import write_records

        plan = self._plan(library, marks, folders)
        write_records(plan, self._source, library.metadata, self._settings)
        looked = Outcome(plan, report=self._reported(plan, library))
        if self._settings.dry_run:
            return replace(looked, calls=marks.calls_for(plan.mark_actions))
        if not self._agree(plan):
            return looked
        if self._acts and folders is not None:
            found, folders = folders, self._hold(folders, library, stack)
            if folders != found:  # as when another run laid something out meanwhile
                plan = self._plan(library, marks, folders)
        decided = replace(looked, plan=plan, remembered=self._remember(library))
        if not self._acts:
            return decided
        receipts: list[Receipt | MarkReceipt] = []
        failed: list[Skipped] = []
        for result in self._results(plan, marks, folders):
            self._sort_in(result, receipts, failed)
        return replace(decided, receipts=tuple(receipts), failed=_by_thing(failed), acted=True)

    def _reported(self, plan: "Plan", library: "LibraryAnalysis") -> tuple[Path, ...]:
        """The files of the report, after they were written where the settings say."""
        if self._settings.report is None:
            return ()
        from bestshot.pipeline.records import PictureMaker, write_report
        from bestshot.workers.pool import Workers

        with closing(Workers(self._settings.workers, self._executor)) as workers:
            return write_report(plan, library, self._source, self._settings, PictureMaker(workers, self._progress))

    def _plan(self, library: "LibraryAnalysis", marks: "MarkOutput", folders: "_Folders | None") -> "Plan":
        from bestshot.layout.plan import plan_folders
        from bestshot.plans.plan import Plan

        options, state = self._settings.options, folders.state if folders else None
        groups = self._numbered(library, marks, state)
        actions: list[Action | MarkAction] = []
        if state is not None:
            actions += plan_folders(groups, library.photos, state, options.link)
        if options.marks.any:
            actions += self._mark_actions(groups, library, marks)
        unread = {item.id for item in library.skipped} - {photo.id for photo in library.photos}
        return Plan(
            options,
            groups,
            tuple(actions),
            library.skipped,
            photo_count=len(library.photos),
            beyond_limit=library.beyond_limit,
            unread_count=len(unread),
        )

    def _numbered(
        self, library: "LibraryAnalysis", marks: "MarkOutput", state: "OutputState | None"
    ) -> tuple["PlannedGroup", ...]:
        """The groups, each under the number that it had in the output or in the library."""
        from bestshot.layout.numbering import number_groups, remembered_numbers
        from bestshot.model.groups import PlannedGroup
        from bestshot.plans.metadata_text import metadata_text

        ledger = marks.ledger()
        remembered = remembered_numbers(state, library.photos) if state else {}
        for photo in library.photos:
            place, number = (photo.origin, photo.key), ledger.numbers.get(self._source.mark_keys(photo)[0])
            if number is not None:
                remembered[place] = remembered.get(place, frozenset()) | {number}
        last = max(ledger.last_number, state.last_number if state else 0)
        groups = [verdict.group for verdict in library.verdicts]
        numbers = number_groups(groups, remembered, last, library.numbers)
        numbered = sorted(zip(numbers, library.verdicts, strict=True), key=lambda pair: pair[0])
        return tuple(
            PlannedGroup(number, verdict, metadata_text(number, verdict, library.metadata))
            for number, verdict in numbered
        )

    def _mark_actions(
        self, groups: Sequence["PlannedGroup"], library: "LibraryAnalysis", marks: "MarkOutput"
    ) -> list["MarkAction"]:
        from bestshot.marks.plan import marked_group

        marked = [marked_group(group, self._source.mark_keys) for group in groups]
        seen = {key for photo in library.photos for key in self._source.mark_keys(photo)}
        return marks.plan(marked, seen, self._settings.options.marks)

    def _results(
        self, plan: "Plan", marks: "MarkOutput", folders: "_Folders | None"
    ) -> Iterator["Receipt | MarkReceipt | FailedAction | FailedMark"]:
        """What comes of each action: first the copies, then the marks."""
        from bestshot.marks.apply import VerifyPolicy

        sources = self._source.origins()
        copies = plan.file_actions
        if folders and folders.output and copies:
            with (
                self._progress("Laying out", len(copies)) as advance,
                closing(folders.output.carry_out(copies, sources, folders.state)) as results,
            ):
                for result in results:
                    yield result
                    advance(1)
        wanted = plan.mark_actions
        if wanted:
            with self._progress("Marking", len(wanted)):
                yield from marks.carry_out(wanted, sources, self._policy or VerifyPolicy())

    def _sort_in(
        self,
        result: "Receipt | MarkReceipt | FailedAction | FailedMark",
        receipts: list["Receipt | MarkReceipt"],
        failed: list["Skipped"],
    ) -> None:
        from bestshot.layout.output import FailedAction
        from bestshot.marks.apply import FailedMark
        from bestshot.model.photo import Skipped

        if isinstance(result, FailedAction):
            failed.append(Skipped(result.action.destination, result.error))
            self._source.check_reachable()
        elif isinstance(result, FailedMark):
            failed += [Skipped(key, f"{result.action.words.failed}: {result.error}") for key in result.keys]
        else:
            receipts.append(result)


def _by_thing(failed: Sequence["Skipped"]) -> tuple["Skipped", ...]:
    """The same with all that failed on one photo or file in one sentence, so that the next run knows it again."""
    from bestshot.model.photo import Skipped

    errors: dict[str, set[str]] = {}
    for item in failed:
        errors.setdefault(item.id, set()).add(item.error)
    return tuple(Skipped(id_, " ".join(sorted(said))) for id_, said in errors.items())


@contextmanager
def _no_progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _done: None
