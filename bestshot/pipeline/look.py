"""Looking at a library: from the listing to the verdicts; changes nothing but the index."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from bestshot.analysis.analyser import (
    MEASURE_REDUCED_SHARPNESS,
    READ_FILE_FACTS,
    READ_METADATA,
    READ_ORIGIN,
    READ_PROVENANCE,
    Analyser,
    Measurements,
    appraisal_measurement,
    recognition_measurement,
)
from bestshot.errors import FaceDetectionError, SourceError, UsageError
from bestshot.marks.kinds.values import without_ours
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import ARCHIVED
from bestshot.model.appraisal import Appraisal, ReducedSharpness
from bestshot.model.faces import FaceModel
from bestshot.model.file_facts import FileFacts
from bestshot.model.groups import Group, GroupKind, Verdict
from bestshot.model.phases import LISTING
from bestshot.model.photo import Listing, Metadata, Photo, Skipped
from bestshot.model.selection import ALWAYS, TimeSpan
from bestshot.pipeline.groups import GroupingTask, find_groups
from bestshot.pipeline.learning import learned_rules
from bestshot.plans.decisions import Decision, Decisions
from bestshot.plans.document import PlanDocument
from bestshot.plans.reading import fit
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.different_people import may_show_different_people, split_by_people
from bestshot.ranking.kinds import kind_of, state_a_bracket
from bestshot.ranking.people import Embedding, is_doubtful, is_one_of, track_people
from bestshot.ranking.rank import judge
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.storage.index import Index
from bestshot.text import printable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LibraryAnalysis:
    """What was found in a library; `photos` are those that could be read, which the settings select.

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
    photos, metadata = _selected(analyser, listing, settings)
    readable = [photo for photo in photos if photo.id in metadata.values]
    task = GroupingTask.of(readable, metadata.values, listing.thumbhashes, settings)
    found = find_groups(analyser, known.index, task)
    decisions = Decisions.of(known.decisions, readable)
    split = decisions.split_into_groups if known.proposes else decisions.split
    groups = [group for group in split(found.groups, settings.min_group_size) if _has_own(group)]
    if settings.options.layout is not None:
        groups = _with_all_files(source, groups)
    tell_of_groups(groups)
    appraised = _appraise(analyser, groups, metadata.values, settings)
    groups = [one for one in _without(groups, appraised.skipped, settings.min_group_size) if _has_own(one)]
    metadata.values.update(_as_users_say(source, groups, metadata.values, known.ledger))
    candidates = [Candidates.of(group, appraised.values, metadata.values) for group in groups]
    candidates, scaled = compare_sizes(analyser, trace_copies(analyser, candidates))
    judged, learned = _judge(analyser, candidates, settings, Decisions.of(known.reviews, readable))
    own = [verdict for verdict in judged if _has_own(verdict.group)]
    verdicts = tuple(own if known.proposes else map(decisions.prefer, own))
    _tell_of_unknown_people(settings.judging_rules.people, appraised.values)
    unread = [*metadata.skipped, *found.unread, *appraised.skipped]
    uncompared = [*found.uncompared, *scaled.skipped]
    if unread or uncompared:
        source.check_reachable()
    skipped = [*listing.skipped, *unread, *uncompared, *_doubts(metadata.values, appraised.values)]
    lost = {skipped.id for skipped in unread}
    return LibraryAnalysis(
        tuple(photo for photo in photos if photo.id not in lost),
        metadata.values,
        verdicts,
        _each_once(skipped),
        beyond_limit=len(listing.photos) - len(photos),
        appraisals=appraised.values,
        passed_over=listing.passed_over,
        named=listing.named,
        learned=learned,
    )


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
    metadata = _describe(analyser, listing, fitting.seen)
    if metadata.skipped:
        source.check_reachable()
    is_known = [all(photo.id in metadata.values for photo in verdict.group.photos) for verdict in fitting.verdicts]
    verdicts, numbers = tuple(compress(fitting.verdicts, is_known)), tuple(compress(fitting.numbers, is_known))
    skipped = _each_once([*listing.skipped, *metadata.skipped, *fitting.left_alone])
    return LibraryAnalysis(fitting.seen, metadata.values, verdicts, skipped, numbers=numbers)


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


