"""Pictures are told by their first bytes, whatever their names say."""

import json
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from bestshot.model.formats import (
    HEADER_LENGTH,
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    UNSUPPORTED_SUFFIXES,
    PictureKind,
    sniff,
    suffix_of,
)
from tests.support.each import every


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    brands = b"".join(compatible)
    return (16 + len(brands)).to_bytes(4, "big") + b"ftyp" + major + bytes(4) + brands


@every("kind", [kind for kind in PictureKind if kind is not PictureKind.RAW])
def test_a_written_picture_is_told_by_its_first_bytes(kind: PictureKind) -> None:
    pillow_heif.register_heif_opener()
    file = BytesIO()
    Image.new("RGB", (16, 16), "teal").save(file, kind.name)
    assert sniff(file.getvalue()[:HEADER_LENGTH]) is kind


@every(
    "header",
    [
        b"FUJIFILMCCD-RAW 0201FF393201X-T1",
        b"IIRO\x08\0\0\0",
        b"IIRS\x08\0\0\0",
        b"MMOR\0\0\0\x08",
        b"IIU\0\x08\0\0\0",
        b"FOVb\1\0\3\0",
        b"\0MRM\0\1\2\3",
        b"II\x1a\0\0\0HEAPCCDR",
        b"II*\0\x10\0\0\0CR\2\0",
        ftyp(b"crx ", b"crx ", b"isom"),
    ],
)
def test_the_makers_own_raw_files_are_told_by_their_first_bytes(header: bytes) -> None:
    assert sniff(header.ljust(HEADER_LENGTH, b"\0")) is PictureKind.RAW


@every(
    "header, kind",
    [
        (ftyp(b"heic", b"mif1", b"heic"), PictureKind.HEIF),
        (ftyp(b"hevc", b"msf1"), PictureKind.HEIF),
        (ftyp(b"mif1", b"mif1"), PictureKind.HEIF),
        (ftyp(b"mif1", b"miaf", b"avif"), PictureKind.AVIF),
        (ftyp(b"avis", b"msf1"), PictureKind.AVIF),
        (ftyp(b"MSNV", b"miaf", b"heix"), PictureKind.HEIF),
    ],
)
def test_brands_tell_the_codec_and_the_open_ones_are_asked_last(header: bytes, kind: PictureKind) -> None:
    assert sniff(header) is kind


@every("head", [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"II\0*", b"MM*\0"])
def test_tiff_is_told_in_both_byte_orders_both_sizes_and_with_its_version_swapped(head: bytes) -> None:
    assert sniff(head + bytes(60)) is PictureKind.TIFF


@every(
    "header",
    [
        b"",
        b"\xff\xd8",
        bytes(64),
        b"BMW is a maker of cars, and this is a text",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"<html><body>HEIC</body></html>",
        ftyp(b"isom", b"iso2", b"avc1", b"mp41"),
        ftyp(b"qt  ", b"qt  "),
        ftyp(b"isom", b"mp41") + b"heic",  # behind the end of the box
    ],
)
def test_what_is_no_picture_is_not_taken_for_one(header: bytes) -> None:
    assert sniff(header) is None


def test_a_suffix_is_lower_case_with_its_dot_and_may_be_missing() -> None:
    suffixes = {"A.JPG": ".jpg", "a.b.HeIc": ".heic", "noext": "", ".hidden": "", "..jpg": ".jpg", "a.": "", "..": ""}
    assert {name: suffix_of(name) for name in suffixes} == suffixes


def test_every_suffix_belongs_to_one_set_and_is_written_as_suffix_of_gives_it() -> None:
    suffixes = [*PHOTO_SUFFIXES, *RAW_SUFFIXES, *UNSUPPORTED_SUFFIXES]
    assert len(suffixes) == len(set(suffixes))
    assert all(suffix_of(f"name{suffix}") == suffix for suffix in suffixes)


@pytest.mark.parametrize("folder", ["formats", "hostile"])
def test_real_pictures_are_told_as_pillow_tells_them(shared: Path, folder: str) -> None:
    labels = json.loads((shared / folder / "labels.json").read_text())["files"]
    wrong = {}
    for name, label in labels.items():
        expected = label.get("pil_format", "").replace("MPO", "JPEG")
        if expected:
            kind = sniff((shared / folder / name).read_bytes()[:HEADER_LENGTH])
            if kind is None or kind.name != expected:
                wrong[name] = kind
    assert not wrong
