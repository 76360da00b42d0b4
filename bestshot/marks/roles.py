"""What photos are given for their part in a group, such as five stars for the best and one for the rest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

from bestshot.errors import UsageError

if TYPE_CHECKING:
    from bestshot.marks.actions import MarkedGroup


@dataclass(frozen=True, slots=True)
class PerRole:
    """What the best of a group is given, those that are kept beside it, and the rest; None is nothing."""

    best: str | None = None
    keep: str | None = None
    rest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what is written as `best=5,keep=4,rest=1`; raises UsageError if a role is given twice."""
        pairs = [part.partition("=")[::2] for part in text.split(",")]
        given = {role.strip(): value.strip() for role, value in pairs}
        if len(given) < len(pairs):
            raise UsageError(f"{text} names a role twice: give best, keep and rest once at most.")
        return cls(**given)

    def __str__(self) -> str:
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ",".join(f"{role}={value}" for role, value in given if value is not None)

    def each(self, change: Callable[[str], str]) -> Self:
        """What each role is given, changed."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return replace(self, **{role: change(value) for role, value in given if value is not None})

    def of(self, groups: "Iterable[MarkedGroup]") -> dict[str, str]:
        """What each photo of these groups is given. Nothing, where no photo was picked: a set is kept whole."""
        given: dict[str, str] = {}
        for group in (one for one in groups if not one.is_set):
            keepers_end = group.kept + group.keepers
            roles = (
                (self.best, group.keys[: group.kept]),
                (self.keep, group.keys[group.kept : keepers_end]),
                (self.rest, group.rest),
            )
            given |= {key: value for value, keys in roles if value is not None for key in keys}
        return given
