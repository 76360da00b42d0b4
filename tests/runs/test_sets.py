"""Whole runs over sets that are kept whole and over several keepers: laid out, listed, marked, planned, taken back."""

import csv
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags

from bestshot.cli.main import main
from bestshot.marks.apply import VerifyPolicy
from bestshot.model.photo import SourceType
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.ranking.rules import SetHandling
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from tests.fake_immich import FakeImmich
from tests.support.drawn_library import add_burst, contents, exif, scene
from tests.support.immich.folder import source_of
from tests.support.marks.on_immich import never_waiting
from tests.support.plan_world import amend, believe_at_once, laid_out

BRACKET = [f"bracket_{number}.jpg" for number in (1, 2, 3)]
LAPSE = [f"lapse_{number:02}.jpg" for number in range(12)]
PANORAMA = [f"pan_{number}.jpg" for number in range(5)]
BURST = ["burst_1.jpg", "burst_2.jpg", "burst_3.jpg"]
TAG = "photo-organizer-duplicate"


def expose(path: Path, number: int, ev: float, taken: str) -> None:
    """A photo of a scene that was exposed with so many EV more than the middle."""
    made = exif(taken)
    details = made.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.ExposureTime] = 0.01 * 2**ev
    details[ExifTags.Base.FNumber] = 4.0
    details[ExifTags.Base.ISOSpeedRatings] = 100
    scene(number).point(lambda value: min(255, round(value * 2 ** (ev / 2.2)))).save(path, quality=92, exif=made)


def pan(folder: Path) -> None:
    """Frames of a wide view, each moved on by a seventh."""
    wide = scene(4, size=(1200, 400))
    for place, name in enumerate(PANORAMA):
        made = exif(f"2024:06:04 12:00:{2 * place:02}")
        made[ExifTags.Base.Model] = "Camera"
        wide.crop((75 * place, 0, 75 * place + 540, 400)).save(folder / name, quality=92, exif=made)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A bracket whose middle exposure comes first, a time-lapse, a panorama, and a burst whose second photo is best."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for place, (name, ev) in enumerate(zip(BRACKET, (0.0, -1.0, 1.0), strict=True)):
        expose(folder / name, 1, ev, f"2024:06:01 12:00:0{place}")
    for place, name in enumerate(LAPSE):
        expose(folder / name, 2, 0.0, f"2024:06:02 12:{place * 6 // 60:02}:{place * 6 % 60:02}")
    pan(folder)
    add_burst(folder, "burst", 3, "2024:06:03 12:00:00")
    return folder


def run(library: Path, *flags: str) -> int:
    return main([str(library), "--no-faces", "--workers", "1", *flags])


def kinds(table: Path) -> dict[str, str]:
    with table.open(newline="") as file:
        return {Path(row["name"]).name: row["kind"] for row in csv.DictReader(file)}


def test_a_set_is_laid_out_whole_and_none_of_it_is_listed_as_the_rest(library: Path, tmp_path: Path) -> None:
    out, rest, table = tmp_path / "out", tmp_path / "rest.txt", tmp_path / "groups.csv"
    records = ("--list-rest", str(rest), "--csv", str(table))
    assert run(library, "-o", str(out), *records) == 0
    found = kinds(table)
    assert {found[name] for name in BRACKET} == {"bracket"}
    assert {found[name] for name in LAPSE} == {"time-lapse"}
    assert {found[name] for name in PANORAMA} == {"panorama"}
    assert {found[name] for name in BURST} == {"burst"}
    groups = sorted(laid_out(out).values(), key=len)
    assert groups[0] == ["best_bracket_1.jpg", *BRACKET]
    assert groups[1] == ["best_burst_2.jpg", *BURST]
    assert groups[2] == ["best_pan_2.jpg", *PANORAMA]
    assert groups[3][1:] == LAPSE
    assert {Path(line).name for line in rest.read_text().splitlines()} == {"burst_1.jpg", "burst_3.jpg"}
    folders = sorted(out.glob("group_*"))
    before = contents(*folders)
    assert run(library, "-o", str(out), *records) == 0
    assert contents(*folders) == before


