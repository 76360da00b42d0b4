"""The image's steps, done in a bare Debian root, and the program that comes of them at work there.

This needs root, debootstrap and the network, and takes five minutes, so it runs only when `make root` asks for it.
"""

import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fake_immich import FakeImmich, Where
from tests.packaging.containerfile import copied, of, pairs, steps
from tests.support.drawn_library import add_burst
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.bare_root,
    pytest.mark.skipif(not shutil.which("debootstrap"), reason="debootstrap makes the root, and is not installed"),
    pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may make a root"),
]

(BASE,) = {rest.split()[0] for rest in of("FROM")}
RELEASE = re.fullmatch(r"debian:(\w+)-slim", BASE)

START = """
root=$1 host=$2; shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/dev/shm"
mount --bind "$host/photos" "$root/photos" && mount -o remount,bind,ro "$root/photos"
mount --bind "$host/secrets" "$root/run/secrets" && mount -o remount,bind,ro "$root/run/secrets"
mount --bind "$host/organized" "$root/organized"
mount --bind "$host/state" "$root/var/lib/photo-organizer"
mount --bind "$host/cache" "$root/var/cache/photo-organizer"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set=-all "$@"
"""
"""What an engine does: a root in which only the volumes can be written to, no rights, and the program as process 1."""

ALONE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc")


@dataclass(frozen=True, slots=True)
class Container:
    """The finished root, and the folders that are mounted into it."""

    root: Path
    host: Path

    def command(self, *arguments: str, **more: str) -> list[str]:
        """The command line that runs the program as the image does: with its environment alone, so without a HOME."""
        variables = [f"{name}={value}" for name, value in (pairs("ENV") | more).items()]
        program = ["env", "--ignore-environment", *variables, "photo-organizer", *arguments]
        return [*ALONE, START, "sh", str(self.root), str(self.host), *program]

    def run(self, *arguments: str, **more: str) -> tuple[int, str]:
        """The exit code, and everything that was said."""
        command = self.command(*arguments, **more)
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout


def in_root(root: Path, *command: str, **more: str) -> str:
    """What a command in a root prints, as its administrator."""
    variables = [f"{name}={value}" for name, value in ({"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | more).items()]
    start = 'mount -t proc proc "$1/proc"; exec chroot "$@"'
    whole = [*ALONE, start, "sh", str(root), "env", "--ignore-environment", *variables, *command]
    done = subprocess.run(whole, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """The root that the Containerfile describes, made by its steps."""
    assert RELEASE is not None
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    try:
        bare, build, system = folder / "bare", folder / "build", folder / "system"
        subprocess.run(
            ["debootstrap", "--variant=minbase", RELEASE[1], str(bare)], check=True, stdout=subprocess.DEVNULL
        )
        copy(bare, build)
        (build / "src").mkdir()
        for name in copied():
            copy(ROOT / name, build / "src" / name)
        trusted = ssl.get_default_verify_paths().cafile
        more = {"PIP_CERT": "/tmp/trusted.pem"} if trusted else {}
        if trusted:
            shutil.copy(trusted, build / "tmp" / "trusted.pem")
        first, second = steps()
        in_root(build, "/src/packaging/container/install.sh", *first, **more)
        copy(bare, system)
        shutil.copy(ROOT / "packaging" / "container" / "install.sh", system / "tmp")
        in_root(system, "/tmp/install.sh", *second)
        copy(build / "opt" / "photo-organizer", system / "opt")
        for place in ("photos", "organized", "run/secrets"):
            (system / place).mkdir(parents=True)
        yield system
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def container(image: Path) -> Iterator[Container]:
    """The image, with folders of its own, in which its user may write only where the volumes are."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        host = Path(name)
        for folder in ("photos", "secrets", "organized", "state", "cache"):
            (host / folder).mkdir()
        for folder in ("organized", "state", "cache"):
            os.chown(host / folder, 1000, 1000)
        yield Container(image, host)


def tagging(container: Container, server: FakeImmich) -> tuple[list[str], Mapping[str, str]]:
    """Flags and variables of the run that compose.yaml asks for; the key is a secret, as engines mount it."""
    secret = container.host / "secrets" / "immich-api-key"
    secret.write_text(server.admin.secret)
    secret.chmod(0o444)
    named = {"IMMICH_URL": server.url, "IMMICH_API_KEY_FILE": "/run/secrets/immich-api-key"}
    return ["--source-type", "immich", "--tag-only"], named


def stop(outside: "subprocess.Popen[str]") -> None:
    """What an engine does to end a container: it tells process 1, which is the program."""
    (first,) = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
    os.kill(int(first), signal.SIGTERM)


def test_what_was_needed_to_build_it_is_not_in_it(image: Path) -> None:
    look = "command -v gcc cc make pip pip3 git; find / -xdev -name '*.whl' -o -xdev -name '*.deb'"
    assert in_root(image, "sh", "-c", f"({look}) || true") == ""
    assert list((image / "var/lib/apt/lists").iterdir()) == []


def test_every_library_that_the_wheels_need_is_there(image: Path) -> None:
    look = "find /opt/photo-organizer -name '*.so*' -type f -exec ldd {} +"
    said = in_root(image, "sh", "-c", look)
    assert len(said.splitlines()) > 100
    assert [line for line in said.splitlines() if "not found" in line] == []


def test_a_library_is_tagged_and_a_second_run_says_and_writes_nothing(container: Container) -> None:
    with FakeImmich() as server:
        burst = server.seeds.burst(3)
        flags, variables = tagging(container, server)
        code, said = container.run(*flags, **variables)
        assert (code, said.count("\n")) == (0, 1), said
        assert "3 photos tagged" in said
        assert all(server.tags_on(photo) for photo in burst)
        written = len(server.writes)
        assert container.run(*flags, "--quiet", **variables) == (0, "")
        assert len(server.writes) == written


def test_photos_that_cannot_be_changed_are_laid_out(container: Container) -> None:
    photos = add_burst(container.host / "photos")
    before = {path: path.read_bytes() for path in photos}
    code, said = container.run("/photos", "--output", "/organized")
    assert code == 0, said
    (best,) = (container.host / "organized").glob("*/best_*")
    assert best.read_bytes() in before.values()
    assert {path: path.read_bytes() for path in photos} == before
    assert container.run("/photos", "--output", "/organized", "--quiet") == (0, "")


def test_a_container_that_is_stopped_ends_in_order_and_goes_on_later(container: Container) -> None:
    with FakeImmich() as server:
        server.seeds.burst(3)
        flags, variables = tagging(container, server)
        command = container.command(*flags, "--workers", "1", **variables)
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as outside:
            server.faults.then("stop", lambda: stop(outside), Where("thumbnail"))
            said, _ = outside.communicate()
        assert outside.returncode == 130, said
        assert "Interrupted" in said
        assert container.run(*flags, **variables)[0] == 0


def test_one_that_stays_is_healthy_and_ends_well_when_it_is_stopped(container: Container) -> None:
    with FakeImmich() as server:
        server.seeds.burst(3)
        flags, variables = tagging(container, server)
        command = container.command(*flags, "--every", "24h", **variables)
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as outside:
            assert outside.stdout is not None
            said = [outside.stdout.readline(), outside.stdout.readline()]
            health = container.run("--health")
            stop(outside)
        assert outside.returncode == 0
        assert "3 photos tagged" in said[0]
        assert said[1].startswith("The next run is at ")
        assert health[0] == 0, health
