"""Where photos of one scene are sharp, compared cell by cell: focus stacks, the subject, and kinds of blur; pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bestshot.model.appraisal import DETAIL_ONE, DETAIL_SIZE, DETAIL_STEPS, MINIATURE_SIZE, Appraisal, Detail

Floats = npt.NDArray[np.floating[Any]]

_MIN_FRAMES = 3
"""Two photos have no majority that tells where the subject is, and no focus that wanders."""

_IN_FOCUS = 0.5
"""Cells with at least this fraction of the greatest detail usual in any show the subject."""

_STILL = 16.0
"""Grey levels by which the mean of a cell may change while it shows the same thing."""

_TELLING = 1 / 8
"""Cells that never have more than this fraction of the greatest detail are too plain to tell where the focus is."""

_MIN_TELLING = DETAIL_SIZE**2 // 4
"""A quarter of the picture: less is a small thing that passes before the sky."""

_MOSTLY_TELLING = DETAIL_SIZE**2 // 2
"""Half of the picture: where less tells, light and shade are smooth in most of it, and do not show that edges move."""

_CLEARLY = 0.7
"""In octaves of detail: what is that much sharper in one photo than in another is so for anybody who looks."""

_STILL_CAMERA, _HELD_CAMERA = 0.95, 0.7
"""Correlation of light and shade from frame to frame, where detail changes. Focus leaves them in their place: of 22
stacks from a tripod all but one have 0.96 and more, whole bursts of people who hold still 0.94 at most, if anything is
traded. If the camera is held, more must speak for a stack."""

_TRADED, _TRADED_BY_HAND = 0.03, 0.2
"""The part of the cells that must be clearly sharper in one frame of a stack, and as many in another frame."""

_TOGETHER, _TOGETHER_BY_HAND = 0.25, 0.5
"""Correlation between neighbours as to when they are in focus: things at one distance lie side by side. Most
stacks from a tripod have 0.30 and more, hair and lips that move 0.19 at most."""

_IN_TURN = 0.9
"""How much of what changes must be one rise and one fall in each place; in stacks 0.92 and more of it is."""

_AT_ONCE = 0.8
"""The part of the change that one step may hold: a focus that was missed once, or corrected, does not wander."""

_SAME_LIGHT = 0.5
"""In EV, between the ends of a stack: a flash is not as bright each time, but an exposure that goes on is a bracket."""

_LOST = 0.35
"""The energy of gradients that a photo out of focus keeps at most, in any direction."""

_ALIKE = 0.7
"""Out of focus, all directions lose about as much: the one that lost most kept at least this fraction of the least."""

_LOST_ALONG = 0.25
"""The energy of gradients that a shaken photo keeps at most in the direction of the motion."""

_UNLIKE = 0.35
"""Shaken, it kept at most this fraction there of what it kept across the motion; out of focus, never below a half."""


_ALIGNED = 0.5
"""From this alignment on, all edges losing as much may be motion across the corner."""


def subject_sharpness(looks: Sequence[Appraisal]) -> list[float] | None:
    """How sharp each photo of a scene is where most of them are sharp; None if it is not known where that is.

    Most photos of a burst are focused on what it is about. One that is focused on the background may have more detail
    than all of them, but not there. Cells are compared only where they show the same thing in all photos.
    """
    maps = _maps(looks)
    if maps is None:
        return None
    usual = np.median(maps, axis=0)
    subject = usual >= _IN_FOCUS * usual.max()
    means = _cells(looks).mean(axis=2)
    still = subject & (np.ptp(means - means.mean(axis=1, keepdims=True), axis=0) <= _STILL)
    if still.sum() < subject.sum() / 2:
        return None
    return [float(value) for value in np.sqrt((maps[:, still] ** 2).mean(axis=1))]


def is_focus_stack(looks: Sequence[Appraisal]) -> bool:
    """Whether the focus wanders through pictures, given in their order, that are equal otherwise.

    Some places are clearly sharper in one frame and others in another frame, each comes into focus and leaves it once,
    and meanwhile light and shade stay where they were. Whatever moves takes these along, and a focus that was missed is
    found in one step.
    """
    maps = _maps(looks)
    if maps is None or abs(looks[-1].light - looks[0].light) > _SAME_LIGHT:
        return False
    peaks = maps.max(axis=0)
    telling = peaks >= _TELLING * peaks.max()
    octaves = np.log2(maps[:, telling])
    changing = np.ptp(octaves, axis=0) >= _CLEARLY
    if telling.sum() < _MIN_TELLING or not changing.any():
        return False
    stillness = _stillness(looks, np.flatnonzero(telling)[changing])  # what most bursts fail is asked first
    is_still = stillness >= _STILL_CAMERA and telling.sum() >= _MOSTLY_TELLING
    return (
        stillness >= _HELD_CAMERA
        and _trade(octaves) >= (_TRADED if is_still else _TRADED_BY_HAND)
        and _coherence(maps, telling) >= (_TOGETHER if is_still else _TOGETHER_BY_HAND)
        and _goes_on(octaves[:, changing])
        and _in_turn(octaves[:, changing]) >= _IN_TURN
    )


def kind_of_blur(look: Appraisal, sharp: Appraisal) -> str | None:
    """What blurred a photo beside a sharp one, as a phrase that follows its name; None if that is not sure."""
    if look.detail is None or sharp.detail is None or look.longest_side != sharp.longest_side:
        return None
    reference = _tensor(sharp.detail)
    if np.linalg.det(reference) <= 0:
        return None
    inverse = np.linalg.inv(np.linalg.cholesky(reference))
    least, most = np.linalg.eigvalsh(inverse @ _tensor(look.detail) @ inverse.T)
    if least <= _LOST_ALONG and least <= _UNLIKE * most:
        return "is shaken"
    is_even = most <= _LOST and least >= _ALIKE * most and sharp.detail.alignment < _ALIGNED
    return "is out of focus" if is_even else None


def _maps(looks: Sequence[Appraisal]) -> Floats | None:
    """The detail in each cell of each photo; None if there are too few, or not all are known and of one size."""
    details = [look.detail for look in looks]
    has_one_size = len({look.longest_side for look in looks}) == 1
    if len(looks) < _MIN_FRAMES or not has_one_size or any(len(look.miniature) < MINIATURE_SIZE**2 for look in looks):
        return None
    if any(detail is None or len(detail.cells) < DETAIL_SIZE**2 for detail in details):
        return None
    steps = np.array([np.frombuffer(detail.cells, np.uint8) for detail in details if detail is not None], np.float64)
    maps: Floats = np.exp2((steps - DETAIL_ONE) / DETAIL_STEPS)
    return maps


def _cells(looks: Sequence[Appraisal]) -> Floats:
    """The luma of each photo, by cell and pixel of its miniature."""
    side = MINIATURE_SIZE // DETAIL_SIZE
    pixels = np.array([np.frombuffer(look.miniature, np.uint8) for look in looks], np.float64)
    rows = pixels.reshape(len(looks), DETAIL_SIZE, side, DETAIL_SIZE, side)
    cells: Floats = rows.transpose(0, 1, 3, 2, 4).reshape(len(looks), DETAIL_SIZE**2, side**2)
    return cells


def _stillness(looks: Sequence[Appraisal], chosen: npt.NDArray[np.intp]) -> float:
    """How far these cells show the same thing from frame to frame, apart from blur: 1 if they do."""
    cells = _cells(looks)
    patterns = (cells - cells.mean(axis=(1, 2), keepdims=True))[:, chosen].reshape(len(looks), -1)
    if not np.ptp(patterns, axis=1).all():
        return 0.0  # a surface without light and shade shows nothing of a camera that moves
    return float(np.diagonal(np.corrcoef(patterns), offset=1).min())


def _goes_on(octaves: Floats) -> bool:
    """Whether what changes does so in more than one step."""
    steps = (np.diff(octaves, axis=0) ** 2).sum(axis=1)
    return bool(steps.max() <= _AT_ONCE * steps.sum())


def _in_turn(octaves: Floats) -> float:
    """How much of the change in the detail of cells is a rise to one peak and a fall from it: 1 if all of it is."""
    rising, falling = np.maximum.accumulate(octaves), np.maximum.accumulate(octaves[::-1])[::-1]
    lacking = np.minimum(rising, falling) - octaves
    return 1 - float((lacking**2).sum() / ((octaves - octaves.mean(axis=0)) ** 2).sum())


def _trade(octaves: Floats) -> float:
    """The part of the cells clearly sharper in one frame than in another, or else the other way round, if that is less.

    Of the two frames of which that is most, among those in which any cell is sharpest: no more than there are cells.
    """
    peaks = octaves[np.unique(octaves.argmax(axis=0))]
    sharper = (peaks[:, None] - peaks >= _CLEARLY).mean(axis=2)
    return float(np.minimum(sharper, sharper.T).max())


def _coherence(maps: Floats, telling: npt.NDArray[np.bool_]) -> float:
    """How far neighbouring cells agree about when they are in focus (Moran's I): 0 by chance, 1 if they all do."""
    energy = maps**2
    when = (energy * np.arange(len(maps))[:, None]).sum(axis=0) / energy.sum(axis=0)
    off = np.where(telling, when - when[telling].mean(), np.nan).reshape(DETAIL_SIZE, DETAIL_SIZE)
    products = np.concatenate([(off[:, :-1] * off[:, 1:]).ravel(), (off[:-1] * off[1:]).ravel()])
    known = products[~np.isnan(products)]
    spread = float(np.nanvar(off))
    return float(known.mean()) / spread if spread and known.size else 0.0


def _tensor(detail: Detail) -> Floats:
    return np.array([[detail.across, detail.diagonal], [detail.diagonal, detail.down]])
