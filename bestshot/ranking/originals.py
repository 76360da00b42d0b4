"""Which of two files that show one picture is the original, from evidence: pure.

Each piece of evidence names one of the two, or neither; the first that names one decides. What is unknown of either
file is no evidence. Counts of pixels and bytes mean something only within one codec: a conversion is often larger than
what it was made from. If nothing decides, neither is the original of the other.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from bestshot.model.copy_names import copy_marks, is_numbered_copy
from bestshot.model.formats import suffix_of
from bestshot.ranking.preferences import is_raw

if TYPE_CHECKING:
    from bestshot.ranking.candidates import Candidate

Evidence = Callable[["Candidate", "Candidate"], int]
"""Positive if the first is the original, negative if the second is, 0 if this does not tell."""

_FEWER_PIXELS = 0.98
"""A picture with less than this fraction of another's pixels is smaller."""

_FEWER_BYTES = 0.75
"""A file with less than this fraction of another's bytes is compressed more."""

_FEWER_TAGS = 0.8
"""EXIF with less than this fraction of another's tags was written anew."""

_MIN_ENLARGEMENT = 1.25
"""By how much the sides must differ for the frequencies beyond those of the smaller picture to be measured."""

_MIN_BANDS = 6
"""Frequencies that the larger picture must show of those that the smaller one has."""

_FAR_LARGER = 1.8
"""From this ratio of the sides on, more of those frequencies are seen, so a smaller fall tells."""

_STEADY_FALL = -0.25
"""Power, as a logarithm, that goes on falling like this beyond the smaller picture's frequencies is detail: nine in ten
photos of cameras do, and one in five enlargements."""

_SUDDEN_FALL = -0.45
"""Power that falls by more just there is that of an enlargement; of soft photos, one in thirty falls so ..."""

_SUDDEN_FALL_NEARBY = -0.6
"""... and with sides that are less far apart, so."""

_NO_POWER = -1.2
"""Beyond them, an enlargement has less power than this, beside what it has below."""

_ECHO = 0.1
"""Power that rises again by more is an echo of lower frequencies, as repeated pixels have it."""

_VISIBLE_STEP = 2.0
"""A JPEG of this quantisation step leaves its trace in whatever is made of it."""

_FILE_TIME_SECONDS = 3
"""A camera's file is that close to the capture time, apart from quarters of an hour, of which zones are made."""

_QUARTER = 900
"""Seconds of a quarter of an hour."""

_LOSSLESS = frozenset({"PNG", "TIFF", "BMP"})
_CODECS = {"JPG": "JPEG", "JPE": "JPEG", "JFIF": "JPEG", "MPO": "JPEG", "TIF": "TIFF", "HEIC": "HEIF", "HIF": "HEIF"}
_WRITES_HEIF = re.compile(
    r"apple|iphone|ipad|samsung|canon|sony|fujifilm|nikon|huawei|honor|xiaomi|redmi|oppo|oneplus|vivo|realme",
    re.IGNORECASE,
)
_NATIVE: Final = {"HEIF": 2, "JPEG": 1, "PNG": 0, "WEBP": 0, "AVIF": 0, "GIF": 0, "BMP": 0}
"""How near a codec is to what a camera writes; a TIFF may be developed or converted, so it tells nothing."""

_EDITORS = re.compile(
    r"\b(?:"
    r"acdsee|adobe|affinity|aperture|canva|capture one|capture nx|copytrans|darktable|digikam|dxo|facebook"
    r"|faststone|ffmpeg|lavc|gd-jpeg|gimp|google photos|graphicsmagick|gthumb|gwenview|heif-?convert"
    r"|imagemagick|imazing|instagram|iphoto|irfanview|krita|libheif|libvips|lightroom|luminar|meitu"
    r"|microsoft office|microsoft windows|nomacs|on1|paint|photo ?mechanic|photofiltre|photopea|photoscape"
    r"|photoshop|photos [0-9]|photos editor|picasa|picsart|pillow|pixelmator|polarr|preview|rawtherapee"
    r"|shotwell|signal|snapseed|squoosh|telegram|topaz|upscayl|vsco|waifu2x|whatsapp|windows photo|xnview"
    r")(?![a-z])",
    re.IGNORECASE,
)
"""Programs that write pictures anew, as they name themselves; whatever else is named is a camera's firmware."""


class _Detail(Enum):
    """Whether the larger of two pictures holds more detail than the smaller one can."""

    MORE = "more"
    NO_MORE = "no more"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


def original_first(one: "Candidate", other: "Candidate") -> int:
    """Positive if the first is the original of the second, negative if it is its copy, 0 if nothing tells."""
    return next((found for evidence in _EVIDENCE if (found := evidence(one, other))), 0)


