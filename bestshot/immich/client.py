"""The Immich HTTP API as typed methods that are the same for every server from v1.95 to v3.2.

A call that fails raises an ImmichError (see bestshot.errors), which says what to do. No call of this module deletes an
asset or moves it to the trash.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from bestshot.errors import ImmichError
from bestshot.immich.answers import (
    WireAlbum,
    WireFace,
    WireItem,
    WireKey,
    WireStatistics,
    WireUser,
)
from bestshot.immich.asset_answers import WireAsset
from bestshot.immich.bulk import CHUNK, BulkResult, is_malformed_id, is_refused_id, read_items, send_in_chunks
from bestshot.immich.calls import AssetChange, Call, Calls, ThumbnailSize
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.http import ImmichServer, Verify
from bestshot.immich.keys import KeyInProcess, KeySource
from bestshot.immich.listing import (
    EVER,
    AssetListing,
    Taken,
    find_assets,
    list_album,
    list_album_members,
    list_library,
    read_album,
    read_assets,
    search_album,
)
from bestshot.immich.model import (
    Album,
    Asset,
    FaceBox,
    Original,
    Stack,
    Statistics,
    Tag,
    User,
)
from bestshot.immich.stacks import create_stack, delete_stacks, find_stack, list_stacks
from bestshot.immich.tags import find_tagged, list_tags, tag_assets, untag_assets, upsert_tags
from bestshot.immich.versions import Task, Version


class ImmichClient:
    """One user's library on one server.

    `api_key` is the key itself or where to read it. `verify` is False to trust any certificate, or a file with the
    certificate authorities to trust. `tasks` are what the client is used for: if a permission is missing, all that they
    need are reported. Threads may share a client; it is pickled without the key (see KeyInProcess).
    """

    def __init__(
        self,
        url: str,
        api_key: str | KeySource,
        *,
        verify: Verify = True,
        policy: RetryPolicy | None = None,
        tasks: Collection[Task] = tuple(Task),
    ) -> None:
        key = KeyInProcess(api_key) if isinstance(api_key, str) else api_key
        self._server = ImmichServer(url, key, verify=verify, policy=policy, tasks=tasks)
        self._user: User | None = None

    def __repr__(self) -> str:
        return f"ImmichClient({self.url!r})"

    def __getstate__(self) -> dict[str, Any]:
        """The state to pickle: without the user, since the other process may read another key."""
        return vars(self) | {"_user": None}

    @property
    def url(self) -> str:
        """The address of the API."""
        return self._server.url

    def ping(self) -> bool:
        """Whether an Immich server answers at this address; does not test the key."""
        try:
            self._server.check_alive()
        except ImmichError:
            return False
        return True

    def get_version(self) -> Version:
        """The server's version, requested once; raises TooOldError below 1.95."""
        return self._server.dialect.version

    def get_current_user(self) -> User:
        """The owner of the key, requested once."""
        if self._user is None:
            self._user = self._server.request(self._calls.current_user(), WireUser).value()
        return self._user

    def user_in_words(self) -> str:
        """The owner of the key, and on which server."""
        return f"{self.get_current_user().name} at {self.url.removesuffix('/api')}"

    def get_needed_permissions(self) -> tuple[str, ...]:
        """The permissions that a key needs for this client's tasks; empty before 1.113."""
        return self._server.needed_permissions

    def get_key_permissions(self) -> frozenset[str] | None:
        """The permissions of the key; None before 1.139.2, which does not report them."""
        if not self._server.dialect.knows_own_key:
            return None
        return frozenset(self._server.request(self._calls.own_key(), WireKey).permissions)

    def get_statistics(self) -> Statistics:
        """The server's count of the user's assets, including archived ones, without those locked or in the trash."""
        return self._server.request(self._calls.statistics({}), WireStatistics).value()

    def get_all_assets(
        self, *, skip_archived: bool = True, with_exif: bool = False, taken: Taken = EVER
    ) -> AssetListing:
        """The user's photos, without videos, partners' photos, and anything hidden, locked or in the trash.

        Those of a span of time are searched for, and not counted.
        """
        user = self.get_current_user()
        return list_library(self._server, user.id, with_archived=not skip_archived, with_exif=with_exif, taken=taken)

    def get_asset_info(self, asset_id: str) -> Asset:
        """Everything about an asset, with its tags and its stack."""
        return self._server.request(self._calls.asset(asset_id), WireAsset).asset()

    def get_assets_info(self, asset_ids: Iterable[str]) -> dict[str, Asset]:
        """Everything about many assets by id, requested in parallel; those that no longer exist are left out."""
        return read_assets(self._server, asset_ids)

    def find_assets(
        self, asset_ids: Collection[str], taken: tuple[datetime, datetime] | None = None
    ) -> dict[str, Asset]:
        """What a few searches tell of many assets by id, without tags and stacks; those that they miss are left out.

        It takes fewer calls if it is known when the first and the last of them were `taken`.
        """
        return find_assets(self._server, frozenset(asset_ids), taken)

    def get_asset_thumbnail(self, asset_id: str, size: ThumbnailSize = "preview") -> bytes:
        """A picture made by the server, JPEG or WebP: "thumbnail" (250 pixels) or "preview" (about 1440).

        Raises NotFoundError if it is not ready yet, or cannot be made because the file is damaged.
        """
        return self._server.fetch_picture(self._calls.thumbnail(asset_id, size))

    def download_asset(self, asset_id: str) -> bytes:
        """Download the original file."""
        return self._server.fetch_picture(self._calls.original(asset_id))

    def save_asset(self, asset_id: str, stream: BinaryIO, original: Original | None = None) -> None:
        """Download the original file into a seekable stream, which is overwritten from its start.

        Raises BrokenAnswerError if it is longer than what the server said of the `original`, or other than that.
        """
        known = original or Original()
        self._server.save_picture(self._calls.original(asset_id, known.size), stream, known.checksum)

    def get_faces(self, asset_id: str) -> tuple[FaceBox, ...]:
        """The faces that the server found in a photo."""
        faces = (face.value() for face in self._server.request(self._calls.faces(asset_id), tuple[WireFace, ...]))
        return tuple(face for face in faces if face is not None)

    def update_asset(
        self,
        asset_id: str,
        *,
        is_favorite: bool | None = None,
        is_archived: bool | None = None,
        rating: int | None = None,
        description: str | None = None,
    ) -> Asset:
        """Set what is not None; a rating of 0 removes the stars. The result may lack tags and stack."""
        change = AssetChange(is_favorite, is_archived, rating, description)
        return self._server.request(self._calls.update_asset(asset_id, change), WireAsset).asset()

    def changes_in_bulk(self, change: AssetChange) -> bool:
        """Whether one call can set this on many assets."""
        return self._calls.changes_in_bulk(change)

    def update_assets(self, asset_ids: Iterable[str], change: AssetChange) -> BulkResult:
        """Set the same on many assets, in as few calls as the version allows."""

        def send(ids: Sequence[str]) -> BulkResult:
            self._server.send(self._calls.update_assets(ids, change))
            return BulkResult(done=tuple(ids))

        def send_one(ids: Sequence[str]) -> BulkResult:
            self._server.send(self._calls.update_asset(ids[0], change))
            return BulkResult(done=tuple(ids))

        if self._calls.changes_in_bulk(change):
            return send_in_chunks(asset_ids, send, is_refused_id)
        return send_in_chunks(asset_ids, send_one, is_refused_id, size=1)

    def get_tags(self) -> tuple[Tag, ...]:
        """All tags of the user."""
        return list_tags(self._server)

    def upsert_tags(self, values: Iterable[str]) -> tuple[Tag, ...]:
        """Get the tags with these paths, such as "trips/berlin", creating missing ones; each is returned once."""
        return upsert_tags(self._server, values)

    def tag_assets(self, asset_ids: Iterable[str], tags: str | Iterable[str]) -> BulkResult:
        """Add all tags to all assets in as few calls as possible, creating missing tags.

        The server may lose a write to an asset that follows another one closely: add all tags at once, set favourites
        afterwards, and read back. Before 1.113 several tags take several calls.
        """
        found = self.upsert_tags([tags] if isinstance(tags, str) else tags)
        return tag_assets(self._server, asset_ids, found)

    def untag_assets(self, asset_ids: Iterable[str], tag_id: str) -> BulkResult:
        """Remove a tag from assets; the tag itself stays."""
        return untag_assets(self._server, asset_ids, tag_id)

    def get_tagged_ids(self, tag_id: str) -> frozenset[str]:
        """The ids of the photos with a tag; from 1.126 also of those with one of its child tags."""
        return find_tagged(self._server, tag_id)

    def delete_tag(self, tag_id: str) -> None:
        """Delete a tag and its child tags, also from assets; the assets stay."""
        self._server.send(self._calls.delete_tag(tag_id))

    def get_albums(self) -> tuple[Album, ...]:
        """The user's albums and those that others share with the user."""
        found = [album for call in self._calls.albums() for album in self._albums(call)]
        return tuple({album.id: album for album in found}.values())

    def get_albums_of_asset(self, asset_id: str) -> tuple[Album, ...]:
        """The albums that contain an asset."""
        return self._albums(self._calls.albums_of_asset(asset_id))

    def get_album_assets(self, album_id: str, *, skip_archived: bool = True, taken: Taken = EVER) -> AssetListing:
        """The user's own photos in an album; of a span of time alone where the server can tell."""
        user = self.get_current_user()
        return list_album(self._server, album_id, user.id, with_archived=not skip_archived, taken=taken)

    def get_album_member_ids(self, album_id: str) -> frozenset[str]:
        """The ids of everything in an album: photos and videos, archived ones and other people's too."""
        return _ids_of(list_album_members(self._server, album_id))

    def get_members(self, album: Album) -> frozenset[str]:
        """The ids of everything in an album that was listed, in one call where that is enough."""
        if self._server.dialect.albums_hold_assets:
            return self.get_album_member_ids(album.id)
        return _ids_of(search_album(self._server, album))

    def get_album(self, album_id: str) -> tuple[Album, frozenset[str] | None]:
        """An album, and the ids of everything in it, up to 2.7; None from 3.0, whose answer does not hold them."""
        album, members = read_album(self._server, album_id)
        return album, None if members is None else _ids_of(members)

    def create_album(self, name: str, asset_ids: Sequence[str] = (), description: str = "") -> Album:
        """Create an album; names need not be unique. Assets that do not exist are silently left out."""
        first, rest = asset_ids[:CHUNK], asset_ids[CHUNK:]
        album = self._server.request(self._calls.create_album(name, first, description), WireAlbum).value()
        self.add_assets_to_album(album.id, rest)
        return album

    def add_assets_to_album(self, album_id: str, asset_ids: Iterable[str]) -> BulkResult:
        """Add assets to an album."""
        return self._in_album(asset_ids, lambda ids: self._calls.add_to_album(album_id, ids), "duplicate")

    def remove_assets_from_album(self, album_id: str, asset_ids: Iterable[str]) -> BulkResult:
        """Remove assets from an album; they stay in the library."""
        return self._in_album(asset_ids, lambda ids: self._calls.remove_from_album(album_id, ids), "not_found")

    def delete_album(self, album_id: str) -> None:
        """Delete an album; its assets stay."""
        self._server.send(self._calls.delete_album(album_id))

    def get_stacks(self) -> tuple[Stack, ...]:
        """All stacks of the user; before 1.113 this takes a call for each."""
        return list_stacks(self._server)

    def get_stack_of(self, asset_id: str) -> Stack | None:
        """The stack of an asset; None if it is in none."""
        return find_stack(self._server, asset_id)

    def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Stack assets, with the first as primary; stacks whose primary is among them are merged and get a new id."""
        return create_stack(self._server, asset_ids)

    def delete_stack(self, stack: Stack) -> None:
        """Dissolve a stack; its assets stay."""
        delete_stacks(self._server, [stack])

    def delete_stacks(self, stacks: Sequence[Stack]) -> None:
        """Dissolve stacks, in one call from 1.113; their assets stay."""
        delete_stacks(self._server, stacks)

    @property
    def _calls(self) -> Calls:
        return Calls(self._server.dialect)

    def _albums(self, call: Call) -> tuple[Album, ...]:
        return tuple(album.value() for album in self._server.request(call, tuple[WireAlbum, ...]))

    def _in_album(self, asset_ids: Iterable[str], call: Callable[[Sequence[str]], Call], no_change: str) -> BulkResult:
        def send(ids: Sequence[str]) -> BulkResult:
            return read_items(self._server.request(call(ids), tuple[WireItem, ...]), no_change)

        return send_in_chunks(asset_ids, send, is_malformed_id)


def _ids_of(listing: AssetListing) -> frozenset[str]:
    return frozenset(asset.id for asset in listing) | {one.id for one in listing.unusable if one.id is not None}
