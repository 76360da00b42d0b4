#!/usr/bin/env python3
"""Photo Organizer: groups near-identical photos, picks the best shot of each group and says why.

The front door and the story: composing the parts, one run, exit codes.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bestshot.command_line import Command, parse_command
from bestshot.console import Console, write_out
from bestshot.errors import MissingPermissionError, OrganizerError, OutputError, SourceError, UsageError
from bestshot.settings import Settings, SourceType, check_fit, load_settings
from bestshot.text import printable

if TYPE_CHECKING:
    from bestshot.actions import OutputState, Receipt
    from bestshot.examination import Examiner, Progress
    from bestshot.index import Index
    from bestshot.model import Appraisal, Group, Metadata, Photo, Skipped, Verdict
    from bestshot.planning import Plan
    from immich_client import KeySource
    from photo_outputs import FolderOutput
    from photo_sources import PhotoSource

__all__ = ["Outcome", "PhotoOrganizer", "Settings", "main"]

logger = logging.getLogger("photo_organizer")

EXIT_DONE, EXIT_SOMETHING_FAILED, EXIT_INTERRUPTED = 0, 1, 130

DEMO_FOLDER = "photo-organizer-demo"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found and did. `failed` are the changes that could not be made, in words, by destination."""

    plan: "Plan"
    receipts: tuple["Receipt", ...] = ()
    failed: tuple["Skipped", ...] = ()
    acted: bool = False

    @property
    def exit_code(self) -> int:
        """0 if all went well or nothing new went wrong, else 1."""
        is_news = self.failed or any(skipped.is_new for skipped in self.plan.skipped)
        return EXIT_SOMETHING_FAILED if is_news else EXIT_DONE


@dataclass(frozen=True, slots=True)
class _Library:
    """What looking at a library tells; `photos` are those that could be read, of as many as the limit allows."""

    photos: tuple["Photo", ...]
    facts: Mapping[str, "Metadata"]
    verdicts: tuple["Verdict", ...]
    skipped: tuple["Skipped", ...]
    beyond_limit: int


