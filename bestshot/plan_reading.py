"""Plans read back, perhaps amended: what they ask for, and how that fits the library as it is now."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bestshot.decisions import DecidedPhoto, Decision, DecisionKind, with_best
from bestshot.errors import UsageError
from bestshot.model import Group, Photo, RankedPhoto, Skipped, Verdict
from bestshot.plan_format import FORMAT, VERSION, PlanDocument, PlanGroup, PlanPhoto
from bestshot.planning import Place
from bestshot.settings import WISHES, Settings
from bestshot.text import printable


def read_plans(paths: Sequence[Path]) -> PlanDocument:
    """The plans in these files as one; raises UsageError if one cannot be read or is of another library."""
    documents = [_read(path) for path in paths]
    first = documents[0]
    for path, other in zip(paths, documents, strict=True):
        if other.source != first.source or other.wishes != first.wishes:
            raise UsageError(f"{_shown(path)} is a plan for other photos or other wishes: apply it by itself.")
    return replace(first, groups=tuple(group for document in documents for group in document.groups))


def _read(path: Path) -> PlanDocument:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The plan {_shown(path)} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UsageError(f"{_shown(path)} is not JSON: {error}.") from error
    if not isinstance(found, dict) or (found.get("format"), found.get("version")) != (FORMAT, VERSION):
        raise UsageError(f"{_shown(path)} is no plan of this program, or one of another version of it.")
    try:
        document = msgspec.convert(found, PlanDocument)
    except msgspec.ValidationError as error:
        raise UsageError(f"The plan {_shown(path)} does not make sense: {error}.") from error
    for group in document.groups:
        _check_group(group, path)
    return document


def _check_group(group: PlanGroup, path: Path) -> None:
    places = [(photo.origin, photo.key) for photo in group.photos]
    if len(set(places)) != len(places):
        raise UsageError(f"The plan {_shown(path)} names a photo of group {group.number} twice.")
    if not group.skip and group.best not in {photo.id for photo in group.photos if not photo.out}:
        raise UsageError(
            f"The plan {_shown(path)} names {printable(group.best)} as the best of group {group.number}, "
            "but that is none of its photos, or one that is out."
        )


def _shown(path: Path) -> str:
    return printable(str(path))


def settings_for(plan: PlanDocument, settings: Settings, flags: Mapping[str, object]) -> Settings:
    """The settings with which a plan is carried out: its photos, and its wishes unless the command line has others."""
    for name in ("source", "source_type", "immich_album", "limit"):
        if name in flags:
            raise UsageError(f"A plan says itself which photos it is for: leave out --{name.replace('_', '-')}.")
    fitted = replace(
        settings,
        source_type=plan.source.type,
        source=tuple(origin.removeprefix("folder:") for origin in plan.source.origins),
        immich_url=settings.immich_url or plan.source.locations[0],
        limit=None,
    )
    if not WISHES & flags.keys():
        fitted = fitted.with_wishes(plan.wishes)
    if fitted.wishes.is_looking:
        raise UsageError("This plan was made only to look: say what to do with it, such as --output or --tag-only.")
    return fitted


@dataclass(frozen=True, slots=True)
class Fitting:
    """What of a plan fits the library as it is: verdicts with the numbers they were planned under, and what does not.

    `seen` are the photos that the plan is about, those taken out included.
    """

    verdicts: tuple[Verdict, ...]
    numbers: tuple[int, ...]
    seen: tuple[Photo, ...]
    left_alone: tuple[Skipped, ...]


def fit(groups: Iterable[PlanGroup], photos: Mapping[Place, Photo]) -> Fitting:
    """Hold a plan against the photos of now: those that changed or vanished are left alone.

    So is a group without its best; a group to skip is passed over.
    """
    verdicts: list[Verdict] = []
    numbers: list[int] = []
    seen: list[Photo] = []
    left_alone: list[Skipped] = []
    for group in groups:
        if group.skip:
            continue
        found = {photo.id: now for photo in group.photos if (now := _same(photo, photos)) is not None}
        seen += found.values()
        left_alone += [Skipped(photo.id, _GONE) for photo in group.photos if photo.id not in found]
        verdict = _verdict(group, found)
        if verdict is not None:
            verdicts.append(verdict)
            numbers.append(group.number)
        elif group.best in found:
            left_alone.append(Skipped(group.best, "is alone of its group by now, so it is left alone"))
    return Fitting(tuple(verdicts), tuple(numbers), tuple(seen), tuple(left_alone))


_GONE = "has changed or vanished since the plan was made, so it is left alone"


def _same(photo: PlanPhoto, photos: Mapping[Place, Photo]) -> Photo | None:
    now = photos.get((photo.origin, photo.key))
    return now if now is not None and now.revision == photo.revision else None


def _verdict(group: PlanGroup, found: Mapping[str, Photo]) -> Verdict | None:
    """The group as it is wanted, its best first; None if its best or all others are gone."""
    wanted = [photo for photo in group.photos if photo.id in found and not photo.out]
    if len(wanted) < 2 or group.best not in {photo.id for photo in wanted}:
        return None
    ranked = tuple(RankedPhoto(found[photo.id], photo.score, photo.reasons) for photo in wanted)
    members = sorted((found[photo.id] for photo in wanted), key=lambda photo: photo.id)
    return with_best(Verdict(Group(tuple(members)), ranked, group.confidence), found[group.best])


def decisions_in(groups: Iterable[PlanGroup]) -> list[Decision]:
    """What a person decided by amending a plan: groups taken apart, photos taken out, another best."""
    made: list[Decision] = []
    for group in groups:
        inside = [photo for photo in group.photos if not photo.out]
        if group.skip:
            made.append(_decision(DecisionKind.APART, group.photos))
            continue
        made += [_decision(DecisionKind.OUT, (photo, *inside)) for photo in group.photos if photo.out]
        if group.best != inside[0].id:
            made.append(_decision(DecisionKind.BEST, sorted(inside, key=lambda photo: photo.id != group.best)))
    return made


def _decision(kind: DecisionKind, photos: Iterable[PlanPhoto]) -> Decision:
    return Decision(kind, tuple(DecidedPhoto(photo.origin, photo.key, photo.name, photo.size) for photo in photos))
