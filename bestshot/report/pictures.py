"""The pictures of a report: each photo small enough for a page, with details large enough to judge.

All photos of a group are shown at one size and, where there are no faces, at one and the same spot: a photo that is
shown larger than another one would look less sharp.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from bestshot.errors import PhotoError
from bestshot.model.faces import Face
from bestshot.model.photo import Photo
from bestshot.model.reader import PhotoReader
from bestshot.report.model import Box, Detail, NoPortrait, Rendition

SEEN_SIDE = 1280
"""Longest side, in pixels, of the picture that is looked at: that of the previews which are kept in the caches."""

MOST_BYTES = 27_000
"""Of all pictures of a photo together; written as data URIs these are 36,000 characters."""

_DETAIL_BYTES = 10_000
_LEAST_DETAIL_BYTES = 2_000
"""Of all details of a photo, and of each of many, so that a face of 80 pixels still shows whether its eyes are open."""

_PORTRAIT_SIDE = 960
_DETAIL_SIDE = 360
_MOST_FACES = 8
_AROUND_FACE = 1.5
"""The side of a detail over that of the face in it."""

_BLOCK = 60
"""Pixels along a side of the squares in which detail is counted; a spot is four by four of them."""

_QUALITY = 66
_SHARE_OF_BEST = 0.9
"""The best leaves some room, so that the others fit at the same size."""


@dataclass(frozen=True, slots=True)
class PhotoWithFaces:
    """A photo to be shown, with the faces that were found in it."""

    photo: Photo
    faces: tuple[Face, ...]


def portray(source: PhotoReader, group: Sequence[PhotoWithFaces]) -> list[Rendition | NoPortrait]:
    """The pictures of a group, whose best photo comes first and sets the measure for the others."""
    portraits: list[Rendition | NoPortrait] = []
    measure: _Measure | None = None
    for sitter in group:
        try:
            picture = source.load_pixels(sitter.photo, SEEN_SIDE)
        except PhotoError as error:
            portraits.append(NoPortrait(str(error)))
            continue
        given = measure or _Measure(_PORTRAIT_SIDE, _most_detailed(picture), _SHARE_OF_BEST)
        portrait = _portrait(picture, sitter, given)
        measure = measure or _Measure(max(portrait.width, portrait.height), given.spot)
        portraits.append(portrait)
    return portraits


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A picture as the bytes of a WebP file, and its size in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def uri(self) -> str:
        return f"data:image/webp;base64,{base64.b64encode(self.data).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a photo is shown: its longest side, the spot to look at where there is no face, what share of the room."""

    side: int
    spot: Box
    share: float = 1.0


def _portrait(picture: Image.Image, sitter: PhotoWithFaces, measure: _Measure) -> Rendition:
    boxes = _boxes(picture, sitter.faces)
    details = _details(picture, boxes or [measure.spot])
    room = MOST_BYTES - sum(len(piece.data) for piece, _ in details)
    whole = _encoded(picture, measure.side, round(room * measure.share))
    return Rendition(
        whole.uri,
        whole.width,
        whole.height,
        tuple(Detail(piece.uri, piece.width, piece.height, box, bool(boxes)) for piece, box in details),
    )


def _details(picture: Image.Image, boxes: Sequence[Box]) -> list[tuple[_Encoded, Box]]:
    found = []
    most_bytes = max(_DETAIL_BYTES // len(boxes), _LEAST_DETAIL_BYTES)
    for box in boxes:
        width, height = picture.size
        edges = (box.left * width, box.top * height, box.right * width, box.bottom * height)
        left, top, right, bottom = (round(edge) for edge in edges)
        piece = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        found.append((_encoded(piece, _DETAIL_SIDE, most_bytes), box))
    return found


def _boxes(picture: Image.Image, faces: Sequence[Face]) -> list[Box]:
    """Squares around the largest faces, from left to right."""
    largest = sorted(faces, key=lambda face: (face.right - face.left) * (face.bottom - face.top), reverse=True)
    shown = sorted(largest[:_MOST_FACES], key=lambda face: (face.left, face.top))
    return [_square_around(picture.size, face) for face in shown]


def _square_around(size: tuple[int, int], face: Face) -> Box:
    width, height = size
    side = _AROUND_FACE * max((face.right - face.left) * width, (face.bottom - face.top) * height)
    across, down = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    left, right = _span(across, side / width)
    top, bottom = _span(down, side / height)
    return Box(left, top, right, bottom)


def _span(middle: float, length: float) -> tuple[float, float]:
    """A stretch of this length around a point, moved so that it lies between 0 and 1."""
    length = min(1.0, length)
    begin = min(max(0.0, middle - length / 2), 1.0 - length)
    return begin, begin + length


def _most_detailed(picture: Image.Image) -> Box:
    """The spot with the strongest edges, where it shows best whether a picture is sharp."""
    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    edges = np.abs(np.diff(grey, axis=0))[:, 1:] + np.abs(np.diff(grey, axis=1))[1:, :]
    rows, columns = edges.shape[0] // _BLOCK, edges.shape[1] // _BLOCK
    if rows < 4 or columns < 4:
        return Box(0.0, 0.0, 1.0, 1.0)
    blocks = edges[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    spots = np.lib.stride_tricks.sliding_window_view(blocks, (4, 4)).sum(axis=(2, 3))
    row, column = np.unravel_index(int(spots.argmax()), spots.shape)
    left, top = int(column) * _BLOCK / picture.width, int(row) * _BLOCK / picture.height
    return Box(left, top, left + 4 * _BLOCK / picture.width, top + 4 * _BLOCK / picture.height)


def _encoded(picture: Image.Image, side: int, most_bytes: int) -> _Encoded:
    """A picture as WebP of at most this longest side, and smaller if need be to fit into so many bytes."""
    while True:
        shown = picture.copy()
        shown.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        file = BytesIO()
        shown.save(file, "WEBP", quality=_QUALITY, method=2)
        if file.tell() <= most_bytes:
            return _Encoded(file.getvalue(), *shown.size)
        side = max(1, int(max(shown.size) * min(0.9, (most_bytes / file.tell()) ** 0.5)))
