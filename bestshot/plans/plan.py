"""What a run decides: wishes, numbered groups, and the plan; pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from bestshot.layout.actions import Action, CopyFile, LaidFile, OutputState
from bestshot.marks.actions import MarkAction, MarkWishes
from bestshot.model.groups import Group, Place, PlannedGroup
from bestshot.model.photo import LinkMethod, Photo, Skipped
from bestshot.text import base_name


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants done with the groups.

    `output` is for the groups' folders or, with `albums_only`, for albums of links alone.
    """

    output: str | None = None
    link: LinkMethod = LinkMethod.COPY
    marks: MarkWishes = field(default_factory=MarkWishes)
    albums_only: bool = False

    @property
    def layout(self) -> str | None:
        """Where the groups are laid out, if they are."""
        return None if self.albums_only else self.output

    @property
    def is_looking(self) -> bool:
        """Whether nothing is to be changed."""
        return self.layout is None and not self.marks.any


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided: the groups, what is to be done, and what was passed over.

    `photo_count` is that of the photos that were read; `beyond_limit` of those that nobody looked at, `unread_count`
    of those that could not be read.
    """

    wishes: Wishes
    groups: tuple[PlannedGroup, ...]
    actions: tuple[Action | MarkAction, ...]
    skipped: tuple[Skipped, ...]
    photo_count: int
    beyond_limit: int = 0
    unread_count: int = 0

    @property
    def grouped_count(self) -> int:
        """How many photos are in a group."""
        return sum(len(group.verdict.ranking) for group in self.groups)

    @property
    def file_actions(self) -> list[Action]:
        """What is to be done in the output."""
        return [action for action in self.actions if isinstance(action, Action)]

    @property
    def mark_actions(self) -> list[MarkAction]:
        """What is to be done to marks."""
        return [action for action in self.actions if isinstance(action, MarkAction)]


def remembered_numbers(state: OutputState, photos: Iterable[Photo]) -> dict[Place, frozenset[int]]:
    """The group numbers under which these photos were ever laid out.

    A photo is known by its place; one that is at a new place since, as its folder was moved or another folder was
    named as the source, by the name and revision of its picture.
    """
    by_place: dict[Place, set[int]] = {}
    by_name: dict[tuple[str, str], set[int]] = {}
    for action in _copies_in(state.laid.values()):
        by_place.setdefault((action.origin, action.key), set()).add(action.number)
        by_name.setdefault(name_and_revision(action.source, action.revision), set()).add(action.number)
    found = {
        (photo.origin, photo.key): by_place.get((photo.origin, photo.key))
        or by_name.get(name_and_revision(photo.files[0].path, photo.files[0].revision))
        for photo in photos
    }
    return {place: frozenset(numbers) for place, numbers in found.items() if numbers}


def _copies_in(laid: Iterable[LaidFile]) -> Iterator[CopyFile]:
    for file in laid:
        if isinstance(file.receipt.action, CopyFile):
            yield file.receipt.action


def name_and_revision(path: str, revision: str) -> tuple[str, str]:
    """What tells a file that was moved."""
    return base_name(path), revision


def number_groups(
    groups: Sequence[Group],
    remembered: Mapping[Place, Collection[int]],
    last_number: int,
    planned: Sequence[int] = (),
) -> list[int]:
    """Give each group the number most of its members had before; new groups get numbers never used.

    Of several groups that hold members of an old one, the one with most of them keeps the number. `planned` are the
    numbers that a plan gave the groups: new ones get theirs, if it was never used.
    """
    numbers = _remembered_by_most(groups, remembered)
    last = max([last_number, *(number for known in remembered.values() for number in known)], default=0)
    for position, number in enumerate(planned):
        if position not in numbers and number > last and number not in numbers.values():
            numbers[position] = number
    fresh = max([last, *numbers.values()], default=0)
    for position in range(len(groups)):
        if position not in numbers:
            fresh += 1
            numbers[position] = fresh
    return [numbers[position] for position in range(len(groups))]


def _remembered_by_most(groups: Sequence[Group], remembered: Mapping[Place, Collection[int]]) -> dict[int, int]:
    """The numbers of groups by their position."""
    claims = sorted(
        (-count, number, position)
        for position, group in enumerate(groups)
        for number, count in Counter(
            number for photo in group.photos for number in remembered.get((photo.origin, photo.key), ())
        ).items()
    )
    numbers: dict[int, int] = {}
    for _, number, position in claims:
        if position not in numbers and number not in numbers.values():
            numbers[position] = number
    return numbers


def text_bytes(text: str) -> bytes:
    """A text as it is written to a file; undecodable bytes of file names come out as they were."""
    return text.encode("utf-8", "surrogateescape")


def text_checksum(text: str) -> str:
    """SHA-256 of a text as it is written to a file, in hexadecimal."""
    return sha256(text_bytes(text)).hexdigest()
