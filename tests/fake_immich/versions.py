"""The releases that the fake server can be, and how two of them compare."""

from typing import Any

Release = tuple[int, int, int]

VERSIONS = (
    "v1.95.1",
    "v1.105.1",
    "v1.106.4",
    "v1.113.1",
    "v1.118.2",
    "v1.125.7",
    "v1.132.3",
    "v1.133.1",
    "v1.135.3",
    "v1.136.0",
    "v1.137.3",
    "v1.144.1",
    "v2.7.5",
    "v3.1.0",
    "v3.2.2",
)

FIRST = (1, 95, 0)
LAST = (99, 0, 0)


def release(version: str) -> Release:
    """`v1.95.1` or `1.95.1` as numbers that compare."""
    major, minor, patch = (int(part) for part in version.removeprefix("v").split("."))
    return major, minor, patch


def fields_of(now: Release, *eras: tuple[Release, Release, dict[str, Any]]) -> dict[str, Any]:
    """The fields that a release has, out of rows of: since when, before when, which."""
    return {name: value for since, before, part in eras if since <= now < before for name, value in part.items()}
