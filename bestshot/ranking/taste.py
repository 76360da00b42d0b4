"""What a person chose in a group, as numbers to learn from: pure."""

from collections.abc import Collection
from dataclasses import dataclass

from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.people import Embeddings
from bestshot.ranking.preferences import choice
from bestshot.ranking.rank import score_table
from bestshot.ranking.rules import JudgingRules


@dataclass(frozen=True, slots=True)
class Choice:
    """That a photo was chosen before others of its group: how each criterion scores them, the chosen one first.

    The scores of a photo are in the order of the weights; where a criterion does not apply to the group, all are 0.
    """

    scores: tuple[tuple[float, ...], ...]


def choice_of(
    candidates: Candidates, chosen: str, others: Collection[str], rules: JudgingRules, embeddings: Embeddings
) -> Choice | None:
    """The choice of a photo before others, by id, where a copy counts as its original.

    None if there is nothing to learn from it, as where all others are copies, damaged, or equal in every criterion.
    """
    table = score_table(candidates, rules, embeddings)
    shots = {one.id: _shot(one, candidates).id for one in candidates.everyone}
    first = shots[chosen]
    rivals = sorted({shots[other] for other in others if other in shots} & table.keys())
    if first not in table:
        return None
    scores = tuple(table[id_] for id_ in rivals if table[id_] != table[first])
    return Choice((table[first], *scores)) if scores else None


def favoured(candidates: Candidates) -> tuple[str, frozenset[str]] | None:
    """The photo that the user likes best, a favourite or the one with most stars, and those that are liked less."""
    liked: dict[str, int] = {}
    for one in candidates.everyone:
        shot = _shot(one, candidates).id
        liked[shot] = max(liked.get(shot, 0), choice(one.metadata))
    most = max(liked.values())
    first, *equals = (id_ for id_, value in liked.items() if value == most)
    return None if most <= 0 or equals else (first, frozenset(liked.keys() - {first}))


def _shot(one: Candidate, candidates: Candidates) -> Candidate:
    """The photo itself, or what it is a copy of."""
    return candidates.copies.get(one.id, one)
