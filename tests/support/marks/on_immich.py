"""What tests of marks on the fake Immich server share."""

from collections.abc import Iterable

from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.marks.apply import VerifyPolicy
from bestshot.sources.immich.marks import ImmichMarks
from tests.fake_immich import FakeImmich
from tests.fake_immich.state import Asset

AT_ONCE = RetryPolicy(connect=5, answer=20, backoff=0, retries=1)
TAG, BEST = "tidy", "tidy-best"
FOUR = ("v1.105.1", "v1.118.2", "v2.7.5", "v3.1.0")


def client_of(fake: FakeImmich, secret: str | None = None) -> ImmichClient:
    return ImmichClient(fake.url, secret or fake.admin.secret, policy=AT_ONCE)


def marks_on(fake: FakeImmich, secret: str | None = None) -> ImmichMarks:
    return ImmichMarks(client_of(fake, secret), tags=(TAG, BEST), with_stacks=True)


def never_waiting(rounds: int = 12) -> VerifyPolicy:
    return VerifyPolicy((0.0,) * rounds, wait=lambda _seconds: None)


def ids(assets: Iterable[Asset]) -> tuple[str, ...]:
    return tuple(asset.id for asset in assets)


def tagged(fake: FakeImmich, tag: str) -> set[str]:
    return {asset.id for asset in fake.state.assets.values() if tag in fake.tags_on(asset)}
