"""One bar stands for a whole run, and says how long it will still take."""

import json
import os
import pty
import sys
import termios
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.estimate import RECORDED_RUNS, RecordedRun
from bestshot.cli.progress_bar import ProgressBar, bar_line, phases_of
from bestshot.cli.wording import phase_in_words, time_left
from bestshot.model.groups import Group
from bestshot.model.phases import COMPARING, HASHING, JUDGING, PHASES, REPORTING, Begun, Forecast, Phase, seconds_left
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.text import format_size
from tests.support import drawn_library
from tests.support.builders import photo

RECORDED = {name: RecordedRun(**run) for name, run in json.loads(RECORDED_RUNS.read_text("utf-8")).items()}

UNEVEN = {"bursts, with faces", "portraits, with faces"}
"""Runs whose last photos take a third of the time of the first ones: only how long the whole takes is known."""


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_how_long_a_run_takes_is_known_within_30_percent_from_a_tenth_of_it_on(name: str) -> None:
    assert all(abs(estimate.error) <= 0.3 for estimate in RECORDED[name].estimates())


@pytest.mark.parametrize("name", sorted(set(RECORDED) - UNEVEN))
def test_what_is_left_is_known_within_30_percent_from_a_tenth_of_the_run_on(name: str) -> None:
    """What is left of the last moments cannot be known so well, and need not be: 5 % of the run are allowed beside."""
    assert all(abs(estimate.error) <= 0.3 * estimate.left + 0.05 for estimate in RECORDED[name].estimates())


def test_every_phase_of_a_run_is_weighed(tmp_path: Path) -> None:
    titles = []

    @contextmanager
    def progress(title: str, _total: int) -> Iterator[Callable[[int], object]]:
        titles.append(title)
        yield lambda _done: None

    drawn_library.add_burst(tmp_path / "photos")
    wanted = Settings(no_faces=True, output=str(tmp_path / "out"), report=str(tmp_path / "report.html"))
    with ThreadPoolExecutor(1) as executor:
        PhotoOrganizer(LocalPhotoSource(tmp_path / "photos"), wanted, executor=executor, progress=progress).run()
    assert titles == [title for title in phases_of(wanted) if title in titles]
    assert {"Reading dates", "Hashing", "Judging", "Making the report", "Laying out"} <= set(titles)


@given(
    st.lists(
        st.builds(
            lambda title, total, done, seconds: Begun(title, total, min(done, total), seconds),
            st.sampled_from([*PHASES, "Undoing run 3"]),
            st.integers(0, 10**6),
            st.integers(0, 10**6),
            st.floats(0, 10**6),
        ),
        min_size=1,
    ),
    st.builds(Forecast, st.floats(0, 10**4), *[st.integers(0, 10**6)] * 6),
)
def test_there_is_always_an_estimate_and_it_is_never_negative(begun: list[Begun], forecast: Forecast) -> None:
    assert 0 <= seconds_left(begun, PHASES, forecast) < float("inf")


PHOTOS = {
    HASHING: Phase(HASHING, "photo", 1.0),
    "b": Phase("b", "photo", 2.0, of=HASHING, share=0.5),
    JUDGING: Phase(JUDGING, "photo", 1.0, per_megabyte=0.5, of="b", share=0.5),
}


def left(*begun: Begun, forecast: Forecast | None = None) -> float:
    return seconds_left(begun, PHOTOS, forecast or Forecast(megabytes=2.0))


def test_what_is_to_come_is_expected_by_what_is_usual_until_it_is_known() -> None:
    assert left(Begun(HASHING, 100)) == 100 + 50 * 2 + 25 * 2
    mostly_known = (16 * 25 + 100 * 42) / 100
    of_84 = Forecast(2.0, hashed=84, alike=42)
    assert left(Begun(HASHING, 100, 84, 84.0), forecast=of_84) == 16 + 50 * 2 + mostly_known * 2
    assert left(Begun(HASHING, 100), Begun("b", 80), forecast=Forecast(0.0)) == 80 * 2 + 40
    assert left(Begun(JUDGING, 7)) == 14


def test_pairs_to_be_compared_are_expected_by_those_beside_each_other_that_are_doubtful() -> None:
    phases = {
        HASHING: Phase(HASHING, "photo", 1.0),
        COMPARING: Phase(COMPARING, "pair", 1.0, of=JUDGING, share=2.0),
        JUDGING: Phase(JUDGING, "photo", 0.0, of=HASHING, share=0.5),
    }
    usual, seen = 1_000_000, 4_000_000
    begun = Begun(HASHING, 1_000_000, 1984, 1984.0)
    forecast = Forecast(hashed=1984, alike=992, doubtful=1984)
    pairs = (16 * usual + 1984 * seen) / 2000
    assert seconds_left([begun], phases, forecast) == pytest.approx(1_000_000 - 1984 + pairs, rel=0.001)
    assert seconds_left([begun, Begun(COMPARING, 7)], phases, forecast) == pytest.approx(7)


