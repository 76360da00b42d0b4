"""Claims about what is read out of photos, and about what is not believed."""

import os
import zlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from bestshot.errors import PhotoError
from bestshot.imaging.load import load_pixels
from bestshot.metadata.exif import Tags
from bestshot.metadata.read import read_metadata
from bestshot.model.photo import FileRole, Metadata, Photo, PhotoFile
from bestshot.model.times import TimeSource
from tests.support.sidecar_samples import sidecar as sidecar_of
from tests.unit.imaging.test_raw import drawn_dng, drawn_jpeg

SIZE = (40, 24)
MTIME_NS = 1_000_000_000 * 10**9
WHEN = "2024:01:31 12:00:00"
NOON = datetime(2024, 1, 31, 12)

Values = dict[int, object]


def exif_of(main: Values | None = None, capture: Values | None = None, gps: Values | None = None) -> bytes:
    exif = Image.Exif()
    exif.update(main or {})
    for part, tags in ((IFD.Exif, capture), (IFD.GPSInfo, gps)):
        if tags:
            exif.get_ifd(part).update(tags)
    return exif.tobytes()


def picture(exif: bytes = b"", kind: str = "JPEG", **options: object) -> bytes:
    """A small picture; its EXIF, where there is some, begins with the name of the segment."""
    file = BytesIO()
    image = Image.new("RGB", SIZE, "teal")
    if kind in ("HEIF", "AVIF"):
        pillow_heif.register_heif_opener()
    image.save(file, kind, **options, **({"exif": exif} if exif else {}))
    return file.getvalue()


def photo_of(name: str, files: tuple[PhotoFile, ...] = ()) -> Photo:
    first = PhotoFile("/photos/" + name, FileRole.PICTURE, 1, MTIME_NS)
    return Photo(name, "folder:/photos", name, "1-1", name, 1, (first, *files))


def read(data: bytes, name: str = "a.jpg", *files: PhotoFile) -> Metadata:
    return read_metadata(BytesIO(data), photo_of(name, files))


def beside(path: Path, content: bytes, role: FileRole = FileRole.SIDECAR) -> PhotoFile:
    path.write_bytes(content)
    return PhotoFile(os.fspath(path), role, len(content), 0)


def xmp(time: str) -> bytes:
    return sidecar_of(f'xmlns:e="http://ns.adobe.com/exif/1.0/" e:DateTimeOriginal="{time}"')


def takeout(seconds: int) -> bytes:
    return f'{{"photoTakenTime": {{"timestamp": "{seconds}"}}}}'.encode()


def test_everything_a_camera_tells_is_read() -> None:
    exif = exif_of(
        {Base.Make: "Canon", Base.Model: "Canon EOS 6D", Base.Orientation: 6},
        {
            Base.DateTimeOriginal: WHEN,
            Base.SubsecTimeOriginal: "25",
            Base.OffsetTimeOriginal: "+02:00",
            Base.ExposureTime: IFDRational(1, 250),
            Base.FNumber: IFDRational(28, 10),
            Base.ISOSpeedRatings: 400,
            Base.FocalLength: IFDRational(50, 1),
            Base.LensModel: "EF50mm",
        },
        {
            GPS.GPSLatitudeRef: "S",
            GPS.GPSLatitude: (33.0, 30.0, 36.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (18.0, 0.0, 0.0),
        },
    )
    found = read(picture(exif))
    wall = NOON + timedelta(milliseconds=250)
    assert found.taken.wall == wall
    assert found.taken.instant == wall.replace(tzinfo=UTC) - timedelta(hours=2)
    assert found.taken.zone_stated
    assert (found.width, found.height, found.format) == (24, 40, "JPEG")
    assert (found.camera, found.lens) == ("Canon EOS 6D", "EF50mm")
    assert (found.exposure_seconds, found.f_number, found.iso, found.focal_length_mm) == (0.004, 2.8, 400, 50.0)
    assert found.latitude == pytest.approx(-33.51)
    assert found.longitude == 18.0
    assert found.problems == ()


def test_a_picture_without_exif_has_a_size_and_the_date_of_its_file() -> None:
    found = read(picture())
    assert (found.width, found.height) == SIZE
    assert found.taken.source is TimeSource.FILE_DATE
    assert found.taken.instant == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert found.problems == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", [*range(1, 9), 77])
def test_the_size_is_that_of_the_upright_picture(kind: str, orientation: int) -> None:
    """For every format and orientation the header tells what decoding shows."""
    data = picture(exif_of({Base.Orientation: orientation}), kind)
    found = read(data)
    assert (found.width, found.height) == load_pixels(BytesIO(data), "a.jpg", 1000).size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_the_time_is_read_from_every_format(kind: str) -> None:
    found = read(picture(exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: WHEN}), kind))
    assert (found.taken.wall, found.format) == (NOON, kind)


