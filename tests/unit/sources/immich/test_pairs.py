"""A RAW file and the picture beside it are one shot where nothing else can be meant; nothing is ever left out."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.immich.model import Asset
from bestshot.sources.immich.pairs import Shot, pair_shots
from tests.support.each import every
from tests.support.immich.bare_assets import NO_ASSET, NO_EXIF

NOON = datetime(2024, 1, 31, 12)


def asset(name: str, *, id_: str = "", taken: datetime | None = NOON, camera: str | None = "X100") -> Asset:
    exif = replace(NO_EXIF, model=camera)
    return replace(NO_ASSET, id=id_ or name, file_name=name, local_time=taken, exif=exif)


def paired(*assets: Asset) -> set[tuple[str, str | None]]:
    return {(shot.picture.id, shot.raw.id if shot.raw else None) for shot in pair_shots(assets)}


@every("raw", ["IMG_1.ARW", "IMG_1.dng", "img_1.CR2"])
@every("picture", ["IMG_1.JPG", "IMG_1.heic"])
def test_a_raw_file_goes_with_the_picture_of_its_name(raw: str, picture: str) -> None:
    both = asset(raw), asset(picture)
    assert pair_shots(both) == pair_shots(both[::-1]) == [Shot(both[1], both[0])]


@pytest.mark.parametrize(
    ("raw", "picture"),
    [
        ("PXL_1.RAW-02.ORIGINAL.dng", "PXL_1.RAW-01.COVER.jpg"),
        ("PXL_1.dng", "PXL_1.MP.jpg"),
        ("IMG_1.dng", "MVIMG_1.jpg"),
        ("K\u00f6ln.dng", "Ko\u0308ln.jpg"),
    ],
)
def test_what_programs_add_to_a_name_does_not_part_the_files_of_a_shot(raw: str, picture: str) -> None:
    assert paired(asset(raw), asset(picture)) == {(picture, raw)}


@every(
    "raw",
    [
        asset("IMG_2.ARW"),
        asset("IMG_1.ARW", taken=NOON + timedelta(seconds=1)),
        asset("IMG_1.ARW", camera="X200"),
        asset("IMG_1.ARW", camera=None),
        asset("IMG_1.ARW", taken=None),
        replace(asset("IMG_1.ARW"), exif=None),
        asset("IMG_1.MOV"),
    ],
)
def test_one_of_another_shot_stays_apart(raw: Asset) -> None:
    assert paired(raw, asset("IMG_1.JPG")) == {(raw.id, None), ("IMG_1.JPG", None)}


def test_fractions_of_a_second_which_only_one_of_the_files_may_tell_do_not_part_them() -> None:
    raw = asset("IMG_1.ARW", taken=NOON + timedelta(milliseconds=420))
    assert paired(raw, asset("IMG_1.JPG")) == {("IMG_1.JPG", "IMG_1.ARW")}


def test_where_servers_leave_suffixes_out_of_names_the_path_has_them() -> None:
    both = [replace(asset("IMG_1", id_=path), path=path) for path in ("/data/1.ARW", "/data/2.jpg")]
    assert paired(*both) == {("/data/2.jpg", "/data/1.ARW")}


@pytest.mark.parametrize("second", ["IMG_1.ARW", "IMG_1.JPG"])
def test_where_one_of_them_is_there_twice_all_stay_apart(second: str) -> None:
    assets = asset("IMG_1.ARW"), asset("IMG_1.JPG"), asset(second, id_="copy")
    assert paired(*assets) == {(one.id, None) for one in assets}


@given(
    st.lists(
        st.tuples(st.sampled_from(["a.arw", "a.jpg", "a.heic", "b.arw", "b.jpg", "b.png"]), st.integers(0, 1)),
        max_size=8,
    )
)
def test_every_asset_is_in_exactly_one_shot(drawn: list[tuple[str, int]]) -> None:
    assets = [asset(name, id_=str(n), taken=NOON + timedelta(seconds=late)) for n, (name, late) in enumerate(drawn)]
    shots = pair_shots(assets)
    found = [one.id for shot in shots for one in (shot.picture, shot.raw) if one is not None]
    assert sorted(found) == sorted(one.id for one in assets)
