"""Where photos come from: the door to `bestshot.sources`, and all that a source of one's own is made of."""

from bestshot.errors import PhotoError, SourceError, TransientError, UsageError
from bestshot.layout.actions import CopyFile
from bestshot.model.formats import PHOTO_SUFFIXES, RAW_SUFFIXES
from bestshot.model.photo import FileRole, Listing, Metadata, Photo, PhotoFile, Skipped
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.sources.interface import Examine, PhotoSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.sources.whole_files import WholeFileSource
from bestshot.storage.files import write_verified
from bestshot.storage.picture_cache import PhotoCache

__all__ = [
    "ALWAYS",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "CopyFile",
    "Examine",
    "FileRole",
    "ImmichPhotoSource",
    "Listing",
    "LocalPhotoSource",
    "Metadata",
    "Photo",
    "PhotoCache",
    "PhotoError",
    "PhotoFile",
    "PhotoSource",
    "Skipped",
    "SourceError",
    "TimeSpan",
    "TransientError",
    "UsageError",
    "WholeFileSource",
    "write_verified",
]
