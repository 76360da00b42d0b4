"""What a person decided about a group, read from all decisions and put into them: pure."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from bestshot.model.groups import Group, Verdict
from bestshot.plans.decisions import Decision, DecisionKind, Decisions
from bestshot.plans.document import PlanGroup
from bestshot.plans.reading import decisions_in


class What(Enum):
    """What is decided: which photo is best, kept beside it or out, or that a group is skipped or as it was proposed."""

    BEST = "best"
    KEEP = "keep"
    OUT = "out"
    SKIP = "skip"
    PROPOSE = "propose"


@dataclass(frozen=True, slots=True)
class State:
    """A group as it stands: the places of its photos in the ranking that are best, kept beside it, and out of it."""

    best: int = 0
    keep: tuple[int, ...] = ()
    out: tuple[int, ...] = ()
    skip: bool = False


def proposal(verdict: Verdict) -> State:
    """A group as it is proposed."""
    return State(keep=_places(verdict, verdict.keepers))


def state_of(verdict: Verdict, decisions: Decisions) -> State:
    """A proposed group with what was decided laid over it; of one that was taken apart, the largest part is left."""
    inside = max(decisions.parts(verdict.group), key=lambda part: len(part.photos))
    if len(inside.photos) < 2:
        return replace(proposal(verdict), skip=True)
    ids = {photo.id for photo in inside.photos}
    chosen = decisions.prefer(_only(verdict, inside, ids))
    [best] = _places(verdict, [chosen.best.id])
    out = (ranked.photo.id for ranked in verdict.ranking if ranked.photo.id not in ids)
    return State(best, _places(verdict, chosen.keepers), _places(verdict, out))


def _only(verdict: Verdict, inside: Group, ids: Set[str]) -> Verdict:
    ranking = tuple(ranked for ranked in verdict.ranking if ranked.photo.id in ids)
    return replace(verdict, group=inside, ranking=ranking, keepers=tuple(id_ for id_ in verdict.keepers if id_ in ids))


def _places(verdict: Verdict, ids: Iterable[str]) -> tuple[int, ...]:
    wanted = frozenset(ids)
    return tuple(place for place, ranked in enumerate(verdict.ranking) if ranked.photo.id in wanted)


def decide(state: State, verdict: Verdict, what: What, place: int, *, value: bool) -> State:
    """The state after a decision, about the photo at a place of the ranking where it is about one."""
    match what:
        case What.BEST:
            return _with_best(state, verdict, place)
        case What.KEEP:
            keep = set(state.keep) - {place} | ({place} if value and place != state.best else set())
            return State(state.best, _in_order(keep), _in_order(set(state.out) - {place}))
        case What.OUT:
            return _with_out(state, verdict, _in_order(set(state.out) - {place} | ({place} if value else set())))
        case What.SKIP:
            return replace(proposal(verdict), skip=True) if value else replace(state, skip=False)
        case What.PROPOSE:
            return proposal(verdict)
        case _:
            assert_never(what)


def _with_best(state: State, verdict: Verdict, place: int) -> State:
    """Another best; the one of before goes back to what was proposed for it."""
    again = {state.best} & set(proposal(verdict).keep)
    keep = (set(state.keep) | again) - {place}
    return State(place, _in_order(keep), _in_order(set(state.out) - {place}))


def _with_out(state: State, verdict: Verdict, out: tuple[int, ...]) -> State:
    """Other photos out; one alone is no group, and without its best the next one is that."""
    inside = [place for place in range(len(verdict.ranking)) if place not in out]
    if len(inside) < 2:
        return replace(proposal(verdict), skip=True)
    best = state.best if state.best in inside else inside[0]
    return State(best, _in_order(set(state.keep) & set(inside) - {best}), out)


def _in_order(places: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(places))


def amended(group: PlanGroup, state: State) -> PlanGroup:
    """The group of a plan as a person wants it."""
    photos = tuple(
        replace(photo, out=place in state.out, keep=place in state.keep) for place, photo in enumerate(group.photos)
    )
    return replace(group, photos=photos, best=photos[state.best].id, skip=state.skip)


def decisions_for(group: PlanGroup, state: State, *, is_chosen: bool) -> list[Decision]:
    """The decisions of which a state comes; a best that somebody chose is one even if it was proposed."""
    wanted = amended(group, state)
    made = decisions_in([wanted])
    if is_chosen and not state.skip and all(one.kind is not DecisionKind.BEST for one in made):
        made.append(choice_in(wanted))
    return made


def choice_in(group: PlanGroup) -> Decision:
    """That the best of a group is the best of it."""
    others = (photo for photo in group.inside if photo.id != group.best)
    return Decision.about(DecisionKind.BEST, [*(one for one in group.inside if one.id == group.best), *others])


_ABOUT_THE_FIRST = frozenset({DecisionKind.OUT, DecisionKind.BEST, DecisionKind.KEEP, DecisionKind.DROP})


def groups_about(decision: Decision, groups: Sequence[int | None]) -> set[int]:
    """The groups that a decision says something about, given in which group each of its photos is."""
    if decision.kind in _ABOUT_THE_FIRST:
        first, *others = groups
        return {first} if first is not None and first in others else set()
    return {one for one in groups if one is not None and groups.count(one) > 1}
