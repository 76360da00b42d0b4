"""All kinds of marks, in the order in which they are planned, carried out and reported."""

from typing import Final

from bestshot.journal.changes import Kinds
from bestshot.marks.actions import MarkAction, MarkEffect
from bestshot.marks.kinds.albums import ALBUMS
from bestshot.marks.kinds.archive import ARCHIVE
from bestshot.marks.kinds.stacks import STACKS
from bestshot.marks.kinds.tags import TAGS
from bestshot.marks.kinds.values import VALUES

MARKS: Final = (TAGS, ALBUMS, VALUES, STACKS, ARCHIVE)

KINDS: Final[Kinds[MarkAction, MarkEffect]] = Kinds(
    {action.__name__: action for kind in MARKS for action in kind.actions}, MarkEffect
)
"""What the journal holds of marks."""
