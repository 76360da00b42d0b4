"""The criteria by which the faces of people are compared: eyes, sharpness, presence and smiles: pure."""

from collections.abc import Sequence

from bestshot.model.faces import Face
from bestshot.ranking.candidates import Candidate
from bestshot.ranking.criteria.criterion import UNKNOWN_SCORE, VISIBLE, Criterion, against_sharpest, is_top, stands_out
from bestshot.ranking.face_scores import (
    Scores,
    are_lids_up,
    eye_scores,
    looks_away,
    of_everybody,
    presence_scores,
    sharpness_scores,
    smile_scores,
    smiles,
)
from bestshot.ranking.people import Person
from bestshot.text import count, printable

_WINK_BALANCE = 0.80
"""Below this `Face.eye_balance` the eyes are described as winking instead of blinking."""

_EYES_OPEN = 0.5
"""Eyes count as open from this score on, and are criticised only below it."""

_EYES_UNTOLD = 0.85
"""The score of eyes that cannot be told: most eyes are open, so they are worth nearly as much as those that are."""

_AWAY_FAULT = 0.5
"""Who is turned away is criticised only below this score; where eyes look is not measured."""

_EYES_LEAD = 0.3
"""Eyes are criticised only if those in the best photo score higher by more than this."""

_FACE_LEAD = 0.2
"""A look or a smile is criticised only if that in the best photo scores higher by more than this."""

_Faces = Sequence[tuple[Person, Scores]]
"""The people of a group, each with the scores of their face by one criterion."""

_FACE_POSITIONS = (("",), ("left face", "right face"), ("left face", "middle face", "right face"))


def by_eyes(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    """Whether the eyes of people are open."""
    faces = [(person, eye_scores(person)) for person in people]

    def told(shot: Candidate) -> list[bool]:
        """Of each face whose eyes are surely open or surely shut, which of both they are."""
        known = [
            (person.faces[shot.id], scores[shot.id] >= _EYES_OPEN) for person, scores in faces if shot.id in scores
        ]
        return [is_open for face, is_open in known if are_lids_up(face) or not is_open]

    def words(shot: Candidate) -> str:
        eyes = told(shot)
        return f"eyes open on {sum(eyes)} of {count(len(eyes), 'face')}" if eyes else "eyes not told"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = _worse(faces, shot, best, _EYES_LEAD, _EYES_OPEN)
        if not worse:
            return None
        is_wink = all(face.eye_balance is not None and face.eye_balance < _WINK_BALANCE for face in worse)
        return _phrase("winks", "winking", shot, worse) if is_wink else _phrase("blinks", "blinking", shot, worse)

    return Criterion(
        "eyes",
        weight,
        of_everybody([shot.id for shot in shots], faces),
        words,
        fault,
        lambda shot: any(told(shot)),
        unknown=_EYES_UNTOLD,
    )


def by_face_sharpness(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    """How sharp faces are, each beside the same person elsewhere."""
    faces = [(person, sharpness_scores(person)) for person in people]
    scores = of_everybody([shot.id for shot in shots], faces, UNKNOWN_SCORE)

    def words(shot: Candidate) -> str:
        what = "face" if len(people) == 1 else "faces"
        return against_sharpest(what, shot, scores) or f"{what} less sharp than the sharpest"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = _worse(faces, shot, best, VISIBLE)
        if not worse:
            return None
        return f"has {'less sharp faces' if len(worse) > 1 else 'a less sharp face'}{_where(shot, worse)}"

    return Criterion(
        "face sharpness", weight, scores, words, fault, lambda shot: is_top(shot, scores), unknown=_highest(scores)
    )


def by_presence(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    """Whether everybody is there and turned to the camera."""
    photos = [shot.id for shot in shots]
    faces = [(person, presence_scores(person, photos)) for person in people]
    scores = of_everybody(photos, faces)

    def turned_to_it(shot: Candidate) -> int:
        return sum(shot.id in person.faces and not looks_away(person.faces[shot.id]) for person in people)

    def words(shot: Candidate) -> str:
        there = [person.faces[shot.id] for person in people if shot.id in person.faces]
        missing = sum(shot.id in scores for _, scores in faces) - len(there)
        text = f"{turned_to_it(shot)} of {count(len(there), 'face')} turned to the camera"
        return f"{text}, {missing} not clearly seen" if missing else text

    def fault(shot: Candidate, best: Candidate) -> str | None:
        missing = [
            person.faces[best.id]
            for person, scores in faces
            if shot.id in scores and shot.id not in person.faces and best.id in person.faces
        ]
        if missing:
            return f"does not clearly show {count(len(missing), 'face')}{_where(best, missing)}"
        away = _worse(faces, shot, best, _FACE_LEAD, _AWAY_FAULT)
        return _phrase("is turned away", "turned away", shot, away) if away else None

    return Criterion(
        "faces", weight, scores, words, fault, lambda shot: turned_to_it(shot) > 0, unknown=_highest(scores)
    )


def by_smiles(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    """How broadly people smile."""
    faces = [(person, smile_scores(person)) for person in people]
    averages = of_everybody([shot.id for shot in shots], faces, UNKNOWN_SCORE)

    def words(shot: Candidate) -> str:
        are_smiling = [smiles(person.faces[shot.id]) for person, scores in faces if shot.id in scores]
        if any(are_smiling):
            return f"{sum(are_smiling)} of {count(len(are_smiling), 'face')} smiling"
        return "friendliest look" if stands_out(averages[shot.id], averages, _FACE_LEAD) else "no smile"

    def is_merit(shot: Candidate) -> bool:
        return words(shot) != "no smile"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = _worse(faces, shot, best, _FACE_LEAD)
        return _phrase("smiles less", "smiling less", shot, worse) if worse else None

    return Criterion("smile", weight, averages, words, fault, is_merit, unknown=_highest(averages))


def _worse(faces: _Faces, shot: Candidate, best: Candidate, lead: float, limit: float = 1.0) -> list[Face]:
    """The faces in a photo that score below `limit`, and by more than `lead` below those in the best one."""
    return [
        person.faces[shot.id]
        for person, scores in faces
        if shot.id in person.faces and scores.get(shot.id, 1.0) < min(limit, scores.get(best.id, 0.0) - lead)
    ]


def _highest(scores: Scores) -> float:
    """The score of photos in which no face is expected: those that show one gain by being good, not by showing it."""
    return max(scores.values(), default=UNKNOWN_SCORE)


def _phrase(one: str, several: str, shot: Candidate, faces: Sequence[Face]) -> str:
    """Phrase a fault, such as "blinks (left face)" or "shows 2 people blinking (left face, right face)"."""
    phrase = one if len(faces) == 1 else f"shows {len(faces)} people {several}"
    return phrase + _where(shot, faces)


def _where(shot: Candidate, faces: Sequence[Face]) -> str:
    """Name the faces of a photo, from left to right, in brackets; empty for the only face if its name is unknown."""
    positions = sorted(position for position, face in enumerate(shot.faces) if any(face is other for other in faces))
    names = [name for position in positions if (name := _face_in_words(position, shot.faces))]
    return f" ({', '.join(names)})" if names else ""


def _face_in_words(position: int, faces: Sequence[Face]) -> str:
    total, name = len(faces), faces[position].name
    if name:
        return printable(name)
    if total <= len(_FACE_POSITIONS):
        return _FACE_POSITIONS[total - 1][position]
    return f"face {position + 1} of {total} from the left"
