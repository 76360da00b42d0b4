"""Dividing the groups of a report into pages, and naming these: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from bestshot.model.groups import PlannedGroup
from bestshot.plans.plan import Plan
from bestshot.report.model import Page

MOST_GROUPS = 200
"""Groups per page."""

MOST_PHOTOS = 800
"""Photos per page, unless one group has more: at 40 kB a photo these are 32 MB, which a phone can show."""


def paged(groups: Sequence[PlannedGroup], report_name: str) -> tuple[Page, ...]:
    """Divide groups into pages; without groups, there is one empty page."""
    parts = list(_parts(groups)) or [()]
    return tuple(Page(number, page_name(report_name, number), part) for number, part in enumerate(parts, start=1))


def page_name(report_name: str, number: int) -> str:
    """The file name of a page: that of the report for the first, such as "report-2.html" for the second."""
    if number == 1:
        return report_name
    path = PurePath(report_name)
    return f"{path.stem}-{number}{path.suffix}"


def plan_of_page(plan: Plan, page: Page) -> Plan:
    """The part of a plan that a page can change; without actions, since these follow from the groups."""
    count = sum(len(group.verdict.own) for group in page.groups)
    return replace(plan, groups=page.groups, actions=(), skipped=(), photo_count=count, beyond_limit=0, unread_count=0)


def _parts(groups: Sequence[PlannedGroup]) -> Iterator[tuple[PlannedGroup, ...]]:
    part: list[PlannedGroup] = []
    photos = 0
    for group in groups:
        size = len(group.verdict.ranking)
        if part and (len(part) == MOST_GROUPS or photos + size > MOST_PHOTOS):
            yield tuple(part)
            part, photos = [], 0
        part.append(group)
        photos += size
    if part:
        yield tuple(part)
