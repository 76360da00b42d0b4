"""Whole runs that rate photos on a server by their part in a group, as far as its version knows ratings."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bestshot.marks.kinds.roles import RateByRole
from tests.fake_immich import FakeImmich
from tests.fake_immich.state import Asset
from tests.support.marks.on_immich import FOUR
from tests.support.marks.runs import Onlooker, Runs


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


@pytest.fixture
def run(fake: FakeImmich, home: Path) -> Runs:
    return Runs(fake, home)


def ratings(fake: FakeImmich, photos: list[Asset]) -> list[int | None]:
    fake.settle()
    with closing(Onlooker(fake)) as onlooker:
        return [onlooker.photo(photo).rating or None for photo in photos]


def test_photos_are_rated_once_as_far_as_the_version_can(
    fake: FakeImmich, run: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    burst = run.known_burst()
    outcome = run(rate="best=5,rest=1")
    assert outcome.exit_code == 0
    if fake.world.release < (1, 112, 0):
        assert ratings(fake, burst) == [None, None, None]
        assert "3 photos: Immich 1.105.1 does not support ratings: update it to 1.112 or newer." in caplog.text
    else:
        assert ratings(fake, burst) == [5, 1, 1]
    run.check_idle(rate="best=5,rest=1")


def test_rejecting_is_left_out_where_a_version_has_it_not(
    fake: FakeImmich, run: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    burst = run.known_burst()
    assert run(rate="rest=-1").exit_code == 0
    if fake.world.release < (1, 125, 7):
        assert ratings(fake, burst) == [None, None, None]
        assert "update it to 1." in caplog.text
    else:
        assert ratings(fake, burst) == [None, -1, -1]
    run.check_idle(rate="rest=-1")


@pytest.mark.parametrize("fake", ["v2.7.5", "v3.1.0"], indirect=True)
def test_what_the_user_rated_or_rejected_stays(fake: FakeImmich, run: Runs) -> None:
    burst = run.known_burst()
    for photo, rating in zip(burst, (3, -1), strict=False):
        photo.marks = replace(photo.marks, rating=rating)
    fake.state.revision += 1
    assert run(rate="best=5,rest=1", mark_best_favorite=True, inherit=True).exit_code == 0
    assert ratings(fake, burst) == [3, -1, 1]


@pytest.mark.parametrize("fake", ["v1.118.2", "v2.7.5", "v3.1.0"], indirect=True)
def test_what_was_rated_is_taken_back_and_what_was_changed_since_is_told(fake: FakeImmich, run: Runs) -> None:
    burst = run.known_burst()
    run(rate="best=5,rest=1")
    burst[1].marks = replace(burst[1].marks, rating=4)
    fake.state.revision += 1
    outcome = run(rate="best=5,rest=1")
    assert [one.why for one in outcome.plan.left] == ["rated otherwise"]
    run(rate="best=5,rest=1", min_group_size=9)
    assert ratings(fake, burst) == [None, 4, None]
    assert [type(one.action) for one in run.receipts()] == [RateByRole] * 4


def test_a_dry_run_shows_the_calls(fake: FakeImmich, run: Runs) -> None:
    run.known_burst()
    outcome = run(rate="best=5,rest=1", dry_run=True)
    assert fake.writes == []
    planned = [type(one) for one in outcome.plan.actions]
    assert planned == ([] if fake.world.release < (1, 112, 0) else [RateByRole, RateByRole])
