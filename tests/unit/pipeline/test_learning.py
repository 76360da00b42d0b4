"""Claims about which choices of a run are learned from."""

from dataclasses import replace

from bestshot.model.appraisal import MINIATURE_SIZE
from bestshot.model.groups import Group
from bestshot.model.photo import Photo
from bestshot.pipeline.learning import learned_rules
from bestshot.plans.decisions import Decision, Decisions
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.rules import JudgingRules
from tests.support.builders import appraisal, metadata_with, photo, wall_at
from tests.unit.plans.test_decisions import best

NOTHING = "Nothing to learn from: no group has one favourite, nor was its best chosen in a plan."
PHOTOS = tuple(photo(f"{name}.jpg") for name in "abc")
A, B, C = PHOTOS


def bracket(favourite: Photo | None = None, *, span: float = 2.0) -> Candidates:
    """Three exposures of one scene, the sharper the later; with a span of 0 they are a burst."""
    appraisals, metadata = {}, {}
    for step, one in enumerate(PHOTOS):
        # Half of the picture has another brightness in each of them: nobody's copy.
        half = MINIATURE_SIZE**2 // 2
        miniature = bytes([60] * half + [80 + 40 * step] * half)
        appraisals[one.id] = appraisal(sharpness=0.5 + step / 4, brightness=0.3 + step * span / 10, miniature=miniature)
        exposed = metadata_with(wall_at(step), is_favorite=one == favourite)
        metadata[one.id] = replace(exposed, exposure_seconds=0.01 * 2 ** (span * step), f_number=8.0, iso=100)
    return Candidates.of(Group(PHOTOS), appraisals, metadata)


def told(candidates: Candidates, *reviews: Decision, rules: JudgingRules | None = None) -> str:
    """What is said of learning from this group alone."""
    return learned_rules([candidates], Decisions.of(reviews, PHOTOS), rules or JudgingRules(), {})[1][0]


def test_a_favourite_and_a_choice_on_a_plan_are_learned_from_and_a_group_without_is_not() -> None:
    burst = bracket(span=0)
    assert told(burst) == NOTHING
    assert told(bracket(A, span=0)).startswith("Nothing learned from 1 decision of yours: ")
    assert told(burst, best(A, B, C)).startswith("Nothing learned from 1 decision of yours: ")


def test_of_a_favourite_and_a_choice_on_a_plan_that_on_the_plan_counts() -> None:
    assert told(bracket(A, span=0), best(C, A, B)).endswith("the usual ones 1, so these stay.")
    assert told(bracket(A, span=0)).endswith("the usual ones 0, so these stay.")


def test_what_stands_for_a_set_that_is_kept_whole_is_no_choice() -> None:
    assert told(bracket(A), best(A, B, C)) == NOTHING
    assert told(bracket(A), rules=JudgingRules(keeps_sets=False)) != NOTHING
