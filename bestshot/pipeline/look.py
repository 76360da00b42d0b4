"""Looking at a library: from the listing to the verdicts; changes nothing but the index."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from bestshot.analysis.analyser import (
    READ_METADATA,
    Analyser,
    Measurements,
    appraisal_measurement,
    fingerprint_measurement,
)
from bestshot.analysis.comparison import comparison_measurement
from bestshot.analysis.faces import FaceDetectionError, face_detection_problem
from bestshot.errors import SourceError, UsageError
from bestshot.grouping.group import Grouping, with_neighbours_in_time
from bestshot.marks.kinds.values import without_ours
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.state import ARCHIVED
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group, PhotoPair, Similarity, Verdict
from bestshot.model.photo import Listing, Metadata, Photo, Skipped
from bestshot.pipeline.recognition import recognise
from bestshot.plans.decisions import Decision, Decisions
from bestshot.plans.document import PlanDocument
from bestshot.plans.reading import fit
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.different_people import split_by_people
from bestshot.ranking.rank import judge
from bestshot.settings.settings import Settings
from bestshot.sources.interface import PhotoSource
from bestshot.storage.index import Index
from bestshot.text import printable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LibraryAnalysis:
    """What looking at a library tells; `photos` are those that could be read, of as many as the limit allows.

    `numbers` are those under which a plan has the groups of these verdicts, if it comes from a plan.
    """

    photos: tuple[Photo, ...]
    metadata: Mapping[str, Metadata]
    verdicts: tuple[Verdict, ...]
    skipped: tuple[Skipped, ...]
    beyond_limit: int = 0
    numbers: tuple[int, ...] = ()
    appraisals: Mapping[str, Appraisal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownState:
    """What earlier runs know: the measurements, what people decided, and the marks that this tool has set."""

    index: Index
    decisions: Sequence[Decision] = ()
    ledger: MarkLedger = field(default_factory=MarkLedger)


def analyse_library(source: PhotoSource, settings: Settings, examiner: Analyser, memory: KnownState) -> LibraryAnalysis:
    """List, measure, group and judge."""
    listing = source.scan(memory.ledger.photos(ARCHIVED))
    _check_not_emptied(source, listing, memory.index)
    photos = listing.photos[: settings.limit]
    metadata = examiner.measure([photo for photo in photos if photo.id not in listing.metadata], READ_METADATA)
    metadata.values.update({photo.id: listing.metadata[photo.id] for photo in photos if photo.id in listing.metadata})
    readable = [photo for photo in photos if photo.id in metadata.values]
    rules = settings.grouping_rules
    task = fingerprint_measurement(rotations=settings.rotations)
    prints = examiner.measure(with_neighbours_in_time(readable, metadata.values, rules), task)
    hashed = [photo for photo in readable if photo.id in prints.values]
    grouping = Grouping(hashed, metadata.values, prints.values, rules)
    similarities, uncompared = _compare(examiner, grouping.candidate_pairs(), rotations=settings.rotations)
    decided = Decisions.of(memory.decisions, readable)
    groups = decided.split(grouping.groups(similarities), rules.min_group_size)
    if settings.options.layout is not None:
        groups = _with_all_files(source, groups)
    appraised = _appraise(examiner, groups, None if settings.no_faces else settings.face_model)
    groups = _without(groups, {skipped.id for skipped in appraised.skipped}, rules.min_group_size)
    metadata.values.update(_as_users_say(source, groups, metadata.values, memory.ledger))
    whole = [Candidates.of(group, appraised.values, metadata.values) for group in groups]
    embeddings = recognise(examiner, whole, settings.face_model)
    parts = (part for one in whole for part in split_by_people(one, embeddings))
    judged = (
        judge(part, settings.judging_rules, embeddings) for part in parts if len(part.everyone) >= rules.min_group_size
    )
    verdicts = tuple(map(decided.prefer, judged))
    unread = [*metadata.skipped, *prints.skipped, *appraised.skipped]
    if unread or uncompared:
        source.check_reachable()
    lost = {skipped.id for skipped in unread}
    skipped = sorted([*listing.skipped, *unread, *uncompared, *_doubts(metadata.values)], key=lambda item: item.id)
    seen = tuple(photo for photo in photos if photo.id not in lost)
    beyond_limit = len(listing.photos) - len(photos)
    return LibraryAnalysis(seen, metadata.values, verdicts, tuple(skipped), beyond_limit, appraisals=appraised.values)


def load_planned(
    source: PhotoSource, settings: Settings, examiner: Analyser, memory: KnownState, plan: PlanDocument
) -> LibraryAnalysis:
    """List the library and find in it what a plan is about; raises UsageError if it is of another library."""
    wanted = {(photo.origin, photo.key) for group in plan.groups for photo in group.photos}
    if not {origin for origin, _ in wanted} <= set(source.origins()):
        raise UsageError("This plan is for the photos of another library or of another user: name the right one.")
    listing = source.scan(memory.ledger.photos(ARCHIVED).union(key for _, key in wanted))
    _check_not_emptied(source, listing, memory.index)
    photos: Sequence[Photo] = [photo for photo in listing.photos if (photo.origin, photo.key) in wanted]
    if settings.options.layout is not None:
        photos = source.with_all_files(photos)
    fitting = fit(plan.groups, {(photo.origin, photo.key): photo for photo in photos})
    metadata = examiner.measure([photo for photo in fitting.seen if photo.id not in listing.metadata], READ_METADATA)
    metadata.values.update(
        {photo.id: listing.metadata[photo.id] for photo in fitting.seen if photo.id in listing.metadata}
    )
    if metadata.skipped:
        source.check_reachable()
    is_known = [all(photo.id in metadata.values for photo in verdict.group.photos) for verdict in fitting.verdicts]
    verdicts, numbers = tuple(compress(fitting.verdicts, is_known)), tuple(compress(fitting.numbers, is_known))
    skipped = (*listing.skipped, *metadata.skipped, *fitting.left_alone)
    return LibraryAnalysis(fitting.seen, metadata.values, verdicts, skipped, numbers=numbers)


def _check_not_emptied(source: PhotoSource, listing: Listing, index: Index) -> None:
    for origin in listing.empty_origins:
        if index.knows(origin):
            kind, _, folder = origin.partition(":")
            place = folder if kind == "folder" else ", ".join(source.locations())
            raise SourceError(
                f"{printable(place)} holds no photos, yet earlier runs saw some there: is its "
                "disk mounted? If it was emptied on purpose, leave it out of the command."
            )


def _with_all_files(source: PhotoSource, groups: Sequence[Group]) -> list[Group]:
    """The groups, with what the listing left open of files that are to be laid out."""
    whole = {photo.id: photo for photo in source.with_all_files([photo for group in groups for photo in group.photos])}
    return [Group(tuple(whole[photo.id] for photo in group.photos)) for group in groups]


def _compare(
    examiner: Analyser, pairs: Sequence[PhotoPair], *, rotations: bool
) -> tuple[Mapping[str, Similarity], list[Skipped]]:
    """Look closely at pairs; one that cannot be compared is not joined, and told of its first photo."""
    if not pairs:
        return {}, []
    findings = examiner.measure(pairs, comparison_measurement(rotations=rotations))
    first = {pair.id: pair.left.id for pair in pairs}
    told = {first[item.id]: f"cannot be compared closely with others: {item.error}" for item in findings.skipped}
    return findings.values, [Skipped(photo_id, error) for photo_id, error in told.items()]


def _appraise(examiner: Analyser, groups: Sequence[Group], model: FaceModel | None) -> Measurements[Appraisal]:
    """Measure the members of groups; without faces, and a word about it, where they cannot be looked for."""
    members = [photo for group in groups for photo in group.photos]
    problem = face_detection_problem() if members and model is not None else None
    if model is not None and problem is None:
        try:
            return examiner.measure(members, appraisal_measurement(model))
        except FaceDetectionError as error:
            problem = str(error)
    if problem is not None:
        logger.warning("%s Photos are judged by sharpness and exposure.", problem)
    return examiner.measure(members, appraisal_measurement(None))


def _as_users_say(
    source: PhotoSource, groups: Sequence[Group], metadata: Mapping[str, Metadata], ledger: MarkLedger
) -> dict[str, Metadata]:
    """What is known of the members of groups, without the favourites and stars that this tool gave."""
    return {
        photo.id: without_ours(ledger, metadata[photo.id], source.mark_keys(photo)[0])
        for group in groups
        for photo in group.photos
    }


def _without(groups: Sequence[Group], missing: set[str], min_group_size: int) -> list[Group]:
    """The groups without photos that turned out to be unreadable at a larger size."""
    kept = [Group(tuple(photo for photo in group.photos if photo.id not in missing)) for group in groups]
    return [group for group in kept if len(group.photos) >= min_group_size]


def _doubts(metadata: Mapping[str, Metadata]) -> Iterator[Skipped]:
    """What was passed over within photos that are used nevertheless, such as a date that is none."""
    for photo_id, of_photo in metadata.items():
        if of_photo.problems:
            yield Skipped(photo_id, "; ".join(of_photo.problems))