def test_gps_relates_the_wall_clock_to_a_moment() -> None:
    gps: Values = {GPS.GPSDateStamp: "2024:01:31", GPS.GPSTimeStamp: (10.0, 0.0, 30.0)}
    found = read(picture(exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: WHEN}, gps)))
    assert found.taken.instant == NOON.replace(tzinfo=UTC) - timedelta(hours=2)


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


@pytest.mark.parametrize(
    "late",
    [
        chunk(b"eXIf", exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: WHEN}).removeprefix(b"Exif\0\0")),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp("2024-01-31T12:00:00")),
    ],
)
def test_what_stands_behind_the_pixels_of_a_png_is_found_without_decoding_them(late: bytes) -> None:
    """The pixels are broken here, which decoding them would notice."""
    plain = picture(kind="PNG")
    end = plain.rindex(b"IEND") - 4
    pixels = plain.index(b"IDAT") + 4
    broken = plain[:pixels] + b"\0\0\0" + plain[pixels + 3 : end] + late + plain[end:]
    found = read(broken)
    assert found.taken.wall == NOON
    assert found.problems == ()
    with pytest.raises(PhotoError):
        load_pixels(BytesIO(broken), "a.png", 10)


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 6D", "Canon EOS 6D"),
        ("NIKON CORPORATION", "NIKON D810", "NIKON D810"),
        ("Apple", "iPhone 7", "Apple iPhone 7"),
        ("SAMSUNG\0\0", " GT-I9000 \0x\x07", "SAMSUNG GT-I9000 x"),
        ("", "Pixel", "Pixel"),
        ("Casio", "", "Casio"),
        ("", "", None),
        ("Größe", "Ω\u202e", "Größe Ω"),
        ("A" * 60_000, "B", "A" * 200 + " B"),
    ],
)
def test_the_camera_is_make_and_model_without_a_doubled_make(make: str, model: str, camera: str | None) -> None:
    tags: Values = {tag: text.encode() for tag, text in ((Base.Make, make), (Base.Model, model)) if text}
    assert read(picture(exif_of(tags))).camera == camera


@pytest.mark.parametrize(
    ("capture", "iso"),
    [
        ({Base.ISOSpeedRatings: 100}, 100),
        ({Base.ISOSpeedRatings: 65535, Base.RecommendedExposureIndex: 102400}, 102400),
        ({Base.ISOSpeedRatings: (200, 0)}, 200),
        ({Base.ISOSpeedRatings: 0}, None),
    ],
)
def test_iso_is_read_where_it_stands(capture: Values, iso: int | None) -> None:
    assert read(picture(exif_of({Base.Make: "A"}, capture))).iso == iso


@pytest.mark.parametrize("value", [IFDRational(1, 0), IFDRational(0, 0), IFDRational(0, 5), IFDRational(2**32 - 1, 1)])
def test_a_fraction_that_is_no_measure_is_none(value: IFDRational) -> None:
    tags: Values = {Base.ExposureTime: value, Base.FNumber: value, Base.FocalLength: value}
    found = read(picture(exif_of({Base.Make: "A"}, tags)))
    assert (found.exposure_seconds, found.f_number, found.focal_length_mm) == (None, None, None)


@pytest.mark.parametrize(
    ("latitude", "longitude", "references"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), "NE"),
        ((91.0, 0.0, 0.0), (1.0, 0.0, 0.0), "NE"),
        ((1.0, 0.0, 0.0), (180.0, 1.0, 0.0), "NE"),
        ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0), "XY"),
        ((1.0, 0.0, IFDRational(1, 0)), (1.0, 0.0, 0.0), "NE"),
    ],
)
def test_a_place_that_is_none_is_not_believed(
    latitude: tuple[float, ...], longitude: tuple[float, ...], references: str
) -> None:
    gps: Values = {
        GPS.GPSLatitude: latitude,
        GPS.GPSLatitudeRef: references[0],
        GPS.GPSLongitude: longitude,
        GPS.GPSLongitudeRef: references[1],
    }
    found = read(picture(exif_of({Base.Make: "A"}, {}, gps)))
    assert (found.latitude, found.longitude) == (None, None)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("a.jpg", "so its time is a guess"),
        ("IMG_20240131_120000.jpg", "so the time of its file name is taken"),
    ],
)
def test_a_date_that_is_none_is_a_problem_and_says_what_came_of_it(name: str, end: str) -> None:
    data = picture(exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: "2024:13:45 99:99:99"}))
    [problem] = read(data, name).problems
    assert problem == f"its DateTimeOriginal '2024:13:45 99:99:99' is not a date and time, {end}"


def test_an_unknown_date_is_no_problem() -> None:
    data = picture(exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: "0000:00:00 00:00:00"}))
    assert read(data).problems == ()


