"""What is decided about a group: a state comes of the decisions that are kept for it, whatever it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.model.groups import Verdict
from bestshot.model.photo import SourceType
from bestshot.plans.decisions import Decision, DecisionKind, Decisions
from bestshot.plans.document import PlanGroup, PlanSource, document_of
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.review.states import State, What, decide, decisions_for, groups_about, proposal, state_of
from tests.support.builders import metadata_with, photo, planned

NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")


def a_group(*keepers: str, size: int = 4) -> tuple[Verdict, PlanGroup]:
    """Photos in the order of their names, the first of them best, and the group as a plan has it."""
    group = planned(1, *map(photo, NAMES[:size]))
    ids = [ranked.photo.id for ranked in group.verdict.ranking if ranked.photo.name in keepers]
    group = replace(group, verdict=replace(group.verdict, keepers=tuple(ids)))
    plan = Plan(OutputOptions(), (group,), (), (), photo_count=size)
    metadata = {ranked.photo.id: metadata_with() for ranked in group.verdict.ranking}
    document = document_of(plan, PlanSource(SourceType.LOCAL, (), ()), metadata)
    return group.verdict, document.groups[0]


def laid_over(verdict: Verdict, made: list[Decision]) -> State:
    return state_of(verdict, Decisions.of(made, verdict.group.photos))


steps = st.tuples(st.sampled_from([What.BEST, What.KEEP, What.OUT, What.SKIP]), st.integers(0, 3), st.booleans())


@given(st.lists(steps, max_size=12), st.sets(st.sampled_from(NAMES[1:])))
def test_whatever_is_decided_is_what_comes_of_the_decisions_that_are_kept(
    taken: list[tuple[What, int, bool]], keepers: set[str]
) -> None:
    verdict, group = a_group(*keepers)
    state = proposal(verdict)
    for what, place, value in taken:
        state = decide(state, verdict, what, place, value=value)
        assert laid_over(verdict, decisions_for(group, state, is_chosen=what is What.BEST)) == state


@given(st.lists(steps, max_size=12))
def test_no_decision_leaves_a_group_without_a_best_that_is_in_it(taken: list[tuple[What, int, bool]]) -> None:
    verdict, _ = a_group("b.jpg")
    state = proposal(verdict)
    for what, place, value in taken:
        state = decide(state, verdict, what, place, value=value)
        assert state.best not in {*state.out, *state.keep}
        assert not set(state.out) & set(state.keep)
        assert len(verdict.ranking) - len(state.out) >= 2


@given(st.lists(steps, max_size=12))
def test_a_group_that_is_to_be_as_proposed_is_that_without_any_decision(taken: list[tuple[What, int, bool]]) -> None:
    verdict, group = a_group("c.jpg")
    state = proposal(verdict)
    for what, place, value in taken:
        state = decide(state, verdict, what, place, value=value)
    state = decide(state, verdict, What.PROPOSE, 0, value=True)
    assert state == State(best=0, keep=(2,))
    assert decisions_for(group, state, is_chosen=False) == []


def test_the_proposed_best_can_be_chosen_so_that_it_stays_the_best() -> None:
    _, group = a_group()
    [decision] = decisions_for(group, State(), is_chosen=True)
    assert (decision.kind, decision.photos[0].name) == (DecisionKind.BEST, "a.jpg")


def test_one_photo_alone_is_no_group_and_so_the_group_is_skipped() -> None:
    verdict, _ = a_group(size=2)
    assert decide(proposal(verdict), verdict, What.OUT, 1, value=True) == State(skip=True)


def test_without_its_best_the_next_photo_is_the_best() -> None:
    verdict, _ = a_group("b.jpg")
    assert decide(proposal(verdict), verdict, What.OUT, 0, value=True) == State(best=1, out=(0,))


def test_a_kept_photo_that_was_the_best_for_a_while_is_kept_again() -> None:
    verdict, _ = a_group("c.jpg")
    chosen = decide(proposal(verdict), verdict, What.BEST, 2, value=True)
    assert chosen == State(best=2)
    assert decide(chosen, verdict, What.BEST, 0, value=True) == State(best=0, keep=(2,))


@pytest.mark.parametrize(
    ("kind", "groups", "about"),
    [
        (DecisionKind.BEST, [1, 1, None], {1}),
        (DecisionKind.BEST, [None, 1, 1], set()),
        (DecisionKind.OUT, [1, 2, 2], set()),
        (DecisionKind.APART, [None, 2, 1, 2], {2}),
        (DecisionKind.TOGETHER, [1, 2], set()),
    ],
)
def test_a_decision_is_about_the_groups_in_which_it_says_something(
    kind: DecisionKind, groups: list[int | None], about: set[int]
) -> None:
    assert groups_about(Decision.about(kind, [photo("a.jpg")]), groups) == about
