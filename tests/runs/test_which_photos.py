"""Whole runs over a part of a library: what is looked at, and that nothing is taken back of what is not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bestshot.cli.main import main
from tests.support.drawn_library import add, add_burst, contents, scene

MAY, JUNE = "2024:05:31 23:59:58", "2024:06:01 00:00:02"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two bursts, one of each month."""
    photos = tmp_path / "photos"
    add_burst(photos / "may", "may", 1, MAY)
    add_burst(photos / "june", "june", 2, JUNE)
    return photos


def run(library: Path, *flags: str) -> int:
    return main([str(library), "--no-faces", "--workers", "1", *flags])


def looked_at(library: Path, *flags: str) -> Any:
    """The plan of a run that only looks."""
    plan = library.parent / "plan.json"
    assert run(library, "--plan", str(plan), *flags) == 0
    return json.loads(plan.read_text())


def laid_out(output: Path) -> dict[str, tuple[int, int, bytes]]:
    """All but what changes while a run holds an output."""
    return {path: found for path, found in contents(output).items() if ".photo-organizer" not in path}


def first_names(plan: Any) -> list[str]:
    return [Path(group["best"]).name.partition("_")[0] for group in plan["groups"]]


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (("--since", "2024-06-01"), ["june"]),
        (("--until", "2024-05-31"), ["may"]),
        (("--since", "2024-05-31T23:59:58", "--until", "2024-06-01"), ["june", "may"]),
        (("--since", "2024-06-02"), []),
        (("--include", "may*"), ["may"]),
        (("--include", "JUNE"), ["june"]),
        (("--include", "june/*_?.jpg"), ["june"]),
        (("--extensions", "jpg"), ["june", "may"]),
        (("--extensions", "png,webp"), []),
        (("--min-size", "1MB"), []),
        (("--min-size", "1kB"), ["june", "may"]),
    ],
)
def test_only_the_selected_photos_are_looked_at(library: Path, flags: tuple[str, ...], found: list[str]) -> None:
    assert sorted(first_names(looked_at(library, *flags))) == found


def test_what_was_not_selected_is_counted(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    looked_at(library, "--since", "2024-06-01", "--limit", "2")
    assert "4 more photos were not looked at" in capsys.readouterr().out


def test_a_limit_counts_the_selected_photos(library: Path) -> None:
    assert first_names(looked_at(library, "--until", "2024-05-31", "--limit", "3")) == ["may"]


def test_a_photo_without_a_date_counts_by_that_of_its_file(library: Path) -> None:
    for number in range(2):
        undated = add(library / f"undated_{number}.jpg", scene(5), taken=None)
        os.utime(undated, (86_400 * 365, 86_400 * 365))
    found = looked_at(library, "--until", "1971-12-31", "--no-time-window")
    assert first_names(found) == ["undated"]


@pytest.mark.parametrize("flags", [("--since", "2024-06-01"), ("--include", "june"), ("--min-size", "1GB")])
def test_the_output_of_a_whole_run_stays_as_it_is(library: Path, flags: tuple[str, ...]) -> None:
    output = library.parent / "organized"
    assert run(library, "-o", str(output)) == 0
    before = laid_out(output)
    assert run(library, "-o", str(output), *flags) == 0
    assert laid_out(output) == before


@pytest.mark.parametrize("flags", [("--since", "2024-06-01"), ("--include", "june"), ("--extensions", "png")])
def test_the_marks_of_a_whole_run_stay_as_they_are(library: Path, flags: tuple[str, ...]) -> None:
    marks = ("--tag-only", "--rate", "best=5,rest=1", "--label", "rest=Red")
    assert run(library, *marks) == 0
    before = contents(library)
    assert run(library, *marks, *flags) == 0
    assert contents(library) == before


def test_a_part_of_a_burst_takes_nothing_from_the_other_part(tmp_path: Path) -> None:
    """Midnight goes through the burst: by the first run's marks the best is of the day that is not looked at."""
    photos = tmp_path / "photos"
    for shot, (taken, blur) in enumerate(((MAY, 0.0), (JUNE, 1.5), (JUNE, 1.5))):
        add(photos / f"burst_{shot}.jpg", scene(1, blur=blur), taken, subsec=str(shot))
    assert run(photos, "--tag-only") == 0
    best = (photos / "burst_0.jpg.xmp").read_bytes()
    assert run(photos, "--tag-only", "--since", "2024-06-01") == 0
    assert (photos / "burst_0.jpg.xmp").read_bytes() == best


def test_a_selection_of_nothing_is_not_an_empty_source_but_an_unmounted_disk_is(library: Path) -> None:
    assert run(library) == 0
    assert run(library, "--since", "2030-01-01") == run(library, "--include", "none*") == 0
    for path in library.rglob("*.jpg"):
        path.unlink()
    assert run(library, "--since", "2030-01-01") == run(library, "--include", "none*") == 3


def test_a_plan_of_a_part_is_applied_whole_and_to_nothing_else(library: Path) -> None:
    output = library.parent / "organized"
    plan = looked_at(library, "--since", "2024-06-01", "-o", str(output), "--dry-run")
    assert first_names(plan) == ["june"]
    assert main(["--apply", str(library.parent / "plan.json"), "--yes", "--output", str(output)]) == 0
    assert sorted(path.name for path in output.rglob("originals/*")) == ["june_1.jpg", "june_2.jpg", "june_3.jpg"]


def test_a_date_that_is_none_is_refused_in_a_sentence(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(library, "--since", "2024-02-30") == run(library, "--since", "yesterday") == 2
    said = capsys.readouterr().err
    assert "--since 2024-02-30 is no date: write it like 2024-05-31" in said
    assert "--since must be a date such as 2024-05-31" in said
