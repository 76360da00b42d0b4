"""Writing down what was decided, for people and other programs: the plan, the lists, the report."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bestshot.model.photo import Metadata, SourceType
from bestshot.pipeline.look import LibraryAnalysis
from bestshot.plans.document import PlanRun, PlanSource, document_of, is_plan, to_json
from bestshot.plans.lists import is_rest, is_table, rest_of, to_csv
from bestshot.plans.plan import Plan
from bestshot.report.model import ReportContent
from bestshot.settings.settings import Settings, command
from bestshot.sources.interface import PhotoSource
from bestshot.storage.drafts import Drafts
from bestshot.storage.files import write_out
from bestshot.storage.own_files import OwnKind, check_replaceable, write_own


def report_of(plan: Plan, library: LibraryAnalysis, source: PhotoSource) -> ReportContent:
    """The content of the report on a plan."""
    described = _described(source)
    # Whoever applies a plan for a server says to whom the key is sent.
    server = f" --immich-url {described.locations[0]}" if described.type == SourceType.IMMICH else ""
    return ReportContent(_from_anywhere(plan), library.metadata, library.appraisals, described, command() + server)


class Records:
    """The plan and the lists that the settings ask for; raises OutputError where another file has one's place."""

    def __init__(self, settings: Settings, source: PhotoSource, drafts: Drafts) -> None:
        self._settings = settings
        self._source = source
        self._drafts = drafts
        self._began = datetime.now(UTC)
        folders = [origin.removeprefix("folder:") for origin in source.origins()]
        self._kinds = {
            "plan": OwnKind("plan", is_plan),
            "csv": OwnKind("table", is_table),
            "list_rest": OwnKind("list of this library", partial(is_rest, folders=folders)),
        }
        for name, file in settings.records.items():
            if name == "report":
                from bestshot.report.writing import check_report

                check_report(Path(file))
            elif file != "-":
                check_replaceable(Path(file), self._kinds[name])

    def write(self, plan: Plan, metadata: Mapping[str, Metadata]) -> None:
        """Write them; raises OutputError."""
        wanted = self._settings.records
        if "plan" in wanted:
            document = document_of(_from_anywhere(plan), _described(self._source), metadata, PlanRun.since(self._began))
            self._write("plan", to_json(document).encode("ascii"))
        if "csv" in wanted:
            self._write("csv", to_csv(plan, metadata).encode("utf-8", "backslashreplace"))
        if "list_rest" in wanted:
            self._write("list_rest", rest_of(plan, null=self._settings.null))

    def _write(self, name: str, content: bytes) -> None:
        where = self._settings.records[name]
        if where == "-":
            write_out(content)
        else:
            write_own(Path(where), content, self._kinds[name], self._drafts)


def _described(source: PhotoSource) -> PlanSource:
    origins = source.origins()
    return PlanSource(SourceType.of(origins), source.locations(), origins, source.references())


def _from_anywhere(plan: Plan) -> Plan:
    """The plan with an output that is the same one in whatever folder it is carried out."""
    output = plan.options.output
    whole = None if output is None else str(Path(output).absolute())
    return replace(plan, options=replace(plan.options, output=whole))
