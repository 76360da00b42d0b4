"""Marks in a library: what stands on its photos, what is to be changed, and what a change left, as data.

Photos are named by their key, albums and stacks by the library's own id for them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, get_args

from bestshot.journal.journal import DoneChange, Kinds
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, RemoveTags, RestoreStack


@dataclass(frozen=True, slots=True)
class MarkOptions:
    """Which marks the user wants on groups.

    `tag` goes on every photo of a group, and `best_tag` on the best as well. `inherit` gives the best what its group
    has: its albums, and a favourite, rating or description if one of the others has it.
    """

    tag: str | None = None
    album_prefix: str | None = None
    favorite_best: bool = False
    stack: bool = False
    archive_rest: bool = False
    inherit: bool = False

    @property
    def best_tag(self) -> str | None:
        """The second tag of a group's best photo."""
        return None if self.tag is None else f"{self.tag}-best"

    @property
    def any(self) -> bool:
        """Whether there is anything to mark."""
        return self != MarkOptions()


# What stands in the library


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack with its primary first."""

    id: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Album:
    """An album with all that is in it, anybody's."""

    id: str
    name: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class PhotoMarks:
    """What stands on one photo: tags as full paths ("trips/berlin"), a rating of 1 to 5, or -1 if it was rejected."""

    key: str
    is_favorite: bool = False
    is_archived: bool = False
    rating: int | None = None
    description: str = ""
    tags: frozenset[str] = frozenset()
    stack: Stack | None = None


@dataclass(frozen=True, slots=True)
class LibraryMarks:
    """What stands on the photos that were asked for, and in albums: those asked for, and those that hold the photos.

    A photo or album that is gone is left out. `rates_favorites`: a favourite is a photo with five stars there, so that
    a photo cannot be both a favourite and rated otherwise. `tagged` are the tags that exist of those that we made,
    each with all that has it or a tag below it; `tag_names` are all tags then.
    """

    photos: Mapping[str, PhotoMarks] = field(default_factory=dict)
    albums: Mapping[str, Album] = field(default_factory=dict)
    rates_favorites: bool = False
    tagged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tag_names: frozenset[str] = frozenset()


# What is to be changed


@dataclass(frozen=True, slots=True)
class MarkedGroup:
    """A group as it was when it was marked: its number, and all its photos with the best first.

    The first `kept` of them are the best photo: more than one where it has a RAW file that is an entry of its own.
    """

    number: int
    keys: tuple[str, ...]
    kept: int = 1


@dataclass(frozen=True, slots=True)
class AddTags:
    """Put tags on photos, all of them in one call where the library can. `groups` are the photos' whole groups.

    A plan leaves `made` empty: they are the tags that were not there just before, and those above them, entered when
    the action is begun, so that an undo takes them away and no others.
    """

    keys: tuple[str, ...]
    tags: tuple[str, ...]
    groups: tuple[MarkedGroup, ...] = ()
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """Take a tag of ours off photos."""

    keys: tuple[str, ...]
    tag: str


@dataclass(frozen=True, slots=True)
class MakeAlbum:
    """Make the album of a group.

    A plan leaves `namesakes` empty: they are the albums of that name that were there just before, entered when the
    action is begun, so that after a killed run the one that it made is told from them.
    """

    number: int
    name: str
    keys: tuple[str, ...]
    namesakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddToAlbum:
    """Add photos to an album: to the one of their group, or (number None) the best to an album of the others."""

    album: str
    keys: tuple[str, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class RemoveFromAlbum:
    """Take photos that we added out of an album: of their group's, or (number None) of one that they joined."""

    album: str
    keys: tuple[str, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class SetFavorite:
    """Make photos favourites, or no longer. `groups` are the whole groups of new favourites."""

    keys: tuple[str, ...]
    value: bool
    groups: tuple[MarkedGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class SetRating:
    """Rate a photo with 1 to 5 stars, or (None) take the stars away."""

    key: str
    value: int | None


@dataclass(frozen=True, slots=True)
class SetDescription:
    """Describe a photo."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class MakeStack:
    """Stack a group, the first on top. `merged` are the stacks as they stood before, whose members all come along.

    `carried` are those of the photos that are not of the group and only come along.
    """

    number: int
    keys: tuple[str, ...]
    merged: tuple[Stack, ...] = ()
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DissolveStack:
    """Take a stack of ours apart whose photos are no longer one group."""

    number: int
    stack: Stack


@dataclass(frozen=True, slots=True)
class SetArchived:
    """Take photos out of the timeline, or put them back; nothing is deleted.

    A plan that archives says for each of `keys`, in the same order, which photo must be in sight for it: the best of
    its group. Right before archiving that one is read back, and a photo whose best is not in the timeline stays there.
    `groups` are the whole groups of these photos.
    """

    keys: tuple[str, ...]
    value: bool
    visible: tuple[str, ...] = ()
    groups: tuple[MarkedGroup, ...] = ()


MarkAction = (
    AddTags
    | RemoveTag
    | MakeAlbum
    | AddToAlbum
    | RemoveFromAlbum
    | SetFavorite
    | SetRating
    | SetDescription
    | MakeStack
    | DissolveStack
    | SetArchived
    | RemoveTags
    | DeleteTag
    | DeleteAlbum
    | RestoreStack
)


@dataclass(frozen=True, slots=True)
class MarkEffect:
    """What a change of marks left.

    `changed` are the photos on which something is now other than before; those that had it already are left out.
    `container` is the album or stack that was made. `before` is an earlier rating or description, as text.
    """

    changed: tuple[str, ...] = ()
    container: str | None = None
    before: str | None = None


KINDS: Final[Kinds[MarkAction, MarkEffect]] = Kinds({kind.__name__: kind for kind in get_args(MarkAction)}, MarkEffect)
"""What the journal holds of marks."""


@dataclass(frozen=True, slots=True)
class MarkReceipt:
    """A change of marks that was made, with all that is needed to take it back."""

    action: MarkAction
    trace: MarkEffect


def receipts_of(done: Iterable[DoneChange[MarkAction, MarkEffect]]) -> Iterator[MarkReceipt]:
    """The receipts of changes that the journal holds."""
    return (MarkReceipt(one.action, one.effect) for one in done)


@dataclass(frozen=True, slots=True)
class MarkRefusal:
    """A photo that could not be marked, and why."""

    key: str
    error: str


@dataclass(frozen=True, slots=True)
class MarkResult:
    """What came of a change: the photos it changed, those it could not, and the album or stack that was made.

    `before` is an earlier rating or description, as text.
    """

    changed: tuple[str, ...] = ()
    refused: tuple[MarkRefusal, ...] = ()
    container: str | None = None
    before: str | None = None


def keys_of(action: MarkAction) -> tuple[str, ...]:
    """The photos that an action touches."""
    match action:
        case SetRating() | SetDescription():
            return (action.key,)
        case DissolveStack():
            return action.stack.keys
        case _:
            return action.keys


def in_order(keys: Collection[str] | Sequence[str]) -> tuple[str, ...]:
    """Keys as actions hold them: each once, sorted."""
    return tuple(sorted(set(keys)))
