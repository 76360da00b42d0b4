"""Models for faces are loaded when they are needed, and it is told if they cannot be."""

import importlib.util
import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bestshot.analysis import face_models
from tests.support.drawn_library import add, add_burst, run_program
from tests.support.paths import ROOT
from tests.unit.analysis.test_faces import portrait

FILES = [
    "mmod_human_face_detector.dat",
    "shape_predictor_68_face_landmarks.dat",
    "shape_predictor_5_face_landmarks.dat",
    "dlib_face_recognition_resnet_model_v1.dat",
]

LOADED = """
def told():
    models = ("hog_detector", "cnn_detector", "landmark_predictor", "eye_corner_predictor", "embedder")
    return [name for name in models if getattr(face_models, name).cache_info().currsize]

find_faces(np.zeros((64, 64, 3), np.uint8))
without_a_face = told()
faces = find_faces(picture)
with_a_face = told()
face_embeddings(picture, faces)
print(json.dumps([without_a_face, with_a_face, told(), "face_recognition" in sys.modules]))
"""

COMPARED = """
import dlib
from face_recognition import api

place = 168, 62, 276, 170
(named,) = api.face_landmarks(picture, [(place[1], place[2], place[3], place[0])])
parts = api.pose_predictor_68_point(picture, dlib.rectangle(*place)).parts()
found = Landmarks.of([(point.x, point.y) for point in parts])
for part in ("left_eye", "right_eye", "nose_bridge"):
    assert getattr(found, part).tolist() == [list(point) for point in named[part]], part
assert found.top_lip.tolist() == [list(point) for point in named["top_lip"][:7]]
height, width = picture.shape[:2]
box = FaceBox(place[0] / width, place[1] / height, place[2] / width, place[3] / height)
(theirs,) = api.face_encodings(picture, [(place[1], place[2], place[3], place[0])])
(ours,) = face_embeddings(picture, [box])
print(json.dumps(float(np.abs(theirs - ours).max())))
"""


def installed_models() -> Path:
    package = importlib.util.find_spec("face_recognition_models")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "models"


def told_by(program: str) -> Any:
    """What a program of its own, in which no model is loaded yet, prints about a portrait."""
    begin = (
        "import json, sys\nimport numpy as np\nimport skimage.data\n"
        "from bestshot.analysis import face_models\n"
        "from bestshot.analysis.faces import face_embeddings, find_faces\n"
        "from bestshot.analysis.landmarks import Landmarks\n"
        "from bestshot.model.faces import FaceBox\n"
        "picture = np.ascontiguousarray(skimage.data.astronaut()[:300])\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", begin + program]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)


def test_each_model_is_loaded_when_it_is_first_used() -> None:
    without_a_face, with_a_face, with_embeddings, face_recognition_is_loaded = told_by(LOADED)
    assert without_a_face == ["hog_detector"]
    assert with_a_face == ["hog_detector", "landmark_predictor"]
    assert with_embeddings == ["hog_detector", "landmark_predictor", "eye_corner_predictor", "embedder"]
    assert not face_recognition_is_loaded


def test_landmarks_and_embeddings_are_those_of_face_recognition() -> None:
    assert told_by(COMPARED) <= 0.5e-4  # embeddings are kept with four decimals


@pytest.mark.parametrize("lacking", FILES)
def test_a_missing_model_is_named_before_any_photo_is_judged(tmp_path: Path, lacking: str) -> None:
    add_burst(tmp_path / "library")
    models = tmp_path / "broken" / "face_recognition_models" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    for file in FILES:
        if file != lacking:
            (models / file).touch()
    done = run_program(
        str(tmp_path / "library"), "--workers", "1", environment={"PYTHONPATH": str(tmp_path / "broken")}
    )
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        f"Faces cannot be detected: the package face_recognition_models lacks its file {lacking}."
        " Photos are judged by sharpness and exposure."
    ]


@pytest.mark.parametrize(
    ("mark", "begins"),
    [
        ("pipx_metadata.json", "pipx reinstall"),
        ("uv-receipt.toml", "uv tool upgrade --reinstall"),
        ("pyvenv.cfg", f"{shlex.quote(sys.executable)} -m pip install"),
    ],
)
def test_where_a_package_is_missing_the_command_is_told_that_brings_it(
    mark: str, begins: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the program by which this one was installed, which left its mark in the environment."""
    (tmp_path / mark).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setitem(sys.modules, "dlib", None)
    problem = face_models.face_detection_problem()
    assert problem == f"Faces cannot be detected: dlib is not installed (to judge faces: {begins} bestshot-photos)."


def test_the_name_that_is_told_to_install_is_that_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == face_models._DISTRIBUTION


def test_a_model_that_turns_out_to_be_broken_is_told_once_and_photos_are_judged_without_faces(tmp_path: Path) -> None:
    for name in ("one.jpg", "two.jpg"):
        add(tmp_path / "library" / name, portrait())
    models = tmp_path / "broken" / "face_recognition_models" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    for file in FILES:
        (models / file).write_bytes((installed_models() / file).read_bytes()[:1_000_000])
    done = run_program(
        str(tmp_path / "library"), "--workers", "1", environment={"PYTHONPATH": str(tmp_path / "broken")}
    )
    assert done.returncode == 0
    (said,) = done.stderr.decode().splitlines()
    assert said.startswith("Faces cannot be detected: shape_predictor_68_face_landmarks.dat: Error deserializing")
    assert said.endswith(". Photos are judged by sharpness and exposure.")
