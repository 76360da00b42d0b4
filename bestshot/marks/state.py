"""What stands on the photos of a library and in its albums, as data.

Photos are named by their key, albums and stacks by the library's own id for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

TAG: Final = "tag"
ALBUM: Final = "album"
FAVORITE: Final = "favorite"
RATING: Final = "rating"
LABEL: Final = "label"
DESCRIPTION: Final = "description"
STACK: Final = "stack"
ARCHIVED: Final = "archived"

BY_ROLE: Final = "by role"
"""Which rating, or label: the one that a photo was given for its part in a group."""


class Aspect(NamedTuple):
    """Something that can be set on a photo: what, which one of these (a tag, an album), and the photo."""

    what: str
    which: str
    key: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack with its primary first."""

    id: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Album:
    """An album with all that is in it, anybody's."""

    id: str
    name: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class PhotoMarks:
    """What stands on one photo: tags as full paths ("trips/berlin"), a rating of 1 to 5, or -1 if it was rejected.

    A label is the name of its colour, or any other text.
    """

    key: str
    is_favorite: bool = False
    is_archived: bool = False
    rating: int | None = None
    label: str | None = None
    description: str = ""
    tags: frozenset[str] = frozenset()
    stack: Stack | None = None


@dataclass(frozen=True, slots=True)
class LibraryMarks:
    """What stands on the photos that were asked for, and in albums: those asked for, and those that hold the photos.

    A photo or album that is gone is left out. `rates_favorites`: a favourite is a photo with five stars there, so that
    a photo cannot be both a favourite and rated otherwise. `tagged` are the tags of ours that still exist, each
    with all that has it or a tag below it, and `tag_names` all tags there are: both only where somebody asked for them.
    """

    photos: Mapping[str, PhotoMarks] = field(default_factory=dict)
    albums: Mapping[str, Album] = field(default_factory=dict)
    rates_favorites: bool = False
    tagged: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tag_names: frozenset[str] = frozenset()
