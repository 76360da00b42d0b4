"""Reading what stands on the photos and in the albums of an Immich server, in as few calls as its version allows."""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from bestshot.errors import NotFoundError
from bestshot.immich.client import ImmichClient
from bestshot.immich.model import Album as ServerAlbum
from bestshot.immich.model import Asset, Visibility
from bestshot.immich.model import Stack as ServerStack
from bestshot.immich.versions import Dialect
from bestshot.marks.actions import MarkAction
from bestshot.marks.state import Album, Stack

_READERS = 4
"""Calls that are made at once."""

_IN_USE = frozenset({Visibility.TIMELINE, Visibility.ARCHIVE})


@dataclass(slots=True)
class Seen:
    """What was read once and need not be read again: when photos were taken, and the members of albums.

    Members are kept with what changes when they do: the album's last change and its number of assets.
    """

    taken: dict[str, datetime] = field(default_factory=dict)
    members: dict[str, tuple[str, int, frozenset[str]]] = field(default_factory=dict)


class MarkReader:
    """One look at photos, tags, stacks and albums, in which each list is asked for once.

    `seen` saves only what cannot have changed since.
    """

    def __init__(self, client: ImmichClient, seen: Seen | None = None) -> None:
        self.client = client
        self._seen = seen or Seen()
        self._tagged: dict[str, frozenset[str]] = {}

    def photos(self, keys: Collection[str]) -> dict[str, Asset]:
        """These photos, without tags and stacks; those gone, in the trash, hidden or locked are left out.

        By searches, and one by one what these do not show, so that what is gone is known to be.
        """
        times = [self._seen.taken[key] for key in keys if key in self._seen.taken]
        known = len(times) == len(keys) > 2
        found = self.client.find_assets(keys, (min(times), max(times)) if known else None)
        found = {key: asset for key, asset in found.items() if is_in_use(asset)}
        found |= self.infos([key for key in keys if key not in found])
        self._seen.taken |= {key: one.file_created_at for key, one in found.items() if one.file_created_at is not None}
        return found

    def infos(self, keys: Collection[str]) -> dict[str, Asset]:
        """All about these photos, one call for each; those gone, in the trash, hidden or locked are left out."""
        assets = self.client.get_assets_info(keys)
        return {key: asset for key, asset in assets.items() if is_in_use(asset)}

    @cached_property
    def tag_ids(self) -> dict[str, str]:
        """The ids of all tags by name: one call."""
        return {tag.value: tag.id for tag in self.client.get_tags()}

    def tagged(self, name: str) -> frozenset[str]:
        """The photos with a tag that exists, from 1.126 also with one below it: a search, or two from 1.133."""
        if name not in self._tagged:
            self._tagged[name] = self.client.get_tagged_ids(self.tag_ids[name])
        return self._tagged[name]

    @cached_property
    def _albums(self) -> tuple[ServerAlbum, ...]:
        return self.client.get_albums()

    def tags_on(self, keys: Collection[str], tags: Iterable[str]) -> dict[str, frozenset[str]]:
        """Which of these tags are on which photos; photos without one are left out.

        One call for the names, a search for each tag that exists. From 1.126 a search finds child tags too: where
        there are such, the photos that it found are read one by one.
        """
        wanted = frozenset(tags)
        ids = self.tag_ids
        found: dict[str, set[str]] = {}
        doubtful: set[str] = set()
        for value in wanted & ids.keys():
            tagged = self.tagged(value) & frozenset(keys)
            for key in tagged:
                found.setdefault(key, set()).add(value)
            if any(other.startswith(f"{value}/") for other in ids):
                doubtful |= tagged
        exact = {key: {tag.value for tag in asset.tags} & wanted for key, asset in self.infos(doubtful).items()}
        return {key: frozenset(values) for key, values in (found | exact).items() if values}

    def tags_made(self, actions: Iterable[MarkAction]) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
        """The tags that these actions made or are to take away: those that exist with all that has them, and all names.

        No call if there are none; else one, and a search for each tag that exists.
        """
        wanted = {tag for action in actions for tag in action.own_tags}
        ids = self.tag_ids if wanted else {}
        return {name: self.tagged(name) for name in wanted & ids.keys()}, frozenset(ids)

    def stacks_of(self, keys: Collection[str]) -> dict[str, Stack]:
        """The stacks that these photos are in: one call, before 1.113 one more for each stack of the user."""
        stacks = (stack_of(found) for found in self.client.get_stacks())
        return {key: stack for stack in stacks for key in stack.keys if key in keys}

    def stacks_by_photo(self, keys: Iterable[str]) -> dict[str, Stack]:
        """The stacks of a few photos, before 1.113: a call for each, but none for those found in another's stack."""
        found: dict[str, Stack] = {}
        for key in keys:
            stack = None if key in found else self.stack_with(key)
            if stack is not None:
                found |= dict.fromkeys(stack.keys, stack)
        return found

    def stack_with(self, key: str) -> Stack | None:
        """The stack of one photo; None without one, or if the photo is gone."""
        try:
            found = self.client.get_stack_of(key)
        except NotFoundError:
            return None
        return None if found is None else stack_of(found)

    def stacks_now(self, keys: Collection[str], dialect: Dialect) -> dict[str, Stack]:
        """The stacks of photos that were just written."""
        return self.stacks_of(keys) if dialect.has_stack_routes else self.stacks_by_photo(keys)

    def albums(self, ids: Collection[str]) -> dict[str, Album]:
        """These albums: one or two calls for the names, one or two for each that changed; none if none is asked."""
        if not ids:
            return {}
        return self._with_members([album for album in self._albums if album.id in ids])

    def albums_holding(self, keys: Collection[str]) -> dict[str, Album]:
        """The albums that hold one of these photos, with these photos alone; by album or by photo, whichever is less.

        By album that is a call or two for each, by photo a call for each photo.
        """
        known = self._albums
        if len(known) <= len(keys):
            found = self._with_members(known).values()
            mine = [replace(album, keys=album.keys & frozenset(keys)) for album in found]
            return {album.id: album for album in mine if album.keys}
        names: dict[str, str] = {}
        members: dict[str, set[str]] = {}
        with ThreadPoolExecutor(_READERS) as pool:
            for key, albums in zip(keys, pool.map(self.client.get_albums_of_asset, keys), strict=True):
                for album in albums:
                    names[album.id] = album.name
                    members.setdefault(album.id, set()).add(key)
        return {id_: Album(id_, name, frozenset(members[id_])) for id_, name in names.items()}

    def _with_members(self, albums: Collection[ServerAlbum]) -> dict[str, Album]:
        with ThreadPoolExecutor(_READERS) as pool:
            members = pool.map(self._members, albums)
            found = [(album, keys) for album, keys in zip(albums, members, strict=True) if keys is not None]
        return {album.id: Album(album.id, album.name, keys) for album, keys in found}

    def album(self, album_id: str) -> Album | None:
        """One album as it is now; None if it is gone."""
        try:
            album, keys = self.client.get_album(album_id)
        except NotFoundError:
            return None
        if keys is not None:
            self.remember(album, keys)
        found = self._members(album)
        return None if found is None else Album(album.id, album.name, found)

    def remember(self, album: ServerAlbum, keys: Collection[str]) -> None:
        """Keep what is in an album as it is now."""
        if album.asset_count == len(keys):
            self._seen.members[album.id] = album.updated_at, album.asset_count, frozenset(keys)

    def forget(self, album_id: str) -> None:
        """Read anew what is in an album that is about to change."""
        self._seen.members.pop(album_id, None)

    def _members(self, album: ServerAlbum) -> frozenset[str] | None:
        """What is in an album; None if it has gone since it was listed."""
        *revision, keys = self._seen.members.get(album.id, ("", 0, frozenset()))
        if revision == [album.updated_at, album.asset_count]:
            return keys
        try:
            keys = self.client.get_members(album)
        except NotFoundError:
            return None
        self.remember(album, keys)
        return keys


def is_in_use(asset: Asset) -> bool:
    """Whether a photo may be marked: not in the trash, not hidden, not locked."""
    return asset.visibility in _IN_USE and not asset.is_trashed


def stack_of(found: ServerStack) -> Stack:
    """A server's stack, the primary first."""
    return Stack(found.id, found.asset_ids)
