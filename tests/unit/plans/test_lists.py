"""Claims about the lists for other programs: hostile names do no harm there and none is lost."""

import csv
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.errors import UsageError
from bestshot.model.groups import GroupKind, Reason
from bestshot.model.photo import FileRole, Photo, PhotoFile
from bestshot.plans.lists import rest_of, to_csv
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from tests.support.builders import guess_at, metadata_with, photo, planned, zoned_at

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201")
file_names = st.binary(min_size=1, max_size=20).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"").replace(b"/", b"")))


def plan_of(*groups: tuple[Photo, ...]) -> Plan:
    numbered = tuple(planned(number, *photos) for number, photos in enumerate(groups, start=1))
    return Plan(OutputOptions(), numbered, (), (), sum(map(len, groups)))


def table(plan: Plan) -> list[dict[str, str]]:
    """The table as another program reads it."""
    metadata = {ranked.photo.id: metadata_with() for group in plan.groups for ranked in group.verdict.ranking}
    return list(csv.DictReader(io.StringIO(to_csv(plan, metadata), newline=""), strict=True))


class TestTable:
    def test_it_has_a_line_for_each_photo_of_a_group_the_best_first(self) -> None:
        found = table(plan_of((photo("b.jpg"), photo("a.jpg")), (photo("c.jpg"), photo("d.jpg"))))
        assert [(row["group"], row["place"], row["best"], row["name"]) for row in found] == [
            ("1", "1", "1", "b.jpg"),
            ("1", "2", "0", "a.jpg"),
            ("2", "1", "1", "c.jpg"),
            ("2", "2", "0", "d.jpg"),
        ]
        assert found[0] | {"group": ""} == {
            "group": "",
            "place": "1",
            "best": "1",
            "id": "b.jpg",
            "name": "b.jpg",
            "taken_at": "2024-01-31T12:00:00",
            "size": "1000",
            "score": "1.000",
            "reasons": "sharpest picture",
            "kind": "burst",
            "kept": "1",
            "reference": "0",
        }

    def test_it_ends_its_lines_as_the_standard_says(self) -> None:
        text = to_csv(plan_of((photo("a.jpg"),)), {"a.jpg": metadata_with()})
        assert text.count("\r\n") == 2
        assert text.endswith("\r\n")

    def test_without_groups_it_has_its_heading(self) -> None:
        assert to_csv(plan_of(), {}).startswith("group,place,best,")

    @pytest.mark.parametrize("name", FORMULAS)
    def test_no_cell_begins_as_a_formula_does(self, name: str) -> None:
        (row,) = table(plan_of((photo(name),)))
        assert not any(cell.startswith(FORMULAS) or cell[0] in "=+-@\t\r\n" for cell in row.values())
        assert (row["id"], row["name"]) == (f"'{name}", f"'{name}")

    def test_no_reason_begins_as_a_formula_does(self) -> None:
        """The reasons of a plan that somebody else wrote are theirs."""
        (group,) = plan_of((photo("a.jpg"),)).groups
        (ranked,) = group.verdict.ranking
        ranking = (replace(ranked, reasons=(Reason("eyes", 1.0, "=1+1"),)),)
        (row,) = table(
            Plan(OutputOptions(), (replace(group, verdict=replace(group.verdict, ranking=ranking)),), (), (), 1)
        )
        assert row["reasons"] == "'=1+1"

    @given(file_names.filter(bool))
    def test_any_name_comes_back(self, name: str) -> None:
        (row,) = table(plan_of((photo(name),)))
        assert name in (row["name"], row["name"].removeprefix("'"))

    def test_times_are_those_of_the_plan(self) -> None:
        metadata = {"a.jpg": metadata_with(zoned_at(0, -3.5)), "b.jpg": metadata_with(guess_at(0))}
        text = to_csv(plan_of((photo("a.jpg"), photo("b.jpg"))), metadata)
        assert "2024-01-31T08:30:00-03:30" in text


