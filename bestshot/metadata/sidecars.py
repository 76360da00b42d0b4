"""Times and ratings from outside EXIF: XMP sidecars, the XMP packet in the picture, and Google Takeout."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import Final

from bestshot.errors import PhotoError
from bestshot.metadata.capture_time import DateError, parse_exif_datetime
from bestshot.metadata.takeout import read_takeout_time
from bestshot.model.formats import suffix_of
from bestshot.model.photo import FileRole, Photo
from bestshot.model.times import CaptureTime, TimeSource
from bestshot.storage.opening import open_regular, read_at_most
from bestshot.text import printable
from bestshot.xmp.packet import CAPTURE_DATES, parse, stars

MAX_SIDECAR_BYTES: Final = 8_000_000
"""A sidecar of a photo has some kilobytes; what is larger is not read."""

_Source = tuple[str, Callable[[], bytes]]
"""The name of a sidecar or packet in messages, and how to get its content."""


def read_sidecar(path: str | Path) -> bytes:
    """The content of a sidecar file; raises PhotoError if it cannot be read or is too large to be one, or a link."""
    try:
        with open_regular(path, follow=False) as file:
            content = read_at_most(file, MAX_SIDECAR_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_SIDECAR_BYTES:
        raise PhotoError(f"is larger than {MAX_SIDECAR_BYTES // 1_000_000} MB")
    return content


def sidecar_times(photo: Photo, embedded_xmp: object, complaints: list[str]) -> Iterator[CaptureTime]:
    """The times beside EXIF, the most trusted first; complaints about what cannot be read are added to the list."""
    packets = (*_xmp_sidecars(photo), *_xmp_packets(embedded_xmp))  # the packet is the older one
    sources = [(*source, read_xmp_time) for source in packets]
    for name, content, read_time in (*sources, *_takeout_sources(photo)):
        try:
            taken = read_time(content())
        except PhotoError as error:
            complaints.append(f"its {name} {error}")
            continue
        if taken is not None:
            yield taken


def user_rating(photo: Photo, embedded_xmp: object, exif_rating: float | None) -> tuple[int | None, tuple[str, ...]]:
    """The user's rating, and the problems that may hide one.

    A sidecar is newer than a packet in the picture, and that is newer than EXIF. Of several sidecars, such as those of
    the versions that darktable keeps of a photo, the best rating counts.
    """
    problems = []
    for sources in (_xmp_sidecars(photo), _xmp_packets(embedded_xmp)):
        ratings = []
        for name, content in sources:
            try:
                ratings.append(read_xmp_rating(content()))
            except PhotoError as error:
                problems.append(f"its {name} {error}, so its rating is not known")
        known = [rating for rating in ratings if rating is not None]
        if known:
            return max(known), ()
    return None if exif_rating is None else stars(exif_rating), tuple(problems)


def read_xmp_time(content: bytes) -> CaptureTime | None:
    """The first capture time in an XMP packet or sidecar, if any; a date without a time does not count.

    Raises PhotoError if it is not XMP.
    """
    packet = parse(content)
    for date in CAPTURE_DATES:
        written = next((text for text in packet.values(date) if text.strip()), "")
        try:
            clock = parse_exif_datetime(written)
        except DateError:
            continue
        if clock is not None:
            return clock.as_capture_time(TimeSource.XMP)
    return None


def read_xmp_rating(content: bytes) -> int | None:
    """The rating in an XMP packet or sidecar, if any.

    Raises PhotoError if it mentions one and is not XMP; a packet that does not, as most, is not even parsed.
    """
    return parse(content).rating if b"Rating" in content.replace(b"\0", b"") else None


def _xmp_sidecars(photo: Photo) -> Iterator[_Source]:
    for file, name in _companions(photo, FileRole.SIDECAR):
        if suffix_of(name) == ".xmp":
            yield printable(name), partial(read_sidecar, file)


def _xmp_packets(embedded: object) -> Iterator[_Source]:
    """The packet in a picture."""
    if isinstance(embedded, bytes):
        yield "XMP", partial(bytes, embedded)


def _takeout_sources(photo: Photo) -> Iterator[tuple[str, Callable[[], bytes], Callable[[bytes], CaptureTime | None]]]:
    for file, name in _companions(photo, FileRole.TAKEOUT):
        yield printable(name), partial(read_sidecar, file), read_takeout_time


def _companions(photo: Photo, role: FileRole) -> Iterator[tuple[str, str]]:
    """The path and name of each file of a role that travels with the picture."""
    return ((file.path, PurePath(file.path).name) for file in photo.files[1:] if file.role is role)
