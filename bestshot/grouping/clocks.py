"""The capture times of many photos as arrays, and which photos are near each other in time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from bestshot.grouping.spans import Indices, runs, spans
from bestshot.model.photo import Metadata

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Block = tuple[Indices, Indices]
"""The two photos of many pairs, by index: two flat arrays, or a column and a row that stand for each with each."""

_MAX_OFFSET_SECONDS = 14 * 3600.0
"""Time zones reach from UTC-12 to UTC+14, so a wall clock may be this far from UTC."""

_ZONE_STEP_SECONDS = 900.0
"""Every zone in use is a multiple of this."""

_DAY_SECONDS = 86400.0

_SUMMER_TIME_SECONDS = 3600.0
"""How far apart the clocks of two cameras are if one of them missed the change to summer time."""

_NO_CAMERA = -1
"""Stands for an unknown camera among the numbers of cameras."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two clocks per photo in seconds since 1970, NaN if unknown; photos whose time is a guess have neither.

    `zone` is how far the wall is ahead of UTC, 0 if unknown. `camera` is a number for the camera whose clock it was, -1
    if unknown.
    """

    wall: Floats
    instant: Floats
    zone_stated: Flags
    zone: Indices
    camera: Indices

    @classmethod
    def of(cls, metadata: Sequence[Metadata]) -> "Clocks":
        """Collect the clocks of photos; a guess counts as no clock at all."""
        times = [photo.taken for photo in metadata]
        guesses = _guesses(metadata)
        walls = [np.nan if guesses[index] else time.wall_seconds for index, time in enumerate(times)]
        instants = [np.nan if guesses[index] else time.instant_seconds for index, time in enumerate(times)]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(photo.camera for photo in metadata))}
        cameras = [_NO_CAMERA if photo.camera is None else numbers[photo.camera] for photo in metadata]
        wall, instant = np.array(walls, dtype=np.float64), np.array(instants, dtype=np.float64)
        return cls(
            wall,
            instant,
            np.array([time.zone_stated for time in times], dtype=np.bool_),
            np.nan_to_num(np.round(wall - instant)).astype(np.int64),
            np.array(cameras, dtype=np.int32),
        )

    @property
    def tells_fractions(self) -> Flags:
        """Which photos have a time that is finer than whole seconds."""
        found: Flags = (self.wall % 1.0 > 0) | (self.instant % 1.0 > 0)
        return found

    @property
    def untimed(self) -> Flags:
        """Which photos have no known clock."""
        return self.untimed_among(np.arange(len(self.wall)))

    def untimed_among(self, photos: Indices) -> Flags:
        """Which of the given photos have no known clock."""
        return np.isnan(self.wall[photos]) & np.isnan(self.instant[photos])

    def gap(self, left: Indices, right: Indices) -> Floats:
        """Seconds between the photos of each pair, by the clock that brings them closest; 0 if nothing is known.

        If both photos state their time zone, only the instants count. If they share no clock, as much of the gap as a
        time zone can explain is ignored. Of two cameras, one may have missed the change to summer time, in its clock or
        in the zone that it states.
        """
        either_untimed = self.untimed_among(left) | self.untimed_among(right)
        if either_untimed.all():
            return np.zeros(either_untimed.shape)
        closest = np.fmin(self.known_gap(left, right), self._gap_but_for_summer_time(left, right))
        across = np.fmin(np.abs(self.wall[left] - self.instant[right]), np.abs(self.instant[left] - self.wall[right]))
        closest = np.where(np.isnan(closest), np.maximum(across - _MAX_OFFSET_SECONDS, 0.0), closest)
        return np.where(either_untimed, 0.0, closest)

    def known_gap(self, left: Indices, right: Indices) -> Floats:
        """Seconds between the photos of each pair by the clocks they share; NaN if they share none."""
        between_walls = np.abs(self.wall[left] - self.wall[right])
        between_instants = np.abs(self.instant[left] - self.instant[right])
        both_stated = self.zone_stated[left] & self.zone_stated[right]
        return np.where(both_stated, between_instants, np.fmin(between_walls, between_instants))

    def _gap_but_for_summer_time(self, left: Indices, right: Indices) -> Floats:
        """Seconds between photos once one camera is set right by an hour; NaN if neither can be wrong.

        It is the clock that is set right, or the zone: where both are stated and an hour apart, the walls count.
        """
        between_walls = np.abs(self.wall[left] - self.wall[right])
        one, other = self.camera[left], self.camera[right]
        may_be_wrong = (one != other) & (one != _NO_CAMERA) & (other != _NO_CAMERA)
        both_stated = self.zone_stated[left] & self.zone_stated[right]
        gaps = np.where(may_be_wrong & ~both_stated, np.abs(between_walls - _SUMMER_TIME_SECONDS), np.nan)
        if both_stated.any():
            are_an_hour_apart = np.abs(self.zone[left] - self.zone[right]) == _SUMMER_TIME_SECONDS
            np.copyto(gaps, between_walls, where=may_be_wrong & both_stated & are_an_hour_apart)
        return gaps

    def have_neighbour(self, window: float | None) -> Flags:
        """Which photos may have another within the window, in seconds (None: any time); untimed ones are near all."""
        near = self.have_neighbour_of_unknown_gap(window)
        if window is not None:
            near |= _near_in_order(self.wall, window) | _near_in_order(self.instant, window)
        return near

    def have_neighbour_of_unknown_gap(self, window: float | None) -> Flags:
        """Which photos may have another within the window although no clock that both have says so."""
        count = len(self.wall)
        if count < 2:
            return np.zeros(count, dtype=np.bool_)
        if window is None or self.untimed.any():
            return np.ones(count, dtype=np.bool_)
        near = np.zeros(count, dtype=np.bool_)
        for left, right in chain(self.zone_unknown_blocks(), self.summer_time_blocks(window)):
            for photos in selected((left, right), (self.gap(left, right) <= window) & (left != right)):
                near[photos] = True
        return near

    def window_blocks(self, window: float) -> Iterator[Block]:
        """Blocks that contain every pair within the window by one of the clocks."""
        for clock in (self.wall, self.instant):
            yield from _blocks_later(clock, np.flatnonzero(~np.isnan(clock)), -window, window)

    def summer_time_blocks(self, window: float) -> Iterator[Block]:
        """Blocks that contain every pair within the window once one camera's clock is set right by an hour."""
        known = np.flatnonzero((self.camera != _NO_CAMERA) & ~np.isnan(self.wall))
        if len(known) and (self.camera[known] != self.camera[known[0]]).any():
            earliest, latest = _SUMMER_TIME_SECONDS - window, _SUMMER_TIME_SECONDS + window
            yield from _blocks_later(self.wall, known, max(0.0, earliest), latest)

    def zone_unknown_blocks(self) -> Iterator[Block]:
        """Blocks that contain every pair of photos that share no clock."""
        wall_only = np.flatnonzero(~np.isnan(self.wall) & np.isnan(self.instant))
        instant_only = np.flatnonzero(np.isnan(self.wall) & ~np.isnan(self.instant))
        yield from all_blocks(wall_only, instant_only)


