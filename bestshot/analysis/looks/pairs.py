"""Comparing pairs of photos closely, each picture decoded once for the pairs that follow each other."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from bestshot.analysis.analyser import Measurement
from bestshot.analysis.attempts import attempt, attempted
from bestshot.analysis.recipes import comparison_recipe
from bestshot.model.groups import PhotoPair, Similarity
from bestshot.model.photo import Photo
from bestshot.model.reader import PhotoReader
from bestshot.storage.index import Failure
from bestshot.text import printable
from bestshot.workers.deadline import begin_photo

if TYPE_CHECKING:
    from bestshot.analysis.looks.comparison import Comparable

_BATCH = 128
"""Pairs a worker gets at a time: they are in order of time, so most pictures of a batch are in several pairs."""


def comparison_measurement(*, rotations: bool) -> Measurement[PhotoPair, Similarity]:
    """Compare pairs of photos; with `rotations`, also turned and mirrored."""
    compare = partial(compare_pairs, rotations=rotations)
    return Measurement("Comparing", comparison_recipe(rotations=rotations), Similarity, compare, _revision, _BATCH)


def compare_pairs(
    source: PhotoReader, _threads: int, pairs: Sequence[PhotoPair], *, rotations: bool
) -> list[Similarity | Failure]:
    """Compare pairs one after the other; a picture is dropped as soon as no later pair needs it."""
    last = {photo.id: at for at, pair in enumerate(pairs) for photo in (pair.left, pair.right)}
    kept: dict[str, Comparable | Failure] = {}
    found: list[Similarity | Failure] = []
    for at, pair in enumerate(pairs):
        for photo in (pair.left, pair.right):
            if photo.id not in kept:
                kept[photo.id] = attempt(_comparable, source, photo)
        begin_photo()
        found.append(_compared(pair, kept, rotations=rotations))
        for photo in (pair.left, pair.right):
            if last[photo.id] == at:
                del kept[photo.id]
    return found


def _compared(pair: PhotoPair, kept: "dict[str, Comparable | Failure]", *, rotations: bool) -> Similarity | Failure:
    from bestshot.analysis.looks.comparison import Comparable, similarity

    left, right = kept[pair.left.id], kept[pair.right.id]
    for photo, seen in ((pair.left, left), (pair.right, right)):
        if isinstance(seen, Failure):
            return Failure(f"{printable(photo.id)} {seen.error}", seen.is_transient)
    assert isinstance(left, Comparable)  # neither is a Failure
    assert isinstance(right, Comparable)
    return attempted(partial(similarity, left, right, rotations=rotations, apart=pair.are_apart))


def _comparable(source: PhotoReader, photo: Photo) -> "Comparable":
    from bestshot.analysis.looks.comparison import MATCH_SIZE, Comparable

    return Comparable(source.load_pixels(photo, MATCH_SIZE, grey=True))


def _revision(pair: PhotoPair) -> str:
    return pair.revision
