"""Groups and wishes to changes of marks as data: pure.

The marks are a state to reach: what stands is not set again, so a second run plans nothing. What this tool set and no
longer holds is taken back; what the user set, or took away again, is left as it is. What is merely absent from a run
is never a reason to take anything back, nor are photos left without it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    LibraryMarks,
    MakeAlbum,
    MarkAction,
    MarkedGroup,
    MarkOptions,
    RemoveFromAlbum,
    RemoveTag,
    SetDescription,
    SetFavorite,
    SetRating,
    in_order,
    keys_of,
)
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.view import PlanningContext
from bestshot.marks.visibility import plan_archive, plan_stacks, returning
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import Photo


def marked_group(group: PlannedGroup, keys_of: Callable[[Photo], tuple[str, ...]]) -> MarkedGroup:
    """A group by the keys under which its photos are marked, the photo's own and that of a RAW file beside it."""
    best, *others = (keys_of(ranked.photo) for ranked in group.verdict.ranking)
    return MarkedGroup(group.number, (*best, *(key for keys in others for key in keys)), len(best))


def plan_marks(
    groups: Sequence[MarkedGroup], seen: Collection[str], marks: LibraryMarks, ledger: MarkLedger, options: MarkOptions
) -> list[MarkAction]:
    """What is to be changed so that these groups are marked as wished, in the order in which it is to be done.

    `seen` are the photos that this run could see, grouped or not. `marks` must tell of them, and of all photos and
    albums of the ledger: what is missing there counts as gone from the library. A wish that is off changes nothing.
    """
    view = PlanningContext.of(groups, seen, marks, ledger)
    coming_back = returning(view) if options.archive_rest else frozenset()
    stacks = plan_stacks(view, coming_back) if options.stack else []
    favorites = _favorites(view, options)
    loved = view.favorites_after(favorites)
    # Ratings and descriptions come after the tags: servers read such photos anew, which can undo a tag set later.
    return [
        *(_tags(view, options.tag, options.best_tag) if options.tag and options.best_tag else []),
        *_albums(view, options),
        *favorites,
        *(_ratings(view, favorites) if options.inherit else []),
        *(_descriptions(view) if options.inherit else []),
        *stacks,
        *(plan_archive(view, stacks, coming_back, loved) if options.archive_rest else []),
    ]


