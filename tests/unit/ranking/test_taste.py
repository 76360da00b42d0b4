"""Claims about what there is to learn from a choice in a group."""

from dataclasses import fields, replace

from bestshot.model.groups import Group
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.rank import criteria
from bestshot.ranking.rules import JudgingRules, Weights
from bestshot.ranking.taste import Choice, choice_of, favoured
from tests.support.builders import appraisal, metadata_with, photo, wall_at

SHARPNESS = [field.name for field in fields(Weights)].index("sharpness")


def shot(name: str, sharpness: float, rating: int | None = None, damage: str | None = None) -> Candidate:
    found = replace(appraisal(sharpness=sharpness), damage=damage)
    return Candidate(photo(name), found, metadata_with(wall_at(0), rating=rating))


def of(*shots: Candidate, copies: dict[str, Candidate] | None = None) -> Candidates:
    return Candidates(Group(tuple(one.photo for one in shots)), shots, {}, copies or {})


def sharpness(choice: Choice | None) -> list[float]:
    """How sharp the chosen photo is, and then those that were not chosen."""
    return [scores[SHARPNESS] for scores in choice.scores] if choice else []


def chosen(candidates: Candidates, one: str, *others: str) -> list[float]:
    return sharpness(choice_of(candidates, one, others, JudgingRules(), {}))


A, B, C = shot("a", 1.0), shot("b", 0.5), shot("c", 0.25)


def test_a_choice_holds_the_scores_of_the_chosen_photo_first_and_of_those_it_was_chosen_before() -> None:
    assert chosen(of(A, B, C), "b", "a", "c") == [0.5, 1.0, 0.25]
    assert chosen(of(A, B, C), "b", "c", "gone") == [0.5, 0.25]


def test_scores_are_in_the_order_of_the_weights() -> None:
    weights = Weights(**{field.name: float(place) for place, field in enumerate(fields(Weights))})
    assert [one.weight for one in criteria(of(A, B), (), weights)] == list(range(len(fields(Weights))))


def test_a_copy_counts_as_its_original_so_between_them_nothing_is_chosen() -> None:
    candidates = of(A, B, C, copies={"c": A})
    assert chosen(candidates, "c", "b") == chosen(candidates, "a", "b") == [1.0, 0.5]
    assert chosen(candidates, "a", "c") == []


def test_what_is_damaged_teaches_nothing() -> None:
    lost = shot("lost", 0.9, damage="is damaged")
    assert chosen(of(A, B, lost), "b", "a", "lost") == [0.5, 1.0]
    assert chosen(of(A, lost), "lost", "a") == []
    assert chosen(of(lost), "lost") == []


def test_photos_that_are_equal_in_every_criterion_teach_nothing() -> None:
    assert chosen(of(A, shot("as_good", 1.0)), "a", "as_good") == []


def test_a_favourite_or_the_most_stars_are_a_choice_and_of_two_of_them_none_is() -> None:
    rated = of(shot("a", 1.0, 3), shot("b", 0.5, 5), shot("c", 0.25))
    assert favoured(rated) == ("b", frozenset({"a", "c"}))
    assert favoured(of(shot("a", 1.0, 5), shot("b", 0.5, 5), C)) is None
    assert favoured(of(A, B)) is None
    assert favoured(of(A, shot("b", 0.5, -1))) is None


def test_stars_on_a_copy_are_stars_on_what_it_shows() -> None:
    rated = shot("c", 0.25, 4)
    assert favoured(of(A, B, rated, copies={"c": A})) == ("a", frozenset({"b"}))
