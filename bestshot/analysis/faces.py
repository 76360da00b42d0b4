"""Detecting and measuring faces with dlib."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.analysis.enlarging import scaled
from bestshot.analysis.face_models import (
    cnn_detector,
    embedder,
    eye_corner_predictor,
    hog_detector,
    landmark_predictor,
    pyramid,
    rectangle,
)
from bestshot.analysis.irises import iris_darkness
from bestshot.analysis.landmarks import Landmarks
from bestshot.analysis.sharpness import sharpness_both_ways
from bestshot.model.faces import CERTAIN_DETECTION, CLEAR_DETECTION, Face, FaceBox, FaceModel

Pixels = npt.NDArray[np.uint8]
_Edges = tuple[float, float, float, float]
"""Left, top, right and bottom."""

_Place = tuple[int, int, int, int]
"""Edges in whole pixels of a view."""

_Found = list[tuple[_Place, float]]
"""Where faces are in a view, and their scores."""

WORKING_PIXELS = 2_000_000
"""Size of the picture in which faces are detected. dlib finds those of 80 pixels and more, which are about 6.5 % of the
height of a 4:3 picture; `benchmarks/faces.py` shows what other sizes find and cost."""

_SMALLEST = 72
"""Height, in pixels, of the box that dlib draws around the smallest faces that it finds."""

_STEP = 6 / 5
"""dlib looks at a picture in several sizes, each of which is so many times as large as the next."""

_GLANCE = 9
"""By how many of these steps a picture is reduced to be looked at first, for a twenty-fifth of what all of it takes:
faces of three tenths of its height and more are found."""

_FARTHER_AWAY = 6
"""How many steps make a third: so much smaller than a large face is that of somebody three times as far away."""

_MAX_ENLARGEMENT = 2.0
"""Pictures and faces are enlarged by this factor at most; further enlargement shows nothing new."""

_FAINT_THRESHOLD = -0.3
"""dlib's score from which a detection is kept, to count where another photo shows a face: one picture in 12 has one."""

_MIN_EYE_DISTANCE = 24
"""Distance between the eyes, in pixels of the picture before it was enlarged, below which no expression is told."""

_KNOWN_FACE_SIZE = 200
"""Size, in pixels, to which a face that the source knows is scaled to measure it."""

_KNOWN_FACE_MARGIN = 0.6
"""How much of the picture around such a face is searched for it, as a fraction of its size."""

_KNOWN_FACE_THRESHOLD = -0.3
"""dlib's score from which a detection there counts as that face: the source has already found it."""

_HIGHLIGHT_PERCENTILE = 98
"""Percentile of a face's pixels by which its lighting is judged."""

_WELL_LIT = 235
"""Value of that percentile in well-lit faces, from which the landmark model was trained; dark ones are raised to it."""

_MAX_GAIN = 5.0
"""Dark faces are brightened by this factor at most, since noise is brightened too."""

_LANDMARK_MARGIN = 0.3
"""How much of the picture around a face is brightened with it, as a fraction of its height."""

_CUT_TOLERANCE = 0.05
"""Fraction of a face that may be outside the picture before it counts as cut off."""

_FOREHEAD = 0.2
"""Height of what dlib's box leaves out above a face, as a fraction of the box."""

# The models are shared by threads, and dlib crashes if two use one at once.
_DLIB_LOCK = threading.Lock()


def find_faces(
    pixels: Pixels,
    known: Sequence[FaceBox] = (),
    *,
    model: FaceModel = FaceModel.HOG,
    working_pixels: int = WORKING_PIXELS,
    faint: bool = False,
) -> tuple[Face, ...]:
    """Detect and measure the faces in an upright RGB picture, from left to right; raises FaceDetectionError.

    If some are `known`, no others are detected, and one that is not frontal gets no measures. The picture is scaled to
    `working_pixels`, but never more than doubled in size. With `faint`, what is a face only if another photo shows one
    in its place is found too.
    """
    with _DLIB_LOCK:
        if known:
            faces = [_known_face(pixels, box) for box in known]
        elif model is FaceModel.CNN:
            faces = list(_detected_by_cnn(pixels, working_pixels))
        else:
            faces = list(_detected(pixels, working_pixels, _FAINT_THRESHOLD if faint else CLEAR_DETECTION))
    return tuple(sorted(faces, key=lambda face: (face.left, face.top)))


def face_embeddings(pixels: Pixels, boxes: Sequence[FaceBox]) -> tuple[tuple[float, ...], ...]:
    """Compute 128 numbers per face, less than about 0.6 apart for one person; raises FaceDetectionError."""
    with _DLIB_LOCK:
        codes = [_embedding(pixels, box) for box in boxes]
    return tuple(tuple(round(float(number), 4) for number in code) for code in codes)


def _embedding(pixels: Pixels, box: FaceBox) -> Iterable[float]:
    corners = eye_corner_predictor()(pixels, rectangle(*_rounded(_edges(box, pixels))))
    code: Iterable[float] = embedder().compute_face_descriptor(pixels, corners)
    return code


