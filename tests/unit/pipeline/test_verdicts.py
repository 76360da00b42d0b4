"""Verdicts are recalled where nothing has changed that they follow from; elsewhere groups are judged anew."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.analysis import face_models, recipes
from bestshot.analysis.analyser import (
    READ_ORIGIN,
    READ_PROVENANCE,
    Analyser,
    Measurements,
    appraisal_measurement,
)
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group
from bestshot.model.photo import FileRole, Metadata, Photo, PhotoFile
from bestshot.model.provenance import Provenance
from bestshot.pipeline.judging import judge_groups
from bestshot.pipeline.outcome import no_progress
from bestshot.pipeline.verdicts import JudgedGroup, JudgingRule, JudgingTask, judged_groups
from bestshot.ranking.rules import JudgingRules, Preference, Weights
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Failure, Index, IndexEntry
from bestshot.workers.pool import Workers
from tests.support import builders
from tests.support.drawn_library import add_burst
from tests.support.paths import ROOT

LOOKS: Mapping[str, Appraisal | Failure] = {
    "sharp": builders.appraisal(looked=False),
    "blurred": builders.appraisal(looked=False, sharpness=0.4),
    "dark": builders.appraisal(looked=False, brightness=0.1, miniature=bytes(1024)),
    "as dark": builders.appraisal(looked=False, brightness=0.1, miniature=bytes(1024), longest_side=640),
    "cut": builders.appraisal(looked=False, damage="is cut off"),
    "broken": Failure("is no picture"),
}
"""What is measured in a picture, by its revision."""

SAID = [
    builders.metadata_with(),
    builders.metadata_with(builders.wall_at(2), rating=4),
    builders.metadata_with(builders.guess_at(0), camera="Other", is_favorite=True),
    builders.metadata_with(width=640, height=480),
]
"""What photos say, by the size of their sidecars."""

PLAIN = JudgingRule(JudgingRules(), 2, None)


@dataclass(frozen=True)
class World:
    """Groups, and how they are to be judged; `given` is what is known of photos beside their files, by id."""

    groups: tuple[Group, ...]
    rule: JudgingRule = PLAIN
    given: Mapping[str, int] = field(default_factory=dict)


def photo(name: str, look: str, said: int = 0, *, is_reference: bool = False) -> Photo:
    plain = builders.photo(name)
    sidecar = PhotoFile(f"{plain.files[0].path}.xmp", FileRole.SIDECAR, said, 1)
    return replace(plain, revision=look, files=(*plain.files, sidecar), is_reference=is_reference)


class Bench:
    """An index in which every look is known already, so that no picture is ever opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = Index(folder / "index.sqlite3")
        self.executor = ThreadPoolExecutor(1)
        self.workers = Workers(executor=self.executor)
        self.analyser = Analyser(LocalPhotoSource(folder), self.index, self.workers, no_progress)
        self.judged_anew: list[Group] = []

    def close(self) -> None:
        self.executor.shutdown()
        self.index.close()

    def judge(self, world: World) -> list[JudgedGroup]:
        photos = [photo for group in world.groups for photo in group.photos]
        recipe = appraisal_measurement(None).recipe
        self.index.store([IndexEntry(one, one.revision, LOOKS[one.revision]) for one in photos], recipe)
        for way in (READ_ORIGIN, READ_PROVENANCE):
            self.index.store([IndexEntry(one, one.revision, Provenance()) for one in photos], way.recipe)

        def said(one: Photo) -> Metadata:
            stars = world.given.get(one.id)
            stated = SAID[one.files[1].size] if one.files[1:] else SAID[0]
            return stated if stars is None else replace(stated, rating=stars)

        def judge(groups: Sequence[Group]) -> Sequence[JudgedGroup]:
            self.judged_anew += groups
            metadata = {one.id: said(one) for group in groups for one in group.photos}
            return judge_groups(self.analyser, groups, Measurements(metadata), world.rule).groups

        task = JudgingTask.of(world.rule, self.analyser, lambda one: world.given.get(one.id))
        self.judged_anew.clear()
        return judged_groups(self.analyser, self.index, task, world.groups, judge)


@contextmanager
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder, closing(Bench(Path(folder))) as made:
        yield made


