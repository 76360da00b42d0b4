"""Photos that belong together: pairs, groups, and the verdicts on them."""

from dataclasses import dataclass
from enum import Enum

from bestshot.model.photo import Photo, digest


@dataclass(frozen=True, slots=True)
class Group:
    """Photos of one shot, ordered by id."""

    photos: tuple[Photo, ...]

    @property
    def id(self) -> str:
        """Depends only on the members, so a group has the same id in every run."""
        return digest(*(photo.id for photo in self.photos))


@dataclass(frozen=True, slots=True)
class Reason:
    """One number behind a verdict, and its description."""

    name: str
    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class RankedPhoto:
    """A photo's rank in its group; the score is between 0 and 1.

    `why` explains the rank, most important first: why the best photo is best, and how it beats each of the others.
    """

    photo: Photo
    score: float
    reasons: tuple[Reason, ...]
    why: tuple[str, ...] = ()


class GroupKind(Enum):
    """What kind of group it is. Of some kinds every photo is a part of one picture, which is lost if any is hidden."""

    COPIES = "copies"
    BURST = "burst"
    RETAKES = "retakes"
    SEQUENCE = "sequence"
    BRACKET = "bracket"
    FOCUS_STACK = "focus stack"
    PANORAMA = "panorama"
    TIME_LAPSE = "time-lapse"

    @property
    def is_set(self) -> bool:
        """Whether it is kept whole: no photo of it is hidden, marked down or taken for a duplicate."""
        return self in _SETS


_INLIER_BONUS = 0.3
"""What many matching features add to the agreement."""

_MANY_INLIERS = 35
"""Matching features from which on the bonus is granted in full."""

_SETS = frozenset({GroupKind.BRACKET, GroupKind.FOCUS_STACK, GroupKind.PANORAMA, GroupKind.TIME_LAPSE})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A group's photos from best to worst, and how clear the choice was, from 0 (toss-up) to 1 (beyond doubt).

    `keepers` are the ids of further photos that stay in sight beside the best. Of a set kept whole, the first of the
    ranking only represents the others.
    """

    group: Group
    ranking: tuple[RankedPhoto, ...]
    confidence: float
    kind: GroupKind = GroupKind.BURST
    keepers: tuple[str, ...] = ()

    @property
    def best(self) -> Photo:
        """The best photo of the group, or the one that represents a set."""
        return self.ranking[0].photo

    @property
    def rest(self) -> tuple[Photo, ...]:
        """The photos that the best, or a keeper, stands for; a set has none, and none is there for reference."""
        if self.kind.is_set:
            return ()
        kept = {self.best.id, *self.keepers}
        return tuple(photo for photo in self.own if photo.id not in kept)

    @property
    def own(self) -> tuple[Photo, ...]:
        """The photos with which something may be done, from best to worst: all but those for reference."""
        return tuple(one.photo for one in self.ranking if not one.photo.is_reference)


@dataclass(frozen=True, slots=True)
class Similarity:
    """How well one picture, moved and scaled, matches another.

    `inliers` is the number of local features that agree on the transform. `overlap` is the fraction of the smaller
    picture that is also in the larger one, `agreement` the correlation there, from -1 to 1. `conflict` is the fraction
    of the overlap in the largest patch where the pictures show different things: another subject. `scale` is how much
    larger the one shows it than the other, 1 or more.
    """

    inliers: int
    overlap: float
    agreement: float
    conflict: float
    scale: float = 1.0

    @property
    def support(self) -> float:
        """How much speaks for a match: the agreement, which blur and motion reduce, and a bonus for features."""
        return self.agreement + _INLIER_BONUS * min(self.inliers / _MANY_INLIERS, 1.0)


_APART = " apart/2"
"""How photos taken apart are looked at: renamed when that way changes, as recipes are."""


@dataclass(frozen=True, slots=True)
class PhotoPair:
    """Two photos to compare, in order of id.

    If they `are_apart`, they are of no burst and no panorama, so that a look may be quicker.
    """

    left: Photo
    right: Photo
    are_apart: bool = False

    @property
    def id(self) -> str:
        """The ids of both photos."""
        return f"{self.left.id}\0{self.right.id}"

    @property
    def size(self) -> int:
        """The bytes of one of them, on the average."""
        return (self.left.size + self.right.size) // 2

    @property
    def origin(self) -> str:
        """The library of the first photo."""
        return self.left.origin

    @property
    def key(self) -> str:
        """The permanent name of the pair within that library."""
        return "\0".join((self.left.key, self.right.origin, self.right.key))

    @property
    def revision(self) -> str:
        """Changes when either picture does, or the way in which they are looked at."""
        return f"{self.left.revision} {self.right.revision}{_APART if self.are_apart else ''}"


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A verdict, the number its group keeps from run to run, and the text of its metadata.txt."""

    number: int
    verdict: Verdict
    text: str
