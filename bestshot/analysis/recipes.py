"""The names of the ways in which pictures are measured, apart from what measures them, which takes long to load.

The index keeps results by these names: a name changes with its way, and results of another one are not used.
"""

from typing import Final

from bestshot.model.faces import FaceModel

METADATA: Final = "metadata/5"
FILE_FACTS: Final = "file-facts/1"
REDUCED_SHARPNESS: Final = "sharpness at smaller sizes/1"
ORIGIN: Final = "provenance by header/1"
PROVENANCE: Final = "provenance/1"

_FINGERPRINT: Final = "dhash64 phash64/2"
_APPRAISAL: Final = "appraisal/6"
_FACES: Final = {FaceModel.HOG: "hog/2", FaceModel.CNN: "cnn"}
_EMBEDDINGS: Final = "codes/1"
_COMPARISON: Final = "orb480/4"


def fingerprint_recipe(*, rotations: bool) -> str:
    """How pictures are hashed, with `rotations` also as they look turned and mirrored."""
    return f"{_FINGERPRINT} turned" if rotations else _FINGERPRINT


def appraisal_recipe(model: FaceModel | None) -> str:
    """How pictures are appraised, with the faces that a model finds."""
    return _APPRAISAL if model is None else f"{_APPRAISAL} with faces by {_FACES[model]}"


def embedding_recipe(model: FaceModel) -> str:
    """How faces that a model found are told from one another."""
    return f"{_EMBEDDINGS} of {appraisal_recipe(model)}"


def comparison_recipe(*, rotations: bool) -> str:
    """How pictures are compared closely, with `rotations` also turned and mirrored."""
    return f"{_COMPARISON} turned" if rotations else _COMPARISON
