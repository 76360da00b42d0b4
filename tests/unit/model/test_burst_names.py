"""Claims about the names that cameras give the frames of a burst."""

import pytest

from bestshot.model.burst_names import BurstFrame, burst_of


@pytest.mark.parametrize(
    ("name", "key", "is_cover"),
    [
        ("00001IMG_00001_BURST20171111030039.jpg", "BURST20171111030039", False),
        ("00015IMG_00015_BURST20171111030039_COVER.jpg", "BURST20171111030039", True),
        ("00100lPORTRAIT_00100_BURST20190815135005128_COVER1.jpg", "BURST20190815135005128", True),
        ("DSC_0007_BURST20170211103059123.JPG", "BURST20170211103059123", False),
        ("DSC_0008_BURST20170211103059123_COVER.JPG", "BURST20170211103059123", True),
        ("IMG_20171207_063654_BURST001_COVER.jpg", "IMG_20171207_063654", True),
        ("IMG_20171207_063654_BURST014.jpg", "IMG_20171207_063654", False),
        ("IMG_20210304_101112_Burst01.jpg", "IMG_20210304_101112", False),
        ("20150619_201321_001.jpg", "20150619_201321", False),
    ],
)
def test_a_frame_of_a_burst_names_it(name: str, key: str, is_cover: bool) -> None:
    assert burst_of(name) == BurstFrame(key, is_cover)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_20171207_063654.jpg",
        "IMG_0001.jpg",
        "PXL_20231026_205755225.MP.jpg",
        "Sunburst_12.jpg",
        "20150619_201321.jpg",
        "20150619_201321_edited.jpg",
        "_BURST001.jpg",
        "BURST20171111030039",
        "",
    ],
)
def test_other_names_name_none(name: str) -> None:
    assert burst_of(name) is None