def test_a_set_that_is_treated_as_a_burst_is_listed_but_for_its_best(library: Path, tmp_path: Path) -> None:
    rest = tmp_path / "rest.txt"
    assert run(library, "--sets", "treat-as-burst", "--list-rest", str(rest)) == 0
    names = [Path(line).name for line in rest.read_text().splitlines()]
    assert sum(name in BRACKET for name in names) == len(BRACKET) - 1
    assert sum(name in LAPSE for name in names) == len(LAPSE) - 1
    assert sum(name in PANORAMA for name in names) == len(PANORAMA) - 1


def test_nothing_of_a_set_is_rated_or_labelled_in_folders(library: Path) -> None:
    assert run(library, "--rate", "best=5,rest=-1", "--label", "best=Green,rest=Red", "--tag-only") == 0
    assert sorted(path.name for path in library.glob("*.xmp")) == [f"{name}.xmp" for name in BURST]


def test_faces_are_looked_for_but_in_a_bracket_that_is_kept_whole(library: Path, tmp_path: Path) -> None:
    def searched(sets: SetHandling) -> set[str]:
        place = str(tmp_path / sets.value)
        settings = Settings(sets=sets, cache_dir=place, state_dir=place)
        with ThreadPoolExecutor(1) as executor:
            found = PhotoOrganizer(LocalPhotoSource(library), settings, executor=executor).look().library
        return {photo.name for photo in found.photos if found.appraisals[photo.id].faces is not None}

    assert searched(SetHandling.KEEP_WHOLE) == {*LAPSE, *PANORAMA, *BURST}
    assert searched(SetHandling.TREAT_AS_BURST) == {*BRACKET, *LAPSE, *PANORAMA, *BURST}


class OnServer:
    """The library on a server, and runs over it."""

    def __init__(self, fake: FakeImmich, library: Path, home: Path) -> None:
        self.fake = fake
        self._source = source_of(fake, library)
        self._home = home

    def __call__(self, **wishes: Any) -> Outcome:
        places: dict[str, Any] = {"cache_dir": str(self._home / "cache"), "state_dir": str(self._home / "state")}
        wanted = Settings(source_type=SourceType.IMMICH, no_faces=True, **places, **wishes)
        policy: VerifyPolicy = never_waiting()
        with ThreadPoolExecutor(1) as executor:
            return PhotoOrganizer(self._source, wanted, executor=executor, policy=policy).run()

    def state(self) -> dict[str, tuple[list[str], str, int | None, str | None]]:
        """The tags, visibility, stars and top of the stack of each photo, by its name."""
        self.fake.settle()
        return {
            asset.name: (
                sorted(self.fake.tags_on(asset)),
                asset.visibility,
                asset.marks.rating or None,
                None if asset.stack is None else asset.stack.primary_id,
            )
            for asset in self.fake.state.assets.values()
        }

    def ids(self) -> dict[str, str]:
        return {asset.name: asset.id for asset in self.fake.state.assets.values()}


@pytest.fixture(params=["v1.118.2", "v2.7.5", "v3.1.0"])
def server(request: pytest.FixtureRequest, library: Path, home: Path) -> Iterator[OnServer]:
    with FakeImmich(request.param) as fake:
        yield OnServer(fake, library, home)


