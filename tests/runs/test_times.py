"""Photos and copies of them whose times are none, or an hour apart, through whole runs over folders."""

from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bestshot.settings.settings import Settings
from tests.support.drawn_library import add, exif, groups, organize, scene

MAY = "2024:05:01 10:00:00"


def shrunk(picture: Image.Image) -> Image.Image:
    return picture.resize((120, 90))


def add_of(path: Path, picture: Image.Image, camera: str, taken: str, offset: str = "") -> None:
    """Save a picture as a photo of this camera."""
    said = exif(taken, offset=offset)
    said[ExifTags.Base.Model] = camera
    picture.save(path, quality=92, exif=said)


@pytest.mark.parametrize(
    "name",
    [
        "signal-2024-05-02-18-30-12-123.jpg",
        "PHOTO-2024-05-02-18-30-12.jpg",
        "00000012-PHOTO-2024-05-02-18-30-12.jpg",
        "threema-20240502-183012123.jpg",
        "KakaoTalk_20240502_183012345.jpg",
        "IMG_20240502_183012_345.jpg",
        "IMG_0001.sync-conflict-20240502-183012-ABCDEFG.jpg",
        "IMG_0001 (conflicted copy 2024-05-02 183012).jpg",
    ],
)
def test_a_copy_named_by_when_it_was_sent_or_copied_is_found(tmp_path: Path, name: str) -> None:
    add(tmp_path / "IMG_0001.jpg", scene(1), MAY)
    add(tmp_path / name, shrunk(scene(1)), None)
    add(tmp_path / "IMG_0002.jpg", scene(2), MAY)
    assert groups(organize(tmp_path)) == [sorted(["IMG_0001.jpg", name])]


@pytest.mark.parametrize(
    "default",
    [
        "2002:12:08 12:00:00",
        "1970:01:01 01:00:00",
        "1980:01:01 00:00:00",
        "1904:01:01 00:00:00",
        "1899:12:30 00:00:00",
        "2000:01:01 00:00:00",
        "0000:00:00 00:00:00",
    ],
)
def test_a_copy_with_a_default_for_its_date_is_found_and_its_date_called_a_guess(tmp_path: Path, default: str) -> None:
    library, output = tmp_path / "library", tmp_path / "out"
    add(library / "IMG_0001.jpg", scene(1), MAY)
    add_of(library / "shared.jpg", shrunk(scene(1)), "Phone", default)
    add(library / "IMG_0002.jpg", scene(2), MAY)
    outcome = organize(library, settings=Settings(no_faces=True, output=str(output)))
    assert groups(outcome) == [["IMG_0001.jpg", "shared.jpg"]]
    assert " (a guess: " in (output / "group_0001" / "metadata.txt").read_text()


def test_a_real_burst_at_the_noon_of_a_default_stays_one_and_apart_from_its_like(tmp_path: Path) -> None:
    """Another photo of the same scene, taken in another year, does not belong to it: the noon is a time here."""
    for shot, second in enumerate(("00", "01", "02"), start=1):
        add_of(tmp_path / f"burst_{shot}.jpg", scene(1, blur=shot / 4), "Camera", f"2002:12:08 12:00:{second}")
    add_of(tmp_path / "later.jpg", scene(1), "Camera", "2009:07:01 12:00:00")
    assert groups(organize(tmp_path)) == [["burst_1.jpg", "burst_2.jpg", "burst_3.jpg"]]


def test_two_cameras_of_which_one_states_a_zone_without_summer_time_meet(tmp_path: Path) -> None:
    add_of(tmp_path / "camera.jpg", scene(1), "Camera", "2024:06:02 13:25:00", "+00:00")
    add_of(tmp_path / "phone.jpg", scene(1, blur=1), "Phone", "2024:06:02 13:25:02", "+01:00")
    add_of(tmp_path / "abroad.jpg", scene(1, blur=0.5), "Other", "2024:06:02 13:25:02", "+09:00")
    assert groups(organize(tmp_path)) == [["camera.jpg", "phone.jpg"]]
