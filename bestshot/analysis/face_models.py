"""Loading dlib's models for faces, each when it is first used: most photos and many runs need few of them."""

import importlib
import importlib.util
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import Any

from bestshot.errors import FaceDetectionError

_DISTRIBUTION = "bestshot-photos"
"""The name under which pip knows this program: asked for again, it brings what the program lacks."""

_PACKAGE = "face_recognition_models"
"""The package that holds the models' files. It is not imported, nor is face_recognition, which loads every model."""

_CNN_DETECTOR = "mmod_human_face_detector.dat"
_LANDMARKS = "shape_predictor_68_face_landmarks.dat"
_EYE_CORNERS = "shape_predictor_5_face_landmarks.dat"
_EMBEDDINGS = "dlib_face_recognition_resnet_model_v1.dat"

_LOADING_FAILED = (ImportError, OSError, RuntimeError, SystemExit)
"""Raised by a package that is installed but does not work, and by dlib for a file that it cannot read."""


def face_detection_problem() -> str | None:
    """Why faces cannot be detected on this machine, as a sentence, or None if they can; loads no model."""
    try:
        importlib.import_module("dlib")
        for file in (_CNN_DETECTOR, _LANDMARKS, _EYE_CORNERS, _EMBEDDINGS):
            _path(file)
    except _LOADING_FAILED as error:
        return _problem(error)
    return None


def rectangle(left: int, top: int, right: int, bottom: int) -> Any:
    """A place in a picture, as dlib takes it."""
    return importlib.import_module("dlib").rectangle(left, top, right, bottom)


@cache
def pyramid() -> Any:
    """The sizes in which the quick detector looks at a picture, each five sixths of the one before."""
    return importlib.import_module("dlib").pyramid_down(6)


@cache
def hog_detector() -> Any:
    """The quick detector of frontal faces."""
    return _loaded("get_frontal_face_detector")


@cache
def cnn_detector() -> Any:
    """The slow detector, which also finds averted faces."""
    return _loaded("cnn_face_detection_model_v1", _CNN_DETECTOR)


@cache
def landmark_predictor() -> Any:
    """What finds the 68 landmarks of a face: half a second to load, and 70 MB."""
    return _loaded("shape_predictor", _LANDMARKS)


@cache
def eye_corner_predictor() -> Any:
    """What finds the five points by which a face is turned upright to compute its embedding."""
    return _loaded("shape_predictor", _EYE_CORNERS)


@cache
def embedder() -> Any:
    """What computes the embedding of a face."""
    return _loaded("face_recognition_model_v1", _EMBEDDINGS)


def _loaded(maker: str, *files: str) -> Any:
    try:
        return getattr(importlib.import_module("dlib"), maker)(*(str(_path(file)) for file in files))
    except RuntimeError as error:
        raise FaceDetectionError(_problem(": ".join([*files, str(error)]))) from error
    except _LOADING_FAILED as error:
        raise FaceDetectionError(_problem(error)) from error


def _path(file: str) -> Path:
    package = importlib.util.find_spec(_PACKAGE)
    if package is None:
        raise ModuleNotFoundError(f"No module named {_PACKAGE!r}", name=_PACKAGE)
    path = Path(package.origin or "").parent / "models" / file
    if not path.is_file():
        raise FileNotFoundError(f"the package {_PACKAGE} lacks its file {file}")
    return path


def _problem(reason: object) -> str:
    if isinstance(reason, ModuleNotFoundError) and reason.name in ("dlib", _PACKAGE):
        return f"Faces cannot be detected: {reason.name} is not installed (to judge faces: {_installing()})."
    first_line, *_ = str(reason).splitlines() or [""]  # dlib tells all that it was reading, a line each
    return f"Faces cannot be detected: {first_line.rstrip('.')}."


def _installing() -> str:
    """The command that brings what is missing, by the program that installed this one."""
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").exists():
        return f"pipx reinstall {_DISTRIBUTION}"
    if (environment / "uv-receipt.toml").exists():
        return f"uv tool upgrade --reinstall {_DISTRIBUTION}"
    if importlib.util.find_spec("pip") is None:
        return f"uv pip install --python {shlex.quote(sys.executable)} {_DISTRIBUTION}"
    return f"{shlex.quote(sys.executable)} -m pip install {_DISTRIBUTION}"
