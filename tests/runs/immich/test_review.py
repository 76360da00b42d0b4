"""Reviews of an Immich server: its photos shown, marked and given back what they had; its key is told to nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bestshot.immich.keys import KeyFromFile
from bestshot.marks.apply import VerifyPolicy
from bestshot.model.photo import SourceType
from bestshot.review.service import Access
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.fake_immich import ALWAYS, FakeImmich
from tests.support.immich.folder import impatient
from tests.support.marks.on_immich import tagged
from tests.support.plan_world import believe_at_once
from tests.support.review_client import ReviewClient, served_review, settings_at

TAG = "photo-organizer-duplicate"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeImmich]:
    believe_at_once(monkeypatch)
    monkeypatch.setattr("bestshot.review.jobs.VerifyPolicy", partial(VerifyPolicy, (0.0, 0.0, 0.0)))
    with FakeImmich("v3.1.0") as server:
        server.seeds.burst(3)
        server.seeds.burst(2, datetime(2024, 7, 1, 12))
        yield server


@pytest.fixture
def window(fake: FakeImmich, tmp_path: Path) -> Iterator[ReviewClient]:
    settings = replace(settings_at(tmp_path / "home"), source_type=SourceType.IMMICH, immich_url=fake.url)
    key = tmp_path / "key"
    key.write_text(fake.admin.secret)

    def source_of(_settings: Settings) -> ImmichPhotoSource:
        return impatient(fake, KeyFromFile(str(key)), cache=PhotoCache(tmp_path / "home" / "cache" / "immich"))

    with served_review(settings, access=Access(source_of, lambda given: source_of(given).client)) as review:
        yield review.window()


def test_groups_of_a_server_are_tagged_stacked_and_given_back_what_they_had(
    window: ReviewClient, fake: FakeImmich
) -> None:
    library = window.get("/api/library")
    assert (library["source"], [len(group["photos"]) for group in library["groups"]]) == ("immich", [3, 2])
    best = library["groups"][0]["photos"][1]
    window.decide(1, "best", best["id"])
    preview = window.done("/api/preview", {"tag": True, "stack": True})
    assert preview["result"]["lines"] == ["5 photos tagged", "2 groups stacked"]
    assert not tagged(fake, TAG)
    job = window.done("/api/apply", {"tag": True, "stack": True})
    assert job["result"]["lines"] == preview["result"]["lines"]
    assert len(tagged(fake, TAG)) == 5
    on_top = {fake.state.assets[asset.stack.primary_id].name for asset in fake.state.assets.values() if asset.stack}
    assert best["name"] in on_top
    window.done("/api/undo", {"run": job["result"]["run"]})
    assert not tagged(fake, TAG)
    assert not [asset for asset in fake.state.assets.values() if asset.stack]
    states = {run["run"]: run["state"] for run in window.get("/api/history")}
    assert states == {job["result"]["run"]: "undone", max(states): "undo"}


def test_pictures_come_through_the_program_and_the_key_nowhere(window: ReviewClient, fake: FakeImmich) -> None:
    answers = [
        window.call("GET", path)
        for path in (
            "/api/library",
            "/api/groups/1",
            "/api/choices",
            "/api/history",
            "/api/changes?since=0",
            "/api/photos/0/picture?edge=320",
            "/api/photos/0/original",
        )
    ]
    assert [answer.status for answer in answers] == [200] * len(answers)
    for answer in answers:
        assert fake.admin.secret.encode() not in answer.body + str(answer.headers).encode()
    assert max(Image.open(BytesIO(answers[-2].body)).size) <= 320
    assert Image.open(BytesIO(answers[-1].body)).format == "JPEG"
    assert answers[1].told["photos"][0]["address"].startswith(fake.url.removesuffix("/api"))


def _vanish() -> None:
    raise ConnectionResetError


def test_a_server_that_has_gone_is_told_in_a_sentence(window: ReviewClient, fake: FakeImmich) -> None:
    fake.faults.then("vanish", _vanish, ALWAYS)
    job = window.done("/api/preview", {"tag": True})
    assert (job["state"], "cannot be reached" in job["error"]) == ("failed", True), job["error"]
