"""Faces with their landmarks, through face_recognition (dlib), as numbers."""

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ImageFile

from bestshot.errors import OrganizerError
from bestshot.model import Face
from bestshot.sharpness import sharpness

Points = npt.NDArray[np.float64]

# Width of the mouth over the distance between the eyes: a mouth at rest and a broad smile.
_MOUTH_AT_REST, _MOUTH_SMILING = 0.85, 1.15

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


def find_faces(pixels: npt.NDArray[np.uint8]) -> tuple[Face, ...]:
    """The faces in an upright RGB picture, from left to right; raises FaceDetectionError."""
    with _ONE_AT_A_TIME:
        recognition = _face_recognition()
        boxes = recognition.face_locations(pixels, number_of_times_to_upsample=1, model="hog")
        landmarks = recognition.face_landmarks(pixels, boxes) if boxes else []
    faces = [_face(pixels, box, marks) for box, marks in zip(boxes, landmarks, strict=True)]
    return tuple(sorted(faces, key=lambda face: (face.left, face.top)))


def _face_recognition() -> Any:
    try:
        module = importlib.import_module("face_recognition")
    except _LOADING_FAILED as error:
        raise FaceDetectionError(_problem(error)) from error
    # face_recognition makes Pillow accept cut-off pictures in silence; here they are told.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return module


def _face(
    pixels: npt.NDArray[np.uint8], box: tuple[int, int, int, int], marks: dict[str, list[tuple[int, int]]]
) -> Face:
    height, width = pixels.shape[:2]
    top, right, bottom, left = (max(0, edge) for edge in box)
    right, bottom = min(right, width), min(bottom, height)
    eyes = [np.array(marks[name], dtype=np.float64) for name in ("left_eye", "right_eye") if name in marks]
    mouth = np.array(marks.get("top_lip", ()), dtype=np.float64)
    return Face(
        left=left / width,
        top=top / height,
        right=right / width,
        bottom=bottom / height,
        eye_aspect_ratio=_smaller_eye_aspect_ratio(eyes),
        smile=_smile(eyes, mouth),
        sharpness=sharpness(pixels[top:bottom, left:right].mean(axis=2)),
    )


def _smaller_eye_aspect_ratio(eyes: Sequence[Points]) -> float | None:
    """That of the eye which is less open: a wink spoils a photo as a blink does."""
    return min((ratio for eye in eyes if (ratio := eye_aspect_ratio(eye)) is not None), default=None)


def eye_aspect_ratio(eye: Points) -> float | None:
    """Height over width of an eye from its six landmarks, shape (6, 2); None if they fall on one point.

    Soukupova & Cech, "Real-Time Eye Blink Detection using Facial Landmarks", 2016, formula 1.
    """
    width = _distance(eye[0], eye[3])
    if width == 0:
        return None
    return (_distance(eye[1], eye[5]) + _distance(eye[2], eye[4])) / (2 * width)


def _smile(eyes: Sequence[Points], mouth: Points) -> float | None:
    """How far a mouth is drawn apart, from 0 at rest to 1 for a broad smile."""
    if len(eyes) < 2 or len(mouth) < 7:
        return None
    between_eyes = _distance(eyes[0].mean(axis=0), eyes[1].mean(axis=0))
    if between_eyes == 0:
        return None
    # The first and the seventh point of the upper lip are the corners of the mouth.
    drawn = _distance(mouth[0], mouth[6]) / between_eyes
    return max(0.0, min(1.0, (drawn - _MOUTH_AT_REST) / (_MOUTH_SMILING - _MOUTH_AT_REST)))


def _distance(left: Points, right: Points) -> float:
    return float(np.hypot(*(left - right)))
