"""Plans read back, amended or not: what they ask for, and how that fits the library as it is now."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from bestshot.errors import UsageError
from bestshot.model.groups import Group, RankedPhoto, Verdict
from bestshot.model.photo import Photo, Place, Skipped
from bestshot.plans.decisions import Decision, DecisionKind, put_on_top
from bestshot.plans.document import FORMAT, VERSION, PlanDocument, PlanGroup, PlanPhoto
from bestshot.text import printable


def read_plans(paths: Sequence[Path]) -> PlanDocument:
    """The plans in these files as one; raises UsageError if one cannot be read or is of another library."""
    documents = [_read(path) for path in paths]
    first = documents[0]
    for path, other in zip(paths, documents, strict=True):
        if other.source != first.source or other.wishes != first.wishes:
            raise UsageError(f"{_shown(path)} is a plan for other photos or with other options: apply it by itself.")
    groups = tuple(group for document in documents for group in document.groups)
    _check_apart(groups)
    return replace(first, groups=groups)


def _read(path: Path) -> PlanDocument:
    found = _parsed(path)
    if not isinstance(found, dict) or (found.get("format"), found.get("version")) != (FORMAT, VERSION):
        raise UsageError(f"{_shown(path)} is not a plan of this program, or not of this version.")
    try:
        document = msgspec.convert(found, PlanDocument)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter for a key that is no text
        raise UsageError(f"The plan {_shown(path)} is not valid: {printable(str(error))}.") from error
    for group in document.groups:
        _check_group(group, path)
    return document


def _parsed(path: Path) -> Any:
    """The file as JSON; editors on Windows begin it with a mark of its encoding."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse_constant)
        # Undecodable names of files are halves of surrogate pairs; other halves are no text at all.
        json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except OSError as error:
        raise UsageError(f"The plan {_shown(path)} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UsageError(f"{_shown(path)} is not JSON: {printable(str(error))}.") from error
    except RecursionError as error:
        raise UsageError(f"{_shown(path)} is not a plan of this program: it is nested too deeply.") from error
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _check_group(group: PlanGroup, path: Path) -> None:
    if len({photo.id for photo in group.photos}) != len(group.photos):
        raise UsageError(f"The plan {_shown(path)} names a photo of group {group.number} twice.")
    if not group.skip and group.best not in {photo.id for photo in group.inside}:
        raise UsageError(
            f"The plan {_shown(path)} names {printable(group.best)} as the best of group {group.number}, "
            "but that is not one of its photos, or it is out."
        )


def _check_apart(groups: Iterable[PlanGroup]) -> None:
    """Raise UsageError if a photo is there twice, as when a file is given twice."""
    photos = [photo for group in groups for photo in group.photos]
    times = Counter(photo.place for photo in photos)
    twice = next((photo for photo in photos if times[photo.place] > 1), None)
    if twice is not None:
        raise UsageError(f"The plan names {printable(twice.id)} twice: a photo belongs to one group, in one file.")


def _shown(path: Path) -> str:
    return printable(str(path))


@dataclass(frozen=True, slots=True)
class Fitting:
    """What of a plan fits the library as it is: verdicts with the numbers they were planned under, and what does not.

    `seen` are the photos of the groups that are carried out or were taken apart, those taken out included.
    """

    verdicts: tuple[Verdict, ...]
    numbers: tuple[int, ...]
    seen: tuple[Photo, ...]
    left_alone: tuple[Skipped, ...]


_GONE = "has changed or vanished since the plan was made, so it is left alone"
_BEST_GONE = "has changed or vanished since the plan was made, so the group of which it is the best is left alone"
_ALONE = "is the only one left of its group, so it is left alone"


def fit(groups: Iterable[PlanGroup], photos: Mapping[Place, Photo]) -> Fitting:
    """Hold a plan against the photos of now: those that changed or vanished are left alone.

    So is all of a group without its best, or without all others; a group to skip is passed over.
    """
    verdicts: list[Verdict] = []
    numbers: list[int] = []
    seen: list[Photo] = []
    left_alone: list[Skipped] = []
    for group in groups:
        found = {} if group.skip else _unchanged(group, photos)
        is_wanted = not group.skip and len(group.inside) > 1
        verdict = _verdict(group, found) if is_wanted else None
        if verdict is not None:
            verdicts.append(verdict)
            numbers.append(group.number)
        if is_wanted:
            left_alone += _complaints(group, found)
        if verdict is not None or not is_wanted:
            seen += found.values()
    return Fitting(tuple(verdicts), tuple(numbers), tuple(seen), tuple(left_alone))


def _unchanged(group: PlanGroup, photos: Mapping[Place, Photo]) -> dict[str, Photo]:
    """The photos of a group, by the id that the plan gives them, which are what they were."""
    now = {photo.id: (photo, photos.get(photo.place)) for photo in group.photos}
    return {id_: found for id_, (photo, found) in now.items() if found is not None and found.revision == photo.revision}


def _verdict(group: PlanGroup, found: Mapping[str, Photo]) -> Verdict | None:
    """The group as it is wanted, its best first; None if its best or all others are gone."""
    there = [photo for photo in group.inside if photo.id in found]
    if len(there) < 2 or group.best not in found:
        return None
    ranking = tuple(_ranked(photo, found[photo.id]) for photo in there)
    members = sorted((ranked.photo for ranked in ranking), key=lambda photo: photo.id)
    keepers = tuple(found[photo.id].id for photo in there if photo.keep and photo.id != group.best)
    verdict = Verdict(Group(tuple(members)), ranking, group.confidence, group.kind, keepers)
    is_chosen = group.best != group.inside[0].id
    return put_on_top(verdict, found[group.best]) if is_chosen else verdict


def _ranked(planned: PlanPhoto, photo: Photo) -> RankedPhoto:
    """The photo with what the plan says of it, escaped for terminals, since anybody may have written it."""
    reasons = tuple(
        replace(reason, name=printable(reason.name), text=printable(reason.text)) for reason in planned.reasons
    )
    return RankedPhoto(photo, planned.score, reasons, tuple(map(printable, planned.why)))


def _complaints(group: PlanGroup, found: Mapping[str, Photo]) -> list[Skipped]:
    """A sentence for each photo that is gone, and one for a best that is all that is left."""
    gone = [
        Skipped(photo.id, _BEST_GONE if photo.id == group.best else _GONE)
        for photo in group.photos
        if photo.id not in found
    ]
    is_alone = [photo.id for photo in group.inside if photo.id in found] == [group.best]
    return [*gone, Skipped(group.best, _ALONE)] if is_alone else gone


def decisions_in(groups: Iterable[PlanGroup]) -> list[Decision]:
    """What a person decided by amending a plan: groups taken apart, photos taken out, another best."""
    made: list[Decision] = []
    for group in groups:
        if group.skip:
            made.append(Decision.about(DecisionKind.APART, group.photos))
            continue
        # Photos that were taken out need not belong together either.
        made += [Decision.about(DecisionKind.OUT, _first(photo, group.photos)) for photo in group.photos if photo.out]
        best = next(photo for photo in group.inside if photo.id == group.best)
        made += _about_keepers(group)
        # Photos are judged by each other: without one of them, another one might be the best of the next run.
        is_smaller = 1 < len(group.inside) < len(group.photos)
        if is_smaller or best != group.inside[0]:
            made.append(Decision.about(DecisionKind.BEST, _first(best, group.inside)))
    return made


def approvals_in(groups: Sequence[PlanGroup]) -> list[Decision]:
    """The proposals that a person left as they are: those before the last group that was changed.

    Who goes through a plan need not come to its end.
    """
    changed = [place for place, group in enumerate(groups) if decisions_in([group])]
    return [
        Decision.about(DecisionKind.BEST, group.photos)
        for group in groups[: changed[-1] if changed else 0]
        if not (group.kind.is_set or decisions_in([group])) and len(group.photos) > 1
    ]


def _about_keepers(group: PlanGroup) -> list[Decision]:
    """What was decided otherwise than proposed about photos beside the best."""
    beside = [photo for photo in group.inside if photo.id != group.best]
    return [
        Decision.about(DecisionKind.KEEP if photo.keep else DecisionKind.DROP, _first(photo, group.inside))
        for photo in beside
        if photo.keep != (photo.id in group.proposed)
    ]


def _first(one: PlanPhoto, photos: Iterable[PlanPhoto]) -> list[PlanPhoto]:
    return [one, *(photo for photo in photos if photo is not one)]
