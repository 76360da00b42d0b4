"""The pictures of a report: each photo small enough for a page, with details large enough to judge.

All photos of a group are shown at the same size and, if there are no faces, with a detail of the same place: a photo
shown larger than another would look less sharp.
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
from bestshot.model.reader import PREVIEW_SIZE, PhotoReader
from bestshot.report.model import Box, Detail, MissingPicture, Rendition

MOST_BYTES = 27_000
"""Limit for all pictures of a photo together, which are 36,000 characters as data URIs."""

_DETAIL_BYTES = 10_000
"""Limit for all details of a photo together, unless there are many."""

_LEAST_DETAIL_BYTES = 2_000
"""Limit for each of many details; enough to see whether the eyes of a face of 80 pixels are open."""

_PICTURE_SIDE = 960
"""Longest side, in pixels, of the whole picture."""

_DETAIL_SIDE = 360
"""Longest side, in pixels, of a detail."""

_MAX_FACES = 8
"""Faces of a photo that are shown as details, the largest ones."""

_DETAILS_OF_ROOM = 0.6
"""The part of the bytes of a photo that its details may use."""

_FACE_SCALE = 1.5
"""Side of a detail as a multiple of that of the face in it."""

_BLOCK = 60
"""Side, in pixels, of the blocks in which edges are summed to find the most detailed place."""

_BLOCKS = 4
"""Blocks along each side of that place."""

_QUALITY = 66
"""WebP quality."""

_GROUP_BYTES = 2_400_000
"""Limit for all pictures of a group: what its words take as well, a page must hold."""

_SHARE_OF_BEST = 0.9
"""Fraction of the bytes that the best photo may use, so that the others fit at the same size."""


@dataclass(frozen=True, slots=True)
class PhotoWithFaces:
    """A photo to show, with the faces that were found in it."""

    photo: Photo
    faces: tuple[Face, ...]


def make_renditions(source: PhotoReader, group: Sequence[PhotoWithFaces]) -> list[Rendition | MissingPicture]:
    """Make the pictures of a group, whose best photo comes first and determines how the others are framed."""
    renditions: list[Rendition | MissingPicture] = []
    framing: _Framing | None = None
    room = min(MOST_BYTES, _GROUP_BYTES // max(1, len(group)))
    for item in group:
        try:
            picture = source.load_pixels(item.photo, PREVIEW_SIZE)
        except PhotoError as error:
            renditions.append(MissingPicture(str(error)))
            continue
        chosen = framing or _Framing(_PICTURE_SIDE, _most_detailed(picture), room, _SHARE_OF_BEST)
        rendition = _rendition(picture, item.faces, chosen)
        framing = framing or _Framing(max(rendition.width, rendition.height), chosen.spot, room)
        renditions.append(rendition)
    return renditions


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
class _Framing:
    """How a photo is shown: its longest side, the detail if it has no faces, the bytes and its fraction of them."""

    side: int
    spot: Box
    room: int
    share: float = 1.0


def _rendition(picture: Image.Image, faces: Sequence[Face], framing: _Framing) -> Rendition:
    boxes = _boxes(picture, faces, framing.room * _DETAILS_OF_ROOM // _LEAST_DETAIL_BYTES)
    details = _details(picture, boxes or [framing.spot], min(_DETAIL_BYTES, framing.room // 2))
    room = framing.room - sum(len(piece.data) for piece, _ in details)
    whole = _encoded(picture, framing.side, round(room * framing.share))
    return Rendition(
        whole.uri,
        whole.width,
        whole.height,
        tuple(Detail(piece.uri, piece.width, piece.height, box, bool(boxes)) for piece, box in details),
    )


def _details(picture: Image.Image, boxes: Sequence[Box], room: int) -> list[tuple[_Encoded, Box]]:
    found = []
    most_bytes = max(room // len(boxes), min(_LEAST_DETAIL_BYTES, room))
    for box in boxes:
        width, height = picture.size
        edges = (box.left * width, box.top * height, box.right * width, box.bottom * height)
        left, top, right, bottom = (round(edge) for edge in edges)
        piece = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        found.append((_encoded(piece, _DETAIL_SIDE, most_bytes), box))
    return found


def _boxes(picture: Image.Image, faces: Sequence[Face], most: float) -> list[Box]:
    """Squares around so many of the largest faces, from left to right."""
    largest = sorted(faces, key=lambda face: (face.right - face.left) * (face.bottom - face.top), reverse=True)
    shown = sorted(largest[: min(_MAX_FACES, max(1, int(most)))], key=lambda face: (face.left, face.top))
    return [_square_around(picture.size, face) for face in shown]


def _square_around(size: tuple[int, int], face: Face) -> Box:
    width, height = size
    side = _FACE_SCALE * max((face.right - face.left) * width, (face.bottom - face.top) * height)
    across, down = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    left, right = _span(across, side / width)
    top, bottom = _span(down, side / height)
    return Box(left, top, right, bottom)


def _span(middle: float, length: float) -> tuple[float, float]:
    """An interval of this length around a point, moved so that it is between 0 and 1."""
    length = min(1.0, length)
    begin = min(max(0.0, middle - length / 2), 1.0 - length)
    return begin, begin + length


def _most_detailed(picture: Image.Image) -> Box:
    """The place with the strongest edges, which shows best whether a picture is sharp."""
    grey = np.asarray(picture.convert("L"), dtype=np.float32)
    edges = np.abs(np.diff(grey, axis=0))[:, 1:] + np.abs(np.diff(grey, axis=1))[1:, :]
    rows, columns = edges.shape[0] // _BLOCK, edges.shape[1] // _BLOCK
    if rows < _BLOCKS or columns < _BLOCKS:
        return Box(0.0, 0.0, 1.0, 1.0)
    blocks = edges[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    spots = np.lib.stride_tricks.sliding_window_view(blocks, (_BLOCKS, _BLOCKS)).sum(axis=(2, 3))
    row, column = np.unravel_index(int(spots.argmax()), spots.shape)
    left, top = int(column) * _BLOCK / picture.width, int(row) * _BLOCK / picture.height
    return Box(left, top, left + _BLOCKS * _BLOCK / picture.width, top + _BLOCKS * _BLOCK / picture.height)


def _encoded(picture: Image.Image, side: int, most_bytes: int) -> _Encoded:
    """Encode a picture as WebP of at most this longest side, smaller if necessary to fit into `most_bytes`."""
    while True:
        shown = picture.copy()
        shown.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        file = BytesIO()
        shown.save(file, "WEBP", quality=_QUALITY, method=2)
        if file.tell() <= most_bytes or side == 1:
            return _Encoded(file.getvalue(), *shown.size)
        side = max(1, int(max(shown.size) * min(0.9, (most_bytes / file.tell()) ** 0.5)))
