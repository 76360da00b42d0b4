"""How sharp a picture is where it is sharpest."""

from typing import Any

import numpy as np
import numpy.typing as npt

_TILES = 8
"""The picture is looked at in this many rows and columns of tiles."""

_SHARPEST_SHARE = 90
"""Percentile of the tiles that stands for the picture: a sharp subject before a soft background is sharp."""


def sharpness(grey: npt.NDArray[Any]) -> float | None:
    """The strength of fine detail against the picture's contrast; None for a picture too small to tell.

    The spread of the Laplacian (Pech-Pacheco et al. 2000) in the sharper tiles, over the spread of the luma, so that
    an exposure bracket is not told by its contrast. Unitless, comparable only within one scene.
    """
    if min(grey.shape) < 2 * _TILES:
        return None
    luma = grey.astype(np.float32)
    contrast = float(luma.std())
    if contrast < 1.0:
        return 0.0
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    spreads = [
        float(tile.std()) for row in np.array_split(laplacian, _TILES) for tile in np.array_split(row, _TILES, axis=1)
    ]
    return float(np.percentile(spreads, _SHARPEST_SHARE)) / contrast
