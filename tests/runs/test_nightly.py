"""Runs that nobody watches, in processes of their own: jobs in turn, metrics, staying, and an end that is asked for."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bestshot.cli.main import main
from tests.fake_immich import FakeImmich
from tests.support.drawn_library import PROGRAM, add_burst, run_program

QUICK = ("--no-faces", "--workers", "1")
PATIENCE = 60


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    add_burst(tmp_path / "photos")
    return tmp_path / "photos"


@pytest.fixture
def config(tmp_path: Path, photos: Path) -> Path:
    """Three jobs, of which one has no photos and one wrong settings."""
    file = tmp_path / "jobs.toml"
    file.write_text(
        f"""
        no_faces = true
        workers = 1
        metrics = "{tmp_path}/jobs.prom"
        [[job]]
        name = "gone"
        source = ["{tmp_path}/gone"]
        [[job]]
        name = "wrong"
        source = ["{photos}"]
        tag_onl = true
        [[job]]
        name = "photos"
        source = ["{photos}"]
        output = "{tmp_path}/organized"
        """
    )
    return file


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the program, and kill what is left of it."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | (environment or {}),
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def lines_until(process: subprocess.Popen[str], beginning: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(beginning):
            return lines
    raise AssertionError(f"{beginning!r} is not in {lines}")


def metrics(file: Path) -> dict[tuple[str, str], float]:
    samples = [one for family in text_string_to_metric_families(file.read_text()) for one in family.samples]
    return {(one.name.removeprefix("photo_organizer_last_run_"), one.labels["job_name"]): one.value for one in samples}


def _ends_after(process: subprocess.Popen[str], event: str) -> list[int]:
    """The exit codes that are logged, if it is asked to stop as soon as it has logged this event."""
    assert process.stderr is not None
    codes = []
    for line in process.stderr:
        said = json.loads(line)
        if said["event"] == event:
            process.send_signal(signal.SIGTERM)
        if said["event"] == "end":
            codes.append(said["exit_code"])
    assert process.wait(PATIENCE) == 0
    return codes


class TestJobs:
    def test_all_run_in_turn_whatever_fails_and_the_worst_exit_code_is_that_of_the_program(
        self, config: Path, tmp_path: Path
    ) -> None:
        done = run_program("--config", str(config))
        assert done.returncode == 2
        assert done.stdout.decode().splitlines()[-3:] == [
            "gone: its photos cannot be reached (3).",
            "wrong: wrong settings (2).",
            "photos: done.",
        ]
        assert b"there is no setting called tag_onl. Did you mean tag_only?" in done.stderr
        assert (tmp_path / "organized" / "group_0001").is_dir()
        told = metrics(tmp_path / "jobs.prom")
        assert (told["exit_code", "gone"], told["exit_code", "photos"], told["copies", "photos"]) == (3, 0, 3)
        assert "wrong" not in {job for _, job in told}

    def test_those_that_are_named_run_alone(self, config: Path) -> None:
        done = run_program("--config", str(config), "--job", "photos", "--job", "gone")
        assert done.returncode == 3
        assert done.stdout.decode().splitlines()[-2:] == ["photos: done.", "gone: its photos cannot be reached (3)."]

    def test_a_source_on_the_command_line_is_no_job(self, config: Path, photos: Path) -> None:
        done = run_program(str(photos), "--config", str(config))
        assert (done.returncode, done.stderr) == (0, b"")

    def test_a_job_says_whose_run_is_undone(self, config: Path, tmp_path: Path) -> None:
        assert run_program("--config", str(config), "--job", "photos").returncode == 0
        assert run_program("--config", str(config), "--job", "photos", "--undo").returncode == 0
        assert not (tmp_path / "organized" / "group_0001").exists()

    def test_a_name_that_is_none_is_answered_with_the_nearest(
        self, config: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert main(["--config", str(config), "--job", "photo"]) == 2
        assert "--job photo: the configuration file has no such job. Did you mean photos?" in caplog.text

    def test_one_that_crashes_is_told_of_and_stops_no_other(
        self, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = tmp_path / "broken"
        broken.mkdir()
        (broken / "sitecustomize.py").write_text(
            "import os, sys\n"
            "if os.environ.get('CRASH') and 'multiprocessing.spawn' in ' '.join(sys.orig_argv): os.abort()\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(broken))
        monkeypatch.setenv("CRASH", "1")
        done = run_program(str(photos), *QUICK, "--metrics", str(tmp_path / "m.prom"))
        assert done.returncode == 128 + signal.SIGABRT
        assert b"The run was ended by signal 6" in done.stderr
        assert metrics(tmp_path / "m.prom")["exit_code", "default"] == 128 + signal.SIGABRT


class TestMetrics:
    def test_what_is_fetched_from_a_server_and_marked_there_is_counted_in_whatever_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "m.prom"
        with FakeImmich("3.1.0") as fake:
            fake.seeds.burst(3)
            monkeypatch.setenv("IMMICH_URL", fake.url)
            monkeypatch.setenv("IMMICH_API_KEY", fake.admin.secret)
            for marks in (3, 0):
                assert main(["--source-type", "immich", "--tag-only", *QUICK, "--metrics", str(file)]) == 0
                told = metrics(file)
                assert (told["photos", "default"], told["marks_written", "default"]) == (3, marks)
                fetched = told["fetched_bytes", "default"]
                assert (fetched > 20_000) == bool(marks)
                assert fetched > 500

    def test_a_run_that_fails_is_told_of_with_the_last_that_ended_well(self, tmp_path: Path, photos: Path) -> None:
        file = tmp_path / "m.prom"
        assert main([str(photos), *QUICK, "--metrics", str(file)]) == 0
        well = metrics(file)["success_time_seconds", "default"]
        photos.rename(tmp_path / "away")
        assert main([str(photos), *QUICK, "--metrics", str(file)]) == 3
        told = metrics(file)
        assert (told["exit_code", "default"], told["success_time_seconds", "default"]) == (3, well)
        assert ("photos", "default") not in told

    def test_a_folder_that_is_not_there_is_told_before_anything_is_done(
        self, tmp_path: Path, photos: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert main([str(photos), *QUICK, "--metrics", str(tmp_path / "none" / "m.prom")]) == 2
        assert "there is no such folder to write it in; make it first." in caplog.text


class TestStaying:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_runs_again_and_again_and_ends_well_when_it_is_asked_to(
        self, photos: Path, start: Callable[..., subprocess.Popen[str]], number: signal.Signals
    ) -> None:
        process = start(str(photos), *QUICK, "--every", "1s")
        for _ in range(3):
            lines_until(process, "3 photos: 1 group with 3 photos")
        assert main(["--health"]) == 0
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert "Traceback" not in errors

    def test_asked_in_the_middle_of_a_run_it_ends_it_between_photos_and_the_next_start_makes_up(
        self, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
    ) -> None:
        add_burst(tmp_path / "many", count=60)
        command = (str(tmp_path / "many"), *QUICK, "--every", "24h", "--log-format", "json")
        assert _ends_after(start(*command), "source") == [130, 0]
        assert _ends_after(start(*command), "next") == [0, 0]

    def test_no_second_one_stays_with_a_state_folder_but_one_run_may_be_made(
        self, photos: Path, start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        process = start(str(photos), *QUICK, "--every", "1h")
        lines_until(process, "The next run is at ")
        monkeypatch.setenv("PHOTO_ORGANIZER_EVERY", "1h")
        second = run_program(str(photos), *QUICK)
        assert second.returncode == 4
        assert b"Runs are repeated with this state folder already" in second.stderr
        assert run_program(str(photos), *QUICK, "--once").returncode == 0

    def test_wrong_settings_end_it(self, photos: Path) -> None:
        done = run_program(str(photos), *QUICK, "--every", "1s", "--tag", "x")
        assert done.returncode == 2
        assert run_program(str(photos), *QUICK, "--every", "0s").returncode == 2

    def test_a_key_is_shown_to_nobody_and_may_be_a_credential(
        self, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
    ) -> None:
        with FakeImmich("3.1.0") as fake:
            fake.seeds.burst(2)
            (tmp_path / "immich-api-key").write_text(fake.admin.secret)
            credentials = {"IMMICH_URL": fake.url, "CREDENTIALS_DIRECTORY": str(tmp_path)}
            process = start("--source-type", "immich", *QUICK, "--every", "1h", environment=credentials)
            assert "2 photos: 1 group" in lines_until(process, "The next run is at ")[-2]


def test_a_flag_that_repeats_is_for_a_run_alone(caplog: pytest.LogCaptureFixture) -> None:
    assert main(["--check", "--every", "1h"]) == 2
    assert "--every repeats a run, and is for nothing else: leave it out." in caplog.text
