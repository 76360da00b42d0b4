"""Windows in a browser, and a small and a large library to review."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from bestshot.settings.settings import Settings
from tests.support.review_client import served_review, settings_at
from tests.support.review_pages import served_many
from tests.support.reviewer import DESKTOP, MANY, Opener, Reviewer, draw_bursts


@pytest.fixture
def review(browser: Browser) -> Iterator[Opener]:
    """Opens a window; nobody may have met an error in one, and none may have asked for more than its own server."""
    contexts: list[BrowserContext] = []
    reviewers: list[Reviewer] = []

    def opened(
        address: str, size: tuple[int, int] = DESKTOP, scheme: Any = "light", *, touch: bool = False
    ) -> Reviewer:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            has_touch=touch,
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        reviewers.append(Reviewer(context.new_page()))
        reviewers[-1].open(address)
        return reviewers[-1]

    yield opened
    for reviewer in reviewers:
        assert reviewer.complaints == []
        assert len(reviewer.hosts) == 1
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a review of 5,000 groups; tests decide about groups of their own."""
    with served_many(tmp_path_factory.mktemp("many"), MANY) as address:
        yield address


@pytest.fixture(scope="session")
def bursts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bursts that are only looked at, and so by one index for all tests."""
    return draw_bursts(tmp_path_factory.mktemp("bursts") / "photos")


@pytest.fixture
def settings(bursts: Path, tmp_path: Path) -> Settings:
    """Settings for a review of the three bursts, about which nothing is decided yet."""
    return replace(settings_at(tmp_path, bursts), cache_dir=str(bursts.parent / "cache"))


@pytest.fixture
def few(settings: Settings) -> Iterator[str]:
    """The address of a review of the three bursts."""
    with served_review(settings) as served:
        yield served.served.address
