"""Whether a change of marks stands, told from what was read back, and what of it must be made again."""

from collections.abc import Collection
from dataclasses import replace

from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    LibraryMarks,
    MakeAlbum,
    MakeStack,
    MarkAction,
    PhotoMarks,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
    keys_of,
)
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, RemoveTags, RestoreStack


def not_standing(action: MarkAction, container: str | None, marks: LibraryMarks) -> tuple[str, ...]:
    """The photos of an action on which it does not stand; `container` is the album that it made.

    A photo that is gone lacks whatever was to be put on it, and nothing that was to be taken off.
    """
    match action:
        case MakeAlbum():
            return _outside(container, action.keys, marks)
        case AddToAlbum():
            return _outside(action.album, action.keys, marks)
        case RemoveFromAlbum():
            outside = _outside(action.album, action.keys, marks)
            return tuple(key for key in action.keys if key not in outside)
        case MakeStack() | RestoreStack():
            return _not_stacked(action, marks)
        case DeleteAlbum():
            return action.keys if action.album in marks.albums else ()
        case DeleteTag():
            return action.keys if action.tag in marks.tagged else ()
        case _:
            return tuple(key for key in keys_of(action) if not _stands_on(action, marks.photos.get(key)))


def narrowed(action: MarkAction, container: str | None, keys: Collection[str]) -> MarkAction:
    """The action that makes it stand on these of its photos; an album that was made is not made again."""
    match action:
        case MakeAlbum():
            rest = tuple(key for key in action.keys if key in keys)
            return action if container is None else AddToAlbum(container, rest, action.number)
        case SetArchived():
            pairs = [pair for pair in zip(action.keys, action.visible, strict=False) if pair[0] in keys]
            rest = tuple(key for key in action.keys if key in keys)
            return replace(action, keys=rest, visible=tuple(best for _, best in pairs))
        case AddTags() | RemoveTag() | RemoveTags() | AddToAlbum() | RemoveFromAlbum() | SetFavorite():
            return replace(action, keys=tuple(key for key in action.keys if key in keys))
        case _:
            return action


def _stands_on(action: MarkAction, photo: PhotoMarks | None) -> bool:
    if photo is None:
        return isinstance(action, RemoveTag | RemoveTags | DissolveStack)
    match action:
        case AddTags():
            return photo.tags.issuperset(action.tags)
        case RemoveTag():
            return action.tag not in photo.tags
        case RemoveTags():
            return photo.tags.isdisjoint(action.tags)
        case DissolveStack():
            return photo.stack is None or set(photo.stack.keys) != set(action.stack.keys)
        case _:
            return _is_set(action, photo)


def _is_set(action: MarkAction, photo: PhotoMarks) -> bool:
    match action:
        case SetFavorite():
            return photo.is_favorite == action.value
        case SetArchived():
            return photo.is_archived == action.value
        case SetRating():
            return photo.rating == action.value
        case SetDescription():
            # A server that keeps descriptions in sidecar files may give them back with other white space.
            return photo.description.split() == action.text.split()
        case _:
            raise AssertionError(f"{type(action).__name__} is told from elsewhere")


def _outside(album: str | None, keys: tuple[str, ...], marks: LibraryMarks) -> tuple[str, ...]:
    if album is None or album not in marks.albums:
        return keys
    return tuple(key for key in keys if key not in marks.albums[album].keys)


def _not_stacked(action: MakeStack | RestoreStack, marks: LibraryMarks) -> tuple[str, ...]:
    """What only came along may be in the trash, where no stack shows it."""
    best = marks.photos.get(action.keys[0])
    if best is None or best.stack is None or best.stack.keys[0] != best.key:
        return action.keys
    carried = action.carried if isinstance(action, MakeStack) else ()
    return tuple(key for key in action.keys if key not in {*best.stack.keys, *carried})
