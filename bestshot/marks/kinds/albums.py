"""An album for each group, and the albums that the best joins because others of its group are in them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bestshot.marks.actions import MarkAction, MarkedGroup, MarkEffect, MarkKind, Words, in_order, only
from bestshot.marks.context import PlanningContext
from bestshot.marks.ledger import LedgerBuilder, OurAlbum
from bestshot.marks.library import MarkableLibrary
from bestshot.marks.state import ALBUM, Aspect, LibraryMarks
from bestshot.marks.undo_context import CHANGED_LATER, UndoPlan
from bestshot.text import base_name, printable

_FILLED = "Something was added to it, or it was renamed: it stays."
_GONE = "Its album is gone."


@dataclass(frozen=True, slots=True)
class MakeAlbum(MarkAction):
    """Make the album of a group.

    A plan leaves `namesakes` empty: they are the albums of that name that were there just before, entered when the
    action is begun, so that the one that a killed run made can be told apart from them. The `references` of the group
    are not put into it.
    """

    number: int
    name: str
    keys: tuple[str, ...]
    namesakes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    what = ALBUM
    words = Words("make the album {0.label} with {photos}", "added to albums", "not added to its album")

    @property
    def label(self) -> str:
        return printable(self.name)

    @property
    def groups(self) -> tuple[MarkedGroup, ...]:
        return (MarkedGroup(self.number, self.keys, references=self.references),)

    def albums(self, container: str | None) -> tuple[str, ...]:
        return () if container is None else (container,)

    def aspects(self, effect: MarkEffect) -> Iterator[Aspect]:
        return (Aspect(ALBUM, effect.container or "", key) for key in effect.changed)

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        if effect.container is not None:
            ledger.albums[effect.container] = OurAlbum(self.number, self.name)
            ledger.marks.pop((ALBUM, effect.container), None)  # a folder may be made again where one was
            ledger.set(self.aspects(effect), value=True)

    def lacking(self, marks: LibraryMarks, container: str | None) -> tuple[str, ...]:
        return _outside(container, self.keys, marks)

    def narrowed(self, keys: Collection[str], container: str | None) -> MarkAction:
        return self if container is None else AddToAlbum(container, only(self.keys, keys), self.number)

    def take_back(self, effect: MarkEffect, undo: UndoPlan) -> None:
        """The album goes if it holds nothing but what this run put in, and still has our name."""
        album = undo.marks.albums.get(effect.container or "")
        if album is None:
            return
        added = (one.effect.changed for one in undo.history.made if _adds_to(one.action, album.id))
        ours = set(self.keys).union(*added)
        if any(aspect[:2] == (ALBUM, album.id) for aspect in undo.later):
            undo.leave(album.name, CHANGED_LATER)
        elif not album.keys <= ours or album.name not in (self.name, base_name(album.id)):
            undo.leave(album.name, _FILLED)
        else:
            undo.actions.append(DeleteAlbum(album.id, album.name, in_order(ours)))

    def counted(self, effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        return {"made": self.albums(effect.container), self.words.done: effect.changed}


@dataclass(frozen=True, slots=True)
class _Membership(MarkAction):
    """Photos put into an album or taken out of it: of their group's, or (number None) of one that the best joined."""

    album: str
    keys: tuple[str, ...]
    number: int | None

    what = ALBUM

    @property
    def label(self) -> str:
        """An album is known by its id; a group's own by its number as well, whatever name the user gave it."""
        album = f"the album {printable(self.album)}"
        return album if self.number is None else f"{album} of group {self.number}"

    @property
    def groups(self) -> tuple[MarkedGroup, ...]:
        return () if self.number is None else (MarkedGroup(self.number, self.keys),)

    def albums(self, _container: str | None) -> tuple[str, ...]:
        return (self.album,)

    def aspects(self, effect: MarkEffect) -> Iterator[Aspect]:
        return (Aspect(ALBUM, self.album, key) for key in effect.changed)

    def _is_whole(self, undo: UndoPlan) -> bool:
        """Whether the run made the album: it goes as a whole then, or stays as a whole."""
        made = [one for one in undo.history.made if isinstance(one.action, MakeAlbum)]
        return any(one.effect.container == self.album for one in made)

    def _latest(self, keys: Iterable[str], undo: UndoPlan) -> tuple[str, ...]:
        return in_order(key for key in keys if undo.is_latest(key, Aspect(ALBUM, self.album, key)))


