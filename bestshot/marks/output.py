"""A library in which marks are planned and carried out, and the journal of them."""

import logging
from collections import Counter
from collections.abc import Collection, Generator, Sequence

from bestshot.journal.changes import DoneChange
from bestshot.journal.journal import Journal
from bestshot.journal.runs import KeptItem, is_about, over_parts
from bestshot.marks.actions import MarkAction, MarkedGroup, MarkEffect, MarkOptions, MarkReceipt
from bestshot.marks.apply import FailedMark, VerifyPolicy, carry_out_marks, recover_marks
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.plan import left_as_changed, plan_marks
from bestshot.marks.registry import KINDS
from bestshot.marks.state import ALBUM
from bestshot.text import after_colon, count

logger = logging.getLogger(__name__)


class MarkOutput:
    """The marks in a library, and what the journal knows of them; without a journal, none of them are ours.

    `sources` are what a run is about: groups keep the numbers that they had there. `left` is what stays as the
    user changed it, by the last plan.
    """

    def __init__(self, library: MarkableLibrary, journal: Journal | None, target: str, sources: Sequence[str]) -> None:
        self._library = library
        self._journal = journal
        self._target = target
        self._sources = tuple(sources)
        self._ledger: MarkLedger | None = None
        self.left: list[KeptItem] = []

    def recover(self) -> None:
        """Mend what a killed run left in the journal; nothing is written in the library."""
        if self._journal is not None:
            recover_marks(self._library, self._journal, self._target)
            self._journal.end_broken_parts(self._target)
            self._ledger = None

    def ledger(self) -> MarkLedger:
        """What this tool has set in the library and not taken back; read from the journal once between changes."""
        if self._ledger is None:
            self._ledger = MarkLedger() if self._journal is None else self._read_ledger(self._journal)
        return self._ledger

    def _read_ledger(self, journal: Journal) -> MarkLedger:
        """Numbers that were undone are free again, and so are those of other folders, but for those of their albums."""
        parts = journal.parts()
        over = over_parts(parts)
        ours = {part.id for part in parts if is_about(part, self._sources)} - over

        def counts(one: DoneChange[MarkAction, MarkEffect]) -> bool:
            return one.part in ours or (one.action.what == ALBUM and one.part not in over)

        done = journal.done(self._target, KINDS)
        return MarkLedger.counting((MarkReceipt(one.action, one.effect), counts(one)) for one in done)

    def plan(
        self,
        groups: Sequence[MarkedGroup],
        seen: Collection[str],
        options: MarkOptions,
        references: Collection[str] = frozenset(),
    ) -> list[MarkAction]:
        """What is missing so that the groups are marked as the options say; `seen` are all photos of the run.

        Nothing is done with those for reference, nor is anything taken back of them. On what photos the library lets
        nobody make a change is told, and no part of the plan.
        """
        ledger = self.ledger()
        keys = ledger.keys.union(*(group.keys for group in groups))
        albums = ledger.album_ids if options.album_prefix is not None or options.inherit else ()
        marks = self._library.read_marks(keys, albums, with_albums=options.inherit)
        planned = plan_marks(groups, seen, marks, ledger, options)
        self.left = left_as_changed(groups, seen, marks, ledger, options)
        closed = [self._library.closed(action) for action in planned]
        reasons = {key: why for one in closed for key, why in one.items() if key not in references}
        for why, number in sorted(Counter(reasons.values()).items()):
            logger.warning("%s: %s", count(number, "photo"), after_colon(why))
        open_ones: list[MarkAction] = []
        for one, shut in zip(planned, closed, strict=True):
            left = [key for key in one.keys if key not in shut and key not in references]
            if left:
                open_ones.append(one if len(left) == len(one.keys) else one.narrowed(left, None))
        return open_ones

    def calls_for(self, actions: Sequence[MarkAction]) -> dict[MarkAction, tuple[str, ...]]:
        """The calls that would write each of these actions, in words."""
        return dict(zip(actions, self._library.calls_for(actions), strict=True))

    def carry_out(
        self, actions: Sequence[MarkAction], sources: Sequence[str], policy: VerifyPolicy
    ) -> Generator[MarkReceipt | FailedMark, None, None]:
        """Do what was planned, and report at the end what came of it; what was done is in the journal by then."""
        assert self._journal is not None or not actions  # a run that changes something has a journal
        self._ledger = None
        if self._journal is not None:
            yield from carry_out_marks(self._library, self._journal, self._target, sources, actions, policy)
