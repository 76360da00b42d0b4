"""Whole runs with folders for reference: their photos are compared, may be best, and nothing is done with them."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bestshot.cli.main import main
from tests.support.drawn_library import add, add_burst, contents, scene

EVERY_MARK = ("--tag-only", "--rate", "best=5,keep=4,rest=-1", "--label", "best=Green,rest=Red")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """New photos, and an archive that has a better one of the first burst, a worse one of the second, and its own."""
    add_burst(tmp_path / "new", "a", 1, "2024:06:01 12:00:00", 1)
    add(tmp_path / "archive" / "a_kept.jpg", scene(1), "2024:06:01 12:00:00", subsec="9")
    add(tmp_path / "new" / "b_new.jpg", scene(2), "2024:06:02 12:00:00")
    add(tmp_path / "archive" / "b_kept.jpg", scene(2, blur=1.5), "2024:06:02 12:00:00", subsec="9")
    add_burst(tmp_path / "archive", "c", 3, "2024:06:03 12:00:00")
    add(tmp_path / "new" / "single.jpg", scene(9), "2024:06:09 12:00:00")
    return tmp_path


def run(home: Path, *flags: str) -> int:
    quick = ("--no-faces", "--workers", "1")
    return main([str(home / "new"), "--reference", str(home / "archive"), *quick, *flags])


def looked_at(home: Path, *flags: str) -> Any:
    assert run(home, "--plan", str(home / "plan.json"), *flags) == 0
    return json.loads((home / "plan.json").read_text())


def bests(plan: Any) -> list[str]:
    return [Path(group["best"]).name for group in plan["groups"]]


def test_groups_are_of_new_photos_and_those_of_the_archive_alone_are_not_reported(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = looked_at(home, "--verbose")
    assert bests(plan) == ["a_kept.jpg", "b_new.jpg"]
    told = {Path(photo["id"]).name: photo["reference"] for group in plan["groups"] for photo in group["photos"]}
    assert told == {"a_1.jpg": False, "a_kept.jpg": True, "b_new.jpg": False, "b_kept.jpg": True}
    said = capsys.readouterr().out
    assert "3 photos: 2 groups with 2 photos" in said
    assert "1 single photo; compared with 5 photos for reference" in said
    assert "a_kept.jpg (reference)" in said


def test_no_list_of_the_rest_has_a_photo_of_the_archive(home: Path) -> None:
    run(home, "--list-rest", str(home / "rest"), "--csv", str(home / "table.csv"), "--report", str(home / "r.html"))
    assert (home / "rest").read_text().splitlines() == [str(home / "new" / "a_1.jpg")]
    rows = list(csv.DictReader((home / "table.csv").read_text().splitlines()))
    assert {row["name"]: row["kept"] + row["reference"] for row in rows} == {
        "a_kept.jpg": "11",
        "a_1.jpg": "00",
        "b_new.jpg": "10",
        "b_kept.jpg": "11",
    }
    page = (home / "r.html").read_text()
    assert page.count("for reference</p>") == 2
    assert "in the 1 that is not the best" in page


def test_only_new_photos_are_laid_out_and_the_text_names_the_best_where_it_is(home: Path) -> None:
    archive = contents(home / "archive")
    assert run(home, "-o", str(home / "out")) == 0
    laid = sorted(str(path.relative_to(home / "out")) for path in (home / "out").rglob("*.jpg"))
    assert laid == ["group_0001/originals/a_1.jpg", "group_0002/best_b_new.jpg", "group_0002/originals/b_new.jpg"]
    text = (home / "out" / "group_0001" / "metadata.txt").read_text()
    assert "Best: a_kept.jpg (for reference: compared, and left where it is)\n" in text
    assert str(home / "archive" / "a_kept.jpg") in text
    assert contents(home / "archive") == archive
    again = looked_at(home, "-o", str(home / "out"), "--dry-run")
    assert again["actions"] == []


def test_only_new_photos_are_marked_and_undo_takes_it_back(home: Path) -> None:
    before = contents(home / "archive")
    assert run(home, *EVERY_MARK) == 0
    assert sorted(path.name for path in home.rglob("*.xmp")) == ["a_1.jpg.xmp", "b_new.jpg.xmp"]
    rest, best = ((home / "new" / f"{name}.jpg.xmp").read_text() for name in ("a_1", "b_new"))
    assert "duplicate-best" not in rest
    assert "Red" in rest
    assert "duplicate-best" in best
    assert "Green" in best
    assert contents(home / "archive") == before
    assert looked_at(home, *EVERY_MARK, "--dry-run")["actions"] == []
    assert main(["--undo", "--yes"]) == 0
    assert not list(home.rglob("*.xmp"))


@pytest.mark.parametrize("marks", [EVERY_MARK, ("--create-albums", "-o")], ids=["marks", "albums"])
def test_a_run_without_the_archive_takes_nothing_back(home: Path, marks: tuple[str, ...]) -> None:
    wanted = (*marks, str(home / "albums")) if "-o" in marks else marks
    assert run(home, *wanted) == 0
    plan = home / "plan.json"
    assert main([str(home / "new"), "--no-faces", "--workers", "1", *wanted, "--dry-run", "--plan", str(plan)]) == 0
    assert json.loads(plan.read_text())["actions"] == []


@pytest.mark.parametrize("marks", [EVERY_MARK, ("--create-albums", "-o")], ids=["marks", "albums"])
def test_what_was_set_before_a_folder_became_a_reference_stays(home: Path, marks: tuple[str, ...]) -> None:
    wanted = (*marks, str(home / "albums")) if "-o" in marks else marks
    folders = [str(home / "new"), str(home / "archive")]
    assert main([*folders, "--no-faces", "--workers", "1", *wanted]) == 0
    archive = contents(home / "archive")
    assert run(home, *wanted) == 0
    assert contents(home / "archive") == archive


def test_a_plan_is_applied_with_its_references_and_touches_none_of_them(home: Path) -> None:
    archive = contents(home / "archive")
    looked_at(home, "-o", str(home / "out"), "--dry-run")
    assert main(["--apply", str(home / "plan.json"), "--yes", "--output", str(home / "out")]) == 0
    assert sorted(path.name for path in (home / "out").rglob("originals/*")) == ["a_1.jpg", "b_new.jpg"]
    assert contents(home / "archive") == archive


def test_a_selection_is_of_the_new_photos_and_all_of_the_archive_is_compared(home: Path) -> None:
    add(home / "new" / "a_png.png", scene(1, blur=1.5), "2024:06:01 12:00:00")
    assert bests(looked_at(home, "--extensions", "png")) == ["a_kept.jpg"]
    assert bests(looked_at(home, "--include", "b*", "--limit", "1")) == ["b_new.jpg"]
    assert bests(looked_at(home, "--until", "2024-06-01")) == ["a_kept.jpg"]


@pytest.mark.parametrize("outer_is_reference", [True, False])
def test_of_folders_within_one_another_the_inner_one_says_what_its_photos_are(
    home: Path, outer_is_reference: bool
) -> None:
    shutil.move(home / "new", home / "archive" / "new")
    outer, inner = str(home / "archive"), str(home / "archive" / "new")
    source, reference = (inner, outer) if outer_is_reference else (outer, inner)
    plan = home / "plan.json"
    assert main([source, "--reference", reference, "--no-faces", "--workers", "1", "--plan", str(plan)]) == 0
    photos = [photo for group in json.loads(plan.read_text())["groups"] for photo in group["photos"]]
    told = {photo["name"]: photo["reference"] for photo in photos}
    assert told["a_1.jpg"] is not outer_is_reference
    assert told["a_kept.jpg"] is outer_is_reference
    assert ("c_1.jpg" in told) is not outer_is_reference


def test_another_name_of_a_file_of_the_archive_is_of_the_archive(home: Path) -> None:
    (home / "new" / "link.jpg").symlink_to(home / "archive" / "c_1.jpg")
    (home / "new" / "hard.jpg").hardlink_to(home / "archive" / "c_3.jpg")
    assert bests(looked_at(home)) == ["a_kept.jpg", "b_new.jpg"]


def test_an_archive_that_is_gone_or_named_twice_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(home / "new"), "--reference", str(home / "new")]) == 2
    assert "is named as a source and for --reference" in capsys.readouterr().err
    assert run(home) == 0
    shutil.rmtree(home / "archive")
    assert run(home) == 3
    (home / "archive").mkdir()
    assert run(home) == 3
    assert "holds no photos, yet earlier runs saw some there" in capsys.readouterr().err


def test_a_server_has_no_folder_for_reference(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--source-type", "immich", "--immich-url", "http://127.0.0.1:9", "--reference", str(home)]) == 2
    assert "--reference goes with folders only" in capsys.readouterr().err
