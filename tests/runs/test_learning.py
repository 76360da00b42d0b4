"""Whole runs that learn: what was chosen on a plan moves the weights, and is forgotten with the decisions."""

from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.settings.settings import Settings
from tests.support.drawn_library import add, organize, scene
from tests.support.plan_world import amend, apply, look, pick
from tests.support.sidecar_samples import sidecar

GROUPS = 9


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Pairs of a small sharp photo, which is the best, and a large one that is less sharp, one each day."""
    folder = tmp_path / "library"
    for day in range(1, GROUPS + 1):
        small, large = scene(day), scene(day, blur=1.5).resize((320, 240))
        add(folder / f"{day}_small.jpg", small, f"2024:06:{day:02} 12:00:00")
        add(folder / f"{day}_large.jpg", large, f"2024:06:{day:02} 12:00:04")
    return folder


def bests(folder: Path, *, learn: bool = True) -> str:
    """Which photo is the best of each group, by its first letter."""
    outcome = organize(folder, settings=Settings(no_faces=True, learn=learn))
    return "".join(group.verdict.best.name[2] for group in outcome.plan.groups)


def test_what_somebody_chose_is_followed_in_other_groups_until_it_is_forgotten(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    look(library, plan)
    assert bests(library) == "s" * GROUPS
    assert apply(amend(plan, *(pick(group, 1) for group in range(GROUPS - 1)))) == 0
    assert bests(library, learn=False) == "l" * (GROUPS - 1) + "s"
    assert bests(library) == "l" * GROUPS
    capsys.readouterr()
    assert main([str(library), "--no-faces", "--learn", "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "You prefer resolution to sharpness: 8 of 8 decisions between them.\n" in told
    assert "Learned from 8 decisions of yours: held out in turn, learned weights meet 8, the usual ones 0.\n" in told
    assert main(["--forget-decisions"]) == 0
    assert bests(library) == "s" * GROUPS


def test_what_was_left_as_it_was_proposed_counts_as_well(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only those before the last group that was changed: nobody need go through a plan to its end."""
    plan = tmp_path / "plan.json"
    look(library, plan)
    assert apply(amend(plan, *(pick(group, 1) for group in (1, 3, 6)))) == 0
    capsys.readouterr()
    assert main([str(library), "--no-faces", "--learn", "--workers", "1"]) == 0
    assert "Nothing learned from 7 decisions of yours: held out in turn, " in capsys.readouterr().out
    assert bests(library) == "slslsslss"


def test_stars_are_learned_from_without_any_plan(library: Path) -> None:
    for day in range(1, GROUPS):
        (library / f"{day}_large.xmp").write_bytes(sidecar('m:Rating="4"'))
    assert bests(library, learn=False) == "l" * (GROUPS - 1) + "s"
    assert bests(library) == "l" * GROUPS
