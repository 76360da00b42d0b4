"""Groups are recalled where nothing has changed that they follow from, and found anew wherever anything has."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from pathlib import Path
from random import Random
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.analysis import recipes
from bestshot.analysis.analyser import READ_METADATA, Analyser, Measurements, fingerprint_measurement
from bestshot.analysis.looks.pairs import comparison_measurement
from bestshot.grouping import sketches
from bestshot.grouping.group import Grouping
from bestshot.model.appraisal import SKETCH_SIZE, Fingerprint
from bestshot.model.burst_names import BurstFrame
from bestshot.model.groups import PhotoPair, Similarity
from bestshot.model.phases import Forecast
from bestshot.model.photo import FileRole, Metadata, Photo, PhotoFile, Skipped
from bestshot.model.times import CaptureTime
from bestshot.pipeline.groups import FoundGroups, GroupingTask, ListedPhotos, find_groups
from bestshot.pipeline.outcome import no_progress
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Failure, Index, IndexEntry
from bestshot.workers.pool import Workers
from tests.support import builders, drawn_library
from tests.support.paths import ROOT

SKETCH, OTHER_SKETCH = (Random(seed).randbytes(SKETCH_SIZE**2) for seed in (1, 2))

LOOKS = {
    "near": Fingerprint(0),
    "as near": Fingerprint(0b11),
    "nearby": Fingerprint(0xFFF),
    "far": Fingerprint((1 << 64) - 1),
    "sketched": Fingerprint(0, sketch=SKETCH),
    "sketched nearby": Fingerprint(0xFFF, sketch=SKETCH),
    "sketched otherwise": Fingerprint(0xFFF000, sketch=OTHER_SKETCH),
    "broken": Failure("is no picture"),
}
"""What is measured in a picture, by its revision."""

THUMBHASHES = [
    bytes.fromhex("3ff20d1a8077879f888788877880787b87708077"),
    bytes.fromhex("1ff20d1a80778088888787f888770f880b"),
]


@dataclass(frozen=True)
class World:
    """A library with what its photos say, and how it is to be grouped."""

    photos: tuple[Photo, ...]
    metadata: Mapping[str, Metadata]
    thumbhashes: Mapping[str, bytes] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    def pairs_apart(self) -> set[str]:
        """The pairs that are looked at as those are that were taken apart."""
        prints = {one.id: look for one in self.photos if isinstance(look := LOOKS[one.revision], Fingerprint)}
        readable = [one for one in self.photos if one.id in prints]
        grouping = Grouping(readable, self.metadata, prints, self.settings.grouping_rules)
        return {pair.id for pair in grouping.candidate_pairs() if pair.are_apart}


def photo(name: str, look: str = "near", origin: str = builders.ORIGIN) -> Photo:
    return replace(builders.photo(name), revision=look, origin=origin)


def world(photos: Mapping[str, str], **taken: CaptureTime) -> World:
    """Photos by name with their looks; those that are not told otherwise were taken at noon."""
    metadata = {name: builders.metadata_with(taken.get(name)) for name in photos}
    return World(tuple(photo(name, look) for name, look in photos.items()), metadata)


def similarity(pair: PhotoPair) -> Similarity | Failure:
    """How alike two pictures are, which follows from their revisions and nothing else."""
    chance = crc32(f"{pair.left.revision} {pair.right.revision}".encode()) % 5
    return Similarity(40, 0.9, 0.9 if chance % 2 else 0.1, 0.0) if chance else Failure("cannot be compared")


class Bench:
    """An index in which every look is known already, so that no picture is ever opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = Index(folder / "index.sqlite3")
        self.executor = ThreadPoolExecutor(1)
        self.workers = Workers(executor=self.executor)
        self.analyser = Analyser(LocalPhotoSource(folder), self.index, self.workers, no_progress)

    def close(self) -> None:
        self.executor.shutdown()
        self.index.close()

    def learn(self, world: World) -> None:
        rotations = world.settings.rotations
        hashing, comparing = fingerprint_measurement(rotations=rotations), comparison_measurement(rotations=rotations)
        self.index.store([IndexEntry(one, one.revision, LOOKS[one.revision]) for one in world.photos], hashing.recipe)
        pairs = [PhotoPair(*pair) for pair in combinations(sorted(world.photos, key=lambda one: one.id), 2)]
        apart = world.pairs_apart()
        asked = [replace(pair, are_apart=pair.id in apart) for pair in pairs]
        self.index.store([IndexEntry(pair, pair.revision, similarity(pair)) for pair in asked], comparing.recipe)

    def find(self, world: World) -> FoundGroups:
        task = GroupingTask.of(world.photos, world.metadata, world.thumbhashes, world.settings)
        return find_groups(self.analyser, self.index, task)

    def forget_looks(self, world: World) -> None:
        """Leave nothing in the index by which the groups could be found anew."""
        broken = Failure("was looked at again")
        for rotations in (False, True):
            recipe = fingerprint_measurement(rotations=rotations).recipe
            self.index.store([IndexEntry(one, one.revision, broken) for one in world.photos], recipe)


