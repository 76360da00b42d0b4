"""Changes of marks in words, before and after they are made."""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

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
    keys_of,
)
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, MarkReversal, RemoveTags, RestoreStack
from bestshot.text import count, printable

_State = SetFavorite | SetArchived | SetRating | SetDescription
_Membership = AddTags | RemoveTag | MakeAlbum | AddToAlbum | RemoveFromAlbum | MakeStack | DissolveStack

_COUNTED = {
    "tagged": "photo",
    "no longer tagged": "photo",
    "made": "album",
    "added to albums": "photo",
    "taken out of albums": "photo",
    "made favourite": "photo",
    "no longer favourite": "photo",
    "rated": "photo",
    "no longer rated": "photo",
    "described": "photo",
    "no longer described": "photo",
    "stacked": "group",
    "taken apart": "stack",
    "archived": "photo",
    "back in the timeline": "photo",
    "taken away": "album",
    "no longer needed": "tag",
    "stacked as before": "group",
}
"""What is told of a run, in this order, and what is counted for it."""


def action_line(action: MarkAction, calls: Sequence[str] = (), *, with_keys: bool) -> str:
    """What an action would do and by which calls, with the keys of its photos if they are wanted."""
    photos = count(len(keys_of(action)), "photo")
    if isinstance(action, MarkReversal):
        deed = _reversal_wanted(action, photos)
    else:
        deed = _state_wanted(action, photos) if isinstance(action, _State) else _membership_wanted(action, photos)
    keys = f": {', '.join(map(printable, keys_of(action)))}" if with_keys else ""
    by_calls = f" ({', '.join(map(printable, calls))})" if calls else ""
    return f"  would {deed}{by_calls}{keys}"


def _membership_wanted(action: _Membership, photos: str) -> str:
    match action:
        case AddTags():
            noun = "tag" if len(action.tags) == 1 else "tags"
            return f"put the {noun} {' and '.join(map(printable, action.tags))} on {photos}"
        case RemoveTag():
            return f"take the tag {printable(action.tag)} off {photos}"
        case MakeAlbum():
            return f"make the album {printable(action.name)} with {photos}"
        case AddToAlbum():
            return f"add {photos} to {_album(action)}"
        case RemoveFromAlbum():
            return f"take {photos} out of {_album(action)}"
        case MakeStack():
            return f"stack {photos} for group {action.number}"
        case DissolveStack():
            return f"take apart the stack of group {action.number} with {photos}"
        case _:
            assert_never(action)


def _reversal_wanted(action: MarkReversal, photos: str) -> str:
    match action:
        case RemoveTags():
            return f"take the tags {' and '.join(map(printable, action.tags))} off {photos}"
        case DeleteTag():
            return f"take the unused tag {printable(action.tag)} away"
        case DeleteAlbum():
            return f"take the album {printable(action.name)} away, with {photos}"
        case RestoreStack():
            return f"stack {photos} as before"
        case _:
            assert_never(action)


def _album(action: AddToAlbum | RemoveFromAlbum) -> str:
    """An album is known by its id; a group's own by its number as well, whatever name the user gave it."""
    album = f"the album {printable(action.album)}"
    return album if action.number is None else f"{album} of group {action.number}"


def _state_wanted(action: _State, photos: str) -> str:
    match action:
        case SetFavorite(value=value):
            return f"make {photos} favourite" if value else f"make {photos} no longer favourite"
        case SetArchived(value=value):
            return f"archive {photos}" if value else f"bring {photos} back into the timeline"
        case SetRating(value=stars):
            return f"give {photos} {count(stars, 'star')}" if stars else f"take the stars off {photos}"
        case SetDescription(text=text):
            return f"describe {photos}" if text else f"take the description off {photos}"
        case _:
            assert_never(action)


def undone_in_words(action: MarkAction) -> str:
    """What is not so for a photo on which an action failed."""
    match action:
        case AddTags() | RemoveTag():
            return "not tagged" if isinstance(action, AddTags) else "still tagged"
        case MakeAlbum() | AddToAlbum():
            return "not added to its album"
        case RemoveFromAlbum():
            return "not taken out of its album"
        case MakeStack() | DissolveStack():
            return "not stacked" if isinstance(action, MakeStack) else "still stacked"
        case RemoveTags() | DeleteTag() | DeleteAlbum() | RestoreStack():
            return "not taken back"
        case _:
            reached = _state_reached(action)
            still = reached.removeprefix("no longer ")
            return f"not {reached}" if still == reached else f"still {still}"


def done_in_words(receipts: Iterable[MarkReceipt]) -> Iterator[str]:
    """What was changed, added up by kind: a photo that got two tags was tagged once."""
    changed: dict[str, set[str]] = {}
    for receipt in receipts:
        for kind, things in _changes(receipt).items():
            changed.setdefault(kind, set()).update(things)
    for kind, noun in _COUNTED.items():
        if number := len(changed.get(kind, ())):
            yield f"{count(number, noun)} {kind}"


def _changes(receipt: MarkReceipt) -> dict[str, tuple[str, ...]]:
    """The kinds of change in a receipt, each with the photos, album or stack that it changed."""
    action, trace = receipt.action, receipt.trace
    made = () if trace.container is None else (trace.container,)
    match action:
        case MakeAlbum():
            return {"made": made, "added to albums": trace.changed}
        case MakeStack():
            return {"stacked": made}
        case DissolveStack():
            return {"taken apart": (action.stack.id,)}
        case RemoveTags() | DeleteTag() | DeleteAlbum() | RestoreStack():
            return _taken_back(action, trace.changed)
        case AddTags() | RemoveTag():
            return {"tagged" if isinstance(action, AddTags) else "no longer tagged": trace.changed}
        case AddToAlbum() | RemoveFromAlbum():
            return {"added to albums" if isinstance(action, AddToAlbum) else "taken out of albums": trace.changed}
        case _:
            return {_state_reached(action): trace.changed}


def _taken_back(action: MarkReversal, changed: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    match action:
        case RemoveTags():
            return {"no longer tagged": changed}
        case DeleteTag():
            return {"no longer needed": (action.tag,)}
        case DeleteAlbum():
            return {"taken away": (action.album,)}
        case RestoreStack():
            return {"stacked as before": (action.stack,)}
        case _:
            assert_never(action)


def _state_reached(action: _State) -> str:
    match action:
        case SetFavorite(value=value):
            return "made favourite" if value else "no longer favourite"
        case SetArchived(value=value):
            return "archived" if value else "back in the timeline"
        case SetRating(value=stars):
            return "rated" if stars else "no longer rated"
        case SetDescription(text=text):
            return "described" if text else "no longer described"
        case _:
            assert_never(action)
