"""What is ours in a library, told kind by kind: the slow and obvious way, for the ledger to be held against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import LabelByRole, RateByRole
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack, RestoreStack
from bestshot.marks.kinds.tags import AddTags, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.ledger import OurStack
from bestshot.marks.state import Stack


@dataclass(frozen=True)
class FilledAlbum:
    """The album of a group: its number, the name we gave it, and the photos that we put in."""

    number: int
    name: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Written:
    """A rating or description that we set, and what stood there before."""

    text: str | None
    before: str | None


@dataclass(frozen=True)
class Reference:
    """What is ours after some changes."""

    tags: dict[str, frozenset[str]]
    albums: dict[str, FilledAlbum]
    joined: dict[str, frozenset[str]]
    favorites: frozenset[str]
    archived: frozenset[str]
    stacks: dict[str, OurStack]
    stacked: dict[str, str]
    ratings: dict[str, Written]
    descriptions: dict[str, Written]
    rated_by_role: dict[str, str]
    labelled_by_role: dict[str, str]
    numbers: dict[str, int]
    last_number: int

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
            rated_by_role=_given(made, RateByRole),
            labelled_by_role=_given(made, LabelByRole),
            numbers=_numbers(made),
            last_number=max((number for one in made for number, _ in _numbered(one.action)), default=0),
        )


def _tags(receipts: Sequence[MarkReceipt]) -> dict[str, frozenset[str]]:
    tags: dict[str, frozenset[str]] = {}
    for receipt in receipts:
        match receipt.action:
            case AddTags(tags=added):
                tags |= {tag: tags.get(tag, frozenset()).union(receipt.effect.changed) for tag in added}
            case RemoveTag(tag=tag):
                tags[tag] = tags.get(tag, frozenset()).difference(receipt.effect.changed)
            case RemoveTags(tags=removed):
                tags |= {tag: tags.get(tag, frozenset()).difference(receipt.effect.changed) for tag in removed}
    return {tag: keys for tag, keys in tags.items() if keys}


def _albums(receipts: Sequence[MarkReceipt]) -> dict[str, FilledAlbum]:
    albums: dict[str, FilledAlbum] = {}
    for receipt in receipts:
        changed = frozenset(receipt.effect.changed)
        match receipt.action:
            case MakeAlbum(number=number, name=name) if receipt.effect.container is not None:
                albums[receipt.effect.container] = FilledAlbum(number, name, changed)
            case AddToAlbum(album=album, number=int(number)):
                ours = albums.get(album, FilledAlbum(number, "", frozenset()))
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
                joined[album] = joined.get(album, frozenset()).union(receipt.effect.changed)
            case RemoveFromAlbum(album=album, number=None):
                joined[album] = joined.get(album, frozenset()).difference(receipt.effect.changed)
    return {album: keys for album, keys in joined.items() if keys}


def _switched(receipts: Sequence[MarkReceipt], kind: type[SetFavorite] | type[SetArchived]) -> frozenset[str]:
    keys: set[str] = set()
    for receipt in receipts:
        if isinstance(receipt.action, kind):
            change = keys.update if receipt.action.value else keys.difference_update
            change(receipt.effect.changed)
    return frozenset(keys)


def _stacks(receipts: Sequence[MarkReceipt]) -> tuple[dict[str, OurStack], dict[str, str]]:
    stacks: dict[str, OurStack] = {}
    stacked: dict[str, str] = {}
    for receipt in receipts:
        match receipt.action:
            case MakeStack() as made if receipt.effect.container is not None:
                took_in = any(_is_somebody_elses(one, stacks.get(one.id)) for one in made.merged)
                stacks[receipt.effect.container] = OurStack(made.number, made.keys, took_in)
                stacked |= dict.fromkeys(made.keys, receipt.effect.container)
            case DissolveStack(stack=stack):
                stacked = {key: id_ for key, id_ in stacked.items() if id_ != stack.id}
            case RestoreStack(stack=old) if old in stacks and receipt.effect.container is not None:
                ours = stacks[receipt.effect.container] = stacks.pop(old)
                stacked |= dict.fromkeys(ours.keys, receipt.effect.container)
            case RestoreStack(keys=keys) if receipt.effect.container is not None:
                stacked = {key: id_ for key, id_ in stacked.items() if key not in keys}
    return {id_: stack for id_, stack in stacks.items() if id_ in stacked.values()}, stacked


def _is_somebody_elses(stack: Stack, ours: OurStack | None) -> bool:
    """Whether a stack was made by others, in part at least: one of ours that they changed is theirs as it is."""
    return ours is None or ours.took_in or set(stack.keys) != set(ours.keys)


def _written(receipts: Sequence[MarkReceipt], kind: type[SetRating] | type[SetDescription]) -> dict[str, Written]:
    written: dict[str, Written] = {}
    for receipt in receipts:
        action = receipt.action
        if not isinstance(action, kind) or action.key not in receipt.effect.changed:
            continue
        earlier = written.pop(action.key, None)
        before = earlier.before if earlier else receipt.effect.before or None
        text = _text(action)
        if text != before:
            written[action.key] = Written(text, before)
    return written


def _given(receipts: Sequence[MarkReceipt], kind: type[RateByRole] | type[LabelByRole]) -> dict[str, str]:
    given: dict[str, str | None] = {}
    for receipt in receipts:
        if isinstance(receipt.action, kind):
            value = receipt.action.value
            given |= dict.fromkeys(receipt.effect.changed, None if value is None else str(value))
    return {key: value for key, value in given.items() if value is not None}


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
        case AddTags() | SetFavorite() | SetArchived() | RateByRole() | LabelByRole():
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
