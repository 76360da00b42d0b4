"""What is known of a run of marks that is to be taken back, and of those before and after it: pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    LibraryMarks,
    MakeAlbum,
    MakeStack,
    MarkReceipt,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
)
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.reversals import RestoreStack

Aspect = tuple[str, str, str]
"""Something that can be changed on a photo: what, which one of these (a tag, an album), and the photo."""


@dataclass(frozen=True, slots=True)
class MarkHistory:
    """What is known of a run that is to be taken back, and of what came before and after.

    `made` are its receipts, `undone` those of earlier tries to take it back, `since` those of the later runs that
    stand. `before` is the ledger as it was then. `stacks` tells under which id a stack was made again, by its old one.
    """

    made: tuple[MarkReceipt, ...]
    undone: tuple[MarkReceipt, ...] = ()
    since: tuple[MarkReceipt, ...] = ()
    before: MarkLedger = field(default_factory=MarkLedger)
    stacks: Mapping[str, str] = field(default_factory=dict)

    def stack_now(self, id_: str | None) -> str | None:
        """The id of a stack by now."""
        while id_ is not None and id_ in self.stacks:
            id_ = self.stacks[id_]
        return id_


def restored_stacks(receipts: Iterable[MarkReceipt]) -> dict[str, str]:
    """Under which id each stack was made again."""
    return {
        receipt.action.stack: receipt.trace.container
        for receipt in receipts
        if isinstance(receipt.action, RestoreStack)
        and receipt.trace.container is not None
        and receipt.trace.container != receipt.action.stack
    }


def aspects_of(receipts: Iterable[MarkReceipt], marks: LibraryMarks) -> Iterator[Aspect]:
    """What these changes changed."""
    for receipt in receipts:
        action, changed = receipt.action, receipt.trace.changed
        match action:
            case AddTags(tags=tags):
                yield from (("tag", tag, key) for tag in tags for key in changed)
            case RemoveTag(tag=tag):
                yield from (("tag", tag, key) for key in changed)
            case MakeAlbum() | AddToAlbum() | RemoveFromAlbum():
                album = receipt.trace.container if isinstance(action, MakeAlbum) else action.album
                yield from (("album", album or "", key) for key in changed)
            case MakeStack() | DissolveStack():
                yield from (("stack", "", key) for key in changed)
            case SetFavorite() | SetRating() | SetDescription() | SetArchived():
                yield from ((state_set(action, marks), "", key) for key in changed)


_StateAction = SetFavorite | SetRating | SetDescription | SetArchived


def state_set(action: _StateAction, marks: LibraryMarks) -> str:
    """What a change sets; where favourites are rated, both are one."""
    is_rating = isinstance(action, SetRating) or (marks.rates_favorites and isinstance(action, SetFavorite))
    return "rating" if is_rating else type(action).__name__
