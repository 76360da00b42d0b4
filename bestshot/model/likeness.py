"""The nouns of comparing: a pair of photos, and how well one falls onto the other."""

from dataclasses import dataclass

from bestshot.model.photo import Photo


@dataclass(frozen=True, slots=True)
class Likeness:
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
