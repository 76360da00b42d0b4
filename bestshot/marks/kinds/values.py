"""What a photo has one of: whether it is a favourite, its rating, label and description. The best inherits them.

Ratings and labels may be given by role instead, as `roles` says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bestshot.marks.actions import (
    MarkAction,
    MarkedGroup,
    MarkEffect,
    MarkKind,
    PhotoAction,
    SetsValue,
    Words,
    in_order,
)
from bestshot.marks.context import PlanningContext
from bestshot.marks.kinds.roles import (
    FAVORITE_STARS,
    LabelByRole,
    RateByRole,
    changed_by_user,
    label_of,
    labelled_by_role,
    rated_by_role,
    rating_of,
    users_stars,
)
from bestshot.marks.ledger import LedgerEntry, MarkLedger
from bestshot.marks.state import BY_ROLE, DESCRIPTION, FAVORITE, LABEL, RATING, PhotoMarks
from bestshot.marks.undo_context import UndoPlan
from bestshot.model.descriptions import is_users
from bestshot.model.photo import Metadata
from bestshot.text import count


@dataclass(frozen=True, slots=True)
class SetFavorite(SetsValue):
    """Make photos favourites, or no longer. `groups` are the whole groups of new favourites."""

    keys: tuple[str, ...]
    value: bool
    groups: tuple[MarkedGroup, ...] = ()

    what = FAVORITE
    set_words = Words("make {photos} favourite", "made favourite", "not made favourite")
    unset_words = Words("make {photos} no longer favourite", "no longer favourite", "still favourite")

    @property
    def left(self) -> str | bool | None:
        return self.value or None

    def reverse(self, keys: tuple[str, ...], _effect: MarkEffect, _undo: UndoPlan) -> PhotoAction:
        return SetFavorite(keys, not self.value)

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        return photo is not None and photo.is_favorite == self.value


class _OnePhoto(SetsValue):
    """A change of the value of a single photo."""

    __slots__ = ()
    is_divisible = False
    is_easily_lost = True

    if TYPE_CHECKING:  # a field of its classes

        @property
        def key(self) -> str: ...

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,)

    def before(self, effect: MarkEffect, undo: UndoPlan) -> str | None:
        """What stood there before; where a killed run could not note it, what we had set before that run."""
        ours = undo.history.before.settings(self.what).get(self.key)
        return effect.before or (ours.value if ours is not None and isinstance(ours.value, str) else None)


@dataclass(frozen=True, slots=True)
class SetRating(_OnePhoto):
    """Rate a photo with 1 to 5 stars, or (None) take the stars away."""

    key: str
    value: int | None

    what = RATING
    set_words = Words("give {photos} {0.stars}", "rated", "not rated")
    unset_words = Words("take the stars off {photos}", "no longer rated", "still rated")

    @property
    def stars(self) -> str:
        return count(self.value or 0, "star")

    @property
    def left(self) -> str | bool | None:
        return None if self.value is None else str(self.value)

    def reverse(self, keys: tuple[str, ...], effect: MarkEffect, undo: UndoPlan) -> PhotoAction:
        return SetRating(keys[0], _stars(self.before(effect, undo)))

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        return photo is not None and photo.rating == self.value


@dataclass(frozen=True, slots=True)
class SetDescription(_OnePhoto):
    """Describe a photo; `planned_over` is what stood there when that was planned."""

    key: str
    text: str
    planned_over: str = ""

    what = DESCRIPTION
    set_words = Words("describe {photos}", "described", "not described")
    unset_words = Words("take the description off {photos}", "no longer described", "still described")

    @property
    def left(self) -> str | bool | None:
        return self.text or None

    def reverse(self, keys: tuple[str, ...], effect: MarkEffect, undo: UndoPlan) -> PhotoAction:
        return SetDescription(keys[0], self.before(effect, undo) or self.planned_over)

    def stands_on(self, photo: PhotoMarks | None) -> bool:
        """A server may give a description back with other white space."""
        return photo is not None and photo.description.split() == self.text.split()


def ours_on(ledger: MarkLedger, key: str) -> tuple[bool, LedgerEntry | None, LedgerEntry | None]:
    """Whether the favourite of a photo is ours, and the stars that we gave it by its role and else."""
    favorites, by_role, stars = ledger.settings(FAVORITE), ledger.settings(RATING, BY_ROLE), ledger.settings(RATING)
    return key in favorites, by_role.get(key), stars.get(key)


def without_ours(ledger: MarkLedger, metadata: Metadata, key: str) -> Metadata:
    """What is known of a photo, without the favourite and the stars that we gave: they say nothing of the user.

    Where favourites are five stars, as in folders, those of our favourites are ours.
    """
    is_ours, by_role, ours = given = ours_on(ledger, key)
    if not any(given):  # as of nearly all
        return metadata
    rating = metadata.rating
    if by_role is not None and by_role.value == str(rating):
        rating = None
    elif ours is not None and ours.value == str(rating):
        rating = _stars(ours.before)
    elif is_ours and not metadata.is_favorite and rating == FAVORITE_STARS:
        rating = None
    return replace(metadata, rating=rating, is_favorite=metadata.is_favorite and not is_ours)


def _stars(text: str | None) -> int | None:
    return None if text is None else int(text)


def _plan(context: PlanningContext, _planned: Sequence[MarkAction]) -> list[MarkAction]:
    """Ratings and descriptions come last: servers read such photos anew, which can undo what is set later."""
    options = context.options
    favorites = _favorites(context) if options.favorite_best or options.inherit else []
    by_role = [*labelled_by_role(context), *rated_by_role(context)]
    before = [*favorites, *by_role]
    inherited = [*_ratings(context, before), *_descriptions(context)] if options.inherit else []
    return [*before, *inherited]


def _favorites(context: PlanningContext) -> list[MarkAction]:
    """A favourite of ours that the user unmade is not made again; a rating that the user gave is not overwritten."""
    ours = context.ledger.photos(FAVORITE)
    users = {key for key in context.number_of if context.photo(key).is_favorite and key not in ours}
    wanted = {
        group.keys[0]
        for group in context.picked
        if context.options.favorite_best or not users.isdisjoint(group.keys[group.kept :])
    }
    actions: list[MarkAction] = []
    if keys := in_order(key for key in wanted - ours if _may_be_favorite(context, key)):
        actions.append(SetFavorite(keys, value=True, groups=context.groups_of(keys)))
    if keys := in_order(key for key in ours if context.lost_its_place(key) and context.photo(key).is_favorite):
        actions.append(SetFavorite(keys, value=False))
    return actions


def _may_be_favorite(context: PlanningContext, key: str) -> bool:
    photo = context.photo(key)
    return not photo.is_favorite and not (context.marks.rates_favorites and photo.rating is not None)


def _ratings(context: PlanningContext, planned: Sequence[MarkAction]) -> Iterator[MarkAction]:
    """The best gets the highest rating that the user gave another of its group; once, so the user may take it away.

    Stars that a photo has from us are not the user's, and what is rated by role now gets no others.
    """
    ours, users = context.ledger.settings(RATING), users_stars(context)
    rated = {key for action in planned if isinstance(action, RateByRole) for key in action.keys}
    starred = frozenset(rated)
    if context.marks.rates_favorites:
        favorites = (action.keys for action in planned if isinstance(action, SetFavorite))
        starred = starred.union(context.ledger.photos(FAVORITE), *favorites)
    for best, others in _bests(context):
        given = [users[key] for key in others if key in users]
        if given and best not in ours and best not in starred and context.photo(best).rating is None:
            yield SetRating(best, max(given))
    for key, setting in sorted(ours.items()):
        is_over = context.lost_its_place(key) and str(context.photo(key).rating) == setting.value
        if is_over and key not in rated:
            yield SetRating(key, _stars(setting.before))


def _descriptions(context: PlanningContext) -> Iterator[MarkAction]:
    """The best gets the user's description of the highest ranked other that has one; once, as with ratings.

    What a camera writes into each of its photos is none.
    """
    ours = context.ledger.settings(DESCRIPTION)
    for best, others in _bests(context):
        given = {key: text for key in others if is_users(text := context.photo(key).description)}
        users = [text for key, text in given.items() if not _is(ours, key, text)]
        before = context.photo(best).description
        if users and best not in ours and not is_users(before):
            yield SetDescription(best, users[0], before)
    for key, setting in sorted(ours.items()):
        if context.lost_its_place(key) and context.photo(key).description == setting.value:
            yield SetDescription(key, setting.before or "")


def _bests(context: PlanningContext) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((group.keys[0], group.keys[group.kept :]) for group in context.picked)


def _is(ours: Mapping[str, LedgerEntry], key: str, value: str) -> bool:
    return key in ours and ours[key].value == value


def _left_alone(context: PlanningContext) -> Iterator[tuple[str, str]]:
    """What is no longer as we set it on the best of a group."""
    options = context.options
    for key in sorted(context.bests):
        photo = context.photo(key)
        is_unloved = key in context.ledger.settings(FAVORITE) and not photo.is_favorite
        if is_unloved and (options.favorite_best or options.inherit):
            yield key, "no longer favourite"
        is_rated = options.inherit and key not in context.ledger.photos(RATING, BY_ROLE)
        if is_rated and _is_changed(context.ledger, RATING, key, str(photo.rating)):
            yield key, "rated otherwise"
        if options.inherit and _is_changed(context.ledger, DESCRIPTION, key, photo.description):
            yield key, "described otherwise"
    if options.rate is not None:
        rated = changed_by_user(context, options.rate.of(context.groups), RATING, rating_of)
        yield from ((key, "rated otherwise") for key in rated)
    if options.label is not None:
        labelled = changed_by_user(context, options.label.of(context.groups), LABEL, label_of)
        yield from ((key, "labelled otherwise") for key in labelled)


def _is_changed(ledger: MarkLedger, what: str, key: str, value: str) -> bool:
    ours = ledger.settings(what).get(key)
    return ours is not None and str(ours.value).split() != value.split()


VALUES: Final = MarkKind(
    actions=(SetFavorite, LabelByRole, RateByRole, SetRating, SetDescription),
    plan=_plan,
    counted={
        "made favourite": "photo",
        "no longer favourite": "photo",
        "labelled": "photo",
        "no longer labelled": "photo",
        "rated": "photo",
        "no longer rated": "photo",
        "described": "photo",
        "no longer described": "photo",
    },
    left=_left_alone,
)
