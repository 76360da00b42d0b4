"""A first and a second tag-only run over an Immich server: calls by kind, bytes, time and memory, with goals.

Usage: python benchmarks/immich.py [--photos N] [--grouped SHARE] [--apart S] [--version V] [--delay MS] [--workers N]
                                   [--faces]

The server is the tests' fake one, in a process of its own. Three photos in ten are in bursts of three, all others ten
minutes apart, so that none of these has a neighbour in time unless --apart brings them closer. Its pictures are drawn,
and so smaller than real ones: bytes are for comparison only. Memory is read from /proc, so this benchmark needs Linux.
Without --faces, no faces are detected.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from tests.fake_immich import Call

_SAMPLE_SECONDS = 0.5
"""How often memory is measured."""

_TIME_WINDOW = 300
"""Seconds within which photos are compared by default."""

KINDS = ("listing", "counting", "thumbnails", "previews", "originals", "faces", "tagging", "reading back", "other")
_BY_OPERATION = {
    "asset_statistics": "counting",
    "asset_original": "originals",
    "faces": "faces",
    "tag_add_assets": "tagging",
    "tags_assets_bulk": "tagging",
    "tags_list": "reading back",
    "tag_assets_list": "reading back",
    "timeline_bucket": "reading back",
    "timeline_buckets": "reading back",
    "asset_info": "reading back",
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one run requested from the server; bytes are those of the answers."""

    calls: Counter[str]
    bytes_out: Counter[str]
    writes: int
    connections: int


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one run: elapsed and CPU seconds, and peak memory in MB, of the main process and of all together.

    `together` counts memory that processes share only once.
    """

    wall: float
    cpu: float
    main: float
    together: float


@dataclass(frozen=True, slots=True)
class Server:
    """The fake server in its own process."""

    url: str
    key: str
    pipe: Connection

    def traffic(self) -> Traffic:
        """The traffic since the last time."""
        self.pipe.send("report")
        traffic: Traffic = self.pipe.recv()
        return traffic


def kind_of(call: "Call") -> str:
    """The row of the table that a call belongs to."""
    if call.operation == "search_metadata":
        return "reading back" if "tagIds" in call.body else "listing"
    if call.operation == "asset_thumbnail":
        is_preview = "preview" in call.query.values() or "JPEG" in call.query.values()
        return "previews" if is_preview else "thumbnails"
    return _BY_OPERATION.get(call.operation or "", "other")


def _serve(pipe: Connection, options: argparse.Namespace) -> None:
    from tests.fake_immich import ALWAYS, FakeImmich
    from tests.fake_immich.pictures import REAL_PREVIEW_EDGE

    with FakeImmich(options.version, checked=False) as fake:
        fake.world.preview_edge = REAL_PREVIEW_EDGE
        apart = timedelta(seconds=options.apart)
        fake.seed_library(options.photos, grouped=options.grouped, apart=apart, declared_checksums=True)
        if options.delay:
            fake.faults.slow(options.delay / 1000, ALWAYS)
        pipe.send((fake.url, fake.admin.secret))
        known = 0
        while pipe.recv() == "report":
            bytes_out: Counter[str] = Counter()
            for call in fake.calls:
                bytes_out[kind_of(call)] += call.bytes_out
            calls = Counter(kind_of(call) for call in fake.calls)
            pipe.send(Traffic(calls, bytes_out, len(fake.writes), fake.connections - known))
            known = fake.connections
            fake.forget_calls()


@contextmanager
def _server(options: argparse.Namespace) -> Iterator[Server]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, options), daemon=True)
    process.start()
    try:
        url, key = here.recv()
        yield Server(url, key, here)
    finally:
        here.send("end")
        process.join()


def _run(server: Server, work: Path, options: argparse.Namespace) -> Cost:
    """Run the program as a user would."""
    state = [f"--{name}-dir={work / name}" for name in ("cache", "state")]
    command = [sys.executable, str(ROOT / "photo_organizer.py"), "--source-type=immich", "--tag-only", *state]
    command += [] if options.faces else ["--no-faces"]
    command += [f"--workers={options.workers}"] if options.workers else []
    environment = os.environ | {"IMMICH_URL": server.url, "IMMICH_API_KEY": server.key}
    begin, before = time.perf_counter(), os.times()
    main = together = 0.0
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - it is ours
        while process.poll() is None:
            main = max(main, _memory(process.pid, "status", "VmHWM:"))
            together = max(together, sum(_memory(pid, "smaps_rollup", "Pss:") for pid in _family(process.pid)))
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SAMPLE_SECONDS)
    if process.returncode:
        raise SystemExit(f"the run failed with {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.perf_counter() - begin, cpu, main, together)


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))
    except OSError:
        return  # it has ended in the meantime


def _memory(pid: int, file: str, field: str) -> float:
    """Read a figure of a process in MB; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def _goals(options: argparse.Namespace) -> dict[str, str]:
    members = round(options.photos * options.grouped / 3) * 3
    return {
        "listing": f"<= {-(-options.photos // 1000) + 3}",
        "thumbnails": "0" if options.apart > _TIME_WINDOW else "",
        "previews": f"{members:,}",
        "tagging": f"<= {max(2, members // 3 // 50):,}",
    }


