"""Attacks on a library on an Immich server: kills at its requests, and answers that no server should give."""

import random
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from benchmarks.attacks import relay
from benchmarks.attacks.arena import Arena
from benchmarks.attacks.on_folders import Attack
from tests.fake_immich import FakeImmich, Where
from tests.fake_immich.misbehaviours import MISBEHAVIOURS
from tests.support.marks.runs import Onlooker

_LOOK = ["--source-type=immich"]
_MARKS = [*_LOOK, *"--tag-only --create-albums --mark-best-favorite --stack --archive-rest --inherit --yes".split()]
_UNDO = ["--source-type=immich", "--undo"]
_WRITES = "^(?!.*(search|download))"
_PLACES = ("", "search", "thumbnail", "original", "albums", "tags", "stacks", "users")
_SWIFT = [name for name in MISBEHAVIOURS if "a byte at a time" not in name]
"""The ways to misbehave that end in seconds, beside "answers in drops"."""

_SEED = 7
_LATER = datetime(2024, 6, 1, 12)


def prepare(arena: Arena) -> None:
    """Look at the photos once, so that later runs know them."""
    arena.root.mkdir()
    with _server(arena):
        arena.run(*_LOOK)
    for folder in (arena.photos, arena.elsewhere):
        folder.mkdir()


def _server(arena: Arena) -> FakeImmich:
    fake = FakeImmich(seed=_SEED, checked=False)
    fake.seed_library(9, grouped=0.7)
    fake.seeds.album("Holidays", list(fake.state.assets.values())[:4])
    fake.seeds.tag("mine", list(fake.state.assets.values())[2:5])
    if arena.photos.exists():
        fake.seeds.burst(2, _LATER)  # not seen in the preparation
    arena.url, arena.key = fake.url, fake.admin.secret
    return fake


def _standing(fake: FakeImmich) -> object:
    fake.settle()
    with closing(Onlooker(fake)) as onlooker:
        return {asset.id: onlooker.photo(asset) for asset in fake.state.assets.values()}, onlooker.albums()


def _killed(arguments: list[str], before: list[list[str]], after: list[list[str]]) -> Attack:
    """Kill a run at one of its writing requests; after all runs, the server is as before."""

    def attack(arena: Arena) -> None:
        with _server(arena) as fake:
            standing = _standing(fake)
            for line in before:
                arena.run(*line)
            arena.run(*arguments, beside=_strike(fake, arena.chance))
            fake.faults.stop()
            for line in after:
                arena.run(*line)
            if _standing(fake) != standing:
                arena.found.touched.append("the server is not as it was before")
        arena.check()

    return attack


def _strike(fake: FakeImmich, chance: random.Random) -> Callable[["subprocess.Popen[bytes]"], None]:
    """Kill a process at one of its writing requests, which is done or not."""
    left, is_done = chance.randrange(12), chance.random() < 0.5

    def beside(process: "subprocess.Popen[bytes]") -> None:
        def count() -> None:
            nonlocal left
            left -= 1
            if left == -1:
                process.kill()
                if not is_done:
                    raise ConnectionResetError

        for method in ("PUT", "POST", "DELETE"):
            fake.faults.then("killed", count, Where(_WRITES, method, times=None))

    return beside


def _misled(mischief_of: Callable[[random.Random], relay.Mischief]) -> Attack:
    def attack(arena: Arena) -> None:
        with _server(arena) as fake, relay.relayed(fake.url, mischief_of(arena.chance)) as url:
            arena.url = url
            run = arena.run(*arena.chance.choice((_LOOK, _MARKS, [*_LOOK, "-o", str(Path("out"))])), "-v")
            if "\x1b" in run.output:
                arena.found.keys.append("raw escape sequences")
        arena.check()

    return attack


def _misbehave(arena: Arena) -> None:
    """A server that from some request on answers in one of the ways that the tests know."""
    with _server(arena) as fake:
        where = Where(arena.chance.choice(_PLACES), after=arena.chance.randrange(4), times=None)
        fake.faults.misbehave(arena.chance.choice(_SWIFT), where)
        for arguments in ([*_LOOK, "-o", "out", "-v"], _MARKS):
            if "\x1b" in arena.run(*arguments).output:
                arena.found.keys.append("raw escape sequences")
    arena.check()


ON_SERVERS: dict[str, Attack] = {
    "kill a run of marks at a request": _killed(_MARKS, [], [_MARKS, _UNDO, _UNDO]),
    "kill a run of marks, then undo": _killed(_MARKS, [], [_UNDO, _UNDO]),
    "kill an undo of marks at a request": _killed(_UNDO, [_MARKS], [_UNDO]),
    "misbehaviours that have a name": _misbehave,
    "damaged answers": _misled(relay.damaging),
    "lying answers": _misled(relay.lying),
    "pages without an end": _misled(relay.paging_for_ever),
    "answers in drops": _misled(relay.slow),
    "answers without an end": _misled(relay.endless),
    "answers that inflate": _misled(relay.bombs),
    "refusals that quote the key": _misled(relay.echoing),
}
