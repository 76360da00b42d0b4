"""Recognising faces in groups where neither position nor time shows whose they are."""

from collections.abc import Sequence

from bestshot.analysis.analyser import Analyser, recognition_measurement
from bestshot.model.faces import FaceModel
from bestshot.ranking.candidates import Candidates
from bestshot.ranking.different_people import may_show_different_people
from bestshot.ranking.people import Embedding, is_doubtful, track_people


def recognise(analyser: Analyser, groups: Sequence[Candidates], model: FaceModel) -> dict[str, Sequence[Embedding]]:
    """Compute the embeddings of the faces in doubtful groups, by photo id, at half the cost of finding faces.

    A photo that can no longer be read has none: its faces are matched by position.
    """
    doubtful = [one for group in groups if _is_doubtful(group) for one in group.everyone if one.faces]
    if not doubtful:
        return {}
    task = recognition_measurement(model, {candidate.id: candidate.faces for candidate in doubtful})
    found = analyser.measure([candidate.photo for candidate in doubtful], task)
    return {photo: embeddings.codes for photo, embeddings in found.values.items()}


def _is_doubtful(group: Candidates) -> bool:
    """Whether people may have changed places, or different people may have come."""
    faces = {candidate.id: candidate.faces for candidate in group.everyone}
    return is_doubtful(faces, track_people(faces)) or may_show_different_people(group)
