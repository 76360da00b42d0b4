"""Detecting and measuring faces with face_recognition (dlib)."""

import importlib
import importlib.util
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from bestshot.analysis.landmarks import Landmarks
from bestshot.analysis.sharpness import sharpness_both_ways
from bestshot.errors import FaceDetectionError
from bestshot.model.faces import Face, FaceBox, FaceModel

Pixels = npt.NDArray[np.uint8]
_Edges = tuple[float, float, float, float]
"""Left, top, right and bottom."""

WORKING_PIXELS = 2_000_000
"""Size of the picture in which faces are detected. dlib finds those of 80 pixels and more, which are about 6.5 % of the
height of a 4:3 picture; `benchmarks/faces.py` shows what other sizes find and cost."""

_MAX_ENLARGEMENT = 2.0
"""Pictures and faces are enlarged by this factor at most; further enlargement shows nothing new."""

_DETECTION_THRESHOLD = 0.2
"""dlib's score from which a detection counts as a face; badges and knots of cloth score less."""

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

# face_recognition shares one detector and one predictor between threads, and dlib crashes if two use them at once.
_DLIB_LOCK = threading.Lock()

_LOADING_FAILED = (ImportError, OSError, RuntimeError, SystemExit)
"""Raised by a package that is installed but does not work; face_recognition exits if its models are missing."""


def face_detection_problem() -> str | None:
    """Why faces cannot be detected on this machine, as a sentence, or None if they can; loads no model."""
    try:
        importlib.import_module("dlib")
    except _LOADING_FAILED as error:
        return _problem(error)
    for name in ("face_recognition", "face_recognition_models"):
        if importlib.util.find_spec(name) is None:
            return _problem(f"the package {name} is not installed")
    return None


def _problem(reason: object) -> str:
    return f"Faces cannot be detected: {str(reason).rstrip('.')}."


def find_faces(
    pixels: Pixels,
    known: Sequence[FaceBox] = (),
    *,
    model: FaceModel = FaceModel.HOG,
    working_pixels: int = WORKING_PIXELS,
) -> tuple[Face, ...]:
    """Detect and measure the faces in an upright RGB picture, from left to right; raises FaceDetectionError.

    If some are `known`, no others are detected, and one that is not frontal gets no measures. The picture is scaled to
    `working_pixels`, but never more than doubled in size.
    """
    api = _face_recognition()
    with _DLIB_LOCK:
        if known:
            faces = [_known_face(api, pixels, box) for box in known]
        else:
            faces = list(_detected(api, pixels, model, working_pixels))
    return tuple(sorted(faces, key=lambda face: (face.left, face.top)))


def face_embeddings(pixels: Pixels, boxes: Sequence[FaceBox]) -> tuple[tuple[float, ...], ...]:
    """Compute 128 numbers per face, less than about 0.6 apart for one person; raises FaceDetectionError."""
    api = _face_recognition()
    height, width = pixels.shape[:2]
    places = [
        (round(box.top * height), round(box.right * width), round(box.bottom * height), round(box.left * width))
        for box in boxes
    ]
    with _DLIB_LOCK:
        codes = api.face_encodings(pixels, known_face_locations=places)
    return tuple(tuple(round(float(number), 4) for number in code) for code in codes)


def _face_recognition() -> Any:
    try:
        module = importlib.import_module("face_recognition.api")
    except _LOADING_FAILED as error:
        raise FaceDetectionError(_problem(error)) from error
    # face_recognition makes Pillow accept truncated pictures silently; here they are reported.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return module


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
        picture = Image.fromarray(pixels)
        if edges == (0, 0, *picture.size) and size == picture.size:
            return cls(pixels, left, top, scale)
        return cls(np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=edges)), left, top, scale)

    def in_picture(self, edges: _Edges) -> _Edges:
        """Map edges in this view to edges in the picture, in pixels."""
        left, top, right, bottom = (edge / self.scale for edge in edges)
        return left + self.left, top + self.top, right + self.left, bottom + self.top


def _detected(api: Any, pixels: Pixels, model: FaceModel, working_pixels: int) -> Iterator[Face]:
    height, width = pixels.shape[:2]
    scale = min(_MAX_ENLARGEMENT, (working_pixels / (width * height)) ** 0.5)
    view = _View.of(pixels, (0, 0, width, height), scale)
    if model is FaceModel.CNN:
        for place in api.face_locations(view.pixels, number_of_times_to_upsample=0, model="cnn"):
            # The landmark predictor was trained on the boxes of the other detector and misplaces landmarks in these.
            top, right, bottom, left = place
            edges = view.in_picture((left, top, right, bottom))
            yield _known_face(api, pixels, _within(edges, (width, height)))
        return
    for box in api.face_detector.run(view.pixels, 0, _DETECTION_THRESHOLD)[0]:
        yield _face(api, pixels, view, (box.top(), box.right(), box.bottom(), box.left()))


