"""A stack for each group, the best on top; stacks of the user's that touch it go into it whole."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bestshot.marks.actions import MarkAction, MarkedGroup, MarkEffect, MarkKind, Words, in_order
from bestshot.marks.context import PlanningContext
from bestshot.marks.ledger import LedgerBuilder, OurStack
from bestshot.marks.state import STACK, Aspect, LibraryMarks, Stack
from bestshot.marks.undo_context import UndoPlan

_RESTACKED = "Its stack was changed since and stays as it is."


class _Stacks(MarkAction):
    """A change that makes a stack of its photos, the first on top."""

    __slots__ = ()
    what = STACK
    is_divisible = False
    carried: tuple[str, ...] = ()

    def container_now(self, container: str | None, marks: LibraryMarks) -> str | None:
        best = marks.photos.get(self.keys[0])
        return container if best is None or best.stack is None else best.stack.id

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        """What only came along may be in the trash, where no stack shows it."""
        best = marks.photos.get(self.keys[0])
        if best is None or best.stack is None or best.stack.keys[0] != best.key:
            return self.keys
        return tuple(key for key in self.keys if key not in {*best.stack.keys, *self.carried})


@dataclass(frozen=True, slots=True)
class MakeStack(_Stacks):
    """Stack a group, the first on top. `merged` are the stacks as they stood before, whose members all come along.

    `carried` are those of the photos that are not of the group and only come along.
    """

    number: int
    keys: tuple[str, ...]
    merged: tuple[Stack, ...] = ()
    carried: tuple[str, ...] = ()

    words = Words("stack {photos} for group {0.number}", "stacked", "not stacked")

    @property
    def groups(self) -> tuple[MarkedGroup, ...]:
        return (MarkedGroup(self.number, tuple(key for key in self.keys if key not in self.carried)),)

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        if effect.container is not None:
            took_in = any(_is_somebody_elses(one, ledger.stacks.get(one.id)) for one in self.merged)
            ledger.stacks[effect.container] = OurStack(self.number, self.keys, took_in)
            ledger.set((Aspect(STACK, "", key) for key in self.keys), effect.container)

    def take_back(self, effect: MarkEffect, undo: UndoPlan) -> None:
        """Take it apart if it is as we left it, and make the stacks again that went into it."""
        id_, made = undo.history.now.stack_now(effect.container), effect.changed
        found = next((stack for key in made if (stack := undo.stack(key)) is not None and stack.id == id_), None)
        if found is None:
            _restore(self.merged, undo)
        elif set(found.keys) != set(made) or found.keys[0] != self.keys[0]:
            undo.leave(self.keys[0], _RESTACKED)
        elif all(undo.is_latest(key, Aspect(STACK, "", key)) for key in made):
            if not any(set(stack.keys) == set(found.keys) for stack in self.merged):
                undo.actions.append(DissolveStack(self.number, found))
                undo.stacks |= dict.fromkeys(found.keys)
            for stack in self.merged:
                _put_back(stack, undo)

    def counted(self, effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        return {self.words.done: () if effect.container is None else (effect.container,)}


@dataclass(frozen=True, slots=True)
class DissolveStack(MarkAction):
    """Take a stack of ours apart whose photos are no longer one group."""

    number: int
    stack: Stack

    what = STACK
    is_divisible = False
    ends_groups = True
    words = Words("take apart the stack of group {0.number} with {photos}", "taken apart", "still stacked")

    @property
    def keys(self) -> tuple[str, ...]:
        return self.stack.keys

    @property
    def groups(self) -> tuple[MarkedGroup, ...]:
        return (MarkedGroup(self.number, self.stack.keys),)

    def record(self, _effect: MarkEffect, ledger: LedgerBuilder) -> None:
        ledger.forget_stack(self.stack.id)

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        photos = (marks.photos[key] for key in self.keys if key in marks.photos)
        return tuple(photo.key for photo in photos if photo.stack and set(photo.stack.keys) == set(self.keys))

    def take_back(self, _effect: MarkEffect, undo: UndoPlan) -> None:
        _restore([self.stack], undo)

    def counted(self, _effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        return {self.words.done: (self.stack.id,)}


@dataclass(frozen=True, slots=True)
class RestoreStack(_Stacks):
    """Make a stack again that went into one of ours; `stack` is the id that it had. Only an undo does."""

    stack: str
    keys: tuple[str, ...]

    words = Words("stack {photos} as before", "stacked as before", "not taken back")

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        """One of ours is ours again, under its new id; one of somebody else's is theirs, whatever we made of it."""
        if effect.container is None:
            return
        if effect.container != self.stack:
            ledger.restored[self.stack] = effect.container
        if self.stack in ledger.stacks:
            ours = ledger.stacks[effect.container] = ledger.stacks.pop(self.stack)
            ledger.set((Aspect(STACK, "", key) for key in ours.keys), effect.container)
        else:
            ledger.set((Aspect(STACK, "", key) for key in self.keys), None)

    def counted(self, _effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        return {self.words.done: (self.stack,)}


def _is_somebody_elses(stack: Stack, ours: OurStack | None) -> bool:
    """Whether a stack was made by others, in part at least: one of ours that they changed is theirs as it is."""
    return ours is None or ours.took_in or set(stack.keys) != set(ours.keys)


def _restore(stacks: Iterable[Stack], undo: UndoPlan) -> None:
    """Make stacks again that are not there, if we took them apart: not if the user did, or made others."""
    apart = (one.action for one in (*undo.history.made, *undo.history.undone))
    taken_apart = {key for action in apart if isinstance(action, DissolveStack) for key in action.keys}
    for stack in stacks:
        now = [undo.stack(key) for key in stack.keys]
        if any(one is not None and _is_alike(one, stack) for one in now):
            continue
        if any(one is not None for one in now) or not taken_apart.issuperset(stack.keys):
            undo.leave(stack.keys[0], _RESTACKED)
        elif all(undo.is_latest(key, Aspect(STACK, "", key)) for key in stack.keys):
            _put_back(stack, undo)


def _is_alike(one: Stack, other: Stack) -> bool:
    """Whether two stacks have the same top and the same photos."""
    return one.keys[0] == other.keys[0] and set(one.keys) == set(other.keys)


def _put_back(stack: Stack, undo: UndoPlan) -> None:
    undo.actions.append(RestoreStack(stack.id, stack.keys))
    undo.stacks |= dict.fromkeys(stack.keys, stack)


def _plan(context: PlanningContext, _planned: Sequence[MarkAction]) -> list[MarkAction]:
    """Take apart what is no longer one group, and stack the groups."""
    if not context.options.stack:
        return []
    standing = {stack.id: stack for key in context.seen if (stack := context.photo(key).stack) is not None}
    over = {id_: stack for id_, stack in sorted(standing.items()) if _is_over(context, stack)}
    actions: list[MarkAction] = [DissolveStack(context.ledger.stacks[id_].number, stack) for id_, stack in over.items()]
    for group in context.groups:
        # Under a best that is not in the timeline, all the others would be out of sight.
        if context.is_in_sight(group.keys[0]):
            actions += _stacked(context, group, over)
    return actions


def _stacked(context: PlanningContext, group: MarkedGroup, over: Collection[str]) -> list[MarkAction]:
    keys = [key for key in group.keys if not was_moved_by_user(context, key)]
    stacks = [stack for key in keys if (stack := context.photo(key).stack) is not None and stack.id not in over]
    touched = {stack.id: stack for stack in stacks}
    if len(keys) < 2 or keys[0] != group.keys[0] or any(_is_left(context, group, one) for one in touched.values()):
        return []
    if any(one.keys[0] == keys[0] and set(keys) <= set(one.keys) for one in touched.values()):
        return []
    merged = tuple(touched[id_] for id_ in sorted(touched))
    carried = in_order({key for one in merged for key in one.keys} - set(keys))
    return [MakeStack(group.number, (*keys, *carried), merged, carried)]


def was_moved_by_user(context: PlanningContext, key: str) -> bool:
    """Whether a photo is no longer in the stack that we last put it in: it is not stacked again."""
    last, now = context.ledger.settings(STACK).get(key), context.photo(key).stack
    return last is not None and (now is None or now.id != last.value)


def _is_left(context: PlanningContext, group: MarkedGroup, stack: Stack) -> bool:
    """Whether a stack stays as it is, and so does what touches it.

    It also holds photos of another group; or it is ours, and its top was not seen, so that nobody compared it, or
    was put there by the user.
    """
    if any(context.last_number(key) not in (None, group.number) for key in stack.keys):
        return True
    ours = context.ledger.stacks.get(stack.id)
    if ours is None:
        return False
    is_moved = ours.keys[0] != stack.keys[0] and ours.keys[0] in context.marks.photos
    return is_moved or stack.keys[0] in context.marks.photos.keys() - context.seen


def _is_over(context: PlanningContext, stack: Stack) -> bool:
    """Whether a stack is ours, untouched, and surely no longer of one group.

    One that took in a stack of somebody else's is left, because that one would come apart with it; so is one of which
    a single photo is left, which servers list as a stack and show as none.
    """
    ours = context.ledger.stacks.get(stack.id)
    if ours is None or ours.took_in or len(stack.keys) < 2 or not _is_untouched(context, stack, ours):
        return False
    numbers = {context.number_of.get(key) for key in stack.keys}
    return (len(numbers) > 1 or None in numbers) and context.settled.issuperset(stack.keys)


def _is_untouched(context: PlanningContext, stack: Stack, ours: OurStack) -> bool:
    there = [key for key in ours.keys if key in context.marks.photos]
    return there[:1] == [stack.keys[0]] and set(there) == set(stack.keys)


def _left(context: PlanningContext) -> Iterator[tuple[str, str]]:
    if context.options.stack:
        yield from ((key, "taken out of its stack") for key in context.number_of if was_moved_by_user(context, key))


STACKS: Final = MarkKind(
    actions=(MakeStack, DissolveStack, RestoreStack),
    plan=_plan,
    counted={"stacked": "group", "taken apart": "stack"},
    taken_back={"stacked as before": "group"},
    left=_left,
)
