"""Learning in a run: what people chose in the groups that it found, and the weights that follow from it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bestshot.plans.decisions import Decisions
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.kinds import kind_of
from bestshot.ranking.learning import learn
from bestshot.ranking.people import Embeddings
from bestshot.ranking.rules import JudgingRules
from bestshot.ranking.taste import Choice, choice_of, favoured


def learned_rules(
    groups: Iterable[Candidates], reviews: Decisions, rules: JudgingRules, embeddings: Embeddings
) -> tuple[JudgingRules, tuple[str, ...]]:
    """The rules with the weights by which people chose the best of some of these groups, and how they were found.

    Only places are kept of what was chosen: what the photos are like is what this run knows of them.
    """
    lesson = learn(list(_choices(groups, reviews, rules, embeddings)), rules.weights)
    return replace(rules, weights=lesson.weights), lesson.words


def _choices(
    groups: Iterable[Candidates], reviews: Decisions, rules: JudgingRules, embeddings: Embeddings
) -> Iterator[Choice]:
    for candidates in groups:
        said = _chosen_before(candidates, reviews)
        if said is None or (rules.keeps_sets and kind_of(candidates).is_set):  # what stands for a set is not the best
            continue
        choice = choice_of(candidates, *said, rules, embeddings)
        if choice is not None:
            yield choice


def _chosen_before(candidates: Candidates, reviews: Decisions) -> tuple[str, frozenset[str]] | None:
    """The photo that somebody chose on a plan, else by favourites and stars, and those before which it was chosen."""
    reviewed = reviews.choice_in(candidates.group)
    if reviewed is None:
        return favoured(candidates)
    best, others = reviewed
    return best.id, frozenset(photo.id for photo in others)
