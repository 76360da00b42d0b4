"""Ranking the photos of a group, with reasons: pure.

Each criterion scores every photo from 0 to 1, relative to the best of the group where there is no absolute scale, and
faces relative to the same person. A photo's score is the weighted mean over the criteria. What the user chose takes
precedence over it, a copy never ranks above its original, and a damaged photo never above a sound one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bestshot.model.burst_names import burst_of
from bestshot.model.groups import GroupKind, RankedPhoto, Reason, Verdict
from bestshot.model.photo import Photo
from bestshot.model.times import CaptureTime
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.criteria.criterion import Criterion
from bestshot.ranking.criteria.faces import by_eyes, by_face_sharpness, by_presence, by_smiles
from bestshot.ranking.criteria.picture import by_composition, by_exposure, by_resolution
from bestshot.ranking.criteria.sharpness import by_sharpness
from bestshot.ranking.keepers import keepers
from bestshot.ranking.kinds import kind_of
from bestshot.ranking.people import Embeddings, Person, emphasised, track_people
from bestshot.ranking.preferences import choice, choice_in_words, preference_scores
from bestshot.ranking.rules import JudgingRules, Weights
from bestshot.ranking.sets import as_set
from bestshot.text import printable

_DAMAGE = "damage"

_COPY_FACTOR = 0.99
"""The score of a copy over that of its original, so that it ranks just below."""

_HARDLY_BETTER = 0.02
"""A lead of up to this much in the score is a toss-up, which the camera's own choice may decide."""

_CLEAR_LEAD = 0.1
"""A lead of this much in the score is beyond doubt."""

_MIN_LEAD = 0.03
"""A lead over the others' average, in one criterion, that is worth mentioning."""

_MAX_STRENGTHS = 3
"""How many criteria explain why a photo is best."""


@dataclass(frozen=True, slots=True)
class _Contender:
    """A photo with what decides its rank: the user's choice, the preferences, the score."""

    candidate: Candidate
    chosen: int
    preferred: tuple[float, ...]
    score: float
    original: Candidate | None

    @property
    def is_cover(self) -> bool:
        """Whether the camera shows it for a whole burst."""
        frame = burst_of(self.candidate.photo.name, self.candidate.metadata.burst)
        return frame is not None and frame.is_cover

    @property
    def precedence(self) -> tuple[float, ...]:
        """What decides before the score does; more is better."""
        return self.chosen, *self.preferred


def judge(candidates: Candidates, rules: JudgingRules | None = None, embeddings: Embeddings | None = None) -> Verdict:
    """Rank a group from best to worst; of equals the earliest comes first, then the lowest id.

    `embeddings` identify faces whose positions do not, by photo id. Times are compared in UTC if it is known for the
    whole group, otherwise by the wall clock. A guessed time comes after all known ones: a messenger's copy has only a
    date, which reads as midnight.
    """
    rules = rules or JudgingRules()
    kind = kind_of(candidates)
    verdict = _ranked_by_damage(candidates, rules, embeddings)
    if kind.is_set and rules.keeps_sets:
        return as_set(verdict, candidates, kind)
    return replace(verdict, kind=GroupKind.BURST if kind.is_set else kind)


def score_table(candidates: Candidates, rules: JudgingRules, embeddings: Embeddings) -> dict[str, tuple[float, ...]]:
    """The scores of each sound photo that is no copy, by id, in the order of the weights; 0 where none applies."""
    sound = candidates.part([one for one in candidates.everyone if one.damage is None])
    if not sound.everyone:
        return {}
    found = criteria(sound, _people(sound, rules, embeddings), rules.weights)
    return {shot.id: tuple(one.score_of(shot.id) if one.scores else 0.0 for one in found) for shot in sound.shots}


def criteria(candidates: Candidates, people: Sequence[Person], weights: Weights) -> tuple[Criterion, ...]:
    """Score the photos that are not copies by every criterion, in the order of the default weights."""
    shots = candidates.shots
    sharpness = by_sharpness(candidates, weights.sharpness)
    return (
        by_eyes(shots, people, weights.eyes),
        by_face_sharpness(shots, people, weights.face_sharpness),
        by_presence(shots, people, weights.presence),
        by_smiles(shots, people, weights.smiles),
        sharpness,
        by_exposure(shots, weights.exposure),
        by_resolution(shots, weights.resolution),
        by_composition(shots, sharpness.scores, weights.composition),
    )


def _people(candidates: Candidates, rules: JudgingRules, embeddings: Embeddings | None) -> Sequence[Person]:
    """Who is in the photos that are not copies, with more emphasis on those whom the user prefers."""
    return emphasised(track_people({shot.id: shot.faces for shot in candidates.shots}, embeddings), rules.people)


