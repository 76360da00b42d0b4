"""What makes one photo of a group better than another, each criterion with its marks and its words: pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bestshot.model.faces import Face
from bestshot.ranking.candidates import Candidate
from bestshot.ranking.face_scores import (
    Marks,
    eye_marks,
    looks_away,
    presence_mark,
    sharpness_marks,
    smile_marks,
    smiles,
)
from bestshot.ranking.people import Person
from bestshot.ranking.rules import Weights
from bestshot.text import count, printable

Words = Callable[[Candidate], str]
Fault = Callable[[Candidate, Candidate], str | None]
"""What the first photo has worse than the second, in words that go after its name; None if nothing can be seen."""

_SEEN = 0.05
"""Marks that differ by less look the same."""

_UNSEEN = 0.5
"""What counts for the sharpness and the smile of a face that is seen in other photos only."""

_WINK = 0.80
_WELL_COMPOSED = 0.9
"""Less than that is a head cut off, or more than a degree of tilt."""

_MOST_TILT = 6.0
"""In degrees: a picture that is further off is no worse."""


_PLACES = (("",), ("left face", "right face"), ("left face", "middle face", "right face"))


@dataclass(frozen=True, slots=True)
class Criterion:
    """One way to tell photos apart: a mark between 0 and 1 for each photo of which it can be told, and its words."""

    name: str
    weight: float
    marks: Marks
    words: Words
    fault: Fault
    is_merit: Callable[[Candidate], bool]
    """Whether the words praise a photo that is better here than most, and not only blame it less."""


def criteria(shots: Sequence[Candidate], people: Sequence[Person], weights: Weights) -> tuple[Criterion, ...]:
    """The criteria for these photos, the weightiest first by default."""
    return (
        _eyes(shots, people, weights.eyes),
        _face_sharpness(shots, people, weights.face_sharpness),
        _presence(shots, people, weights.presence),
        _smiles(shots, people, weights.smiles),
        _sharpness(shots, weights.sharpness),
        _exposure(shots, weights.exposure),
        _resolution(shots, weights.resolution),
        _composition(shots, weights.composition),
    )


def _eyes(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    each = [eye_marks(person) for person in people]

    def opened(shot: Candidate) -> int:
        return sum(marks.get(shot.id, 0.0) >= 0.5 for marks in each)

    def words(shot: Candidate) -> str:
        return f"eyes open on {opened(shot)} of {count(sum(shot.id in marks for marks in each), 'face')}"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = [
            person.faces[shot.id]
            for person, marks in zip(people, each, strict=True)
            if marks.get(shot.id, 1.0) < min(0.8, marks.get(best.id, 0.0) - 0.3)
        ]
        if not worse:
            return None
        is_wink = all(face.eye_balance is not None and face.eye_balance < _WINK for face in worse)
        return _said("winks", "winking", shot, worse) if is_wink else _said("blinks", "blinking", shot, worse)

    return Criterion("eyes", weight, _by_size(shots, people, each), words, fault, lambda shot: opened(shot) > 0)


def _face_sharpness(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    each = [sharpness_marks(person) for person in people]
    marks = _by_size(shots, people, each, _UNSEEN)

    def words(shot: Candidate) -> str:
        what = "face" if len(people) == 1 else "faces"
        return _against_sharpest(what, shot, marks) or f"{what} less sharp than the sharpest"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = [
            person.faces[shot.id]
            for person, marks in zip(people, each, strict=True)
            if marks.get(shot.id, 1.0) < marks.get(best.id, 0.0) - _SEEN
        ]
        return (
            f"has {'less sharp faces' if len(worse) > 1 else 'a less sharp face'}{_where(shot, worse)}"
            if worse
            else None
        )

    return Criterion("face sharpness", weight, marks, words, fault, lambda shot: _is_top(shot, marks))


def _presence(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    each = [{shot.id: presence_mark(person, shot.id) for shot in shots} for person in people]

    def looking(shot: Candidate) -> int:
        return sum(shot.id in person.faces and not looks_away(person.faces[shot.id]) for person in people)

    def words(shot: Candidate) -> str:
        there = [person.faces[shot.id] for person in people if shot.id in person.faces]
        missing = len(people) - len(there)
        text = f"{looking(shot)} of {count(len(there), 'face')} looking at the camera"
        return f"{text}, {missing} not clearly seen" if missing else text

    def fault(shot: Candidate, best: Candidate) -> str | None:
        missing = [
            person.faces[best.id] for person in people if shot.id not in person.faces and best.id in person.faces
        ]
        if missing:
            return f"does not clearly show {count(len(missing), 'face')}{_where(best, missing)}"
        away = [
            person.faces[shot.id]
            for person, marks in zip(people, each, strict=True)
            if shot.id in person.faces and marks[shot.id] < marks[best.id] - 0.2
        ]
        return _said("looks away", "looking away", shot, away) if away else None

    return Criterion("faces", weight, _by_size(shots, people, each), words, fault, lambda shot: looking(shot) > 0)


def _smiles(shots: Sequence[Candidate], people: Sequence[Person], weight: float) -> Criterion:
    each = [smile_marks(person) for person in people]
    shared = _by_size(shots, people, each, _UNSEEN)

    def words(shot: Candidate) -> str:
        told = [person.faces[shot.id] for person, marks in zip(people, each, strict=True) if shot.id in marks]
        if any(map(smiles, told)):
            return f"{sum(map(smiles, told))} of {count(len(told), 'face')} smiling"
        return "friendliest look" if _stands_out(shared[shot.id], shared) else "no smile"

    def is_merit(shot: Candidate) -> bool:
        return words(shot) != "no smile"

    def fault(shot: Candidate, best: Candidate) -> str | None:
        worse = [
            person.faces[shot.id]
            for person, marks in zip(people, each, strict=True)
            if marks.get(shot.id, 1.0) < marks.get(best.id, 0.0) - 0.2
        ]
        return _said("smiles less", "smiling less", shot, worse) if worse else None

    return Criterion("smile", weight, shared, words, fault, is_merit)


def _sharpness(shots: Sequence[Candidate], weight: float) -> Criterion:
    sharpest = max(shot.appraisal.sharpness for shot in shots)
    # Whole percents: what is smaller is noise, and the earlier of two equals is to win.
    marks = {shot.id: min(1.0, round(shot.appraisal.sharpness / sharpest, 2)) for shot in shots} if sharpest > 0 else {}
    return Criterion(
        "sharpness",
        weight,
        marks,
        lambda shot: (
            _against_sharpest("picture", shot, marks) or f"picture {marks[shot.id]:.0%} as sharp as the sharpest"
        ),
        _simple_fault(marks, "is less sharp"),
        lambda shot: _is_top(shot, marks),
    )


def _exposure(shots: Sequence[Candidate], weight: float) -> Criterion:
    marks = {shot.id: exposure_mark(shot) for shot in shots}

    def words(shot: Candidate) -> str:
        text = f"brightness {shot.appraisal.brightness:.0%}, {shot.appraisal.clipped:.1%} clipped"
        return f"best exposed: {text}" if _stands_out(marks[shot.id], marks) else text

    fault = _simple_fault(marks, "is worse exposed")
    return Criterion("exposure", weight, marks, words, fault, lambda shot: _stands_out(marks[shot.id], marks))


def exposure_mark(shot: Candidate) -> float:
    """Middle grey is about 0.45 of the scale after gamma; a whole stop to either side costs little, clipping much."""
    balance = 1.0 - min(1.0, abs(shot.appraisal.brightness - 0.45) / 0.45) ** 2
    return _between(balance - 2.0 * shot.appraisal.clipped)


def _resolution(shots: Sequence[Candidate], weight: float) -> Criterion:
    largest = max(shot.pixels or 0 for shot in shots)
    marks = {shot.id: (shot.pixels / largest) ** 0.5 for shot in shots if shot.pixels}
    return Criterion(
        "resolution",
        weight,
        marks,
        lambda shot: f"{shot.metadata.width} x {shot.metadata.height} pixels",
        _simple_fault(marks, "has fewer pixels"),
        lambda shot: _is_top(shot, marks),
    )


def _composition(shots: Sequence[Candidate], weight: float) -> Criterion:
    marks = {
        shot.id: 1.0 - 0.5 * min(1.0, abs(shot.appraisal.tilt or 0.0) / _MOST_TILT) - 0.5 * _share_of_cut_heads(shot)
        for shot in shots
        if shot.appraisal.tilt is not None or shot.faces
    }

    def words(shot: Candidate) -> str:
        return ", ".join(_composition_words(shot))

    fault = _simple_fault(marks, "is worse composed")
    return Criterion("composition", weight, marks, words, fault, lambda shot: marks[shot.id] > _WELL_COMPOSED)


def _composition_words(shot: Candidate) -> Iterator[str]:
    if shot.appraisal.tilt is not None:
        tilt = abs(shot.appraisal.tilt)
        yield "level" if tilt < 1 else f"tilted by {tilt:.1f} degrees"
    if shot.faces:
        cut = sum(face.is_cut for face in shot.faces)
        yield f"{count(cut, 'head')} cut off" if cut else "no head cut off"


def _share_of_cut_heads(shot: Candidate) -> float:
    return sum(face.is_cut for face in shot.faces) / len(shot.faces) if shot.faces else 0.0


def _by_size(
    shots: Sequence[Candidate], people: Sequence[Person], each: Sequence[Marks], unseen: float | None = None
) -> dict[str, float]:
    """The mean of each photo's marks, in which large faces count more; a photo without any is left out.

    `unseen` is the mark of a face that can be told in other photos only; without one it is left out.
    """
    marks = {}
    for shot in shots:
        if not any(shot.id in own for own in each):
            continue
        found = [(person.size, own.get(shot.id, unseen)) for person, own in zip(people, each, strict=True) if own]
        told = [(size, mark) for size, mark in found if mark is not None]
        if total := sum(size for size, _ in told):
            marks[shot.id] = _between(sum(size * mark for size, mark in told) / total)
    return marks


def _against_sharpest(what: str, shot: Candidate, marks: Marks) -> str | None:
    if _stands_out(marks[shot.id], marks):
        return f"sharpest {what}"
    return f"{what} as sharp as any" if _is_top(shot, marks) else None


def _is_top(shot: Candidate, marks: Marks) -> bool:
    """Whether no photo has a better mark that can be seen."""
    return marks[shot.id] > max(marks.values()) - _SEEN


def _stands_out(mark: float, marks: Marks) -> bool:
    """Whether this mark is the best, and better than all others by what can be seen."""
    ordered = sorted(marks.values(), reverse=True)
    return mark == ordered[0] and (len(ordered) == 1 or mark >= ordered[1] + _SEEN)


def _simple_fault(marks: Mapping[str, float], words: str) -> Fault:
    return lambda shot, best: words if marks.get(shot.id, 1.0) < marks.get(best.id, 0.0) - _SEEN else None


def _said(one: str, several: str, shot: Candidate, faces: Sequence[Face]) -> str:
    """ "blinks (left face)", "shows 2 people blinking (left face, right face)"."""
    said = one if len(faces) == 1 else f"shows {len(faces)} people {several}"
    return said + _where(shot, faces)


def _where(shot: Candidate, faces: Sequence[Face]) -> str:
    """Which of a photo's faces, from left to right, by name if it is known; nothing of a nameless one alone."""
    places = sorted(place for place, face in enumerate(shot.faces) if any(face is other for other in faces))
    names = [name for place in places if (name := _face_in_words(place, shot.faces))]
    return f" ({', '.join(names)})" if names else ""


def _face_in_words(place: int, faces: Sequence[Face]) -> str:
    total, name = len(faces), faces[place].name
    if name:
        return printable(name)
    if total <= len(_PLACES):
        return _PLACES[total - 1][place]
    return f"face {place + 1} of {total} from the left"


def _between(value: float) -> float:
    return max(0.0, min(1.0, value))