@dataclass(frozen=True, slots=True)
class AddToAlbum(_Membership):
    """Add photos to an album: to the one of their group, or (number None) the best to an album of the others."""

    words = Words("add {photos} to {0.label}", "added to albums", "not added to its album")

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        if self.number is not None:
            ledger.albums.setdefault(self.album, OurAlbum(self.number, ""))
        ledger.set(self.aspects(effect), value=True)

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        return _outside(self.album, self.keys, marks)

    def take_back(self, effect: MarkEffect, undo: UndoPlan) -> None:
        album = undo.marks.albums.get(self.album)
        if album is None or self._is_whole(undo):
            return
        if keys := self._latest((key for key in effect.changed if key in album.keys), undo):
            undo.actions.append(RemoveFromAlbum(album.id, keys, self.number))


@dataclass(frozen=True, slots=True)
class RemoveFromAlbum(_Membership):
    """Take photos that we added out of an album: of their group's, or (number None) of one that they joined."""

    ends_groups = True
    words = Words("take {photos} out of {0.label}", "taken out of albums", "not taken out of its album")

    def record(self, effect: MarkEffect, ledger: LedgerBuilder) -> None:
        ledger.set(self.aspects(effect), None)

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        album = marks.albums.get(self.album)
        return () if album is None else only(self.keys, album.keys)

    def take_back(self, effect: MarkEffect, undo: UndoPlan) -> None:
        if self._is_whole(undo):
            return
        album = undo.marks.albums.get(self.album)
        if album is None:
            for key in effect.changed:
                undo.leave(key, _GONE)
        elif keys := self._latest((key for key in effect.changed if key not in album.keys), undo):
            undo.actions.append(AddToAlbum(album.id, keys, self.number))


@dataclass(frozen=True, slots=True)
class DeleteAlbum(MarkAction):
    """Take away an album that we made and that still has our name; `keys` is all that may be in it."""

    album: str
    name: str
    keys: tuple[str, ...]

    what = ALBUM
    is_divisible = False
    words = Words("take the album {0.label} away, with {photos}", "taken away", "not taken back")

    @property
    def label(self) -> str:
        return printable(self.name)

    def albums(self, _container: str | None) -> tuple[str, ...]:
        return (self.album,)

    def record(self, _effect: MarkEffect, ledger: LedgerBuilder) -> None:
        ledger.albums.pop(self.album, None)
        ledger.marks.pop((ALBUM, self.album), None)

    def lacking(self, marks: LibraryMarks, _container: str | None) -> tuple[str, ...]:
        return self.keys if self.album in marks.albums else ()

    def counted(self, _effect: MarkEffect) -> Mapping[str, Sequence[str]]:
        return {self.words.done: (self.album,)}


def _outside(album: str | None, keys: tuple[str, ...], marks: LibraryMarks) -> tuple[str, ...]:
    if album is None or album not in marks.albums:
        return keys
    return tuple(key for key in keys if key not in marks.albums[album].keys)


def _adds_to(action: MarkAction, album: str) -> bool:
    return isinstance(action, AddToAlbum) and action.album == album


def _plan(context: PlanningContext, _planned: Sequence[MarkAction]) -> list[MarkAction]:
    prefix = context.options.album_prefix
    own = {} if prefix is None else _group_albums(context, prefix)
    actions: list[MarkAction] = []
    if prefix is not None:
        actions += _filled(context, own, prefix)
        actions += _emptied(context)
    if context.options.inherit:
        others = context.marks.albums.keys() - context.ledger.albums.keys() - set(own.values())
        actions += _joined(context, others)
        actions += _left(context)
    return actions


def _group_albums(context: PlanningContext, prefix: str) -> dict[int, str]:
    """The albums that groups have had, by number, gone or not.

    An album with the name that a group's would get, and a photo of the group in it, is taken for it when the ledger
    was lost; not one that the best joined, which is the user's.
    """
    known = context.ledger.album_ids
    by_name = {_album_name(prefix, group.number): group for group in context.groups}
    found = {
        by_name[album.name].number: id_
        for id_, album in sorted(context.marks.albums.items())
        if id_ not in known and album.name in by_name and album.keys & set(by_name[album.name].keys)
    }
    return found | {album.number: id_ for id_, album in context.ledger.albums.items()}


