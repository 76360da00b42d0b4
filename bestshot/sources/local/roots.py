"""The folders that are walked, how photos are named in them, and what the user has excluded."""

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from bestshot.model.formats import folded


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that is walked, and how its photos are named: by their path from it on, after `prefix`."""

    path: Path
    origin: str
    prefix: str
    spellings: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, origin: str, prefix: str, given: str) -> "Root":
        """The folder at a real path, which the user spelled as `given`."""
        places = {str(path), given, os.path.abspath(given)}  # noqa: PTH100 - links are to stay in it
        ahead = {_without_dot(place.replace(os.sep, "/").rstrip("/") + "/") for place in places}
        return cls(path, origin, prefix, ("", *sorted(ahead - {""})))

    def key(self, path: str) -> str:
        """The path of something within the folder, from it on."""
        # Every path begins with the root's; os.path.relpath, not knowing that, took half the time of a large listing.
        return path[len(str(self.path)) :].replace(os.sep, "/").strip("/")


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to pass over, or to look at: a name, or a path from the source on or with the source before it.

    Neither case nor the way in which accents are composed matters.
    """

    text: str
    is_path: bool

    @classmethod
    def of(cls, given: str) -> "Pattern":
        """The pattern as the user wrote it."""
        text = given.rstrip("/")
        return cls(folded(_without_dot(text)).casefold(), "/" in text)

    def matches(self, root: Root, entry: os.DirEntry[str]) -> bool:
        """Whether an entry of the folder that is walked is meant."""
        if not self.is_path:
            return fnmatchcase(folded(entry.name).casefold(), self.text)
        key = root.key(entry.path)
        return any(fnmatchcase(folded(ahead + key).casefold(), self.text) for ahead in root.spellings)

    def covers(self, root: Root, path: str) -> bool:
        """Whether a file is meant, or a folder that it is in."""
        parts = folded(root.key(path)).casefold().split("/")
        if not self.is_path:
            return any(fnmatchcase(part, self.text) for part in parts)
        above = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
        spellings = [folded(ahead).casefold() for ahead in root.spellings]
        return any(fnmatchcase(ahead + place, self.text) for ahead in spellings for place in above)


def _without_dot(path: str) -> str:
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path
