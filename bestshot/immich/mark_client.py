"""What marking needs of an Immich client."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from bestshot.immich.bulk import BulkResult
from bestshot.immich.calls import AssetChange
from bestshot.immich.model import Album, Asset, Stack, Tag, User
from bestshot.immich.versions import Version


class MarkClient(Protocol):
    """The calls, as immich_client describes them."""

    def get_version(self) -> Version:
        """The server's version."""

    def get_current_user(self) -> User:
        """The owner of the key."""

    def get_assets_info(self, asset_ids: Iterable[str]) -> dict[str, Asset]:
        """All about these assets; those that are gone are left out."""

    def update_assets(self, asset_ids: Iterable[str], change: AssetChange) -> BulkResult:
        """Set the same on many assets."""

    def get_tags(self) -> tuple[Tag, ...]:
        """All tags of the user."""

    def tag_assets(self, asset_ids: Iterable[str], tags: str | Iterable[str]) -> BulkResult:
        """Put all tags on all assets."""

    def untag_assets(self, asset_ids: Iterable[str], tag_id: str) -> BulkResult:
        """Take a tag off assets."""

    def delete_tag(self, tag_id: str) -> None:
        """Take a tag away."""

    def get_tagged_ids(self, tag_id: str) -> frozenset[str]:
        """The photos with a tag or, in some versions, with one of its child tags."""

    def get_albums(self) -> tuple[Album, ...]:
        """The user's albums and those shared with the user."""

    def get_albums_of_asset(self, asset_id: str) -> tuple[Album, ...]:
        """The albums that hold an asset."""

    def get_album_member_ids(self, album_id: str) -> frozenset[str]:
        """Everything in an album."""

    def create_album(self, name: str, asset_ids: Sequence[str] = (), description: str = "") -> Album:
        """Make an album."""

    def add_assets_to_album(self, album_id: str, asset_ids: Iterable[str]) -> BulkResult:
        """Add assets to an album."""

    def remove_assets_from_album(self, album_id: str, asset_ids: Iterable[str]) -> BulkResult:
        """Take assets out of an album."""

    def delete_album(self, album_id: str) -> None:
        """Take an album away; its assets stay."""

    def get_stacks(self) -> tuple[Stack, ...]:
        """All stacks of the user."""

    def get_stack_of(self, asset_id: str) -> Stack | None:
        """The stack that an asset is in."""

    def create_stack(self, asset_ids: Sequence[str]) -> Stack:
        """Stack assets, the first on top."""

    def delete_stack(self, stack: Stack) -> None:
        """Dissolve a stack."""
