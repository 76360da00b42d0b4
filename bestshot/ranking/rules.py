"""The user's settings for which photo is best: the weights of the score, and preferences that precede it."""

import difflib
import math
import os
from dataclasses import dataclass, field, fields
from enum import Enum

from bestshot.errors import UsageError
from bestshot.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The weight of each criterion in the score, which is a weighted mean; only their proportions matter.

    `eyes`: they are open. `face_sharpness`: faces are sharp. `presence`: everyone is there and looks into the camera.
    `smiles`: everyone smiles as broadly as anywhere in the group. `sharpness`: the picture is sharp in its sharpest
    part, apart from noise. `exposure`: it is as bright as is usual in the group, and no more of it is clipped.
    `resolution`: more pixels. `composition`: it is level, and no head is cut off.
    """

    eyes: float = 8.0
    face_sharpness: float = 5.0
    presence: float = 4.0
    smiles: float = 3.0
    sharpness: float = 2.0
    exposure: float = 2.0
    resolution: float = 0.7
    composition: float = 0.4


class SetHandling(Enum):
    """What becomes of a set of which every photo is a part, such as an exposure bracket."""

    KEEP_WHOLE = "keep-whole"
    TREAT_AS_BURST = "treat-as-burst"


class PreferenceKind(Enum):
    """What a preference favours: raw photos, the largest ones, or those in a folder."""

    RAW = "raw"
    LARGEST = "largest"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Preference:
    """A preference that precedes the score; `folder` is an absolute path without symbolic links."""

    kind: PreferenceKind
    folder: str = ""

    @property
    def in_words(self) -> str:
        """The preference as an adjective, such as "the largest"."""
        return {
            PreferenceKind.RAW: "raw",
            PreferenceKind.LARGEST: "the largest",
            PreferenceKind.FOLDER: "in the folder you named",
        }[self.kind]

    @classmethod
    def parse(cls, text: str) -> "Preference":
        """Read `raw`, `largest` or `folder:PATH`; raises ValueError for anything else."""
        word, _, folder = text.partition(":")
        kind = PreferenceKind(word)
        if (kind is PreferenceKind.FOLDER) != bool(folder):
            raise ValueError(text)
        return cls(kind, os.path.realpath(os.path.expanduser(folder)) if folder else "")  # noqa: PTH111 - as realpath


@dataclass(frozen=True, slots=True)
class JudgingRules:
    """How groups are ranked: the first preference in which two photos differ decides, otherwise the score.

    `keeps_sets` is whether brackets and their like are kept whole. `keep` is how many photos of a group are proposed to
    stay in sight at most, the best among them. `people` are the names of those who are to look best.
    """

    weights: Weights = field(default_factory=Weights)
    preferences: tuple[Preference, ...] = ()
    keeps_sets: bool = True
    keep: int = 1
    people: tuple[str, ...] = ()


def parse_weights(value: object, where: str) -> Weights:
    """Read a table of weights, with defaults for those it lacks.

    Raises UsageError, which names `where` the table is.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{where} must be a table, such as [weights] with eyes = 10 below it.")
    names = [field.name for field in fields(Weights)]
    for name, weight in value.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" There are {', '.join(names)}."
            raise UsageError(f"{where}: there is no weight called {printable(name)}.{hint}")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise UsageError(f"{where}: the weight of {name} must be a number of at least 0.")
    weights = Weights(**value)
    if not any(getattr(weights, name) for name in names):
        raise UsageError(f"{where}: at least one weight must be above 0.")
    return weights
