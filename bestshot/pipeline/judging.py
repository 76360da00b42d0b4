"""Judging the groups of a library: their photos are measured, told apart, and ranked."""

import logging
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from bestshot.analysis.analyser import (
    MEASURE_REDUCED_SHARPNESS,
    READ_ORIGIN,
    READ_PROVENANCE,
    Analyser,
    Measurements,
    appraisal_measurement,
    recognition_measurement,
)
from bestshot.errors import FaceDetectionError
from bestshot.model.appraisal import Appraisal, ReducedSharpness
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group, GroupKind, Verdict
from bestshot.model.phases import JUDGING_BRACKETS
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.pipeline.learning import learned_rules
from bestshot.pipeline.verdicts import Judged, JudgedGroup, JudgingRule, has_own
from bestshot.plans.decisions import Decisions
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.different_people import may_show_different_people, split_by_people
from bestshot.ranking.kinds import kind_of, state_a_bracket
from bestshot.ranking.people import Embedding, is_doubtful, is_one_of, track_people
from bestshot.ranking.rank import judge

logger = logging.getLogger(__name__)


def judge_groups(
    analyser: Analyser,
    groups: Sequence[Group],
    described: Measurements[Metadata],
    rule: JudgingRule,
    reviews: Decisions | None = None,
) -> Judged:
    """Judge these groups; with `reviews`, by what is learned from what the user chose in them.

    `described` is what their photos say, as the user would have it.
    """
    metadata = described.values
    appraised = _appraise(analyser, [_readable(group, metadata) for group in groups], metadata, rule)
    readable = [_readable(group, appraised.values) for group in groups]
    kept = [place for place, group in enumerate(readable) if _can_be_judged(group, rule)]
    candidates = [Candidates.of(readable[place], appraised.values, metadata) for place in kept]
    candidates, scaled = compare_sizes(analyser, trace_copies(analyser, candidates))
    verdicts, learned = _judge(analyser, candidates, rule, reviews)
    of_group = dict(zip(kept, verdicts, strict=True))
    unread, uncompared = _by_photo([*described.skipped, *appraised.skipped]), _by_photo(scaled.skipped)
    judged = [
        JudgedGroup(
            tuple(of_group.get(place, ())),
            {photo.id: metadata[photo.id] for photo in group.photos if photo.id in metadata},
            unread=tuple(unread[photo.id] for photo in group.photos if photo.id in unread),
            uncompared=tuple(uncompared[photo.id] for photo in group.photos if photo.id in uncompared),
            damaged=tuple(_damaged(readable[place], appraised.values)),
            shown=_shown(readable[place], appraised.values, rule.rules.people),
        )
        for place, group in enumerate(groups)
    ]
    return Judged(judged, appraised.values, learned)


def _readable(group: Group, known: Container[str]) -> Group:
    """The group without photos that turned out to be unreadable, as at a larger size."""
    return Group(tuple(photo for photo in group.photos if photo.id in known))


def _can_be_judged(group: Group, rule: JudgingRule) -> bool:
    return len(group.photos) >= rule.min_group_size and has_own(group)


def _by_photo(skipped: Sequence[Skipped]) -> dict[str, Skipped]:
    return {one.id: one for one in skipped}


def _damaged(group: Group, appraisals: Mapping[str, Appraisal]) -> list[Skipped]:
    """What is used although its file has lost pixels."""
    return [Skipped(photo.id, damage) for photo in group.photos if (damage := appraisals[photo.id].damage)]


def _shown(group: Group, appraisals: Mapping[str, Appraisal], people: Sequence[str]) -> tuple[str, ...]:
    """Which of these people some photo of a group shows."""
    names = {face.name for photo in group.photos for face in appraisals[photo.id].faces or ()} if people else set()
    return tuple(name for name in people if any(is_one_of(other, [name]) for other in names))


def _judge(
    analyser: Analyser, groups: Sequence[Candidates], rule: JudgingRule, reviews: Decisions | None
) -> tuple[list[list[Verdict]], tuple[str, ...]]:
    """The verdicts on each group: several where different people stand at the same place, and it is split.

    Also what was learned for them from the user's choices.
    """
    rules, learned = rule.rules, tuple[str, ...]()
    embeddings: dict[str, Sequence[Embedding]] = {}
    if rule.model is not None:
        embeddings = recognise(analyser, groups, rule.model, keeps_sets=rules.keeps_sets)
    parts = [split_by_people(group, embeddings) for group in groups]
    if reviews is not None:
        rules, learned = learned_rules(chain.from_iterable(parts), reviews, rules, embeddings)
    judged = [
        [judge(part, rules, embeddings) for part in of_group if len(part.everyone) >= rule.min_group_size]
        for of_group in parts
    ]
    return judged, learned


def _appraise(
    analyser: Analyser, groups: Sequence[Group], metadata: Mapping[str, Metadata], rule: JudgingRule
) -> Measurements[Appraisal]:
    """Measure the members of groups; without faces, and a word about it, where they cannot be looked for."""
    if rule.model is None:
        return analyser.measure(_members(groups), appraisal_measurement(None))
    rules = rule.rules
    brackets = _brackets(analyser, groups, metadata) if rules.keeps_sets and not rules.people else Measurements()
    members = [photo for photo in _members(groups) if photo.id not in brackets.values]
    try:
        appraised = analyser.measure(members, appraisal_measurement(rule.model))
    except FaceDetectionError as error:
        logger.warning("%s Photos are judged by sharpness and exposure.", error)
        appraised = analyser.measure(members, appraisal_measurement(None))
        analyser.passing.update(photo.id for photo in members)  # whose faces another run may look for
    appraised.update(brackets)
    return appraised


def _brackets(analyser: Analyser, groups: Sequence[Group], metadata: Mapping[str, Metadata]) -> Measurements[Appraisal]:
    """The members of brackets, measured without faces: no photo of a set that is kept whole is better for those."""
    likely = [group for group in groups if state_a_bracket([metadata[photo.id] for photo in group.photos])]
    if not likely:
        return Measurements()
    without_faces = replace(appraisal_measurement(None), title=JUDGING_BRACKETS)
    values = analyser.measure(_members(likely), without_faces).values
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
