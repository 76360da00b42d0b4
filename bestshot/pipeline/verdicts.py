"""The verdicts on groups: found once, and recalled as long as all that they follow from is as it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

import bestshot.grouping
import bestshot.marks.kinds
import bestshot.model
import bestshot.ranking
import bestshot.ranking.criteria
from bestshot.analysis import recipes
from bestshot.analysis.analyser import Analyser
from bestshot.analysis.recipes import appraisal_recipe, embedding_recipe
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group, GroupKind, RankedPhoto, Reason, Verdict
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.pipeline.groups import digest_of_code
from bestshot.ranking.rules import JudgingRules
from bestshot.settings.settings import Settings
from bestshot.storage.database import to_key
from bestshot.storage.index import Failure, Index, IndexEntry

_RECIPE: Final = "verdicts/1"
"""How verdicts are written down. What they follow from is in the revision, so that they replace those of before."""


@dataclass(frozen=True, slots=True)
class JudgingRule:
    """How groups are judged: all that judging is shown of the settings. `model` finds the faces, if they are wanted."""

    rules: JudgingRules
    min_group_size: int
    model: FaceModel | None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What the settings say of it."""
        model = None if settings.no_faces else settings.face_model
        return cls(settings.judging_rules, settings.min_group_size, model)


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """A group with what came of judging it: several verdicts if it was split, or none.

    `metadata` is what its photos say, as the user would have it; `unread`, `uncompared` and `damaged` is what is wrong
    with them, and `shown` whom they show of those who should look best.
    """

    verdicts: tuple[Verdict, ...]
    metadata: Mapping[str, Metadata]
    unread: tuple[Skipped, ...] = ()
    uncompared: tuple[Skipped, ...] = ()
    damaged: tuple[Skipped, ...] = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of judging groups: each in their order, and what was measured and learned on the way.

    Where verdicts are recalled, nothing is measured.
    """

    groups: Sequence[JudgedGroup]
    appraisals: Mapping[str, Appraisal] = field(default_factory=dict)
    learned: tuple[str, ...] = ()


def has_own(group: Group) -> bool:
    """Whether something may be done with a photo of a group: not if all are for reference."""
    return not all(photo.is_reference for photo in group.photos)


@dataclass(frozen=True, slots=True)
class JudgingTask:
    """All that the verdicts on a group follow from, beside its photos.

    `said` tells of a photo what is not in its files: what the listing says, and the marks that this tool gave.
    """

    rule: JudgingRule
    recipes: tuple[str, ...]
    said: Callable[[Photo], object]

    @classmethod
    def of(cls, rule: JudgingRule, analyser: Analyser, said: Callable[[Photo], object]) -> Self:
        """The task by this rule, with the names of all the ways in which judging looks at photos."""
        appraisals = (appraisal_recipe(rule.model), appraisal_recipe(None))
        of_faces = () if rule.model is None else (embedding_recipe(rule.model),)
        others = (recipes.METADATA, recipes.ORIGIN, recipes.PROVENANCE, recipes.REDUCED_SHARPNESS)
        return cls(rule, tuple(name + analyser.detail for name in (*appraisals, *of_faces, *others)), said)

    @property
    def recipe(self) -> str:
        """The name under which verdicts are kept: those with faces do not replace those without."""
        return f"{_RECIPE} by {self.recipes[0]}"

    def revisions(self, groups: Iterable[Group]) -> Iterator[str]:
        """Of each group what changes with anything that the verdicts on it follow from."""
        common = blake2b(_rules_in_code(), digest_size=16)
        common.update(to_key(repr((self.rule, self.recipes))))
        for group in groups:
            state = common.copy()
            state.update(to_key("\0\0".join(map(self._stated, group.photos))))
            yield state.hexdigest()

    def _stated(self, photo: Photo) -> str:
        files = (f"{file.role.value}\0{file.path}\0{file.revision}" for file in photo.files)
        names = (photo.id, photo.origin, photo.key, photo.name, photo.revision)
        rest = f"{photo.size} {photo.is_reference} {self.said(photo)!r}"
        return "\0".join((*names, rest, *files))


@cache
def _rules_in_code() -> bytes:
    """A digest of the code by which groups are judged, so that nobody can forget to rename it when rules change."""
    packages = (bestshot.ranking, bestshot.ranking.criteria, bestshot.grouping, bestshot.model, bestshot.marks.kinds)
    return digest_of_code(packages, Path(__file__), Path(__file__).with_name("judging.py"))


@dataclass(frozen=True, slots=True)
class _Place:
    """The groups of a library by their first photos: what is kept of one replaces what was kept of an earlier one."""

    origin: str
    key: str
    group: Group
    size: int = 0

    @classmethod
    def of(cls, group: Group) -> Self:
        first = group.photos[0]
        return cls(f"verdicts of {first.origin}", first.key, group)

    @property
    def id(self) -> str:
        return self.group.photos[0].id


@dataclass(frozen=True, slots=True)
class _Ranked:
    photo: int
    score: float
    reasons: tuple[Reason, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    photos: tuple[int, ...]
    ranking: tuple[_Ranked, ...]
    confidence: float
    kind: GroupKind
    keepers: tuple[int, ...]


_Problems = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A judged group, with each photo as its place in the group."""

    verdicts: tuple[_Verdict, ...]
    metadata: tuple[Metadata | None, ...]
    unread: _Problems
    uncompared: _Problems
    damaged: _Problems
    shown: tuple[str, ...]

    @classmethod
    def of(cls, judged: JudgedGroup, group: Group) -> Self:
        place = {photo.id: number for number, photo in enumerate(group.photos)}

        def problems(skipped: Iterable[Skipped]) -> _Problems:
            return tuple((place[one.id], one.error) for one in skipped)

        verdicts = tuple(
            _Verdict(
                tuple(place[photo.id] for photo in one.group.photos),
                tuple(_Ranked(place[rank.photo.id], rank.score, rank.reasons, rank.why) for rank in one.ranking),
                one.confidence,
                one.kind,
                tuple(place[id_] for id_ in one.keepers),
            )
            for one in judged.verdicts
        )
        metadata = tuple(judged.metadata.get(photo.id) for photo in group.photos)
        unread, uncompared, damaged = map(problems, (judged.unread, judged.uncompared, judged.damaged))
        return cls(verdicts, metadata, unread, uncompared, damaged, judged.shown)

    def judged(self, group: Group) -> JudgedGroup:
        photos = group.photos

        def problems(remembered: _Problems) -> tuple[Skipped, ...]:
            return tuple(Skipped(photos[place].id, error) for place, error in remembered)

        verdicts = tuple(
            Verdict(
                Group(tuple(photos[place] for place in one.photos)),
                tuple(RankedPhoto(photos[rank.photo], rank.score, rank.reasons, rank.why) for rank in one.ranking),
                one.confidence,
                one.kind,
                tuple(photos[place].id for place in one.keepers),
            )
            for one in self.verdicts
        )
        metadata = {photo.id: said for photo, said in zip(photos, self.metadata, strict=True) if said}
        unread, uncompared, damaged = map(problems, (self.unread, self.uncompared, self.damaged))
        return JudgedGroup(verdicts, metadata, unread, uncompared, damaged, self.shown)


def judged_groups(
    analyser: Analyser,
    index: Index,
    task: JudgingTask,
    groups: Sequence[Group],
    judge: Callable[[Sequence[Group]], Sequence[JudgedGroup]],
) -> list[JudgedGroup]:
    """Recall what came of judging these groups, and judge those anew of which anything has changed."""
    places = [_Place.of(group) for group in groups]
    wanted = [*zip(places, task.revisions(groups), strict=True)]
    known: dict[str, JudgedGroup] = {}
    for entry in index.recall(wanted, task.recipe, _Remembered):
        if not isinstance(entry.value, Failure):
            known[entry.subject.id] = entry.value.judged(entry.subject.group)
    missing = [(place, revision) for place, revision in wanted if place.id not in known]
    judged = judge([place.group for place, _ in missing]) if missing else ()
    found = {place.id: one for (place, _), one in zip(missing, judged, strict=True)}
    index.store(
        (
            IndexEntry(place, revision, _Remembered.of(found[place.id], place.group))
            for place, revision in missing
            if analyser.passing.isdisjoint(photo.id for photo in place.group.photos)
        ),
        task.recipe,
    )
    return [found.get(place.id) or known[place.id] for place in places]
