"""Learning from a person's choices how much each criterion counts for them: pure.

The more a photo leads in its score, the likelier it is chosen. The weights that make the choices likely are sought near
the usual ones, which a few choices hardly move. They are used only if, learned from other choices of the same person,
they meet clearly more choices than the usual ones do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from math import comb

import numpy as np
import numpy.typing as npt

from bestshot.ranking.rules import Weights
from bestshot.ranking.taste import Choice
from bestshot.text import count

_Array = npt.NDArray[np.float64]

_STEEPNESSES = (3.0, 10.0, 30.0, 100.0)
"""How much likelier a lead in the score makes a choice: one of 0.1, which is clear, by a third, or 22,000 times."""

_SPREAD = 0.2
"""How far weights are expected from the usual ones, as a fraction of the sum of all weights."""

_STEPS = 200
"""Steps of the search; even for a thousand choices the rest is in the fifth digit."""

_FOLDS = 10
"""In so many parts, each in turn, choices are held out."""

_LUCK = 0.02
"""So rarely do weights that are no better than the usual ones meet as many more choices by chance."""

_VISIBLE = 0.05
"""Scores that differ by less than this look the same."""

_NOTICEABLE = 0.01
"""A weight that moves by less than this fraction of the sum of all weights is as it was."""

_NAMES = tuple(field.name for field in fields(Weights))


@dataclass(frozen=True, slots=True)
class Lesson:
    """The weights to judge with, and what is told of how they were found."""

    weights: Weights
    words: tuple[str, ...]


def learn(choices: Sequence[Choice], usual: Weights) -> Lesson:
    """The weights by which somebody chose, or the usual ones unless others meet held-out choices clearly more often."""
    if not choices:
        return Lesson(usual, ("Nothing to learn from: no group has one favourite, nor was its best chosen in a plan.",))
    ordered = sorted(choices, key=lambda one: one.scores)
    prior = _shares(usual)
    by_usual = [_margin(one, prior) >= 0 for one in ordered]
    by_learned = list(_held_out(ordered, prior))
    number = count(len(ordered), "decision")
    met = f"held out in turn, learned weights meet {sum(by_learned)}, the usual ones {sum(by_usual)}"
    if not _is_clearly_better(by_learned, by_usual):
        return Lesson(usual, (f"Nothing learned from {number} of yours: {met}, so these stay.",))
    shares = _fit(ordered, prior)
    weights = _weights(shares, usual)
    taste = _taste_in_words(ordered, shares - prior)
    return Lesson(weights, (*taste, f"Learned from {number} of yours: {met}.", _weights_in_words(weights, usual)))


def _shares(weights: Weights) -> _Array:
    """The weights as fractions of their sum."""
    values = np.array([getattr(weights, name) for name in _NAMES], dtype=np.float64)
    shares: _Array = values / values.sum()
    return shares


def _weights(shares: _Array, usual: Weights) -> Weights:
    """Shares as weights whose sum is that of the usual ones, in digits that can be copied into a configuration."""
    total = sum(asdict(usual).values())
    return Weights(**{name: round(float(share) * total, 2) for name, share in zip(_NAMES, shares, strict=True)})


def _margin(choice: Choice, shares: _Array) -> float:
    """By how much the chosen photo leads the best of the others."""
    chosen, *others = np.array(choice.scores) @ shares
    return round(float(chosen - max(others)), 6)


def _held_out(choices: Sequence[Choice], prior: _Array) -> Iterator[bool]:
    """Whether each choice is met by the weights that are learned from others, in order; what is equal is not met."""
    folds = min(_FOLDS, len(choices))
    learned = [
        _fit([one for place, one in enumerate(choices) if place % folds != fold], prior) for fold in range(folds)
    ]
    for place, one in enumerate(choices):
        yield _margin(one, learned[place % folds]) > 0


def _is_clearly_better(these: Sequence[bool], those: Sequence[bool]) -> bool:
    """Whether these meet so many choices more than those do that chance is no explanation: a sign test."""
    gained = sum(this and not that for this, that in zip(these, those, strict=True))
    lost = sum(that and not this for this, that in zip(these, those, strict=True))
    differing = gained + lost
    as_lucky = sum(comb(differing, number) for number in range(gained, differing + 1))
    return as_lucky <= _LUCK * float(2**differing)


def _fit(choices: Sequence[Choice], prior: _Array) -> _Array:
    """The likeliest shares, none of them negative: a regression on which of its group was chosen, with a ridge.

    It is searched by projected gradients with momentum. A weight that is usually 0 stays so.
    """
    if not choices:
        return prior
    groups = [_leads(one, prior) for one in choices]
    rows, sizes = np.concatenate(groups), [len(group) for group in groups]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    ridge = 1 / _SPREAD**2
    steepness = max(_STEEPNESSES, key=lambda one: _likelihood(rows @ prior * one, starts))
    steepest = float(np.linalg.norm(rows.T @ rows, 2)) * steepness**2 / 2 + ridge
    momentum = (steepest**0.5 - ridge**0.5) / (steepest**0.5 + ridge**0.5)
    shares = ahead = prior
    for _ in range(_STEPS):
        likely = _odds(rows @ ahead * steepness)
        among = likely / np.repeat(1 + np.add.reduceat(likely, starts), sizes)
        slope = steepness * (rows.T @ among) + ridge * (ahead - prior)
        former, shares = shares, np.maximum(0.0, ahead - slope / steepest)
        ahead = shares + momentum * (shares - former)
    shares /= shares.sum()
    return shares


def _odds(leads: _Array) -> _Array:
    """How much likelier than the chosen photo each other one is."""
    return np.exp(np.minimum(leads, 100.0))


def _likelihood(leads: _Array, starts: npt.NDArray[np.int64]) -> float:
    """The logarithm of how likely the choices are."""
    return -float(np.log(1 + np.add.reduceat(_odds(leads), starts)).sum())


def _leads(choice: Choice, prior: _Array) -> _Array:
    """By how much the other photos lead the chosen one in each criterion, as far as it applies and has a weight."""
    scores = np.array(choice.scores)
    applying = float(prior[scores.any(axis=0)].sum())
    leads: _Array = (scores[1:] - scores[0]) * (prior > 0) / (applying or 1.0)
    return leads


def _taste_in_words(choices: Sequence[Choice], moved: _Array) -> Iterator[str]:
    """What is preferred to what, if most choices between the two say so."""
    risen, fallen = np.flatnonzero(moved >= _NOTICEABLE).tolist(), np.flatnonzero(moved <= -_NOTICEABLE).tolist()
    pairs = [(more, less, list(_votes(choices, more, less))) for more in risen for less in fallen]
    if not pairs:
        return
    more, less, votes = max(pairs, key=lambda pair: 2 * sum(pair[2]) - len(pair[2]))
    if 2 * sum(votes) > len(votes):
        decisions = count(len(votes), "decision")
        yield f"You prefer {_plain(more)} to {_plain(less)}: {sum(votes)} of {decisions} between them."


def _votes(choices: Sequence[Choice], more: int, less: int) -> Iterator[bool]:
    """Of each choice between two criteria, whether it was for the first."""
    for one in choices:
        chosen, *others = one.scores
        leads = [(chosen[more] - other[more], chosen[less] - other[less]) for other in others]
        between = {lead > 0 for lead, lag in leads if lead * lag < 0 and min(abs(lead), abs(lag)) >= _VISIBLE}
        if len(between) == 1:
            yield between.pop()


def _plain(place: int) -> str:
    return _NAMES[place].replace("_", " ")


def _weights_in_words(weights: Weights, usual: Weights) -> str:
    each = (f"{name} {getattr(weights, name):g} (usually {getattr(usual, name):g})" for name in _NAMES)
    return f"Weights used: {', '.join(each)}."
