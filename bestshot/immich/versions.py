"""How versions of Immich differ, from 1.95 to 3.2, all in one place.

This was compiled from the OpenAPI files of the releases and from answers of real servers.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from bestshot.errors import TooOldError

logger = logging.getLogger(__name__)


class Version(NamedTuple):
    """A release of Immich."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


OLDEST = Version(1, 95)
"""The oldest version that is supported."""

NEWEST = Version(3, 2, 2)
"""The newest version that is known; newer ones are treated like it."""


class Task(Enum):
    """Something that a run does and that needs permissions of its own."""

    READ = "read"
    READ_ALBUMS = "read albums"
    FACES = "faces"
    DOWNLOAD = "download"
    UPDATE = "update"
    TAGS = "tags"
    ALBUMS = "albums"
    JOIN_ALBUMS = "join albums"
    READ_STACKS = "read stacks"
    STACKS = "stacks"
    UNDO = "undo"


_PERMISSIONS = {
    Task.READ: "user.read asset.read asset.view asset.statistics",
    Task.READ_ALBUMS: "album.read",
    Task.FACES: "face.read",
    Task.DOWNLOAD: "asset.download",
    Task.UPDATE: "asset.update",
    Task.TAGS: "tag.read tag.create tag.asset",
    Task.ALBUMS: "album.read album.create albumAsset.create albumAsset.delete",
    Task.JOIN_ALBUMS: "album.read albumAsset.create albumAsset.delete",
    Task.READ_STACKS: "stack.read",
    Task.STACKS: "stack.read stack.create stack.delete",
    Task.UNDO: "album.delete tag.delete",
}


_CHECKED_SINCE_1_113 = ("album.", "tag.", "stack.", "face.")
"""The only families of permissions that 1.113 to 1.135 check, besides that of the timeline."""

_TIMELINE = "asset.read"
"""The permission for the timeline, which is used up to 1.125 only."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the library: how to search it, and how to count it."""

    search: Mapping[str, Any]
    statistics: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one version supports, and how it spells it."""

    version: Version

    @classmethod
    def of(cls, version: Version) -> "Dialect":
        """The dialect of a version; raises TooOldError below 1.95. Newer versions are treated like the newest known."""
        if version < OLDEST:
            raise TooOldError(f"Immich {version} is too old: {OLDEST} is the oldest version that is supported.")
        if version[:2] > NEWEST[:2]:
            logger.info("Immich %s is newer than any known version and is treated like %s.", version, NEWEST)
        return cls(version)

    def permissions(self, tasks: Collection[Task]) -> tuple[str, ...]:
        """The permissions that a key needs for these tasks; empty before 1.113, where keys have none."""
        if not self._since(1, 113):
            return ()
        if self.version[:2] == (1, 136):
            return ("all",)
        wanted = dict.fromkeys(name for task in Task if task in tasks for name in _PERMISSIONS[task].split())
        if self._since(1, 137):
            return tuple(wanted)
        checked = _CHECKED_SINCE_1_113 if self.searches_tags else (*_CHECKED_SINCE_1_113, _TIMELINE)
        return tuple(name for name in wanted if name.startswith(checked))

    @property
    def has_plural_routes(self) -> bool:
        """Whether routes are named "assets" and so on, with different ones for thumbnails and originals."""
        return self._since(1, 106)

    @property
    def knows_own_key(self) -> bool:
        """Whether the permissions of a key can be requested."""
        return self._since(1, 139, 2)

    @property
    def searches_hide_favorites(self) -> bool:
        """Whether only the search filter, but not the result, shows which assets are favourites."""
        return self._since(1, 98) and not self._since(1, 113)

    @property
    def has_stack_routes(self) -> bool:
        """Whether stacks have routes and ids of their own; before, an asset is the parent of others."""
        return self._since(1, 113)

    @property
    def has_tag_paths(self) -> bool:
        """Whether tags are hierarchical, created by path, and added to assets in bulk."""
        return self._since(1, 113)

    @property
    def tags_again(self) -> bool:
        """Whether bulk tagging accepts assets that have a tag already; before, it fails as a whole."""
        return self._since(1, 129)

    @property
    def searches_tags(self) -> bool:
        """Whether assets can be searched by tag."""
        return self._since(1, 126)

    @property
    def lists_shared_albums(self) -> bool:
        """Whether the list of albums includes those that others share with the user."""
        return self._since(3, 0)

    @property
    def albums_hold_assets(self) -> bool:
        """Whether the answer about an album holds its assets; from then on they are searched."""
        return not self._since(3, 0)

    @property
    def has_visibility(self) -> bool:
        """Whether "archived" is one of several visibilities; before, it is a flag."""
        return self._since(1, 133)

    @property
    def has_ratings(self) -> bool:
        """Whether assets can be rated."""
        return self._since(1, 112)

    def check_rating(self, rating: int) -> None:
        """Raise TooOldError for a rating that the version does not know; 0 is to take one away."""
        if not self.has_ratings:
            raise TooOldError(f"Immich {self.version} does not support ratings: update it to 1.112 or newer.")
        if rating < 0 and not self._since(1, 125, 7):
            raise TooOldError(f"Immich {self.version} cannot reject photos: update it to 1.125.7, or give them a star.")

    @property
    def has_empty_ratings(self) -> bool:
        """Whether null removes a rating; before, 0 does, and null is refused."""
        return self._since(2, 6)

    @property
    def rates_in_bulk(self) -> bool:
        """Whether ratings can be set in bulk; before, the call accepts one and then fails."""
        return self._since(1, 143)

    @property
    def describes_in_bulk(self) -> bool:
        """Whether descriptions can be set in bulk; before, the call silently drops them."""
        return self._since(1, 133)

    def scopes(self, *, with_archived: bool) -> tuple[Scope, ...]:
        """The parts of the user's visible library, each searched and counted by itself."""
        if self.has_visibility:
            names = ("timeline", "archive") if with_archived else ("timeline",)
            return tuple(Scope({"type": "IMAGE", "visibility": name}, {"visibility": name}) for name in names)
        search: dict[str, Any] = {"type": "IMAGE", "isVisible": True}
        if self._since(1, 95, 1):
            # In 1.95.0 it would mean "only archived ones", which are included anyway.
            search["withArchived"] = with_archived
        return (Scope(search, {} if with_archived else {"isArchived": "false"}),)

    def _since(self, major: int, minor: int, patch: int = 0) -> bool:
        return self.version >= (major, minor, patch)
