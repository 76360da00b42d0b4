"""What a run over a large library costs of which nothing has changed: listing, recalling, judging, planning.

Usage: python benchmarks/library.py [--photos N] [--runs N] [--laid-out]

The photos are files of a few bytes and all measurements are made up, so no picture is ever opened: a first run
over them groups, later ones find nothing new. Three photos in ten belong to bursts of five, the others are alone; one
in twenty has no known time and is compared with all others.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bestshot.analysis.analyser import READ_METADATA, Measurement, appraisal_measurement, fingerprint_measurement
from bestshot.analysis.looks.pairs import comparison_measurement
from bestshot.grouping.group import Grouping
from bestshot.grouping.rules import GroupingRules
from bestshot.model.appraisal import MINIATURE_SIZE, SKETCH_SIZE, Appraisal, Fingerprint
from bestshot.model.groups import Similarity
from bestshot.model.photo import Metadata, Photo
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Index, IndexEntry, Measurable

Value = TypeVar("Value")

_PROGRAM = Path(__file__).resolve().parent.parent / "photo_organizer.py"

_BURST = 5
"""Photos of a burst."""

_FILES_PER_FOLDER = 1000

_ALIKE = Similarity(60, 0.98, 0.9, 0.0)


def _draw_files(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"{number // _FILES_PER_FOLDER:03}" / f"IMG_{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff")


def _scene(number: int) -> random.Random:
    """The chance by which a photo is drawn, one for all of a burst."""
    return random.Random(number // _BURST if number % 10 < _BURST and number % 100 < 60 else -number)


def _metadata(number: int, chance: random.Random) -> Metadata:
    begin = datetime(2010, 1, 1) + timedelta(seconds=_scene(number).randrange(14 * 365 * 86400))
    wall = begin + timedelta(seconds=0.3 * (number % _BURST))
    taken = CaptureTime(wall, None, TimeSource.EXIF_ORIGINAL)
    if chance.random() < 0.05:
        taken = CaptureTime(None, wall.replace(tzinfo=UTC), TimeSource.FILE_DATE)
    return Metadata(taken, 4000, 3000, "JPEG", "Maker Model", exposure_seconds=0.01, f_number=2.8, iso=100)


def _fingerprint(number: int, chance: random.Random) -> Fingerprint:
    """Hashes that differ in half of a burst by as much as a closer look is taken at."""
    scene = _scene(number)
    dhash, phash, sketch = scene.getrandbits(64), scene.getrandbits(64), scene.randbytes(SKETCH_SIZE**2)
    for _ in range(chance.choice((1, 9))):
        dhash ^= 1 << chance.randrange(64)
    return Fingerprint(dhash, phash=phash, sketch=sketch)


def _appraisal(number: int, chance: random.Random) -> Appraisal:
    miniature = bytes(max(0, min(255, grey + chance.randrange(-20, 21))) for grey in _scene(number).randbytes(32) * 32)
    assert len(miniature) == MINIATURE_SIZE**2
    return Appraisal(chance.random(), 0.5, 0.01, (), 0.1, miniature, 1280, ((1280, 0.1), (640, 0.2)))


def _warm(cache: Path, photos: Sequence[Photo]) -> None:
    """Make up what a first run measures: dates and hashes of all, looks at doubtful pairs, appraisals of groups."""
    chance = random.Random(1)
    metadata = {photo.id: _metadata(number, chance) for number, photo in enumerate(photos)}
    prints = {photo.id: _fingerprint(number, chance) for number, photo in enumerate(photos)}
    grouping = Grouping(photos, metadata, prints, GroupingRules())
    pairs = grouping.candidate_pairs()
    groups = grouping.groups({pair.id: _ALIKE for pair in pairs})
    number_of = {photo.id: number for number, photo in enumerate(photos)}
    members = [photo for group in groups for photo in group.photos]
    with closing(Index(cache / "index.sqlite3")) as index:
        _store(index, READ_METADATA, photos, metadata)
        _store(index, fingerprint_measurement(rotations=False), photos, prints)
        _store(index, comparison_measurement(rotations=False), pairs, {pair.id: _ALIKE for pair in pairs})
        appraisals = {photo.id: _appraisal(number_of[photo.id], chance) for photo in members}
        _store(index, appraisal_measurement(None), members, appraisals)


def _store(
    index: Index,
    measurement: Measurement[Measurable, Value],
    subjects: Iterable[Measurable],
    values: Mapping[str, Value],
) -> None:
    entries = (IndexEntry(one, measurement.revision(one), values[one.id]) for one in subjects)
    index.store(entries, measurement.recipe)


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a process took, and what it said."""

    seconds: float
    megabytes: float
    said: str


def _cost(command: Sequence[str]) -> _Cost:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - it is ours
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said)
    return _Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def _runs(count: int, runs: int, *, laid_out: bool) -> Iterator[_Cost]:
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "photos", Path(name) / "cache"
        _draw_files(folder, count)
        _warm(cache, LocalPhotoSource(folder).scan().photos)
        flags = ["--no-faces", "-o", f"{name}/out", "--cache-dir", str(cache), "--state-dir", str(cache)]
        flags.append("--yes" if laid_out else "--dry-run")
        for _ in range(1 + runs):
            yield _cost([sys.executable, str(_PROGRAM), str(folder), *flags])


def main(argv: Sequence[str] | None = None) -> int:
    """Make the library, run over it in processes of their own, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000, help="how many photos (default: 100000)")
    parser.add_argument("--runs", type=int, default=3, help="how many runs over what is known (default: 3)")
    parser.add_argument("--laid-out", action="store_true", help="lay the groups out, so that later runs find them so")
    options = parser.parse_args(argv)
    first, *others = _runs(options.photos, options.runs, laid_out=options.laid_out)
    print(first.said.rstrip().rpartition("\n")[2])
    print(f"first run, everything measured: {first.seconds:.2f} s CPU, {first.megabytes:.0f} MB")
    seconds, megabytes = median(run.seconds for run in others), median(run.megabytes for run in others)
    print(f"later runs, nothing changed: {seconds:.2f} s CPU, {megabytes:.0f} MB (goal for 100,000: 5 s, 400 MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
