"""Whole runs that carry out plans: an amended plan means what it says, and what it decides is remembered."""

import copy
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bestshot.cli.main import main
from bestshot.pipeline.outcome import Outcome
from bestshot.plans.decision_store import remembered
from bestshot.settings.declaration import WithPlan
from bestshot.settings.reading import load_settings
from bestshot.settings.settings import SETTINGS, Settings
from bestshot.xmp.packet import read
from tests.fake_immich import FakeImmich
from tests.fake_immich.state import Asset
from tests.support.drawn_library import add, add_burst, contents, groups, organize, scene
from tests.support.immich.folder import served
from tests.support.marks.on_immich import tagged
from tests.support.plan_world import (
    amend,
    apply,
    believe_at_once,
    draw,
    laid_out,
    lay_out_before,
    look,
    pick,
    run_on,
    skip,
    take_out,
)

TAG = "photo-organizer-duplicate"
both_ends = pytest.mark.parametrize("fake", ["v1.105.1", "v3.1.0"], indirect=True)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("drawn") / "library")


@pytest.fixture
def library(drawn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn, tmp_path / "library"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def plan(library: Path, out: Path, tmp_path: Path) -> Path:
    look(library, tmp_path / "plan.json", output=str(out))
    return tmp_path / "plan.json"


@pytest.fixture
def fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImmich]:
    believe_at_once(monkeypatch)
    with FakeImmich(request.param) as server:
        monkeypatch.setenv("IMMICH_URL", server.url)
        monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
        yield server


def tags_of(library: Path) -> dict[str, tuple[str, ...]]:
    """The tags in the sidecars of a folder."""
    return {path.stem: tuple(sorted(read(path.read_bytes()).tags)) for path in sorted(library.glob("*.xmp"))}


def decided(state: Path) -> int:
    """How many decisions are remembered."""
    return len(remembered(state))


STATE = Path(".local/state/photo-organizer")