def told_by_pixels(one: "Candidate", other: "Candidate") -> tuple["Candidate", ...]:
    """Those of the two whose pixels may tell which is the original; none if stronger evidence has told it.

    Of two sizes, the larger one may hold more detail; of one size, either may remember that it was compressed before.
    Two files of one length that look alike to the last digit have the same pixels, which tell nothing.
    """
    is_of_one_size = one.pixels == other.pixels
    if is_of_one_size and one.photo.size == other.photo.size and one.appraisal == other.appraisal:
        return ()
    by_pixels = _never_compressed_before if is_of_one_size else _holds_detail
    if any(stronger(one, other) for stronger in _EVIDENCE[: _EVIDENCE.index(by_pixels)]):
        return ()
    if is_of_one_size or one.pixels is None or other.pixels is None:
        return (one, other)
    return (max(one, other, key=lambda candidate: candidate.pixels or 0),)


def has_fewer_pixels(one: "Candidate", other: "Candidate") -> bool:
    """Whether the first is known to be the smaller picture."""
    return one.pixels is not None and other.pixels is not None and one.pixels < _FEWER_PIXELS * other.pixels


def _raw(one: "Candidate", other: "Candidate") -> int:
    return is_raw(one) - is_raw(other)


def _as_stated(one: "Candidate", other: "Candidate") -> int:
    """A picture that is not of the size that its EXIF states was resized since."""
    return _more(*(_has_stated_size(candidate) for candidate in (one, other)))


def _has_stated_size(candidate: "Candidate") -> bool | None:
    width, height, stated = candidate.metadata.width, candidate.metadata.height, candidate.provenance.stated_size
    return None if stated is None or not width or not height else sorted(stated) == sorted((width, height))


def _holds_detail(one: "Candidate", other: "Candidate") -> int:
    larger, smaller, sign = (one, other, 1) if has_fewer_pixels(other, one) else (other, one, -1)
    return {_Detail.MORE: sign, _Detail.NO_MORE: -sign}.get(_detail(larger, smaller), 0)


def _detail(larger: "Candidate", smaller: "Candidate") -> _Detail:
    """Look in the larger picture beyond the highest frequency of the smaller one, against what is below it."""
    if larger.pixels is None or smaller.pixels is None or not larger.provenance.spectrum:
        return _Detail.UNKNOWN
    ratio = (larger.pixels / smaller.pixels) ** 0.5
    power = np.array(larger.provenance.spectrum[1:])
    if ratio > len(power) / _MIN_BANDS:  # what is below the smaller picture's highest frequency is hardly seen any more
        return _Detail.MORE
    return _detail_beyond(power, ratio) if ratio >= _MIN_ENLARGEMENT else _Detail.UNKNOWN


def _detail_beyond(power: npt.NDArray[np.float64], ratio: float) -> _Detail:
    """What a spectrum shows beyond the highest frequency of a picture that is smaller by this ratio."""
    frequency = np.arange(1, len(power) + 1) / len(power) * ratio

    def level(low: float, high: float) -> float:
        return float(np.log10((10 ** power[(frequency >= low) & (frequency <= high)]).mean()))

    is_far = ratio >= _FAR_LARGER
    middle, edge, end = level(0.3, 0.5), level(0.6, 0.9), level(0.95, 1.15)
    fall = (end - edge) - (edge - middle) / 2
    if fall < (_SUDDEN_FALL if is_far else _SUDDEN_FALL_NEARBY):
        beyond = level(min(1.3, 1 + (ratio - 1) * 0.6), min(1.9, 0.97 * ratio)) - edge
        return _Detail.NO_MORE if beyond < _NO_POWER else _Detail.DOUBTFUL
    has_echo = is_far and level(1.3, 1.7) - end > _ECHO
    return _Detail.MORE if fall > _STEADY_FALL and not has_echo else _Detail.DOUBTFUL


def _keeps_exif(one: "Candidate", other: "Candidate") -> int:
    return one.has_exif - other.has_exif


def _unedited(one: "Candidate", other: "Candidate") -> int:
    """The one that no program names itself in as its writer, if one does in the other."""
    return _is_edited(other) - _is_edited(one)


def _is_edited(candidate: "Candidate") -> bool:
    software = candidate.provenance.software
    return software is not None and _EDITORS.search(software) is not None


def _keeps_maker_note(one: "Candidate", other: "Candidate") -> int:
    return _more(one.provenance.has_maker_note, other.provenance.has_maker_note)


