"""Grouping synthetic libraries of up to a million photos: time, memory, growth, and the search compared with faiss.

Usage: python benchmarks/scale.py [--photos N ...]

Hashes and times resemble those of a real library: bursts of 2 to 30, days of up to 3,000 photos, three cameras, one
photo in fifty nearly black (those share ten hashes), one in twenty without a known time. Each size runs in a process of
its own, with and without the time window; no picture is opened, so candidate pairs are only counted, and stay apart.
The search for all pairs within the threshold is compared with faiss-cpu's binary index, if that is installed.
"""

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

# Started by its path, a script finds only what lies beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bestshot.grouping.bands import near_in_bands
from bestshot.grouping.group import Grouping
from bestshot.grouping.rules import GroupingRules
from bestshot.model.appraisal import Fingerprint
from bestshot.model.photo import Metadata, Photo
from bestshot.model.times import CaptureTime, TimeSource

Numbers = npt.NDArray[np.uint64]

_THRESHOLD = 5
"""Differing bits: the default of the tool."""

_SIZES = (10_000, 100_000, 1_000_000)
"""Photos of the libraries."""

_BRUTE = 20_000
"""Hashes that are also compared by brute force, to check the search."""

_FAISS_ROWS = 10_000
"""faiss looks up so many of the hashes, and its seconds are extrapolated to all."""

_CAMERAS = ("hers", "his", "the old one")

_SHARES = (0.6, 0.3, 0.1)
"""The fraction of photos by each camera."""

_EPOCH = datetime(2010, 1, 1)
"""When the libraries begin."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of grouping one library."""

    photos: int
    mode: str
    seconds: float
    cpu: float
    megabytes: float
    groups: int
    grouped: int
    candidates: int


@dataclass(frozen=True, slots=True)
class Shots:
    """The hashes and times of a library, as arrays."""

    dhash: Numbers
    phash: Numbers
    is_black: npt.NDArray[np.bool_]
    seconds: npt.NDArray[np.float64]
    is_guess: npt.NDArray[np.bool_]
    camera: npt.NDArray[np.str_]


def draw_shots(count: int, seed: int = 1) -> Shots:
    """Draw a library, which depends on its number of photos and the seed alone."""
    chance = np.random.default_rng(seed)
    lengths = np.where(chance.random(count) < 0.5, 1, chance.integers(2, 31, count))
    scene = np.searchsorted(np.cumsum(lengths), np.arange(count), side="right")
    dhash, phash = (_flipped(chance, chance.integers(0, 2**64, count, dtype=np.uint64)[scene]) for _ in range(2))
    is_black = chance.random(count) < 0.02
    shared = chance.integers(0, 2**64, (2, 10), dtype=np.uint64)
    which = chance.integers(0, 10, count)
    dhash, phash = np.where(is_black, shared[0][which], dhash), np.where(is_black, shared[1][which], phash)
    seconds, is_guess = _taken(chance, scene), chance.random(count) < 0.05
    camera = chance.choice(_CAMERAS, count, p=_SHARES)[scene]
    return Shots(dhash, phash, is_black, seconds, is_guess, camera)


def _flipped(chance: np.random.Generator, bits: Numbers) -> Numbers:
    """These hashes with up to four bits flipped, as within a burst."""
    for _ in range(4):
        flip = np.uint64(1) << chance.integers(0, 64, len(bits), dtype=np.uint64)
        bits = np.where(chance.random(len(bits)) < 0.4, bits ^ flip, bits)
    return bits