def _print_table(options: argparse.Namespace, runs: Sequence[tuple[Traffic, Cost]]) -> None:
    print(f"{options.photos:,} photos, {options.grouped:.0%} in groups, server v{options.version.removeprefix('v')}")
    print(f"{'calls':16}{'first run':>14}{'goal':>12}{'second run':>14}{'goal':>8}")
    (first, _), (second, _) = runs
    for kind in KINDS:
        is_traffic = kind in ("thumbnails", "previews", "originals", "tagging")
        goal = _goals(options).get(kind, "")
        again = "0" if is_traffic else goal if kind == "listing" else ""
        print(f"{kind:16}{first.calls[kind]:14,}{goal:>12}{second.calls[kind]:14,}{again:>8}".rstrip())
    for name, values, goal in (
        ("all calls", [t.calls.total() for t, _ in runs], ""),
        ("writing calls", [t.writes for t, _ in runs], "0"),
        ("connections", [t.connections for t, _ in runs], ""),
        ("kB received", [t.bytes_out.total() // 1000 for t, _ in runs], ""),
        ("kB of pictures", [(t.bytes_out["thumbnails"] + t.bytes_out["previews"]) // 1000 for t, _ in runs], "0"),
    ):
        print(f"{name:16}{values[0]:14,}{'':12}{values[1]:14,}{goal:>8}".rstrip())
    for name, figures, goal in (
        ("seconds", [c.wall for _, c in runs], ""),
        ("CPU seconds", [c.cpu for _, c in runs], ""),
        ("MB, main", [c.main for _, c in runs], "< 400"),
        ("MB, together", [c.together for _, c in runs], ""),
    ):
        print(f"{name:16}{figures[0]:14,.1f}{goal:>12}{figures[1]:14,.1f}{goal:>8}".rstrip())


def main(argv: Sequence[str] | None = None) -> int:
    """Start the server, run twice, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--grouped", type=float, default=0.3, help="fraction that is in groups (default: 0.3)")
    parser.add_argument("--apart", type=float, default=600, help="seconds between photos and bursts (default: 600)")
    parser.add_argument("--version", default="v3.2.2", help="the server's (default: v3.2.2)")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds before each answer (default: 0)")
    parser.add_argument("--workers", type=int, help="passed on to the program")
    parser.add_argument("--faces", action="store_true", help="look for faces too")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, _server(options) as server:
        runs = []
        for _ in range(2):
            cost = _run(server, Path(name), options)
            runs.append((server.traffic(), cost))
    _print_table(options, runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