def _selected(
    analyser: Analyser, listing: Listing, settings: Settings
) -> tuple[Sequence[Photo], Measurements[Metadata]]:
    """The photos that the settings select, the first of as many as the limit allows, and what they say of themselves.

    A photo that cannot be read is among them, and so is told of: it may be of any time. All photos for reference are.
    """
    selection = settings.selection
    references = [photo for photo in listing.photos if photo.is_reference]
    photos = [photo for photo in listing.photos if not photo.is_reference and selection.admits(photo)]
    if selection.taken == ALWAYS:
        photos = [*photos[: settings.limit], *references]
        return photos, _describe(analyser, listing, photos)
    metadata = _describe(analyser, listing, [*photos, *references])
    stated = {id_: one.taken for id_, one in metadata.values.items() if id_ not in listing.metadata}
    photos = [one for one in photos if one.id not in stated or selection.taken.holds(stated[one.id])][: settings.limit]
    photos += references
    wanted = {photo.id for photo in photos}
    values = {id_: one for id_, one in metadata.values.items() if id_ in wanted}
    return photos, replace(metadata, values=values, skipped=[one for one in metadata.skipped if one.id in wanted])


def _describe(analyser: Analyser, listing: Listing, photos: Sequence[Photo]) -> Measurements[Metadata]:
    """What these photos say of themselves, from the listing where that says it."""
    metadata = analyser.measure([photo for photo in photos if photo.id not in listing.metadata], READ_METADATA)
    metadata.values.update({photo.id: listing.metadata[photo.id] for photo in photos if photo.id in listing.metadata})
    return metadata


def _judge(
    analyser: Analyser, groups: Sequence[Candidates], settings: Settings, reviews: Decisions
) -> tuple[list[Verdict], tuple[str, ...]]:
    """The verdicts on groups, after those were split in which different people stand at the same place.

    Also what was learned for them from the user's choices.
    """
    rules = settings.judging_rules
    learned: tuple[str, ...] = ()
    embeddings = recognise(analyser, groups, settings.face_model, keeps_sets=rules.keeps_sets)
    parts = [part for group in groups for part in split_by_people(group, embeddings)]
    if settings.learn:
        rules, learned = learned_rules(parts, reviews, rules, embeddings)
    judged = [judge(part, rules, embeddings) for part in parts if len(part.everyone) >= settings.min_group_size]
    return judged, learned


def _tell_of_unknown_people(names: Collection[str], appraisals: Mapping[str, Appraisal]) -> None:
    """Warn of people to be preferred whom no photo of a group shows: their names may be spelled otherwise."""
    shown = {face.name for one in appraisals.values() for face in one.faces or ()}
    for name in names if appraisals else ():
        if not any(is_one_of(other, [name]) for other in shown):
            logger.warning(
                "No face in these groups is called %s, so nobody is preferred by that name.", printable(name)
            )


def _has_own(group: Group) -> bool:
    """Whether something may be done with a photo of a group: not if all are for reference."""
    return not all(photo.is_reference for photo in group.photos)


def _with_all_files(source: PhotoSource, groups: Sequence[Group]) -> list[Group]:
    """The groups, with what the listing left open of files that are to be laid out."""
    whole = {photo.id: photo for photo in source.with_all_files([photo for group in groups for photo in group.photos])}
    return [Group(tuple(whole[photo.id] for photo in group.photos)) for group in groups]


def _appraise(
    analyser: Analyser, groups: Sequence[Group], metadata: Mapping[str, Metadata], settings: Settings
) -> Measurements[Appraisal]:
    """Measure the members of groups; without faces, and a word about it, where they cannot be looked for."""
    if settings.no_faces:
        return analyser.measure(_members(groups), appraisal_measurement(None))
    rules = settings.judging_rules
    brackets = _brackets(analyser, groups, metadata) if rules.keeps_sets and not rules.people else Measurements()
    members = [photo for photo in _members(groups) if photo.id not in brackets.values]
    try:
        appraised = analyser.measure(members, appraisal_measurement(settings.face_model))
    except FaceDetectionError as error:
        logger.warning("%s Photos are judged by sharpness and exposure.", error)
        appraised = analyser.measure(members, appraisal_measurement(None))
    appraised.update(brackets)
    return appraised


def _brackets(analyser: Analyser, groups: Sequence[Group], metadata: Mapping[str, Metadata]) -> Measurements[Appraisal]:
    """The members of brackets, measured without faces: no photo of a set that is kept whole is better for those."""
    likely = [group for group in groups if state_a_bracket([metadata[photo.id] for photo in group.photos])]
    if not likely:
        return Measurements()
    values = analyser.measure(_members(likely), appraisal_measurement(None)).values
    read = [group for group in likely if all(photo.id in values for photo in group.photos)]
    brackets = [group for group in read if kind_of(Candidates.of(group, values, metadata)) is GroupKind.BRACKET]
    return Measurements({photo.id: values[photo.id] for photo in _members(brackets)})


