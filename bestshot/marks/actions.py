"""What every change of marks is: data that says what it sets, whether that stands, and how it is taken back.

The changes themselves are in `kinds`, a module for each kind of mark.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from bestshot.marks.roles import PerRole
from bestshot.marks.state import Aspect, LibraryMarks, PhotoMarks

if TYPE_CHECKING:
    from bestshot.journal.changes import DoneChange
    from bestshot.marks.context import PlanningContext
    from bestshot.marks.ledger import LedgerBuilder
    from bestshot.marks.library import MarkableLibrary
    from bestshot.marks.undo_context import UndoPlan


_CHANGED = "It was changed since and stays as it is."


@dataclass(frozen=True, slots=True)
class MarkOptions:
    """Which marks the user wants on groups.

    `tag` goes on every photo of a group, and `best_tag` on the best as well. `inherit` gives the best what its group
    has: its albums, and a favourite, rating or description if one of the others has it. `rate` (as text) and `label`
    are given to photos for their part in a group.
    """

    tag: str | None = None
    album_prefix: str | None = None
    favorite_best: bool = False
    stack: bool = False
    archive_rest: bool = False
    inherit: bool = False
    rate: PerRole | None = None
    label: PerRole | None = None

    @property
    def best_tag(self) -> str | None:
        """The second tag of a group's best photo."""
        return None if self.tag is None else f"{self.tag}-best"

    @property
    def gives_by_role(self) -> bool:
        """Whether photos are given something for their part in a group."""
        return self.rate is not None or self.label is not None

    @property
    def any(self) -> bool:
        """Whether there is anything to mark."""
        return self != MarkOptions()


@dataclass(frozen=True, slots=True)
class MarkedGroup:
    """A group as it was when it was marked: its number, and all its photos with the best first.

    The first `kept` of them are the best photo: more than one where it has a RAW file that is an entry of its own. The
    `keepers` that follow them stay in sight as well, and so do all of a set. The group's `references` are not among the
    keys, as nothing is ever set on them; if one of these is the best, no other photo is `kept` as that.
    """

    number: int
    keys: tuple[str, ...]
    kept: int = 1
    keepers: int = 0
    is_set: bool = False
    references: tuple[str, ...] = ()

    @property
    def rest(self) -> tuple[str, ...]:
        """The photos that the others stand for."""
        return () if self.is_set else self.keys[self.kept + self.keepers :]


@dataclass(frozen=True, slots=True)
class MarkEffect:
    """What a change of marks left.

    `changed` are the photos on which something is now other than before; those that had it already are left out.
    `container` is the album or stack that was made. `before` is an earlier rating or description, as text.
    """

    changed: tuple[str, ...] = ()
    container: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What must stand before another change is made: `on` names, for each photo of that change, where it must.

    A photo for which it does not stand is given up, with the reason `why`.
    """

    change: "MarkAction"
    on: Mapping[str, str]
    why: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a change: what it would do, of what it changed, and of a photo on which it failed.

    In what it would do, `{photos}` are its photos counted, and `{0}` is the change itself.
    """

    would: str
    done: str
    failed: str


