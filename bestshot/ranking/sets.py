"""The verdict on a set that is kept whole: no photo of it is better, one of them represents the others: pure."""

from collections.abc import Mapping
from dataclasses import replace
from statistics import median

from bestshot.model.groups import GroupKind, RankedPhoto, Verdict
from bestshot.ranking.candidates import Candidate, Candidates
from bestshot.ranking.kinds import in_order, is_merged
from bestshot.ranking.preferences import choice

_SAME_EXPOSURE = 0.05
"""In EV."""


def as_set(verdict: Verdict, candidates: Candidates, kind: GroupKind) -> Verdict:
    """The verdict on a group as on a set: the photo that represents it first, the others as they were taken.

    The user's choice represents it, else what was merged from it, else the middle exposure of a bracket, or the photo
    in the middle of another set. A damaged one does only if all are.
    """
    members = {one.id: one for one in candidates.everyone}
    ranked_by_id = {ranked.photo.id: ranked for ranked in verdict.ranking}
    in_time = [ranked_by_id[one.id] for one in in_order(candidates.everyone, candidates.shots)]
    places = {ranked.photo.id: place for place, ranked in enumerate(in_time)}
    offsets = _offsets(candidates) if kind is GroupKind.BRACKET else {}
    middle = (len(in_time) - 1) / 2

    def unfitness(ranked: RankedPhoto) -> tuple[float | bool, ...]:
        one, place = members[ranked.photo.id], places[ranked.photo.id]
        is_copy = one.id in candidates.copies
        off = abs(offsets.get(one.id, 99.0)) if offsets else abs(place - middle)
        return one.damage is not None, -choice(one.metadata), not is_merged(one), is_copy, off, place

    first = min(in_time, key=unfitness)
    ranking = tuple(
        replace(ranked, why=_why(members[ranked.photo.id], kind, offsets, is_first=ranked is first))
        for ranked in (first, *(one for one in in_time if one is not first))
    )
    return replace(verdict, ranking=ranking, confidence=1.0, kind=kind, keepers=())


def _offsets(candidates: Candidates) -> dict[str, float]:
    """How much more light than in the middle of the bracket each exposure let in, in EV, where it is stated."""
    values = {one.id: value for one in candidates.everyone if (value := one.metadata.exposure_value) is not None}
    if not values:
        light = {one.id: one.appraisal.brightness for one in candidates.shots}
        return {id_: value - median(light.values()) for id_, value in light.items()}
    middle = median(sorted(set(values.values())))
    return {id_: middle - value for id_, value in values.items()}


def _why(one: Candidate, kind: GroupKind, offsets: Mapping[str, float], *, is_first: bool) -> tuple[str, ...]:
    whole = f"part of a {kind.value}, which is kept whole"
    if one.damage is not None:
        return one.damage, whole
    if is_first:
        return f"stands for the {kind.value}, which is kept whole", *_exposed(one, offsets)
    return whole, *_exposed(one, offsets)


def _exposed(one: Candidate, offsets: Mapping[str, float]) -> tuple[str, ...]:
    """How a photo is exposed within its bracket, if its exposure is stated."""
    if one.id not in offsets or one.metadata.exposure_value is None:
        return ("merged from it",) if is_merged(one) else ()
    off = offsets[one.id]
    if abs(off) < _SAME_EXPOSURE:
        return ("the middle exposure",)
    return (f"{abs(off):.1f} EV {'brighter' if off > 0 else 'darker'} than the middle",)
