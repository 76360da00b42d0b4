"""Each mark of a whole run is on the server, as a plain client sees it; the next run has nothing to do."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_immich import MORNING, VERSIONS, FakeImmich
from tests.support.marks.on_immich import FOUR
from tests.support.marks.runs import EVERYTHING, Group, Runs, check_reached

MODES: dict[str, dict[str, Any]] = {
    "tags": {"tag_only": True},
    "albums and favourite": {"create_albums": True, "mark_best_favorite": True},
    "stack": {"stack": True},
    "archive": {"archive_rest": True},
    "inherit, where there is nothing to inherit": {"inherit": True},
    "stack and archive": {"stack": True, "archive_rest": True},
    "tags and archive": {"tag_only": True, "archive_rest": True},
    "everything": {**EVERYTHING},
}


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


@pytest.fixture
def groups(fake: FakeImmich) -> list[Group]:
    return bursts(fake)


@pytest.fixture
def run(fake: FakeImmich, home: Path) -> Runs:
    return Runs(fake, home)


def bursts(fake: FakeImmich) -> list[Group]:
    """Two bursts, and two photos that belong to none."""
    seeds, hour = fake.seeds, timedelta(hours=1)
    found: list[Group] = [seeds.burst(3), seeds.burst(2, MORNING + hour)]
    seeds.photo("near.jpg", MORNING + hour)
    seeds.photo("alone.jpg", MORNING + 3 * hour)
    return found


@pytest.mark.parametrize("options", MODES.values(), ids=MODES.keys())
def test_marks_are_set_once_and_nothing_else_is(
    fake: FakeImmich, groups: list[Group], run: Runs, options: dict[str, Any]
) -> None:
    outcome = run(**options)
    assert (outcome.failed, outcome.exit_code) == ((), 0)
    check_reached(fake, groups, **options)
    assert list(outcome.receipts) == run.receipts()
    run.check_idle(**options)
    check_reached(fake, groups, **options)


@pytest.mark.parametrize("version", [version for version in VERSIONS if version not in FOUR])
def test_everything_is_set_once_on_every_other_version(version: str, home: Path) -> None:
    with FakeImmich(version) as fake:
        run, groups = Runs(fake, home), bursts(fake)
        assert run(**EVERYTHING).exit_code == 0
        check_reached(fake, groups, **EVERYTHING)
        run.check_idle(**EVERYTHING)


def test_wishes_one_after_the_other_reach_what_all_at_once_do(fake: FakeImmich, groups: list[Group], run: Runs) -> None:
    for preference in EVERYTHING:
        alone: dict[str, Any] = {preference: True}
        assert run(**alone).exit_code == 0
    check_reached(fake, groups, **EVERYTHING)
    run.check_idle(**EVERYTHING)


def test_originals_are_downloaded_whole_with_their_time_and_only_once(
    fake: FakeImmich, groups: list[Group], run: Runs, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options: dict[str, Any] = {"output": str(out), "tag_only": True}
    assert run(**options).exit_code == 0
    assert fake.count("asset_original") == 5
    for number, group in enumerate(groups, 1):
        folder = out / f"group_{number:04}"
        originals = {path.name: path for path in (folder / "originals").iterdir()}
        assert originals.keys() == {asset.name for asset in group}
        for asset in group:
            path = originals[asset.name]
            assert sha256(path.read_bytes()) == sha256(asset.original.content())
            assert path.stat().st_mtime_ns == asset.modified_ms * 1_000_000
        assert (folder / f"best_{group[0].name}").read_bytes() == group[0].original.content()
    check_reached(fake, groups, **options)
    run.check_idle(**options)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
