"""What is measured of a picture."""

from dataclasses import dataclass

from bestshot.model.faces import Face


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the upright picture looks like: a difference hash and a hash of its low frequencies, 64 bits each.

    A plain picture (a starry sky, a white wall) has next to no gradients: its hashes do not tell it from another one.
    `turned` are the two hashes of the picture turned and mirrored, where these are wanted.
    """

    dhash: int
    is_plain: bool = False
    phash: int = 0
    turned: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What a picture is worth, in numbers; `faces` is None when nobody looked for them.

    `sharpness` is unitless and comparable only between photos of one scene. `brightness` is the mean luma, 0 to 1.
    `clipped` is the share of pixels that are fully black or fully white, 0 to 1. `tilt` is how far the picture's level
    and upright lines are off, in degrees clockwise; None where there are none. `miniature` is the luma of the picture
    shrunk to 32 by 32 pixels, row by row, to tell a copy of it.
    """

    sharpness: float
    brightness: float
    clipped: float
    faces: tuple[Face, ...] | None
    tilt: float | None = None
    miniature: bytes = b""