def test_exif_that_has_nothing_to_tell_is_no_problem() -> None:
    empty_part = Image.Exif()
    empty_part[IFD.Exif] = {}
    for exif in (Image.Exif(), empty_part):
        assert read(picture(exif.tobytes())).problems == ()


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage that is no TIFF",
        b"Exif\0\0II*\0\xff\xff\0\0" + b"\0" * 40,
        b"Exif\0\0MM\0*\0\0\0\x08\0\x09" + b"\1" * 20,
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_damaged_exif_is_a_problem_and_no_error(exif: bytes, kind: str) -> None:
    found = read(picture(exif, kind))
    assert found.problems == ("its EXIF is damaged, so its time is a guess",)
    assert (found.width, found.height) == SIZE


def test_empty_exif_is_no_problem() -> None:
    assert read(picture(exif_of())).problems == ()


SOUND = exif_of(
    {Base.Make: "Maker", Base.Model: "Model", Base.Orientation: 6},
    {Base.DateTimeOriginal: WHEN, Base.ExposureTime: IFDRational(1, 250), Base.ISOSpeedRatings: 400},
    {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: (1.0, 2.0, 3.0),
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: (4.0, 5.0, 6.0),
    },
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.integers(6, len(SOUND) - 1), st.integers(0, 255), min_size=1, max_size=6))
def test_no_damage_to_exif_raises_or_gets_through(hits: dict[int, int]) -> None:
    """Whatever bytes of EXIF are hit, the answer can be stored and is within its limits."""
    exif = bytearray(SOUND)
    for place, value in hits.items():
        exif[place] = value
    found = read(picture(bytes(exif)))
    for text in (found.camera or "", found.lens or "", *found.problems):
        assert text.encode().decode() == text
        assert text.isprintable()
    assert found.exposure_seconds is None or 0 < found.exposure_seconds < 2**32
    assert found.latitude is None or -90 <= found.latitude <= 90
    assert {found.width, found.height} == set(SIZE)


def test_values_of_a_wrong_type_are_read_as_far_as_they_go() -> None:
    tags = Tags({1: (7, 8), 2: b"caf\xe9\0\0", 3: "12", 4: b"12", 5: {}, 6: (), 7: "\udcff\n\x1b[31m"})
    assert [tags.text(tag) for tag in range(1, 8)] == ["7", "caf\xe9", "12", "12", "{}", "", "[31m"]
    assert [tags.number(tag) for tag in range(8)] == [None, 7.0, None, None, None, None, None, None]


def test_takeout_files_are_not_even_opened_when_exif_tells_the_time(tmp_path: Path) -> None:
    gone = PhotoFile(os.fspath(tmp_path / "a.jpg.json"), FileRole.TAKEOUT, 1, 0)
    found = read(picture(exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: WHEN})), "a.jpg", gone)
    assert found.problems == ()


def rated(stars: int) -> bytes:
    return sidecar_of(f'm:Rating="{stars}"')


def test_the_users_stars_are_those_of_the_sidecar_then_of_the_picture_then_of_exif(tmp_path: Path) -> None:
    exif = exif_of({Base.Make: "A", Base.Rating: 1}, {Base.DateTimeOriginal: WHEN})
    sidecar = beside(tmp_path / "a.xmp", rated(5))
    assert read(picture(exif, xmp=rated(3)), "a.jpg", sidecar).rating == 5
    assert read(picture(exif, xmp=rated(3)), "a.jpg").rating == 3
    assert read(picture(exif), "a.jpg").rating == 1
    assert read(picture(exif, xmp=rated(0)), "a.jpg", beside(tmp_path / "b.xmp", rated(0))).rating == 1
    assert read(picture(), "a.jpg").rating is None


def test_a_sidecar_that_cannot_be_read_is_told_for_it_may_hold_stars(tmp_path: Path) -> None:
    gone = PhotoFile(os.fspath(tmp_path / "a.xmp"), FileRole.SIDECAR, 1, 0)
    found = read(picture(exif_of({Base.Make: "A"}, {Base.DateTimeOriginal: WHEN})), "a.jpg", gone)
    assert found.problems == ("its a.xmp cannot be read: No such file or directory, so its rating is not known",)


def test_xmp_beside_the_photo_comes_before_xmp_in_it_and_takeout(tmp_path: Path) -> None:
    embedded = picture(xmp=xmp("2022-02-02T02:02:02"))
    google = beside(tmp_path / "a.jpg.json", takeout(1_706_702_400), FileRole.TAKEOUT)
    sidecar = beside(tmp_path / "a.xmp", xmp("2024-01-31T12:00:00"))
    assert read(embedded, "a.jpg", google, sidecar).taken.wall == NOON
    assert read(embedded, "a.jpg", google).taken.wall == datetime(2022, 2, 2, 2, 2, 2)
    assert read(picture(), "a.jpg", google).taken.instant == NOON.replace(tzinfo=UTC)


