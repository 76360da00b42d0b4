"""A server that misbehaves in every way that we know costs a bounded time and memory, and ends in a sentence."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bestshot.errors import BrokenAnswerError, ImmichError, NotImmichError, UnreachableError
from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.model import Original
from tests.fake_immich import ALWAYS, FakeImmich, Where
from tests.fake_immich.misbehaviours import MISBEHAVIOURS, forms_of
from tests.fake_immich.requests import Answer

HASTY = RetryPolicy(connect=5, answer=5, whole=1, retries=1, backoff=0)

_SOON = 40
"""Seconds within which all tries of a call have to end, on a machine that does much else."""

_LITTLE = 250_000_000
"""Bytes that an answer may take at most: a page of them, and what the server of this test sends."""

READS: dict[str, Callable[[ImmichClient, str], object]] = {
    "version": lambda client, _id: client.get_version(),
    "listing": lambda client, _id: client.get_all_assets(with_exif=True),
    "thumbnail": lambda client, asset_id: client.get_asset_thumbnail(asset_id, "thumbnail"),
}

UNDERSTOOD = frozenset({"half a surrogate", "a number too large"})
"""What is understood all the same."""


@pytest.fixture
def fake() -> Iterator[FakeImmich]:
    with FakeImmich("v2.7.5", checked=False) as server:
        yield server


def client_of(fake: FakeImmich, policy: RetryPolicy = HASTY) -> ImmichClient:
    return ImmichClient(fake.url, fake.admin.secret, policy=policy)


def said_of(read: Callable[[], object]) -> str:
    """What the user is told; nothing if the answer was understood."""
    try:
        read()
    except ImmichError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (name, read)
        for name in MISBEHAVIOURS
        for read in (["version", "thumbnail"] if "redirect" in name else ["listing", "thumbnail"])
        if "page" not in name
    ],
)
def test_a_misbehaving_server_is_told_of_soon_and_for_little_memory(fake: FakeImmich, name: str, read: str) -> None:
    photo = fake.seeds.photo()
    client = client_of(fake)
    if read != "version":
        client.get_current_user()
    fake.faults.misbehave(name, ALWAYS)
    start = time.monotonic()
    tracemalloc.start()
    try:
        said = said_of(lambda: READS[read](client, photo.id))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - start < _SOON
    assert peak < _LITTLE
    assert said.isprintable()
    assert not [form for form in forms_of(fake.admin.secret) if form in said]
    assert said or name in UNDERSTOOD or (read == "thumbnail" and name in ("other bytes", "shorter than announced"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("the same page again", "repeats an earlier one: the server goes in circles"),
        ("pages in a circle", "repeats an earlier one: the server goes in circles"),
        ("empty pages", "is empty, and the server says that more pages follow"),
        ("pages without end", "twice as many as it counts"),
        ("pages backwards", "After page 1 of a search comes page 1, not the next one"),
    ],
)
def test_pages_that_lead_nowhere_are_told(
    fake: FakeImmich, name: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bestshot.immich.listing._SLACK", 20)
    fake.seeds.burst(3)
    fake.faults.misbehave(name, ALWAYS)
    with pytest.raises(NotImmichError, match=sentence):
        client_of(fake).get_all_assets()
    assert fake.count("search_metadata") <= 50


def test_a_search_without_a_count_ends_too(fake: FakeImmich, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bestshot.immich.listing._MOST_PAGES", 20)
    photos = fake.seeds.burst(3)
    client = client_of(fake)
    client.tag_assets([photo.id for photo in photos], ["tidy"])
    [tag] = client.get_tags()
    fake.faults.misbehave("pages without end", ALWAYS)
    with pytest.raises(NotImmichError, match="does not come to an end"):
        client.get_tagged_ids(tag.id)


def test_a_last_page_of_assets_that_were_listed_before_is_no_circle() -> None:
    with FakeImmich("v2.7.5", checked=False) as fake:
        fake.seeds.burst(1003, declared_checksum=True)
        listing = client_of(fake, RetryPolicy()).get_all_assets()
        assert len(listing) + listing.missing == 1003


def test_an_answer_is_given_up_although_a_byte_of_it_comes_before_each_timeout(fake: FakeImmich) -> None:
    client = client_of(fake)
    client.get_current_user()
    fake.faults.misbehave("a body of a byte at a time", ALWAYS)
    with pytest.raises(UnreachableError, match="too slowly"):
        client.get_statistics()


def test_an_answer_that_has_had_its_time_is_not_asked_for_again(fake: FakeImmich) -> None:
    client = client_of(fake, replace(HASTY, retries=3))
    client.get_current_user()
    fake.faults.misbehave("a body of a byte at a time", ALWAYS)
    earlier = len(fake.calls)
    with pytest.raises(UnreachableError, match="too slowly"):
        client.get_statistics()
    assert len(fake.calls) == earlier + 1


def test_an_answer_may_take_long_while_much_of_it_comes(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()

    def slowly(_request: object, answer: Answer) -> Iterator[bytes]:
        body = answer.payload()
        yield f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        for start in range(0, len(body), 1 + len(body) // 10):
            time.sleep(0.05)
            yield body[start : start + 1 + len(body) // 10]

    client = client_of(fake, RetryPolicy(whole=0.2, retries=0))
    client.get_current_user()
    fake.faults.answer_with("slow", slowly, Where("thumbnail"))
    assert client.get_asset_thumbnail(photo.id)


def test_an_original_is_not_read_beyond_the_size_that_the_server_gave(fake: FakeImmich) -> None:
    from io import BytesIO

    photo = fake.seeds.photo()
    fake.faults.misbehave("longer than announced", ALWAYS)
    stream = BytesIO()
    size = len(photo.original.content())
    with pytest.raises(BrokenAnswerError, match="longer than"):
        client_of(fake).save_asset(photo.id, stream, Original(size))
    assert len(stream.getvalue()) <= size