RULES = st.builds(
    JudgingRule,
    st.builds(
        JudgingRules,
        st.sampled_from([Weights(), Weights(sharpness=0.0)]),
        st.sampled_from([(), (Preference.parse("largest"),)]),
        st.booleans(),
        st.sampled_from([1, 3]),
    ),
    st.sampled_from([2, 3]),
    st.none(),
)
PHOTOS = st.builds(
    photo,
    st.just(""),
    st.sampled_from(sorted(LOOKS)),
    st.integers(0, len(SAID) - 1),
    is_reference=st.booleans(),
)


def named(one: Photo, name: str) -> Photo:
    path = builders.photo(name).files[0].path
    return replace(one, id=name, key=name, name=name, files=(replace(one.files[0], path=path), *one.files[1:]))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    groups = []
    for letter in draw(st.lists(st.sampled_from("ab"), unique=True)):
        members = draw(st.lists(PHOTOS, min_size=2, max_size=4))
        groups.append(Group(tuple(named(one, f"{letter}{place}.jpg") for place, one in enumerate(members))))
    given = draw(st.dictionaries(st.sampled_from(["a0.jpg", "b1.jpg"]), st.integers(1, 5)))
    return World(tuple(groups), draw(RULES), given)


@st.composite
def changes(draw: st.DrawFn) -> tuple[World, World]:
    """Groups, and how they are later: often one thing is different, or nothing."""
    before, other = draw(worlds()), draw(worlds())
    what = draw(st.sampled_from(["nothing", "groups", "rule", "given", "all"]))
    if what == "nothing":
        return before, before
    return before, other if what == "all" else replace(before, **{what: getattr(other, what)})


@settings(max_examples=150)
@given(changes())
def test_with_the_verdicts_of_any_earlier_run_in_memory_groups_are_judged_as_without(
    change: tuple[World, World],
) -> None:
    before, after = change
    with bench() as known, bench() as fresh:
        known.judge(before)
        assert known.judge(after) == fresh.judge(after)


@given(worlds())
def test_what_has_not_changed_is_not_judged_again(world: World) -> None:
    with bench() as known:
        first = known.judge(world)
        assert known.judge(world) == first
        assert known.judged_anew == []


TWO = tuple(Group(tuple(photo(f"{name}{place}.jpg", "sharp") for place in range(2))) for name in "ab")
BOTH = World(TWO)
FIRST = TWO[0].photos[0]
BY = JudgingRules


def with_first(**changed: object) -> World:
    return World((Group((replace(FIRST, **changed), TWO[0].photos[1])), TWO[1]))  # type: ignore[arg-type]  # each field its own


@pytest.mark.parametrize(
    ("changed", "anew"),
    [
        (World((Group((*TWO[0].photos, photo("a2.jpg", "sharp"))), TWO[1])), "a"),
        (with_first(revision="blurred"), "a"),
        (with_first(name="z.jpg"), "a"),
        (with_first(id="z.jpg"), "a"),
        (with_first(origin="folder:/z"), "a"),
        (with_first(key="z.jpg"), "a"),
        (with_first(size=9), "a"),
        (with_first(is_reference=True), "a"),
        (with_first(files=FIRST.files[:1]), "a"),
        (with_first(files=(FIRST.files[0], replace(FIRST.files[1], role=FileRole.RAW))), "a"),
        (with_first(files=(FIRST.files[0], replace(FIRST.files[1], mtime_ns=9))), "a"),
        (with_first(files=(replace(FIRST.files[0], path="/z/a0.jpg"), FIRST.files[1])), "a"),
        (replace(BOTH, given={"a0.jpg": 5}), "a"),
        (replace(BOTH, rule=replace(PLAIN, min_group_size=3)), "ab"),
        (replace(BOTH, rule=replace(PLAIN, rules=BY(weights=Weights(eyes=1.0)))), "ab"),
        (replace(BOTH, rule=replace(PLAIN, rules=BY(preferences=(Preference.parse("raw"),)))), "ab"),
        (replace(BOTH, rule=replace(PLAIN, rules=BY(keeps_sets=False))), "ab"),
        (replace(BOTH, rule=replace(PLAIN, rules=BY(keep=2))), "ab"),
        (replace(BOTH, rule=replace(PLAIN, rules=BY(people=("Ann",)))), "ab"),
    ],
)
def test_only_the_groups_of_which_something_has_changed_are_judged_again(changed: World, anew: str) -> None:
    with bench() as known:
        known.judge(BOTH)
        known.judge(changed)
        assert [group.photos[1].name[0] for group in known.judged_anew] == list(anew)


