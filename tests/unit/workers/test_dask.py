"""A Dask cluster finds what local processes find, survives deaths, learns no secret, and is checked before it works."""

import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import numpy as np
import pytest

from bestshot.cli.main import main
from bestshot.errors import UsageError
from bestshot.model.photo import Photo
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.checks import check_consistency
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.sources.interface import PhotoSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.workers.dask import dask_cluster
from bestshot.workers.deadline import begin_photo
from bestshot.workers.pool import WorkerDied, Workers
from bestshot.workers.processes import WorkersError
from bestshot.workers.remote_checks import access_problem, probe_paths, software
from tests.fake_immich import FakeImmich
from tests.support.drawn_library import add, add_burst, groups, organize, run_program, scene, skipped
from tests.support.immich.recording_relay import recorded
from tests.support.immich.scripted_server import CERTIFICATE
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from PIL import Image

distributed = pytest.importorskip("distributed", reason="the package distributed is not installed")
dask = pytest.importorskip("dask")

# distributed says the types of only half of what is used here.
Client: TypeAlias = Any
LocalCluster: TypeAlias = Any

# Its own loops and sockets are closed by the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


TLS_NAMES = [
    "tls_ca_file",
    *(f"tls_{who}_{what}" for who in ("client", "scheduler", "worker") for what in ("cert", "key")),
]
TLS_FILES = ["ca-file", "client.cert", "client.key"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A scheduler and two worker processes that are started anew when they die."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made:
        yield made


@pytest.fixture
def direct(cluster: LocalCluster) -> Iterator[Client]:
    """A connection of the test's own, once both workers are there."""
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=180)
        yield client


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Bursts, a photo apart and a broken one."""
    folder = tmp_path / "library"
    for number in range(8):
        add_burst(folder, f"burst{number}", number, taken=f"2024:06:01 12:{number:02}:00")
    add(folder / "single.jpg", scene(30), "2024:06:01 14:00:00")
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def run_on(cluster: LocalCluster, source: PhotoSource, cache: Path) -> Outcome:
    settings = Settings(no_faces=True, dask=cluster.scheduler_address, cache_dir=str(cache))
    return PhotoOrganizer(source, settings).run()


def test_a_cluster_finds_what_this_machine_finds_and_lives_on(
    cluster: LocalCluster, direct: Client, library: Path, tmp_path: Path
) -> None:
    outcome = run_on(cluster, LocalPhotoSource(library), tmp_path / "cache")
    assert outcome.plan == organize(library).plan
    assert len(outcome.plan.groups) == 8
    assert direct.submit(abs, -1).result(timeout=60) == 1


def test_the_command_line_takes_the_address(
    cluster: LocalCluster, direct: Client, library: Path, tmp_path: Path
) -> None:
    """A folder that is named from where one is, is found by workers that are elsewhere."""
    plan, relative = tmp_path / "plan.json", os.path.relpath(library)
    flags = ["--no-faces", "--quiet", "--plan", str(plan)]
    assert main([relative, "--dask", cluster.scheduler_address, *flags]) == 1  # for the broken photo
    assert plan.read_text().count("burst") > 8
    assert len(direct.nthreads()) == 2


def pages_of_a_picture() -> int:
    """How many pages of memory a picture gets anew once others of its size have been measured."""
    import resource

    def measured() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        steps = [np.ones(1_000_000) for _ in range(4)]
        assert steps[-1][-1] == 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    return [measured() for _ in range(3)][-1]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the C library of GNU can be told to")
def test_a_worker_keeps_the_memory_of_one_picture_for_the_next(cluster: LocalCluster, library: Path) -> None:
    """Dask tells its workers to give all of it back at once, which cost a third of the CPU of large photos."""
    with dask_cluster(cluster.scheduler_address, LocalPhotoSource(library)) as executor:
        assert executor.submit(pages_of_a_picture).result(timeout=60) < 1000


@pytest.mark.parametrize("allowed_failures", [0, 3])
def test_a_worker_that_is_killed_in_mid_run_loses_nothing(
    cluster: LocalCluster,
    direct: Client,
    library: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    allowed_failures: int,
) -> None:
    """Whether the scheduler hands its work to another worker, or gives it back."""
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", allowed_failures)
    victim = min(direct.run(os.getpid).values())
    told: list[str] = []

    @contextmanager
    def killing(title: str, _total: int) -> Iterator[Callable[[int], object]]:
        def advance(_done: int) -> None:
            if title == "Hashing" and title not in told:
                os.kill(victim, signal.SIGKILL)
            told.append(title)

        yield advance

    settings = Settings(no_faces=True, dask=cluster.scheduler_address, cache_dir=str(tmp_path / "cache"))
    outcome = PhotoOrganizer(LocalPhotoSource(library), settings, progress=killing).run()
    assert outcome.plan == organize(library).plan
    assert "Hashing" in told
    direct.wait_for_workers(2, timeout=180)
    assert victim not in direct.run(os.getpid).values()


class Deadly(LocalPhotoSource):
    """A folder one of whose photos kills whoever reads it."""

    def load_pixels(self, photo: Photo, longest_side: int, *, grey: bool = False) -> "Image.Image":
        """Read any photo but the deadly one."""
        if photo.name == "burst0_1.jpg":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().load_pixels(photo, longest_side, grey=grey)


def test_a_photo_that_kills_its_workers_is_skipped_alone(
    cluster: LocalCluster,
    direct: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    add_burst(tmp_path / "photos", "burst0", 0)
    outcome = run_on(cluster, Deadly(tmp_path / "photos"), tmp_path / "cache")
    assert skipped(outcome) == {"burst0_1.jpg": "makes its decoder crash or run out of memory"}
    assert groups(outcome) == [["burst0_2.jpg", "burst0_3.jpg"]]
    direct.wait_for_workers(2, timeout=180)


def wait_for_ever(batch: Sequence[str]) -> list[str]:
    begin_photo()
    if "endless" in batch:
        threading.Event().wait()
    return list(batch)


def test_a_photo_that_never_ends_is_named_alone_and_its_worker_started_anew(
    cluster: LocalCluster, direct: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    source = LocalPhotoSource(add(tmp_path / "photos" / "a.jpg", scene(1)).parent)
    with dask_cluster(cluster.scheduler_address, source, photo_seconds=3.0) as executor:
        workers = Workers(2, executor, photo_seconds=3.0)
        found = [
            (list(item.batch), item.result) for item in workers.run(wait_for_ever, [["a"], ["b", "endless"], ["c"]])
        ]
    late = WorkerDied("is not read in 3 seconds, as if its decoder never ended")
    assert sorted(found, key=str) == [(["a"], ["a"]), (["b"], ["b"]), (["c"], ["c"]), (["endless"], late)]
    direct.wait_for_workers(2, timeout=180)


def test_no_key_goes_to_the_cluster_whose_workers_take_it_from_their_environment(
    cluster: LocalCluster, direct: Client, tmp_path: Path
) -> None:
    with FakeImmich() as server, recorded(urlsplit(cluster.scheduler_address).port or 0) as relay:
        server.seeds.burst(3)
        source = ImmichPhotoSource(server.url, server.admin.secret)
        settings = Settings(no_faces=True, dask=f"tcp://127.0.0.1:{relay.port}", cache_dir=str(tmp_path))
        with pytest.raises(UsageError, match=r"The Dask worker tcp://\S+ cannot read the photos: There is no Immich"):
            PhotoOrganizer(source, settings).run()
        direct.run(_set_key, server.admin.secret)
        try:
            outcome = PhotoOrganizer(source, settings).run()
        finally:
            direct.run(_set_key, "")
        assert len(outcome.plan.groups) == 1
        assert server.url.encode() in relay.sent
        assert server.admin.secret.encode() not in relay.sent


def test_a_scheduler_elsewhere_without_encryption_is_told_of(
    cluster: LocalCluster, direct: Client, library: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The address of this machine on its network stands for another one; on loopback nobody else listens."""
    port = urlsplit(cluster.scheduler_address).port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outwards:
        try:
            outwards.connect(("192.0.2.1", 9))  # sends nothing, only chooses the address that packets would come from
        except OSError:
            pytest.skip("this machine is on no network")
        here = outwards.getsockname()[0]
    with further_scheduler(ROOT, here) as (_, client), further_worker(client, ROOT):
        with dask_cluster(client.scheduler.address, LocalPhotoSource(library)):
            pass
        assert f"The Dask scheduler at {client.scheduler.address} is reached without encryption" in caplog.text
    caplog.clear()
    for name in ("127.0.0.1", "localhost"):
        with dask_cluster(f"tcp://{name}:{port}", LocalPhotoSource(library)):
            pass
    assert caplog.text == ""
    assert len(direct.nthreads()) == 2