def _known_face(api: Any, pixels: Pixels, box: FaceBox) -> Face:
    """Measure a known face if a frontal one is detected in its box; otherwise return its box alone."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = box.left * width, box.top * height, box.right * width, box.bottom * height
    size = max(right - left, bottom - top, 1.0)
    around = max(0, left - _KNOWN_FACE_MARGIN * size), max(0, top - _KNOWN_FACE_MARGIN * size)
    beyond = min(width, right + _KNOWN_FACE_MARGIN * size), min(height, bottom + _KNOWN_FACE_MARGIN * size)
    view = _View.of(pixels, (*around, *beyond), min(_MAX_ENLARGEMENT, _KNOWN_FACE_SIZE / size))
    found, scores, _ = api.face_detector.run(view.pixels, 0, _KNOWN_FACE_THRESHOLD)
    for place, _ in sorted(zip(found, scores, strict=True), key=lambda item: -item[1]):
        x, y, _, _ = view.in_picture((place.center().x, place.center().y, 0, 0))
        if left <= x <= right and top <= y <= bottom:
            face = _face(api, pixels, view, (place.top(), place.right(), place.bottom(), place.left()))
            return replace(face, name=box.name)
    return Face(
        box.left, box.top, box.right, box.bottom, box.name, is_cut=_is_cut((left, top, right, bottom), (width, height))
    )


def _face(api: Any, pixels: Pixels, view: _View, place: tuple[int, int, int, int]) -> Face:
    """Measure the face at a place in the view, given in the order of face_recognition: top, right, bottom, left."""
    height, width = pixels.shape[:2]
    top, right, bottom, left = place
    landmarks = _landmarks(api, view.pixels, (left, top, right, bottom))
    edges = view.in_picture((left, top, right, bottom))
    box = _within(edges, (width, height))
    return Face(
        box.left,
        box.top,
        box.right,
        box.bottom,
        eye_aspect_ratio=landmarks.eye_aspect_ratio(),
        lid_height=landmarks.lid_height(),
        eye_balance=landmarks.eye_balance(),
        smile=landmarks.smile(),
        sharpness=_sharpness(pixels, view.in_picture(landmarks.around_eyes())),
        turn=landmarks.turn(),
        is_cut=_is_cut(edges, (width, height)),
    )


def _landmarks(api: Any, pixels: Pixels, place: tuple[int, int, int, int]) -> Landmarks:
    """Find the landmarks of a face, brightened if it is dark, since closed eyes in the dark measure as open.

    They are averaged with those of the mirror image, which differ most where the landmarks are unreliable.
    """
    left, top, right, bottom = place
    brightest = float(np.percentile(pixels[max(0, top) : bottom, max(0, left) : right], _HIGHLIGHT_PERCENTILE))
    gain = min(_MAX_GAIN, max(1.0, _WELL_LIT / max(1.0, brightest)))
    reach = round(_LANDMARK_MARGIN * (bottom - top))
    x, y = max(0, left - reach), max(0, top - reach)
    around = np.clip(pixels[y : bottom + reach, x : right + reach] * np.float32(gain), 0, 255).astype(np.uint8)
    width = around.shape[1]
    (seen,) = api.face_landmarks(around, [(top - y, right - x, bottom - y, left - x)])
    mirror = np.ascontiguousarray(around[:, ::-1])
    (in_mirror,) = api.face_landmarks(mirror, [(top - y, width - 1 - left + x, bottom - y, width - 1 - right + x)])
    return Landmarks.of(seen).averaged(Landmarks.of(in_mirror).mirrored(width)).moved(x, y)


def _within(edges: _Edges, size: tuple[int, int]) -> FaceBox:
    """The part of a box in pixels that is inside the picture, as fractions of its size."""
    left, top, right, bottom = edges
    width, height = size
    return FaceBox(max(0.0, left / width), max(0.0, top / height), min(1.0, right / width), min(1.0, bottom / height))


def _sharpness(pixels: Pixels, edges: _Edges) -> float | None:
    height, width = pixels.shape[:2]
    left, top, right, bottom = (round(edge) for edge in edges)
    part = pixels[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    return sharpness_both_ways(part.mean(axis=2))


def _is_cut(edges: _Edges, size: tuple[int, int]) -> bool:
    left, top, right, bottom = edges
    slack, forehead = _CUT_TOLERANCE * (right - left), _FOREHEAD * (bottom - top)
    width, height = size
    return left < -slack or right > width + slack or bottom > height + slack or top - forehead < -slack
