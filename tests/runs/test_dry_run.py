"""A dry run says in words what a run would do: to folders file by file, and to a server call by call."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bestshot.cli.main import main
from bestshot.layout.actions import Action, PlaceBest, RetireBest, WriteMetadata
from bestshot.layout.wording import folder_lines
from bestshot.marks.kinds.albums import AddToAlbum, MakeAlbum
from bestshot.marks.kinds.tags import AddTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.state import PhotoMarks
from bestshot.model.photo import LinkMethod
from bestshot.pipeline.outcome import Outcome
from bestshot.sources.immich.marks import ImmichMarks
from tests.fake_immich import FakeImmich
from tests.support.builders import copy_of, photo
from tests.support.drawn_library import add, add_burst, organize, scene
from tests.support.marks.on_immich import FOUR, client_of
from tests.support.plan_world import amend, apply, believe_at_once, pick, run_on, skip

A, B = photo("a.jpg"), photo("b.jpg")
ACTIONS: list[Action] = [
    copy_of(A),
    copy_of(B),
    replace(copy_of(B, number=2), method=LinkMethod.SYMLINK),
    PlaceBest("group_0001/best_a.jpg", 1, A.origin, A.key, "group_0001/originals/a.jpg"),
    RetireBest("group_0001/best_b.jpg", 1, "group_0001/originals/b.jpg"),
    WriteMetadata("group_0001/metadata.txt", 1, "two photos\n"),
    replace(copy_of(A, number=2), replaces=True),
]


class TestFolders:
    def test_each_group_has_a_line_with_what_would_be_made_of_it(self) -> None:
        assert list(folder_lines(ACTIONS, with_files=False)) == [
            "  would in group_0001 copy 2 files (2.0 kB), show a.jpg as the best, no longer show b.jpg as the best, "
            "write metadata.txt",
            "  would in group_0002 link 1 file, replace 1 file",
        ]

    def test_with_files_each_has_a_line_of_its_own(self) -> None:
        lines = list(folder_lines(ACTIONS, with_files=True))
        assert [line.strip() for line in lines if line.startswith("      ")] == [
            "copy /photos/a.jpg to group_0001/originals/a.jpg",
            "copy /photos/b.jpg to group_0001/originals/b.jpg",
            "show group_0001/originals/a.jpg as group_0001/best_a.jpg",
            "remove group_0001/best_b.jpg, which shows group_0001/originals/b.jpg",
            "write group_0001/metadata.txt",
            "link /photos/b.jpg to group_0002/originals/b.jpg",
            "replace group_0002/originals/a.jpg by /photos/a.jpg",
        ]

    def test_hostile_names_are_harmless(self) -> None:
        odd = photo("a\x1b[31m\n.jpg")
        actions: list[Action] = [
            copy_of(odd),
            PlaceBest("x\n", 1, odd.origin, odd.key, "group_0001/originals/a\x1b.jpg"),
        ]
        lines = list(folder_lines(actions, with_files=True))
        assert len(lines) > len(actions)
        assert all(line.isprintable() for line in lines)

    def test_a_dry_run_prints_them_below_the_groups_and_a_run_does_not(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add_burst(tmp_path / "library")
        organize(tmp_path / "library")  # measured, so that no process has to be started
        flags = [str(tmp_path / "library"), "-o", str(tmp_path / "out"), "--no-faces", "--workers", "1"]
        assert main([*flags, "--dry-run", "--link", "hardlink"]) == 0
        *_, made, summed = capsys.readouterr().out.splitlines()
        assert made == "  would in group_0001 hard-link 3 files, show burst_2.jpg as the best, write metadata.txt"
        assert summed.startswith("3 photos: 1 group with 3 photos, ")
        assert summed.endswith(" in the 2 that are not the best; no single photos; 5 changes planned, none made.")
        assert main([*flags, "--dry-run", "--verbose"]) == 0
        said = capsys.readouterr().out
        assert f"      copy {tmp_path / 'library' / 'burst_1.jpg'} to group_0001/originals/burst_1.jpg\n" in said
        assert main(flags) == 0
        assert "would" not in capsys.readouterr().out

    def test_what_is_told_of_a_plan_is_what_it_does(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Also where a photo joined an output that is there, and another is the best now."""
        library, out = tmp_path / "library", tmp_path / "out"
        add_burst(library)
        options = ("--output", str(out), "--no-faces", "--workers", "1")
        assert main([str(library), *options]) == 0
        add(library / "burst_4.jpg", scene(1, blur=2), subsec="4")
        assert main([str(library), *options, "--dry-run", "--plan", str(tmp_path / "plan.json")]) == 0
        capsys.readouterr()
        assert apply(amend(tmp_path / "plan.json", pick(0, 1)), flags=("--dry-run",)) == 0
        (line,) = (line for line in capsys.readouterr().out.splitlines() if "would" in line)
        assert re.fullmatch(
            r"  would in group_0001 copy 1 file \(.*\), show burst_1\.jpg as the best, "
            r"no longer show burst_2\.jpg as the best, write metadata\.txt",
            line,
        )


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{tag\}|\{album\}")
EVERYTHING: dict[str, Any] = {
    "tag_only": True,
    "create_albums": True,
    "mark_best_favorite": True,
    "stack": True,
    "archive_rest": True,
    "inherit": True,
}


