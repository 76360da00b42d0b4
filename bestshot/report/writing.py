"""Writing a report: group by group into its pages, which appear all at once when they are whole."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from bestshot.analysis.analyser import Progress
from bestshot.errors import OutputError
from bestshot.model.groups import PlannedGroup
from bestshot.report.model import NoPortrait, Page, Rendition, Subject
from bestshot.report.pages import paged, plan_of_page
from bestshot.report.pictures import PhotoWithFaces, portray
from bestshot.report.rendering import render
from bestshot.report.views import GroupView, group_view, totals
from bestshot.sources.interface import PhotoSource
from bestshot.storage.files import check_no_photo, replace, writing
from bestshot.text import printable
from bestshot.workers.pool import WorkerDied, Workers

_DIED = NoPortrait("makes its decoder crash or run out of memory")


class ReportWriter:
    """Writes the report on a subject, whose pictures come from `source` and are made by `workers`."""

    def __init__(self, subject: Subject, source: PhotoSource, workers: Workers, progress: Progress) -> None:
        self._subject = subject
        self._source = source
        self._workers = workers
        self._progress = progress

    def write(self, path: Path) -> tuple[Path, ...]:
        """Write the page of this name and, past its room, others beside it; returns them all.

        Raises OutputError; then none of the pages has changed.
        """
        first = _checked(path)
        pages = paged(self._subject.plan.groups, first.name)
        drafts = [first.with_name(f".{page.file_name}.part") for page in pages]
        finished = [first.with_name(page.file_name) for page in pages]
        for final in finished:
            check_no_photo(final)
        try:
            with self._progress("Making the report", self._subject.plan.grouped_count) as advance:
                for page, draft in zip(pages, drafts, strict=True):
                    self._write_page(page, pages, draft, advance)
            for draft, final in zip(drafts, finished, strict=True):
                replace(draft, final)
        finally:
            for draft in drafts:
                with suppress(OSError):  # what is to be said has been said
                    draft.unlink(missing_ok=True)
        return tuple(finished)

    def _write_page(self, page: Page, pages: Sequence[Page], draft: Path, advance: Callable[[int], object]) -> None:
        subject = self._subject
        plan = subject.plan_to_json(plan_of_page(subject.plan, page))
        pieces = render(page, pages, totals(subject.plan), subject.locations, self._views(page.groups, advance), plan)
        with writing(draft.with_name(page.file_name)), draft.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)

    def _views(self, groups: Sequence[PlannedGroup], advance: Callable[[int], object]) -> Iterator[GroupView]:
        for place, (group, portraits) in enumerate(self._portraits(groups)):
            photos = [ranked.photo for ranked in group.verdict.ranking]
            addresses = [self._source.web_address(photo) for photo in photos]
            yield group_view(place, group, self._subject, portraits, addresses)
            advance(len(photos))

    def _portraits(self, groups: Sequence[PlannedGroup]) -> Iterator[tuple[PlannedGroup, list[Rendition | NoPortrait]]]:
        """The groups in their order with their pictures, which are made in any order."""
        made: dict[str, Rendition | NoPortrait] = {}
        waiting = iter(groups)
        group = next(waiting, None)
        for finished in self._workers.run(partial(portray, self._source), map(self._sitters, groups)):
            result = finished.result
            portraits = [_DIED] if isinstance(result, WorkerDied) else result
            made.update(zip((sitter.photo.id for sitter in finished.batch), portraits, strict=True))
            while group is not None and all(ranked.photo.id in made for ranked in group.verdict.ranking):
                yield group, [made.pop(ranked.photo.id) for ranked in group.verdict.ranking]
                group = next(waiting, None)

    def _sitters(self, group: PlannedGroup) -> list[PhotoWithFaces]:
        photos = [ranked.photo for ranked in group.verdict.ranking]
        return [PhotoWithFaces(photo, self._subject.faces_of(photo)) for photo in photos]


def _checked(path: Path) -> Path:
    """The file that is meant, where links lead; raises OutputError for what is no file."""
    with writing(path):
        whole = Path(os.path.realpath(path))  # Path.resolve raises for a link that leads to itself
        if whole.exists() and not whole.is_file():
            raise OutputError(f"The report {printable(str(path))} is no file: name one, such as report.html.")
    return whole
