"""A page of a report as HTML: nothing is loaded, no foreign script runs, whatever the photos are called."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bestshot.model.photo import digest
from bestshot.report.model import Page
from bestshot.report.views import GroupView, Totals
from bestshot.text import printable

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Inset:
    """A stylesheet or script of ours within the page, and the hash by which its policy lets it through."""

    text: Markup
    source: str

    @classmethod
    @cache
    def of(cls, name: str) -> "Inset":
        """The file of this name."""
        text = (_FOLDER / name).read_text(encoding="utf-8")
        hashed = base64.b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")
        return cls(Markup(text), f"'sha256-{hashed}'")  # noqa: S704 - our own file, no text of the user's


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the report and where it is."""

    number: int
    href: str


def render(
    page: Page, pages: Sequence[Page], totals: Totals, locations: Sequence[str], groups: Iterable[GroupView], plan: str
) -> Iterator[str]:
    """The page in pieces, so that only one group need be in memory; `plan` is the page's part of it as JSON."""
    return (
        _environment()
        .get_template("page.html")
        .generate(
            style=Inset.of("page.css"),
            scripts=[Inset.of(f"{name}.js") for name in ("decisions", "filters", "viewer")],
            page=page,
            links=[Link(other.number, _relative_link(other.file_name)) for other in pages],
            page_id=digest(*(group.verdict.group.id for group in page.groups)),
            plan_name=printable(f"{Path(page.file_name).stem}-plan.json"),
            locations=[printable(location) for location in locations],
            totals=totals,
            groups=groups,
            plan=_json_in_html(plan),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _json_in_html(text: str) -> Markup:
    """JSON in ASCII that no parser of HTML takes for the end of its script, or for anything else."""
    assert text.isascii()
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML knows


def _relative_link(file_name: str) -> str:
    return "./" + quote(file_name.encode("utf-8", "surrogateescape"))
