"""What the sketches of pairs told, kept from run to run, so that no two of them are laid over each other twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np

from bestshot.grouping.clocks import Flags
from bestshot.grouping.hashes import Bits

_NUMBER: Final = np.dtype("<u8")
"""How a number is written down, on any machine."""

_MIXING: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number: multiplied by it, the first sketch of a pair is told from the second."""

_ANSWER: Final = np.uint64(1)
"""The bit that says whether two sketches agree."""


@dataclass(frozen=True, slots=True)
class Agreements:
    """Which pairs of sketches agree, as one number for each pair, in order.

    63 bits stand for both sketches, which are known by what they show, and the lowest one for the answer. Among a
    million pairs, one of ten million libraries has two with the same number.
    """

    numbers: bytes = b""

    @classmethod
    def of(cls, pairs: Bits, agree: Flags) -> "Agreements":
        """What is known of pairs, given by the numbers of `pair_numbers`."""
        return cls(np.unique(_with_answers(pairs, agree)).astype(_NUMBER, copy=False).tobytes())

    def recalled(self, pairs: Bits) -> tuple[Flags, Flags]:
        """Of which pairs it is known whether they agree, and which of those do."""
        agree = self._has(_with_answers(pairs, np.True_))
        return agree | self._has(_with_answers(pairs, np.False_)), agree

    def _has(self, numbers: Bits) -> Flags:
        known = np.frombuffer(self.numbers, _NUMBER)
        if not len(known):
            return np.zeros(len(numbers), dtype=np.bool_)
        found: Flags = known[np.minimum(np.searchsorted(known, numbers), len(known) - 1)] == numbers
        return found


NONE_KNOWN: Final = Agreements()
"""What a first grouping knows of sketches."""


def sketch_numbers(sketches: Iterable[bytes]) -> Bits:
    """A number for each sketch, which depends on nothing but its pixels."""
    digests = b"".join(blake2b(sketch, digest_size=_NUMBER.itemsize).digest() for sketch in sketches)
    return np.frombuffer(digests, _NUMBER).astype(np.uint64, copy=False)


def pair_numbers(one: Bits, other: Bits) -> Bits:
    """A number for each pair of sketches, given by their own numbers."""
    numbers: Bits = one * _MIXING + other
    return numbers


def _with_answers(pairs: Bits, agree: Flags | np.bool_) -> Bits:
    numbers: Bits = pairs & ~_ANSWER | agree.astype(np.uint64)
    return numbers
