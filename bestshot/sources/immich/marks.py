"""Marks in an Immich library: each action as the calls that its version understands."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from bestshot.immich.bulk import BulkResult
from bestshot.immich.calls import AssetChange, Calls
from bestshot.immich.client import ImmichClient
from bestshot.immich.versions import Dialect
from bestshot.journal.journal import Keep, keep_nothing
from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    LibraryMarks,
    MakeAlbum,
    MakeStack,
    MarkAction,
    MarkResult,
    PhotoMarks,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
    Stack,
)
from bestshot.marks.reversals import DeleteAlbum, DeleteTag, MarkReversal, RemoveTags, RestoreStack
from bestshot.sources.immich.assets import marks_of_listed
from bestshot.sources.immich.dry_run import PlannedCalls
from bestshot.sources.immich.read_marks import MarkReader, Wanted
from bestshot.sources.immich.write_marks import (
    GONE,
    delete_album,
    delete_tag,
    dissolve,
    make_stack,
    marked_by,
    missing_tags,
    refused,
    remove_tags,
)

_IS_FAVOURITE = "It was made a favourite meanwhile and stays in the timeline."


class ImmichMarks:
    """The marks of one user. No call of it deletes an asset or moves it to the trash.

    `tags` are the names that matter: others are not looked for. `listing` is what this run's listing tells by id, used
    by `read_marks` alone, and may be filled until then; a photo that it lacks costs a call. `with_stacks` is off where
    stacks do not matter, because reading them takes a call and a permission.
    """

    def __init__(
        self,
        client: ImmichClient,
        *,
        tags: Collection[str] = (),
        listing: Mapping[str, PhotoMarks] | None = None,
        with_stacks: bool = False,
    ) -> None:
        self._client = client
        self._read = MarkReader(client)
        self._tags = frozenset(tags)
        # Kept as it is, even if empty: the library is listed after this.
        self._listing: Mapping[str, PhotoMarks] = {} if listing is None else listing
        self._with_stacks = with_stacks

    @property
    def tags_one_at_a_time(self) -> bool:
        """Before 1.113."""
        return not self._dialect.has_tag_paths

    @property
    def settles_at_once(self) -> bool:
        """Never: a server works on in the background, and may undo it."""
        return False

    def read_marks(self, keys: Collection[str], albums: Collection[str], *, with_albums: bool) -> LibraryMarks:
        """What stands on these photos and in these albums.

        `with_albums` costs a call for each photo: give it the members of groups only. The albums found by it name
        none but these photos.
        """
        found = {key: self._listing[key] for key in keys if key in self._listing}
        found |= self._photos([key for key in keys if key not in found])
        tags = self._read.tags_on(found.keys(), self._tags) if self._tags else {}
        stacks = self._read.stacks_of(found.keys()) if self._with_stacks else {}
        holding = self._read.albums_holding(found.keys()) if with_albums else {}
        return LibraryMarks(_with(found, tags, stacks), holding | self._read.albums(albums))

    def read_back(self, actions: Collection[MarkAction], albums: Collection[str]) -> LibraryMarks:
        """What stands now: tags by a search for each, stacks and albums as lists, all else by a call for each photo."""
        tagged = Wanted.of(actions, (AddTags, RemoveTag, RemoveTags))
        stacked = Wanted.of(actions, (MakeStack, DissolveStack, RestoreStack))
        others = Wanted.of(actions, (SetFavorite, SetRating, SetDescription, SetArchived))
        tags = self._read.tags_on(tagged.keys, tagged.tags) if tagged.keys else {}
        stacks = self._read.stacks_now(stacked.keys, self._dialect) if stacked.keys else {}
        found = self._photos(others.keys)
        unseen = others.keys - found.keys()
        keys = (tagged.keys | stacked.keys | others.keys) - unseen
        photos = {key: found.get(key, PhotoMarks(key)) for key in keys}
        made, names = self._read.tags_made(actions)
        return LibraryMarks(_with(photos, tags, stacks), self._read.albums(albums), tagged=made, tag_names=names)

    def albums_called(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The user's own albums with exactly these names; one or two calls."""
        user = self._client.get_current_user().id
        own = [album for album in self._client.get_albums() if album.owner_id in (user, None)]
        return {name: tuple(album.id for album in own if album.name == name) for name in names}

    def calls_for(self, actions: Sequence[MarkAction]) -> tuple[tuple[str, ...], ...]:
        """Method and route of the calls that write each action on this version, if nothing changes until then."""
        makes_tags = not self._dialect.has_tag_paths and any(isinstance(action, AddTags) for action in actions)
        tags = {tag.value for tag in self._client.get_tags()} if makes_tags else set()
        planned = PlannedCalls(Calls(self._dialect), tags)
        return tuple(planned.in_words(action) for action in actions)

    def missing_tags(self, tags: Collection[str]) -> tuple[str, ...]:
        """One call, if any tags are asked for."""
        return missing_tags(self._client, tags, has_paths=self._dialect.has_tag_paths)

    def mark(self, action: MarkAction, _keep: Keep = keep_nothing, /) -> MarkResult:
        """Make one change. What is there already is read first and not written again."""
        match action:
            case AddTags():
                return self._add_tags(action)
            case RemoveTag():
                return self._remove_tag(action)
            case MakeAlbum() | AddToAlbum() | RemoveFromAlbum():
                return self._in_album(action)
            case SetFavorite() | SetRating() | SetDescription() | SetArchived():
                return self._on_photos(action)
            case MakeStack():
                return make_stack(self._client, action)
            case DissolveStack():
                return dissolve(self._client, action)
            case RemoveTags() | DeleteTag() | DeleteAlbum() | RestoreStack():
                return self._take_back(action)
            case _:
                assert_never(action)

    def _take_back(self, action: MarkReversal) -> MarkResult:
        match action:
            case RemoveTags():
                return remove_tags(self._client, action)
            case DeleteTag():
                return delete_tag(self._client, action)
            case DeleteAlbum():
                return delete_album(self._client, action)
            case RestoreStack():
                return make_stack(self._client, MakeStack(0, action.keys))
            case _:
                assert_never(action)

    @property
    def _dialect(self) -> Dialect:
        return Dialect(self._client.get_version())

    def _add_tags(self, action: AddTags) -> MarkResult:
        """Put on each photo only what it lacks: up to 1.128 one tag that is there already spoils the whole call.

        Before 1.113 an unknown id lets a call fail half-way; those tagged by then count as tagged already when it is
        sent again, but what was read before tells that they were not.
        """
        before = self._read.tags_on(action.keys, action.tags)
        lacking: dict[tuple[str, ...], list[str]] = {}
        for key in action.keys:
            missing = tuple(tag for tag in action.tags if tag not in before.get(key, ()))
            lacking.setdefault(missing, []).append(key)
        result = BulkResult()
        for tags, keys in lacking.items():
            if tags:
                result += self._client.tag_assets(keys, tags)
        return self._without_gone(marked_by(replace(result, done=result.done + result.already)), action)

    def _without_gone(self, marked: MarkResult, action: AddTags) -> MarkResult:
        """Name the photos that a call with several tags leaves out in silence."""
        if len(action.tags) < 2 or not marked.changed:
            return marked
        tagged = self._read.tags_on(marked.changed, action.tags)
        unseen = [key for key in marked.changed if key not in tagged]
        gone = frozenset(unseen) - self._read.infos(unseen).keys()
        changed = tuple(key for key in marked.changed if key not in gone)
        return MarkResult(changed, (*marked.refused, *refused(sorted(gone), GONE)))

    def _remove_tag(self, action: RemoveTag) -> MarkResult:
        ids = [tag.id for tag in self._client.get_tags() if tag.value == action.tag]
        return marked_by(self._client.untag_assets(action.keys, ids[0])) if ids else MarkResult()

    def _in_album(self, action: MakeAlbum | AddToAlbum | RemoveFromAlbum) -> MarkResult:
        match action:
            case MakeAlbum():
                return self._make_album(action)
            case AddToAlbum():
                return marked_by(self._client.add_assets_to_album(action.album, action.keys))
            case RemoveFromAlbum():
                return marked_by(self._client.remove_assets_from_album(action.album, action.keys))
            case _:
                assert_never(action)

    def _make_album(self, action: MakeAlbum) -> MarkResult:
        """Make the album with its photos in one call, so that a kill leaves no empty one."""
        album = self._client.create_album(action.name, action.keys)
        if album.asset_count == len(action.keys):
            return MarkResult(action.keys, container=album.id)
        members = self._client.get_album_member_ids(album.id)
        outside = [key for key in action.keys if key not in members]
        inside = tuple(key for key in action.keys if key in members)
        return MarkResult(inside, refused(outside, GONE), album.id)

    def _on_photos(self, action: SetFavorite | SetRating | SetDescription | SetArchived) -> MarkResult:
        match action:
            case SetFavorite():
                photos, change = self._photos(action.keys), AssetChange(is_favorite=action.value)
                return self._set(photos, action.keys, change, lambda photo: photo.is_favorite == action.value)
            case SetRating():
                return self._set_rating(action)
            case SetDescription():
                return self._set_description(action)
            case SetArchived():
                return self._set_archived(action)
            case _:
                assert_never(action)

    def _set_rating(self, action: SetRating) -> MarkResult:
        photos = self._photos([action.key])
        marked = self._set(photos, [action.key], AssetChange(rating=action.value or 0), _rating_is(action.value))
        before = photos[action.key].rating if action.key in photos else None
        return replace(marked, before=None if before is None else str(before))

    def _set_description(self, action: SetDescription) -> MarkResult:
        photos = self._photos([action.key])
        marked = self._set(photos, [action.key], AssetChange(description=action.text), _description_is(action.text))
        return replace(marked, before=photos[action.key].description if action.key in photos else None)

    def _set_archived(self, action: SetArchived) -> MarkResult:
        """Archive, but never what the user made a favourite since the plan was made."""
        photos = self._photos(action.keys)
        favourites = [key for key in action.keys if action.value and key in photos and photos[key].is_favorite]
        rest = [key for key in action.keys if key not in favourites]
        change = AssetChange(is_archived=action.value)
        marked = self._set(photos, rest, change, lambda photo: photo.is_archived == action.value)
        return replace(marked, refused=(*refused(favourites, _IS_FAVOURITE), *marked.refused))

    def _set(
        self,
        photos: Mapping[str, PhotoMarks],
        keys: Sequence[str],
        change: AssetChange,
        is_so: Callable[[PhotoMarks], bool],
    ) -> MarkResult:
        """Change those of the photos that are not so already."""
        gone = refused([key for key in keys if key not in photos], GONE)
        others = [key for key in keys if key in photos and not is_so(photos[key])]
        marked = marked_by(self._client.update_assets(others, change))
        return replace(marked, refused=(*gone, *marked.refused))

    def _photos(self, keys: Collection[str]) -> dict[str, PhotoMarks]:
        return {key: marks_of_listed(asset) for key, asset in self._read.infos(keys).items()}


def _with(
    photos: Mapping[str, PhotoMarks], tags: Mapping[str, frozenset[str]], stacks: Mapping[str, Stack]
) -> dict[str, PhotoMarks]:
    """The photos with their tags and stacks."""
    return {
        key: replace(photo, tags=tags.get(key, frozenset()), stack=stacks.get(key)) for key, photo in photos.items()
    }


def _rating_is(value: int | None) -> Callable[[PhotoMarks], bool]:
    return lambda photo: photo.rating == value


def _description_is(text: str) -> Callable[[PhotoMarks], bool]:
    return lambda photo: photo.description == text
