"""The rest of each group out of the timeline, as long as its best is in sight; nothing is deleted."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bestshot.marks.actions import (
    Condition,
    MarkAction,
    MarkedGroup,
    MarkEffect,
    MarkKind,
    PhotoAction,
    SetsValue,
    Words,
    in_order,
    only,
)
from bestshot.marks.context import PlanningContext
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack, was_moved_by_user
from bestshot.marks.kinds.values import SetFavorite
from bestshot.marks.state import ARCHIVED, PhotoMarks
from bestshot.marks.undo_context import UndoPlan

_OUT_OF_SIGHT = "The best photo of its group is not in the timeline, so this one stays there."


@dataclass(frozen=True, slots=True)
class SetArchived(SetsValue):
    """Take photos out of the timeline, or put them back; nothing is deleted.

    A plan that archives says for each of `keys`, in the same order, which photo must be in sight for it: the best of
    its group. Right before archiving that one is read back, and a photo whose best is not in the timeline stays there.
    `groups` are the whole groups of these photos.
    """

    keys: tuple[str, ...]
    value: bool
    visible: tuple[str, ...] = ()
    groups: tuple[MarkedGroup, ...] = ()

    what = ARCHIVED
    has_jobs = False
    set_words = Words("archive {photos}", "archived", "not archived")
    unset_words = Words("bring {photos} back into the timeline", "back in the timeline", "not back in the timeline")

    @property
    def condition(self) -> Condition | None:
        if not self.value or not self.visible:
            return None
        best_of = dict(zip(self.keys, self.visible, strict=True))
        return Condition(SetArchived(self.visible, value=False), best_of, _OUT_OF_SIGHT)

    @property
    def left(self) -> str | bool | None:
        return self.value or None

    def reverse(self, keys: tuple[str, ...], _effect: MarkEffect, _undo: UndoPlan) -> PhotoAction:
        return SetArchived(keys, not self.value)

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        return photo is not None and photo.is_archived == self.value

    def narrowed(self, keys: Collection[str], _container: str | None) -> MarkAction:
        best_of = zip(self.keys, self.visible, strict=False)
        return replace(self, keys=only(self.keys, keys), visible=tuple(best for key, best in best_of if key in keys))


def _plan(context: PlanningContext, planned: Sequence[MarkAction]) -> list[MarkAction]:
    """First what comes back, then the rest of all groups whose best is in sight, but for favourites.

    A group whose best the user archived is left alone, and so is a photo that the user has put back. What is below
    another photo in a stack is out of the timeline already: archived, it would no longer be shown in the stack.
    """
    if not context.options.archive_rest:
        return []
    tops, favorites = _tops_after(context, planned), _favorites_after(context, planned)
    best_of: dict[str, str] = {}
    for group in context.groups:
        best = group.keys[0]
        if context.is_in_sight(best) and tops.get(best, (best,))[0] == best:
            rest = [key for key in group.rest if key not in favorites]
            best_of |= {key: best for key in rest if _may_leave(context, group, tops, key)}
    actions: list[MarkAction] = []
    back = (key for key in context.ledger.photos(ARCHIVED) if context.comes_back(key) or _is_below(context, tops, key))
    if keys := in_order(back):
        actions.append(SetArchived(keys, value=False))
    if keys := in_order(best_of):
        visible = tuple(best_of[key] for key in keys)
        actions.append(SetArchived(keys, value=True, visible=visible, groups=context.groups_of(keys)))
    return actions


def _is_below(context: PlanningContext, tops: Mapping[str, Sequence[str]], key: str) -> bool:
    """Whether a photo that is archived belongs into a stack, below a photo that is in sight."""
    top = tops.get(key, (key,))[0]
    is_shown = top != key and top in context.marks.photos and context.is_in_sight(top)
    return is_shown and key in context.seen and context.photo(key).is_archived


def _may_leave(context: PlanningContext, group: MarkedGroup, tops: Mapping[str, Sequence[str]], key: str) -> bool:
    """A photo on top of others, which are not of its group, would take them along out of sight.

    One that the user took out of our stack is wanted in sight.
    """
    if context.photo(key).is_archived or key in context.ledger.settings(ARCHIVED):
        return False
    if context.options.stack and key not in tops and was_moved_by_user(context, key):
        return False
    stack = tops.get(key, (key,))
    return stack[0] == key and set(stack) <= set(group.keys)


def _tops_after(context: PlanningContext, planned: Iterable[MarkAction]) -> dict[str, tuple[str, ...]]:
    """The stack that each photo of a group will be in, the top first."""
    after = {key: stack.keys for key in context.number_of if (stack := context.photo(key).stack) is not None}
    for action in planned:
        if isinstance(action, MakeStack):
            after |= dict.fromkeys(action.keys, action.keys)
        elif isinstance(action, DissolveStack):
            after = {key: keys for key, keys in after.items() if key not in action.keys}
    return after


def _favorites_after(context: PlanningContext, planned: Iterable[MarkAction]) -> set[str]:
    """The photos of groups that will be favourites."""
    favorites = {key for key in context.number_of if context.photo(key).is_favorite}
    for action in planned:
        if isinstance(action, SetFavorite):
            change = favorites.update if action.value else favorites.difference_update
            change(action.keys)
    return favorites


def _archive_last(undo: UndoPlan) -> None:
    """No favourite is archived: what goes back there may be one of ours until then."""
    undo.actions.sort(key=lambda one: isinstance(one, SetArchived) and one.value)


def _left(context: PlanningContext) -> Iterator[tuple[str, str]]:
    if context.options.archive_rest:
        for key in sorted(context.ledger.photos(ARCHIVED) & context.rest):
            if not context.photo(key).is_archived:
                yield key, "back in the timeline"


ARCHIVE: Final = MarkKind(
    actions=(SetArchived,),
    plan=_plan,
    counted={"archived": "photo", "back in the timeline": "photo"},
    end_undo=_archive_last,
    left=_left,
)
