"""Writing down what was decided, for people and other programs: the plan, the lists, the report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bestshot.analysis.analyser import Progress
from bestshot.errors import OutputError
from bestshot.model.photo import Metadata
from bestshot.pipeline.look import LibraryAnalysis
from bestshot.plans.document import PlanSource, document_of, to_json
from bestshot.plans.lists import rest_of, to_csv
from bestshot.plans.plan import Plan
from bestshot.report.model import ReportContent
from bestshot.report.writing import ReportWriter
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.storage.files import write_atomically, write_out
from bestshot.text import printable
from bestshot.workers.pool import Workers


@dataclass(frozen=True, slots=True)
class PictureMaker:
    """Where the pictures of a report are made."""

    workers: Workers
    progress: Progress


def write_report(
    plan: Plan, library: LibraryAnalysis, source: PhotoSource, settings: Settings, maker: PictureMaker
) -> tuple[Path, ...]:
    """Write the pages of the report that the settings ask for, and return their paths; raises OutputError."""
    assert settings.report is not None  # checked by the caller

    def plan_text(part: Plan) -> str:
        return _plan_text(part, source, library.metadata, settings)

    content = ReportContent(plan, library.metadata, library.appraisals, source.locations(), plan_text)
    return ReportWriter(content, source, maker.workers, maker.progress).write(Path(settings.report))


def write_records(plan: Plan, source: PhotoSource, metadata: Mapping[str, Metadata], settings: Settings) -> None:
    """Write the lists that the settings ask for; raises OutputError."""
    if settings.plan is not None:
        _write(settings.plan, _plan_text(plan, source, metadata, settings).encode("ascii"), "plan")
    if settings.csv is not None:
        _write(settings.csv, to_csv(plan, metadata).encode("utf-8", "backslashreplace"), "table")
    if settings.list_rest is not None:
        _write(settings.list_rest, rest_of(plan, null=settings.null), "list")


def _plan_text(plan: Plan, source: PhotoSource, metadata: Mapping[str, Metadata], settings: Settings) -> str:
    place = PlanSource(settings.source_type, source.locations(), source.origins())
    return to_json(document_of(_from_anywhere(plan), place, metadata))


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
