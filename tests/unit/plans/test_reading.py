"""Claims about plans that are read back: what they ask for, what is refused, and how they fit the library of now."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import UsageError
from bestshot.model.groups import GroupKind, PlannedGroup
from bestshot.model.photo import Photo, SourceType
from bestshot.plans.decisions import Decisions
from bestshot.plans.document import PlanDocument, PlanSource, document_of, to_json
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.plans.reading import Fitting, approvals_in, decisions_in, fit, read_plans
from tests.support.builders import metadata_with, photo, planned
from tests.unit.plans.test_decisions import apart, best, drop, keep, out

A, B, C, D, E = (photo(f"{name}.jpg") for name in "abcde")
SOURCE = PlanSource(SourceType.LOCAL, ("photos",), ("folder:/photos",))
WISHES = OutputOptions("/out")
Change = Callable[[dict[str, Any]], object]


def document(*groups: PlannedGroup, options: OutputOptions = WISHES) -> PlanDocument:
    metadata = {ranked.photo.id: metadata_with() for group in groups for ranked in group.verdict.ranking}
    return document_of(Plan(options, groups, (), (), 5), SOURCE, metadata)


PLAN = document(planned(7, A, B, C), planned(9, D, E))


def amended(*changes: Change, plan: PlanDocument = PLAN) -> dict[str, Any]:
    """A plan as JSON, changed."""
    found: dict[str, Any] = json.loads(to_json(plan))
    for change in changes:
        change(found)
    return found


def written(folder: Path, *changes: Change, plan: PlanDocument = PLAN, name: str = "plan.json") -> Path:
    (folder / name).write_text(json.dumps(amended(*changes, plan=plan)))
    return folder / name


def put(*path: Any) -> Change:
    """Set what is at this path to the last of these."""
    *way, last, value = path

    def change(found: Any) -> None:
        for step in way:
            found = found[step]
        found[last] = value

    return change


def read(folder: Path, *changes: Change) -> PlanDocument:
    return read_plans([written(folder, *changes)])


def photos_now(*photos: Photo) -> dict[tuple[str, str], Photo]:
    return {(one.origin, one.key): one for one in photos}


def fitted(folder: Path, *changes: Change, now: tuple[Photo, ...] = (A, B, C, D, E)) -> Fitting:
    return fit(read(folder, *changes).groups, photos_now(*now))


def ranked(fitting: Fitting) -> dict[int, str]:
    """The groups by number, as the first letters of their photos, the best first."""
    return {
        number: "".join(one.photo.name[0] for one in verdict.ranking)
        for number, verdict in zip(fitting.numbers, fitting.verdicts, strict=True)
    }


def left_alone(fitting: Fitting) -> dict[str, str]:
    return {item.id: item.error for item in fitting.left_alone}


PICK_C = put("groups", 0, "best", "c.jpg")
B_OUT = put("groups", 0, "photos", 1, "out", True)
C_OUT = put("groups", 0, "photos", 2, "out", True)
A_OUT = put("groups", 0, "photos", 0, "out", True)
B_KEPT = put("groups", 0, "photos", 1, "keep", True)
SKIP = put("groups", 0, "skip", True)
SKIP_SECOND = put("groups", 1, "skip", True)


class TestReading:
    def test_what_was_written_comes_back(self, tmp_path: Path) -> None:
        assert read(tmp_path) == PLAN

    def test_what_an_amender_leaves_out_is_as_it_was_made(self, tmp_path: Path) -> None:
        def strip(found: dict[str, Any]) -> None:
            for key in ("actions", "skipped", "counts"):
                del found[key]
            for group in found["groups"]:
                del group["skip"], group["kind"], group["proposed"]
                for one in group["photos"]:
                    del one["out"], one["keep"]

        found = read(tmp_path, strip)
        assert replace(found, counts=PLAN.counts) == PLAN

    def test_an_editor_may_mark_the_encoding(self, tmp_path: Path) -> None:
        (tmp_path / "plan.json").write_text(to_json(PLAN), encoding="utf-8-sig")
        assert read_plans([tmp_path / "plan.json"]) == PLAN

    @given(st.binary(min_size=1, max_size=20).map(os.fsdecode))
    def test_any_file_name_survives(self, name: str) -> None:
        one = photo(name + ".jpg")
        plan = document(planned(1, one, A)) if one.id != A.id else PLAN
        # What a browser writes: names that are text as they are, the others as escapes.
        text = json.dumps(json.loads(to_json(plan)))
        assert through_a_file(text) == plan

    def test_the_pages_of_a_report_are_one_plan(self, tmp_path: Path) -> None:
        pages = [
            written(tmp_path, plan=document(group), name=f"{number}.json")
            for number, group in enumerate((planned(7, A, B, C), planned(9, D, E)))
        ]
        assert read_plans(pages).groups == PLAN.groups

    @pytest.mark.parametrize("change", [put("source", "origins", ["folder:/b"]), put("wishes", "output", "/other")])
    def test_plans_of_several_libraries_or_wishes_are_not_mixed(self, tmp_path: Path, change: Change) -> None:
        other = document(planned(1, photo("x.jpg"), photo("y.jpg")))
        with pytest.raises(UsageError, match=r"1\.json is a plan for other photos or with other options"):
            read_plans([written(tmp_path), written(tmp_path, change, plan=other, name="1.json")])

    def test_the_same_file_twice_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"names a\.jpg twice"):
            read_plans([written(tmp_path), written(tmp_path)])

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (put("format", "other"), "not a plan of this program"),
            (put("version", 2), "not of this version"),
            (put("version", True), "is not valid"),
            (put("groups", 0, "number", 0), "is not valid"),
            (put("groups", 0, "number", "one"), r"Expected `int`, got `str` - at `\$.groups\[0\].number`"),
            (put("groups", 0, "photos", []), "is not valid"),
            (put("groups", 0, "confidence", 1e999), "is not valid|not JSON"),
            (put("groups", 0, "photos", 0, "score", -1), "is not valid"),
            (put("groups", 0, "photos", 0, "size", -1), "is not valid"),
            (put("groups", 0, "photos", 0, "out", "yes"), "is not valid"),
            (
                put("groups", 0, "best", "x.jpg"),
                "names x.jpg as the best of group 7, but that is not one of its photos",
            ),
            (put("groups", 0, "best", "d.jpg"), "not one of its photos"),
            (A_OUT, "or it is out"),
            (put("groups", 0, "photos", 1, "id", "a.jpg"), "names a photo of group 7 twice"),
            (put("groups", 0, "photos", 1, "key", "a.jpg"), "twice"),
            (put("groups", 1, "photos", 1, "key", "a.jpg"), "twice"),
            (put("source", "type", "\udcff"), "is not valid"),
            (put("wishes", "link", "move"), "is not valid"),
            (put("groups", 0, "photos", 0, "id", "\ud800"), "not JSON"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence_that_names_the_file(
        self, tmp_path: Path, change: Change, told: str
    ) -> None:
        with pytest.raises(UsageError, match=told) as caught:
            read(tmp_path, change)
        assert "plan" in str(caught.value)
        assert str(caught.value).endswith(".")
        assert str(caught.value).isprintable()

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b"NaN", b"[" * 100_000, b"1" * 10_000, b'{"format": {}}'],
        ids=lambda content: repr(content[:9]),
    )
    def test_what_is_no_plan_at_all_is_told(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "plan.json").write_bytes(content)
        with pytest.raises(UsageError, match=r"plan\.json is (not JSON|not a plan of this program)"):
            read_plans([tmp_path / "plan.json"])

    def test_a_file_that_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        for path, why in ((tmp_path / "gone\x1b.json", "No such file"), (tmp_path, "Is a directory")):
            with pytest.raises(UsageError, match=f"cannot be read: {why}") as caught:
                read_plans([path])
            assert str(caught.value).isprintable()


def through_a_file(text: str) -> PlanDocument:
    """A plan through a file."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "plan.json").write_text(text)
        return read_plans([Path(folder) / "plan.json"])


