"""Changes of marks that only an undo makes, as data; see the others in `marks`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RemoveTags:
    """Take the tags that one change put on photos off them again."""

    keys: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeleteTag:
    """Take away a tag that we made, once nothing has it; `keys` are the photos that had it from us."""

    keys: tuple[str, ...]
    tag: str


@dataclass(frozen=True, slots=True)
class DeleteAlbum:
    """Take away an album that we made and that still has our name; `keys` is all that may be in it."""

    album: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreStack:
    """Make a stack again that went into one of ours; `stack` is the id that it had, the first of `keys` its top."""

    stack: str
    keys: tuple[str, ...]


MarkReversal = RemoveTags | DeleteTag | DeleteAlbum | RestoreStack
