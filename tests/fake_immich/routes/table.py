"""The table of routes: which release serves what, where, to whom, with which status."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from tests.fake_immich.fields import Field
from tests.fake_immich.jobs import Jobs
from tests.fake_immich.pictures import QUICK_PREVIEW_EDGE
from tests.fake_immich.requests import Answer, Json, Request
from tests.fake_immich.state import Asset, State
from tests.fake_immich.versions import FIRST, LAST, Release, release

SCOPES_BEGIN = (1, 113, 0)
SCOPES_EVERYWHERE = (1, 137, 0)
SCOPES_OR_ALL = (1, 136, 0)
PUBLIC = "public"
ANY_KEY = "any key"


@dataclass(slots=True)
class World:
    """One fake server at one release, as the handlers see it."""

    release: Release
    state: State
    jobs: Jobs
    preview_edge: int = QUICK_PREVIEW_EDGE
    listing: tuple[int, str, list[Asset]] | None = None  # the last search, for its next pages


Handler = Callable[[World, Request], Answer | Json]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table. `scope` is what a key needs today, `scoped_since` when it began to be asked for."""

    operation: str
    method: str
    path: str
    since: Release
    until: Release
    status: int
    scope: str
    scoped_since: Release
    admin: bool
    body: tuple[Field, ...]
    query: tuple[Field, ...]
    handler: Handler

    def permission(self, now: Release) -> str:
        """What a key needs in a release: a scope, `all`, `any key`, or `public`."""
        if self.scope == PUBLIC or now >= self.scoped_since:
            return self.scope
        return "all" if now >= SCOPES_OR_ALL else ANY_KEY

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The ids in the path, or None when the path is not this route's."""
        found = _pattern(self.path).fullmatch(path) if method == self.method else None
        return None if found is None else found.groupdict()


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


ROUTES: list[Route] = []


def route(
    operation: str,
    where: str,
    scope: str,
    *,
    since: str | None = None,
    until: str | None = None,
    status: int = 200,
    scoped_since: Release = SCOPES_EVERYWHERE,
    admin: bool = False,
    body: Iterable[Field] = (),
    query: Iterable[Field] = (),
) -> Callable[[Handler], Handler]:
    """Put a handler into the table.

    `[s]` in a path is a plural that came with 1.106.0: one row then becomes two. The first row that fits is taken.
    """
    method, path = where.split()
    first = FIRST if since is None else release(since)
    last = LAST if until is None else release(until)

    def enter(handler: Handler) -> Handler:
        for form, begin, end in _forms(path, first, last):
            row = Route(
                operation,
                method,
                form,
                begin,
                end,
                status,
                scope,
                scoped_since,
                admin,
                tuple(body),
                tuple(query),
                handler,
            )
            ROUTES.append(row)
        return handler

    return enter


def _forms(path: str, first: Release, last: Release) -> list[tuple[str, Release, Release]]:
    if "[s]" not in path:
        return [(path, first, last)]
    spans = [(path.replace("[s]", ""), first, min(last, (1, 105, 99)))]
    spans.append((path.replace("[s]", "s"), max(first, (1, 106, 0)), last))
    return [span for span in spans if span[1] <= span[2]]


def served(now: Release) -> list[Route]:
    """The rows that a release has."""
    return [row for row in ROUTES if row.since <= now <= row.until]
