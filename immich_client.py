"""The Immich HTTP API as typed calls: the door to `bestshot.immich`."""

from bestshot.errors import (
    ImmichError,
    MissingPermissionError,
    NotFoundError,
    NotImmichError,
    RejectedError,
    TooOldError,
    UnreachableError,
    UsageError,
    WrongKeyError,
)
from bestshot.immich.bulk import BulkResult, Refusal
from bestshot.immich.calls import AssetChange
from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.keys import KeyFromEnvironment, KeyFromFile, KeyInProcess, KeySource
from bestshot.immich.listing import AssetListing
from bestshot.immich.model import Album, Asset, FaceBox, Stack, Statistics, Tag, User, Visibility
from bestshot.immich.versions import Task, Version

__all__ = [
    "Album",
    "Asset",
    "AssetChange",
    "AssetListing",
    "BulkResult",
    "FaceBox",
    "ImmichClient",
    "ImmichError",
    "KeyFromEnvironment",
    "KeyFromFile",
    "KeyInProcess",
    "KeySource",
    "MissingPermissionError",
    "NotFoundError",
    "NotImmichError",
    "Refusal",
    "RejectedError",
    "RetryPolicy",
    "Stack",
    "Statistics",
    "Tag",
    "Task",
    "TooOldError",
    "UnreachableError",
    "UsageError",
    "User",
    "Version",
    "Visibility",
    "WrongKeyError",
]
