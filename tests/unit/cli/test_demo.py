"""The small library that a newcomer meets first."""

from pathlib import Path

import pytest
from PIL import Image

from bestshot.cli.demo import draw_library
from bestshot.cli.main import main
from bestshot.errors import OutputError
from tests.support.drawn_library import contents, groups, organize


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "photos"
    draw_library(folder)
    return folder


def test_the_bursts_the_retake_and_the_messengers_copy_are_found_and_the_blurred_never_wins(library: Path) -> None:
    outcome = organize(library)
    assert groups(outcome) == [
        ["IMG-20240601-WA0007.jpg", "harbour_1.jpg", "harbour_2.jpg", "harbour_3.jpg", "harbour_4.jpg"],
        ["dune_dark.jpg", "dune_right.jpg"],
        ["hills_1.jpg", "hills_2.jpg", "hills_3.jpg", "hills_4.jpg"],
        ["lake_1.jpg", "lake_2.jpg", "lake_3.jpg", "lake_4.jpg"],
    ]
    best = {group.verdict.best.id for group in outcome.plan.groups}
    assert "dune_right.jpg" in best
    assert not best & {"hills_1.jpg", "hills_4.jpg", "lake_2.jpg", "harbour_3.jpg", "IMG-20240601-WA0007.jpg"}
    assert (outcome.plan.photo_count - outcome.plan.grouped_count, outcome.exit_code) == (6, 0)


def test_drawing_again_leaves_what_is_there_alone_and_draws_what_is_missing(library: Path, tmp_path: Path) -> None:
    draw_library(tmp_path)
    before = contents(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "hills_1.jpg")
    (tmp_path / "lake_1.jpg").unlink()
    changed = (tmp_path / "hills_1.jpg").read_bytes()
    draw_library(tmp_path)
    assert (tmp_path / "hills_1.jpg").read_bytes() == changed
    assert (tmp_path / "lake_1.jpg").read_bytes() == (library / "lake_1.jpg").read_bytes()
    assert contents(tmp_path).keys() == before.keys()


def test_the_demo_lays_out_beside_its_photos_and_changes_nothing_the_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--demo", "--no-faces"]) == 0
    assert "brought into photo-organizer-demo/organized" in capsys.readouterr().out
    laid_out = tmp_path / "photo-organizer-demo" / "organized"
    assert len([*laid_out.glob("group_*/best_*.jpg")]) == 4
    groups_before = contents(*laid_out.glob("group_*"), tmp_path / "photo-organizer-demo" / "photos")
    assert main(["--demo", "--no-faces"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert contents(*laid_out.glob("group_*"), tmp_path / "photo-organizer-demo" / "photos") == groups_before


def test_the_demo_takes_another_output_but_no_other_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--demo", "Photos"]) == 2
    assert "leave out SOURCE" in capsys.readouterr().err
    assert main(["--demo", "--no-faces", "-o", "mine"]) == 0
    assert (tmp_path / "mine" / "group_0001").is_dir()


def test_a_place_where_the_demo_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"The demo cannot be drawn into .*file/photos: Not a directory"):
        draw_library(tmp_path / "file" / "photos")