def test_an_encrypted_cluster_is_reached_with_the_certificates_of_dask_s_own_configuration(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "certificate.pem").write_text(CERTIFICATE)
    of_dask = {f"distributed.comm.tls.{who}": str(tmp_path / "certificate.pem") for who in TLS_FILES}
    security = distributed.Security(
        require_encryption=True, **{name: str(tmp_path / "certificate.pem") for name in TLS_NAMES}
    )
    one = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**one, protocol="tls://", security=security) as cluster:
        address = cluster.scheduler_address
        with monkeypatch.context() as patch:
            patch.setattr("bestshot.workers.dask._ANSWER_SECONDS", 4.0)
            assert refusal(address, LocalPhotoSource(library)).startswith(
                f"The Dask scheduler at {address} cannot be reached: "
            )
        with dask.config.set(of_dask):
            outcome = run_on(cluster, LocalPhotoSource(library), tmp_path / "cache")
    assert address.startswith("tls://")
    assert outcome.plan == organize(library).plan
    assert "without encryption" not in caplog.text


def documented(language: str, word: str) -> str:
    """The block of docs/cluster.md in which this word is."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (found,) = (block for block in re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S) if word in block)
    return str(found)


def machines_set_up(folder: Path) -> dict[str, Path]:
    """Two machines' own folders, with certificates and Dask's configuration as docs/cluster.md says."""
    folder.mkdir()
    subprocess.run(["bash", "-e", "-c", documented("sh", "openssl")], cwd=folder, capture_output=True, check=True)
    made = {}
    for machine in ("nas", "desktop"):
        own = made[machine] = folder / machine
        own.mkdir()
        shutil.copy(folder / "ca.pem", own)
        for kind in ("pem", "key"):
            shutil.copy(folder / f"{machine}.{kind}", own / f"me.{kind}")
        (own / "tls.yaml").write_text(documented("yaml", "require-encryption").replace("/etc/dask", str(own)))
    return made


@pytest.mark.skipif(shutil.which("openssl") is None, reason="nothing here makes certificates")
def test_machines_that_are_set_up_as_documented_work_together_and_let_nobody_else_in(
    library: Path, tmp_path: Path
) -> None:
    """A scheduler and a worker are started by hand, each with a certificate of its own; a stranger has another's."""
    machines, strangers = machines_set_up(tmp_path / "ours"), machines_set_up(tmp_path / "theirs")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address, plan = f"tls://127.0.0.1:{port}", tmp_path / "plan.json"
    flags = [str(library), "--no-faces", "--quiet", "--plan", str(plan), "--dask"]
    scheduler = f"distributed.cli.dask_scheduler --protocol tls --host 127.0.0.1 --port {port} --no-show"
    worker = f"distributed.cli.dask_worker {address} --nworkers 1 --nthreads 1"
    with further_process(scheduler, ROOT, machines["nas"]), further_process(worker, ROOT, machines["desktop"]):
        done = run_until_reached([*flags, address], machines["nas"])
        assert done.returncode == 1, done.stderr  # for the broken photo
        assert plan.read_text().count("burst") > 8
        for known, wanted in ((strangers["nas"], address), (tmp_path / "nowhere", f"tcp://127.0.0.1:{port}")):
            refused = run_program(*flags, wanted, environment=configured(known))
            assert refused.returncode == 2
            assert f"The Dask scheduler at {wanted} cannot be reached".encode() in refused.stderr


