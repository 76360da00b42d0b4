"""What the comparison with other programs tells is what was measured: costs, medians, ratios, goals and their table."""

import os
import random
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from benchmarks.comparison.costs import Cost, DidNotFinish, Rules, run
from benchmarks.comparison.libraries import dated_shots, draw_camera_photos, undated
from benchmarks.comparison.programs import Program
from benchmarks.comparison.table import Goal, Limit, Row, table
from benchmarks.comparison.works import Task
from benchmarks.peers import Measuring, have_same_picks
from tests.support.drawn_library import exif, scene

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what other processes cost is read from Linux")

BURN = "import time\nwhile time.process_time() < 0.4: pass"
HOLD = "import subprocess, sys, time\nheld = bytearray(b'x' * 40_000_000)\n"


def costs(*cpu: float, wall: float = 1.0) -> list[Cost | str]:
    return [Cost(seconds, wall) for seconds in cpu]


def row(goal: Goal | None = None, *, same: bool | None = None, **outcomes: list[Cost | str]) -> Row:
    return Row("work", goal or Goal(), outcomes, has_same_picks=same)


def spent(tmp_path: Path, code: str, *, limit: float = 60, watched: bool = False) -> Cost:
    return run([sys.executable, "-c", code], os.environ, tmp_path / "log", Rules(limit, watched))


def test_a_ratio_is_the_median_of_the_ratios_of_pairs_not_the_ratio_of_medians() -> None:
    # The machine was three times as slow in the last pair, and the peer alone in the second.
    paid = row(ours=costs(2, 2, 6), czkawka=costs(1, 8, 3))
    assert paid.ratio("czkawka", "cpu") == 2
    assert paid.median_of("ours", "cpu") == 2
    assert paid.median_of("czkawka", "cpu") == 3


def test_a_run_that_did_not_finish_counts_in_no_ratio() -> None:
    paid = row(ours=costs(2, 2), czkawka=["> 900 s", Cost(4, 1)], ImageHash=["missing", "missing"])
    assert paid.ratio("czkawka", "cpu") == 0.5
    assert paid.ratio("ImageHash", "cpu") is None
    assert paid.median_of("ImageHash", "cpu") is None


def test_a_goal_is_reached_if_every_limit_is_kept_and_not_known_without_what_it_is_measured_by() -> None:
    goal = Goal("both", (Limit(2, "czkawka"), Limit(1, "imagededup")))
    assert row(goal, ours=costs(2), czkawka=costs(1), imagededup=costs(2)).reached() == "yes"
    assert row(goal, ours=costs(2.1), czkawka=costs(1), imagededup=costs(3)).reached() == "no"
    assert row(goal, ours=costs(2), czkawka=costs(2), imagededup=costs(1.9)).reached() == "no"
    assert row(goal, ours=costs(2), czkawka=costs(2)).reached() == "without imagededup: not known"
    assert row(goal, ours=costs(9), czkawka=costs(2)).reached() == "no"
    assert row(Goal("5 s", (Limit(5),)), ours=costs(4, 5, 9)).reached() == "yes"
    assert row(Goal("5 s", (Limit(5),)), ours=costs(4, 5.1, 9)).reached() == "no"


def test_a_goal_is_not_reached_with_other_picks() -> None:
    goal = Goal("half", (Limit(0.5, "before"),))
    assert row(goal, ours=costs(1), before=costs(4), same=True).reached() == "yes"
    assert row(goal, ours=costs(1), before=costs(4), same=False).reached() == "no: other picks"


def test_the_table_has_a_column_for_each_program_and_says_what_was_not_measured() -> None:
    goal = Goal("at most czkawka's CPU", (Limit(1, "czkawka"),))
    memory = Row("more", Goal(), {"ours": [Cost(1, 1, 399.6)]}, "megabytes")
    first = row(goal, ours=costs(1, 3, wall=4), czkawka=costs(4, 4, wall=2), ImageHash=["> 9 s"])
    assert list(table([first, memory], ["ours", "czkawka", "ImageHash"])) == [
        "| work | ours | czkawka | ImageHash | ratio: CPU (wall) | goal | reached |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| work | 2.00 s | 4.00 s | > 9 s | czkawka 0.50 (2.00) | at most czkawka's CPU | yes |",
        "| more | 400 MB |  |  |  |  |  |",
    ]


@on_linux
def test_the_cost_of_a_command_is_that_of_everything_it_starts_even_if_it_does_not_wait(tmp_path: Path) -> None:
    orphan = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN!r}])"
    assert 0.4 <= spent(tmp_path, orphan).cpu < 2
    assert spent(tmp_path, "pass").cpu < 0.3


