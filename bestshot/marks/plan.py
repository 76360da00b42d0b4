"""Groups and options to changes of marks as data: pure.

The marks are a state to reach: what stands is not set again, so a second run plans nothing. What this tool set and no
longer holds is taken back; what the user set, or took away again, is left as it is. What is merely absent from a run
is never a reason to take anything back, nor are photos left without it.
"""

from collections.abc import Callable, Collection, Sequence

from bestshot.journal.runs import KeptItem
from bestshot.marks.actions import MarkAction, MarkedGroup, MarkOptions
from bestshot.marks.context import PlanningContext
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.registry import MARKS
from bestshot.marks.state import LibraryMarks
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import Photo


def marked_group(group: PlannedGroup, keys_of: Callable[[Photo], tuple[str, ...]]) -> MarkedGroup:
    """A group by the keys under which its photos are marked, the photo's own and that of a RAW file beside it."""
    verdict = group.verdict
    is_set, keepers = verdict.kind.is_set, set(verdict.keepers)
    best = [verdict.best] if verdict.best in verdict.own else []
    others = [photo for photo in verdict.own if photo not in best]
    kept = [key for photo in others if photo.id in keepers for key in keys_of(photo)]
    rest = [key for photo in others if photo.id not in keepers for key in keys_of(photo)]
    of_best = [key for photo in best for key in keys_of(photo)]
    references = tuple(key for one in verdict.ranking if one.photo.is_reference for key in keys_of(one.photo))
    return MarkedGroup(group.number, (*of_best, *kept, *rest), len(of_best), len(kept), is_set, references)


def plan_marks(
    groups: Sequence[MarkedGroup], seen: Collection[str], marks: LibraryMarks, ledger: MarkLedger, options: MarkOptions
) -> list[MarkAction]:
    """What is to be changed so that these groups are marked as the options say, in the order in which it is to be done.

    `seen` are the photos that this run could see, grouped or not. `marks` must cover them, and all photos and
    albums of the ledger: what is missing there counts as gone from the library. An option that is off changes nothing.
    """
    context = PlanningContext.of(groups, seen, marks, ledger, options)
    planned: list[MarkAction] = []
    for kind in MARKS:
        planned += kind.plan(context, planned)
    return planned


def left_as_changed(
    groups: Sequence[MarkedGroup], seen: Collection[str], marks: LibraryMarks, ledger: MarkLedger, options: MarkOptions
) -> list[KeptItem]:
    """What the user changed by hand of what we set, by photo or album, as far as it would be set otherwise."""
    context = PlanningContext.of(groups, seen, marks, ledger, options)
    return [KeptItem(what, why) for kind in MARKS for what, why in kind.left(context)]
