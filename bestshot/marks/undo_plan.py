"""What a run marked, the other way round: pure.

Only what still stands as the run left it is taken back. What the user has taken back already is done; what was changed
otherwise since is left and told.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bestshot.journal.runs import KeptItem
from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    LibraryMarks,
    MakeAlbum,
    MakeStack,
    MarkAction,
    MarkReceipt,
    PhotoMarks,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
    Stack,
    in_order,
)
from bestshot.marks.history import Aspect, MarkHistory, aspects_of, state_set
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, RemoveTags, RestoreStack
from bestshot.text import base_name

_GONE = "It is gone or in the trash."
_CHANGED = "It was changed since and stays as it is."
_LATER = "A later run has changed it since: undo that one first."
_FILLED = "Something was added to it, or it was renamed: it stays."
_ALBUM_GONE = "Its album is gone."
_RESTACKED = "Its stack was changed since and stays as it is."


def plan_mark_undo(history: MarkHistory, marks: LibraryMarks) -> tuple[list[MarkAction], list[KeptItem]]:
    """The changes that take a run back, in their order, and what is left alone.

    `marks` must tell of all that the run wrote, and of its albums and the tags it made.
    """
    undo = _MarkUndo(history, marks, frozenset(aspects_of(history.since, marks)))
    for receipt in reversed(history.made):
        undo.take_back(receipt)
    undo.delete_tags()
    # No favourite is archived: what goes back there may be one of ours until then.
    return sorted(undo.actions, key=lambda one: isinstance(one, SetArchived) and one.value), undo.left


@dataclass(slots=True)
class _MarkUndo:
    history: MarkHistory
    marks: LibraryMarks
    later: frozenset[Aspect]
    actions: list[MarkAction] = field(default_factory=list)
    left: list[KeptItem] = field(default_factory=list)
    stacks: dict[str, Stack | None] = field(default_factory=dict)

    def take_back(self, receipt: MarkReceipt) -> None:
        action, changed = receipt.action, receipt.trace.changed
        match action:
            case AddTags() | RemoveTag():
                self._tags(action, changed)
            case MakeAlbum():
                self._made_album(action, receipt.trace.container)
            case AddToAlbum() | RemoveFromAlbum():
                self._in_album(action, changed)
            case SetFavorite() | SetArchived():
                self._switch(action, changed)
            case SetRating() | SetDescription():
                self._text(action, receipt)
            case MakeStack():
                self._made_stack(action, receipt)
            case DissolveStack(stack=stack):
                self._restore([stack])

    def delete_tags(self) -> None:
        """The tags that the run made and nothing has once it is taken back, those below others first."""
        off: dict[str, set[str]] = {}
        for one in self.actions:
            if isinstance(one, RemoveTags):
                for key in one.keys:
                    off.setdefault(key, set()).update(one.tags)
        names = set(self.marks.tag_names)
        made = {
            name: receipt.trace.changed
            for receipt in self.history.made
            if isinstance(receipt.action, AddTags)
            for name in receipt.action.made
        }
        for name in sorted(made, reverse=True):
            is_parent = any(other.startswith(f"{name}/") for other in names)
            users = self.marks.tagged.get(name)
            if users is None or is_parent or not all(_is_off(name, off.get(key, ())) for key in users):
                continue
            names.discard(name)
            self.actions.append(DeleteTag(made[name], name))

    def _tags(self, action: AddTags | RemoveTag, changed: Sequence[str]) -> None:
        tags = action.tags if isinstance(action, AddTags) else (action.tag,)
        was_added = isinstance(action, AddTags)
        keys = [
            key
            for key, photo in self._there(changed)
            if (any(tag in photo.tags for tag in tags) if was_added else tags[0] not in photo.tags)
            and self._is_latest(key, *(("tag", tag, key) for tag in tags))
        ]
        if keys:
            back: MarkAction = RemoveTags(in_order(keys), tags) if was_added else AddTags(in_order(keys), tags)
            self.actions.append(back)

    def _made_album(self, action: MakeAlbum, id_: str | None) -> None:
        album = self.marks.albums.get(id_ or "")
        if album is None:
            return
        ours = set(action.keys).union(
            *(
                receipt.trace.changed
                for receipt in self.history.made
                if isinstance(receipt.action, AddToAlbum) and receipt.action.album == id_
            )
        )
        if any(aspect[:2] == ("album", album.id) for aspect in self.later):
            self.left.append(KeptItem(album.name, _LATER))
        elif not album.keys <= ours or album.name not in (action.name, base_name(album.id)):
            self.left.append(KeptItem(album.name, _FILLED))
        else:
            self.actions.append(DeleteAlbum(album.id, album.name, in_order(ours)))

    def _in_album(self, action: AddToAlbum | RemoveFromAlbum, changed: Sequence[str]) -> None:
        album = self.marks.albums.get(action.album)
        was_added = isinstance(action, AddToAlbum)
        if any(one.trace.container == action.album for one in self.history.made if isinstance(one.action, MakeAlbum)):
            return  # it goes as a whole, or stays as a whole
        if album is None:
            self.left += [] if was_added else [KeptItem(key, _ALBUM_GONE) for key in changed]
            return
        keys = [
            key
            for key in changed
            if (key in album.keys) == was_added and self._is_latest(key, ("album", album.id, key))
        ]
        if keys:
            back = RemoveFromAlbum if was_added else AddToAlbum
            self.actions.append(back(album.id, in_order(keys), action.number))

    def _switch(self, action: SetFavorite | SetArchived, changed: Sequence[str]) -> None:
        keys = [
            key
            for key, photo in self._there(changed)
            if (photo.is_favorite if isinstance(action, SetFavorite) else photo.is_archived) == action.value
            and self._is_latest(key, (state_set(action, self.marks), "", key))
        ]
        if keys:
            self.actions.append(type(action)(in_order(keys), not action.value))

    def _text(self, action: SetRating | SetDescription, receipt: MarkReceipt) -> None:
        before = receipt.trace.before or self._known_before(action)
        for key, photo in self._there(receipt.trace.changed):
            back: MarkAction
            if isinstance(action, SetRating):
                back = SetRating(key, None if before is None else int(before))
                is_ours, is_back = photo.rating == action.value, photo.rating == back.value
            else:
                back = SetDescription(key, before or "")
                is_ours, is_back = _same(photo.description, action.text), _same(photo.description, back.text)
            if is_back or not self._is_latest(key, (state_set(action, self.marks), "", key)):
                continue
            if is_ours:
                self.actions.append(back)
            else:
                self.left.append(KeptItem(key, _CHANGED))

    def _known_before(self, action: SetRating | SetDescription) -> str | None:
        """What stood there before a change of a killed run, of which the receipt does not tell: ours, or nothing."""
        before = self.history.before
        known = before.ratings if isinstance(action, SetRating) else before.descriptions
        return known[action.key].text if action.key in known else None

    def _made_stack(self, action: MakeStack, receipt: MarkReceipt) -> None:
        id_, made = self.history.stack_now(receipt.trace.container), receipt.trace.changed
        found = next((stack for key in made if (stack := self._stack(key)) is not None and stack.id == id_), None)
        if found is None:
            self._restore(action.merged)
        elif set(found.keys) != set(made) or found.keys[0] != action.keys[0]:
            self.left.append(KeptItem(action.keys[0], _RESTACKED))
        elif all(self._is_latest(key, ("stack", "", key)) for key in made):
            if not any(set(stack.keys) == set(found.keys) for stack in action.merged):
                self.actions.append(DissolveStack(action.number, found))
                self.stacks |= dict.fromkeys(found.keys)
            for stack in action.merged:
                self._put_back(stack)

    def _restore(self, stacks: Iterable[Stack]) -> None:
        """Make stacks again that are not there, if we took them apart: not if the user did, or made others."""
        taken_apart = {
            key
            for one in (*self.history.made, *self.history.undone)
            if isinstance(one.action, DissolveStack)
            for key in one.action.stack.keys
        }
        for stack in stacks:
            now = [self._stack(key) for key in stack.keys]
            if any(
                one is not None and one.keys[:1] == stack.keys[:1] and set(one.keys) == set(stack.keys) for one in now
            ):
                continue
            is_free = all(one is None for one in now) and taken_apart.issuperset(stack.keys)
            if is_free and all(self._is_latest(key, ("stack", "", key)) for key in stack.keys):
                self._put_back(stack)
            elif not is_free:
                self.left.append(KeptItem(stack.keys[0], _RESTACKED))

    def _put_back(self, stack: Stack) -> None:
        self.actions.append(RestoreStack(stack.id, stack.keys))
        self.stacks |= dict.fromkeys(stack.keys, stack)

    def _stack(self, key: str) -> Stack | None:
        """The stack that a photo will be in once what is planned so far is done."""
        photo = self.marks.photos.get(key)
        return self.stacks.get(key, None if photo is None else photo.stack)

    def _there(self, keys: Iterable[str]) -> Iterator[tuple[str, PhotoMarks]]:
        """The photos that are there, with what stands on them."""
        for key in keys:
            photo = self.marks.photos.get(key)
            if photo is None:
                self.left.append(KeptItem(key, _GONE))
            else:
                yield key, photo

    def _is_latest(self, key: str, *aspects: Aspect) -> bool:
        """Whether no later run has changed this; else it is left."""
        if self.later.isdisjoint(aspects):
            return True
        self.left.append(KeptItem(key, _LATER))
        return False


def _is_off(name: str, off: Iterable[str]) -> bool:
    """Whether a photo that has a tag, or one below it, loses such a one; the last look is right before it goes."""
    return any(tag == name or tag.startswith(f"{name}/") for tag in off)


def _is_alike(one: Stack, other: Stack) -> bool:
    """Whether two stacks have the same top and the same photos."""
    return one.keys[0] == other.keys[0] and set(one.keys) == set(other.keys)


def _same(text: str, other: str) -> bool:
    """Whether two descriptions are one: a server may give one back with other white space."""
    return text.split() == other.split()
