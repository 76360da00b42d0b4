"""How well photos are grouped that the limits were not set on: each source is left out once.

Usage: python benchmarks/left_out.py FOLDER...

Each folder contains a labels.json as for grouping.py, with the `origin` of each photo, whose project is its source. For
each source, the limits of a closer look are set anew on all others, to where F1 is highest there, and of limits that
are equally good to those that turn out worst; the pairs with a photo of that source are then counted, and all added up.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._scores import Labels, Score, score
from bestshot.analysis.hashing import DECODE_SIZE, fingerprint
from bestshot.analysis.looks.comparison import MATCH_SIZE, Comparable, similarity
from bestshot.grouping.group import Grouping
from bestshot.grouping.rules import REQUIREMENTS, GroupingRules
from bestshot.metadata.read import read_metadata
from bestshot.model.appraisal import Fingerprint
from bestshot.model.groups import PhotoPair, Similarity
from bestshot.model.photo import Metadata, Photo
from bestshot.sources.local.source import LocalPhotoSource

_PROJECT = re.compile(r"[\w.-]+[+/][\w.-]+")

_SUPPORTS, _OVERLAPS, _CONFLICTS = (1.0, 0.85, 0.93, 1.07, 1.15), (1.0, 0.93, 1.07), (1.0, 0.5, 0.75, 1.33, 2.0)
"""By which the limits are multiplied; those of today come first."""


@dataclass(frozen=True, slots=True)
class Material:
    """The photos of a labelled folder, with all that is measured in them."""

    source: LocalPhotoSource
    photos: Sequence[Photo]
    metadata: dict[str, Metadata]
    prints: dict[str, Fingerprint]
    labels: Labels
    projects: dict[str, str]
    looks: dict[str, Similarity] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Material":
        """Read the labels, the dates and the hashes of a folder."""
        source, labels = LocalPhotoSource(folder), Labels.read(folder)
        photos = [photo for photo in source.scan().photos if photo.id in labels.names]
        metadata = {}
        for photo in photos:
            with Path(photo.files[0].path).open("rb") as picture:
                metadata[photo.id] = read_metadata(picture, photo)
        prints = {photo.id: fingerprint(source.load_pixels(photo, DECODE_SIZE)) for photo in photos}
        origins = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["origin"]
        projects = {name: _project(str(origins.get(name, folder.name))) for name in labels.names}
        return cls(source, photos, metadata, prints, labels, projects)

    def scores(self, rules: GroupingRules) -> dict[str, Score]:
        """Group by these rules, and count by project the pairs with a photo of it; by "" all pairs."""
        grouping = Grouping(self.photos, self.metadata, self.prints, rules)
        pairs = grouping.candidate_pairs()
        self._look_at([pair for pair in pairs if pair.id not in self.looks])
        found = [frozenset(photo.id for photo in group.photos) for group in grouping.groups(self.looks)]
        total = score(found, self.labels)
        counts = {"": total}
        for project in set(self.projects.values()):
            others = frozenset(name for name in self.labels.names if self.projects[name] != project)
            rest = score(found, replace(self.labels, names=others, groups=_within(self.labels.groups, others)))
            counts[project] = Score(total.right - rest.right, total.wrong - rest.wrong, total.missed - rest.missed)
        return counts

    def _look_at(self, pairs: Sequence[PhotoPair]) -> None:
        seen: dict[str, Comparable] = {}
        for pair in pairs:
            for photo in (pair.left, pair.right):
                if photo.id not in seen:
                    seen[photo.id] = Comparable(self.source.load_pixels(photo, MATCH_SIZE, grey=True))
            self.looks[pair.id] = similarity(seen[pair.left.id], seen[pair.right.id], apart=pair.are_apart)


def _project(origin: str) -> str:
    found = _PROJECT.match(origin)
    return (found[0] if found else origin).replace("+", "/", 1)


def _within(groups: Iterable[frozenset[str]], names: frozenset[str]) -> tuple[frozenset[str], ...]:
    return tuple(group & names for group in groups)


def _variants() -> list[GroupingRules]:
    """The rules of today first, and others with stricter and laxer limits."""
    return [
        GroupingRules(
            requirements=tuple(
                replace(
                    one,
                    support=one.support * support,
                    overlap=one.overlap * overlap,
                    conflict=one.conflict if one.conflict == 1.0 else one.conflict * conflict,
                )
                for one in REQUIREMENTS
            )
        )
        for support, overlap, conflict in product(_SUPPORTS, _OVERLAPS, _CONFLICTS)
    ]


def _counted(material: Sequence[Material], rules: GroupingRules) -> dict[str, Score]:
    counts: dict[str, Score] = {}
    for one in material:
        for project, found in one.scores(rules).items():
            counts[project] = counts.get(project, Score()) + found
    return counts


def _f1_without(counts: dict[str, Score], project: str) -> float:
    everything, left_out = counts[""], counts[project]
    return Score(
        everything.right - left_out.right, everything.wrong - left_out.wrong, everything.missed - left_out.missed
    ).f1


def main(argv: Sequence[str] | None = None) -> int:
    """Leave out each source once, and print what was found of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    material = [Material.of(folder) for folder in parser.parse_args(argv).folders]
    by_rules = [_counted(material, rules) for rules in _variants()]
    projects = sorted(by_rules[0].keys() - {""})
    left_out = Score()
    for project in projects:
        highest = max(_f1_without(counts, project) for counts in by_rules)
        best = [counts[project] for counts in by_rules if _f1_without(counts, project) == highest]
        found = min(best, key=lambda counts: counts.f1)
        left_out += found
        if found.wrong or found.missed:
            print(f"{project}: {found.right} pairs right, {found.wrong} wrong, {found.missed} missed")
    for name, counts in (("all, by the limits of today", by_rules[0][""]), ("each source left out", left_out)):
        print(f"{name}: precision {counts.precision:.4f}, recall {counts.recall:.4f}, F1 {counts.f1:.4f}")
    print(f"{len(projects)} sources, {len(by_rules)} sets of limits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
