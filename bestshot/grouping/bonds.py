"""Photos that are joined by more than their looks: frames of one press of the shutter, exposures of one bracket.

A hand that holds the button cannot set up another picture within a second, and a camera says itself which frames are
of one burst. Such photos belong together unless their pictures contradict, and their neighbours' neighbours with them,
even if the first and the last have nothing in common. So do exposures of one framing, whose ends are black and white.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bestshot.grouping.clocks import Clocks, Flags, Floats
from bestshot.grouping.spans import Indices
from bestshot.model.burst_names import burst_of
from bestshot.model.photo import Metadata, Photo

_SHUTTER_SECONDS = 1.0
"""Frames of one camera at most so far apart, by a clock that tells fractions of a second, are of one press.

In whole seconds, photos that got one time from a program are no different from these."""

_ROUNDING = 1e-3
"""In seconds; clocks are numbers since 1970, which are exact to a microsecond only."""

_EXPOSURE_STEP = 0.3
"""In EV; cameras bracket in thirds of a stop and more."""


@dataclass(frozen=True, slots=True)
class Bonds:
    """What photos state of the camera, of its exposure, and of the burst that they are of.

    `exposure` is in EV, NaN if it is not stated; `burst` is a number for the burst by the camera's own word, -1 if
    there is none, and `in_order` holds the photos of each in the order of their names.
    """

    clocks: Clocks
    exposure: Floats
    burst: Indices
    in_order: Sequence[Sequence[int]]

    @classmethod
    def of(cls, photos: Sequence[Photo], metadata: Mapping[str, Metadata], clocks: Clocks) -> "Bonds":
        """Collect what binds photos, in their order."""
        values = [metadata[photo.id].exposure_value for photo in photos]
        exposure = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        by_burst: dict[tuple[str, str, str], list[int]] = {}
        for place, photo in enumerate(photos):
            if frame := burst_of(photo.name, metadata[photo.id].burst):
                folder = ("", "") if frame.is_stated else (photo.origin, photo.key.rpartition("/")[0])
                by_burst.setdefault((*folder, frame.key), []).append(place)
        burst = np.full(len(photos), -1, dtype=np.int32)
        for number, places in enumerate(by_burst.values()):
            burst[places] = number
        in_order = [sorted(places, key=lambda place: photos[place].name) for places in by_burst.values()]
        return cls(clocks, exposure, burst, in_order)

    def said_neighbours(self) -> Iterator[tuple[int, int]]:
        """The pairs of photos that follow each other in a burst by the camera's own word, the smaller index first."""
        for places in self.in_order:
            yield from ((min(pair), max(pair)) for pair in pairwise(places))

    def are_of_one_press(self, left: Indices, right: Indices) -> Flags:
        """Which pairs the clock or the camera says to be frames of one press of the shutter."""
        are_said: Flags = (self.burst[left] == self.burst[right]) & (self.burst[left] >= 0)
        gap = self.clocks.known_gap(left, right)
        is_fine = self.clocks.tells_fractions[left] | self.clocks.tells_fractions[right]
        are_close = (gap > _ROUNDING) & (gap <= _SHUTTER_SECONDS + _ROUNDING) & is_fine
        return are_said | (are_close & self.are_of_one_camera(left, right))

    def are_other_exposures(self, left: Indices, right: Indices) -> Flags:
        """Which pairs one camera exposed clearly differently, at known times."""
        step = np.abs(self.exposure[left] - self.exposure[right])
        is_known = ~np.isnan(self.clocks.known_gap(left, right))
        other: Flags = (step >= _EXPOSURE_STEP) & is_known & self.are_of_one_camera(left, right)
        return other

    def are_of_one_camera(self, left: Indices, right: Indices) -> Flags:
        """Which pairs one camera took, as far as that is known."""
        one: Flags = (self.clocks.camera[left] == self.clocks.camera[right]) & (self.clocks.camera[left] >= 0)
        return one