def test_what_an_earlier_run_hashed_and_did_not_judge_is_expected_to_be_judged() -> None:
    a_third_is_left = Begun(HASHING, 100)
    assert left(a_third_is_left, forecast=Forecast(2.0, photos=300)) == 100 + 150 * 2 + 75 * 2
    all_alike = Forecast(2.0, hashed=100, alike=100, photos=300)
    judged = (16 * 75 + 100 * 300) / 116
    assert left(replace(a_third_is_left, done=100, seconds=100.0), forecast=all_alike) == pytest.approx(
        150 * 2 + judged * 2
    )


def test_of_photos_that_are_likely_to_be_in_a_group_nothing_is_concluded_about_the_others() -> None:
    begun, likely = Begun(HASHING, 1000), Forecast(2.0, photos=1000, likely=200)
    assert left(begun, forecast=likely) == 1000 + 500 * 2 + (200 + 800 / 4) * 2
    assert left(begun, forecast=replace(likely, hashed=200, alike=200)) == left(begun, forecast=likely)
    judged = 200 + 800 * 16 / 4 / 816
    all_seen = replace(likely, hashed=1000, alike=200)
    assert left(begun, forecast=all_seen) == pytest.approx(1000 + 500 * 2 + judged * 2)


def test_a_report_is_expected_to_show_all_that_is_grouped_whatever_was_judged_before() -> None:
    phases = PHOTOS | {REPORTING: Phase(REPORTING, "photo", 1.0, of=JUDGING, share=1.0)}
    assert seconds_left([Begun(JUDGING, 7)], phases, Forecast(2.0)) == 14 + 7
    assert seconds_left([Begun(JUDGING, 7)], phases, Forecast(2.0, grouped=500)) == 14 + 500


def test_a_slow_machine_is_found_out_by_what_it_has_done() -> None:
    slow = Begun(HASHING, 1000).after(1, 30.0).after(499, 30.0 + 499 * 3.0)
    assert left(slow) == pytest.approx(3 * (500 + 500 * 2 + 250 * 2), rel=0.01)


def test_the_wait_for_processes_to_start_says_nothing_of_the_rest() -> None:
    assert left(Begun(HASHING, 1000).after(1, 30.0)) == 999 + 500 * 2 + 250 * 2


HOME = Settings(cache_dir="c", state_dir="s")


@pytest.mark.parametrize(
    ("settings", "absent"),
    [
        (HOME, {"Laying out", "Marking", "Making the report"}),
        (replace(HOME, output="o", no_faces=True), {"Marking", "Making the report", "Recognising", "Judging brackets"}),
        (replace(HOME, output="o", dry_run=True), {"Laying out", "Marking", "Making the report"}),
        (replace(HOME, tag_only=True, report="r"), {"Laying out"}),
    ],
)
def test_only_what_was_asked_for_is_expected(settings: Settings, absent: set[str]) -> None:
    phases = phases_of(settings)
    assert set(PHASES) - set(phases) == absent
    assert list(phases) == [title for title in PHASES if title in phases]


def test_what_several_processes_share_is_expected_to_take_so_much_less() -> None:
    alone, shared = phases_of(HOME), phases_of(replace(HOME, output="o"), workers=4)
    for title in (HASHING, JUDGING):
        assert shared[title].cost(4.0) == pytest.approx(alone[title].cost(4.0) / 4)
    assert shared["Laying out"] == PHASES["Laying out"]


def test_the_pictures_of_a_server_cost_the_same_however_large_its_files_are() -> None:
    of_server = phases_of(replace(HOME, source_type="immich"))
    of_files = phases_of(replace(HOME, source_type="immich", use_full_resolution=True))
    for title in (HASHING, COMPARING, JUDGING):
        assert of_server[title].cost(0.3) == of_server[title].cost(20.0) < of_files[title].cost(20.0)
    assert of_files == phases_of(HOME)


def test_a_phase_is_worded_with_its_unit() -> None:
    assert phase_in_words(Begun("Hashing", 1234, 5)) == "Hashing: 5 of 1,234 photos"
    assert phase_in_words(Begun("Comparing", 1)) == "Comparing: 0 of 1 pair"
    assert phase_in_words(Begun("Undoing run 3", 2)) == "Undoing run 3: 0 of 2 changes"
    assert phase_in_words(Begun("Listing", 0)) == "Listing"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, ""),
        (20, "less than a minute left"),
        (61, "about 1 minute left"),
        (3000, "about 50 minutes left"),
        (7200, "about 2 hours left"),
    ],
)
def test_what_is_left_is_worded_as_precisely_as_it_is_known(seconds: float, said: str) -> None:
    assert time_left(seconds) == said


