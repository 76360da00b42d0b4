"""Claims about the features of pictures and which of them match."""

import cv2
import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from bestshot.analysis.looks.features import matches

Descriptors = npt.NDArray[np.uint8]


def _matched_by_opencv(left: Descriptors, right: Descriptors) -> list[list[int]]:
    best: dict[int, tuple[float, int]] = {}
    for first, second in cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(left, right, k=2):
        rank = first.distance, first.queryIdx
        if first.distance < 0.8 * second.distance and rank < best.get(first.trainIdx, (np.inf, 0)):
            best[first.trainIdx] = rank
    return [[query, train] for train, (_, query) in best.items()]


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 60),
    other_count=st.integers(2, 60),
    flipped=st.sampled_from([0.0, 0.02, 0.1, 0.3, 1.0]),
    used=st.sampled_from([1, 2, 32]),
)
def test_the_same_features_match_in_the_same_order_as_by_opencvs_matcher(
    seed: int, count: int, other_count: int, flipped: float, used: int
) -> None:
    numbers = np.random.default_rng(seed)
    left = numbers.integers(0, 256, (count, 32), dtype=np.uint8)
    left[:, used:] = 0  # of few bits, many features are equally near
    right = left[numbers.integers(0, count, other_count)]
    right[:, :used] ^= np.packbits(numbers.random((other_count, 8 * used)) < flipped, axis=1)
    assert matches(left, right).tolist() == _matched_by_opencv(left, right)


def test_nothing_matches_where_there_is_nothing_to_choose_from() -> None:
    some, one, none = (np.zeros((count, 32), np.uint8) for count in (9, 1, 0))
    for left, right in ((some, one), (some, none), (none, some), (none, none)):
        assert matches(left, right).shape == (0, 2)
