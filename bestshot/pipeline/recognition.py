"""Telling whose the faces are in groups where places or the time leave it in doubt."""

from collections.abc import Mapping, Sequence

from bestshot.analysis.analyser import Analyser, recognition_task
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata
from bestshot.ranking.candidates import Candidate, candidates
from bestshot.ranking.people import Code, is_doubtful, track_people
from bestshot.ranking.strangers import may_be_strangers


def recognise(
    examiner: Analyser,
    groups: Sequence[Group],
    appraisals: Mapping[str, Appraisal],
    metadata: Mapping[str, Metadata],
    model: FaceModel,
) -> dict[str, Sequence[Code]]:
    """The codes of the faces in doubtful groups, by photo id; they cost half as much as finding faces.

    A photo that cannot be read any more has none: its faces are followed by their places.
    """
    doubtful = [
        candidate
        for group in groups
        if _is_doubtful(everyone := candidates(group, appraisals, metadata))
        for candidate in everyone
        if candidate.faces
    ]
    if not doubtful:
        return {}
    task = recognition_task(model, {candidate.id: candidate.faces for candidate in doubtful})
    findings = examiner.measure([candidate.photo for candidate in doubtful], task)
    return {photo: found.codes for photo, found in findings.values.items()}


def _is_doubtful(everyone: Sequence[Candidate]) -> bool:
    """Whether people may have changed places, or others may have come."""
    faces = {candidate.id: candidate.faces for candidate in everyone}
    return is_doubtful(faces, track_people(faces)) or may_be_strangers(everyone)
