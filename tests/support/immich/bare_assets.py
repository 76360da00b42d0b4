"""An asset of which a server tells nothing, for tests to fill in what they are about."""

from bestshot.immich.model import Asset, Exif, Visibility

NO_EXIF = Exif(
    make=None,
    model=None,
    lens=None,
    f_number=None,
    focal_length_mm=None,
    iso=None,
    exposure=None,
    width=None,
    height=None,
    size=None,
    orientation=None,
    taken=None,
    time_zone=None,
    latitude=None,
    longitude=None,
    description="",
    rating=None,
)
NO_ASSET = Asset(
    id="",
    owner_id="me",
    type="IMAGE",
    file_name="",
    path="/data/upload",
    file_created_at=None,
    local_time=None,
    file_modified_at=None,
    is_favorite=False,
    is_trashed=False,
    visibility=Visibility.TIMELINE,
    checksum="",
    thumbhash=None,
    library_id=None,
    motion_video_id=None,
    duplicate_id=None,
    exif=None,
    tags=(),
    stack=None,
)
