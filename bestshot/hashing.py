"""Upright pixels to a fingerprint, and near neighbours among many fingerprints."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from bestshot.clocks import Flags, Indices
from bestshot.model import Fingerprint

FINGERPRINT_RECIPE = "dhash64/1"
"""Names the way fingerprints are made: numbers made another way are measured anew."""

HASH_BITS = 64

DECODE_SIZE = 64
"""Longest side, in pixels, that a fingerprint needs; the hash itself looks at 9 x 8."""

_PLAIN_SPREAD = 2.0
"""A picture whose 9 x 8 pixels spread less than this many of 256 levels shows nothing to hash."""

_SAME_PLAIN_LEVELS = 2
"""Plain pictures are alike when their brightness differs by no more than this."""

_NOT_PLAIN = -128
_UNLIKE = 255
"""The distance between pictures that no threshold joins."""

_EQUALS_PAIRED = 64
"""How many of its equals a photo is paired with, before and after it."""


def fingerprint(picture: Image.Image) -> Fingerprint:
    """Hash an upright picture by its brightness gradients from left to right.

    The algorithm is `imagehash.dhash` (difference hash, hash size 8), its bits read row by row, first bit highest.
    """
    grey = picture if picture.mode == "L" else picture.convert("L")
    pixels = np.asarray(grey.resize((9, 8), Image.Resampling.LANCZOS))
    rises = pixels[:, 1:] > pixels[:, :-1]
    dhash = int.from_bytes(np.packbits(rises).tobytes(), "big")
    return Fingerprint(dhash, round(float(pixels.mean())) if pixels.std() < _PLAIN_SPREAD else None)


@dataclass(frozen=True, slots=True)
class Hashes:
    """The fingerprints of many photos as arrays."""

    bits: npt.NDArray[np.uint64]
    plain: npt.NDArray[np.int16]

    @classmethod
    def of(cls, fingerprints: Sequence[Fingerprint]) -> "Hashes":
        """Lay fingerprints out as arrays, in their order."""
        plain = [_NOT_PLAIN if item.plain_luma is None else item.plain_luma for item in fingerprints]
        return cls(np.array([item.dhash for item in fingerprints], dtype=np.uint64), np.array(plain, dtype=np.int16))

    def distances(self, left: Indices, right: Indices) -> npt.NDArray[np.uint8]:
        """Hamming distances in bits between photos whose indices broadcast; 255 where a plain picture differs."""
        differing: npt.NDArray[np.uint8] = np.bitwise_count(self.bits[left] ^ self.bits[right])
        # Plain pictures are rare; where there is none, the second comparison is saved.
        if (self.plain[left] == _NOT_PLAIN).all() and (self.plain[right] == _NOT_PLAIN).all():
            return differing
        alike = np.abs(self.plain[left] - self.plain[right]) <= _SAME_PLAIN_LEVELS
        return np.where(alike, differing, np.uint8(_UNLIKE))


def near_pairs(
    hashes: Hashes, blocks: Iterable[tuple[Indices, Indices]], threshold: int
) -> Iterator[tuple[Indices, Indices]]:
    """The pairs within each block whose hashes differ in at most `threshold` bits, the smaller index first.

    Many equal hashes (black frames, white pages) would make as many pairs as the square of their number; a photo
    that is among its block's columns is paired only with the few of its equals that stand nearest to it there. That
    connects them all the same, also within a window of time, if the columns come in the order of the clock.
    """
    for rows, columns in blocks:
        distances = hashes.distances(rows[:, None], columns[None, :])
        at_row, at_column = np.nonzero(distances <= threshold)
        left, right = rows[at_row], columns[at_column]
        is_equal = distances[at_row, at_column] == 0
        keep = (left != right) & (~is_equal | _few_between(at_row, is_equal, left == right))
        yield np.minimum(left[keep], right[keep]), np.maximum(left[keep], right[keep])


def _few_between(at_row: Indices, is_equal: Flags, is_itself: Flags) -> Flags:
    """Which equals of a row stand near the row's own photo; all of them where that is not among the columns."""
    place = np.cumsum(is_equal)
    own_place = np.full(int(at_row[-1]) + 1 if len(at_row) else 0, np.nan)
    own_place[at_row[is_itself]] = place[is_itself]
    are_many: Flags = np.abs(place - own_place[at_row]) > _EQUALS_PAIRED
    return ~are_many
