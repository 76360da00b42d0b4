"""Photos that belong together: pairs, groups, and what was decided on them."""

from dataclasses import dataclass

from bestshot.model.photo import Photo, digest


@dataclass(frozen=True, slots=True)
class Group:
    """Photos of one shot, ordered by id."""

    photos: tuple[Photo, ...]

    @property
    def id(self) -> str:
        """Comes from the members alone, so the same group has the same id in every run."""
        return digest(*(photo.id for photo in self.photos))


@dataclass(frozen=True, slots=True)
class Reason:
    """One number behind a verdict, and the same in words."""

    name: str
    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class RankedPhoto:
    """A photo's place in its group; the score is between 0 and 1.

    `why` says in words, the weightiest first, what put the photo there: what speaks for the best one, and what the
    best one has over each other.
    """

    photo: Photo
    score: float
    reasons: tuple[Reason, ...]
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A group's photos from best to worst, and how clear the choice was (0 a toss-up, 1 beyond doubt)."""

    group: Group
    ranking: tuple[RankedPhoto, ...]
    confidence: float

    @property
    def best(self) -> Photo:
        """The photo to keep in sight."""
        return self.ranking[0].photo


@dataclass(frozen=True, slots=True)
class Similarity:
    """How well one picture, moved and scaled, falls onto another.

    `inliers` are the local features that agree on the movement. `overlap` is the part of the smaller picture that
    the larger one shows, `agreement` how well they correlate there, from -1 to 1. `conflict` is the part of it, taken
    by the largest patch where each picture shows something, and something else than the other: another subject.
    """

    inliers: int
    overlap: float
    agreement: float
    conflict: float


@dataclass(frozen=True, slots=True)
class PhotoPair:
    """Two photos to be compared, in order of id."""

    left: Photo
    right: Photo

    @property
    def id(self) -> str:
        """Names the pair as ids name photos."""
        return f"{self.left.id}\0{self.right.id}"

    @property
    def origin(self) -> str:
        """The library of the first photo."""
        return self.left.origin

    @property
    def key(self) -> str:
        """Names the pair for good within that library."""
        return "\0".join((self.left.key, self.right.origin, self.right.key))

    @property
    def revision(self) -> str:
        """Changes when either picture does."""
        return f"{self.left.revision} {self.right.revision}"


Place = tuple[str, str]
"""A photo's origin and key."""


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A verdict, the number its group keeps from run to run, and what its metadata.txt says."""

    number: int
    verdict: Verdict
    text: str
