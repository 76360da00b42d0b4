"""How far a picture is from being level."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

_STRONGEST_SHARE = 95
"""Percentile of the gradients that count: edges, not texture."""

_WIDEST = 12.0
"""In degrees: lines further off than this are meant to be so."""

_STEP = 0.5
_CLEARLY = 2.5
"""How far the commonest direction must stand out from the middle one to be told."""


def tilt(grey: npt.NDArray[Any]) -> float | None:
    """How far the level and upright lines of a picture are turned, in degrees clockwise; None where there are none.

    The commonest direction of the strongest edges, counted by their strength, within twelve degrees of level or
    upright. A picture that is off by five degrees and more measures up to a fifth less.
    """
    if min(grey.shape) < 64:
        return None
    luma = _smoothed(_smoothed(grey.astype(np.float32)))  # pixels are steps, which point along the grid
    across, down = luma[1:-1, 2:] - luma[1:-1, :-2], luma[2:, 1:-1] - luma[:-2, 1:-1]
    strength = np.hypot(across, down)
    strong = strength >= max(1.0, float(np.percentile(strength, _STRONGEST_SHARE)))
    angles = (np.degrees(np.arctan2(down[strong], across[strong])) + 45) % 90 - 45
    edges = np.arange(-_WIDEST - _STEP / 2, _WIDEST + _STEP, _STEP)
    counts, _ = np.histogram(angles, edges, weights=strength[strong])
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    commonest = int(smooth.argmax())
    if smooth[commonest] == 0 or smooth[commonest] < _CLEARLY * float(np.median(smooth)):
        return None
    return round(float(edges[commonest] + _STEP / 2), 1)


def _smoothed(luma: Floats) -> Floats:
    rows = (luma[:-2] + 2 * luma[1:-1] + luma[2:]) / 4
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