class PhotoOrganizer:
    """One run over a source: look, group, judge, plan, and lay out if the settings name an output.

    Photos are measured on `executor`, by default one spawned process per core; a script that calls this from its
    top level needs the usual `if __name__ == "__main__":` around it, or an executor of its own.
    """

    def __init__(
        self,
        source: "PhotoSource",
        settings: Settings | None = None,
        *,
        executor: Executor | None = None,
        progress: "Progress | None" = None,
    ) -> None:
        self._source = source
        self._settings = settings or Settings()
        self._executor = executor
        self._progress = progress or _no_progress

    def run(self) -> Outcome:
        """Do it all and return what was found and done; raises OrganizerError when the run cannot go on."""
        from bestshot.examination import Examiner
        from bestshot.index import Index
        from bestshot.library_lock import LibraryLock
        from bestshot.model import digest
        from bestshot.workers import Workers

        settings = self._settings
        library_id = digest(*sorted(self._source.origins()))
        with ExitStack() as stack:
            stack.enter_context(LibraryLock(Path(settings.cache_dir) / "locks" / library_id))
            index = Index(Path(settings.cache_dir) / "index.sqlite3")
            stack.callback(index.close)
            workers = Workers(settings.workers, self._executor)
            stack.callback(workers.close)
            library = self._look(index, Examiner(self._source, index, workers, self._progress))
            workers.close()
            outcome = self._conclude(library)
            told = index.news(library_id, outcome.plan.skipped, [photo.id for photo in library.photos])
        return replace(outcome, plan=replace(outcome.plan, skipped=told))

    def _look(self, index: "Index", examiner: "Examiner") -> _Library:
        """From the listing to the verdicts; changes nothing but the index."""
        from bestshot.examination import DESCRIBE, FINGERPRINT
        from bestshot.grouping import candidates, group_photos
        from bestshot.judging import judge
        from bestshot.recognition import recognise

        listing = self._source.scan()
        for origin in listing.empty_origins:
            if index.knows(origin):
                raise SourceError(
                    f"{self._place(origin)} holds no photos, yet earlier runs saw some there: is its "
                    "disk mounted? If it was emptied on purpose, leave it out of the command."
                )
        photos = listing.photos[: self._settings.limit]
        facts = examiner.measure([photo for photo in photos if photo.id not in listing.facts], DESCRIBE)
        facts.values.update({photo.id: listing.facts[photo.id] for photo in photos if photo.id in listing.facts})
        readable = [photo for photo in photos if photo.id in facts.values]
        times = {photo.id: facts.values[photo.id].taken for photo in readable}
        rules = self._settings.grouping_rules
        prints = examiner.measure(candidates(readable, times, rules), FINGERPRINT)
        hashed = [photo for photo in readable if photo.id in prints.values]
        groups = group_photos(hashed, times, prints.values, rules)
        appraisals, unappraised = self._appraise(examiner, groups)
        groups = _without(groups, {skipped.id for skipped in unappraised}, rules.min_group_size)
        codes = recognise(examiner, groups, appraisals, self._settings.face_model)
        judging = self._settings.judging_rules
        verdicts = tuple(judge(group, appraisals, facts.values, judging, codes) for group in groups)
        unread = [*facts.skipped, *prints.skipped, *unappraised]
        if unread:
            self._source.check_reachable()
        lost = {skipped.id for skipped in unread}
        skipped = sorted([*listing.skipped, *unread, *_doubts(facts.values)], key=lambda item: item.id)
        seen = tuple(photo for photo in photos if photo.id not in lost)
        return _Library(seen, facts.values, verdicts, tuple(skipped), len(listing.photos) - len(photos))

    def _place(self, origin: str) -> str:
        """An origin in the user's words: a folder's path, or the address of a server."""
        kind, _, place = origin.partition(":")
        return printable(place if kind == "folder" else ", ".join(self._source.locations()))

    def _appraise(
        self, examiner: "Examiner", groups: Sequence["Group"]
    ) -> tuple[dict[str, "Appraisal"], list["Skipped"]]:
        """Measure the members of groups; without faces, and a word about it, where they cannot be looked for."""
        from bestshot.examination import appraisal_task
        from bestshot.faces import FaceDetectionError, face_detection_problem

        members = [photo for group in groups for photo in group.photos]
        problem = face_detection_problem() if members and not self._settings.no_faces else None
        if members and not self._settings.no_faces and problem is None:
            try:
                findings = examiner.measure(members, appraisal_task(self._settings.face_model))
            except FaceDetectionError as error:
                problem = str(error)
            else:
                return findings.values, findings.skipped
        if problem is not None:
            logger.warning("%s Photos are judged by sharpness and exposure.", problem)
        findings = examiner.measure(members, appraisal_task(None))
        return findings.values, findings.skipped

    def _conclude(self, library: _Library) -> Outcome:
        """Plan, write the plan down, and act unless this run only looks."""
        from bestshot.journal import Journal
        from photo_outputs import FolderOutput

        settings = self._settings
        journal_path = Path(settings.state_dir) / "journal.sqlite3"
        if settings.output is None:
            return Outcome(self._written(self._plan(library, None), library))
        if settings.dry_run and not journal_path.exists():
            state = FolderOutput.found(Path(settings.output), library.photos)
            return Outcome(self._written(self._plan(library, state), library))
        with ExitStack() as stack:
            journal = Journal(journal_path)
            stack.callback(journal.close)
            output = FolderOutput(Path(settings.output), journal)
            if settings.dry_run:
                return Outcome(self._written(self._plan(library, output.state(library.photos)), library))
            stack.enter_context(output.lock())
            output.recover()
            output.catch_up(library.photos, self._source.origins())
            state = output.state()
            plan = self._written(self._plan(library, state), library)
            return self._act(output, plan, state)

    def _plan(self, library: _Library, state: "OutputState | None") -> "Plan":
        from bestshot.folder_planning import plan_folders
        from bestshot.planning import (
            Plan,
            PlannedGroup,
            Wishes,
            number_groups,
            remembered_numbers,
        )
        from bestshot.wording import metadata_text

        remembered = remembered_numbers(state, library.photos) if state else {}
        numbers = number_groups(
            [verdict.group for verdict in library.verdicts], remembered, state.last_number if state else 0
        )
        groups = tuple(
            PlannedGroup(number, verdict, metadata_text(number, verdict, library.facts))
            for number, verdict in sorted(zip(numbers, library.verdicts, strict=True), key=lambda pair: pair[0])
        )
        actions = plan_folders(groups, library.photos, state, self._settings.link) if state else []
        wishes = Wishes(self._settings.output, self._settings.link)
        unread = {item.id for item in library.skipped} - {photo.id for photo in library.photos}
        return Plan(
            wishes,
            groups,
            tuple(actions),
            library.skipped,
            photo_count=len(library.photos),
            beyond_limit=library.beyond_limit,
            unread_count=len(unread),
        )

    def _written(self, plan: "Plan", library: _Library) -> "Plan":
        """The same plan, after it was recorded where the settings say."""
        if self._settings.plan is None:
            return plan
        from bestshot.plan_format import plan_to_json

        source = {"type": self._settings.source_type.value, "locations": list(self._source.locations())}
        text = plan_to_json(plan, source, library.facts)
        if self._settings.plan == "-":
            write_out(text)
            return plan
        try:
            Path(self._settings.plan).write_text(text, encoding="ascii")
        except OSError as error:
            shown = printable(self._settings.plan)
            raise OutputError(f"The plan {shown} cannot be written: {error.strerror or error}.") from error
        return plan

    def _act(self, output: "FolderOutput", plan: "Plan", state: "OutputState") -> Outcome:
        from bestshot.actions import Receipt
        from bestshot.model import Skipped

        receipts: list[Receipt] = []
        failed: list[Skipped] = []
        if plan.actions:
            with (
                self._progress("Laying out", len(plan.actions)) as advance,
                closing(output.carry_out(plan.actions, self._source.origins(), state)) as results,
            ):
                for result in results:
                    if isinstance(result, Receipt):
                        receipts.append(result)
                    else:
                        failed.append(Skipped(result.action.destination, result.error))
                        self._source.check_reachable()
                    advance(1)
        return Outcome(plan, tuple(receipts), tuple(failed), acted=True)


