"""Somebody who reviews photos in a real browser, and what tests of that share."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Response, expect

from tests.support.drawn_library import add_burst

PHONE, DESKTOP, WALL = (400, 800), (1280, 800), (2560, 1300)
MANY = 5000
SCROLL = "new Promise(done => { document.getElementById('grid').scrollTop += 900; requestAnimationFrame(done); })"
GROUP = """number => fetch("/api/library").then(answer => answer.json())
    .then(({ groups }) => groups.find(group => group.number === number))"""
RIGHTMOST = """Math.max(document.documentElement.scrollWidth,
    ...[...document.querySelectorAll("dialog[open]")].map(one => one.getBoundingClientRect().right))"""


@dataclass
class Reviewer:
    """Somebody with a window, and what the browser complained of or asked others for meanwhile."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def open(self, address: str) -> None:
        self.page.goto(address)
        expect(self.page.locator("#grid, #viewer").first).to_be_attached()
        expect(self.page.locator("#start")).to_be_hidden()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def card(self, number: int) -> Locator:
        return self.page.get_by_role("listitem", name=f"Group {number}", exact=True)

    def tile(self, number: int, place: int) -> Locator:
        return self.card(number).locator(".tile").nth(place - 1)

    def current(self) -> tuple[int, int]:
        """The group and the place of the photo that has the focus."""
        name = self.page.evaluate("document.activeElement.getAttribute('aria-label')")
        found = re.search(r"(\d+) of \d+, group (\d+)$", name or "")
        assert found is not None, name
        return int(found[2]), int(found[1])

    def shown(self) -> str:
        return self.page.locator("#viewer-name").inner_text()

    def roles(self, number: int) -> list[str]:
        """What the page says each photo of a group is."""
        return [str(one.get_attribute("data-role")) for one in self.card(number).locator(".tile").all()]

    def kept(self) -> None:
        """Wait until the program has kept what was decided; the page shows it before."""
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)

    def state(self, number: int) -> dict[str, Any]:
        """How a group stands as the program has it, with the places of photos instead of their numbers."""
        self.kept()
        group = self.page.evaluate(GROUP, number)
        places = {photo["id"]: place for place, photo in enumerate(group["photos"], start=1)}
        state = group["state"]
        return {
            **state,
            "best": places[state["best"]],
            "keep": [places[id_] for id_ in state["keep"]],
            "out": [places[id_] for id_ in state["out"]],
        }

    def said(self, text: str) -> None:
        expect(self.page.locator("#said")).to_contain_text(text)

    def frame(self, pane: int = 0) -> list[float]:
        """Where the enlarged picture is, and how large."""
        found = (
            self.page.locator(".frame").nth(pane).evaluate("one => Object.values(one.getBoundingClientRect().toJSON())")
        )
        assert isinstance(found, list)
        return found

    def zoom(self) -> int:
        return int(self.page.locator("#viewer-zoom").inner_text().split()[0])


Opener = Callable[..., Reviewer]


def is_place(answer: Response, group: int) -> bool:
    """Whether the program has kept that the reviewer is at this group."""
    return answer.url.endswith("/api/place") and answer.request.post_data_json == {"group": group}


def draw_bursts(folder: Path) -> Path:
    """Three bursts of two, three and four photos, the second photo of each the best."""
    for number, count in ((1, 2), (2, 3), (3, 4)):
        add_burst(folder, f"burst{number}", number, f"2024:06:0{number} 12:00:00", count)
    return folder
