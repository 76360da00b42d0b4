"""What an Immich asset becomes: its times, its numbers, its name and its revision."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bestshot.immich.model import Asset, Exif, Visibility
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.sources.immich.assets import capture_time_of, metadata_of, photo_of
from bestshot.sources.immich.pairs import Shot
from tests.support.each import every
from tests.support.immich.bare_assets import NO_ASSET, NO_EXIF

WALL = datetime(2024, 5, 1, 12, 30)
MOMENT = datetime(2024, 5, 1, 10, 30, tzinfo=UTC)
LATER = MOMENT + timedelta(days=400)

NOTHING = replace(NO_EXIF, taken=MOMENT)
"""A server fills in a date, whether the file holds one or not."""

CAMERA = replace(NOTHING, make="TestCam", model="TC-1", width=2400, height=1600, size=155_670, orientation="1")


def asset(name: str = "berlin.jpg", exif: Exif | None = CAMERA) -> Asset:
    """A photo of half past twelve in Berlin."""
    return replace(
        NO_ASSET,
        id="11111111-1111-4111-8111-111111111111",
        file_name=name,
        path="/data/upload/berlin.jpg",
        file_created_at=MOMENT,
        local_time=WALL,
        file_modified_at=LATER,
        checksum="c2hhMQ==",
        thumbhash="3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
        exif=exif,
    )


def test_with_a_zone_both_the_wall_clock_and_the_moment_are_known() -> None:
    taken = capture_time_of(asset(exif=replace(CAMERA, time_zone="UTC+2")))
    assert taken == CaptureTime(WALL, MOMENT, TimeSource.SERVER)
    assert (taken.is_guess, taken.isoformat()) == (False, "2024-05-01T12:30:00+02:00")


def test_without_a_zone_the_servers_moment_is_only_its_own_reading_of_the_wall_clock() -> None:
    assert capture_time_of(asset()) == CaptureTime(WALL, None, TimeSource.SERVER)


def test_a_zone_alone_shows_that_the_file_has_a_date() -> None:
    assert not capture_time_of(asset(exif=replace(NOTHING, time_zone="UTC"))).is_guess


@every("name", ["shot.jpg", "IMG_20240131_154501.jpg", "PHOTO-2024-01-31-15-45-01.jpg"])
def test_a_default_on_the_server_is_a_guess_unless_the_name_tells_a_time(name: str) -> None:
    taken = capture_time_of(replace(asset(name), local_time=datetime(2002, 12, 8, 12)))
    assert taken.is_guess == (not name.startswith("IMG_"))
    assert taken.source is (TimeSource.FILE_NAME if name.startswith("IMG_") else TimeSource.SERVER)


@every("created", [MOMENT, LATER])
@every("exif", [NOTHING, None])
def test_the_dates_of_a_file_are_guesses(created: datetime, exif: Exif | None) -> None:
    taken = capture_time_of(replace(asset("shot.png", exif), file_created_at=created))
    assert taken == CaptureTime(WALL, created, TimeSource.FILE_DATE)
    assert taken.is_guess


@pytest.mark.parametrize(
    ("name", "source", "is_guess"),
    [
        ("IMG-20240131-WA0001.jpg", TimeSource.DATE_IN_NAME, True),
        ("WhatsApp Image 2024-01-31 at 15.45.01.jpeg", TimeSource.DATE_IN_NAME, True),
        ("Screenshot_20240131-154501.png", TimeSource.FILE_NAME, False),
    ],
)
def test_a_name_tells_more_than_the_files_dates_and_those_of_messengers_are_guesses(
    name: str, source: TimeSource, is_guess: bool
) -> None:
    taken = capture_time_of(asset(name, NOTHING))
    assert (taken.source, taken.is_guess) == (source, is_guess)
    assert taken.wall is not None
    assert taken.wall.date() == datetime(2024, 1, 31).date()


def test_a_camera_is_trusted_more_than_the_name() -> None:
    assert capture_time_of(asset("IMG-20240131-WA0001.jpg")).wall == WALL


def test_dates_that_are_none_leave_what_is_known_and_never_nothing() -> None:
    whole = asset(exif=replace(CAMERA, time_zone="UTC+2"))
    assert capture_time_of(replace(whole, local_time=None)) == CaptureTime(None, MOMENT, TimeSource.SERVER)
    assert capture_time_of(replace(whole, file_created_at=None)) == CaptureTime(WALL, None, TimeSource.SERVER)
    neither = replace(whole, local_time=None, file_created_at=None)
    assert capture_time_of(neither) == CaptureTime(None, LATER, TimeSource.FILE_DATE)
    nothing = capture_time_of(replace(neither, file_modified_at=None))
    assert (nothing.is_guess, nothing.seconds) == (True, 0)


def test_the_numbers_of_the_camera_are_taken_over() -> None:
    told = replace(
        CAMERA,
        lens="35mm",
        f_number=2.8,
        focal_length_mm=35.0,
        iso=200.0,
        exposure="1/250",
        latitude=52.5,
        longitude=13.4,
    )
    metadata = metadata_of(asset(exif=told))
    assert (metadata.width, metadata.height, metadata.camera, metadata.lens) == (2400, 1600, "TestCam TC-1", "35mm")
    assert (metadata.f_number, metadata.focal_length_mm, metadata.iso) == (2.8, 35.0, 200)
    assert (metadata.exposure_seconds, metadata.latitude, metadata.longitude) == (0.004, 52.5, 13.4)


@pytest.mark.parametrize(("orientation", "size"), [("1", (2400, 1600)), ("6", (1600, 2400)), (None, (2400, 1600))])
def test_width_and_height_are_those_of_the_upright_picture(orientation: str | None, size: tuple[int, int]) -> None:
    metadata = metadata_of(asset(exif=replace(CAMERA, orientation=orientation)))
    assert (metadata.width, metadata.height) == size


@every(
    "make, model, camera",
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("Apple", None, "Apple"),
        (None, "X", "X"),
        (None, None, None),
    ],
)
def test_a_camera_is_named_once(make: str | None, model: str | None, camera: str | None) -> None:
    assert metadata_of(asset(exif=replace(CAMERA, make=make, model=model, time_zone="UTC"))).camera == camera


@every(
    "written, seconds",
    [
        ("1/250", 0.004),
        ("0.5", 0.5),
        ("30", 30.0),
        (None, None),
        ("", None),
        ("1/0", None),
        ("bulb", None),
        ("0", None),
    ],
)
def test_an_exposure_is_in_seconds_or_unknown(written: str | None, seconds: float | None) -> None:
    assert metadata_of(asset(exif=replace(CAMERA, exposure=written))).exposure_seconds == seconds


def test_what_was_not_read_yet_is_unknown_and_no_failure() -> None:
    metadata = metadata_of(asset(exif=None))
    assert (metadata.width, metadata.camera, metadata.iso) == (None, None, None)
    assert photo_of(Shot(asset(exif=None)), "o").size == 0


@pytest.mark.parametrize(
    ("listed", "name"),
    [("berlin.jpg", "berlin.jpg"), ("berlin", "berlin.jpg"), ("berlin.HEIC", "berlin.HEIC")],
)
def test_a_name_has_its_suffix_in_every_version(listed: str, name: str) -> None:
    assert photo_of(Shot(asset(listed)), "o").name == name


@every(
    "change", [{"checksum": "b3RoZXI="}, {"thumbhash": None}, {"file_modified_at": MOMENT}, {"file_modified_at": None}]
)
def test_the_revision_changes_with_all_that_changes_with_the_picture(change: dict[str, object]) -> None:
    before = asset()
    assert photo_of(Shot(replace(before, **change)), "o").revision != photo_of(Shot(before), "o").revision  # type: ignore[arg-type] # one field of several types


def test_the_revision_stays_when_only_what_is_said_of_the_picture_changes() -> None:
    before = asset()
    after = replace(before, is_favorite=True, visibility=Visibility.ARCHIVE, exif=replace(CAMERA, rating=5))
    assert photo_of(Shot(after), "o").revision == photo_of(Shot(before), "o").revision
