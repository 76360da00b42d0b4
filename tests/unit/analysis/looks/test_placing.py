"""Claims about where one small picture is found on another without features."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bestshot.analysis.looks.placing import Small, placed, refined
from tests.support.each import every
from tests.unit.analysis.looks.test_comparison import scene

SIZE = (128, 85)
LARGE = scene(1, 1280, 850)


def small(picture: Image.Image) -> Small:
    return Small(np.asarray(picture.resize(SIZE, Image.Resampling.BOX), dtype=np.uint8))


def _between(side: float, share: float) -> float:
    """Where a crop of this side may begin so that it holds what lies from a fourth to three fourths of the picture."""
    first, last = max(0.0, 0.75 - side), min(0.25, 1.0 - side)
    return first + (last - first) * share


@settings(max_examples=40, deadline=None)
@given(
    side=st.floats(0.8, 1.0),
    across=st.floats(0.0, 1.0),
    down=st.floats(0.0, 1.0),
    degrees=st.floats(-3.0, 3.0),
    is_crop_first=st.booleans(),
)
def test_a_tilted_crop_with_the_middle_of_the_picture_is_found_where_it_was_cut_out(
    *, side: float, across: float, down: float, degrees: float, is_crop_first: bool
) -> None:
    width, height = round(LARGE.width * side), round(LARGE.height * side)
    left, top = round(_between(side, across) * LARGE.width), round(_between(side, down) * LARGE.height)
    middle = left + width / 2, top + height / 2
    tilted = LARGE.rotate(degrees, Image.Resampling.BICUBIC, center=middle)
    crop = small(tilted.crop((left, top, left + width, top + height)))
    whole = small(LARGE)
    pair = (crop, whole) if is_crop_first else (whole, crop)
    found = refined(*pair, placed(*pair))
    to_whole = found if is_crop_first else np.linalg.inv(found)
    expected = np.array([middle[0] / 10 - 0.5, middle[1] / 10 - 0.5])
    assert np.abs((to_whole @ [SIZE[0] / 2 - 0.5, SIZE[1] / 2 - 0.5, 1.0])[:2] - expected).max() < 0.3
    assert np.hypot(to_whole[0, 0], to_whole[1, 0]) == pytest.approx(side, abs=0.01)


def test_a_picture_is_turned_moved_and_zoomed_but_never_sheared() -> None:
    stretched = small(LARGE.resize((1500, 850)).crop((110, 0, 1390, 850)))
    found = refined(stretched, small(LARGE), placed(stretched, small(LARGE)))
    assert found[0, 0] == found[1, 1]
    assert found[0, 1] == -found[1, 0]


@every("seed", range(2, 22))
def test_another_scene_has_no_place(seed: int) -> None:
    place = placed(small(LARGE), small(scene(seed, 1280, 850)))
    assert place.likeness < 0.5
    assert place.correlation < 0.6


@every("picture", [Image.new("L", SIZE, 0), Image.new("L", SIZE, 255), Image.linear_gradient("L")])
def test_what_shows_nothing_has_no_place(picture: Image.Image) -> None:
    for pair in ((small(picture), small(LARGE)), (small(LARGE), small(picture)), (small(picture), small(picture))):
        assert np.isfinite(refined(*pair, placed(*pair))).all()
    assert placed(small(picture), small(LARGE)).correlation < 0.6


@every("size", [(32, 128), (128, 32), (40, 40)])
def test_pictures_of_other_shapes_are_laid_on_each_other(size: tuple[int, int]) -> None:
    narrow = Small(np.asarray(LARGE.resize(size, Image.Resampling.BOX), dtype=np.uint8))
    for pair in ((narrow, small(LARGE)), (small(LARGE), narrow)):
        assert np.isfinite(refined(*pair, placed(*pair))).all()
