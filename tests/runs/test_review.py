"""Whole reviews over HTTP: what is shown, what is kept, what is done with it and taken back."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bestshot.cli.main import main
from bestshot.model.photo import digest
from bestshot.plans.decision_store import remember, remembered, reviewed
from bestshot.plans.decisions import Decision, DecisionKind
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.lock import LibraryLock
from tests.support.drawn_library import add_burst, contents, exif, groups, organize, scene
from tests.support.plan_world import draw
from tests.support.report_pages import HOSTILE_NAMES, draw_hostile
from tests.support.review_client import ReviewClient, served_review, settings_at


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("drawn") / "library")


@pytest.fixture
def library(drawn: Path) -> Path:
    """A library that is only looked at, and so by one index for all tests."""
    return drawn


@pytest.fixture
def settings(drawn: Path, tmp_path: Path) -> Settings:
    return replace(settings_at(tmp_path, drawn), cache_dir=str(drawn.parent / "cache"))


@pytest.fixture
def own(drawn: Path, tmp_path: Path) -> Path:
    """A library that may be changed."""
    return Path(shutil.copytree(drawn, tmp_path / "library"))


@pytest.fixture
def window(settings: Settings) -> Iterator[ReviewClient]:
    with served_review(settings) as review:
        yield review.window()


def names_of(told: dict[str, Any]) -> list[list[str]]:
    return [[photo["name"] for photo in group["photos"]] for group in told["groups"]]


def decided(settings: Settings) -> list[tuple[str, list[str]]]:
    made = remembered(Path(settings.state_dir))
    return [(decision.kind.value, [photo.name for photo in decision.photos]) for decision in made]


def test_the_groups_are_told_with_their_photos_best_first(window: ReviewClient, library: Path) -> None:
    told = window.get("/api/library")
    assert names_of(told) == [[f"{name}_{shot}.jpg" for shot in (2, 1, 3)] for name in "abc"]
    first, *_ = told["groups"]
    assert first["photos"][0] | {"revision": ""} == {
        "id": 0,
        "name": "a_2.jpg",
        "width": 160,
        "height": 120,
        "bytes": (library / "a_2.jpg").stat().st_size,
        "revision": "",
        "isReference": False,
    }
    assert (first["number"], first["kind"], first["date"]) == (1, "burst", "2024-06-01")
    assert first["state"] == {"best": 0, "keep": [], "out": [], "skip": False, "seen": False, "decided": False}
    assert (told["source"], told["mayAct"], told["photos"], told["kinds"]) == ("local", True, 10, ["burst"])


def test_each_decision_is_kept_at_once_and_followed_by_every_later_run(
    window: ReviewClient, settings: Settings, library: Path
) -> None:
    assert window.decide(1, "best", 1)["best"] == 1
    assert decided(settings) == [("best", ["a_1.jpg", "a_2.jpg", "a_3.jpg"])]
    assert window.decide(2, "out", 5)["out"] == [5]
    assert window.decide(2, "keep", 4)["keep"] == [4]
    assert window.decide(3, "skip")["skip"] is True
    outcome = organize(library, settings=settings)
    assert groups(outcome) == [["a_1.jpg", "a_2.jpg", "a_3.jpg"], ["b_1.jpg", "b_2.jpg"]]
    first, second = (group.verdict for group in outcome.plan.groups)
    assert first.best.name == "a_1.jpg"
    assert (second.best.name, second.keepers) == ("b_2.jpg", ("b_1.jpg",))


def test_what_is_taken_back_is_as_if_it_had_never_been_decided(window: ReviewClient, settings: Settings) -> None:
    before = window.states()
    window.decide(1, "best", 1)
    window.decide(1, "best", 2)
    window.decide(3, "skip")
    for number, left in ((3, 1), (1, 1), (1, 0)):
        assert window.post("/api/undo-decision", {})["group"] == number
        assert len(decided(settings)) == left
    assert window.states() == before
    assert reviewed(Path(settings.state_dir)) == []
    refused = window.call("POST", "/api/undo-decision", {})
    assert (refused.status, refused.error) == (409, "There is no decision to take back.")


def test_what_is_sent_in_one_call_is_done_in_order_and_what_is_refused_holds_nothing_up(
    window: ReviewClient, settings: Settings
) -> None:
    def best(photo: int) -> dict[str, object]:
        return {"path": "/api/decisions", "body": {"group": 1, "photo": photo, "what": "best"}}

    seen = {"path": "/api/seen", "body": {"groups": [2]}}
    undo = {"path": "/api/undo-decision", "body": {}}
    first, refused, *_, last = window.post("/api/several", [best(1), best(99), seen, best(2), undo, undo, undo])
    assert first["states"]["1"]["best"] == 1
    assert "photo" in refused["error"]
    assert last == {"error": "There is no decision to take back."}
    assert (decided(settings), window.states()[2]["seen"]) == ([], True)
    window.post("/api/several", [best(1), best(2)])
    assert decided(settings) == [("best", ["a_3.jpg", "a_2.jpg", "a_1.jpg"])]


def test_a_group_goes_back_to_what_was_proposed(window: ReviewClient, settings: Settings) -> None:
    before = window.states()
    window.decide(1, "best", 2)
    window.decide(1, "out", 1)
    assert window.decide(1, "propose") == before[1]
    assert decided(settings) == []
    window.post("/api/undo-decision", {})
    assert window.states()[1]["out"] == [1]


def test_a_review_that_is_opened_again_goes_on_where_it_was(settings: Settings) -> None:
    with served_review(settings) as review:
        window = review.window()
        window.decide(2, "best", 5)
        window.decide(3, "skip")
        window.post("/api/seen", {"groups": [1, 2], "value": True})
        window.post("/api/seen", {"groups": [2], "value": False})
        window.post("/api/place", {"group": 3})
        states, place = window.states(), window.get("/api/library")["place"]
    with served_review(settings) as review:
        again = review.window()
        assert again.states() == states
        told = again.get("/api/library")
        assert told["place"] == place == told["groups"][2]["id"]
        assert again.decide(3, "skip", value=False)["skip"] is False
    assert [state["seen"] for state in states.values()] == [True, False, False]
    assert [state["decided"] for state in states.values()] == [False, True, True]


def test_two_windows_see_what_the_other_decides(settings: Settings) -> None:
    with served_review(settings) as review:
        mine, theirs = review.window(), review.window()
        since = theirs.get("/api/changes?since=0")["revision"]
        state = mine.decide(1, "best", 2)
        mine.post("/api/place", {"group": 2})
        changes = theirs.get(f"/api/changes?since={since}")
        assert changes["states"] == {"1": state}
        assert changes["place"] == mine.get("/api/library")["groups"][1]["id"]
        assert theirs.get(f"/api/changes?since={changes['revision']}")["states"] == {}


def test_what_another_run_decides_meanwhile_is_seen_too(window: ReviewClient, settings: Settings) -> None:
    since = window.get("/api/changes?since=0")["revision"]
    window.decide(1, "best", 1)
    remember(Path(settings.state_dir), [Decision.about(DecisionKind.APART, _photos(settings))])
    assert window.get(f"/api/changes?since={since}")["states"]["3"]["skip"] is True
    assert window.decide(3, "skip", value=False)["skip"] is False


def _photos(settings: Settings) -> list[Any]:
    listed = LocalPhotoSource(*settings.source).scan().photos
    return [photo for photo in listed if photo.name.startswith("c_")]


def test_what_was_seen_and_left_can_be_learned_from_until_it_is_to_be_seen_again(
    window: ReviewClient, settings: Settings
) -> None:
    window.post("/api/seen", {"groups": [1], "value": True})
    [left] = reviewed(Path(settings.state_dir))
    assert (left.kind, left.photos[0].name) == (DecisionKind.BEST, "a_2.jpg")
    window.post("/api/seen", {"groups": [1], "value": False})
    assert reviewed(Path(settings.state_dir)) == []
    assert decided(settings) == []


def test_the_numbers_follow_what_is_decided(window: ReviewClient) -> None:
    sizes = {photo["id"]: photo["bytes"] for group in window.get("/api/library")["groups"] for photo in group["photos"]}
    whole = window.get("/api/summary")
    rest = [number for number in sizes if number % 3]
    assert whole == {
        "undecided": 3,
        "decided": 0,
        "seen": 0,
        "rest": {"photos": 6, "bytes": sum(sizes[number] for number in rest)},
        "keep": 0,
        "skipped": 0,
    }
    window.decide(1, "keep", 1)
    window.decide(2, "out", 4)
    window.decide(3, "skip")
    numbers = window.get("/api/summary")
    assert numbers["rest"] == {"photos": 2, "bytes": sizes[2] + sizes[5]}
    assert (numbers["decided"], numbers["keep"], numbers["skipped"]) == (3, 1, 1)


def test_what_is_applied_is_what_the_command_line_does_and_is_taken_back_whole(
    window: ReviewClient, settings: Settings, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window.decide(1, "best", 1)
    window.decide(2, "out", 5)
    window.decide(3, "skip")
    out, theirs, before = tmp_path / "out", tmp_path / "theirs", contents(library)
    preview = window.done("/api/preview", {"folder": str(out)})
    assert not out.exists()
    job = window.done("/api/apply", {"folder": str(out)})
    assert job["state"] == "done"
    assert job["result"]["counts"] == preview["result"]["counts"]
    assert job["result"]["counts"]["copies"] == 5
    assert job["result"]["lines"][0].startswith("5 copies, ")
    flags = ("--cache-dir", settings.cache_dir, "--state-dir", settings.state_dir, "--no-faces", "--workers", "1")
    assert main([str(library), "-o", str(theirs), *flags]) == 0
    assert _files(out) == _files(theirs)
    [run] = [run for run in window.get("/api/history") if run["run"] == job["result"]["run"]]
    assert (run["state"], str(out) in run["about"]) == ("done", True)
    listed = window.get(f"/api/history/{run['run']}")["changes"]
    assert len(listed) == run["changes"]
    assert f"done: copy {library / 'a_1.jpg'} to group_0001/originals/a_1.jpg" in listed
    look = window.done("/api/undo", {"run": run["run"], "look": True})
    assert look["result"]["lines"] == [f"{run['changes']} files to be removed"]
    assert _files(out) == _files(theirs)
    assert window.done("/api/undo", {"run": run["run"]})["result"]["lines"] == [f"{run['changes']} files removed"]
    assert not out.exists() or not _files(out)
    assert contents(library) == before
    capsys.readouterr()
    assert main(["--undo", "--dry-run", *flags[:4]]) == 0
    assert str(theirs) in capsys.readouterr().out  # the page has told of the other undo


def _files(folder: Path) -> dict[str, bytes]:
    """All photos that were laid out; metadata.txt tells the measures of the groups that were proposed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "metadata.txt" and ".photo-organizer" not in path.parts
    }


