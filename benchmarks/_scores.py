"""Scoring groups against labels of photos that belong together."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

Found = Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Labels:
    """The content of a labels.json: `groups` belong together, pairs within `ambiguous` sets may or may not."""

    names: frozenset[str]
    groups: tuple[frozenset[str], ...]
    ambiguous: tuple[frozenset[str], ...]

    @classmethod
    def read(cls, folder: Path) -> "Labels":
        """Read the labels of a folder; every labelled photo is in one group or is a singleton."""
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        groups = tuple(frozenset(group) for group in labels["groups"])
        names = frozenset(labels["singletons"]).union(*groups, *labels["ambiguous"])
        return cls(names, groups, tuple(frozenset(names) for names in labels["ambiguous"]))

    def belong(self, left: str, right: str) -> bool | None:
        """Whether two photos belong together; None if that is ambiguous."""
        if any(left in group and right in group for group in self.groups):
            return True
        return None if any(left in names and right in names for names in self.ambiguous) else False


@dataclass(frozen=True, slots=True)
class Score:
    """Counts, which can be added up over folders; precision and recall refer to pairs of photos."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    joined: int = 0
    split: int = 0
    photos: int = 0
    cubed_precision: float = 0.0
    cubed_recall: float = 0.0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.right + other.right,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.joined + other.joined,
            self.split + other.split,
            self.photos + other.photos,
            self.cubed_precision + other.cubed_precision,
            self.cubed_recall + other.cubed_recall,
        )

    @property
    def precision(self) -> float:
        """The fraction of joined pairs that belong together."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The fraction of pairs belonging together that were joined."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _harmonic(self.precision, self.recall)

    @property
    def cubed_f1(self) -> float:
        """F1 of B-cubed precision and recall (Bagga and Baldwin 1998), which count photos instead of pairs."""
        return _harmonic(self.cubed_precision / self.photos, self.cubed_recall / self.photos) if self.photos else 1.0


def score(found: Found, labels: Labels) -> Score:
    """Score groups by the labels; photos in no group are alone."""
    pairs = {frozenset(pair) for group in found for pair in combinations(sorted(group & labels.names), 2)}
    wanted = {frozenset(pair) for group in labels.groups for pair in combinations(sorted(group), 2)}
    counted = {pair for pair in pairs if labels.belong(*pair) is not None}
    precision, recall = _cubed(found, labels)
    return Score(
        right=len(counted & wanted),
        wrong=len(counted - wanted),
        missed=len(wanted - pairs),
        joined=len(joined(found, labels)),
        split=len(split(found, labels)),
        photos=len(labels.names),
        cubed_precision=precision,
        cubed_recall=recall,
    )


def joined(found: Found, labels: Labels) -> list[frozenset[str]]:
    """The groups with two photos that do not belong together."""
    return [
        group
        for group in found
        if any(labels.belong(*pair) is False for pair in combinations(sorted(group & labels.names), 2))
    ]


def split(found: Found, labels: Labels) -> list[frozenset[str]]:
    """The labelled groups that are not within one group."""
    return [wanted for wanted in labels.groups if not any(wanted <= group for group in found)]


def _cubed(found: Found, labels: Labels) -> tuple[float, float]:
    """B-cubed precision and recall, summed over the photos."""
    precision = recall = 0.0
    for name in labels.names:
        mine = _of(name, found)
        wanted = _of(name, labels.groups)
        counted = {other for other in mine & labels.names if other == name or labels.belong(name, other) is not None}
        precision += len(counted & wanted) / len(counted)
        recall += len(mine & wanted) / len(wanted)
    return precision, recall


def _of(name: str, groups: Iterable[frozenset[str]]) -> frozenset[str]:
    return next((group for group in groups if name in group), frozenset({name}))


def _harmonic(left: float, right: float) -> float:
    return 2 * left * right / (left + right) if left + right else 0.0
