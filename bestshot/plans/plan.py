"""What a run decides: numbered groups and what is to be done; pure."""

from dataclasses import dataclass

from bestshot.journal.runs import KeptItem
from bestshot.layout.actions import Action
from bestshot.marks.actions import MarkAction
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import Photo, Skipped
from bestshot.plans.options import OutputOptions


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided: the groups, what is to be done, and what was passed over.

    `photo_count` is that of the photos that were read, without the `reference_count` of those that were only compared;
    `beyond_limit` of those that were not selected or are more than the limit allows, `unread_count` of those that could
    not be read. `passed_over` is what was there and is not looked at, in words; `named` are sentences on what of that a
    user may miss. `left` are marks of ours that the user changed and that stay so.
    """

    options: OutputOptions
    groups: tuple[PlannedGroup, ...]
    actions: tuple[Action | MarkAction, ...]
    skipped: tuple[Skipped, ...]
    photo_count: int
    reference_count: int = 0
    beyond_limit: int = 0
    unread_count: int = 0
    passed_over: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    left: tuple[KeptItem, ...] = ()

    @property
    def grouped_count(self) -> int:
        """How many photos are in a group, without those for reference."""
        return sum(len(group.verdict.own) for group in self.groups)

    @property
    def rest(self) -> list[Photo]:
        """The photos that a best one, or one kept beside it, stands for."""
        return [photo for group in self.groups for photo in group.verdict.rest]

    @property
    def file_actions(self) -> list[Action]:
        """What is to be done in the output."""
        return [action for action in self.actions if isinstance(action, Action)]

    @property
    def mark_actions(self) -> list[MarkAction]:
        """What is to be done to marks."""
        return [action for action in self.actions if isinstance(action, MarkAction)]