@pytest.mark.parametrize("name", ["METADATA", "ORIGIN", "PROVENANCE", "REDUCED_SHARPNESS", "_APPRAISAL", "_EMBEDDINGS"])
def test_groups_are_judged_again_when_photos_are_measured_in_another_way(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with bench() as known:

        def revisions() -> list[tuple[str, ...]]:
            rules = (PLAIN, replace(PLAIN, model=FaceModel.HOG))
            tasks = [JudgingTask.of(rule, known.analyser, lambda _photo: None) for rule in rules]
            return [(task.recipe, *task.revisions(TWO)) for task in tasks]

        before = revisions()
        monkeypatch.setattr(recipes, name, "another")
        after = revisions()
    assert before[1] != after[1]
    assert before[0] != after[0] or name == "_EMBEDDINGS"  # of which there are none without faces


def test_verdicts_that_a_disk_or_a_stranger_changed_are_found_anew() -> None:
    with bench() as known:
        first = known.judge(BOTH)
        with closing(sqlite3.connect(known.folder / "index.sqlite3")) as connection, connection:
            query = "UPDATE measurements SET value = replace(value, '1.0', '0.5') WHERE recipe LIKE 'verdicts%'"
            assert connection.execute(query).rowcount == len(TWO)
        assert known.judge(BOTH) == first
        assert known.judged_anew == list(TWO)


def test_verdicts_without_a_photo_that_could_not_be_read_for_now_are_not_remembered(tmp_path: Path) -> None:
    first, *_ = add_burst(tmp_path)
    burst = Group(LocalPhotoSource(tmp_path).scan().photos)
    said = Measurements({one.id: builders.metadata_with() for one in burst.photos})
    with closing(Bench(tmp_path)) as known:

        def judged() -> JudgedGroup:
            task = JudgingTask.of(PLAIN, known.analyser, lambda _photo: None)
            (one,) = judged_groups(
                known.analyser,
                known.index,
                task,
                [burst],
                lambda groups: judge_groups(known.analyser, groups, said, PLAIN).groups,
            )
            return one

        first.rename(tmp_path / "away")
        assert [one.id for one in judged().unread] == [first.name]
        (tmp_path / "away").rename(first)
        known.analyser.passing.clear()  # as of another run
        assert [len(verdict.ranking) for verdict in judged().verdicts] == [3]


def test_verdicts_without_faces_that_cannot_be_looked_for_now_are_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(face_models, "face_detection_problem", lambda: "No faces today.")
    with bench() as known:
        for _run in range(2):
            judged = known.judge(replace(BOTH, rule=replace(PLAIN, model=FaceModel.HOG)))
            assert [len(one.verdicts) for one in judged] == [1, 1]
            assert known.judged_anew == list(TWO)


def test_verdicts_that_another_version_found_by_other_rules_are_not_recalled(tmp_path: Path) -> None:
    """The revision is made by a copy of the code, before and after a change of any package that judges."""
    program = (
        "from bestshot.model.groups import Group; from bestshot.model.photo import Photo;"
        "from bestshot.pipeline.verdicts import *;"
        "task = JudgingTask(JudgingRule(JudgingRules(), 2, None), (), repr);"
        "print(*task.revisions([Group((Photo('a', 'a', 'a', 'a', 'a', 1),))]))"
    )

    def revision() -> str:
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    shutil.copytree(ROOT / "bestshot", tmp_path / "bestshot", ignore=shutil.ignore_patterns("__pycache__"))
    revisions = [revision(), revision()]
    places = ("ranking/rank.py", "ranking/criteria/faces.py", "model/times.py", "marks/kinds/values.py")
    others = ("grouping/pans.py", "pipeline/judging.py", "pipeline/verdicts.py")
    for changed in (*places, *others):
        path = tmp_path / "bestshot" / changed
        path.write_text(path.read_text(encoding="utf-8") + "\nANOTHER = 1\n", encoding="utf-8")
        revisions.append(revision())
    assert revisions[0] == revisions[1]
    assert len(set(revisions[1:])) == 8
