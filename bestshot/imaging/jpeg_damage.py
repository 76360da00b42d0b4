"""Damage in a JPEG that its decoder passes over: it fills what is missing with grey, or shifts what follows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from bestshot.imaging.seams import BLOCK, Seam, find_seam

_START, _SCAN, _END = b"\xff\xd8", 0xDA, 0xD9
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""Huffman-coded frames, sequential and progressive; others are rare, and not looked at."""
_KEPT: Final = _FRAMES | {0xC4, 0xDB, 0xDD, _SCAN}
"""What is needed to decode the picture: frame, tables, restart interval and scans."""
_COLOURS: Final = {1: "GRAY", 3: "GRAY", 4: "CMYK"}
"""As what a picture of so many components is decoded: the quickest there is."""
_DECODED_AS: Final = {"L": "GRAY", "RGB": "RGB"}
"""What the decoder calls the modes of pixels."""
_RGB: Final = 3
_LUMA_APART: Final = frozenset({"YCbCr", "Gray"})
"""What the decoder calls colours stored as luma and differences from it, or as luma alone."""
_COEFFICIENTS: Final = 64
_MOST_BITS: Final = 8

# Within a scan, 0xFF is followed by 0 or by the number of a restart marker, and may be repeated before a marker: only
# the last one is looked for, since a pattern that begins with a repetition takes twenty times as long.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_CUT_OFF = "premature end"

_CLEAR_SEAM = 14.0
"""Grey levels from which a seam proves damage by itself: in a thousand sound photos none had more than 9.5."""
_LIKELY_SEAM = 5.0
"""Grey levels from which a seam is where the damage begins of a picture that is known to be damaged."""

_LEAST_UNIT = 2
"""In pixels; in a picture scaled so much that its units are smaller, seams are not looked for."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class JpegDamage:
    """What is wrong, in the decoder's words if it saw it, and from which row on, as it is stored; None if unknown."""

    problem: str
    row: int | None


@dataclass(slots=True)
class _Walk:
    """What the markers of a JPEG say: all that is needed to decode it, and which bits of each coefficient it has."""

    coded: bytes = b""
    frame: int = 0
    size: tuple[int, int] = 0, 0
    sampling: dict[int, int] = field(default_factory=dict)
    """How often each component is sampled in the units that are coded together, across and down, in four bits each."""
    lacking: dict[int, list[int]] = field(default_factory=dict)
    """Of each component, the bits of each coefficient that no scan has brought yet."""
    is_ended: bool = False
    """Whether the marker of its end is there."""

    @property
    def is_known(self) -> bool:
        """Whether it is of the usual kinds, which are looked at."""
        return self.frame in _FRAMES and len(self.sampling) in _COLOURS and _colours(self.coded) is not None

    @property
    def is_unfinished(self) -> bool:
        """Whether scans are missing that would bring what is lacking."""
        return any(map(any, self.lacking.values()))

    @property
    def unit(self) -> tuple[int, int]:
        """Width and height, in pixels, of the units that are coded together."""
        if len(self.sampling) == 1:
            return BLOCK, BLOCK
        across, down = (max(each) for each in zip(*(divmod(one, 16) for one in self.sampling.values()), strict=True))
        return BLOCK * across, BLOCK * down

    def frame_begins(self, marker: int, body: memoryview) -> None:
        """Take note of the components; `body` follows the length of the segment."""
        self.frame, precision = marker, body[0]
        self.size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
        known = body[6 : 6 + 3 * body[5]] if precision == _MOST_BITS else body[:0]
        self.sampling = dict(zip(known[::3], known[1::3], strict=False))
        self.lacking = {component: [_MOST_BITS] * _COEFFICIENTS for component in self.sampling}

    def scan_begins(self, body: memoryview) -> None:
        """Take note of what a scan brings."""
        count = body[0]
        first, last, bits = body[1 + 2 * count : 4 + 2 * count]
        for component in body[1 : 1 + 2 * count : 2]:
            self.lacking.setdefault(component, [])[first : last + 1] = [bits & 15] * (last + 1 - first)


def jpeg_damage(data: bytes) -> JpegDamage | None:
    """What is wrong with the coded picture at the beginning of `data`; None if nothing is.

    A picture of a rare kind, which is not looked at, counts as sound. What follows the picture, and what its header
    holds besides, such as a thumbnail, is no part of it.
    """
    walk = _walked(data)
    if not walk.is_known:
        return None
    problem, pixels = _decoded(walk.coded, _COLOURS[len(walk.sampling)])
    luma = _luma(pixels)
    seam = find_seam(luma, *walk.unit)
    if problem is None and walk.is_unfinished:
        return JpegDamage("lacks its last scans", None)
    if problem is None:
        return JpegDamage("its halves do not fit", seam.row) if seam.step >= _CLEAR_SEAM else None
    return JpegDamage(problem, _first_row(problem, luma, seam, walk.unit[1]))


