"""Where photos come from: the door to `bestshot.sources`."""

from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.sources.interface import PhotoSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.picture_cache import PhotoCache

__all__ = ["ImmichPhotoSource", "LocalPhotoSource", "PhotoCache", "PhotoSource"]
