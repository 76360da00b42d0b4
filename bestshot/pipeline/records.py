"""Writing down what was decided, for people and other programs: the plan, the lists, the report."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bestshot.errors import OutputError
from bestshot.model.photo import Metadata, SourceType
from bestshot.pipeline.look import LibraryAnalysis
from bestshot.plans.document import PlanSource, document_of, to_json
from bestshot.plans.lists import rest_of, to_csv
from bestshot.plans.plan import Plan
from bestshot.report.model import ReportContent
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.storage.files import write_atomically, write_out
from bestshot.text import printable


def report_of(plan: Plan, library: LibraryAnalysis, source: PhotoSource) -> ReportContent:
    """The content of the report on a plan."""
    return ReportContent(_from_anywhere(plan), library.metadata, library.appraisals, _described(source))


def write_records(plan: Plan, source: PhotoSource, metadata: Mapping[str, Metadata], settings: Settings) -> None:
    """Write the lists that the settings ask for; raises OutputError."""
    if settings.plan is not None:
        document = document_of(_from_anywhere(plan), _described(source), metadata)
        _write(settings.plan, to_json(document).encode("ascii"), "plan")
    if settings.csv is not None:
        _write(settings.csv, to_csv(plan, metadata).encode("utf-8", "backslashreplace"), "table")
    if settings.list_rest is not None:
        _write(settings.list_rest, rest_of(plan, null=settings.null), "list")


def _described(source: PhotoSource) -> PlanSource:
    origins = source.origins()
    return PlanSource(SourceType.of(origins), source.locations(), origins)


def _from_anywhere(plan: Plan) -> Plan:
    """The plan with an output that is the same one in whatever folder it is carried out."""
    output = plan.options.output
    whole = None if output is None else str(Path(output).absolute())
    return replace(plan, options=replace(plan.options, output=whole))


def _write(where: str, content: bytes, what: str) -> None:
    if where == "-":
        write_out(content)
        return
    try:
        write_atomically(Path(where), content)
    except OSError as error:
        raise OutputError(f"The {what} {printable(where)} cannot be written: {error.strerror or error}.") from error