class MarkAction(ABC):
    """One change of marks. Its class and its fields are written into the journal by their names, so they stay.

    `keys` are the photos that it touches. `groups` are the groups that it is about, as far as it says so; they are
    over with it if it `ends_groups`.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # a field of some classes and a property of others: dataclasses would take this for a default

        @property
        def keys(self) -> tuple[str, ...]:
            """The photos that it touches."""

    what: ClassVar[str]
    """What it changes."""
    ends_groups: ClassVar[bool] = False
    is_divisible: ClassVar[bool] = True
    """Whether it can be made for some of its photos alone."""
    is_easily_lost: ClassVar[bool] = False
    """Whether a server may lose it if it comes too soon after another change of the same photo."""
    settles_first: ClassVar[bool] = False
    """Whether all changes before it must have settled when it is made."""
    has_jobs: ClassVar[bool] = False
    """Whether it lets a server work on the photos in the background."""

    @property
    def groups(self) -> tuple[MarkedGroup, ...]:
        """The groups that it is about."""
        return ()

    @property
    def condition(self) -> "Condition | None":
        """What must stand already where it is made."""
        return None

    @property
    def own_tags(self) -> tuple[str, ...]:
        """The tags that it makes or takes away."""
        return ()

    def has_begun(self, _marks: LibraryMarks) -> bool:
        """Whether something that it makes first is there, although it may stand on none of its photos."""
        return False

    def albums(self, container: str | None) -> tuple[str, ...]:  # noqa: ARG002 - for those that make an album
        """The albums that it changes; `container` is the one that it made."""
        return ()

    def container_now(self, container: str | None, _marks: LibraryMarks) -> str | None:
        """What it made, as far as the library shows that."""
        return container

    def aspects(self, effect: MarkEffect) -> Iterable[Aspect]:
        """What it changed on photos."""
        return (Aspect(self.what, "", key) for key in effect.changed)

    def record(self, effect: MarkEffect, ledger: "LedgerBuilder") -> None:  # noqa: B027 - not all is known to it
        """Enter into the ledger what is ours since, or no longer."""

    @abstractmethod
    def lacking(self, marks: LibraryMarks, container: str | None) -> tuple[str, ...]:
        """The photos on which it does not stand.

        A photo that is gone lacks whatever was to be put on it, and nothing that was to be taken off.
        """

    def narrowed(self, keys: Collection[str], _container: str | None) -> "MarkAction":
        """The change that makes it stand on these of its photos; an album that was made is not made again."""
        if not self.is_divisible:
            return self
        whole: Any = self  # of whatever class, with a field for its keys
        narrowed: MarkAction = replace(whole, keys=only(self.keys, keys))
        return narrowed

    def take_back(self, effect: MarkEffect, undo: "UndoPlan") -> None:  # noqa: B027 - what only an undo does stays
        """Plan how it is taken back, as far as it still stands as it was left."""

    @property
    @abstractmethod
    def words(self) -> "Words":
        """What is said of it."""

    def counted(self, effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        """The photos, albums or stacks that it changed, by what is said of them."""
        return {self.words.done: effect.changed}


class PhotoAction(MarkAction):
    """A change that sets something on each photo for itself, where it is seen whether it stands."""

    __slots__ = ()

    @abstractmethod
    def stands_on(self, photo: PhotoMarks | None) -> bool:
        """Whether it stands on a photo; None is one that is gone."""

    @abstractmethod
    def reverse(self, keys: tuple[str, ...], effect: MarkEffect, undo: "UndoPlan") -> "PhotoAction":
        """The change that gives these of its photos back what they had."""

    def is_as_left(self, _photo: PhotoMarks) -> bool:
        """Whether a photo on which the reverse does not stand is as this change left it."""
        return True

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        """The photos on which it does not stand."""
        return tuple(key for key in self.keys if not self.stands_on(marks.photos.get(key)))

    def take_back(self, effect: MarkEffect, undo: "UndoPlan") -> None:
        """Plan the reverse for the photos that are as it left them; what was changed otherwise since stays."""
        keys: list[str] = []
        for key, photo in undo.there(effect.changed):
            is_back = self.reverse((key,), effect, undo).stands_on(photo)
            if is_back or not undo.is_latest(key, *self.aspects(replace(effect, changed=(key,)))):
                continue
            if self.is_as_left(photo):
                keys.append(key)
            else:
                undo.leave(key, _CHANGED)
        if keys:
            undo.actions.append(self.reverse(in_order(keys), effect, undo))


class SetsValue(PhotoAction):
    """A change that gives photos a value of which each has one."""

    __slots__ = ()
    has_jobs = True
    set_words: ClassVar[Words]
    unset_words: ClassVar[Words]

    @property
    @abstractmethod
    def left(self) -> str | bool | None:
        """The value, as the ledger keeps it; None for nothing."""

    @property
    def words(self) -> Words:
        """What is said of giving it, or of taking it away."""
        return self.unset_words if self.left is None else self.set_words

    def record(self, effect: MarkEffect, ledger: "LedgerBuilder") -> None:
        """Enter the value, and what was there before."""
        ledger.set(self.aspects(effect), self.left, effect.before)

    def is_as_left(self, photo: PhotoMarks) -> bool:
        """Whether the value still stands."""
        return self.stands_on(photo)


@dataclass(frozen=True, slots=True)
class MarkReceipt:
    """A change of marks that was made, with all that is needed to take it back."""

    action: MarkAction
    effect: MarkEffect


def receipts_of(done: "Iterable[DoneChange[MarkAction, MarkEffect]]") -> Iterator[MarkReceipt]:
    """The receipts of changes that the journal holds."""
    return (MarkReceipt(one.action, one.effect) for one in done)


@dataclass(frozen=True, slots=True)
class MarkRefusal:
    """A photo that could not be marked, and why."""

    key: str
    error: str


@dataclass(frozen=True, slots=True)
class MarkResult(MarkEffect):
    """What came of a change: its effect, and the photos that could not be changed."""

    refused: tuple[MarkRefusal, ...] = ()


def _as_planned(_library: "MarkableLibrary", actions: Sequence[MarkAction]) -> list[MarkAction]:
    return list(actions)


def _nothing_made(
    _library: "MarkableLibrary", _begun: Mapping[int, MarkAction], _known: Collection[str]
) -> dict[int, str]:
    return {}


def _nothing_left(_context: "PlanningContext") -> Iterable[tuple[str, str]]:
    return ()


def _nothing_more(_undo: "UndoPlan") -> None:
    pass


@dataclass(frozen=True, slots=True)
class MarkKind:
    """One kind of mark: its changes, how they are planned, and what is said of them.

    `plan` is given what is planned already. `counted` is what a run reports, in this order, with the word for what is
    counted; `taken_back` is what an undo reports besides. `prepare` looks up, right before changes are begun, what is
    needed to recognise later what they made; `find_made` finds what a killed run made by the changes `begun` (by
    number), apart from what is `known` to be made by others; `end_undo` completes the plan of an undo. `left` tells
    what stays as the user changed it, and how that is.
    """

    actions: tuple[type[MarkAction], ...]
    plan: "Callable[[PlanningContext, Sequence[MarkAction]], list[MarkAction]]"
    counted: Mapping[str, str]
    taken_back: Mapping[str, str] = field(default_factory=dict)
    prepare: "Callable[[MarkableLibrary, Sequence[MarkAction]], list[MarkAction]]" = _as_planned
    find_made: "Callable[[MarkableLibrary, Mapping[int, MarkAction], Collection[str]], dict[int, str]]" = _nothing_made
    end_undo: "Callable[[UndoPlan], None]" = _nothing_more
    left: "Callable[[PlanningContext], Iterable[tuple[str, str]]]" = _nothing_left


def refused(keys: Iterable[str], why: str) -> tuple[MarkRefusal, ...]:
    """All of these photos, for one reason."""
    return tuple(MarkRefusal(key, why) for key in keys)


def in_order(keys: Iterable[str]) -> tuple[str, ...]:
    """Keys as actions hold them: each once, sorted."""
    return tuple(sorted(set(keys)))


def only(keys: Iterable[str], wanted: Collection[str]) -> tuple[str, ...]:
    """The keys that are wanted, in their order."""
    return tuple(key for key in keys if key in wanted)