def promised(outcome: Outcome) -> Counter[str]:
    """The calls that a dry run told of, without the ids."""
    found: Counter[str] = Counter()
    for calls in outcome.calls.values():
        for call in calls:
            number, _, route = call.rpartition(" times ")
            found[UUID.sub("{id}", route)] += int(number.replace(",", "") or 1)
    return found


def made(fake: FakeImmich) -> Counter[str]:
    return Counter(f"{call.method} {UUID.sub('{id}', call.path)}" for call in fake.writes)


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImmich]:
    believe_at_once(monkeypatch)
    with FakeImmich(request.param) as server:
        monkeypatch.setenv("IMMICH_URL", server.url)
        monkeypatch.setenv("IMMICH_API_KEY", server.admin.secret)
        yield server


class TestServer:
    @pytest.mark.parametrize(
        "preference",
        [*({name: True} for name in EVERYTHING), EVERYTHING],
        ids=" and ".join,
    )
    def test_exactly_the_calls_are_made_that_a_dry_run_tells(
        self, fake: FakeImmich, preference: dict[str, Any]
    ) -> None:
        """Also those that take back what stood, when the best is another one and a group is none any more."""
        first = fake.seeds.burst(3)
        fake.seeds.burst(2)
        fake.seeds.album("Holidays", first[1:])
        for _ in range(2):
            told = promised(run_on(fake, dry_run=True, **preference))
            fake.forget_calls()
            run_on(fake, **preference)
            assert made(fake) == told
            fake.settle()
            first[0].scene = replace(first[0].scene, number=77) if first[0].scene else None
            first[0].modified_ms += 1000
            fake.state.revision += 1

    def test_the_lines_name_them(self, fake: FakeImmich, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        found = fake.seeds.burst(2)
        run_on(fake, dry_run=True, mark_best_favorite=True, plan=str(tmp_path / "plan.json"))
        assert apply(tmp_path / "plan.json", flags=("--dry-run",)) == 0
        routes = "asset" if fake.version == "v1.105.1" else "assets"
        assert f"  would make 1 photo favourite (PUT /api/{routes})\n" in capsys.readouterr().out
        assert apply(tmp_path / "plan.json", flags=("--dry-run", "--verbose")) == 0
        assert f"  would make 1 photo favourite (PUT /api/{routes}): {found[0].id}\n" in capsys.readouterr().out
        assert apply(amend(tmp_path / "plan.json", skip(0)), flags=("--dry-run",)) == 0
        assert "would" not in capsys.readouterr().out
        assert not fake.writes


class TestManyPhotos:
    KEYS = tuple(f"id-{number}" for number in range(1001))

    def words(self, version: str, *actions: Any, tags: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        listing = {key: PhotoMarks(key) for action in actions for key in action.keys}
        with FakeImmich(version) as fake:
            for tag in tags:
                fake.seeds.tag(tag, [])
            fake.forget_calls()
            told = ImmichMarks(client_of(fake), listing=listing).calls_for(actions)
            assert (fake.writes, fake.count("asset_info")) == ([], 0)
        return list(told)

    def test_calls_that_take_several_say_how_often(self) -> None:
        assert self.words(
            "v3.1.0",
            SetFavorite(self.KEYS, value=True),
            AddTags(self.KEYS, ("a", "b")),
            AddToAlbum("id-9", self.KEYS, 1),
            MakeAlbum(1, "x", self.KEYS),
        ) == [
            ("3 times PUT /api/assets",),
            ("PUT /api/tags", "3 times PUT /api/tags/assets"),
            ("3 times PUT /api/albums/id-9/assets",),
            ("POST /api/albums", "2 times PUT /api/albums/{album}/assets"),
        ]

    def test_before_tags_had_paths_each_is_made_once_if_it_is_missing(self) -> None:
        several = AddTags(("x", "y"), ("a", "b")), AddTags(("z",), ("b",))
        assert self.words("v1.105.1", *several, tags=("a",)) == [
            ("POST /api/tag", "2 times PUT /api/tag/{tag}/assets"),
            ("PUT /api/tag/{tag}/assets",),
        ]

    def test_where_no_call_rates_or_describes_many_each_photo_has_its_own(self) -> None:
        assert self.words("v1.118.2", SetRating("x", 3), SetDescription("y", "z")) == [
            ("PUT /api/assets/x",),
            ("PUT /api/assets/y",),
        ]