class TestFitting:
    def test_a_plan_that_nobody_changed_fits_as_it_was_made(self, tmp_path: Path) -> None:
        found = fitted(tmp_path)
        assert ranked(found) == {7: "abc", 9: "de"}
        assert found.verdicts[0] == planned(7, A, B, C).verdict
        assert (set(found.seen), found.left_alone) == ({A, B, C, D, E}, ())

    def test_another_best_is_the_first_and_says_why(self, tmp_path: Path) -> None:
        found = fitted(tmp_path, PICK_C)
        assert ranked(found) == {7: "cab", 9: "de"}
        assert [reason.text for reason in found.verdicts[0].ranking[0].reasons] == ["you chose it", "sharpest picture"]

    def test_an_amended_plan_gives_the_verdict_that_later_runs_give(self, tmp_path: Path) -> None:
        """So that what is written about the group does not change from run to run."""
        plan = read(tmp_path, PICK_C)
        ours = Decisions.of(decisions_in(plan.groups), (A, B, C))
        assert fit(plan.groups, photos_now(A, B, C)).verdicts[0] == ours.prefer(planned(7, A, B, C).verdict)

    def test_a_photo_taken_out_is_seen_but_in_no_group(self, tmp_path: Path) -> None:
        found = fitted(tmp_path, B_OUT)
        assert ranked(found) == {7: "ac", 9: "de"}
        assert [one.name for one in found.verdicts[0].group.photos] == ["a.jpg", "c.jpg"]
        assert (B in found.seen, found.left_alone) == (True, ())

    def test_a_group_to_skip_is_not_even_seen(self, tmp_path: Path) -> None:
        found = fitted(tmp_path, SKIP, put("groups", 0, "best", "whatever"))
        assert (ranked(found), found.seen, found.left_alone) == ({9: "de"}, (D, E), ())

    def test_taking_out_all_but_the_best_ends_the_group_without_a_complaint(self, tmp_path: Path) -> None:
        found = fitted(tmp_path, B_OUT, C_OUT)
        assert (ranked(found), set(found.seen), found.left_alone) == ({9: "de"}, {A, B, C, D, E}, ())

    def test_a_photo_that_vanished_is_left_alone_and_the_others_go_on(self, tmp_path: Path) -> None:
        found = fitted(tmp_path, now=(A, C, D, E))
        assert ranked(found) == {7: "ac", 9: "de"}
        assert left_alone(found) == {"b.jpg": "has changed or vanished since the plan was made, so it is left alone"}

    def test_so_is_one_that_changed(self, tmp_path: Path) -> None:
        changed = photo("b.jpg", mtime_ns=2)
        found = fitted(tmp_path, now=(A, changed, C, D, E))
        assert ranked(found) == {7: "ac", 9: "de"}
        assert (set(left_alone(found)), changed in found.seen) == ({"b.jpg"}, False)

    def test_without_its_best_all_of_a_group_is_left_alone(self, tmp_path: Path) -> None:
        """And counts as not seen, so that nothing is taken back from it either."""
        found = fitted(tmp_path, now=(B, C, D, E))
        assert (ranked(found), found.seen) == ({9: "de"}, (D, E))
        assert left_alone(found) == {
            "a.jpg": "has changed or vanished since the plan was made, "
            "so the group of which it is the best is left alone"
        }

    def test_a_best_that_lost_all_others_is_left_alone(self, tmp_path: Path) -> None:
        found = fitted(tmp_path, now=(A, D, E))
        assert (ranked(found), found.seen) == ({9: "de"}, (D, E))
        assert left_alone(found)["a.jpg"] == "is the only one left of its group, so it is left alone"
        assert set(left_alone(found)) == {"a.jpg", "b.jpg", "c.jpg"}

    def test_photos_go_by_the_ids_of_now(self, tmp_path: Path) -> None:
        """As several folders are named in full where a plan is carried out, and not as they once were given."""
        moved = tuple(replace(one, id=f"/photos/{'zyx'[number]}/{one.name}") for number, one in enumerate((A, B, C)))
        found = fitted(tmp_path, now=(*moved, D, E))
        members = found.verdicts[0].group.photos
        assert [one.id for one in members] == sorted(one.id for one in moved)


