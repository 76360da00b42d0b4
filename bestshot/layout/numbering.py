"""The numbers that groups keep from run to run: pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from bestshot.layout.actions import CopyFile, LaidFile, OutputState
from bestshot.layout.names import name_and_revision
from bestshot.model.groups import Group
from bestshot.model.photo import Photo, Place


def remembered_numbers(state: OutputState, photos: Iterable[Photo]) -> dict[Place, frozenset[int]]:
    """The group numbers under which these photos were ever laid out.

    A photo is known by its place; one that is at a new place since, as its folder was moved or another folder was
    named as the source, by the name and revision of its picture.
    """
    by_place: dict[Place, frozenset[int]] = {}
    by_name: dict[tuple[str, str], frozenset[int]] = {}
    alone: dict[int, frozenset[int]] = {}  # nearly all have one number, and share it with their group
    for action in _copies_in(state.laid.values()):
        number = alone.setdefault(action.number, frozenset((action.number,)))
        place, name = (action.origin, action.key), name_and_revision(action.source, action.revision)
        by_place[place] = by_place[place] | number if place in by_place else number
        by_name[name] = by_name[name] | number if name in by_name else number
    found = {}
    for photo in photos if by_place else ():
        place, picture = photo.place, photo.files[0]
        numbers = by_place.get(place) or by_name.get(name_and_revision(picture.path, picture.revision))
        if numbers:
            found[place] = numbers
    return found


def _copies_in(laid: Iterable[LaidFile]) -> Iterator[CopyFile]:
    for file in laid:
        if isinstance(file.receipt.action, CopyFile):
            yield file.receipt.action


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
    taken = set(numbers.values())
    for position, number in enumerate(planned):
        if position not in numbers and number > last and number not in taken:
            numbers[position] = number
            taken.add(number)
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
            number for photo in group.photos for number in remembered.get(photo.place, ())
        ).items()
    )
    numbers: dict[int, int] = {}
    taken: set[int] = set()
    for _, number, position in claims:
        if position not in numbers and number not in taken:
            numbers[position] = number
            taken.add(number)
    return numbers