def _tags(view: PlanningContext, tag: str, best_tag: str) -> list[MarkAction]:
    """A tag that the user took off is put on again: it is the sign of being in a group, and goes with that."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for key in view.number_of:
        wanted = {tag, best_tag} if key in view.bests else {tag}
        lacking.setdefault(in_order(wanted - view.photo(key).tags), []).append(key)
    adding: list[MarkAction] = [
        AddTags(in_order(keys), tags, view.groups_of(keys)) for tags, keys in sorted(lacking.items()) if tags
    ]
    over = {
        tag: [key for key in view.ledger.tags.get(tag, ()) if view.left_its_group(key)],
        best_tag: [key for key in view.ledger.tags.get(best_tag, ()) if view.lost_its_place(key)],
    }
    standing = {name: [key for key in keys if name in view.photo(key).tags] for name, keys in over.items()}
    return [*adding, *(RemoveTag(in_order(keys), name) for name, keys in standing.items() if keys)]


def _albums(view: PlanningContext, options: MarkOptions) -> list[MarkAction]:
    own = {} if options.album_prefix is None else _group_albums(view, options.album_prefix)
    actions: list[MarkAction] = []
    if options.album_prefix is not None:
        actions += _filled_albums(view, own, options.album_prefix)
        actions += _emptied_albums(view)
    if options.inherit:
        others = view.marks.albums.keys() - view.ledger.albums.keys() - set(own.values())
        actions += _joined_albums(view, others)
        actions += _left_albums(view)
    return actions


def _group_albums(view: PlanningContext, prefix: str) -> dict[int, str]:
    """The albums that groups have had, by number, gone or not.

    An album with the name that a group's would get, and a photo of the group in it, is taken for it when the ledger
    was lost; not one that the best joined, which is the user's.
    """
    by_name = {_album_name(prefix, group.number): group for group in view.groups}
    found = {
        by_name[album.name].number: id_
        for id_, album in sorted(view.marks.albums.items())
        if id_ not in view.ledger.album_ids and album.name in by_name and album.keys & set(by_name[album.name].keys)
    }
    return found | {album.number: id_ for id_, album in view.ledger.albums.items()}


def _album_name(prefix: str, number: int) -> str:
    return f"{prefix}{number:04}"


def _filled_albums(view: PlanningContext, own: Mapping[int, str], prefix: str) -> list[MarkAction]:
    """An album that the user deleted is not made again, nor is a photo put in again that the user took out."""
    actions: list[MarkAction] = []
    for group in view.groups:
        id_ = own.get(group.number)
        if id_ is None:
            actions.append(MakeAlbum(group.number, _album_name(prefix, group.number), in_order(group.keys)))
        elif id_ in view.marks.albums:
            ours = view.ledger.albums.get(id_)
            known = view.marks.albums[id_].keys | (ours.keys if ours else frozenset())
            if missing := in_order(set(group.keys) - known):
                actions.append(AddToAlbum(id_, missing, group.number))
    return actions


def _emptied_albums(view: PlanningContext) -> list[MarkAction]:
    """Photos that we put into the album of a group they are no longer in, where all that we put there was seen."""
    actions: list[MarkAction] = []
    for id_, ours in sorted(view.ledger.albums.items()):
        there = ours.keys & view.marks.photos.keys()
        if id_ in view.marks.albums and there <= view.settled:
            over = {key for key in there if view.number_of.get(key) != ours.number}
            if keys := in_order(over & view.marks.albums[id_].keys):
                actions.append(RemoveFromAlbum(id_, keys, ours.number))
    return actions


def _joined_albums(view: PlanningContext, albums: Collection[str]) -> list[MarkAction]:
    best_of = {key: group.keys[0] for group in view.groups for key in group.keys}
    actions: list[MarkAction] = []
    for id_ in sorted(albums):
        there, joined = view.marks.albums[id_].keys, view.ledger.joined.get(id_, frozenset())
        wanted = {best_of[key] for key in there - joined if key in best_of}
        if keys := in_order(wanted - there - joined):
            actions.append(AddToAlbum(id_, keys, None))
    return actions


def _left_albums(view: PlanningContext) -> list[MarkAction]:
    actions: list[MarkAction] = []
    for id_, joined in sorted(view.ledger.joined.items()):
        there = view.marks.albums[id_].keys if id_ in view.marks.albums else frozenset()
        if keys := in_order({key for key in joined & there if view.lost_its_place(key)}):
            actions.append(RemoveFromAlbum(id_, keys, None))
    return actions


def _favorites(view: PlanningContext, options: MarkOptions) -> list[MarkAction]:
    """A favourite of ours that the user unmade is not made again; a rating that the user gave is not overwritten."""
    if not (options.favorite_best or options.inherit):
        return []
    actions: list[MarkAction] = []
    wanted = {
        group.keys[0]
        for group in view.groups
        if options.favorite_best or any(view.is_users_favorite(key) for key in group.keys[group.kept :])
    }
    lacking = {key for key in wanted - view.ledger.favorites if _may_be_favorite(view, key)}
    if keys := in_order(lacking):
        actions.append(SetFavorite(keys, value=True, groups=view.groups_of(keys)))
    over = {key for key in view.ledger.favorites if view.lost_its_place(key) and view.photo(key).is_favorite}
    if keys := in_order(over):
        actions.append(SetFavorite(keys, value=False))
    return actions


def _may_be_favorite(view: PlanningContext, key: str) -> bool:
    photo = view.photo(key)
    return not photo.is_favorite and not (view.marks.rates_favorites and photo.rating is not None)


def _ratings(view: PlanningContext, favorites: Sequence[MarkAction]) -> list[MarkAction]:
    """The best gets the highest rating that the user gave another of its group; once, so the user may take it away.

    Where favourites are rated, the stars of ours are not the user's, and what becomes one gets no others.
    """
    actions: list[MarkAction] = []
    starred: frozenset[str] = frozenset()
    if view.marks.rates_favorites:
        starred = view.ledger.favorites.union(*(keys_of(action) for action in favorites))
    ours = {key: written.text for key, written in view.ledger.ratings.items()}
    for best, others in ((group.keys[0], group.keys[group.kept :]) for group in view.groups):
        given = {key: rating for key in others if (rating := view.photo(key).rating) and rating > 0}
        users = [rating for key, rating in given.items() if ours.get(key) != str(rating) and key not in starred]
        if users and best not in ours and best not in starred and view.photo(best).rating is None:
            actions.append(SetRating(best, max(users)))
    for key, written in sorted(view.ledger.ratings.items()):
        if view.lost_its_place(key) and str(view.photo(key).rating) == written.text:
            actions.append(SetRating(key, None if written.before is None else int(written.before)))
    return actions


def _descriptions(view: PlanningContext) -> list[MarkAction]:
    """The best gets the user's description of the highest ranked other that has one; once, as with ratings."""
    actions: list[MarkAction] = []
    ours = {key: written.text for key, written in view.ledger.descriptions.items()}
    for best, others in ((group.keys[0], group.keys[group.kept :]) for group in view.groups):
        given = {key: text for key in others if (text := view.photo(key).description)}
        users = [text for key, text in given.items() if ours.get(key) != text]
        if users and best not in ours and not view.photo(best).description:
            actions.append(SetDescription(best, users[0]))
    for key, written in sorted(view.ledger.descriptions.items()):
        if view.lost_its_place(key) and view.photo(key).description == written.text:
            actions.append(SetDescription(key, written.before or ""))
    return actions
