"""Listing a library completely, although the server's paging is not exact.

Before 3.1 a search is sorted by time only: photos of the same instant may swap between two pages, so that one is listed
twice and another not at all. Unless photos are added or removed, this only happens across the border of two pages.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from bestshot.errors import NotFoundError, NotImmichError
from bestshot.immich.answers import Assets, WireAlbum, WireSearch, WireStatistics, read_assets_of
from bestshot.immich.asset_answers import WireAsset
from bestshot.immich.calls import PAGE_SIZE, Calls
from bestshot.immich.http import ImmichServer
from bestshot.immich.model import Album, Asset, UnusableAsset, Visibility
from bestshot.text import printable

_MARGIN = timedelta(milliseconds=1)
"""Answers give times in milliseconds; the server sorts with a higher resolution."""

_READERS = 4
"""Assets that are read in parallel."""

_MOST_PAGES = 5_000
"""Five million assets in one search, more than the largest known libraries hold."""

_SLACK = 10_000
"""Assets that may be added while the library is listed."""

_PAGE_IN_ASSETS = 10
"""A page of a search takes a server about as long as so many assets that are asked for one by one."""

logger = logging.getLogger(__name__)

Taken = tuple[datetime | None, datetime | None]
"""The first and the last time of creation that are searched for, in UTC; None is no end."""

EVER: Final[Taken] = (None, None)


@dataclass(frozen=True, slots=True)
class AssetListing:
    """Assets in order of id; `missing` is how many more the server counts than it lists.

    `unusable` are those that are not as Immich describes assets, whatever they are.
    """

    assets: tuple[Asset, ...]
    missing: int = 0
    unusable: tuple[UnusableAsset, ...] = ()

    def __iter__(self) -> Iterator[Asset]:
        return iter(self.assets)

    def __len__(self) -> int:
        return len(self.assets)


def list_library(
    server: ImmichServer, owner_id: str, *, with_archived: bool, with_exif: bool = False, taken: Taken = EVER
) -> AssetListing:
    """The owner's visible photos, of a span of time or all; how many there are is counted only of all."""
    extra = {"withExif": True} if with_exif else {}
    times = _times(taken)
    found: dict[str, Asset] = {}
    unusable: dict[str, UnusableAsset] = {}
    missing = 0
    for scope in server.dialect.scopes(with_archived=with_archived):
        search = _Search(server, lambda asset: _is_own_photo(asset, owner_id, with_archived=with_archived))
        filters = {**scope.search, **extra, **times}
        if times:
            search.all_of(filters)
        else:
            missing += search.complete(filters, partial(_count, server, scope.statistics))
        found |= search.found
        unusable |= search.unusable
        if server.dialect.searches_hide_favorites:
            found |= _favorites(server, {**scope.search, **times}, search.found)
    return _listing(found.values(), missing, unusable.values())


def list_album(
    server: ImmichServer, album_id: str, owner_id: str, *, with_archived: bool, taken: Taken = EVER
) -> AssetListing:
    """The owner's visible photos in an album, with EXIF; of a span of time alone where the server searches albums."""
    members = list_album_members(server, album_id, with_exif=True, taken=taken)
    own = [asset for asset in members if _is_own_photo(asset, owner_id, with_archived=with_archived)]
    return _listing(own, members.missing, members.unusable)


def read_album(server: ImmichServer, album_id: str) -> tuple[Album, AssetListing | None]:
    """An album, and its assets if the answer holds them, as it does up to 2.7."""
    album = server.request(Calls(server.dialect).album(album_id), WireAlbum)
    if album.assets is None:
        return album.value(), None
    assets = read_assets_of(album.assets)
    return album.value(), _listing(assets.usable, 0, assets.unusable)


def list_album_members(
    server: ImmichServer, album_id: str, *, with_exif: bool = False, taken: Taken = EVER
) -> AssetListing:
    """All assets of an album: anybody's photos and videos, also archived, but not hidden or in the trash."""
    album, assets = read_album(server, album_id)
    return search_album(server, album, with_exif=with_exif, taken=taken) if assets is None else assets