@contextmanager
def bench_of(*worlds: World) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder, closing(Bench(Path(folder))) as bench:
        for one in worlds:
            bench.learn(one)
        yield bench


TIMES = st.sampled_from(
    [*(builders.wall_at(seconds) for seconds in (0, 1, 250, 400)), builders.guess_at(0), builders.zoned_at(3600, 1)]
)
CAMERAS = st.sampled_from([None, "One", "Two"])
EXPOSURES = st.sampled_from([None, 0.01, 0.1])
NAMES = st.sampled_from(["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"])
ORIGINS = st.sampled_from([builders.ORIGIN, "folder:/elsewhere"])
SETTINGS = st.builds(
    Settings,
    threshold=st.sampled_from([2, 5]),
    time_window=st.sampled_from([None, 300.0]),
    min_group_size=st.sampled_from([2, 3]),
    rotations=st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = draw(st.lists(NAMES, unique=True, max_size=5))
    photos = tuple(photo(name, draw(st.sampled_from(sorted(LOOKS))), draw(ORIGINS)) for name in names)
    metadata = {
        name: builders.metadata_with(draw(TIMES), camera=draw(CAMERAS), exposure_seconds=draw(EXPOSURES))
        for name in names
    }
    thumbhashes = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(THUMBHASHES))) if names else {}
    return World(photos, metadata, thumbhashes, draw(SETTINGS))


@st.composite
def changes(draw: st.DrawFn) -> tuple[World, World]:
    """A library, and how it is later: often one thing is different, or nothing but the order of the photos."""
    before, other = draw(worlds()), draw(worlds())
    after = replace(before, photos=tuple(draw(st.permutations(before.photos))))
    match draw(st.sampled_from(["nothing", "photos", "metadata", "thumbhashes", "settings", "all"])):
        case "photos":
            after = replace(after, photos=tuple(one for one in other.photos if one.id in before.metadata))
        case "metadata":
            after = replace(after, metadata={**before.metadata, **other.metadata})
        case "thumbhashes":
            after = replace(after, thumbhashes=other.thumbhashes)
        case "settings":
            after = replace(after, settings=other.settings)
        case "all":
            after = other
    return before, after


@settings(max_examples=150)
@given(changes())
def test_with_the_groups_of_any_earlier_run_in_memory_those_are_found_that_are_found_without(
    change: tuple[World, World],
) -> None:
    before, after = change
    with bench_of(before, after) as bench, bench_of(after) as fresh:
        bench.find(before)
        assert bench.find(after) == fresh.find(after)


def test_only_of_photos_that_no_earlier_run_grouped_all_are_expected_to_be_judged() -> None:
    before, after = world({"a.jpg": "near", "b.jpg": "far"}), world({"a.jpg": "near", "b.jpg": "far", "c.jpg": "near"})
    with bench_of(before, after) as bench:
        bench.find(before)
        assert bench.analyser.forecast.photos == 2
        bench.analyser.forecast = Forecast()
        bench.find(after)
        assert bench.analyser.forecast.photos == 0


