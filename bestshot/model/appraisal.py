"""What is measured in a picture: its fingerprint and its quality."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from bestshot.model.faces import Face
from bestshot.model.photo import SentOften

HASH_BITS = 64
"""Bits of each hash of a fingerprint."""

MINIATURE_SIZE = 32
"""Side, in pixels, of the miniature by which copies are recognised."""

SKETCH_SIZE = 16
"""Side, in pixels, of the sketch by which pictures are told apart before they are compared closely."""

DETAIL_SIZE = 8
"""Cells along each side of a picture whose detail is measured."""

DETAIL_STEPS = 16
"""Steps of `Detail.cells` for twice the detail."""

DETAIL_ONE = 224
"""The step of `Detail.cells` at which the detail equals the contrast of the picture."""

_LINEAR = 2.2
"""The exponent from luma to light, as in sRGB, roughly."""

_DARKEST = 1 / 255
"""The least brightness that is told from none at all."""

_SAME_SCALE = 0.9
"""Pictures whose sides differ by less than this fraction are of one scale."""


def are_of_one_scale(sides: Sequence[int]) -> bool:
    """Whether pictures with these longest sides, as far as they are known, are of one scale, each with each."""
    return len(sides) < 2 or min(sides) >= _SAME_SCALE * max(sides)


ReducedSharpness = tuple[tuple[int, float], ...]
"""The sharpness of a picture reduced to smaller sizes, each with its longest side in pixels."""


@dataclass(frozen=True, slots=True)
class Fingerprint(SentOften):
    """What the upright picture looks like: a difference hash and a hash of its low frequencies, 64 bits each.

    A plain picture (a starry sky, a white wall) has hardly any gradients, so its hashes do not distinguish it. `turned`
    holds both hashes of the picture turned and mirrored, if those were asked for. `sketch` is its luma at 16 x 16
    pixels, row by row; fingerprints of earlier versions have none.
    """

    dhash: int
    is_plain: bool = False
    phash: int = 0
    turned: tuple[tuple[int, int], ...] = ()
    sketch: bytes = b""


@dataclass(frozen=True, slots=True)
class Detail:
    """Where the fine detail of a picture is, and in which direction it runs, relative to the picture's contrast.

    `cells` is the detail in each of 8 x 8 cells, row by row, in sixteenths of an octave. `across`, `down` and
    `diagonal` are the mean products of the gradients (the structure tensor): motion takes them in one direction,
    defocus in all. `alignment` is how far edges keep to two directions at right angles, from 0 to 1, as those of
    buildings do: motion between the two takes as much of both.
    """

    cells: bytes
    across: float
    down: float
    diagonal: float
    alignment: float


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The measured quality of a picture; `faces` is None if face detection was off.

    `sharpness` is unitless and comparable only between photos of one scene, at one scale: `longest_side` is the one at
    which it was measured, in pixels, and `reduced_sharpness` gives it at smaller ones, where it must be compared there.
    `brightness` is the mean luma, 0 to 1. `clipped` is the fraction of pixels that are fully black or fully white, 0 to
    1. `tilt` is how far horizontal and vertical lines are tilted, in degrees clockwise; None if there are none.
    `miniature` is the luma of the picture scaled to 32 x 32 pixels, row by row, by which copies are recognised.
    `damage` is what is wrong with its file, as a phrase that follows its name; None if nothing is known to be.
    `detail` is None if the picture is too small or plain to have any.
    """

    sharpness: float
    brightness: float
    clipped: float
    faces: tuple[Face, ...] | None
    tilt: float | None = None
    miniature: bytes = b""
    longest_side: int | None = None
    reduced_sharpness: ReducedSharpness = ()
    damage: str | None = None
    detail: Detail | None = None

    @property
    def light(self) -> float:
        """How much light the brightness stands for, in EV below a white picture."""
        return _LINEAR * log2(max(self.brightness, _DARKEST))

    def sharpness_beside(self, other: "Appraisal") -> float | None:
        """The sharpness at the scale of the smaller of both pictures; None if there is none that both were measured at.

        A picture that is reduced gets sharper: the same edge is narrower in it.
        """
        if are_of_one_scale([one.longest_side for one in (self, other) if one.longest_side is not None]):
            return self.sharpness
        common = dict(self.reduced_sharpness).keys() & dict(other.reduced_sharpness).keys()
        return dict(self.reduced_sharpness)[max(common)] if common else None
