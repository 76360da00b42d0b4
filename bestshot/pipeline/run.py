"""One run: look, plan, write the plan down, and carry it out."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bestshot.analysis.analyser import Analyser
from bestshot.errors import SourceError
from bestshot.journal.journal import Journal, open_journal
from bestshot.layout.actions import OutputState, Receipt
from bestshot.layout.output import FailedAction, FolderOutput
from bestshot.marks.actions import MarkReceipt
from bestshot.marks.apply import FailedMark, VerifyPolicy
from bestshot.marks.output import MarkOutput
from bestshot.model.groups import Group
from bestshot.model.photo import Skipped, SourceType, digest
from bestshot.pipeline.look import KnownState, LibraryAnalysis, analyse_library, load_planned
from bestshot.pipeline.outcome import HearsOfGroups, Looked, Outcome, Request
from bestshot.pipeline.planning import Planner
from bestshot.pipeline.records import Records, report_of
from bestshot.plans.decision_store import remember, remembered, reviewed
from bestshot.plans.decisions import DecisionKind, Decisions
from bestshot.plans.document import PlanDocument
from bestshot.plans.plan import Plan
from bestshot.plans.reading import approvals_in, decisions_in
from bestshot.settings.checks import check_output_place, check_preferences
from bestshot.sources.local.sidecar_files import sweep
from bestshot.storage.drafts import Drafts
from bestshot.storage.index import Index
from bestshot.storage.lock import LibraryLock
from bestshot.text import after_colon, count
from bestshot.workers.capacity import Machine
from bestshot.workers.pool import Workers
from bestshot.workers.worker import end_if_imported_by_worker

_LONGEST = 36_500
"""Days; times before the first year cannot be compared."""


def run(request: Request, given: PlanDocument | None) -> Outcome:
    """Do it all, or carry out the given plan instead of looking for groups; see `PhotoOrganizer.run`."""
    with ExitStack() as stack:
        return _Run(request, given, stack).outcome()


def look(request: Request) -> Looked:
    """Look as a run does, and propose: what people decided is left to be laid over that; changes nothing."""
    settings = replace(request.settings, dry_run=True)
    with ExitStack() as stack:
        return _Run(replace(request, settings=settings), None, stack).looked()


class _Run:
    """What a run holds until it ends: its locks, the index, the journal, the marks of the library."""

    def __init__(self, request: Request, given: PlanDocument | None, stack: ExitStack) -> None:
        end_if_imported_by_worker()
        self._request, self._given, self._stack = request, given, stack
        self._source = request.source
        origins = self._source.origins()
        if given is None:  # a plan has judged already
            check_preferences(request.settings, (*origins, *self._source.references()))
        check_output_place(request.settings.output)
        self._settings = replace(request.settings, source_type=SourceType.of(origins))
        self._library_id = digest(*sorted(origins))
        cache, self._state_dir = Path(self._settings.cache_dir), Path(self._settings.state_dir)
        lock = cache / "locks" / self._library_id
        stack.enter_context(LibraryLock(lock))
        self._drafts = stack.enter_context(Drafts(lock.with_name(f"{lock.name}.drafts")))
        self._records = Records(self._settings, self._source, self._drafts)
        self._index = stack.enter_context(closing(Index(cache / "index.sqlite3")))
        self._journal = self._open_journal()
        if self._journal is not None:
            sweep(self._journal, cache / "locks", {self._library_id})
        options = self._settings.options
        library, target = self._source.markable(options.marks), self._source.mark_target()
        self._marks = MarkOutput(library, self._journal, target, origins)
        if self._acts:
            self._marks.recover()
        reviews = reviewed(self._state_dir) if given is None and self._settings.learn else ()
        self._known = KnownState(self._index, remembered(self._state_dir), self._marks.ledger(), reviews)
        self._planner = Planner(self._source, self._marks, options)

    @property
    def _acts(self) -> bool:
        return not self._settings.options.is_looking and not self._settings.dry_run

    def _open_journal(self) -> Journal | None:
        """The journal of changes, if there is one or will be: a run that only looks makes none."""
        journal = open_journal(self._state_dir, create=self._acts, mends=self._acts)
        if journal is None:
            return None
        self._stack.enter_context(closing(journal))
        journal.user = self._source.user_name()
        if self._acts and self._settings.keep_history is not None:
            journal.forget(datetime.now(UTC) - timedelta(days=min(self._settings.keep_history, _LONGEST)))
        return journal

    def looked(self) -> Looked:
        """The library and its groups as they are proposed, numbered as they would be in the output."""
        self._known = replace(self._known, proposes=True)
        library = self._look()
        _, state = self._find_output(library)
        return Looked(self._planner.plan(library, state), library)

    def outcome(self) -> Outcome:
        """Look, conclude, and mark what went wrong as new or known."""
        library = self._look()
        outcome = self._conclude(library)
        new_problems, plan = self._index.new_problems, outcome.plan
        skipped = new_problems(self._library_id, plan.skipped, [photo.id for photo in library.photos])
        failed = outcome.failed
        if outcome.acted:
            readable = [key for photo in library.photos for key in self._source.mark_keys(photo)]
            made = [action.destination for action in plan.file_actions]
            failed = new_problems(f"changes of {self._library_id}", failed, [*readable, *made])
        return replace(outcome, failed=failed, plan=replace(plan, skipped=skipped))

    def _look(self) -> LibraryAnalysis:
        with closing(self._workers()) as workers:
            analyser = Analyser(self._source, self._index, workers, self._request.progress)
            if self._given is None:
                return analyse_library(self._source, self._settings, analyser, self._known, self._tell_of_groups)
            return load_planned(self._source, self._settings, analyser, self._known, self._given)

    def _tell_of_groups(self, groups: Sequence[Group]) -> None:
        if isinstance(self._request.progress, HearsOfGroups):
            self._request.progress.groups_found(groups)

    def _workers(self) -> Workers:
        if self._settings.dask is None or self._request.executor is not None:
            return self._local_workers()
        from bestshot.workers.dask import dask_cluster

        cluster = self._stack.enter_context(dask_cluster(self._settings.dask, self._source))
        return Workers(cluster.threads, cluster)

    def _local_workers(self) -> Workers:
        count, executor = self._settings.workers, self._request.executor
        if count is None and executor is None:
            count = Machine.found().most_workers(with_faces=not self._settings.no_faces)
        return Workers(count, executor)

    def _conclude(self, library: LibraryAnalysis) -> Outcome:
        """Plan, write the plan down, and act unless this run only looks."""
        output, state = self._find_output(library)
        plan = self._planner.plan(library, state)
        self._records.write(plan, library.metadata)
        looked = Outcome(plan, report=self._report(plan, library), learned=library.learned)
        if self._settings.dry_run:
            return replace(looked, calls=self._marks.calls_for(plan.mark_actions))
        if not self._request.confirm(plan):
            return replace(looked, declined=True)
        if output is not None and state is not None:
            found, state = state, self._hold(output, library, state, plan)
            if state != found:  # as when another run laid something out meanwhile
                plan = self._planner.plan(library, state)
        decided = replace(looked, plan=plan, remembered=self._remember(library))
        return self._carry_out(decided, output, state) if self._acts else decided

    def _find_output(self, library: LibraryAnalysis) -> tuple[FolderOutput | None, OutputState | None]:
        """The output, unless nothing will be or ever was made there, and how it is found; changes nothing there."""
        if self._settings.options.layout is None:
            return None, None
        path = Path(self._settings.options.layout)
        if self._journal is None:
            return None, FolderOutput.found(path, library.photos)
        output = FolderOutput(path, self._journal, self._source.fetch_file)
        return output, output.state(library.photos)

    def _hold(self, output: FolderOutput, library: LibraryAnalysis, found: OutputState, plan: Plan) -> OutputState:
        """Keep other runs out of the output and mend it; returns how it is found then, looked at again if need be."""
        self._stack.enter_context(output.lock())
        output.recover()
        if not plan.file_actions and output.is_settled:
            return found
        return output.catch_up(library.photos, self._source.origins())

    def _remember(self, library: LibraryAnalysis) -> int:
        """Keep what the given plan decided, anew or against an earlier decision; returns the number of decisions."""
        if self._given is None or self._request.is_remembered:
            return 0
        new = decisions_in(self._given.groups)
        decisions = Decisions.of([*self._known.decisions, *new], library.photos)
        new += decisions.overruled_by(library.verdicts)
        chosen = [one for one in new if one.kind is DecisionKind.BEST]
        remember(self._state_dir, new, [*approvals_in(self._given.groups), *chosen])
        return len(new)

    def _report(self, plan: Plan, library: LibraryAnalysis) -> tuple[Path, ...]:
        """The files of the report, after they were written where the settings say."""
        if self._settings.report is None:
            return ()
        from bestshot.report.writing import ReportWriter

        with closing(self._local_workers()) as workers:
            content = report_of(plan, library, self._source)
            writer = ReportWriter(content, self._source, workers, self._request.progress)
            return writer.write(Path(self._settings.report), self._drafts)

    def _carry_out(self, decided: Outcome, output: FolderOutput | None, state: OutputState | None) -> Outcome:
        receipts: list[Receipt | MarkReceipt] = []
        errors: dict[str, set[str]] = {}
        with _telling(receipts), closing(self._results(decided.plan, output, state)) as results:
            for result in results:
                match result:
                    case FailedAction(action=action, error=error):
                        errors.setdefault(action.destination, set()).add(error)
                        self._source.check_reachable()
                    case FailedMark(action=marking, keys=keys, error=error):
                        for key in keys:
                            errors.setdefault(key, set()).add(f"{marking.words.failed}: {after_colon(error)}")
                    case _:
                        receipts.append(result)
        # All that failed on one photo or file is one sentence, so that the next run knows it again.
        failed = tuple(Skipped(id_, " ".join(sorted(said))) for id_, said in errors.items())
        return replace(decided, receipts=tuple(receipts), failed=failed, acted=True)

    def _results(
        self, plan: Plan, output: FolderOutput | None, state: OutputState | None
    ) -> Generator[Receipt | MarkReceipt | FailedAction | FailedMark, None, None]:
        """What comes of each action: first the copies, then the marks."""
        sources, progress = self._source.origins(), self._request.progress
        copies, marks = plan.file_actions, plan.mark_actions
        if copies and output is not None and state is not None:
            with (
                progress("Laying out", len(copies)) as advance,
                closing(output.carry_out(copies, sources, state)) as results,
            ):
                for result in results:
                    yield result
                    advance(1)
        if marks:
            with progress("Marking", sum(len(mark.keys) for mark in marks)) as advance:
                policy = replace(self._request.policy or VerifyPolicy(), told=advance)
                yield from self._marks.carry_out(marks, sources, policy)


@contextmanager
def _telling(receipts: Sequence[object]) -> Iterator[None]:
    """Say how far a run came that its source ended."""
    try:
        yield
    except SourceError as error:
        if receipts:
            error.add_note(f"{count(len(receipts), 'change')} made until then; run the same again, and it goes on.")
        raise
