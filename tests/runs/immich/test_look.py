"""Whole runs over an Immich server: what they find, fetch, say and never do."""

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bestshot.cli.main import main
from bestshot.errors import (
    MissingPermissionError,
    NotImmichError,
    OrganizerError,
    TooOldError,
    UnreachableError,
    WrongKeyError,
)
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.fake_immich import MORNING, FakeImmich, Scene, Where
from tests.fake_immich.state import Asset, Exif
from tests.support.drawn_library import groups, skipped
from tests.support.immich.folder import impatient
from tests.support.immich.releases import FOUR, on_releases
from tests.support.immich.scripted_server import Reply, scripted

four_versions = pytest.mark.parametrize("fake", FOUR, indirect=True)
only_newest = pytest.mark.parametrize("fake", ["v3.1.0"], indirect=True)

APART = timedelta(seconds=60)
"""Between two photos that are neighbours in time, and no burst."""

ALL_DIFFERENT, SHOWN_TWICE = (2, 4, 10, 11), 13
"""Scenes whose thumbhashes all differ clearly."""

QUICK = ["--no-faces", "--workers", "1"]


@pytest.fixture(autouse=True)
def _no_server_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what a run puts there is taken back.
    for name in ("IMMICH_URL", "IMMICH_API_KEY"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


@pytest.fixture
def bursts(fake: FakeImmich) -> list[Asset]:
    return seeded(fake)


def seeded(fake: FakeImmich) -> list[Asset]:
    """Two bursts, two photos near each other that show different things, and three on their own."""
    seeds, hour = fake.seeds, timedelta(hours=1)
    found = [*seeds.burst(3), *seeds.burst(2, MORNING + hour)]
    seeds.photo("near.jpg", MORNING + 2 * hour)
    seeds.photo("by.jpg", MORNING + 2 * hour + timedelta(seconds=60))
    for n in range(3, 6):
        seeds.photo(f"alone_{n}.jpg", MORNING + n * hour)
    return found


def look(fake: FakeImmich, home: Path, *, rotations: bool = False, **options: Any) -> Outcome:
    """A run in this process."""
    cache = PhotoCache(home / "cache" / "previews")
    source = impatient(fake, cache=cache, **options)
    with ThreadPoolExecutor(2) as executor:
        settings = Settings(no_faces=True, rotations=rotations, cache_dir=str(home / "cache"))
        return PhotoOrganizer(source, settings, executor=executor).run()


def run(fake: FakeImmich, *flags: str) -> int:
    """The command line, with real processes."""
    return main(["--source-type", "immich", "--immich-url", fake.url, *QUICK, *flags])


def fetched(fake: FakeImmich) -> Counter[str]:
    """How many pictures of each size were fetched."""
    old = {"WEBP": "thumbnail", "JPEG": "preview"}
    pictures = [call for call in fake.calls if call.operation == "asset_thumbnail"]
    sizes = Counter(call.query.get("size") or old[call.query["format"]] for call in pictures)
    return sizes + Counter({"original": fake.count("asset_original")})


class TestTraffic:
    @on_releases()
    def test_only_neighbours_in_time_are_compared_and_only_members_of_groups_are_judged(
        self, fake: FakeImmich, tmp_path: Path
    ) -> None:
        bursts = seeded(fake)
        outcome = look(fake, tmp_path)
        assert groups(outcome) == sorted([sorted(a.id for a in bursts[:3]), sorted(a.id for a in bursts[3:])])
        assert [group.verdict.best.id for group in outcome.plan.groups] == [bursts[0].id, bursts[3].id]
        assert fetched(fake) == {"thumbnail": 2, "preview": 5}
        assert fake.count("asset_info") == 0
        assert outcome.exit_code == 0

    @on_releases()
    def test_a_photo_whose_thumbhash_differs_clearly_from_those_of_all_its_neighbours_is_not_fetched(
        self, fake: FakeImmich, tmp_path: Path
    ) -> None:
        for n, number in enumerate(ALL_DIFFERENT):
            fake.seeds.photo(taken=MORNING + n * APART, scene=number)
        later = MORNING + len(ALL_DIFFERENT) * APART
        pair = [fake.seeds.photo(taken=later + n * APART, scene=SHOWN_TWICE) for n in range(2)]
        assert groups(look(fake, tmp_path)) == [sorted(asset.id for asset in pair)]
        assert fetched(fake) == {"preview": 2}

    @only_newest
    def test_what_a_thumbhash_does_not_tell_is_fetched(self, fake: FakeImmich, tmp_path: Path) -> None:
        seeds, (one, other, *_) = fake.seeds, ALL_DIFFERENT
        edited = [seeds.photo(taken=MORNING + n * APART, scene=one) for n in range(2)]
        edited[1].edited_scene = Scene(other)
        later = MORNING + timedelta(days=1)
        within_seconds = [seeds.photo(taken=later + timedelta(seconds=9 * n), scene=ALL_DIFFERENT[n]) for n in range(2)]
        assert groups(look(fake, tmp_path)) == [sorted(asset.id for asset in edited)], "the pictures are those before"
        assert fetched(fake)["thumbnail"] == len(edited + within_seconds)

    @only_newest
    def test_with_rotations_no_thumbhash_counts(self, fake: FakeImmich, tmp_path: Path) -> None:
        for n, number in enumerate(ALL_DIFFERENT):
            fake.seeds.photo(taken=MORNING + n * APART, scene=number)
        look(fake, tmp_path, rotations=True)
        assert fetched(fake)["thumbnail"] == len(ALL_DIFFERENT)

    @only_newest
    def test_without_a_cache_no_preview_is_fetched_to_compare(self, fake: FakeImmich, bursts: list[Asset]) -> None:
        with ThreadPoolExecutor(2) as executor:
            PhotoOrganizer(impatient(fake), Settings(no_faces=True), executor=executor).run()
        assert fetched(fake)["thumbnail"] >= len(bursts)

    @on_releases()
    def test_a_second_run_fetches_no_picture_and_no_run_writes(self, fake: FakeImmich, tmp_path: Path) -> None:
        bursts = seeded(fake)
        first = look(fake, tmp_path)
        fake.forget_calls()
        assert groups(look(fake, tmp_path)) == groups(first)
        assert not fetched(fake)
        assert len(fake.calls) <= 8  # the user, the listing and its count
        assert not fake.writes
        assert len(bursts) == 5

    @pytest.mark.parametrize("preference", ["tag_only", "create_albums", "mark_best_favorite", "archive_rest"])
    @only_newest
    def test_what_the_listing_tells_of_marks_is_not_asked_again(
        self, fake: FakeImmich, bursts: list[Asset], home: Path, preference: str
    ) -> None:
        settings = Settings(dry_run=True, no_faces=True, cache_dir=str(home / "cache"), **{preference: True})  # type: ignore[arg-type] # of several types
        source = impatient(fake)
        with ThreadPoolExecutor(2) as executor:
            outcome = PhotoOrganizer(source, settings, executor=executor).run()
        assert outcome.plan.actions
        assert fake.count("asset_info") == 0
        assert len(bursts) == 5

    @four_versions
    def test_a_picture_that_changed_is_the_only_one_fetched_again(
        self, fake: FakeImmich, bursts: list[Asset], home: Path
    ) -> None:
        look(fake, home)
        fake.forget_calls()
        bursts[4].scene, bursts[4].modified_ms = Scene(99), bursts[4].modified_ms + 1000
        fake.state.revision += 1
        assert groups(look(fake, home)) == [sorted(asset.id for asset in bursts[:3])]
        assert fetched(fake) == {"thumbnail": 1, "preview": 1}, "the preview for a closer look beside its neighbour"

    @only_newest
    def test_what_is_only_guessed_is_compared_by_picture_with_everything(
        self, fake: FakeImmich, bursts: list[Asset], home: Path
    ) -> None:
        for year, name in ((2023, "IMG-20230131-WA0001.jpg"), (2020, "shot.png")):
            copy = fake.seeds.photo(name, MORNING.replace(year=year), scene=bursts[0].scene)
            copy.exif = Exif()
        outcome = look(fake, home)
        assert sorted(len(group) for group in groups(outcome)) == [2, 5]
        fetched_of = {call.path for call in fake.calls if call.operation == "asset_thumbnail"}
        assert len(fetched_of) == len(fake.state.assets)

    @only_newest
    def test_in_full_resolution_originals_alone_are_fetched(
        self, fake: FakeImmich, bursts: list[Asset], home: Path
    ) -> None:
        outcome = look(fake, home, use_thumbnails=False)
        assert len(groups(outcome)) == 2
        assert set(fetched(fake)) == {"original"}
        paths = [call.path for call in fake.calls if call.operation == "asset_original"]
        assert len(paths) == len(set(paths)) >= len(bursts), "each of them is fetched once"

    @only_newest
    def test_what_was_measured_on_previews_is_not_taken_for_measured_on_originals(
        self, fake: FakeImmich, bursts: list[Asset], home: Path
    ) -> None:
        for options, pictures in (({}, {"thumbnail", "preview"}), ({"use_thumbnails": False}, {"original"})):
            fake.forget_calls()
            look(fake, home, **options)
            assert set(fetched(fake)) == pictures
            fake.forget_calls()
            assert len(groups(look(fake, home, **options))) == 2
            assert not fetched(fake)
        assert len(bursts) == 5


class TestWhatIsPassedOver:
    @four_versions
    def test_a_picture_that_is_not_made_yet_is_skipped_and_tried_again(
        self, fake: FakeImmich, bursts: list[Asset], home: Path
    ) -> None:
        kept, bursts[2].scene = bursts[2].scene, None
        outcome = look(fake, home)
        assert list(skipped(outcome)) == [bursts[2].id]
        assert skipped(outcome)[bursts[2].id].startswith("has no picture on the server: ")
        assert outcome.exit_code == 1
        asked = fake.count("asset_thumbnail")
        assert look(fake, home).exit_code == 0
        assert fake.count("asset_thumbnail") == asked, "it is not asked for again until there is one"
        assert groups(outcome) == sorted([sorted(a.id for a in bursts[:2]), sorted(a.id for a in bursts[3:])])
        bursts[2].scene = kept
        again = look(fake, home)
        assert (skipped(again), again.exit_code) == ({}, 0)
        assert sorted(asset.id for asset in bursts[:3]) in groups(again)

    @only_newest
    def test_a_photo_that_is_deleted_during_the_run_is_skipped(
        self, fake: FakeImmich, bursts: list[Asset], home: Path
    ) -> None:
        fake.faults.delete_asset(bursts[1].id, Where("thumbnail"))
        outcome = look(fake, home)
        assert set(skipped(outcome)) <= {bursts[1].id}
        assert sorted([bursts[0].id, bursts[2].id]) in groups(outcome)

    @only_newest
    def test_an_emptied_library_of_which_photos_are_known_is_refused(self, fake: FakeImmich, home: Path) -> None:
        burst = fake.seeds.burst(2)
        look(fake, home)
        fake.seeds.trash(*burst)
        with pytest.raises(
            OrganizerError, match=re.escape(f"{fake.url} holds no photos, yet earlier runs saw")
        ) as error:
            look(fake, home)
        assert error.value.exit_code == 3


class TestWhatGoesWrong:
    """Each is exit code 3 with a sentence that says what to do."""

    @four_versions
    @pytest.mark.usefixtures("bursts")
    def test_a_server_that_goes_during_the_run(self, fake: FakeImmich, home: Path) -> None:
        fake.faults.drop(Where("thumbnail|ping", after=3, times=None))
        with pytest.raises(
            UnreachableError, match=r"cannot be reached or does not answer in time: is it running"
        ) as error:
            look(fake, home)
        assert error.value.exit_code == 3

    @four_versions
    @pytest.mark.usefixtures("bursts")
    def test_a_key_that_ends_during_the_run(self, fake: FakeImmich, home: Path) -> None:
        fake.faults.expire_key(fake.admin, Where("thumbnail", after=2))
        with pytest.raises(WrongKeyError, match="does not accept the API key") as error:
            look(fake, home)
        assert error.value.exit_code == 3

    @only_newest
    @pytest.mark.usefixtures("bursts")
    def test_a_permission_that_is_taken_away_during_the_run(self, fake: FakeImmich, home: Path) -> None:
        fake.admin.permissions[:] = "user.read asset.read asset.view asset.statistics".split()
        fake.faults.take_permission(fake.admin, "asset.view", Where("thumbnail", after=2))
        with pytest.raises(MissingPermissionError, match=r"lacks the permission asset\.view: add it in Immich"):
            look(fake, home)

    @four_versions
    def test_a_wrong_key(
        self, fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("IMMICH_API_KEY", "unknown")
        assert run(fake) == 3
        said = capsys.readouterr()
        assert "does not accept the API key" in said.err
        assert "Account Settings, API Keys" in said.err
        assert (said.out, "Traceback" in said.err) == ("", False)

    @only_newest
    def test_no_key(self, fake: FakeImmich, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(fake) == 3
        assert capsys.readouterr().err.startswith("There is no Immich API key: set IMMICH_API_KEY")

    @pytest.mark.parametrize("fake", ["v1.137.3", "v2.7.5", "v3.2.2"], indirect=True)
    def test_a_missing_permission(
        self, fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        key = fake.seeds.key("user.read", "asset.view", "asset.statistics")
        monkeypatch.setenv("IMMICH_API_KEY", key.secret)
        assert run(fake) == 3
        said = capsys.readouterr().err
        assert "lacks the permission asset.read: add it" in said
        assert "This run needs: user.read, asset.read, asset.view, asset.statistics." in said

    @pytest.mark.parametrize(
        ("version", "error", "said"),
        [
            (Reply(body={"major": 1, "minor": 94, "patch": 1}), TooOldError, "Immich 1.94.1 is too old: 1.95.0 is the"),
            (Reply(body=b"<html></html>", headers={"Content-Type": "text/html"}), NotImmichError, "check the address"),
            (Reply(404, {"message": "Not Found"}), None, "server"),
        ],
        ids=["too old", "a web page", "nothing there"],
    )
    def test_a_server_that_is_too_old_or_none_of_immich(
        self, version: Reply, error: type[Exception] | None, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with scripted({"GET /api/server/version": version}) as server:
            flags = ["--source-type", "immich", "--immich-url", server.url, "--immich-api-key", "a-key"]
            assert main(flags) == 3
            told = capsys.readouterr().err
            assert said in told
            assert "Traceback" not in told
            if error is not None:
                with pytest.raises(error):
                    ImmichPhotoSource(server.url, "a-key").scan()

    @only_newest
    @pytest.mark.parametrize(
        ("flags", "said"),
        [
            (["Photos"], "SOURCE goes with folders only"),
            (["--exclude", "*.png"], "--exclude goes with folders only"),
            (["--link", "hardlink"], "--link goes with folders only"),
            (["--tag", "twins"], "--tag only refines --tag-only"),
            (["--album-prefix", "Twins-"], "--album-prefix only refines --create-albums"),
            (["--tag-only", "--tag", "twins//best"], "has an empty part"),
            (["--demo"], "--demo draws its own photos"),
            (["--immich-url", "http://me:secret@host"], "must not contain a user name"),
            (["--immich-url", "ftp://host"], "is not that of an Immich server"),
            (["--immich-ca", "missing.pem"], "missing.pem does not exist"),
            (["--source-type", "local"], "goes with --source-type immich only"),
            (["--immich-album", "Trip"], "no album called Trip on the server"),
        ],
        ids=" ".join,
    )
    def test_flags_that_do_not_fit_are_wrong_usage(
        self,
        fake: FakeImmich,
        flags: list[str],
        said: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
        assert run(fake, *flags) == 2
        told = capsys.readouterr()
        assert said in told.err
        assert "secret" not in told.err
        assert [*tmp_path.iterdir()] == []

    @pytest.mark.parametrize("flag", ["--include-archived", "--use-full-resolution", "--no-verify-ssl"])
    def test_flags_of_immich_do_not_fit_folders(
        self, flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(tmp_path), flag]) == 2
        assert capsys.readouterr().err == f"{flag} goes with --source-type immich only: leave it out.\n"


class TestCheck:
    @on_releases()
    def test_it_tells_the_version_the_user_the_photos_and_the_permissions(
        self, fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fake.seeds.burst(3)
        monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
        assert run(fake, "--check") == 0
        *lines, permissions = capsys.readouterr().out.splitlines()
        assert lines == [
            f"Server:      Immich {fake.version.removeprefix('v')}",
            "User:        Test Admin",
            "Photos:      3",
        ]
        release = fake.world.release
        if release >= (1, 139, 2):
            told = "all that are needed"
        elif release < (1, 113, 0) or (1, 126, 0) <= release < (1, 136, 0):
            told = "this version checks none of those that this needs"
        else:
            told = "this version does not report them; needed are "
        assert permissions.startswith(f"Permissions: {told}")
        assert not fake.writes

    @pytest.mark.parametrize("fake", ["v1.144.1", "v3.1.0"], indirect=True)
    def test_it_names_what_the_key_has_and_lacks(
        self, fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        key = fake.seeds.key("user.read", "asset.statistics", "asset.read")
        monkeypatch.setenv("IMMICH_API_KEY", key.secret)
        assert run(fake, "--check", "--immich-album", "Trip") == 3
        said = capsys.readouterr()
        assert said.out.splitlines()[-2:] == [
            "Permissions: has user.read, asset.read, asset.statistics",
            "             lacks asset.view, album.read",
        ]
        assert "lacks the permission asset.view: add it in Immich" in said.err

    @only_newest
    def test_the_least_permissions_are_enough(
        self, fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        least = "user.read asset.read asset.view asset.statistics".split()
        monkeypatch.setenv("IMMICH_API_KEY", fake.seeds.key(*least).secret)
        assert run(fake, "--check") == 0
        assert f"Permissions: all that are needed ({', '.join(least)})\n" in capsys.readouterr().out

    def test_it_is_for_servers(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(tmp_path), "--check"]) == 2
        assert "add --source-type immich" in capsys.readouterr().err


class TestKey:
    @pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs a system that shows processes as files")
    @only_newest
    @pytest.mark.usefixtures("bursts")
    def test_on_the_command_line_it_is_warned_of_once_and_shown_nowhere_else(
        self, fake: FakeImmich, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        secret, seen = fake.admin.secret, set()

        def look_around() -> None:
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(line.read_bytes())
                except OSError:
                    continue  # it has just ended

        fake.faults.then("look around", look_around, Where("thumbnail", times=None))
        plan, log = tmp_path / "plan.json", tmp_path / "run.log"
        with caplog.at_level(logging.DEBUG):
            assert run(fake, "--immich-api-key", secret, "--plan", str(plan), "--log-file", str(log), "--verbose") == 0
        said = capsys.readouterr()
        warning = "Other users of this machine can see a key on the command line: IMMICH_API_KEY is safer.\n"
        assert said.err == warning
        assert len(json.loads(plan.read_text())["groups"]) == 2
        assert any(b"multiprocessing" in line for line in seen)
        shown = [said.out, said.err, caplog.text, plan.read_text(), log.read_text()]
        assert not [text for text in shown if secret in text]
        assert not [line for line in seen if secret.encode() in line]
        files = [path for path in [*tmp_path.rglob("*"), *Path(os.environ["HOME"]).rglob("*")] if path.is_file()]
        assert not [path for path in files if secret.encode() in path.read_bytes()]

    @four_versions
    def test_processes_find_it_in_its_file(
        self, fake: FakeImmich, bursts: list[Asset], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "key").write_text(f"{fake.admin.secret}\n")
        (tmp_path / "key").chmod(0o600)
        assert run(fake, "--immich-api-key-file", str(tmp_path / "key")) == 0
        said = capsys.readouterr()
        assert (said.err, len(bursts)) == ("", 5)
        assert "2 groups" in said.out
        assert {call.key for call in fake.calls} <= {None, "admin"}
        assert not fake.writes

    @only_newest
    def test_a_stronger_way_to_give_it_overrules_a_weaker_one(
        self, fake: FakeImmich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "key").write_text(fake.user.secret)
        monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
        assert run(fake, "--check", "--immich-api-key-file", str(tmp_path / "key")) == 0
        monkeypatch.setenv("PHOTO_ORGANIZER_IMMICH_API_KEY_FILE", str(tmp_path / "key"))
        assert run(fake, "--check", "--immich-api-key", fake.admin.secret) == 0
        users = re.findall(r"User: +(.*)", capsys.readouterr().out)
        assert users == ["Second User", "Test Admin"]

    @only_newest
    @pytest.mark.parametrize("content", [None, "", "two words", "\N{SNOWMAN}"])
    def test_a_file_that_holds_none_is_said(
        self, fake: FakeImmich, content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if content is not None:
            (tmp_path / "key").write_text(content, encoding="utf-8")
        assert run(fake, "--check", "--immich-api-key-file", str(tmp_path / "key")) == 3
        said = capsys.readouterr().err
        assert f"key file {tmp_path}/key" in said
        assert not content or content not in said

    def test_settings_do_not_show_it(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert "the-key" not in repr(Settings(immich_api_key="the-key"))
        (tmp_path / "config.toml").write_text("immich_api_key = 4711\n")
        assert main(["--source-type", "immich", "--config", str(tmp_path / "config.toml")]) == 2
        assert "4711" not in capsys.readouterr().err


@four_versions
def test_the_plan_names_the_server_its_groups_and_their_best(
    fake: FakeImmich, bursts: list[Asset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
    assert run(fake, "--plan", str(tmp_path / "plan.json")) == 0
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert (plan["source"]["type"], plan["source"]["locations"]) == ("immich", [fake.url])
    assert plan["source"]["origins"] == [f"immich:{fake.admin.user.id}"]
    assert plan["actions"] == []
    assert bursts[0].id in json.dumps(plan["groups"])
    assert not fake.writes


@only_newest
def test_two_users_one_after_the_other_see_their_own_photos_alone(
    fake: FakeImmich, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.seeds.burst(2)
    for n in range(3):
        fake.seeds.photo(scene=Scene(50, n), owner=fake.user.user)
    for key, photos in ((fake.admin, 2), (fake.user, 3), (fake.admin, 2)):
        (tmp_path / "key").write_text(key.secret)
        fake.forget_calls()
        assert run(fake, "--immich-api-key-file", str(tmp_path / "key")) == 0
        assert re.search(rf"\b{photos} photos", capsys.readouterr().out)
    assert not fetched(fake)


@only_newest
@pytest.mark.usefixtures("bursts")
def test_what_a_process_may_not_do_ends_the_run_with_a_sentence(
    fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = fake.seeds.key("user.read", "asset.read", "asset.statistics")
    monkeypatch.setenv("IMMICH_API_KEY", key.secret)
    assert run(fake) == 3
    said = capsys.readouterr()
    assert said.err.startswith("The API key lacks the permission asset.view: add it in Immich")
    assert (said.out, "Traceback" in said.err) == ("", False)


@only_newest
def test_the_limit_takes_the_oldest_photos(fake: FakeImmich, bursts: list[Asset], home: Path) -> None:
    source = impatient(fake)
    with ThreadPoolExecutor(2) as executor:
        settings = Settings(no_faces=True, cache_dir=str(home), limit=3)
        outcome = PhotoOrganizer(source, settings, executor=executor).run()
    assert groups(outcome) == [sorted(asset.id for asset in bursts[:3])]


@only_newest
@pytest.mark.usefixtures("home")
def test_a_server_without_photos_says_what_is_not_looked_at_and_prefers_no_folder(
    fake: FakeImmich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMMICH_URL", fake.url)
    monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
    there = ["--source-type", "immich", *QUICK]
    assert main(there) == 0
    told = capsys.readouterr().out
    assert told.startswith("No photos found; passed over: archived photos (unless --include-archived), videos, ")
    assert main([*there, "--include-archived"]) == 0
    assert "archived" not in capsys.readouterr().out
    assert main([*there, "--prefer", f"folder:{tmp_path}"]) == 2
    assert capsys.readouterr().err == f"--prefer folder:{tmp_path} goes with folders only: leave it out.\n"


@only_newest
@pytest.mark.usefixtures("home", "bursts")
def test_a_preferred_person_whom_nobody_knows_is_told_and_one_whose_face_is_not_looked_for_refused(
    fake: FakeImmich, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMMICH_URL", fake.url)
    monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
    there = ["--source-type", "immich", "--prefer", "person:Anna", "--workers", "1"]
    assert main([*there, "--no-faces"]) == 2
    assert capsys.readouterr().err == "--prefer person:Anna needs to look at faces: leave out --no-faces.\n"
    assert main(there) == 0
    assert "No face in these groups is called Anna, so nobody is preferred by that name." in capsys.readouterr().err
