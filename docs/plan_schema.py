"""docs/plan.schema.json, as the code reads and writes plans; `python -m docs.plan_schema` writes it anew."""

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from bestshot.plans.document import VERSION, PlanDocument

PAGE = Path(__file__).with_name("plan.schema.json")


def schema() -> dict[str, Any]:
    """The JSON Schema of a plan, by which other programs may check theirs; its name changes with the version."""
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:photo-organizer:plan:{VERSION}",
        "title": "Plan of Photo Organizer",
        "version": VERSION,
    }
    found: dict[str, Any] = json.loads(json.dumps(about | msgspec.json.schema(PlanDocument)))
    for definition in found["$defs"].values():
        definition["description"] = inspect.cleandoc(definition["description"])
    return found


if __name__ == "__main__":
    PAGE.write_text(json.dumps(schema(), indent=2) + "\n", encoding="ascii")
