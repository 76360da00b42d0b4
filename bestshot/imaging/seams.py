"""Seams that damage leaves in a picture coded block after block: from one block on, all are lighter or darker."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BLOCK: Final = 8
"""Side, in pixels, of the blocks that JPEG transforms."""

_MARGIN = 3
"""Blocks at either side within which a seam cannot be told from the border of something."""

_MOST = 60
"""Steps between two pixels, in grey levels, count no more than this: a few strong edges are no seam."""


@dataclass(frozen=True, slots=True)
class Seam:
    """The row at which a picture falls into two halves, and by how many grey levels they are apart; 0 if by none."""

    row: int
    step: float


def find_seam(luma: npt.NDArray[np.uint8], width: int, height: int) -> Seam:
    """The clearest seam of a picture that is coded in units of this size, in pixels.

    Blocks are coded from left to right and from the top to the bottom, each with its difference in light from the one
    before. So after a lost difference there is a step above the rest of its row, and below the row at the left of it:
    at the very borders of units, which the edges of things seldom keep to, least of all along such a stair.
    """
    borders = np.arange(height, len(luma) - 1, height)
    columns = luma.shape[1] // width
    if len(borders) < 2 or columns <= 2 * _MARGIN:
        return Seam(0, 0.0)
    steps = _steps(luma[:, : columns * width], borders, width)
    sums = np.zeros((len(borders), columns + 1), np.float32)
    np.cumsum(steps, axis=1, out=sums[:, 1:])
    before = np.arange(columns + 1)[_MARGIN:-_MARGIN]
    left = sums[:, _MARGIN:-_MARGIN] / before
    right = (sums[:, -1:] - sums[:, _MARGIN:-_MARGIN]) / (columns - before)
    # Above the row there is a step at the right only, below it at the left only, and both go in one direction.
    both = np.minimum(np.abs(right[:-1]), np.abs(left[1:])) * (right[:-1] * left[1:] > 0)
    clear = both - np.maximum(np.abs(left[:-1]), np.abs(right[1:]))
    row, column = np.unravel_index(int(np.argmax(clear)), clear.shape)
    return Seam(int(borders[row]), max(0.0, float(clear[row, column])))


def _steps(luma: npt.NDArray[np.uint8], borders: npt.NDArray[np.int_], width: int) -> npt.NDArray[np.float64]:
    """The steps across these borders, on average of each unit, beyond what the pixels on both sides lead to expect."""
    above2, above, below, below2 = (luma[borders + place].astype(np.int16) for place in (-2, -1, 0, 1))
    twice = 3 * (below - above) + above2 - below2
    clipped = np.clip(twice, -_MOST, _MOST).astype(np.float32)
    sums = clipped.reshape(-1, width) @ np.ones(width, np.float32)  # many times as fast as to sum along a short axis
    return np.asarray(sums.reshape(len(borders), -1).astype(np.float64) / width / 2)
