"""A plan as JSON, the contract between looking and acting."""

import json
from collections.abc import Mapping
from typing import Any, assert_never

import msgspec

from bestshot.actions import Action, CopyFile, PlaceBest, RetireBest, WriteMetadata
from bestshot.model import Metadata, RankedPhoto, Skipped
from bestshot.planning import Plan, PlannedGroup

FORMAT = "photo-organizer-plan"
VERSION = 1


def plan_to_json(plan: Plan, source: Mapping[str, Any], facts: Mapping[str, Metadata]) -> str:
    """The plan as JSON text in plain ASCII, so that any file name survives; `source` says where the photos are."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "source": dict(source),
        "wishes": msgspec.to_builtins(plan.wishes),
        "groups": [_group(group, facts) for group in plan.groups],
        "actions": [_action(action) for action in plan.actions],
        "skipped": [_skipped(skipped) for skipped in plan.skipped],
        "counts": counts(plan),
    }
    return json.dumps(document, indent=2) + "\n"


def counts(plan: Plan) -> dict[str, int]:
    """The plan in numbers."""
    return {
        "photos": plan.photo_count,
        "groups": len(plan.groups),
        "grouped": plan.grouped_count,
        "singles": plan.photo_count - plan.grouped_count,
        "skipped": len(plan.skipped),
        "actions": len(plan.actions),
    }


def _group(group: PlannedGroup, facts: Mapping[str, Metadata]) -> dict[str, Any]:
    verdict = group.verdict
    return {
        "id": verdict.group.id,
        "number": group.number,
        "best": verdict.best.id,
        "confidence": verdict.confidence,
        "photos": [_photo(ranked, facts[ranked.photo.id]) for ranked in verdict.ranking],
    }


def _photo(ranked: RankedPhoto, facts: Metadata) -> dict[str, Any]:
    return {
        "id": ranked.photo.id,
        "revision": ranked.photo.revision,
        "name": ranked.photo.name,
        "taken_at": facts.taken.isoformat(),
        "score": ranked.score,
        "why": list(ranked.why),
        "reasons": [msgspec.to_builtins(reason) for reason in ranked.reasons],
    }


def _skipped(skipped: Skipped) -> dict[str, Any]:
    return {"id": skipped.id, "error": skipped.error}


def _action(action: Action) -> dict[str, Any]:
    return {"action": _verb(action), **msgspec.to_builtins(action)}


def _verb(action: Action) -> str:
    match action:
        case CopyFile():
            return action.method.value
        case PlaceBest():
            return "place-best"
        case RetireBest():
            return "retire-best"
        case WriteMetadata():
            return "write-metadata"
        case _:
            assert_never(action)