def _taken(chance: np.random.Generator, scene: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Times in seconds: half a second within a burst, bursts spread over days of 20 to 3,000 photos."""
    sizes = chance.choice([20, 100, 400, 3000], len(scene), p=[0.6, 0.3, 0.09, 0.01])
    day = np.searchsorted(np.cumsum(sizes), np.arange(len(scene)), side="right")
    begins = day * 86400.0 + 8 * 3600 + chance.random(len(scene))[scene] * 14 * 3600
    _, first = np.unique(scene, return_index=True)
    return begins[first][scene] + 0.5 * (np.arange(len(scene)) - first[scene])


def _photos(shots: Shots) -> list[Photo]:
    names = [f"{at // 1000:04}/IMG_{at:07}.jpg" for at in range(len(shots.dhash))]
    return [Photo(name, "folder:/photos", name, "1", name, 4_000_000) for name in names]


def _time(seconds: float, *, is_guess: bool) -> CaptureTime:
    wall = _EPOCH + timedelta(seconds=seconds % 2e9)
    if is_guess:
        return CaptureTime(None, wall.replace(tzinfo=UTC), TimeSource.FILE_DATE)
    return CaptureTime(wall, None, TimeSource.EXIF_ORIGINAL)


def group_library(count: int, *, has_window: bool) -> Cost:
    """Draw and group a library; seconds are those of grouping, memory is that of the whole process."""
    shots = draw_shots(count)
    photos = _photos(shots)
    guesses = zip(shots.seconds.tolist(), shots.is_guess.tolist(), strict=True)
    metadata = {
        photo.id: Metadata(_time(at, is_guess=guess), camera=camera)
        for photo, (at, guess), camera in zip(photos, guesses, shots.camera.tolist(), strict=True)
    }
    hashes = zip(shots.dhash.tolist(), shots.phash.tolist(), strict=True)
    prints = {photo.id: Fingerprint(dhash, phash=phash) for photo, (dhash, phash) in zip(photos, hashes, strict=True)}
    begin, cpu = time.perf_counter(), time.process_time()
    grouping = Grouping(photos, metadata, prints, GroupingRules(_THRESHOLD, 300.0 if has_window else None))
    candidates = grouping.candidate_count
    groups = grouping.groups({})
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mode = "300 s window" if has_window else "no window"
    return Cost(count, mode, seconds, cpu, peak, len(groups), sum(len(group.photos) for group in groups), candidates)


def _in_own_process(count: int, *, has_window: bool) -> Cost:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(group_library, count, has_window=has_window).result()


def _search(bits: Numbers) -> tuple[float, int]:
    """Find all pairs within the threshold by bands; returns the seconds, and the number of distinct pairs."""
    everyone = np.arange(len(bits))
    begin = time.perf_counter()
    codes = [
        np.unique(left[left < right] * len(bits) + right[left < right])
        for left, right in near_in_bands(bits, everyone, bits, _THRESHOLD)
    ]
    found = len(np.unique(np.concatenate(codes)))
    return time.perf_counter() - begin, found


def _brute(bits: Numbers) -> int:
    count = 0
    for row in range(len(bits)):
        count += int((np.bitwise_count(bits[row] ^ bits[row + 1 :]) <= _THRESHOLD).sum())
    return count


def _faiss_seconds(bits: Numbers) -> float:
    """Seconds that faiss would take to look up every hash, extrapolated from those for the first of them."""
    import faiss

    codes = bits.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryFlat(64)
    index.add(codes)
    rows = min(_FAISS_ROWS, len(codes))
    begin = time.perf_counter()
    index.range_search(codes[:rows], _THRESHOLD + 1)  # faiss finds what is nearer than the radius
    return (time.perf_counter() - begin) * len(codes) / rows


def _print_growth(costs: Sequence[Cost]) -> None:
    usage = f"{'seconds':>9}{'CPU s':>8}{'MB':>8}"
    print(f"{'photos':>10} {'mode':14}{usage}{'groups':>9}{'grouped':>9}{'candidates':>12}")
    for cost in costs:
        usage = f"{cost.seconds:9.1f}{cost.cpu:8.1f}{cost.megabytes:8.0f}"
        print(f"{cost.photos:>10,} {cost.mode:14}{usage}{cost.groups:9}{cost.grouped:9}{cost.candidates:12}")
    for mode in dict.fromkeys(cost.mode for cost in costs):
        for before, after in pairwise(cost for cost in costs if cost.mode == mode):
            times, longer = after.photos / before.photos, after.cpu / before.cpu
            print(f"{mode}: {times:.0f} times the photos take {longer:.1f} times the CPU")


def _print_search(sizes: Sequence[int]) -> None:
    few = _unlit(draw_shots(_BRUTE))
    seconds, found = _search(few)
    wanted = _brute(few)
    print(f"\nAll pairs within {_THRESHOLD} bits of {len(few):,} hashes: {found} by bands, {wanted} by brute force")
    for size in sizes:
        bits = _unlit(draw_shots(size))
        seconds, found = _search(bits)
        other = f"{_faiss_seconds(bits):9.1f} s by faiss" if find_spec("faiss") else "faiss-cpu is not installed"
        print(f"{len(bits):>10,} hashes: {found} pairs, {seconds:7.1f} s by bands, {other}")


def _unlit(shots: Shots) -> Numbers:
    """The hashes without those of near-black frames, whose pairs are not listed one by one."""
    return shots.dhash[~shots.is_black]


def main(argv: Sequence[str] | None = None) -> int:
    """Group libraries of each size in both modes, then compare the searches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=_SIZES, help="how many (default: 10^4, 10^5, 10^6)")
    sizes = parser.parse_args(argv).photos
    costs = [_in_own_process(size, has_window=has_window) for has_window in (True, False) for size in sizes]
    _print_growth(costs)
    _print_search(sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
