"""From verdicts to a plan: the groups numbered, and what is missing in the output and of the marks."""

from collections.abc import Sequence

from bestshot.journal.runs import KeptItem
from bestshot.layout.actions import Action, OutputState
from bestshot.layout.numbering import number_groups, remembered_numbers
from bestshot.layout.plan import plan_folders
from bestshot.marks.actions import MarkAction
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.output import MarkOutput
from bestshot.marks.plan import marked_group
from bestshot.model.groups import PlannedGroup
from bestshot.pipeline.look import LibraryAnalysis
from bestshot.plans.metadata_text import metadata_text
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.sources.interface import PhotoSource


class Planner:
    """Plans for one library: what its source says of photos, the marks on them, and what the user wants."""

    def __init__(self, source: PhotoSource, marks: MarkOutput, options: OutputOptions) -> None:
        self._source = source
        self._marks = marks
        self._options = options

    def plan(self, library: LibraryAnalysis, state: OutputState | None) -> Plan:
        """What is to be done, with the output as it is found, if there is one."""
        groups = self._numbered(library, state)
        actions: list[Action | MarkAction] = []
        if state is not None:
            actions += plan_folders(groups, library.photos, state, self._options.link)
        if self._options.marks.any:
            actions += self._mark_actions(groups, library)
        own_count = len(library.own)
        unread = {item.id for item in library.skipped} - {photo.id for photo in library.photos}
        return Plan(
            self._options,
            groups,
            tuple(actions),
            library.skipped,
            photo_count=own_count,
            reference_count=len(library.photos) - own_count,
            beyond_limit=library.beyond_limit,
            unread_count=len(unread),
            passed_over=library.passed_over,
            left=self._left(library),
            named=library.named,
        )

    def _numbered(self, library: LibraryAnalysis, state: OutputState | None) -> tuple[PlannedGroup, ...]:
        """The groups, each under the number that it had in the output, or in the library unless it is only laid out."""
        is_marked = state is None or self._options.marks.any
        ledger = self._marks.ledger() if is_marked else MarkLedger()
        remembered = remembered_numbers(state, library.photos) if state else {}
        for photo in library.photos if ledger.numbers else ():
            number = ledger.numbers.get(self._source.mark_keys(photo)[0])
            if number is not None:
                remembered[photo.place] = remembered.get(photo.place, frozenset()) | {number}
        last = max(ledger.last_number, state.last_number if state else 0)
        groups = [verdict.group for verdict in library.verdicts]
        numbers = number_groups(groups, remembered, last, library.numbers)
        numbered = sorted(zip(numbers, library.verdicts, strict=True), key=lambda pair: pair[0])
        return tuple(
            PlannedGroup(number, verdict, metadata_text(number, verdict, library.metadata))
            for number, verdict in numbered
        )

    def _mark_actions(self, groups: Sequence[PlannedGroup], library: LibraryAnalysis) -> list[MarkAction]:
        marked = [marked_group(group, self._source.mark_keys) for group in groups]
        # What is only for reference counts as not seen: nothing is taken back of it either.
        seen = {key for photo in library.own for key in self._source.mark_keys(photo)}
        references = {key for one in library.photos if one.is_reference for key in self._source.mark_keys(one)}
        return self._marks.plan(marked, seen, self._options.marks, references)

    def _left(self, library: LibraryAnalysis) -> tuple[KeptItem, ...]:
        """The marks that stay as the user changed them, by the names of the photos."""
        left, photos = self._marks.left, library.photos
        names = {key: photo.name for photo in photos for key in self._source.mark_keys(photo)} if left else {}
        return tuple(KeptItem(names.get(one.what, one.what), one.why) for one in left)
