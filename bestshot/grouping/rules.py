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

_TOLERANCE_FACTOR = 2
"""Within a group, hashes may differ by this multiple of the threshold and still count as alike."""

_EVER = 1e12
"""In seconds; what is known is less, and what is unknown is infinite."""

BURST_SECONDS = 10.0
"""Within this time a hand moves and the light changes, but hardly anybody sets up another picture."""

SWAP_SECONDS = 6.0
"""Within this time nobody steps aside for the next one to take the place."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """How similar two photos must be if they were taken within this many seconds."""

    seconds: float
    support: float
    overlap: float
    conflict: float


REQUIREMENTS = (
    Requirement(3.0, support=0.35, overlap=0.75, conflict=1.0),
    Requirement(SWAP_SECONDS, support=0.5, overlap=0.75, conflict=1.0),
    Requirement(BURST_SECONDS, support=0.5, overlap=0.75, conflict=0.02),
    Requirement(_EVER, support=0.7, overlap=0.75, conflict=0.008),
    Requirement(inf, support=0.7, overlap=0.7, conflict=0.02),
)
"""Unrelated pictures reach a support of 0.3, portraits of two people in one studio 0.69. The next photo of a panorama
shows up to 0.71 of the one before. In a burst the subject may move; later, a difference in one place is somebody else
in front of the same wall: 0.010 and more of the picture. If no time is known, it is mostly what was written onto a
copy."""

_ZOOM_OVERLAP = 0.6
"""Overlap that is enough in a burst if the lens was zoomed: nobody does so for a panorama."""

_PANNED_OVERLAP = 0.95
"""Overlap that a step of a panorama does not leave: it is a tenth of the picture and more."""

_ANY_SUPPORT = 0.1
"""Unrelated pictures mostly have less; frames of one press have 0.2 and more, unless they show little but sky."""

_SAME_FRAMING = 0.9
"""Overlap of exposures of one framing."""

_STEADY_CONFLICT = 0.01
"""Conflict of exposures of one framing, at most."""

_ZOOM = 1.1
"""The scale from which pictures are zoomed."""


@dataclass(frozen=True, slots=True)
class GroupingRules:
    """The user's settings for when photos belong together.

    `threshold` is in bits of a 64-bit hash, `time_window` in seconds between neighbours (None: any time).
    `requirements` are no setting: what a closer look has to find, by the time between two photos.
    """

    threshold: int = 5
    time_window: float | None = 300.0
    min_group_size: int = 2
    requirements: tuple[Requirement, ...] = REQUIREMENTS

    @property
    def candidate_limit(self) -> int:
        """In how many bits of both hashes a pair may differ to be compared closely."""
        return min(_CANDIDATE_FACTOR * self.threshold, _MAX_CANDIDATE_LIMIT)

    @property
    def tolerance(self) -> int:
        """In how many bits of each hash two photos of a group may differ and still count as alike."""
        return _TOLERANCE_FACTOR * self.threshold

    @property
    def diameter(self) -> int:
        """In how many bits of both hashes any two photos of a group may differ."""
        return min(_DIAMETER_FACTOR * self.threshold, 2 * HASH_BITS)

    def confirmed_by(self, similarity: "Similarity", seconds: float, bits: int = 0) -> bool:
        """Whether two photos taken `seconds` apart (inf: unknown) are similar enough to show the same.

        Their hashes differ in `bits`: in many only if something moved, and then features have to tell so.
        """
        needed = next(requirement for requirement in self.requirements if seconds <= requirement.seconds)
        is_zoomed = similarity.scale >= _ZOOM and seconds <= BURST_SECONDS
        return (
            similarity.support >= needed.support
            and similarity.overlap >= (_ZOOM_OVERLAP if is_zoomed else needed.overlap)
            and similarity.conflict <= needed.conflict
            and (similarity.inliers > 0 or bits <= self.candidate_limit)
        )

    def may_be_of_one_press(self, similarity: "Similarity", bits: int) -> bool:
        """Whether the pictures of two photos that are said to be frames of one press do not contradict it."""
        return similarity.support >= _ANY_SUPPORT or bits <= self.candidate_limit

    def may_be_panned(self, similarity: "Similarity") -> bool:
        """Whether the camera may have been turned or moved on between two photos, and not zoomed."""
        return similarity.inliers > 0 and similarity.overlap < _PANNED_OVERLAP and similarity.scale < _ZOOM

    def is_one_framing(self, similarity: "Similarity") -> bool:
        """Whether two photos that show the same were taken without moving the camera."""
        return similarity.overlap >= _SAME_FRAMING and similarity.conflict <= _STEADY_CONFLICT
