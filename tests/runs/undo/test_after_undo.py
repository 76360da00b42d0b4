"""What was undone is as if it had never been: the next run does it again, under the same numbers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bestshot.cli.main import main
from tests.fake_immich import FakeImmich
from tests.runs.undo.test_marks import undo, world
from tests.support import drawn_library
from tests.support.marks.runs import Runs
from tests.support.undo_bench import left


@pytest.fixture
def fake() -> Iterator[FakeImmich]:
    with FakeImmich("v2.7.5") as server:
        yield server


def test_a_stack_of_the_users_that_equals_the_group_is_made_ours_again_after_an_undo(
    fake: FakeImmich, home: Path
) -> None:
    runs = Runs(fake, home)
    best, second, third = runs.known_burst()
    fake.seeds.stack(second, best, third)
    before = world(fake)
    for _ in range(2):
        runs(stack=True)
        assert best.stack is not None
        assert best.stack.primary_id == best.id
        assert left(undo(fake, home / "state")) == {}
        assert world(fake) == before


def test_albums_begin_at_one_again_after_an_undo(fake: FakeImmich, home: Path) -> None:
    runs = Runs(fake, home)
    runs.known_burst()
    for _ in range(3):
        outcome = runs(create_albums=True, stack=True)
        assert [album.name for album in fake.state.albums.values()] == ["Organized-0001"]
        assert [group.number for group in outcome.plan.groups] == [1]
        assert left(undo(fake, home / "state")) == {}
        assert not fake.state.albums


def test_a_new_folder_begins_at_one_whatever_was_tagged_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--no-faces", "--workers", "1"]
    for name, number in (("first", 1), ("second", 2)):
        drawn_library.add_burst(tmp_path / name, name, number)
    assert main([str(tmp_path / "first"), "--tag-only", *quick]) == 0
    capsys.readouterr()
    assert main([str(tmp_path / "second"), "--tag-only", "--dry-run", *quick]) == 0
    assert "Group 1:" in capsys.readouterr().out
    assert main([str(tmp_path / "second"), "-o", str(tmp_path / "out"), *quick]) == 0
    assert [path.name for path in (tmp_path / "out").glob("group_*")] == ["group_0001"]