def _without(groups: Sequence["Group"], missing: set[str], min_group_size: int) -> list["Group"]:
    """The groups without photos that turned out to be unreadable at a larger size."""
    from bestshot.model import Group

    kept = [Group(tuple(photo for photo in group.photos if photo.id not in missing)) for group in groups]
    return [group for group in kept if len(group.photos) >= min_group_size]


def _doubts(facts: Mapping[str, "Metadata"]) -> Iterator["Skipped"]:
    """What was passed over within photos that are used nevertheless, such as a date that is none."""
    from bestshot.model import Skipped

    for photo_id, metadata in facts.items():
        if metadata.problems:
            yield Skipped(photo_id, "; ".join(metadata.problems))


@contextmanager
def _no_progress(_title: str, _total: int) -> Iterator[Callable[[int], object]]:
    yield lambda _done: None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, and leaves by SystemExit only for --help and wrong usage."""
    command = parse_command(argv)
    console = Console()
    try:
        with _terminable():
            code = _run(command, console)
    except OrganizerError as error:
        logger.error("%s", error)
        code = error.exit_code
    except KeyboardInterrupt:
        logger.error("Interrupted. What is done stays done; the next run goes on from here.")
        code = EXIT_INTERRUPTED
    return console.close(code)


def _run(command: Command, console: Console) -> int:
    settings = load_settings(command.flags, os.environ, command.config)
    console.configure(settings)
    if command.demo:
        settings = _with_demo(settings)
    check_fit(command.flags, settings.source_type)
    if "immich_api_key" in command.flags:
        logger.warning("Other users of this machine can see a key on the command line: IMMICH_API_KEY is safer.")
    source = _source(settings)
    if command.check:
        console.say(_check(source))
        return EXIT_DONE
    outcome = PhotoOrganizer(source, settings, progress=console.progress).run()
    console.tell(outcome.plan, outcome.receipts, outcome.failed, acted=outcome.acted)
    return outcome.exit_code


@contextmanager
def _terminable() -> Iterator[None]:
    """End in order on SIGTERM too, as containers and service managers send it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return
    earlier = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _with_demo(settings: Settings) -> Settings:
    from bestshot.demo import draw_library

    if settings.source or settings.source_type is SourceType.IMMICH:
        raise UsageError("--demo draws its own photos: name no SOURCE or server with it, or leave --demo out.")
    photos = Path(DEMO_FOLDER) / "photos"
    draw_library(photos)
    return replace(settings, source=(str(photos),), output=settings.output or str(Path(DEMO_FOLDER) / "organized"))


