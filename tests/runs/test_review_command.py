"""The review from the command line: where it is, who can reach it, and how it ends."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bestshot.cli.main import main
from bestshot.review.gate import Listening
from tests.support.drawn_library import PROGRAM, add_burst, run_program
from tests.support.review_client import ReviewClient, served_review, settings_at

ADDRESS = re.compile(r"The review is at (http://\S+/#[\w-]{43})\n")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    add_burst(tmp_path / "Photos")
    return tmp_path / "Photos"


@contextmanager
def program(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The tool as a process of its own, which is ended by Ctrl-C unless it ends by itself."""
    variables = {name: value for name, value in os.environ.items() if "DISPLAY" not in name} | (environment or {})
    with subprocess.Popen(
        [*PROGRAM, *arguments, "--no-faces", "--workers", "1"],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = ADDRESS.fullmatch(line)
    assert found, line
    return found[1]


def ended(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_address_is_printed_at_once_and_an_interrupt_ends_the_review_in_order(
    library: Path, number: signal.Signals
) -> None:
    with program(str(library), "--review") as process:
        window = ReviewClient(address_of(process)).sign_in()
        assert window.address.startswith("http://127.0.0.1:")
        assert window.get("/api/library")["photos"] == 3
        window.call("GET", "/api/photos/0/picture?edge=320")
        code, out, err = ended(process, number)
    assert (code, err) == (0, "")
    assert out.endswith("The review has ended. What was decided is kept.\n")


def test_what_only_shows_does_not_say_that_anything_is_kept(library: Path) -> None:
    with program(str(library), "--review-only") as process:
        address_of(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "Ctrl-C ends it; it only shows, and keeps nothing.\n"
        _, out, _ = ended(process)
    assert out == "The review has ended.\n"


def test_an_interrupt_in_the_middle_of_a_job_ends_it_between_two_photos_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    add_burst(tmp_path / "Photos", count=150)
    out = tmp_path / "out"
    with program(str(tmp_path / "Photos"), "--review") as process:
        window = ReviewClient(address_of(process)).sign_in()
        window.post("/api/apply", {"folder": str(out)})
        while not window.get("/api/changes?since=0")["job"]["done"]:
            pass
        code, said, _ = ended(process)
    copies = len(list(out.rglob("burst_*.jpg")))
    if copies < 150:  # else all was done before it heard of that
        assert (code, "in the middle of a job" in said) == (130, True)
    assert main([str(tmp_path / "Photos"), "-o", str(out), "--no-faces", "--workers", "1"]) == 0
    assert len(list(out.rglob("originals/*.jpg"))) == 150
    assert not list(out.rglob(".*.jpg*"))


def test_the_token_stands_in_no_log_and_nobody_else_can_read_what_is_kept(library: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with program(str(library), "--review", "--log-file", str(log)) as process:
        window = ReviewClient(address_of(process)).sign_in()
        window.get("/api/library")
        window.post("/api/seen", {"groups": [1], "value": True})
        window.call("GET", "/api/library", Cookie="nonsense")
        _, out, err = ended(process)
    token = window.address.partition("#")[2]
    assert token not in out + err + (log.read_text() if log.exists() else "")
    state = Path.home() / ".local" / "state" / "photo-organizer"
    assert stat.S_IMODE((state / "review.sqlite3").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("where", "host", "warns"),
    [("127.0.0.1:0", "127.0.0.1", False), ("[::1]:0", "[::1]", False), ("0.0.0.0:0", "", True)],
)
def test_who_listens_for_other_machines_is_told_that_nothing_is_encrypted(
    library: Path, where: str, host: str, warns: bool
) -> None:
    with program(str(library), "--review", "--listen", where) as process:
        window = ReviewClient(address_of(process))
        assert window.address.startswith(f"http://{host}")
        window.sign_in()
        _, _, err = ended(process)
    assert ("not encrypted" in err) is warns


def test_a_port_that_is_taken_is_told_before_anything_is_looked_at(library: Path, tmp_path: Path) -> None:
    with served_review(settings_at(tmp_path / "home", library)) as review:
        port = review.served.address.partition("/#")[0].rpartition(":")[2]
        refused = run_program(str(library), "--review", "--listen", f"127.0.0.1:{port}")
    assert refused.returncode == 2
    assert re.fullmatch(rb"--listen 127\.0\.0\.1:\d+ is not possible: .*\.\n", refused.stderr)


def test_a_review_that_nobody_asks_for_anything_ends_by_itself(library: Path, tmp_path: Path) -> None:
    settings = settings_at(tmp_path / "home", library)
    with served_review(settings, idle_seconds=0.2) as review:
        assert review.ended.get(timeout=60).is_idle is True  # type: ignore[union-attr] # as it ended by itself


def test_a_browser_is_opened_with_an_address_that_is_good_for_once(library: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!{sys.executable}\nimport os, sys\nopen("{opened}.draft", "w").write(sys.argv[1])\n'
        f'os.replace("{opened}.draft", "{opened}")\n'
    )
    browser.chmod(0o755)
    variables = {"DISPLAY": ":99", "BROWSER": f"{browser} %s"}
    with program(str(library), "--review", environment=variables) as process:
        printed = ReviewClient(address_of(process))
        while not opened.exists():
            assert process.poll() is None
        once = ReviewClient(opened.read_text())
        assert once.address.partition("#")[0] == printed.address.partition("#")[0]
        assert once.address != printed.address
        once.sign_in()
        token = once.address.partition("#")[2]
        assert once.call("POST", "/api/session", {"token": token}).status == 401
        printed.sign_in().sign_in()
        ended(process)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--no-open"], "give --review as well"),
        (["--listen", "127.0.0.1:0"], "give --review as well"),
        (["--review", "--listen", "nas"], "write it like"),
        (["--review", "--history"], "cannot be combined"),
        (["--review", "--review-only"], "cannot be combined"),
        (["--review", "--dry-run"], "leave out --dry-run"),
        (["--review", "--csv", "groups.csv"], "--csv is for a run without --review"),
    ],
)
def test_what_does_not_go_with_a_review_is_said(
    library: Path, flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(library), *flags]) == 2
    assert sentence in capsys.readouterr().err


def test_a_review_listens_on_this_machine_alone_unless_it_is_told_otherwise() -> None:
    assert Listening().is_loopback
    assert not Listening("0.0.0.0", 0).is_loopback
