"""Faces with their measures, through face_recognition (dlib)."""

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
from bestshot.errors import OrganizerError
from bestshot.model.faces import Face, FaceBox, FaceModel

Pixels = npt.NDArray[np.uint8]
_Edges = tuple[float, float, float, float]
"""Left, top, right and bottom."""

WORKING_PIXELS = 2_000_000
"""Size of the picture in which faces are looked for. dlib finds those of 80 pixels and more, which are about 6.5 % of
the height of a picture of 4 by 3; `benchmarks/faces.py` shows what other sizes find and cost."""

_MOST_ENLARGED = 2.0

SUREST = 0.2
"""dlib's score of a detection, from which it is taken for a face; badges and knots of cloth score less."""

# A face that the source knows is looked at in a picture of its own, in which it is so large, in pixels.
_KNOWN_FACE_SIZE = 200
_MARGIN = 0.6
_KNOWN_SUREST = -0.3

# The landmarks were learnt from faces in good light: the brightest of a dark one are raised to what those have there.
_BRIGHTEST_SHARE, _WELL_LIT, _MOST_LIT = 98, 235, 5.0
_AROUND = 0.3

_SLACK = 0.05
"""Part of a face that may be beyond the border before it counts as cut off."""

_FOREHEAD = 0.2
"""What dlib's box leaves out above a face, over its height."""

# face_recognition keeps one detector and one predictor for all threads, and dlib crashes if two of them use it.
_ONE_AT_A_TIME = threading.Lock()

_LOADING_FAILED = (ImportError, OSError, RuntimeError, SystemExit)
"""What is raised by a package that is there and does not work; face_recognition quits when its models are missing."""


class FaceDetectionError(OrganizerError):
    """Faces cannot be looked for on this machine."""


def face_detection_problem() -> str | None:
    """A sentence on why faces cannot be looked for, or None if they can; costs little, no model is loaded."""
    try:
        importlib.import_module("dlib")
    except _LOADING_FAILED as error:
        return _problem(error)
    for name in ("face_recognition", "face_recognition_models"):
        if importlib.util.find_spec(name) is None:
            return _problem(f"the package {name} is not installed")
    return None


def _problem(reason: object) -> str:
    return f"Faces cannot be looked for: {str(reason).rstrip('.')}."


def find_faces(
    pixels: Pixels,
    known: Sequence[FaceBox] = (),
    *,
    model: FaceModel = FaceModel.HOG,
    working_pixels: int = WORKING_PIXELS,
) -> tuple[Face, ...]:
    """The faces in an upright RGB picture, from left to right; raises FaceDetectionError.

    Where some are `known`, no others are looked for; of one that does not look like a face from in front, nothing but
    its place is told. The picture is looked at in `working_pixels`, but never more than doubled.
    """
    api = _face_recognition()
    with _ONE_AT_A_TIME:
        if known:
            faces = [_known_face(api, pixels, box) for box in known]
        else:
            faces = list(_detected(api, pixels, model, working_pixels))
    return tuple(sorted(faces, key=lambda face: (face.left, face.top)))


def face_codes(pixels: Pixels, boxes: Sequence[FaceBox]) -> tuple[tuple[float, ...], ...]:
    """128 numbers for each face; those of one person are less than about 0.6 apart. Raises FaceDetectionError."""
    api = _face_recognition()
    height, width = pixels.shape[:2]
    places = [
        (round(box.top * height), round(box.right * width), round(box.bottom * height), round(box.left * width))
        for box in boxes
    ]
    with _ONE_AT_A_TIME:
        codes = api.face_encodings(pixels, known_face_locations=places)
    return tuple(tuple(round(float(number), 4) for number in code) for code in codes)


def _face_recognition() -> Any:
    try:
        module = importlib.import_module("face_recognition.api")
    except _LOADING_FAILED as error:
        raise FaceDetectionError(_problem(error)) from error
    # face_recognition makes Pillow accept cut-off pictures in silence; here they are told.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return module


