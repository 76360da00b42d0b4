"""The nouns of faces: where one is, what is measured of it, whose it is."""

from dataclasses import dataclass
from enum import Enum


class FaceModel(Enum):
    """How faces are detected: `HOG` is quick, `CNN` finds turned ones too and takes many times as long."""

    HOG = "hog"
    CNN = "cnn"


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Where a face is, in parts of the upright picture's width and height, 0 to 1, and whose, if the source knows."""

    left: float
    top: float
    right: float
    bottom: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face(FaceBox):
    """One face; a measure that cannot be told is None.

    All are unitless, and told of the eye that is less open. `eye_aspect_ratio` is its height over its width,
    `lid_height` how far its upper lid is above the line between its corners, over its width. `eye_balance` is its
    aspect ratio over that of the other eye, 1 if both are alike. `smile` is the width of the mouth and the lift of its
    corners over the distance between the eyes. `turn` is how far the nose is beside the middle of the eyes over the
    distance between them: 0 looks at the camera, 0.3 is turned by some 35 degrees, left is negative.
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
        """In parts of the picture's height."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class FaceEmbeddings:
    """What tells one person's faces from another's: 128 numbers a face, in the order of the photo's faces."""

    codes: tuple[tuple[float, ...], ...]
