"""The command as a user meets it: what it answers, and with which exit code."""

import json
import os
import sys
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.model.photo import digest
from bestshot.report import paging
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.lock import LibraryLock
from bestshot.text import format_size
from tests.support.drawn_library import NOON, add, add_burst, contents, run_program, scene
from tests.support.file_systems import in_own_process, little_memory

QUICK = ("--no-faces", "--workers", "1")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    add_burst(folder)
    add(folder / "single.jpg", scene(9), "2024:06:03 12:00:00")
    return folder


def rest_of(library: Path) -> str:
    """What is said of the two photos of the burst that are not the best."""
    size = sum((library / f"burst_{shot}.jpg").stat().st_size for shot in (1, 3))
    return f"{format_size(size)} in the 2 that are not the best"


class TestLooking:
    def test_it_tells_the_groups_and_one_summary_line_and_changes_nothing_but_its_index(
        self, library: Path, home: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "cwd").mkdir()
        before = contents(tmp_path)
        done = run_program(str(library), *QUICK, cwd=tmp_path / "cwd")
        assert done.stdout.decode().splitlines() == [
            "Group 1: 3 photos (burst), best first",
            "  * burst_2.jpg",
            "    burst_1.jpg",
            "    burst_3.jpg",
            f"4 photos: 1 group with 3 photos, {rest_of(library)}; 1 single photo.",
        ]
        assert (done.returncode, done.stderr) == (0, b"")
        assert contents(tmp_path) == before
        assert {path.relative_to(home).parts[0] for path in home.rglob("*")} == {".cache"}

    def test_verbose_gives_the_reasons(self, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(library), "-v", *QUICK]) == 0
        assert "      sharpest picture; burst_1.jpg is out of focus" in capsys.readouterr().out

    def test_a_library_without_groups_says_so(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        add(tmp_path / "a.jpg", scene(1))
        assert main([str(tmp_path), *QUICK]) == 0
        assert capsys.readouterr().out == "1 photo: no groups; 1 single photo.\n"

    def test_a_new_and_empty_folder_says_so(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(tmp_path), "-o", str(tmp_path / "out")]) == 0
        assert capsys.readouterr().out == "No photos found.\n"

    def test_a_folder_without_photos_says_what_was_passed_over_and_why(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("films/a.mp4", "films/b.mp4", "notes.txt", ".hidden/c.jpg", "@eaDir/d.jpg", "e.png", "plain"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("words")
        assert main([str(tmp_path), "--exclude", "*.png", *QUICK]) == 0
        assert capsys.readouterr().out == (
            "No photos found; passed over: 2 .mp4, 1 .txt, 1 by --exclude, 1 hidden, 1 of other programs,"
            " 1 without suffix.\n"
        )

    def test_an_output_alone_is_told_as_what_it_is(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(library), "-o", str(tmp_path / "out"), "--quiet", *QUICK]) == 0
        assert main([str(tmp_path / "out"), *QUICK]) == 0
        assert capsys.readouterr().out == "No photos found; passed over: 1 hidden, 1 of this tool's own output.\n"

    @pytest.mark.parametrize(
        ("folder", "why"),
        [
            ("nowhere", "there is no such folder"),
            ("library/burst_1.jpg", "there is no such folder"),
            ("elsewhere", "no photo of this run is in that folder"),
        ],
    )
    def test_a_preferred_folder_that_can_have_no_effect_is_refused_before_the_work(
        self, library: Path, tmp_path: Path, folder: str, why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        assert main([str(library), "--prefer", f"folder:{tmp_path / folder}", *QUICK]) == 2
        said = capsys.readouterr()
        assert (said.out, said.err.startswith(f"--prefer folder:{tmp_path / folder}: {why}")) == ("", True)

    def test_a_preferred_person_is_refused_where_no_face_has_a_name(
        self, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(library), "--prefer", "person:Anna", *QUICK]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("--prefer person:Anna goes with --source-type immich only")

    @pytest.mark.parametrize("folder", ["library", "library/sub", "."])
    def test_a_preferred_folder_in_or_around_the_source_is_taken(
        self, library: Path, tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (library / "sub").mkdir()
        assert main([str(library), "--prefer", f"folder:{tmp_path / folder}", *QUICK]) == 0
        assert "1 group" in capsys.readouterr().out

    def test_a_folder_that_is_preferred_in_every_run_hinders_no_look_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PHOTO_ORGANIZER_PREFER", f"folder:{tmp_path / 'unmounted'}")
        assert main(["--history"]) == 0
        assert capsys.readouterr().out == "Nothing was ever changed.\n"

    @pytest.mark.parametrize("flag", ["--plan", "--csv", "--list-rest", "--report", "--log-file"])
    def test_nothing_is_written_in_the_place_of_a_photo(
        self, library: Path, flag: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = contents(library)
        assert main([str(library), flag, str(library / "single.jpg"), *QUICK]) == 1
        assert "so nothing is written there: choose another name." in capsys.readouterr().err
        assert contents(library) == before

    @pytest.mark.parametrize("name", ["single.mov", "single.MP4", "single.xmp", "single.jpg.AAE"])
    def test_nothing_is_written_in_the_place_of_what_travels_with_a_photo(
        self, library: Path, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (library / name).write_bytes(b"mine")
        assert main([str(library), "--plan", str(library / name), *QUICK]) == 1
        assert f"{name} is not an earlier plan of this program" in capsys.readouterr().err
        assert (library / name).read_bytes() == b"mine"

    def test_a_later_page_of_a_report_takes_no_photos_place_either(
        self, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paging, "MOST_GROUPS", 1)
        add_burst(library, "other", 5, "2024:06:05 12:00:00")
        add(library / "burst-2.jpg", scene(3), "2024:06:08 12:00:00")
        before = contents(library)
        assert main([str(library), "--report", str(library / "burst.jpg"), *QUICK]) == 1
        assert contents(library) == before

    def test_a_list_replaces_an_earlier_one_as_a_whole_and_goes_through_a_link(
        self, library: Path, tmp_path: Path
    ) -> None:
        kept, link = tmp_path / "kept.csv", tmp_path / "link.csv"
        assert main([str(library), "--csv", str(kept), *QUICK]) == 0
        with kept.open("a") as stream:
            stream.write("earlier" * 1000)
        link.symlink_to(kept)
        assert main([str(library), "--csv", str(link), *QUICK]) == 0
        assert kept.read_text().startswith("group,place,best")
        assert "earlier" not in kept.read_text()
        assert link.is_symlink()
        assert sorted(path.name for path in tmp_path.glob("*.part")) == []


class TestLayingOut:
    def test_it_says_what_was_brought_where_and_what_is_not_in_the_output(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        output = tmp_path / "out"
        assert main([str(library), "-o", str(output), *QUICK]) == 0
        said = capsys.readouterr().out
        begin = f"4 photos: 1 group with 3 photos, {rest_of(library)}; 1 single photo is NOT in the output; 3 files ("
        assert said.startswith(begin)
        assert said.endswith(f"brought into {output}, 5 with each best and metadata.txt.\n")
        assert len(said.splitlines()) == 1
        assert main([str(library), "-o", str(output), *QUICK]) == 0
        assert "nothing to do, everything is in place" in capsys.readouterr().out

    def test_a_dry_run_tells_the_groups_and_makes_nothing(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(library), "-o", str(tmp_path / "out"), "--dry-run", *QUICK]) == 0
        said = capsys.readouterr().out
        assert "  * burst_2.jpg" in said
        assert said.endswith("5 changes planned, none made.\n")
        assert not (tmp_path / "out").exists()


class TestPlan:
    def test_it_is_json_with_what_was_decided(self, library: Path, tmp_path: Path) -> None:
        (library / "text.jpg").write_bytes(b"no picture")
        assert main([str(library), "--plan", str(tmp_path / "plan.json"), *QUICK]) == 1
        plan = json.loads((tmp_path / "plan.json").read_bytes())
        assert (plan["format"], plan["version"]) == ("photo-organizer-plan", 1)
        assert plan["source"] == {
            "type": "local",
            "locations": [str(library)],
            "origins": [f"folder:{library.resolve()}"],
            "references": [],
        }
        assert (plan["wishes"]["output"], plan["wishes"]["link"]) == (None, "copy")
        assert not any(plan["wishes"]["marks"].values())
        (group,) = plan["groups"]
        assert (group["number"], group["best"]) == (1, "burst_2.jpg")
        assert [photo["id"] for photo in group["photos"]] == ["burst_2.jpg", "burst_1.jpg", "burst_3.jpg"]
        assert group["photos"][0]["taken_at"] == "2024-06-01T12:00:00.200000"
        assert {"name", "value", "text"} == group["photos"][0]["reasons"][0].keys()
        assert plan["skipped"] == [{"id": "text.jpg", "error": "is not a picture, whatever its name says"}]
        best, *rest = ((library / photo["name"]).stat().st_size for photo in group["photos"])
        counts = {"photos": 4, "groups": 1, "grouped": 3, "singles": 1, "skipped": 1, "actions": 0}
        counts |= {"rest": 2, "grouped_bytes": best + sum(rest), "rest_bytes": sum(rest)}
        assert (plan["actions"], plan["counts"]) == ([], counts)

    def test_on_standard_output_it_is_alone_there_and_the_run_still_acts(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(library), "-o", str(tmp_path / "out"), "--plan", "-", *QUICK]) == 0
        said = capsys.readouterr()
        assert len(json.loads(said.out)["actions"]) == 5
        assert said.err.endswith(f"brought into {tmp_path / 'out'}, 5 with each best and metadata.txt.\n")
        assert (tmp_path / "out" / "group_0001" / "best_burst_2.jpg").exists()

    def test_a_place_where_it_cannot_be_written_is_told(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(library), "--plan", str(tmp_path), *QUICK]) == 1
        assert capsys.readouterr().err.endswith(
            f"{tmp_path} is not a file, so nothing is written there: choose another name.\n"
        )

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_it_is_the_same_in_any_order_and_with_any_number_of_workers(
        self, tmp_path: Path, workers: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        plans = []
        for library, turn in ((tmp_path / "a", 1), (tmp_path / "b", -1)):
            for number in range(4)[::turn]:
                add(library / f"{number}.jpg", scene(number // 2), NOON)
            assert main([str(library), "--plan", "-", "--no-faces", "--workers", workers]) == 0
            plan = json.loads(capsys.readouterr().out)
            for photo in (photo for group in plan["groups"] for photo in group["photos"]):
                del photo["revision"], photo["origin"]  # the time of its file's last change, and its folder
            plans.append({key: plan[key] for key in ("groups", "counts")})
        assert plans[0] == plans[1]
        assert plans[0]["counts"]["groups"] == 2


class TestQuiet:
    def test_it_prints_nothing_if_all_is_well(self, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(library), "--quiet", "--verbose", *QUICK]) == 0
        assert capsys.readouterr() == ("", "")

    def test_it_tells_all_if_something_new_failed_and_nothing_if_it_is_known(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (library / "text.jpg").write_bytes(b"no picture")
        assert main([str(library), "-o", str(tmp_path / "out"), "--quiet", *QUICK]) == 1
        said = capsys.readouterr()
        assert said.err == "text.jpg: is not a picture, whatever its name says\n"
        assert said.out.endswith("; 1 skipped or in doubt.\n")
        assert main([str(library), "-o", str(tmp_path / "out"), "--quiet", *QUICK]) == 0
        assert capsys.readouterr() == ("", "")

    def test_a_run_that_cannot_begin_says_why(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(tmp_path / "gone"), "--quiet"]) == 3
        said = capsys.readouterr()
        assert (said.out, "gone does not exist" in said.err) == ("", True)


class TestBrokenFiles:
    def test_a_photo_with_two_problems_counts_once_and_is_known_again(
        self, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        add(library / "torn.jpg", scene(1), "no date")
        whole = (library / "torn.jpg").read_bytes()
        (library / "torn.jpg").write_bytes(whole[: len(whole) * 2 // 3])
        assert main([str(library), *QUICK]) == 1
        said = capsys.readouterr()
        assert said.out.endswith("; 1 could not be read; 1 skipped or in doubt.\n")
        (line,) = said.err.splitlines()
        assert line.startswith("torn.jpg: is cut off or damaged")
        assert "; its DateTimeOriginal 'no date' is not a date and time" in line
        assert main([str(library), *QUICK]) == 0
        assert capsys.readouterr().out.endswith("; 1 skipped or in doubt (known from earlier).\n")

    def test_what_is_known_is_listed_as_such_and_is_no_news(
        self, library: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (library / "text.jpg").write_bytes(b"no picture")
        assert main([str(library), *QUICK]) == 1
        capsys.readouterr()
        assert main([str(library), *QUICK]) == 0
        said = capsys.readouterr()
        assert said.err == "text.jpg: is not a picture, whatever its name says (known from earlier)\n"
        assert said.out.endswith("1 skipped or in doubt (known from earlier).\n")


class TestSettings:
    def test_flags_go_before_the_environment_before_the_file_before_the_defaults(
        self, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for second in (0, 10, 100):
            add(tmp_path / "photos" / f"{second:03}.jpg", scene(1), f"2024:06:01 12:{second // 60:02}:{second % 60:02}")
        library = str(tmp_path / "photos")

        def grouped(*flags: str) -> int:
            assert main([library, "--plan", "-", *QUICK, *flags]) == 0
            count: int = json.loads(capsys.readouterr().out)["counts"]["grouped"]
            return count

        assert grouped() == 3
        (home / ".config" / "photo-organizer").mkdir(parents=True)
        (home / ".config" / "photo-organizer" / "config.toml").write_text("time_window = 5")
        assert grouped() == 0
        (tmp_path / "other.toml").write_text("time_window = 20")
        assert grouped("--config", str(tmp_path / "other.toml")) == 2
        monkeypatch.setenv("PHOTO_ORGANIZER_TIME_WINDOW", "200")
        assert grouped("--config", str(tmp_path / "other.toml")) == 3
        assert grouped("--time-window", "10") == 2

    def test_the_log_file_holds_what_happened_also_when_quiet(
        self, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        log = tmp_path / "log.txt"
        (library / "text.jpg").write_bytes(b"no picture")
        assert main([str(library), "--log-file", str(log), *QUICK]) == 1
        assert main([str(library), "--log-file", str(log), "--quiet", *QUICK]) == 0
        assert log.read_text().count("text.jpg: is not a picture") == 2
        assert log.read_text().count("4 photos: 1 group with 3 photos") == 2
        capsys.readouterr()


@pytest.mark.parametrize(
    ("argv", "code", "named"),
    [
        ([], 2, "Name the folder that holds the photos"),
        (["--source-type", "immich"], 2, "--immich-url"),
        (["--source-type", "cloud", "."], 2, "--source-type"),
        (["--threshold", "many", "."], 2, "--threshold"),
        (["--threshold", "65", "."], 2, "--threshold"),
        (["--time-window", "-1", "."], 2, "--time-window"),
        (["--time-window", "nan", "."], 2, "--time-window"),
        (["--min-group-size", "1", "."], 2, "--min-group-size"),
        (["--limit", "0", "."], 2, "--limit"),
        (["--workers", "0", "."], 2, "--workers"),
        (["--link", "move", "."], 2, "--link"),
        (["--cache-size", "0", "."], 2, "--cache-size"),
        (["--config", "missing.toml", "."], 2, "missing.toml"),
        (["--log-file", "missing/log", "."], 2, "missing/log"),
        (["--plan", "missing/plan.json", "."], 2, "--plan missing/plan.json: there is no such folder"),
        (["--csv", "missing/groups.csv", "."], 2, "--csv missing/groups.csv: there is no such folder"),
        (["--list-rest", "file/rest", "."], 2, "--list-rest file/rest: there is no such folder"),
        (["--report", "missing/report.html", "."], 2, "--report missing/report.html: there is no such folder"),
        (["--report", "-", "."], 2, "--report writes a page with pictures: name a file"),
        (["missing"], 3, "missing does not exist"),
        (["file"], 3, "file is a file"),
        ([".", "missing"], 3, "missing does not exist"),
    ],
)
def test_what_cannot_be_is_a_sentence_that_names_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    code: int,
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(argv) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert named in said.err
    assert len(said.err.splitlines()) == 1


def test_an_emptied_source_is_refused(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(library), *QUICK]) == 0
    for path in library.iterdir():
        path.unlink()
    capsys.readouterr()
    assert main([str(library), *QUICK]) == 3
    assert "is its disk mounted?" in capsys.readouterr().err


def test_another_run_on_the_library_is_named(library: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library_id = digest(*LocalPhotoSource(library).origins())
    with LibraryLock(home / ".cache" / "photo-organizer" / "locks" / library_id):
        assert main([str(library), *QUICK]) == 4
    assert "Another run is working on this library: process" in capsys.readouterr().err


def read_a_plan_without_room(plan: Path) -> tuple[int, str]:
    with little_memory(100_000_000), redirect_stderr(StringIO()) as told:
        return main(["--apply", str(plan)]), told.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process like this")
def test_want_of_memory_is_told_in_a_sentence(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.touch()
    os.truncate(plan, 1 << 30)
    code, told = in_own_process(partial(read_a_plan_without_room, plan))
    assert code == 1
    assert told.startswith("The memory is used up. What is done stays done; ")
