"""A group of appraised photos to a verdict with its reasons: pure.

Each criterion gives every photo of the group a mark between 0 and 1, measured against the group's own best where
only that makes sense (sharpness). The score is the weighted mean of the marks that can be told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bestshot.model import Appraisal, CaptureTime, Face, Group, Metadata, Photo, RankedPhoto, Reason, Verdict
from bestshot.text import count

# Between these eye aspect ratios an eye goes from closed to open (Soukupova & Cech 2016 put the limit at 0.2).
_EYES_CLOSED, _EYES_OPEN = 0.14, 0.22


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each criterion counts; only their proportions matter."""

    eyes: float = 4.0
    faces_present: float = 3.0
    face_sharpness: float = 3.0
    smile: float = 1.0
    sharpness: float = 2.0
    exposure: float = 1.0
    resolution: float = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A photo with all that is known of it."""

    photo: Photo
    appraisal: Appraisal
    facts: Metadata

    @property
    def faces(self) -> tuple[Face, ...]:
        """The faces that were found; none if nobody looked."""
        return self.appraisal.faces or ()


@dataclass(frozen=True, slots=True)
class _Criterion:
    name: str
    weight: float
    mark: Callable[[Candidate, Sequence[Candidate]], float | None]
    words: Callable[[Candidate, float], str]


def judge(
    group: Group,
    appraisals: Mapping[str, Appraisal],
    facts: Mapping[str, Metadata],
    weights: Weights | None = None,
) -> Verdict:
    """Rank a group from best to worst; of equals the earliest is first, then the one whose id comes first.

    Moments are compared where the group's photos all tell theirs, so that zones do not matter, else wall clocks.
    A guessed time comes after all known ones: a messenger's copy bears a bare date, which reads as midnight.
    """
    criteria = _criteria(weights or Weights())
    everyone = [Candidate(photo, appraisals[photo.id], facts[photo.id]) for photo in group.photos]
    ranked = [_rank(candidate, everyone, criteria) for candidate in everyone]

    seconds = _seconds({photo.id: facts[photo.id].taken for photo in group.photos})

    def order(item: RankedPhoto) -> tuple[float, bool, float, str]:
        return -item.score, facts[item.photo.id].taken.is_guess, seconds[item.photo.id], item.photo.id

    ranking = tuple(sorted(ranked, key=order))
    return Verdict(group, ranking, _confidence(ranking))


def _seconds(times: Mapping[str, CaptureTime]) -> dict[str, float]:
    """When the photos were taken, by one and the same clock wherever there is one."""
    instants = {id_: instant for id_, taken in times.items() if (instant := taken.instant_seconds) is not None}
    return instants if len(instants) == len(times) else {id_: taken.seconds for id_, taken in times.items()}


def _rank(candidate: Candidate, everyone: Sequence[Candidate], criteria: Sequence[_Criterion]) -> RankedPhoto:
    marks = [(criterion, criterion.mark(candidate, everyone)) for criterion in criteria]
    told = [(criterion, mark) for criterion, mark in marks if mark is not None]
    total = sum(criterion.weight for criterion, _ in told)
    score = sum(criterion.weight * mark for criterion, mark in told) / total if total else 0.0
    reasons = tuple(
        Reason(criterion.name, round(mark, 4), criterion.words(candidate, mark)) for criterion, mark in told
    )
    return RankedPhoto(candidate.photo, round(score, 6), reasons)


def _confidence(ranking: Sequence[RankedPhoto]) -> float:
    """How far ahead the best is; a lead of a tenth of the scale is taken as beyond doubt."""
    if len(ranking) < 2:
        return 1.0
    return round(min(1.0, (ranking[0].score - ranking[1].score) / 0.1), 4)


def _criteria(weights: Weights) -> tuple[_Criterion, ...]:
    return (
        _Criterion("eyes", weights.eyes, _eyes, _eyes_in_words),
        _Criterion("faces", weights.faces_present, _faces_present, _faces_in_words),
        _Criterion("face sharpness", weights.face_sharpness, _face_sharpness, _of_sharpest("faces")),
        _Criterion("smile", weights.smile, _smile, lambda _, mark: f"smile {mark:.0%}"),
        _Criterion("sharpness", weights.sharpness, _sharpness, _of_sharpest("picture")),
        _Criterion("exposure", weights.exposure, _exposure, _exposure_in_words),
        _Criterion("resolution", weights.resolution, _resolution, _resolution_in_words),
    )


def eyes_open(face: Face) -> float | None:
    """How open the eyes of a face are, from 0 to 1; None if the landmarks do not tell."""
    if face.eye_aspect_ratio is None:
        return None
    return _between((face.eye_aspect_ratio - _EYES_CLOSED) / (_EYES_OPEN - _EYES_CLOSED))


def _eyes(candidate: Candidate, _everyone: Sequence[Candidate]) -> float | None:
    return _mean([eyes_open(face) for face in candidate.faces])


def _eyes_in_words(candidate: Candidate, _mark: float) -> str:
    told = [opening for face in candidate.faces if (opening := eyes_open(face)) is not None]
    return f"eyes open on {sum(opening > 0.5 for opening in told)} of {count(len(told), 'face')}"


def _faces_present(candidate: Candidate, everyone: Sequence[Candidate]) -> float | None:
    most = max(len(other.faces) for other in everyone)
    return len(candidate.faces) / most if most else None


def _faces_in_words(candidate: Candidate, _mark: float) -> str:
    return f"{count(len(candidate.faces), 'face')} found"


def _face_sharpness(candidate: Candidate, everyone: Sequence[Candidate]) -> float | None:
    return _against_sharpest(
        _mean([face.sharpness for face in candidate.faces]),
        [_mean([face.sharpness for face in other.faces]) for other in everyone],
    )


def _smile(candidate: Candidate, _everyone: Sequence[Candidate]) -> float | None:
    return _mean([face.smile for face in candidate.faces])


def _sharpness(candidate: Candidate, everyone: Sequence[Candidate]) -> float | None:
    return _against_sharpest(candidate.appraisal.sharpness, [other.appraisal.sharpness for other in everyone])


def _of_sharpest(what: str) -> Callable[[Candidate, float], str]:
    def words(_candidate: Candidate, mark: float) -> str:
        if mark >= 1.0:
            return f"sharpest {what}"
        return f"{what} as sharp as any" if mark >= 0.99 else f"{what} {mark:.0%} as sharp as the sharpest"

    return words


def _exposure(candidate: Candidate, _everyone: Sequence[Candidate]) -> float | None:
    # Middle grey is about 0.45 of the scale after gamma; a whole stop to either side costs little, clipping much.
    balance = 1.0 - min(1.0, abs(candidate.appraisal.brightness - 0.45) / 0.45) ** 2
    return _between(balance - 2.0 * candidate.appraisal.clipped)


def _exposure_in_words(candidate: Candidate, _mark: float) -> str:
    appraisal = candidate.appraisal
    return f"brightness {appraisal.brightness:.0%}, {appraisal.clipped:.1%} clipped"


def _resolution(candidate: Candidate, everyone: Sequence[Candidate]) -> float | None:
    largest = max(_pixels(other) or 0 for other in everyone)
    pixels = _pixels(candidate)
    return (pixels / largest) ** 0.5 if pixels and largest else None


def _resolution_in_words(candidate: Candidate, _mark: float) -> str:
    return f"{candidate.facts.width} x {candidate.facts.height} pixels"


def _pixels(candidate: Candidate) -> int | None:
    width, height = candidate.facts.width, candidate.facts.height
    return width * height if width and height else None


def _against_sharpest(value: float | None, others: Sequence[float | None]) -> float | None:
    sharpest = max((other for other in others if other is not None), default=0.0)
    # Whole percents: what is smaller is noise, and the earlier of two equals is to win.
    return None if value is None or sharpest <= 0 else _between(round(value / sharpest, 2))


def _mean(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) / len(told) if told else None


def _between(value: float) -> float:
    return max(0.0, min(1.0, value))
