"""What leaves the timeline and what comes back, by stacks and by the archive: pure.

Nothing leaves sight unless the best of its group is in sight.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from bestshot.marks.actions import DissolveStack, MakeStack, MarkAction, MarkedGroup, SetArchived, Stack, in_order
from bestshot.marks.ledger import OurStack
from bestshot.marks.view import PlanningContext


def returning(view: PlanningContext) -> frozenset[str]:
    """Photos that we archived and that are surely no longer the rest of a group."""
    rest = view.number_of.keys() - view.bests
    return frozenset(key for key in (view.ledger.archived & view.settled) - rest if view.is_archived_by_us(key))


def plan_stacks(view: PlanningContext, coming_back: Collection[str]) -> list[MarkAction]:
    """Take apart what is no longer one group, and stack the groups; `coming_back` will be in the timeline."""
    standing = {stack.id: stack for key in view.seen if (stack := view.photo(key).stack) is not None}
    over = {id_: stack for id_, stack in sorted(standing.items()) if _is_over(view, stack)}
    actions: list[MarkAction] = [DissolveStack(view.ledger.stacks[id_].number, stack) for id_, stack in over.items()]
    for group in view.groups:
        best = group.keys[0]
        # Under a best that is not in the timeline, all the others would be out of sight.
        if best in coming_back or not view.photo(best).is_archived:
            actions += _stacked(view, group, over)
    return actions


def _stacked(view: PlanningContext, group: MarkedGroup, over: Collection[str]) -> list[MarkAction]:
    keys = [key for key in group.keys if not _was_moved_by_user(view, key)]
    stacks = [stack for key in keys if (stack := view.photo(key).stack) is not None and stack.id not in over]
    touched = {stack.id: stack for stack in stacks}
    if len(keys) < 2 or keys[0] != group.keys[0] or any(_is_left(view, group, one) for one in touched.values()):
        return []
    if any(one.keys[0] == keys[0] and set(keys) <= set(one.keys) for one in touched.values()):
        return []
    merged = tuple(touched[id_] for id_ in sorted(touched))
    carried = in_order({key for one in merged for key in one.keys} - set(keys))
    return [MakeStack(group.number, (*keys, *carried), merged, carried)]


def _was_moved_by_user(view: PlanningContext, key: str) -> bool:
    """Whether a photo is no longer in the stack that we last put it in: it is not stacked again."""
    last, now = view.ledger.stacked.get(key), view.photo(key).stack
    return last is not None and (now is None or now.id != last)


def _is_left(view: PlanningContext, group: MarkedGroup, stack: Stack) -> bool:
    """Whether a stack stays as it is, and so does what touches it.

    It also holds photos of another group; or it is ours, and its top was not seen, so that nobody compared it, or
    was put there by the user.
    """
    if any(view.last_number(key) not in (None, group.number) for key in stack.keys):
        return True
    ours = view.ledger.stacks.get(stack.id)
    if ours is None:
        return False
    is_moved = ours.keys[0] != stack.keys[0] and ours.keys[0] in view.marks.photos
    return is_moved or stack.keys[0] in view.marks.photos.keys() - view.seen


def _is_over(view: PlanningContext, stack: Stack) -> bool:
    """Whether a stack is ours, untouched, and surely no longer of one group.

    One that took in a stack of somebody else's is left, because that one would come apart with it; so is one of which
    a single photo is left, which servers list as a stack and show as none.
    """
    ours = view.ledger.stacks.get(stack.id)
    if ours is None or ours.took_in or len(stack.keys) < 2 or not _is_untouched(view, stack, ours):
        return False
    numbers = {view.number_of.get(key) for key in stack.keys}
    return (len(numbers) > 1 or None in numbers) and view.settled.issuperset(stack.keys)


def _is_untouched(view: PlanningContext, stack: Stack, ours: OurStack) -> bool:
    there = [key for key in ours.keys if key in view.marks.photos]
    return there[:1] == [stack.keys[0]] and set(there) == set(stack.keys)


def plan_archive(
    view: PlanningContext, stacks: Iterable[MarkAction], coming_back: Collection[str], favorites: Collection[str]
) -> list[MarkAction]:
    """First what comes back, then the rest of all groups whose best is in sight; never one of the `favorites`.

    A group whose best the user archived is left alone, and so is a photo that the user has put back.
    """
    tops = _tops_after(view, stacks)
    best_of: dict[str, str] = {}
    for group in view.groups:
        best = group.keys[0]
        is_visible = best in coming_back or not view.photo(best).is_archived
        if is_visible and tops.get(best, (best,))[0] == best:
            rest = [key for key in group.keys[group.kept :] if key not in favorites]
            best_of |= {key: best for key in rest if _may_leave(view, group, tops, key)}
    actions: list[MarkAction] = []
    if keys := in_order(coming_back):
        actions.append(SetArchived(keys, value=False))
    if keys := in_order(best_of):
        visible = tuple(best_of[key] for key in keys)
        actions.append(SetArchived(keys, value=True, visible=visible, groups=view.groups_of(keys)))
    return actions


def _may_leave(view: PlanningContext, group: MarkedGroup, tops: Mapping[str, Sequence[str]], key: str) -> bool:
    """A photo on top of others, which are not of its group, would take them along out of sight."""
    if view.photo(key).is_archived or key in view.ledger.archived:
        return False
    stack = tops.get(key, (key,))
    return stack[0] != key or set(stack) <= set(group.keys)


def _tops_after(view: PlanningContext, stacks: Iterable[MarkAction]) -> dict[str, tuple[str, ...]]:
    """The stack that each photo of a group will be in, the top first."""
    after = {key: stack.keys for key in view.number_of if (stack := view.photo(key).stack) is not None}
    for action in stacks:
        match action:
            case MakeStack(keys=keys):
                after |= dict.fromkeys(keys, keys)
            case DissolveStack(stack=stack):
                after = {key: keys for key, keys in after.items() if key not in stack.keys}
    return after