def test_the_bar_is_one_line_that_is_taken_away(capfd: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar(PHASES)
    with bar("Listing", 0), bar("Comparing namesakes", 2) as advance:
        advance(2)
    with bar("Hashing", 4) as advance:
        advance(1)
        bar.foresee(Forecast(1.0, hashed=1, alike=1))
        advance(3)
    shown = capfd.readouterr().err
    assert "\n" not in shown
    assert all(title in shown for title in ("Listing", "Comparing namesakes: 0 of 2 files", "Hashing: 0 of 4 photos"))
    assert shown.endswith("\r")


class TestGroups:
    """As soon as groups are known, it is said how many they are, what they take, and how long judging takes."""

    GROUPS = (Group((photo("a.jpg", size=3_000_000), photo("b.jpg", size=1_000_000))), Group((photo("c.jpg"),) * 3))

    def said(self, capfd: pytest.CaptureFixture[str], seconds: float, *, unjudged: int = 5, shown: bool = True) -> str:
        """What is said where judging one of them takes so long."""
        bar = ProgressBar({JUDGING: Phase(JUDGING, "photo", seconds)}, shown=shown)
        bar.groups_found(self.GROUPS)
        capfd.readouterr()
        with bar(JUDGING, unjudged):
            return capfd.readouterr().err.partition("\r")[0]

    def test_are_told_with_the_time_that_judging_takes(self, capfd: pytest.CaptureFixture[str]) -> None:
        room = f"about {format_size(2_000_000 + 2 * photo('c.jpg').size)} in the 3 that are not the best"
        assert self.said(capfd, 72) == f"2 groups with 5 photos, {room}; judging them takes about 6 minutes.\n"
        assert "; judging 2 of them takes about 3 minutes.\n" in self.said(capfd, 90, unjudged=2)

    def test_of_a_moment_there_is_no_estimate_and_without_a_wait_nothing_is_said(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert self.said(capfd, 4).endswith(" in the 3 that are not the best.\n")
        assert self.said(capfd, 0.1) == ""

    def test_are_told_once_though_some_are_judged_again(self, capfd: pytest.CaptureFixture[str]) -> None:
        bar = ProgressBar({JUDGING: Phase(JUDGING, "photo", 72)})
        bar.groups_found(self.GROUPS)
        for _ in range(2):
            with bar(JUDGING, 5):
                pass
        assert capfd.readouterr().err.count("2 groups with 5 photos") == 1

    def test_are_told_to_the_log_alone_where_nobody_looks(
        self, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("INFO"):
            assert self.said(capfd, 72, shown=False) == ""
        assert "judging them takes about 6 minutes." in caplog.text


@given(
    st.builds(Begun, st.sampled_from([*PHASES, "Undoing run 31"]), st.integers(0, 10**7), st.integers(0, 10**7)),
    st.floats(0, 1),
    st.floats(0, 10**6),
    st.integers(6, 300),
)
def test_the_line_of_the_bar_fits_into_any_terminal(phase: Begun, share: float, left: float, columns: int) -> None:
    line = bar_line(phase, share, left, columns)
    assert len(line.replace("{bar}", "#" * 8)) < columns
    assert f"{100 * share:.0f} %" in line


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (80, "Hashing: 5 of 1,234 photos |{bar}| 12 %, about 6 minutes left"),
        (60, "Hashing: 5 of 1,234 photos, 12 %, about 6 minutes left"),
        (40, "Hashing: 12 %, about 6 minutes left"),
        (30, "12 %, about 6 minutes left"),
        (10, "12 %"),
    ],
)
def test_on_a_narrow_terminal_the_time_stays_longer_than_the_bar(columns: int, line: str) -> None:
    assert bar_line(Begun("Hashing", 1234, 5), 0.12, 360, columns) == line


def test_a_terminal_that_becomes_narrower_gets_no_line_that_runs_over(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    bar = ProgressBar(PHASES)
    with open(theirs, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr(sys, "stderr", stream)
        for columns in (120, 40):
            termios.tcsetwinsize(theirs, (24, columns))
            with bar("Hashing", 1000):
                shown = os.read(mine, 4096).decode()
            os.read(mine, 4096)
            lines = [part for part in shown.split("\r\x1b[K") if part]
            assert lines
            assert all(len(line) <= columns for line in lines)
    os.close(mine)
