"""What is said of real photos, in random groups of them, held against what people saw who labelled them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bestshot.analysis.appraisal import appraise
from bestshot.metadata.read import read_metadata
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group, GroupKind, Verdict
from bestshot.model.reader import PREVIEW_SIZE
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.rank import judge
from bestshot.ranking.rules import JudgingRules
from bestshot.sources.local.source import LocalPhotoSource

GROUPS = 200

Label = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Photos of one folder as they are measured, the series that they make, and the label of each, as far as it has."""

    photos: Mapping[str, Candidate]
    series: Sequence[Sequence[str]]
    labels: Mapping[str, Label]

    def verdicts(self, rules: JudgingRules | None = None) -> Iterator[Verdict]:
        """The verdicts on random groups, each of photos of one series."""
        chance = Random(15)
        for _ in range(GROUPS):
            series = chance.choice([one for one in self.series if len(one) > 1])
            names = sorted(chance.sample(sorted(series), chance.randint(2, len(series))))
            yield judge(group_of([self.photos[name] for name in names]), rules)


def group_of(shots: Sequence[Candidate]) -> Candidates:
    return Candidates.of(
        Group(tuple(one.photo for one in shots)),
        {one.id: one.appraisal for one in shots},
        {one.id: one.metadata for one in shots},
    )


def measured(folder: Path, names: set[str], model: FaceModel | None) -> dict[str, Candidate]:
    source = LocalPhotoSource(folder)
    found = {}
    for photo in source.scan().photos:
        if photo.name in names:
            pixels, damage = source.load_checked(photo, PREVIEW_SIZE, grey=model is None)
            assert damage is None
            with Path(photo.files[0].path).open("rb") as picture:
                metadata = read_metadata(picture, photo)
            found[photo.name] = Candidate(photo, appraise(pixels, model), metadata)
    return found


@cache
def people(folder: Path) -> Labelled:
    """Series of one person each."""
    told = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    series = [one["files"] for one in told["series"]]
    names = {name for one in series for name in one}
    labels = told.get("images") or dict(_of_words(told["series"]))
    return Labelled(measured(folder, names, FaceModel.HOG), series, labels)


def _of_words(series: Sequence[Label]) -> Iterator[tuple[str, Label]]:
    """Labels out of words such as "eyes shut in 1,3,4": those that may be best have open eyes."""
    for one in series:
        shut = re.match(r"eyes shut in ([\d,]+)", one["why"])
        for place, name in enumerate(one["files"]):
            if shut and str(place) in shut[1].split(","):
                yield name, {"eyes": "closed"}
            elif shut and name in one["acceptable_best"]:
                yield name, {"eyes": "open"}


OPEN, SHUT = {"open", "unknown"}, {"closed", "half", "one_closed", "unknown"}

CLAIMS: Mapping[str, Callable[[Label, Label], bool]] = {
    r"^eyes open on 1 of 1 face": lambda own, _best: own.get("eyes", "unknown") in OPEN,
    r"^(blinks|winks)": lambda own, _best: own.get("eyes", "unknown") in SHUT,
    r"^1 of 1 face smiling": lambda own, _best: own.get("smile") is not False,
    r"^smiles less": lambda own, best: not (own.get("smile") is True and best.get("smile") is False),
    r"^sharpest|as sharp as any": lambda own, _best: own.get("sharp", True),
    r"^is (shaken|out of focus)": lambda own, _best: not own.get("sharp", False),
    r"less sharp": lambda own, best: not (own.get("sharp", False) and not best.get("sharp", True)),
}
"""What is said of a photo, and whether that may be so by its own label and that of the best."""


def untrue(labelled: Labelled) -> tuple[Counter[str], set[tuple[str, str]]]:
    """How often each claim is made, and what is said against the labels."""
    made, wrong = Counter[str](), set[tuple[str, str]]()
    for verdict in labelled.verdicts():
        names = [ranked.photo.name for ranked in verdict.ranking]
        is_blurred = any(not labelled.labels.get(name, {}).get("sharp", True) for name in names)
        is_sharp = any(labelled.labels.get(name, {}).get("sharp", True) for name in names)
        best = labelled.labels.get(names[0], {})
        for ranked in verdict.ranking:
            for sentence in ranked.why:
                for claim, may_be in CLAIMS.items():
                    if re.search(claim, sentence) and not sentence.startswith(tuple(names)):
                        made[claim] += 1
                        is_relative = "sharp" in claim and "less" not in claim and is_blurred and not is_sharp
                        if not is_relative and not may_be(labelled.labels.get(ranked.photo.name, {}), best):
                            wrong.add((ranked.photo.name, sentence))
    return made, wrong


@pytest.mark.parametrize("folder", ["faces", "more/faces"])
def test_nothing_is_said_of_eyes_smiles_and_sharpness_that_people_do_not_see(shared: Path, folder: str) -> None:
    made, wrong = untrue(people(shared / folder))
    assert wrong == set()
    assert made[r"^eyes open on 1 of 1 face"] >= 50
    assert made[r"^(blinks|winks)"] >= 20


@cache
def brackets(folder: Path) -> Labelled:
    """Exposures that differ on purpose, by what their cameras wrote down."""
    told = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    photos = measured(folder, {name for group in told["groups"] for name in group}, None)
    series = [
        group
        for group in told["groups"]
        if judge(group_of([photos[name] for name in group])).kind is GroupKind.BRACKET
        and all(photos[name].metadata.exposure_value is not None for name in group)
    ]
    return Labelled(photos, series, {})


def test_what_is_said_of_exposure_is_what_the_camera_wrote_down(shared: Path) -> None:
    exposures = brackets(shared / "bursts")
    values = {name: one.metadata.exposure_value or 0.0 for name, one in exposures.photos.items()}
    said = 0
    for verdict in exposures.verdicts(JudgingRules(keeps_sets=False)):
        for name, sentence in (
            (ranked.photo.name, sentence) for ranked in verdict.ranking[1:] for sentence in ranked.why
        ):
            if found := re.search(r"is (?:much )?(darker|brighter)", sentence):
                said += 1
                assert (values[name] > values[verdict.best.name]) is (found[1] == "darker"), (name, sentence)
    assert said >= 100


def test_the_parts_of_a_bracket_are_said_to_be_brighter_and_darker_as_they_are(shared: Path) -> None:
    exposures = brackets(shared / "bursts")
    said = 0
    for verdict in exposures.verdicts():
        middle = exposures.photos[verdict.best.name].appraisal.brightness
        if verdict.kind is GroupKind.BRACKET and "the middle exposure" in verdict.ranking[0].why:
            for ranked in verdict.ranking[1:]:
                brighter = exposures.photos[ranked.photo.name].appraisal.brightness - middle
                for found in filter(None, (re.search(r"EV (brighter|darker) than", one) for one in ranked.why)):
                    said += 1
                    assert (brighter if found[1] == "brighter" else -brighter) >= -0.01, ranked
    assert said >= 50
