"""What the user wants done with the groups, without what does it, so that --help stays fast."""

from dataclasses import dataclass, field

from bestshot.marks.actions import MarkOptions
from bestshot.model.photo import LinkMethod


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What the user wants done with the groups.

    `output` is for the groups' folders or, with `albums_only`, for albums of links alone.
    """

    output: str | None = None
    link: LinkMethod = LinkMethod.COPY
    marks: MarkOptions = field(default_factory=MarkOptions)
    albums_only: bool = False

    @property
    def layout(self) -> str | None:
        """Where the groups are laid out, if they are."""
        return None if self.albums_only else self.output

    @property
    def is_looking(self) -> bool:
        """Whether nothing is to be changed."""
        return self.layout is None and not self.marks.any
