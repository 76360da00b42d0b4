"""The fingerprints of many photos as arrays, and the distances between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bestshot.grouping.clocks import Flags
from bestshot.grouping.rules import GroupingRules
from bestshot.grouping.spans import Indices
from bestshot.model.appraisal import Fingerprint

Bits = npt.NDArray[np.uint64]

_ALIKE = 40
"""Of pairs that differ in no more bits, of 128, a closer look finds four of five to show the same."""

_USUAL = GroupingRules()


@dataclass(frozen=True, slots=True)
class Distances:
    """Differing bits between the difference hashes and between the frequency hashes of pairs, of 64 each.

    If a picture of the pair is plain (a starry sky, a white wall), equal hashes mean nothing.
    """

    dhash: npt.NDArray[np.uint8]
    phash: npt.NDArray[np.uint8]
    is_plain: Flags

    @property
    def total(self) -> npt.NDArray[np.uint16]:
        """Differing bits of both hashes together."""
        return np.add(self.dhash, self.phash, dtype=np.uint16)

    def within(self, threshold: int) -> Flags:
        """Which pairs are alike by their hashes alone: neither hash differs in more bits than the threshold."""
        return (self.dhash <= threshold) & (self.phash <= threshold) & ~self.is_plain


@dataclass(frozen=True, slots=True)
class Hashes:
    """The hashes of photos: of each kind, a row for upright pictures, then one for each turn, if those are known."""

    dhashes: Bits
    phashes: Bits
    is_plain: Flags

    @classmethod
    def of(cls, fingerprints: Sequence[Fingerprint]) -> "Hashes":
        """Arrange fingerprints as arrays, in their order."""
        turns = max((len(item.turned) for item in fingerprints), default=0)
        dhashes = [[item.dhash for item in fingerprints]]
        phashes = [[item.phash for item in fingerprints]]
        for turn in range(turns):
            dhashes.append([item.turned[turn][0] if item.turned else item.dhash for item in fingerprints])
            phashes.append([item.turned[turn][1] if item.turned else item.phash for item in fingerprints])
        is_plain = [item.is_plain for item in fingerprints]
        return cls(np.array(dhashes, np.uint64), np.array(phashes, np.uint64), np.array(is_plain, dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.is_plain)

    def distances(self, left: Indices, right: Indices) -> Distances:
        """Distances between photos, whose indices are broadcast, in the turn in which each pair is nearest."""
        nearest = self._turned(0, left, right)
        for turn in range(1, len(self.dhashes)):
            other = self._turned(turn, left, right)
            is_nearer = other.total < nearest.total
            nearest = Distances(
                np.where(is_nearer, other.dhash, nearest.dhash),
                np.where(is_nearer, other.phash, nearest.phash),
                nearest.is_plain,
            )
        return nearest

    def totals(self, left: Indices, right: Indices) -> npt.NDArray[np.uint8]:
        """Differing bits of both hashes together, as in `distances`, but of many pairs at less cost."""
        nearest = self._total_turned(0, left, right)
        for turn in range(1, len(self.dhashes)):
            np.minimum(nearest, self._total_turned(turn, left, right), out=nearest)
        return nearest

    def _total_turned(self, turn: int, left: Indices, right: Indices) -> npt.NDArray[np.uint8]:
        bits: npt.NDArray[np.uint8] = np.bitwise_count(self.dhashes[turn][left] ^ self.dhashes[0][right])
        bits += np.bitwise_count(self.phashes[turn][left] ^ self.phashes[0][right])
        return bits

    def _turned(self, turn: int, left: Indices, right: Indices) -> Distances:
        return Distances(
            np.bitwise_count(self.dhashes[turn][left] ^ self.dhashes[0][right]),
            np.bitwise_count(self.phashes[turn][left] ^ self.phashes[0][right]),
            self.is_plain[left] | self.is_plain[right],
        )


def neighbours(prints: Sequence[Fingerprint]) -> tuple[int, int]:
    """How many of some pictures are probably like the one before or after, and how many such pairs are doubtful.

    Of what is doubtful, only a closer look decides; of what is alike, it would find four of five to be the same.
    """
    alike, doubtful = set[int](), 0
    for place, (one, other) in enumerate(pairwise(prints)):
        differing = (one.dhash ^ other.dhash).bit_count(), (one.phash ^ other.phash).bit_count()
        is_plain = one.is_plain or other.is_plain
        if sum(differing) <= _ALIKE and not is_plain:
            alike |= {place, place + 1}
        is_clear = max(differing) <= _USUAL.threshold and not is_plain
        doubtful += sum(differing) <= _USUAL.candidate_limit and not is_clear
    return len(alike), doubtful
