"""The fingerprints of many photos as arrays, and the distances between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bestshot.clocks import Flags, Indices
from bestshot.model import Fingerprint

Bits = npt.NDArray[np.uint64]

_SAME_PLAIN_LEVELS = 2
"""Plain pictures are alike when their brightness differs by no more than this."""

_NOT_PLAIN = -128

UNLIKE = 255
"""The distance between pictures that no threshold joins."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Differing bits, of 64 each, between the difference hashes and between the frequency hashes of pairs."""

    dhash: npt.NDArray[np.uint8]
    phash: npt.NDArray[np.uint8]

    @property
    def total(self) -> npt.NDArray[np.uint16]:
        """Differing bits of both hashes."""
        return np.add(self.dhash, self.phash, dtype=np.uint16)

    def within(self, threshold: int) -> Flags:
        """Where the hashes alone tell that two pictures are alike: neither differs in more bits."""
        bits = min(threshold, UNLIKE - 1)
        return (self.dhash <= bits) & (self.phash <= bits)


@dataclass(frozen=True, slots=True)
class Hashes:
    """The hashes of photos: one row of each kind upright, followed by those turned and mirrored, if they are known."""

    dhashes: Bits
    phashes: Bits
    plain: npt.NDArray[np.int16]

    @classmethod
    def of(cls, fingerprints: Sequence[Fingerprint]) -> "Hashes":
        """Lay fingerprints out as arrays, in their order; a plain one looks the same however it is turned."""
        turns = max((len(item.turned) for item in fingerprints), default=0)
        every = [((item.dhash, item.phash), *item.turned, *[(item.dhash, item.phash)] * turns) for item in fingerprints]
        both = np.array([hashes[: turns + 1] for hashes in every], dtype=np.uint64).reshape(-1, turns + 1, 2)
        plain = [_NOT_PLAIN if item.plain_luma is None else item.plain_luma for item in fingerprints]
        return cls(both[:, :, 0].T.copy(), both[:, :, 1].T.copy(), np.array(plain, dtype=np.int16))

    def __len__(self) -> int:
        return len(self.plain)

    def distances(self, left: Indices, right: Indices) -> Distances:
        """Distances between photos whose indices broadcast, in whichever turn they are nearest."""
        nearest = self._turned(0, left, right)
        for turn in range(1, len(self.dhashes)):
            other = self._turned(turn, left, right)
            is_nearer = other.total < nearest.total
            nearest = Distances(
                np.where(is_nearer, other.dhash, nearest.dhash), np.where(is_nearer, other.phash, nearest.phash)
            )
        # Plain pictures are rare; where there is none, the second comparison is saved.
        if (self.plain[left] == _NOT_PLAIN).all() and (self.plain[right] == _NOT_PLAIN).all():
            return nearest
        alike = np.abs(self.plain[left] - self.plain[right]) <= _SAME_PLAIN_LEVELS
        unlike = np.uint8(UNLIKE)
        return Distances(np.where(alike, nearest.dhash, unlike), np.where(alike, nearest.phash, unlike))

    def _turned(self, turn: int, left: Indices, right: Indices) -> Distances:
        return Distances(
            np.bitwise_count(self.dhashes[turn][left] ^ self.dhashes[0][right]),
            np.bitwise_count(self.phashes[turn][left] ^ self.phashes[0][right]),
        )
