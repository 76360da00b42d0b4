"""Routes, fields and statuses of every release that the fake can be, read off the published API descriptions.

So a clone without those files still knows what it must be; where they are, a test compares the two.
"""

from typing import NamedTuple

from tests.fake_immich.versions import VERSIONS, release

# operation, first and last release, method, path, what a key needs, status; hidden: not in the description.
ROUTES = """
about v1.113.1 v1.113.1 GET /server-info/about any-key 200 hidden
about v1.113.1 v1.135.3 GET /server/about any-key 200
about v1.136.0 v1.136.0 GET /server/about all 200
about v1.137.3 v3.2.2 GET /server/about server.about 200
album_add_assets v1.95.1 v1.105.1 PUT /album/{id}/assets any-key 200
album_add_assets v1.106.4 v1.135.3 PUT /albums/{id}/assets any-key 200
album_add_assets v1.136.0 v1.136.0 PUT /albums/{id}/assets all 200
album_add_assets v1.137.3 v3.2.2 PUT /albums/{id}/assets albumAsset.create 200
album_create v1.95.1 v1.105.1 POST /album any-key 201
album_create v1.106.4 v1.106.4 POST /albums any-key 201
album_create v1.113.1 v3.2.2 POST /albums album.create 201
album_delete v1.95.1 v1.105.1 DELETE /album/{id} any-key 200
album_delete v1.106.4 v1.106.4 DELETE /albums/{id} any-key 200
album_delete v1.113.1 v1.137.3 DELETE /albums/{id} album.delete 200
album_delete v1.144.1 v3.2.2 DELETE /albums/{id} album.delete 204
album_info v1.95.1 v1.105.1 GET /album/{id} any-key 200
album_info v1.106.4 v1.106.4 GET /albums/{id} any-key 200
album_info v1.113.1 v3.2.2 GET /albums/{id} album.read 200
album_remove_assets v1.95.1 v1.105.1 DELETE /album/{id}/assets any-key 200
album_remove_assets v1.106.4 v1.135.3 DELETE /albums/{id}/assets any-key 200
album_remove_assets v1.136.0 v1.136.0 DELETE /albums/{id}/assets all 200
album_remove_assets v1.137.3 v3.2.2 DELETE /albums/{id}/assets albumAsset.delete 200
album_update v1.95.1 v1.105.1 PATCH /album/{id} any-key 200
album_update v1.106.4 v1.106.4 PATCH /albums/{id} any-key 200
album_update v1.113.1 v3.2.2 PATCH /albums/{id} album.update 200
albums_add_assets_bulk v1.144.1 v3.2.2 PUT /albums/assets albumAsset.create 200
albums_list v1.95.1 v1.105.1 GET /album any-key 200
albums_list v1.106.4 v1.106.4 GET /albums any-key 200
albums_list v1.113.1 v3.2.2 GET /albums album.read 200
api_key_me v1.144.1 v3.2.2 GET /api-keys/me any-key 200
asset_info v1.95.1 v1.105.1 GET /asset/{id} any-key 200
asset_info v1.106.4 v1.135.3 GET /assets/{id} any-key 200
asset_info v1.136.0 v1.136.0 GET /assets/{id} all 200
asset_info v1.137.3 v3.2.2 GET /assets/{id} asset.read 200
asset_ocr v2.7.5 v3.2.2 GET /assets/{id}/ocr asset.read 200
asset_original v1.95.1 v1.105.1 POST /download/asset/{id} any-key 200
asset_original v1.106.4 v1.135.3 GET /assets/{id}/original any-key 200
asset_original v1.136.0 v1.136.0 GET /assets/{id}/original all 200
asset_original v1.137.3 v3.2.2 GET /assets/{id}/original asset.download 200
asset_statistics v1.95.1 v1.105.1 GET /asset/statistics any-key 200
asset_statistics v1.106.4 v1.135.3 GET /assets/statistics any-key 200
asset_statistics v1.136.0 v1.136.0 GET /assets/statistics all 200
asset_statistics v1.137.3 v3.2.2 GET /assets/statistics asset.statistics 200
asset_thumbnail v1.95.1 v1.105.1 GET /asset/thumbnail/{id} any-key 200
asset_thumbnail v1.106.4 v1.135.3 GET /assets/{id}/thumbnail any-key 200
asset_thumbnail v1.136.0 v1.136.0 GET /assets/{id}/thumbnail all 200
asset_thumbnail v1.137.3 v3.2.2 GET /assets/{id}/thumbnail asset.view 200
asset_update v1.95.1 v1.105.1 PUT /asset/{id} any-key 200
asset_update v1.106.4 v1.135.3 PUT /assets/{id} any-key 200
asset_update v1.136.0 v1.136.0 PUT /assets/{id} all 200
asset_update v1.137.3 v3.2.2 PUT /assets/{id} asset.update 200
asset_update v3.1.0 v3.1.0 PATCH /assets/{id} asset.update 200 hidden
assets_delete v1.95.1 v1.105.1 DELETE /asset any-key 204
assets_delete v1.106.4 v1.135.3 DELETE /assets any-key 204
assets_delete v1.136.0 v1.136.0 DELETE /assets all 204
assets_delete v1.137.3 v3.2.2 DELETE /assets asset.delete 204
assets_list_legacy v1.95.1 v1.105.1 GET /asset any-key 200
assets_update_bulk v1.95.1 v1.105.1 PUT /asset any-key 204
assets_update_bulk v1.106.4 v1.135.3 PUT /assets any-key 204
assets_update_bulk v1.136.0 v1.136.0 PUT /assets all 204
assets_update_bulk v1.137.3 v3.2.2 PUT /assets asset.update 204
assets_update_bulk v3.1.0 v3.1.0 PATCH /assets asset.update 204 hidden
auth_validate_token v1.95.1 v1.135.3 POST /auth/validateToken any-key 200
auth_validate_token v1.144.1 v3.2.2 POST /auth/validateToken any-key 200
auth_validate_token v1.136.0 v1.137.3 POST /auth/validateToken all 200
current_user v1.95.1 v1.105.1 GET /user/me any-key 200
current_user v1.106.4 v1.135.3 GET /users/me any-key 200
current_user v1.136.0 v1.136.0 GET /users/me all 200
current_user v1.137.3 v3.2.2 GET /users/me user.read 200
duplicate_dismiss v1.135.3 v1.135.3 DELETE /duplicates/{id} any-key 200
duplicate_dismiss v1.136.0 v1.136.0 DELETE /duplicates/{id} all 200
duplicate_dismiss v1.137.3 v1.137.3 DELETE /duplicates/{id} duplicate.delete 200
duplicate_dismiss v1.144.1 v3.2.2 DELETE /duplicates/{id} duplicate.delete 204
duplicates_dismiss_bulk v1.135.3 v1.135.3 DELETE /duplicates any-key 200
duplicates_dismiss_bulk v1.136.0 v1.136.0 DELETE /duplicates all 200
duplicates_dismiss_bulk v1.137.3 v1.137.3 DELETE /duplicates duplicate.delete 200
duplicates_dismiss_bulk v1.144.1 v3.2.2 DELETE /duplicates duplicate.delete 204
duplicates_list v1.106.4 v1.135.3 GET /duplicates any-key 200
duplicates_list v1.136.0 v1.136.0 GET /duplicates all 200
duplicates_list v1.137.3 v3.2.2 GET /duplicates duplicate.read 200
faces v1.95.1 v1.105.1 GET /face any-key 200
faces v1.106.4 v1.106.4 GET /faces any-key 200
faces v1.113.1 v3.2.2 GET /faces face.read 200
features v1.95.1 v1.106.4 GET /server-info/features public 200
features v1.113.1 v1.113.1 GET /server-info/features public 200 hidden
features v1.113.1 v3.2.2 GET /server/features public 200
libraries v1.95.1 v1.95.1 GET /library any-key 200
libraries v1.105.1 v1.105.1 GET /library any-key 200 admin
libraries v1.106.4 v1.106.4 GET /libraries any-key 200 admin
libraries v1.113.1 v3.2.2 GET /libraries library.read 200 admin
media_types v1.95.1 v1.106.4 GET /server-info/media-types public 200
media_types v1.113.1 v1.113.1 GET /server-info/media-types public 200 hidden
media_types v1.113.1 v3.2.2 GET /server/media-types public 200
people v1.95.1 v1.105.1 GET /person any-key 200
people v1.106.4 v1.106.4 GET /people any-key 200
people v1.113.1 v3.2.2 GET /people person.read 200
person v1.95.1 v1.105.1 GET /person/{id} any-key 200
person v1.106.4 v1.106.4 GET /people/{id} any-key 200
person v1.113.1 v3.2.2 GET /people/{id} person.read 200
ping v1.95.1 v1.106.4 GET /server-info/ping public 200
ping v1.113.1 v1.113.1 GET /server-info/ping public 200 hidden
ping v1.113.1 v3.2.2 GET /server/ping public 200
search_metadata v1.95.1 v1.95.1 POST /search/metadata any-key 201
search_metadata v1.105.1 v1.135.3 POST /search/metadata any-key 200
search_metadata v1.136.0 v1.136.0 POST /search/metadata all 200
search_metadata v1.137.3 v3.2.2 POST /search/metadata asset.read 200
search_random v1.118.2 v1.135.3 POST /search/random any-key 200
search_random v1.136.0 v1.136.0 POST /search/random all 200
search_random v1.137.3 v3.2.2 POST /search/random asset.read 200
search_smart v1.95.1 v1.95.1 POST /search/smart any-key 201
search_smart v1.105.1 v1.135.3 POST /search/smart any-key 200
search_smart v1.136.0 v1.136.0 POST /search/smart all 200
search_smart v1.137.3 v3.2.2 POST /search/smart asset.read 200
search_statistics v1.135.3 v1.135.3 POST /search/statistics any-key 200
search_statistics v1.136.0 v1.136.0 POST /search/statistics all 200
search_statistics v1.137.3 v3.2.2 POST /search/statistics asset.statistics 200
server_config v1.95.1 v1.106.4 GET /server-info/config public 200
server_config v1.113.1 v1.113.1 GET /server-info/config public 200 hidden
server_config v1.113.1 v3.2.2 GET /server/config public 200
stack_create v1.113.1 v3.2.2 POST /stacks stack.create 201
stack_delete v1.113.1 v3.2.2 DELETE /stacks/{id} stack.delete 204
stack_get v1.113.1 v3.2.2 GET /stacks/{id} stack.read 200
stack_parent_swap_legacy v1.95.1 v1.105.1 PUT /asset/stack/parent any-key 200
stack_parent_swap_legacy v1.106.4 v1.106.4 PUT /assets/stack/parent any-key 200
stack_remove_asset v1.136.0 v3.2.2 DELETE /stacks/{id}/assets/{assetId} stack.update 204
stack_update v1.113.1 v3.2.2 PUT /stacks/{id} stack.update 200
stack_update v3.1.0 v3.1.0 PATCH /stacks/{id} stack.update 200 hidden
stacks_delete_bulk v1.113.1 v3.2.2 DELETE /stacks stack.delete 204
stacks_list v1.113.1 v3.2.2 GET /stacks stack.read 200
tag_add_assets v1.95.1 v1.105.1 PUT /tag/{id}/assets any-key 200
tag_add_assets v1.106.4 v1.106.4 PUT /tags/{id}/assets any-key 200
tag_add_assets v1.113.1 v3.2.2 PUT /tags/{id}/assets tag.asset 200
tag_assets_list v1.95.1 v1.105.1 GET /tag/{id}/assets any-key 200
tag_assets_list v1.106.4 v1.106.4 GET /tags/{id}/assets any-key 200
tag_create v1.95.1 v1.105.1 POST /tag any-key 201
tag_create v1.106.4 v1.106.4 POST /tags any-key 201
tag_create v1.113.1 v3.2.2 POST /tags tag.create 201
tag_delete v1.95.1 v1.105.1 DELETE /tag/{id} any-key 200
tag_delete v1.106.4 v1.106.4 DELETE /tags/{id} any-key 200
tag_delete v1.113.1 v3.2.2 DELETE /tags/{id} tag.delete 204
tag_get v1.95.1 v1.105.1 GET /tag/{id} any-key 200
tag_get v1.106.4 v1.106.4 GET /tags/{id} any-key 200
tag_get v1.113.1 v3.2.2 GET /tags/{id} tag.read 200
tag_remove_assets v1.95.1 v1.105.1 DELETE /tag/{id}/assets any-key 200
tag_remove_assets v1.106.4 v1.106.4 DELETE /tags/{id}/assets any-key 200
tag_remove_assets v1.113.1 v3.2.2 DELETE /tags/{id}/assets tag.asset 200
tag_update v1.95.1 v1.105.1 PATCH /tag/{id} any-key 200
tag_update v1.106.4 v1.106.4 PATCH /tags/{id} any-key 200
tag_update v3.1.0 v3.1.0 PATCH /tags/{id} tag.update 200 hidden
tag_update v1.113.1 v3.2.2 PUT /tags/{id} tag.update 200
tag_upsert v1.113.1 v3.2.2 PUT /tags tag.create 200
tags_assets_bulk v1.113.1 v3.2.2 PUT /tags/assets tag.asset 200
tags_list v1.95.1 v1.105.1 GET /tag any-key 200
tags_list v1.106.4 v1.106.4 GET /tags any-key 200
tags_list v1.113.1 v3.2.2 GET /tags tag.read 200
timeline_bucket v1.95.1 v1.95.1 GET /asset/time-bucket any-key 200
timeline_bucket v1.105.1 v1.106.4 GET /timeline/bucket any-key 200
timeline_bucket v1.113.1 v3.2.2 GET /timeline/bucket asset.read 200
timeline_buckets v1.95.1 v1.95.1 GET /asset/time-buckets any-key 200
timeline_buckets v1.105.1 v1.106.4 GET /timeline/buckets any-key 200
timeline_buckets v1.113.1 v3.2.2 GET /timeline/buckets asset.read 200
trash_restore_assets v1.95.1 v1.106.4 POST /trash/restore/assets any-key 204
trash_restore_assets v1.113.1 v1.113.1 POST /trash/restore/assets asset.delete 204
trash_restore_assets v1.118.2 v3.2.2 POST /trash/restore/assets asset.delete 200
version v1.95.1 v1.106.4 GET /server-info/version public 200
version v1.113.1 v1.113.1 GET /server-info/version public 200 hidden
version v1.113.1 v3.2.2 GET /server/version public 200
"""

