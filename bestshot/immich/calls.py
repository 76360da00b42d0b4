"""The calls of Immich's API as data, as each version spells them; nothing here contacts a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from bestshot.immich.model import Stack
from bestshot.immich.versions import Dialect

PAGE_SIZE = 1000
"""The most results that a search returns at once, in every version."""

ThumbnailSize = Literal["thumbnail", "preview"]

# How long answers may be, in bytes. Recordings of four real servers give what they usually are: an asset about 2 kB.

SHORT = 1 << 20
"""A version, a user, a count, a new tag, or the results of a call on 500 ids, at 100 bytes each."""

ASSET = 16 << 20
"""One asset or its faces; before 1.113 an asset contains the others of its stack."""

PAGE = 64 << 20
"""PAGE_SIZE assets; a description has no limit of its own."""

WHOLE = 256 << 20
"""What has no pages: all tags, albums or stacks, and up to 2.7 an album with all its assets, 128,000 of them."""

THUMBNAIL = 8 << 20
"""About 20 kB; up to 1.105 a preview in its place if there is none."""

PREVIEW = 32 << 20
"""About 500 kB; an administrator may have them made larger, and nearly without loss."""

ORIGINAL = 4 << 30
"""An original of a size that is not known: neither a TIFF nor the video of a live photo can be longer."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request; `path` is below /api, `is_repeatable` is whether sending it twice does no harm.

    An answer of more than `most` bytes is not read.
    """

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    is_repeatable: bool = True
    most: int = SHORT

    def __str__(self) -> str:
        return f"{self.method} /api/{self.path}"

    @property
    def writes(self) -> bool:
        """Whether it changes anything on the server."""
        return self.method != "GET" and not self.path.startswith(("search/", "download/"))


@dataclass(frozen=True, slots=True)
class AssetChange:
    """What to set on assets; None leaves a field unchanged, a rating of 0 removes the stars."""

    is_favorite: bool | None = None
    is_archived: bool | None = None
    rating: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls as one version spells them."""

    dialect: Dialect

    def current_user(self) -> Call:
        """The owner of the key."""
        return Call("GET", "users/me" if self.dialect.has_plural_routes else "user/me")

    def statistics(self, query: Mapping[str, str]) -> Call:
        """The number of the user's own assets."""
        return Call("GET", f"{self._assets}/statistics", query=query)

    def own_key(self) -> Call:
        """The API key that is in use."""
        return Call("GET", "api-keys/me")

    def search(self, filters: Mapping[str, Any], page: int) -> Call:
        """One page of a search by metadata."""
        return Call("POST", "search/metadata", body={**filters, "page": page, "size": PAGE_SIZE}, most=PAGE)

    def asset(self, asset_id: str) -> Call:
        """Everything about one asset."""
        return Call("GET", f"{self._assets}/{_id(asset_id)}", most=ASSET)

    def thumbnail(self, asset_id: str, size: ThumbnailSize) -> Call:
        """A thumbnail of 250 pixels, or a preview of about 1440."""
        most = PREVIEW if size == "preview" else THUMBNAIL
        if self.dialect.has_plural_routes:
            return Call("GET", f"assets/{_id(asset_id)}/thumbnail", query={"size": size}, most=most)
        picture = "JPEG" if size == "preview" else "WEBP"
        return Call("GET", f"asset/thumbnail/{_id(asset_id)}", query={"format": picture}, most=most)

    def original(self, asset_id: str, size: int | None = None) -> Call:
        """The file as it was uploaded, of the size that the server gives for it, if it does."""
        most = size or ORIGINAL
        if self.dialect.has_plural_routes:
            return Call("GET", f"assets/{_id(asset_id)}/original", most=most)
        return Call("POST", f"download/asset/{_id(asset_id)}", most=most)

    def faces(self, asset_id: str) -> Call:
        """The faces of an asset."""
        return Call("GET", "faces" if self.dialect.has_plural_routes else "face", query={"id": asset_id}, most=ASSET)

    def update_asset(self, asset_id: str, change: AssetChange) -> Call:
        """Set fields of one asset."""
        return Call("PUT", f"{self._assets}/{_id(asset_id)}", body=self._fields(change), most=ASSET)

    def update_assets(self, asset_ids: Sequence[str], change: AssetChange) -> Call:
        """Set the same on many assets, all or none."""
        return Call("PUT", self._assets, body={"ids": list(asset_ids), **self._fields(change)})

    def changes_in_bulk(self, change: AssetChange) -> bool:
        """Whether one call can set this on many assets."""
        rates = change.rating is None or self.dialect.rates_in_bulk
        return rates and (change.description is None or self.dialect.describes_in_bulk)

    def tags(self) -> Call:
        """All tags of the user."""
        return Call("GET", self._tags, most=WHOLE)

    def upsert_tags(self, values: Sequence[str]) -> Call:
        """Get the tags with these paths, creating missing ones, from 1.113."""
        return Call("PUT", "tags", body={"tags": list(values)}, most=WHOLE)

    def create_tag(self, name: str) -> Call:
        """Create a flat tag, before 1.113."""
        return Call("POST", self._tags, body={"name": name, "type": "CUSTOM"}, is_repeatable=False)

    def tag_assets(self, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> Call:
        """Add tags to assets; before 1.129 the call fails as a whole if an asset already has one of them."""
        body = {"tagIds": list(tag_ids), "assetIds": list(asset_ids)}
        return Call("PUT", "tags/assets", body=body, is_repeatable=self.dialect.tags_again)

    def tag_with(self, tag_id: str, asset_ids: Sequence[str]) -> Call:
        """Add one tag to assets."""
        return Call("PUT", f"{self._tags}/{_id(tag_id)}/assets", body={self._tagged_ids: list(asset_ids)})

    def untag(self, tag_id: str, asset_ids: Sequence[str]) -> Call:
        """Remove one tag from assets."""
        return Call("DELETE", f"{self._tags}/{_id(tag_id)}/assets", body={self._tagged_ids: list(asset_ids)})

    def delete_tag(self, tag_id: str) -> Call:
        """Delete a tag."""
        return Call("DELETE", f"{self._tags}/{_id(tag_id)}", is_repeatable=False)

    def assets_of_tag(self, tag_id: str) -> Call:
        """The assets with a tag, before 1.113."""
        return Call("GET", f"{self._tags}/{_id(tag_id)}/assets", most=WHOLE)

    def months_of_tag(self, tag_id: str) -> Call:
        """The months of the assets with a tag, from 1.113 to 1.125."""
        return Call("GET", "timeline/buckets", query={"tagId": tag_id, "size": "MONTH"}, most=WHOLE)

    def month_of_tag(self, tag_id: str, month: str) -> Call:
        """The assets with a tag in one month, from 1.113 to 1.125."""
        query = {"tagId": tag_id, "size": "MONTH", "timeBucket": month}
        return Call("GET", "timeline/bucket", query=query, most=WHOLE)

    def albums(self) -> tuple[Call, ...]:
        """The calls that list the user's albums and those shared with the user."""
        own = Call("GET", self._albums, most=WHOLE)
        return (own,) if self.dialect.lists_shared_albums else (own, replace(own, query={"shared": "true"}))

    def albums_of_asset(self, asset_id: str) -> Call:
        """The albums that contain an asset."""
        return Call("GET", self._albums, query={"assetId": asset_id}, most=WHOLE)

    def album(self, album_id: str) -> Call:
        """One album, up to 2.7 with its assets."""
        return Call("GET", f"{self._albums}/{_id(album_id)}", most=WHOLE)

    def create_album(self, name: str, asset_ids: Sequence[str], description: str) -> Call:
        """Create an album; names need not be unique."""
        body = {"albumName": name, "assetIds": list(asset_ids)} | ({"description": description} if description else {})
        return Call("POST", self._albums, body=body, is_repeatable=False, most=PAGE)

    def add_to_album(self, album_id: str, asset_ids: Sequence[str]) -> Call:
        """Add assets to an album."""
        return Call("PUT", f"{self._albums}/{_id(album_id)}/assets", body={"ids": list(asset_ids)})

    def remove_from_album(self, album_id: str, asset_ids: Sequence[str]) -> Call:
        """Remove assets from an album."""
        return Call("DELETE", f"{self._albums}/{_id(album_id)}/assets", body={"ids": list(asset_ids)})

    def delete_album(self, album_id: str) -> Call:
        """Delete an album; its assets stay."""
        return Call("DELETE", f"{self._albums}/{_id(album_id)}", is_repeatable=False)

    def stacks(self) -> Call:
        """All stacks, from 1.113."""
        return Call("GET", "stacks", most=WHOLE)

    def stack(self, stack_id: str) -> Call:
        """One stack, from 1.113."""
        return Call("GET", f"stacks/{_id(stack_id)}", most=PAGE)

    def create_stack(self, asset_ids: Sequence[str]) -> Call:
        """Stack assets, with the first as primary; stacks whose primary is among them are merged in."""
        if self.dialect.has_stack_routes:
            return Call("POST", "stacks", body={"assetIds": list(asset_ids)}, is_repeatable=False, most=PAGE)
        primary, *children = asset_ids
        return Call("PUT", self._assets, body={"ids": children, "stackParentId": primary})

    def delete_stack(self, stack: Stack) -> Call:
        """Dissolve a stack; its assets stay."""
        if self.dialect.has_stack_routes:
            return Call("DELETE", f"stacks/{_id(stack.id)}", is_repeatable=False)
        return Call("PUT", self._assets, body={"ids": list(stack.asset_ids), "removeParent": True})

    def delete_stacks(self, stack_ids: Sequence[str]) -> Call:
        """Dissolve stacks, from 1.113; their assets stay."""
        return Call("DELETE", "stacks", body={"ids": list(stack_ids)}, is_repeatable=False)

    @property
    def _assets(self) -> str:
        return "assets" if self.dialect.has_plural_routes else "asset"

    @property
    def _tags(self) -> str:
        return "tags" if self.dialect.has_plural_routes else "tag"

    @property
    def _albums(self) -> str:
        return "albums" if self.dialect.has_plural_routes else "album"

    @property
    def _tagged_ids(self) -> str:
        return "ids" if self.dialect.has_tag_paths else "assetIds"

    def _fields(self, change: AssetChange) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if change.is_favorite is not None:
            fields["isFavorite"] = change.is_favorite
        if change.is_archived is not None:
            fields |= self._archived(is_archived=change.is_archived)
        if change.rating is not None:
            fields["rating"] = self._rating(change.rating)
        if change.description is not None:
            fields["description"] = change.description
        return fields

    def _archived(self, *, is_archived: bool) -> dict[str, Any]:
        if self.dialect.has_visibility:
            return {"visibility": "archive" if is_archived else "timeline"}
        return {"isArchived": is_archived}

    def _rating(self, rating: int) -> int | None:
        self.dialect.check_rating(rating)
        return None if rating == 0 and self.dialect.has_empty_ratings else rating


def _id(text: str) -> str:
    """Quote an id as one segment of a path."""
    return quote(text, safe="")
