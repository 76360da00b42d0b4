"""How long listing, grouping and planning of a large library take from a warm index, and how much memory.

Usage: python benchmarks/library.py [--photos N]

The photos are files of a few bytes and the index is made synthetically, so no picture is ever opened. Three photos in
ten belong to bursts of five, the others are alone; one in twenty has no known time and is compared with all others.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bestshot.analysis.analyser import READ_METADATA, Measurement, appraisal_measurement, fingerprint_measurement
from bestshot.model.appraisal import Appraisal, Fingerprint
from bestshot.model.faces import FaceModel
from bestshot.model.photo import Metadata, Photo
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.local.source import LocalPhotoSource
from bestshot.storage.index import Index, IndexEntry

Value = TypeVar("Value")

_BURST = 5
"""Photos of a burst."""

_FILES_PER_FOLDER = 1000


def _draw_files(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / f"{number // _FILES_PER_FOLDER:03}" / f"IMG_{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff")


def _metadata(number: int, chance: random.Random) -> tuple[Metadata, Fingerprint]:
    scene = random.Random(number // _BURST if number % 10 < _BURST and number % 100 < 60 else -number)
    dhash = scene.getrandbits(64) ^ (1 << chance.randrange(64))
    begin = datetime(2010, 1, 1) + timedelta(seconds=scene.randrange(14 * 365 * 86400))
    wall = begin + timedelta(seconds=0.3 * (number % _BURST))
    taken = CaptureTime(wall, None, TimeSource.EXIF_ORIGINAL)
    if chance.random() < 0.05:
        taken = CaptureTime(None, wall.replace(tzinfo=UTC), TimeSource.FILE_DATE)
    return Metadata(taken, 4000, 3000, "JPEG", "Maker Model", iso=100), Fingerprint(dhash)


def _warm(cache: Path, photos: Sequence[Photo]) -> None:
    chance = random.Random(1)
    metadata = [_metadata(number, chance) for number in range(len(photos))]
    appraisal = Appraisal(0.1, 0.5, 0.0, ())
    index = Index(cache / "index.sqlite3")
    index.store(_measured(READ_METADATA, photos, (metadata for metadata, _ in metadata)), READ_METADATA.recipe)
    hashing, judging = fingerprint_measurement(rotations=False), appraisal_measurement(FaceModel.HOG)
    index.store(_measured(hashing, photos, (fingerprint for _, fingerprint in metadata)), hashing.recipe)
    index.store(_measured(judging, photos, (appraisal for _ in metadata)), judging.recipe)
    index.close()


def _measured(
    measurement: Measurement[Photo, Value], photos: Sequence[Photo], values: Iterator[Value]
) -> Iterator[IndexEntry[Photo, Value]]:
    for photo, value in zip(photos, values, strict=True):
        yield IndexEntry(photo, measurement.revision(photo), value)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the library, plan it in a process of its own, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000, help="how many photos (default: 100000)")
    count = parser.parse_args(argv).photos
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "photos", Path(name) / "cache"
        _draw_files(folder, count)
        _warm(cache, LocalPhotoSource(folder).scan().photos)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        settings = Settings(cache_dir=str(cache), state_dir=str(cache), output=str(Path(name) / "out"), dry_run=True)
        begin = time.perf_counter()
        outcome = PhotoOrganizer(LocalPhotoSource(folder), settings).run()
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{count:,} photos: {len(outcome.plan.groups):,} groups, {len(outcome.plan.actions):,} actions planned")
    print(f"{seconds:.1f} s (goal < 60), peak memory {peak / 1024:.0f} MB (goal < 500; {before / 1024:.0f} MB before)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