@on_linux
def test_memory_is_that_of_all_processes_of_a_command_together(tmp_path: Path) -> None:
    child = HOLD + "time.sleep(1)"
    both = f"{HOLD}subprocess.run([sys.executable, '-c', {child!r}])"
    assert 80 < spent(tmp_path, both, watched=True).megabytes < 200


@on_linux
def test_a_command_that_fails_or_takes_too_long_has_no_cost(tmp_path: Path) -> None:
    with pytest.raises(DidNotFinish, match="exit code 3"):
        spent(tmp_path, "raise SystemExit(3)")
    with pytest.raises(DidNotFinish, match="> 1 s"):
        spent(tmp_path, "import time; time.sleep(60)", limit=1)


def test_a_photo_loses_its_times_and_keeps_its_pixels_and_its_orientation(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    told = exif(subsec="5")
    told[ExifTags.Base.Orientation] = 6
    scene(1).save(path, exif=told, xmp=b"<x:xmpmeta/>")
    bare = tmp_path / "bare.jpg"
    bare.write_bytes(undated(path.read_bytes()))
    with Image.open(path) as before, Image.open(bare) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after))
        assert dict(after.getexif()) == {ExifTags.Base.Orientation: 6}
        assert (before.info.get("xmp"), after.info.get("xmp")) == (b"<x:xmpmeta/>", None)
    assert undated(b"\x89PNG") == b"\x89PNG"


def test_three_drawn_photos_of_ten_are_in_bursts_and_most_have_a_neighbour_in_time() -> None:
    shots = list(islice(dated_shots(random.Random(1)), 20_000))
    assert shots == list(islice(dated_shots(random.Random(1)), 20_000))
    scenes = [shot.scene for shot in shots]
    sizes = np.bincount(scenes)
    assert 0.27 < sizes[sizes > 1].sum() / len(shots) < 0.33
    gaps = np.diff([shot.taken.timestamp() for shot in shots])
    assert gaps.min() > 0
    assert 0.7 < (gaps < 300).mean() < 0.95


def test_ten_camera_photos_are_a_burst_of_three_and_seven_others_within_a_minute(tmp_path: Path) -> None:
    draw_camera_photos(tmp_path, 10, (160, 120))
    pictures = [np.asarray(Image.open(path).convert("L"), dtype=float) for path in sorted(tmp_path.iterdir())]
    apart = [float(np.abs(one - pictures[0]).mean()) for one in pictures]
    assert len(pictures) == 10
    assert max(apart[:3]) < 0.5 * min(apart[3:])


def test_picks_are_the_same_only_if_groups_and_bests_are(tmp_path: Path) -> None:
    plans = {
        "mine": '{"groups": [{"best": "a", "photos": [{"id": "a"}, {"id": "b"}]}]}',
        "same": '{"groups": [{"best": "a", "photos": [{"id": "b"}, {"id": "a"}]}]}',
        "best": '{"groups": [{"best": "b", "photos": [{"id": "a"}, {"id": "b"}]}]}',
        "more": '{"groups": [{"best": "a", "photos": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}]}',
    }
    for name, text in plans.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "plan.json").write_text(text)
    answers = [have_same_picks(tmp_path / "mine", tmp_path / name) for name in (*plans, "none")]
    assert answers == [True, True, False, False, None]


@on_linux
def test_programs_take_turns_and_one_that_fails_is_not_tried_again(tmp_path: Path) -> None:
    def program(name: str, after: str = "", missing: str = "", *, keeps_something: bool = False) -> Program:
        code = f"open({str(tmp_path / 'calls')!r}, 'a').write('{name} '); {after}"
        return Program(name, "1", lambda _folder, _kept: [sys.executable, "-c", code], missing, keeps_something)

    contestants = [
        program("ours", keeps_something=True),
        program("forgetful"),
        program("failing", "raise SystemExit(2)", keeps_something=True),
        program("absent", missing="absent could not be installed"),
    ]
    task = Task("work", contestants, None, Goal(), Goal())
    first, second = Measuring(2, 60, tmp_path / "runs").rows(task)
    assert (tmp_path / "calls").read_text().split() == "ours ours forgetful failing ours ours forgetful".split()
    assert first.outcomes["forgetful"] == second.outcomes["forgetful"] != []
    assert first.outcomes["failing"] == second.outcomes["failing"] == ["exit code 2"] * 2
    assert first.outcomes["absent"] == ["", ""]
    assert all(isinstance(cost, Cost) for row in (first, second) for cost in row.outcomes["ours"])