def test_a_plan_says_what_is_kept_beside_the_best_and_what_is_kept_whole(tmp_path: Path) -> None:
    kept, whole = fitted(tmp_path, B_KEPT, put("groups", 1, "kind", "bracket")).verdicts
    assert (kept.keepers, kept.rest) == (("b.jpg",), (C,))
    assert (whole.kind, whole.rest) == (GroupKind.BRACKET, ())


class TestDecisions:
    @pytest.mark.parametrize(
        ("changes", "made"),
        [
            ((), []),
            ((PICK_C,), [best(C, A, B)]),
            ((B_OUT,), [out(B, A, C), best(A, C)]),
            ((B_OUT, PICK_C), [out(B, A, C), best(C, A)]),
            ((SKIP,), [apart(A, B, C)]),
            ((SKIP, PICK_C, B_OUT), [apart(A, B, C)]),
            ((A_OUT, put("groups", 0, "best", "b.jpg")), [out(A, B, C), best(B, C)]),
            ((SKIP_SECOND, PICK_C), [best(C, A, B), apart(D, E)]),
            ((B_KEPT,), [keep(B, A, C)]),
            ((B_KEPT, put("groups", 0, "proposed", ["b.jpg"])), []),
            ((put("groups", 0, "proposed", ["b.jpg"]),), [drop(B, A, C)]),
        ],
        ids=[
            "none",
            "best",
            "out",
            "both",
            "skip",
            "skip before all else",
            "next best after one out",
            "two groups",
            "kept",
            "kept as proposed",
            "no longer kept",
        ],
    )
    def test_what_was_amended_is_what_was_decided(
        self, tmp_path: Path, changes: tuple[Change, ...], made: list[object]
    ) -> None:
        assert decisions_in(read(tmp_path, *changes).groups) == made

    @pytest.mark.parametrize(
        ("changes", "left"),
        [
            ((), []),
            ((PICK_C,), []),
            ((SKIP_SECOND,), [best(A, B, C)]),
            ((B_KEPT, SKIP_SECOND), []),
            ((put("groups", 0, "kind", "bracket"), SKIP_SECOND), []),
        ],
        ids=["nothing changed", "none before", "one before", "one that was changed too", "a set, which has no best"],
    )
    def test_what_stands_before_the_last_change_was_left_on_purpose(
        self, tmp_path: Path, changes: tuple[Change, ...], left: list[object]
    ) -> None:
        assert approvals_in(read(tmp_path, *changes).groups) == left

    def test_photos_taken_out_of_one_group_are_none_with_each_other_either(self, tmp_path: Path) -> None:
        ours = Decisions.of(decisions_in(read(tmp_path, B_OUT, C_OUT).groups), (A, B, C))
        assert ours.split([planned(7, A, B, C).verdict.group], 2) == []