def _guesses(metadata: Sequence[Metadata]) -> list[bool]:
    """Which photos have a time that is only a guess; a default is none if its camera shows that it is a time.

    What is not a clock writes the same time again, or the same in another zone, which is off by quarters of an hour.
    """
    guesses = [photo.taken.is_guess for photo in metadata]
    defaults = [index for index, is_guess in enumerate(guesses) if is_guess and metadata[index].taken.is_stated]
    seconds: dict[str | None, set[float]] = {metadata[index].camera: set() for index in defaults}
    for photo in metadata if defaults else ():
        if photo.camera in seconds and photo.taken.is_stated:
            seconds[photo.camera].add(photo.taken.seconds)
    in_order = {camera: sorted(times) for camera, times in seconds.items()}
    for index in defaults:
        guesses[index] = not _is_running(in_order[metadata[index].camera], metadata[index].taken.seconds)
    return guesses


def _is_running(times: Sequence[float], at: float) -> bool:
    """Whether one of these times, which are in order, is within a day and not this one in another zone."""
    nearby = islice(times, bisect_left(times, at - _DAY_SECONDS), bisect_right(times, at + _DAY_SECONDS))
    return any((time - at) % _ZONE_STEP_SECONDS for time in nearby)


def _near_in_order(clock: Floats, window: float) -> Flags:
    near = np.zeros(len(clock), dtype=np.bool_)
    known = np.flatnonzero(~np.isnan(clock))
    order = known[np.argsort(clock[known], kind="stable")]
    close = np.diff(clock[order]) <= window
    near[order[:-1]] |= close
    near[order[1:]] |= close
    return near


def _blocks_later(clock: Floats, photos: Indices, earliest: float, latest: float) -> Iterator[Block]:
    """Blocks that contain every pair in which one photo is `earliest` to `latest` seconds later than the other.

    Of earlier ones, a photo is paired with those of its block only, as they have been paired with it.
    """
    order = photos[np.argsort(clock[photos], kind="stable")]
    begins = np.searchsorted(clock[order], clock[order] + earliest, side="left")
    ends = np.searchsorted(clock[order], clock[order] + latest, side="right")
    for start, stop in runs(ends - np.maximum(begins, np.arange(len(order)))):
        rows = np.arange(start, stop)
        left, right = spans(rows, np.maximum(begins[rows], start), ends[rows])
        yield order[left], order[right]


def selected(block: Block, which: Flags) -> Block:
    """Some pairs of a block, as flat arrays; each photo's on the left stay together."""
    left, right = block
    if which.ndim == 1:
        return left[which], right[which]
    rows, columns = np.divmod(np.flatnonzero(which), which.shape[1])  # mostly few, so nothing is broadcast
    return left.ravel()[rows], right.ravel()[columns]


def block_rows(columns: int) -> int:
    """How many rows with this many columns fit into a block of some tens of megabytes."""
    return max(1, min(512, 2_000_000 // max(1, columns)))


def all_blocks(rows: Indices, columns: Indices) -> Iterator[Block]:
    """Every row against every column, in blocks of bounded size."""
    if not len(columns):
        return
    step = block_rows(len(columns))
    for start in range(0, len(rows), step):
        yield rows[start : start + step, None], columns[None, :]
