"""The capture times of many photos as arrays, and who is near whom in time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bestshot.model import CaptureTime

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.signedinteger]
Flags = npt.NDArray[np.bool_]

# Wall clocks run from UTC-12 to UTC+14, so two moments this far apart may be one moment told by two clocks.
_WIDEST_OFFSET_SECONDS = 14 * 3600.0


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two clocks per photo in seconds since 1970, NaN where unknown; photos whose time is a guess have neither."""

    wall: Floats
    instant: Floats
    zone_stated: Flags

    @classmethod
    def of(cls, times: Sequence[CaptureTime]) -> "Clocks":
        """Read the clocks of photos; a guess counts as no clock at all."""
        walls = [np.nan if time.is_guess else time.wall_seconds for time in times]
        instants = [np.nan if time.is_guess else time.instant_seconds for time in times]
        return cls(
            np.array(walls, dtype=np.float64),
            np.array(instants, dtype=np.float64),
            np.array([time.zone_stated for time in times], dtype=np.bool_),
        )

    @property
    def untimed(self) -> Flags:
        """The photos of which no clock is known."""
        return self.untimed_among(np.arange(len(self.wall)))

    def untimed_among(self, photos: Indices) -> Flags:
        """Of which of these photos no clock is known."""
        return np.isnan(self.wall[photos]) & np.isnan(self.instant[photos])

    def gap(self, left: Indices, right: Indices) -> Floats:
        """Seconds between the photos of each pair, by the clock that brings them closest; 0 where nothing is known.

        Where both photos state their zone, the moments alone count. Where they share no clock, the zone between
        them is unknown and as much of the gap as a zone can explain is forgiven.
        """
        closest = self.known_gap(left, right)
        across = np.fmin(np.abs(self.wall[left] - self.instant[right]), np.abs(self.instant[left] - self.wall[right]))
        closest = np.where(np.isnan(closest), np.maximum(across - _WIDEST_OFFSET_SECONDS, 0.0), closest)
        either_untimed = self.untimed_among(left) | self.untimed_among(right)
        return np.where(either_untimed, 0.0, closest)

    def known_gap(self, left: Indices, right: Indices) -> Floats:
        """Seconds between the photos of each pair by the clocks they share; NaN where they share none."""
        between_walls = np.abs(self.wall[left] - self.wall[right])
        between_instants = np.abs(self.instant[left] - self.instant[right])
        both_stated = self.zone_stated[left] & self.zone_stated[right]
        return np.where(both_stated, between_instants, np.fmin(between_walls, between_instants))

    def have_neighbour(self, window: float | None) -> Flags:
        """Which photos may have another one within the window (None: any time); an untimed photo is near everything."""
        count = len(self.wall)
        if count < 2:
            return np.zeros(count, dtype=np.bool_)
        if window is None or self.untimed.any():
            return np.ones(count, dtype=np.bool_)
        return (
            _near_in_order(self.wall, window) | _near_in_order(self.instant, window) | self._near_across_zones(window)
        )

    def _near_across_zones(self, window: float) -> Flags:
        near = np.zeros(len(self.wall), dtype=np.bool_)
        for rows, columns in self.zone_unknown_blocks():
            gaps = self.gap(rows[:, None], columns[None, :])
            near[rows] |= (gaps <= window).any(axis=1)
            near[columns] |= (gaps <= window).any(axis=0)
        return near

    def window_blocks(self, window: float) -> Iterator[tuple[Indices, Indices]]:
        """Blocks of rows and columns that hold every pair within the window by one of the clocks."""
        for clock in (self.wall, self.instant):
            known = np.flatnonzero(~np.isnan(clock))
            order = known[np.argsort(clock[known], kind="stable")]
            ends = np.searchsorted(clock[order], clock[order] + window, side="right")
            start = 0
            while start < len(order):
                stop = min(start + block_rows(int(ends[start]) - start), len(order))
                # The last row may reach much further than the first.
                stop = min(stop, start + block_rows(int(ends[stop - 1]) - start))
                yield order[start:stop], order[start : int(ends[stop - 1])]
                start = stop

    def zone_unknown_blocks(self) -> Iterator[tuple[Indices, Indices]]:
        """Blocks that hold every pair of photos that share no clock."""
        wall_only = np.flatnonzero(~np.isnan(self.wall) & np.isnan(self.instant))
        instant_only = np.flatnonzero(np.isnan(self.wall) & ~np.isnan(self.instant))
        yield from all_blocks(wall_only, instant_only)


def _near_in_order(clock: Floats, window: float) -> Flags:
    near = np.zeros(len(clock), dtype=np.bool_)
    known = np.flatnonzero(~np.isnan(clock))
    order = known[np.argsort(clock[known], kind="stable")]
    close = np.diff(clock[order]) <= window
    near[order[:-1]] |= close
    near[order[1:]] |= close
    return near


def block_rows(columns: int) -> int:
    """How many rows of that many columns fit a block of a few tens of megabytes."""
    return max(1, min(512, 2_000_000 // max(1, columns)))


def all_blocks(rows: Indices, columns: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Every row against every column, in blocks of bounded size."""
    if not len(columns):
        return
    step = block_rows(len(columns))
    for start in range(0, len(rows), step):
        yield rows[start : start + step], columns
