"""The log says what a run did, phase by phase, in sentences or as JSON, and holds nothing that could do harm."""

import json
import logging
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bestshot.cli.log import JsonFormatter, event
from bestshot.cli.main import main
from bestshot.text import hide
from tests.support.drawn_library import add_burst, run_program

QUICK = ["--no-faces", "--workers", "1"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    add_burst(tmp_path / "library")
    return tmp_path / "library"


def objects(lines: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def test_it_holds_the_phases_with_counts_and_times(library: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    assert main([str(library), "--log-file", str(log), *QUICK]) == 0
    said = [line.partition(" INFO ")[2] for line in log.read_text().splitlines()]
    for wanted in (
        r"Photo Organizer [\d.]+ begins\.",
        f"About {re.escape(str(library))}\\.",
        r"Reading dates: 3 photos in \d+\.\d s\.",
        r"Hashing: 3 photos in \d+\.\d s\.",
        r"1 group with 3 photos, about [\d.]+ kB in the 2 that are not the best\.",
        r"Judging: 3 photos in \d+\.\d s\.",
        r"Ended after \d+\.\d s with exit code 0\.",
    ):
        assert [line for line in said if re.fullmatch(wanted, line)], (wanted, said)


class TestJson:
    def test_is_one_object_a_line_with_time_level_event_and_message(self, library: Path, tmp_path: Path) -> None:
        log = tmp_path / "log.json"
        (library / "text.jpg").write_bytes(b"no picture")
        assert main([str(library), "--log-file", str(log), "--log-format", "json", "--quiet", *QUICK]) == 1
        records = objects(log.read_text())
        for record in records:
            assert datetime.fromisoformat(record["time"]).tzinfo is not None
            assert record["level"] in ("INFO", "WARNING", "ERROR")
            assert record["message"]
        phases = {one["phase"]: one for one in records if one["event"] == "phase"}
        assert (phases["Judging"]["done"], phases["Judging"]["total"], phases["Judging"]["seconds"] > 0) == (3, 3, True)
        (skipped,) = (one for one in records if one["event"] == "skipped")
        assert (skipped["photo"], skipped["is_new"], skipped["level"]) == ("text.jpg", True, "WARNING")
        (summary,) = (one for one in records if one["event"] == "summary")
        assert (summary["groups"], summary["rest"], summary["rest_bytes"] > 0) == (1, 2, True)
        assert [records[0]["event"], records[-1]["event"]] == ["begin", "end"]
        assert (records[-1]["exit_code"], records[-1]["seconds"] > 0) == (1, True)

    def test_alone_is_on_standard_error_where_nobody_sits(self, library: Path) -> None:
        done = run_program(str(library), "--log-format", "json", "--plan", "-", *QUICK)
        assert done.returncode == 0
        assert json.loads(done.stdout)["counts"]["groups"] == 1
        assert {one["event"] for one in objects(done.stderr)} >= {
            "begin",
            "source",
            "phase",
            "groups",
            "summary",
            "end",
        }

    def test_tells_of_wrong_settings_too_and_of_nothing_if_a_quiet_run_goes_well(self, library: Path) -> None:
        for wrong in (["missing"], [str(library), "--threshold", "many"], [str(library), "--plan", "missing/plan"]):
            done = run_program(*wrong, "--log-format", "json")
            assert [one["level"] for one in objects(done.stderr)].count("ERROR") == 1
        done = run_program(str(library), "--log-format", "json", "--quiet", *QUICK)
        assert (done.returncode, done.stderr) == (0, b"")

    def test_goes_on_in_a_log_of_sentences_and_the_other_way_round(self, library: Path, tmp_path: Path) -> None:
        log = ["--log-file", str(tmp_path / "log")]
        for form in ("text", "json", "text"):
            assert main([str(library), *log, "--log-format", form, "--quiet", *QUICK]) == 0
        (tmp_path / "log").unlink()
        for form in ("json", "text"):
            assert main([str(library), *log, "--log-format", form, "--quiet", *QUICK]) == 0

    def test_shows_no_secret_and_no_control_character_anywhere(self) -> None:
        hide("very-secret-key")
        facts = event("skipped", photo="a\x1b[2J\udcff", places=["very-secret-key"])["facts"]
        record = logging.makeLogRecord({"msg": "two\nlines of very-secret-key", "levelname": "INFO", "facts": facts})
        line = JsonFormatter().format(record)
        assert (line.isprintable(), line.isascii(), "very-secret-key" in line) == (True, True, False)
        told = json.loads(line)
        assert (told["message"], told["photo"]) == ("two\nlines of [hidden]", "a\\x1b[2J\\xff")