def _ranked_by_damage(candidates: Candidates, rules: JudgingRules, embeddings: Embeddings | None) -> Verdict:
    """The verdict on a group of which damaged photos come last."""
    damaged = {candidate.id: candidate.damage for candidate in candidates.everyone if candidate.damage is not None}
    if not damaged:
        return _verdict(candidates, rules, embeddings)
    sound = [candidate for candidate in candidates.everyone if candidate.id not in damaged]
    last = _verdict(candidates.part([one for one in candidates.everyone if one.id in damaged]), rules, embeddings)
    if not sound:
        return replace(last, ranking=tuple(_all_damaged(ranked, damaged[ranked.photo.id]) for ranked in last.ranking))
    first = _verdict(candidates.part(sound), rules, embeddings)
    if len(sound) == 1:
        first = replace(first, ranking=(replace(first.ranking[0], why=("the only photo that is not damaged",)),))
    behind = (_behind(ranked.photo, damaged[ranked.photo.id]) for ranked in last.ranking)
    return Verdict(candidates.group, (*first.ranking, *behind), first.confidence, keepers=first.keepers)


def _behind(photo: Photo, damage: str) -> RankedPhoto:
    """A damaged photo behind the sound ones of its group: nothing else about it counts."""
    return RankedPhoto(photo, 0.0, (Reason(_DAMAGE, None, damage),), (damage,))


def _all_damaged(ranked: RankedPhoto, damage: str) -> RankedPhoto:
    """A damaged photo among others: which of them is best is decided as ever, and said with a reservation."""
    reasons = (Reason(_DAMAGE, None, damage), *ranked.reasons)
    return replace(ranked, reasons=reasons, why=(damage, "as are all photos of this group", *ranked.why))


def _verdict(candidates: Candidates, rules: JudgingRules, embeddings: Embeddings | None) -> Verdict:
    everyone, copies, shots = candidates.everyone, candidates.copies, candidates.shots
    people = _people(candidates, rules, embeddings)
    applicable = [criterion for criterion in criteria(candidates, people, rules.weights) if criterion.scores]
    scores = {shot.id: _score(shot.id, applicable) for shot in shots}
    preferred = preference_scores(everyone, rules.preferences)
    contenders = [
        _Contender(
            candidate,
            choice(candidate.metadata),
            preferred[candidate.id],
            _score_of(candidate, copies.get(candidate.id), scores),
            copies.get(candidate.id),
        )
        for candidate in everyone
    ]
    ranked = _in_order(contenders)
    ranking = tuple(_ranked(item, ranked, applicable, rules) for item in ranked)
    kept = _keepers(ranked, people, rules.keep - 1)
    return Verdict(candidates.group, ranking, _confidence(ranked), keepers=kept)


def _keepers(ranked: Sequence[_Contender], people: Sequence[Person], limit: int) -> tuple[str, ...]:
    """The photos to keep beside the best; copies show nothing else, and what the user rejected is not wanted."""
    best, *others = ranked
    able = [best, *(item for item in others if item.original is None and item.chosen >= 0)]
    scores = {item.candidate.id: item.score for item in able}
    return keepers([item.candidate for item in able], scores, people, limit)


def _in_order(contenders: Sequence[_Contender]) -> list[_Contender]:
    """Sort from best to worst."""
    seconds = _seconds({item.candidate.id: item.candidate.metadata.taken for item in contenders})

    def order(item: _Contender) -> tuple[tuple[float, ...], float, bool, bool, float, str]:
        taken = item.candidate.metadata.taken
        precedence = tuple(-value for value in item.precedence)
        is_copy = item.original is not None
        return precedence, -item.score, is_copy, taken.is_guess, seconds[item.candidate.id], item.candidate.id

    return _with_cover_first(sorted(contenders, key=order))


def _with_cover_first(ranked: list[_Contender]) -> list[_Contender]:
    """The camera's cover of a burst before a photo that is hardly better: a wish of the camera, not a verdict."""
    top = ranked[0]
    for item in ranked[1:]:
        is_able = item.is_cover and item.original is None and item.precedence == top.precedence
        if is_able and top.score - item.score <= _HARDLY_BETTER:
            return [item, *(other for other in ranked if other is not item)]
    return ranked


def _seconds(times: Mapping[str, CaptureTime]) -> dict[str, float]:
    """When the photos were taken, in seconds by a clock that all of them share, if there is one."""
    instants = {id_: instant for id_, taken in times.items() if (instant := taken.instant_seconds) is not None}
    return instants if len(instants) == len(times) else {id_: taken.seconds for id_, taken in times.items()}


def _score(photo: str, applicable: Sequence[Criterion]) -> float:
    total = sum(criterion.weight for criterion in applicable)
    score = sum(criterion.weight * criterion.score_of(photo) for criterion in applicable)
    return round(score / total, 6) if total else 0.0


def _score_of(candidate: Candidate, original: Candidate | None, scores: Mapping[str, float]) -> float:
    """A photo's own score; a copy shows what its original shows, so it scores just below it."""
    return scores[candidate.id] if original is None else round(scores[original.id] * _COPY_FACTOR, 6)


