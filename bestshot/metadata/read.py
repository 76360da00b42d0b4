"""Metadata from the header of a picture: when, how and where it was taken, and which values cannot be trusted."""

import math
from typing import BinaryIO

from PIL.ExifTags import GPS, Base

from bestshot.errors import PhotoError, TransientError
from bestshot.imaging.raw import raw_capture
from bestshot.metadata.camera_notes import stated_burst
from bestshot.metadata.capture_time import ExifDate, ExifDates, choose_time, exif_time, gps_moment
from bestshot.metadata.exif import Exif, Tags, one_line
from bestshot.metadata.header import Header, read_header
from bestshot.metadata.sidecars import sidecar_times, user_rating
from bestshot.model.burst_names import BurstFrame
from bestshot.model.formats import HEADER_LENGTH, RAW_SUFFIXES, PictureKind, sniff, suffix_of
from bestshot.model.photo import Metadata, Photo
from bestshot.model.times import CaptureTime, TimeSource

# The largest value of the old tag for ISO; it then means that the sensitivity stands elsewhere (EXIF 2.3).
_ISO_ELSEWHERE = 65535


def read_metadata(picture: BinaryIO, photo: Photo) -> Metadata:
    """Read the header of a photo's picture, and its sidecars if EXIF does not contain its capture time.

    `photo.files` must begin with the picture, whose date is the last resort. Damaged values are left out, and
    `problems` lists where that cost a better time.

    Raises:
        PhotoError: it is not a picture; the message leaves out the name.
        TransientError: the disk failed.
    """
    try:
        header = read_header(picture, photo.name)
    except TransientError:
        raise
    except PhotoError:
        if not _is_raw(picture, photo.name):
            raise
        return _raw_metadata(picture, photo)
    exif = header.exif
    exif_taken, complaints = exif_time(_dates(exif))
    if exif.is_damaged:
        complaints = ("its EXIF is damaged", *complaints)
    taken, problems = _settle_time(exif_taken, complaints, photo, header.xmp)
    rating, doubts = user_rating(photo, header.xmp, exif.tags.number(Base.Rating))
    latitude, longitude = _place(exif.gps)
    burst, misreadings = _burst(header)
    return Metadata(
        taken=taken,
        width=header.size[0],
        height=header.size[1],
        format=_format(photo.name, header.format),
        camera=_camera(exif.tags.text(Base.Make), exif.tags.text(Base.Model)),
        lens=exif.tags.text(Base.LensModel) or None,
        exposure_seconds=exif.tags.number(Base.ExposureTime),
        f_number=exif.tags.number(Base.FNumber),
        iso=_iso(exif.tags),
        focal_length_mm=exif.tags.number(Base.FocalLength),
        latitude=latitude,
        longitude=longitude,
        burst=burst,
        rating=rating,
        problems=(*problems, *doubts, *misreadings),
    )


def _burst(header: Header) -> tuple[BurstFrame | None, tuple[str, ...]]:
    """The burst that a file states, and what may hide one."""
    try:
        return stated_burst(header.xmp, header.exif.tags.values.get(Base.MakerNote)), ()
    except PhotoError as error:
        return None, (f"its XMP {error}, so the burst that it names is not known",)


def _is_raw(picture: BinaryIO, name: str) -> bool:
    picture.seek(0)
    return suffix_of(name) in RAW_SUFFIXES or sniff(picture.read(HEADER_LENGTH)) is PictureKind.RAW


def _raw_metadata(picture: BinaryIO, photo: Photo) -> Metadata:
    """The metadata of a raw photo that is not a TIFF file, which only LibRaw reads."""
    capture = raw_capture(picture)
    written = "" if capture.taken is None else capture.taken.isoformat(" ")
    clock, complaints = exif_time(ExifDates(ExifDate(written)))
    taken, problems = _settle_time(clock, complaints, photo, None)
    rating, doubts = user_rating(photo, None, None)
    return Metadata(
        taken=taken,
        width=capture.width,
        height=capture.height,
        format=_format(photo.name, None),
        camera=_camera(one_line(capture.make), one_line(capture.model)),
        exposure_seconds=capture.exposure_seconds,
        f_number=capture.f_number,
        iso=capture.iso,
        focal_length_mm=capture.focal_length_mm,
        rating=rating,
        problems=(*problems, *doubts),
    )


def _settle_time(
    exif: CaptureTime | None, complaints: tuple[str, ...], photo: Photo, xmp: object
) -> tuple[CaptureTime, tuple[str, ...]]:
    """Find the most trusted time; complaints end in what came of them, and are dropped if nothing did."""
    found = list(complaints)
    taken = choose_time(exif, sidecar_times(photo, xmp, found), photo.name, photo.files[0].mtime_ns)
    if taken.source is TimeSource.EXIF_ORIGINAL:
        return taken, ()
    end = "so its time is a guess" if taken.is_guess else f"so the time of its {taken.source.value} is taken"
    return taken, tuple(f"{complaint}, {end}" for complaint in found)


def _dates(exif: Exif) -> ExifDates:
    text = exif.tags.text
    return ExifDates(
        ExifDate(text(Base.DateTimeOriginal), text(Base.SubsecTimeOriginal), text(Base.OffsetTimeOriginal)),
        ExifDate(text(Base.DateTimeDigitized), text(Base.SubsecTimeDigitized), text(Base.OffsetTimeDigitized)),
        text(Base.OffsetTime),
        gps_moment(exif.gps.text(GPS.GPSDateStamp), exif.gps.numbers(GPS.GPSTimeStamp)),
    )


def _format(name: str, read_as: str | None) -> str | None:
    """The kind of the picture; a raw photo by its suffix, as its content is mostly some TIFF."""
    if read_as is None or (read_as == "TIFF" and suffix_of(name) in RAW_SUFFIXES):
        return suffix_of(name).removeprefix(".").upper() or "RAW"
    return "JPEG" if read_as == "MPO" else read_as  # several JPEG pictures in one file


def _camera(make: str, model: str) -> str | None:
    """Make and model, without the make where the model begins with it: "Canon EOS 6D", "Apple iPhone 7"."""
    brand = make.partition(" ")[0]
    return (model if model.lower().startswith(brand.lower()) else f"{make} {model}".strip()) or None


def _iso(tags: Tags) -> int | None:
    iso = tags.number(Base.ISOSpeedRatings)
    if iso is None or iso == _ISO_ELSEWHERE:
        iso = tags.number(Base.RecommendedExposureIndex)
    return round(iso) if iso else None


def _place(gps: Tags) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees, north and east positive; both or neither."""
    latitude = _degrees(gps.numbers(GPS.GPSLatitude), gps.text(GPS.GPSLatitudeRef), "NS", 90)
    longitude = _degrees(gps.numbers(GPS.GPSLongitude), gps.text(GPS.GPSLongitudeRef), "EW", 180)
    if latitude is None or longitude is None or (latitude, longitude) == (0, 0):  # what phones write without a fix
        return None, None
    return latitude, longitude


def _degrees(parts: tuple[float, ...], reference: str, signs: str, limit: int) -> float | None:
    """Degrees, minutes and seconds as one number; None without the letter for the hemisphere."""
    half = reference[:1].upper()
    if not parts or not half or half not in signs:
        return None
    degrees = math.fsum(part / 60.0**power for power, part in enumerate(parts[:3]))
    if not 0 <= degrees <= limit:
        return None
    return -degrees if half == signs[1] else degrees
