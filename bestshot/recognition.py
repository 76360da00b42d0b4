"""Telling whose the faces are in groups where their places leave it in doubt."""

from collections.abc import Mapping, Sequence

from bestshot.examination import Examiner, recognition_task
from bestshot.face import Face, FaceModel
from bestshot.following import Code, follow, is_doubtful
from bestshot.model import Appraisal, Group


def recognise(
    examiner: Examiner, groups: Sequence[Group], appraisals: Mapping[str, Appraisal], model: FaceModel
) -> dict[str, Sequence[Code]]:
    """The codes of the faces in doubtful groups, by photo id; they cost as much again as finding faces.

    A photo that cannot be read any more has none: its faces are followed by their places.
    """
    doubtful = {}
    for group in groups:
        faces = _faces(group, appraisals)
        if is_doubtful(faces, follow(faces)):
            doubtful.update({photo: found for photo, found in faces.items() if found})
    photos = [photo for group in groups for photo in group.photos if photo.id in doubtful]
    if not photos:
        return {}
    findings = examiner.measure(photos, recognition_task(model, doubtful))
    return {photo: found.codes for photo, found in findings.values.items()}


def _faces(group: Group, appraisals: Mapping[str, Appraisal]) -> dict[str, Sequence[Face]]:
    return {photo.id: appraisals[photo.id].faces or () for photo in group.photos}
