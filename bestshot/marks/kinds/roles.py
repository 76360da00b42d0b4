"""Stars and labels for the best of each group, those that are kept beside it, and the rest.

What stands on a photo decides: only where nothing does, or what we gave it, it is given what its part in its group asks
for. A photo that the user rated or labelled stays as it is, and so does one from which the user took ours off. What is
in no group any more, or in a set, loses what it had from us.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bestshot.marks.actions import MarkedGroup, MarkEffect, PhotoAction, SetsValue, Words, in_order
from bestshot.marks.context import PlanningContext
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import BY_ROLE, FAVORITE, LABEL, RATING, Aspect, PhotoMarks
from bestshot.marks.undo_context import UndoPlan
from bestshot.text import count, printable

FAVORITE_STARS = 5
"""The rating of a favourite, where favourites are rated."""

Standing = Callable[[PhotoMarks], str | None]


class GivesByRole(SetsValue):
    """A change that gives photos a value, or (None) takes it off; `over` is the one of ours that it replaces."""

    __slots__ = ()
    is_easily_lost = True

    if TYPE_CHECKING:  # fields of its classes

        @property
        def value(self) -> str | int | None: ...
        @property
        def over(self) -> str | int | None: ...

    @abstractmethod
    def value_on(self, photo: PhotoMarks) -> str | int | None:
        """What stands on a photo."""

    @property
    def left(self) -> str | bool | None:
        return None if self.value is None else str(self.value)

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        return self.value is None if photo is None else self.value_on(photo) == self.value

    def reverse(self, keys: tuple[str, ...], _effect: MarkEffect, _undo: UndoPlan) -> PhotoAction:
        whole: Any = self  # of whatever class, with these fields
        reversed_: PhotoAction = replace(whole, keys=keys, value=self.over, over=self.value, groups=())
        return reversed_


@dataclass(frozen=True, slots=True)
class RateByRole(GivesByRole):
    """Rate photos with 1 to 5 stars or -1, rejected. `groups` are the whole groups of those that are rated."""

    keys: tuple[str, ...]
    value: int | None
    over: int | None = None
    groups: tuple[MarkedGroup, ...] = ()

    what = RATING
    set_words = Words("rate {photos} {0.as_what}", "rated", "not rated")
    unset_words = Words("take the rating off {photos}", "no longer rated", "still rated")

    @property
    def as_what(self) -> str:
        return "as rejected" if self.value == -1 else f"with {count(self.value or 0, 'star')}"

    def aspects(self, effect: MarkEffect) -> Iterator[Aspect]:
        return (Aspect(RATING, BY_ROLE, key) for key in effect.changed)

    def value_on(self, photo: PhotoMarks) -> int | None:
        return photo.rating


@dataclass(frozen=True, slots=True)
class LabelByRole(GivesByRole):
    """Label photos. `groups` are the whole groups of those that are labelled."""

    keys: tuple[str, ...]
    value: str | None
    over: str | None = None
    groups: tuple[MarkedGroup, ...] = ()

    what = LABEL
    set_words = Words("label {photos} {0.name}", "labelled", "not labelled")
    unset_words = Words("take the label off {photos}", "no longer labelled", "still labelled")

    @property
    def name(self) -> str:
        return printable(self.value or "")

    def aspects(self, effect: MarkEffect) -> Iterator[Aspect]:
        return (Aspect(LABEL, BY_ROLE, key) for key in effect.changed)

    def value_on(self, photo: PhotoMarks) -> str | None:
        return photo.label


def rated_by_role(context: PlanningContext) -> list[RateByRole]:
    """Ratings by role. Stars of ours that a photo has for another reason are changed where its role asks for others."""
    if context.options.rate is None:
        return []
    given = _instead(context) | context.options.rate.of(context.groups)
    return [
        RateByRole(keys, _stars(value), _stars(over), () if value is None else context.groups_of(keys))
        for keys, value, over in _changes(context, given, RATING, _other_stars(context), rating_of)
    ]


def users_stars(context: PlanningContext) -> dict[str, int]:
    """The stars that photos of groups have from the user."""
    others, by_role = _other_stars(context), given_by_role(context.ledger, RATING)
    rated = {key: rating for key in context.number_of if (rating := context.photo(key).rating) and rating > 0}
    return {key: rating for key, rating in rated.items() if str(rating) not in (others.get(key), by_role.get(key))}


def _other_stars(context: PlanningContext) -> dict[str, str]:
    """The ratings that photos have from us for another reason: inherited, or those of favourites."""
    inherited = {key: str(entry.value) for key, entry in context.ledger.settings(RATING).items()}
    if not context.marks.rates_favorites:
        return inherited
    return inherited | dict.fromkeys(context.ledger.photos(FAVORITE), str(FAVORITE_STARS))


def _instead(context: PlanningContext) -> dict[str, str]:
    """What bests inherit at once in place of the stars that they had for an earlier role."""
    if not context.options.inherit:
        return {}
    users, ours = users_stars(context), given_by_role(context.ledger, RATING)
    bests = {group.keys[0]: group.keys[group.kept :] for group in context.picked if group.keys[0] in ours}
    stars = {best: [users[key] for key in others if key in users] for best, others in bests.items()}
    return {best: str(max(given)) for best, given in stars.items() if given}


def labelled_by_role(context: PlanningContext) -> list[LabelByRole]:
    """Labels by role."""
    if context.options.label is None:
        return []
    return [
        LabelByRole(keys, value, over, () if value is None else context.groups_of(keys))
        for keys, value, over in _changes(context, context.options.label.of(context.groups), LABEL, {}, label_of)
    ]


def changed_by_user(context: PlanningContext, given: Mapping[str, str], what: str, standing: Standing) -> Iterator[str]:
    """The photos on which something else stands than we gave them for their role, and would give again."""
    ours = given_by_role(context.ledger, what)
    return (key for key in sorted(ours.keys() & given.keys()) if standing(context.photo(key)) != ours[key])


def given_by_role(ledger: MarkLedger, what: str) -> dict[str, str]:
    """What we gave photos for their role and did not take back."""
    return {key: str(entry.value) for key, entry in ledger.settings(what, BY_ROLE).items() if entry.value is not None}


def rating_of(photo: PhotoMarks) -> str | None:
    """The rating as text."""
    return None if photo.rating is None else str(photo.rating)


def label_of(photo: PhotoMarks) -> str | None:
    """The label."""
    return photo.label


def _changes(
    context: PlanningContext, given: Mapping[str, str], what: str, others: Mapping[str, str], standing: Standing
) -> Iterator[tuple[tuple[str, ...], str | None, str | None]]:
    """The photos that are given something else than stands there, with that and what it is given over."""
    ours = given_by_role(context.ledger, what)
    over = {key for key in ours if key in context.in_sets or key in context.settled}
    changes: dict[tuple[str | None, str | None], list[str]] = {}
    for key in given.keys() | over:
        stands, wanted = standing(context.photo(key)), given.get(key)
        if stands == ours.get(key, others.get(key)) and stands != wanted:
            changes.setdefault((wanted, stands), []).append(key)
    for wanted, stands in sorted(changes, key=lambda pair: (pair[0] or "", pair[1] or "")):
        yield in_order(changes[wanted, stands]), wanted, stands


def _stars(text: str | None) -> int | None:
    return None if text is None else int(text)
