"""What one file of a photo says of its shot, read from its header alone: pictures, raw photos and films."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final

from PIL.ExifTags import IFD, Base

from bestshot.errors import PhotoError, TransientError
from bestshot.imaging.guards import decoding
from bestshot.imaging.headers import BoundedDirectory
from bestshot.imaging.plain_jpeg import UnusualError
from bestshot.imaging.raw import raw_capture
from bestshot.metadata.boxes import Film, canon_directories, read_film
from bestshot.metadata.camera_notes import CONTENT_ID, apple_text
from bestshot.metadata.capture_time import DateError, ExifDate, ExifDates, exif_time, moment
from bestshot.metadata.exif import Tags
from bestshot.metadata.header import read_header
from bestshot.metadata.plain_exif import plain_tiff
from bestshot.model.file_facts import FileFacts
from bestshot.model.formats import HEADER_LENGTH, PictureKind, sniff
from bestshot.model.times import CaptureTime, TimeSource

_FUJI: Final = b"FUJIFILMCCD-RAW"
_FUJI_JPEG: Final = 84
"""Where a RAF file says where its preview is, which has all EXIF, and how long."""
_WANTED: Final = (
    Base.Model,
    Base.MakerNote,
    Base.DateTimeOriginal,
    Base.SubsecTimeOriginal,
    Base.OffsetTimeOriginal,
    Base.DateTimeDigitized,
    Base.SubsecTimeDigitized,
    Base.OffsetTimeDigitized,
    Base.OffsetTime,
)
_LONGEST_PREVIEW: Final = 32_000_000
_TIFF_LIKE: Final = re.compile(rb"II(?:\*\0|RO|RS|U\0)|MM(?:\0\*|OR)")
"""How raw files begin that are TIFF files but for their magic number."""
_TIFF_MAGIC = {b"II": b"II*\0", b"MM": b"MM\0*"}


def read_file_facts(stream: BinaryIO, name: str) -> FileFacts:
    """What a file says; nothing where it is damaged, which is told when it is read as a photo.

    Raises TransientError if the disk fails.
    """
    try:
        film = read_film(stream)
        return _of_film(film) if film is not None else _of_tags(_tags(stream, name))
    except TransientError:
        raise
    except PhotoError:
        return _of_raw(stream)


def _of_film(film: Film) -> FileFacts:
    facts = FileFacts(_model(film.model or ""), content_id=film.content_id, is_film=True, seconds=film.seconds)
    if film.clock is not None:
        wall, instant = _seconds(film.clock.as_capture_time(TimeSource.EXIF_ORIGINAL))
        return replace(facts, wall=wall, instant=instant)
    with suppress(DateError):
        _, made = _seconds(CaptureTime(None, moment(film.created or 0), TimeSource.EXIF_ORIGINAL))
        return replace(facts, made=made)
    return facts


def _of_tags(tags: Tags) -> FileFacts:
    text = tags.text
    dates = ExifDates(
        ExifDate(text(Base.DateTimeOriginal), text(Base.SubsecTimeOriginal), text(Base.OffsetTimeOriginal)),
        ExifDate(text(Base.DateTimeDigitized), text(Base.SubsecTimeDigitized), text(Base.OffsetTimeDigitized)),
        text(Base.OffsetTime),
    )
    wall, instant = _seconds(exif_time(dates)[0])
    content_id = apple_text(tags.values.get(Base.MakerNote), CONTENT_ID)
    return FileFacts(_model(text(Base.Model)), wall, instant, content_id=content_id)


def _of_raw(stream: BinaryIO) -> FileFacts:
    """What only LibRaw can read: of cameras of long ago, whose files are small."""
    stream.seek(0)
    if sniff(stream.read(HEADER_LENGTH)) is not PictureKind.RAW:
        return FileFacts()
    with suppress(PhotoError):
        capture = raw_capture(stream)
        wall, _ = _seconds(
            None if capture.taken is None else CaptureTime(capture.taken, None, TimeSource.EXIF_ORIGINAL)
        )
        return FileFacts(_model(capture.model), wall)
    return FileFacts()


def _tags(stream: BinaryIO, name: str) -> Tags:
    """The EXIF of a picture or of a raw photo; raises PhotoError if it has none that can be read here."""
    stream.seek(0)
    head = stream.read(_FUJI_JPEG + 8)
    if head.startswith(_FUJI):
        place, length = (int.from_bytes(head[start : start + 4], "big") for start in (_FUJI_JPEG, _FUJI_JPEG + 4))
        stream.seek(place)
        preview = BytesIO(stream.read(min(length, _LONGEST_PREVIEW)))
        return read_header(preview, "preview.jpg").exif.tags
    if sniff(head) is PictureKind.RAW or _TIFF_LIKE.match(head):
        directories = [*islice(canon_directories(stream), 2)] if head[4:8] == b"ftyp" else []
        found = _merged(map(BytesIO, directories)) if directories else _merged([stream])
        if found:
            return Tags(found)
    return read_header(stream, name).exif.tags


def _merged(files: Iterator[BytesIO] | list[BinaryIO]) -> Mapping[int, object]:
    """The tags of the first directory of each TIFF file, and of the EXIF that it points to."""
    found: dict[int, object] = {}
    with suppress(PhotoError), decoding():
        for file in files:
            file.seek(0)
            header = file.read(8)
            if header[:2] not in _TIFF_MAGIC:
                break
            for tags in _of_tiff(file, _TIFF_MAGIC[header[:2]] + header[4:]):
                found |= tags
    return found


def _of_tiff(file: BinaryIO, header: bytes) -> Iterator[dict[int, object]]:
    """The tags of a TIFF file that are used, as far as it is sound; `header` is its own with TIFF's magic number."""
    with suppress(UnusualError):
        yield _wanted(plain_tiff(file).tags.values)
        return
    directory, capture = BoundedDirectory(header), BoundedDirectory(header)
    file.seek(directory.next)
    directory.load(file)
    yield _wanted(directory)
    if isinstance(place := directory.get(IFD.Exif), int):
        file.seek(place)
        capture.load(file)
        yield _wanted(capture)


def _wanted(directory: Mapping[int, object]) -> dict[int, object]:
    """The tags that are used: to decode all others of a raw photo takes ten times as long."""
    return {tag: directory[tag] for tag in _WANTED if tag in directory}


def _seconds(taken: CaptureTime | None) -> tuple[float | None, float | None]:
    """The clock and the moment; what may be a default is none."""
    return (None, None) if taken is None or taken.is_default else (taken.wall_seconds, taken.instant_seconds)


def _model(text: str) -> str | None:
    """A model as it is compared: the makers write themselves before it, and spaces, in one file and not in another."""
    words = re.findall(r"[^\W_]+", text.lower())
    return "".join(word for word in words if word not in _MAKERS) or None


_MAKERS = frozenset(
    "apple canon nikon corporation sony olympus imaging corp panasonic fujifilm pentax ricoh leica samsung google"
    " xiaomi huawei oneplus hasselblad sigma dji gopro kodak eastman konica minolta casio phase one".split()
)
