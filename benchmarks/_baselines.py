"""Simpler ways to find near-duplicates, on the same files and times, with the same rule for neighbours."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from benchmarks._scores import Found
from bestshot.grouping.clocks import Clocks
from bestshot.sources.local.source import LocalPhotoSource

_WINDOW = 300.0
"""Seconds between neighbours: the default of the tool."""

_SIZE = 512
"""Longest side, in pixels, of the pictures that are hashed."""

Hash = Callable[[Image.Image], imagehash.ImageHash]


class Baselines:
    """Hashes and times of a folder's photos, and the groups that the baselines make of them."""

    def __init__(self, folder: Path) -> None:
        source = LocalPhotoSource(folder)
        photos = source.list_photos()
        self._paths = {photo.id: photo.files[0].path for photo in photos}
        self._names = [photo.id for photo in photos]
        clocks = Clocks.of([source.get_metadata(photo) for photo in photos])
        everyone = np.arange(len(photos))
        self._near = clocks.gap(everyone[:, None], everyone[None, :]) <= _WINDOW
        self._times = [source.get_metadata(photo).taken.seconds for photo in photos]
        pictures = [source.load_pixels(photo, _SIZE) for photo in photos]
        self._dhashes = [imagehash.dhash(picture) for picture in pictures]
        self._phashes = [imagehash.phash(picture) for picture in pictures]

    def all(self) -> Iterator[tuple[str, Found]]:
        """Yield the name of each baseline, and its groups."""
        yield "greedy dHash <= 5", self._greedy(5)
        yield "pHash <= 5", self._connected(5)
        yield "pHash <= 10", self._connected(10)
        if shutil.which("findimagedupes"):
            yield "findimagedupes", self._findimagedupes()

    def _greedy(self, threshold: int) -> Found:
        """In order of time, each ungrouped photo starts a group and takes all that resemble it."""
        left = sorted(range(len(self._names)), key=lambda at: (self._times[at], self._names[at]))
        groups = []
        while left:
            seed = left[0]
            taken = [
                at
                for at in left
                if at == seed or (self._near[seed, at] and self._dhashes[seed] - self._dhashes[at] <= threshold)
            ]
            left = [at for at in left if at not in taken]
            groups.append(frozenset(self._names[at] for at in taken))
        return [group for group in groups if len(group) > 1]

    def _connected(self, threshold: int) -> Found:
        group_of = {at: {at} for at in range(len(self._names))}
        for left, right in combinations(range(len(self._names)), 2):
            is_near = self._near[left, right] and self._phashes[left] - self._phashes[right] <= threshold
            if is_near and group_of[left] is not group_of[right]:
                group_of[left] |= group_of[right]
                group_of.update(dict.fromkeys(group_of[right], group_of[left]))
        found = {frozenset(self._names[at] for at in members) for members in group_of.values() if len(members) > 1}
        return sorted(found, key=sorted)

    def _findimagedupes(self) -> Found:
        """The Debian package with its defaults; it ignores times."""
        name_of = {path: name for name, path in self._paths.items()}
        return [frozenset(name_of[path] for path in paths) for paths in _run_findimagedupes(sorted(name_of))]


def _run_findimagedupes(paths: Sequence[str]) -> Iterator[list[str]]:
    # It prints the paths of a group on one line, separated by spaces; those of the labelled photos contain none.
    command = ["findimagedupes", "--", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a list, without a shell
    for line in done.stdout.splitlines():
        yield line.split(" ")
