"""Recognising faces in groups where neither position nor time shows whose they are."""

from collections.abc import Mapping, Sequence

from bestshot.analysis.analyser import Analyser, recognition_task
from bestshot.model.appraisal import Appraisal
from bestshot.model.faces import FaceModel
from bestshot.model.groups import Group
from bestshot.model.photo import Metadata
from bestshot.ranking.candidates import Candidate, candidates
from bestshot.ranking.different_people import may_show_different_people
from bestshot.ranking.people import Embedding, is_doubtful, track_people


def recognise(
    analyser: Analyser,
    groups: Sequence[Group],
    appraisals: Mapping[str, Appraisal],
    metadata: Mapping[str, Metadata],
    model: FaceModel,
) -> dict[str, Sequence[Embedding]]:
    """Compute the embeddings of the faces in doubtful groups, by photo id, at half the cost of finding faces.

    A photo that can no longer be read has none: its faces are matched by position.
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
    found = analyser.measure([candidate.photo for candidate in doubtful], task)
    return {photo: embeddings.codes for photo, embeddings in found.values.items()}


def _is_doubtful(everyone: Sequence[Candidate]) -> bool:
    """Whether people may have changed places, or different people may have come."""
    faces = {candidate.id: candidate.faces for candidate in everyone}
    return is_doubtful(faces, track_people(faces)) or may_show_different_people(everyone)
