"""Whole runs that rate and label photos in folders by their part in a group, and take that back."""

import json
import shutil
from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.xmp.packet import read
from tests.support.drawn_library import add, add_burst, contents, scene
from tests.support.plan_world import amend, pick

BY_ROLE = ("--rate", "best=5,keep=4,rest=-1", "--label", "best=green,rest=Red")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A burst whose second photo is the best, and a photo of its own."""
    add_burst(tmp_path / "photos", "a")
    add(tmp_path / "photos" / "single.jpg", scene(9), "2024:06:09 12:00:00")
    return tmp_path / "photos"


def run(library: Path, *flags: str) -> int:
    return main([str(library), "--no-faces", "--workers", "1", *flags])


def given(library: Path) -> dict[str, tuple[int | None, str | None]]:
    found = {path.stem: read(path.read_bytes()) for path in sorted(library.glob("*.xmp"))}
    return {name: (marks.rating, marks.label) for name, marks in found.items()}


def test_photos_are_rated_and_labelled_once_and_all_is_taken_back(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(library)
    assert run(library, *BY_ROLE) == 0
    assert given(library) == {"a_1.jpg": (-1, "Red"), "a_2.jpg": (5, "Green"), "a_3.jpg": (-1, "Red")}
    assert "3 photos labelled; 3 photos rated" in capsys.readouterr().out
    after = contents(library)
    assert run(library, *BY_ROLE) == 0
    assert contents(library) == after
    assert main(["--undo", "--yes"]) == 0
    assert {path: whole for path, whole in contents(library).items() if path != str(library)} == {
        path: whole for path, whole in before.items() if path != str(library)
    }


def test_our_own_stars_do_not_choose_the_best_and_another_best_takes_them_over(library: Path) -> None:
    run(library, *BY_ROLE)
    add(library / "a_2.jpg", scene(1, blur=3), subsec="2")
    add(library / "a_3.jpg", scene(1), subsec="3")
    assert run(library, *BY_ROLE) == 0
    assert given(library) == {"a_1.jpg": (-1, "Red"), "a_2.jpg": (-1, "Red"), "a_3.jpg": (5, "Green")}
    assert main(["--undo", "--yes"]) == 0
    assert given(library) == {"a_1.jpg": (-1, "Red"), "a_2.jpg": (5, "Green"), "a_3.jpg": (-1, "Red")}


def test_a_second_run_is_silent_even_if_the_rest_has_more_stars_than_the_best(library: Path) -> None:
    run(library, "--mark-best-favorite")
    run(library, "--rate", "best=2,rest=4")
    assert given(library) == {"a_1.jpg": (4, None), "a_2.jpg": (2, None), "a_3.jpg": (4, None)}
    before = contents(library)
    assert run(library, "--rate", "best=2,rest=4") == 0
    assert contents(library) == before


def test_a_plan_carries_what_is_given_by_role(library: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert run(library, *BY_ROLE, "--plan", str(plan), "--dry-run") == 0
    assert given(library) == {}
    marks = json.loads(plan.read_text())["wishes"]["marks"]
    assert marks["rate"] == {"best": "5", "keep": "4", "rest": "-1"}
    assert marks["label"] == {"best": "Green", "keep": None, "rest": "Red"}
    amend(plan, pick(0, 2))
    assert main(["--apply", str(plan), "--workers", "1"]) == 0
    assert sorted(given(library).values()) == [(-1, "Red"), (-1, "Red"), (5, "Green")]
    assert given(library)["a_2.jpg"] == (-1, "Red")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--rate", "best=5", "--mark-best-favorite"], "leave it out, and give --rate best=5"),
        (["--rate", "best=6"], "a text such as best=5,rest=-1"),
        (["--rate", "worst=1"], "a text such as best=5,rest=-1"),
        (["--rate", "best=5,best=4"], "names a role twice"),
        (["--label", "best="], "a text such as best=Green,rest=Red"),
        (["--label", "best=Green", "-o", "out"], "in two runs"),
        (["--label", "best=Green", "--source-type", "immich"], "--label goes with folders only"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    library: Path, flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*([] if "immich" in flags else [str(library)]), *flags]) == 2
    assert said in capsys.readouterr().err


def test_labels_that_a_configuration_asks_for_are_refused_on_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('label = "best=Green"\nsource_type = "immich"\nimmich_url = "http://127.0.0.1:9"\n')
    assert main(["--config", str(config)]) == 2
    assert "--label goes with folders only" in capsys.readouterr().err


def test_a_copied_library_keeps_what_it_was_given(library: Path, tmp_path: Path) -> None:
    """Elsewhere the stars are the user's: nothing there is known to be ours."""
    run(library, *BY_ROLE)
    copied = Path(shutil.copytree(library, tmp_path / "copied"))
    assert run(copied, "--rate", "best=4,rest=2") == 0
    assert given(copied) == given(library)
