"""What the tests read out of a report's page, and photos whose names and data would like to be part of it."""

import json
import os
from base64 import b64decode
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from tests.support.drawn_library import exif, scene

HOSTILE_NAMES = (
    '"><img src=x onerror=hit()>.jpg',
    "'><svg onload=hit()>{{ 7 * 7 }}.jpg",
    "&lt;b&gt;{% raw %}.jpg",
    os.fsdecode(b"\xff\xfe\xe2\x80\xa8\xe2\x80\xae.jpg"),
    "x</script><script>hit()<!--.jpg",
)
"""The last one is in a folder of its own."""


def draw_hostile(library: Path) -> None:
    """A burst under these names, by a camera of such a name, and a file that is no photo."""
    for shot, name in enumerate(HOSTILE_NAMES):
        marked = exif(subsec=str(shot))
        marked[ExifTags.Base.Make] = "<script>hit()</script>"
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        scene(1).save(library / name, "JPEG", exif=marked)
    (library / "<i>no photo.jpg").write_text("words")


@dataclass
class ReportPage(HTMLParser):
    """The elements of a page with their attributes, and its text, style, scripts and plan."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    style: str = ""
    scripts: list[str] = field(default_factory=list)
    plan: Any = None

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, path: Path) -> "ReportPage":
        page = cls()
        page.feed(path.read_text(encoding="utf-8"))
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if tag == "style" and not self.style:
            self.style = data
        elif tag == "script" and attributes.get("id") == "plan":
            self.plan = json.loads(data)
            self.elements.append(("", {}))
        elif tag == "script":
            self.scripts.append(data)
            self.elements.append(("", {}))
        elif data.strip():
            self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of this kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def pictures(self) -> list[Image.Image]:
        """Every picture of the page, decoded."""
        return [decoded(str(attributes["src"])) for attributes in self.all("img")]


def decoded(uri: str) -> Image.Image:
    """The picture in a data URI."""
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(BytesIO(b64decode(data, validate=True)))
