"""When photos belong together, as the user sets it; without numpy, which grouping needs, so that --help is instant."""

from dataclasses import dataclass
from math import inf

from bestshot.model.groups import Likeness

_DOUBTFUL_PER_THRESHOLD, _MOST_DOUBTFUL = 10, 48
"""Up to how many of 128 bits a pair is worth a closer look; two of a hundred unrelated pairs differ less."""

_DIAMETER_PER_THRESHOLD, _WIDEST = 16, 128
"""How many of 128 bits any two photos of a group may differ in, however close in time they were taken.

One of the thousand pairs of a long burst, held by hand, differs in 76."""

BURST_SECONDS = 10.0
"""Within so short a time a hand moves and the light changes, but hardly anybody sets up another picture."""


@dataclass(frozen=True, slots=True)
class _Demand:
    """What a closer look must show of two photos that were taken within so many seconds."""

    seconds: float
    support: float
    overlap: float
    conflict: float


_DEMANDS = (
    _Demand(3.0, 0.35, 0.6, 1.0),
    _Demand(BURST_SECONDS, 0.5, 0.6, 1.0),
    _Demand(30.0, 0.7, 0.7, 0.02),
    _Demand(inf, 0.7, 0.7, 0.02),
)
"""Unrelated pictures reach a support of 0.3, portraits of two people in one studio 0.69. The next photo of a panorama
shows up to half of the one before. In a burst the subject may move; later, something else in one place is somebody else
before the same wall."""

_INLIERS_WORTH, _MANY_INLIERS = 0.3, 35
"""What many features that agree are worth in terms of correlation: blur and subject motion take from the latter."""


@dataclass(frozen=True, slots=True)
class GroupingRules:
    """When photos belong together.

    `threshold` is in bits of a 64-bit hash, `time_window` in seconds between neighbours (None: any time).
    """

    threshold: int = 5
    time_window: float | None = 300.0
    min_group_size: int = 2

    @property
    def doubtful_bound(self) -> int:
        """Up to how many bits, of both hashes, a pair is compared closely."""
        return min(_DOUBTFUL_PER_THRESHOLD * self.threshold, _MOST_DOUBTFUL)

    @property
    def diameter(self) -> int:
        """In how many bits, of both hashes, any two photos of a group may differ."""
        return min(_DIAMETER_PER_THRESHOLD * self.threshold, _WIDEST)

    def confirmed_by(self, likeness: Likeness, seconds: float) -> bool:
        """Whether a closer look tells that two photos, taken so far apart, show the same; inf is an unknown time."""
        support = likeness.agreement + _INLIERS_WORTH * min(likeness.inliers / _MANY_INLIERS, 1.0)
        demand = next(demand for demand in _DEMANDS if seconds <= demand.seconds)
        return support >= demand.support and likeness.overlap >= demand.overlap and likeness.conflict <= demand.conflict
