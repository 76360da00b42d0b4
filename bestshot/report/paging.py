"""Dividing the groups of a report into pages by what each was measured to take, and naming these: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from bestshot.model.groups import PlannedGroup
from bestshot.plans.plan import Plan
from bestshot.report.model import Page

MOST_GROUPS = 200
"""Groups per page."""

MOST_BYTES = 5_000_000
"""Bytes per page, unless one group takes more: so much a phone shows at once, and a mail may carry."""

LINKS = 100_000
"""Bytes of a page that are left for the links to the others."""


def paged(groups: Sequence[PlannedGroup], sizes: Sequence[int], report_name: str, frame: int = 0) -> tuple[Page, ...]:
    """Divide groups of these sizes in bytes into pages; without groups, there is one empty page.

    The `frame` is what a page takes without groups.
    """
    pages: list[Page] = []
    first = 0
    for length in list(_lengths(sizes, MOST_BYTES - LINKS - frame)) or [0]:
        number = len(pages) + 1
        pages.append(Page(number, page_name(report_name, number), tuple(groups[first : first + length]), first))
        first += length
    return tuple(pages)


def page_name(report_name: str, number: int) -> str:
    """The file name of a page: that of the report for the first, such as "report-2.html" for the second."""
    if number == 1:
        return report_name
    path = PurePath(report_name)
    return f"{path.stem}-{number}{path.suffix}"


def plan_of_page(plan: Plan, groups: tuple[PlannedGroup, ...]) -> Plan:
    """The part of a plan that a page of these groups can change; without actions, since these follow from them."""
    count = sum(len(group.verdict.own) for group in groups)
    return replace(plan, groups=groups, actions=(), skipped=(), photo_count=count, beyond_limit=0, unread_count=0)


def _lengths(sizes: Sequence[int], most: int) -> Iterator[int]:
    """How many groups each page has."""
    length = taken = 0
    for size in sizes:
        if length and (length == MOST_GROUPS or taken + size > most):
            yield length
            length = taken = 0
        length += 1
        taken += size
    if length:
        yield length
