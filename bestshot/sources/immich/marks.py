"""Marks in an Immich library: what stands there, and each change as the calls that its version understands."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final, cast

from bestshot.errors import OrganizerError, TooOldError
from bestshot.immich.bulk import BulkResult
from bestshot.immich.calls import AssetChange
from bestshot.immich.client import ImmichClient
from bestshot.immich.versions import Dialect
from bestshot.journal.changes import Keep, keep_nothing
from bestshot.marks.actions import MarkAction, MarkResult, PhotoAction, only, refused
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import RateByRole
from bestshot.marks.kinds.stacks import DissolveStack
from bestshot.marks.kinds.tags import AddTags, DeleteTag, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.library import OF_ONE_CHANGE, MarkableLibrary
from bestshot.marks.state import STACK, TAG, LibraryMarks, PhotoMarks, Stack
from bestshot.sources.immich.assets import marks_of_listed
from bestshot.sources.immich.containers import GONE, WRITERS, dissolve_all, marked_by, missing_tags
from bestshot.sources.immich.dry_run import DryRunClient
from bestshot.sources.immich.read_marks import MarkReader, Seen

IsSo = Callable[[PhotoMarks], bool]
"""Whether a photo is as a change would make it."""

_OneValue = SetRating | SetDescription

_IS_RATED = "It was rated meanwhile, and that stays as it is."
_IS_FAVOURITE = "It was made a favourite meanwhile and stays in the timeline."


class ImmichMarks(MarkableLibrary):
    """The marks of one user. No call of it deletes an asset or moves it to the trash.

    `tags` are the names that matter: others are not looked for. `listing` is what this run's listing says by id, used
    by `read_marks` and dry runs alone, and may be filled until then; a photo that it lacks costs a call. `with_stacks`
    is off where stacks do not matter, because reading them takes a call and a permission.
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
        self._seen = Seen()
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
        found = self._listed(keys)
        found |= self._photos([key for key in keys if key not in found])
        read = self._reader()
        tags = read.tags_on(found.keys(), self._tags) if self._tags else {}
        stacks = read.stacks_of(found.keys()) if self._with_stacks else {}
        holding = read.albums_holding(found.keys()) if with_albums else {}
        return LibraryMarks(_with(found, tags, stacks), holding | read.albums(albums))

    def read_back(self, actions: Collection[MarkAction], albums: Collection[str]) -> LibraryMarks:
        """What stands now: tags by a search for each, stacks and albums as lists, values by searches or one by one."""
        read = self._reader()
        tagged = [action for action in actions if isinstance(action, _TAGGING)]
        stacked = _keys(action for action in actions if action.what == STACK)
        valued = _keys(one for one in actions if isinstance(one, PhotoAction) and one.what != TAG)
        tags = read.tags_on(_keys(tagged), {tag for action in tagged for tag in action.tags}) if tagged else {}
        stacks = read.stacks_now(stacked, self._dialect) if stacked else {}
        found = self._photos(valued)
        keys = (_keys(tagged) | stacked | valued) - (valued - found.keys())
        photos = {key: found.get(key, PhotoMarks(key)) for key in keys}
        made, names = read.tags_made(actions)
        return LibraryMarks(_with(photos, tags, stacks), read.albums(albums), tagged=made, tag_names=names)

    def albums_called(self, names: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The user's own albums with exactly these names; one or two calls."""
        user = self._client.get_current_user().id
        own = [album for album in self._client.get_albums() if album.owner_id in (user, None)]
        return {name: tuple(album.id for album in own if album.name == name) for name in names}

    def calls_for(self, actions: Sequence[MarkAction]) -> tuple[tuple[str, ...], ...]:
        """Method and route of the calls that write each action on this version, if nothing changes until then."""
        client = DryRunClient(self._client)
        library = _DryRun(client, self._listing)
        calls: list[tuple[str, ...]] = []
        for action in actions:
            library.mark(action)
            calls.append(client.take_calls())
        return tuple(calls)

    def missing_tags(self, tags: Collection[str]) -> tuple[str, ...]:
        """One call, if any tags are asked for."""
        return missing_tags(self._reader(), tags, has_paths=self._dialect.has_tag_paths)

    def closed(self, action: MarkAction) -> dict[str, str]:
        """Those that this version cannot rate so."""
        try:
            if isinstance(action, RateByRole):
                self._dialect.check_rating(action.value or 0)
        except TooOldError as error:
            return dict.fromkeys(action.keys, str(error))
        return {}

    def mark(self, action: MarkAction, _keep: Keep = keep_nothing, /) -> MarkResult:
        """Make one change. What is there already is read first and not written again."""
        if type(action) in WRITERS:
            return WRITERS[type(action)](self._reader(), action)
        return _PHOTO_WRITERS[type(action)](self, action)

    @property
    def marked_together(self) -> tuple[type[MarkAction], ...]:
        """Stacks are taken apart and photos rated and described together, from the version on that does that in bulk.

        Tags are taken away one by one, each after a look at it, but once all else has settled for all of them.
        """
        is_bulk = self._dialect.rates_in_bulk and self._dialect.describes_in_bulk
        return (DeleteTag, DissolveStack, SetRating, SetDescription) if is_bulk else (DeleteTag,)

    def mark_together(self, actions: Sequence[MarkAction]) -> list[MarkResult | OrganizerError]:
        """Make these after one look at all of them; those that set the same value in one call."""
        if isinstance(actions[0], DeleteTag):
            return [self.mark(action) for action in actions]
        if isinstance(actions[0], DissolveStack):
            return [*dissolve_all(self._reader(), cast(Sequence[DissolveStack], actions))]
        setting = cast(Sequence[_OneValue], actions)
        photos = self._photos([action.key for action in setting])
        results: dict[str, MarkResult | OrganizerError] = {}
        for change in dict.fromkeys(map(_change, setting)):
            alike = [action for action in setting if _change(action) == change]
            try:
                results |= self._set_alike(photos, alike)
            except OF_ONE_CHANGE as error:
                results |= {action.key: error for action in alike}
        return [results[action.key] for action in setting]

    @property
    def _dialect(self) -> Dialect:
        return Dialect(self._client.get_version())

    def _add_tags(self, action: AddTags) -> MarkResult:
        """Put on each photo only what it lacks: up to 1.128 one tag that is there already spoils the whole call.

        Before 1.113 an unknown id lets a call fail half-way; those tagged by then count as tagged already when it is
        sent again, but what was read before shows that they were not.
        """
        before = self._tags_on(action.keys, action.tags)
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
        tagged = self._tags_on(marked.changed, action.tags)
        unseen = [key for key in marked.changed if key not in tagged]
        gone = frozenset(unseen) - self._there(unseen)
        changed = tuple(key for key in marked.changed if key not in gone)
        return MarkResult(changed, refused=(*marked.refused, *refused(sorted(gone), GONE)))

    def _set_favorite(self, action: SetFavorite) -> MarkResult:
        photos = self._photos(action.keys)
        return self._set(photos, action.keys, AssetChange(is_favorite=action.value), action.stands_on)

    def _rate_by_role(self, action: RateByRole) -> MarkResult:
        """Rate, but never what the user rated since the plan was made."""
        photos = self._photos(action.keys)
        ours = (action.over, action.value)
        rated = [key for key in action.keys if key in photos and photos[key].rating not in ours]
        others = [key for key in action.keys if key not in rated]
        marked = self._set(photos, others, AssetChange(rating=action.value or 0), action.stands_on)
        return replace(marked, refused=(*refused(rated, _IS_RATED), *marked.refused))

    def _set_value(self, action: _OneValue) -> MarkResult:
        return self._set_alike(self._photos(action.keys), [action])[action.key]

    def _set_alike(self, photos: Mapping[str, PhotoMarks], actions: Sequence[_OneValue]) -> dict[str, MarkResult]:
        """Set one value on photos; returns for each what came of it, with what stood there before."""
        marked = self._set(photos, [action.key for action in actions], _change(actions[0]), _is_so(actions[0]))
        return {
            action.key: MarkResult(
                only(action.keys, marked.changed),
                before=_before(action, photos.get(action.key)),
                refused=tuple(one for one in marked.refused if one.key == action.key),
            )
            for action in actions
        }

    def _set_archived(self, action: SetArchived) -> MarkResult:
        """Archive, but never what the user made a favourite since the plan was made."""
        photos = self._photos(action.keys)
        favourites = [key for key in action.keys if action.value and key in photos and photos[key].is_favorite]
        rest = [key for key in action.keys if key not in favourites]
        marked = self._set(photos, rest, AssetChange(is_archived=action.value), action.stands_on)
        return replace(marked, refused=(*refused(favourites, _IS_FAVOURITE), *marked.refused))

    def _set(
        self, photos: Mapping[str, PhotoMarks], keys: Sequence[str], change: AssetChange, is_so: IsSo
    ) -> MarkResult:
        """Change those of the photos that are not so already."""
        gone = refused([key for key in keys if key not in photos], GONE)
        others = [key for key in keys if key in photos and not is_so(photos[key])]
        marked = marked_by(self._client.update_assets(others, change))
        return replace(marked, refused=(*gone, *marked.refused))

    def _photos(self, keys: Collection[str]) -> dict[str, PhotoMarks]:
        return {key: marks_of_listed(asset) for key, asset in self._reader().photos(keys).items()}

    def _there(self, keys: Collection[str]) -> AbstractSet[str]:
        """Those of these photos that may be changed: a search shows others too."""
        return self._reader().infos(keys).keys()

    def _tags_on(self, keys: Collection[str], tags: Collection[str]) -> dict[str, frozenset[str]]:
        return self._reader().tags_on(keys, tags)

    def _reader(self) -> MarkReader:
        """A new look at the server."""
        return MarkReader(self._client, self._seen)

    def _listed(self, keys: Collection[str]) -> dict[str, PhotoMarks]:
        return {key: self._listing[key] for key in keys if key in self._listing}


class _DryRun(ImmichMarks):
    """Marks by a client that writes nothing; what this run has read is not asked for again."""

    def __init__(self, client: DryRunClient, listing: Mapping[str, PhotoMarks]) -> None:
        self._known = dict(listing)
        super().__init__(client, listing=self._known)

    def _photos(self, keys: Collection[str]) -> dict[str, PhotoMarks]:
        found = self._listed(keys)
        return found | super()._photos([key for key in keys if key not in found])

    def _there(self, keys: Collection[str]) -> AbstractSet[str]:
        return self._photos(keys).keys()

    def _tags_on(self, _keys: Collection[str], _tags: Collection[str]) -> dict[str, frozenset[str]]:
        return {}  # a plan names the photos that lack all of the tags

    def _set(
        self, photos: Mapping[str, PhotoMarks], keys: Sequence[str], change: AssetChange, is_so: IsSo
    ) -> MarkResult:
        marked = super()._set(photos, keys, change, is_so)
        if change.is_favorite is not None:  # what is no favourite any more may be archived next
            self._known |= {key: replace(photos[key], is_favorite=change.is_favorite) for key in marked.changed}
        return marked


_TAGGING = (AddTags, RemoveTag, RemoveTags)

_PHOTO_WRITERS: Final[Mapping[type[MarkAction], Callable[[ImmichMarks, Any], MarkResult]]] = {
    AddTags: ImmichMarks._add_tags,
    SetFavorite: ImmichMarks._set_favorite,
    RateByRole: ImmichMarks._rate_by_role,
    SetRating: ImmichMarks._set_value,
    SetDescription: ImmichMarks._set_value,
    SetArchived: ImmichMarks._set_archived,
}
"""What makes the changes for which the photos are read before."""


def _change(action: _OneValue) -> AssetChange:
    if isinstance(action, SetRating):
        return AssetChange(rating=action.value or 0)
    return AssetChange(description=action.text)


def _is_so(action: _OneValue) -> IsSo:
    """Whether a photo has the value: a description to the letter, although a server may give it back otherwise."""
    if isinstance(action, SetRating):
        return action.stands_on
    return lambda photo: photo.description == action.text


def _before(action: _OneValue, photo: PhotoMarks | None) -> str | None:
    if photo is None:
        return None
    if isinstance(action, SetDescription):
        return photo.description
    return None if photo.rating is None else str(photo.rating)


def _keys(actions: Iterable[MarkAction]) -> frozenset[str]:
    return frozenset(key for action in actions for key in action.keys)


def _with(
    photos: Mapping[str, PhotoMarks], tags: Mapping[str, frozenset[str]], stacks: Mapping[str, Stack]
) -> dict[str, PhotoMarks]:
    """The photos with their tags and stacks."""
    return {
        key: replace(photo, tags=tags.get(key, frozenset()), stack=stacks.get(key)) for key, photo in photos.items()
    }