def run_until_reached(command: Sequence[str], configuration: Path) -> "subprocess.CompletedProcess[bytes]":
    """What comes of a run, once the scheduler and the worker that were just started are there."""
    for _ in range(12):  # each waits for ten seconds
        done = run_program(*command, environment=configured(configuration))
        if done.returncode != 2:
            break
    return done


def _set_key(key: str) -> None:
    os.environ["IMMICH_API_KEY"] = key


# What is found out before the work begins


def refusal(address: str, source: PhotoSource) -> str:
    with pytest.raises(UsageError) as caught, dask_cluster(address, source):
        pass
    assert caught.value.exit_code == 2
    return str(caught.value)


@contextmanager
def further_process(
    arguments: str, python_path: Path, configuration: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A scheduler or a worker as it is started by hand, whose modules are found there."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments.split(), "--no-dashboard"],
        env=os.environ | {"PYTHONPATH": str(python_path)} | configured(configuration),
        cwd=python_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def configured(folder: Path | None) -> dict[str, str]:
    """The variable by which Dask finds its configuration."""
    return {} if folder is None else {"DASK_CONFIG": str(folder)}


@contextmanager
def further_worker(direct: Client, python_path: Path) -> Iterator[str]:
    """Another worker, which nobody starts anew."""
    before = set(direct.nthreads())
    arguments = f"distributed.cli.dask_worker {direct.scheduler.address} --no-nanny --nthreads 1"
    with further_process(arguments, python_path):
        direct.wait_for_workers(len(before) + 1, timeout=60)
        (added,) = set(direct.nthreads()) - before
        yield added


@contextmanager
def further_scheduler(python_path: Path, host: str = "127.0.0.1") -> Iterator[tuple["subprocess.Popen[bytes]", Client]]:
    """Another scheduler, without workers."""
    with socket.create_server((host, 0)) as free:
        port = free.getsockname()[1]
    arguments = f"distributed.cli.dask_scheduler --host {host} --port {port} --no-show"
    with (
        further_process(arguments, python_path) as process,
        distributed.Client(f"tcp://{host}:{port}", timeout=60, set_as_default=False) as client,
    ):
        yield process, client


def missing_project(folder: Path) -> Path:
    """A path on which Python finds no project, although its environment may have it installed."""
    (folder / "bestshot.py").write_text("raise ModuleNotFoundError(\"No module named 'bestshot'\")\n")
    return folder


def test_a_worker_without_the_project_is_named(direct: Client, library: Path, tmp_path: Path) -> None:
    with further_worker(direct, missing_project(tmp_path)) as worker:
        found = refusal(direct.scheduler.address, LocalPhotoSource(library))
    assert found.startswith(f"The Dask worker {worker} cannot run Photo Organizer (see its PYTHONPATH): ")
    assert "No module named 'bestshot'" in found


def test_a_worker_with_another_version_is_named_and_refuses_work(direct: Client, library: Path, tmp_path: Path) -> None:
    """Also if it joins when the others have been checked."""
    address, source = direct.scheduler.address, LocalPhotoSource(library)
    shutil.copytree(ROOT / "bestshot", tmp_path / "bestshot", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bestshot" / "__init__.py").write_text('__version__ = "0.0.9"\n')
    with dask_cluster(address, source) as checked, further_worker(direct, tmp_path) as worker:
        found = refusal(address, source)
        checked._executor = direct.get_executor(pure=False, workers=[worker])
        with pytest.raises(WorkersError, match=r"The run has Photo Organizer .* a worker that joined it has 0\.0\.9"):
            checked.submit(abs, -1).result(timeout=60)
    assert found.startswith(f"The Dask worker {worker} has Photo Organizer 0.0.9 (")
    assert found.endswith("). Both must be the same.")


def test_a_scheduler_without_the_project_is_refused(library: Path, tmp_path: Path) -> None:
    with further_scheduler(missing_project(tmp_path)) as (_, client), further_worker(client, ROOT):
        address = client.scheduler.address
        found = refusal(address, LocalPhotoSource(library))
    assert found.startswith(f"The Dask scheduler at {address} cannot run Photo Organizer (see its PYTHONPATH): No mod")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can take the disk from a worker")
def test_a_worker_that_does_not_see_the_folder_is_named(direct: Client, library: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with further_worker(direct, ROOT) as worker:
        direct.run(_preload, workers=[worker])
        direct.run(os.chroot, str(tmp_path / "empty"), workers=[worker])
        found = refusal(direct.scheduler.address, LocalPhotoSource(library))
    assert found.startswith(f"The Dask worker {worker} cannot read the photos: {library}/")
    assert found.endswith(
        " is missing or not readable there. Mount the folder there under the same path, or stop that worker."
    )


def _preload() -> None:
    """Have a worker look at its software while it has a disk; to find this function, it imports the rest."""
    software()


def test_a_folder_that_is_missing_elsewhere_is_found_out_by_something_in_it(library: Path) -> None:
    """An empty mount point has the right path as well."""
    source = LocalPhotoSource(library)
    paths = probe_paths(source)
    assert access_problem(source, source.origins(), paths) is None
    for path in library.iterdir():
        path.unlink()
    assert str(library) in (access_problem(source, source.origins(), paths) or "")


def test_a_key_of_another_user_is_found_out() -> None:
    with FakeImmich() as server:
        mine = ImmichPhotoSource(server.url, server.admin.secret)
        theirs = ImmichPhotoSource(server.url, server.user.secret)
        assert access_problem(mine, mine.origins(), ()) is None
        assert access_problem(theirs, mine.origins(), ()) == "its key belongs to another user"


@pytest.mark.parametrize("address", ["host", "http://127.0.0.1:1", "tcp://127.0.0.1:1", "tcp://127.0.0.1:x"])
def test_an_address_where_no_scheduler_is_ends_in_a_sentence(
    address: str, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bestshot.workers.dask._ANSWER_SECONDS", 1.0)
    assert refusal(address, LocalPhotoSource(library)).startswith(
        f"The Dask scheduler at {address} cannot be reached: "
    )


def test_an_address_of_a_wrong_form_is_told_in_one_line(library: Path) -> None:
    """What is left of the attempt is silent when the program ends."""
    done = run_program(str(library), "--dask", "tcp://host", "--no-faces")
    said = b"The Dask scheduler at tcp://host cannot be reached: missing port number in address 'host'."
    assert (done.returncode, done.stderr.splitlines()) == (2, [said])


def test_a_stranger_that_never_answers_is_not_waited_for(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bestshot.workers.dask._ANSWER_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        address = f"tcp://127.0.0.1:{stranger.getsockname()[1]}"
        found = refusal(address, LocalPhotoSource(library))
    assert found == f"The Dask scheduler at {address} cannot be reached: no answer in 1 seconds."


def test_without_the_package_the_sentence_says_what_to_install(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refusal("tcp://127.0.0.1:1", LocalPhotoSource(library)) == (
        "--dask needs a package that is not installed: pip install distributed."
    )


def test_a_number_of_local_workers_makes_no_sense_with_a_cluster() -> None:
    with pytest.raises(UsageError, match="--workers is for processes on this machine"):
        check_consistency({"workers": 2, "dask": "tcp://a:1"}, Settings(workers=2, dask="tcp://a:1"))


# What is lost for good


def test_a_run_whose_workers_or_scheduler_are_gone_ends_in_a_sentence(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler alone would wait for new workers for ever."""
    source = LocalPhotoSource(library)
    with further_scheduler(ROOT) as (process, client), ExitStack() as stack:
        address = client.scheduler.address
        with monkeypatch.context() as patch:
            patch.setattr("bestshot.workers.dask._ANSWER_SECONDS", 4.0)
            assert "has no workers that answer" in refusal(address, source)
        with further_worker(client, ROOT):
            cluster = stack.enter_context(dask_cluster(address, source, worker_seconds=0.2))
        with pytest.raises(WorkersError, match=r"All workers of the Dask scheduler at tcp://\S+ are gone\. What was"):
            cluster.submit(abs, -1).result(timeout=60)
        with further_worker(client, ROOT):
            cluster = stack.enter_context(dask_cluster(address, source))
            process.kill()
            with pytest.raises(WorkersError, match=r"The Dask scheduler at tcp://\S+ no longer answers\."):
                cluster.submit(abs, -1).result(timeout=60)
