"""Marks from the command line: what is only planned, what a key needs, and where it is never seen."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bestshot.cli.main import main
from tests.fake_immich import MORNING, FakeImmich, Scene
from tests.support.marks.on_immich import FOUR, TAG
from tests.support.marks.runs import EVERYTHING, Group, Runs, check_reached

EVERY_MARK = [
    "--tag-only",
    "--create-albums",
    "--mark-best-favorite",
    "--stack",
    "--archive-rest",
    "--inherit",
]


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        monkeypatch.setenv("IMMICH_URL", server.url)
        monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
        yield server


@pytest.fixture
def groups(fake: FakeImmich) -> list[Group]:
    return [fake.seeds.burst(3), fake.seeds.burst(2, MORNING + timedelta(hours=1))]


def run(*flags: str) -> int:
    return main(["--source-type", "immich", "--no-faces", "--workers", "1", *flags])


class TestPlan:
    def test_a_dry_run_names_every_change_and_makes_none(
        self, fake: FakeImmich, groups: list[Group], capsys: pytest.CaptureFixture[str]
    ) -> None:
        groups[0][1].is_favorite = True
        fake.seeds.album("Trip", [groups[0][2]])
        assert run(*EVERY_MARK, "--tag", TAG, "--dry-run") == 0
        assert fake.writes == []
        lines = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  would ")]
        told = [line.partition(" (")[0] for line in lines]
        trip = next(iter(fake.state.albums))
        assert sorted(told) == sorted(
            [
                f"would put the tag {TAG} on 3 photos",
                f"would put the tags {TAG} and {TAG}-best on 2 photos",
                "would make the album Organized-0001 with 3 photos",
                "would make the album Organized-0002 with 2 photos",
                f"would add 1 photo to the album {trip}",
                "would make 1 photo favourite",
                "would stack 3 photos for group 1",
                "would stack 2 photos for group 2",
            ]
        )

    def test_a_plan_holds_every_change_by_photo_and_is_what_a_run_then_does(
        self, fake: FakeImmich, groups: list[Group], home: Path, tmp_path: Path
    ) -> None:
        plans = [tmp_path / "dry.json", tmp_path / "made.json"]
        runs = Runs(fake, home)
        runs(**EVERYTHING, dry_run=True, plan=str(plans[0]))
        assert fake.writes == []
        runs(**EVERYTHING, plan=str(plans[1]))
        planned, made = (json.loads(path.read_text())["actions"] for path in plans)
        assert planned == made
        assert {action["action"] for action in planned} == {
            "add-tags",
            "make-album",
            "set-favorite",
            "make-stack",
        }
        check_reached(fake, groups, **EVERYTHING)

    def test_nothing_is_written_where_nothing_was_wished(self, fake: FakeImmich, groups: list[Group]) -> None:
        assert run() == 0
        assert (fake.writes, len(groups)) == ([], 2)


@pytest.mark.parametrize("fake", ["v2.7.5", "v3.1.0"], indirect=True)
class TestPermissions:
    @pytest.mark.parametrize(
        ("flags", "needed"),
        [
            (["--tag-only"], "tag.read, tag.create, tag.asset"),
            (["--mark-best-favorite"], "asset.update"),
            (["--create-albums"], "album.read, album.create, albumAsset.create, albumAsset.delete"),
            (["--stack"], "stack.read, stack.create"),
            (["--archive-rest"], "asset.update, stack.read"),
            (["--inherit"], "asset.update, album.read"),
            (["-o", "out"], "asset.download"),
        ],
        ids=lambda value: value[0] if isinstance(value, list) else "",
    )
    def test_a_check_names_what_the_wishes_need(
        self,
        fake: FakeImmich,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        flags: list[str],
        needed: str,
    ) -> None:
        looking = "user.read asset.read asset.view asset.statistics".split()
        monkeypatch.setenv("IMMICH_API_KEY", fake.seeds.key(*looking).secret)
        assert run("--check", *flags) == 3
        *_, has, lacks = capsys.readouterr().out.splitlines()
        assert has == f"Permissions: has {', '.join(looking)}"
        assert lacks.startswith("             lacks ")
        assert set(needed.split(", ")) <= set(lacks.split("lacks ")[1].split(", "))
        assert fake.writes == []

    @pytest.mark.parametrize("preference", EVERYTHING)
    def test_what_a_check_asks_for_is_enough_for_two_runs_and_a_changed_group(
        self, fake: FakeImmich, groups: list[Group], home: Path, preference: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("--check", f"--{preference.replace('_', '-')}") == 0
        needed = capsys.readouterr().out.rpartition("(")[2].rstrip(")\n").split(", ")
        secret = fake.seeds.key(*needed).secret
        runs, options = Runs(fake, home), dict[str, Any]([(preference, True)])
        for _ in range(2):
            assert runs(secret=secret, **options).exit_code == 0
        groups[0][2].scene, groups[0][2].modified_ms = Scene(99), MORNING.toordinal()
        fake.state.remove(groups[1][0])
        assert runs(secret=secret, **options).exit_code == 0


@pytest.mark.parametrize("fake", ["v3.1.0"], indirect=True)
def test_the_key_is_in_nothing_that_a_mark_run_leaves_behind(
    fake: FakeImmich,
    groups: list[Group],
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        outcome = Runs(fake, home)(**EVERYTHING, plan=str(tmp_path / "plan.json"), output=str(tmp_path / "out"))
        log = str(tmp_path / "run.log")
        assert (
            run(*EVERY_MARK, "--dry-run", "--verbose", "--plan", str(tmp_path / "again.json"), "--log-file", log) == 0
        )
    secret = fake.admin.secret
    said = capsys.readouterr()
    assert secret not in said.out + said.err + caplog.text + repr(outcome)
    files = [path for folder in (tmp_path, home) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert (len(groups), os.environ["IMMICH_API_KEY"]) == (2, secret)