def test_an_unreadable_sidecar_is_a_problem_and_the_next_one_is_asked(tmp_path: Path) -> None:
    broken = beside(tmp_path / "a\n.xmp", b"<x")
    google = beside(tmp_path / "a.jpg.json", takeout(1_706_702_400), FileRole.TAKEOUT)
    gone = PhotoFile(os.fspath(tmp_path / "gone.xmp"), FileRole.SIDECAR, 1, 0)
    found = read(picture(), "a.jpg", broken, gone, google)
    assert found.taken.source is TimeSource.TAKEOUT
    assert found.problems == (
        r"its a\n.xmp is not well-formed XML, so the time of its Google Takeout is taken",
        "its gone.xmp cannot be read: No such file or directory, so the time of its Google Takeout is taken",
        "its gone.xmp cannot be read: No such file or directory, so its rating is not known",
    )


def test_adjustments_and_raw_companions_are_not_taken_for_sidecars(tmp_path: Path) -> None:
    adjustments = beside(tmp_path / "a.AAE", b"no xml")
    raw = beside(tmp_path / "a.dng", b"no raw", FileRole.RAW)
    assert read(picture(), "a.jpg", adjustments, raw).problems == ()


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_raw_photo_has_the_size_of_its_raw_pixels_and_not_of_a_thumbnail(orientation: int) -> None:
    found = read(drawn_dng(orientation, drawn_jpeg()), "a.dng")
    assert (found.width, found.height) == ((64, 96) if orientation == 6 else (96, 64))
    assert found.format == "DNG"


def test_a_damaged_part_of_a_raw_photo_does_not_cost_it_its_size() -> None:
    """The sixteen bytes after the place of the raw picture's tags are cleared, so none of them can be read."""
    data = drawn_dng(preview=drawn_jpeg())
    with Image.open(BytesIO(data)) as image:
        start = image.getexif()[Base.SubIFDs]
    found = read(data[:start] + b"\0" * 16 + data[start + 16 :], "a.dng")
    assert (found.width, found.height) == (480, 320)


def test_a_raw_photo_that_only_libraw_reads_tells_its_time() -> None:
    """Olympus marks its TIFF-like files by other letters, which Pillow does not know."""
    data = drawn_dng()
    found = read(data[:2] + b"RO" + data[4:], "a.orf")
    assert found.taken.wall == datetime(2024, 5, 6, 7, 8, 9)
    assert found.taken.source is TimeSource.EXIF_ORIGINAL
    assert found.format == "ORF"


@pytest.mark.parametrize("preview", [b"", drawn_jpeg()])
def test_a_raw_photo_that_only_libraw_reads_tells_its_size_and_camera(preview: bytes) -> None:
    for orientation, size in ((1, (96, 64)), (6, (64, 96))):
        data = drawn_dng(orientation, preview)
        found = read(data[:2] + b"RO" + data[4:], "a.orf")
        assert (found.width, found.height, found.camera) == (*size, "Drawn One")


@pytest.mark.parametrize("name", ["a.jpg", "a.dng"])
@pytest.mark.parametrize("content", [b"", b"a text", b"\xff\xd8\xff", b"II*\0" + b"\0" * 60])
def test_what_is_no_picture_is_an_error(name: str, content: bytes) -> None:
    with pytest.raises(PhotoError):
        read(content, name)


def test_all_real_photos_are_described_or_refused(shared: Path) -> None:
    """No file of the collection raises anything but PhotoError; warnings would be errors here."""
    described = 0
    for path in sorted((shared / "formats").rglob("*.*")) + sorted((shared / "hostile").rglob("*.*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".tif", ".webp", ".heic", ".heif", ".dng", ".mpo"}:
            continue
        try:
            with path.open("rb") as stream:
                found = read_metadata(stream, photo_of(path.name))
        except PhotoError:
            continue
        described += 1
        assert found.width is not None
        assert found.width > 0
    assert described > 200


@pytest.mark.parametrize(
    ("name", "time", "offset"),
    [
        ("photoprism/iphone_15_pro.heic", "2023-10-31T11:44:43.432000+01:00", True),
        ("heif/IMG_2682.heic", "2019-03-21T11:04:22.348000-05:00", False),
        ("pairs/IMG_6001.DNG", "2019-06-06T07:29:51+02:00", False),
        ("immich/denali.webp", "2010-08-13T21:00:01.850000", False),
    ],
)
def test_real_photos_tell_their_time(shared: Path, name: str, time: str, offset: bool) -> None:
    with (shared / "formats" / name).open("rb") as stream:
        taken = read_metadata(stream, photo_of(name)).taken
    assert (taken.isoformat(), taken.zone_stated) == (time, offset)
