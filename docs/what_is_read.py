"""The tables of docs/what-is-read.md, as the code has them; `python -m docs.what_is_read` writes them anew."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bestshot.metadata.name_patterns import NAME_PATTERNS
from bestshot.model.times import DEFAULT_TIMES

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


TABLES: Mapping[str, Callable[[], Iterator[Iterable[str]]]] = {
    "Dates in file names": _names,
    "Dates that may be none": _defaults,
}
"""What makes each table of the page, by the heading above it."""


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
