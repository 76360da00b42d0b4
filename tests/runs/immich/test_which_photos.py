"""Whole runs over a span of time on a server: nothing else is listed or fetched, and nothing else is taken back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bestshot.errors import SourceError
from tests.fake_immich import MORNING, FakeImmich
from tests.support.immich.releases import FOUR, on_releases
from tests.support.marks.runs import EVERYTHING, Runs

DAYS = timedelta(days=30)
LATER = (MORNING + DAYS).date().isoformat()


def ids(run: Runs, **options: Any) -> set[str]:
    groups = run(**options).plan.groups
    return {photo.id for group in groups for photo in group.verdict.group.photos}


@on_releases(*FOUR)
def test_only_what_is_selected_is_listed_and_fetched(fake: FakeImmich, tmp_path: Path) -> None:
    early, late = fake.seeds.burst(3), fake.seeds.burst(2, MORNING + DAYS)
    run = Runs(fake, tmp_path)
    assert ids(run, since=LATER) == {asset.id for asset in late}
    searches = [call for call in fake.calls if call.operation == "search_metadata"]
    assert searches
    assert all("takenAfter" in call.body for call in searches)
    assert not any(asset.id in call.path for call in fake.calls for asset in early)
    assert ids(run, until=(MORNING + DAYS - timedelta(days=1)).date().isoformat()) == {asset.id for asset in early}


@on_releases(*FOUR)
def test_the_marks_of_a_whole_run_stay_as_they_are(fake: FakeImmich, tmp_path: Path) -> None:
    fake.seeds.burst(3)
    fake.seeds.burst(2, MORNING + DAYS)
    run = Runs(fake, tmp_path)
    assert run(**EVERYTHING).exit_code == 0
    part = run(**EVERYTHING, since=LATER)
    assert (part.plan.actions, part.receipts, len(part.plan.groups)) == ((), (), 1)
    run.check_idle(**EVERYTHING)


@on_releases("v1.118.2", "v3.1.0")
def test_a_span_without_photos_is_not_an_empty_library(fake: FakeImmich, tmp_path: Path) -> None:
    burst = fake.seeds.burst(3)
    run = Runs(fake, tmp_path)
    run()
    assert run(since="2090-01-01").exit_code == 0
    for asset in burst:
        fake.state.remove(asset)
    with pytest.raises(SourceError, match="holds no photos, yet earlier runs saw some"):
        run(since="2090-01-01")
