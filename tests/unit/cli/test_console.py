"""The tool on terminals, in pipes and under signals: always a real process."""

import os
import pty
import re
import signal
import subprocess
import termios
from pathlib import Path

import pytest

from tests.support.drawn_library import PROGRAM, add, add_burst, exif, run_program, scene

QUICK = ("--no-faces", "--workers", "1")
PATIENCE = 60
"""Seconds after which a process that should have ended is taken to hang."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    add_burst(tmp_path / "library")
    return tmp_path / "library"


class Terminal:
    """A terminal for the standard error of a process."""

    def __init__(self) -> None:
        self._mine, self.theirs = pty.openpty()
        termios.tcsetwinsize(self.theirs, (24, 60))
        self.shown = b""

    def wait_for(self, text: bytes) -> None:
        """Read until the text has been shown, or nobody writes any more."""
        while text not in self.shown and self._read():
            pass

    def rest(self) -> bytes:
        """Everything that was shown until the last process let go of the terminal."""
        while self._read():
            pass
        os.close(self._mine)
        return self.shown

    def _read(self) -> bytes:
        try:
            read = os.read(self._mine, 4096)
        except OSError:  # Linux's way of saying that nobody has the other end open
            read = b""
        self.shown += read
        return read


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def start(*arguments: str, terminal: Terminal) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=terminal.theirs, start_new_session=True
    )
    os.close(terminal.theirs)
    return process


class TestProgress:
    def test_bars_are_shown_on_a_terminal_on_standard_error_only(self, library: Path, terminal: Terminal) -> None:
        process = start(str(library), *QUICK, terminal=terminal)
        shown = terminal.rest()
        out, _ = process.communicate(timeout=PATIENCE)
        assert all(title in shown for title in (b"Listing", b"Reading dates", b"Hashing", b"Judging"))
        assert b"\r" not in out
        assert re.search(
            rb"3 photos: 1 group with 3 photos, .* in the 2 that are not the best; 0 single photos.\n$", out
        )

    def test_no_bar_is_shown_in_a_pipe_nor_when_quiet(self, library: Path, terminal: Terminal) -> None:
        assert run_program(str(library), *QUICK).stderr == b""
        process = start(str(library), "--quiet", "--cache-dir", str(library.parent / "c"), *QUICK, terminal=terminal)
        assert terminal.rest() == b""
        out, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (0, b"")


class TestPipes:
    @pytest.mark.parametrize("flags", [[], ["--plan", "-"]])
    def test_a_reader_that_has_seen_enough_is_no_error_and_stops_nothing(
        self, library: Path, tmp_path: Path, flags: list[str]
    ) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        output = tmp_path / "out"
        command = [*PROGRAM, str(library), "-v", "-o", str(output), *flags, *QUICK]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert done.returncode == 0
        assert b"Traceback" not in done.stderr
        assert b"Broken" not in done.stderr
        assert (output / "group_0001" / "best_burst_2.jpg").exists()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
    @pytest.mark.parametrize("flags", [[], ["--plan", "-"]])
    def test_a_full_disk_is_told_in_a_sentence(self, library: Path, flags: list[str]) -> None:
        with Path("/dev/full").open("wb") as full:
            command = [*PROGRAM, str(library), *flags, *QUICK]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 1
        assert done.stderr == b"Standard output cannot be written: No space left on device.\n"

    def test_closed_streams_stop_nothing(self, library: Path, tmp_path: Path) -> None:
        script = f'"$@" -o "{tmp_path}/out" >&- 2>&-'
        done = subprocess.run(["sh", "-c", script, "sh", *PROGRAM, str(library), *QUICK], check=False)
        assert done.returncode == 0
        assert (tmp_path / "out" / "group_0001").is_dir()


class TestNames:
    ODD = (b"two\nlines.jpg", b"esc\x1b[31mred.jpg", b"bad\xff\xfe.jpg", "ü中.jpg".encode(), b"\xe2\x80\xaertl.jpg")

    @pytest.fixture
    def odd(self, tmp_path: Path) -> Path:
        folder = tmp_path / "odd"
        plain = add(folder / "plain.jpg", scene(1))
        for name in self.ODD:
            (folder / os.fsdecode(name)).write_bytes(plain.read_bytes())
        (folder / os.fsdecode(b"broken\x1b[2J\xff.jpg")).write_bytes(b"no picture")
        return folder

    @pytest.mark.parametrize(
        "environment",
        [
            {"PYTHONIOENCODING": "utf-8"},
            {"PYTHONIOENCODING": "ascii"},
            {"LANG": "C", "LC_ALL": "C"},
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        ],
    )
    def test_any_name_is_shown_harmlessly_in_any_encoding(
        self, odd: Path, tmp_path: Path, environment: dict[str, str]
    ) -> None:
        log, output = tmp_path / "log", tmp_path / os.fsdecode(b"out\xff")
        done = run_program(str(odd), "-v", "-o", str(output), "--log-file", str(log), *QUICK, environment=environment)
        assert done.returncode == 1
        assert done.stderr == b"broken\\x1b[2J\\xff.jpg: is not a picture, whatever its name says\n"
        lines = done.stdout.splitlines()
        for shown in (b"two\\nlines.jpg", b"esc\\x1b[31mred.jpg", b"bad\\xff\\xfe.jpg"):
            assert b"    " + shown in lines or b"  * " + shown in lines
        assert "\N{RIGHT-TO-LEFT OVERRIDE}".encode() not in done.stdout
        assert not any(byte < 32 for line in lines for byte in line)
        assert "\x1b" not in log.read_text()
        laid_out = {os.fsencode(path.name) for path in output.glob("group_0001/originals/*")}
        fitting = {b"two_lines.jpg", b"esc_[31mred.jpg", b"bad__.jpg", *self.ODD[3:], b"plain.jpg"}
        assert laid_out == fitting

    def test_a_source_with_such_a_name_is_shown_harmlessly(self, tmp_path: Path) -> None:
        done = run_program(str(tmp_path / os.fsdecode(b"gone\n\x1b[2J\xff")), environment={"LC_ALL": "C"})
        assert done.returncode == 3
        assert b"gone\\n\\x1b[2J\\xff does not exist" in done.stderr


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    @pytest.mark.parametrize("to_all", [False, True], ids=["to the run", "to its processes too"])
    def test_an_interrupted_run_says_so_and_leaves_no_process_behind(
        self, tmp_path: Path, terminal: Terminal, number: signal.Signals, to_all: bool
    ) -> None:
        picture = scene(1, size=(1024, 768))
        for shot in range(60):  # so many that it is not done before it hears of the signal
            picture.save(tmp_path / f"{shot:02}.jpg", quality=35 + shot, exif=exif())
        process = start(str(tmp_path), "--workers", "1", terminal=terminal)
        terminal.wait_for(b"Judging")
        (os.killpg if to_all else os.kill)(process.pid, number)
        shown = terminal.rest()
        # Its workers have the same standard output, so it only ends when the last of them has.
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert out == b""
        assert b"Interrupted. What is done stays done; the next run goes on from here." in shown
        assert b"Traceback" not in shown

    def test_the_run_after_an_interrupted_one_goes_on(self, tmp_path: Path, terminal: Terminal) -> None:
        add_burst(tmp_path / "library", count=20)
        process = start(str(tmp_path / "library"), "--workers", "1", terminal=terminal)
        terminal.wait_for(b"Judging")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        terminal.rest()
        done = run_program(str(tmp_path / "library"), *QUICK)
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1].startswith(b"20 photos: 1 group with 20 photos, ")