def _confidence(ranked: Sequence[_Contender]) -> float:
    """How far ahead the best is, from 0 to 1; the user's choice is beyond doubt, and so is a clear lead."""
    if len(ranked) < 2 or ranked[0].precedence > ranked[1].precedence:
        return 1.0
    return round(max(0.0, min(1.0, (ranked[0].score - ranked[1].score) / _CLEAR_LEAD)), 4)


def _ranked(
    item: _Contender, ranked: Sequence[_Contender], applicable: Sequence[Criterion], rules: JudgingRules
) -> RankedPhoto:
    candidate = item.candidate
    if item.original is None:
        reasons = tuple(
            Reason(criterion.name, round(criterion.scores[candidate.id], 4), criterion.words(candidate))
            for criterion in applicable
            if candidate.id in criterion.scores
        )
    else:
        reasons = (Reason("copy", None, f"copy of {printable(item.original.photo.name)}"),)
    why = (
        _why_best(item, ranked, applicable, rules)
        if item is ranked[0]
        else _why_not(item, ranked[0], applicable, rules)
    )
    return RankedPhoto(candidate.photo, item.score, reasons, tuple(why))


def _why_best(
    item: _Contender, ranked: Sequence[_Contender], applicable: Sequence[Criterion], rules: JudgingRules
) -> list[str]:
    """What took precedence over the score, where the photo beats most others, and how the runner-up is worse."""
    rivals = ranked[1:]
    is_decided = item.chosen > 0 and any(item.chosen > rival.chosen for rival in rivals)
    why = [choice_in_words(item.candidate.metadata)] if is_decided else []
    why += _preferences_in_words(item, rivals, rules)
    if copies := sum(rival.original == item.candidate for rival in rivals):
        why.append("the original of a copy" if copies == 1 else f"the original of {copies} copies")
    others = [rival.candidate.id for rival in rivals if rival.original is None]
    if item.original is None:
        why += [criterion.words(item.candidate) for criterion in _strengths(item.candidate, others, applicable)]
    if rivals and rivals[0].original is None:
        fault = next(iter(_faults(rivals[0], item, applicable)), None)
        if fault:
            why.append(f"{printable(rivals[0].candidate.photo.name)} {fault}")
    if item.is_cover and any(rival.score >= item.score for rival in rivals):
        why.append("as good as any, and the camera's cover of its burst")
    return why or ([_barely_best(item, rivals[0])] if rivals else [])


def _barely_best(item: _Contender, runner_up: _Contender) -> str:
    return (
        "as good as the others, and the earliest" if item.score == runner_up.score else "a little better on the whole"
    )


def _why_not(item: _Contender, best: _Contender, applicable: Sequence[Criterion], rules: JudgingRules) -> list[str]:
    if item.original is not None:
        return [f"is a copy of {printable(item.original.photo.name)}"]
    why = []
    if item.chosen < min(0, best.chosen):
        why.append(choice_in_words(item.candidate.metadata))
    elif item.chosen < best.chosen:
        why.append(f"the best has more: {choice_in_words(best.candidate.metadata)}")
    why += [f"is not {text}" for text in _preferences_in_words(best, [item], rules)]
    why += _faults(item, best, applicable)
    return why or [_barely_worse(item.score - best.score)]


def _barely_worse(lead: float) -> str:
    if lead >= 0:
        return "is as good as the best, but comes later"
    return "is nearly as good as the best" if lead > -_CLEAR_LEAD else "is less good on the whole"


def _preferences_in_words(item: _Contender, rivals: Sequence[_Contender], rules: JudgingRules) -> list[str]:
    """The preferences by which this photo precedes one of the others."""
    return [
        f"preferred as {rule.in_words}"
        for place, rule in enumerate(rules.preferences)
        if any(item.preferred[place] > rival.preferred[place] for rival in rivals)
    ]


def _strengths(shot: Candidate, others: Sequence[str], applicable: Sequence[Criterion]) -> list[Criterion]:
    """The criteria in which a photo is better than most, largest weighted lead first."""
    leads = []
    for place, criterion in enumerate(applicable):
        rivals = [criterion.score_of(other) for other in others]
        if shot.id in criterion.scores and rivals and criterion.is_merit(shot):
            lead = criterion.weight * (criterion.scores[shot.id] - sum(rivals) / len(rivals))
            if lead > _MIN_LEAD * criterion.weight:
                leads.append((-lead, place, criterion))
    return [criterion for _, _, criterion in sorted(leads, key=lambda item: item[:2])[:_MAX_STRENGTHS]]


def _faults(item: _Contender, best: _Contender, applicable: Sequence[Criterion]) -> list[str]:
    """How a photo is worse than the best one, largest weighted lag first."""
    reference = best.original or best.candidate
    faults = []
    for place, criterion in enumerate(applicable):
        fault = criterion.fault(item.candidate, reference)
        if fault is not None:
            worse, better = (criterion.score_of(id_) for id_ in (item.candidate.id, reference.id))
            faults.append((criterion.weight * (worse - better), place, fault))
    return [fault for _, _, fault in sorted(faults)]