@given(worlds())
def test_what_has_not_changed_is_recalled_without_a_look_in_whatever_order_it_is_listed(world: World) -> None:
    with bench_of(world) as bench:
        found = bench.find(world)
        bench.forget_looks(world)
        assert bench.find(replace(world, photos=world.photos[::-1])) == found


MORE = {"d.jpg": builders.metadata_with()}
BURST = world({"a.jpg": "near", "b.jpg": "as near", "c.jpg": "far"})


@pytest.mark.parametrize(
    "changed",
    [
        replace(BURST, photos=BURST.photos[:2]),
        replace(BURST, photos=(*BURST.photos, photo("d.jpg")), metadata={**BURST.metadata, **MORE}),
        replace(BURST, photos=(photo("a.jpg", "as near"), *BURST.photos[1:])),
        replace(BURST, photos=tuple(replace(one, key=f"moved/{one.key}") for one in BURST.photos)),
        replace(BURST, metadata={**BURST.metadata, "a.jpg": builders.metadata_with(builders.wall_at(1))}),
        replace(BURST, metadata={**BURST.metadata, "a.jpg": builders.metadata_with(builders.guess_at(0))}),
        replace(BURST, metadata={**BURST.metadata, "a.jpg": builders.metadata_with(camera="Other")}),
        replace(BURST, metadata={**BURST.metadata, "a.jpg": builders.metadata_with(exposure_seconds=0.1)}),
        replace(BURST, photos=tuple(replace(one, name=f"IMG_20240131_BURST00{one.name}") for one in BURST.photos)),
        replace(BURST, thumbhashes={"a.jpg": THUMBHASHES[0]}),
        replace(BURST, settings=Settings(threshold=4)),
        replace(BURST, settings=Settings(time_window=299.0)),
        replace(BURST, settings=Settings(min_group_size=3)),
        replace(BURST, settings=Settings(rotations=True)),
    ],
)  # fmt: skip
def test_whatever_groups_follow_from_is_looked_at_anew_when_it_changes(changed: World) -> None:
    with bench_of(BURST) as bench:
        bench.find(BURST)
        bench.forget_looks(changed)
        assert {one.error for one in bench.find(changed).unread} == {"was looked at again"}


