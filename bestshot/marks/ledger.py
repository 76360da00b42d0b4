"""What this tool has set in a library and not taken back, out of the receipts of its changes: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    MakeAlbum,
    MakeStack,
    MarkAction,
    MarkReceipt,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
    Stack,
)
from bestshot.marks.reversals import DeleteAlbum, RemoveTags, RestoreStack
from bestshot.model.photo import Metadata

_STARS_OF_FAVORITE = 5


@dataclass(frozen=True, slots=True)
class OurAlbum:
    """The album of a group: the name we gave it ("" if we found it), and the photos that we put in."""

    number: int
    name: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class OurStack:
    """A stack as we made it, the first on top; `took_in` says whether a stack of somebody else's went into it."""

    number: int
    keys: tuple[str, ...]
    took_in: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A rating or description that we set, and what stood there before, as text; None for none."""

    text: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class MarkLedger:
    """What this tool has set in one library and not taken back. The user may have changed it since.

    `joined` are the photos that we added to albums of the user's. `stacked` names for each photo the stack that we
    last put it in. `numbers` are those under which groups were last marked, by photo; `last_number` is the highest
    ever given.
    """

    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    albums: Mapping[str, OurAlbum] = field(default_factory=dict)
    joined: Mapping[str, frozenset[str]] = field(default_factory=dict)
    favorites: frozenset[str] = frozenset()
    archived: frozenset[str] = frozenset()
    stacks: Mapping[str, OurStack] = field(default_factory=dict)
    stacked: Mapping[str, str] = field(default_factory=dict)
    ratings: Mapping[str, Written] = field(default_factory=dict)
    descriptions: Mapping[str, Written] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    last_number: int = 0

    @classmethod
    def of(cls, receipts: Iterable[MarkReceipt]) -> Self:
        """The state after these changes of one library, the oldest first."""
        made = tuple(receipts)
        stacks, stacked = _stacks(made)
        return cls(
            tags=_tags(made),
            albums=_albums(made),
            joined=_joined(made),
            favorites=_switched(made, SetFavorite),
            archived=_switched(made, SetArchived),
            stacks=stacks,
            stacked=stacked,
            ratings=_written(made, SetRating),
            descriptions=_written(made, SetDescription),
            numbers=_numbers(made),
            last_number=max((number for one in made for number, _ in _numbered(one.action)), default=0),
        )

    @property
    def keys(self) -> frozenset[str]:
        """All photos that anything here is about."""
        album_keys = [album.keys for album in self.albums.values()]
        return frozenset(self.numbers).union(
            *self.tags.values(),
            *album_keys,
            *self.joined.values(),
            self.favorites,
            self.archived,
            self.stacked,
            self.ratings,
            self.descriptions,
        )

    def without_ours(self, metadata: Metadata, key: str) -> Metadata:
        """What is known of a photo, without the favourite and the stars that we gave: they say nothing of the user.

        Where favourites are five stars, as in folders, those of our favourites are ours.
        """
        is_ours = key in self.favorites
        written = self.ratings.get(key)
        rating = metadata.rating
        if written is not None and written.text == str(rating):
            rating = None if written.before is None else int(written.before)
        elif is_ours and not metadata.is_favorite and rating == _STARS_OF_FAVORITE:
            rating = None
        return replace(metadata, rating=rating, is_favorite=metadata.is_favorite and not is_ours)

    @property
    def album_ids(self) -> frozenset[str]:
        """All albums that anything here is about."""
        return frozenset(self.albums) | frozenset(self.joined)


def _tags(receipts: Sequence[MarkReceipt]) -> dict[str, frozenset[str]]:
    tags: dict[str, frozenset[str]] = {}
    for receipt in receipts:
        match receipt.action:
            case AddTags(tags=added):
                tags |= {tag: tags.get(tag, frozenset()).union(receipt.trace.changed) for tag in added}
            case RemoveTag(tag=tag):
                tags[tag] = tags.get(tag, frozenset()).difference(receipt.trace.changed)
            case RemoveTags(tags=removed):
                tags |= {tag: tags.get(tag, frozenset()).difference(receipt.trace.changed) for tag in removed}
    return {tag: keys for tag, keys in tags.items() if keys}


def _albums(receipts: Sequence[MarkReceipt]) -> dict[str, OurAlbum]:
    albums: dict[str, OurAlbum] = {}
    for receipt in receipts:
        changed = frozenset(receipt.trace.changed)
        match receipt.action:
            case MakeAlbum(number=number, name=name) if receipt.trace.container is not None:
                albums[receipt.trace.container] = OurAlbum(number, name, changed)
            case AddToAlbum(album=album, number=int(number)):
                ours = albums.get(album, OurAlbum(number, "", frozenset()))
                albums[album] = replace(ours, keys=ours.keys | changed)
            case RemoveFromAlbum(album=album, number=int()) if album in albums:
                albums[album] = replace(albums[album], keys=albums[album].keys - changed)
            case DeleteAlbum(album=album):
                albums.pop(album, None)
    return albums


def _joined(receipts: Sequence[MarkReceipt]) -> dict[str, frozenset[str]]:
    joined: dict[str, frozenset[str]] = {}
    for receipt in receipts:
        match receipt.action:
            case AddToAlbum(album=album, number=None):
                joined[album] = joined.get(album, frozenset()).union(receipt.trace.changed)
            case RemoveFromAlbum(album=album, number=None):
                joined[album] = joined.get(album, frozenset()).difference(receipt.trace.changed)
    return {album: keys for album, keys in joined.items() if keys}


def _switched(receipts: Sequence[MarkReceipt], kind: type[SetFavorite] | type[SetArchived]) -> frozenset[str]:
    keys: set[str] = set()
    for receipt in receipts:
        if isinstance(receipt.action, kind):
            change = keys.update if receipt.action.value else keys.difference_update
            change(receipt.trace.changed)
    return frozenset(keys)


def _stacks(receipts: Sequence[MarkReceipt]) -> tuple[dict[str, OurStack], dict[str, str]]:
    stacks: dict[str, OurStack] = {}
    stacked: dict[str, str] = {}
    for receipt in receipts:
        match receipt.action:
            case MakeStack() as made if receipt.trace.container is not None:
                took_in = any(_is_somebody_elses(one, stacks.get(one.id)) for one in made.merged)
                stacks[receipt.trace.container] = OurStack(made.number, made.keys, took_in)
                stacked |= dict.fromkeys(made.keys, receipt.trace.container)
            case DissolveStack(stack=stack):
                stacked = {key: id_ for key, id_ in stacked.items() if id_ != stack.id}
            case RestoreStack(stack=old) if old in stacks and receipt.trace.container is not None:
                ours = stacks[receipt.trace.container] = stacks.pop(old)
                stacked |= dict.fromkeys(ours.keys, receipt.trace.container)
    return {id_: stack for id_, stack in stacks.items() if id_ in stacked.values()}, stacked


def _is_somebody_elses(stack: Stack, ours: OurStack | None) -> bool:
    """Whether a stack was made by others, in part at least: one of ours that they changed is theirs as it is."""
    return ours is None or ours.took_in or set(stack.keys) != set(ours.keys)


def _written(receipts: Sequence[MarkReceipt], kind: type[SetRating] | type[SetDescription]) -> dict[str, Written]:
    written: dict[str, Written] = {}
    for receipt in receipts:
        action = receipt.action
        if not isinstance(action, kind) or action.key not in receipt.trace.changed:
            continue
        earlier = written.pop(action.key, None)
        before = earlier.before if earlier else receipt.trace.before or None
        text = _text(action)
        if text != before:
            written[action.key] = Written(text, before)
    return written


def _text(action: SetRating | SetDescription) -> str | None:
    if isinstance(action, SetDescription):
        return action.text or None
    return None if action.value is None else str(action.value)


def _numbers(receipts: Sequence[MarkReceipt]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for receipt in receipts:
        action = receipt.action
        for number, keys in _numbered(action):
            if isinstance(action, RemoveFromAlbum | DissolveStack):
                numbers = {key: had for key, had in numbers.items() if key not in keys or had != number}
            else:
                numbers |= dict.fromkeys(keys, number)
    return numbers


def _numbered(action: MarkAction) -> list[tuple[int, frozenset[str]]]:
    """The groups that an action is about, by number, with those of their photos that it tells."""
    match action:
        case AddTags() | SetFavorite() | SetArchived():
            return [(group.number, frozenset(group.keys)) for group in action.groups]
        case MakeStack():
            return [(action.number, frozenset(action.keys) - frozenset(action.carried))]
        case DissolveStack():
            return [(action.number, frozenset(action.stack.keys))]
        case MakeAlbum() | AddToAlbum(number=int()) | RemoveFromAlbum(number=int()):
            assert action.number is not None  # said by the patterns
            return [(action.number, frozenset(action.keys))]
        case _:
            return []
