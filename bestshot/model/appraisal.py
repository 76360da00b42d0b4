"""What is measured in a picture: its fingerprint and its quality."""

from dataclasses import dataclass

from bestshot.model.faces import Face

HASH_BITS = 64
"""Bits of each hash of a fingerprint."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the upright picture looks like: a difference hash and a hash of its low frequencies, 64 bits each.

    A plain picture (a starry sky, a white wall) has hardly any gradients, so its hashes do not distinguish it. `turned`
    holds both hashes of the picture turned and mirrored, if those were asked for.
    """

    dhash: int
    is_plain: bool = False
    phash: int = 0
    turned: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The measured quality of a picture; `faces` is None if face detection was off.

    `sharpness` is unitless and comparable only between photos of one scene. `brightness` is the mean luma, 0 to 1.
    `clipped` is the fraction of pixels that are fully black or fully white, 0 to 1. `tilt` is how far horizontal and
    vertical lines are tilted, in degrees clockwise; None if there are none. `miniature` is the luma of the picture
    scaled to 32 x 32 pixels, row by row, by which copies are recognised.
    """

    sharpness: float
    brightness: float
    clipped: float
    faces: tuple[Face, ...] | None
    tilt: float | None = None
    miniature: bytes = b""
