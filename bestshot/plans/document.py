"""A plan as JSON, the contract between looking and acting; docs/plan.schema.json describes it.

A person or a program may amend it: another `best`, a photo that is `out` of its group, a group to `skip`. What is in
`actions`, `skipped` and `counts` shows what would be done; applying the plan works that out anew.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from bestshot import __version__
from bestshot.layout.actions import Action, CopyFile
from bestshot.marks.actions import MarkAction
from bestshot.model.groups import GroupKind, PlannedGroup, RankedPhoto, Reason
from bestshot.model.photo import SOURCE_NAME, Metadata, Photo, Place, Skipped
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan

FORMAT: Literal["photo-organizer-plan"] = "photo-organizer-plan"
VERSION: Literal[1] = 1

_OPENING = re.compile(rb"(\xef\xbb\xbf)?\s*\{")
_SIGN = re.compile(rb'"format"\s*:\s*"%s"' % FORMAT.encode())

_Part = Annotated[float, msgspec.Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class PlanSource:
    """Where the photos are, in the user's words, and the names of these libraries for good.

    `references` are those of the photos that are only compared.
    """

    type: Annotated[str, msgspec.Meta(pattern=SOURCE_NAME)]
    locations: tuple[str, ...]
    origins: tuple[str, ...]
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanPhoto:
    """A photo of a group; `out` takes it out of the group, `keep` keeps it in sight beside the best.

    `size` is that of the picture, `bytes` that of all files of the photo. With a photo for `reference` nothing is done,
    whatever is said of it here.
    """

    id: str
    origin: str
    key: str
    revision: str
    name: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    taken_at: str
    score: _Part
    why: tuple[str, ...]
    reasons: tuple[Reason, ...]
    out: bool = False
    keep: bool = False
    reference: bool = False
    bytes: Annotated[int, msgspec.Meta(ge=0)] = 0

    @property
    def place(self) -> Place:
        """Where it was when the plan was made."""
        return self.origin, self.key


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """A group, its photos from best to worst; `best` is the id of the one to keep in sight, `skip` leaves it alone.

    `proposed` are the ids of those that were proposed to be kept beside the best. All photos of a set that is kept
    whole, such as a bracket, stay in sight.
    """

    id: str
    number: Annotated[int, msgspec.Meta(ge=1)]
    best: str
    confidence: _Part
    photos: Annotated[tuple[PlanPhoto, ...], msgspec.Meta(min_length=1)]
    skip: bool = False
    kind: GroupKind = GroupKind.BURST
    proposed: tuple[str, ...] = ()

    @property
    def inside(self) -> tuple[PlanPhoto, ...]:
        """The photos that are not out of the group."""
        return tuple(photo for photo in self.photos if not photo.out)


@dataclass(frozen=True, slots=True)
class PlanRun:
    """The run that made the plan: the program's version, when it began, and how many seconds it took to decide."""

    version: str
    began_at: str
    seconds: Annotated[float, msgspec.Meta(ge=0)]

    @classmethod
    def since(cls, began: datetime) -> "PlanRun":
        """A run that began then, and has decided now."""
        seconds = max(0.0, (datetime.now(UTC) - began).total_seconds())  # clocks are set back, too
        return cls(__version__, began.isoformat(timespec="seconds"), round(seconds, 1))


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """The whole file.

    `counts` are photos, groups and actions, the `rest` that is not the best, and the bytes of both; `kinds` says how
    many groups there are of each kind.
    """

    format: Literal["photo-organizer-plan"]
    version: Literal[1]
    source: PlanSource
    wishes: OutputOptions
    groups: tuple[PlanGroup, ...]
    actions: tuple[dict[str, Any], ...] = ()
    skipped: tuple[dict[str, str], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    run: PlanRun | None = None


def document_of(
    plan: Plan, source: PlanSource, metadata: Mapping[str, Metadata], run: PlanRun | None = None
) -> PlanDocument:
    """The plan as it is written down; `metadata` are those of the groups' photos by id."""
    return PlanDocument(
        format=FORMAT,
        version=VERSION,
        source=source,
        wishes=plan.options,
        groups=tuple(_group(group, metadata) for group in plan.groups),
        actions=tuple({"action": _verb(action), **msgspec.to_builtins(action)} for action in plan.actions),
        skipped=tuple(_skipped(skipped) for skipped in plan.skipped),
        counts=counts(plan),
        kinds=dict(sorted(Counter(group.verdict.kind.value for group in plan.groups).items())),
        run=run,
    )


def to_json(document: PlanDocument) -> str:
    """The plan as JSON text in plain ASCII, so that any file name survives."""
    # The standard library's json keeps the surrogates of undecodable file names; msgspec's refuses them.
    return json.dumps(msgspec.to_builtins(document), indent=2) + "\n"


def is_plan(head: bytes) -> bool:
    """Whether a file that begins like this is a plan, amended or not; the order of what is in it does not matter."""
    return _OPENING.match(head) is not None and _SIGN.search(head) is not None


def counts(plan: Plan) -> dict[str, int]:
    """The plan in numbers; bytes are those of all files, of the photos in groups and of those of the rest."""
    own, rest = [photo for group in plan.groups for photo in group.verdict.own], plan.rest
    return {
        "photos": plan.photo_count,
        "groups": len(plan.groups),
        "grouped": len(own),
        "singles": plan.photo_count - len(own),
        "skipped": len(plan.skipped),
        "actions": len(plan.actions),
        "rest": len(rest),
        "grouped_bytes": sum(map(size_of, own)),
        "rest_bytes": sum(map(size_of, rest)),
    }


def size_of(photo: Photo) -> int:
    """The size of a photo with the RAW files, videos and sidecars that belong to it."""
    files = photo.files
    return (files[0].size if len(files) == 1 else sum(file.size for file in files)) or photo.size  # most have one


def _group(group: PlannedGroup, metadata: Mapping[str, Metadata]) -> PlanGroup:
    verdict = group.verdict
    photos = tuple(
        _photo(ranked, metadata[ranked.photo.id], keep=ranked.photo.id in verdict.keepers) for ranked in verdict.ranking
    )
    return PlanGroup(
        id=verdict.group.id,
        number=group.number,
        best=verdict.best.id,
        confidence=verdict.confidence,
        photos=photos,
        kind=verdict.kind,
        proposed=verdict.keepers,
    )


def _photo(ranked: RankedPhoto, metadata: Metadata, *, keep: bool) -> PlanPhoto:
    photo = ranked.photo
    return PlanPhoto(
        id=photo.id,
        origin=photo.origin,
        key=photo.key,
        revision=photo.revision,
        name=photo.name,
        size=photo.size,
        taken_at=metadata.taken.isoformat(),
        score=ranked.score,
        why=ranked.why,
        reasons=ranked.reasons,
        keep=keep,
        reference=photo.is_reference,
        bytes=size_of(photo),
    )


def _skipped(skipped: Skipped) -> dict[str, str]:
    return {"id": skipped.id, "error": skipped.error}


def _verb(action: Action | MarkAction) -> str:
    """What an action does: how a file is brought, else the name of its class in lower case with hyphens."""
    if isinstance(action, CopyFile):
        return action.method.value
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(action).__name__).lower()