def _source(settings: Settings) -> "PhotoSource":
    from photo_sources import ImmichPhotoSource, LocalPhotoSource, PhotoCache

    cache = PhotoCache(Path(settings.cache_dir) / "previews", settings.cache_size)
    if settings.source_type is SourceType.LOCAL:
        if not settings.source:
            raise UsageError("Name the folder that holds the photos, or try --demo. See --help for examples.")
        return LocalPhotoSource(*settings.source, exclude=settings.exclude, cache=cache)
    if settings.output is not None:
        raise UsageError("Photos of an Immich server are only looked at in this version: leave out --output.")
    if settings.immich_url is None:
        raise UsageError("Name the server: --immich-url http://nas:2283, or IMMICH_URL.")
    return ImmichPhotoSource(
        settings.immich_url,
        _immich_key(settings),
        use_thumbnails=not settings.use_full_resolution,
        album=settings.immich_album,
        include_archived=settings.include_archived,
        verify=settings.immich_ca or not settings.no_verify_ssl,
        cache=cache,
    )


def _immich_key(settings: Settings) -> "KeySource":
    """Where the key lies; processes that read pictures look for it there themselves."""
    from bestshot.immich.keys import KEY_VARIABLE, KeyFromEnvironment, KeyFromFile

    if settings.immich_api_key_file is not None:
        return KeyFromFile(settings.immich_api_key_file)
    if settings.immich_api_key is not None:
        os.environ[KEY_VARIABLE] = settings.immich_api_key
    return KeyFromEnvironment()


def _check(source: "PhotoSource") -> Iterator[str]:
    """What a connection test tells, line by line; raises an ImmichError."""
    from photo_sources import ImmichPhotoSource

    if not isinstance(source, ImmichPhotoSource):
        raise UsageError("--check tests the connection to an Immich server: add --source-type immich.")
    client = source.client
    yield f"Server:      Immich {client.get_version()}"
    yield f"User:        {printable(client.get_current_user().name)}"
    yield f"Photos:      {client.get_statistics().images:,}"
    needed, granted = client.get_needed_permissions(), client.get_key_permissions()
    if granted is None:
        yield f"Permissions: this version does not tell; needed are {', '.join(needed) or 'none'}"
        return
    lacking = [name for name in needed if name not in granted and "all" not in granted]
    if not lacking:
        yield f"Permissions: all that are needed ({', '.join(needed)})"
        return
    yield f"Permissions: has {', '.join(name for name in needed if name in granted) or 'none'}"
    yield f"             lacks {', '.join(lacking)}"
    raise MissingPermissionError(lacking[0], needed)


if __name__ == "__main__":
    sys.exit(main())
