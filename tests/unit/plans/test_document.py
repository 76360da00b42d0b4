"""Claims about the plan as JSON, whose shape is promised."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from bestshot import __version__
from bestshot.layout.actions import PlaceBest, RetireBest, WriteMetadata
from bestshot.model.groups import GroupKind, RankedPhoto, Reason
from bestshot.model.photo import LinkMethod, Skipped, SourceType
from bestshot.model.times import CaptureTime
from bestshot.plans.document import VERSION, PlanRun, PlanSource, counts, document_of, to_json
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from docs.plan_schema import PAGE, schema
from tests.support.builders import copy_of, group, guess_at, metadata_with, moment_at, photo, planned, wall_at, zoned_at
from tests.support.paths import ROOT

A, B, C = (photo(f"{name}.jpg") for name in "abc")
FACTS = {one.id: metadata_with(wall_at(0.25)) for one in (A, B, C)}
ACTIONS = (
    copy_of(A),
    replace(copy_of(B), method=LinkMethod.SYMLINK),
    PlaceBest("group_0001/best_a.jpg", 1, A.origin, A.key, "group_0001/originals/a.jpg"),
    RetireBest("group_0001/best_b.jpg", 1, "group_0001/originals/b.jpg"),
    WriteMetadata("group_0001/metadata.txt", 1, "two photos\n"),
)
PLAN = Plan(OutputOptions("/out", LinkMethod.COPY), (planned(1, A, B),), ACTIONS, (Skipped("x.jpg", "it is empty"),), 3)
NO_MARKS = {
    "tag": None,
    "album_prefix": None,
    "favorite_best": False,
    "stack": False,
    "archive_rest": False,
    "inherit": False,
    "rate": None,
    "label": None,
}
SOURCE = PlanSource(SourceType.LOCAL, ("/photos",), ("folder:/photos",))


def written(plan: Plan = PLAN) -> dict[str, Any]:
    document = json.loads(to_json(document_of(plan, SOURCE, FACTS)))
    assert isinstance(document, dict)
    return document


def test_the_plan_has_the_promised_shape() -> None:
    """No key is missing and none is there that was not promised."""
    assert written() | {"groups": [], "actions": []} == {
        "format": "photo-organizer-plan",
        "version": 1,
        "source": {"type": "local", "locations": ["/photos"], "origins": ["folder:/photos"], "references": []},
        "wishes": {"output": "/out", "link": "copy", "marks": NO_MARKS, "albums_only": False},
        "groups": [],
        "actions": [],
        "skipped": [{"id": "x.jpg", "error": "it is empty"}],
        "counts": {
            "photos": 3,
            "groups": 1,
            "grouped": 2,
            "singles": 1,
            "skipped": 1,
            "actions": 5,
            "rest": 1,
            "grouped_bytes": 2000,
            "rest_bytes": 1000,
        },
        "kinds": {"burst": 1},
        "run": None,
    }


def test_a_plan_tells_the_bytes_of_all_files_and_how_many_groups_are_of_each_kind() -> None:
    raw, other = photo("c.jpg", "c.dng", "c.xmp"), photo("d.jpg", "d.mov")
    facts = {one.id: metadata_with() for one in (A, B, raw, other)}
    copies = planned(2, raw, other)
    copies = replace(copies, verdict=replace(copies.verdict, kind=GroupKind.COPIES))
    document = document_of(replace(PLAN, groups=(planned(1, A, B), copies)), SOURCE, facts)
    assert [[one.bytes for one in found.photos] for found in document.groups] == [[1000, 1000], [3000, 2000]]
    assert document.kinds == {"burst": 1, "copies": 1}
    assert (document.counts["grouped_bytes"], document.counts["rest_bytes"]) == (7000, 3000)


def test_a_plan_tells_which_run_made_it_and_how_long_that_took() -> None:
    began = datetime.now(UTC) - timedelta(seconds=90)
    run = PlanRun.since(began)
    assert (run.version, datetime.fromisoformat(run.began_at)) == (__version__, began.replace(microsecond=0))
    assert 90 <= run.seconds < 100
    assert PlanRun.since(began + timedelta(days=1)).seconds == 0


def test_a_group_tells_its_photos_from_best_to_worst_with_their_reasons() -> None:
    (found,) = written()["groups"]
    reason = {"name": "sharpness", "value": 1.0, "text": "sharpest picture"}
    of_all = {
        "origin": A.origin,
        "revision": A.revision,
        "size": A.size,
        "taken_at": "2024-01-31T12:00:00.250000",
        "reasons": [reason],
        "why": ["sharpest picture"],
        "out": False,
        "keep": False,
        "reference": False,
        "bytes": A.size,
    }
    assert found == {
        "id": group(A, B).id,
        "number": 1,
        "best": "a.jpg",
        "confidence": 0.5,
        "photos": [
            {"id": "a.jpg", "key": "a.jpg", "name": "a.jpg", "score": 1.0, **of_all},
            {"id": "b.jpg", "key": "b.jpg", "name": "b.jpg", "score": 0.99, **of_all},
        ],
        "skip": False,
        "kind": "burst",
        "proposed": [],
    }


def test_a_reason_without_a_number_says_so() -> None:
    one = planned(1, A)
    ranking = (RankedPhoto(A, 1.0, (Reason("eyes", None, "eyes hidden"),)),)
    silent = replace(one, verdict=replace(one.verdict, ranking=ranking))
    (found,) = written(replace(PLAN, groups=(silent,)))["groups"]
    assert found["photos"][0]["reasons"] == [{"name": "eyes", "value": None, "text": "eyes hidden"}]


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        (wall_at(0), "2024-01-31T12:00:00"),
        (moment_at(0), "2024-01-31T12:00:00Z"),
        (zoned_at(0, -3.5), "2024-01-31T08:30:00-03:30"),
        (zoned_at(0, 5.75, stated=False), "2024-01-31T17:45:00+05:45"),
        (guess_at(0), "2024-01-31T12:00:00"),
    ],
)
def test_times_tell_their_zone_where_it_is_known(taken: CaptureTime, text: str) -> None:
    document = json.loads(to_json(document_of(PLAN, SOURCE, {**FACTS, A.id: metadata_with(taken)})))
    assert document["groups"][0]["photos"][0]["taken_at"] == text


def test_each_action_says_what_it_does_and_all_that_it_takes() -> None:
    copied, linked, *others = written()["actions"]
    assert copied == {
        "action": "copy",
        "destination": "group_0001/originals/a.jpg",
        "number": 1,
        "origin": A.origin,
        "key": "a.jpg",
        "source": "/photos/a.jpg",
        "revision": A.revision,
        "size": 1000,
        "method": "copy",
        "replaces": False,
    }
    assert linked["action"] == linked["method"] == "symlink"
    assert others == [
        {
            "action": "place-best",
            "destination": "group_0001/best_a.jpg",
            "number": 1,
            "origin": A.origin,
            "key": "a.jpg",
            "target": "group_0001/originals/a.jpg",
        },
        {
            "action": "retire-best",
            "destination": "group_0001/best_b.jpg",
            "number": 1,
            "target": "group_0001/originals/b.jpg",
        },
        {"action": "write-metadata", "destination": "group_0001/metadata.txt", "number": 1, "text": "two photos\n"},
    ]


@given(st.binary(min_size=1, max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_any_file_name_survives_the_json(name: str) -> None:
    one = photo(name)
    plan = replace(PLAN, groups=(planned(1, one),), actions=(copy_of(one),), skipped=(Skipped(name, name),))
    text = to_json(document_of(plan, replace(SOURCE, locations=(name,)), {name: metadata_with()}))
    assert text.isascii()
    document = json.loads(text)
    assert document["groups"][0]["best"] == document["groups"][0]["photos"][0]["name"] == name
    assert document["actions"][0]["source"] == f"/photos/{name}"
    assert document["skipped"] == [{"id": name, "error": name}]
    assert document["source"]["locations"] == [name]


def test_a_plan_without_an_output_wishes_for_none() -> None:
    looking = written(Plan(OutputOptions(), (), (), (), 0))
    assert looking["wishes"]["output"] is None
    assert looking["groups"] == looking["actions"] == looking["skipped"] == []


def test_what_is_counted_adds_up() -> None:
    numbers = counts(PLAN)
    assert numbers["grouped"] + numbers["singles"] == numbers["photos"]


def test_the_published_schema_is_that_of_the_format() -> None:
    """If not, `python -m docs.plan_schema` writes it anew."""
    published = json.loads(PAGE.read_text(encoding="ascii"))
    assert published == schema()
    Draft202012Validator.check_schema(published)
    assert published["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert (published["$id"], published["version"]) == ("urn:photo-organizer:plan:1", VERSION)


def test_a_plan_that_version_0_1_wrote_fits_the_published_schema() -> None:
    old = json.loads((ROOT / "tests" / "runs" / "written_by_0_1" / "plan.json").read_text(encoding="ascii"))
    assert "kinds" not in old
    Draft202012Validator(json.loads(PAGE.read_text(encoding="ascii"))).validate(old)


@pytest.mark.parametrize("plan", [PLAN, Plan(OutputOptions(), (), (), (), 0)])
def test_every_plan_fits_the_published_schema(plan: Plan) -> None:
    validator = Draft202012Validator(json.loads(PAGE.read_text(encoding="ascii")))
    document = json.loads(to_json(document_of(plan, SOURCE, FACTS, PlanRun.since(datetime.now(UTC)))))
    validator.validate(document)
    with pytest.raises(ValidationError):
        validator.validate(document | {"version": 2})
