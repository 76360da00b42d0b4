"""Faces: where they are, what is measured in them, and whose they are."""

from dataclasses import dataclass
from enum import Enum


class FaceModel(Enum):
    """The face detector: `HOG` is fast, `CNN` also finds averted faces and takes many times as long."""

    HOG = "hog"
    CNN = "cnn"


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Where a face is, as fractions of the upright picture's size, 0 to 1, and whose, if the source knows."""

    left: float
    top: float
    right: float
    bottom: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face(FaceBox):
    """A face with its measures, which are unitless; None if unknown.

    Measures of the eyes are those of the less open one: `eye_aspect_ratio` is its height over its width, `lid_height`
    how far its upper lid is above the line between its corners, over its width, and `eye_balance` its aspect ratio over
    that of the other eye, 1 if both are alike. `smile` is the width of the mouth plus the lift of its corners, over the
    distance between the eyes. `turn` is how far the nose is beside the middle of the eyes, over the distance between
    them: 0 looks at the camera, 0.3 is turned by some 35 degrees, negative is to the left.
    """

    eye_aspect_ratio: float | None = None
    lid_height: float | None = None
    eye_balance: float | None = None
    smile: float | None = None
    sharpness: float | None = None
    turn: float | None = None
    is_cut: bool = False

    @property
    def height(self) -> float:
        """The height of the face as a fraction of the picture's."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class FaceEmbeddings:
    """The embeddings of a photo's faces, in their order: 128 numbers by which people are recognised."""

    codes: tuple[tuple[float, ...], ...]  # the name under which indexes on disk have them