def _never_compressed_before(one: "Candidate", other: "Candidate") -> int:
    """Of two pictures of one size, the one that does not remember a coarser compression."""
    if one.pixels != other.pixels or not _is_known(one.provenance.was_jpeg, other.provenance.was_jpeg):
        return 0
    return _more(other.provenance.was_jpeg, one.provenance.was_jpeg)


def _is_native(one: "Candidate", other: "Candidate") -> int:
    """What the camera that both name writes itself: no camera writes PNG, and some write HEIF."""
    if one.metadata.camera is None or other.metadata.camera is None:
        return 0
    return _more(_nativeness(one), _nativeness(other))


def _nativeness(candidate: "Candidate") -> int | None:
    codec = codec_of(candidate)
    if codec == "HEIF" and not _WRITES_HEIF.search(candidate.metadata.camera or ""):
        return None
    return _NATIVE.get(codec)


def _keeps_tags(one: "Candidate", other: "Candidate") -> int:
    return _much_more(one.provenance.capture_tags, other.provenance.capture_tags, _FEWER_TAGS)


def _is_written_by_a_camera(one: "Candidate", other: "Candidate") -> int:
    return _more(*(_looks_like_a_cameras(candidate.provenance.library_signs) for candidate in (one, other)))


def _looks_like_a_cameras(library_signs: int | None) -> bool | None:
    return None if library_signs is None else library_signs == 0


def _has_its_file_time(one: "Candidate", other: "Candidate") -> int:
    """The one whose file was last changed when the picture was taken."""
    return _more(*(_is_of_its_time(candidate) for candidate in (one, other)))


def _is_of_its_time(candidate: "Candidate") -> bool | None:
    taken, files = candidate.metadata.taken, candidate.photo.files
    if taken.is_guess or not files:
        return None
    off = (files[0].mtime_ns / 1e9 - taken.seconds) % _QUARTER
    return min(off, _QUARTER - off) <= _FILE_TIME_SECONDS


def _is_lossless(one: "Candidate", other: "Candidate") -> int:
    """A lossless picture without the trace that the other, a JPEG of its size, would have left in it."""
    return _is_source_of(one, other) - _is_source_of(other, one)


def _is_source_of(lossless: "Candidate", jpeg: "Candidate") -> bool:
    return (
        codec_of(lossless) in _LOSSLESS
        and lossless.pixels == jpeg.pixels
        and lossless.provenance.was_jpeg is False
        and (jpeg.provenance.jpeg_step or 0) >= _VISIBLE_STEP
    )


def _has_pixels(one: "Candidate", other: "Candidate") -> int:
    if codec_of(one) != codec_of(other):
        return 0
    larger, smaller = (one, other) if has_fewer_pixels(other, one) else (other, one)
    if _detail(larger, smaller) is _Detail.DOUBTFUL:
        return 0
    return has_fewer_pixels(other, one) - has_fewer_pixels(one, other)


def _has_bytes(one: "Candidate", other: "Candidate") -> int:
    """Of two files of one codec, and of one size if it is known, the one that is compressed less."""
    is_comparable = codec_of(one) == codec_of(other)
    is_comparable &= not has_fewer_pixels(one, other) and not has_fewer_pixels(other, one)
    return _much_more(one.photo.size, other.photo.size, _FEWER_BYTES) if is_comparable else 0


def _has_the_plain_name(one: "Candidate", other: "Candidate") -> int:
    names = one.photo.name, other.photo.name
    return copy_marks(names[1]) - copy_marks(names[0]) or (
        is_numbered_copy(names[1], names[0]) - is_numbered_copy(names[0], names[1])
    )


_EVIDENCE: Final[tuple[Evidence, ...]] = (
    _raw,
    _as_stated,
    _holds_detail,
    _keeps_exif,
    _unedited,
    _keeps_maker_note,
    _never_compressed_before,
    _is_native,
    _keeps_tags,
    _is_written_by_a_camera,
    _has_its_file_time,
    _is_lossless,
    _has_pixels,
    _has_bytes,
    _has_the_plain_name,
)


def codec_of(candidate: "Candidate") -> str:
    """How the picture is encoded; by its name where the source has not looked into the file."""
    named = candidate.metadata.format or suffix_of(candidate.photo.name).removeprefix(".").upper()
    return _CODECS.get(named, named)


def _is_known(*values: object) -> bool:
    return all(value is not None for value in values)


def _more(one: float | None, other: float | None) -> int:
    return 0 if one is None or other is None else (one > other) - (one < other)


def _much_more(one: float | None, other: float | None, fraction: float) -> int:
    return 0 if one is None or other is None else (other < fraction * one) - (one < fraction * other)
