"""Kills, damages and misleads the program, and counts what it loses, leaks or never ends.

Usage: python benchmarks/attack.py [--minutes N] [--seed N] [--photos FOLDER] [--program CHECKOUT] [--only ATTACK ...]

The attacks take turns until the time is over. Each attempt begins with the same drawn photos, a few of those in FOLDER,
an output, a journal and files of the user's elsewhere, or with the tests' fake Immich server, and ends by looking at
all that again. The exit code is 1 if anything was lost, touched without being asked, leaked or left running, if a
traceback was shown, or if a process took more than 1.5 GB. `--only ATTACK --attempt N` with the same seed repeats one.
Another checkout can be attacked in the same way. Needs Linux; those that mount small disks do nothing unless root.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.attacks import on_folders, on_servers
from benchmarks.attacks.arena import Arena, Found

ROOT = Path(__file__).resolve().parent.parent
_MOST_MEGABYTES = 1536
_PHOTOS = 8
"""How many of the given photos take part, so that an attempt stays short."""

ATTACKS = on_folders.ON_FOLDERS | on_servers.ON_SERVERS
COLUMNS = ("lost", "touched", "tracebacks", "hangs", "leaks")


@dataclass(slots=True)
class Tally:
    """What came of one kind of attack: how many attempts, and in how many of them something was wrong, by column."""

    tries: int = 0
    wrong: list[int] = field(default_factory=lambda: [0] * len(COLUMNS))
    peak: float = 0.0

    def add(self, found: Found) -> None:
        """Count one attempt."""
        self.tries += 1
        self.wrong = [counted + bool(words) for counted, words in zip(self.wrong, found.lists, strict=True)]
        self.peak = max(self.peak, found.peak)

    @property
    def is_broken(self) -> bool:
        """Whether a promise was."""
        return any(self.wrong) or self.peak > _MOST_MEGABYTES


def _arena(options: argparse.Namespace, work: Path, chance: random.Random) -> Arena:
    return Arena(work / "arena", options.program.resolve(), chance, options.patience)


def _prepare(options: argparse.Namespace, work: Path) -> None:
    """Make what attempts on folders and on servers begin with."""
    if on_folders.ON_FOLDERS.keys() & set(options.only):
        arena = _arena(options, work, random.Random(options.seed))
        on_folders.draw(arena.photos)
        given = sorted(options.photos.rglob("*.[jJ][pP]*[gG]")) if options.photos else []
        for path in arena.chance.sample(given, min(_PHOTOS, len(given))):
            shutil.copy2(path, arena.photos / path.name)
        on_folders.prepare(arena)
        arena.root.rename(work / "folders")
    if on_servers.ON_SERVERS.keys() & set(options.only):
        arena = _arena(options, work, random.Random(options.seed))
        on_servers.prepare(arena)
        arena.root.rename(work / "servers")


def _attempt(options: argparse.Namespace, work: Path, name: str, number: int) -> Found:
    arena = _arena(options, work, random.Random(f"{options.seed} {name} {number}"))
    arena.fill_from(work / ("folders" if name in on_folders.ON_FOLDERS else "servers"))
    ATTACKS[name](arena)
    for column, words in zip(COLUMNS, arena.found.lists, strict=True):
        for word in words[:3]:
            print(f"{column}: {word}\n  again: --seed {options.seed} --only {name!r} --attempt {number}", flush=True)
    return arena.found


def _turns(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """The attacks in turn, until the time is over; one of them, if it is named with its number."""
    if options.attempt is not None:
        yield from ((name, options.attempt) for name in options.only)
        return
    end = time.monotonic() + 60 * options.minutes
    for number in count():
        for name in options.only:
            if time.monotonic() > end:
                return
            yield name, number


def _print_table(tallies: Mapping[str, Tally]) -> None:
    print(f"{'attack':36}{'tries':>7}" + "".join(f"{column:>12}" for column in COLUMNS) + f"{'peak MB':>9}")
    for name, tally in tallies.items():
        print(f"{name:36}{tally.tries:7}" + "".join(f"{wrong:12}" for wrong in tally.wrong) + f"{tally.peak:9.0f}")


def main(argv: Sequence[str] | None = None) -> int:
    """Attack until the time is over; answers 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="the attempts that are made (default: 1)")
    parser.add_argument("--photos", type=Path, help="a folder of photos that take part")
    parser.add_argument("--program", type=Path, default=ROOT, help="another checkout to attack")
    parser.add_argument("--only", nargs="+", choices=ATTACKS, default=list(ATTACKS), metavar="ATTACK", help="these")
    parser.add_argument("--attempt", type=int, help="make only the attempt of this number")
    parser.add_argument("--patience", type=float, default=400, help="seconds after which a run hangs (default: 400)")
    options = parser.parse_args(argv)
    tallies = {name: Tally() for name in options.only}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name).resolve()
        _prepare(options, work)
        for attack, number in _turns(options):
            tallies[attack].add(_attempt(options, work, attack, number))
    _print_table(tallies)
    return int(any(tally.is_broken for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
