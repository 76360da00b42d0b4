"""What an undo of marks is planned with: what is known of the run, and what is to be done or left: pure.

Only what still stands as the run left it is taken back. What the user has taken back already is done; what was changed
otherwise since is left and reported.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bestshot.journal.runs import KeptItem
from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import FAVORITE, RATING, Aspect, LibraryMarks, PhotoMarks, Stack

CHANGED_LATER = "A later run has changed it since: undo that one first."
_GONE = "It is gone or in the trash."


@dataclass(frozen=True, slots=True)
class MarkHistory:
    """What is known of a run that is to be taken back, and of what came before and after.

    `made` are its receipts, `undone` those of earlier tries to take it back, `since` those of the later runs that
    stand. `before` is the ledger as it was then, `now` as it is.
    """

    made: tuple[MarkReceipt, ...]
    undone: tuple[MarkReceipt, ...] = ()
    since: tuple[MarkReceipt, ...] = ()
    before: MarkLedger = field(default_factory=MarkLedger)
    now: MarkLedger = field(default_factory=MarkLedger)


@dataclass(slots=True)
class UndoPlan:
    """The changes that take a run back, as far as they are planned, and what is left alone.

    `marks` must cover all that the run wrote, its albums and the tags it made. `later` is what later runs
    changed. `stacks` are those that photos will be in once what is planned so far is done, where that changes.
    """

    history: MarkHistory
    marks: LibraryMarks
    later: frozenset[Aspect] = field(init=False)
    actions: list[MarkAction] = field(default_factory=list)
    left: list[KeptItem] = field(default_factory=list)
    stacks: dict[str, Stack | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        since = (aspect for one in self.history.since for aspect in one.action.aspects(one.effect))
        self.later = frozenset(map(self._in_library, since))

    def leave(self, what: str, why: str) -> None:
        """Leave something alone."""
        self.left.append(KeptItem(what, why))

    def there(self, keys: Iterable[str]) -> Iterator[tuple[str, PhotoMarks]]:
        """The photos that are there, with what stands on them; the others are left."""
        for key in keys:
            photo = self.marks.photos.get(key)
            if photo is None:
                self.leave(key, _GONE)
            else:
                yield key, photo

    def stack(self, key: str) -> Stack | None:
        """The stack that a photo will be in once what is planned so far is done."""
        photo = self.marks.photos.get(key)
        return self.stacks.get(key, None if photo is None else photo.stack)

    def is_latest(self, key: str, *aspects: Aspect) -> bool:
        """Whether no later run has changed this; else it is left."""
        if self.later.isdisjoint(map(self._in_library, aspects)):
            return True
        self.leave(key, CHANGED_LATER)
        return False

    def _in_library(self, aspect: Aspect) -> Aspect:
        """A photo has one rating, for whatever reason; where favourites are rated, they are one too."""
        is_rating = aspect.what == RATING or (aspect.what == FAVORITE and self.marks.rates_favorites)
        return Aspect(RATING, "", aspect.key) if is_rating else aspect
