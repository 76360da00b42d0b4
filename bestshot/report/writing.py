"""Writing the pages of a report, which replace earlier ones only once all are complete."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from markupsafe import Markup

from bestshot.analysis.analyser import Progress
from bestshot.errors import OutputError
from bestshot.model.groups import PlannedGroup
from bestshot.plans.document import document_of, to_json
from bestshot.report.model import MissingPicture, Page, Rendition, ReportContent
from bestshot.report.paging import page_name, paged, plan_of_page
from bestshot.report.pictures import PhotoWithFaces, make_renditions
from bestshot.report.rendering import is_report, json_in_html, render, render_group
from bestshot.report.views import GroupView, group_view
from bestshot.sources.interface import PhotoSource
from bestshot.storage.drafts import Drafts
from bestshot.storage.files import writing
from bestshot.storage.opening import open_new
from bestshot.storage.own_files import PRIVATE, OwnKind, check_replaceable, clearing, put_in_place
from bestshot.text import printable
from bestshot.workers.pool import WorkerDied, Workers

REPORT: Final = OwnKind("report", is_report)


def check_report(path: Path) -> None:
    """Raise OutputError where a report cannot have its place: something else is there, or where further pages were."""
    first = _checked(path)
    for number in count(2):
        further = first.with_name(page_name(first.name, number))
        if not os.path.lexists(further):
            return
        check_replaceable(further, REPORT)


class ReportWriter:
    """Writes a report, whose pictures are read from `source` and made by `workers`."""

    def __init__(self, content: ReportContent, source: PhotoSource, workers: Workers, progress: Progress) -> None:
        self._content = content
        self._source = source
        self._workers = workers
        self._progress = progress

    def write(self, path: Path, drafts: Drafts) -> tuple[Path, ...]:
        """Write the first page to `path` and further ones next to it; returns the paths of all.

        Raises OutputError, in which case no page has changed.
        """
        first = _checked(path)
        with writing(first), TemporaryFile(dir=first.parent) as sections:
            lengths = self._make_sections(sections)
            pages = self._divided(first.name, lengths)
            finished = [first.with_name(page.file_name) for page in pages]
            for final in finished:
                check_replaceable(final, REPORT)
            unfinished = [drafts.beside(final) for final in finished]
            with clearing(*unfinished):
                sections.seek(0)
                for page, draft in zip(pages, unfinished, strict=True):
                    of_page = lengths[page.first : page.first + len(page.groups)]
                    self._write_page(page, pages, draft, (sections.read(length).decode() for length in of_page))
                for draft, final in zip(unfinished, finished, strict=True):
                    put_in_place(draft, final, REPORT)
        return tuple(finished)

    def _make_sections(self, file: BinaryIO) -> list[int]:
        """Write the sections of all groups one after another; returns the length of each in bytes."""
        lengths = []
        groups = self._content.plan.groups
        shown = sum(len(group.verdict.ranking) for group in groups)
        with self._progress("Making the report", shown) as advance:
            for view in self._views(groups, advance):
                lengths.append(file.write(render_group(view).encode()))
        return lengths

    def _divided(self, name: str, lengths: list[int]) -> tuple[Page, ...]:
        """The pages, by what the sections take with their part of the plan, and what is around them."""
        groups = self._content.plan.groups
        sizes = [length + len(self._plan_of((group,))) for length, group in zip(lengths, groups, strict=True)]
        empty = Page(1, name, ())
        frame = sum(len(piece.encode()) for piece in self._rendered(empty, [empty], ()))
        return paged(groups, sizes, name, frame)

    def _write_page(self, page: Page, pages: Sequence[Page], draft: Path, sections: Iterable[str]) -> None:
        with (
            writing(draft.with_name(page.file_name)),
            TextIOWrapper(open_new(draft, PRIVATE), encoding="utf-8", newline="\n") as file,
        ):
            file.writelines(self._rendered(page, pages, sections))

    def _rendered(self, page: Page, pages: Sequence[Page], sections: Iterable[str]) -> Iterator[str]:
        return render(page, pages, self._content, sections, self._plan_of(page.groups))

    def _plan_of(self, groups: tuple[PlannedGroup, ...]) -> Markup:
        """The plan of these groups, as it stands in a page."""
        part = plan_of_page(self._content.plan, groups)
        return json_in_html(to_json(document_of(part, self._content.source, self._content.metadata)))

    def _views(self, groups: Sequence[PlannedGroup], advance: Callable[[int], object]) -> Iterator[GroupView]:
        for place, (group, renditions) in enumerate(self._renditions(groups)):
            photos = [ranked.photo for ranked in group.verdict.ranking]
            addresses = [self._source.web_address(photo) for photo in photos]
            yield group_view(place, group, self._content, renditions, addresses)
            advance(len(photos))

    def _renditions(
        self, groups: Sequence[PlannedGroup]
    ) -> Iterator[tuple[PlannedGroup, list[Rendition | MissingPicture]]]:
        """The groups in their order with their pictures, which are finished in any order."""
        made: dict[str, Rendition | MissingPicture] = {}
        waiting = iter(groups)
        group = next(waiting, None)
        for finished in self._workers.run(partial(make_renditions, self._source), map(self._with_faces, groups)):
            result = finished.result
            renditions = [MissingPicture(result.reason)] if isinstance(result, WorkerDied) else result
            made.update(zip((item.photo.id for item in finished.batch), renditions, strict=True))
            while group is not None and all(ranked.photo.id in made for ranked in group.verdict.ranking):
                yield group, [made.pop(ranked.photo.id) for ranked in group.verdict.ranking]
                group = next(waiting, None)

    def _with_faces(self, group: PlannedGroup) -> list[PhotoWithFaces]:
        photos = [ranked.photo for ranked in group.verdict.ranking]
        return [PhotoWithFaces(photo, self._content.faces_of(photo)) for photo in photos]


def _checked(path: Path) -> Path:
    """Resolve links; raises OutputError if something is at `path` that is not an earlier report."""
    with writing(path):
        whole = Path(os.path.realpath(path))  # Path.resolve raises for a link that leads to itself
        if whole.exists() and not whole.is_file():
            raise OutputError(f"The report {printable(str(path))} is not a file: name one, such as report.html.")
    check_replaceable(path, REPORT)
    return whole