@dataclass(frozen=True, slots=True)
class _View:
    """A scaled part of a picture, and how its coordinates map to those of the picture."""

    pixels: Pixels
    left: float
    top: float
    scale: float

    @classmethod
    def of(cls, pixels: Pixels, edges: _Edges, scale: float) -> "_View":
        left, top, right, bottom = edges
        size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        if edges == (0, 0, pixels.shape[1], pixels.shape[0]):
            return cls(scaled(pixels, size), left, top, scale)
        part = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, box=edges)
        return cls(np.asarray(part), left, top, scale)

    @classmethod
    def whole(cls, pixels: Pixels, working_pixels: int) -> "_View":
        """The whole picture, scaled to about so many pixels."""
        height, width = pixels.shape[:2]
        scale = min(_MAX_ENLARGEMENT, float(working_pixels / (width * height)) ** 0.5)
        return cls.of(pixels, (0, 0, width, height), scale)

    @classmethod
    def around(cls, pixels: Pixels, edges: _Edges, margin: float, scale: float) -> "_View":
        """A part with as much of the picture around it as the margin says, in pixels of the picture."""
        height, width = pixels.shape[:2]
        left, top, right, bottom = edges
        wider = max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin)
        return cls.of(pixels, wider, scale)

    def in_picture(self, edges: _Edges) -> _Edges:
        """Map edges in this view to edges in the picture, in pixels."""
        left, top, right, bottom = (edge / self.scale for edge in edges)
        return left + self.left, top + self.top, right + self.left, bottom + self.top


def _detected(pixels: Pixels, working_pixels: int, threshold: float) -> Iterator[Face]:
    view = _View.whole(pixels, working_pixels)
    for place, score in _found(view.pixels, threshold):
        yield replace(_face(pixels, view, place), detection_score=round(score, 4))


def _found(pixels: Pixels, threshold: float) -> _Found:
    """Find the faces in a picture, but for those of passers-by in a portrait: to look for them takes most of the time.

    Beside a face that is large and certain, nobody of less than a third of its height is looked for unless somebody of
    less than half is seen, as where a group stands behind the one who takes its picture.
    """
    height, width = pixels.shape[:2]
    small = max(1, round(width / _STEP**_GLANCE)), max(1, round(height / _STEP**_GLANCE))
    certain, _, _ = hog_detector().run(np.asarray(cv2.resize(pixels, small), np.uint8), 0, CERTAIN_DETECTION)
    if certain:
        found = _found_in_reduced(pixels, _GLANCE + max(map(_steps, certain)) - _FARTHER_AWAY, threshold)
        heights = [bottom - top for (_, top, _, bottom), _ in found]
        if heights and 2 * min(heights) >= max(heights):
            return found
    return _found_in_reduced(pixels, 0, threshold)


def _found_in_reduced(pixels: Pixels, steps: int, threshold: float) -> _Found:
    """Find the faces that are seen in a picture reduced by so many steps, just where they are found in all of it.

    dlib reduces a picture in the same way itself, and searches each of the sizes.
    """
    reduced = pixels
    for _ in range(steps):
        reduced = pyramid()(reduced)
    places, scores, _ = hog_detector().run(reduced, 0, threshold)
    return [(_unreduced(place, steps), float(score)) for place, score in zip(places, scores, strict=True)]


def _unreduced(found: Any, steps: int) -> _Place:
    """Map a rectangle in a reduced picture to the unreduced one, from the size in which it was found: rounded once."""
    own = _steps(found)
    return _place(pyramid().rect_up(pyramid().rect_down(found, own), own + steps))


def _steps(found: Any) -> int:
    """How many steps one of dlib's rectangles is above the smallest."""
    return max(0, round(log(found.height() / _SMALLEST, _STEP)))


def _detected_by_cnn(pixels: Pixels, working_pixels: int) -> Iterator[Face]:
    height, width = pixels.shape[:2]
    view = _View.whole(pixels, working_pixels)
    for found in cnn_detector()(view.pixels, 0):
        # The landmark predictor was trained on the boxes of the other detector and misplaces landmarks in these.
        yield _known_face(pixels, _within(view.in_picture(_place(found.rect)), (width, height)))


def _known_face(pixels: Pixels, box: FaceBox) -> Face:
    """Measure a known face if a frontal one is detected in its box; otherwise return its box alone."""
    edges = left, top, right, bottom = _edges(box, pixels)
    scale = min(_MAX_ENLARGEMENT, _KNOWN_FACE_SIZE / max(right - left, bottom - top, 1.0))
    face = _frontal_face(pixels, edges, scale, _KNOWN_FACE_THRESHOLD)
    if face is not None:
        return replace(face, name=box.name)
    height, width = pixels.shape[:2]
    return Face(box.left, box.top, box.right, box.bottom, box.name, is_cut=_is_cut(edges, (width, height)))


