"""Taking back what a run marked: the same machinery as for marking, which journals, reads back and makes again."""

from collections.abc import Generator, Iterable

from bestshot.journal.journal import Journal
from bestshot.journal.runs import KeptItem, RunPart, over_parts
from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.apply import FailedMark, VerifyPolicy, carry_out_in_part, recover_marks, unfinished_marks
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.registry import KINDS, MARKS
from bestshot.marks.state import LibraryMarks
from bestshot.marks.undo_context import MarkHistory, UndoPlan


def plan_mark_undo(history: MarkHistory, marks: LibraryMarks) -> tuple[list[MarkAction], list[KeptItem]]:
    """The changes that take a run back, in their order, and what is left alone."""
    undo = UndoPlan(history, marks)
    for receipt in reversed(history.made):
        receipt.action.take_back(receipt.effect, undo)
    for kind in MARKS:
        kind.end_undo(undo)
    return undo.actions, undo.left


class MarkUndo:
    """The marks of one run, in a library in which they are taken back."""

    def __init__(self, journal: Journal, part: RunPart, library: MarkableLibrary) -> None:
        self._journal = journal
        self._part = part
        self._library = library

    def plan(self) -> tuple[list[MarkAction], list[KeptItem]]:
        """What is to be taken back, and what must be left; only reads."""
        history = self._history()
        if not history.made:
            return [], []
        marks = self._library.read_back([receipt.action for receipt in history.made], albums_of(history.made))
        return plan_mark_undo(history, marks)

    def carry_out(self, policy: VerifyPolicy) -> Generator[MarkReceipt | KeptItem, None, None]:
        """Take it back, and yield at the end what came of each change; what was done is in the journal by then."""
        recover_marks(self._library, self._journal, self._part.target)
        self._journal.end_broken_parts(self._part.target)
        actions, left = self.plan()
        part = self._journal.begin_part(self._part.target, self._part.sources, undoes=self._part.id)
        results = carry_out_in_part(self._library, self._journal, part, actions, policy)
        for result in results:
            if isinstance(result, FailedMark):
                left += [KeptItem(key, result.error) for key in result.keys]
        self._journal.end_part(part, len(left))
        yield from left
        yield from (result for result in results if isinstance(result, MarkReceipt))

    def _history(self) -> MarkHistory:
        parts = self._journal.parts()
        done = self._journal.done(self._part.target, KINDS)
        receipts = [(one.part, MarkReceipt(one.action, one.effect)) for one in done]
        found = unfinished_marks(self._library, self._journal, self._part.target)
        receipts += [(change.part, MarkReceipt(change.action, effect)) for change, effect in found if effect]
        over = over_parts(parts)
        tries = {part.id for part in parts if part.undoes == self._part.id}
        return MarkHistory(
            made=tuple(receipt for part, receipt in receipts if part == self._part.id),
            undone=tuple(receipt for part, receipt in receipts if part in tries),
            since=tuple(receipt for part, receipt in receipts if part > self._part.id and part not in over),
            before=MarkLedger.of(receipt for part, receipt in receipts if part < self._part.id),
            now=MarkLedger.of(receipt for _, receipt in receipts),
        )


def albums_of(receipts: Iterable[MarkReceipt]) -> frozenset[str]:
    """The albums that a run made or filled."""
    return frozenset(album for one in receipts for album in one.action.albums(one.effect.container))