class TestFolder:
    def test_a_plan_is_carried_out_as_if_there_had_been_no_pause(self, plan: Path, out: Path) -> None:
        assert not out.exists()
        assert apply(plan) == 0
        assert laid_out(out) == {
            f"group_000{number}": [f"best_{name}_2.jpg", *(f"{name}_{shot}.jpg" for shot in (1, 2, 3))]
            for number, name in enumerate("abc", start=1)
        }

    def test_an_amended_plan_means_what_it_says(self, plan: Path, out: Path) -> None:
        """Another best, a photo taken out, a group skipped; the groups keep their numbers."""
        assert apply(amend(plan, pick(0, 2), skip(1), take_out(2, 1))) == 0
        assert laid_out(out) == {
            "group_0001": ["best_a_3.jpg", "a_1.jpg", "a_2.jpg", "a_3.jpg"],
            "group_0003": ["best_c_2.jpg", "c_2.jpg", "c_3.jpg"],
        }
        assert "you chose it" in (out / "group_0001" / "metadata.txt").read_text()

    def test_applied_twice_it_changes_nothing_the_second_time(
        self, plan: Path, out: Path, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        amend(plan, pick(0, 2), skip(1), take_out(2, 1))
        assert apply(plan) == 0
        before = contents(library, *out.glob("group_*"))
        capsys.readouterr()
        assert apply(plan) == 0
        assert "nothing to do, everything is in place" in capsys.readouterr().out
        assert contents(library, *out.glob("group_*")) == before

    def test_a_later_plain_run_follows_it_and_changes_nothing(self, plan: Path, out: Path, library: Path) -> None:
        assert apply(amend(plan, pick(0, 2), skip(1))) == 0
        before = contents(*out.glob("group_*"))
        outcome = organize(library, settings=Settings(no_faces=True, output=str(out)))
        assert outcome.plan.actions == ()
        assert contents(*out.glob("group_*")) == before

    def test_photos_that_changed_or_vanished_are_left_alone_with_a_sentence(
        self, plan: Path, out: Path, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (library / "a_1.jpg").unlink()
        add(library / "b_2.jpg", scene(7))
        assert apply(plan) == 1
        said = capsys.readouterr()
        gone = "has changed or vanished since the plan was made, so"
        assert f"a_1.jpg: {gone} it is left alone" in said.err
        assert f"b_2.jpg: {gone} the group of which it is the best is left alone" in said.err
        assert laid_out(out) == {
            "group_0001": ["best_a_2.jpg", "a_2.jpg", "a_3.jpg"],
            "group_0003": ["best_c_2.jpg", "c_1.jpg", "c_2.jpg", "c_3.jpg"],
        }
        assert apply(plan) == 0  # it is no news any more

    def test_a_library_that_is_not_mounted_is_an_error_and_no_vanished_photos(
        self, plan: Path, library: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.rmtree(library)
        library.mkdir()
        assert apply(plan) == 3
        assert "is its disk mounted?" in capsys.readouterr().err
        assert not laid_out(out)

    @pytest.mark.parametrize("between", [(), ("--apply",)])
    def test_the_pages_of_a_report_are_applied_together(self, plan: Path, out: Path, between: tuple[str, ...]) -> None:
        whole = json.loads(plan.read_text())
        pages = [plan.with_name(f"page-{number}.json") for number in range(3)]
        for page, group in zip(pages, whole["groups"], strict=True):
            page.write_text(json.dumps(whole | {"groups": [group]}))
        amend(pages[1], skip(0))
        lay_out_before(plan)
        first, *others = map(str, pages)
        named = [first, *(part for page in others for part in (*between, page))]
        assert main(["--apply", *named, "--workers", "1"]) == 0
        assert list(laid_out(out)) == ["group_0001", "group_0003"]

    def test_it_means_the_same_from_another_folder(
        self, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Although source and output were named by where the user stood then."""
        monkeypatch.chdir(tmp_path)
        look(Path("library"), Path("plan.json"), output="out")
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        assert apply(Path("../plan.json")) == 0
        assert len(laid_out(tmp_path / "out")) == 3
        assert not list((tmp_path / "other").iterdir())
        assert len(list(library.iterdir())) == 10

    def test_several_folders_in_any_spelling(
        self, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: Path
    ) -> None:
        add_burst(tmp_path / "other" / "more", "a", 1)
        monkeypatch.chdir(library)
        shots = Path("..") / "other" / "more", Path("../library")
        organize(*shots, settings=Settings(no_faces=True, plan="../plan.json", output=str(out), dry_run=True))
        monkeypatch.chdir(tmp_path)
        assert apply(amend(Path("plan.json"), pick(0, 4))) == 0
        assert len(laid_out(out)["group_0001"]) == 7

    def test_options_of_the_command_line_stand_for_the_plans(self, plan: Path, out: Path, tmp_path: Path) -> None:
        assert apply(plan, flags=("-o", str(tmp_path / "links"), "--link", "symlink")) == 0
        assert not out.exists()
        assert {path.is_symlink() for path in (tmp_path / "links").glob("group_*/originals/*")} == {True}
        assert len(laid_out(tmp_path / "links")) == 3

    def test_names_that_are_no_text_and_those_of_shells_are_found_again_and_made_to_fit(
        self, tmp_path: Path, out: Path
    ) -> None:
        library = tmp_path / os.fsdecode(b"caf\xe9 $(rm) '\"")
        add_burst(library, os.fsdecode(b"caf\xe9\n=1;<b>"))
        look(library, tmp_path / "plan.json", output=str(out))
        assert apply(amend(tmp_path / "plan.json", pick(0, 1))) == 0
        ((best, *_),) = laid_out(out).values()
        assert best == "best_caf__=1;_b__1.jpg"

    def test_numbers_are_those_of_the_plan_unless_they_are_taken(
        self, plan: Path, out: Path, library: Path, tmp_path: Path
    ) -> None:
        for path in library.glob("[ab]_*"):
            shutil.move(path, tmp_path / path.name)
        organize(library, settings=Settings(no_faces=True, output=str(out)))
        assert laid_out(out)["group_0001"][0] == "best_c_2.jpg"
        for path in tmp_path.glob("[ab]_*"):
            shutil.move(path, library / path.name)
        assert apply(plan) == 0
        assert {name: best for name, (best, *_) in laid_out(out).items()} == {
            "group_0001": "best_c_2.jpg",
            "group_0002": "best_b_2.jpg",
            "group_0003": "best_a_2.jpg",
        }


class TestRecords:
    def test_the_lists_are_those_of_the_amended_plan(self, plan: Path, tmp_path: Path, library: Path) -> None:
        rest, again = tmp_path / "rest", tmp_path / "again.json"
        flags = ("--list-rest", str(rest), "--null", "--plan", str(again), "--csv", str(tmp_path / "table.csv"))
        assert apply(amend(plan, pick(0, 2), skip(1), take_out(2, 1)), flags=flags) == 0
        left = [str(library / name) for name in ("a_2.jpg", "a_1.jpg", "c_3.jpg")]
        assert [os.fsdecode(path) for path in rest.read_bytes().split(b"\0")] == [*left, ""]
        assert [group["best"] for group in json.loads(again.read_text())["groups"]] == ["a_3.jpg", "c_2.jpg"]
        assert (tmp_path / "table.csv").read_text().count("\n") == 6

    def test_a_plan_made_to_look_gives_its_lists_and_its_decisions(
        self, library: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        look(library, tmp_path / "plan.json")
        amend(tmp_path / "plan.json", pick(0, 1))
        before = contents(library)
        assert apply(tmp_path / "plan.json", flags=("--list-rest", "-")) == 0
        said = capsys.readouterr()
        assert said.out.splitlines()[:2] == [str(library / "a_2.jpg"), str(library / "a_3.jpg")]
        assert "1 decision remembered." in said.err
        assert contents(library) == before
        assert decided(home / STATE) == 1

    def test_only_one_of_them_goes_to_standard_output(self, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(library), "--plan", "-", "--csv", "-"]) == 2
        assert "Only one of" in capsys.readouterr().err

    def test_a_path_with_a_line_break_stops_the_run_before_anything_is_changed(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add_burst(tmp_path / "library", "new\nline")
        look(tmp_path / "library", tmp_path / "plan.json", output=str(out))
        assert apply(tmp_path / "plan.json", flags=("--list-rest", str(tmp_path / "rest"))) == 2
        assert "use --null with --list-rest" in capsys.readouterr().err
        assert not laid_out(out)
        assert not (tmp_path / "rest").exists()


def test_what_a_plan_says_of_a_photo_gives_a_terminal_no_orders(
    plan: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def forge(found: dict[str, Any]) -> None:
        for photo in found["groups"][0]["photos"]:
            photo["why"] = ["\x1b[2Jgone\nGroup 9: forged"]
            photo["reasons"] = [{"name": "x", "value": 1, "text": "\x1b[2J"}]

    assert apply(amend(plan, forge), flags=("--dry-run", "--verbose")) == 0
    said = capsys.readouterr().out
    assert "\\x1b[2Jgone\\nGroup 9: forged" in said
    assert "\x1b" not in said
    assert apply(plan) == 0
    assert "\x1b" not in (out / "group_0001" / "metadata.txt").read_text()


class TestRemembering:
    def decide(self, plan: Path) -> None:
        assert apply(amend(plan, pick(0, 2), skip(1), take_out(2, 1))) == 0

    def expect(self, outcome: Outcome) -> None:
        bests = [group.verdict.best.name for group in outcome.plan.groups]
        names = [sorted(one.photo.name for one in group.verdict.ranking) for group in outcome.plan.groups]
        assert dict(zip(bests, names, strict=True)) == {
            "a_3.jpg": ["a_1.jpg", "a_2.jpg", "a_3.jpg"],
            "c_2.jpg": ["c_2.jpg", "c_3.jpg"],
        }

    def test_a_later_run_proposes_nothing_else(self, plan: Path, library: Path) -> None:
        self.decide(plan)
        self.expect(organize(library))

    def test_nor_does_one_on_the_folder_moved_elsewhere(self, plan: Path, library: Path, tmp_path: Path) -> None:
        self.decide(plan)
        moved = library.rename(tmp_path / "moved")
        shutil.copytree(moved, moved / "copies", ignore=shutil.ignore_patterns("a_*", "single*"))
        found = groups(organize(moved, settings=Settings(no_faces=True, exclude=())))
        assert ["a_1.jpg", "a_2.jpg", "a_3.jpg"] in found
        assert not any({"b_1.jpg", "b_2.jpg"} <= set(group) or {"c_1.jpg", "c_2.jpg"} <= set(group) for group in found)

    @pytest.mark.parametrize("version", ["v1.105.1", "v3.1.0"])
    def test_nor_does_one_on_a_server_that_has_the_same_files(self, plan: Path, library: Path, version: str) -> None:
        from concurrent.futures import ThreadPoolExecutor

        from bestshot.pipeline.organizer import PhotoOrganizer

        self.decide(plan)
        with ExitStack() as stack, ThreadPoolExecutor(1) as executor:
            source = served(version, library, stack)
            self.expect(PhotoOrganizer(source, Settings(no_faces=True), executor=executor).run())

    def test_forgetting_makes_the_next_run_as_the_first(
        self, plan: Path, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first = groups(organize(library))
        self.decide(plan)
        assert main(["--forget-decisions", "--dry-run"]) == 0
        assert capsys.readouterr().out.endswith("Would forget 4 decisions.\n")
        assert groups(organize(library)) != first
        assert main(["--forget-decisions"]) == 0
        assert capsys.readouterr().out == "Forgot 4 decisions.\n"
        assert groups(organize(library)) == first

    def test_a_dry_run_remembers_nothing_and_makes_nothing(self, plan: Path, home: Path, out: Path) -> None:
        assert apply(amend(plan, pick(0, 2)), flags=("--dry-run",)) == 0
        assert decided(home / STATE) == 0
        assert not (home / STATE).exists()
        assert not out.exists()

    def test_a_plan_that_is_refused_is_not_remembered(self, plan: Path, home: Path, library: Path) -> None:
        shutil.rmtree(library)
        assert apply(amend(plan, pick(0, 2))) == 3
        assert decided(home / STATE) == 0

    def test_a_plan_that_decides_nothing_leaves_no_file(self, plan: Path, home: Path) -> None:
        assert apply(plan) == 0
        assert not (home / STATE / "decisions.sqlite3").exists()

    def test_changing_ones_mind_counts(self, plan: Path, library: Path, tmp_path: Path) -> None:
        apply(amend(plan, pick(0, 2)))
        look(library, tmp_path / "again.json", output=str(tmp_path / "out"))
        apply(amend(tmp_path / "again.json", pick(0, 2)))
        assert organize(library).plan.groups[0].verdict.best.name == "a_1.jpg"

    def test_a_plan_without_them_takes_decisions_back_and_no_others(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """As does one that was made only to look."""
        asked, changed = tmp_path / "asked.json", tmp_path / "changed.json"
        look(library, asked)
        shutil.copy(asked, changed)
        self.decide(changed)
        as_asked = json.loads(asked.read_text())
        asked.write_text(json.dumps(as_asked | {"groups": as_asked["groups"][1:]}))
        capsys.readouterr()
        assert apply(asked) == 0
        assert "2 decisions remembered." in capsys.readouterr().out
        found = {group.verdict.best.name: len(group.verdict.ranking) for group in organize(library).plan.groups}
        assert found == {"a_3.jpg": 3, "b_2.jpg": 3, "c_2.jpg": 3}
        capsys.readouterr()
        assert apply(asked) == 0
        assert "remembered" not in capsys.readouterr().out


class TestTagsInSidecars:
    def test_a_photo_taken_out_loses_our_tags_and_a_skipped_group_keeps_them(
        self, library: Path, tmp_path: Path
    ) -> None:
        organize(library, settings=Settings(no_faces=True, tag_only=True))
        look(library, tmp_path / "plan.json", tag_only=True)
        assert apply(amend(tmp_path / "plan.json", take_out(0, 1), skip(1), pick(2, 2))) == 0
        assert {name.partition(".")[0]: tags for name, tags in tags_of(library).items() if tags} == {
            "a_2": (TAG, f"{TAG}-best"),
            "a_3": (TAG,),
            "b_1": (TAG,),
            "b_2": (TAG, f"{TAG}-best"),
            "b_3": (TAG,),
            "c_1": (TAG,),
            "c_2": (TAG,),
            "c_3": (TAG, f"{TAG}-best"),
        }

    def test_marks_of_groups_that_are_not_in_the_plan_stay(self, library: Path, tmp_path: Path) -> None:
        organize(library, settings=Settings(no_faces=True, tag_only=True))
        before = tags_of(library)
        look(library, tmp_path / "plan.json", tag_only=True)
        assert apply(amend(tmp_path / "plan.json", lambda found: found["groups"].clear())) == 0
        assert tags_of(library) == before

    @pytest.mark.parametrize("gone", ["a_2.jpg", "a_1.jpg a_3.jpg"])
    def test_marks_of_a_group_that_is_left_alone_stay(self, library: Path, tmp_path: Path, gone: str) -> None:
        organize(library, settings=Settings(no_faces=True, tag_only=True))
        look(library, tmp_path / "plan.json", tag_only=True)
        before = tags_of(library)
        for name in gone.split():
            (library / name).unlink()
        assert apply(tmp_path / "plan.json") == 1
        assert tags_of(library) == before


def burst(fake: FakeImmich, **where: Any) -> list[Asset]:
    return fake.seeds.burst(3, **where)


@both_ends
class TestImmich:
    def plan(self, fake: FakeImmich, path: Path) -> Path:
        run_on(fake, plan=str(path), tag_only=True, dry_run=True)
        return path

    def test_an_amended_plan_means_what_it_says(self, fake: FakeImmich, tmp_path: Path) -> None:
        found = burst(fake)
        path = self.plan(fake, tmp_path / "plan.json")
        assert not fake.writes
        assert apply(amend(path, pick(0, 1), take_out(0, 2))) == 0
        assert tagged(fake, TAG) == {found[0].id, found[1].id}
        assert tagged(fake, f"{TAG}-best") == {found[1].id}

    def test_applied_twice_it_writes_nothing_the_second_time(self, fake: FakeImmich, tmp_path: Path) -> None:
        burst(fake)
        path = amend(self.plan(fake, tmp_path / "plan.json"), pick(0, 1), take_out(0, 2))
        apply(path)
        fake.forget_calls()
        assert apply(path) == 0
        assert not fake.writes

    def test_a_later_plain_run_writes_nothing(self, fake: FakeImmich, tmp_path: Path) -> None:
        burst(fake)
        apply(amend(self.plan(fake, tmp_path / "plan.json"), pick(0, 1), take_out(0, 2)))
        fake.forget_calls()
        assert run_on(fake, tag_only=True).plan.actions == ()
        assert not fake.writes

    def test_photos_that_changed_or_vanished_are_left_alone(
        self, fake: FakeImmich, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        best, kept, changed, vanished = fake.seeds.burst(4)
        path = self.plan(fake, tmp_path / "plan.json")
        changed.modified_ms += 1000
        fake.seeds.trash(vanished)
        assert apply(path) == 1
        said = capsys.readouterr().err
        assert all(f"{asset.id}: has changed or vanished" in said for asset in (changed, vanished))
        assert tagged(fake, TAG) == {best.id, kept.id}

    def test_a_photo_taken_out_loses_our_tags(self, fake: FakeImmich, tmp_path: Path) -> None:
        found = burst(fake)
        run_on(fake, tag_only=True)
        assert len(tagged(fake, TAG)) == 3
        assert apply(amend(self.plan(fake, tmp_path / "plan.json"), take_out(0, 2))) == 0
        assert tagged(fake, TAG) == {found[0].id, found[1].id}

    def test_a_plan_of_another_user_is_refused_and_not_remembered(
        self,
        fake: FakeImmich,
        tmp_path: Path,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        burst(fake)
        path = amend(self.plan(fake, tmp_path / "plan.json"), pick(0, 1))
        monkeypatch.setenv("IMMICH_API_KEY", fake.user.secret)
        assert apply(path) == 2
        assert "of another library or of another user" in capsys.readouterr().err
        assert not fake.writes
        assert decided(home / STATE) == 0

    def test_flags_of_the_server_and_its_marks_go_with_a_plan(self, fake: FakeImmich, tmp_path: Path) -> None:
        found = burst(fake)
        path = self.plan(fake, tmp_path / "plan.json")
        (tmp_path / "key").write_text(fake.admin.secret)
        flags = ("--immich-url", fake.url, "--immich-api-key-file", str(tmp_path / "key"), "--stack")
        assert apply(path, flags=flags) == 0
        assert not tagged(fake, TAG)
        assert found[0].stack is not None

    def test_an_album_that_the_configuration_names_does_not_narrow_it(
        self, fake: FakeImmich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        burst(fake)
        fake.seeds.album("other")
        monkeypatch.setenv("PHOTO_ORGANIZER_IMMICH_ALBUM", "other")
        assert apply(self.plan(fake, tmp_path / "plan.json")) == 0
        assert len(tagged(fake, TAG)) == 3


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("SOURCE",), "cannot be read"),
        (("--source", "x"), "leave out SOURCE"),
        (("--limit", "3"), "leave out --limit"),
        (("--threshold", "3"), "already says which photos belong together: leave out --threshold."),
        (("--rotations",), "already says which photos belong together: leave out --rotations."),
        (("--prefer", "raw"), "already says which photo of a group is the best: leave out --prefer."),
        (("--face-model", "cnn"), "already says which photo of a group is the best: leave out --face-model."),
        (("--tag", "mine"), "replace all those of the plan: say what to do with it"),
        (("--link", "hardlink"), "replace all those of the plan: say what to do with it"),
        (("--stack",), "goes with --source-type immich only"),
        (("--immich-url", "http://nas"), "goes with --source-type immich only"),
        (("--demo",), "--apply and --demo cannot be combined"),
        (("--forget-decisions",), "--apply and --forget-decisions cannot be combined"),
        (("--undo",), "--apply and --undo cannot be combined"),
    ],
)
def test_flags_that_do_not_go_with_a_plan_are_refused_with_a_sentence(
    plan: Path, out: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], told: str
) -> None:
    assert main(["--apply", str(plan), *flags]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()


class Watched(Settings):
    """Settings that note which of them a run asks for, apart from what copies all of them."""

    asked: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> Any:
        if name in SETTINGS and sys._getframe(1).f_code.co_filename != dataclasses.__file__:
            self.asked.add(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("fake", ["v3.1.0"], indirect=True)
def test_every_setting_that_goes_with_a_plan_is_asked_for_when_it_is_carried_out(
    plan: Path, fake: FakeImmich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a folder or on a server: none is accepted and then passed over. What the plan has decided is not asked for."""
    Watched.asked.clear()
    monkeypatch.setattr(
        "bestshot.settings.reading.load_settings",
        lambda *given, **named: Watched(**vars_of(load_settings(*given, **named))),
    )
    burst(fake)
    run_on(fake, plan=str(tmp_path / "of_server.json"), tag_only=True, dry_run=True)
    report = ("--report", str(tmp_path / "report.html"))
    assert apply(plan, flags=("--list-rest", str(tmp_path / "rest"), *report)) == 0
    assert apply(tmp_path / "of_server.json", flags=("--list-rest", str(tmp_path / "rest_of_server"), *report)) == 0
    wanted = {name for name, setting in SETTINGS.items() if not setting.with_plan.is_refused}
    assert wanted - Watched.asked == set()
    decided = {name for name, one in SETTINGS.items() if one.with_plan in (WithPlan.GROUPED, WithPlan.JUDGED)}
    # Before a server is spoken to, it is asked what the key may do.
    assert Watched.asked & decided <= {"no_faces"}


def vars_of(of_run: Settings) -> dict[str, Any]:
    return {name: getattr(of_run, name) for name in SETTINGS}


ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 10**30, 1.5, 1e300, "", "x", "\0", "..", "\ud800", "\udcff", "\x1b[31m",
    [], {}, [[]], [None], {"x": 1}, "folder:", "immich", "hardlink",
)  # fmt: skip
mutations = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(ODD), st.booleans()), min_size=1, max_size=3)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document with each of its keys, but for what tells where to write."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        if key != "output":
            yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations)
def test_a_plan_edited_into_nonsense_is_a_sentence_and_harms_no_photo(
    plan: Path, library: Path, capsys: pytest.CaptureFixture[str], changes: list[tuple[int, Any, bool]]
) -> None:
    """Whatever is changed in it, the program ends in order: nothing is raised, and the library is as it was."""
    found = json.loads(plan.read_text())
    for at, value, is_cut in changes:
        everywhere = list(places(found))
        container, key = everywhere[at % len(everywhere)]
        if is_cut:
            del container[key]
        else:
            container[key] = copy.deepcopy(value)  # a later change may put something into it
    path = plan.with_name("odd.json")
    path.write_text(json.dumps(found))
    before = contents(library)
    capsys.readouterr()
    code = apply(path)
    said = capsys.readouterr().err
    assert code in (0, 1, 2, 3)
    assert code == 0 or said
    assert "\x1b" not in said
    assert contents(library) == before
    assert main([str(library), "--dry-run", "--quiet", "--no-faces", "--workers", "1"]) == 0