def _album_name(prefix: str, number: int) -> str:
    return f"{prefix}{number:04}"


def _filled(context: PlanningContext, own: Mapping[int, str], prefix: str) -> Iterator[MarkAction]:
    """An album that the user deleted is not made again, nor is a photo put in again that the user took out."""
    for group in context.groups:
        id_ = own.get(group.number)
        if id_ is None:
            name = _album_name(prefix, group.number)
            yield MakeAlbum(group.number, name, in_order(group.keys), references=group.references)
        elif id_ in context.marks.albums:
            known = context.marks.albums[id_].keys | context.ledger.photos(ALBUM, id_)
            if missing := in_order(set(group.keys) - known):
                yield AddToAlbum(id_, missing, group.number)


def _emptied(context: PlanningContext) -> Iterator[MarkAction]:
    """Photos that we put into the album of a group they are no longer in, where all that we put there was seen."""
    for id_, ours in sorted(context.ledger.albums.items()):
        there = context.ledger.photos(ALBUM, id_) & context.marks.photos.keys()
        if id_ in context.marks.albums and there <= context.settled:
            over = {key for key in there if context.number_of.get(key) != ours.number}
            if keys := in_order(over & context.marks.albums[id_].keys):
                yield RemoveFromAlbum(id_, keys, ours.number)


def _joined(context: PlanningContext, albums: Collection[str]) -> Iterator[MarkAction]:
    best_of = {key: group.keys[0] for group in context.picked for key in group.keys}
    for id_ in sorted(albums):
        there, joined = context.marks.albums[id_].keys, context.ledger.photos(ALBUM, id_)
        wanted = {best_of[key] for key in there - joined if key in best_of}
        if keys := in_order(wanted - there - joined):
            yield AddToAlbum(id_, keys, None)


def _left(context: PlanningContext) -> Iterator[MarkAction]:
    for id_, joined in sorted(context.ledger.joined.items()):
        there = context.marks.albums[id_].keys if id_ in context.marks.albums else frozenset()
        if keys := in_order(key for key in joined & there if context.lost_its_place(key)):
            yield RemoveFromAlbum(id_, keys, None)


def _prepared(library: MarkableLibrary, actions: Sequence[MarkAction]) -> list[MarkAction]:
    """Remember which albums of the same name were there before."""
    names = {action.name for action in actions if isinstance(action, MakeAlbum)}
    known = library.albums_called(names) if names else {}
    return [
        replace(action, namesakes=known.get(action.name, ())) if isinstance(action, MakeAlbum) else action
        for action in actions
    ]


def _find_made(library: MarkableLibrary, begun: Mapping[int, MarkAction], known: Collection[str]) -> dict[int, str]:
    """The albums of that name that are new since it began, made by no other change, and with the photos in it."""
    making = {number: action for number, action in begun.items() if isinstance(action, MakeAlbum)}
    if not making:
        return {}
    called = library.albums_called({action.name for action in making.values()})
    fresh = {album for albums in called.values() for album in albums if album not in known}
    members = library.read_back((), fresh).albums
    return {
        number: album
        for number, action in making.items()
        for album in called[action.name]
        if album in members and album not in action.namesakes and not members[album].keys.isdisjoint(action.keys)
    }


def _left_alone(context: PlanningContext) -> Iterator[tuple[str, str]]:
    """Albums that the user deleted, and photos that were taken out of theirs."""
    if context.options.album_prefix is None:
        return
    for id_, ours in sorted(context.ledger.albums.items()):
        if ours.number not in context.number_of.values():
            continue
        if id_ not in context.marks.albums:
            yield ours.name or id_, "deleted"
            continue
        outside = (context.ledger.photos(ALBUM, id_) & context.number_of.keys()) - context.marks.albums[id_].keys
        yield from ((key, "taken out of its album") for key in sorted(outside))


ALBUMS: Final = MarkKind(
    actions=(MakeAlbum, AddToAlbum, RemoveFromAlbum, DeleteAlbum),
    plan=_plan,
    counted={"made": "album", "added to albums": "photo", "taken out of albums": "photo"},
    taken_back={"taken away": "album"},
    prepare=_prepared,
    find_made=_find_made,
    left=_left_alone,
)
