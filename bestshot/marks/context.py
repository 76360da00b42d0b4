"""What planning knows: the groups of a run, what stands in the library, and what of it is ours to take back: pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import compress
from typing import Self

from bestshot.marks.actions import MarkedGroup, MarkOptions
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import ARCHIVED, LibraryMarks, PhotoMarks


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """The groups of a run as far as they are still there, and what is known of all photos.

    `number_of` are the groups' photos with their numbers. Where one was picked, it is among the `bests` and what it
    stands for among the `rest`; photos of sets, which are kept whole, are `in_sets` instead. `settled` are the photos
    that were seen together with all that were ever marked in one group with them and are still there: that one of them
    is alone now is certain, and not for want of the others.
    """

    groups: tuple[MarkedGroup, ...]
    options: MarkOptions
    marks: LibraryMarks
    ledger: MarkLedger
    number_of: Mapping[str, int]
    bests: frozenset[str]
    rest: frozenset[str]
    in_sets: frozenset[str]
    seen: frozenset[str]
    settled: frozenset[str]

    @classmethod
    def of(
        cls,
        groups: Iterable[MarkedGroup],
        seen: Collection[str],
        marks: LibraryMarks,
        ledger: MarkLedger,
        options: MarkOptions,
    ) -> Self:
        """Photos that are gone since the listing are in no group, and what is left of a group has at least two."""
        whole = (_living(group, marks) for group in groups)
        groups = (group for group in whole if len(group.keys) + len(group.references) > group.kept and group.keys)
        there = tuple(sorted(groups, key=lambda one: one.number))
        number_of = {key: group.number for group in there for key in group.keys}
        present = frozenset(seen) & marks.photos.keys() | number_of.keys()
        numbers = {**ledger.numbers, **number_of}
        partial = {number for key, number in numbers.items() if key in marks.photos and key not in present}
        return cls(
            groups=there,
            options=options,
            marks=marks,
            ledger=ledger,
            number_of=number_of,
            bests=frozenset(key for group in there if not group.is_set for key in group.keys[: group.kept]),
            rest=frozenset(key for group in there for key in group.rest),
            in_sets=frozenset(key for group in there if group.is_set for key in group.keys),
            seen=frozenset(present),
            settled=frozenset(key for key in present if numbers.get(key) not in partial),
        )

    @property
    def picked(self) -> tuple[MarkedGroup, ...]:
        """The groups of which one photo is the best: all but the sets, and those whose best is for reference."""
        return tuple(group for group in self.groups if not group.is_set and group.kept)

    def photo(self, key: str) -> PhotoMarks:
        """What stands on a photo that is there."""
        return self.marks.photos[key]

    def groups_of(self, keys: Collection[str]) -> tuple[MarkedGroup, ...]:
        """The groups that any of these photos is in."""
        numbers = {self.number_of[key] for key in keys}
        return tuple(group for group in self.groups if group.number in numbers)

    def last_number(self, key: str) -> int | None:
        """The group that a photo is in, or was when it was last marked, if some of that is merely absent now."""
        absent = None if key in self.settled else self.ledger.numbers.get(key)
        return self.number_of.get(key, absent)

    def left_its_group(self, key: str) -> bool:
        """Whether a photo is surely in no group any more."""
        return key in self.settled and key not in self.number_of

    def is_nobodys_duplicate(self, key: str) -> bool:
        """Whether a photo surely is in no group of which one was picked."""
        return key in self.in_sets or self.left_its_group(key)

    def lost_its_place(self, key: str) -> bool:
        """Whether a photo is surely not the best any more: another of its group is, or it has no group."""
        is_other = key in self.number_of and key not in self.bests
        return is_other or self.left_its_group(key)

    def comes_back(self, key: str) -> bool:
        """Whether we archived a photo that surely is not the rest of a group any more, and nobody has put it back."""
        is_ours = self.options.archive_rest and key in self.ledger.settings(ARCHIVED)
        return is_ours and key in self.settled and key not in self.rest and self.photo(key).is_archived

    def is_in_sight(self, key: str) -> bool:
        """Whether a photo is in the timeline, or will be."""
        return not self.photo(key).is_archived or self.comes_back(key)


def _living(group: MarkedGroup, marks: LibraryMarks) -> MarkedGroup:
    """What is there of a group; without its best, the next photo is taken for it."""
    there = [key in marks.photos for key in group.keys]
    kept, beside = sum(there[: group.kept]), sum(there[: group.kept + group.keepers])
    first = max(1, kept) if group.kept else 0
    return replace(group, keys=tuple(compress(group.keys, there)), kept=first, keepers=max(0, beside - first))
