"""Tags on all photos of groups, and a second one on the best."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bestshot.marks.actions import MarkAction, MarkedGroup, MarkEffect, MarkKind, PhotoAction, Words, in_order
from bestshot.marks.context import PlanningContext
from bestshot.marks.ledger import LedgerBuilder
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.state import TAG, Aspect, LibraryMarks, PhotoMarks
from bestshot.marks.undo_context import UndoPlan
from bestshot.text import printable


class _OfTags(PhotoAction):
    """A change of tags on photos."""

    __slots__ = ()
    what = TAG
    is_easily_lost = True
    has_jobs = True

    if TYPE_CHECKING:  # a field of some classes and a property of another

        @property
        def tags(self) -> tuple[str, ...]: ...

    @property
    def names(self) -> str:
        return " and ".join(map(printable, self.tags))

    def aspects(self, effect: MarkEffect) -> Iterator[Aspect]:
        return (Aspect(TAG, tag, key) for tag in self.tags for key in effect.changed)


class _TakesOff(_OfTags):
    """A change that takes tags off photos."""

    __slots__ = ()

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        ledger.set(self.aspects(effect), None)

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        return photo is None or photo.tags.isdisjoint(self.tags)

    def reverse(self, keys: tuple[str, ...], _effect: MarkEffect, _undo: UndoPlan) -> PhotoAction:
        return AddTags(keys, self.tags)


@dataclass(frozen=True, slots=True)
class AddTags(_OfTags):
    """Put tags on photos, all of them in one call where the library can. `groups` are the photos' whole groups.

    A plan leaves `made` empty: they are the tags that were not there just before, and those above them, entered when
    the action is begun, so that an undo takes them away and no others.
    """

    keys: tuple[str, ...]
    tags: tuple[str, ...]
    groups: tuple[MarkedGroup, ...] = ()
    made: tuple[str, ...] = ()

    words = Words("put the {0.noun} {0.names} on {photos}", "tagged", "not tagged")

    @property
    def noun(self) -> str:
        return "tag" if len(self.tags) == 1 else "tags"

    @property
    def own_tags(self) -> tuple[str, ...]:
        return self.made

    def has_begun(self, marks: LibraryMarks) -> bool:
        return not marks.tagged.keys().isdisjoint(self.made)

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        ledger.set(self.aspects(effect), value=True)

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        return photo is not None and photo.tags.issuperset(self.tags)

    def reverse(self, keys: tuple[str, ...], _effect: MarkEffect, _undo: UndoPlan) -> PhotoAction:
        return RemoveTags(keys, self.tags)


@dataclass(frozen=True, slots=True)
class RemoveTag(_TakesOff):
    """Take a tag of ours off photos."""

    keys: tuple[str, ...]
    tag: str

    words = Words("take the tag {0.names} off {photos}", "no longer tagged", "still tagged")

    @property
    def tags(self) -> tuple[str, ...]:
        return (self.tag,)


@dataclass(frozen=True, slots=True)
class RemoveTags(_TakesOff):
    """Take the tags that one change put on photos off them again; only an undo does."""

    keys: tuple[str, ...]
    tags: tuple[str, ...]

    words = Words("take the tags {0.names} off {photos}", "no longer tagged", "not taken back")


@dataclass(frozen=True, slots=True)
class DeleteTag(MarkAction):
    """Take away a tag that we made, once nothing has it; `keys` are the photos that had it from us."""

    keys: tuple[str, ...]
    tag: str

    what = TAG
    is_divisible = False
    settles_first = True  # a tag that is put back later must not be taken for unused
    words = Words("take the unused tag {0.name} away", "no longer needed", "not taken back")

    @property
    def name(self) -> str:
        return printable(self.tag)

    @property
    def own_tags(self) -> tuple[str, ...]:
        return (self.tag,)

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        return self.keys if self.tag in marks.tagged else ()

    def counted(self, _effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        return {self.words.done: (self.tag,)}


def _plan(context: PlanningContext, _planned: Sequence[MarkAction]) -> list[MarkAction]:
    """A tag that the user took off is put on again: it is the sign of being in a group, and goes with that.

    In a set that is kept whole, no photo is another one's duplicate.
    """
    tag, best_tag = context.options.tag, context.options.best_tag
    if not tag or not best_tag:
        return []
    lacking: dict[tuple[str, ...], list[str]] = {}
    for key in context.number_of.keys() - context.in_sets:
        wanted = {tag, best_tag} if key in context.bests else {tag}
        lacking.setdefault(in_order(wanted - context.photo(key).tags), []).append(key)
    actions: list[MarkAction] = [
        AddTags(in_order(keys), tags, context.groups_of(keys)) for tags, keys in sorted(lacking.items()) if tags
    ]
    for name, is_over in ((tag, context.is_nobodys_duplicate), (best_tag, context.lost_its_place)):
        over = (key for key in context.ledger.photos(TAG, name) if is_over(key))
        if keys := in_order(key for key in over if name in context.photo(key).tags):
            actions.append(RemoveTag(keys, name))
    return actions


def _prepared(library: MarkableLibrary, actions: Sequence[MarkAction]) -> list[MarkAction]:
    """Remember which tags are made, each by the first change that puts it on; apart where the library wants that."""
    names = {tag for one in actions if isinstance(one, AddTags) for tag in one.tags}
    missing = list(library.missing_tags(names))
    prepared: list[MarkAction] = []
    for action in actions:
        if not isinstance(action, AddTags):
            prepared.append(action)
            continue
        for tags in [(tag,) for tag in action.tags] if library.tags_one_at_a_time else [action.tags]:
            made = tuple(name for name in missing if any(f"{tag}/".startswith(f"{name}/") for tag in tags))
            missing = [name for name in missing if name not in made]
            prepared.append(replace(action, tags=tags, made=made or action.made))
    return prepared


def _delete_tags(undo: UndoPlan) -> None:
    """The tags that the run made and nothing has once it is taken back, those below others first."""
    off: dict[str, set[str]] = {}
    for one in undo.actions:
        if isinstance(one, RemoveTags):
            for key in one.keys:
                off.setdefault(key, set()).update(one.tags)
    names = set(undo.marks.tag_names)
    made = {name: one.effect.changed or one.action.keys for one in undo.history.made for name in one.action.own_tags}
    for name in sorted(made, reverse=True):
        is_parent = any(other.startswith(f"{name}/") for other in names)
        users = undo.marks.tagged.get(name)
        if users is None or is_parent or not all(_is_off(name, off.get(key, ())) for key in users):
            continue
        names.discard(name)
        undo.actions.append(DeleteTag(made[name], name))


def _is_off(name: str, off: Iterable[str]) -> bool:
    """Whether a photo that has a tag, or one below it, loses such a one; the last look is right before it goes."""
    return any(tag == name or tag.startswith(f"{name}/") for tag in off)


TAGS: Final = MarkKind(
    actions=(AddTags, RemoveTag, RemoveTags, DeleteTag),
    plan=_plan,
    counted={"tagged": "photo", "no longer tagged": "photo"},
    taken_back={"no longer needed": "tag"},
    prepare=_prepared,
    end_undo=_delete_tags,
)
