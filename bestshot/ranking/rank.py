"""A group of appraised photos to a verdict with its reasons: pure.

Each criterion gives every photo of the group a mark between 0 and 1, measured against the group's own best where
only that makes sense, and a person's face against the same person's. The score is the weighted mean of the marks. What
the user chose goes before it, and a copy never goes before its original.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bestshot.model.appraisal import Appraisal
from bestshot.model.groups import Group, RankedPhoto, Reason, Verdict
from bestshot.model.photo import Metadata
from bestshot.model.times import CaptureTime
from bestshot.ranking.candidates import Candidate, candidates, originals_of_copies
from bestshot.ranking.criteria import Criterion, criteria
from bestshot.ranking.people import Codes, track_people
from bestshot.ranking.preferences import choice, choice_in_words, preference_marks
from bestshot.ranking.rules import JudgingRules
from bestshot.text import printable

_UNTOLD = 0.5
"""What counts for a mark that cannot be told of a photo, but of others of its group."""

_BEHIND_ORIGINAL = 0.99
_CLEAR_LEAD = 0.1
_MOST_STRENGTHS = 3


@dataclass(frozen=True, slots=True)
class _Judged:
    """A photo with what its rank comes from: what the user chose, the preferences, the score."""

    candidate: Candidate
    chosen: int
    preferred: tuple[float, ...]
    score: float
    original: Candidate | None

    @property
    def before_score(self) -> tuple[float, ...]:
        """What decides before the score does."""
        return self.chosen, *self.preferred


def judge(
    group: Group,
    appraisals: Mapping[str, Appraisal],
    metadata: Mapping[str, Metadata],
    rules: JudgingRules | None = None,
    codes: Codes | None = None,
) -> Verdict:
    """Rank a group from best to worst; of equals the earliest is first, then the one whose id comes first.

    `codes` tell faces apart where their places do not, by photo id. Moments are compared where the group's photos all
    tell theirs, so that zones do not matter, else wall clocks. A guessed time comes after all known ones: a
    messenger's copy bears a bare date, which reads as midnight.
    """
    rules = rules or JudgingRules()
    everyone = candidates(group, appraisals, metadata)
    copies = originals_of_copies(everyone)
    shots = [candidate for candidate in everyone if candidate.id not in copies]
    people = track_people({shot.id: shot.faces for shot in shots}, codes)
    told = [criterion for criterion in criteria(shots, people, rules.weights) if criterion.marks]
    scores = {shot.id: _score(shot.id, told) for shot in shots}
    preferred = preference_marks(everyone, rules.preferences)
    judged = [
        _Judged(
            candidate,
            choice(candidate.metadata),
            preferred[candidate.id],
            _score_of(candidate, copies.get(candidate.id), scores),
            copies.get(candidate.id),
        )
        for candidate in everyone
    ]
    ranked = _in_order(judged)
    ranking = tuple(_ranked(item, ranked, told, rules) for item in ranked)
    return Verdict(group, ranking, _confidence(ranked))


def _in_order(judged: Sequence[_Judged]) -> list[_Judged]:
    """From best to worst."""
    seconds = _seconds({item.candidate.id: item.candidate.metadata.taken for item in judged})

    def order(item: _Judged) -> tuple[tuple[float, ...], float, bool, bool, float, str]:
        taken = item.candidate.metadata.taken
        before = tuple(-value for value in item.before_score)
        is_copy = item.original is not None
        return before, -item.score, is_copy, taken.is_guess, seconds[item.candidate.id], item.candidate.id

    return sorted(judged, key=order)


def _seconds(times: Mapping[str, CaptureTime]) -> dict[str, float]:
    """When the photos were taken, by one and the same clock wherever there is one."""
    instants = {id_: instant for id_, taken in times.items() if (instant := taken.instant_seconds) is not None}
    return instants if len(instants) == len(times) else {id_: taken.seconds for id_, taken in times.items()}


def _score(photo: str, told: Sequence[Criterion]) -> float:
    total = sum(criterion.weight for criterion in told)
    score = sum(criterion.weight * criterion.marks.get(photo, _UNTOLD) for criterion in told)
    return round(score / total, 6) if total else 0.0


def _score_of(candidate: Candidate, original: Candidate | None, scores: Mapping[str, float]) -> float:
    """That of its own marks; a copy shows what its original shows, a little worse."""
    return scores[candidate.id] if original is None else round(scores[original.id] * _BEHIND_ORIGINAL, 6)


def _confidence(ranked: Sequence[_Judged]) -> float:
    """How far ahead the best is; what the user chose is beyond doubt, and a lead of a tenth of the scale."""
    if len(ranked) < 2 or ranked[0].before_score > ranked[1].before_score:
        return 1.0
    return round(max(0.0, min(1.0, (ranked[0].score - ranked[1].score) / _CLEAR_LEAD)), 4)


def _ranked(item: _Judged, ranked: Sequence[_Judged], told: Sequence[Criterion], rules: JudgingRules) -> RankedPhoto:
    candidate = item.candidate
    if item.original is None:
        reasons = tuple(
            Reason(criterion.name, round(criterion.marks[candidate.id], 4), criterion.words(candidate))
            for criterion in told
            if candidate.id in criterion.marks
        )
    else:
        reasons = (Reason("copy", None, f"copy of {printable(item.original.photo.name)}"),)
    why = _why_best(item, ranked, told, rules) if item is ranked[0] else _why_not(item, ranked[0], told, rules)
    return RankedPhoto(candidate.photo, item.score, reasons, tuple(why))


def _why_best(item: _Judged, ranked: Sequence[_Judged], told: Sequence[Criterion], rules: JudgingRules) -> list[str]:
    """What decided before the score, what it is better in than most, and what is wrong with the next one."""
    rivals = ranked[1:]
    is_decided = item.chosen > 0 and any(item.chosen > rival.chosen for rival in rivals)
    why = [choice_in_words(item.candidate.metadata)] if is_decided else []
    why += _preferences_in_words(item, rivals, rules)
    if copies := sum(rival.original == item.candidate for rival in rivals):
        why.append("the original of a copy" if copies == 1 else f"the original of {copies} copies")
    others = [rival.candidate.id for rival in rivals if rival.original is None]
    if item.original is None:
        why += [criterion.words(item.candidate) for criterion in _strengths(item.candidate, others, told)]
    if rivals and rivals[0].original is None:
        fault = next(iter(_faults(rivals[0], item, told)), None)
        if fault:
            why.append(f"{printable(rivals[0].candidate.photo.name)} {fault}")
    return why or ([_barely_best(item, rivals[0])] if rivals else [])


def _barely_best(item: _Judged, next_one: _Judged) -> str:
    return "as good as the others, and the earliest" if item.score == next_one.score else "a little better on the whole"


def _why_not(item: _Judged, best: _Judged, told: Sequence[Criterion], rules: JudgingRules) -> list[str]:
    if item.original is not None:
        return [f"is a copy of {printable(item.original.photo.name)}"]
    why = []
    if item.chosen < min(0, best.chosen):
        why.append(choice_in_words(item.candidate.metadata))
    elif item.chosen < best.chosen:
        why.append(f"the best has more: {choice_in_words(best.candidate.metadata)}")
    why += [f"is not {text}" for text in _preferences_in_words(best, [item], rules)]
    is_equal = item.score >= best.score
    why += _faults(item, best, told)
    return why or ["is as good as the best, but comes later" if is_equal else "is nearly as good as the best"]


def _preferences_in_words(item: _Judged, rivals: Sequence[_Judged], rules: JudgingRules) -> list[str]:
    """The rules by which this photo goes before one of the others."""
    return [
        f"preferred as {rule.in_words}"
        for rule, place in zip(rules.preferences, range(len(item.preferred)), strict=True)
        if any(item.preferred[place] > rival.preferred[place] for rival in rivals)
    ]


def _strengths(shot: Candidate, others: Sequence[str], told: Sequence[Criterion]) -> list[Criterion]:
    """The criteria in which a photo is better than most, the weightiest lead first."""
    leads = []
    for place, criterion in enumerate(told):
        rivals = [criterion.marks.get(other, _UNTOLD) for other in others]
        if shot.id in criterion.marks and rivals and criterion.is_merit(shot):
            lead = criterion.weight * (criterion.marks[shot.id] - sum(rivals) / len(rivals))
            if lead > 0.03 * criterion.weight:
                leads.append((-lead, place, criterion))
    return [criterion for _, _, criterion in sorted(leads, key=lambda item: item[:2])[:_MOST_STRENGTHS]]


def _faults(item: _Judged, best: _Judged, told: Sequence[Criterion]) -> list[str]:
    """What a photo has worse than the best one, the weightiest first."""
    reference = best.original or best.candidate
    faults = []
    for place, criterion in enumerate(told):
        fault = criterion.fault(item.candidate, reference)
        if fault is not None:
            lag = criterion.marks.get(reference.id, _UNTOLD) - criterion.marks.get(item.candidate.id, _UNTOLD)
            faults.append((-criterion.weight * lag, place, fault))
    return [fault for _, _, fault in sorted(faults)]
