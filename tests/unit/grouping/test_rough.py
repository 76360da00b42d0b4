"""Which photos may have a lookalike near in time, told by thumbhashes: its laws, and what a thumbhash tells."""

from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bestshot.grouping.clocks import Clocks
from bestshot.grouping.group import with_lookalikes_in_time
from bestshot.grouping.rough import HOPELESS, Lookalikes
from bestshot.grouping.rules import BURST_SECONDS, GroupingRules
from tests.fake_immich.answers.thumbhash import thumbhash_of
from tests.fake_immich.pictures import Scene, draw
from tests.support.builders import metadata_with, photo, wall_at

WINDOW = 300.0
WIDE, HIGH, SQUARE = (90, 60), (60, 90), (60, 60)
APART: Final = 60.0
"""Seconds between two photos that are neighbours, and no burst."""


def hashed(number: int, size: tuple[int, int] = WIDE) -> bytes:
    return thumbhash_of(draw(Scene(number), size))


def clocks_at(seconds: Sequence[float], *, cameras: Sequence[int] | None = None) -> Clocks:
    """Wall clocks, NaN for photos without a time."""
    count = len(seconds)
    unknown = np.full(count, np.nan)
    known_cameras = np.array([0] * count if cameras is None else cameras, dtype=np.int32)
    zones = np.zeros(count, dtype=np.int64)
    return Clocks(np.array(seconds, dtype=float), unknown, np.zeros(count, dtype=bool), zones, known_cameras)


def two(one: bytes | None, other: bytes | None, gap: float = APART) -> Lookalikes:
    return Lookalikes.among([one, other], clocks_at([0.0, gap]), WINDOW)


HASHES = [hashed(number, size) for number in range(12) for size in (WIDE, HIGH)]
A_HASH = st.one_of(st.none(), st.sampled_from(HASHES), st.binary(max_size=30))
A_TIME = st.one_of(st.integers(0, 2000).map(float), st.just(float("nan")))
A_LIBRARY = st.lists(st.tuples(A_HASH, st.integers(0, 2000).map(float)), max_size=12)


def of(library: Sequence[tuple[bytes | None, float]], window: float = WINDOW, limit: float = HOPELESS) -> Lookalikes:
    return Lookalikes.among([one for one, _ in library], clocks_at([time for _, time in library]), window, limit)


def test_photos_come_in_order_of_time_whatever_their_ids_are() -> None:
    photos = [photo(name) for name in ("a", "b", "c", "d", "e")]
    seconds = dict(zip("abcde", (120, 60, 0, 90, 180), strict=True))
    metadata = {name: metadata_with(wall_at(at)) for name, at in seconds.items()}
    thumbhashes = {"a": hashed(1), "b": hashed(1), "c": hashed(1)}
    likely, others = with_lookalikes_in_time(photos, metadata, thumbhashes, GroupingRules())
    assert [[one.id for one in some] for some in (likely, others)] == [["c", "b", "a"], ["d", "e"]]


