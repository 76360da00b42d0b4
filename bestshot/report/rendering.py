"""Rendering pages of a report as HTML that loads nothing and runs only our scripts, whatever the file names."""

import base64
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bestshot.model.groups import GroupKind
from bestshot.model.photo import digest
from bestshot.report.model import Page, ReportContent
from bestshot.report.views import GroupView, totals
from bestshot.text import printable

_FOLDER = Path(__file__).parent

_TITLE = b"<title>Photo Organizer: the groups"


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A stylesheet or script to inline in the page, and its hash for the Content-Security-Policy."""

    text: Markup
    source: str

    @classmethod
    @cache
    def of(cls, name: str) -> "InlineFile":
        """Read the file of this name."""
        text = (_FOLDER / name).read_text(encoding="utf-8")
        hashed = base64.b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")
        return cls(Markup(text), f"'sha256-{hashed}'")  # noqa: S704 - our own file, not user input


@dataclass(frozen=True, slots=True)
class Link:
    """The number of a page and its address."""

    number: int
    href: str


def is_report(head: bytes) -> bool:
    """Whether a file that begins like this is a page of a report."""
    return head.startswith(b"<!doctype html>") and _TITLE in head


def render_group(group: GroupView) -> str:
    """Render the section of a group."""
    return _environment().get_template("group.html").render(group=group)


def render(
    page: Page, pages: Sequence[Page], content: ReportContent, sections: Iterable[str], plan: Markup
) -> Iterator[str]:
    """Render a page piece by piece around its sections as they are rendered; `plan` is the page's plan for HTML."""
    plan_name = printable(f"{Path(page.file_name).stem}-plan.json")
    return (
        _environment()
        .get_template("page.html")
        .generate(
            style=InlineFile.of("page.css"),
            scripts=[InlineFile.of(f"{name}.js") for name in ("decisions", "filters", "viewer")],
            page=page,
            links=[Link(other.number, _relative_link(other.file_name)) for other in pages],
            page_id=digest(*(group.verdict.group.id for group in page.groups)),
            plan_name=plan_name,
            plan_argument=shlex.quote(plan_name),
            command=printable(content.command),
            only_looks=content.plan.options.is_looking,
            locations=[printable(location) for location in content.source.locations],
            totals=totals(content.plan),
            sections=map(Markup, sections),
            kinds=[kind.value for kind in GroupKind],
            plan=plan,
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


def json_in_html(text: str) -> Markup:
    """Escape JSON so that an HTML parser cannot mistake any of it for markup."""
    assert text.isascii()
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - no markup is left in it


def _relative_link(file_name: str) -> str:
    return "./" + quote(file_name.encode("utf-8", "surrogateescape"))