def pixels_if_sound(data: bytes, size: tuple[int, int], mode: str) -> Pixels | None:
    """Decode the picture at the beginning of `data`, scaled to `size`; None if it may be damaged, or is of a rare kind.

    Scaled or not, the decoder reads all of the coded data and complains about the same. A step in light from one unit
    to the next is as high in a scaled picture, as each block is scaled by itself; so what has no seam that could be one
    there has none in full. All others have to be looked at in full by `jpeg_damage`.
    """
    walk = _walked(data)
    if not walk.is_known or not walk.is_ended or walk.is_unfinished:
        return None
    problem, pixels = _decoded(walk.coded, _DECODED_AS[mode], size)
    if problem is not None or pixels.shape[1::-1] != size:
        return None
    width, height = (side // round(walk.size[0] / size[0]) for side in walk.unit)
    if min(width, height) < _LEAST_UNIT or find_seam(_luma(pixels), width, height).step >= _LIKELY_SEAM:
        return None
    return pixels[..., 0] if mode == "L" else pixels


def grey_if_sound(data: bytes, size: tuple[int, int]) -> Pixels | None:
    """Decode a picture in grey, scaled to `size`; None if the decoder complains, or if luma is not stored apart."""
    import simplejpeg

    if _colours(data) not in _LUMA_APART:
        return None
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY", min_width=size[0], min_height=size[1], strict=True)
    except ValueError:
        return None
    return np.asarray(pixels[..., 0]) if pixels.shape[1::-1] == size else None


def checked_grey(data: bytes, size: tuple[int, int]) -> Pixels | None:
    """Decode a picture in grey as `pixels_if_sound` does; None also if luma is not stored apart."""
    return pixels_if_sound(data, size, "L") if _colours(data) in _LUMA_APART else None


def _colours(data: bytes) -> str | None:
    """How colours are stored; None if not in one of the ways, or not sampled in one, that the strict decoder knows."""
    import simplejpeg

    try:
        return str(simplejpeg.decode_jpeg_header(data)[2])
    except ValueError:
        return None


def _decoded(coded: bytes, colours: str, size: tuple[int, int] = (0, 0)) -> tuple[str | None, Pixels]:
    """What the decoder complains about, if it does, and the pixels as they are, scaled down to at least this size."""
    import simplejpeg

    problem = None
    decode = partial(simplejpeg.decode_jpeg, coded, colours, min_width=size[0], min_height=size[1])
    try:
        pixels = decode(strict=True)
    except ValueError as error:
        problem = None if _is_padding(str(error), coded) else str(error)
        try:
            pixels = decode(strict=False)
        except ValueError as fatal:  # in what is behind the pixels, or else it would not have been decoded before
            return str(fatal), np.zeros((0, 0, 1), np.uint8)
    return problem, np.asarray(pixels)


def _luma(pixels: Pixels) -> Pixels:
    """The luma, or what else tells light from dark."""
    if pixels.shape[2] == 1:
        return pixels[..., 0]
    if pixels.shape[2] == _RGB:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    return np.asarray(pixels.mean(axis=2, dtype=np.float32).astype(np.uint8))


def _is_padding(problem: str, coded: bytes) -> bool:
    """Whether all that is wrong are bytes of one value before the end, with which some cameras fill up."""
    found = _EXTRANEOUS.search(problem)
    return found is not None and len(set(coded[-len(_START) - int(found[1]) : -len(_START)])) == 1


def _first_row(problem: str, luma: Pixels, seam: Seam, height: int) -> int | None:
    """Where the damage begins: at a seam, or where nothing but one colour follows because the data ended."""
    rows = [seam.row] if seam.step >= _LIKELY_SEAM else []
    if _CUT_OFF in problem:
        is_drawn: npt.NDArray[Any] = np.ptp(luma, axis=1) > 1
        last = int(np.flatnonzero(is_drawn)[-1]) if is_drawn.any() else -1
        filled = -(-(last + 1) // height) * height
        rows += [filled] if filled < len(luma) else []
    return min(rows, default=None)


def _walked(data: bytes) -> _Walk:
    """Go from marker to marker up to the end of the picture."""
    walk, kept = _Walk(), [memoryview(_START)]
    for marker, segment in _segments(data):
        body = segment[4:]
        if marker in _FRAMES:
            walk.frame_begins(marker, body)
        elif marker == _SCAN:
            walk.scan_begins(body)
        elif marker == _END:
            walk.is_ended = True
        if marker in _KEPT:
            kept.append(segment)
    walk.coded = b"".join([*kept, bytes([0xFF, _END])])
    return walk


def _segments(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Each segment with its marker, up to that of the end; that of a scan goes on to the next one."""
    place, marker, view = len(_START), 0, memoryview(data)  # pieces of which are no copies
    while marker != _END and (found := _MARKER.search(data, place)):
        start, marker = found.start(), found[1][0]
        place = start + 2 + max(2, int.from_bytes(data[start + 2 : start + 4], "big"))
        if marker == _SCAN:
            following = _MARKER.search(data, place)
            place = following.start() if following else len(data)
        yield marker, view[start:place]