def _frontal_face(pixels: Pixels, edges: _Edges, scale: float, threshold: float) -> Face | None:
    """Measure the likeliest frontal face with its middle within these edges; None if none has this score."""
    left, top, right, bottom = edges
    view = _View.around(pixels, edges, _KNOWN_FACE_MARGIN * max(right - left, bottom - top, 1.0), scale)
    found, scores, _ = hog_detector().run(view.pixels, 0, threshold)
    for place, _ in sorted(zip(found, scores, strict=True), key=lambda item: -item[1]):
        x, y, _, _ = view.in_picture((place.center().x, place.center().y, 0, 0))
        if left <= x <= right and top <= y <= bottom:
            return _face(pixels, view, _place(place))
    return None


def _face(pixels: Pixels, view: _View, place: _Place) -> Face:
    """Measure the face at a place in the view."""
    height, width = pixels.shape[:2]
    landmarks = _landmarks(view.pixels, place)
    edges = view.in_picture(place)
    box = _within(edges, (width, height))
    face = Face(
        box.left,
        box.top,
        box.right,
        box.bottom,
        sharpness=_sharpness(pixels, view.in_picture(landmarks.around_eyes())),
        turn=landmarks.turn(),
        is_cut=_is_cut(edges, (width, height)),
    )
    if landmarks.eye_distance() < _MIN_EYE_DISTANCE * max(1.0, view.scale):
        return face
    return replace(
        face,
        eye_aspect_ratio=landmarks.eye_aspect_ratio(),
        lid_height=landmarks.lid_height(),
        eye_balance=landmarks.eye_balance(),
        iris=iris_darkness(view.pixels, landmarks),
        smile=landmarks.smile(),
    )


def _landmarks(pixels: Pixels, place: _Place) -> Landmarks:
    """Find the landmarks of a face, brightened if it is dark, since closed eyes in the dark measure as open.

    They are averaged with those of the mirror image, which differ most where the landmarks are unreliable.
    """
    left, top, right, bottom = place
    brightest = _highlight(pixels[max(0, top) : bottom, max(0, left) : right])
    gain = min(_MAX_GAIN, max(1.0, _WELL_LIT / max(1.0, brightest)))
    reach = round(_LANDMARK_MARGIN * (bottom - top))
    x, y = max(0, left - reach), max(0, top - reach)
    brightened = np.clip(np.arange(256, dtype=np.float32) * np.float32(gain), 0, 255).astype(np.uint8)
    around = np.asarray(cv2.LUT(pixels[y : bottom + reach, x : right + reach], brightened), np.uint8)
    width = around.shape[1]
    left, top, right, bottom = left - x, top - y, right - x, bottom - y
    seen = _landmarks_within(around, (left, top, right, bottom))
    mirror = np.asarray(cv2.flip(around, 1), np.uint8)
    in_mirror = _landmarks_within(mirror, (width - 1 - right, top, width - 1 - left, bottom))
    return seen.averaged(in_mirror.mirrored(width)).moved(x, y)


def _highlight(pixels: Pixels) -> float:
    """What numpy.percentile tells of the values of all channels, by how often each of the 256 occurs: much sooner."""
    counts = np.reshape(Image.fromarray(pixels).histogram(), (-1, 256)).sum(axis=0)
    place = _HIGHLIGHT_PERCENTILE / 100 * (pixels.size - 1)
    below, above = np.searchsorted(counts.cumsum(), (floor(place), ceil(place)), side="right")
    return float(below + (above - below) * (place - floor(place)))


def _landmarks_within(pixels: Pixels, place: _Place) -> Landmarks:
    parts = landmark_predictor()(pixels, rectangle(*place)).parts()
    return Landmarks.of([(point.x, point.y) for point in parts])


def _edges(box: FaceBox, pixels: Pixels) -> _Edges:
    """The edges of a box in pixels of the picture."""
    height, width = pixels.shape[:2]
    return box.left * width, box.top * height, box.right * width, box.bottom * height


def _place(found: Any) -> _Place:
    """The edges of one of dlib's rectangles."""
    return found.left(), found.top(), found.right(), found.bottom()


def _rounded(edges: _Edges) -> _Place:
    left, top, right, bottom = edges
    return round(left), round(top), round(right), round(bottom)


def _within(edges: _Edges, size: tuple[int, int]) -> FaceBox:
    """The part of a box in pixels that is inside the picture, as fractions of its size."""
    left, top, right, bottom = edges
    width, height = size
    return FaceBox(max(0.0, left / width), max(0.0, top / height), min(1.0, right / width), min(1.0, bottom / height))


def _sharpness(pixels: Pixels, edges: _Edges) -> float | None:
    height, width = pixels.shape[:2]
    left, top, right, bottom = (round(edge) for edge in edges)
    part = pixels[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    red, green, blue = np.moveaxis(part, 2, 0)
    return sharpness_both_ways((np.add(red, green, dtype=np.uint16) + blue) / 3)  # the mean, in a tenth of its time


def _is_cut(edges: _Edges, size: tuple[int, int]) -> bool:
    left, top, right, bottom = edges
    slack, forehead = _CUT_TOLERANCE * (right - left), _FOREHEAD * (bottom - top)
    width, height = size
    return left < -slack or right > width + slack or bottom > height + slack or top - forehead < -slack
