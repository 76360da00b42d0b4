"""Writing down what was decided, for people and other programs: the plan, the table, the list of the rest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bestshot.console import write_out
from bestshot.errors import OutputError
from bestshot.lists import rest_of, to_csv
from bestshot.model import Metadata
from bestshot.plan_format import PlanSource, document_of, to_json
from bestshot.planning import Plan
from bestshot.settings import Settings
from bestshot.text import printable


class Placed(Protocol):
    """What a source tells of where it is."""

    def origins(self) -> tuple[str, ...]:
        """The names, for good, of the libraries that are read."""

    def locations(self) -> tuple[str, ...]:
        """Where the photos are, in the user's words."""


def write_records(plan: Plan, source: Placed, facts: Mapping[str, Metadata], settings: Settings) -> None:
    """Write all that the settings ask for; raises OutputError."""
    if settings.plan is not None:
        place = PlanSource(settings.source_type, source.locations(), source.origins())
        _write(settings.plan, to_json(document_of(plan, place, facts)).encode("ascii"), "plan")
    if settings.csv is not None:
        _write(settings.csv, to_csv(plan, facts).encode("utf-8", "backslashreplace"), "table")
    if settings.list_rest is not None:
        _write(settings.list_rest, rest_of(plan, null=settings.null), "list")


def _write(where: str, content: bytes, what: str) -> None:
    if where == "-":
        write_out(content)
        return
    try:
        Path(where).write_bytes(content)
    except OSError as error:
        raise OutputError(f"The {what} {printable(where)} cannot be written: {error.strerror or error}.") from error
