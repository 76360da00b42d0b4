"""The user's settings for when photos belong together, without NumPy, so that --help stays fast."""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from bestshot.model.appraisal import HASH_BITS

if TYPE_CHECKING:
    from bestshot.model.groups import Similarity

_CANDIDATE_FACTOR = 10
"""Pairs that differ in up to this multiple of the threshold, in bits of both hashes, are compared closely."""

_MAX_CANDIDATE_LIMIT = 48
"""Pairs that differ in more of 128 bits are never compared closely; two of a hundred unrelated pairs differ less."""

_DIAMETER_FACTOR = 16
"""Any two photos of a group may differ in up to this multiple of the threshold, in bits of both hashes.

One of the thousand pairs of a long hand-held burst differs in 76 bits."""

BURST_SECONDS = 10.0
"""Within this time a hand moves and the light changes, but hardly anybody sets up another picture."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    """How similar two photos must be if they were taken within this many seconds."""

    seconds: float
    support: float
    overlap: float
    conflict: float


_REQUIREMENTS = (
    _Requirement(3.0, support=0.35, overlap=0.6, conflict=1.0),
    _Requirement(BURST_SECONDS, support=0.5, overlap=0.6, conflict=1.0),
    _Requirement(inf, support=0.7, overlap=0.7, conflict=0.02),
)
"""Unrelated pictures reach a support of 0.3, portraits of two people in one studio 0.69. The next photo of a panorama
shows up to half of the one before. In a burst the subject may move; later, a difference in one place is somebody else
in front of the same wall."""

_INLIER_BONUS = 0.3
"""What many matching features add to the correlation, which blur and subject motion reduce."""

_MANY_INLIERS = 35
"""Matching features from which on the bonus is granted in full."""


@dataclass(frozen=True, slots=True)
class GroupingRules:
    """The user's settings for when photos belong together.

    `threshold` is in bits of a 64-bit hash, `time_window` in seconds between neighbours (None: any time).
    """

    threshold: int = 5
    time_window: float | None = 300.0
    min_group_size: int = 2

    @property
    def candidate_limit(self) -> int:
        """In how many bits of both hashes a pair may differ to be compared closely."""
        return min(_CANDIDATE_FACTOR * self.threshold, _MAX_CANDIDATE_LIMIT)

    @property
    def diameter(self) -> int:
        """In how many bits of both hashes any two photos of a group may differ."""
        return min(_DIAMETER_FACTOR * self.threshold, 2 * HASH_BITS)

    def confirmed_by(self, similarity: "Similarity", seconds: float) -> bool:
        """Whether two photos taken `seconds` apart (inf: unknown) are similar enough to show the same."""
        support = similarity.agreement + _INLIER_BONUS * min(similarity.inliers / _MANY_INLIERS, 1.0)
        needed = next(requirement for requirement in _REQUIREMENTS if seconds <= requirement.seconds)
        return (
            support >= needed.support
            and similarity.overlap >= needed.overlap
            and similarity.conflict <= needed.conflict
        )