# What is in an answer or a body: `!` is always there; `@` names the first and the last release that has it.
FIELDS = {
    "AssetResponseDto": """
        checksum! createdAt!@v1.144.1- deviceAssetId!@-v2.7.5 deviceId!@-v2.7.5 duplicateId@v1.106.4- duration!
        exifInfo fileCreatedAt! fileModifiedAt! hasMetadata! height!@v2.7.5- id! isArchived! isEdited!@v2.7.5-
        isExternal!@-v1.95.1 isExternal@v1.105.1-v1.105.1 isFavorite! isOffline! isReadOnly!@-v1.95.1
        isReadOnly@v1.105.1-v1.105.1 isTrashed! libraryId!@-v1.105.1 libraryId@v1.106.4- livePhotoVideoId
        localDateTime! originalFileName! originalMimeType@v1.106.4- originalPath! owner ownerId! people
        resized!@-v1.106.4 resized@v1.113.1- smartInfo@-v1.118.2 stack stackCount!@-v1.106.4
        stackParentId@-v1.106.4 tags thumbhash! type! unassignedFaces@v1.106.4-v2.7.5 updatedAt!
        visibility!@v1.133.1- width!@v2.7.5-
    """,
    "ExifResponseDto": """
        city country dateTimeOriginal description exifImageHeight exifImageWidth exposureTime fNumber
        fileSizeInByte focalLength iso latitude lensModel longitude make model modifyDate orientation
        projectionType rating@v1.113.1- state timeZone
    """,
    "AlbumResponseDto": """
        albumName! albumThumbnailAssetId! albumUsers!@v1.105.1- assetCount! assets!@-v2.7.5
        contributorCounts@v2.7.5- createdAt! description! endDate hasSharedLink! id! isActivityEnabled!
        lastModifiedAssetTimestamp order@v1.105.1- owner!@-v2.7.5 ownerId!@-v2.7.5 shared!
        sharedUsers!@-v1.105.1 startDate updatedAt!
    """,
    "TagResponseDto": """
        color@v1.113.1- createdAt!@v1.113.1- id! name! parentId@v1.113.1- type!@-v1.106.4 updatedAt!@v1.113.1-
        userId!@-v1.106.4 value!@v1.113.1-
    """,
    "AssetStackResponseDto": "assetCount! id! primaryAssetId!",
    "UserResponseDto": """
        avatarColor! createdAt!@-v1.105.1 deletedAt!@-v1.105.1 email! externalPath!@-v1.95.1 id!
        isAdmin!@-v1.105.1 memoriesEnabled@-v1.105.1 name! oauthId!@-v1.105.1 profileChangedAt!@v1.118.2-
        profileImagePath! quotaSizeInBytes!@-v1.105.1 quotaUsageInBytes!@-v1.105.1
        shouldChangePassword!@-v1.105.1 status!@v1.105.1-v1.105.1 storageLabel!@-v1.105.1 updatedAt!@-v1.105.1
    """,
    "UserAdminResponseDto": """
        avatarColor! clusterGroupId!@v3.2.2- createdAt! deletedAt! email! id! isAdmin! license!@v1.113.1- name!
        oauthId! profileChangedAt!@v1.118.2- profileImagePath! quotaSizeInBytes! quotaUsageInBytes!
        shouldChangePassword! status! storageLabel! updatedAt!
    """,
    "SearchAssetResponseDto": "count! facets! items! nextCursor!@v3.2.2- nextPage! total!",
    "BulkIdResponseDto": "error errorMessage@v2.7.5- id! success!",
    "AssetIdsResponseDto": "assetId! error success!",
    "DuplicateResponseDto": "assets! duplicateId! suggestedKeepAssetIds!@v2.7.5-",
    "AssetFaceResponseDto": """
        boundingBoxX1! boundingBoxX2! boundingBoxY1! boundingBoxY2! id! imageHeight! imageWidth! person!
        sourceType@v1.118.2-
    """,
    "PersonResponseDto": """
        birthDate! color@v1.132.3- id! isFavorite@v1.132.3- isHidden! name! thumbnailPath! updatedAt@v1.113.1-
    """,
    "PeopleResponseDto": "hasNextPage@v1.113.1- hidden!@v1.105.1- people! total!",
    "ServerVersionResponseDto": "major! minor! patch! prerelease!@v3.1.0-",
    "ServerFeaturesDto": """
        configFile! duplicateDetection!@v1.106.4- email!@v1.105.1- facialRecognition! importFaces!@v1.118.2-
        map! oauth! oauthAutoLaunch! ocr!@v2.7.5- passwordLogin! realtimeTranscoding!@v3.1.0- reverseGeocoding!
        search! sidecar! smartSearch! trash!
    """,
    "ServerConfigDto": """
        externalDomain! isInitialized! isOnboarded! loginPageMessage! maintenanceMode!@v2.7.5-
        mapDarkStyleUrl!@v1.118.2- mapLightStyleUrl!@v1.118.2- minFaces!@v3.1.0-
        oauthAccountManagementUrl@v3.2.2- oauthButtonText! publicUsers!@v1.125.7- trashDays!
        userDeleteDelay!@v1.105.1-
    """,
    "APIKeyResponseDto": "createdAt! id! name! permissions!@v1.113.1- updatedAt!",
    "MetadataSearchDto": """
        albumIds@v1.135.3- checksum city country createdAfter createdBefore cursor@v3.2.2- description@v1.132.3-
        deviceAssetId@-v2.7.5 deviceId@-v2.7.5 encodedVideoPath filter@v3.2.2- id isArchived@-v1.132.3 isEncoded
        isExternal@-v1.95.1 isFavorite isMotion isNotInAlbum isOffline isReadOnly@-v1.95.1 isVisible@-v1.132.3
        lensModel libraryId make model ocr@v2.7.5- order orderBy@v3.2.2- originalFileName originalPath page
        personIds previewPath@v1.105.1- rating@v1.132.3- resizePath@-v1.105.1 size state tagIds@v1.132.3-
        takenAfter takenBefore thumbnailPath@v1.105.1- trashedAfter trashedBefore type updatedAfter
        updatedBefore visibility@v1.133.1- webpPath@-v1.105.1 withArchived@-v1.132.3 withDeleted withExif
        withPeople withStacked
    """,
    "AssetBulkUpdateDto": """
        dateTimeOriginal dateTimeRelative@v1.144.1- description@v1.133.1- duplicateId@v1.106.4- ids!
        isArchived@-v1.132.3 isFavorite latitude longitude rating@v1.113.1- removeParent@-v1.106.4
        stackParentId@-v1.106.4 timeZone@v1.144.1- visibility@v1.133.1-
    """,
    "UpdateAssetDto": """
        dateTimeOriginal description isArchived@-v1.132.3 isFavorite latitude livePhotoVideoId@v1.118.2-
        longitude rating@v1.113.1- visibility@v1.133.1-
    """,
}


class RouteRow(NamedTuple):
    """One route of one release."""

    operation: str
    method: str
    path: str
    permission: str
    status: int
    is_hidden: bool
    needs_admin: bool


def routes_of(version: str) -> set[RouteRow]:
    """The routes that a release has, as far as this project asks for them."""
    rows = (line.split() for line in ROUTES.split("\n") if line)
    return {
        RouteRow(operation, method, path, need.replace("-", " "), int(status), "hidden" in more, "admin" in more)
        for operation, first, last, method, path, need, status, *more in rows
        if release(first) <= release(version) <= release(last)
    }


def fields_in(schema: str, version: str) -> dict[str, bool]:
    """The fields that a release has in a schema, and whether they are always there."""
    found: dict[str, bool] = {}
    for word in FIELDS[schema].split():
        name, _, span = word.partition("@")
        first, _, last = span.partition("-")
        if release(first or VERSIONS[0]) <= release(version) <= release(last or VERSIONS[-1]):
            found[name.removesuffix("!")] = name.endswith("!")
    return found
