"""A run over a library that earlier runs know finds what a run finds that knows nothing, whatever has changed."""

import os
import re
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.plans.decision_store import remember
from bestshot.plans.decisions import Decision, DecisionKind
from bestshot.ranking.rules import SetHandling
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from tests.support.drawn_library import add, add_burst, scene

pytestmark = pytest.mark.usefixtures("home")

_RATED = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF></x:xmpmeta>'
)


@dataclass(frozen=True)
class World:
    """A library in a folder, with how it is looked at."""

    folder: Path
    settings: Settings
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def photos(self) -> Path:
        """The folder of its photos."""
        return self.folder / "photos"

    def run(self, cache: str = "known", **settings: Any) -> Outcome:
        """A run with what is in a cache: everything here, or nothing."""
        source = LocalPhotoSource(self.photos, **self.source)
        asked = replace(self.settings, cache_dir=str(self.folder / cache), **settings)
        with ThreadPoolExecutor(1) as executor:
            return PhotoOrganizer(source, asked, executor=executor).run()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two bursts, one of them with a sidecar, and a photo apart, about which a run knows everything."""
    photos = tmp_path / "photos"
    add_burst(photos, "first", number=1, taken="2024:06:01 12:00:00")
    add_burst(photos, "second", number=2, taken="2024:06:01 13:00:00")
    add(photos / "single.jpg", scene(3), "2024:06:01 14:00:00")
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    rate(photos, "second_1", 1)
    world = World(tmp_path, Settings(no_faces=True, output=str(tmp_path / "out"), dry_run=True))
    world.run()
    return world


def rate(photos: Path, name: str, stars: int) -> None:
    (photos / f"{name}.xmp").write_text(_RATED.format(stars), encoding="ascii")


def touched(path: Path, seconds: int = 5) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + seconds * 10**9))


def found(outcome: Outcome) -> tuple[object, ...]:
    """All that a run says and plans, but for what is new to it."""
    plan = outcome.plan
    skipped = [(one.id, one.error) for one in plan.skipped]
    return plan.groups, plan.actions, skipped, plan.photo_count, plan.unread_count, plan.passed_over


def _draw_again(world: World) -> World:
    add(world.photos / "first_2.jpg", scene(1, blur=4), "2024:06:01 12:00:00", subsec="2")
    touched(world.photos / "first_2.jpg")
    return world


def _add(world: World) -> World:
    add(world.photos / "first_9.jpg", scene(1), "2024:06:01 12:00:00", subsec="9")
    return world


def _take_away(world: World) -> World:
    (world.photos / "first_2.jpg").unlink()
    return world


def _rename(world: World) -> World:
    (world.photos / "first_2.jpg").rename(world.photos / "z.jpg")
    return world


def _retime(world: World) -> World:
    add(world.photos / "single.jpg", scene(1), "2024:06:01 12:00:01")
    touched(world.photos / "single.jpg")
    return world


def _touch(world: World) -> World:
    touched(world.photos / "second_3.jpg")
    return world


def _rate(world: World) -> World:
    rate(world.photos, "second_3", 5)
    return world


def _rate_otherwise(world: World) -> World:
    rate(world.photos, "second_1", 5)
    return world


def _repair(world: World) -> World:
    add(world.photos / "broken.jpg", scene(3), "2024:06:01 14:00:01")
    return world


def _damage(world: World) -> World:
    path = world.photos / "single.jpg"
    path.write_bytes(path.read_bytes()[:200])
    return world


def _decide(kind: DecisionKind) -> Callable[[World], World]:
    def decide(world: World) -> World:
        photos = {photo.name: photo for photo in LocalPhotoSource(world.photos).scan().photos}
        decision = Decision.about(kind, [photos[f"first_{number}.jpg"] for number in (3, 1, 2)])
        remember(Path(world.settings.state_dir), [decision])
        return world

    return decide


def _asked(**settings: Any) -> Callable[[World], World]:
    return lambda world: replace(world, settings=replace(world.settings, **settings))


def _seen(**source: Any) -> Callable[[World], World]:
    return lambda world: replace(world, source=source)


CHANGES: Mapping[str, Callable[[World], World]] = {
    "nothing": lambda world: world,
    "a photo drawn again": _draw_again,
    "a photo more": _add,
    "a photo less": _take_away,
    "a photo of another name": _rename,
    "a photo of another time": _retime,
    "a file of another time": _touch,
    "stars where there were none": _rate,
    "other stars": _rate_otherwise,
    "a photo that can be read now": _repair,
    "a photo that cannot be read any more": _damage,
    "a best that was chosen": _decide(DecisionKind.BEST),
    "photos taken apart": _decide(DecisionKind.APART),
    "--keep": _asked(keep=2),
    "--min-group-size": _asked(min_group_size=4),
    "--prefer": _asked(prefer=("largest",)),
    "--sets": _asked(sets=SetHandling.TREAT_AS_BURST),
    "--threshold": _asked(threshold=1),
    "--no-time-window": _asked(no_time_window=True),
    "--rotations": _asked(rotations=True),
    "--limit": _asked(limit=4),
    "--since": _asked(since="2024-06-01T12:30"),
    "--learn": _asked(learn=True),
    "--exclude": _seen(exclude=("first_1*",)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_a_run_that_knows_the_library_finds_what_one_finds_that_does_not(
    world: World, change: Callable[[World], World]
) -> None:
    changed = change(world)
    assert found(changed.run()) == found(changed.run("fresh"))
    assert found(changed.run()) == found(changed.run("fresh"))


def test_what_has_not_changed_is_found_without_a_measurement_of_any_photo(world: World) -> None:
    first = world.run()
    for path in world.photos.glob("*.jpg"):
        status = path.stat()
        path.write_bytes(bytes(status.st_size))  # no picture any more, yet to all appearance unchanged
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with closing(sqlite3.connect(world.folder / "known" / "index.sqlite3")) as connection, connection:
        query = "DELETE FROM measurements WHERE recipe NOT LIKE 'groups%' AND recipe NOT LIKE 'verdicts%'"
        assert connection.execute(query).rowcount > 0
    assert world.run().plan == first.plan


def test_a_table_and_a_plan_are_written_as_by_a_run_that_knows_nothing(world: World) -> None:
    written = []
    for cache in ("known", "fresh"):
        world.run(cache, csv=str(world.folder / f"{cache}.csv"), plan=str(world.folder / f"{cache}.json"))
        plan = (world.folder / f"{cache}.json").read_text(encoding="ascii").partition('"run": {')[0]
        written.append(((world.folder / f"{cache}.csv").read_bytes(), plan))
    assert written[0] == written[1]


def test_stars_of_ours_say_nothing_of_the_user_in_whatever_run(world: World) -> None:
    marking = replace(world, settings=replace(world.settings, output=None, dry_run=False, mark_best_favorite=True))
    marking.run()
    known, fresh = marking.run(), marking.run("fresh")
    assert found(known) == found(fresh)
    assert [group.verdict.best.name for group in known.plan.groups] == ["first_2.jpg", "second_1.jpg"]


def test_a_report_shows_what_was_measured_although_all_verdicts_are_known(world: World) -> None:
    pages = []
    for cache in ("known", "fresh"):
        world.run(cache, report=str(world.folder / f"{cache}.html"))
        page = (world.folder / f"{cache}.html").read_text(encoding="utf-8")
        pages.append(re.sub(r'"run":\s*\{[^}]*\}', "", page.replace(cache, "")))
    assert pages[0] == pages[1]