def test_a_mark_of_a_photo_that_was_taken_out_is_taken_off(own: Path, tmp_path: Path) -> None:
    with served_review(settings_at(tmp_path / "home", own)) as review:
        window = review.window()
        assert window.done("/api/apply", {"tag": True})["result"]["lines"] == ["9 photos tagged"]
        window.decide(1, "out", 2)
        assert "1 photo no longer tagged" in window.done("/api/apply", {"tag": True})["result"]["lines"]
    assert not (own / "a_3.jpg.xmp").exists()
    assert (own / "a_1.jpg.xmp").exists()


def test_a_decision_that_is_made_while_a_job_runs_stands(
    window: ReviewClient, settings: Settings, tmp_path: Path
) -> None:
    window.decide(1, "best", 1)
    window.post("/api/apply", {"folder": str(tmp_path / "out")})
    window.decide(1, "best", 2)
    while window.get("/api/changes?since=0")["job"]["state"] == "running":
        pass
    assert window.states()[1]["best"] == 2
    assert decided(settings) == [("best", ["a_3.jpg", "a_2.jpg", "a_1.jpg"])]


def test_nothing_waits_for_a_review_that_is_only_shown(window: ReviewClient, settings: Settings, library: Path) -> None:
    assert window.get("/api/summary")["undecided"] == 3
    assert groups(organize(library, settings=settings)) == [[f"{name}_{n}.jpg" for n in (1, 2, 3)] for name in "abc"]


