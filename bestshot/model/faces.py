"""Faces: where they are, what is measured in them, and whose they are."""

from dataclasses import dataclass
from enum import Enum

CLEAR_DETECTION = 0.2
"""dlib's score from which a detection counts as a face by itself; badges and knots of cloth score less."""

CERTAIN_DETECTION = 1.0
"""dlib's score from which a face is certain though only one picture shows it: three of four score more."""


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
    """A face with its measures, which are unitless; None if unknown, as eyes and smile of a face of few pixels are.

    Measures of the eyes are those of the less open one, or of the nearer one in a turned head: `eye_aspect_ratio` is
    its height over its width, `lid_height` how far its upper lid is above the line between its corners, over its width,
    `iris` how much darker its iris is than the skin around it, 0 to 1, and `eye_balance` its aspect ratio over that of
    the other eye, 1 if both are alike. `smile` is the width of the mouth plus the lift of its corners, over the
    distance between the eyes. `turn` is how far the nose is beside the middle of the eyes, over the distance between
    them: 0 looks at the camera, 0.3 is turned by some 35 degrees, negative is to the left. `detection_score` is how
    sure the detector is, about 0 to 3; None if a slower one found the face, or the source knows it.
    """

    eye_aspect_ratio: float | None = None
    lid_height: float | None = None
    eye_balance: float | None = None
    iris: float | None = None
    smile: float | None = None
    sharpness: float | None = None
    turn: float | None = None
    is_cut: bool = False
    detection_score: float | None = None

    @property
    def is_faint(self) -> bool:
        """Whether this is a face only if other photos show one in the same place."""
        return self.detection_score is not None and self.detection_score < CLEAR_DETECTION

    @property
    def height(self) -> float:
        """The height of the face as a fraction of the picture's."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class FaceEmbeddings:
    """The embeddings of a photo's faces, in their order: 128 numbers by which people are recognised."""

    codes: tuple[tuple[float, ...], ...]  # the name under which indexes on disk have them