def test_sketches_are_not_laid_over_each_other_again_because_another_photo_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Were they, none would agree any more."""
    undated = {name: builders.guess_at(0) for name in ("a", "b", "c", "d")}
    first = world({"a": "sketched", "b": "sketched nearby", "c": "sketched otherwise"}, **undated)
    later = world({"a": "sketched", "b": "sketched nearby", "c": "sketched otherwise", "d": "far"}, **undated)
    with bench_of(later) as bench, bench_of(later) as fresh:
        found = bench.find(first)
        assert [[one.id for one in group.photos] for group in found.groups] == [["a", "b"]]
        monkeypatch.setattr(sketches, "_LEAST_AGREEMENT", 2.0)
        assert bench.find(later) == found
        assert fresh.find(later).groups == []


def test_stars_and_favourites_change_no_group() -> None:
    starred = {name: replace(of_photo, rating=5, is_favorite=True) for name, of_photo in BURST.metadata.items()}
    with bench_of(BURST) as bench:
        found = bench.find(BURST)
        bench.forget_looks(BURST)
        assert bench.find(replace(BURST, metadata=starred)) == found


def test_the_groups_of_a_library_and_rules_take_the_place_of_those_of_before() -> None:
    def kept(bench: Bench) -> int:
        with closing(sqlite3.connect(bench.folder / "index.sqlite3")) as connection:
            return int(
                connection.execute("SELECT count(*) FROM measurements WHERE recipe LIKE 'groups%'").fetchone()[0]
            )

    strict = replace(BURST, settings=Settings(threshold=4))
    with bench_of(BURST) as bench:
        for photos in (BURST.photos, BURST.photos[:2], BURST.photos[1:]):
            bench.find(replace(BURST, photos=photos))
            bench.find(replace(strict, photos=photos))
        assert kept(bench) == 2


LISTED = ListedPhotos((builders.photo("a.jpg", "a.xmp"), builders.photo("b.jpg")), {}, {}, Settings())
FIRST, SECOND = LISTED.photos
STARS = {"a.jpg": builders.metadata_with(rating=1)}


@pytest.mark.parametrize(
    "changed",
    [
        replace(LISTED, photos=LISTED.photos[:1]),
        replace(LISTED, photos=(SECOND, FIRST)),
        replace(LISTED, photos=(replace(FIRST, id="z"), SECOND)),
        replace(LISTED, photos=(replace(FIRST, origin="folder:/z"), SECOND)),
        replace(LISTED, photos=(replace(FIRST, key="z"), SECOND)),
        replace(LISTED, photos=(replace(FIRST, name="z"), SECOND)),
        replace(LISTED, photos=(replace(FIRST, revision="z"), SECOND)),
        replace(LISTED, photos=(replace(FIRST, files=(FIRST.files[0], replace(FIRST.files[1], size=9))), SECOND)),
        replace(LISTED, photos=(replace(FIRST, files=FIRST.files[:1]), SECOND)),
        replace(LISTED, metadata=STARS),
        replace(LISTED, thumbhashes={"a.jpg": THUMBHASHES[0]}),
        replace(LISTED, thumbhashes={"b.jpg": THUMBHASHES[0]}),
        replace(LISTED, settings=Settings(threshold=4)),
        replace(LISTED, settings=Settings(time_window=299.0)),
        replace(LISTED, settings=Settings(no_time_window=True)),
        replace(LISTED, settings=Settings(min_group_size=3)),
        replace(LISTED, settings=Settings(rotations=True)),
    ],
)
def test_of_listed_photos_whatever_may_change_their_groups_gives_those_another_revision(changed: ListedPhotos) -> None:
    with bench_of() as bench:
        assert changed.revision(bench.analyser) != LISTED.revision(bench.analyser)


@pytest.mark.parametrize("name", ["METADATA", "_FINGERPRINT", "_COMPARISON"])
def test_listed_photos_have_another_revision_when_they_are_read_in_another_way(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with bench_of() as bench:
        before = LISTED.revision(bench.analyser)
        monkeypatch.setattr(recipes, name, "another")
        assert LISTED.revision(bench.analyser) != before


def test_groups_of_photos_of_which_one_says_nothing_for_now_are_not_remembered() -> None:
    said = {one.id: builders.metadata_with() for one in BURST.photos}
    lost = Measurements({"b.jpg": said["b.jpg"]}, [Skipped("a.jpg", "cannot be read now")], {"a.jpg"})
    listed = ListedPhotos(BURST.photos[:2], {}, {}, Settings())
    with bench_of(BURST) as bench:
        first = listed.groups(bench.analyser, bench.index, lambda: lost)
        assert [one.id for one in first.unread] == ["a.jpg"]
        second = listed.groups(bench.analyser, bench.index, lambda: Measurements(said))
        assert [len(group.photos) for group in second.found.groups] == [2]
        third = listed.groups(bench.analyser, bench.index, lambda: Measurements({}))
        assert (third.found, [*third.readable]) == (second.found, [*second.readable])


def test_groups_without_a_photo_that_could_not_be_read_for_now_are_not_remembered(tmp_path: Path) -> None:
    first, *_ = drawn_library.add_burst(tmp_path)
    photos = LocalPhotoSource(tmp_path).scan().photos
    burst = World(photos, {one.id: builders.metadata_with() for one in photos})
    with closing(Bench(tmp_path)) as bench:
        first.rename(tmp_path / "away")
        assert [one.id for one in bench.find(burst).unread] == [first.name]
        (tmp_path / "away").rename(first)
        assert [len(group.photos) for group in bench.find(burst).groups] == [3]


def test_finding_groups_keeps_of_each_photo_no_more_than_it_follows_from(tmp_path: Path) -> None:
    many, said, chance = 4000, READ_METADATA.recipe, Random(1)
    photos = [photo(f"{number}.jpg", f"{number}") for number in range(many)]
    with closing(Index(tmp_path / "index.sqlite3")) as index, closing(Workers(1)) as workers:
        analyser = Analyser(LocalPhotoSource(tmp_path), index, workers, no_progress)
        taken = [builders.metadata_with(builders.wall_at(number // 2 * 9000), camera="A") for number in range(many)]
        index.store(
            (IndexEntry(*one) for one in zip(photos, map(READ_METADATA.revision, photos), taken, strict=True)), said
        )
        prints = [Fingerprint(chance.getrandbits(64), phash=chance.getrandbits(64)) for _ in photos]
        hashing = fingerprint_measurement(rotations=False).recipe
        index.store((IndexEntry(one, one.revision, seen) for one, seen in zip(photos, prints, strict=True)), hashing)
        few, all_of_them = (ListedPhotos(some, {}, {}, Settings()) for some in (photos[:10], photos))
        few.groups(analyser, index, lambda: analyser.measure(few.photos, READ_METADATA))  # which loads what it takes
        tracemalloc.start()
        try:
            all_of_them.groups(analyser, index, lambda: analyser.measure(photos, READ_METADATA))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 1450 * many


def test_groups_that_another_version_found_by_other_rules_are_not_recalled(tmp_path: Path) -> None:
    """The revision is made by a copy of the code, before and after a change of any package that tells groups."""
    program = (
        "from bestshot.pipeline.groups import GroupingTask; from bestshot.settings.settings import Settings;"
        "print(GroupingTask.of([], {}, {}, Settings()).revision([]))"
    )

    def revision() -> str:
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    shutil.copytree(ROOT / "bestshot", tmp_path / "bestshot", ignore=shutil.ignore_patterns("__pycache__"))
    revisions = [revision(), revision()]
    for changed in ("grouping/clusters.py", "grouping/rules.py", "model/times.py", "pipeline/groups.py"):
        path = tmp_path / "bestshot" / changed
        path.write_text(path.read_text(encoding="utf-8") + "\nANOTHER = 1\n", encoding="utf-8")
        revisions.append(revision())
    assert revisions[0] == revisions[1]
    assert len(set(revisions[1:])) == 5


OTHER_PHOTO = Photo("z", "folder:/z", "z", "z", "z", 9, (PhotoFile("/z", FileRole.RAW, 9, 9),))
LATER = builders.wall_at(9)
OTHER_METADATA = Metadata(
    LATER,
    9,
    9,
    "z",
    "z",
    "z",
    9.0,
    9.0,
    9,
    9.0,
    9.0,
    9.0,
    BurstFrame("z", is_cover=True),
    5,
    True,
    ("z",),
)


def task_of(photo: Photo, metadata: Metadata) -> GroupingTask:
    return GroupingTask.of([photo], {photo.id: metadata}, {}, Settings())


def told(task: GroupingTask) -> tuple[str, object]:
    return task.revision([]), task.shown()


@pytest.mark.parametrize("name", [one.name for one in fields(Photo)])
def test_of_a_photo_grouping_is_shown_only_what_gives_its_groups_another_revision(name: str) -> None:
    one, said = builders.photo("a"), Metadata(builders.wall_at(0))
    revision, shown = told(task_of(one, said))
    other_revision, other_shown = told(task_of(replace(one, **{name: getattr(OTHER_PHOTO, name)}), said))
    assert (revision == other_revision) == (shown == other_shown)


@pytest.mark.parametrize("name", [one.name for one in fields(Metadata)])
def test_of_metadata_grouping_is_shown_only_what_gives_groups_another_revision(name: str) -> None:
    one, said = builders.photo("a"), Metadata(builders.wall_at(0))
    revision, shown = told(task_of(one, said))
    other_revision, other_shown = told(task_of(one, replace(said, **{name: getattr(OTHER_METADATA, name)})))
    assert (revision == other_revision) == (shown == other_shown)
