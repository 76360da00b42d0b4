"""Claims about what is remembered of the sketches of pairs."""

from collections.abc import Mapping
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bestshot.grouping.agreements import NONE_KNOWN, Agreements, pair_numbers, sketch_numbers

sketches = st.integers(0, 20).map(lambda level: bytes([level]) * 256)
pairs = st.tuples(sketches, sketches)


def numbers_of(asked: Mapping[tuple[bytes, bytes], bool]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return pair_numbers(sketch_numbers(one for one, _ in asked), sketch_numbers(other for _, other in asked))


def flags(answers: Mapping[tuple[bytes, bytes], bool]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array(list(answers.values()), dtype=np.bool_)


@given(st.dictionaries(pairs, st.booleans()), st.dictionaries(pairs, st.booleans()))
def test_of_each_pair_that_was_asked_about_the_answer_is_known_and_of_no_other(
    told: Mapping[tuple[bytes, bytes], bool], asked: Mapping[tuple[bytes, bytes], bool]
) -> None:
    known = Agreements.of(numbers_of(told), flags(told))
    is_known, agree = known.recalled(numbers_of(asked))
    assert is_known.tolist() == [pair in told for pair in asked]
    assert agree[is_known].tolist() == [told[pair] for pair in asked if pair in told]


@given(st.dictionaries(pairs, st.booleans(), min_size=1), st.randoms(use_true_random=False))
def test_the_order_in_which_pairs_are_asked_about_leaves_no_trace(
    told: Mapping[tuple[bytes, bytes], bool], chance: Random
) -> None:
    """Otherwise the index would be written anew although nothing has changed."""
    other = list(told.items())
    chance.shuffle(other)
    assert Agreements.of(numbers_of(dict(other)), flags(dict(other))) == Agreements.of(numbers_of(told), flags(told))


def test_first_nothing_is_known() -> None:
    is_known, _ = NONE_KNOWN.recalled(numbers_of({(b"a", b"b"): True}))
    assert not is_known.any()