@dataclass(frozen=True, slots=True)
class _View:
    """A part of a picture, scaled: the pixels to look at, and how to get back to the picture's own."""

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
        """A place in this view as one in the picture, in pixels."""
        left, top, right, bottom = (edge / self.scale for edge in edges)
        return left + self.left, top + self.top, right + self.left, bottom + self.top


def _detected(api: Any, pixels: Pixels, model: FaceModel, working_pixels: int) -> Iterator[Face]:
    height, width = pixels.shape[:2]
    scale = min(_MOST_ENLARGED, (working_pixels / (width * height)) ** 0.5)
    view = _View.of(pixels, (0, 0, width, height), scale)
    if model is FaceModel.CNN:
        for place in api.face_locations(view.pixels, number_of_times_to_upsample=0, model="cnn"):
            # Landmarks lie askew in its boxes: the predictor was trained on those that the other detector draws.
            top, right, bottom, left = place
            edges = view.in_picture((left, top, right, bottom))
            yield _known_face(api, pixels, _within(edges, (width, height)))
        return
    for box in api.face_detector.run(view.pixels, 0, SUREST)[0]:
        yield _face(api, pixels, view, (box.top(), box.right(), box.bottom(), box.left()))


def _known_face(api: Any, pixels: Pixels, box: FaceBox) -> Face:
    """Look for a frontal face around the place; what is found there in the middle is it."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = box.left * width, box.top * height, box.right * width, box.bottom * height
    size = max(right - left, bottom - top, 1.0)
    around = max(0, left - _MARGIN * size), max(0, top - _MARGIN * size)
    beyond = min(width, right + _MARGIN * size), min(height, bottom + _MARGIN * size)
    view = _View.of(pixels, (*around, *beyond), min(_MOST_ENLARGED, _KNOWN_FACE_SIZE / size))
    found, scores, _ = api.face_detector.run(view.pixels, 0, _KNOWN_SUREST)
    for place, _ in sorted(zip(found, scores, strict=True), key=lambda item: -item[1]):
        x, y, _, _ = view.in_picture((place.center().x, place.center().y, 0, 0))
        if left <= x <= right and top <= y <= bottom:
            face = _face(api, pixels, view, (place.top(), place.right(), place.bottom(), place.left()))
            return replace(face, name=box.name)
    return Face(
        box.left, box.top, box.right, box.bottom, box.name, is_cut=_is_cut((left, top, right, bottom), (width, height))
    )


def _face(api: Any, pixels: Pixels, view: _View, place: tuple[int, int, int, int]) -> Face:
    """Measure the face at a place in the view, which is given as face_recognition does: top, right, bottom, left."""
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
    """Those of a face, lit up if it is dark: in the dark closed eyes measure open.

    They are the mean of what is seen as it is and in the mirror, which differ most where the landmarks are in doubt.
    """
    left, top, right, bottom = place
    brightest = float(np.percentile(pixels[max(0, top) : bottom, max(0, left) : right], _BRIGHTEST_SHARE))
    gain = min(_MOST_LIT, max(1.0, _WELL_LIT / max(1.0, brightest)))
    reach = round(_AROUND * (bottom - top))
    x, y = max(0, left - reach), max(0, top - reach)
    around = np.clip(pixels[y : bottom + reach, x : right + reach] * np.float32(gain), 0, 255).astype(np.uint8)
    width = around.shape[1]
    (seen,) = api.face_landmarks(around, [(top - y, right - x, bottom - y, left - x)])
    mirror = np.ascontiguousarray(around[:, ::-1])
    (in_mirror,) = api.face_landmarks(mirror, [(top - y, width - 1 - left + x, bottom - y, width - 1 - right + x)])
    return Landmarks.of(seen).averaged(Landmarks.of(in_mirror).mirrored(width)).moved(x, y)


def _within(edges: _Edges, size: tuple[int, int]) -> FaceBox:
    """What of a place in pixels is in the picture, in parts of it."""
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
    slack, forehead = _SLACK * (right - left), _FOREHEAD * (bottom - top)
    width, height = size
    return left < -slack or right > width + slack or bottom > height + slack or top - forehead < -slack