def test_another_run_that_holds_the_library_is_told_in_the_page(
    window: ReviewClient, settings: Settings, library: Path, tmp_path: Path
) -> None:
    origins = LocalPhotoSource(library).origins()
    with LibraryLock(Path(settings.cache_dir) / "locks" / digest(*origins)):
        job = window.done("/api/preview", {"folder": str(tmp_path / "out")})
    assert job["state"] == "failed"
    assert job["error"].startswith("Another run is working on this library")


def test_what_cannot_be_done_is_said_before_it_is_begun(window: ReviewClient, tmp_path: Path) -> None:
    for options, sentence in (
        ({}, "Choose what is to be done"),
        ({"stack": True}, "--stack is not for these photos."),
        ({"rate": "best=9"}, "The rate must be a text such as best=5,rest=-1"),
        ({"folder": str(tmp_path), "tag": True}, "one after the other"),
        ({"link": "teleport"}, "The link must be copy, hardlink or symlink"),
        ({"delete": True}, "This call is not understood"),
    ):
        refused = window.call("POST", "/api/apply", options)
        assert (refused.status, sentence in refused.error) == (400, True), refused.error
    assert window.get("/api/changes?since=0")["job"] is None


def test_the_choices_are_those_of_the_source_as_the_command_line_has_them(settings: Settings, tmp_path: Path) -> None:
    given = replace(settings, output=str(tmp_path / "out"), rate="best=5")
    with served_review(given) as review:
        window = review.window()
        choices = {choice["name"]: choice for choice in window.get("/api/choices")}
        assert set(choices) == {"folder", "link", "tag", "albums", "favorite", "rate", "label"}
        assert choices["link"]["choices"] == ["copy", "hardlink", "symlink"]
        assert window.get("/api/library")["defaults"] == {name: one["default"] for name, one in choices.items()}
        assert (choices["folder"]["default"], choices["rate"]["default"]) == (str(tmp_path / "out"), "best=5")


