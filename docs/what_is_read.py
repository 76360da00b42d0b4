"""The tables of docs/what-is-read.md, as the code has them; `python -m docs.what_is_read` writes them anew."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bestshot.metadata.name_patterns import NAME_PATTERNS
from bestshot.model.times import DEFAULT_TIMES
from bestshot.sources.local.companions import NAME_RULES
from bestshot.sources.local.foreign import FOREIGN_FOLDERS

PAGE = Path(__file__).with_name("what-is-read.md")


def with_tables(page: str) -> str:
    """The page with its text as it is, and below each heading of `TABLES` its table."""
    for heading, rows in TABLES.items():
        found = re.search(rf"^## {re.escape(heading)}\n(?:(?!##|\|).*\n)*((?:\|.*\n)*)", page, re.MULTILINE)
        if found is None:
            raise ValueError(f"{PAGE.name} has no heading {heading!r} for the table.")
        table = "".join(f"| {' | '.join(cells)} |\n" for cells in rows())
        page = page[: found.start(1)] + table + page[found.end(1) :]
    return page


def _names() -> Iterator[Iterable[str]]:
    yield "written by", "such as", "its date tells"
    yield "---", "---", "---"
    for row in NAME_PATTERNS:
        yield row.writer, ", ".join(f"`{example}`" for example in row.examples), row.tells.value


def _defaults() -> Iterator[Iterable[str]]:
    yield "written by", "from", "to"
    yield "---", "---", "---"
    for span in DEFAULT_TIMES:
        yield span.writer, f"{span.first:%Y-%m-%d %H:%M:%S}", f"{span.last:%Y-%m-%d %H:%M:%S}"
    yield "cameras, programs that know only the year", "midnight of any New Year", "the same second"


def _companions() -> Iterator[Iterable[str]]:
    yield "written by", "one photo is"
    yield "---", "---"
    for rule in NAME_RULES:
        yield rule.writer, ", ".join(f"`{example}`" for example in rule.examples)


def _foreign() -> Iterator[Iterable[str]]:
    yield "program", "folder", "if there is", "holds", "is read"
    yield "---", "---", "---", "---", "---"
    for row in FOREIGN_FOLDERS:
        signs = [f"beside it {_either(row.beside)}"] * bool(row.beside) + [f"in it {_either(row.inside)}"] * bool(
            row.inside
        )
        reads = "whole" if row.reads == ("*",) else _either(row.reads) or "not"
        yield row.program, _either(row.names), ", or ".join(signs), row.holds, reads


def _either(patterns: Iterable[str]) -> str:
    """Names as one reads them: what stands for hexadecimal digits takes much room."""
    shown = (
        re.sub(r"(?:\[0-9a-f\])+", "HEX", pattern).replace("?" * 8 + ("-" + "?" * 4) * 3 + "-" + "?" * 12, "UUID")
        for pattern in patterns
    )
    return " or ".join(f"`{pattern}`" for pattern in dict.fromkeys(shown))


TABLES: Mapping[str, Callable[[], Iterator[Iterable[str]]]] = {
    "Dates in file names": _names,
    "Dates that may be none": _defaults,
    "Files of one photo": _companions,
    "Folders of other programs": _foreign,
}
"""What makes each table of the page, by the heading above it."""


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
