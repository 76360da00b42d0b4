"""Claims about panoramas: chains of frames that move on in one direction, and what only looks like them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bestshot.grouping.group import Grouping
from bestshot.grouping.pans import Picture, is_paced, pans, picture_of
from bestshot.grouping.rules import GroupingRules
from bestshot.imaging.load import load_pixels
from bestshot.model.appraisal import MINIATURE_SIZE, SKETCH_SIZE, Fingerprint
from bestshot.model.groups import Similarity
from tests.support.builders import metadata_with, photo, wall_at

SIDE = 320
NEXT = Similarity(60, 0.85, 0.8, 0.0)
FURTHER = Similarity(0, 1.0, 0.0, 0.3)


@cache
def landscape(seed: int, size: tuple[int, int] = (1600, 600)) -> Image.Image:
    """Hills and houses: large shapes with smaller ones in them."""
    random = np.random.default_rng(seed)
    picture = np.zeros((size[1], size[0]))
    for cells, strength in ((8, 20), (24, 50), (40, 25)):
        coarse = Image.fromarray(random.normal(0, strength, (cells * size[1] // size[0] + 1, cells)).astype(np.float32))
        picture += np.asarray(coarse.resize(size, Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(picture + 128, 0, 255).astype(np.uint8))


def framed(places: Sequence[tuple[float, float]], seed: int = 1, *, size: int = SKETCH_SIZE) -> list[bytes]:
    """What a camera sees of a landscape that is moved on by these fractions of the picture, right and down."""
    scene = landscape(seed)
    frames = []
    for right, down in places:
        left, top = 40 + right * SIDE, 60 + down * SIDE
        seen = scene.resize((size, size), Image.Resampling.BOX, box=(left, top, left + SIDE, top + SIDE))
        frames.append(seen.tobytes())
    return frames


def runs(frames: Sequence[bytes], pause: float = 2.0) -> list[range]:
    pictures = [seen for frame in frames if (seen := picture_of(frame)) is not None]
    return list(pans(pictures, [pause * place for place in range(len(pictures))]))


@given(st.integers(0, 40), st.floats(0.13, 0.24), st.sampled_from([SKETCH_SIZE, MINIATURE_SIZE]))
def test_three_and_more_frames_that_move_on_evenly_are_a_panorama(seed: int, step: float, size: int) -> None:
    frames = framed([(step * place, 0.01 * (place % 2)) for place in range(5)], seed, size=size)
    assert runs(frames) == [range(5)]
    assert runs(frames[::-1]) == [range(5)]
    assert runs(frames[:2]) == []


def test_a_panorama_may_go_up_too() -> None:
    assert runs(framed([(0, 0.12 * place) for place in range(4)], 2)) == [range(4)]


@pytest.mark.parametrize(
    "places",
    [
        [(0.03 * place, 0) for place in range(8)],
        [(0.15 * (place % 2), 0) for place in range(6)],
        [(0, 0), (0.11, 0), (0.35, 0)],
        [(0, 0), (0.15, 0.15), (0.3, 0.3)],
        [(0, 0), (0.2, 0), (0.2, 0), (0.4, 0)],
    ],
    ids=["a hand drifts", "to and fro", "uneven steps", "aslant", "with a stop"],
)
def test_what_moves_otherwise_is_none(places: list[tuple[float, float]]) -> None:
    assert runs(framed(places)) == []


def test_nor_is_a_panorama_taken_within_a_second_or_over_minutes() -> None:
    frames = framed([(0.15 * place, 0) for place in range(4)])
    assert runs(frames, pause=0.3) == runs(frames, pause=0.9) == runs(frames, pause=60.0) == []


@given(st.integers(0, 5), st.lists(st.tuples(st.sampled_from([-0.15, 0.15]), st.sampled_from([0.3, 2.0])), max_size=9))
def test_no_more_photos_are_in_panoramas_than_half_as_many_again_as_were_taken_at_their_pace(
    seed: int, moves: list[tuple[float, float]]
) -> None:
    """So that the times alone tell of most bursts that they are none; a frame where a camera turns back is in two."""
    places = [(float(at), 0.0) for at in np.cumsum([0.0, *(step for step, _ in moves)]) + 1.35]
    pauses = [pause for _, pause in moves]
    pictures = [seen for frame in framed(places, seed) if (seen := picture_of(frame)) is not None]
    found = pans(pictures, list(np.cumsum([0.0, *pauses])))
    assert 2 * sum(map(len, found)) <= 3 * sum(map(is_paced, pauses))


def test_who_follows_something_with_the_camera_takes_no_panorama() -> None:
    frames = [np.frombuffer(one, np.uint8).reshape(16, 16).copy() for one in framed([(0.15 * n, 0) for n in range(4)])]
    for one in frames:
        one[3:13, 4:12] = np.add.outer(np.arange(10) * 9, np.arange(8) * 12)
    assert runs([one.tobytes() for one in frames]) == []


def test_a_plain_sky_that_fits_wherever_it_is_laid_moves_nowhere() -> None:
    slope = np.add.outer(np.arange(16) * 6.0, np.zeros(16)).astype(np.uint8).tobytes()
    assert runs([slope] * 4) == runs([bytes(256)] * 4) == []


def test_what_is_no_sketch_and_no_miniature_is_no_picture() -> None:
    assert picture_of(b"") is picture_of(bytes(100)) is None


def test_no_burst_of_real_photos_is_a_panorama_at_any_pace(shared: Path) -> None:
    for folder in (shared / "bursts", shared / "more/bursts"):
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        for group in labels["groups"]:
            grey = [load_pixels(BytesIO((folder / name).read_bytes()), name, 200, grey=True) for name in sorted(group)]
            pictures: list[Picture] = []
            for one in grey:
                small = one.resize((MINIATURE_SIZE, MINIATURE_SIZE), Image.Resampling.BILINEAR)
                if (seen := picture_of(small.tobytes())) is not None:
                    pictures.append(seen)
            assert list(pans(pictures, [2.0 * place for place in range(len(pictures))])) == [], group


def groups(
    frames: Sequence[bytes],
    overlaps: Sequence[float] | None = None,
    *,
    pause: float = 2.0,
    camera: str | None = "Canon",
) -> list[list[str]]:
    """The groups of frames of which a closer look knows neighbours again, by so much as they share, and no others."""
    names = [f"{place}.jpg" for place in range(len(frames))]
    metadata = {name: metadata_with(wall_at(pause * at), camera=camera) for at, name in enumerate(names)}
    prints = {
        name: Fingerprint(0x3FF << 10 * at, phash=0x3FF << 10 * at, sketch=frames[at]) for at, name in enumerate(names)
    }
    grouping = Grouping([photo(name) for name in names], metadata, prints, GroupingRules())
    place = {name: at for at, name in enumerate(names)}
    looks = {}
    for pair in grouping.candidate_pairs():
        first, last = sorted((place[pair.left.id], place[pair.right.id]))
        shared = NEXT if overlaps is None else replace(NEXT, overlap=overlaps[first])
        looks[pair.id] = shared if last == first + 1 else FURTHER
    return [[member.id for member in group.photos] for group in grouping.groups(looks)]


def test_a_panorama_is_one_group_though_its_ends_have_nothing_in_common() -> None:
    frames = framed([(0.15 * place, 0) for place in range(6)])
    assert groups(frames) == [[f"{place}.jpg" for place in range(6)]]
    assert len(groups([frames[0]] * 6)) > 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "steps", [(0.2, 0.3, 0.2, 0.3), (0.32, 0.18, 0.35), (0.12, 0.3)], ids=["often", "once", "at its end"]
)
def test_no_frame_of_a_sweep_stands_for_the_next_though_some_share_enough(seed: int, steps: Sequence[float]) -> None:
    """Before, those that share more than the others were taken for a burst, of which all but one are hidden."""
    frames = framed([(float(at), 0.0) for at in np.cumsum([0.0, *steps])], seed)
    for camera in ("Canon", None):
        assert groups(frames, [1 - step for step in steps], camera=camera) == []


@pytest.mark.parametrize(
    ("steps", "together"),
    [((0.2,), 2), ((0.2, -0.2), 3), ((0.03, 0.03), 3)],
    ids=["framed anew", "and back", "a hand drifts"],
)
def test_photos_that_are_framed_anew_are_no_sweep(steps: Sequence[float], together: int) -> None:
    frames = framed([(1 + float(at), 0.0) for at in np.cumsum([0.0, *steps])])
    assert [len(group) for group in groups(frames, [1 - abs(step) for step in steps])] == [together]


def test_what_details_say_of_a_move_counts_only_if_sketches_say_the_same() -> None:
    still = framed([(0, 0)]) * 4
    assert groups(still, [0.8, 0.7, 0.8]) == [["0.jpg", "1.jpg"], ["2.jpg", "3.jpg"]]
