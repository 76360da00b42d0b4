"""Panoramas: photos of one camera, each of which shows what the one before showed, moved on in one direction.

Only pure shifts count that leave hardly any doubt. A hand that drifts moves less and to and fro, who follows something
with the camera keeps it in its place, and who holds the button takes more than one photo in a second.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bestshot.model.appraisal import SKETCH_SIZE

Picture = npt.NDArray[np.float64]

_MIN_FRAMES = 3
_SHORTEST_PAUSE, LONGEST_PAUSE = 0.999, 30.0
"""In seconds, between two frames; a second by a clock that is exact to a microsecond only."""

_MIN_STEP = 0.1
"""Fraction of the picture by which each frame is moved on; hands drift by some hundredths."""

_MIN_TOTAL = 0.25
"""Fraction of the picture by which the last frame is moved on from the first: they show two different things."""

_EVENNESS = 2.0
"""The longest step is at most so many times the shortest."""

_STRAIGHTNESS = 0.4
"""How far a step may go to the side, as a fraction of itself."""

_MOST_DOUBT = 0.15
"""What may be lacking from a perfect correlation of what two frames share."""

_CERTAINTY, _UNMOVED = 3.0, 0.1
"""Unmoved, this many times as much must be lacking, and so much: a plain sky fits wherever it is laid."""

_DISAGREEMENT = 1.5 / SKETCH_SIZE
"""Fraction of the picture by which its sketch may say that it is moved on more, or less, than its details do."""

_FURTHEST, _ASIDE = SKETCH_SIZE * 3 // 8, 2
"""In pixels: by how much sketches are moved to see how they fit best."""

_GRID = 2 * SKETCH_SIZE
"""Side of the transforms: no move comes round from the other side."""

_BY = np.abs(np.fft.fftfreq(_GRID, 1 / _GRID))
_IS_TRIED = np.minimum.outer(_BY, _BY) <= _ASIDE
_IS_TRIED &= np.maximum.outer(_BY, _BY) <= _FURTHEST
"""Which moves are tried, down and right, up and left counted from the end."""

_EVERYWHERE = np.fft.rfft2(np.ones((SKETCH_SIZE, SKETCH_SIZE)), (_GRID, _GRID))
_SHARED = np.maximum(np.fft.irfft2(_EVERYWHERE * _EVERYWHERE.conj(), (_GRID, _GRID)), 1.0)
"""How many pixels two sketches share after each move."""

_LEAST_POWER = 1.0
"""Below, what two sketches share is plain: a grey level somewhere, or less."""

_Step = tuple[int, float]
"""The axis along which a frame is moved on, and by which fraction of the picture, with a sign."""


def picture_of(pixels: bytes) -> Picture | None:
    """A sketch, or the miniature that is twice as large, as a sketch; None if there is none."""
    values = np.frombuffer(pixels, np.uint8).astype(np.float64)
    ratio = len(values) // SKETCH_SIZE**2
    if ratio not in (1, 4):
        return None
    side = 1 if ratio == 1 else 2
    return np.asarray(values.reshape(SKETCH_SIZE, side, SKETCH_SIZE, side).mean(axis=(1, 3)))


def is_paced(pause: float) -> bool:
    """Whether two frames of a panorama may be so many seconds apart."""
    return _SHORTEST_PAUSE <= pause <= LONGEST_PAUSE


def pans(pictures: Sequence[Picture], seconds: Sequence[float]) -> Iterator[range]:
    """The runs of pictures, given in order of time, that are frames of one panorama each."""
    begin, steps = 0, list[_Step]()
    for place, (before, after) in enumerate(pairwise(seconds)):
        step = _step(pictures[place], pictures[place + 1]) if is_paced(after - before) else None
        if step is None or (steps and not _goes_on(steps, step)):
            if _is_panorama(steps):
                yield range(begin, place + 1)
            begin, steps = (place + 1, []) if step is None else (place, [])
        if step is not None:
            steps.append(step)
    if _is_panorama(steps):
        yield range(begin, begin + len(steps) + 1)


def links_of_pans(
    links: Iterable[tuple[int, int]], picture: Callable[[int], Picture | None], seconds: Mapping[int, float]
) -> set[tuple[int, int]]:
    """Of pairs of photos that may follow each other, the earlier one first, those that do so in a panorama."""
    found = set[tuple[int, int]]()
    for chain in _chains(links, seconds):
        pictures = [seen for photo in chain if (seen := picture(photo)) is not None]
        if len(chain) >= _MIN_FRAMES and len(pictures) == len(chain):
            for run in pans(pictures, [seconds[photo] for photo in chain]):
                found.update(pairwise(chain[run.start : run.stop]))
    return found


def sweeps(
    overlaps: Mapping[tuple[int, int], float], picture: Callable[[int], Picture | None], seconds: Mapping[int, float]
) -> dict[int, int]:
    """The number of the sweep that a photo is of, if it is of any: the camera was turned on and on in one direction.

    `overlaps` says how much of one photo another one shows that may follow it. This does not prove a panorama, but no
    photo of a sweep stands for the next one.
    """
    numbers = dict[int, int]()
    for chain in _chains(overlaps, seconds):
        steps = list[_Step]()
        for place, link in enumerate((*pairwise(chain), None)):
            step = None
            if link is not None and is_paced(seconds[link[1]] - seconds[link[0]]):
                step = _rough_step(picture(link[0]), picture(link[1]), overlaps[link])
            if step is None or (steps and not _is_onward(steps[-1], step)):
                if _is_panorama(steps):
                    numbers.update(dict.fromkeys(chain[place - len(steps) : place + 1], len(numbers)))
                steps = []
            steps += [] if step is None else [step]
    return numbers


def _chains(links: Iterable[tuple[int, int]], seconds: Mapping[int, float]) -> Iterator[list[int]]:
    """Photos each of which follows the one before as the nearest of those that may."""
    by_time = sorted(links, key=lambda link: (seconds[link[1]], -seconds[link[0]], link))
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for earlier, later in by_time:  # the nearest on either side
        after.setdefault(earlier, later)
        before.setdefault(later, earlier)
    following = {one: other for one, other in after.items() if before[other] == one}
    for first in following.keys() - following.values():
        chain = [first]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        yield chain


def _goes_on(steps: Sequence[_Step], step: _Step) -> bool:
    sizes = [abs(size) for _, size in (*steps, step)]
    return _is_onward(steps[0], step) and max(sizes) <= _EVENNESS * min(sizes)


def _is_onward(before: _Step, step: _Step) -> bool:
    return step[0] == before[0] and step[1] * before[1] > 0


def _is_panorama(steps: Sequence[_Step]) -> bool:
    return len(steps) >= _MIN_FRAMES - 1 and abs(sum(size for _, size in steps)) >= _MIN_TOTAL


def _step(one: Picture, other: Picture) -> _Step | None:
    """How a picture is moved on from another; None if it is not, or not certainly, or not straight."""
    fits = _fits(one, other)
    best = int(np.argmax(np.where(_IS_TRIED, fits, -1.0)))
    down, right = divmod(best, _GRID)
    doubt, unmoved = 1 - fits[down, right], 1 - fits[0, 0]
    if doubt > _MOST_DOUBT or unmoved < max(_CERTAINTY * doubt, _UNMOVED):
        return None
    moved = [_refined(fits[:, right], down), _refined(fits[down], right)]
    axis = max((0, 1), key=lambda axis: abs(moved[axis]))
    is_straight = abs(moved[1 - axis]) <= _STRAIGHTNESS * abs(moved[axis])
    return (axis, moved[axis]) if is_straight and abs(moved[axis]) >= _MIN_STEP else None


def _rough_step(one: Picture | None, other: Picture | None, overlap: float) -> _Step | None:
    """How a picture is moved on from another, as far as their details share; None if their sketches contradict that."""
    if one is None or other is None or 1 - overlap < _MIN_STEP:
        return None
    fits = _fits(one, other)
    best = int(np.argmax(np.where(_IS_TRIED, fits, -1.0)))
    moved = [float(np.fft.fftfreq(_GRID, 1 / _GRID)[place]) / SKETCH_SIZE for place in divmod(best, _GRID)]
    axis = max((0, 1), key=lambda axis: abs(moved[axis]))
    are_at_one = abs(abs(moved[axis]) - (1 - overlap)) <= _DISAGREEMENT and abs(moved[1 - axis]) <= 1 / SKETCH_SIZE
    is_better = fits.flat[best] - fits[0, 0] >= _UNMOVED
    return (axis, math.copysign(1 - overlap, moved[axis])) if are_at_one and is_better else None


def _refined(fits: Picture, best: int) -> float:
    """By which fraction of the picture it is moved, by a parabola through the best fit and its neighbours."""
    less, more = fits[best - 1], fits[(best + 1) % _GRID]
    bend = less - 2 * fits[best] + more
    signed = best if best < SKETCH_SIZE else best - _GRID
    return float(signed + (0.5 * (less - more) / bend if bend < 0 else 0.0)) / SKETCH_SIZE


def _fits(one: Picture, other: Picture) -> Picture:
    """The correlation of what two pictures share after each move of the other one, all at once."""
    first, second = one - one.mean(), other - other.mean()
    here, here_squared, there, there_squared = np.fft.rfft2([first, first**2, second, second**2], (_GRID, _GRID))
    products = [here * there.conj(), *(each * _EVERYWHERE.conj() for each in (here, here_squared))]
    products += [_EVERYWHERE * each.conj() for each in (there, there_squared)]
    both, sums, squares, other_sums, other_squares = np.fft.irfft2(products, (_GRID, _GRID))
    power = np.maximum(squares - sums**2 / _SHARED, 0.0) * np.maximum(other_squares - other_sums**2 / _SHARED, 0.0)
    varies = power > _LEAST_POWER
    shared = both - sums * other_sums / _SHARED
    return np.where(varies, shared / np.sqrt(np.where(varies, power, 1.0)), 0.0)