class TestRest:
    def test_it_has_all_but_the_best(self) -> None:
        plan = plan_of((photo("b.jpg"), photo("a.jpg"), photo("c.jpg")), (photo("d.jpg"), photo("e.jpg")))
        assert rest_of(plan, null=False) == b"/photos/a.jpg\n/photos/c.jpg\n/photos/e.jpg\n"

    def test_of_a_server_it_has_the_ids(self) -> None:
        first, second = (
            Photo(name, "immich:me", name, "r", "x.jpg", 1, photo(name).files) for name in ("id-1", "id-2")
        )
        assert rest_of(plan_of((first, second)), null=False) == b"id-2\n"

    def test_it_names_every_file_of_a_photo_so_that_none_is_left_behind(self) -> None:
        names = ["b.jpg", "b.dng", "b.jpg.json", "b.mov", "b.xmp"]
        plan = plan_of((photo("a.jpg"), photo(*names)))
        assert rest_of(plan, null=False).decode().split() == [f"/photos/{name}" for name in names]

    def test_of_a_server_it_has_the_asset_of_the_raw_file_too(self) -> None:
        files = tuple(
            PhotoFile(f"immich:{path}", role, 1, 0)
            for path, role in (
                ("id-2/x.jpg", FileRole.PICTURE),
                ("id-3/x.dng", FileRole.RAW),
                ("id-4/", FileRole.VIDEO),
            )
        )
        first, second = (Photo(id_, "immich:me", id_, "r", "x.jpg", 1, files) for id_ in ("id-1", "id-2"))
        assert rest_of(plan_of((first, second)), null=False) == b"id-2\nid-3\n"

    @pytest.mark.parametrize("kind", [kind for kind in GroupKind if kind.is_set])
    def test_of_a_set_that_is_kept_whole_it_names_no_photo(self, kind: GroupKind) -> None:
        (group,) = plan_of((photo("a.jpg"), photo("b.jpg"))).groups
        whole = replace(group, verdict=replace(group.verdict, kind=kind))
        assert rest_of(replace(plan_of(), groups=(whole,)), null=False) == b""

    def test_a_photo_kept_beside_the_best_is_not_in_it(self) -> None:
        (group,) = plan_of((photo("a.jpg"), photo("b.jpg"), photo("c.jpg"))).groups
        kept = replace(group, verdict=replace(group.verdict, keepers=("c.jpg",)))
        assert rest_of(replace(plan_of(), groups=(kept,)), null=False) == b"/photos/b.jpg\n"

    def test_without_groups_it_is_empty(self) -> None:
        assert rest_of(plan_of(), null=False) == rest_of(plan_of(), null=True) == b""

    def test_a_path_with_a_line_break_is_refused_unless_nulls_end_them(self) -> None:
        plan = plan_of((photo("a.jpg"), photo("b\n/photos/a.jpg")))
        with pytest.raises(UsageError, match="--null"):
            rest_of(plan, null=False)
        assert rest_of(plan, null=True) == b"/photos/b\n/photos/a.jpg\0"

    @given(st.lists(file_names.filter(lambda name: name not in ("", ".", "..")), min_size=2, max_size=5, unique=True))
    def test_with_nulls_every_path_comes_back_byte_for_byte(self, names: list[str]) -> None:
        listed = rest_of(plan_of(tuple(map(photo, names))), null=True)
        assert listed.split(b"\0") == [*(os.fsencode(f"/photos/{name}") for name in names[1:]), b""]

    def test_xargs_gets_every_file(self, tmp_path: Path) -> None:
        names = ["best.jpg", "two words.jpg", "-rf", "new\nline.jpg", os.fsdecode(b"caf\xe9.jpg"), "'\"$(x).jpg"]
        for name in names:
            (tmp_path / name).write_bytes(b"")
        listed = rest_of(plan_of(tuple(photo(name, folder=str(tmp_path)) for name in names)), null=True)
        echo = [sys.executable, "-c", "import os, sys; sys.stdout.buffer.write(b'|'.join(map(os.fsencode, sys.argv)))"]
        done = subprocess.run(["xargs", "-0", *echo], input=listed, capture_output=True, check=True)
        assert done.stdout.split(b"|")[1:] == [os.fsencode(tmp_path / name) for name in names[1:]]
