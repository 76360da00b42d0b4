"""Looking at a library: from the listing to the verdicts; changes nothing but the index."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import msgspec

from bestshot.analysis.analyser import READ_FILE_FACTS, READ_METADATA, Analyser, Measurements
from bestshot.errors import SourceError, UsageError
from bestshot.marks.kinds.values import ours_on, without_ours
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import ARCHIVED
from bestshot.model.appraisal import Appraisal
from bestshot.model.file_facts import FileFacts
from bestshot.model.groups import Group, Verdict
from bestshot.model.phases import LISTING
from bestshot.model.photo import Listing, Metadata, Photo, Skipped
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.pipeline.groups import GroupedLibrary, ListedPhotos
from bestshot.pipeline.verdicts import Judged, JudgedGroup, JudgingRule, JudgingTask, has_own, judged_groups
from bestshot.plans.decisions import Decision, Decisions
from bestshot.plans.document import PlanDocument
from bestshot.plans.reading import fit
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.storage.index import Index
from bestshot.text import printable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LibraryAnalysis:
    """What was found in a library; `photos` are those that could be read, which the settings select.

    `metadata` is what the photos in groups say, and `appraisals` what was measured in them if it is to be shown.
    `numbers` are those under which a plan has the groups of these verdicts, if it comes from a plan. `passed_over` is
    what the listing does not look at, in words, and `named` what of that is named. `learned` says what was learned from
    the user's choices.
    """

    photos: tuple[Photo, ...]
    metadata: Mapping[str, Metadata]
    verdicts: tuple[Verdict, ...]
    skipped: tuple[Skipped, ...]
    beyond_limit: int = 0
    numbers: tuple[int, ...] = ()
    appraisals: Mapping[str, Appraisal] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Photo, ...]:
        """The photos with which something may be done: all but those for reference."""
        return tuple(photo for photo in self.photos if not photo.is_reference)


@dataclass(frozen=True, slots=True)
class KnownState:
    """What earlier runs know: the measurements, what people decided, and the marks that this tool has set.

    `reviews` are the bests that people chose or left, if they are to be learned from. With `proposes`, what was decided
    is left to be laid over what is found, so that it can be taken back: only a group that came to several is split.
    """

    index: Index
    decisions: Sequence[Decision] = ()
    ledger: MarkLedger = field(default_factory=MarkLedger)
    reviews: Sequence[Decision] = ()
    proposes: bool = False


def analyse_library(
    source: PhotoSource,
    settings: Settings,
    analyser: Analyser,
    known: KnownState,
    tell_of_groups: Callable[[Sequence[Group]], object],
) -> LibraryAnalysis:
    """List, measure, group and judge; of the groups is told before they are judged."""
    listing = _list(source, analyser, known.index, known.ledger.photos(ARCHIVED), settings.selection.taken)
    photos, library = _grouped(analyser, known.index, listing, settings)
    decisions = Decisions.of(known.decisions, library.readable)
    split = decisions.split_into_groups if known.proposes else decisions.split
    groups = [group for group in split(library.found.groups, settings.min_group_size) if has_own(group)]
    if settings.options.layout is not None:
        groups = _with_all_files(source, groups)
    tell_of_groups(groups)
    _foresee(analyser, [photo for group in groups for photo in group.photos])
    judged = _Judging(source, settings, analyser, known, listing, library).judged(groups)
    own = [verdict for one in judged.groups for verdict in one.verdicts if has_own(verdict.group)]
    verdicts = tuple(own if known.proposes else map(decisions.prefer, own))
    _tell_of_unknown_people(settings.judging_rules.people, judged.groups)
    unread = [*library.unread, *library.found.unread, *(one for group in judged.groups for one in group.unread)]
    uncompared = [*library.found.uncompared, *(one for group in judged.groups for one in group.uncompared)]
    if unread or uncompared:
        source.check_reachable()
    damaged = [one for group in judged.groups for one in group.damaged]
    lost = {skipped.id for skipped in unread}
    return LibraryAnalysis(
        tuple(photo for photo in photos if photo.id not in lost),
        {id_: said for group in judged.groups for id_, said in group.metadata.items()},
        verdicts,
        _each_once([*listing.skipped, *unread, *uncompared, *damaged, *library.doubts]),
        beyond_limit=len(listing.photos) - len(photos),
        appraisals=judged.appraisals,
        passed_over=listing.passed_over,
        named=listing.named,
        learned=judged.learned,
    )


def _grouped(
    analyser: Analyser, index: Index, listing: Listing, settings: Settings
) -> tuple[Sequence[Photo], GroupedLibrary]:
    """The photos that the settings select, and their groups.

    Where the time selects, photos have to be read before it is known which ones are selected.
    """
    if settings.selection.taken == ALWAYS:
        photos = _admitted(listing, settings)
        described = None
    else:
        photos, described = _taken_then(analyser, listing, settings)
    listed = ListedPhotos(photos, listing.metadata, listing.thumbhashes, settings)
    return photos, listed.groups(analyser, index, lambda: described or _describe(analyser, listing, photos))


def load_planned(
    source: PhotoSource, settings: Settings, analyser: Analyser, known: KnownState, plan: PlanDocument
) -> LibraryAnalysis:
    """List the library and find in it what a plan is about; raises UsageError if it is of another library."""
    wanted = {photo.place for group in plan.groups for photo in group.photos}
    if not {origin for origin, _ in wanted} <= {*source.origins(), *source.references()}:
        raise UsageError("This plan is for the photos of another library or of another user: name the right one.")
    listing = _list(source, analyser, known.index, known.ledger.photos(ARCHIVED).union(key for _, key in wanted))
    photos: Sequence[Photo] = [photo for photo in listing.photos if photo.place in wanted]
    if settings.options.layout is not None:
        photos = source.with_all_files(photos)
    fitting = fit(plan.groups, {photo.place: photo for photo in photos})
    _foresee(analyser, fitting.seen)
    metadata = _describe(analyser, listing, fitting.seen)
    if metadata.skipped:
        source.check_reachable()
    is_known = [all(photo.id in metadata.values for photo in verdict.group.photos) for verdict in fitting.verdicts]
    verdicts, numbers = tuple(compress(fitting.verdicts, is_known)), tuple(compress(fitting.numbers, is_known))
    skipped = _each_once([*listing.skipped, *metadata.skipped, *fitting.left_alone])
    return LibraryAnalysis(fitting.seen, metadata.values, verdicts, skipped, numbers=numbers)


def _foresee(analyser: Analyser, grouped: Sequence[Photo]) -> None:
    """Tell of the photos in groups: also where all of them are known, they are shown and laid out."""
    if grouped:
        megabytes = sum(photo.size for photo in grouped) / len(grouped) / 1_000_000
        analyser.foresee(replace(analyser.forecast, grouped=len(grouped), megabytes=megabytes))


def _list(
    source: PhotoSource, analyser: Analyser, index: Index, archived: Collection[str], taken: TimeSpan = ALWAYS
) -> Listing:
    """List the library; raises SourceError if it is empty and was not before."""
    unread: list[Skipped] = []

    def examine(files: Sequence[Photo]) -> Mapping[str, FileFacts]:
        found = analyser.measure(files, READ_FILE_FACTS)
        unread.extend(Skipped(item.id, f"{item.error}, so it is joined by its name alone") for item in found.skipped)
        return found.values

    with analyser.watched(LISTING):
        listing = source.scan(archived, examine, taken)
    listing = replace(listing, skipped=(*listing.skipped, *unread))
    for origin in filter(index.knows, listing.empty_origins):
        kind, _, folder = origin.partition(":")
        place = folder if kind == "folder" else ", ".join(source.locations())
        raise SourceError(
            f"{printable(place)} holds no photos, yet earlier runs saw some there: is its "
            "disk mounted? If it was emptied on purpose, leave it out of the command."
        )
    return listing


def _admitted(listing: Listing, settings: Settings) -> Sequence[Photo]:
    """The photos that the settings select whatever their time is, the first of as many as the limit allows.

    All photos for reference are among them.
    """
    selected, references = _told_apart(listing, settings)
    return [*selected[: settings.limit], *references]


def _told_apart(listing: Listing, settings: Settings) -> tuple[list[Photo], list[Photo]]:
    selected, references, selection = list[Photo](), list[Photo](), settings.selection
    for photo in listing.photos:
        if photo.is_reference:
            references.append(photo)
        elif selection.admits(photo):
            selected.append(photo)
    return selected, references


def _taken_then(
    analyser: Analyser, listing: Listing, settings: Settings
) -> tuple[Sequence[Photo], Measurements[Metadata]]:
    """The photos that the settings select by their time as well, and what they say of themselves.

    A photo that cannot be read is among them, and so is told of: it may be of any time.
    """
    selected, references = _told_apart(listing, settings)
    metadata = _describe(analyser, listing, [*selected, *references])
    stated = {id_: one.taken for id_, one in metadata.values.items() if id_ not in listing.metadata}
    taken = settings.selection.taken
    photos = [one for one in selected if one.id not in stated or taken.holds(stated[one.id])][: settings.limit]
    photos += references
    wanted = {photo.id for photo in photos}
    values = {id_: one for id_, one in metadata.values.items() if id_ in wanted}
    return photos, replace(metadata, values=values, skipped=[one for one in metadata.skipped if one.id in wanted])


def _describe(analyser: Analyser, listing: Listing, photos: Sequence[Photo]) -> Measurements[Metadata]:
    """What these photos say of themselves, from the listing where that says it."""
    metadata = analyser.measure([photo for photo in photos if photo.id not in listing.metadata], READ_METADATA)
    metadata.values.update({photo.id: listing.metadata[photo.id] for photo in photos if photo.id in listing.metadata})
    return metadata


@dataclass(frozen=True, slots=True)
class _Judging:
    """What the groups of a library are judged with."""

    source: PhotoSource
    settings: Settings
    analyser: Analyser
    known: KnownState
    listing: Listing
    library: GroupedLibrary

    def judged(self, groups: Sequence[Group]) -> Judged:
        """What came of judging these groups, as it is remembered where nothing has changed.

        Whoever learns from groups has to look at each, and in a report or a review all that was measured is shown.
        """
        settings, known = self.settings, self.known
        if settings.learn or settings.report is not None or known.proposes:
            return self._anew(groups)
        task = JudgingTask.of(JudgingRule.of(settings), self.analyser, self._said)
        return Judged(
            judged_groups(self.analyser, known.index, task, groups, lambda missing: self._anew(missing).groups)
        )

    def _said(self, photo: Photo) -> tuple[object, ...]:
        """What is not in the files of a photo: what the listing says of it, and what this tool gave it."""
        listed = self.listing.metadata.get(photo.id)
        ours = ours_on(self.known.ledger, self.source.mark_keys(photo)[0])
        return (None if listed is None else msgspec.msgpack.encode(listed), *ours)

    def _anew(self, groups: Sequence[Group]) -> Judged:
        from bestshot.pipeline.judging import judge_groups

        reviews = Decisions.of(self.known.reviews, self.library.readable) if self.settings.learn else None
        return judge_groups(self.analyser, groups, self._metadata(groups), JudgingRule.of(self.settings), reviews)

    def _metadata(self, groups: Sequence[Group]) -> Measurements[Metadata]:
        """What the photos say, without the favourites and stars that this tool gave."""
        members = [photo for group in groups for photo in group.photos]
        metadata = _describe(self.analyser, self.listing, members)
        keys = {photo.id: self.source.mark_keys(photo)[0] for photo in members}
        values = {id_: without_ours(self.known.ledger, one, keys[id_]) for id_, one in metadata.values.items()}
        return replace(metadata, values=values)


def _tell_of_unknown_people(names: Sequence[str], groups: Sequence[JudgedGroup]) -> None:
    """Warn of people to be preferred whom no photo of a group shows: their names may be spelled otherwise."""
    shown = {name for group in groups for name in group.shown}
    is_any_read = any(len(group.unread) < len(group.metadata) for group in groups)
    for name in names if is_any_read else ():
        if name not in shown:
            logger.warning(
                "No face in these groups is called %s, so nobody is preferred by that name.", printable(name)
            )


def _with_all_files(source: PhotoSource, groups: Sequence[Group]) -> list[Group]:
    """The groups, with what the listing left open of files that are to be laid out."""
    whole = {photo.id: photo for photo in source.with_all_files([photo for group in groups for photo in group.photos])}
    return [Group(tuple(whole[photo.id] for photo in group.photos)) for group in groups]


def _each_once(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    """In order of id, each photo once with all that is wrong with it: it counts once, and is known again as a whole."""
    errors: dict[str, dict[str, None]] = {}
    for item in sorted(skipped, key=lambda item: item.id):
        errors.setdefault(item.id, {})[item.error] = None
    return tuple(Skipped(id_, "; ".join(said)) for id_, said in errors.items())
