"""What goes wrong on purpose in the fake server: lost writes, broken connections, keys and assets that vanish."""

from collections.abc import Iterator

import pytest
import requests

from tests.fake_immich import ALWAYS, FakeImmich, Where
from tests.fake_immich.plain import Plain
from tests.fake_immich.requests import Json


@pytest.fixture
def fake() -> Iterator[FakeImmich]:
    with FakeImmich("v2.7.5") as server:
        yield server


@pytest.fixture
def plain(fake: FakeImmich) -> Iterator[Plain]:
    client = Plain(fake)
    yield client
    client.close()


@pytest.mark.parametrize("version", ["v1.118.2", "v2.7.5", "v3.1.0"])
def test_a_second_tag_is_seen_and_then_lost_on_part_of_the_assets(version: str) -> None:
    with FakeImmich(version) as fake:
        fake.faults.lose_writes(share=0.8)
        photos = fake.seeds.burst(6)
        plain = Plain(fake)
        plain.tag("first", photos)
        plain.tag("second", photos)
        assert all(fake.tags_on(photo) == {"first", "second"} for photo in photos)
        fake.settle()
        plain.close()
    kept = [photo for photo in photos if "second" in fake.tags_on(photo)]
    assert len(kept) == 1
    assert all("first" in fake.tags_on(photo) for photo in photos)
    assert fake.faults.counts["lost write"] == 5


def test_jobs_end_after_some_more_requests(plain: Plain, fake: FakeImmich) -> None:
    (photo,) = fake.seed_library(1)
    fake.faults.lose_writes(lag=3, share=1)
    plain.tag("first", [photo])
    plain.tag("second", [photo])
    for expected in [{"first", "second"}] * 2 + [{"first"}]:
        assert {tag["value"] for tag in plain("GET", f"/assets/{photo.id}").json()["tags"]} == expected
    plain.tag("second", [photo])
    fake.settle()
    assert fake.tags_on(photo) == {"first", "second"}


@pytest.mark.parametrize("change", [{"isFavorite": True}, {"rating": 4}, {"description": "new"}])
def test_a_tag_after_another_change_is_lost_too(plain: Plain, fake: FakeImmich, change: Json) -> None:
    (photo,) = fake.seed_library(1)
    fake.faults.lose_writes(share=1)
    plain("PUT", f"/assets/{photo.id}", change)
    plain.tag("late", [photo])
    fake.settle()
    assert fake.tags_on(photo) == set()


def test_an_untagging_after_a_tagging_comes_back(plain: Plain, fake: FakeImmich) -> None:
    (photo,) = fake.seed_library(1)
    fake.faults.lose_writes(share=1)
    plain.tag("kept", [photo])
    (tag,) = fake.state.tags
    assert plain("DELETE", f"/tags/{tag}/assets", {"ids": [photo.id]}).json() == [{"id": photo.id, "success": True}]
    assert fake.tags_on(photo) == set()
    fake.settle()
    assert fake.tags_on(photo) == {"kept"}


def test_several_tags_in_one_call_and_favourites_after_tags_are_never_lost(plain: Plain, fake: FakeImmich) -> None:
    photos = fake.seeds.burst(4)
    fake.faults.lose_writes(share=1)
    tags = [tag["id"] for tag in plain("PUT", "/tags", {"tags": ["a", "b"]}).json()]
    plain("PUT", "/tags/assets", {"tagIds": tags, "assetIds": [photo.id for photo in photos]})
    plain("PUT", "/assets", {"ids": [photo.id for photo in photos], "isFavorite": True})
    fake.settle()
    assert all(fake.tags_on(photo) == {"a", "b"} and photo.is_favorite for photo in photos)
    assert fake.faults.counts["lost write"] == 0


def test_a_status_strikes_the_requests_it_was_made_for(plain: Plain, fake: FakeImmich) -> None:
    fake.faults.status(429, Where("/search/", after=1, times=2), retry_after="7")
    answers = [plain("POST", "/search/metadata", {}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert fake.faults.counts == {"429": 2}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_proxy_answers_with_a_web_page(plain: Plain, fake: FakeImmich, status: int) -> None:
    fake.faults.status(status, ALWAYS)
    answer = plain("GET", "/server/ping")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")


@pytest.mark.parametrize("work_done", [False, True])
def test_a_dropped_connection_loses_the_answer_and_perhaps_the_work(
    plain: Plain, fake: FakeImmich, work_done: bool
) -> None:
    photo = fake.seeds.photo()
    fake.faults.drop(work_done=work_done)
    with pytest.raises(requests.ConnectionError):
        plain("PUT", "/assets", {"ids": [photo.id], "isFavorite": True})
    assert photo.is_favorite == work_done
    assert plain("GET", "/server/ping").ok


def test_half_a_body_is_half_a_body(plain: Plain, fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    fake.faults.half_a_body(Where("/thumbnail"))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        plain("GET", f"/assets/{photo.id}/thumbnail")
    assert plain("GET", f"/assets/{photo.id}/thumbnail").ok


def test_a_slow_answer_outlasts_the_client(fake: FakeImmich) -> None:
    fake.faults.slow(30)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{fake.url}/api/server/ping", timeout=(5, 0.5))
    assert fake.faults.counts["slow"] == 1


def test_a_key_can_expire_and_lose_a_permission_half_way(fake: FakeImmich) -> None:
    limited = fake.seeds.key("tag.read", "asset.read")
    fake.faults.take_permission(limited, "tag.read", Where(after=1))
    fake.faults.expire_key(limited, Where(after=2))
    client = Plain(fake, limited)
    assert [client("GET", "/tags").status_code for _ in range(3)] == [200, 403, 401]
    client.close()


def test_an_asset_can_vanish_between_listing_and_marking(plain: Plain, fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    fake.faults.delete_asset(photo.id, Where("/assets$", "PUT"))
    assert [item["id"] for item in plain.search()["items"]] == [photo.id]
    assert plain("PUT", "/assets", {"ids": [photo.id], "isFavorite": True}).status_code == 400
    assert fake.faults.counts == {"asset deleted": 1}


def test_faults_stop_when_told_to(plain: Plain, fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    fake.faults.status(503, ALWAYS)
    fake.faults.refuse_asset(photo.id)
    assert plain("GET", f"/assets/{photo.id}").status_code == 503
    fake.faults.stop()
    assert plain("GET", f"/assets/{photo.id}").status_code == 200
    assert fake.faults.counts == {"503": 1}
