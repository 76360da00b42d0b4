"""The examples for systemd, launchd and the Task Scheduler are well-formed and say what the program understands."""

import plistlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from defusedxml import ElementTree

from bestshot.cli.arguments import parse_command
from bestshot.settings.reading import load_settings
from bestshot.workers.capacity import Machine
from tests.packaging.containerfile import COMPOSE
from tests.support.paths import ROOT

SYSTEMD = ROOT / "packaging" / "systemd"
SERVICE = (SYSTEMD / "photo-organizer.service").read_text(encoding="utf-8")
NIGHTLY = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here to check its units")


def directive(name: str) -> str:
    """What the service says of something that it says once."""
    (value,) = re.findall(rf"^{name}=(.*)$", SERVICE, re.MULTILINE)
    return str(value)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A folder with the units, whose programs are there."""
    for unit in [*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.timer")]:
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    return tmp_path


def wrong(units: Path) -> list[str]:
    """What systemd finds wrong with the units themselves; it knows no manual page yet."""
    paths = sorted(str(path) for path in units.iterdir() if path.is_file())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    return [line for line in done.stderr.splitlines() if "photo-organizer" in line]


@needs_systemd
def test_systemd_would_say_what_is_wrong(units: Path) -> None:
    timer = units / "photo-organizer.timer"
    timer.write_text(timer.read_text() + "[Timer]\nOnCalendar=every night\n")
    assert len(wrong(units)) == 1


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    assert wrong(units) == []


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_service_for_folders(units: Path) -> None:
    (units / "photo-organizer.service.d").mkdir()
    shutil.copy(SYSTEMD / "folders.conf", units / "photo-organizer.service.d")
    assert wrong(units) == []


@needs_systemd
def test_the_service_is_exposed_no_more_than_is_told(units: Path) -> None:
    service = units / "photo-organizer.service"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(service)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found, told = re.search(r"exposure level.*: ([\d.]+)", said), re.search(r"exposure of ([\d.]+)", NIGHTLY)
    assert found is not None
    assert told is not None
    assert float(found[1]) <= float(told[1]) < 2


def test_the_program_understands_what_it_is_started_with() -> None:
    plist = plistlib.loads((ROOT / "packaging" / "launchd" / "photo-organizer.plist").read_bytes())
    task = ElementTree.fromstring((ROOT / "packaging" / "windows" / "photo-organizer.xml").read_text(encoding="utf-8"))
    (arguments,) = (element.text for element in task.iter() if element.tag.endswith("}Arguments"))
    commands = [shlex.split(directive("ExecStart"))[1:], plist["ProgramArguments"][1:], shlex.split(arguments or "")]
    for command in commands:
        given = parse_command(command)
        given.check_alone()
        assert given.config is not None
        assert "immich_api_key" not in given.flags


def test_the_key_is_a_credential_that_the_program_finds_by_itself(tmp_path: Path) -> None:
    name, _, path = directive("LoadCredential").partition(":")
    (tmp_path / name).write_text("secret")
    settings = load_settings({}, {"CREDENTIALS_DIRECTORY": str(tmp_path)}, None)
    assert settings.immich_api_key_file == str(tmp_path / name)
    assert path.startswith("/etc/")


def test_the_memory_that_is_given_is_room_for_the_processes_that_are_told() -> None:
    assert directive("MemoryMax") == "3G"
    assert {service["mem_limit"] for service in COMPOSE["services"].values()} == {"3g"}
    assert Machine(cores=8, memory=3 << 30).most_workers(with_faces=True) == 3
    for text in (SERVICE, (ROOT / "compose.yaml").read_text(encoding="utf-8")):
        assert "room for three processes" in re.sub(r"\s+#?\s*", " ", text)


def test_every_example_is_named_in_the_documents() -> None:
    folders = [ROOT / "packaging" / name for name in ("systemd", "launchd", "windows")]
    files = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.iterdir()}
    assert len(files) == 7
    assert {file for file in files if file not in NIGHTLY} == set()