def _members(groups: Sequence[Group]) -> list[Photo]:
    return [photo for group in groups for photo in group.photos]


def trace_copies(analyser: Analyser, groups: Sequence[Candidates]) -> list[Candidates]:
    """Read where the files came from that show one picture, and decide by it which is the original.

    Their pixels are looked at only where they can still decide it. Of a file that can no longer be read, only what is
    known already counts.
    """
    alike = [one.photo for group in groups for one in group.everyone if one.id in group.lookalikes]
    stated = analyser.measure(alike, READ_ORIGIN).values if alike else {}
    groups = [group.with_provenance(stated) if group.lookalikes else group for group in groups]
    doubtful = [photo for group in groups for photo in group.told_by_pixels()]
    traced = analyser.measure(doubtful, READ_PROVENANCE).values if doubtful else {}
    return [group.with_provenance(traced) if traced.keys() & group.lookalikes.keys() else group for group in groups]


def compare_sizes(
    analyser: Analyser, groups: Sequence[Candidates]
) -> tuple[list[Candidates], Measurements[ReducedSharpness]]:
    """Measure sharpness at smaller sizes in groups of photos of several scales: it is compared so nowhere else.

    Of a file that can no longer be read, only what is known already counts.
    """
    shots = [one.photo for group in groups if not group.is_of_one_scale for one in group.shots]
    found = analyser.measure(shots, MEASURE_REDUCED_SHARPNESS)
    known = found.values
    return [one if one.is_of_one_scale else one.with_reduced_sharpness(known) for one in groups], found


def recognise(
    analyser: Analyser, groups: Sequence[Candidates], model: FaceModel, *, keeps_sets: bool = False
) -> dict[str, Sequence[Embedding]]:
    """Compute the embeddings of the faces in doubtful groups, by photo id, at half the cost of finding faces.

    A photo that can no longer be read has none: its faces are matched by position. A set that is kept whole is not
    parted, so nobody in it needs to be known.
    """
    groups = [group for group in groups if _is_doubtful(group) and not (keeps_sets and kind_of(group).is_set)]
    doubtful = [one for group in groups for one in group.everyone if one.faces]
    if not doubtful:
        return {}
    # Of doubted faces too: the index keeps the embeddings of a photo for groups that bear those faces out.
    detected = {candidate.id: candidate.appraisal.faces or () for candidate in doubtful}
    found = analyser.measure([candidate.photo for candidate in doubtful], recognition_measurement(model, detected))
    believed = {candidate.id: candidate.faces for candidate in doubtful}
    return {
        photo: [code for face, code in zip(detected[photo], embeddings.codes, strict=True) if face in believed[photo]]
        for photo, embeddings in found.values.items()
    }


def _is_doubtful(group: Candidates) -> bool:
    """Whether people may have changed places, or different people may have come."""
    faces = {candidate.id: candidate.faces for candidate in group.everyone}
    return is_doubtful(faces, track_people(faces)) or may_show_different_people(group)


def _as_users_say(
    source: PhotoSource, groups: Sequence[Group], metadata: Mapping[str, Metadata], ledger: MarkLedger
) -> dict[str, Metadata]:
    """What is known of the members of groups, without the favourites and stars that this tool gave."""
    return {
        photo.id: without_ours(ledger, metadata[photo.id], source.mark_keys(photo)[0])
        for group in groups
        for photo in group.photos
    }


def _without(groups: Sequence[Group], unread: Sequence[Skipped], min_group_size: int) -> list[Group]:
    """The groups without photos that turned out to be unreadable at a larger size."""
    missing = {skipped.id for skipped in unread}
    kept = [Group(tuple(photo for photo in group.photos if photo.id not in missing)) for group in groups]
    return [group for group in kept if len(group.photos) >= min_group_size]


def _each_once(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    """In order of id, each photo once with all that is wrong with it: it counts once, and is known again as a whole."""
    errors: dict[str, dict[str, None]] = {}
    for item in sorted(skipped, key=lambda item: item.id):
        errors.setdefault(item.id, {})[item.error] = None
    return tuple(Skipped(id_, "; ".join(said)) for id_, said in errors.items())


def _doubts(metadata: Mapping[str, Metadata], appraisals: Mapping[str, Appraisal]) -> Iterator[Skipped]:
    """What was passed over within photos that are used nevertheless, such as an invalid date, or lost pixels."""
    for photo_id, appraisal in appraisals.items():
        if appraisal.damage:
            yield Skipped(photo_id, appraisal.damage)
    for photo_id, of_photo in metadata.items():
        if of_photo.problems:
            yield Skipped(photo_id, "; ".join(of_photo.problems))