def test_a_home_is_meant_in_a_folder_as_a_shell_means_it(
    window: ReviewClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "mine"))
    preview = window.done("/api/preview", {"folder": "~/organized"})
    assert preview["result"]["lines"][0].endswith(f" to {tmp_path / 'mine' / 'organized'}")


def test_a_review_that_only_shows_decides_and_does_nothing(settings: Settings, tmp_path: Path) -> None:
    with served_review(settings, may_act=False) as review:
        window = review.window()
        assert window.get("/api/library")["mayAct"] is False
        for path, body in (
            ("/api/decisions", {"group": 1, "photo": 1, "what": "best"}),
            ("/api/undo-decision", {}),
            ("/api/preview", {"folder": str(tmp_path / "out")}),
            ("/api/apply", {"folder": str(tmp_path / "out")}),
            ("/api/undo", {"run": 1}),
            ("/api/cancel", {}),
        ):
            refused = window.call("POST", path, body)
            assert (refused.status, refused.error.startswith("This review only shows")) == (403, True), path
        window.post("/api/seen", {"groups": [1], "value": True})
        window.post("/api/place", {"group": 2})
        assert window.states()[1]["seen"] is True
    assert not (tmp_path / "out").exists()
    assert not list(Path(settings.state_dir).glob("*"))


def test_a_photo_is_shown_upright_in_the_size_asked_for_and_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    add_burst(folder)
    turned = exif(subsec="4")
    turned[0x0112] = 6
    stored = scene(1, size=(1600, 1200)).transpose(Image.Transpose.ROTATE_90)
    stored.save(folder / "burst_4.jpg", exif=turned, quality=90)
    with served_review(settings_at(tmp_path / "home", folder)) as review:
        window = review.window()
        photos = {photo["name"]: photo for photo in window.get("/api/library")["groups"][0]["photos"]}
        big, small = photos["burst_4.jpg"], photos["burst_2.jpg"]
        for edge, size in ((320, (320, 240)), (1280, (1280, 960)), (2560, (1600, 1200))):
            shown = window.call("GET", f"/api/photos/{big['id']}/picture?edge={edge}&v={big['revision']}")
            assert Image.open(BytesIO(shown.body)).size == size
            assert (shown.headers["Content-Type"], "immutable" in shown.headers["Cache-Control"]) == (
                "image/jpeg",
                True,
            )
        assert Image.open(BytesIO(window.call("GET", f"/api/photos/{big['id']}/original").body)).size == (1600, 1200)
        original = window.call("GET", f"/api/photos/{small['id']}/original")
        assert original.body == (folder / "burst_2.jpg").read_bytes()
        assert original.headers["Cache-Control"] == "no-store"


def test_a_photo_that_cannot_be_shown_any_more_is_told_in_a_sentence(own: Path, tmp_path: Path) -> None:
    with served_review(settings_at(tmp_path / "home", own)) as review:
        window = review.window()
        (own / "a_2.jpg").unlink()
        missing = window.call("GET", "/api/photos/0/picture?edge=640")
        assert (missing.status, "cannot be read now" in missing.error) == (404, True)
        (own / "a_1.jpg").write_bytes(b"words")
        assert "not a picture" in window.call("GET", "/api/photos/1/picture?edge=640").error
        assert window.call("GET", "/api/photos/2/picture?edge=640").status == 200


def test_names_that_would_like_to_be_more_come_as_text_that_can_be_shown(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    draw_hostile(folder)
    with served_review(settings_at(tmp_path / "home", folder)) as review:
        window = review.window()
        [group] = window.get("/api/library")["groups"]
        told = {photo["name"] for photo in group["photos"]}
        assert len(told) == len(HOSTILE_NAMES)
        assert all(name.isprintable() for name in told)
        details = window.call("GET", "/api/groups/1")
        assert all(line.isprintable() for photo in details.told["photos"] for line in (photo["path"], *photo["lines"]))
        picture = window.call("GET", f"/api/photos/{group['photos'][0]['id']}/picture?edge=320")
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/jpeg")


def test_a_group_is_explained_in_the_words_of_the_report(window: ReviewClient) -> None:
    told = window.get("/api/groups/1")
    best, second, _ = told["photos"]
    assert told["certainty"] == "clear choice"
    assert best["why"][0] == "sharpest picture"
    assert (second["id"], second["path"].endswith("a_1.jpg")) == (1, True)
    assert window.call("GET", "/api/groups/99").status == 404