def search_album(server: ImmichServer, album: Album, *, with_exif: bool = False, taken: Taken = EVER) -> AssetListing:
    """All assets of an album whose number is known, where albums do not hold them themselves."""
    # A search also finds the hidden videos of live photos, which are not counted.
    search = _Search(server, lambda asset: asset.visibility is not Visibility.HIDDEN)
    extra = {"withExif": True} if with_exif else {}
    filters = {"albumIds": [album.id], **extra}
    if times := _times(taken):
        search.all_of({**filters, **times})
        return _listing(search.found.values(), 0, search.unusable.values())
    missing = search.complete(filters, lambda: album.asset_count)
    return _listing(search.found.values(), missing, search.unusable.values())


def find_ids(server: ImmichServer, filters: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the visible and archived photos that a search finds."""
    search = _Search(server, lambda _asset: True)
    for scope in server.dialect.scopes(with_archived=True):
        search.all_of({**scope.search, **filters})
    return frozenset(search.found) | {asset.id for asset in search.unusable.values() if asset.id is not None}


def find_assets(
    server: ImmichServer, asset_ids: Collection[str], taken: tuple[datetime, datetime] | None
) -> dict[str, Asset]:
    """What searches tell of these photos, with EXIF; those that would cost more than they save are left out.

    `taken` are the times of the first and the last of them, if they are known. That a photo is not found means nothing.
    """
    # Such a version does not tell in a search which are favourites.
    if server.dialect.searches_hide_favorites or (taken is None and len(asset_ids) < _PAGE_IN_ASSETS):
        return {}
    times = {} if taken is None else _times((taken[0] - _MARGIN, taken[1] + _MARGIN))
    most = -(-len(asset_ids) // _PAGE_IN_ASSETS)
    found: dict[str, Asset] = {}
    for scope in server.dialect.scopes(with_archived=True):
        for page in islice(search_pages(server, {**scope.search, **times, "withExif": True}), most):
            found |= {asset.id: asset for asset in page.usable if asset.id in asset_ids}
            if len(found) == len(asset_ids):
                return found
    return found


def read_assets(server: ImmichServer, asset_ids: Iterable[str]) -> dict[str, Asset]:
    """Everything about each asset, requested in parallel; those that no longer exist are left out.

    So are those that are not as Immich describes assets, of which the log says why.
    """
    call = Calls(server.dialect).asset

    def read(asset_id: str) -> Asset | None:
        try:
            return server.request(call(asset_id), WireAsset).asset()
        except NotFoundError:
            return None
        except NotImmichError as error:
            logger.warning("The asset %s is passed over: %s", printable(asset_id), error)
            return None

    with ThreadPoolExecutor(_READERS) as pool:
        return {asset.id: asset for asset in pool.map(read, dict.fromkeys(asset_ids)) if asset is not None}


class _Search:
    """Collects assets over several searches, each asset once."""

    def __init__(self, server: ImmichServer, is_wanted: Callable[[Asset], bool]) -> None:
        self.found: dict[str, Asset] = {}
        self.unusable: dict[str, UnusableAsset] = {}
        self._server = server
        self._is_wanted = is_wanted
        self._most = _MOST_PAGES * PAGE_SIZE
        self._doubtful_times: set[datetime] = set()

    def complete(self, filters: Mapping[str, Any], count: Callable[[], int]) -> int:
        """Search until as many are found as there are; returns how many are still missing."""
        counted = count()
        self._most = 2 * counted + _SLACK
        self.run(filters)
        for search_again in (self.search_between_pages, self._run_backwards):
            if self._number >= counted:
                return 0
            search_again(filters)
            counted = count()
        return max(0, counted - self._number)

    @property
    def _number(self) -> int:
        return len(self.found) + len(self.unusable)

    def run(self, filters: Mapping[str, Any]) -> None:
        """Collect all pages of one search."""
        last: Asset | None = None
        for assets in search_pages(self._server, filters):
            page = assets.usable
            if last is not None and page:
                self._doubt(last.file_created_at, page[0].file_created_at)
            self.found |= {asset.id: asset for asset in page if self._is_wanted(asset)}
            self.unusable |= {asset.key: asset for asset in assets.unusable}
            last = page[-1] if page else None
            if self._number > self._most:
                raise NotImmichError(f"The server lists {self._number:,} assets, twice as many as it counts.")

    def all_of(self, filters: Mapping[str, Any]) -> None:
        """Search as completely as can be where it is not known how many there are."""
        self.run(filters)
        self.search_between_pages(filters)

    def _run_backwards(self, filters: Mapping[str, Any]) -> None:
        self.run({**filters, "order": "asc"})

    def search_between_pages(self, filters: Mapping[str, Any]) -> None:
        """Search again at the instants at which assets may have been missed."""
        for time in sorted(self._doubtful_times):
            self.run({**filters, **_times((time - _MARGIN, time + _MARGIN))})

    def _doubt(self, before: datetime | None, after: datetime | None) -> None:
        if before is not None and after is not None and abs(before - after) <= _MARGIN:
            self._doubtful_times |= {before, after}


def search_pages(server: ImmichServer, filters: Mapping[str, Any]) -> Iterator[Assets]:
    """All pages of one search, one at a time; raises NotImmichError for pages that lead nowhere."""
    calls = Calls(server.dialect)
    seen: set[int] = set()
    for number in range(1, _MOST_PAGES + 1):
        page = server.request(calls.search(filters, number), WireSearch).assets
        assets = read_assets_of(page.items)
        yield assets
        if page.next_page is None:
            return
        _check_next(page.next_page, number, assets, seen)
    raise NotImmichError(f"A search has more than {_MOST_PAGES:,} pages: the server does not come to an end.")


def _check_next(next_page: str, number: int, assets: Assets, seen: set[int]) -> None:
    """Raise NotImmichError unless a page with another one after it holds what none before it did."""
    if next_page != str(number + 1):
        raise NotImmichError(
            f"After page {number} of a search comes page {printable(next_page)[:20]}, not the next one."
        )
    ids = frozenset(asset.id for asset in assets.usable) | {asset.key for asset in assets.unusable}
    if not ids:
        raise NotImmichError(f"Page {number} of a search is empty, and the server says that more pages follow.")
    if hash(ids) in seen:
        raise NotImmichError(f"Page {number} of a search repeats an earlier one: the server goes in circles.")
    seen.add(hash(ids))


def _favorites(server: ImmichServer, filters: Mapping[str, Any], assets: Mapping[str, Asset]) -> dict[str, Asset]:
    """The assets that are favourites, with that set."""
    search = _Search(server, lambda asset: asset.id in assets)
    search.all_of({**filters, "isFavorite": True})
    return {asset_id: replace(assets[asset_id], is_favorite=True) for asset_id in search.found}


def _count(server: ImmichServer, query: Mapping[str, str]) -> int:
    return server.request(Calls(server.dialect).statistics(query), WireStatistics).images


def _is_own_photo(asset: Asset, owner_id: str, *, with_archived: bool) -> bool:
    is_visible = asset.visibility is Visibility.TIMELINE or (with_archived and asset.is_archived)
    return asset.is_image and asset.owner_id == owner_id and is_visible and not asset.is_trashed


def _listing(assets: Collection[Asset], missing: int, unusable: Iterable[UnusableAsset]) -> AssetListing:
    return AssetListing(tuple(sorted(assets, key=lambda asset: asset.id)), missing, tuple(unusable))


def _times(taken: Taken) -> dict[str, str]:
    """What asks a search for photos of a span of time alone."""
    ends = zip(("takenAfter", "takenBefore"), taken, strict=True)
    return {name: _text(time) for name, time in ends if time is not None}


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