class TestLaws:
    @given(A_LIBRARY)
    def test_who_has_a_neighbour_without_a_thumbhash_is_kept(self, library: list[tuple[bytes | None, float]]) -> None:
        possible = of(library).possible
        for index, (_, time) in enumerate(library):
            others = [one for at, one in enumerate(library) if at != index]
            if any(one is None and abs(other - time) <= WINDOW for one, other in others):
                assert possible[index]

    @given(A_LIBRARY)
    def test_who_has_no_neighbour_is_never_kept_and_who_is_likely_always(
        self, library: list[tuple[bytes | None, float]]
    ) -> None:
        found = of(library)
        near = clocks_at([time for _, time in library]).have_neighbour(WINDOW)
        assert not (found.possible & ~near).any()
        assert not (found.likely & ~found.possible).any()

    @given(A_LIBRARY, st.randoms(use_true_random=False))
    def test_the_order_of_photos_does_not_matter(
        self, library: list[tuple[bytes | None, float]], chance: Random
    ) -> None:
        order = list(range(len(library)))
        chance.shuffle(order)
        found, shuffled = of(library), of([library[index] for index in order])
        assert shuffled.possible.tolist() == found.possible[order].tolist()
        assert shuffled.likely.tolist() == found.likely[order].tolist()

    @given(A_LIBRARY, st.tuples(st.floats(-1, 1), st.floats(-1, 1)), st.tuples(st.floats(0, 400), st.floats(0, 400)))
    def test_a_lower_limit_and_a_longer_window_keep_no_photo_less(
        self, library: list[tuple[bytes | None, float]], limits: tuple[float, float], windows: tuple[float, float]
    ) -> None:
        strict = of(library, min(windows), max(limits)).possible
        generous = of(library, max(windows), min(limits)).possible
        assert not (strict & ~generous).any()

    @given(A_LIBRARY, A_LIBRARY)
    def test_more_photos_make_none_hopeless(
        self, library: list[tuple[bytes | None, float]], more: list[tuple[bytes | None, float]]
    ) -> None:
        assert not (of(library).possible & ~of([*library, *more]).possible[: len(library)]).any()

    @given(st.lists(A_HASH, min_size=2, max_size=8), st.floats(0, BURST_SECONDS))
    def test_photos_of_a_burst_are_kept_whatever_they_show(self, hashes: list[bytes | None], gap: float) -> None:
        clocks = clocks_at([gap * number for number in range(len(hashes))])
        assert Lookalikes.among(hashes, clocks, WINDOW).possible.all()

    @given(st.lists(st.tuples(A_HASH, A_TIME), min_size=2, max_size=8))
    def test_beside_a_photo_without_a_time_all_are_kept(self, library: list[tuple[bytes | None, float]]) -> None:
        clocks = clocks_at([*(time for _, time in library), float("nan")])
        assert Lookalikes.among([*(one for one, _ in library), hashed(0)], clocks, WINDOW).possible.all()


class TestTold:
    def test_two_that_differ_clearly_are_hopeless_and_a_third_that_is_like_one_is_likely(self) -> None:
        assert not two(hashed(1), hashed(2)).possible.any()
        library = [(hashed(1), 0.0), (hashed(2), APART), (thumbhash_of(draw(Scene(2, 2), WIDE)), 2 * APART)]
        found = of(library)
        assert found.possible.tolist() == found.likely.tolist() == [False, True, True]

    @pytest.mark.parametrize(("darkest", "brightest"), [(0, 85), (120, 247)])
    def test_how_bright_a_picture_is_does_not_count(self, darkest: int, brightest: int) -> None:
        picture = draw(Scene(3), WIDE)
        levels = [darkest + (brightest - darkest) * level // 255 for level in range(256)] * 3
        assert two(thumbhash_of(picture), thumbhash_of(picture.point(levels))).likely.all()

    def test_a_picture_in_grey_is_like_the_coloured_one(self) -> None:
        picture = draw(Scene(3), WIDE)
        assert two(thumbhash_of(picture), thumbhash_of(picture.convert("L"))).likely.all()

    def test_upright_and_lying_pictures_are_compared_by_what_both_have(self) -> None:
        assert not two(hashed(1), hashed(2, HIGH)).possible.any()
        assert two(hashed(1), hashed(1, HIGH)).likely.all()

    def test_pictures_of_other_shapes_are_not_compared(self) -> None:
        assert two(hashed(1), hashed(2, SQUARE)).possible.all()

    @pytest.mark.parametrize(
        "nothing",
        [
            pytest.param(b"", id="empty"),
            pytest.param(hashed(2)[:-1], id="cut short"),
            pytest.param(thumbhash_of(Image.new("RGB", WIDE, "grey")), id="of one colour"),
            pytest.param(hashed(2)[:2] + bytes([hashed(2)[2] | 0x80]) + hashed(2)[3:], id="transparent"),
        ],
    )
    def test_a_thumbhash_that_tells_nothing_counts_as_none(self, nothing: bytes) -> None:
        found = two(hashed(1), nothing)
        assert found.possible.all()
        assert not found.likely.any()

    def test_among_more_neighbours_than_are_compared_all_are_kept(self) -> None:
        few, many = ([(hashed(1), 0.0), *((hashed(2), number * APART) for number in range(1, n))] for n in (60, 70))
        assert [of(library, window=70 * APART).possible[0] for library in (few, many)] == [False, True]

    def test_a_photo_an_hour_off_by_another_camera_is_kept(self) -> None:
        found = Lookalikes.among([hashed(1), hashed(2)], clocks_at([0, 3600.0], cameras=[0, 1]), WINDOW)
        assert found.possible.all()
