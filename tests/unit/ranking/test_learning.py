"""Claims about learning how somebody judges from what they chose: people of known taste are simulated."""

from collections.abc import Callable
from dataclasses import asdict, fields
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.ranking.learning import learn
from bestshot.ranking.rules import Weights
from bestshot.ranking.taste import Choice

NAMES = [field.name for field in fields(Weights)]
Scores = tuple[float, ...]
Taste = Callable[[Scores], float]

some = settings(max_examples=15)
seeds = st.integers(0, 10**6)
shares = st.sampled_from([0.0, 0.3, 0.5, 0.8, 0.9, 1.0])
any_choices = st.lists(
    st.lists(st.tuples(*[shares] * len(NAMES)), min_size=2, max_size=5).map(lambda rows: Choice(tuple(rows))),
    max_size=25,
)


def of(weights: Weights) -> Taste:
    """The taste of somebody who weighs like this."""
    return lambda scores: sum(getattr(weights, name) * score for name, score in zip(NAMES, scores, strict=True))


def shot(chance: Random, *, with_faces: bool) -> Scores:
    """A photo as they are: mostly good, with other faults and expressions."""
    eyes = 1.0 if chance.random() < 0.8 else chance.random() / 2
    looks = (eyes, 1 - chance.random() ** 3, 1.0, chance.choice([0.0, 0.3, 0.6, 0.9, 1.0]))
    picture = (1 - chance.random() ** 2 / 2, 0.8 + chance.random() / 5, 1.0, 1 - chance.random() / 4)
    return (*(looks if with_faces else (0.0,) * 4), *picture)


def chosen(taste: Taste, number: int, chance: Random) -> list[Choice]:
    """What somebody of this taste chooses in so many groups."""
    made = []
    for _ in range(number):
        with_faces = chance.random() < 0.7
        shots = [shot(chance, with_faces=with_faces) for _ in range(chance.randint(2, 6))]
        made.append(Choice(tuple(sorted(shots, key=taste, reverse=True))))
    return made


def met(choices: list[Choice], weights: Weights) -> int:
    """How many choices are as these weights would have it."""
    return sum(max(one.scores, key=of(weights)) == one.scores[0] for one in choices)


@some
@given(seeds, st.integers(1, 60))
def test_somebody_who_judges_by_the_usual_weights_changes_nothing(seed: int, number: int) -> None:
    lesson = learn(chosen(of(Weights()), number, Random(seed)), Weights())
    assert lesson.weights == Weights()
    assert lesson.words[0].endswith(f"the usual ones {number}, so these stay.")


@pytest.mark.parametrize("seed", range(5))
def test_somebody_who_looks_for_smiles_first_is_learned_and_met_more_often_in_other_groups(seed: int) -> None:
    chance, taste = Random(seed), of(Weights(smiles=40))
    lesson = learn(chosen(taste, 150, chance), Weights())
    others = chosen(taste, 200, chance)
    assert lesson.weights.smiles > Weights().smiles
    assert met(others, lesson.weights) > met(others, Weights())
    assert lesson.words[0].startswith("You prefer smiles to ")
    assert f"smiles {lesson.weights.smiles:g} (usually 3)" in lesson.words[-1]


def test_of_fifty_people_who_choose_at_random_at_most_one_is_followed() -> None:
    followed = 0
    for seed in range(50):
        chance = Random(seed)
        followed += learn(chosen(lambda _: chance.random(), 40, chance), Weights()).weights != Weights()  # noqa: B023 - called at once
    assert followed <= 1


@some
@given(any_choices.map(lambda choices: choices[:5]))
def test_five_decisions_change_nothing_whatever_they_are(choices: list[Choice]) -> None:
    assert learn(choices, Weights()).weights == Weights()


def test_what_was_learned_is_told_with_the_number_of_decisions_that_say_so() -> None:
    def between(smile: float, sharpness: float) -> Scores:
        return (1.0, 1.0, 1.0, smile, sharpness, 1.0, 1.0, 1.0)

    sharp, smiling = between(0.2, 1.0), between(0.5, 0.2)
    for_smiles, against = Choice((smiling, sharp)), Choice((sharp, smiling))
    words = learn([for_smiles] * 14 + [against] * 3, Weights()).words
    assert words[0] == "You prefer smiles to sharpness: 14 of 17 decisions between them."
    assert (
        words[1] == "Learned from 17 decisions of yours: held out in turn, learned weights meet 14, the usual ones 3."
    )


def test_without_any_decision_it_is_told_what_would_be_learned_from() -> None:
    lesson = learn([], Weights(eyes=1))
    assert lesson.weights == Weights(eyes=1)
    assert lesson.words == ("Nothing to learn from: no group has one favourite, nor was its best chosen in a plan.",)


@some
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_decisions_changes_nothing(seed: int, order: Random) -> None:
    choices = chosen(of(Weights(smiles=40)), 40, Random(seed))
    shuffled = choices[:]
    order.shuffle(shuffled)
    assert learn(shuffled, Weights()) == learn(choices, Weights())


@some
@given(any_choices, st.sampled_from(NAMES))
def test_no_weight_is_negative_and_one_that_is_0_stays_so(choices: list[Choice], name: str) -> None:
    usual = Weights(**{**asdict(Weights()), name: 0.0})
    learned = asdict(learn(choices * 4, usual).weights)
    assert learned[name] == 0
    assert min(learned.values()) >= 0
    assert sum(learned.values()) == pytest.approx(sum(asdict(usual).values()), abs=0.05)