def test_on_a_server_a_set_is_stacked_and_nothing_of_it_is_tagged_archived_or_rated(server: OnServer) -> None:
    wishes = {"tag_only": True, "stack": True, "archive_rest": True, "rate": "best=5,rest=1"}
    outcome = server(**wishes)
    assert outcome.exit_code == 0
    state, ids = server.state(), server.ids()
    assert {name: state[name] for name in BRACKET} == dict.fromkeys(
        BRACKET, ([], "timeline", None, ids["bracket_1.jpg"])
    )
    assert {name: state[name] for name in PANORAMA} == dict.fromkeys(PANORAMA, ([], "timeline", None, ids["pan_2.jpg"]))
    assert [state[name][:3] for name in LAPSE] == [([], "timeline", None)] * len(LAPSE)
    assert state["burst_2.jpg"] == ([TAG, f"{TAG}-best"], "timeline", 5, ids["burst_2.jpg"])
    assert state["burst_3.jpg"] == ([TAG], "timeline", 1, ids["burst_2.jpg"])
    again = server(**wishes)
    assert (again.plan.actions, again.exit_code) == ((), 0)


def test_on_a_server_nothing_of_a_set_leaves_the_timeline(server: OnServer) -> None:
    assert server(archive_rest=True).exit_code == 0
    archived = {asset.name for asset in server.fake.state.assets.values() if asset.visibility == "archive"}
    assert archived == {"burst_1.jpg", "burst_3.jpg"}


def keep(*names: str) -> Any:
    """Keep these photos beside the best of their groups."""

    def change(plan: dict[str, Any]) -> None:
        for group in plan["groups"]:
            for photo in group["photos"]:
                photo["keep"] = photo["keep"] or photo["name"] in names

    return change


def test_a_plan_with_two_keepers_is_carried_out_and_taken_back(library: Path, tmp_path: Path) -> None:
    out, rest, file = tmp_path / "out", tmp_path / "rest.txt", tmp_path / "plan.json"
    before = {path: whole for path, whole in contents(library).items() if path != str(library)}
    assert run(library, "--rate", "best=5,keep=4,rest=-1", "--label", "rest=Red", "--plan", str(file), "--dry-run") == 0
    amend(file, keep("burst_1.jpg", "burst_3.jpg"))
    assert main(["--apply", str(file), "--workers", "1", "--list-rest", str(rest)]) == 0
    assert rest.read_text() == ""
    given = {path.name: path.read_text() for path in library.glob("*.xmp")}
    assert sorted(given) == [f"{name}.xmp" for name in BURST]
    assert ["Rating>4<" in given[f"{name}.xmp"] for name in BURST] == [True, False, True]
    assert main(["--undo", "--yes"]) == 0
    assert {path: whole for path, whole in contents(library).items() if path != str(library)} == before
    assert main(["--apply", str(file), "--workers", "1", "-o", str(out), "--yes"]) == 0
    (burst,) = [names for names in laid_out(out).values() if "burst_1.jpg" in names]
    assert burst == ["best_burst_2.jpg", *BURST]
    assert main(["--undo", "--yes"]) == 0
    assert laid_out(out) == {}
    assert {path: whole for path, whole in contents(library).items() if path != str(library)} == before


def test_the_keepers_of_a_plan_stay_in_sight_on_a_server_and_all_is_taken_back(
    server: OnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server()
    before = server.state()
    wishes = {"tag_only": True, "archive_rest": True, "rate": "best=5,keep=4,rest=2"}
    server(**wishes, keep=9, plan=str(tmp_path / "plan.json"), dry_run=True)
    plan = json.loads(amend(tmp_path / "plan.json", keep("burst_1.jpg")).read_text())
    assert sum(photo["keep"] for group in plan["groups"] for photo in group["photos"]) == 1
    monkeypatch.setenv("IMMICH_URL", server.fake.url)
    monkeypatch.setenv("IMMICH_API_KEY", server.fake.admin.secret)
    believe_at_once(monkeypatch)
    assert main(["--apply", str(tmp_path / "plan.json"), "--workers", "1"]) == 0
    state = server.state()
    assert state["burst_1.jpg"] == ([TAG], "timeline", 4, None)
    assert state["burst_3.jpg"] == ([TAG], "archive", 2, None)
    assert [state[name] for name in BRACKET] == [before[name] for name in BRACKET]
    assert main(["--undo", "--yes", "--source-type", "immich"]) == 0
    assert server.state() == before
