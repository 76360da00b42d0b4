"""A small honest library of marks in memory: it changes as a server would, and tells what each change left."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bestshot.marks.actions import MarkAction, MarkEffect, MarkReceipt
from bestshot.marks.kinds.albums import AddToAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import LabelByRole, RateByRole
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack
from bestshot.marks.kinds.tags import AddTags, RemoveTag
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import Album, LibraryMarks, PhotoMarks, Stack


class MarkBook:
    """Photos and albums by key and id, and the receipts of what the tool did there."""

    def __init__(self, *photos: PhotoMarks, albums: Iterable[Album] = ()) -> None:
        self.photos = {photo.key: replace(photo, stack=None) for photo in photos}
        self.albums = {album.id: album for album in albums}
        self.receipts: list[MarkReceipt] = []
        self._made = 0
        for stack in sorted({photo.stack for photo in photos if photo.stack is not None}, key=lambda one: one.id):
            self._put(stack.keys, stack)

    @property
    def marks(self) -> LibraryMarks:
        return LibraryMarks(dict(self.photos), dict(self.albums))

    @property
    def ledger(self) -> MarkLedger:
        return MarkLedger.of(self.receipts)

    def carry_out(self, actions: Iterable[MarkAction]) -> None:
        """Do these as the tool, and keep the receipts."""
        for action in actions:
            before, albums = dict(self.photos), dict(self.albums)
            written = None
            if isinstance(action, SetRating) and before[action.key].rating is not None:
                written = str(before[action.key].rating)
            if isinstance(action, SetDescription):
                written = before[action.key].description
            container = self.do(action)
            changed = [key for key in action.keys if self.photos[key] != before[key]]
            if isinstance(action, AddToAlbum | RemoveFromAlbum):
                changed = sorted(albums[action.album].keys ^ self.albums[action.album].keys)
            if isinstance(action, MakeAlbum):
                changed = list(action.keys)
            self.receipts.append(MarkReceipt(action, MarkEffect(tuple(changed), container, written)))

    def do(self, action: MarkAction) -> str | None:
        """Do this as anybody; returns the album or stack that was made."""
        match action:
            case AddTags(keys=keys, tags=tags):
                self._change(keys, lambda photo: {"tags": photo.tags | set(tags)})
            case RemoveTag(keys=keys, tag=tag):
                self._change(keys, lambda photo: {"tags": photo.tags - {tag}})
            case SetFavorite(keys=keys, value=value):
                self._change(keys, lambda _: {"is_favorite": value})
            case SetArchived(keys=keys, value=value):
                self._change(keys, lambda _: {"is_archived": value})
            case RateByRole(keys=keys, value=rating) | SetRating(keys=keys, value=rating):
                self._change(keys, lambda _: {"rating": rating})
            case LabelByRole(keys=keys, value=label):
                self._change(keys, lambda _: {"label": label})
            case SetDescription(key=key, text=text):
                self._change((key,), lambda _: {"description": text})
            case _:
                return self._contain(action)
        return None

    def _contain(self, action: MarkAction) -> str | None:
        match action:
            case MakeAlbum(name=name, keys=keys):
                id_ = self._new("album")
                self.albums[id_] = Album(id_, name, frozenset(keys))
                return id_
            case AddToAlbum(album=id_, keys=keys):
                self.albums[id_] = replace(self.albums[id_], keys=self.albums[id_].keys | set(keys))
            case RemoveFromAlbum(album=id_, keys=keys):
                self.albums[id_] = replace(self.albums[id_], keys=self.albums[id_].keys - set(keys))
            case DissolveStack(stack=stack):
                self._put(stack.keys, None)
            case MakeStack(keys=keys):
                return self._stack(keys)
        return None

    def _stack(self, keys: tuple[str, ...]) -> str:
        """A stack whose top is among the photos comes along as a whole; other photos leave theirs."""
        assert len(set(keys)) == len(keys) > 1
        tops = {stack for key in keys if (stack := self.photos[key].stack) is not None and stack.keys[0] == key}
        coming = [key for stack in tops for key in stack.keys if key not in keys]
        whole = (*keys, *sorted(set(coming)))
        for left in {stack for key in whole if (stack := self.photos[key].stack) is not None}:
            rest = tuple(key for key in left.keys if key not in whole)
            self._put(rest, Stack(left.id, rest) if len(rest) > 1 else None)
        id_ = self._new("stack")
        self._put(whole, Stack(id_, whole))
        return id_

    def delete(self, key: str) -> None:
        """What the user does to a photo: it is gone from its stack and its albums as well."""
        stack = self.photos[key].stack
        del self.photos[key]
        if stack is not None:
            rest = tuple(other for other in stack.keys if other != key)
            self._put(rest, Stack(stack.id, rest) if len(rest) > 1 else None)
        self.albums = {id_: replace(album, keys=album.keys - {key}) for id_, album in self.albums.items()}

    def _put(self, keys: Iterable[str], stack: Stack | None) -> None:
        self._change(keys, lambda _: {"stack": stack})

    def _change(self, keys: Iterable[str], change: Any) -> None:
        for key in keys:
            self.photos[key] = replace(self.photos[key], **change(self.photos[key]))

    def _new(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._made}"
