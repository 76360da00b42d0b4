"""Metrics of the last runs: read by Prometheus' own parser, by everybody, and over nothing of somebody else's."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bestshot.errors import OutputError
from bestshot.nightly.last_run import LastRun
from bestshot.nightly.metrics import metrics, write_metrics

BEGUN = datetime(2026, 3, 1, 3, tzinfo=UTC)
FACTS = {"photos": 12, "groups": 3, "marks": 7, "copies": 5, "skipped": 1, "failed": 2, "fetched_bytes": 34567}


def done(job: str, code: int, facts: dict[str, int]) -> LastRun:
    return LastRun(job, "x").beginning(BEGUN, BEGUN).ending(code, facts, BEGUN + timedelta(seconds=90))


def read(text: str) -> dict[tuple[str, str], float]:
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation and family.type == "gauge" for family in families)
    samples = [sample for family in families for sample in family.samples]
    found = {(one.name.removeprefix("photo_organizer_last_run_"), one.labels["job_name"]): one.value for one in samples}
    assert len(found) == len(samples)
    return found


def test_a_run_is_told_in_numbers_by_the_name_of_its_job() -> None:
    found = read(metrics([done("nas", 0, FACTS), done("gone", 3, {})]))
    told = {
        "start_time_seconds": BEGUN.timestamp(),
        "end_time_seconds": BEGUN.timestamp() + 90,
        "success_time_seconds": BEGUN.timestamp() + 90,
        "duration_seconds": 90,
        "exit_code": 0,
        "photos": 12,
        "groups": 3,
        "marks_written": 7,
        "copies": 5,
        "skipped": 1,
        "failed": 2,
        "fetched_bytes": 34567,
    }
    assert {name: value for (name, job), value in found.items() if job == "nas"} == told


def test_a_run_that_failed_is_told_too_with_nothing_that_is_not_known() -> None:
    failed = {name: value for (name, _), value in read(metrics([done("gone", 3, {})])).items()}
    assert failed.pop("exit_code") == 3
    assert failed.keys() == {"start_time_seconds", "end_time_seconds", "duration_seconds"}


def test_the_file_is_for_everybody_whatever_the_umask_and_stands_whole_beside_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "photos.prom"
    earlier = os.umask(0o077)
    try:
        for code in (0, 1):
            write_metrics(file, [done("nas", code, {})])
            assert stat.S_IMODE(file.stat().st_mode) == 0o644
            assert read(file.read_text())["exit_code", "nas"] == code
    finally:
        os.umask(earlier)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_file_of_metrics_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada")
    with pytest.raises(OutputError, match="is not an earlier file of metrics of this program"):
        write_metrics(letter, [done("nas", 0, {})])
    assert letter.read_text() == "Dear Ada"
