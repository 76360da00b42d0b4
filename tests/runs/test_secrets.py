"""The key of a server stays with the program: no process that it starts, no file and no output shows it."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from tests.fake_immich import ALWAYS, FakeImmich, Where
from tests.support.drawn_library import PROGRAM

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only /proc shows what others see")


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from descendants(int(child))


def ways_to_give(key: str, folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Flags and variables that give the key."""
    (folder / "key").write_text(key)
    return {
        "variable": ([], {"IMMICH_API_KEY": key}),
        "long variable": ([], {"PHOTO_ORGANIZER_IMMICH_API_KEY": key}),
        "flag": (["--immich-api-key", key], {}),
        "file": (["--immich-api-key-file", str(folder / "key")], {"IMMICH_API_KEY": key}),
        "file in a variable": ([], {"IMMICH_API_KEY_FILE": str(folder / "key")}),
    }


@pytest.fixture
def core_files() -> Iterator[None]:
    """What is started here may leave core files, as far as this machine allows them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.mark.usefixtures("core_files")
@pytest.mark.parametrize("way", ["variable", "long variable", "flag", "file", "file in a variable"])
def test_no_process_that_is_started_shows_the_key_or_would_leave_a_core_file(way: str, home: Path) -> None:
    seen: dict[int, str] = {}
    with FakeImmich() as fake:
        fake.seeds.burst(3)
        flags, variables = ways_to_give(fake.admin.secret, home)[way]
        arguments = ["--source-type=immich", "--tag-only", "--no-faces", "--workers=1", "-v", f"--log-file={home}/log"]
        environment = os.environ | {"IMMICH_URL": fake.url} | variables
        command = [*PROGRAM, *arguments, *flags]
        with subprocess.Popen(command, env=environment, text=True, stdout=PIPE, stderr=STDOUT) as program:

            def look() -> None:
                for pid in descendants(program.pid):
                    shown = [Path(f"/proc/{pid}/{file}").read_bytes() for file in ("cmdline", "environ", "limits")]
                    seen[pid] = b"\n".join(shown).decode()

            fake.faults.then("look", look, Where("thumbnail", times=None))
            said, _ = program.communicate()
        assert program.returncode == 0, said
        key = fake.admin.secret
    limits = {line.split()[4] for shown in seen.values() for line in shown.splitlines() if "core file" in line}
    assert limits == {"0"}
    assert [pid for pid, shown in seen.items() if key in shown] == []
    assert key not in said
    (home / "key").unlink()
    assert [path for path in home.rglob("*") if path.is_file() and key.encode() in path.read_bytes()] == []


def test_what_is_said_of_a_broken_connection_does_not_quote_the_key(home: Path) -> None:
    with FakeImmich() as fake:
        key = fake.admin.secret
        fake.faults.drop(ALWAYS)
        flags = ["--source-type=immich", "--check", "-v", f"--log-file={home}/log"]
        environment = os.environ | {"IMMICH_URL": fake.url, "IMMICH_API_KEY": key}
        done = subprocess.run([*PROGRAM, *flags], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert key not in done.stdout + done.stderr + (home / "log").read_text()
